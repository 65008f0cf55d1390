/* SPDX-License-Identifier: Apache-2.0 */

/* Cargo.lock, versions 1 to 4: every crate of the workspace's build, with its source. */
#include "analyze/lockfile.h"

static void add_crate(struct sk_sink *sink, const struct sk_node *crate)
{
	struct sk_package *pkg;

	pkg = sk_sink_add(sink, "cargo", sk_node_str(sk_node_get(crate, "name")),
			  sk_node_str(sk_node_get(crate, "version")), crate->line);
	/* Without a source it is a member of this workspace, or a path beside it. */
	if (pkg && !sk_node_get(crate, "source"))
		pkg->flags |= SK_PACKAGE_MAIN;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	const struct sk_node *root;
	int rc = sk_file_doc(file, SK_DOC_TOML, 0, &doc, err);

	if (rc < 0)
		return rc;
	/* Version 1 keeps the workspace's own crate under [root]. */
	root = sk_node_get(doc.root, "root");
	if (root)
		add_crate(sink, root);
	sk_node_each(crate, sk_node_get(doc.root, "package"))
		add_crate(sink, crate);
	return 0;
}

const struct sk_analyzer sk_analyzer_cargo_lock = {
	.name = "cargo-lock",
	.version = 1,
	.patterns = (const char *const[]){ "**/Cargo.lock", NULL },
	.analyze = analyze,
};
