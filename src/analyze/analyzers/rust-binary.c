/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The crate list that cargo-auditable puts into a program: zlib-compressed
 * JSON in a section called .dep-v0 (its PARSING.md).
 */
#include "analyze/exe.h"
#include "base/limits.h"
#include "doc/doc.h"

#include <zlib.h>

static int inflate_list(struct sk_span packed, struct sk_buf *buf, struct sk_err *err)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed.ptr,
		       .avail_in = (unsigned)packed.len };
	int status = Z_OK;

	if (inflateInit(&z) != Z_OK)
		return sk_err_set(err, SK_ELIMIT, "crate list: zlib has no memory");
	while (status == Z_OK && buf->len < SK_MAX_BUILD_INFO) {
		z.next_out = (unsigned char *)sk_buf_reserve(buf, 65536);
		z.avail_out = 65536;
		status = inflate(&z, Z_NO_FLUSH);
		buf->len += 65536 - z.avail_out;
	}
	inflateEnd(&z);
	if (status == Z_OK)
		return sk_err_set(err, SK_ELIMIT, "crate list: larger than %u bytes",
				  SK_MAX_BUILD_INFO);
	if (status != Z_STREAM_END)
		return sk_err_set(err, SK_EINVAL, "crate list: not a zlib stream");
	return 0;
}

static void add_crate(struct sk_sink *sink, const struct sk_node *crate)
{
	struct sk_package *pkg;

	pkg = sk_sink_add(sink, "cargo", sk_node_str(sk_node_get(crate, "name")),
			  sk_node_str(sk_node_get(crate, "version")), 0);
	if (!pkg)
		return;
	pkg->flags |= SK_PACKAGE_INSTALLED;
	if (sk_node_bool(sk_node_get(crate, "root"), false))
		pkg->flags |= SK_PACKAGE_MAIN;
	if (sk_span_is(sk_node_str(sk_node_get(crate, "kind")), "build"))
		pkg->flags |= SK_PACKAGE_DEV;
}

static int read_list(struct sk_sink *sink, struct sk_span packed, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf json = { 0 };
	struct sk_doc doc = { 0 };
	int rc = inflate_list(packed, &json, err);

	if (rc < 0)
		return rc;
	rc = sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&json), 0, err);
	if (rc == 0)
		sk_node_each(crate, sk_node_get(doc.root, "packages"))
			add_crate(sink, crate);
	sk_doc_release(&doc);
	return rc < 0 ? sk_err_wrap(err, "crate list") : 1;
}

/* 1: there was a list */
static int analyze_slice(struct sk_sink *sink, const struct sk_exe *exe, struct sk_err *err)
{
	const struct sk_exe_section *s = sk_exe_section(exe, ".dep-v0");
	sk_cleanup(sk_buf_release) struct sk_buf packed = { 0 };
	int rc;

	if (!s || s->size == 0)
		return 0;
	if (s->size > SK_MAX_BUILD_INFO || s->size > exe->size)
		return sk_err_set(err, SK_ELIMIT, "crate list: %llu bytes",
				  (unsigned long long)s->size);
	rc = sk_exe_read(exe, s->offset, sk_buf_reserve(&packed, s->size), s->size, err);
	packed.len = rc < 0 ? 0 : s->size;
	return rc < 0 ? rc : read_list(sink, sk_buf_view(&packed), err);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	return sk_exe_each(sink, file, analyze_slice, err);
}

const struct sk_analyzer sk_analyzer_rust_binary = {
	.name = "rust-binary",
	.version = 1,
	.patterns = (const char *const[]){ NULL },
	.magics = sk_exe_magics,
	.analyze = analyze,
};
