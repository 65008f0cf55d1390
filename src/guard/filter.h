/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Conditions in the filter language of Falco's rules, as a tree:
 *
 *	spawned_process and proc.name in (shell_binaries) and not proc.aname[2] startswith "sh"
 *
 * (falco.org/docs/reference/rules/conditions; grammar in
 * falcosecurity/libs userspace/libsinsp/filter/parser.h). The tree is what was
 * written: macros and lists are names until rules.c puts their meaning in.
 */
#include "base/arena.h"
#include "base/err.h"

enum sk_filter_op {
	SK_OP_EXISTS,
	SK_OP_EQ, SK_OP_NE, SK_OP_LT, SK_OP_LE, SK_OP_GT, SK_OP_GE,
	SK_OP_CONTAINS, SK_OP_ICONTAINS, SK_OP_BCONTAINS, SK_OP_STARTSWITH, SK_OP_BSTARTSWITH, SK_OP_ENDSWITH,
	SK_OP_GLOB, SK_OP_IGLOB, SK_OP_REGEX,
	SK_OP_IN, SK_OP_INTERSECTS, SK_OP_PMATCH,
	SK_OP_COUNT,
};
/* `proc.name startswith anyof (a, b)`: how the elements of the list count together. */
enum sk_filter_modifier { SK_MODIFIER_NONE, SK_MODIFIER_ONEOF, SK_MODIFIER_ANYOF, SK_MODIFIER_ALLOF };

const char *sk_filter_op_name(enum sk_filter_op op);
const char *sk_filter_modifier_name(enum sk_filter_modifier modifier);

enum sk_operand_kind {
	SK_OPERAND_VALUE,     /* text: what was quoted, bare or a number */
	SK_OPERAND_FIELD,     /* name, arg; `val(proc.name)` on the right-hand side is one too */
	SK_OPERAND_TRANSFORM, /* name of the transformer, its operands, arg */
	SK_OPERAND_LIST,      /* operands: values, and names of lists among them */
	SK_OPERAND_NAME,      /* text: `in shell_binaries` */
};

struct sk_operand {
	enum sk_operand_kind kind;
	uint32_t offset;	/* byte in the condition */
	bool quoted;		/* VALUE: never the name of a list */
	struct sk_span text;	/* name or value */
	struct sk_span arg;	/* in brackets; ptr NULL: none */
	struct sk_operand *first, *next; /* operands of LIST and TRANSFORM, in order */
};

struct sk_rule_text;

enum sk_filter_kind { SK_FILTER_AND, SK_FILTER_OR, SK_FILTER_NOT, SK_FILTER_CHECK, SK_FILTER_MACRO };

struct sk_filter {
	enum sk_filter_kind kind;
	uint32_t offset;
	struct sk_filter *first, *next;	/* AND, OR: two and more; NOT: one */
	const struct sk_rule_text *text; /* that offsets below point into; NULL: the parent's */
	struct sk_span macro;
	/* CHECK */
	enum sk_filter_op op;
	enum sk_filter_modifier modifier;
	struct sk_operand *left, *right; /* right: NULL for EXISTS */
};

/*
 * The tree, in arena, which also keeps its texts; `text` may go. NULL with err
 * ("column 17: ...") and *ret_offset, the byte at which it was not understood.
 * Nests at most SK_MAX_FILTER_DEPTH deep.
 */
struct sk_filter *sk_filter_parse(struct sk_span text, struct sk_arena *arena, size_t *ret_offset,
				  struct sk_err *err);

/*
 * A field or transformer alone, at the beginning of text, as outputs have them
 * behind '%'; *ret_length says how far it goes. NULL with err.
 */
struct sk_operand *sk_filter_parse_operand(struct sk_span text, struct sk_arena *arena, size_t *ret_length,
					   struct sk_err *err);
