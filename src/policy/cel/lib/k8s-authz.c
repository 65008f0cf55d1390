/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes' authorizer: `authorizer.group('apps').resource('deployments')
 * .namespace('x').check('create').allowed()`. Its functions exist, so that
 * policies which use them are read and checked; the answer would have to come
 * from a cluster, so that asking is an error that says what is missing.
 */
#include "policy/cel/function.h"

static struct sk_cel_value missing(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	return sk_cel_fail(eval, SK_CEL_EMISSING,
			   "the authorizer is missing: there is no Kubernetes API server here "
			   "that could be asked who may do what");
}

static bool same(const struct sk_cel_opaque *a, const struct sk_cel_opaque *b)
{
	return a == b;
}

#define NAME(type) "kubernetes.authorization." type
#define AUTHORIZER NAME("Authorizer")
#define PATH NAME("PathCheck")
#define GROUP NAME("GroupCheck")
#define RESOURCE NAME("ResourceCheck")
#define DECISION NAME("Decision")

static const struct sk_cel_opaque_type authorizer = { AUTHORIZER, same, NULL };
static const struct sk_cel_opaque_type path_check = { PATH, same, NULL };
static const struct sk_cel_opaque_type group_check = { GROUP, same, NULL };
static const struct sk_cel_opaque_type resource_check = { RESOURCE, same, NULL };
static const struct sk_cel_opaque_type decision = { DECISION, same, NULL };

const struct sk_cel_opaque sk_cel_authorizer = { &authorizer };

static const struct sk_cel_overload overloads[] = {
	{ "path", AUTHORIZER ".(string) -> " PATH, missing },
	{ "group", AUTHORIZER ".(string) -> " GROUP, missing },
	{ "serviceAccount", AUTHORIZER ".(string, string) -> " AUTHORIZER, missing },
	{ "resource", GROUP ".(string) -> " RESOURCE, missing },
	{ "subresource", RESOURCE ".(string) -> " RESOURCE, missing },
	{ "namespace", RESOURCE ".(string) -> " RESOURCE, missing },
	{ "name", RESOURCE ".(string) -> " RESOURCE, missing },
	{ "fieldSelector", RESOURCE ".(string) -> " RESOURCE, missing },
	{ "labelSelector", RESOURCE ".(string) -> " RESOURCE, missing },
	{ "check", PATH ".(string) -> " DECISION, missing },
	{ "check", RESOURCE ".(string) -> " DECISION, missing },
	{ "allowed", DECISION ".() -> bool", missing },
	{ "reason", DECISION ".() -> string", missing },
	{ "errored", DECISION ".() -> bool", missing },
	{ "error", DECISION ".() -> string", missing },
	{ NULL },
};

static const struct sk_cel_opaque_type *const types[] = {
	&authorizer, &path_check, &group_check, &resource_check, &decision, NULL,
};

const struct sk_cel_library sk_cel_library_k8s_authz = {
	.name = "k8s-authz",
	.doc = "Kubernetes' authorizer: checked, but every question to it is an error.",
	.overloads = overloads,
	.types = types,
};
