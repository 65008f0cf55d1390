/* SPDX-License-Identifier: Apache-2.0 */
/* Our own policies and what heads a bundle, as docs/policies.md describes them. */
#include "policy/policy.h"

#include "base/limits.h"
#include "policy/facts-build.h"
#include "policy/cel/regex.h"
#include "policy/load.h"

/* ---- parameters ---- */

static const char *const parameter_types[] = {
	"string", "int", "double", "bool", "duration", "timestamp", "list<string>", "list<int>", "map<string, string>", NULL,
};

static bool matches(const struct sk_cel_regex *regex, struct sk_span text)
{
	struct sk_cel_regex_scratch scratch = { 0 };
	bool does = sk_cel_regex_test(regex, &scratch, text.ptr, text.len);

	sk_cel_regex_scratch_release(&scratch);
	return does;
}

bool sk_parameter_fits(const struct sk_parameter *p, const struct sk_node *value)
{
	struct sk_cel_regex *regex;
	const char *error;
	size_t offset;
	bool fits = true;

	if (!p->pattern)
		return true;
	regex = sk_cel_regex_new(p->pattern, strlen(p->pattern), SK_CEL_REGEX_FULL, &error, &offset);
	if (!sk_node_is(value, SK_NODE_ARRAY))
		fits = matches(regex, sk_node_text(value));
	sk_node_each(item, sk_node_is(value, SK_NODE_ARRAY) ? value : NULL)
		fits = fits && matches(regex, sk_node_text(item));
	sk_cel_regex_free(regex);
	return fits;
}

static void read_pattern(struct sk_policy_loader *l, struct sk_parameter *p, const struct sk_node *n)
{
	struct sk_span text = sk_node_text(n);
	struct sk_cel_regex *regex;
	const char *error;
	size_t offset;

	if (!n)
		return;
	if (strcmp(p->type, "string") != 0 && strcmp(p->type, "list<string>") != 0) {
		sk_policy_fault(l, n, "a pattern is for parameters of type string and list<string>");
		return;
	}
	regex = sk_cel_regex_new(text.ptr, text.len, SK_CEL_REGEX_FULL, &error, &offset);
	if (regex)
		p->pattern = sk_policy_text(l, n);
	else
		sk_policy_fault_at(l, n, offset, "the pattern is none: %s", error);
	sk_cel_regex_free(regex);
}

static struct sk_parameter *read_parameter(struct sk_policy_loader *l, const struct sk_node *n)
{
	static const struct sk_key keys[] = { { "type", SK_KEY_STRING, true },
					      { "default", SK_KEY_ANY, false },
					      { "pattern", SK_KEY_STRING, false },
					      { "description", SK_KEY_STRING, false },
					      { NULL } };
	struct sk_parameter *p = sk_arena_alloc(&l->set->arena, sizeof(*p));
	struct sk_err err = SK_ERR_INIT;
	int type;

	if (!sk_policy_keys(l, n, keys) || !sk_node_get(n, "type"))
		return NULL;
	type = sk_policy_word(l, sk_node_get(n, "type"), parameter_types);
	if (type < 0)
		return NULL;
	p->name = sk_arena_dup(&l->set->arena, n->key);
	p->type = parameter_types[type];
	p->description = sk_policy_text(l, sk_node_get(n, "description"));
	p->fallback = sk_node_get(n, "default");
	p->file = l->file;
	p->node = n;
	read_pattern(l, p, sk_node_get(n, "pattern"));
	if (!p->fallback)
		return p;
	if (sk_fact_typed(&l->set->constants, p->fallback, p->type, &p->value, &err) < 0)
		sk_policy_fault_at(l, p->fallback, 0, "the default is no %s", p->type);
	else if (!sk_parameter_fits(p, p->fallback))
		sk_policy_fault_at(l, p->fallback, 0, "the default does not match %s", p->pattern);
	return p;
}

struct sk_parameter **sk_policy_read_parameters(struct sk_policy_loader *l, const struct sk_node *n, size_t *ret_count)
{
	struct sk_parameter **list = NULL;

	*ret_count = 0;
	if (!sk_node_is(n, SK_NODE_OBJECT))
		return NULL;
	list = sk_arena_alloc(&l->set->arena, n->count * sizeof(*list));
	sk_node_each(child, n) {
		struct sk_parameter *p = read_parameter(l, child);

		if (p)
			list[(*ret_count)++] = p;
	}
	return list;
}

/* Its own parameters, then those of the bundle; a policy's own name wins. */
static void gather_parameters(struct sk_policy_loader *l, struct sk_policy *p, const struct sk_node *own)
{
	size_t own_count, bundle_count = l->bundle ? l->bundle->parameter_count : 0;
	struct sk_parameter **list = sk_policy_read_parameters(l, own, &own_count);
	struct sk_cel_field *fields =
		sk_arena_alloc(&l->set->arena, (own_count + bundle_count + 1) * sizeof(*fields));

	p->parameters = sk_arena_alloc(&l->set->arena, (own_count + bundle_count) * sizeof(*p->parameters));
	for (size_t i = 0; i < own_count; i++)
		p->parameters[p->parameter_count++] = list[i];
	p->own_parameters = own_count;
	for (size_t i = 0; i < bundle_count; i++) {
		bool hidden = false;

		for (size_t j = 0; j < own_count; j++)
			hidden |= strcmp(list[j]->name, l->bundle->parameters[i]->name) == 0;
		if (!hidden)
			p->parameters[p->parameter_count++] = l->bundle->parameters[i];
	}
	for (size_t i = 0; i < p->parameter_count; i++)
		fields[i] = (struct sk_cel_field){ p->parameters[i]->name, p->parameters[i]->type,
						   p->parameters[i]->description, NULL };
	p->params_type = sk_arena_alloc(&l->set->arena, sizeof(*p->params_type));
	*p->params_type = (struct sk_cel_struct_type){ "sekisho.Params", "The parameters", fields };
}

/* ---- match ---- */

static void read_match(struct sk_policy_loader *l, struct sk_policy *p, const struct sk_node *n)
{
	static const struct sk_key keys[] = {
		{ "images", SK_KEY_ANY, false },     { "registries", SK_KEY_ANY, false },
		{ "namespaces", SK_KEY_ANY, false }, { "kinds", SK_KEY_ANY, false },
		{ "labels", SK_KEY_OBJECT, false },  { NULL },
	};

	if (!n || !sk_policy_keys(l, n, keys))
		return;
	p->match.images = sk_policy_strings(l, sk_node_get(n, "images"));
	p->match.registries = sk_policy_strings(l, sk_node_get(n, "registries"));
	p->match.namespaces = sk_policy_strings(l, sk_node_get(n, "namespaces"));
	p->match.kinds = sk_policy_strings(l, sk_node_get(n, "kinds"));
	p->match.labels = sk_node_get(n, "labels");
}

static uint32_t read_stages(struct sk_policy_loader *l, const struct sk_node *n)
{
	const char *names[SK_STAGE_COUNT + 1] = { 0 };
	uint32_t stages = 0;

	for (unsigned i = 0; i < SK_STAGE_COUNT; i++)
		names[i] = sk_stage_name((enum sk_stage)i);
	if (!sk_node_is(n, SK_NODE_ARRAY))
		return (1u << SK_STAGE_COUNT) - 1;
	sk_node_each(item, n) {
		int i = sk_policy_word(l, item, names);

		if (i >= 0)
			stages |= 1u << i;
	}
	return stages;
}

/* ---- rules ---- */

static const char *const action_words[] = { "deny", "warn", "audit", NULL };

static enum sk_rule_action read_action(struct sk_policy_loader *l, const struct sk_node *n, enum sk_rule_action otherwise)
{
	int i = n && n->type != SK_NODE_NULL ? sk_policy_word(l, n, action_words) : -1;

	return i < 0 ? otherwise : (enum sk_rule_action)i;
}

static void read_severity(struct sk_policy_loader *l, struct sk_rule *r, const struct sk_node *n)
{
	static const char *const words[] = { "unknown", "negligible", "low", "medium", "high", "critical", NULL };
	int i = n && n->type != SK_NODE_NULL ? sk_policy_word(l, n, words) : -1;

	if (i < 0)
		return;
	r->has_severity = true;
	r->severity = (enum sk_severity)i;
}

static struct sk_cel_env *env_with_it(struct sk_policy_loader *l, struct sk_policy *p, const char *type)
{
	struct sk_it_env *it = p->it_envs;

	while (it && strcmp(it->type, type) != 0)
		it = it->next;
	if (!it) {
		it = sk_arena_alloc(&l->set->arena, sizeof(*it));
		*it = (struct sk_it_env){ sk_policy_env(l, p, p->variable_count, type), type, p->it_envs };
		p->it_envs = it;
	}
	return it->env;
}

/* message and remedyExpression: of a rule with offenders they see each as `it`. */
static void compile_texts(struct sk_policy_loader *l, struct sk_policy *p, struct sk_rule *r, const struct sk_node *n)
{
	const struct sk_node *message = sk_node_get(n, "message"), *remedy = sk_node_get(n, "remedyExpression");
	struct sk_cel_env *env = p->env;

	if (r->offenders && (message || remedy)) {
		const char *type = r->program ? sk_policy_element_type(sk_cel_program_type(r->program),
								       &l->set->arena) : "dyn";

		env = env_with_it(l, p, type);
	}
	if (message)
		r->message = sk_policy_compile(l, env, message, "string", 0);
	if (remedy)
		r->remedy_program = sk_policy_compile(l, env, remedy, "string", 0);
	r->message_text = sk_node_text(message);
}

static void read_rule(struct sk_policy_loader *l, struct sk_policy *p, const struct sk_node *n)
{
	static const struct sk_key keys[] = {
		{ "id", SK_KEY_STRING, true },		   { "title", SK_KEY_STRING, false },
		{ "description", SK_KEY_STRING, false },   { "severity", SK_KEY_STRING, false },
		{ "action", SK_KEY_STRING, false },	   { "controls", SK_KEY_ANY, false },
		{ "expression", SK_KEY_STRING, false },	   { "offenders", SK_KEY_STRING, false },
		{ "manual", SK_KEY_STRING, false },	   { "message", SK_KEY_STRING, false },
		{ "remedy", SK_KEY_STRING, false },	   { "remedyExpression", SK_KEY_STRING, false },
		{ NULL },
	};
	struct sk_rule *r = &p->rules[p->rule_count];
	const struct sk_node *expression = sk_node_get(n, "expression"), *offenders = sk_node_get(n, "offenders");
	const struct sk_node *manual = sk_node_get(n, "manual");

	if (!sk_policy_keys(l, n, keys) || !sk_node_text(sk_node_get(n, "id")).len)
		return;
	r->id = sk_policy_text(l, sk_node_get(n, "id"));
	for (size_t i = 0; i < p->rule_count; i++)
		if (strcmp(p->rules[i].id, r->id) == 0)
			sk_policy_fault(l, n, "there are two rules '%s'", r->id);
	p->rule_count++;
	if (!!expression + !!offenders + !!manual != 1) {
		sk_policy_fault(l, n, "the rule '%s' needs one of 'expression', 'offenders' and 'manual'", r->id);
		return;
	}
	r->node = n;
	r->title = sk_policy_text(l, sk_node_get(n, "title"));
	r->description = sk_policy_text(l, sk_node_get(n, "description"));
	r->controls = sk_node_get(n, "controls") ? sk_policy_strings(l, sk_node_get(n, "controls")) : p->controls;
	r->remedy = sk_policy_text(l, sk_node_get(n, "remedy"));
	r->manual = sk_policy_text(l, manual);
	r->action = read_action(l, sk_node_get(n, "action"), p->action);
	read_severity(l, r, sk_node_get(n, "severity"));
	r->offenders = offenders != NULL;
	r->text = sk_node_text(offenders ? offenders : expression);
	if (manual)
		return;
	r->program = sk_policy_compile(l, p->env, offenders ? offenders : expression, offenders ? "list" : "bool", 0);
	compile_texts(l, p, r, n);
}

/* ---- policies ---- */

static void read_metadata(struct sk_policy_loader *l, struct sk_policy *p, const struct sk_node *n)
{
	static const struct sk_key keys[] = {
		{ "name", SK_KEY_STRING, true },   { "title", SK_KEY_STRING, false },
		{ "rationale", SK_KEY_STRING, false }, { "controls", SK_KEY_ANY, false },
		{ "labels", SK_KEY_OBJECT, false }, { "annotations", SK_KEY_OBJECT, false },
		{ NULL },
	};

	sk_policy_keys(l, n, keys);
	p->name = sk_policy_text(l, sk_node_get(n, "name"));
	p->title = sk_policy_text(l, sk_node_get(n, "title"));
	p->rationale = sk_policy_text(l, sk_node_get(n, "rationale"));
	p->controls = sk_policy_strings(l, sk_node_get(n, "controls"));
	for (size_t i = 0; p->name && i < l->set->policies.len; i++)
		if (l->set->policies.data[i] != p && l->set->policies.data[i]->name && !l->set->policies.data[i]->vap &&
		    strcmp(l->set->policies.data[i]->name, p->name) == 0)
			sk_policy_fault(l, n, "there are two policies '%s'; the other is in %s", p->name,
					l->set->policies.data[i]->file->path);
}

static void read_spec(struct sk_policy_loader *l, struct sk_policy *p, const struct sk_node *n)
{
	static const struct sk_key keys[] = {
		{ "stages", SK_KEY_LIST, false },	{ "match", SK_KEY_OBJECT, false },
		{ "parameters", SK_KEY_OBJECT, false }, { "variables", SK_KEY_LIST, false },
		{ "action", SK_KEY_STRING, false },	{ "onUnknown", SK_KEY_STRING, false },
		{ "rules", SK_KEY_LIST, true },		{ NULL },
	};
	static const char *const effects[] = { "allow", "warn", "deny", NULL };
	static const enum sk_effect effect_of[] = { SK_EFFECT_ALLOW, SK_EFFECT_WARN, SK_EFFECT_DENY };
	const struct sk_node *rules = sk_node_get(n, "rules"), *unknown = sk_node_get(n, "onUnknown");
	int i;

	p->on_unknown = -1;
	if (!sk_policy_keys(l, n, keys))
		return;
	p->stages = read_stages(l, sk_node_get(n, "stages"));
	read_match(l, p, sk_node_get(n, "match"));
	p->action = read_action(l, sk_node_get(n, "action"), SK_ACTION_DENY);
	i = unknown && unknown->type != SK_NODE_NULL ? sk_policy_word(l, unknown, effects) : -1;
	if (i >= 0)
		p->on_unknown = effect_of[i];
	gather_parameters(l, p, sk_node_get(n, "parameters"));
	p->env = sk_policy_env(l, p, 0, NULL);
	sk_policy_read_variables(l, p, sk_node_get(n, "variables"));
	if (sk_node_is(rules, SK_NODE_ARRAY) && rules->count > SK_MAX_POLICY_PARTS) {
		sk_policy_fault(l, rules, "more than %u rules", SK_MAX_POLICY_PARTS);
		return;
	}
	p->rules = sk_arena_alloc(&l->set->arena, (sk_node_first(rules) ? rules->count : 0) * sizeof(p->rules[0]));
	sk_node_each(rule, sk_node_is(rules, SK_NODE_ARRAY) ? rules : NULL)
		read_rule(l, p, rule);
}

static const struct sk_key document_keys[] = {
	{ "apiVersion", SK_KEY_STRING, true }, { "kind", SK_KEY_STRING, true },
	{ "metadata", SK_KEY_OBJECT, true },   { "spec", SK_KEY_OBJECT, true },
	{ NULL },
};

void sk_policy_read(struct sk_policy_loader *l, const struct sk_node *root)
{
	struct sk_policy *p = sk_arena_alloc(&l->set->arena, sizeof(*p));

	p->file = l->file;
	p->bundle = l->bundle;
	*sk_vec_push(&l->set->policies) = p;
	if (!sk_policy_keys(l, root, document_keys))
		return;
	read_metadata(l, p, sk_node_get(root, "metadata"));
	read_spec(l, p, sk_node_get(root, "spec"));
}

void sk_bundle_read(struct sk_policy_loader *l, struct sk_bundle *b, const struct sk_node *root)
{
	static const struct sk_key metadata_keys[] = {
		{ "name", SK_KEY_STRING, true },	{ "title", SK_KEY_STRING, false },
		{ "version", SK_KEY_STRING, false },	{ "description", SK_KEY_STRING, false },
		{ NULL },
	};
	static const struct sk_key spec_keys[] = { { "parameters", SK_KEY_OBJECT, false }, { NULL } };
	static const struct sk_key head_keys[] = {
		{ "apiVersion", SK_KEY_STRING, true }, { "kind", SK_KEY_STRING, true },
		{ "metadata", SK_KEY_OBJECT, true },   { "spec", SK_KEY_OBJECT, false },
		{ NULL },
	};
	const struct sk_node *metadata = sk_node_get(root, "metadata"), *spec = sk_node_get(root, "spec");

	if (!sk_policy_keys(l, root, head_keys))
		return;
	if (!sk_span_is(sk_node_str(sk_node_get(root, "apiVersion")), "sekisho/v1") ||
	    !sk_span_is(sk_node_str(sk_node_get(root, "kind")), "Bundle"))
		sk_policy_fault(l, root, "apiVersion must be sekisho/v1 and kind Bundle");
	sk_policy_keys(l, metadata, metadata_keys);
	b->name = sk_policy_text(l, sk_node_get(metadata, "name"));
	b->title = sk_policy_text(l, sk_node_get(metadata, "title"));
	b->version = sk_policy_text(l, sk_node_get(metadata, "version"));
	b->description = sk_policy_text(l, sk_node_get(metadata, "description"));
	if (sk_node_is(spec, SK_NODE_OBJECT))
		sk_policy_keys(l, spec, spec_keys);
	b->parameters = sk_policy_read_parameters(l, sk_node_get(spec, "parameters"), &b->parameter_count);
}
