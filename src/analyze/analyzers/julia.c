/* SPDX-License-Identifier: Apache-2.0 */

/* Manifest.toml of Julia's Pkg, formats 1 and 2. */
#include "analyze/lockfile.h"

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	const struct sk_node *deps;
	int rc = sk_file_doc(file, SK_DOC_TOML, 0, &doc, err);

	if (rc < 0)
		return rc;
	deps = sk_node_get(doc.root, "manifest_format") ? sk_node_get(doc.root, "deps") : doc.root;
	sk_node_each(entries, deps) {
		if (!sk_node_is(entries, SK_NODE_ARRAY))
			continue;
		sk_node_each(entry, entries) {
			struct sk_span version = sk_node_str(sk_node_get(entry, "version"));
			struct sk_span uuid = sk_node_str(sk_node_get(entry, "uuid"));
			struct sk_package *pkg;

			/* The standard library, of Julia's own version, and folders beside it have none. */
			if (version.len == 0)
				continue;
			pkg = sk_sink_add(sink, "julia", entries->key, version, entry->line);
			if (pkg && uuid.len)
				pkg->qualifiers =
					sk_sink_printf(sink, "uuid=%.*s", (int)uuid.len, uuid.ptr);
		}
	}
	return 0;
}

const struct sk_analyzer sk_analyzer_julia = {
	.name = "julia",
	.version = 1,
	.patterns = (const char *const[]){ "**/Manifest.toml", NULL },
	.analyze = analyze,
};
