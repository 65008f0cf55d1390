/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* URLs as Go's net/url reads them, which is what Kubernetes' url() and format.uri() mean. */
#include "policy/cel/cel.h"

struct sk_cel_url {
	struct sk_cel_value scheme, host, path, query; /* path is escaped, query as it stands */
	struct sk_cel_value text;		       /* all of it again, the canonical form */
};

/* An absolute URI or an absolute path? NULL, or what is wrong with it (a constant text). */
const char *sk_cel_url_check(struct sk_cel_value text);

/*
 * The parts of what sk_cel_url_check takes, with its fragment apart from the
 * rest. Texts are in arena or in `text`; a full arena is `arena->failed`.
 */
const char *sk_cel_url_parse(struct sk_cel_arena *arena, struct sk_cel_value text,
			     struct sk_cel_url *ret);

/* A name or value of a query without its escapes; SK_CEL_ABSENT when one is wrong or the arena full. */
struct sk_cel_value sk_cel_url_query_text(struct sk_cel_arena *arena, struct sk_cel_value text);
