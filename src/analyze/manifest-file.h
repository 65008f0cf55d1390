/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The format of a kept file manifest, for who writes it (manifest-write.c) and
 * who reads it (manifest.c). Integers are little endian.
 *
 *	offset 0   "SKMANIF2"
 *	       8   u64 length of the whole
 *	      16   u64 sk_hash_stable of everything behind it
 *	      24   u64 when it was made, seconds since 1970
 *	      32   u32 number of files, u32 number of sizes
 *	      40   u32 name, digest, image id of the artifact: texts
 *	      52   u32 0
 *	      56   files, sorted by path: 64 bytes each
 *	      …    u64 sizes of files, each once, sorted
 *	      …    u32 numbers of files, sorted by their digests
 *	      …    texts, each with a NUL behind it; one is named by where it begins; the first is ""
 *	           and stands for none
 */
#include "base/reader.h"

/* Of the files' names, behind the digest. */
#define SK_MANIFEST_SUFFIX ".manifest"

enum {
	SK_MANIFEST_MADE = 24,
	SK_MANIFEST_HEADER = 56,
	SK_MANIFEST_FILE = 64,
	/* in a file */
	SK_MANIFEST_SHA256 = 0,
	SK_MANIFEST_SIZE = 32,
	SK_MANIFEST_PATH = 40,
	SK_MANIFEST_OWNER = 44,
	SK_MANIFEST_LAYER = 48,
	SK_MANIFEST_INTERPRETER = 52,
	SK_MANIFEST_MODE = 56,
	SK_MANIFEST_KIND = 60, /* u8, and three bytes of 0 */
};

static const char sk_manifest_magic[8] = { 'S', 'K', 'M', 'A', 'N', 'I', 'F', '2' };
