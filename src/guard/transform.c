/* SPDX-License-Identifier: Apache-2.0 */
/* Transformers: tolower(proc.name), len(proc.args), join(":", (a, b)) ... one row each. */
#include "base/limits.h"
#include "guard/graph-internal.h"

#include <ctype.h>

struct sk_transform {
	const char *name;
	uint32_t min, max; /* operands; max 0: any number */
	bool takes_bytes;
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

/*
 * getopt(args..., "t:v")[t]: the argument of the last -t, or "t" for an option
 * without one. The operands before the last are the words.
 */
static bool apply_getopt(const struct sk_field_value *v, uint32_t count, const struct sk_field_arg *arg,
			 struct sk_scratch *scratch, struct sk_field_value *ret)
{
	struct sk_span options = v[count - 1].text;
	bool found = false;

	for (uint32_t i = 0; i + 1 < count; i++) {
		struct sk_span word = v[i].text;

		if (sk_span_is(word, "--") || word.len < 2 || word.ptr[0] != '-')
			break;
		if (word.ptr[1] == '-')
			continue; /* a long option */
		for (size_t at = 1; at < word.len; at++) {
			int kind = option_kind(options, word.ptr[at]);
			bool wanted = arg->text.len == 1 && arg->text.ptr[0] == word.ptr[at];
			struct sk_span value = sk_span(word.ptr + at, 1);

			if (kind == 2) {
				value = at + 1 < word.len	  ? sk_span_from(word, at + 1) :
					i + 2 < count ? v[++i].text : sk_span("", 0);
				at = word.len;
			}
			if (kind && wanted) {
				ret->text = value;
				found = true;
			}
		}
	}
	return found;
}

static const struct sk_transform transforms[] = {
	{ "tolower", 1, 1, false, SK_FIELD_TEXT, true, apply_tolower },
	{ "toupper", 1, 1, false, SK_FIELD_TEXT, true, apply_toupper },
	{ "b64", 1, 1, true, SK_FIELD_TEXT, true, apply_b64 },
	{ "basename", 1, 1, false, SK_FIELD_TEXT, true, apply_basename },
	{ "len", 1, 1, true, SK_FIELD_INT, false, apply_len },
	{ "join", 2, 0, false, SK_FIELD_TEXT, false, apply_join },
	{ "concat", 2, 0, false, SK_FIELD_TEXT, false, apply_concat },
	{ "getopt", 2, 0, false, SK_FIELD_TEXT, false, apply_getopt },
};

const struct sk_transform *sk_transform_find(struct sk_span name)
{
	for (size_t i = 0; i < SK_COUNT(transforms); i++)
		if (sk_span_is(name, transforms[i].name))
			return &transforms[i];
	return NULL;
}

int sk_transform_type(const struct sk_transform *t, const enum sk_field_type *operands, uint32_t count,
		      struct sk_err *err)
{
	if (count < t->min || (t->max && count > t->max))
		return sk_err_set(err, SK_EINVAL, "%s() has %s operands", t->name, count < t->min ? "too few" : "too many");
	for (uint32_t i = 0; i < count; i++)
		if (operands[i] != SK_FIELD_TEXT && !(t->takes_bytes && operands[i] == SK_FIELD_BYTES))
			return sk_err_set(err, SK_EINVAL, "%s() does not go with %s", t->name,
					  sk_field_type_name(operands[i]));
	return (int)(t->keeps_type ? operands[0] : t->result);
}

bool sk_transform_apply(const struct sk_transform *t, const struct sk_field_value *operands, uint32_t count,
			const struct sk_field_arg *arg, struct sk_scratch *scratch, struct sk_field_value *ret_value)
{
	ret_value->type = t->keeps_type ? operands[0].type : t->result;
	return t->apply(operands, count, arg, scratch, ret_value);
}
