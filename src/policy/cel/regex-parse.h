/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading a pattern. What was read last, the operand, is the end of the code;
 * an operator that comes after it copies it or puts an instruction before it.
 * Open groups are on a stack of our own. Functions return false when there is
 * an error, which is in the parser.
 */
#include "policy/cel/regex-internal.h"

enum sk_regex_parse_flags {
	SK_REGEX_FOLD = 1 << 0,	 /* (?i) */
	SK_REGEX_LINES = 1 << 1, /* (?m): ^ and $ match at lines too */
	SK_REGEX_DOT_ALL = 1 << 2,
	SK_REGEX_LAZY = 1 << 3, /* (?U) */
};

/* A part of the pattern, as far as operators ask. */
struct sk_regex_part {
	bool empty;	  /* can match the empty text */
	uint32_t repeats; /* the largest product of counted repetitions in it */
};

struct sk_regex_group {
	uint32_t begin;	 /* in code */
	uint32_t branch; /* where the alternative that is being read begins */
	uint32_t
		jumps; /* the last of the jumps to the group's end, each with the one before it; 0 none */
	uint32_t capture;	     /* number; 0 none */
	unsigned flags;		     /* those outside of it */
	struct sk_regex_part before; /* in this alternative, without the operand */
	struct sk_regex_part others; /* alternatives that are complete */
};

struct sk_regex_parser {
	struct sk_cel_regex *rx;
	const char *text;
	size_t len, at;
	unsigned flags;
	const char *error;
	size_t error_at;

	uint32_t code_room, set_room, range_room, name_room;
	uint32_t *set_table; /* hash of sets, index + 1 */
	uint32_t set_table_size;
	uint32_t work; /* of making sets */

	struct sk_regex_group *groups; /* [0] is the pattern itself */
	uint32_t depth, group_room;

	bool has_operand;
	uint32_t operand;	   /* where it begins in code */
	struct sk_regex_part part; /* what it is */
	size_t repeat_at;	   /* the repetition that ends here began there, or SIZE_MAX */
};

/* ---- Code (regex-emit.c) ---- */

bool sk_regex_fail(struct sk_regex_parser *p, const char *error, size_t at);
bool sk_regex_no_memory(struct sk_regex_parser *p);
/* Room for `count` items of that size. */
bool sk_regex_reserve(struct sk_regex_parser *p, void *array, uint32_t *room, size_t count,
		      size_t item);
bool sk_regex_emit(struct sk_regex_parser *p, enum sk_regex_op op, int32_t arg);
bool sk_regex_operand(struct sk_regex_parser *p, enum sk_regex_op op, int32_t arg);
/* One code point, in either case where (?i) holds. */
bool sk_regex_operand_rune(struct sk_regex_parser *p, uint32_t rune);
/* Counts the work that went into them; false at the limit, or after another error. */
bool sk_regex_spend_ranges(struct sk_regex_parser *p, struct sk_regex_ranges *ranges);
/* One of these code points. Frees them. */
bool sk_regex_operand_set(struct sk_regex_parser *p, struct sk_regex_ranges *ranges);

enum { SK_REGEX_NO_MAX = -1 };
/* The operand is repeated. */
bool sk_regex_repeat(struct sk_regex_parser *p, int min, int max, bool lazy);

/* The pattern itself, which is like a group around all the others. */
bool sk_regex_begin(struct sk_regex_parser *p);
/* `flags` hold again after the group. */
bool sk_regex_open_group(struct sk_regex_parser *p, uint32_t capture, unsigned flags);
bool sk_regex_next_branch(struct sk_regex_parser *p);
/* Ends what is open, a group or the pattern; says what it was. */
struct sk_regex_part sk_regex_end_group(struct sk_regex_parser *p);
bool sk_regex_close_group(struct sk_regex_parser *p);

/* ---- Characters and classes (regex-parse-class.c) ---- */

/* An escape that stands for one code point; at the backslash. */
bool sk_regex_take_escape(struct sk_regex_parser *p, uint32_t *ret_rune);
/* \d, \p{L} and, in brackets, [:alpha:]: true if there was one, or an error. */
bool sk_regex_take_class(struct sk_regex_parser *p, struct sk_regex_ranges *class,
			 bool in_brackets);
/* [...] becomes the operand. */
bool sk_regex_take_brackets(struct sk_regex_parser *p);

static inline bool sk_regex_next_is(const struct sk_regex_parser *p, char c)
{
	return p->at < p->len && p->text[p->at] == c;
}

static inline bool sk_regex_accept(struct sk_regex_parser *p, char c)
{
	if (!sk_regex_next_is(p, c))
		return false;
	p->at++;
	return true;
}

/* The next code point; the caller knows that there is one. */
static inline uint32_t sk_regex_take_rune(struct sk_regex_parser *p)
{
	uint32_t rune;

	p->at += sk_regex_decode(p->text + p->at, p->len - p->at, &rune);
	return rune;
}
