/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho.yaml: any option by its long name, for all commands or under one command's name. */
#include "cmd/values.h"

#include "base/fd.h"
#include "base/limits.h"
#include "doc/doc.h"

struct config {
	struct sk_values *values;
	const struct sk_parse *parse;
	const char *path;
};

/* Whether any command has this option; feeds the suggestion on the way. */
static const struct sk_option *find_anywhere(const struct sk_command *c, struct sk_span name,
					     struct sk_suggest *suggest)
{
	const struct sk_option *found = sk_option_find(c->options, name);

	sk_options_each(o, c->options)
		sk_suggest_try(suggest, o->name);
	for (size_t i = 0; !found && c->subs && c->subs[i]; i++)
		found = find_anywhere(c->subs[i], name, suggest);
	return found;
}

static int apply_value(struct config *c, const struct sk_option *o, const struct sk_node *n,
		       enum sk_source source, struct sk_err *err)
{
	if (n->type == SK_NODE_OBJECT || (n->type == SK_NODE_ARRAY && o->type != SK_OPTION_LIST &&
					  o->type != SK_OPTION_SET))
		return sk_err_set(err, SK_EUSAGE, "must be a single value");
	if (n->type == SK_NODE_NULL)
		return sk_err_set(err, SK_EUSAGE, "has no value");
	if (n->type == SK_NODE_BOOL)
		return sk_values_set(c->values, o, source, sk_span_str(n->truth ? "true" : "false"), err);
	if (n->type != SK_NODE_ARRAY)
		return sk_values_set(c->values, o, source, sk_node_text(n), err);
	sk_node_each(item, n) {
		struct sk_span text = sk_node_text(item);

		if (!text.len)
			return sk_err_set(err, SK_EUSAGE, "must be a list of words");
		if (o->type == SK_OPTION_LIST)
			sk_values_append(c->values, o, source, text);
		else if (sk_values_set(c->values, o, source, text, err) < 0)
			return -err->code;
	}
	return 0;
}

/* `only`: the command whose section this is; its own options are the ones that may stand there. */
static int apply_key(struct config *c, const struct sk_node *n, const struct sk_command *only,
		     enum sk_source source, struct sk_err *err)
{
	const struct sk_command *where = only ? only : &sk_program;
	struct sk_suggest suggest = { .typed = n->key };
	const struct sk_option *o = find_anywhere(where, n->key, &suggest);
	bool ours = !only || only == c->parse->command || only == c->parse->parent;

	sk_options_each(g, sk_global_options)
		if (!(g->flags & (SK_OPTION_LOCAL | SK_OPTION_NOT_IN_FILE)))
			sk_suggest_try(&suggest, g->name);
	if (!o)
		o = sk_option_find(sk_global_options, n->key);
	if (!o && suggest.best)
		return sk_err_set(err, SK_EUSAGE, "unknown key '%.*s'; did you mean '%s'?",
				  (int)n->key.len, n->key.ptr, suggest.best);
	if (!o)
		return sk_err_set(err, SK_EUSAGE,
				  "unknown key '%.*s'; keys are long option names as 'sekisho%s%s --help' "
				  "lists them",
				  (int)n->key.len, n->key.ptr, only ? " " : " scan",
				  only ? only->name : "");
	if (o->flags & (SK_OPTION_LOCAL | SK_OPTION_NOT_IN_FILE))
		return sk_err_set(err, SK_EUSAGE, "'%s' cannot be set in a file", o->name);
	o = sk_values_find(c->values, n->key);
	if (!ours || !o)
		return 0; /* another command's */
	if (apply_value(c, o, n, source, err) < 0)
		return sk_err_wrap(err, "%s", o->name);
	return 0;
}

static int apply_object(struct config *c, const struct sk_node *object,
			const struct sk_command *only, enum sk_source source, struct sk_err *err)
{
	sk_node_each(n, object) {
		const struct sk_command *sub = NULL;
		struct sk_err inner = SK_ERR_INIT;
		int r;

		if (n->type == SK_NODE_OBJECT && n->key.len)
			sub = sk_command_find(only ? only : &sk_program, n->key.ptr);
		if (sub) {
			r = apply_object(c, n, sub, source | 1, err);
			if (r < 0)
				return r;
			continue;
		}
		if (apply_key(c, n, only, source, &inner) < 0)
			return sk_err_set(err, inner.code, "%s:%u: %s", c->path, n->line, inner.text);
	}
	return 0;
}

int sk_config_apply(struct sk_values *values, const struct sk_parse *parse, const char *path,
		    enum sk_source source, bool required, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct config c = { values, parse, path };
	struct sk_err inner = SK_ERR_INIT;
	struct sk_doc doc = { 0 };
	int r = sk_path_slurp(path, SK_MAX_CONFIG, &text, &inner);

	if (r == -SK_ENOTFOUND && !required)
		return 0;
	if (r < 0)
		return sk_err_set(err, SK_EUSAGE, "configuration: %s", inner.text);
	r = sk_doc_parse(&doc, SK_DOC_YAML, sk_buf_view(&text), SK_DOC_STRICT_KEYS, &inner);
	if (r < 0)
		r = sk_err_set(err, SK_EUSAGE, "%s: %s", path, inner.text);
	else if (sk_node_is(doc.root, SK_NODE_OBJECT))
		r = apply_object(&c, doc.root, NULL, source, err);
	else if (doc.root && doc.root->type != SK_NODE_NULL)
		r = sk_err_set(err, SK_EUSAGE, "%s:%u: must be keys and values, such as 'fail-on: high'",
			       path, doc.root->line);
	sk_doc_release(&doc);
	return r < 0 ? r : 0;
}
