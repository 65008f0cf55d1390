/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/locked.h"

#include "analyze/ownership.h"
#include "base/map.h"

/*
 * Of each installed package "=" and its package URL without qualifiers, "type\nname", and "type\nfolder/" of each
 * folder above it.
 */
struct installed {
	struct sk_arena arena;
	struct sk_map keys;
};

static void add_key(struct installed *in, const char *type, struct sk_span rest)
{
	const char *key = sk_arena_printf(&in->arena, "%s\n%.*s", type, (int)rest.len, rest.ptr ? rest.ptr : "");

	sk_map_put(&in->keys, sk_span_str(key), in);
}

static bool has_key(const struct installed *in, struct sk_buf *key, const char *type, struct sk_span rest)
{
	sk_buf_reset(key);
	sk_buf_printf(key, "%s\n%.*s", type, (int)rest.len, rest.ptr ? rest.ptr : "");
	return sk_map_get(&in->keys, sk_buf_view(key)) != NULL;
}

static struct sk_span full_name(struct sk_buf *buf, const struct sk_package *p)
{
	sk_buf_reset(buf);
	sk_buf_printf(buf, "%s/%s", p->ns ? p->ns : "", p->name);
	return sk_buf_view(buf);
}

/* Spelling rules of its type are settled in a package URL. */
static struct sk_span bare_purl(const struct sk_package *p)
{
	struct sk_span purl = sk_span_str(p->purl);
	ptrdiff_t end = sk_span_chr(purl, '?');

	return end < 0 ? purl : sk_span_sub(purl, 0, (size_t)end);
}

static void add_installed(struct installed *in, const struct sk_package *p)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 }, key = { 0 };
	struct sk_span path = sk_span_str(p->path);

	if (p->version)
		add_key(in, "=", bare_purl(p));
	add_key(in, p->type, full_name(&name, p));
	/* From the innermost folder outwards, until one is known: then those above it are too. */
	for (size_t i = path.len; i > 0; i--) {
		if (path.ptr[i - 1] != '/')
			continue;
		if (has_key(in, &key, p->type, sk_span(path.ptr, i)))
			return;
		add_key(in, p->type, sk_span(path.ptr, i));
	}
	add_key(in, p->type, sk_span("", 0));
}

static bool is_superseded(const struct installed *in, const struct sk_package *p, bool image)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 }, key = { 0 };
	struct sk_span dir = sk_span_dirname(sk_span_str(p->path));

	if (has_key(in, &key, "=", bare_purl(p)))
		return true;
	if (!image)
		return false;
	if (p->flags & SK_PACKAGE_DEV)
		return true;
	if (has_key(in, &key, p->type, full_name(&name, p)))
		return true;
	if (dir.len)
		dir.len++; /* with its '/' */
	return has_key(in, &key, p->type, dir);
}

static bool is_installed(const struct sk_package *p)
{
	return (p->flags & SK_PACKAGE_INSTALLED) && !(p->flags & SK_PACKAGE_OWNED) && !sk_type_is_os(p->type);
}

static bool is_locked(const struct sk_package *p)
{
	return !(p->flags & (SK_PACKAGE_INSTALLED | SK_PACKAGE_MAIN)) && !sk_type_is_os(p->type);
}

void sk_drop_locked(struct sk_inventory *inv)
{
	bool image = inv->artifact.type == SK_ARTIFACT_IMAGE;
	struct installed in = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < inv->package_count; i++)
		if (is_installed(inv->packages[i]))
			add_installed(&in, inv->packages[i]);
	for (size_t i = 0; i < inv->package_count; i++)
		if (!is_locked(inv->packages[i]) || !is_superseded(&in, inv->packages[i], image))
			inv->packages[kept++] = inv->packages[i];
	inv->package_count = kept;
	sk_map_release(&in.keys);
	sk_arena_release(&in.arena);
}
