/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts, as cel-go's ext.Strings and the specification's conformance cases
 * have them. Positions count code points; a search works on bytes, which for
 * UTF-8 finds the same, and its result is counted back into code points.
 */
#include "policy/cel/string-format.h"
#include "policy/cel/value.h"

/* ---- parts ---- */

static struct sk_cel_value out_of_range(struct sk_cel_eval *eval, int64_t index)
{
	return sk_cel_fail(eval, SK_CEL_EVALUE, "index out of range: %lld", (long long)index);
}

/* Bytes [from, to) of a text, which stays where it is. */
static struct sk_cel_value part(struct sk_cel_value text, size_t from, size_t to)
{
	struct sk_cel_value v = text;

	v.str += from;
	v.len = (uint32_t)(to - from);
	return v;
}

static struct sk_cel_value char_at(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	ptrdiff_t at = sk_cel_code_point_offset(args[0], args[1].i);
	size_t width = 0;

	if (at < 0)
		return out_of_range(eval, args[1].i);
	if ((size_t)at < args[0].len)
		sk_cel_utf8_get(args[0].str + at, &width);
	return part(args[0], (size_t)at, (size_t)at + width);
}

static struct sk_cel_value substring(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				     unsigned count)
{
	ptrdiff_t from = sk_cel_code_point_offset(args[0], args[1].i), to = args[0].len;

	if (count > 2 && args[1].i > args[2].i)
		return sk_cel_fail(eval, SK_CEL_EVALUE,
				   "invalid substring range. start: %lld, end: %lld",
				   (long long)args[1].i, (long long)args[2].i);
	if (from < 0)
		return out_of_range(eval, args[1].i);
	if (count > 2)
		to = sk_cel_code_point_offset(args[0], args[2].i);
	if (to < 0)
		return out_of_range(eval, args[2].i);
	return part(args[0], (size_t)from, (size_t)to);
}

/* Unicode's White_Space; what has no width is none. */
static bool is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

static size_t last_start(const char *text, size_t end)
{
	do
		end--;
	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80);
	return end;
}

static struct sk_cel_value trim(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	size_t from = 0, to = args[0].len, width, last;

	while (from < to && is_space(sk_cel_utf8_get(args[0].str + from, &width)))
		from += width;
	while (to > from) {
		last = last_start(args[0].str, to);
		if (!is_space(sk_cel_utf8_get(args[0].str + last, &width)))
			break;
		to = last;
	}
	return part(args[0], from, to);
}

/* ---- searching ---- */

static const char *search(const char *text, size_t len, struct sk_cel_value needle)
{
	return len >= needle.len ? memmem(text, len, needle.str, needle.len) : NULL;
}

/* A byte offset as a position. */
static struct sk_cel_value position(struct sk_cel_value text, size_t at)
{
	return sk_cel_int((int64_t)sk_cel_code_points(part(text, 0, at)));
}

/*
 * The byte where a search begins, or -1 with what the function returns: the
 * empty text is found at the position itself, nothing is found at the end.
 */
static ptrdiff_t search_start(struct sk_cel_eval *eval, const struct sk_cel_value *args,
			      struct sk_cel_value *ret_result)
{
	ptrdiff_t at = sk_cel_code_point_offset(args[0], args[2].i);
	bool empty = args[1].len == 0;

	*ret_result = sk_cel_int(-1);
	if (args[2].i < 0 || (at < 0 && !empty))
		*ret_result = out_of_range(eval, args[2].i);
	else if (empty)
		*ret_result = at < 0 ? position(args[0], args[0].len) : args[2];
	else if ((size_t)at < args[0].len)
		return at;
	return -1;
}

static struct sk_cel_value index_of(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	struct sk_cel_value result = sk_cel_int(0);
	ptrdiff_t start = args[1].len > 0 ? 0 : -1;
	const char *found;

	if (count > 2)
		start = search_start(eval, args, &result);
	if (start < 0)
		return result;
	found = search(args[0].str + start, args[0].len - (size_t)start, args[1]);
	return found ? position(args[0], (size_t)(found - args[0].str)) : sk_cel_int(-1);
}

/*
 * The last place before `end` bytes where needle stands, or -1: Knuth, Morris
 * and Pratt's search from the back, so that time is linear whatever the texts.
 */
static ptrdiff_t search_back(const char *text, size_t end, struct sk_cel_value needle,
			     uint32_t *border)
{
	const char *last = needle.str + needle.len - 1;
	uint32_t k = 0;

	for (uint32_t i = 1; i < needle.len; i++) {
		while (k > 0 && last[-(ptrdiff_t)i] != last[-(ptrdiff_t)k])
			k = border[k - 1];
		k += last[-(ptrdiff_t)i] == last[-(ptrdiff_t)k];
		border[i] = k;
	}
	k = 0;
	for (size_t at = end; at-- > 0;) {
		while (k > 0 && text[at] != last[-(ptrdiff_t)k])
			k = border[k - 1];
		k += text[at] == last[-(ptrdiff_t)k];
		if (k == needle.len)
			return (ptrdiff_t)at;
	}
	return -1;
}

static struct sk_cel_value last_index_of(struct sk_cel_eval *eval, const struct sk_cel_value *args,
					 unsigned count)
{
	struct sk_cel_value result = { 0 };
	ptrdiff_t start = args[0].len, found;
	size_t end = args[0].len;
	uint32_t *border;

	if (count > 2)
		start = search_start(eval, args, &result);
	else if (args[1].len == 0)
		return position(args[0], args[0].len);
	if (start < 0)
		return result;
	if ((size_t)start + args[1].len < end)
		end = (size_t)start + args[1].len;
	border = sk_cel_eval_alloc(eval, args[1].len * sizeof(*border));
	if (!border)
		return sk_cel_full(eval);
	found = search_back(args[0].str, end, args[1], border);
	return found < 0 ? sk_cel_int(-1) : position(args[0], (size_t)found);
}

/* ---- new texts ---- */

static struct sk_cel_value changed_case(struct sk_cel_eval *eval, struct sk_cel_value text,
					char first, char last, int distance)
{
	char *out;
	struct sk_cel_value v = sk_cel_new_string(eval, text.len, &out);

	if (v.kind != SK_CEL_STRING)
		return v;
	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.str[i];

		out[i] = (char)(c >= first && c <= last ? c + distance : c);
	}
	v.flags = text.flags;
	return v;
}

static struct sk_cel_value lower_ascii(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				       unsigned count)
{
	return changed_case(eval, args[0], 'A', 'Z', 'a' - 'A');
}

static struct sk_cel_value upper_ascii(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				       unsigned count)
{
	return changed_case(eval, args[0], 'a', 'z', 'A' - 'a');
}

static struct sk_cel_value reverse(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	char *out;
	struct sk_cel_value v = sk_cel_new_string(eval, args[0].len, &out);
	size_t width;

	if (v.kind != SK_CEL_STRING)
		return v;
	out += args[0].len;
	for (size_t i = 0; i < args[0].len; i += width) {
		sk_cel_utf8_get(args[0].str + i, &width);
		out -= width;
		memcpy(out, args[0].str + i, width);
	}
	v.flags = args[0].flags;
	return v;
}

/* A new text whose length an expression has chosen: paid before it is made. */
static struct sk_cel_value paid_string(struct sk_cel_eval *eval, uint64_t len, char **ret_bytes)
{
	if (!sk_cel_charge(eval, len / 10))
		return sk_cel_full(eval);
	return sk_cel_new_string(eval, len, ret_bytes);
}

static char *put(char *out, const char *text, size_t len)
{
	if (len > 0)
		memcpy(out, text, len);
	return out + len;
}

/* The next place for a replacement at or after `at`: the empty text stands before each character. */
static const char *next_match(struct sk_cel_value text, const char *at, struct sk_cel_value old,
			      bool first)
{
	const char *end = text.str + text.len;
	size_t width;

	if (old.len > 0)
		return search(at, (size_t)(end - at), old);
	if (first)
		return at;
	if (at == end)
		return NULL;
	sk_cel_utf8_get(at, &width);
	return at + width;
}

static struct sk_cel_value replace(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	struct sk_cel_value text = args[0], old = args[1], new = args[2], v;
	uint64_t limit = count > 3 && args[3].i >= 0 ? (uint64_t)args[3].i : UINT64_MAX, found = 0;
	const char *at = text.str, *match;
	char *out;

	while (found < limit && (match = next_match(text, at, old, found == 0))) {
		at = match + old.len;
		found++;
	}
	if (found == 0)
		return text;
	v = paid_string(eval, text.len - found * old.len + found * new.len, &out);
	if (v.kind != SK_CEL_STRING)
		return v;
	v.flags = text.flags & new.flags;
	at = text.str;
	for (uint64_t i = 0; i < found; i++) {
		match = next_match(text, at, old, i == 0);
		out = put(out, at, (size_t)(match - at));
		out = put(out, new.str, new.len);
		at = match + old.len;
	}
	put(out, at, (size_t)(text.str + text.len - at));
	return v;
}

/* Characters, the last of `count` being all that is left. */
static void split_characters(struct sk_cel_value text, struct sk_cel_value *items, size_t count)
{
	size_t at = 0, width;

	for (size_t i = 0; i < count; i++) {
		sk_cel_utf8_get(text.str + at, &width);
		items[i] = part(text, at, i + 1 == count ? text.len : at + width);
		at += width;
	}
}

static void split_parts(struct sk_cel_value text, struct sk_cel_value separator,
			struct sk_cel_value *items, size_t count)
{
	const char *match;
	size_t at = 0, to;

	for (size_t i = 0; i < count; i++) {
		match = search(text.str + at, text.len - at, separator);
		to = match && i + 1 < count ? (size_t)(match - text.str) : text.len;
		items[i] = part(text, at, to);
		at = to + separator.len;
	}
}

static uint64_t count_parts(struct sk_cel_value text, struct sk_cel_value separator)
{
	uint64_t count = 1;
	const char *at = text.str, *end = at + text.len;

	if (separator.len == 0)
		return sk_cel_code_points(text);
	for (; (at = search(at, (size_t)(end - at), separator)); at += separator.len)
		count++;
	return count;
}

static struct sk_cel_value split(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	uint64_t parts = count_parts(args[0], args[1]);
	struct sk_cel_value list, *items;

	if (count > 2 && args[2].i >= 0 && (uint64_t)args[2].i < parts)
		parts = (uint64_t)args[2].i;
	if (!sk_cel_charge(eval, parts))
		return sk_cel_full(eval);
	list = sk_cel_new_list(eval, (uint32_t)parts, &items);
	if (list.kind != SK_CEL_LIST)
		return list;
	if (args[1].len == 0)
		split_characters(args[0], items, parts);
	else
		split_parts(args[0], args[1], items, parts);
	return list;
}

static struct sk_cel_value join(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	const struct sk_cel_list *list = args[0].list;
	struct sk_cel_value separator = count > 1 ? args[1] : sk_cel_string("", 0), v;
	uint64_t len = list->count > 1 ? (uint64_t)separator.len * (list->count - 1) : 0;
	uint8_t flags = count > 1 ? separator.flags : SK_CEL_ASCII;
	char *out;

	for (uint32_t i = 0; i < list->count; i++) {
		if (list->items[i].kind != SK_CEL_STRING)
			return sk_cel_fail(eval, SK_CEL_ENO_OVERLOAD,
					   "join: element %u is no string, but of type %s", i,
					   sk_cel_kind_name(list->items[i]));
		len += list->items[i].len;
		flags &= list->items[i].flags;
	}
	v = paid_string(eval, len, &out);
	if (v.kind != SK_CEL_STRING)
		return v;
	v.flags = flags;
	for (uint32_t i = 0; i < list->count; i++) {
		if (i > 0)
			out = put(out, separator.str, separator.len);
		out = put(out, list->items[i].str, list->items[i].len);
	}
	return v;
}

/* The letter after the backslash, or 0. */
static char escape_of(char c)
{
	static const char from[] = "\a\b\f\n\r\t\v\\\"", to[] = "abfnrtv\\\"";
	const char *found = c ? strchr(from, c) : NULL;

	return (char)(found ? to[found - from] : 0);
}

static struct sk_cel_value quote(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	uint64_t len = (uint64_t)args[0].len + 2;
	struct sk_cel_value v;
	char *out;

	for (uint32_t i = 0; i < args[0].len; i++)
		len += escape_of(args[0].str[i]) != 0;
	v = paid_string(eval, len, &out);
	if (v.kind != SK_CEL_STRING)
		return v;
	v.flags = args[0].flags;
	*out++ = '"';
	for (uint32_t i = 0; i < args[0].len; i++) {
		char letter = escape_of(args[0].str[i]);

		if (letter)
			*out++ = '\\';
		*out++ = letter ? letter : args[0].str[i];
	}
	*out = '"';
	return v;
}

#define SCAN .cost = SK_CEL_COST_SCAN

static const struct sk_cel_overload overloads[] = {
	{ "charAt", "string.(int) -> string", char_at, SCAN },
	{ "format", "string.(list<dyn>) -> string", sk_cel_string_format, SCAN },
	{ "indexOf", "string.(string) -> int", index_of, SCAN },
	{ "indexOf", "string.(string, int) -> int", index_of, SCAN },
	{ "join", "list<string>.() -> string", join, SCAN },
	{ "join", "list<string>.(string) -> string", join, SCAN },
	{ "lastIndexOf", "string.(string) -> int", last_index_of, SCAN },
	{ "lastIndexOf", "string.(string, int) -> int", last_index_of, SCAN },
	{ "lowerAscii", "string.() -> string", lower_ascii, SCAN },
	{ "replace", "string.(string, string) -> string", replace, SCAN },
	{ "replace", "string.(string, string, int) -> string", replace, SCAN },
	{ "reverse", "string.() -> string", reverse, SCAN },
	{ "split", "string.(string) -> list<string>", split, SCAN },
	{ "split", "string.(string, int) -> list<string>", split, SCAN },
	{ "strings.quote", "(string) -> string", quote, SCAN },
	{ "substring", "string.(int) -> string", substring, SCAN },
	{ "substring", "string.(int, int) -> string", substring, SCAN },
	{ "trim", "string.() -> string", trim, SCAN },
	{ "upperAscii", "string.() -> string", upper_ascii, SCAN },
	{ NULL },
};

const struct sk_cel_library sk_cel_library_strings = {
	.name = "strings",
	.doc = "Searching, cutting, joining and formatting texts, as in cel-go's ext.Strings.",
	.overloads = overloads,
};
