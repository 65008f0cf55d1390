/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the parsers of this folder share: making nodes under the document's
 * limits, and errors that say where. Not for other folders.
 */
#include "doc/doc.h"

struct sk_doc_build {
	struct sk_doc *doc;
	struct sk_err *err;
	struct sk_span text;  /* the input, for positions in errors */
	struct sk_node *pool; /* nodes that are allocated and not yet used */
	size_t pool_left, pool_size;
	size_t nodes, max_nodes;
};

/* A zeroed node; NULL (and the error set) above max_nodes. */
struct sk_node *sk_build_refill(struct sk_doc_build *b);
static inline struct sk_node *sk_build_node(struct sk_doc_build *b, enum sk_node_type type,
					    uint32_t line)
{
	struct sk_node *n = b->pool_left ? b->pool : sk_build_refill(b);

	if (!n)
		return NULL;
	b->pool++;
	b->pool_left--;
	b->nodes++;
	n->type = type;
	n->line = line;
	return n;
}

/* "line N: column N: what" for the byte at off; columns count characters. Returns -code. */
int sk_build_fail(struct sk_doc_build *b, int code, size_t off, const char *fmt, ...)
    __attribute__((format(printf, 4, 5), cold));

/* SK_EINVAL if two children of object have one key; takes linear time. */
int sk_build_unique(struct sk_doc_build *b, const struct sk_node *object);

/* SK_NODE_INT if the digits (with an optional sign) fit int64_t, else SK_NODE_FLOAT. */
enum sk_node_type sk_number_type(struct sk_span digits);

/* Writes c as UTF-8 (1 to 4 bytes) to `to`; returns their number. */
size_t sk_utf8_put(char *to, uint32_t c);

int sk_json_parse(struct sk_doc_build *b, unsigned flags);
int sk_yaml_parse(struct sk_doc_build *b, unsigned flags);
int sk_toml_parse(struct sk_doc_build *b, unsigned flags);
