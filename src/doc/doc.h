/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A document: JSON, YAML or TOML as one tree of nodes that know their line.
 * Nodes live in the document's arena and are read-only; all accessors accept
 * NULL and answer "nothing", so that chains need no checks in between:
 *
 *	sk_node_str(sk_node_get(sk_node_get(root, "metadata"), "name"))
 *
 * Parsing never recurses deeper than SK_MAX_DOC_DEPTH and never makes more
 * than SK_MAX_DOC_NODES nodes. Strings may contain NUL bytes (span says how
 * long they are; `ptr` is NUL-terminated too).
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"

enum sk_node_type {
	SK_NODE_NULL,
	SK_NODE_BOOL,
	SK_NODE_INT,   /* fits int64_t */
	SK_NODE_FLOAT, /* any other number */
	SK_NODE_STRING,
	SK_NODE_TIME, /* TOML date-time, local or not: `text` as written */
	SK_NODE_ARRAY,
	SK_NODE_OBJECT,
};

struct sk_node {
	enum sk_node_type type;
	uint32_t line;	    /* where it begins, its key if it has one; from 1 */
	uint32_t count;	    /* children of an array or object */
	uint32_t offset;    /* YAML: the byte where a scalar's text begins, behind its quote; else 0 */
	struct sk_span key; /* in an object; else empty */
	union {
		struct sk_span text; /* string, time; int and float: as written */
		bool truth;
		const struct sk_node *child; /* the first; the others by `next` */
	};
	const struct sk_node *next;
};

struct sk_doc {
	struct sk_arena arena;
	const struct sk_node *root;
};

enum sk_doc_format { SK_DOC_JSON, SK_DOC_YAML, SK_DOC_TOML };

enum sk_doc_flags {
	/* JSON with comments and trailing commas: tsconfig.json, bun.lock, deno.jsonc. */
	SK_DOC_RELAXED = 1 << 0,
	/* A repeated key is an error; else the last one wins, as in every JSON library. */
	SK_DOC_STRICT_KEYS = 1 << 1,
	/* TOML 1.0 to the letter; else also what 1.1 added. In TOML a repeated key is always an error. */
	SK_DOC_TOML_1_0 = 1 << 2,
};

/*
 * Parses text, whole: RFC 8259, YAML 1.2, TOML 1.1. On error `err` has
 * "line N: column N: what" and doc is empty. The document keeps nothing of
 * text. A YAML stream of several documents gives several roots, the others by
 * root->next; an empty stream gives a null.
 */
int sk_doc_parse(struct sk_doc *doc, enum sk_doc_format format, struct sk_span text, unsigned flags,
		 struct sk_err *err);
void sk_doc_release(struct sk_doc *doc);

/* The value under key of an object; the last one if there are several. */
const struct sk_node *sk_node_get(const struct sk_node *object, const char *key);
/* sk_node_get along a path of keys: sk_node_path(n, "a", "b", NULL). */
const struct sk_node *sk_node_path(const struct sk_node *object, ...) __attribute__((sentinel));
/* Puts all members of an object into map (which borrows their keys), the last of equal keys: for
 * many look-ups. */
void sk_node_index(const struct sk_node *object, struct sk_map *map);
/* Element i of an array; linear, so loops use sk_node_each. */
const struct sk_node *sk_node_at(const struct sk_node *array, size_t i);

static inline const struct sk_node *sk_node_first(const struct sk_node *n)
{
	return n && (n->type == SK_NODE_ARRAY || n->type == SK_NODE_OBJECT) ? n->child : NULL;
}
/* Children of an array or object, in order; none for everything else. */
#define sk_node_each(var, parent)                                                                  \
	for (const struct sk_node *var = sk_node_first(parent); var; var = var->next)

static inline bool sk_node_is(const struct sk_node *n, enum sk_node_type type)
{
	return n && n->type == type;
}

/* A string's text; empty for anything else. sk_node_cstr gives NULL for anything else. */
struct sk_span sk_node_str(const struct sk_node *n);
const char *sk_node_cstr(const struct sk_node *n);
/*
 * A scalar as it was written (string, number, time), true/false; empty for
 * null, array, object. Only strings promise the NUL behind them.
 */
struct sk_span sk_node_text(const struct sk_node *n);
bool sk_node_bool(const struct sk_node *n, bool otherwise);
int64_t sk_node_int(const struct sk_node *n, int64_t otherwise);
double sk_node_float(const struct sk_node *n, double otherwise);
