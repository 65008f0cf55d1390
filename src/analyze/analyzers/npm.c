/* SPDX-License-Identifier: Apache-2.0 */
/*
 * npm: package-lock.json and npm-shrinkwrap.json (lockfileVersion 1, 2, 3),
 * and the package.json of installed packages. In node_modules only the root
 * folders of packages count, as for `npm ls`: what packages carry deeper down
 * are test fixtures and module markers.
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = {
	"**/package-lock.json",
	"**/npm-shrinkwrap.json",
	"**/node_modules/.package-lock.json",
	"**/package.json",
	NULL,
};

/* Whether a package.json is that of a package: node_modules/NAME/ or node_modules/@SCOPE/NAME/. */
static bool is_package_root(const char *path)
{
	struct sk_span folder = sk_span_dirname(sk_span_dirname(sk_span_str(path)));

	if (sk_span_starts(sk_span_basename(folder), "@"))
		folder = sk_span_dirname(folder);
	return sk_span_is(sk_span_basename(folder), "node_modules");
}

static int package_json(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	bool dependency = sk_path_within(file->path, "node_modules");
	const struct sk_node *version, *licence;
	struct sk_package *pkg;
	struct sk_span name;
	int r;

	if (dependency && !is_package_root(file->path))
		return 0;
	r = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);
	if (r < 0)
		return r;
	name = sk_span_trim(sk_node_str(sk_node_get(doc.root, "name")));
	version = sk_node_get(doc.root, "version");
	/* Without both it is a module marker or a private root; a brace is a template's. */
	if (name.len == 0 || sk_node_str(version).len == 0 ||
	    sk_span_chr(sk_node_str(version), '{') >= 0)
		return 0;
	pkg = sk_sink_add_named(sink, "npm", name, sk_span_trim(sk_node_str(version)),
				version->line);
	if (!pkg)
		return 0;
	pkg->flags |= SK_PACKAGE_INSTALLED;
	if (!dependency && !sk_path_within(file->path, "nodejs"))
		pkg->flags |= SK_PACKAGE_MAIN;
	licence = sk_node_get(doc.root, "license");
	if (!licence)
		licence = sk_node_get(doc.root, "licenses");
	pkg->licence = sk_node_licence(sink, licence, " OR ");
	return 0;
}

/* lockfileVersion 1: a tree of names. An alias has "npm:REAL@VERSION" as its version. */
static void dependencies(struct sk_lockfile *lock, const struct sk_node *tree)
{
	sk_node_each(entry, tree) {
		const struct sk_node *version = sk_node_get(entry, "version");
		struct sk_span name = entry->key, text = sk_node_str(version);
		uint32_t flags =
			sk_node_bool(sk_node_get(entry, "dev"), false) ? SK_PACKAGE_DEV : 0;

		if (sk_span_starts(text, "npm:"))
			sk_split_at(sk_span_from(text, 4), &name, &text);
		sk_lockfile_add(lock, name, text, entry->line, flags);
		dependencies(lock,
			     sk_node_get(entry, "dependencies")); /* as deep as SK_MAX_DOC_DEPTH */
	}
}

/* The name of a package at a place: what follows the last "node_modules/", else the folder's with its scope. */
static struct sk_span name_of_place(struct sk_span place, bool *ret_installed, bool *ret_nested)
{
	const struct sk_span mark = SK_SPAN_LIT("node_modules/");
	struct sk_span rest = place;
	int depth = 0;

	for (ptrdiff_t at; (at = sk_span_find(rest, mark)) >= 0; depth++)
		rest = sk_span_from(rest, (size_t)at + mark.len);
	*ret_installed = depth > 0;
	*ret_nested = depth > 1;
	if (depth)
		return rest;
	rest = sk_span_basename(sk_span_dirname(place));
	return sk_span_starts(rest, "@") ? sk_span_from(place, (size_t)(rest.ptr - place.ptr))
					 : sk_span_basename(place);
}

/* The names that the root and the workspaces ask for themselves. */
static void direct_names(struct sk_map *direct, const struct sk_node *places)
{
	static const char *const kinds[] = {
		"dependencies",
		"devDependencies",
		"optionalDependencies",
		"peerDependencies",
	};

	sk_node_each(entry, places) {
		if (sk_span_find(entry->key, SK_SPAN_LIT("node_modules/")) >= 0)
			continue;
		for (size_t i = 0; i < SK_COUNT(kinds); i++)
			sk_node_each(wanted, sk_node_get(entry, kinds[i]))
				sk_map_put(direct, wanted->key, (void *)wanted);
	}
}

/* The places that links in node_modules point to, and what they are called there. */
static void linked_names(struct sk_map *links, const struct sk_node *places)
{
	sk_node_each(entry, places)
		if (sk_node_bool(sk_node_get(entry, "link"), false))
			sk_map_put(links, sk_node_str(sk_node_get(entry, "resolved")),
				   (void *)entry);
}

/* lockfileVersion 2 and 3: places in the tree; "" is the project, links point to workspaces. */
static void packages(struct sk_lockfile *lock, const struct sk_node *places)
{
	sk_cleanup(sk_map_release) struct sk_map direct = { 0 }, links = { 0 };

	direct_names(&direct, places);
	linked_names(&links, places);
	sk_node_each(entry, places) {
		bool installed, nested, linked;
		struct sk_span place = name_of_place(entry->key, &installed, &nested);
		const struct sk_node *link = installed ? NULL : sk_map_get(&links, entry->key);
		struct sk_span name = sk_node_str(sk_node_get(entry, "name"));
		struct sk_package *pkg;
		uint32_t flags = 0;

		if (entry->key.len == 0 || sk_node_bool(sk_node_get(entry, "link"), false))
			continue;
		if (link)
			place = name_of_place(link->key, &linked, &nested);
		if (sk_node_bool(sk_node_get(entry, "dev"), false))
			flags |= SK_PACKAGE_DEV;
		if (!installed)
			flags |= SK_PACKAGE_MAIN;
		else if (nested || !sk_map_get(&direct, place))
			flags |= SK_PACKAGE_INDIRECT;
		pkg = sk_lockfile_add(lock, name.len ? name : place,
				      sk_node_str(sk_node_get(entry, "version")), entry->line,
				      flags);
		if (pkg && !pkg->licence)
			pkg->licence =
				sk_node_licence(lock->sink, sk_node_get(entry, "license"), " OR ");
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "npm" };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_span base = sk_span_basename(sk_span_str(file->path));
	const struct sk_node *places;
	int r;

	if (sk_span_is(base, "package.json"))
		return package_json(sink, file, err);
	if (sk_span_is(base, ".package-lock.json")) {
		sk_sink_note(sink, base); /* for finish: that npm was here */
		return 0;
	}
	if (sk_path_within(file->path, "node_modules"))
		return 0; /* a dependency's own, which npm does not look at */
	r = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);
	if (r < 0)
		return r;
	places = sk_node_get(doc.root, "packages");
	if (places && places->type == SK_NODE_OBJECT && places->count)
		packages(&lock, places);
	else
		dependencies(&lock, sk_node_get(doc.root, "dependencies"));
	return 0;
}

/* ---- lock files beside what is installed ---- */

static size_t first_at_least(struct sk_fragment **fragments, size_t count, const char *path)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(fragments[mid]->path, path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * Where npm's hidden lock file says that npm filled node_modules, what is not
 * there was left out on purpose: other platforms' optional packages, or
 * development's after --omit=dev.
 */
static void join_lock(struct sk_fragment **fragments, size_t count, struct sk_fragment *lock)
{
	sk_cleanup(sk_buf_release) struct sk_buf prefix = { 0 };
	bool npm_was_here = false;
	size_t first, end;

	sk_buf_span(&prefix, sk_span_dirname(sk_span_str(lock->path)));
	sk_buf_puts(&prefix, prefix.len ? "/node_modules/" : "node_modules/");
	first = end = first_at_least(fragments, count, prefix.data);
	for (; end < count && sk_span_starts(sk_span_str(fragments[end]->path), prefix.data); end++)
		if (strcmp(fragments[end]->path + prefix.len, ".package-lock.json") == 0)
			npm_was_here = true;
	sk_lock_join(lock, fragments + first, end - first, npm_was_here);
}

static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sk_span base = sk_span_basename(sk_span_str(fragments[i]->path));

		if (sk_span_is(base, "package-lock.json") ||
		    sk_span_is(base, "npm-shrinkwrap.json"))
			join_lock(fragments, count, fragments[i]);
	}
}

const struct sk_analyzer sk_analyzer_npm = {
	.name = "npm",
	.version = 2,
	.patterns = patterns,
	.analyze = analyze,
	.finish = finish,
};
