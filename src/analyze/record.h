/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The written form of one layer's inventory. It is what the worker gives to
 * its parent and what the cache keeps, so it is read with the same distrust
 * as any other input.
 *
 *	offset 0   "SKLAYER1"
 *	       8   u64 length of the whole
 *	      16   u64 sk_hash_stable of everything behind it
 *	      24   u64 number of names
 *	      32   names: u64 each, sorted: see sk_name_key
 *	      …    records: a tag byte and its fields
 *
 * Strings are a varint length, the bytes and a NUL, so that C strings can be
 * borrowed from a mapped file.
 */
#include "analyze/analyzer.h"
#include "analyze/run-file.h"
#include "base/reader.h"

enum sk_record_tag {
	SK_RECORD_FRAGMENT = 'F',
	SK_RECORD_OS = 'O',
	SK_RECORD_ISSUE = 'I',
	SK_RECORD_LINK = 'L',	/* symbolic link: path, target as written */
	SK_RECORD_ALIAS = 'A',	/* hard link to an analysed file: path, target path */
	SK_RECORD_FILE = 'X',	/* manifest: something that can run */
	SK_RECORD_END = 'E',	/* always the last: entries, bytes */
};

/* The issue of a package database that could not be read: it leaves the scan unfinished. */
#define SK_ISSUE_UNFINISHED "unreadable-packages"

enum sk_name_kind {
	SK_NAME_ENTRY,	/* a file, link or whiteout: hides the path and all below in lower layers */
	SK_NAME_DIR,	/* a folder: hides a file of that path */
	SK_NAME_OPAQUE, /* a folder marked opaque: hides all below */
};

/* The key under which a path's presence in a layer is kept; collisions of 62 bits are accepted. */
uint64_t sk_name_key(struct sk_span path, enum sk_name_kind kind);

/* ---- writing ---- */

struct sk_recorder {
	struct sk_buf out; /* records */
	SK_VEC(uint64_t) names;
	uint64_t entries, bytes, links, issues;
};

void sk_recorder_release(struct sk_recorder *rec);
void sk_record_name(struct sk_recorder *rec, struct sk_span path, enum sk_name_kind kind);
void sk_record_fragment(struct sk_recorder *rec, const struct sk_analyzer *analyzer, const char *path,
			size_t root_len, struct sk_package *const *packages, size_t count,
			struct sk_span note);
void sk_record_os(struct sk_recorder *rec, const struct sk_os *os);
void sk_record_issue(struct sk_recorder *rec, const char *id, const char *path, uint32_t line,
		     const char *text);
void sk_record_link(struct sk_recorder *rec, const char *path, const char *target);
void sk_record_alias(struct sk_recorder *rec, const char *path, const char *target);
void sk_record_run_file(struct sk_recorder *rec, const struct sk_run_file *file);

/* Sorts, adds the end, and writes everything to fd. */
int sk_recorder_finish(struct sk_recorder *rec, int fd, struct sk_err *err);

/* ---- reading ---- */

struct sk_record {
	enum sk_record_tag tag;
	struct sk_fragment *fragment;
	struct sk_os *os;
	const char *path, *text; /* link, alias: target; issue: text */
	const char *id;
	uint32_t line;
	struct sk_run_file run;
};

struct sk_recording {
	struct sk_span names; /* 8 bytes each */
	struct sk_reader records;
	uint64_t entries, bytes; /* valid once the end was read */
	bool ended;
};

/* Checks frame and checksum. */
int sk_recording_open(struct sk_recording *rec, struct sk_span bytes, struct sk_err *err);

/*
 * The next record, 0 at the end; structures live in arena, strings in the
 * recording's bytes. Records of an unknown analyzer are errors.
 */
int sk_recording_next(struct sk_recording *rec, struct sk_arena *arena, struct sk_record *ret,
		      struct sk_err *err);

bool sk_recording_has_name(const struct sk_recording *rec, struct sk_span path, enum sk_name_kind kind);
