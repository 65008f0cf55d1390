/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Haskell: stack.yaml.lock ("hackage: HTTP-4000.3.16@sha256:...,2849") and
 * cabal.project.freeze ("any.aeson ==2.1.2.1,").
 */
#include "analyze/lockfile.h"

#include <ctype.h>

static void read_stack(struct sk_sink *sink, const struct sk_node *root)
{
	struct sk_lockfile lock = { .sink = sink, .type = "hackage" };

	sk_node_each(entry, sk_node_get(root, "packages")) {
		struct sk_span s = sk_node_str(sk_node_path(entry, "completed", "hackage", NULL));
		ptrdiff_t at = sk_span_chr(s, '@'), dash;

		if (at >= 0)
			s.len = (size_t)at;
		dash = sk_span_rchr(s, '-');
		if (dash > 0)
			sk_lockfile_add(&lock, sk_span_sub(s, 0, (size_t)dash),
					sk_span_from(s, (size_t)dash + 1), entry->line, 0);
	}
	sk_lockfile_release(&lock);
}

static void read_freeze(struct sk_sink *sink, struct sk_span text)
{
	struct sk_span line;
	uint32_t number = 0;

	while (sk_span_line(&text, &line)) {
		ptrdiff_t name = sk_span_find(line, SK_SPAN_LIT("any."));
		ptrdiff_t equals = sk_span_find(line, SK_SPAN_LIT(" =="));
		struct sk_span version;
		size_t n = 0;

		number++;
		if (name < 0 || equals < name)
			continue;
		version = sk_span_from(line, (size_t)equals + 3);
		while (n < version.len &&
		       (isdigit((unsigned char)version.ptr[n]) || version.ptr[n] == '.'))
			n++;
		sk_sink_add(sink, "hackage",
			    sk_span_sub(line, (size_t)name + 4, (size_t)(equals - name) - 4),
			    sk_span_sub(version, 0, n), number);
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_span text;
	int rc;

	if (sk_span_ends(sk_span_str(file->path), ".freeze")) {
		rc = sk_file_bytes(file, &text, err);
		if (rc == 0)
			read_freeze(sink, text);
		return rc;
	}
	rc = sk_file_doc(file, SK_DOC_YAML, 0, &doc, err);
	if (rc == 0)
		read_stack(sink, doc.root);
	return rc;
}

const struct sk_analyzer sk_analyzer_haskell = {
	.name = "haskell",
	.version = 1,
	.patterns = (const char *const[]){ "**/stack.yaml.lock", "**/cabal.project.freeze", NULL },
	.analyze = analyze,
};
