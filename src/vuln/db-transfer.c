/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Export and import. The exported file: "SEKISHO-ADVISORIES 1\n", the SHA-256 of
 * the database file (32 bytes), its size (8 bytes, little endian), then the file as one
 * zstd frame.
 */
#include "base/fd.h"
#include "base/limits.h"
#include "vuln/db-format.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <zstd.h>

#define EXPORT_MAGIC "SEKISHO-ADVISORIES 1\n"
enum { EXPORT_MAGIC_SIZE = sizeof(EXPORT_MAGIC) - 1, LEVEL = 9 };

static int sha256(struct sk_span bytes, uint8_t digest[SK_DB_DIGEST], struct sk_err *err)
{
	if (!EVP_Digest(bytes.ptr, bytes.len, digest, NULL, EVP_sha256(), NULL))
		return sk_err_set(err, SK_EIO, "SHA-256 is not to be had");
	return 0;
}

int sk_db_export(const char *path, struct sk_buf *out, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_cleanup(sk_db_closep) struct sk_db *db = NULL;
	uint8_t digest[SK_DB_DIGEST];
	size_t bound, n;
	int r = sk_db_open(path, &db, err);

	if (r == 0)
		r = sk_db_check(db, err);
	if (r == 0)
		r = sk_path_slurp(path, SK_MAX_DATABASE, &bytes, err);
	if (r == 0)
		r = sha256(sk_buf_view(&bytes), digest, err);
	if (r < 0)
		return r;
	sk_buf_puts(out, EXPORT_MAGIC);
	sk_buf_put(out, digest, sizeof(digest));
	sk_buf_u64le(out, bytes.len);
	bound = ZSTD_compressBound(bytes.len);
	n = ZSTD_compress(sk_buf_reserve(out, bound), bound, bytes.data, bytes.len, LEVEL);
	if (ZSTD_isError(n))
		return sk_err_set(err, SK_EIO, "%s: %s", path, ZSTD_getErrorName(n));
	out->len += n;
	return 0;
}

static int unpack(struct sk_span in, struct sk_buf *out, struct sk_err *err)
{
	struct sk_reader r = sk_reader(in);
	uint8_t digest[SK_DB_DIGEST];
	struct sk_span promised, frame;
	uint64_t size;
	size_t n;

	if (!sk_span_is(sk_read_bytes(&r, EXPORT_MAGIC_SIZE), EXPORT_MAGIC))
		return sk_err_set(err, SK_EINVAL, "not written by \"sekisho db export\"");
	promised = sk_read_bytes(&r, SK_DB_DIGEST);
	size = sk_read_u64le(&r);
	frame = sk_read_bytes(&r, sk_reader_left(&r));
	if (r.failed || size > SK_MAX_DATABASE)
		return sk_err_set(err, SK_EINTEGRITY, "it is cut off or not what it says");
	/* A frame says itself how large it is: nothing is reserved for a lie. */
	if (ZSTD_getFrameContentSize(frame.ptr, frame.len) != size)
		return sk_err_set(err, SK_EINTEGRITY, "its size is not what it says");
	n = ZSTD_decompress(sk_buf_reserve(out, size), size, frame.ptr, frame.len);
	if (ZSTD_isError(n) || n != size)
		return sk_err_set(err, SK_EINTEGRITY, "it is damaged");
	out->len = n;
	if (sha256(sk_buf_view(out), digest, err) < 0)
		return -err->code;
	if (!sk_span_eq(promised, sk_span(digest, sizeof(digest))))
		return sk_err_set(err, SK_EINTEGRITY, "its digest is not what it says");
	return 0;
}

/* Opens and reads the whole of it under a name of its own before it takes the place. */
static int check_at(const char *path, struct sk_err *err)
{
	sk_cleanup(sk_db_closep) struct sk_db *db = NULL;
	int r = sk_db_open(path, &db, err);

	return r < 0 ? r : sk_db_check(db, err);
}

int sk_db_import(struct sk_span file, const char *path, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_autofree char *temporary = sk_printf("%s.%ld.import", path, (long)getpid());
	struct sk_span dir = sk_span_dirname(sk_span_str(path));
	sk_autofree char *folder = sk_strndup(dir.len ? dir.ptr : ".", dir.len ? dir.len : 1);
	int r = unpack(file, &bytes, err);

	if (r == 0)
		r = sk_path_make_dirs(folder, 0755, err);
	if (r == 0)
		r = sk_path_replace(temporary, sk_buf_view(&bytes), 0644, err);
	if (r == 0)
		r = check_at(temporary, err);
	if (r == 0 && rename(temporary, path) < 0)
		r = sk_err_errno(err, "%s", path);
	if (r < 0)
		unlink(temporary);
	return r;
}
