/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Words of an expression. Punctuation of one character is its own token. */
#include "policy/cel/cel.h"

enum sk_cel_token {
	SK_CEL_TOKEN_END = 256,
	SK_CEL_TOKEN_BAD,
	SK_CEL_TOKEN_NAME,
	SK_CEL_TOKEN_QUOTED_NAME,
	SK_CEL_TOKEN_RESERVED,
	SK_CEL_TOKEN_INT,
	SK_CEL_TOKEN_UINT,
	SK_CEL_TOKEN_DOUBLE,
	SK_CEL_TOKEN_STRING,
	SK_CEL_TOKEN_BYTES,
	SK_CEL_TOKEN_TRUE,
	SK_CEL_TOKEN_FALSE,
	SK_CEL_TOKEN_NULL,
	SK_CEL_TOKEN_IN,
	SK_CEL_TOKEN_EQ,
	SK_CEL_TOKEN_NE,
	SK_CEL_TOKEN_LE,
	SK_CEL_TOKEN_GE,
	SK_CEL_TOKEN_AND,
	SK_CEL_TOKEN_OR,
};

struct sk_cel_lexer {
	const char *text;
	size_t len;
	size_t start, at; /* of the token, and behind it */
	enum sk_cel_token token;
	const char *error; /* BAD: what is wrong, and where */
	size_t error_offset;
};

void sk_cel_lex_init(struct sk_cel_lexer *l, const char *text,
		     size_t len);	 /* reads the first token */
void sk_cel_lex(struct sk_cel_lexer *l); /* goes on to the next */

/* The value of a literal token; NULL, or what is wrong with it. */
const char *sk_cel_lex_value(const struct sk_cel_lexer *l, struct sk_cel_arena *arena,
			     bool negative, struct sk_cel_value *ret_value);
