/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/control.h"

static bool blank_line(struct sk_span line)
{
	return sk_span_trim(line).len == 0;
}

/* Continuation lines of the field before; dpkg takes a line of blanks alone for the stanza's end.
 */
static void take_continuation(struct sk_control *c, struct sk_span *value)
{
	for (;;) {
		struct sk_span rest = c->rest, line;

		if (!sk_span_line(&rest, &line) ||
		    (line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t') || blank_line(line))
			return;
		value->len = (size_t)(line.ptr - value->ptr) + line.len;
		c->rest = rest;
		c->line++;
	}
}

enum sk_control_item sk_control_next(struct sk_control *c, struct sk_control_field *field)
{
	struct sk_span line;
	ptrdiff_t colon;

	do {
		if (!sk_span_line(&c->rest, &line))
			return SK_CONTROL_END;
		c->line++;
	} while (line.len && line.ptr[0] == '#');
	if (blank_line(line))
		return SK_CONTROL_STANZA;
	*field = (struct sk_control_field){ .value = line, .line = c->line };
	colon = sk_span_chr(line, ':');
	if (colon <= 0 || line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return SK_CONTROL_BROKEN;
	field->name = sk_span_trim(sk_span(line.ptr, (size_t)colon));
	field->value = sk_span(line.ptr + colon + 1, line.len - (size_t)colon - 1);
	take_continuation(c, &field->value);
	field->value = sk_span_trim(field->value);
	return SK_CONTROL_FIELD;
}

struct sk_span sk_control_line(struct sk_span value)
{
	struct sk_span line = { 0 };

	sk_span_line(&value, &line);
	return sk_span_trim(line);
}
