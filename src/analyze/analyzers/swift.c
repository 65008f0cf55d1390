/* SPDX-License-Identifier: Apache-2.0 */

/* Package.resolved of the Swift package manager, versions 1 to 3 (JSON). */
#include "analyze/lockfile.h"

/* "https://github.com/apple/swift-nio.git", "git@github.com:a/b": the address without its scheme. */
static struct sk_span plain_address(struct sk_sink *sink, struct sk_span url)
{
	ptrdiff_t at = sk_span_find(url, SK_SPAN_LIT("://"));
	ptrdiff_t slash, user, colon;

	if (at >= 0)
		url = sk_span_from(url, at + 3);
	slash = sk_span_chr(url, '/');
	user = sk_span_chr(url, '@');
	if (user >= 0 && (slash < 0 || user < slash))
		url = sk_span_from(url, user + 1);
	while (sk_span_ends(url, "/"))
		url.len--;
	if (sk_span_ends(url, ".git"))
		url.len -= 4;
	colon = sk_span_chr(url, ':');
	slash = sk_span_chr(url, '/');
	if (at < 0 && colon > 0 && colon < slash)
		return sk_span_str(sk_sink_printf(sink, "%.*s/%.*s", (int)colon, url.ptr,
						  (int)(url.len - colon - 1), url.ptr + colon + 1));
	return url;
}

static void add_pin(struct sk_sink *sink, const struct sk_node *pin)
{
	const struct sk_node *state = sk_node_get(pin, "state");
	struct sk_span url = sk_node_str(sk_node_get(pin, "location"));
	struct sk_span version = sk_node_str(sk_node_get(state, "version"));
	struct sk_package *pkg;

	if (url.len == 0)
		url = sk_node_str(sk_node_get(pin, "repositoryURL"));
	if (url.len == 0)
		url = sk_node_str(sk_node_get(pin, "identity"));
	if (version.len == 0)
		version = sk_node_str(sk_node_get(state, "branch"));
	if (version.len == 0)
		version = sk_node_str(sk_node_get(state, "revision"));
	url = plain_address(sink, url);
	pkg = sk_sink_add(sink, "swift", sk_span_basename(url), version, pin->line);
	if (pkg)
		pkg->ns = sk_sink_str(sink, sk_span_dirname(url));
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	const struct sk_node *pins;
	int rc = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);

	if (rc < 0)
		return rc;
	pins = sk_node_get(doc.root, "pins");
	if (!pins)
		pins = sk_node_path(doc.root, "object", "pins", NULL);
	sk_node_each(pin, pins)
		add_pin(sink, pin);
	return 0;
}

const struct sk_analyzer sk_analyzer_swift = {
	.name = "swift",
	.version = 1,
	.patterns = (const char *const[]){ "**/Package.resolved", "**/.package.resolved", NULL },
	.analyze = analyze,
};
