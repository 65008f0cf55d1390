/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Messages as lines to a descriptor. A line that went out half is finished by the next call. */
#include "agent/output.h"

struct sk_output_lines {
	struct sk_buf bytes;
	size_t partial; /* bytes of the next message that are out already */
};

enum sk_send sk_output_write_lines(struct sk_output *output, struct sk_output_lines *lines, int fd,
				   const struct sk_span *messages, size_t count, size_t *ret_count, struct sk_err *err);
