/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The extension libraries' readers of text. The input is two texts with a line
 * end between them, `s` and `t`; laws over them, in the language itself, hold
 * for all texts.
 */
#include "policy/cel/function.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each is true. Of those that begin with '?' an error is an answer too. */
static const char *const laws[] = {
	/* quantities */
	"!isQuantity(s) || quantity(s).compareTo(quantity(s)) == 0",
	"?!isQuantity(s) || quantity(s).sub(quantity(s)).sign() == 0",
	"!isQuantity(s) || !quantity(s).isInteger() || "
	"quantity(string(quantity(s).asInteger())) == quantity(s)",
	"!isQuantity(s) || !isQuantity(t) || "
	"quantity(s).compareTo(quantity(t)) == -quantity(t).compareTo(quantity(s))",
	"?!isQuantity(s) || !isQuantity(t) || "
	"quantity(s).add(quantity(t)) == quantity(t).add(quantity(s))",
	"?!isQuantity(s) || !isQuantity(t) || "
	"quantity(s).add(quantity(t)).sub(quantity(t)) == quantity(s)",
	"?!isQuantity(s) || quantity(s).add(1).isGreaterThan(quantity(s))",
	"!isQuantity(s) || math.sign(quantity(s).asApproximateFloat()) in "
	"[double(sign(quantity(s))), 0.0]",
	/* versions */
	"!isSemver(s) || (isSemver(s, true) && semver(s) == semver(s, true))",
	"!isSemver(s, true) || !isSemver(t, true) || semver(s, true).compareTo(semver(t, true)) "
	"== -semver(t, true).compareTo(semver(s, true))",
	/* networks */
	"!isIP(s) || (ip(string(ip(s))) == ip(s) && ip.isCanonical(string(ip(s))))",
	"!isCIDR(s) || (cidr(string(cidr(s))) == cidr(s) && cidr(s).masked().isMask())",
	"!isCIDR(s) || (cidr(s).containsIP(cidr(s).ip()) && "
	"cidr(s).masked().containsCIDR(cidr(s)))",
	"!isCIDR(s) || !isCIDR(t) || !cidr(s).containsCIDR(cidr(t)) || "
	"cidr(s).containsIP(cidr(t).ip())",
	/* URLs */
	"isURL(s) == !format.uri().validate(s).hasValue()",
	"?!isURL(s) || url(s).getHostname().size() + url(s).getPort().size() <= "
	"url(s).getHost().size()",
	"?!isURL(s) || url(s).getQuery().all(k, v, v.size() > 0)",
	"?!isURL(s) || url(s).getEscapedPath().size() >= 0",
	/* formats */
	"format.dns1123Label().validate(s).hasValue() || "
	"!format.dns1123Subdomain().validate(s).hasValue()",
	"format.dns1035Label().validate(s).hasValue() || "
	"!format.dns1123Label().validate(s).hasValue()",
	"format.dns1123Label().validate(s).hasValue() || "
	"!format.labelValue().validate(s).hasValue()",
	"format.labelValue().validate(s).hasValue() || s == '' || "
	"!format.qualifiedName().validate(s).hasValue()",
	"format.dns1123Label().validate(s).hasValue() || "
	"!format.dns1123LabelPrefix().validate(s + '-').hasValue()",
	"format.date().validate(s).hasValue() || "
	"!format.datetime().validate(s + 'T00:00:00Z').hasValue()",
	"?format.byte().validate(s).hasValue() || size(base64.decode(s)) > 0",
	"format.uuid().validate(s).hasValue() || s.replace('-', '').size() == 32",
	/* texts */
	"base64.decode(base64.encode(bytes(s))) == bytes(s)",
	"?base64.decode(base64.encode(base64.decode(s))) == base64.decode(s)",
	"s.split(t).join(t) == s && s.replace(t, t) == s",
	"s.split(t, 2).join(t) == s && s.split(t, 2).size() <= 2",
	"s.reverse().reverse() == s && s.reverse().size() == s.size()",
	"s.trim().trim() == s.trim() && s.lowerAscii().upperAscii() == s.upperAscii()",
	"s.contains(t) ? s.substring(s.indexOf(t)).startsWith(t) : s.indexOf(t) == -1",
	"s.contains(t) ? s.substring(s.lastIndexOf(t)).startsWith(t) : s.lastIndexOf(t) == -1",
	"!s.contains(t) || "
	"s.lastIndexOf(t) == s.size() - t.size() - s.reverse().indexOf(t.reverse())",
	"strings.quote(s).size() >= s.size() + 2",
	"s.split('').sort().isSorted() && sets.equivalent(s.split(''), s.split('').distinct())",
	"?s.format([t, 1, 1.5, true, [t, null], {t: t, 1: 2u}]).size() >= 0",
	"?s.format([1, 2, 3, 4]).size() >= 0",
	"?s.format([-1.25e300, 0.1, 1e-300]).size() >= 0",
	"?s.format([bytes(t), timestamp(0), duration('1s'), type(s)]).size() >= 0",
};

#define LAWS (sizeof(laws) / sizeof(laws[0]))

/*
 * What a text makes is what its printed form makes. With '?' there may be no
 * such form: an exponent at its bound, an authority that is empty.
 */
static const char *const makers[] = {
	"?quantity(s)", "semver(s)", "semver(s, true)", "?url(s)", "ip(s)", "cidr(s)",
};

#define MAKERS (sizeof(makers) / sizeof(makers[0]))

static struct {
	struct sk_cel_env *env;
	struct sk_cel_eval *eval;
	struct sk_cel_program *laws[LAWS], *makers[MAKERS];
} world;

static void need(bool right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static struct sk_cel_program *compile(const char *text)
{
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_program *program = sk_cel_compile(world.env, text, strlen(text), 0, &issues);

	need(program, issues.first ? issues.first->text : text);
	sk_cel_issues_release(&issues);
	return program;
}

static void set_up(void)
{
	world.env = sk_cel_env_new();
	world.eval = sk_cel_eval_new();
	for (size_t i = 0; sk_cel_libraries[i]; i++)
		need(sk_cel_env_library(world.env, sk_cel_libraries[i], NULL) == 0, "library");
	need(sk_cel_env_variable(world.env, "s", "string", NULL) == 0, "s");
	need(sk_cel_env_variable(world.env, "t", "string", NULL) == 1, "t");
	for (size_t i = 0; i < LAWS; i++)
		world.laws[i] = compile(laws[i] + (laws[i][0] == '?'));
	for (size_t i = 0; i < MAKERS; i++)
		world.makers[i] = compile(makers[i] + (makers[i][0] == '?'));
}

static struct sk_cel_value run(const struct sk_cel_program *program, struct sk_cel_value s,
			       struct sk_cel_value t)
{
	struct sk_cel_value slots[2] = { s, t };
	struct sk_cel_activation activation = { .slots = slots, .count = 2 };

	return sk_cel_run(program, world.eval, &activation);
}

static bool is_limit(struct sk_cel_value v)
{
	return v.kind == SK_CEL_ERROR && v.error->code == SK_CEL_ELIMIT;
}

static void check_law(size_t i, struct sk_cel_value s, struct sk_cel_value t)
{
	struct sk_cel_limits limits = { .cost = 1000000, .memory = 16 << 20 };
	struct sk_cel_value v;

	sk_cel_eval_reset(world.eval, &limits);
	v = run(world.laws[i], s, t);
	if (!is_limit(v) && !(v.kind == SK_CEL_ERROR && laws[i][0] == '?'))
		need(sk_cel_is_true(v), v.kind == SK_CEL_ERROR ? v.error->text : laws[i]);
}

static void check_maker(size_t i, struct sk_cel_value s)
{
	struct sk_cel_limits limits = { .memory = 16 << 20 };
	struct sk_cel_value first, text, second;

	sk_cel_eval_reset(world.eval, &limits);
	first = run(world.makers[i], s, s);
	if (first.kind == SK_CEL_ERROR)
		return;
	text = first.opaque->type->text(sk_cel_eval_arena(world.eval), first.opaque);
	need(text.kind == SK_CEL_STRING, "text");
	second = run(world.makers[i], text, text);
	need(second.kind == SK_CEL_ERROR ? makers[i][0] == '?' : sk_cel_equal(first, second),
	     makers[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = memchr(text, '\n', size);
	size_t len = end ? (size_t)(end - text) : size;
	struct sk_cel_arena arena = { 0 };
	struct sk_cel_value s, t;

	if (!world.env)
		set_up();
	s = sk_cel_string_checked(&arena, text, len);
	t = sk_cel_string_checked(&arena, end ? end + 1 : "", end ? size - len - 1 : 0);
	if (s.kind == SK_CEL_STRING && t.kind == SK_CEL_STRING) {
		for (size_t i = 0; i < LAWS; i++)
			check_law(i, s, t);
		for (size_t i = 0; i < MAKERS; i++)
			check_maker(i, s);
	}
	sk_cel_arena_release(&arena);
	return 0;
}
