/* SPDX-License-Identifier: Apache-2.0 */
#include "report/action.h"

#include "base/map.h"
#include "vuln/version.h"

/* Distribution packages up to this many are named in the command; above, all are upgraded. */
enum { NAMED_PACKAGES = 4 };

/* The findings that one action settles. */
struct group {
	bool distribution;
	const struct sk_finding *best; /* the one with the highest fixed version, or the only one */
	struct sk_action action;
	struct sk_map packages; /* names */
};

void sk_actions_release(struct sk_actions *actions)
{
	sk_arena_release(&actions->arena);
	sk_vec_release(&actions->list);
}

/* Names that a shell takes as they are: they stand in commands that people paste. */
static bool is_plain(struct sk_span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      strchr("+.:_@/", c) || (c == '-' && i > 0)) ||
		    !c)
			return false;
	}
	return name.len > 0 && name.len < 100;
}

/* The tool that a distribution updates packages with: all of them, or those whose names follow. */
static const struct tool {
	const char *type;
	const char *ids; /* os-release ids, separated by blanks; NULL: all others */
	const char *all, *some;
} tools[] = {
	{ "deb", NULL, "apt-get update && apt-get -y upgrade",
	  "apt-get update && apt-get -y install --only-upgrade" },
	{ "apk", NULL, "apk upgrade --no-cache", "apk upgrade --no-cache" },
	{ "rpm", "sles sled sle-micro opensuse-leap opensuse-tumbleweed opensuse suse",
	  "zypper --non-interactive update", "zypper --non-interactive update" },
	{ "rpm", "photon azurelinux mariner", "tdnf -y update", "tdnf -y update" },
	{ "rpm", NULL, "dnf -y upgrade", "dnf -y upgrade" },
	{ "alpm", NULL, "pacman -Syu --noconfirm", "pacman -Syu --noconfirm" },
	{ "opkg", NULL, "opkg update && opkg upgrade", "opkg update && opkg upgrade" },
};

static const struct tool *find_tool(const struct sk_package *p)
{
	struct sk_span id = sk_span_str(p->os ? p->os->id : NULL), rest, word;

	for (size_t i = 0; i < SK_COUNT(tools); i++) {
		if (strcmp(tools[i].type, p->type) != 0)
			continue;
		if (!tools[i].ids)
			return &tools[i];
		rest = sk_span_str(tools[i].ids);
		while (sk_span_split(&rest, ' ', &word))
			if (sk_span_eq(word, id))
				return &tools[i];
	}
	return NULL;
}

static const char *system_command(struct sk_actions *actions, const struct group *g)
{
	const struct tool *tool = find_tool(g->best->package);
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	bool named = g->packages.entries.len <= NAMED_PACKAGES;

	if (!tool)
		return g->best->remedy;
	for (size_t i = 0; named && i < g->packages.entries.len; i++)
		named = is_plain(g->packages.entries.data[i].key);
	sk_buf_puts(&buf, named ? tool->some : tool->all);
	for (size_t i = 0; named && i < g->packages.entries.len; i++) {
		sk_buf_putc(&buf, ' ');
		sk_buf_span(&buf, g->packages.entries.data[i].key);
	}
	return sk_arena_str(&actions->arena, sk_buf_str(&buf));
}

static void describe_system(struct sk_actions *actions, struct group *g)
{
	const struct sk_package *p = g->best->package;
	size_t n = g->packages.entries.len;
	const char *system = p->os ? sk_report_os_name(p->os) : p->type;

	if (n == 1)
		g->action.what = sk_arena_printf(&actions->arena, "Update the package %s of %s",
						 p->name, system);
	else
		g->action.what =
		    sk_arena_printf(&actions->arena, "Update %zu packages of %s", n, system);
	if (p->root && p->root[0])
		g->action.where = p->root;
	/* Distroless images have no tool to update packages with. */
	g->action.command = p->path && strstr(p->path, "status.d/")
				? "rebuild on the current base image"
				: system_command(actions, g);
}

static void describe_package(struct sk_actions *actions, struct group *g)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };
	const struct sk_finding *f = g->best;

	sk_report_name(f->package, &name);
	g->action.what = sk_arena_printf(&actions->arena, "Update %s to %s", sk_buf_str(&name),
					 f->fixed_version);
	g->action.where = sk_report_path(f);
	g->action.command = f->remedy;
}

static void describe_other(struct sk_actions *actions, struct group *g)
{
	const struct sk_finding *f = g->best;
	struct sk_span what = sk_span_trim(sk_span_str(f->remedy));

	if (sk_span_ends(what, "."))
		what.len--;
	g->action.what = sk_arena_dup(&actions->arena, what);
	g->action.join = ": ";
	g->action.where = sk_report_path(f);
}

/* Whether a is a later version of the package's scheme. */
static bool is_later(const struct sk_package *p, const char *a, const char *b)
{
	const struct sk_scheme *scheme = sk_scheme_find(sk_span_str(p->type));

	return scheme ? scheme->compare(sk_span_str(a), sk_span_str(b)) > 0 : strcmp(a, b) > 0;
}

static char *group_key(struct sk_arena *arena, const struct sk_finding *f)
{
	const struct sk_package *p = f->package;
	const char *path = sk_report_path(f);

	if (f->kind != SK_FINDING_VULNERABILITY || !p)
		return sk_arena_printf(arena, "f\t%p", (const void *)f);
	if (sk_report_is_distribution(p))
		return sk_arena_printf(arena, "s\t%s\t%s", p->type, p->root ? p->root : "");
	return sk_arena_printf(arena, "p\t%s\t%s\t%s\t%s", p->type, p->ns ? p->ns : "", p->name,
			       path ? path : "");
}

static void group_add(struct group *g, const struct sk_finding *f)
{
	const struct sk_package *p = f->package;

	if (!g->best)
		g->best = f;
	else if (p && f->fixed_version && !g->distribution &&
		 is_later(p, f->fixed_version, g->best->fixed_version))
		g->best = f;
	if (p)
		sk_map_put(&g->packages, sk_span_str(p->name), g);
	g->action.fixes++;
	g->action.kev += f->kev;
	g->action.severity[f->severity]++;
}

/* Exploited ones first, then by how many of the worst severities it settles. */
static int cmp_action(const void *a, const void *b)
{
	const struct sk_action *x = a, *y = b;

	if (x->kev != y->kev)
		return x->kev > y->kev ? -1 : 1;
	for (int s = SK_SEVERITY_CRITICAL; s >= 0; s--)
		if (x->severity[s] != y->severity[s])
			return x->severity[s] > y->severity[s] ? -1 : 1;
	return x->what && y->what ? strcmp(x->what, y->what) : 0;
}

static bool has_way_out(const struct sk_finding *f)
{
	if (f->kind == SK_FINDING_VULNERABILITY)
		return f->fixed_version && f->package;
	return f->kind != SK_FINDING_COVERAGE && f->remedy;
}

void sk_report_actions(const struct sk_result *result, struct sk_actions *actions)
{
	struct sk_map groups = { 0 };

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct sk_finding *f = result->findings[i];
		struct group **slot;

		if (!has_way_out(f)) {
			actions->unfixed += f->kind == SK_FINDING_VULNERABILITY;
			continue;
		}
		slot = (struct group **)sk_map_at(&groups,
						  sk_span_str(group_key(&actions->arena, f)), NULL);
		if (!*slot) {
			*slot = sk_arena_alloc(&actions->arena, sizeof(**slot));
			(*slot)->distribution = f->kind == SK_FINDING_VULNERABILITY &&
						sk_report_is_distribution(f->package);
		}
		(*slot)->action.join = " in ";
		group_add(*slot, f);
	}
	for (size_t i = 0; i < groups.entries.len; i++) {
		struct group *g = groups.entries.data[i].value;

		if (g->distribution)
			describe_system(actions, g);
		else if (g->best->kind == SK_FINDING_VULNERABILITY)
			describe_package(actions, g);
		else
			describe_other(actions, g);
		*sk_vec_push(&actions->list) = g->action;
		sk_map_release(&g->packages);
	}
	sk_map_release(&groups);
	if (actions->list.len)
		qsort(actions->list.data, actions->list.len, sizeof(struct sk_action), cmp_action);
}

void sk_action_effect(const struct sk_action *action, struct sk_buf *buf)
{
	const char *separator = ": ";

	sk_buf_printf(buf, "%zu finding%s", action->fixes, action->fixes == 1 ? "" : "s");
	if (action->kev) {
		sk_buf_printf(buf, "%s%zu exploited", separator, action->kev);
		separator = ", ";
	}
	for (int s = SK_SEVERITY_CRITICAL; s >= SK_SEVERITY_HIGH; s--) {
		if (!action->severity[s])
			continue;
		sk_buf_printf(buf, "%s%zu %s", separator, action->severity[s],
			      sk_severity_name((enum sk_severity)s));
		separator = ", ";
	}
}
