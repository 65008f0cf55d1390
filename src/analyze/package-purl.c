/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/package.h"
#include "analyze/purl-type.h"

#include "base/mem.h"

/*
 * The package URL of a package that was found. Names come from anywhere, so
 * that nothing is refused here: what breaks a rule of its type is written as
 * it is, well encoded.
 */
enum { MOST_QUALIFIERS = 32 };

struct builder {
	struct sk_purl purl;
	struct sk_purl_qualifier list[MOST_QUALIFIERS];
	struct sk_arena *arena;
};

static bool is(const struct sk_package *p, const char *type)
{
	return !strcmp(p->type, type);
}

static bool is_distribution(const struct sk_package *p)
{
	return is(p, "deb") || is(p, "rpm") || is(p, "apk") || is(p, "alpm");
}

/* Inserts a qualifier in order; the first one of a key stays. */
static void add(struct builder *b, const char *key, const char *value)
{
	size_t n = b->purl.qualifier_count, i = 0;

	if (!value || !*value || n == MOST_QUALIFIERS)
		return;
	while (i < n && strcmp(b->list[i].key, key) < 0)
		i++;
	if (i < n && !strcmp(b->list[i].key, key))
		return;
	memmove(&b->list[i + 1], &b->list[i], (n - i) * sizeof(b->list[0]));
	b->list[i] = (struct sk_purl_qualifier){ key, value };
	b->purl.qualifier_count++;
}

/* "key=value&...", encoded: read by the parser of purls, so that it is written the one way. */
static void add_encoded(struct builder *b, const char *qualifiers)
{
	const char *text = sk_arena_printf(b->arena, "pkg:generic/x?%s", qualifiers);
	struct sk_purl parsed;

	if (sk_purl_parse(&parsed, sk_span_str(text), b->arena, NULL) < 0)
		return;
	for (size_t i = 0; i < parsed.qualifier_count; i++)
		add(b, parsed.qualifiers[i].key, parsed.qualifiers[i].value);
}

static void add_distro(struct builder *b, const struct sk_os *os)
{
	if (!os || !os->id)
		return;
	const char *version = os->point ? os->point : os->version;

	if (version && *version)
		add(b, "distro", sk_arena_printf(b->arena, "%s-%s", os->id, version));
	else
		add(b, "distro", os->id);
}

/* An rpm's epoch is a qualifier, not a part of the version. */
static const char *without_epoch(const char *version, struct sk_arena *arena,
				 const char **ret_epoch)
{
	size_t n = version ? strspn(version, "0123456789") : 0;

	if (!n || version[n] != ':')
		return version;
	*ret_epoch = sk_arena_dup(arena, sk_span(version, n));
	return version + n + 1;
}

/* The source package as other tools write it: rpm's file name, deb's name@version, apk's name. */
static void add_upstream(struct builder *b, const struct sk_package *p)
{
	const char *name = p->source_name, *version = p->source_version, *epoch = NULL;

	if (is(p, "rpm")) {
		if (!name)
			return;
		version = without_epoch(version ? version : p->version, b->arena, &epoch);
		add(b, "upstream",
		    sk_arena_printf(b->arena, "%s-%s.src.rpm", name, version ? version : ""));
		return;
	}
	if (is(p, "deb") && version) {
		add(b, "upstream",
		    sk_arena_printf(b->arena, "%s@%s", name ? name : p->name, version));
		return;
	}
	if (name && strcmp(name, p->name) != 0)
		add(b, "upstream", name);
}

char *sk_package_purl(const struct sk_package *p, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct builder b = { .arena = arena };
	const char *epoch = NULL;

	b.purl = (struct sk_purl){ .type = p->type,
				   .ns = p->ns,
				   .name = p->name,
				   .version = p->version,
				   .qualifiers = b.list };
	if (is_distribution(p)) {
		if (!p->ns && p->os)
			b.purl.ns = p->os->id;
		add(&b, "arch", p->arch);
		add_distro(&b, p->os);
		add_upstream(&b, p);
	}
	if (is(p, "rpm")) {
		b.purl.version = without_epoch(p->version, arena, &epoch);
		add(&b, "epoch", epoch);
		add(&b, "rpmmod", p->module);
	}
	if (p->qualifiers)
		add_encoded(&b, p->qualifiers);
	sk_purl_apply_type(&b.purl, arena, NULL); /* for its spelling */
	sk_purl_write(&buf, &b.purl);
	return sk_arena_dup(arena, sk_buf_view(&buf));
}
