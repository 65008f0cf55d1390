/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions as cel-go's ext.Regex has them: replace, extract, extractAll. */
#include "policy/cel/regex-function.h"

#include <string.h>

/* ---- regex.replace ---- */

struct output {
	struct sk_cel_eval *eval;
	char *bytes;
	size_t len, room;
	bool full;
};

static void put(struct output *out, const char *bytes, size_t len)
{
	size_t room = out->room ? out->room : 64;
	char *grown;

	while (room < out->len + len)
		room *= 2;
	if (room != out->room && !out->full) {
		grown = room <= UINT32_MAX ? sk_cel_eval_alloc(out->eval, room) : NULL;
		out->full = !grown;
		if (grown && out->len > 0)
			memcpy(grown, out->bytes, out->len);
		out->bytes = grown;
		out->room = room;
	}
	if (out->full || len == 0)
		return;
	memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

/* What follows a backslash in the replacement: a group's digit, or another backslash. */
static bool put_escape(struct output *out, struct sk_cel_regex_call *call, char c)
{
	unsigned groups = sk_cel_regex_groups(call->regex), number = (unsigned)(c - '0');
	struct sk_cel_value group;

	if (c == '\\') {
		put(out, "\\", 1);
		return true;
	}
	if (c < '0' || c > '9') {
		call->error =
			sk_cel_fail(call->eval, SK_CEL_EVALUE,
				    "invalid replacement: \\ must be followed by a digit or \\");
		return false;
	}
	if (number > groups) {
		call->error =
			sk_cel_fail(call->eval, SK_CEL_EVALUE,
				    "invalid replacement: \\%u, but the pattern has %u group%s",
				    number, groups, groups == 1 ? "" : "s");
		return false;
	}
	group = sk_cel_regex_call_group(call, number);
	if (group.kind != SK_CEL_ABSENT)
		put(out, group.str, group.len);
	return true;
}

static bool put_replacement(struct output *out, struct sk_cel_regex_call *call,
			    struct sk_cel_value replacement)
{
	const char *next = replacement.str, *end = next + replacement.len, *slash;

	for (; next < end; next = slash + 2) {
		slash = memchr(next, '\\', (size_t)(end - next));
		put(out, next, (size_t)((slash ? slash : end) - next));
		if (!slash)
			return true;
		/* The end of the text is as wrong as a letter. */
		if (!put_escape(out, call, slash + 1 < end ? slash[1] : '\0'))
			return false;
	}
	return true;
}

static struct sk_cel_value replace_some(struct sk_cel_eval *eval, const struct sk_cel_value *args,
					int64_t count)
{
	struct output out = { .eval = eval };
	struct sk_cel_value result = args[0];
	struct sk_cel_regex_call call;
	size_t done = 0;

	if (!sk_cel_regex_call(&call, eval, args[0], args[1]))
		return call.error;
	for (uint64_t left = (uint64_t)count; left && sk_cel_regex_call_next(&call);
	     left--) { /* below zero: all */
		put(&out, args[0].str + done, (size_t)call.groups[0] - done);
		if (!put_replacement(&out, &call, args[2]))
			break;
		done = (size_t)call.groups[1];
	}
	if (call.error.kind != SK_CEL_ABSENT)
		return call.error;
	put(&out, args[0].str + done, args[0].len - done);
	if (out.full)
		return sk_cel_full(eval);
	result.flags &= args[2].flags; /* ASCII, if both are */
	result.str = out.bytes;
	result.len = (uint32_t)out.len;
	return result;
}

static struct sk_cel_value replace(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	int64_t times = count > 3 ? args[3].i : -1;

	if (times == 0)
		return args[0];
	if (times > INT32_MAX)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "integer overflow");
	return replace_some(eval, args, times);
}

/* ---- regex.extract, regex.extractAll ---- */

/* With a group, it is what is extracted; more than one is an error. */
static bool begin_extract(struct sk_cel_regex_call *call, struct sk_cel_eval *eval,
			  const struct sk_cel_value *args)
{
	if (!sk_cel_regex_call(call, eval, args[0], args[1]))
		return false;
	if (sk_cel_regex_groups(call->regex) <= 1)
		return true;
	call->error = sk_cel_fail(eval, SK_CEL_EVALUE,
				  "the regular expression has more than one capturing group");
	return false;
}

static struct sk_cel_value extract(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	struct sk_cel_regex_call call;
	struct sk_cel_value part;
	unsigned group;

	if (!begin_extract(&call, eval, args))
		return call.error;
	if (!sk_cel_regex_call_next(&call))
		return call.error.kind == SK_CEL_ABSENT ? sk_cel_none() : call.error;
	group = sk_cel_regex_groups(call.regex);
	part = sk_cel_regex_call_group(&call, group);
	if (group > 0 && (part.kind == SK_CEL_ABSENT || part.len == 0))
		return sk_cel_none();
	return sk_cel_new_optional(eval, part);
}

static struct sk_cel_value extract_all(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				       unsigned count)
{
	struct sk_cel_regex_call call;

	if (!begin_extract(&call, eval, args))
		return call.error;
	if (sk_cel_regex_groups(call.regex) > 0)
		return sk_cel_regex_call_list_group(&call);
	return sk_cel_regex_call_list(&call, -1);
}

static const struct sk_cel_overload overloads[] = {
	{ "regex.replace", "(string, string, string) -> string", replace,
	  .cost = SK_CEL_COST_PAIR },
	{ "regex.replace", "(string, string, string, int) -> string", replace,
	  .cost = SK_CEL_COST_PAIR },
	{ "regex.extract", "(string, string) -> optional<string>", extract,
	  .cost = SK_CEL_COST_PAIR },
	{ "regex.extractAll", "(string, string) -> list<string>", extract_all,
	  .cost = SK_CEL_COST_PAIR },
	{ NULL },
};

const struct sk_cel_library sk_cel_library_regex = {
	.name = "regex",
	.doc = "regex.replace, regex.extract and regex.extractAll, as in cel-go's ext.Regex.",
	.overloads = overloads,
};
