/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How functions use regular expressions: the eval keeps patterns compiled, one
 * call goes through the matches of one text.
 */
#include "policy/cel/function.h"
#include "policy/cel/regex.h"

struct sk_cel_regex_call {
	struct sk_cel_eval *eval;
	const struct sk_cel_regex *regex;
	struct sk_cel_regex_scratch *scratch;
	struct sk_cel_value text;
	struct sk_cel_regex_cursor cursor;
	ptrdiff_t *groups;	   /* of the match that was found last */
	struct sk_cel_value error; /* SK_CEL_ABSENT, or what the function returns */
};

/* False: call->error is what the function returns. */
bool sk_cel_regex_call(struct sk_cel_regex_call *call, struct sk_cel_eval *eval,
		       struct sk_cel_value text, struct sk_cel_value pattern);

/* Does the text match anywhere? A bool, or an error. */
struct sk_cel_value sk_cel_regex_call_test(struct sk_cel_regex_call *call);

/* The next match; false at the end, or with call->error. Charges for what it found. */
bool sk_cel_regex_call_next(struct sk_cel_regex_call *call);

/* Group i (0: all of it) of the match as a part of the text; SK_CEL_ABSENT if it took no part. */
struct sk_cel_value sk_cel_regex_call_group(const struct sk_cel_regex_call *call, unsigned i);

/* The matches that are left as a list, at most `limit` (negative: all), or the error. */
struct sk_cel_value sk_cel_regex_call_list(struct sk_cel_regex_call *call, int64_t limit);
/* The same of group 1, without those that are empty or took no part. */
struct sk_cel_value sk_cel_regex_call_list_group(struct sk_cel_regex_call *call);
