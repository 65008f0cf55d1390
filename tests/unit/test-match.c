/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The matcher, by cases in data/match/: each file has advisories in the OSV
 * schema, an operating system, packages, and the findings that are expected,
 * one line each (see line_of). The database is built in memory.
 */
#include "tap.h"

#include "base/fd.h"
#include "base/limits.h"
#include "vuln/build.h"
#include "vuln/match.h"

#include <dirent.h>

struct lines {
	SK_VEC(const char *) list;
};

static int str_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_lines(struct lines *lines)
{
	if (lines->list.len)
		qsort(lines->list.data, lines->list.len, sizeof(char *), str_cmp);
}

static void build(const struct sk_node *root, struct sk_builder *b,
		  struct sk_buf sections[SK_SECTION_COUNT], struct sk_db **ret_db)
{
	struct sk_db_sections spans;
	struct sk_err err = SK_ERR_INIT;

	sk_node_each(node, sk_node_get(root, "advisories"))
	{
		struct sk_advisory adv;

		if (sk_osv_read(node, &b->arena, &adv, &err) < 0)
			printf("# %s\n", err.text);
		else
			sk_builder_add(b, &adv);
	}
	sk_node_each(node, sk_node_get(root, "kev"))
	{
		struct sk_kev kev = { .cve = sk_node_str(node), .due = SK_SPAN_LIT("2026-01-01") };

		sk_builder_kev(b, &kev);
	}
	sk_node_each(node, sk_node_get(root, "epss"))
	{
		struct sk_epss epss = { node->key, sk_node_float(node, 0), 0.5 };

		sk_builder_epss(b, &epss);
	}
	if (sk_builder_sections(b, sections, &err) < 0)
		printf("# %s\n", err.text);
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		spans.at[i] = sk_buf_view(&sections[i]);
	ok(sk_db_attach(&spans, 0, ret_db, &err) == 0, "attached");
	ok(sk_db_check(*ret_db, &err) == 0, "checked %s", err.text);
}

static const char *field(const struct sk_node *node, const char *key)
{
	return sk_node_cstr(sk_node_get(node, key));
}

static struct sk_os *read_os(const struct sk_node *node, struct sk_arena *arena)
{
	struct sk_os *os = sk_arena_alloc(arena, sizeof(*os));

	if (!node)
		return NULL;
	os->id = field(node, "id");
	os->version = field(node, "version") ? field(node, "version") : "";
	os->codename = field(node, "codename");
	os->name = field(node, "name");
	os->root = "";
	return os;
}

static struct sk_package *read_package(const struct sk_node *node, const struct sk_os *os,
				       struct sk_arena *arena)
{
	static const struct {
		const char *name;
		unsigned flag;
	} flags[] = { { "owned", SK_PACKAGE_OWNED },
		      { "foreign", SK_PACKAGE_FOREIGN },
		      { "main", SK_PACKAGE_MAIN },
		      { "installed", SK_PACKAGE_INSTALLED } };
	struct sk_package *p = sk_arena_alloc(arena, sizeof(*p));

	p->type = field(node, "type");
	p->ns = field(node, "ns");
	p->name = field(node, "name");
	p->version = field(node, "version");
	p->source_name = field(node, "source");
	p->source_version = field(node, "sourceVersion");
	p->module = field(node, "module");
	p->path = "somewhere";
	p->root = "";
	p->os = os;
	for (size_t i = 0; i < SK_COUNT(flags); i++)
		if (sk_node_bool(sk_node_get(node, flags[i].name), false))
			p->flags |= flags[i].flag;
	return p;
}

static void read_inventory(const struct sk_node *root, struct sk_inventory *inv)
{
	const struct sk_node *packages = sk_node_get(root, "packages");
	struct sk_os *os = read_os(sk_node_get(root, "os"), &inv->arena);

	inv->packages = sk_arena_alloc(&inv->arena, 64 * sizeof(*inv->packages));
	sk_node_each(node, packages) inv->packages[inv->package_count++] =
	    read_package(node, os, &inv->arena);
}

/*
 * "name version: ID (ALIAS ALIAS) severity/source fixed VERSION [kev] | remedy", the remedy
 * and the title only where the case's "show" asks for them.
 */
static const char *line_of(const struct sk_finding *f, const char *show, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf line = { 0 };

	if (f->kind == SK_FINDING_COVERAGE) {
		sk_buf_printf(&line, "coverage %s", f->id);
		if (strcmp(f->id, "old-database") != 0) /* its text counts days */
			sk_buf_printf(&line, ": %s", f->title);
		return sk_arena_dup(arena, sk_buf_view(&line));
	}
	sk_buf_printf(&line, "%s %s: %s (", f->package->name, f->package->version, f->id);
	for (size_t i = 0; i < f->aliases.count; i++)
		sk_buf_printf(&line, "%s%s", i ? " " : "", f->aliases.items[i]);
	sk_buf_printf(&line, ") %s/%s %s", sk_severity_name(f->severity),
		      f->severity_source ? f->severity_source : "-", sk_fix_state_name(f->fix));
	if (f->fixed_version)
		sk_buf_printf(&line, " %s", f->fixed_version);
	if (f->kev)
		sk_buf_puts(&line, " kev");
	if (f->epss >= 0)
		sk_buf_printf(&line, " epss=%.3f", f->epss);
	if (show && strcmp(show, "title") == 0)
		sk_buf_printf(&line, " | %s", f->title ? f->title : "-");
	if (show && strcmp(show, "remedy") == 0)
		sk_buf_printf(&line, " | %s", f->remedy ? f->remedy : "-");
	if (show && strcmp(show, "score") == 0)
		sk_buf_printf(&line, " | %.1f %s", f->cvss_score,
			      f->cvss_vector ? f->cvss_vector : "-");
	return sk_arena_dup(arena, sk_buf_view(&line));
}

static void compare(const char *name, struct lines *got, struct lines *want)
{
	size_t g = 0, w = 0;
	bool same = true;

	sort_lines(got);
	sort_lines(want);
	while (g < got->list.len || w < want->list.len) {
		int order = g == got->list.len	  ? 1
			    : w == want->list.len ? -1
						  : strcmp(got->list.data[g], want->list.data[w]);

		if (order < 0)
			printf("# got:  %s\n", got->list.data[g++]);
		else if (order > 0)
			printf("# want: %s\n", want->list.data[w++]);
		else
			g++, w++;
		same &= order == 0;
	}
	ok(same, "%s: %zu findings", name, want->list.len);
}

static void run_case(const char *name, const struct sk_node *root)
{
	sk_cleanup(sk_builder_release) struct sk_builder b = { 0 };
	struct sk_db_build options = { .created = sk_node_int(sk_node_get(root, "created"), 0) };
	struct sk_buf sections[SK_SECTION_COUNT] = { 0 };
	struct sk_inventory inv = { 0 };
	struct sk_findings findings = { 0 };
	struct lines got = { 0 }, want = { 0 };
	struct sk_arena arena = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_db *db = NULL;

	b.options = &options;
	build(root, &b, sections, &db);
	read_inventory(root, &inv);
	if (!db || sk_match(db, &inv, &arena, &findings, &err) < 0)
		printf("# %s: %s\n", name, err.text);
	for (size_t i = 0; i < findings.len; i++)
		*sk_vec_push(&got.list) = line_of(findings.data[i], field(root, "show"), &arena);
	sk_node_each(line, sk_node_get(root, "expect")) * sk_vec_push(&want.list) =
	    sk_node_cstr(line);
	compare(name, &got, &want);
	sk_vec_release(&got.list);
	sk_vec_release(&want.list);
	sk_vec_release(&findings);
	sk_db_close(db);
	sk_arena_release(&arena);
	sk_arena_release(&inv.arena);
	for (int i = 0; i < SK_SECTION_COUNT; i++)
		sk_buf_release(&sections[i]);
}

static int is_case(const struct dirent *entry)
{
	return sk_span_ends(sk_span_str(entry->d_name), ".json");
}

int main(void)
{
	sk_autofree char *dir = sk_printf("%s/data/match", getenv("SK_TESTS"));
	struct dirent **list = NULL;
	int count = scandir(dir, &list, is_case, alphasort);

	ok(count > 0, "there are cases");
	for (int i = 0; i < count; i++) {
		sk_autofree char *path = sk_printf("%s/%s", dir, list[i]->d_name);
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
		struct sk_doc doc = { 0 };
		struct sk_err err = SK_ERR_INIT;

		if (sk_path_slurp(path, 1 << 20, &text, &err) < 0 ||
		    sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&text), 0, &err) < 0)
			ok(false, "%s: %s", list[i]->d_name, err.text);
		else
			run_case(list[i]->d_name, doc.root);
		sk_doc_release(&doc);
		free(list[i]);
	}
	free(list);
	return tap_done();
}
