/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/time.h"

#include <unistd.h>

const char *sk_choice_stage(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return i < SK_STAGE_COUNT ? sk_stage_name((enum sk_stage)i) : NULL;
}

const char *sk_choice_text_or_json(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "text", "json" };
	static const char *const summaries[] = { "for people", "for programs" };

	*ret_summary = i < SK_COUNT(names) ? summaries[i] : NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

/* ---- policies ---- */

int sk_set_params(struct sk_policy_set *set, const struct sk_option_list *params, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < params->count && r == 0;) {
		struct sk_span value = sk_span_str(params->items[i++]), name = { 0 };
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
		sk_autofree char *key = NULL;

		if (sk_span_chr(value, '=') < 1)
			return sk_err_set(err, SK_EUSAGE, "--param %s: NAME=VALUE is expected", value.ptr);
		sk_span_split(&value, '=', &name);
		key = sk_strndup(name.ptr, name.len);
		sk_buf_span(&text, value);
		for (; i < params->count && !strchr(params->items[i], '='); i++)
			sk_buf_printf(&text, ",%s", params->items[i]);
		r = sk_policy_set_param(set, key, sk_buf_view(&text), err);
	}
	return r;
}

int sk_load_policies(const char *const *paths, size_t count, const struct sk_policy_choices *choices,
		     struct sk_policy_set *set, struct sk_err *err)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = sk_policy_load(set, paths[i], err);
	if (r == 0 && choices->params_file)
		r = sk_policy_load_params(set, choices->params_file, err);
	if (r == 0)
		r = sk_set_params(set, &choices->params, err);
	return r < 0 ? r : sk_policy_ready(set, err);
}

/* ---- subjects ---- */

int sk_load_document(const char *path, size_t max, struct sk_doc *doc, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	bool standard_input = strcmp(path, "-") == 0;
	struct sk_span trimmed;
	int r = standard_input ? sk_fd_slurp(STDIN_FILENO, max, &text, err) : sk_path_slurp(path, max, &text, err);

	if (r < 0)
		return r; /* it names the file */
	trimmed = sk_span_trim(sk_buf_view(&text));
	r = sk_doc_parse(doc, sk_span_starts(trimmed, "{") ? SK_DOC_JSON : SK_DOC_YAML, sk_buf_view(&text), 0, err);
	/* "{a: 1}" is YAML alone. */
	if (r < 0 && sk_span_starts(trimmed, "{"))
		r = sk_doc_parse(doc, SK_DOC_YAML, sk_buf_view(&text), 0, NULL) < 0 ? r : 0;
	return r < 0 ? sk_err_wrap(err, "%s", standard_input ? "standard input" : path) : 0;
}

void sk_facts_of_result(struct sk_facts *facts, const struct sk_report *report, const struct sk_result *result,
			const char *reference, enum sk_stage stage)
{
	struct sk_facts_scan scan = {
		.inventory = result->inventory,
		.findings = result->findings,
		.finding_count = result->finding_count,
		.accepted = result->ignored,
		.accepted_count = result->ignored_count,
		.reference = reference,
		.scanned = report->created,
		.advisories = report->database_created,
		.risk_class = report->risk_class,
		.no_packages = !report->list_packages,
	};

	sk_facts_begin(facts, stage, sk_time_now(), SK_FACTS_OF_IMAGES);
	sk_facts_add_scan(facts, &scan);
	sk_facts_add_told_exceptions(facts, &scan);
	facts->subject = result->inventory->artifact.name;
}

static int each_target(const struct sk_subject_source *source, sk_subject_fn *each, void *context, struct sk_err *err)
{
	struct sk_report_file file = { 0 };
	int r = sk_report_load(&file, source->path, err), count = 0;

	for (size_t i = 0; r == 0 && i < file.report.result_count; i++) {
		struct sk_facts facts = { 0 };

		sk_facts_of_result(&facts, &file.report, &file.report.results[i], source->image,
				   source->stage < 0 ? SK_STAGE_BUILD : (enum sk_stage)source->stage);
		each(context, &facts);
		sk_facts_release(&facts);
		count++;
	}
	sk_report_file_release(&file);
	return r < 0 ? r : count;
}

struct walk {
	const struct sk_subject_source *source;
	sk_subject_fn *each;
	void *context;
	int count;
	struct sk_err *err;
};

/* kubectl's list of objects of any kind. */
static bool is_list(const struct sk_node *root)
{
	return sk_span_is(sk_node_str(sk_node_get(root, "apiVersion")), "v1") &&
	       sk_span_is(sk_node_str(sk_node_get(root, "kind")), "List");
}

/* The API's lists ("PodList") leave out what their items are, and a list in a list is none of kubectl's. */
static int refuse_list(const struct sk_node *n, struct sk_err *err)
{
	struct sk_span kind = sk_node_str(sk_node_get(n, "kind"));

	if (!sk_span_ends(kind, "List") || !sk_node_is(sk_node_get(n, "items"), SK_NODE_ARRAY))
		return 0;
	return sk_err_set(err, SK_EINVAL, "line %u: a %.*s is no object: give its items, or a v1 List of them",
			  n->line, (int)kind.len, kind.ptr);
}

static int each_object(struct walk *w, const struct sk_node *object)
{
	struct sk_subject subject = { object, w->source->old_object, w->source->namespace_object };
	struct sk_facts facts = { 0 };
	int r = refuse_list(object, w->err);

	if (r == 0)
		r = sk_facts_of_subject(&facts, &subject,
					w->source->stage < 0 ? SK_STAGE_ADMIT : (enum sk_stage)w->source->stage,
					sk_time_now(), w->err);
	if (r == 0) {
		w->each(w->context, &facts);
		w->count++;
	}
	sk_facts_release(&facts);
	return r;
}

int sk_each_subject(const struct sk_subject_source *source, sk_subject_fn *each, void *context, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct walk w = { source, each, context, 0, err };
	int r = sk_load_document(source->path, SK_MAX_REPORT, &doc, err);

	if (r < 0)
		return r;
	if (sk_subject_kind(doc.root) == SK_SUBJECT_REPORT)
		return each_target(source, each, context, err);
	for (const struct sk_node *root = doc.root; root && r == 0; root = root->next) {
		if (root->type == SK_NODE_NULL)
			continue;
		if (!is_list(root))
			r = each_object(&w, root);
		else
			sk_node_each(item, sk_node_get(root, "items"))
				r = r < 0 ? r : each_object(&w, item);
	}
	if (r == 0 && !w.count)
		r = sk_err_set(err, SK_EINVAL, "there is no object in it");
	return r < 0 ? sk_err_wrap(err, "%s", strcmp(source->path, "-") ? source->path : "standard input") : w.count;
}
