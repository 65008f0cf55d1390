/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a Maven project file (POM 4.0.0) says by itself, before it is joined
 * with its parents. It is kept with the layer's inventory in a written form,
 * because the parents may come with other layers.
 */
#include "analyze/java.h"
#include "doc/xml.h"

struct sk_pom_property {
	struct sk_span name, value;
};

struct sk_pom_dependency {
	struct sk_coordinates id; /* as written, with "${...}" */
	struct sk_span scope, type;
	uint32_t line;
};

struct sk_pom {
	struct sk_coordinates id, parent; /* as written */
	bool has_parent;
	bool parent_elsewhere;	 /* <relativePath/>: not in this tree */
	struct sk_span relative; /* relativePath; empty: "../pom.xml" */
	struct sk_span licence;
	uint32_t line; /* of the artifactId */
	SK_VEC(struct sk_pom_property) properties;
	SK_VEC(struct sk_pom_dependency) managed; /* dependencyManagement */
	SK_VEC(struct sk_pom_dependency) dependencies;
};

void sk_pom_release(struct sk_pom *pom);

/* Reads the <project> element; strings are the document's. */
void sk_pom_read(struct sk_pom *pom, const struct sk_xml_node *project);

/* The written form; read back, strings are borrowed from it. False if it is broken. */
void sk_pom_write(const struct sk_pom *pom, struct sk_buf *buf);
bool sk_pom_restore(struct sk_pom *pom, struct sk_span bytes);
