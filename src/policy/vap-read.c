/* SPDX-License-Identifier: Apache-2.0 */
/* ValidatingAdmissionPolicies and their bindings, read and compiled. */
#include "base/limits.h"
#include "policy/vap.h"

static const struct sk_key document_keys[] = {
	{ "apiVersion", SK_KEY_STRING, true }, { "kind", SK_KEY_STRING, true },
	{ "metadata", SK_KEY_OBJECT, true },   { "spec", SK_KEY_OBJECT, true },
	{ "status", SK_KEY_OBJECT, false },    { NULL },
};

/* ---- match constraints ---- */

static void check_rules(struct sk_policy_loader *l, const struct sk_node *rules)
{
	static const struct sk_key keys[] = {
		{ "apiGroups", SK_KEY_LIST, true },   { "apiVersions", SK_KEY_LIST, true },
		{ "resources", SK_KEY_LIST, true },   { "operations", SK_KEY_LIST, true },
		{ "resourceNames", SK_KEY_LIST, false }, { "scope", SK_KEY_STRING, false },
		{ NULL },
	};
	static const char *const scopes[] = { "*", "Cluster", "Namespaced", NULL };
	static const char *const operations[] = { "*", "CREATE", "UPDATE", "DELETE", "CONNECT", NULL };

	sk_node_each(rule, rules) {
		if (!sk_policy_keys(l, rule, keys))
			continue;
		if (sk_node_get(rule, "scope"))
			sk_policy_word(l, sk_node_get(rule, "scope"), scopes);
		sk_node_each(operation, sk_node_get(rule, "operations"))
			sk_policy_word(l, operation, operations);
	}
}

static void check_selector(struct sk_policy_loader *l, const struct sk_node *selector)
{
	static const struct sk_key keys[] = { { "matchLabels", SK_KEY_OBJECT, false },
					      { "matchExpressions", SK_KEY_LIST, false },
					      { NULL } };
	static const struct sk_key expression_keys[] = { { "key", SK_KEY_STRING, true },
							 { "operator", SK_KEY_STRING, true },
							 { "values", SK_KEY_LIST, false },
							 { NULL } };
	static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist", NULL };

	if (!selector || selector->type == SK_NODE_NULL || !sk_policy_keys(l, selector, keys))
		return;
	sk_node_each(e, sk_node_get(selector, "matchExpressions"))
		if (sk_policy_keys(l, e, expression_keys) && sk_node_get(e, "operator"))
			sk_policy_word(l, sk_node_get(e, "operator"), operators);
}

static void check_match(struct sk_policy_loader *l, const struct sk_node *n)
{
	static const struct sk_key keys[] = {
		{ "resourceRules", SK_KEY_LIST, false },     { "excludeResourceRules", SK_KEY_LIST, false },
		{ "namespaceSelector", SK_KEY_OBJECT, false }, { "objectSelector", SK_KEY_OBJECT, false },
		{ "matchPolicy", SK_KEY_STRING, false },     { NULL },
	};
	static const char *const policies[] = { "Exact", "Equivalent", NULL };

	if (!n || !sk_policy_keys(l, n, keys))
		return;
	check_rules(l, sk_node_get(n, "resourceRules"));
	check_rules(l, sk_node_get(n, "excludeResourceRules"));
	check_selector(l, sk_node_get(n, "namespaceSelector"));
	check_selector(l, sk_node_get(n, "objectSelector"));
	if (sk_node_get(n, "matchPolicy"))
		sk_policy_word(l, sk_node_get(n, "matchPolicy"), policies);
}

/* ---- expressions ---- */

/* Room for the items of a list, or NULL (and a fault) where there are too many. */
static void *parts(struct sk_policy_loader *l, const struct sk_node *list, size_t size)
{
	if (!sk_node_is(list, SK_NODE_ARRAY))
		return NULL;
	if (list->count > SK_MAX_POLICY_PARTS) {
		sk_policy_fault(l, list, "more than %u of these", SK_MAX_POLICY_PARTS);
		return NULL;
	}
	return sk_arena_alloc(&l->set->arena, list->count * size);
}

static void read_conditions(struct sk_policy_loader *l, struct sk_policy *p, const struct sk_node *list)
{
	static const struct sk_key keys[] = { { "name", SK_KEY_STRING, true },
					      { "expression", SK_KEY_STRING, true },
					      { NULL } };
	struct sk_vap *vap = p->vap;

	vap->conditions = parts(l, list, sizeof(vap->conditions[0]));
	sk_node_each(n, vap->conditions ? list : NULL) {
		struct sk_vap_condition *c = &vap->conditions[vap->condition_count];

		if (!sk_policy_keys(l, n, keys) || !sk_node_get(n, "expression"))
			continue;
		c->name = sk_policy_text(l, sk_node_get(n, "name"));
		c->program = sk_policy_compile(l, p->env, sk_node_get(n, "expression"), "bool", SK_CEL_HOMOGENEOUS);
		vap->condition_count++;
	}
}

static void read_validations(struct sk_policy_loader *l, struct sk_policy *p, const struct sk_node *list)
{
	static const struct sk_key keys[] = {
		{ "expression", SK_KEY_STRING, true },	      { "message", SK_KEY_STRING, false },
		{ "messageExpression", SK_KEY_STRING, false }, { "reason", SK_KEY_STRING, false },
		{ NULL },
	};
	struct sk_vap *vap = p->vap;

	vap->validations = parts(l, list, sizeof(vap->validations[0]));
	sk_node_each(n, vap->validations ? list : NULL) {
		struct sk_vap_validation *v = &vap->validations[vap->validation_count];
		const struct sk_node *message = sk_node_get(n, "messageExpression");

		if (!sk_policy_keys(l, n, keys) || !sk_node_get(n, "expression"))
			continue;
		v->id = sk_arena_printf(&l->set->arena, "validations[%zu]", vap->validation_count);
		v->text = sk_node_text(sk_node_get(n, "expression"));
		v->program = sk_policy_compile(l, p->env, sk_node_get(n, "expression"), "bool", SK_CEL_HOMOGENEOUS);
		v->message = sk_policy_text(l, sk_node_get(n, "message"));
		v->code = sk_policy_text(l, sk_node_get(n, "reason"));
		if (message && message->type != SK_NODE_NULL)
			v->message_program = sk_policy_compile(l, p->env, message, "string", SK_CEL_HOMOGENEOUS);
		vap->validation_count++;
	}
}

static void read_annotations(struct sk_policy_loader *l, struct sk_policy *p, const struct sk_node *list)
{
	static const struct sk_key keys[] = { { "key", SK_KEY_STRING, true },
					      { "valueExpression", SK_KEY_STRING, true },
					      { NULL } };
	struct sk_vap *vap = p->vap;

	vap->annotations = parts(l, list, sizeof(vap->annotations[0]));
	sk_node_each(n, vap->annotations ? list : NULL) {
		struct sk_vap_annotation *a = &vap->annotations[vap->annotation_count];

		if (!sk_policy_keys(l, n, keys) || !sk_node_get(n, "valueExpression"))
			continue;
		a->key = sk_arena_printf(&l->set->arena, "%s/%s", p->name,
					 sk_policy_text(l, sk_node_get(n, "key")));
		/* A string, or null for "none". */
		a->program = sk_policy_compile(l, p->env, sk_node_get(n, "valueExpression"), NULL, SK_CEL_HOMOGENEOUS);
		vap->annotation_count++;
	}
}

/* ---- documents ---- */

static void read_spec(struct sk_policy_loader *l, struct sk_policy *p, const struct sk_node *n)
{
	static const struct sk_key keys[] = {
		{ "paramKind", SK_KEY_OBJECT, false },	    { "matchConstraints", SK_KEY_OBJECT, false },
		{ "validations", SK_KEY_LIST, false },	    { "failurePolicy", SK_KEY_STRING, false },
		{ "auditAnnotations", SK_KEY_LIST, false }, { "matchConditions", SK_KEY_LIST, false },
		{ "variables", SK_KEY_LIST, false },	    { NULL },
	};
	static const struct sk_key kind_keys[] = { { "apiVersion", SK_KEY_STRING, true },
						   { "kind", SK_KEY_STRING, true },
						   { NULL } };
	static const char *const failure_policies[] = { "Fail", "Ignore", NULL };
	const struct sk_node *kind = sk_node_get(n, "paramKind"), *failure = sk_node_get(n, "failurePolicy");

	if (!sk_policy_keys(l, n, keys))
		return;
	if (kind && kind->type != SK_NODE_NULL && sk_policy_keys(l, kind, kind_keys)) {
		p->vap->param_version = sk_policy_text(l, sk_node_get(kind, "apiVersion"));
		p->vap->param_kind = sk_policy_text(l, sk_node_get(kind, "kind"));
	}
	p->vap->ignore = failure && sk_policy_word(l, failure, failure_policies) == 1;
	p->vap->constraints = sk_node_get(n, "matchConstraints");
	check_match(l, p->vap->constraints);
	p->env = sk_policy_env(l, p, 0, NULL);
	/* In Kubernetes match conditions do not see the variables. */
	read_conditions(l, p, sk_node_get(n, "matchConditions"));
	sk_policy_read_variables(l, p, sk_node_get(n, "variables"));
	read_validations(l, p, sk_node_get(n, "validations"));
	read_annotations(l, p, sk_node_get(n, "auditAnnotations"));
	if (!p->vap->validation_count && !p->vap->annotation_count)
		sk_policy_fault(l, n, "there are neither validations nor auditAnnotations");
}

void sk_vap_read(struct sk_policy_loader *l, const struct sk_node *root)
{
	struct sk_policy *p = sk_arena_alloc(&l->set->arena, sizeof(*p));

	p->file = l->file;
	p->bundle = l->bundle;
	p->vap = sk_alloc(sizeof(*p->vap));
	p->stages = (1u << SK_STAGE_COUNT) - 1;
	*sk_vec_push(&l->set->policies) = p;
	if (!sk_policy_keys(l, root, document_keys))
		return;
	p->name = sk_policy_text(l, sk_node_path(root, "metadata", "name", NULL));
	if (!p->name) {
		sk_policy_fault(l, root, "metadata.name is missing");
		p->name = "?";
	}
	read_spec(l, p, sk_node_get(root, "spec"));
}

void sk_vap_read_binding(struct sk_policy_loader *l, const struct sk_node *root)
{
	static const struct sk_key keys[] = {
		{ "policyName", SK_KEY_STRING, true },	    { "paramRef", SK_KEY_OBJECT, false },
		{ "matchResources", SK_KEY_OBJECT, false }, { "validationActions", SK_KEY_LIST, true },
		{ NULL },
	};
	static const struct sk_key ref_keys[] = { { "name", SK_KEY_STRING, false },
						  { "namespace", SK_KEY_STRING, false },
						  { "selector", SK_KEY_OBJECT, false },
						  { "parameterNotFoundAction", SK_KEY_STRING, false },
						  { NULL } };
	static const char *const actions[] = { "Deny", "Warn", "Audit", NULL };
	static const char *const not_found[] = { "Allow", "Deny", NULL };
	struct sk_vap_binding *b = sk_arena_alloc(&l->set->arena, sizeof(*b));
	const struct sk_node *spec = sk_node_get(root, "spec");

	if (!sk_policy_keys(l, root, document_keys) || !sk_policy_keys(l, spec, keys))
		return;
	b->name = sk_policy_text(l, sk_node_path(root, "metadata", "name", NULL));
	b->policy = sk_policy_text(l, sk_node_get(spec, "policyName"));
	b->file = l->file;
	b->node = sk_node_get(spec, "policyName");
	b->match = sk_node_get(spec, "matchResources");
	b->param_ref = sk_node_get(spec, "paramRef");
	check_match(l, b->match);
	if (b->param_ref && sk_policy_keys(l, b->param_ref, ref_keys)) {
		check_selector(l, sk_node_get(b->param_ref, "selector"));
		if (sk_node_get(b->param_ref, "parameterNotFoundAction"))
			sk_policy_word(l, sk_node_get(b->param_ref, "parameterNotFoundAction"), not_found);
	}
	sk_node_each(action, sk_node_get(spec, "validationActions")) {
		int i = sk_policy_word(l, action, actions);

		if (i >= 0)
			b->actions |= 1u << i;
	}
	/* As the API server has it: whoever is refused need not be warned. */
	if (b->actions & 1u << SK_ACTION_DENY && b->actions & 1u << SK_ACTION_WARN)
		sk_policy_fault(l, sk_node_get(spec, "validationActions"), "Deny and Warn may not stand together");
	if (!b->name)
		b->name = "?";
	if (b->policy)
		*sk_vec_push(&l->set->bindings) = b;
}

void sk_vap_free(struct sk_vap *vap)
{
	if (!vap)
		return;
	for (size_t i = 0; i < vap->condition_count; i++)
		sk_cel_program_free(vap->conditions[i].program);
	for (size_t i = 0; i < vap->validation_count; i++) {
		sk_cel_program_free(vap->validations[i].program);
		sk_cel_program_free(vap->validations[i].message_program);
	}
	for (size_t i = 0; i < vap->annotation_count; i++)
		sk_cel_program_free(vap->annotations[i].program);
	free(vap);
}
