/* SPDX-License-Identifier: Apache-2.0 */

/*
 * .NET: what was published with an application (*.deps.json) and what NuGet
 * locked for it (packages.lock.json).
 */
#include "analyze/lockfile.h"

/* ---- *.deps.json ---- */

/* Whether the entry of a runtime target brings files of its own; else the framework has them. */
static bool has_files(const struct sk_node *entry)
{
	static const char *const kinds[] = { "runtime", "runtimeTargets", "native", "resources" };

	for (size_t i = 0; i < SK_COUNT(kinds); i++)
		if (sk_node_first(sk_node_get(entry, kinds[i])))
			return true;
	return false;
}

/* What the target that the application runs on says about each library. */
static void index_target(const struct sk_node *root, struct sk_map *map)
{
	const char *name = sk_node_cstr(sk_node_path(root, "runtimeTarget", "name", NULL));
	const struct sk_node *target =
		name ? sk_node_get(sk_node_get(root, "targets"), name) : NULL;

	sk_node_each(entry, target)
		sk_map_put(map, entry->key, (void *)(uintptr_t)entry);
}

static void add_library(struct sk_sink *sink, const struct sk_node *library,
			const struct sk_map *target)
{
	struct sk_span type = sk_node_str(sk_node_get(library, "type")), name,
		       version = library->key;
	const struct sk_node *entry = sk_map_get(target, library->key);
	struct sk_package *pkg;

	/* A "referenceassembly" was there for the compiler only. */
	if (!sk_span_ieq(type, SK_SPAN_LIT("package")) &&
	    !sk_span_ieq(type, SK_SPAN_LIT("project")))
		return;
	if (entry && !has_files(entry))
		return;
	sk_span_split(&version, '/', &name);
	pkg = sk_sink_add(sink, "nuget", name, version, library->line);
	if (!pkg)
		return;
	pkg->flags |= SK_PACKAGE_INSTALLED;
	if (sk_span_ieq(type, SK_SPAN_LIT("project")))
		pkg->flags |= SK_PACKAGE_MAIN;
}

static void read_deps(struct sk_sink *sink, const struct sk_node *root)
{
	struct sk_map target = { 0 };

	index_target(root, &target);
	sk_node_each(library, sk_node_get(root, "libraries"))
		add_library(sink, library, &target);
	sk_map_release(&target);
}

/* ---- packages.lock.json ---- */

static void read_lock(struct sk_sink *sink, const struct sk_node *root)
{
	struct sk_lockfile lock = { .sink = sink, .type = "nuget" };

	sk_node_each(framework, sk_node_get(root, "dependencies")) {
		sk_node_each(entry, framework) {
			struct sk_span type = sk_node_str(sk_node_get(entry, "type"));

			/* Other projects of the same solution. */
			if (sk_span_is(type, "Project"))
				continue;
			sk_lockfile_add(&lock, entry->key,
					sk_node_str(sk_node_get(entry, "resolved")), entry->line,
					sk_span_is(type, "Transitive") ? SK_PACKAGE_INDIRECT : 0);
		}
	}
	sk_lockfile_release(&lock);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	int rc = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);

	if (rc < 0)
		return rc;
	if (sk_span_ends(sk_span_str(file->path), ".deps.json"))
		read_deps(sink, doc.root);
	else
		read_lock(sink, doc.root);
	return 0;
}

const struct sk_analyzer sk_analyzer_dotnet = {
	.name = "dotnet",
	.version = 1,
	.patterns = (const char *const[]){ "**/*.deps.json", "**/packages.lock.json", NULL },
	.analyze = analyze,
};
