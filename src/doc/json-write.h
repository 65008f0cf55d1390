/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writes JSON (RFC 8259) piece by piece into a buffer, commas, indentation and
 * escapes included. Zero-initialise with the buffer set:
 *
 *	struct sk_json_writer w = { .buf = &buf, .indent = 2 };
 *	sk_json_object(&w);
 *	sk_json_key(&w, "name");
 *	sk_json_str(&w, name);
 *	sk_json_end(&w);
 *
 * The text is always valid UTF-8 (a byte that is not becomes U+FFFD), and safe
 * inside HTML's <script> and on a terminal: '<', '>', U+2028, U+2029, DEL and all
 * control characters are written as \uXXXX. Pretty output ends with a newline
 * once the outermost value is closed. Nesting is the program's own, so more
 * than SK_JSON_DEPTH levels abort.
 */
#include "base/buf.h"

enum { SK_JSON_DEPTH = 64 };

struct sk_json_writer {
	struct sk_buf *buf;
	unsigned indent; /* blanks a level; 0: all on one line */
	unsigned depth;
	bool after_key;		      /* a key was just written: its value is due */
	bool used[SK_JSON_DEPTH + 1]; /* something stands in this level already */
	char close[SK_JSON_DEPTH + 1];
};

void sk_json_object(struct sk_json_writer *w);
void sk_json_array(struct sk_json_writer *w);
void sk_json_end(struct sk_json_writer *w); /* of the innermost object or array */
void sk_json_key(struct sk_json_writer *w, const char *key);
void sk_json_key_span(struct sk_json_writer *w, struct sk_span key);

void sk_json_span(struct sk_json_writer *w, struct sk_span s);
void sk_json_str(struct sk_json_writer *w, const char *s); /* NULL is null */
void sk_json_printf(struct sk_json_writer *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void sk_json_int(struct sk_json_writer *w, int64_t v);
void sk_json_uint(struct sk_json_writer *w, uint64_t v);
void sk_json_double(struct sk_json_writer *w,
		    double v); /* shortest that reads back the same; not finite: null */
void sk_json_bool(struct sk_json_writer *w, bool v);
void sk_json_null(struct sk_json_writer *w);

/* Key and value at once; the _opt form writes nothing for NULL or "". */
void sk_json_put_str(struct sk_json_writer *w, const char *key, const char *value);
void sk_json_put_opt(struct sk_json_writer *w, const char *key, const char *value);
void sk_json_put_int(struct sk_json_writer *w, const char *key, int64_t value);
void sk_json_put_bool(struct sk_json_writer *w, const char *key, bool value);

/* Appends s in quotes and escaped, for those who write their own punctuation. */
void sk_json_quote(struct sk_buf *buf, struct sk_span s);
