/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

#include "base/buf.h"
#include "base/limits.h"
#include "vuln/version.h"

#include <errno.h>
#include <unistd.h>

struct compare_options {
	const char *scheme;
};

static const struct sk_option options[] = {
	{ "scheme", 's', SK_OPT_STRING(struct compare_options, scheme), .argument = "SCHEME",
	  .otherwise = "it must be given",
	  .help = "The rules to compare by: a package URL type or an OSV ecosystem" },
	{ NULL },
};

/* Versions are short: a longer line on standard input is none, and is not kept. */
enum { MAX_LINE = 2 * SK_MAX_FIELD };

static int find_scheme(const char *name, const struct sk_scheme **ret_scheme, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf names = { 0 };

	for (const struct sk_scheme *const *s = sk_schemes; *s; s++)
		sk_buf_printf(&names, " %s", (*s)->name);
	if (!name)
		return sk_err_set(err, SK_EUSAGE, "--scheme is missing; there are:%s",
				  sk_buf_str(&names));
	*ret_scheme = sk_scheme_find(sk_span_str(name));
	if (!*ret_scheme)
		return sk_err_set(err, SK_EUSAGE, "there is no scheme '%s'; there are:%s", name,
				  sk_buf_str(&names));
	return 0;
}

static char answer(const struct sk_scheme *scheme, struct sk_span a, struct sk_span b)
{
	if (!scheme->valid(a) || !scheme->valid(b))
		return '?';

	int d = scheme->compare(a, b);

	return d < 0 ? '<' : d > 0 ? '>' : '=';
}

/* Pairs from standard input, as they come. */
struct batch {
	const struct sk_scheme *scheme;
	struct sk_buf in, out;
	bool too_long; /* the line that `in` begins with has lost its beginning */
};

static void batch_release(struct batch *b)
{
	sk_buf_release(&b->in);
	sk_buf_release(&b->out);
}

static void answer_line(struct batch *b, struct sk_span line)
{
	ptrdiff_t tab = sk_span_chr(line, '\t');
	char c = '?';

	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (tab >= 0 && !b->too_long)
		c = answer(b->scheme, sk_span_sub(line, 0, (size_t)tab),
			   sk_span_from(line, (size_t)tab + 1));
	b->too_long = false;
	sk_buf_putc(&b->out, c);
	sk_buf_putc(&b->out, '\n');
}

/* Answers the whole lines of `in` and keeps the rest of it. */
static void answer_lines(struct batch *b)
{
	struct sk_span rest = sk_buf_view(&b->in);
	ptrdiff_t end;

	while ((end = sk_span_chr(rest, '\n')) >= 0) {
		answer_line(b, sk_span_sub(rest, 0, (size_t)end));
		rest = sk_span_from(rest, (size_t)end + 1);
	}
	if (rest.len > MAX_LINE) {
		b->too_long = true;
		rest.len = 0;
	}
	if (rest.len)
		memmove(b->in.data, rest.ptr, rest.len);
	b->in.len = rest.len;
}

/* Answers as they come, so that another program may ask one question after the other. */
static int compare_input(const struct sk_scheme *scheme, struct sk_err *err)
{
	sk_cleanup(batch_release) struct batch b = { .scheme = scheme };
	ssize_t n;

	do {
		n = read(STDIN_FILENO, sk_buf_reserve(&b.in, MAX_LINE), MAX_LINE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sk_err_errno(err, "standard input");
		b.in.len += (size_t)n;
		answer_lines(&b);
		if (n == 0 && (b.in.len || b.too_long))
			answer_line(&b, sk_buf_view(&b.in));
		if (b.out.len && sk_output(NULL, sk_buf_view(&b.out), err) < 0)
			return -err->code;
		sk_buf_reset(&b.out);
	} while (n != 0);
	return SK_EXIT_CLEAN;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct compare_options *o = call->options;
	const struct sk_scheme *scheme;
	char line[2] = { 0, '\n' };
	int rc = find_scheme(o->scheme, &scheme, err);

	if (rc < 0)
		return rc;
	if (call->arg_count == 0)
		return compare_input(scheme, err);
	if (call->arg_count == 1)
		return sk_err_set(err, SK_EUSAGE,
				  "two versions are compared; the second is missing");
	line[0] = answer(scheme, sk_span_str(call->args[0]), sk_span_str(call->args[1]));
	return sk_output(NULL, sk_span(line, 2), err);
}

static const char *const text[] = {
	"Says how two versions stand to each other by the rules of their ecosystem: <, = or >; "
	"? where one of them is no version there.",
	"Without versions, pairs are read from standard input, one a line with a tab between the "
	"two, and each line gets one line of answer.",
	"Schemes are named as the types of package URLs are (deb, rpm, apk, npm, pypi, maven, "
	"golang, gem, composer, nuget, cargo, ...); the ecosystem names of OSV mean the same "
	"(Debian:12, PyPI, crates.io).",
	NULL,
};

static const struct sk_example examples[] = {
	{ "sekisho compare --scheme deb 1.0~rc1-1 1.0-1", "A tilde sorts before the end." },
	{ "sekisho compare --scheme pypi < pairs.tsv", "Many pairs at once." },
	{ NULL, NULL },
};

const struct sk_command sk_command_compare = {
	.name = "compare",
	.summary = "Compare two versions as their ecosystem does",
	.synopsis = "--scheme SCHEME [VERSION VERSION]",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct compare_options),
	.max_args = 2,
	.args_type = SK_OPTION_STRING,
	.run = run,
};
