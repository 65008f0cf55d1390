/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The view: the layers' inventories laid over each other by the rules of the
 * OCI image specification (layer.md, "Applying Changesets"), each analyzer's
 * `finish` run over what is visible, and the packages that come of it.
 */
#include "analyze/inventory.h"
#include "analyze/record.h"

struct sk_view_input {
	struct sk_span bytes; /* of a recording; must live as long as the inventory. Empty: could not be analysed */
};

/*
 * Fills packages, operating systems, issues and (where recorded) what can run
 * into inv, whose artifact and layers are set. inputs[i] is layer i. A broken
 * recording is an error; inv can be released then.
 */
int sk_view_build(struct sk_inventory *inv, const struct sk_view_input *inputs, size_t count,
		  struct sk_err *err);

/* Adds an issue to inv; text is copied. */
void sk_inventory_issue(struct sk_inventory *inv, const char *id, int32_t layer, const char *path,
			uint32_t line, const char *text);
