/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An analyzer reads one kind of file and says what packages it names. It is
 * one file in analyzers/, one word in the list of meson.build, one constant
 * `sk_analyzer_<name>`.
 *
 * Analyzers see each wanted file of each layer once, in the order of the
 * archive, in several threads at a time (different layers): they keep no
 * state. What must be joined from several files (dpkg's status with its file
 * lists, a pom with its parent) is joined by `finish`, which runs once over
 * what is left of the image when all layers are laid over each other.
 */
#include "analyze/package.h"
#include "base/err.h"

struct sk_file_impl;
struct sk_sink;
struct sk_view;
struct sk_fragment;

/* One file of a layer, a folder or an archive, while it is being analysed. */
struct sk_file {
	const char *path;    /* normalised: no leading '/', no "." or ".." parts; C string */
	struct sk_span root; /* the part before the pattern's match: "" or "srv/chroot/" */
	uint64_t size;
	uint32_t mode;	     /* permission bits */
	struct sk_span head; /* the first bytes, up to 512 */
	struct sk_file_impl *impl; /* file.h */
};

/*
 * The whole content; valid until analyze returns. Files above
 * SK_MAX_FILE_BYTES give SK_ELIMIT.
 */
int sk_file_bytes(const struct sk_file *file, struct sk_span *ret_bytes, struct sk_err *err);

/* n bytes at off; SK_EINVAL if they are not all there. */
int sk_file_read(const struct sk_file *file, uint64_t off, void *bytes, size_t n, struct sk_err *err);

/* A file that is just these bytes: for archives in archives, tests and fuzzing. Include file.h for the impl. */
void sk_file_from_bytes(struct sk_file *file, struct sk_file_impl *impl, const char *path,
			struct sk_span bytes);

struct sk_analyzer {
	const char *name;
	/* Raised whenever the same bytes give another result: it is part of the cache's key. */
	unsigned version;
	/* A distribution's package database: what of it cannot be read leaves the scan unfinished (exit code 3). */
	bool vital;
	/*
	 * NULL-terminated path patterns. A pattern is a path below the root of a file
	 * tree in which '*' stands for any run of bytes but '/', and a leading
	 * double star with '/' for any number of folders, none included:
	 * "etc/os-release", "**" "/package-lock.json", "**" "/?.dist-info/METADATA"
	 * (with '*' for '?', which C comments do not allow here).
	 */
	const char *const *patterns;
	/*
	 * NULL-terminated magics: regular files whose first bytes are these are
	 * wanted, whatever their names. May be NULL.
	 */
	const char *const *magics;
	/*
	 * Analyses one file into sink. An error says that the file could not be
	 * understood: it becomes a coverage finding, and what the sink got before
	 * still counts.
	 */
	int (*analyze)(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err);
	/* Joins fragments of this analyzer that are visible in the final view, sorted by path. May be NULL. */
	void (*finish)(struct sk_view *view, struct sk_fragment **fragments, size_t count);
};

/* All of them, NULL-terminated; generated from the list in meson.build. */
extern const struct sk_analyzer *const sk_analyzers[];

/* ---- what analyze calls ---- */

/* Copies s into the sink's arena, cut at SK_MAX_FIELD; empty gives NULL. */
const char *sk_sink_str(struct sk_sink *sink, struct sk_span s);
const char *sk_sink_printf(struct sk_sink *sink, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct sk_arena *sk_sink_arena(struct sk_sink *sink);

/*
 * A new package with path set to the file's; the caller fills in the rest
 * with strings of the sink's arena. Valid until the sink is done. NULL when
 * the file has named SK_MAX_FILE_PACKAGES already (the sink has reported it).
 */
struct sk_package *sk_sink_package(struct sk_sink *sink);

/* The short form for lock files: skipped (NULL) if name is empty. */
struct sk_package *sk_sink_add(struct sk_sink *sink, const char *type, struct sk_span name,
			       struct sk_span version, uint32_t line);

/* path (with or without leading '/') belongs to pkg. All of a package's files in one go, before the next package's. */
void sk_sink_owns(struct sk_sink *sink, struct sk_package *pkg, struct sk_span path);

struct sk_os *sk_sink_os(struct sk_sink *sink);

/* Bytes for this analyzer's own `finish`, kept with the fragment; again appends. */
void sk_sink_note(struct sk_sink *sink, struct sk_span bytes);

/* Something in this file could not be looked at, though the rest could: a coverage finding. */
void sk_sink_issue(struct sk_sink *sink, uint32_t line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- what finish calls ---- */

/* What one analyzer found in one file of one layer. */
struct sk_fragment {
	const struct sk_analyzer *analyzer;
	const char *path;
	const char *root;	  /* "" or the prefix of a nested file tree, with its last '/' */
	uint32_t layer;
	bool hidden;		  /* by a higher layer; finish does not see these */
	struct sk_package **packages; /* finish may change, drop (set to NULL) and, by sk_view_package, add */
	size_t package_count;
	struct sk_span note;
};

struct sk_arena *sk_view_arena(struct sk_view *view);
/* A further package, zeroed, that came from this fragment. */
struct sk_package *sk_view_package(struct sk_view *view, struct sk_fragment *from);
/* The operating system of a file tree ("" the image's own), or NULL. */
const struct sk_os *sk_view_os(struct sk_view *view, const char *root);
/* A coverage finding at path. */
void sk_view_issue(struct sk_view *view, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
