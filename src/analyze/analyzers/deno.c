/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deno.lock, versions 2 to 5: JSON whose "npm" (under "packages" until version
 * 3) maps "NAME@VERSION_PEER@VERSION..." to what is locked, and "jsr" likewise
 * the packages of jsr.io.
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = { "**/deno.lock", NULL };

static void add_all(struct sk_sink *sink, const char *type, const struct sk_node *packages)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = type };

	sk_node_each(entry, packages) {
		struct sk_span key = entry->key, version;
		ptrdiff_t at = key.len ? sk_span_chr(sk_span_from(key, 1), '@') : -1;
		ptrdiff_t peers;

		if (at < 0)
			continue;
		version = sk_span_from(key, (size_t)at + 2);
		peers = sk_span_chr(version, '_'); /* no version has one */
		if (peers >= 0)
			version = sk_span_sub(version, 0, (size_t)peers);
		sk_lockfile_add(&lock, sk_span_sub(key, 0, (size_t)at + 1), version, entry->line,
				0);
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	const struct sk_node *npm, *jsr;
	int r = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);

	if (r < 0)
		return r;
	npm = sk_node_get(doc.root, "npm");
	if (sk_node_get(npm, "packages"))
		npm = sk_node_get(npm, "packages"); /* version 2 */
	if (!npm)
		npm = sk_node_path(doc.root, "packages", "npm", NULL);
	jsr = sk_node_get(doc.root, "jsr");
	if (!jsr)
		jsr = sk_node_path(doc.root, "packages", "jsr", NULL);
	add_all(sink, "npm", npm);
	add_all(sink, "jsr", jsr);
	return 0;
}

const struct sk_analyzer sk_analyzer_deno = {
	.name = "deno",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
};
