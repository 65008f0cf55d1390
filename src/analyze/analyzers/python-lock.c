/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Python's lock files in TOML: poetry.lock, pdm.lock and uv.lock list
 * [[package]], pylock.toml (PEP 751) lists [[packages]]; all with name and
 * version.
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = {
	"**/poetry.lock", "**/pdm.lock", "**/uv.lock", "**/pylock.toml", "**/pylock.*.toml", NULL,
};

/* Groups that are installed for the application itself: poetry's and pdm's names of it. */
static bool only_dev(const struct sk_node *entry)
{
	const struct sk_node *groups = sk_node_get(entry, "groups");
	bool dev = false;

	if (sk_span_is(sk_node_str(sk_node_get(entry, "category")), "dev"))
		return true; /* poetry before 1.5 */
	sk_node_each(group, groups) {
		struct sk_span name = sk_node_str(group);

		if (sk_span_is(name, "dev") || sk_span_is(name, "test") ||
		    sk_span_is(name, "tests") || sk_span_is(name, "lint") ||
		    sk_span_is(name, "docs"))
			dev = true;
		else
			return false;
	}
	return dev;
}

/* ---- uv: which packages only development needs ---- */

static void visit_names(struct sk_graph *graph, const struct sk_node *list, unsigned reach)
{
	sk_node_each(item, list) {
		struct sk_span name = sk_node_str(sk_node_get(item, "name"));

		if (name.len)
			sk_graph_visit(graph, name, reach);
	}
}

/* A part of the project: its source is a folder. */
static bool is_own(const struct sk_node *entry)
{
	const struct sk_node *source = sk_node_get(entry, "source");

	return sk_node_get(source, "virtual") || sk_node_get(source, "editable") ||
	       sk_node_get(source, "directory");
}

static void visit_needs(struct sk_graph *graph, const struct sk_node *entry, unsigned reach)
{
	visit_names(graph, sk_node_get(entry, "dependencies"), reach);
	sk_node_each(extra, sk_node_get(entry, "optional-dependencies"))
		visit_names(graph, extra, reach);
}

/* A name may be locked in several versions: they are taken together. */
struct same_name {
	const struct sk_node *entry;
	struct same_name *next;
};

static void walk(struct sk_graph *graph, const struct sk_node *list)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	sk_cleanup(sk_map_release) struct sk_map names = { 0 };
	struct sk_span key;
	unsigned reach;

	sk_node_each(entry, list) {
		void **at = sk_map_at(&names, sk_node_str(sk_node_get(entry, "name")), NULL);
		struct same_name *same = sk_arena_alloc(&arena, sizeof(*same));

		*same = (struct same_name){ .entry = entry, .next = *at };
		*at = same;
		if (!is_own(entry))
			continue;
		visit_needs(graph, entry, SK_REACH_PROD);
		sk_node_each(group, sk_node_get(entry, "dev-dependencies"))
			visit_names(graph, group, SK_REACH_DEV);
	}
	while (sk_graph_next(graph, &key, &reach))
		for (const struct same_name *same = sk_map_get(&names, key); same;
		     same = same->next)
			visit_needs(graph, same->entry, reach);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "pypi" };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_cleanup(sk_graph_release) struct sk_graph graph = { 0 };
	const struct sk_node *list;
	int r = sk_file_doc(file, SK_DOC_TOML, 0, &doc, err);

	if (r < 0)
		return r;
	list = sk_node_get(doc.root, "package");
	if (!list)
		list = sk_node_get(doc.root, "packages");
	walk(&graph, list);
	sk_node_each(entry, list) {
		const struct sk_node *version = sk_node_get(entry, "version");
		struct sk_span name = sk_node_str(sk_node_get(entry, "name"));
		uint32_t flags = sk_graph_flags(&graph, name);

		if (sk_node_str(version).len == 0)
			continue; /* the project itself: its version is computed */
		if (only_dev(entry))
			flags |= SK_PACKAGE_DEV;
		if (is_own(entry))
			flags |= SK_PACKAGE_MAIN;
		sk_lockfile_add(&lock, name, sk_node_str(version), entry->line, flags);
	}
	return 0;
}

const struct sk_analyzer sk_analyzer_python_lock = {
	.name = "python-lock",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
};
