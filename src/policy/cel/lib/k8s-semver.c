/* SPDX-License-Identifier: Apache-2.0 */
/* Semantic versions (semver.org 2.0.0), as Kubernetes reads and compares them. */
#include "policy/cel/text.h"
#include "policy/cel/value.h"

#include <stdio.h>

struct semver {
	struct sk_cel_opaque opaque;
	uint64_t numbers[3];		       /* major, minor, patch */
	struct sk_cel_value prerelease, build; /* as they stand in the text, or empty */
};

/* ---- order ---- */

static bool is_number(struct sk_cel_value v)
{
	for (uint32_t i = 0; i < v.len; i++)
		if (v.str[i] < '0' || v.str[i] > '9')
			return false;
	return v.len > 0;
}

static int three(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Numbers come before words; they have no leading zeros, so that the longer one is greater. */
static int compare_identifiers(struct sk_cel_value a, struct sk_cel_value b)
{
	bool x = is_number(a), y = is_number(b);

	if (x != y)
		return x ? -1 : 1;
	if (x && a.len != b.len)
		return three(a.len, b.len);
	return sk_cel_compare(a, b);
}

/* What stands before the next dot; false at the end. */
static bool next_part(struct sk_cel_value *rest, struct sk_cel_value *ret)
{
	const char *dot = rest->len > 0 ? memchr(rest->str, '.', rest->len) : NULL;
	size_t len = dot ? (size_t)(dot - rest->str) : rest->len;

	if (!rest->str)
		return false;
	*ret = sk_cel_string(rest->str, len);
	rest->str = dot ? dot + 1 : NULL;
	rest->len -= (uint32_t)(dot ? len + 1 : len);
	return true;
}

static int compare_prereleases(struct sk_cel_value a, struct sk_cel_value b)
{
	struct sk_cel_value x, y;
	bool more_a, more_b;
	int order;

	if (a.len == 0 || b.len == 0)
		return three(a.len == 0, b.len == 0); /* a release is greater */
	for (;;) {
		more_a = next_part(&a, &x);
		more_b = next_part(&b, &y);
		if (!more_a || !more_b)
			return three(more_a, more_b);
		order = compare_identifiers(x, y);
		if (order != 0)
			return order;
	}
}

static int compare(const struct semver *a, const struct semver *b)
{
	for (int i = 0; i < 3; i++)
		if (a->numbers[i] != b->numbers[i])
			return three(a->numbers[i], b->numbers[i]);
	return compare_prereleases(a->prerelease, b->prerelease);
}

/* ---- the type ---- */

static bool equal(const struct sk_cel_opaque *a, const struct sk_cel_opaque *b)
{
	return compare((const struct semver *)a, (const struct semver *)b) == 0;
}

static struct sk_cel_value text(struct sk_cel_arena *arena, const struct sk_cel_opaque *v)
{
	const struct semver *s = (const struct semver *)v;
	size_t room = 64 + (size_t)s->prerelease.len + s->build.len;
	char *out = sk_cel_alloc(arena, room);
	int len;

	if (!out)
		return (struct sk_cel_value){ 0 };
	len = snprintf(out, room, "%llu.%llu.%llu%s%.*s%s%.*s", (unsigned long long)s->numbers[0],
		       (unsigned long long)s->numbers[1], (unsigned long long)s->numbers[2],
		       s->prerelease.len ? "-" : "", (int)s->prerelease.len, s->prerelease.str,
		       s->build.len ? "+" : "", (int)s->build.len, s->build.str);
	return sk_cel_string(out, (size_t)len);
}

static const struct sk_cel_opaque_type type = { "kubernetes.Semver", equal, text };

static const struct semver *semver_of(struct sk_cel_value v)
{
	return (const struct semver *)v.opaque;
}

/* ---- reading ---- */

static const char *check_identifiers(struct sk_cel_value rest, bool prerelease)
{
	struct sk_cel_value part;

	while (next_part(&rest, &part)) {
		if (part.len == 0)
			return "an identifier after '-' or '+' is empty";
		for (uint32_t i = 0; i < part.len; i++) {
			char c = part.str[i];

			if ((c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
			    c != '-')
				return "an identifier has other characters than letters, digits "
				       "and '-'";
		}
		if (!prerelease || !is_number(part))
			continue;
		if (part.len > 1 && part.str[0] == '0')
			return "a numeric pre-release identifier begins with a zero";
		if (!sk_cel_parse_uint(part.str, part.len, &(uint64_t){ 0 }))
			return "a numeric pre-release identifier is out of range";
	}
	return NULL;
}

/* One of the three numbers; normalised it may begin with zeros. */
static const char *read_number(struct sk_cel_value v, bool normalize, uint64_t *ret)
{
	while (normalize && v.len > 1 && v.str[0] == '0') {
		v.str++;
		v.len--;
	}
	if (!is_number(v))
		return "major, minor and patch must be numbers";
	if (v.len > 1 && v.str[0] == '0')
		return "a number begins with a zero";
	return sk_cel_parse_uint(v.str, v.len, ret) ? NULL : "a number is out of range";
}

/* Cuts v at the first `c`, and gives what follows it. */
static struct sk_cel_value cut(struct sk_cel_value *v, char c, bool *ret_found)
{
	const char *at = v->len > 0 ? memchr(v->str, c, v->len) : NULL;
	struct sk_cel_value rest = sk_cel_string("", 0);

	*ret_found = at != NULL;
	if (at) {
		rest = sk_cel_string(at + 1, (size_t)(v->str + v->len - at) - 1);
		v->len = (uint32_t)(at - v->str);
	}
	return rest;
}

/* "1.2" and "1" as "1.2.0" and "1.0.0": only without what may follow the patch. */
static bool is_short(struct sk_cel_value rest)
{
	return rest.len == 0 ||
	       (!memchr(rest.str, '-', rest.len) && !memchr(rest.str, '+', rest.len));
}

/* NULL, or what is wrong with it. */
static const char *read_semver(struct sk_cel_value v, bool normalize, struct semver *ret)
{
	bool dots[2], pre, build;
	struct sk_cel_value minor, patch, number;
	const char *wrong;

	if (normalize && v.len > 0 && v.str[0] == 'v') {
		v.str++;
		v.len--;
	}
	minor = cut(&v, '.', &dots[0]);
	patch = cut(&minor, '.', &dots[1]);
	if (!dots[1]) {
		if (!normalize)
			return "there are less than three numbers";
		if (!is_short(dots[0] ? minor : v))
			return "a short version has no pre-release and no build";
	}
	number = patch;
	ret->build = cut(&number, '+', &build);
	ret->prerelease = cut(&number, '-', &pre);
	ret->numbers[1] = ret->numbers[2] = 0;
	wrong = read_number(v, normalize, &ret->numbers[0]);
	if (!wrong && dots[0])
		wrong = read_number(minor, normalize, &ret->numbers[1]);
	/* Normalised, what may follow the patch may stand without it: "1.2.-rc". */
	if (!wrong && dots[1] && !(normalize && number.len == 0 && patch.len > 1))
		wrong = read_number(number, normalize, &ret->numbers[2]);
	if (!wrong && pre)
		wrong = check_identifiers(ret->prerelease, true);
	return !wrong && build ? check_identifiers(ret->build, false) : wrong;
}

static bool wants_normalize(const struct sk_cel_value *args, unsigned count)
{
	return count > 1 && args[1].truth;
}

static struct sk_cel_value make(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	struct semver *v = sk_cel_eval_alloc(eval, sizeof(*v));
	const char *wrong;

	if (!v)
		return sk_cel_full(eval);
	v->opaque.type = &type;
	wrong = read_semver(args[0], wants_normalize(args, count), v);
	if (wrong)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "'%.*s' is no semantic version: %s",
				   sk_cel_excerpt(args[0]), args[0].str, wrong);
	return sk_cel_opaque(&v->opaque);
}

static struct sk_cel_value is_semver(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				     unsigned count)
{
	struct semver v;

	return sk_cel_bool(!read_semver(args[0], wants_normalize(args, count), &v));
}

/* ---- numbers and order ---- */

static struct sk_cel_value number_of(struct sk_cel_eval *eval, struct sk_cel_value v, int which)
{
	uint64_t number = semver_of(v)->numbers[which];

	if (number > INT64_MAX)
		return sk_cel_fail(eval, SK_CEL_EVALUE, "integer overflow");
	return sk_cel_int((int64_t)number);
}

static struct sk_cel_value major_(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return number_of(eval, args[0], 0);
}

static struct sk_cel_value minor_(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return number_of(eval, args[0], 1);
}

static struct sk_cel_value patch_(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return number_of(eval, args[0], 2);
}

static struct sk_cel_value compare_to(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	return sk_cel_int(compare(semver_of(args[0]), semver_of(args[1])));
}

static struct sk_cel_value is_less(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	return sk_cel_bool(compare(semver_of(args[0]), semver_of(args[1])) < 0);
}

static struct sk_cel_value is_greater(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	return sk_cel_bool(compare(semver_of(args[0]), semver_of(args[1])) > 0);
}

#define SEMVER "kubernetes.Semver"

static const struct sk_cel_overload overloads[] = {
	{ "semver", "(string) -> " SEMVER, make, .cost = SK_CEL_COST_SCAN },
	{ "semver", "(string, bool) -> " SEMVER, make, .cost = SK_CEL_COST_SCAN },
	{ "isSemver", "(string) -> bool", is_semver, .cost = SK_CEL_COST_SCAN },
	{ "isSemver", "(string, bool) -> bool", is_semver, .cost = SK_CEL_COST_SCAN },
	{ "major", SEMVER ".() -> int", major_ },
	{ "minor", SEMVER ".() -> int", minor_ },
	{ "patch", SEMVER ".() -> int", patch_ },
	{ "compareTo", SEMVER ".(" SEMVER ") -> int", compare_to },
	{ "isLessThan", SEMVER ".(" SEMVER ") -> bool", is_less },
	{ "isGreaterThan", SEMVER ".(" SEMVER ") -> bool", is_greater },
	{ NULL },
};

static const struct sk_cel_opaque_type *const types[] = { &type, NULL };

const struct sk_cel_library sk_cel_library_k8s_semver = {
	.name = "k8s-semver",
	.doc = "Semantic versions as Kubernetes has them: semver('1.2.3'), their parts and order.",
	.overloads = overloads,
	.types = types,
};
