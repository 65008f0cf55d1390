/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/zip.h"
#include "base/limits.h"
#include "tap.h"

#include "analyze/file.h"
#include "zip-maker.h"

/* Opens bytes and reads the entry called name; the error's code, or 0. */
static int read_named(struct sk_span bytes, const char *name, size_t most, struct sk_buf *out)
{
	struct sk_file file;
	struct sk_file_impl impl;
	struct sk_zip *zip = NULL;
	struct sk_err err = SK_ERR_INIT;
	const struct sk_zip_entry *e;
	int rc;

	sk_file_from_bytes(&file, &impl, "a.zip", bytes);
	rc = sk_zip_open(&file, &zip, &err);
	if (rc < 0)
		return err.code;
	e = sk_zip_find(zip, name);
	rc = e ? sk_zip_read(zip, e, most, out, &err) : -SK_ENOTFOUND;
	sk_zip_free(zip);
	return -rc;
}

static void test_plain(void)
{
	struct zip_maker z = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 }, moved = { 0 };
	struct sk_span bytes;

	zip_add(&z, "dir/", sk_span(NULL, 0), false);
	zip_add(&z, "stored.txt", SK_SPAN_LIT("as it is"), false);
	zip_add(&z, "dir/deflated.txt", SK_SPAN_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), true);
	bytes = zip_done(&z);
	is_int(read_named(bytes, "stored.txt", 100, &out), 0);
	is_str(sk_buf_str(&out), "as it is");
	is_int(read_named(bytes, "dir/deflated.txt", 100, &out), 0);
	is_str(sk_buf_str(&out), "as it isaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	is_int(read_named(bytes, "nowhere", 100, &out), SK_ENOTFOUND);
	is_int(read_named(bytes, "dir/deflated.txt", 29, &out), SK_ELIMIT);
	is_int(read_named(bytes, "stored.txt", 7, &out), SK_ELIMIT);

	sk_buf_puts(&moved, "#!/bin/sh\nexec java -jar $0\n");
	sk_buf_span(&moved, bytes);
	sk_buf_reset(&out);
	is_int(read_named(sk_buf_view(&moved), "stored.txt", 100, &out), 0);
	is_str(sk_buf_str(&out), "as it is");
	zip_maker_release(&z);
}

static void test_broken(void)
{
	struct zip_maker z = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_span bytes;
	int codes = 0;

	zip_add(&z, "one", SK_SPAN_LIT("first"), true);
	zip_add(&z, "two", SK_SPAN_LIT("second"), false);
	bytes = zip_done(&z);
	for (size_t n = 0; n < bytes.len; n++)
		codes |= 1 << read_named(sk_span(bytes.ptr, n), "two", 100, &out);
	ok(!(codes & 1), "no cut-off archive opens");
	zip_maker_release(&z);
}

static void test_flips(void)
{
	struct zip_maker z = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_span bytes;

	zip_add(&z, "one", SK_SPAN_LIT("first first first first"), true);
	zip_add(&z, "two", SK_SPAN_LIT("second"), false);
	bytes = zip_done(&z);
	for (size_t i = 0; i < bytes.len * 8; i++) {
		z.body.data[i / 8] ^= (char)(1 << (i % 8));
		sk_buf_reset(&out);
		if (read_named(bytes, "one", 100, &out) == 0)
			expect(sk_span_is(sk_buf_view(&out), "first first first first"),
			       "bit %zu does not change what is read", i);
		sk_buf_reset(&out);
		read_named(bytes, "two", 100, &out);
		z.body.data[i / 8] ^= (char)(1 << (i % 8));
	}
	ok(true, "every bit flipped");
	zip_maker_release(&z);
}

/* One stream of zeros that all entries of the directory share. */
static void test_overlap(void)
{
	struct zip_maker z = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	char zeros[1000] = { 0 };
	struct sk_span bytes;

	zip_add(&z, "aaaa", sk_span(zeros, sizeof(zeros)), true);
	zip_add(&z, "good", SK_SPAN_LIT("good"), false);
	zip_central(&z.directory, SK_SPAN_LIT("bbbb"), 8,
		    crc32(0, (const unsigned char *)zeros, sizeof(zeros)), 8, sizeof(zeros), 0);
	z.count++;
	bytes = zip_done(&z);
	is_int(read_named(bytes, "aaaa", 10000, &out), SK_EINVAL);
	is_int(read_named(bytes, "bbbb", 10000, &out), SK_EINVAL);
	is_int(read_named(bytes, "good", 10000, &out), 0);
	zip_maker_release(&z);
}

static void test_bomb(void)
{
	struct zip_maker z = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	size_t n = SK_MIN_ZIP_BYTES + (8u << 20);
	char *zeros = sk_alloc(n);

	zip_add(&z, "zeros", sk_span(zeros, n), true);
	is_int(read_named(zip_done(&z), "zeros", SIZE_MAX, &out), SK_ELIMIT);
	free(zeros);
	zip_maker_release(&z);
}

/* depth archives around a file "core"; how deep the reader gets into them. */
static int descend(bool deflated, int depth)
{
	struct sk_buf inner = { 0 };
	struct sk_zip *zips[64] = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_file file;
	struct sk_file_impl impl;
	int n = 0;

	sk_buf_puts(&inner, "core");
	for (int i = 0; i < depth; i++) {
		struct zip_maker z = { 0 };

		zip_add(&z, "in.jar", sk_buf_view(&inner), deflated);
		zip_done(&z);
		sk_buf_release(&inner);
		inner = z.body;
		sk_buf_release(&z.directory);
	}
	sk_file_from_bytes(&file, &impl, "a.zip", sk_buf_view(&inner));
	if (sk_zip_open(&file, &zips[n], &err) == 0)
		n++;
	while (n > 0 && n < 64) {
		const struct sk_zip_entry *e = sk_zip_find(zips[n - 1], "in.jar");

		if (!e || sk_zip_open_entry(zips[n - 1], e, &zips[n], &err) < 0)
			break;
		n++;
	}
	for (int i = n; i-- > 0;)
		sk_zip_free(zips[i]);
	sk_buf_release(&inner);
	return n;
}

int main(void)
{
	test_plain();
	test_broken();
	test_flips();
	test_overlap();
	test_bomb();
	is_int(descend(false, 10), 10);
	is_int(descend(true, 10), 10);
	is_int(descend(true, 40), SK_MAX_JAR_DEPTH);
	return tap_done();
}
