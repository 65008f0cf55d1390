/* SPDX-License-Identifier: Apache-2.0 */
/* Transformers: tolower(proc.name), len(proc.args), join(":", (a, b)) ... one row each. */
#include "base/buf.h"
#include "base/limits.h"
#include "guard/graph-internal.h"

#include <ctype.h>

struct sk_transform {
	const char *name;
	const char *shape;  /* its operands: 'v' one value, 'l' a list in parentheses, "v*" any number of values */
	bool takes_bytes;
	bool prints;	    /* numbers are texts to it */
	enum sk_field_type result;
	bool keeps_type;   /* the result is what the operand is */
	bool (*apply)(const struct sk_field_value *operands, uint32_t count, const struct sk_field_arg *arg,
		      struct sk_scratch *scratch, struct sk_field_value *ret_value);
};

static bool mapped(int (*map)(int), struct sk_span in, struct sk_scratch *scratch, struct sk_field_value *ret)
{
	char *out = sk_scratch_alloc(scratch, in.len);

	if (!out)
		return false;
	for (size_t i = 0; i < in.len; i++)
		out[i] = (char)map((unsigned char)in.ptr[i]);
	ret->text = sk_span(out, in.len);
	return true;
}

static bool apply_tolower(const struct sk_field_value *v, uint32_t count, const struct sk_field_arg *arg,
			  struct sk_scratch *scratch, struct sk_field_value *ret)
{
	return mapped(tolower, v->text, scratch, ret);
}

static bool apply_toupper(const struct sk_field_value *v, uint32_t count, const struct sk_field_arg *arg,
			  struct sk_scratch *scratch, struct sk_field_value *ret)
{
	return mapped(toupper, v->text, scratch, ret);
}

static bool apply_basename(const struct sk_field_value *v, uint32_t count, const struct sk_field_arg *arg,
			   struct sk_scratch *scratch, struct sk_field_value *ret)
{
	ret->text = sk_span_basename(v->text);
	return true;
}

static bool apply_len(const struct sk_field_value *v, uint32_t count, const struct sk_field_arg *arg,
		      struct sk_scratch *scratch, struct sk_field_value *ret)
{
	ret->i = (int64_t)v->text.len;
	return true;
}

static int base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Base64 without or with padding; anything else is no value. */
static bool apply_b64(const struct sk_field_value *v, uint32_t count, const struct sk_field_arg *arg,
		      struct sk_scratch *scratch, struct sk_field_value *ret)
{
	struct sk_span in = v->text;
	uint32_t bits = 0, held = 0;
	size_t n = 0;
	char *out;

	while (in.len && in.ptr[in.len - 1] == '=')
		in.len--;
	out = sk_scratch_alloc(scratch, in.len);
	if (!out)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		int digit = base64_digit(in.ptr[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (char)(bits >> held);
		}
	}
	ret->text = sk_span(out, n);
	return true;
}

static bool joined(const struct sk_field_value *v, uint32_t count, struct sk_span between, struct sk_scratch *scratch,
		   struct sk_field_value *ret)
{
	size_t len = 0, n = 0;
	char *out;

	for (uint32_t i = 0; i < count; i++)
		len += v[i].text.len + (i ? between.len : 0);
	out = sk_scratch_alloc(scratch, len);
	if (!out)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (i && between.len)
			memcpy(out + n, between.ptr, between.len);
		n += i ? between.len : 0;
		if (v[i].text.len)
			memcpy(out + n, v[i].text.ptr, v[i].text.len);
		n += v[i].text.len;
	}
	ret->text = sk_span(out, n);
	return true;
}

static bool apply_concat(const struct sk_field_value *v, uint32_t count, const struct sk_field_arg *arg,
			 struct sk_scratch *scratch, struct sk_field_value *ret)
{
	return joined(v, count, SK_SPAN_LIT(""), scratch, ret);
}

static bool apply_join(const struct sk_field_value *v, uint32_t count, const struct sk_field_arg *arg,
		       struct sk_scratch *scratch, struct sk_field_value *ret)
{
	return joined(v + 1, count - 1, v->text, scratch, ret);
}

/* How the option string of getopt(3) knows the option: 0 not, 1 alone, 2 with an argument. */
static int option_kind(struct sk_span options, char c)
{
	ptrdiff_t at = c == ':' ? -1 : sk_span_chr(options, c);

	if (at < 0)
		return 0;
	return (size_t)at + 1 < options.len && options.ptr[at + 1] == ':' ? 2 : 1;
}

/* What getopt() is asked for: the argument of one option, or which of all options and arguments. */
struct options {
	struct sk_span known;
	struct sk_span selected; /* empty: none */
	int64_t skip;
	bool found;
	struct sk_span value;
};

/* `name`: of an option without an argument, or with one that is missing, its own is empty. */
static void tell_option(struct options *o, struct sk_span letter, struct sk_span name, const struct sk_span *value)
{
	if (o->selected.len) {
		if (!sk_span_eq(o->selected, letter))
			return;
		o->value = value ? *value : name;
		o->found = true;
		return;
	}
	if (!o->found && o->skip-- == 0) {
		o->value = name;
		o->found = true;
	}
	if (!o->found && value && o->skip-- == 0) {
		o->value = *value;
		o->found = true;
	}
}

/* "-xzf" and the words behind it; returns how many of those are arguments: 0 or 1. */
static uint32_t read_options(struct options *o, struct sk_span word, const struct sk_field_value *next)
{
	for (size_t at = 1; at < word.len; at++) {
		struct sk_span letter = sk_span_sub(word, at, 1), value = sk_span_from(word, at + 1);

		switch (option_kind(o->known, word.ptr[at])) {
		case 0:
			if (!o->selected.len)
				tell_option(o, letter, SK_SPAN_LIT("?"), NULL);
			break;
		case 1:
			tell_option(o, letter, letter, NULL);
			break;
		default:
			if (value.len || next)
				tell_option(o, letter, letter, value.len ? &value : &next->text);
			else
				tell_option(o, letter, SK_SPAN_LIT(""), NULL);
			return !value.len;
		}
	}
	return 0;
}

/*
 * getopt((words), "t:v")[t]: the argument of the last -t, or "t" for an option without one. Without the brackets
 * all options and arguments in their order; the argument's index says which.
 */
static bool apply_getopt(const struct sk_field_value *v, uint32_t count, const struct sk_field_arg *arg,
			 struct sk_scratch *scratch, struct sk_field_value *ret)
{
	struct options o = { .known = v[count - 1].text, .selected = arg->text, .skip = arg->index };

	if (o.skip >= (int64_t)SK_MAX_GETOPT_VALUES)
		return false;
	for (uint32_t i = 0; i + 1 < count; i++) {
		struct sk_span word = v[i].text;

		if (sk_span_is(word, "--") || word.len < 2 || word.ptr[0] != '-')
			break;
		if (word.ptr[1] != '-') /* a long option is passed over */
			i += read_options(&o, word, i + 2 < count ? &v[i + 1] : NULL);
	}
	ret->text = o.value;
	return o.found;
}

static const struct sk_transform transforms[] = {
	{ "tolower", "v", .result = SK_FIELD_TEXT, .keeps_type = true, .apply = apply_tolower },
	{ "toupper", "v", .result = SK_FIELD_TEXT, .keeps_type = true, .apply = apply_toupper },
	{ "b64", "v", .takes_bytes = true, .result = SK_FIELD_TEXT, .keeps_type = true, .apply = apply_b64 },
	{ "basename", "v", .result = SK_FIELD_TEXT, .keeps_type = true, .apply = apply_basename },
	{ "len", "v", .takes_bytes = true, .result = SK_FIELD_INT, .apply = apply_len },
	{ "join", "vl", .prints = true, .result = SK_FIELD_TEXT, .apply = apply_join },
	{ "concat", "vvv*", .result = SK_FIELD_TEXT, .apply = apply_concat },
	{ "getopt", "lv", .result = SK_FIELD_TEXT, .apply = apply_getopt },
};

const struct sk_transform *sk_transform_find(struct sk_span name)
{
	for (size_t i = 0; i < SK_COUNT(transforms); i++)
		if (sk_span_is(name, transforms[i].name))
			return &transforms[i];
	return NULL;
}

/* One value and lists each where they belong, and brackets where they mean something. */
static int check_shape(const struct sk_transform *t, const struct sk_operand *o, struct sk_err *err)
{
	const char *want = t->shape;

	for (const struct sk_operand *one = o->first; one; one = one->next) {
		if (!*want)
			return sk_err_set(err, SK_EINVAL, "%s() has too many operands", t->name);
		if ((*want == 'l') != (one->kind == SK_OPERAND_LIST))
			return sk_err_set(err, SK_EINVAL, "%s() wants %s there", t->name,
					  *want == 'l' ? "a list, in parentheses," : "one value");
		want += want[1] == '*' ? 0 : 1;
	}
	if (*want && want[1] != '*')
		return sk_err_set(err, SK_EINVAL, "%s() has too few operands", t->name);
	if (o->arg.ptr && (t->apply != apply_getopt || o->arg.len != 1))
		return sk_err_set(err, SK_EINVAL, t->apply == apply_getopt ?
							  "getopt() wants one letter in its brackets" :
							  "%s() has no brackets", t->name);
	return 0;
}

bool sk_transform_has_many(const struct sk_transform *t, const struct sk_field_arg *arg)
{
	return t->apply == apply_getopt && !arg->text.ptr;
}

int sk_transform_type(const struct sk_transform *t, const struct sk_operand *operand,
		      const enum sk_field_type *operands, uint32_t count, struct sk_err *err)
{
	if (check_shape(t, operand, err) < 0)
		return -err->code;
	for (uint32_t i = 0; i < count; i++)
		if (operands[i] != SK_FIELD_TEXT && !t->prints && !(t->takes_bytes && operands[i] == SK_FIELD_BYTES))
			return sk_err_set(err, SK_EINVAL, "%s() does not go with %s", t->name,
					  sk_field_type_name(operands[i]));
	return (int)(t->keeps_type ? operands[0] : t->result);
}

/* The value as a text of the scratch. */
static bool print_value(struct sk_field_value *value, struct sk_scratch *scratch)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	char *out;

	sk_field_print(&text, value);
	out = sk_scratch_alloc(scratch, text.len);
	if (!out)
		return false;
	memcpy(out, sk_buf_str(&text), text.len);
	*value = (struct sk_field_value){ .type = SK_FIELD_TEXT, .text = sk_span(out, text.len) };
	return true;
}

bool sk_transform_apply(const struct sk_transform *t, struct sk_field_value *operands, uint32_t count,
			const struct sk_field_arg *arg, struct sk_scratch *scratch, struct sk_field_value *ret_value)
{
	for (uint32_t i = 0; i < count; i++)
		if (t->prints && operands[i].type != SK_FIELD_TEXT && !print_value(&operands[i], scratch))
			return false;
	ret_value->type = t->keeps_type ? operands[0].type : t->result;
	return t->apply(operands, count, arg, scratch, ret_value);
}
