/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PHP's Composer: composer.lock, and vendor/composer/installed.json (a list
 * until Composer 1, an object with "packages" and "dev-package-names" since 2).
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = { "**/composer.lock", "**/installed.json", NULL };

static void packages(struct sk_lockfile *lock, const struct sk_node *list, uint32_t flags,
		     const struct sk_map *dev)
{
	sk_node_each(entry, list) {
		struct sk_span name = sk_node_str(sk_node_get(entry, "name"));
		struct sk_span version = sk_node_str(sk_node_get(entry, "version"));
		struct sk_package *pkg;

		if (version.len == 0)
			continue;
		pkg = sk_lockfile_add(lock, name, version, entry->line,
				      flags | (sk_map_get(dev, name) ? SK_PACKAGE_DEV : 0));
		/* A list of licences is a choice, as composer.json's schema says. */
		if (pkg && !pkg->licence)
			pkg->licence =
				sk_node_licence(lock->sink, sk_node_get(entry, "license"), " OR ");
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink,
								    .type = "composer" };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_cleanup(sk_map_release) struct sk_map dev = { 0 };
	int r = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);

	if (r < 0)
		return r;
	if (sk_span_ends(sk_span_str(file->path), ".lock")) {
		packages(&lock, sk_node_get(doc.root, "packages"), 0, &dev);
		packages(&lock, sk_node_get(doc.root, "packages-dev"), SK_PACKAGE_DEV, &dev);
		return 0;
	}
	sk_node_each(name, sk_node_get(doc.root, "dev-package-names"))
		sk_map_put(&dev, sk_node_str(name), (void *)name);
	packages(&lock,
		 sk_node_is(doc.root, SK_NODE_ARRAY) ? doc.root : sk_node_get(doc.root, "packages"),
		 SK_PACKAGE_INSTALLED, &dev);
	return 0;
}

/* composer.lock beside vendor/: Composer installs all of it, or all but development's. */
static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	sk_cleanup(sk_map_release) struct sk_map installed = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf path = { 0 };

	for (size_t i = 0; i < count; i++)
		if (sk_span_ends(sk_span_str(fragments[i]->path), "installed.json"))
			sk_map_put(&installed, sk_span_str(fragments[i]->path), fragments[i]);
	for (size_t i = 0; i < count; i++) {
		struct sk_span at = sk_span_str(fragments[i]->path);
		struct sk_fragment *vendor;

		if (!sk_span_is(sk_span_basename(at), "composer.lock"))
			continue;
		sk_buf_reset(&path);
		sk_buf_span(&path, sk_span_sub(at, 0, at.len - strlen("composer.lock")));
		sk_buf_puts(&path, "vendor/composer/installed.json");
		vendor = sk_map_get(&installed, sk_buf_view(&path));
		if (vendor)
			sk_lock_join(fragments[i], &vendor, 1, vendor->package_count > 0);
	}
}

const struct sk_analyzer sk_analyzer_composer = {
	.name = "composer",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
	.finish = finish,
};
