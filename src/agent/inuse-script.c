/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/inuse-internal.h"

#include "base/limits.h"
#include "guard/process.h"

/*
 * Which argument is the script: the first that is no option; options that take the next argument as
 * their value, and those behind which there is no script. A java -jar names its archive as an option's value.
 */
static const struct interpreter {
	const char *name;	    /* a version may follow: "python3.11" */
	const char *with_value;	    /* letters */
	const char *without_script; /* letters */
	const char *names_script;   /* an option whose value it is */
} interpreters[] = {
	{ "bash", "oO", "c", NULL },	{ "dash", "o", "c", NULL },
	{ "ash", "o", "c", NULL },	{ "ksh", "o", "c", NULL },
	{ "zsh", "o", "c", NULL },	{ "sh", "o", "c", NULL },
	{ "python", "WX", "cm", NULL }, { "perl", "I", "eE", NULL },
	{ "ruby", "IrCE", "e", NULL },	{ "nodejs", "rC", "ep", NULL },
	{ "node", "rC", "ep", NULL },	{ "php", "cdz", "rBRE", "-f" },
	{ "lua", "l", "e", NULL },	{ "java", "", "", "-jar" },
};

static bool is_version(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789.-", s.ptr[i]))
			return false;
	return true;
}

static const struct interpreter *interpreter_of(struct sk_span program)
{
	struct sk_span name = sk_span_basename(program);

	for (size_t i = 0; i < SK_COUNT(interpreters); i++)
		if (sk_span_starts(name, interpreters[i].name) &&
		    is_version(sk_span_from(name, strlen(interpreters[i].name))))
			return &interpreters[i];
	return NULL;
}

static bool next_arg(struct sk_span *args, struct sk_span *ret)
{
	ptrdiff_t end = sk_span_chr(*args, '\0');

	if (!args->len)
		return false;
	*ret = end < 0 ? *args : sk_span_sub(*args, 0, (size_t)end);
	*args = sk_span_from(*args, end < 0 ? args->len : (size_t)end + 1);
	return true;
}

/* The argument that names the script; false: none. */
static bool find_script(const struct interpreter *in, struct sk_span args, struct sk_span *ret)
{
	while (next_arg(&args, ret)) {
		char last;

		if (in->names_script && sk_span_is(*ret, in->names_script))
			return next_arg(&args, ret);
		if (sk_span_is(*ret, "--"))
			return !in->names_script && next_arg(&args, ret);
		if (!sk_span_starts(*ret, "-") && !sk_span_starts(*ret, "+"))
			return !in->names_script || strcmp(in->name, "php") == 0;
		if (ret->len < 2 || sk_span_starts(*ret, "--"))
			continue;
		last = ret->ptr[ret->len - 1];
		if (strchr(in->without_script, last))
			return false;
		if (ret->len == 2 && strchr(in->with_value, last) && !next_arg(&args, ret))
			return false;
	}
	return false;
}

/* Appends the parts of path; "." and ".." are worked out as they are written. */
static void add_parts(struct sk_buf *buf, struct sk_span path)
{
	struct sk_span part;

	while (sk_span_split(&path, '/', &part)) {
		if (!part.len || sk_span_is(part, "."))
			continue;
		if (sk_span_is(part, "..")) {
			buf->len = sk_span_dirname(sk_buf_view(buf)).len;
			continue;
		}
		sk_buf_putc(buf, '/');
		sk_buf_span(buf, part);
	}
}

bool sk_inuse_script(const struct sk_process *process, struct sk_buf *buf)
{
	const struct interpreter *in = interpreter_of(process->exepath);
	struct sk_span script;

	/* One program that is many (busybox) is known by what it was called. */
	if (!in)
		in = interpreter_of(process->exe);
	if (!in || !find_script(in, process->args, &script) || !script.len ||
	    script.len > SK_MAX_PATH)
		return false;
	sk_buf_reset(buf);
	if (!sk_span_starts(script, "/")) {
		if (!process->cwd.len)
			return false;
		add_parts(buf, process->cwd);
	}
	add_parts(buf, script);
	return buf->len > 1;
}
