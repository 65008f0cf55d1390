/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What stands behind an sk_file: bytes in memory or a range of a descriptor. Private to the walkers. */
#include "analyze/analyzer.h"

struct sk_file_impl {
	struct sk_span bytes; /* the content, if fd is -1 */
	int fd;
	bool steady; /* fd is ours alone: it can be mapped without fear of being cut */
	struct sk_buf own;
	void *map;
	size_t map_len;
};

void sk_file_impl_release(struct sk_file_impl *impl);
