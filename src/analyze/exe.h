/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where the sections of an executable are: ELF (32 and 64 bit, both byte
 * orders), PE and Mach-O (also universal ones, whose slices are opened one by
 * one). Only headers are read; everything in them is bounded and none of it
 * is believed: sk_exe_read checks against the file.
 */
#include "analyze/analyzer.h"

enum sk_exe_kind { SK_EXE_ELF, SK_EXE_PE, SK_EXE_MACHO };

struct sk_exe_section {
	char name[24];	 /* as stored, cut; "" for a segment */
	uint64_t offset; /* in the file */
	uint64_t size;	 /* in the file: 0 for .bss */
	uint64_t addr;	 /* in memory */
	bool writable;
	bool segment; /* an ELF or Mach-O segment, not a section */
};

struct sk_exe {
	const struct sk_file *file;
	enum sk_exe_kind kind;
	uint64_t base; /* of this slice in the file */
	uint64_t size;
	bool big;  /* byte order */
	bool wide; /* 64 bit */
	SK_VEC(struct sk_exe_section) sections;
};

/*
 * Opens slice number `slice` (0 where there is but one). SK_EINVAL: not an
 * executable of these kinds or a broken one; SK_ENOTFOUND: fewer slices;
 * SK_EUNSUPPORTED: an object file or core dump. Release also after an error.
 */
int sk_exe_open(struct sk_exe *exe, const struct sk_file *file, unsigned slice, struct sk_err *err);
void sk_exe_release(struct sk_exe *exe);

/*
 * Calls fn for one slice after the other until it has found something (1) or fails: the slices
 * of a universal binary are one program for several processors. What has no proper headers does
 * not run, and is no error.
 */
typedef int sk_exe_fn(struct sk_sink *sink, const struct sk_exe *exe, struct sk_err *err);
int sk_exe_each(struct sk_sink *sink, const struct sk_file *file, sk_exe_fn *fn, struct sk_err *err);

/* The first section of that name, or NULL. */
const struct sk_exe_section *sk_exe_section(const struct sk_exe *exe, const char *name);

/* n bytes at off of the slice; SK_EINVAL if they are not all there. */
int sk_exe_read(const struct sk_exe *exe, uint64_t off, void *bytes, size_t n, struct sk_err *err);

/* n bytes at an address in memory. */
int sk_exe_read_addr(const struct sk_exe *exe, uint64_t addr, void *bytes, size_t n,
		     struct sk_err *err);

/* For an analyzer's `magics`: the first bytes of all these kinds. */
extern const char *const sk_exe_magics[];
