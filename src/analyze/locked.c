/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/locked.h"

#include "analyze/ownership.h"
#include "base/map.h"

/* Keys: "type\nname" of each installed package, and "type\nfolder/" of each folder above one. */
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

static void add_installed(struct installed *in, const struct sk_package *p)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 }, key = { 0 };
	struct sk_span path = sk_span_str(p->path);

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

static bool is_superseded(const struct installed *in, const struct sk_package *p)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 }, key = { 0 };
	struct sk_span dir = sk_span_dirname(sk_span_str(p->path));

	if (p->flags & SK_PACKAGE_DEV)
		return true;
	if (has_key(in, &key, p->type, full_name(&name, p)))
		return true;
	if (dir.len)
		dir.len++; /* with its '/' */
	return has_key(in, &key, p->type, dir);
}

static bool is_locked(const struct sk_package *p)
{
	return !(p->flags & (SK_PACKAGE_INSTALLED | SK_PACKAGE_MAIN)) && !sk_type_is_os(p->type);
}

void sk_drop_not_installed(struct sk_inventory *inv)
{
	struct installed in = { 0 };
	size_t kept = 0;

	if (inv->artifact.type != SK_ARTIFACT_IMAGE)
		return;
	for (size_t i = 0; i < inv->package_count; i++)
		if (inv->packages[i]->flags & SK_PACKAGE_INSTALLED && !sk_type_is_os(inv->packages[i]->type))
			add_installed(&in, inv->packages[i]);
	for (size_t i = 0; i < inv->package_count; i++)
		if (!is_locked(inv->packages[i]) || !is_superseded(&in, inv->packages[i]))
			inv->packages[kept++] = inv->packages[i];
	inv->package_count = kept;
	sk_map_release(&in.keys);
	sk_arena_release(&in.arena);
}
