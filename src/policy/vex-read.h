/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the readers of VEX documents share (vex-*.c). */
#include "doc/doc.h"
#include "policy/product.h"
#include "policy/vex.h"

struct sk_vex_reader {
	struct sk_exceptions *x;
	struct sk_arena *arena;
	const char *file;
	const char *author;    /* of the document */
	struct sk_span issued; /* when */
	size_t named;	       /* statements, ids and products so far: SK_MAX_VEX_NAMES */
	struct sk_err *err;
};

int sk_vex_read_openvex(struct sk_vex_reader *rd, const struct sk_node *root);
int sk_vex_read_csaf(struct sk_vex_reader *rd, const struct sk_node *root);
int sk_vex_read_cyclonedx(struct sk_vex_reader *rd, const struct sk_node *root);

/* Author and time of the document, for statements that do not say their own. */
void sk_vex_document(struct sk_vex_reader *rd, const struct sk_node *author,
		     const struct sk_node *issued);

/* A statement by its place; `when` may be NULL. */
struct sk_exception *sk_vex_statement(struct sk_vex_reader *rd, const struct sk_node *n,
				      const struct sk_node *when);
/* Text of a node as a string of the arena; NULL where there is none. */
const char *sk_vex_text(struct sk_vex_reader *rd, const struct sk_node *n);
/* One more id; at most `room` of them were promised by sk_vex_room_ids. */
void sk_vex_room_ids(struct sk_vex_reader *rd, struct sk_exception *e, size_t room);
void sk_vex_add_id(struct sk_vex_reader *rd, struct sk_exception *e, const struct sk_node *id);
/* So many more things are named; SK_ELIMIT when it is too much. */
int sk_vex_count(struct sk_vex_reader *rd, size_t more);
/* One more product. */
int sk_vex_add_product(struct sk_vex_reader *rd, struct sk_exception *e,
		       const struct sk_product *product);
/* The first problem is kept. */
void sk_vex_invalid(struct sk_exception *e, const char *problem);
/* Checks what all forms ask of a statement, and adds it. */
int sk_vex_finish(struct sk_vex_reader *rd, struct sk_exception *e);
