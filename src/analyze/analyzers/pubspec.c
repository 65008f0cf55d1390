/* SPDX-License-Identifier: Apache-2.0 */

/* pubspec.lock of Dart's pub (YAML). */
#include "analyze/lockfile.h"

static uint32_t dependency_flags(struct sk_span kind)
{
	if (sk_span_is(kind, "transitive"))
		return SK_PACKAGE_INDIRECT;
	return sk_span_is(kind, "direct dev") ? SK_PACKAGE_DEV : 0;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	int rc = sk_file_doc(file, SK_DOC_YAML, 0, &doc, err);

	if (rc < 0)
		return rc;
	sk_node_each(entry, sk_node_get(doc.root, "packages")) {
		struct sk_package *pkg;

		struct sk_span version = sk_node_text(sk_node_get(entry, "version"));

		/* Parts of the SDK mostly have its version, not the 0.0.0 that stands here. */
		if (sk_span_is(sk_node_str(sk_node_get(entry, "source")), "sdk") &&
		    sk_span_is(version, "0.0.0"))
			continue;
		pkg = sk_sink_add(sink, "pub", entry->key, version, entry->line);
		if (pkg)
			pkg->flags |=
				dependency_flags(sk_node_str(sk_node_get(entry, "dependency")));
	}
	return 0;
}

const struct sk_analyzer sk_analyzer_pubspec = {
	.name = "pubspec",
	.version = 2,
	.patterns = (const char *const[]){ "**/pubspec.lock", NULL },
	.analyze = analyze,
};
