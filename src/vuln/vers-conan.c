/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/vers-native.h"
#include "vuln/versions/scan.h"

/*
 * Conan 2: "||" between alternatives, blanks between conditions, "~" and "^"
 * up to (but without pre-releases of) the next version, which a trailing hyphen
 * says; options behind a comma.
 */
static struct sk_span without_hyphen(struct sk_span v)
{
	return sk_span_ends(v, "-") ? sk_span_sub(v, 0, v.len - 1) : v;
}

/* How many numbers of v make up the upper bound's version. */
static size_t bound_numbers(struct sk_span v, char op)
{
	struct ver_cursor c = ver_cursor(v);
	size_t n = 1;

	if (op == '~') {
		ver_digits(&c);
		return ver_peek(&c) == '.' ? 2 : 1;
	}
	for (; ver_digits_zero(ver_digits(&c)) && ver_accept(&c, '.'); n++)
		;
	return n;
}

static int compatible(struct sk_vers_builder *b, struct sk_span v, char op)
{
	struct sk_span next;
	int rc = sk_vers_build_bump(b, v, bound_numbers(v, op), &next);

	if (rc == 0)
		rc = sk_vers_build_add(b, SK_VERS_GE, v);
	if (rc < 0)
		return rc;
	return sk_vers_build_add(
	    b, SK_VERS_LT,
	    sk_span_str(sk_arena_printf(b->arena, "%.*s-", (int)next.len, next.ptr)));
}

static int condition(struct sk_vers_builder *b, struct sk_span text)
{
	char first = *text.ptr;
	bool written;

	if (sk_span_is(text, "*") || sk_span_is(text, "*-"))
		return sk_vers_build_add(b, SK_VERS_GE, SK_SPAN_LIT("0.0.0"));
	if (first == '~' || first == '^')
		return compatible(b, without_hyphen(sk_span_from(text, 1)), first);

	enum sk_vers_op op = sk_vers_take_op(&text, &written);

	return sk_vers_build_add(b, op, without_hyphen(text));
}

static int conditions(struct sk_vers_builder *b, struct sk_span text)
{
	struct sk_span part;
	size_t count = b->list.len;
	int rc = 0;

	while (rc == 0 && sk_span_split(&text, ' ', &part))
		if (part.len)
			rc = condition(b, part);
	if (rc == 0 && b->list.len == count)
		rc = condition(b, SK_SPAN_LIT("*"));
	return rc;
}

int sk_vers_native_conan(struct sk_vers_builder *b, struct sk_span native)
{
	ptrdiff_t comma = sk_span_chr(native, ','), bars;
	int rc = 0;

	if (comma >= 0)
		native.len = (size_t)comma;
	while (rc == 0 && (bars = sk_span_find(native, SK_SPAN_LIT("||"))) >= 0) {
		rc = conditions(b, sk_span_sub(native, 0, (size_t)bars));
		native = sk_span_from(native, (size_t)bars + 2);
	}
	return rc < 0 ? rc : conditions(b, native);
}
