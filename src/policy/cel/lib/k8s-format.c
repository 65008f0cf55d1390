/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes' named formats: format.dns1123Label().validate(name) is
 * optional.none(), or what is wrong. Formats take what the API server takes;
 * the messages are ours.
 */
#include "policy/cel/text.h"
#include "policy/cel/url.h"
#include "policy/cel/value.h"

#include <stdio.h>

/* What is wrong with a text: no format has more to say than this. */
struct findings {
	struct sk_cel_eval *eval;
	struct sk_cel_value list[4];
	uint32_t count;
	bool full;
};

struct format {
	struct sk_cel_opaque opaque;
	const char *name;
	void (*check)(struct findings *found, struct sk_cel_value text);
};

static void say(struct findings *found, const char *before, const char *what)
{
	size_t room = strlen(before) + strlen(what) + 1;
	char *text = sk_cel_eval_alloc(found->eval, room);

	if (!text) {
		found->full = true;
		return;
	}
	snprintf(text, room, "%s%s", before, what);
	found->list[found->count++] = sk_cel_string(text, room - 1);
}

static void check_length(struct findings *found, const char *before, struct sk_cel_value text,
			 uint32_t most)
{
	char what[48];

	if (text.len <= most)
		return;
	snprintf(what, sizeof(what), "must be no more than %u bytes", most);
	say(found, before, what);
}

/* ---- names ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Lower case letters, digits, and '-' between them. */
static bool is_label(const char *text, size_t len)
{
	if (len == 0 || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_lower(text[i]) && !is_digit(text[i]) && text[i] != '-')
			return false;
	return true;
}

/* Labels with dots between them. */
static bool is_subdomain(struct sk_cel_value text)
{
	size_t at = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && text.str[i] != '.')
			continue;
		if (!is_label(text.str + at, i - at))
			return false;
		at = i + 1;
	}
	return true;
}

static void check_label(struct findings *found, struct sk_cel_value text)
{
	check_length(found, "", text, 63);
	if (is_label(text.str, text.len))
		return;
	say(found, "",
	    is_subdomain(text) ? "must not contain dots"
			       : "must consist of lower case letters, digits and '-', and begin "
				 "and end with a letter or digit (RFC 1123 label, as 'my-name')");
}

static void subdomain(struct findings *found, const char *before, struct sk_cel_value text)
{
	check_length(found, before, text, 253);
	if (!is_subdomain(text))
		say(found, before,
		    "must consist of lower case letters, digits, '-' and '.', and each part "
		    "between dots must begin and end with a letter or digit (RFC 1123 subdomain, "
		    "as 'example.com')");
}

static void check_subdomain(struct findings *found, struct sk_cel_value text)
{
	subdomain(found, "", text);
}

static void check_label_1035(struct findings *found, struct sk_cel_value text)
{
	check_length(found, "", text, 63);
	if (!is_label(text.str, text.len) || is_digit(text.str[0]))
		say(found, "",
		    "must consist of lower case letters, digits and '-', begin with a letter and "
		    "end with a letter or digit (RFC 1035 label, as 'abc-123')");
}

/*
 * A name that something will be added to may end in '-'. As in Kubernetes the
 * last two characters are replaced by a letter, whatever the other one is.
 */
static struct sk_cel_value complete(struct findings *found, struct sk_cel_value text)
{
	char *copy;

	if (text.len < 2 || text.str[text.len - 1] != '-')
		return text;
	copy = sk_cel_eval_alloc(found->eval, text.len - 1);
	if (!copy) {
		found->full = true;
		return text;
	}
	memcpy(copy, text.str, text.len - 2);
	copy[text.len - 2] = 'a';
	return sk_cel_string(copy, text.len - 1);
}

static void check_label_prefix(struct findings *found, struct sk_cel_value text)
{
	check_label(found, complete(found, text));
}

static void check_subdomain_prefix(struct findings *found, struct sk_cel_value text)
{
	check_subdomain(found, complete(found, text));
}

static void check_label_1035_prefix(struct findings *found, struct sk_cel_value text)
{
	check_label_1035(found, complete(found, text));
}

/* Letters and digits, and '-', '_' and '.' between them. */
static bool is_name(struct sk_cel_value text)
{
	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.str[i];
		bool inside = i > 0 && i + 1 < text.len;

		if (!is_lower(c) && !is_upper(c) && !is_digit(c) &&
		    !(inside && (c == '-' || c == '_' || c == '.')))
			return false;
	}
	return text.len > 0;
}

#define NAME_RULE                                                                                  \
	"must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or "   \
	"digit"

static void check_qualified_name(struct findings *found, struct sk_cel_value text)
{
	const char *slash = text.len > 0 ? memchr(text.str, '/', text.len) : NULL;
	struct sk_cel_value name = text;
	size_t at = slash ? (size_t)(slash - text.str) : 0;

	if (slash) {
		name = sk_cel_string(slash + 1, text.len - at - 1);
		if (name.len > 0 && memchr(name.str, '/', name.len)) {
			say(found, "", "must have at most one '/' (as 'example.com/my.name')");
			return;
		}
		if (at == 0)
			say(found, "prefix part ", "must be non-empty");
		else
			subdomain(found, "prefix part ", sk_cel_string(text.str, at));
	}
	if (name.len == 0)
		say(found, "name part ", "must be non-empty");
	check_length(found, "name part ", name, 63);
	if (!is_name(name))
		say(found, "name part ", NAME_RULE " (as 'my.name')");
}

static void check_label_value(struct findings *found, struct sk_cel_value text)
{
	check_length(found, "", text, 63);
	if (text.len > 0 && !is_name(text))
		say(found, "", NAME_RULE ", or be empty (as 'my_value')");
}

/* ---- data ---- */

static void check_uri(struct findings *found, struct sk_cel_value text)
{
	const char *wrong = sk_cel_url_check(text);

	if (wrong)
		say(found, "", wrong);
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The hyphens may be missing. */
static bool is_uuid(struct sk_cel_value text)
{
	uint32_t at = 0;

	for (int digit = 0; digit < 32; digit++) {
		if ((digit == 8 || digit == 12 || digit == 16 || digit == 20) && at < text.len &&
		    text.str[at] == '-')
			at++;
		if (at == text.len || !is_hex(text.str[at++]))
			return false;
	}
	return at == text.len;
}

static void check_uuid(struct findings *found, struct sk_cel_value text)
{
	if (!is_uuid(text))
		say(found, "", "must be a UUID");
}

/* base64 in groups of four, at least one. */
static bool is_base64(struct sk_cel_value text)
{
	uint32_t padding = 0;

	while (padding < 2 && padding < text.len && text.str[text.len - 1 - padding] == '=')
		padding++;
	for (uint32_t i = 0; i < text.len - padding; i++) {
		char c = text.str[i];

		if (!is_lower(c) && !is_upper(c) && !is_digit(c) && c != '+' && c != '/')
			return false;
	}
	return text.len > 0 && text.len % 4 == 0;
}

static void check_byte(struct findings *found, struct sk_cel_value text)
{
	if (!is_base64(text))
		say(found, "", "must be base64, padded");
}

/* Does the text have this shape? '0' stands for a digit. */
static bool has_shape(const char *text, size_t len, const char *shape)
{
	for (size_t i = 0; i < len; i++)
		if (shape[i] == '0' ? !is_digit(text[i]) : shape[i] != text[i])
			return false;
	return len == strlen(shape);
}

static int two_digits(const char *text)
{
	return (text[0] - '0') * 10 + (text[1] - '0');
}

static bool is_date(const char *text, size_t len)
{
	struct sk_cel_civil civil;
	int year, month, day;

	if (len != 10 || !has_shape(text, len, "0000-00-00"))
		return false;
	year = two_digits(text) * 100 + two_digits(text + 2);
	month = two_digits(text + 5);
	day = two_digits(text + 8);
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	sk_cel_civil(sk_cel_seconds(year, month, day, 0, 0, 0), &civil);
	return civil.month == month; /* there is such a day in it */
}

static void check_date(struct findings *found, struct sk_cel_value text)
{
	if (!is_date(text.str, text.len))
		say(found, "", "must be a date, as '2006-01-02'");
}

/* "15:04:05", a fraction after any sign, and 'z' or an offset. */
static bool is_time(const char *text, size_t len)
{
	size_t end, width;

	if (len < 9 || !has_shape(text, 8, "00:00:00") || two_digits(text) > 23 ||
	    two_digits(text + 3) > 59 || two_digits(text + 6) > 59)
		return false;
	end = len - 1;
	if (text[end] != 'z' && text[end] != 'Z') {
		end = len - 6;
		if (len < 14 || (text[end] != '+' && text[end] != '-') ||
		    !has_shape(text + end + 1, 5, "00:00"))
			return false;
	}
	if (end == 8)
		return true;
	sk_cel_utf8_get(text + 8, &width);
	for (size_t i = 8 + width; i < end; i++)
		if (!is_digit(text[i]))
			return false;
	return text[8] != '\n' && 8 + width < end;
}

static size_t until_t(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] != 't' && text[i] != 'T')
		i++;
	return i;
}

/* As Kubernetes has it: what follows a second 't' does not count. */
static void check_datetime(struct findings *found, struct sk_cel_value text)
{
	size_t t = until_t(text.str, text.len), time = t + 1;

	if (t == text.len || !is_date(text.str, t) ||
	    !is_time(text.str + time, until_t(text.str + time, text.len - time)))
		say(found, "", "must be a date and time, as '2006-01-02T15:04:05Z'");
}

/* ---- the type ---- */

static bool equal(const struct sk_cel_opaque *a, const struct sk_cel_opaque *b)
{
	return a == b;
}

static struct sk_cel_value text(struct sk_cel_arena *arena, const struct sk_cel_opaque *v)
{
	const char *name = ((const struct format *)v)->name;

	return sk_cel_string(name, strlen(name));
}

static const struct sk_cel_opaque_type type = { "kubernetes.NamedFormat", equal, text };

static const struct format formats[] = {
	{ { &type }, "dns1123Label", check_label },
	{ { &type }, "dns1123Subdomain", check_subdomain },
	{ { &type }, "dns1035Label", check_label_1035 },
	{ { &type }, "qualifiedName", check_qualified_name },
	{ { &type }, "dns1123LabelPrefix", check_label_prefix },
	{ { &type }, "dns1123SubdomainPrefix", check_subdomain_prefix },
	{ { &type }, "dns1035LabelPrefix", check_label_1035_prefix },
	{ { &type }, "labelValue", check_label_value },
	{ { &type }, "uri", check_uri },
	{ { &type }, "uuid", check_uuid },
	{ { &type }, "byte", check_byte },
	{ { &type }, "date", check_date },
	{ { &type }, "datetime", check_datetime },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static struct sk_cel_value named(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (strlen(formats[i].name) == args[0].len &&
		    memcmp(formats[i].name, args[0].str, args[0].len) == 0)
			return sk_cel_new_optional(eval, sk_cel_opaque(&formats[i].opaque));
	return sk_cel_none();
}

static struct sk_cel_value validate(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	const struct format *format = (const struct format *)args[0].opaque;
	struct findings found = { .eval = eval };
	struct sk_cel_value list, *items;

	format->check(&found, args[1]);
	if (found.full)
		return sk_cel_full(eval);
	if (found.count == 0)
		return sk_cel_none();
	list = sk_cel_new_list(eval, found.count, &items);
	if (list.kind != SK_CEL_LIST)
		return list;
	memcpy(items, found.list, found.count * sizeof(*items));
	return sk_cel_new_optional(eval, list);
}

#define GETTER(number)                                                                             \
	static struct sk_cel_value get_##number(struct sk_cel_eval *eval,                          \
						const struct sk_cel_value *args, unsigned count)   \
	{                                                                                          \
		return sk_cel_opaque(&formats[number].opaque);                                     \
	}
GETTER(0)
GETTER(1)
GETTER(2)
GETTER(3)
GETTER(4)
GETTER(5)
GETTER(6)
GETTER(7)
GETTER(8)
GETTER(9)
GETTER(10)
GETTER(11)
GETTER(12)

#define FORMAT "kubernetes.NamedFormat"

static const struct sk_cel_overload overloads[] = {
	{ "format.named", "(string) -> optional<" FORMAT ">", named },
	{ "format.dns1123Label", "() -> " FORMAT, get_0 },
	{ "format.dns1123Subdomain", "() -> " FORMAT, get_1 },
	{ "format.dns1035Label", "() -> " FORMAT, get_2 },
	{ "format.qualifiedName", "() -> " FORMAT, get_3 },
	{ "format.dns1123LabelPrefix", "() -> " FORMAT, get_4 },
	{ "format.dns1123SubdomainPrefix", "() -> " FORMAT, get_5 },
	{ "format.dns1035LabelPrefix", "() -> " FORMAT, get_6 },
	{ "format.labelValue", "() -> " FORMAT, get_7 },
	{ "format.uri", "() -> " FORMAT, get_8 },
	{ "format.uuid", "() -> " FORMAT, get_9 },
	{ "format.byte", "() -> " FORMAT, get_10 },
	{ "format.date", "() -> " FORMAT, get_11 },
	{ "format.datetime", "() -> " FORMAT, get_12 },
	{ "validate", FORMAT ".(string) -> optional<list<string>>", validate,
	  .cost = SK_CEL_COST_SCAN },
	{ NULL },
};

static const struct sk_cel_opaque_type *const types[] = { &type, NULL };

const struct sk_cel_library sk_cel_library_k8s_format = {
	.name = "k8s-format",
	.doc = "Kubernetes' formats of names and data: format.dns1123Label().validate('x').",
	.overloads = overloads,
	.types = types,
};
