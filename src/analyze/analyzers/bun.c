/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bun.lock: JSON with trailing commas. "packages" maps a place to a tuple whose
 * first element is "NAME@VERSION"; a nested place is "PARENT/NAME". bun.lockb
 * is bun's old binary form, which only bun reads.
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = { "**/bun.lock", "**/bun.lockb", NULL };

static const char *const prod_kinds[] = { "dependencies", "optionalDependencies",
					  "peerDependencies" };

/*
 * Bytes of places that may be looked up for each byte of the file: a real lock
 * file needs 3, for its nested places and their dependencies.
 */
#define RESOLVE_FACTOR 32

struct tree {
	const struct sk_node *packages;
	size_t looked_up, budget;
	struct sk_map places; /* place -> tuple */
	struct sk_graph graph;
	struct sk_map direct;
};

static void tree_release(struct tree *tree)
{
	sk_map_release(&tree->places);
	sk_map_release(&tree->direct);
	sk_graph_release(&tree->graph);
}

/* Finds name from place upwards, as node does: PLACE/NAME, then each parent's, then NAME alone. */
static const struct sk_node *resolve(struct tree *tree, struct sk_span place, struct sk_span name)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };

	while (place.len && tree->looked_up < tree->budget) {
		const struct sk_node *found;
		ptrdiff_t slash;

		tree->looked_up += place.len + name.len;
		sk_buf_reset(&key);
		sk_buf_span(&key, place);
		sk_buf_putc(&key, '/');
		sk_buf_span(&key, name);
		found = sk_map_get(&tree->places, sk_buf_view(&key));
		if (found)
			return found;
		slash = sk_span_rchr(place, '/');
		place = slash < 0 ? sk_span(NULL, 0) : sk_span_sub(place, 0, (size_t)slash);
	}
	return sk_map_get(&tree->places, name);
}

static void visit_all(struct tree *tree, struct sk_span place, const struct sk_node *names,
		      unsigned reach)
{
	sk_node_each(name, names) {
		const struct sk_node *found = resolve(tree, place, name->key);

		if (found)
			sk_graph_visit(&tree->graph, found->key, reach);
	}
}

static void walk(struct tree *tree, const struct sk_node *workspaces)
{
	struct sk_span place;
	unsigned reach;

	sk_node_each(workspace, workspaces) {
		struct sk_span name = sk_node_str(sk_node_get(workspace, "name"));
		const struct sk_node *dev = sk_node_get(workspace, "devDependencies");

		for (size_t i = 0; i < SK_COUNT(prod_kinds); i++) {
			const struct sk_node *names = sk_node_get(workspace, prod_kinds[i]);

			visit_all(tree, name, names, SK_REACH_PROD);
			sk_node_each(direct, names)
				sk_map_put(&tree->direct, direct->key, (void *)direct);
		}
		visit_all(tree, name, dev, SK_REACH_DEV);
		sk_node_each(direct, dev)
			sk_map_put(&tree->direct, direct->key, (void *)direct);
	}
	while (sk_graph_next(&tree->graph, &place, &reach)) {
		/* Dependencies are the second or third element, by the kind of source. */
		sk_node_each(part, (const struct sk_node *)sk_map_get(&tree->places, place)) {
			if (part->type != SK_NODE_OBJECT)
				continue;
			for (size_t i = 0; i < SK_COUNT(prod_kinds); i++)
				visit_all(tree, place, sk_node_get(part, prod_kinds[i]), reach);
		}
	}
}

/* The project's own parts; "" is its root. */
static void add_workspaces(struct sk_lockfile *lock, const struct sk_node *workspaces)
{
	sk_node_each(workspace, workspaces)
		if (workspace->key.len)
			sk_lockfile_add(lock, sk_node_str(sk_node_get(workspace, "name")),
					sk_node_str(sk_node_get(workspace, "version")),
					workspace->line, SK_PACKAGE_MAIN);
}

/* workspace:, root: and link: point into the source tree. */
static bool is_own(struct sk_span version)
{
	return sk_span_starts(version, "workspace:") || sk_span_starts(version, "root:") ||
	       sk_span_starts(version, "link:");
}

static void add(struct sk_lockfile *lock, const struct tree *tree, const struct sk_node *tuple)
{
	struct sk_span spec = sk_node_str(sk_node_first(tuple)), name, version;
	ptrdiff_t at = spec.len ? sk_span_chr(sk_span_from(spec, 1), '@') : -1;
	uint32_t flags = sk_graph_flags(&tree->graph, tuple->key);

	if (at < 0) {
		sk_sink_issue(lock->sink, tuple->line, "the entry \"%.*s\" has no NAME@VERSION",
			      (int)(tuple->key.len < 200 ? tuple->key.len : 200), tuple->key.ptr);
		return;
	}
	name = sk_span_sub(spec, 0, (size_t)at + 1);
	version = sk_span_from(spec, (size_t)at + 2);
	if (is_own(version))
		return;
	if (!sk_map_get(&tree->direct, tuple->key))
		flags |= SK_PACKAGE_INDIRECT;
	sk_lockfile_add(lock, name, version, tuple->line, flags);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "npm" };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_cleanup(tree_release) struct tree tree = { 0 };
	int r;

	if (sk_path_within(file->path, "node_modules"))
		return 0;
	if (sk_span_ends(sk_span_str(file->path), ".lockb"))
		return sk_err_set(err, SK_EUNSUPPORTED,
				  "bun's binary lock file; bun install "
				  "--save-text-lockfile writes bun.lock");
	r = sk_file_doc(file, SK_DOC_JSON, SK_DOC_RELAXED, &doc, err);
	if (r < 0)
		return r;
	tree.budget = RESOLVE_FACTOR * (size_t)file->size + (1u << 20);
	tree.packages = sk_node_get(doc.root, "packages");
	sk_node_each(tuple, tree.packages)
		sk_map_put(&tree.places, tuple->key, (void *)tuple);
	walk(&tree, sk_node_get(doc.root, "workspaces"));
	add_workspaces(&lock, sk_node_get(doc.root, "workspaces"));
	if (tree.looked_up >= tree.budget)
		sk_sink_issue(sink, 0,
			      "too deeply nested to tell which packages only development needs");
	sk_node_each(tuple, tree.packages)
		add(&lock, &tree, tuple);
	return 0;
}

const struct sk_analyzer sk_analyzer_bun = {
	.name = "bun",
	.version = 2,
	.patterns = patterns,
	.analyze = analyze,
};
