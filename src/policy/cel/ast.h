/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Expressions as trees. Macros are taken apart while parsing, so that only
 * these kinds remain. Nodes live in one arena with their names; operators are
 * calls with a number of their own.
 */
#include "policy/cel/value.h"

/* A tree is never deeper: every walk over it may recurse. Long chains of && and || count once. */
#define SK_CEL_MAX_DEPTH 600u
/* Bytes of one expression, and nodes of its tree. */
#define SK_CEL_MAX_TEXT (1u << 20)
#define SK_CEL_MAX_NODES (1u << 18)
/* Issues that are told; a person mends the first ones first. */
#define SK_CEL_MAX_ISSUES 50u

enum sk_cel_node_kind {
	SK_CEL_NODE_BAD, /* was not understood; an issue says why */
	SK_CEL_NODE_CONST,
	SK_CEL_NODE_IDENT,  /* name; a leading '.' is kept as SK_CEL_NODE_ABSOLUTE */
	SK_CEL_NODE_SELECT, /* target.name, target.?name */
	SK_CEL_NODE_HAS,    /* has(target.name) */
	SK_CEL_NODE_CALL,   /* [target.]name(args), operators */
	SK_CEL_NODE_LIST,   /* args */
	SK_CEL_NODE_MAP,    /* args: key, value, key, value ... */
	SK_CEL_NODE_STRUCT, /* name{names[i]: args[i]} */
	SK_CEL_NODE_LOOP,   /* macros over lists and maps; target is walked */
	SK_CEL_NODE_BIND,   /* target is computed, kept under name, read in args[0] */
};

enum sk_cel_node_flags {
	SK_CEL_NODE_ABSOLUTE = 1 << 0, /* IDENT, STRUCT: ".a.b" */
	SK_CEL_NODE_OPTIONAL = 1 << 1, /* SELECT: ".?", and in LIST, MAP, STRUCT see `optional` */
	SK_CEL_NODE_INNER =
		1 << 2, /* BIND, LOOP: made by a macro, its names are no names of the text */
};

enum sk_cel_op {
	SK_CEL_OP_NONE, /* a function by its name */
	SK_CEL_OP_OR,
	SK_CEL_OP_AND, /* two operands and more */
	SK_CEL_OP_CHOICE,
	SK_CEL_OP_NOT,
	SK_CEL_OP_NEGATE,
	SK_CEL_OP_EQ,
	SK_CEL_OP_NE,
	SK_CEL_OP_LT,
	SK_CEL_OP_LE,
	SK_CEL_OP_GT,
	SK_CEL_OP_GE,
	SK_CEL_OP_IN,
	SK_CEL_OP_ADD,
	SK_CEL_OP_SUB,
	SK_CEL_OP_MUL,
	SK_CEL_OP_DIV,
	SK_CEL_OP_MOD,
	SK_CEL_OP_INDEX,
	SK_CEL_OP_OPT_INDEX,
};

/*
 * What a loop makes of its elements. `names` are one or two variables; with
 * two the first is the index or key. args[0] is the filter or predicate (NULL:
 * all), args[1] the transformation.
 */
enum sk_cel_loop {
	SK_CEL_LOOP_ALL,
	SK_CEL_LOOP_EXISTS,
	SK_CEL_LOOP_EXISTS_ONE,
	SK_CEL_LOOP_LIST,      /* map, filter, transformList */
	SK_CEL_LOOP_MAP,       /* transformMap: keys stay, values change */
	SK_CEL_LOOP_MAP_ENTRY, /* transformMapEntry: args[1] is a map of one entry */
};

struct sk_cel_node {
	uint8_t kind, op, loop, flags;
	uint16_t depth;
	uint32_t offset; /* byte in the text */
	uint32_t count;	 /* of args */
	struct sk_cel_node *target;
	struct sk_cel_node **args;
	const char *name;	   /* NUL-terminated */
	const char **names;	   /* STRUCT: of fields; LOOP: of variables */
	uint32_t *kinds;	   /* STRUCT: what each field may be, from the checker */
	const uint8_t *optional;   /* LIST, MAP (by entry), STRUCT: which have a '?'; NULL: none */
	uint8_t name_count;	   /* LOOP */
	struct sk_cel_value value; /* CONST */

	/* Filled by the checker, or by the planner where there was none. */
	const struct sk_cel_type *type;
	const struct sk_cel_callee *callee;	/* CALL: the one overload that it can be, or NULL */
	const struct sk_cel_function *function; /* CALL: whose overloads are tried */
	int32_t slot; /* IDENT, BIND, LOOP: of the variable; see sk_cel_slot_kind */
	uint8_t slot_kind;
};

enum sk_cel_slot_kind { SK_CEL_SLOT_NONE, SK_CEL_SLOT_VARIABLE, SK_CEL_SLOT_LOCAL };

/* ---- parsing ---- */

struct sk_cel_parser;

/* The tree, or NULL with issues. With issues some of the tree may be BAD. Texts are copied into arena. */
struct sk_cel_node *sk_cel_parse(const struct sk_cel_env *env, const char *text, size_t len,
				 struct sk_cel_arena *arena, struct sk_cel_issues *issues);

/* Adds an issue; line and column follow from the offset in text. */
void sk_cel_issue(struct sk_cel_issues *issues, const char *text, size_t len, size_t offset,
		  size_t length, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* ---- making nodes: for macros ---- */

struct sk_cel_node *sk_cel_node(struct sk_cel_parser *p, enum sk_cel_node_kind kind,
				uint32_t offset);
struct sk_cel_node *sk_cel_node_const(struct sk_cel_parser *p, struct sk_cel_value value,
				      uint32_t offset);
struct sk_cel_node *sk_cel_node_ident(struct sk_cel_parser *p, const char *name, uint32_t offset);
/* Operands are copied; target NULL: a global function. */
struct sk_cel_node *sk_cel_node_call(struct sk_cel_parser *p, const char *name,
				     struct sk_cel_node *target, struct sk_cel_node *const *args,
				     uint32_t count, uint32_t offset);
struct sk_cel_node *sk_cel_node_op(struct sk_cel_parser *p, enum sk_cel_op op,
				   struct sk_cel_node *const *args, uint32_t count,
				   uint32_t offset);
struct sk_cel_node *sk_cel_node_list(struct sk_cel_parser *p, struct sk_cel_node *const *items,
				     uint32_t count, uint32_t offset);
struct sk_cel_node *sk_cel_node_loop(struct sk_cel_parser *p, enum sk_cel_loop loop,
				     struct sk_cel_node *range, const char *var1, const char *var2,
				     struct sk_cel_node *filter, struct sk_cel_node *body,
				     uint32_t offset);
struct sk_cel_node *sk_cel_node_bind(struct sk_cel_parser *p, const char *name,
				     struct sk_cel_node *init, struct sk_cel_node *body,
				     uint32_t offset);
/* An identifier whose name is copied. */
struct sk_cel_node *sk_cel_node_text(struct sk_cel_parser *p, const char *name, uint32_t offset);
/* A name that no text can write, for values that a macro keeps. */
const char *sk_cel_fresh_name(struct sk_cel_parser *p);
/* An issue at a node; gives a BAD node. */
struct sk_cel_node *sk_cel_node_bad(struct sk_cel_parser *p, uint32_t offset, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The name of a simple identifier, or NULL. */
const char *sk_cel_node_simple_name(const struct sk_cel_node *node);

/* "_+_" and its like, as the specification names operators. */
const char *sk_cel_op_name(enum sk_cel_op op);
