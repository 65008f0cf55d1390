/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A small XML document (a pom.xml, a packages.config) as a tree: elements by
 * their local names, attributes, and the text of those elements that hold
 * nothing else. UTF-8, UTF-16 and single-byte encodings. External entities are
 * never read, expansion of internal ones is bounded. All accessors accept NULL.
 */
#include "base/arena.h"
#include "base/err.h"

struct sk_xml_attr {
	struct sk_span name, value;
	const struct sk_xml_attr *next;
};

struct sk_xml_node {
	struct sk_span name; /* without namespace prefix */
	struct sk_span text; /* trimmed; empty if there are child elements */
	uint32_t line;
	const struct sk_xml_attr *attrs;
	const struct sk_xml_node *child, *next;
};

/* Parses text, which it need not outlive, into arena. SK_ELIMIT above SK_MAX_XML_DEPTH or SK_MAX_XML_NODES. */
int sk_xml_parse(struct sk_arena *arena, struct sk_span text, const struct sk_xml_node **ret_root,
		 struct sk_err *err);

/* The first child of that name. */
const struct sk_xml_node *sk_xml_get(const struct sk_xml_node *node, const char *name);
/* Its text; empty without it. */
struct sk_span sk_xml_text(const struct sk_xml_node *node, const char *name);
/* An attribute, its name in any case; empty without it. */
struct sk_span sk_xml_attr(const struct sk_xml_node *node, const char *name);

#define sk_xml_each(var, parent) \
	for (const struct sk_xml_node *var = (parent) ? (parent)->child : NULL; var; var = var->next)
