/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/text.h"
#include "doc/json-write.h"
#include "policy/doc-value.h"

#include <math.h>
#include <time.h>
#include <unistd.h>

struct cel_options {
	const char *input;
	int format;
	bool check, bench;
	int64_t cost_limit, timeout;
};

enum { FORMAT_JSON, FORMAT_CEL };

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "json", "cel" };
	static const char *const summaries[] = { "times as text, bytes as base64",
						 "a literal of the language" };

	*ret_summary = i < SK_COUNT(summaries) ? summaries[i] : NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

static const struct sk_option options[] = {
	{ "input", 'i', SK_OPT_FILE(struct cel_options, input), .argument = "FILE",
	  .help = "JSON or YAML whose top-level members are the variables; - is standard input",
	  .otherwise = "there are no variables" },
	{ "check", 0, SK_OPT_FLAG(struct cel_options, check),
	  .help = "Print the expression's type and evaluate nothing" },
	{ "bench", 0, SK_OPT_FLAG(struct cel_options, bench),
	  .help = "Print as JSON how many nanoseconds it takes to compile the expression and to "
		  "evaluate it, with the cost limit and without" },
	{ "format", 'f', SK_OPT_ENUM(struct cel_options, format, choice_format),
	  .argument = "FORMAT", .fallback = "json", .help = "How the result is written" },
	{ "cost-limit", 0, SK_OPT_INT(struct cel_options, cost_limit), .argument = "N", .min = 1,
	  .max = INT64_MAX, .fallback = "10000000",
	  .help = "What the evaluation may cost: one for each step, more for work that grows with "
		  "its input" },
	{ "timeout", 0, SK_OPT_DURATION(struct cel_options, timeout), .argument = "DURATION",
	  .fallback = "10s", .help = "How long the evaluation may take" },
	{ NULL },
};

/* One expression with all that it needs. */
struct session {
	struct sk_span text;
	struct sk_cel_env *env; /* with all libraries */
	struct sk_cel_program *program;
	struct sk_cel_eval *eval;
	struct sk_cel_issues issues;
	struct sk_cel_arena facts;
	struct sk_cel_activation input;
	struct sk_cel_limits limits;
};

static void session_release(struct session *s)
{
	sk_cel_program_free(s->program);
	sk_cel_eval_free(s->eval);
	sk_cel_env_free(s->env);
	sk_cel_issues_release(&s->issues);
	sk_cel_arena_release(&s->facts);
}

/* ---- variables ---- */

static int read_input(const char *path, struct sk_buf *text, struct sk_err *err)
{
	if (strcmp(path, "-") == 0)
		return sk_fd_slurp(STDIN_FILENO, SK_MAX_FILE_BYTES, text, err);
	return sk_path_slurp(path, SK_MAX_FILE_BYTES, text, err);
}

/* What begins as JSON and is none may still be YAML, unless its name says that it is not. */
static int parse_input(const char *path, struct sk_span text, struct sk_doc *doc,
		       struct sk_err *err)
{
	struct sk_span start = sk_span_trim(text);
	int r = 0;

	if (start.len && start.ptr[0] == '{') {
		r = sk_doc_parse(doc, SK_DOC_JSON, text, 0, err);
		if (r == 0 || r != -SK_EINVAL || sk_span_ends(sk_span_str(path), ".json"))
			return r;
	}
	return sk_doc_parse(doc, SK_DOC_YAML, text, SK_DOC_STRICT_KEYS, err);
}

static int declare(struct session *s, const char *name, const char *type, struct sk_err *err)
{
	if (sk_cel_env_variable(s->env, name, type, &s->issues) < 0)
		return sk_err_set(err, SK_EINVAL, "%s", s->issues.first->text);
	return 0;
}

/*
 * The members, and Kubernetes' authorizer where none of them has its name: who
 * asks it hears what is missing here.
 */
static int declare_members(struct session *s, const struct sk_cel_map *members,
			   struct sk_arena *arena, struct sk_err *err)
{
	uint32_t count = members ? sk_cel_map_count(members) : 0, used = 0;
	struct sk_cel_value *slots = sk_arena_alloc(arena, (count + 1) * sizeof(*slots));
	bool authorizer = false;
	int r = 0;

	for (; used < count && r == 0; used++) {
		struct sk_cel_value key = sk_cel_map_key(members, used);
		const char *name = sk_arena_dup(arena, sk_span(key.str, key.len));

		authorizer = authorizer || strcmp(name, "authorizer") == 0;
		slots[used] = sk_cel_map_value(members, used);
		r = declare(s, name, "dyn", err);
	}
	if (r == 0 && !authorizer) {
		slots[used++] = (struct sk_cel_value){ .kind = SK_CEL_OPAQUE,
						       .opaque = &sk_cel_authorizer };
		r = declare(s, "authorizer", "kubernetes.authorization.Authorizer", err);
	}
	s->input = (struct sk_cel_activation){ .slots = slots, .count = used };
	return r;
}

static int read_variables(struct session *s, const char *path, struct sk_arena *arena,
			 struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_cel_value root = { 0 };
	int r = read_input(path, &text, err);

	if (r == 0)
		r = parse_input(path, sk_buf_view(&text), &doc, err);
	if (r == 0)
		r = sk_doc_value(doc.root, &s->facts, &root, err);
	if (r == 0 && root.kind == SK_CEL_MAP)
		r = declare_members(s, root.map, arena, err);
	else if (r == 0)
		r = sk_err_set(err, SK_EINVAL,
			       "variables are the members of an object, and this is none");
	return r < 0 ? sk_err_wrap(err, "%s", strcmp(path, "-") == 0 ? "standard input" : path) : 0;
}

/* ---- what is wrong with an expression, and where ---- */

enum { EXCERPT = 60 }; /* bytes to the left and right of the place */

/* One line of somebody's text, made safe; tabs are blanks. */
static void put_excerpt(struct sk_buf *out, struct sk_span text)
{
	sk_cleanup(sk_buf_release) struct sk_buf blanks = { 0 };

	sk_buf_span(&blanks, text);
	for (size_t i = 0; i < blanks.len; i++)
		if (blanks.data[i] == '\t')
			blanks.data[i] = ' ';
	sk_text_plain(out, sk_buf_view(&blanks));
}

/* The line of that byte, and below it a caret. */
static void show_place(struct sk_span text, size_t offset)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	size_t start = offset, end = offset;

	while (start > 0 && text.ptr[start - 1] != '\n' && offset - start < EXCERPT)
		start--;
	while (end < text.len && text.ptr[end] != '\n' && end - offset < EXCERPT)
		end++;
	while (start < offset && (text.ptr[start] & 0xc0) == 0x80) /* not within a character */
		start++;
	while (end < text.len && (text.ptr[end] & 0xc0) == 0x80)
		end++;
	sk_buf_puts(&out, "  ");
	put_excerpt(&out, sk_span_sub(text, start, offset - start));

	size_t column = sk_text_width(sk_buf_view(&out));

	put_excerpt(&out, sk_span_sub(text, offset, end - offset));
	sk_buf_printf(&out, "\n%*s^\n", (int)column, "");
	sk_write_full(STDERR_FILENO, out.data, out.len);
}

static void show_issues(const struct sk_call *call, const struct session *s)
{
	for (const struct sk_cel_issue *i = s->issues.first; i; i = i->next) {
		sk_complain(call, "%u:%u: %s", i->line, i->column, i->text);
		show_place(s->text, i->offset);
	}
}

static void show_error(const struct sk_call *call, const struct session *s,
		       const struct sk_cel_error *error)
{
	size_t offset = error->offset < s->text.len ? error->offset : s->text.len;
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < offset; i++) {
		column += (s->text.ptr[i] & 0xc0) != 0x80;
		if (s->text.ptr[i] == '\n') {
			line++;
			column = 1;
		}
	}
	sk_complain(call, "%u:%u: %s", line, column, error->text);
	show_place(s->text, offset);
}

/* ---- measuring ---- */

/*
 * Many short rounds, the best counts: others share the machine, and between
 * their turns one fits.
 */
enum { ROUNDS = 60 };
#define ROUND_NS 2000000.0

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void compile(struct session *s)
{
	struct sk_cel_program *old = s->program;

	s->program = sk_cel_compile(s->env, s->text.ptr, s->text.len, 0, &s->issues);
	sk_cel_program_free(old);
}

static struct sk_cel_value evaluate(struct session *s)
{
	sk_cel_eval_reset(s->eval, &s->limits);
	return sk_cel_run(s->program, s->eval, &s->input);
}

static void evaluate_again(struct session *s)
{
	evaluate(s);
}

/* The least time of one call. */
static double measure(void (*call)(struct session *), struct session *s)
{
	double least = 1e18;
	size_t count = 1;

	for (int round = 0; round < ROUNDS;) {
		int64_t start = now_ns();
		double took;

		for (size_t i = 0; i < count; i++)
			call(s);
		took = (double)(now_ns() - start);
		if (round == 0 && took < ROUND_NS / 2) {
			count *= 2;
			continue;
		}
		least = took / (double)count < least ? took / (double)count : least;
		round++;
	}
	return least;
}

static void put_time(struct sk_json_writer *w, const char *key, double ns)
{
	sk_json_key(w, key);
	sk_json_double(w, round(ns * 10) / 10);
}

static int bench(struct session *s, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_json_writer w = { .buf = &out };
	uint64_t cost = sk_cel_eval_cost(s->eval);

	s->limits.deadline = 0;
	sk_json_object(&w);
	put_time(&w, "compileNs", measure(compile, s));
	put_time(&w, "evaluateNs", measure(evaluate_again, s));
	s->limits.cost = 0;
	put_time(&w, "evaluateUnlimitedNs", measure(evaluate_again, s));
	sk_json_put_int(&w, "cost", (int64_t)cost);
	sk_json_end(&w);
	sk_buf_putc(&out, '\n');
	return sk_output(NULL, sk_buf_view(&out), err);
}

/* ---- the command ---- */

static int print_result(struct session *s, struct sk_cel_value v, int format, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_cel_arena arena = { .limit = SK_MAX_FILE_BYTES };
	size_t len;
	const char *text = sk_cel_print(&arena, v, format == FORMAT_JSON, &len);

	if (text)
		sk_buf_put(&out, text, len);
	sk_cel_arena_release(&arena);
	if (!text)
		return sk_err_set(err, SK_ELIMIT, "the result is too large to be printed");
	sk_buf_putc(&out, '\n');
	return sk_output(NULL, sk_buf_view(&out), err);
}

static int print_type(const struct session *s, struct sk_err *err)
{
	sk_autofree char *line = sk_printf("%s\n", sk_cel_program_type(s->program));

	return sk_output(NULL, sk_span_str(line), err);
}

static int run_session(const struct sk_call *call, struct session *s, struct sk_err *err)
{
	const struct cel_options *o = call->options;
	struct sk_cel_value v;
	int r = 0;

	for (size_t i = 0; sk_cel_libraries[i]; i++)
		if (sk_cel_env_library(s->env, sk_cel_libraries[i], &s->issues) < 0)
			return sk_err_set(err, SK_EINVAL, "%s", s->issues.first->text);
	r = o->input ? read_variables(s, o->input, call->arena, err) :
		       declare_members(s, NULL, call->arena, err);
	if (r < 0)
		return r;
	compile(s);
	if (!s->program) {
		show_issues(call, s);
		return SK_EXIT_USAGE;
	}
	if (o->check)
		return print_type(s, err);
	s->limits.cost = (uint64_t)o->cost_limit;
	s->limits.deadline = now_ns() + o->timeout * 1000000000;
	v = evaluate(s);
	if (v.kind == SK_CEL_ERROR) {
		show_error(call, s, v.error);
		return SK_EXIT_UNFINISHED;
	}
	return o->bench ? bench(s, err) : print_result(s, v, o->format, err);
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(session_release) struct session s = {
		.text = sk_span_str(call->args[0]),
		.env = sk_cel_env_new(),
		.eval = sk_cel_eval_new(),
	};

	return run_session(call, &s, err);
}

static const char *const text[] = {
	"Evaluates an expression of the Common Expression Language, in which policies are written "
	"(github.com/google/cel-spec), with all libraries that policies have.",
	"The members of the input are the expression's variables, of type dyn: what their fields "
	"are "
	"is seen while evaluating. The result is printed as JSON.",
	"An expression that cannot be compiled gives exit code 2 and the line and column of each "
	"mistake; an error while evaluating gives 3.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "cel '[1, 2, 3].filter(i, i % 2 == 1)'", "An expression without variables." },
	{ "cel 'spec.containers.all(c, c.image.startsWith(\"registry.example.com/\"))' "
	  "--input pod.yaml",
	  "A question about a Kubernetes object." },
	{ "cel 'size(spec.containers) > 0 ? \"pod\" : null' --input pod.yaml --check",
	  "The type, without evaluating." },
	{ NULL },
};

const struct sk_command sk_command_cel = {
	.name = "cel",
	.summary = "Evaluate a CEL expression",
	.synopsis = "[options] EXPRESSION",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct cel_options),
	.min_args = 1,
	.max_args = 1,
	.args_type = SK_OPTION_STRING,
	.run = run,
};
