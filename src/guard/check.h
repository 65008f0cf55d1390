/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A check: one comparison of a condition, taken apart once, asked for each
 * event. Its left side is a slot of the graph (graph.h), so that a field is
 * read once an event however many checks name it.
 */
#include "guard/field.h"
#include "guard/filter.h"
#include "policy/cel/regex.h"

/* An address range: IPv4 as ::ffff:0:0/96. */
struct sk_net {
	uint8_t ip[16];
	uint8_t bits; /* of 128 */
};

struct sk_check {
	enum sk_filter_op op;
	enum sk_filter_modifier modifier;
	enum sk_field_type type;
	uint32_t slot;
	int32_t right_slot;    /* compared with another field: its slot; else -1 */
	uint32_t count;	       /* of constants */
	union {
		const struct sk_span *texts; /* TEXT, BYTES */
		const int64_t *numbers;	     /* INT, BOOL, PORT, TIME, SPAN */
		const struct sk_net *nets;   /* IP, NET */
	};
	const uint64_t *ids;   /* equalities: bit i for value i of the slot's dictionary */
	uint32_t id_words;
	const struct sk_cel_regex *const *regexes; /* REGEX, GLOB, IGLOB; PMATCH: NULL where there are no wildcards */
};

/*
 * Takes the constants of the right side apart for the type of the left. Errors
 * say what does not fit ("a number is needed", "the operator is for texts");
 * regular expressions are compiled here (freed by release, also after an error).
 */
int sk_check_init(struct sk_check *check, const struct sk_filter *filter, enum sk_field_type type,
		  struct sk_arena *arena, struct sk_err *err);
void sk_check_release(struct sk_check *check);

/* Does one value fit? Sets (`ids`) are the graph's; everything else is decided here. */
bool sk_check_value(const struct sk_check *check, const struct sk_field_value *value,
		    const struct sk_field_value *right, struct sk_cel_regex_scratch *scratch);
