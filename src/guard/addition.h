/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What alerts say besides what their rules do: Falco's append_output. An
 * addition is text behind the rule's output, or a field of the formats in JSON,
 * of all rules or of those that it is for.
 */
#include "base/err.h"
#include "base/span.h"

struct sk_addition {
	struct sk_span source, rule; /* of the rules that it is for; empty: any */
	const struct sk_span *tags;  /* all of them must be the rule's */
	size_t tag_count;
	struct sk_span field; /* its name; empty: the text goes behind the output */
	struct sk_span text;  /* as outputs are written: "on CPU %evt.cpu" */
	bool is_value;	      /* a field whose text is a single "%proc.env": it keeps its type */
};

/* Borrowed by whoever makes a graph with them. */
struct sk_additions {
	const struct sk_addition *items;
	size_t count;
};

/* Does its text name fields that there are? Else an error that says why. */
int sk_addition_check(const struct sk_addition *addition, struct sk_err *err);
