/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What an alert says beside its line, for outputs that have fields of their own: syslog's structured data, the journal. */
#include "agent/output.h"

typedef void sk_output_field_fn(void *context, const char *name, struct sk_span value);

/*
 * kind; of an alert also rule, priority, tags (with commas between), pid and process, and
 * where they are known container, containerName, image, pod, namespace.
 */
void sk_output_fields(const struct sk_note *note, sk_output_field_fn *put, void *context);

/* The message: in JSON the line; as text the rule and what it says, without what the receiver has as fields. */
void sk_output_message(const struct sk_output *output, const struct sk_note *note, struct sk_buf *out);
