/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes' find and findAll, as its API server computes them. (An empty
 * match counts: "abc 123".find('[0-9]*') is '', whatever its documentation says.)
 */
#include "policy/cel/regex-function.h"

static struct sk_cel_value find(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	struct sk_cel_regex_call call;

	if (!sk_cel_regex_call(&call, eval, args[0], args[1]))
		return call.error;
	if (sk_cel_regex_call_next(&call))
		return sk_cel_regex_call_group(&call, 0);
	return call.error.kind == SK_CEL_ABSENT ? sk_cel_string("", 0) : call.error;
}

static struct sk_cel_value find_all(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	struct sk_cel_regex_call call;

	if (!sk_cel_regex_call(&call, eval, args[0], args[1]))
		return call.error;
	return sk_cel_regex_call_list(&call, count > 2 ? args[2].i : -1);
}

static const struct sk_cel_overload overloads[] = {
	{ "find", "string.(string) -> string", find, .cost = SK_CEL_COST_PAIR },
	{ "findAll", "string.(string) -> list<string>", find_all, .cost = SK_CEL_COST_PAIR },
	{ "findAll", "string.(string, int) -> list<string>", find_all, .cost = SK_CEL_COST_PAIR },
	{ NULL },
};

const struct sk_cel_library sk_cel_library_k8s_regex = {
	.name = "k8s-regex",
	.doc = "Kubernetes' find and findAll: the parts of a text that match a regular expression.",
	.overloads = overloads,
};
