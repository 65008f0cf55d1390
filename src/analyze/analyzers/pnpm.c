/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pnpm-lock.yaml. The keys of "packages" name what is locked:
 *
 *	5.x  /NAME/1.2.3_peers	registry.npmjs.org/NAME/1.2.3
 *	6.x  /NAME@1.2.3(peers)
 *	9.x  NAME@1.2.3		dependencies stand apart in "snapshots", by NAME@1.2.3(peers)
 *
 * Packages from git, tarballs and folders have a key of another form and their
 * name and version inside. A file may hold several documents (pnpm 10 and
 * later put pnpm itself into the first).
 */
#include "analyze/lockfile.h"
#include "base/limits.h"

static const char *const patterns[] = { "**/pnpm-lock.yaml", NULL };

static bool is_digit(struct sk_span s)
{
	return s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9';
}

/* The part before the first c, or all of it. */
static struct sk_span before(struct sk_span s, char c)
{
	ptrdiff_t at = sk_span_chr(s, c);

	return at < 0 ? s : sk_span_sub(s, 0, (size_t)at);
}

/* "host/@scope/name" or "host/name": the name alone. */
static struct sk_span last_name(struct sk_span path)
{
	struct sk_span name = sk_span_basename(path), folder = sk_span_dirname(path);
	struct sk_span scope = sk_span_basename(folder);

	if (sk_span_starts(scope, "@"))
		return sk_span(scope.ptr, (size_t)(name.ptr + name.len - scope.ptr));
	return name;
}

/* Cuts NAME@REST at the first '@' that is not a scope's. */
static bool split_name(struct sk_span path, struct sk_span *ret_name, struct sk_span *ret_rest)
{
	ptrdiff_t at = path.len ? sk_span_chr(sk_span_from(path, 1), '@') : -1;

	if (at < 0)
		return false;
	*ret_name = sk_span_sub(path, 0, (size_t)at + 1);
	*ret_rest = sk_span_from(path, (size_t)at + 2);
	return true;
}

/* Name and version that a key tells; either stays empty where it does not. */
static void parse_key(struct sk_span key, bool old, struct sk_span *ret_name,
		      struct sk_span *ret_version)
{
	struct sk_span path = before(key, '('), name, version;

	if (sk_span_starts(path, "/"))
		path = sk_span_from(path, 1);
	if (old) {
		version = before(sk_span_basename(path), '_');
		name = last_name(sk_span_dirname(path));
		if (!is_digit(version))
			return;
	} else {
		if (!split_name(path, &name, &version))
			return;
		name = last_name(name);
	}
	*ret_name = name;
	if (is_digit(version))
		*ret_version = version;
}

struct project {
	struct sk_lockfile *lock;
	const struct sk_node *root;
	bool old; /* before 6: another form of key */
	struct sk_map direct, snapshots;
	struct sk_graph graph,
		locked; /* of snapshots; of packages: snapshots without their peers */
};

static void project_release(struct project *p)
{
	sk_map_release(&p->direct);
	sk_map_release(&p->snapshots);
	sk_graph_release(&p->graph);
	sk_graph_release(&p->locked);
}

/* The snapshot that a dependency means: NAME@VERSION(PEERS); an alias has all that as its version. */
static const struct sk_node *snapshot(const struct project *p, struct sk_span name,
				      struct sk_span version)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	struct sk_span real, rest;

	if (split_name(before(version, '('), &real, &rest))
		return sk_map_get(&p->snapshots, version);
	if (name.len + version.len > SK_MAX_PATH)
		return NULL; /* pnpm cuts peers at 1,000 bytes */
	sk_buf_span(&key, name);
	sk_buf_putc(&key, '@');
	sk_buf_span(&key, version);
	return sk_map_get(&p->snapshots, sk_buf_view(&key));
}

static void visit_all(struct project *p, const struct sk_node *names, unsigned reach)
{
	sk_node_each(name, names) {
		struct sk_span version = sk_node_text(name);
		const struct sk_node *found;

		if (name->type == SK_NODE_OBJECT) /* an importer's: specifier and version */
			version = sk_node_text(sk_node_get(name, "version"));
		found = snapshot(p, name->key, version);
		if (found)
			sk_graph_visit(&p->graph, found->key, reach);
	}
}

static void importer(struct project *p, const struct sk_node *node)
{
	static const char *const kinds[] = { "dependencies", "optionalDependencies",
					     "devDependencies" };

	for (size_t i = 0; i < SK_COUNT(kinds); i++) {
		const struct sk_node *names = sk_node_get(node, kinds[i]);

		visit_all(p, names, i < 2 ? SK_REACH_PROD : SK_REACH_DEV);
		sk_node_each(name, names)
			sk_map_put(&p->direct, name->key, (void *)name);
	}
}

/* Marks what is reached from the project's dependencies, where the file says so apart (9.x). */
static void walk(struct project *p)
{
	struct sk_span key;
	unsigned reach;

	sk_node_each(node, sk_node_get(p->root, "snapshots"))
		sk_map_put(&p->snapshots, node->key, (void *)node);
	importer(p, p->root);
	sk_node_each(node, sk_node_get(p->root, "importers"))
		importer(p, node);
	while (sk_graph_next(&p->graph, &key, &reach)) {
		const struct sk_node *node = sk_map_get(&p->snapshots, key);

		sk_graph_visit(&p->locked, before(key, '('), reach);
		visit_all(p, sk_node_get(node, "dependencies"), reach);
		visit_all(p, sk_node_get(node, "optionalDependencies"), reach);
	}
}

static void add(struct project *p, const struct sk_node *entry)
{
	struct sk_span own = sk_node_str(sk_node_get(entry, "name")), name = { 0 }, version = { 0 };
	struct sk_span own_version = sk_node_text(sk_node_get(entry, "version"));
	uint32_t flags = sk_graph_flags(&p->locked, before(entry->key, '('));

	parse_key(entry->key, p->old, &name, &version);
	if (own.len)
		name = own;
	if (own_version.len)
		version = own_version;
	if (name.len == 0 || version.len == 0)
		return; /* a folder, or a key that names nothing */
	if (sk_node_bool(sk_node_get(entry, "dev"), false))
		flags |= SK_PACKAGE_DEV;
	if (!sk_map_get(&p->direct, name))
		flags |= SK_PACKAGE_INDIRECT;
	sk_lockfile_add(p->lock, name, version, entry->line, flags);
}

static void document(struct sk_lockfile *lock, const struct sk_node *root)
{
	sk_cleanup(project_release) struct project p = { .lock = lock, .root = root };
	struct sk_span version = sk_node_text(sk_node_get(root, "lockfileVersion"));

	p.old = is_digit(version) && version.ptr[0] < '6' &&
		(version.len < 2 || version.ptr[1] == '.');
	walk(&p);
	sk_node_each(entry, sk_node_get(root, "packages"))
		add(&p, entry);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "npm" };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	int r;

	if (sk_path_within(file->path, "node_modules"))
		return 0;
	r = sk_file_doc(file, SK_DOC_YAML, 0, &doc, err);
	if (r < 0)
		return r;
	for (const struct sk_node *root = doc.root; root; root = root->next)
		document(&lock, root);
	return 0;
}

const struct sk_analyzer sk_analyzer_pnpm = {
	.name = "pnpm",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
};
