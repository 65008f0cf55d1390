/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Debian's control files (deb822(5), Debian Policy chapter 5): stanzas of
 * "Field: value" lines, continued by lines that begin with a blank, parted by
 * empty lines. dpkg's and opkg's databases and DEP-5 copyright files are such.
 */
#include "base/span.h"

struct sk_control {
	struct sk_span rest;
	uint32_t line; /* of the line that comes next, from 0 */
};

enum sk_control_item {
	SK_CONTROL_END,	   /* of the file */
	SK_CONTROL_STANZA, /* an empty line */
	SK_CONTROL_FIELD,
	SK_CONTROL_BROKEN, /* a line that is none of these */
};

struct sk_control_field {
	struct sk_span name;
	struct sk_span value; /* trimmed; with the line breaks and continuation lines inside */
	uint32_t line;
};

static inline struct sk_control sk_control(struct sk_span text)
{
	return (struct sk_control){ .rest = text };
}

/* The next item; `field` is filled in for a field, and has the line in `value` for a broken one. */
enum sk_control_item sk_control_next(struct sk_control *c, struct sk_control_field *field);

/* The first line of a value, trimmed. */
struct sk_span sk_control_line(struct sk_span value);
