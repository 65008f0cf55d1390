/* SPDX-License-Identifier: Apache-2.0 */

/* Podfile.lock of CocoaPods (YAML). */
#include "analyze/lockfile.h"

/* "Texture/Core (3.1.0)": subspecs are parts of one pod, which is listed once. */
static void add_pod(struct sk_lockfile *lock, struct sk_span text, uint32_t line)
{
	ptrdiff_t open = sk_span_find(text, SK_SPAN_LIT(" ("));
	struct sk_span name = text, version = { 0 };
	ptrdiff_t slash;

	if (open >= 0) {
		name = sk_span_sub(text, 0, open);
		version = sk_span_from(text, open + 2);
		if (sk_span_ends(version, ")"))
			version.len--;
	}
	slash = sk_span_chr(name, '/');
	if (slash >= 0)
		name = sk_span_sub(name, 0, slash);
	sk_lockfile_add(lock, name, version, line, 0);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_lockfile lock = { .sink = sink, .type = "cocoapods" };
	int rc = sk_file_doc(file, SK_DOC_YAML, 0, &doc, err);

	if (rc < 0)
		return rc;
	sk_node_each(pod, sk_node_get(doc.root, "PODS")) {
		const struct sk_node *first = sk_node_first(pod);

		add_pod(&lock, first ? first->key : sk_node_str(pod), pod->line);
	}
	sk_lockfile_release(&lock);
	return 0;
}

const struct sk_analyzer sk_analyzer_cocoapods = {
	.name = "cocoapods",
	.version = 1,
	.patterns = (const char *const[]){ "**/Podfile.lock", NULL },
	.analyze = analyze,
};
