/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho policy replay: what a change of policies would have decided. */
#include "base/text.h"
#include "cmd/policy.h"

#include <dirent.h>
#include <sys/stat.h>

struct replay_options {
	struct sk_option_list results; /* files and folders */
	struct sk_option_list against;
	struct sk_policy_choices policies;
	int stage, format;
};

static const struct sk_option options[] = {
	{ "results", 0, SK_OPT_LIST(struct replay_options, results), .argument = "FILE_OR_DIR",
	  .help = "JSON reports of scans, Kubernetes objects, recorded AdmissionReviews; of a folder all files that "
		  "end in .json, .yaml or .yml; several times" },
	{ "against", 0, SK_OPT_LIST(struct replay_options, against), .argument = "POLICY",
	  .help = "The policies of today, to compare with; several times" },
	SK_POLICY_OPTIONS(struct replay_options, policies),
	{ "stage", 0, SK_OPT_ENUM(struct replay_options, stage, sk_choice_stage), .argument = "STAGE",
	  .help = "Where it is asked", .otherwise = "admit for objects and requests, build for reports" },
	{ "format", 'f', SK_OPT_ENUM(struct replay_options, format, sk_choice_text_or_json), .argument = "FORMAT",
	  .fallback = "text", .help = "How it is written" },
	{ NULL },
};

struct replayed {
	const char *subject, *file;
	struct sk_decision before, after;
};

struct replay {
	const struct replay_options *options;
	struct sk_policy_set today, candidate;
	struct sk_cel_eval *eval;
	const char *file;
	struct sk_arena *arena;
	SK_VEC(struct replayed) list;
	size_t unread;
};

static void replay_release(struct replay *r)
{
	for (size_t i = 0; i < r->list.len; i++) {
		sk_decision_release(&r->list.data[i].before);
		sk_decision_release(&r->list.data[i].after);
	}
	sk_vec_release(&r->list);
	sk_policy_set_release(&r->today);
	sk_policy_set_release(&r->candidate);
	sk_cel_eval_free(r->eval);
}

/* ---- subjects ---- */

static void decide(void *context, struct sk_facts *facts)
{
	struct replay *r = context;
	struct replayed *one = sk_vec_push(&r->list);

	one->file = r->file;
	one->subject = sk_arena_str(r->arena, facts->subject ? facts->subject : "?");
	sk_policy_decide(&r->candidate, facts, r->eval, &one->after);
	if (r->today.policies.len)
		sk_policy_decide(&r->today, facts, r->eval, &one->before);
}

static void replay_file(struct replay *r, const struct sk_call *call, const char *path)
{
	struct sk_subject_source source = { .path = path, .stage = r->options->stage };
	struct sk_err err = SK_ERR_INIT;

	r->file = sk_arena_str(r->arena, path);
	if (sk_each_subject(&source, decide, r, &err) >= 0)
		return;
	r->unread++;
	sk_complain(call, "%s", err.text);
}

static int is_result(const struct dirent *entry)
{
	struct sk_span name = sk_span_str(entry->d_name);

	return name.ptr[0] != '.' &&
	       (sk_span_ends(name, ".json") || sk_span_ends(name, ".yaml") || sk_span_ends(name, ".yml"));
}

static int replay_path(struct replay *r, const struct sk_call *call, const char *path, struct sk_err *err)
{
	struct dirent **entries = NULL;
	struct stat st;
	int count;

	if (stat(path, &st) < 0)
		return sk_err_errno(err, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		replay_file(r, call, path);
		return 0;
	}
	count = scandir(path, &entries, is_result, alphasort);
	if (count < 0)
		return sk_err_errno(err, "%s", path);
	for (int i = 0; i < count; i++) {
		sk_autofree char *file = sk_printf("%s/%s", path, entries[i]->d_name);

		replay_file(r, call, file);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

/* ---- differences ---- */

static bool same_reason(const struct sk_reason *a, const struct sk_reason *b)
{
	return strcmp(a->policy, b->policy) == 0 && strcmp(a->rule, b->rule) == 0 && a->verdict == b->verdict &&
	       a->action == b->action && strcmp(a->message, b->message) == 0 &&
	       strcmp(a->subject ? a->subject : "", b->subject ? b->subject : "") == 0;
}

static bool has_reason(const struct sk_decision *d, const struct sk_reason *wanted)
{
	for (size_t i = 0; i < d->reasons.len; i++)
		if (same_reason(&d->reasons.data[i], wanted))
			return true;
	return false;
}

static size_t count_new(const struct sk_decision *of, const struct sk_decision *than)
{
	size_t n = 0;

	for (size_t i = 0; i < of->reasons.len; i++)
		n += !has_reason(than, &of->reasons.data[i]);
	return n;
}

static bool changes(const struct replayed *one)
{
	return one->before.effect != one->after.effect || count_new(&one->after, &one->before) ||
	       count_new(&one->before, &one->after);
}

/* ---- text ---- */

static void reason_lines(const struct sk_decision *of, const struct sk_decision *than, char sign, struct sk_buf *out)
{
	for (size_t i = 0; i < of->reasons.len; i++) {
		const struct sk_reason *r = &of->reasons.data[i];

		if (has_reason(than, r))
			continue;
		sk_buf_printf(out, "    %c %s ", sign, r->verdict == SK_VERDICT_UNKNOWN ? "unknown" : sk_rule_action_name(r->action));
		sk_text_plain(out, sk_span_str(r->policy));
		sk_buf_putc(out, '/');
		sk_text_plain(out, sk_span_str(r->rule));
		sk_buf_puts(out, ": ");
		sk_text_plain(out, sk_span_str(r->message));
		sk_buf_putc(out, '\n');
	}
}

static void write_text(const struct replay *r, struct sk_buf *out)
{
	size_t counts[4] = { 0 }, changed = 0;
	bool compares = r->today.policies.len;

	for (size_t i = 0; i < r->list.len; i++) {
		const struct replayed *one = &r->list.data[i];

		counts[one->after.effect]++;
		if (compares && !changes(one))
			continue;
		changed += compares;
		sk_text_plain(out, sk_span_str(one->subject));
		sk_buf_puts(out, " (");
		sk_text_plain(out, sk_span_str(one->file));
		sk_buf_puts(out, "): ");
		if (compares && one->before.effect != one->after.effect)
			sk_buf_printf(out, "%s -> ", sk_effect_name(one->before.effect));
		sk_buf_printf(out, "%s\n", sk_effect_name(one->after.effect));
		if (compares)
			reason_lines(&one->before, &one->after, '-', out);
		reason_lines(&one->after, &one->before, '+', out);
	}
	sk_buf_printf(out, "%zu subjects: %zu allow, %zu warn, %zu unknown, %zu deny", r->list.len,
		      counts[SK_EFFECT_ALLOW], counts[SK_EFFECT_WARN], counts[SK_EFFECT_UNKNOWN], counts[SK_EFFECT_DENY]);
	if (compares)
		sk_buf_printf(out, "; %zu change", changed);
	sk_buf_putc(out, '\n');
}

/* ---- JSON ---- */

static void decision_json(struct sk_json_writer *w, const char *key, const struct sk_decision *d)
{
	sk_json_key(w, key);
	sk_json_object(w);
	sk_decision_json(d, w);
	sk_json_end(w);
}

static void write_json(const struct replay *r, struct sk_buf *out)
{
	struct sk_json_writer w = { .buf = out, .indent = 2 };
	bool compares = r->today.policies.len;

	sk_json_object(&w);
	sk_json_key(&w, "subjects");
	sk_json_array(&w);
	for (size_t i = 0; i < r->list.len; i++) {
		const struct replayed *one = &r->list.data[i];

		sk_json_object(&w);
		sk_json_put_str(&w, "subject", one->subject);
		sk_json_put_str(&w, "file", one->file);
		if (compares) {
			sk_json_put_bool(&w, "changes", changes(one));
			decision_json(&w, "before", &one->before);
		}
		decision_json(&w, "after", &one->after);
		sk_json_end(&w);
	}
	sk_json_end(&w);
	sk_json_end(&w);
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct replay_options *o = call->options;
	sk_cleanup(replay_release) struct replay r = { .options = o, .arena = call->arena };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	int result;

	if (!o->results.count)
		return sk_err_set(err, SK_EUSAGE, "--results is missing: what shall be decided again?");
	result = sk_load_policies((const char *const *)call->args, call->arg_count, &o->policies, &r.candidate, err);
	if (result == 0 && o->against.count) {
		struct sk_policy_choices none = { 0 };

		result = sk_load_policies(o->against.items, o->against.count, &none, &r.today, err);
	}
	r.eval = sk_cel_eval_new();
	for (size_t i = 0; i < o->results.count && result == 0; i++)
		result = replay_path(&r, call, o->results.items[i], err);
	if (result < 0)
		return result;
	if (o->format == 1)
		write_json(&r, &out);
	else
		write_text(&r, &out);
	result = sk_output(NULL, sk_buf_view(&out), err);
	return result < 0 ? result : r.unread ? SK_EXIT_UNFINISHED : SK_EXIT_CLEAN;
}

static const char *const text[] = {
	"Decides stored reports and recorded requests again by POLICY. With --against, only what would change is shown: "
	"decisions, and reasons that come (+) or go (-).",
	"Exit codes: 0 done, whatever came out; 2 wrong usage, 3 a file could not be read.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "sekisho policy replay new/ --against rules/policies/baseline --results reports/", "What would the new bundle change?" },
	{ NULL },
};

const struct sk_command sk_policy_replay = {
	.name = "replay",
	.summary = "Decide stored results again, and show what would change",
	.synopsis = "[options] POLICY... --results FILE_OR_DIR",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct replay_options),
	.min_args = 1,
	.max_args = 1000,
	.args_type = SK_OPTION_FILE,
	.run = run,
};
