/* SPDX-License-Identifier: Apache-2.0 */
/* base64 as in cel-go's ext.Encoders: decoding takes texts with and without padding, and line ends in them. */
#include "policy/cel/value.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static struct sk_cel_value encode(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	const unsigned char *in = (const unsigned char *)args[0].str;
	size_t len = args[0].len, out_len = (len + 2) / 3 * 4;
	struct sk_cel_value v;
	char *out;

	if (!sk_cel_charge(eval, out_len / 10))
		return sk_cel_full(eval);
	v = sk_cel_new_string(eval, out_len, &out);
	if (v.kind != SK_CEL_STRING)
		return v;
	v.flags = SK_CEL_ASCII;
	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t bits = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
				(left > 2 ? in[i + 2] : 0);

		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		*out++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
		*out++ = left > 2 ? alphabet[bits & 63] : '=';
	}
	return v;
}

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Writes the bytes; returns the offset of the first character that is wrong, or -1. */
static ptrdiff_t decode_bytes(struct sk_cel_value text, char *out, size_t *ret_len)
{
	uint32_t bits = 0, digits = 0, padding = 0, i;
	size_t len = 0;

	for (i = 0; i < text.len; i++) {
		char c = text.str[i];
		int digit = digit_of(c);

		if (c == '\r' || c == '\n')
			continue;
		if (c == '=' && digits % 4 >= 2 && digits % 4 + padding < 4) {
			padding++;
			continue;
		}
		if (digit < 0 || padding > 0)
			return i;
		bits = bits << 6 | (uint32_t)digit;
		if (++digits % 4 != 1)
			out[len++] = (char)(bits >> (6 - 2 * ((digits + 3) % 4)));
	}
	if (digits % 4 == 1 || (padding > 0 && (digits + padding) % 4 != 0))
		return i;
	*ret_len = len;
	return -1;
}

static struct sk_cel_value decode(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	char *out = sk_cel_eval_alloc(eval, args[0].len / 4 * 3 + 3);
	ptrdiff_t wrong;
	size_t len;

	if (!out)
		return sk_cel_full(eval);
	wrong = decode_bytes(args[0], out, &len);
	if (wrong >= 0)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "illegal base64 data at input byte %td",
				   wrong);
	return sk_cel_bytes(out, len);
}

static const struct sk_cel_overload overloads[] = {
	{ "base64.decode", "(string) -> bytes", decode, .cost = SK_CEL_COST_SCAN },
	{ "base64.encode", "(bytes) -> string", encode, .cost = SK_CEL_COST_SCAN },
	{ NULL },
};

const struct sk_cel_library sk_cel_library_encoders = {
	.name = "encoders",
	.doc = "base64.encode and base64.decode, as in cel-go's ext.Encoders.",
	.overloads = overloads,
};
