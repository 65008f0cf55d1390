/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/purl-type.h"

#include "base/mem.h"

/* Rules that go beyond flags; return what is wrong, or NULL. */
typedef const char *(*special_fn)(struct sk_purl *purl, struct sk_arena *arena);

static char *replace(const char *s, char from, char to, struct sk_arena *arena)
{
	char *copy = sk_arena_str(arena, s);

	for (char *p = copy; *p; p++) {
		if (*p == from)
			*p = to;
	}
	return copy;
}

static const char *pypi(struct sk_purl *purl, struct sk_arena *arena)
{
	purl->name = replace(purl->name, '_', '-', arena);
	return NULL;
}

/* Dart names have lower-case letters, digits and '_'. */
static const char *pub(struct sk_purl *purl, struct sk_arena *arena)
{
	char *name = sk_arena_str(arena, purl->name);

	for (char *p = name; *p; p++) {
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')))
			*p = '_';
	}
	purl->name = name;
	return NULL;
}

/* Databricks ignores the case of model names, Azure does not. */
static const char *mlflow(struct sk_purl *purl, struct sk_arena *arena)
{
	const char *url = sk_purl_qualifier(purl, "repository_url");

	if (url && strstr(url, "databricks"))
		purl->name = sk_purl_lower(purl->name, arena);
	return NULL;
}

/* A distribution (libwww-perl) is meant, never a module (LWP::UserAgent). */
static const char *cpan(struct sk_purl *purl, struct sk_arena *arena)
{
	return strstr(purl->name, "::") ? "a cpan name is a distribution's, without \"::\"" : NULL;
}

static const char *julia(struct sk_purl *purl, struct sk_arena *arena)
{
	return sk_purl_qualifier(purl, "uuid") ? NULL : "julia needs the qualifier uuid";
}

static const char *swid(struct sk_purl *purl, struct sk_arena *arena)
{
	return sk_purl_qualifier(purl, "tag_id") ? NULL : "swid needs the qualifier tag_id";
}

static const char *chrome_extension(struct sk_purl *purl, struct sk_arena *arena)
{
	unsigned dots = 0;
	char before = '.';

	if (strlen(purl->name) != 32 || strspn(purl->name, "abcdefghijklmnop") != 32)
		return "a chrome-extension is 32 letters from a to p";
	for (const char *p = purl->version ? purl->version : "0"; *p; before = *p++) {
		if (*p == '.' && (before == '.' || ++dots > 3))
			return "a chrome-extension's version is one to four numbers";
		if (*p != '.' && (*p < '0' || *p > '9'))
			return "a chrome-extension's version is one to four numbers";
	}
	return purl->version && before == '.' ? "a version ends with a dot" : NULL;
}

/* Hosts that ignore the case of repositories. */
static const char *git(struct sk_purl *purl, struct sk_arena *arena)
{
	static const char *const hosts[] = { "github", "github.com", "bitbucket", "bitbucket.org" };

	for (size_t i = 0; i < SK_COUNT(hosts); i++) {
		if (!strcmp(purl->ns, hosts[i]))
			purl->name = sk_purl_lower(purl->name, arena);
	}
	return NULL;
}

/*
 * From the type definitions that the package-url project publishes. Where
 * theirs demands a namespace but tools in use write purls without one
 * (golang/stdlib, deb, rpm, apk, maven), ours does not.
 */
static const struct type_rules {
	const char *type;
	unsigned rules;
	special_fn special;
} types[] = {
	{ "alpm", SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER },
	{ "apk", SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER },
	{ "bazel", SK_PURL_NS_NEVER },
	{ "bitbucket", SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER | SK_PURL_NS_NEEDED },
	{ "bitnami", SK_PURL_NS_NEVER | SK_PURL_NAME_LOWER },
	{ "brew", SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER },
	{ "cargo", SK_PURL_NS_NEVER },
	{ "chrome-extension", SK_PURL_NS_NEVER | SK_PURL_NAME_LOWER, chrome_extension },
	{ "cocoapods", SK_PURL_NS_NEVER },
	{ "composer", SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER },
	{ "conda", SK_PURL_NS_NEVER },
	{ "cpan", 0, cpan },
	{ "cran", SK_PURL_NS_NEVER },
	{ "deb", SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER },
	{ "gem", SK_PURL_NS_NEVER },
	{ "git", SK_PURL_NS_NEEDED | SK_PURL_NS_LOWER | SK_PURL_PATH_NAME, git },
	{ "github", SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER | SK_PURL_NS_NEEDED },
	{ "hackage", SK_PURL_NS_NEVER },
	{ "hex", SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER },
	{ "huggingface", SK_PURL_VERSION_LOWER },
	{ "julia", SK_PURL_NS_NEVER, julia },
	{ "luarocks", SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER },
	{ "mlflow", SK_PURL_NS_NEVER, mlflow },
	{ "nuget", SK_PURL_NS_NEVER },
	{ "oci", SK_PURL_NS_NEVER | SK_PURL_NAME_LOWER | SK_PURL_VERSION_LOWER },
	{ "opam", SK_PURL_NS_NEVER },
	{ "otp", SK_PURL_NS_NEVER | SK_PURL_NAME_LOWER },
	{ "pub", SK_PURL_NS_NEVER | SK_PURL_NAME_LOWER, pub },
	{ "pypi", SK_PURL_NS_NEVER | SK_PURL_NAME_LOWER, pypi },
	{ "qpkg", SK_PURL_NS_LOWER | SK_PURL_NS_NEEDED },
	{ "rpm", SK_PURL_NS_LOWER },
	{ "swid", 0, swid },
	{ "swift", SK_PURL_NS_NEEDED },
	{ "vcpkg", SK_PURL_NS_NEVER },
	{ "vscode-extension",
	  SK_PURL_NS_LOWER | SK_PURL_NAME_LOWER | SK_PURL_VERSION_LOWER | SK_PURL_NS_NEEDED },
	{ "yocto", SK_PURL_NS_LOWER },
};

static const struct type_rules *find(const char *type)
{
	for (size_t i = 0; i < SK_COUNT(types); i++) {
		if (!strcmp(types[i].type, type))
			return &types[i];
	}
	return NULL;
}

unsigned sk_purl_rules(const char *type)
{
	const struct type_rules *t = find(type);

	return t ? t->rules : 0;
}

char *sk_purl_lower(const char *s, struct sk_arena *arena)
{
	char *copy = sk_arena_str(arena, s);

	for (char *p = copy; p && *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p |= 32;
	}
	return copy;
}

int sk_purl_apply_type(struct sk_purl *purl, struct sk_arena *arena, struct sk_err *err)
{
	const struct type_rules *t = find(purl->type);
	const char *wrong = NULL;

	if (!t)
		return 0;
	if (t->rules & SK_PURL_NS_LOWER)
		purl->ns = sk_purl_lower(purl->ns, arena);
	if (t->rules & SK_PURL_NAME_LOWER)
		purl->name = sk_purl_lower(purl->name, arena);
	if (t->rules & SK_PURL_VERSION_LOWER)
		purl->version = sk_purl_lower(purl->version, arena);
	if ((t->rules & SK_PURL_NS_NEVER) && purl->ns)
		wrong = "this type has no namespace";
	else if ((t->rules & SK_PURL_NS_NEEDED) && !purl->ns)
		wrong = "this type needs a namespace";
	else if (t->special)
		wrong = t->special(purl, arena);
	return wrong ? sk_err_set(err, SK_EINVAL, "package URL: %s: %s", purl->type, wrong) : 0;
}
