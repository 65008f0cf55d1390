/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests a policy or binding is for: matchConstraints and matchResources, as the API server has them. */
#include "policy/facts-build.h"
#include "policy/vap.h"

struct sk_cel_value sk_cel_member(struct sk_cel_value map, const char *key)
{
	if (map.kind == SK_CEL_UNKNOWN)
		return map;
	if (map.kind != SK_CEL_MAP)
		return (struct sk_cel_value){ 0 };
	return sk_cel_map_get(map.map, sk_cel_string(key, strlen(key)));
}

static struct sk_span span_of(struct sk_cel_value v)
{
	return v.kind == SK_CEL_STRING ? sk_span(v.str, v.len) : sk_span(NULL, 0);
}

/* ---- label selectors ---- */

static bool in_values(const struct sk_node *values, struct sk_cel_value label)
{
	sk_node_each(n, values)
		if (sk_span_eq(sk_node_text(n), span_of(label)))
			return true;
	return false;
}

/* Labels, and where they are a namespace's, the one that every namespace has: its name. */
struct labels {
	struct sk_cel_value map;
	struct sk_cel_value name; /* absent: of something else */
};

static struct sk_cel_value label_of(const struct labels *labels, struct sk_span key)
{
	if (labels->name.kind == SK_CEL_STRING && sk_span_is(key, "kubernetes.io/metadata.name"))
		return labels->name;
	if (labels->map.kind == SK_CEL_MAP)
		return sk_cel_map_get(labels->map.map, sk_cel_string(key.ptr, key.len));
	return labels->map; /* absent or unknown */
}

static int match_expression(const struct sk_node *e, const struct labels *labels)
{
	struct sk_span op = sk_node_str(sk_node_get(e, "operator"));
	struct sk_cel_value label = label_of(labels, sk_node_text(sk_node_get(e, "key")));
	bool there = label.kind == SK_CEL_STRING;

	if (label.kind == SK_CEL_UNKNOWN)
		return -1;
	if (sk_span_is(op, "Exists"))
		return there;
	if (sk_span_is(op, "DoesNotExist"))
		return !there;
	if (sk_span_is(op, "In"))
		return there && in_values(sk_node_get(e, "values"), label);
	return !there || !in_values(sk_node_get(e, "values"), label);
}

static int selects(const struct sk_node *selector, const struct labels *labels)
{
	int all = 1;

	sk_node_each(wanted, sk_node_get(selector, "matchLabels")) {
		struct sk_cel_value label = label_of(labels, wanted->key);

		if (label.kind == SK_CEL_UNKNOWN)
			all = -1;
		else if (label.kind != SK_CEL_STRING || !sk_span_eq(span_of(label), sk_node_text(wanted)))
			return 0;
	}
	sk_node_each(e, sk_node_get(selector, "matchExpressions")) {
		int fits = match_expression(e, labels);

		if (!fits)
			return 0;
		if (fits < 0)
			all = -1;
	}
	return all;
}

int sk_label_selector(const struct sk_node *selector, struct sk_cel_value map)
{
	struct labels labels = { .map = map };

	return selects(selector, &labels);
}

static bool is_empty(const struct sk_node *selector)
{
	return !sk_node_first(sk_node_get(selector, "matchLabels")) &&
	       !sk_node_first(sk_node_get(selector, "matchExpressions"));
}

static struct sk_cel_value labels_of(struct sk_cel_value object)
{
	return sk_cel_member(sk_cel_member(object, "metadata"), "labels");
}

/* The object as it will be, or as it was. */
static int match_object(const struct sk_facts *facts, const struct sk_node *selector)
{
	static const int slots[] = { SK_FACT_object, SK_FACT_oldObject };
	int fits = 0;

	if (is_empty(selector))
		return 1;
	for (size_t i = 0; i < SK_COUNT(slots) && fits != 1; i++) {
		struct sk_cel_value object = facts->slots[slots[i]];
		int one = object.kind == SK_CEL_NULL ? 0 : sk_label_selector(selector, labels_of(object));

		fits = one ? one : fits;
	}
	return fits;
}

/* ---- the request ---- */

static struct sk_cel_value request(const struct sk_facts *facts, const char *key)
{
	return sk_cel_member(facts->slots[SK_FACT_request], key);
}

static struct sk_cel_value resource(const struct sk_facts *facts, const char *key)
{
	return sk_cel_member(request(facts, "resource"), key);
}

static bool of_namespaces(const struct sk_facts *facts)
{
	return sk_span_is(span_of(resource(facts, "resource")), "namespaces");
}

static int match_namespace(const struct sk_facts *facts, const struct sk_node *selector)
{
	struct labels labels = { .name = request(facts, "namespace") };
	bool deletes = sk_span_is(span_of(request(facts, "operation")), "DELETE");

	/* What stands in no namespace, and is none, is never left out. */
	if (!span_of(labels.name).len && !of_namespaces(facts))
		return 1;
	if (is_empty(selector))
		return 1;
	labels.map = facts->slots[SK_FACT_namespaceObject];
	if (of_namespaces(facts))
		labels.map = facts->slots[deletes ? SK_FACT_oldObject : SK_FACT_object];
	labels.map = labels_of(labels.map);
	if (labels.map.kind == SK_CEL_ABSENT) /* a namespace without any others */
		labels.map = facts->no_map;
	return selects(selector, &labels);
}

/* ---- resource rules ---- */

static bool listed(const struct sk_node *list, struct sk_span word)
{
	sk_node_each(n, list) {
		struct sk_span item = sk_node_text(n);

		if (sk_span_is(item, "*") || sk_span_eq(item, word))
			return true;
	}
	return false;
}

static bool resource_listed(const struct sk_node *list, struct sk_span name, struct sk_span sub)
{
	sk_node_each(n, list) {
		struct sk_span item = sk_node_text(n), res = { 0 };

		sk_span_split(&item, '/', &res);
		if ((sk_span_is(res, "*") || sk_span_eq(res, name)) && (sk_span_is(item, "*") || sk_span_eq(item, sub)))
			return true;
	}
	return false;
}

static bool scope_fits(const struct sk_facts *facts, struct sk_span scope)
{
	bool cluster = of_namespaces(facts) || !span_of(request(facts, "namespace")).len;

	if (!scope.len || sk_span_is(scope, "*"))
		return true;
	return sk_span_is(scope, "Cluster") ? cluster : !cluster;
}

static bool name_fits(const struct sk_facts *facts, const struct sk_node *names)
{
	struct sk_span name = span_of(request(facts, "name"));

	if (!sk_node_first(names))
		return true;
	sk_node_each(n, names)
		if (sk_span_eq(sk_node_text(n), name))
			return true;
	return false;
}

/*
 * Resources that are served under several groups are the same objects
 * (k8s.io/kubernetes, pkg/controlplane/instance.go: the storage of old groups).
 */
static struct sk_span home_group(struct sk_span group, struct sk_span name)
{
	static const char *const moved[][3] = {
		{ "extensions", "deployments", "apps" },
		{ "extensions", "daemonsets", "apps" },
		{ "extensions", "replicasets", "apps" },
		{ "extensions", "ingresses", "networking.k8s.io" },
		{ "extensions", "networkpolicies", "networking.k8s.io" },
		{ "extensions", "podsecuritypolicies", "policy" },
		{ "", "events", "events.k8s.io" },
	};

	for (size_t i = 0; i < SK_COUNT(moved); i++)
		if (sk_span_is(group, moved[i][0]) && sk_span_is(name, moved[i][1]))
			return sk_span_str(moved[i][2]);
	return group;
}

/* Equivalent: another group or version of the same resource fits too. */
static bool group_fits(const struct sk_node *rule, struct sk_span group, struct sk_span version, struct sk_span name,
		       bool equivalent)
{
	const struct sk_node *groups = sk_node_get(rule, "apiGroups");

	if (listed(groups, group) && listed(sk_node_get(rule, "apiVersions"), version))
		return true;
	if (!equivalent)
		return false;
	sk_node_each(n, groups)
		if (sk_span_is(sk_node_text(n), "*") ||
		    sk_span_eq(home_group(sk_node_text(n), name), home_group(group, name)))
			return true;
	return false;
}

static bool rules_fit(const struct sk_facts *facts, const struct sk_node *rules, bool equivalent)
{
	struct sk_span group = span_of(resource(facts, "group")), version = span_of(resource(facts, "version"));
	struct sk_span name = span_of(resource(facts, "resource")), sub = span_of(request(facts, "subResource"));

	sk_node_each(rule, rules)
		if (resource_listed(sk_node_get(rule, "resources"), name, sub) &&
		    group_fits(rule, group, version, name, equivalent) &&
		    listed(sk_node_get(rule, "operations"), span_of(request(facts, "operation"))) &&
		    scope_fits(facts, sk_node_str(sk_node_get(rule, "scope"))) &&
		    name_fits(facts, sk_node_get(rule, "resourceNames")))
			return true;
	return false;
}

/* What configures admission itself is never subject to it: nobody shall lock himself out. */
static bool exempt(const struct sk_facts *facts)
{
	return sk_span_is(span_of(resource(facts, "group")), "admissionregistration.k8s.io");
}

int sk_vap_match(const struct sk_facts *facts, const struct sk_node *constraints)
{
	bool equivalent = !sk_span_is(sk_node_str(sk_node_get(constraints, "matchPolicy")), "Exact");
	const struct sk_node *rules = sk_node_get(constraints, "resourceRules");
	int in_namespace, in_object;

	if (exempt(facts))
		return 0;
	in_namespace = match_namespace(facts, sk_node_get(constraints, "namespaceSelector"));
	in_object = match_object(facts, sk_node_get(constraints, "objectSelector"));
	if (!in_namespace || !in_object ||
	    rules_fit(facts, sk_node_get(constraints, "excludeResourceRules"), equivalent))
		return 0;
	if (sk_node_first(rules) && !rules_fit(facts, rules, equivalent))
		return 0;
	return in_namespace < 0 || in_object < 0 ? -1 : 1;
}

/* ---- parameters ---- */

static bool same(const struct sk_node *n, struct sk_span wanted)
{
	return sk_span_eq(sk_node_str(n), wanted);
}

static int selector_over(const struct sk_node *selector, const struct sk_node *labels)
{
	struct sk_facts holder = { 0 };
	int fits;

	sk_facts_begin(&holder, SK_STAGE_ADMIT, 0, 0);
	fits = sk_label_selector(selector, sk_fact_labels(&holder, labels));
	sk_facts_release(&holder);
	return fits;
}

bool sk_vap_is_param(const struct sk_vap *vap, const struct sk_vap_binding *b, const struct sk_facts *facts,
		     const struct sk_node *object)
{
	const struct sk_node *metadata = sk_node_get(object, "metadata"), *ref = b ? b->param_ref : NULL;
	struct sk_span name = sk_node_str(sk_node_get(ref, "name")), ns = sk_node_str(sk_node_get(ref, "namespace"));
	const struct sk_node *own = sk_node_get(metadata, "namespace");

	if (!same(sk_node_get(object, "apiVersion"), sk_span_str(vap->param_version)) ||
	    !same(sk_node_get(object, "kind"), sk_span_str(vap->param_kind)))
		return false;
	if (!ref)
		return true;
	/* Without a namespace it is the request's, for kinds that have one. */
	if (!ns.len)
		ns = span_of(request(facts, "namespace"));
	if (own && !same(own, ns))
		return false;
	if (name.len)
		return same(sk_node_get(metadata, "name"), name);
	return !sk_node_get(ref, "selector") ||
	       selector_over(sk_node_get(ref, "selector"), sk_node_get(metadata, "labels")) == 1;
}
