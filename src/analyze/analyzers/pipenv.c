/* SPDX-License-Identifier: Apache-2.0 */
/* Pipfile.lock: JSON, one object a category ("default", "develop" or another) beside "_meta". */
#include "analyze/lockfile.h"

static const char *const patterns[] = { "**/Pipfile.lock", NULL };

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "pypi" };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	int r = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);

	if (r < 0)
		return r;
	sk_node_each(category, doc.root) {
		uint32_t flags = sk_span_is(category->key, "develop") ? SK_PACKAGE_DEV : 0;

		if (sk_span_is(category->key, "_meta"))
			continue;
		sk_node_each(entry, category) {
			struct sk_span version = sk_node_str(sk_node_get(entry, "version"));

			while (sk_span_starts(version, "="))
				version = sk_span_from(version, 1);
			/* One without a version comes from git or a folder: named all the same. */
			sk_lockfile_add(&lock, entry->key, sk_span_trim(version), entry->line,
					flags);
		}
	}
	return 0;
}

const struct sk_analyzer sk_analyzer_pipenv = {
	.name = "pipenv",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
};
