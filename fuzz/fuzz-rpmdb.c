/* SPDX-License-Identifier: Apache-2.0 */
/* rpm's databases of all formats, told apart by their magic, and the headers in them. */
#include "analyze/file.h"
#include "analyze/rpmdb/header.h"
#include "analyze/rpmdb/rpmdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore_path(void *ctx, struct sk_span path)
{
}

static int take_header(void *ctx, struct sk_span blob, struct sk_err *err)
{
	struct sk_rpm_header h;

	if (sk_rpm_header_parse(blob, &h, err) >= 0)
		sk_rpm_header_files(&h, blob.len, ignore_path, NULL, err);
	return 0;
}

static void ignore_issue(void *ctx, const char *text)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sk_rpmdb_visitor visitor = { NULL, take_header, ignore_issue };
	struct sk_err err = SK_ERR_INIT;
	struct sk_file_impl impl;
	struct sk_file file;
	uint64_t pages;

	sk_file_from_bytes(&file, &impl, "db", sk_span(data, size));
	sk_rpmdb_read(&file, &visitor, &err);
	sk_rpmdb_read_wal(&file, &visitor, &pages, &err);
	return 0;
}
