/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An rpm header as databases keep it: without the magic of package files, a
 * count of index entries, a count of data bytes, the entries, the data; big
 * endian (rpm's documentation, "RPM V4 Package format").
 */
#include "base/err.h"
#include "base/span.h"

struct sk_rpm_array {
	struct sk_span bytes; /* from the first element to the data's end */
	uint32_t count;
};

struct sk_rpm_header {
	struct sk_span name, version, release, arch, source_rpm, licence, vendor, module;
	uint32_t epoch;
	bool has_epoch;
	struct sk_rpm_array basenames, folders, folder_indexes, old_names, states;
};

/* Borrows from blob. Wrong or cut-off tags that nobody asks for are not noticed. */
int sk_rpm_header_parse(struct sk_span blob, struct sk_rpm_header *ret_header, struct sk_err *err);

/*
 * Calls `add` for the absolute path of each file that is installed (not those
 * left out as documentation, or for their architecture). SK_ELIMIT for a list that is larger than
 * a real one can be.
 */
int sk_rpm_header_files(const struct sk_rpm_header *header, size_t blob_size,
			void (*add)(void *ctx, struct sk_span path), void *ctx, struct sk_err *err);
