/* SPDX-License-Identifier: Apache-2.0 */
/* Values of parameters: fallbacks in the files, a file of the person's, single ones of the command line. */
#include "base/fd.h"
#include "base/limits.h"
#include "base/suggest.h"
#include "policy/facts-build.h"
#include "policy/load.h"

/* ---- one parameter ---- */

static bool set_node(struct sk_policy_set *set, struct sk_parameter *p, const struct sk_node *n, struct sk_err *err)
{
	struct sk_cel_value v = { 0 };

	if (sk_fact_typed(&set->constants, n, p->type, &v, NULL) < 0) {
		sk_err_set(err, SK_EUSAGE, "the parameter '%s' must be of type %s", p->name, p->type);
		return false;
	}
	if (!sk_parameter_fits(p, n)) {
		sk_err_set(err, SK_EUSAGE, "the parameter '%s' must match %s", p->name, p->pattern);
		return false;
	}
	p->value = v;
	return true;
}

/* "a,b" is a list too. */
static bool set_text(struct sk_policy_set *set, struct sk_parameter *p, struct sk_span text, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_node as_text = { .type = SK_NODE_STRING, .line = 1, .text = text };
	sk_autofree char *list = NULL;

	if (strcmp(p->type, "string") == 0)
		return set_node(set, p, &as_text, err);
	if (strncmp(p->type, "list<", 5) == 0 && !sk_span_starts(text, "[")) {
		list = sk_printf("[%.*s]", (int)text.len, text.ptr);
		text = sk_span_str(list);
	}
	if (sk_doc_parse(&doc, SK_DOC_YAML, text, 0, err) < 0) {
		sk_err_wrap(err, "the parameter '%s'", p->name);
		return false;
	}
	return set_node(set, p, doc.root, err);
}

/* All parameters of that name, in whatever policy; returns how many, or negative. */
static int set_everywhere(struct sk_policy_set *set, const char *name, struct sk_span text, const struct sk_node *n,
			  struct sk_err *err)
{
	struct sk_suggest s = { .typed = sk_span_str(name) };
	int count = 0;

	for (size_t i = 0; i < set->policies.len; i++) {
		struct sk_policy *policy = set->policies.data[i];

		for (size_t j = 0; j < policy->parameter_count; j++) {
			struct sk_parameter *p = policy->parameters[j];

			sk_suggest_try(&s, p->name);
			if (strcmp(p->name, name) != 0)
				continue;
			if (!(n ? set_node(set, p, n, err) : set_text(set, p, text, err)))
				return -err->code;
			count++;
		}
	}
	if (count)
		return count;
	return sk_err_set(err, SK_EUSAGE, "no policy has a parameter '%s'%s%s%s", name,
			  s.best ? "; did you mean '" : "", s.best ? s.best : "", s.best ? "'?" : "");
}

int sk_policy_set_param(struct sk_policy_set *set, const char *name, struct sk_span text, struct sk_err *err)
{
	struct sk_err own = SK_ERR_INIT;
	int r = set_everywhere(set, name, text, NULL, &own);

	if (r < 0 && err)
		*err = own;
	return r < 0 ? r : 0;
}

/* ---- a file ---- */

int sk_policy_add_params(struct sk_policy_set *set, const struct sk_node *root, struct sk_err *err)
{
	if (sk_node_get(root, "apiVersion") && sk_node_get(root, "kind")) {
		*sk_vec_push(&set->objects) = root;
		return 0;
	}
	if (root->type == SK_NODE_NULL)
		return 0;
	if (root->type != SK_NODE_OBJECT)
		return sk_err_set(err, SK_EINVAL, "line %u: names and values are expected", root->line);
	sk_node_each(n, root) {
		sk_autofree char *name = sk_strndup(n->key.ptr, n->key.len);
		struct sk_err own = SK_ERR_INIT;

		if (set_everywhere(set, name, sk_span(NULL, 0), n, &own) < 0)
			return sk_err_set(err, own.code, "line %u: %s", n->line, own.text);
	}
	return 0;
}

int sk_policy_load_params(struct sk_policy_set *set, const char *path, struct sk_err *err)
{
	struct sk_policy_file *file = sk_arena_alloc(&set->arena, sizeof(*file));
	int r;

	file->path = sk_arena_str(&set->arena, path);
	*sk_vec_push(&set->files) = file;
	r = sk_path_slurp(path, SK_MAX_POLICY_BYTES, &file->text, err);
	if (r < 0)
		return r;
	r = sk_doc_parse(&file->doc, SK_DOC_YAML, sk_buf_view(&file->text), SK_DOC_STRICT_KEYS, err);
	for (const struct sk_node *root = r == 0 ? file->doc.root : NULL; root && r == 0; root = root->next)
		r = sk_policy_add_params(set, root, err);
	return r < 0 ? sk_err_wrap(err, "%s", path) : 0;
}

/* ---- ready ---- */

static int make_params(struct sk_policy_set *set, struct sk_policy *policy, struct sk_err *err)
{
	struct sk_cel_value *fields =
		sk_fact_alloc(&set->constants, policy->parameter_count * sizeof(*fields));
	struct sk_cel_struct *object = sk_fact_alloc(&set->constants, sizeof(*object));

	for (size_t i = 0; i < policy->parameter_count; i++) {
		const struct sk_parameter *p = policy->parameters[i];

		if (p->value.kind == SK_CEL_ABSENT)
			return sk_err_set(err, SK_EUSAGE,
					  "the policy '%s' needs the parameter '%s' (%s): --param %s=VALUE",
					  policy->name, p->name, p->type, p->name);
		fields[i] = p->value;
	}
	*object = (struct sk_cel_struct){ policy->params_type, fields };
	policy->params = (struct sk_cel_value){ .kind = SK_CEL_STRUCT, .object = object };
	return 0;
}

int sk_policy_ready(struct sk_policy_set *set, struct sk_err *err)
{
	int r = 0;

	if (set->problems.len)
		return sk_err_set(err, SK_EINVAL, "%s", set->problems.data[0]);
	for (size_t i = 0; i < set->policies.len && r == 0; i++)
		if (!set->policies.data[i]->vap)
			r = make_params(set, set->policies.data[i], err);
	return r;
}
