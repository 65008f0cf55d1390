/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The smallest parts of TOML (keys, strings, numbers, times) for toml.c. */
#include "doc/build.h"

#include "base/buf.h"

struct sk_toml {
	struct sk_doc_build *b;
	struct sk_span text; /* checked: UTF-8 */
	size_t off;
	uint32_t line;
	bool v1_0; /* refuse what only TOML 1.1 allows */
	struct sk_buf scratch;
};

/* The byte k places ahead; 0 at the end (NUL is nowhere allowed in TOML). */
static inline char sk_toml_peek(const struct sk_toml *t, size_t k)
{
	return k < t->text.len - t->off ? t->text.ptr[t->off + k] : '\0';
}

int sk_toml_fail(struct sk_toml *t, const char *what) __attribute__((cold));

void sk_toml_blanks(struct sk_toml *t); /* spaces and tabs */
/* Blanks and a comment; then a line's end, which is passed over, or the text's end, must follow. */
int sk_toml_end_line(struct sk_toml *t);
/* Blanks, comments and line ends. */
int sk_toml_space(struct sk_toml *t);

/* One part of a key, bare or quoted. */
int sk_toml_key(struct sk_toml *t, struct sk_span *ret_key);
/* A string value of any of the four kinds. */
int sk_toml_string(struct sk_toml *t, struct sk_span *ret_text);
/* A number, time or boolean into n. */
int sk_toml_scalar(struct sk_toml *t, struct sk_node *n);
