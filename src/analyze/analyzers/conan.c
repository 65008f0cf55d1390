/* SPDX-License-Identifier: Apache-2.0 */

/* conan.lock of Conan 1 (a graph of nodes) and 2 (lists of references), JSON. */
#include "analyze/lockfile.h"

/* "name/version@user/channel#revision:package%timestamp" */
static void add_reference(struct sk_sink *sink, struct sk_span ref, uint32_t line, uint32_t flags)
{
	struct sk_span name, user = { 0 };
	struct sk_package *pkg;

	for (size_t i = 0; i < ref.len; i++)
		if (ref.ptr[i] == '#' || ref.ptr[i] == '%')
			ref.len = i;
	if (!sk_span_split(&ref, '/', &name) || ref.len == 0)
		return;
	if (sk_span_chr(ref, '@') >= 0) {
		struct sk_span version;

		sk_span_split(&ref, '@', &version);
		sk_span_split(&ref, '/', &user);
		pkg = sk_sink_add(sink, "conan", name, version, line);
		if (pkg && user.len && !sk_span_is(user, "_"))
			pkg->qualifiers =
				sk_sink_printf(sink, "channel=%.*s&user=%.*s", (int)ref.len,
					       ref.ptr, (int)user.len, user.ptr);
	} else {
		pkg = sk_sink_add(sink, "conan", name, ref, line);
	}
	if (pkg)
		pkg->flags |= flags;
}

static void add_list(struct sk_sink *sink, const struct sk_node *list, uint32_t flags)
{
	sk_node_each(item, list) {
		/* "ref", or ["ref", {...}] */
		const struct sk_node *ref =
			sk_node_is(item, SK_NODE_ARRAY) ? sk_node_first(item) : item;

		add_reference(sink, sk_node_str(ref), item->line, flags);
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	int rc = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);

	if (rc < 0)
		return rc;
	sk_node_each(node, sk_node_path(doc.root, "graph_lock", "nodes", NULL)) {
		bool build = sk_span_is(sk_node_str(sk_node_get(node, "context")), "build");

		add_reference(sink, sk_node_str(sk_node_get(node, "ref")), node->line,
			      build ? SK_PACKAGE_DEV : 0);
	}
	add_list(sink, sk_node_get(doc.root, "requires"), 0);
	add_list(sink, sk_node_get(doc.root, "build_requires"), SK_PACKAGE_DEV);
	add_list(sink, sk_node_get(doc.root, "python_requires"), SK_PACKAGE_DEV);
	return 0;
}

const struct sk_analyzer sk_analyzer_conan = {
	.name = "conan",
	.version = 1,
	.patterns = (const char *const[]){ "**/conan.lock", NULL },
	.analyze = analyze,
};
