/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Licences as packages declare them, where they are expressions of the SPDX licence list. */
#include "base/buf.h"

/* The identifier as the list spells it ("mit" gives "MIT"), or NULL. */
const char *sk_spdx_id(struct sk_span s);

/*
 * Appends text as an SPDX licence expression (SPDX 2.3, annex D) with the list's spelling;
 * false, and nothing appended, if it is none or names a licence that the list does not have.
 */
bool sk_spdx_expression(struct sk_span text, struct sk_buf *out);
