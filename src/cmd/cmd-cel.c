/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "policy/facts-build.h"

#include <time.h>
#include <unistd.h>

struct cel_options {
	const char *input;
	bool check, bench, no_check;
	int64_t cost_limit;
};

static const struct sk_option options[] = {
	{ "input", 'i', SK_OPT_FILE(struct cel_options, input), .argument = "FILE", .otherwise = "there are no variables",
	  .help = "JSON or YAML whose members are the variables; \"-\" is standard input" },
	{ "check", 0, SK_OPT_FLAG(struct cel_options, check),
	  .help = "Print the type that the expression has, and do not evaluate it" },
	{ "no-check", 0, SK_OPT_FLAG(struct cel_options, no_check),
	  .help = "Evaluate without checking types first" },
	{ "bench", 0, SK_OPT_FLAG(struct cel_options, bench),
	  .help = "Print the nanoseconds that compiling and one evaluation take, as JSON" },
	{ "cost-limit", 0, SK_OPT_INT(struct cel_options, cost_limit), .argument = "N", .fallback = "10000000", .min = 1,
	  .max = INT64_MAX, .help = "End the evaluation when it has cost this much; Kubernetes allows 10000000" },
	{ NULL },
};

struct cel {
	const struct sk_call *call;
	const struct cel_options *options;
	struct sk_span text;
	struct sk_facts facts; /* the memory of the variables */
	struct sk_doc doc;
	struct sk_cel_env *env;
	struct sk_cel_eval *eval;
	struct sk_cel_issues issues;
	struct sk_cel_program *program;
	SK_VEC(struct sk_cel_value) slots;
	struct sk_cel_activation activation;
};

static void cel_release(struct cel *c)
{
	sk_cel_program_free(c->program);
	sk_cel_issues_release(&c->issues);
	sk_cel_eval_free(c->eval);
	sk_cel_env_free(c->env);
	sk_vec_release(&c->slots);
	sk_doc_release(&c->doc);
	sk_facts_release(&c->facts);
}

/* ---- variables ---- */

static int read_input(struct cel *c, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	const char *path = c->options->input;
	bool is_stdin = strcmp(path, "-") == 0;
	struct sk_span start;
	int r;

	r = is_stdin ? sk_fd_slurp(STDIN_FILENO, SK_MAX_FILE_BYTES, &text, err) :
		       sk_path_slurp(path, SK_MAX_FILE_BYTES, &text, err);
	if (r < 0)
		return r;
	start = sk_span_trim(sk_buf_view(&text));
	r = sk_doc_parse(&c->doc, start.len && (start.ptr[0] == '{' || start.ptr[0] == '[') ? SK_DOC_JSON : SK_DOC_YAML,
			 sk_buf_view(&text), 0, err);
	if (r < 0)
		return sk_err_wrap(err, "%s", is_stdin ? "standard input" : path);
	if (!sk_node_is(c->doc.root, SK_NODE_OBJECT))
		return sk_err_set(err, SK_EINVAL, "%s: the input must be an object; its members are the variables",
				  is_stdin ? "standard input" : path);
	return 0;
}

/* Members whose names mean something already (`type`, `int`) cannot be variables; that is said. */
static void declare(struct cel *c)
{
	struct sk_cel_issues issues = { 0 };

	sk_node_each(member, c->doc.root) {
		int slot = sk_cel_env_variable(c->env, member->key.ptr, "dyn", &issues);

		if (slot < 0)
			sk_say(c->call, "the member \"%s\" is no variable: the name means something in the language",
			       member->key.ptr);
		else
			*sk_vec_push(&c->slots) = sk_fact_node(&c->facts, member);
	}
	sk_cel_issues_release(&issues);
	c->activation = (struct sk_cel_activation){ .slots = c->slots.data, .count = (uint32_t)c->slots.len };
}

static int prepare(struct cel *c, struct sk_err *err)
{
	int r = c->options->input ? read_input(c, err) : 0;

	if (r < 0)
		return r;
	sk_facts_begin(&c->facts, SK_STAGE_BUILD, sk_time_now(), 0);
	c->env = sk_cel_env_new();
	c->eval = sk_cel_eval_new();
	for (size_t i = 0; sk_cel_libraries[i]; i++)
		if (sk_cel_env_library(c->env, sk_cel_libraries[i], &c->issues) < 0)
			return sk_err_set(err, SK_EINVAL, "%s", c->issues.first->text);
	declare(c);
	return 0;
}

/* ---- errors ---- */

/* Columns that are shown on each side of the place. */
enum { WINDOW = 60 };

/* What stands around byte `offset` in its line, and a caret below it. */
static void show_place(struct cel *c, size_t offset)
{
	sk_cleanup(sk_buf_release) struct sk_buf line = { 0 }, before = { 0 };
	size_t from = offset, to = offset;

	while (from > 0 && offset - from < WINDOW && c->text.ptr[from - 1] != '\n')
		from--;
	while (to < c->text.len && to - offset < WINDOW && c->text.ptr[to] != '\n')
		to++;
	while (from < offset && (c->text.ptr[from] & 0xc0) == 0x80)
		from++;
	while (to > offset && to < c->text.len && (c->text.ptr[to] & 0xc0) == 0x80)
		to--;
	sk_text_plain(&before, sk_span_sub(c->text, from, offset - from));
	sk_text_plain(&line, sk_span_sub(c->text, from, to - from));
	sk_complain(c->call, "  %s", sk_buf_str(&line));
	sk_complain(c->call, "  %*s^", (int)sk_text_width(sk_buf_view(&before)), "");
}

static void place_of(struct sk_span text, size_t offset, uint32_t *ret_line, uint32_t *ret_column)
{
	*ret_line = *ret_column = 1;
	for (size_t i = 0; i < offset && i < text.len; i++) {
		*ret_column += (text.ptr[i] & 0xc0) != 0x80;
		if (text.ptr[i] == '\n') {
			++*ret_line;
			*ret_column = 1;
		}
	}
}

static int compile(struct cel *c, struct sk_err *err)
{
	unsigned flags = c->options->no_check ? SK_CEL_NO_CHECK : 0;
	const struct sk_cel_issue *last = NULL;

	c->program = sk_cel_compile(c->env, c->text.ptr, c->text.len, flags, &c->issues);
	if (c->program)
		return 0;
	for (const struct sk_cel_issue *i = c->issues.first; i; i = i->next) {
		last = i;
		if (!i->next)
			break;
		sk_complain(c->call, "%u:%u: %s", i->line, i->column, i->text);
		show_place(c, i->offset);
	}
	sk_complain(c->call, "%u:%u: %s", last->line, last->column, last->text);
	show_place(c, last->offset);
	return sk_err_set(err, SK_EUSAGE, "the expression is wrong: %u error%s", c->issues.count, c->issues.count == 1 ? "" : "s");
}

static int evaluation_error(struct cel *c, const struct sk_cel_error *error, struct sk_err *err)
{
	uint32_t line, column;

	place_of(c->text, error->offset, &line, &column);
	if (error->code == SK_CEL_ELIMIT)
		return sk_err_set(err, SK_ELIMIT, "%s", error->text);
	show_place(c, error->offset);
	return sk_err_set(err, SK_EINVAL, "%u:%u: %s", line, column, error->text);
}

/* ---- evaluation ---- */

static struct sk_cel_value evaluate(struct cel *c)
{
	struct sk_cel_limits limits = { .cost = (uint64_t)c->options->cost_limit };

	sk_cel_eval_reset(c->eval, &limits);
	return sk_cel_run(c->program, c->eval, &c->activation);
}

static int show_result(struct cel *c, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_cel_value v = evaluate(c);
	size_t len = 0;
	char *text;

	if (v.kind == SK_CEL_ERROR)
		return evaluation_error(c, v.error, err);
	text = sk_cel_print(sk_cel_eval_arena(c->eval), v, true, &len);
	if (!text)
		return sk_err_set(err, SK_ELIMIT, "the result is too large to be shown");
	sk_buf_put(&out, text, len);
	sk_buf_putc(&out, '\n');
	return sk_output(NULL, sk_buf_view(&out), err);
}

/* ---- how long it takes ---- */

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void compile_once(struct cel *c)
{
	struct sk_cel_issues issues = { 0 };

	sk_cel_program_free(sk_cel_compile(c->env, c->text.ptr, c->text.len, c->options->no_check ? SK_CEL_NO_CHECK : 0, &issues));
	sk_cel_issues_release(&issues);
}

static void evaluate_once(struct cel *c)
{
	(void)evaluate(c);
}

/* Nanoseconds of one call: the best of several rounds of some milliseconds, so that other work counts least. */
static double time_of(struct cel *c, void (*once)(struct cel *))
{
	double best = 1e18, from, each;
	long rounds = 1;

	for (;; rounds *= 2) {
		from = now_ns();
		for (long i = 0; i < rounds; i++)
			once(c);
		if (now_ns() - from > 5e6 || rounds > 1L << 24)
			break;
	}
	for (int round = 0; round < 20; round++) {
		from = now_ns();
		for (long i = 0; i < rounds; i++)
			once(c);
		each = (now_ns() - from) / (double)rounds;
		best = each < best ? each : best;
	}
	return best;
}

static int bench(struct cel *c, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	double compile_ns = time_of(c, compile_once), evaluate_ns = time_of(c, evaluate_once);

	sk_buf_printf(&out, "{\"compileNs\":%.1f,\"evaluateNs\":%.1f}\n", compile_ns, evaluate_ns);
	return sk_output(NULL, sk_buf_view(&out), err);
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	sk_cleanup(cel_release) struct cel c = { .call = call, .options = call->options,
						 .text = sk_span_str(call->args[0]) };
	struct sk_cel_value v;
	int r = prepare(&c, err);

	if (r == 0)
		r = compile(&c, err);
	if (r < 0)
		return r;
	if (c.options->check) {
		sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

		sk_buf_printf(&out, "%s\n", sk_cel_program_type(c.program));
		return sk_output(NULL, sk_buf_view(&out), err);
	}
	if (!c.options->bench)
		return show_result(&c, err);
	v = evaluate(&c);
	return v.kind == SK_CEL_ERROR ? evaluation_error(&c, v.error, err) : bench(&c, err);
}

static const char *const text[] = {
	"Evaluates an expression of the Common Expression Language and prints the result as JSON. All libraries are there: "
	"the standard one, cel-go's extensions, and those that Kubernetes adds.",
	"The members of --input are the variables. What is wrong with an expression is shown with its line and column and a "
	"caret below; the exit code is then 2. An evaluation that fails (a missing key, an overflow, a limit) exits with 3.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "cel '1 + 2 * 3'", "7" },
	{ "cel 'object.spec.containers.all(c, c.image.startsWith(\"registry.example.com/\"))' --input pod.json",
	  "Ask something of a document: {\"object\": {...}}" },
	{ "cel '[1, 2].map(x, x * 2)' --check", "list<int>" },
	{ NULL, NULL },
};

const struct sk_command sk_command_cel = {
	.name = "cel",
	.summary = "Evaluate an expression of the policy language",
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
