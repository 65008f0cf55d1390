/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Lines of the text form of a trail. All functions answer 0 or more, or an error in the line's err. */
#include "guard/trail-internal.h"

/* One line while it is read; strings go into `arena`. */
struct sk_line {
	struct sk_trail *trail;
	struct sk_arena *arena;
	struct sk_span rest;
	struct sk_err *err;
};

/* The next word, or the next name=value: 1; 0 at the end. */
int sk_line_word(struct sk_line *l, struct sk_span *ret_word);
int sk_line_pair(struct sk_line *l, struct sk_span *ret_key, struct sk_span *ret_value);

int sk_line_number(struct sk_line *l, struct sk_span text, int64_t *ret_number);
int sk_line_file_type(struct sk_line *l, struct sk_span text, enum sk_file_type *ret_type);
/* Words with blanks between as NUL-terminated strings. */
void sk_line_strings(struct sk_line *l, struct sk_span *strings, struct sk_span text);

/* An event of the type: 1. */
int sk_line_event(struct sk_line *l, struct sk_span type, struct sk_event *ret_event);
