/* SPDX-License-Identifier: Apache-2.0 */
/* Conda: PREFIX/conda-meta/NAME-VERSION-BUILD.json, one for each installed package. */
#include "analyze/lockfile.h"
#include "base/limits.h"

static const char *const patterns[] = { "**/conda-meta/*.json", NULL };

static void put_qualifier(struct sk_buf *out, const char *key, struct sk_span value)
{
	if (value.len == 0)
		return;
	sk_buf_printf(out, "%s%s=", out->len ? "&" : "", key);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    strchr("-._~", c))
			sk_buf_putc(out, (char)c);
		else
			sk_buf_printf(out, "%%%02X", c);
	}
}

/* "files" are relative to the environment, the folder above conda-meta. */
static void owned_files(struct sk_sink *sink, struct sk_package *pkg, struct sk_span folder,
			const struct sk_node *files)
{
	sk_cleanup(sk_buf_release) struct sk_buf path = { 0 };

	sk_node_each(file, files) {
		struct sk_span name = sk_node_str(file);

		if (name.len == 0 || name.len + folder.len >= SK_MAX_PATH)
			continue;
		sk_buf_reset(&path);
		sk_buf_span(&path, folder);
		if (folder.len)
			sk_buf_putc(&path, '/');
		sk_buf_span(&path, name);
		sk_sink_owns(sink, pkg, sk_buf_view(&path));
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf qualifiers = { 0 };
	const struct sk_node *root, *version;
	struct sk_package *pkg;
	int r = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);

	if (r < 0)
		return r;
	root = doc.root;
	version = sk_node_get(root, "version");
	if (sk_node_str(version).len == 0)
		return 0;
	pkg = sk_sink_add(sink, "conda", sk_node_str(sk_node_get(root, "name")),
			  sk_node_str(version), version->line);
	if (!pkg)
		return 0;
	pkg->flags |= SK_PACKAGE_INSTALLED;
	pkg->licence = sk_sink_str(sink, sk_node_str(sk_node_get(root, "license")));
	put_qualifier(&qualifiers, "build", sk_node_str(sk_node_get(root, "build")));
	put_qualifier(&qualifiers, "subdir", sk_node_str(sk_node_get(root, "subdir")));
	pkg->qualifiers = sk_sink_str(sink, sk_buf_view(&qualifiers));
	owned_files(sink, pkg, sk_span_dirname(sk_span_dirname(sk_span_str(file->path))),
		    sk_node_get(root, "files"));
	return 0;
}

const struct sk_analyzer sk_analyzer_conda = {
	.name = "conda",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
};
