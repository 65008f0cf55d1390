/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/zip.h"

#include "analyze/file.h"

#include "base/limits.h"
#include "base/reader.h"

#include <zlib.h>

enum {
	EOCD_SIZE = 22,
	EOCD64_SIZE = 56,
	LOCATOR64_SIZE = 20,
	CENTRAL_SIZE = 46,
	LOCAL_SIZE = 30,
	COMMENT_MAX = 65535,
	CHUNK = 32768,
};

#define EOCD_MAGIC 0x06054b50u
#define EOCD64_MAGIC 0x06064b50u
#define LOCATOR64_MAGIC 0x07064b50u
#define CENTRAL_MAGIC 0x02014b50u
#define LOCAL_MAGIC 0x04034b50u

/* Bytes that all the archives of one outermost file may still give. */
struct budget {
	uint64_t left;
};

struct sk_zip {
	const struct sk_file *file;
	uint64_t base; /* where this zip begins in file */
	uint64_t size;
	uint64_t shift; /* bytes before the archive that its offsets do not count */
	unsigned depth;
	struct budget *budget; /* the outermost zip's */
	struct budget own_budget;
	struct sk_buf own_bytes; /* of a nested deflated zip */
	struct sk_file own_file;
	struct sk_file_impl own_impl;
	struct sk_buf directory;
	SK_VEC(struct sk_zip_entry) entries;
};

struct tail {
	uint64_t entries, directory_size, directory_offset;
	uint64_t end;  /* where the directory must end: offset of the record that follows it */
	bool trailing; /* bytes follow that are not the comment */
};

static int zip_bytes(struct sk_zip *zip, uint64_t off, void *bytes, size_t n, struct sk_err *err)
{
	if (off > zip->size || n > zip->size - off)
		return sk_err_set(err, SK_EINVAL, "zip: %zu bytes at %llu are not in the archive",
				  n, (unsigned long long)off);
	return sk_file_read(zip->file, zip->base + off, bytes, n, err);
}

/* Replaces the 16 and 32 bit fields by those of the Zip64 record, if there is one. */
static int read_tail64(struct sk_zip *zip, uint64_t eocd, struct tail *tail, struct sk_err *err)
{
	char bytes[EOCD64_SIZE];
	struct sk_reader r;
	uint64_t at;
	int rc;

	if (eocd < LOCATOR64_SIZE)
		return 0;
	rc = zip_bytes(zip, eocd - LOCATOR64_SIZE, bytes, LOCATOR64_SIZE, err);
	if (rc < 0)
		return rc;
	r = sk_reader(sk_span(bytes, LOCATOR64_SIZE));
	if (sk_read_u32le(&r) != LOCATOR64_MAGIC)
		return 0;
	sk_read_skip(&r, 4);
	at = sk_read_u64le(&r);
	rc = zip_bytes(zip, at, bytes, EOCD64_SIZE, err);
	if (rc < 0)
		return rc;
	r = sk_reader(sk_span(bytes, EOCD64_SIZE));
	if (sk_read_u32le(&r) != EOCD64_MAGIC)
		return sk_err_set(err, SK_EINVAL,
				  "zip: no Zip64 end record where its locator says");
	sk_read_skip(&r, 28);
	tail->entries = sk_read_u64le(&r);
	tail->directory_size = sk_read_u64le(&r);
	tail->directory_offset = sk_read_u64le(&r);
	tail->end = at;
	return 0;
}

/* The end record may be followed by a comment of up to 64 KiB: the last one whose length fits. */
static int read_tail(struct sk_zip *zip, struct tail *tail, struct sk_err *err)
{
	size_t most = zip->size < EOCD_SIZE + COMMENT_MAX ? zip->size : EOCD_SIZE + COMMENT_MAX;
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	uint64_t start = zip->size - most;
	size_t comment;
	int rc;

	if (zip->size < EOCD_SIZE)
		return sk_err_set(err, SK_EINVAL, "zip: too short");
	rc = zip_bytes(zip, start, sk_buf_reserve(&buf, most), most, err);
	if (rc < 0)
		return rc;
	for (size_t i = most - EOCD_SIZE + 1; i-- > 0;) {
		struct sk_reader r = sk_reader(sk_span(buf.data + i, most - i));

		if (sk_read_u32le(&r) != EOCD_MAGIC)
			continue;
		sk_read_skip(&r, 6);
		tail->entries = sk_read_u16le(&r);
		tail->directory_size = sk_read_u32le(&r);
		tail->directory_offset = sk_read_u32le(&r);
		comment = sk_read_u16le(&r);
		if (comment > most - i - EOCD_SIZE)
			continue;
		tail->trailing = comment != most - i - EOCD_SIZE;
		tail->end = start + i;
		return read_tail64(zip, tail->end, tail, err);
	}
	return sk_err_set(err, SK_EINVAL, "zip: no end-of-directory record");
}

/* Extra field 1 has the 64 bit forms of those fields that are all ones, in this order. */
static void read_zip64_extra(struct sk_span extra, struct sk_zip_entry *e)
{
	struct sk_reader r = sk_reader(extra);

	while (sk_reader_left(&r) >= 4) {
		uint16_t id = sk_read_u16le(&r);
		struct sk_reader field = sk_reader(sk_read_bytes(&r, sk_read_u16le(&r)));

		if (id != 1)
			continue;
		if (e->size == UINT32_MAX)
			e->size = sk_read_u64le(&field);
		if (e->packed == UINT32_MAX)
			e->packed = sk_read_u64le(&field);
		if (e->header == UINT32_MAX)
			e->header = sk_read_u64le(&field);
		return;
	}
}

static int read_entry(struct sk_zip *zip, struct sk_reader *r, struct sk_err *err)
{
	struct sk_zip_entry e = { 0 };
	size_t name, extra, comment;
	uint16_t flags;

	if (sk_read_u32le(r) != CENTRAL_MAGIC)
		return sk_err_set(err, SK_EINVAL, "zip: entry %zu: not a directory record",
				  zip->entries.len);
	sk_read_skip(r, 4);
	flags = sk_read_u16le(r);
	e.encrypted = flags & 1;
	e.method = sk_read_u16le(r);
	sk_read_skip(r, 4);
	e.crc = sk_read_u32le(r);
	e.packed = sk_read_u32le(r);
	e.size = sk_read_u32le(r);
	name = sk_read_u16le(r);
	extra = sk_read_u16le(r);
	comment = sk_read_u16le(r);
	sk_read_skip(r, 8);
	e.header = sk_read_u32le(r);
	e.name = sk_read_bytes(r, name);
	read_zip64_extra(sk_read_bytes(r, extra), &e);
	sk_read_skip(r, comment);
	if (r->failed)
		return sk_err_set(err, SK_EINVAL, "zip: entry %zu: cut off", zip->entries.len);
	if (e.header > zip->size - zip->shift)
		return sk_err_set(err, SK_EINVAL, "zip: entry %zu: lies outside the archive",
				  zip->entries.len);
	e.header += zip->shift;
	if (name == 0)
		return 0;
	e.folder = e.name.ptr[name - 1] == '/';
	*sk_vec_push(&zip->entries) = e;
	return 0;
}

static int by_header(const void *a, const void *b)
{
	const struct sk_zip_entry *x = *(const struct sk_zip_entry *const *)a;
	const struct sk_zip_entry *y = *(const struct sk_zip_entry *const *)b;

	return x->header < y->header ? -1 : x->header > y->header;
}

/* Marks entries whose local header and data reach into the next one's. */
static void mark_overlaps(struct sk_zip *zip)
{
	size_t n = zip->entries.len;
	sk_autofree struct sk_zip_entry **order = sk_realloc(NULL, n + 1, sizeof(*order));
	uint64_t end = 0;
	struct sk_zip_entry *last = NULL;

	for (size_t i = 0; i < n; i++)
		order[i] = &zip->entries.data[i];
	qsort(order, n, sizeof(*order), by_header);
	for (size_t i = 0; i < n; i++) {
		struct sk_zip_entry *e = order[i];
		uint64_t least = LOCAL_SIZE + e->name.len;
		uint64_t stop = e->packed > zip->size ? UINT64_MAX : e->header + least + e->packed;

		if (last && e->header < end)
			e->overlaps = last->overlaps = true;
		if (!last || stop > end) {
			end = stop;
			last = e;
		}
	}
}

static int read_directory(struct sk_zip *zip, struct sk_err *err)
{
	struct tail tail = { 0 };
	struct sk_reader r;
	int rc = read_tail(zip, &tail, err);

	if (rc < 0)
		return rc;
	if (tail.entries > SK_MAX_ZIP_ENTRIES || tail.directory_size > SK_MAX_ZIP_DIRECTORY)
		return sk_err_set(err, SK_ELIMIT, "zip: %llu entries in %llu bytes of directory",
				  (unsigned long long)tail.entries,
				  (unsigned long long)tail.directory_size);
	if (tail.directory_size > tail.end ||
	    tail.directory_offset > tail.end - tail.directory_size)
		return sk_err_set(err, SK_EINVAL, "zip: the directory is not in the archive");
	/* Self-extracting archives: offsets count from where the zip begins. */
	zip->shift = tail.end - tail.directory_size - tail.directory_offset;
	/* An archive whose end is cut off may hold a whole one: that is not it. */
	if (zip->shift && tail.trailing)
		return sk_err_set(err, SK_EINVAL, "zip: no end-of-directory record at the end");
	rc = zip_bytes(zip, tail.end - tail.directory_size,
		       sk_buf_reserve(&zip->directory, tail.directory_size), tail.directory_size,
		       err);
	if (rc < 0)
		return rc;
	zip->directory.len = tail.directory_size;
	r = sk_reader(sk_buf_view(&zip->directory));
	/* The count in the record is 16 bits: archives of Java's older tools let it wrap. */
	while (sk_reader_left(&r) >= CENTRAL_SIZE) {
		if (zip->entries.len >= SK_MAX_ZIP_ENTRIES)
			return sk_err_set(err, SK_ELIMIT, "zip: more than %u entries",
					  SK_MAX_ZIP_ENTRIES);
		rc = read_entry(zip, &r, err);
		if (rc < 0)
			return rc;
	}
	mark_overlaps(zip);
	return 0;
}

static struct sk_zip *zip_new(void)
{
	struct sk_zip *zip = sk_alloc(sizeof(*zip));

	zip->budget = &zip->own_budget;
	return zip;
}

static int zip_finish_open(struct sk_zip *zip, struct sk_zip **ret_zip, struct sk_err *err)
{
	int rc = read_directory(zip, err);

	if (rc < 0) {
		sk_zip_free(zip);
		return rc;
	}
	*ret_zip = zip;
	return 0;
}

int sk_zip_open(const struct sk_file *file, struct sk_zip **ret_zip, struct sk_err *err)
{
	struct sk_zip *zip = zip_new();

	zip->file = file;
	zip->size = file->size;
	zip->own_budget.left = file->size > SK_MAX_ZIP_BYTES / SK_MAX_ZIP_RATIO
				       ? SK_MAX_ZIP_BYTES
				       : SK_MIN_ZIP_BYTES + file->size * SK_MAX_ZIP_RATIO;
	return zip_finish_open(zip, ret_zip, err);
}

void sk_zip_free(struct sk_zip *zip)
{
	if (!zip)
		return;
	sk_buf_release(&zip->own_bytes);
	sk_buf_release(&zip->directory);
	sk_vec_release(&zip->entries);
	free(zip);
}

const struct sk_zip_entry *sk_zip_entries(const struct sk_zip *zip, size_t *ret_count)
{
	*ret_count = zip->entries.len;
	return zip->entries.data;
}

const struct sk_zip_entry *sk_zip_find(const struct sk_zip *zip, const char *name)
{
	for (size_t i = 0; i < zip->entries.len; i++)
		if (sk_span_is(zip->entries.data[i].name, name))
			return &zip->entries.data[i];
	return NULL;
}

/* Where the entry's packed bytes begin: names and extra fields of the local header may differ. */
static int data_offset(struct sk_zip *zip, const struct sk_zip_entry *e, uint64_t *ret_off,
		       struct sk_err *err)
{
	char bytes[LOCAL_SIZE];
	struct sk_reader r;
	uint64_t off;
	int rc;

	if (e->encrypted)
		return sk_err_set(err, SK_EUNSUPPORTED, "zip: %.*s is encrypted",
				  (int)(e->name.len & 0xffff), e->name.ptr);
	if (e->overlaps)
		return sk_err_set(err, SK_EINVAL, "zip: %.*s overlaps another entry",
				  (int)(e->name.len & 0xffff), e->name.ptr);
	rc = zip_bytes(zip, e->header, bytes, sizeof(bytes), err);
	if (rc < 0)
		return rc;
	r = sk_reader(sk_span(bytes, sizeof(bytes)));
	if (sk_read_u32le(&r) != LOCAL_MAGIC)
		return sk_err_set(err, SK_EINVAL, "zip: no local header where the directory says");
	sk_read_seek(&r, 26);
	off = e->header + LOCAL_SIZE + sk_read_u16le(&r);
	off += sk_read_u16le(&r);
	if (off > zip->size || e->packed > zip->size - off)
		return sk_err_set(err, SK_EINVAL, "zip: entry's data are not in the archive");
	*ret_off = off;
	return 0;
}

struct inflater {
	struct sk_zip *zip;
	const struct sk_zip_entry *entry;
	struct sk_buf *buf;
	size_t start; /* of this entry in buf */
	size_t most;
};

/* Takes n bytes off the budget; n bytes more are about to be appended. */
static int spend(struct inflater *in, size_t n, struct sk_err *err)
{
	if (in->buf->len - in->start + n > in->most)
		return sk_err_set(err, SK_ELIMIT, "zip: entry is larger than %zu bytes", in->most);
	if (n > in->zip->budget->left)
		return sk_err_set(err, SK_ELIMIT, "zip: the archive expands too far");
	in->zip->budget->left -= n;
	return 0;
}

static int copy_stored(struct inflater *in, uint64_t off, struct sk_err *err)
{
	uint64_t n = in->entry->packed;
	int rc;

	if (n > in->most)
		return sk_err_set(err, SK_ELIMIT, "zip: entry is larger than %zu bytes", in->most);
	rc = spend(in, n, err);
	if (rc < 0)
		return rc;
	rc = zip_bytes(in->zip, off, sk_buf_reserve(in->buf, n), n, err);
	if (rc == 0)
		in->buf->len += n;
	return rc;
}

static int inflate_into(struct inflater *in, z_stream *z, uint64_t off, struct sk_err *err)
{
	uint64_t left = in->entry->packed;
	unsigned char packed[CHUNK], plain[CHUNK];
	int rc, status = Z_OK;

	while (status != Z_STREAM_END) {
		if (z->avail_in == 0 && left > 0) {
			size_t n = left < CHUNK ? left : CHUNK;

			rc = zip_bytes(in->zip, off, packed, n, err);
			if (rc < 0)
				return rc;
			off += n;
			left -= n;
			z->next_in = packed;
			z->avail_in = n;
		}
		z->next_out = plain;
		z->avail_out = CHUNK;
		status = inflate(z, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END)
			return sk_err_set(err, SK_EINVAL, "zip: broken deflate stream");
		rc = spend(in, CHUNK - z->avail_out, err);
		if (rc < 0)
			return rc;
		sk_buf_put(in->buf, plain, CHUNK - z->avail_out);
		if (z->avail_out == CHUNK && z->avail_in == 0 && left == 0 && status == Z_OK)
			return sk_err_set(err, SK_EINVAL, "zip: deflate stream is cut off");
	}
	return 0;
}

static int copy_deflated(struct inflater *in, uint64_t off, struct sk_err *err)
{
	z_stream z = { 0 };
	int rc;

	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return sk_err_set(err, SK_ELIMIT, "zip: zlib has no memory");
	rc = inflate_into(in, &z, off, err);
	inflateEnd(&z);
	return rc;
}

static int check_entry(const struct inflater *in, struct sk_err *err)
{
	struct sk_span got = sk_span_from(sk_buf_view(in->buf), in->start);

	if (got.len != in->entry->size)
		return sk_err_set(err, SK_EINTEGRITY, "zip: entry has %zu bytes instead of %llu",
				  got.len, (unsigned long long)in->entry->size);
	if (crc32_z(0, (const unsigned char *)got.ptr, got.len) != in->entry->crc)
		return sk_err_set(err, SK_EINTEGRITY, "zip: entry's checksum is wrong");
	return 0;
}

int sk_zip_read(struct sk_zip *zip, const struct sk_zip_entry *entry, size_t most,
		struct sk_buf *buf, struct sk_err *err)
{
	struct inflater in = { zip, entry, buf, buf->len, most };
	uint64_t off;
	int rc = data_offset(zip, entry, &off, err);

	if (rc < 0)
		return rc;
	sk_buf_reserve(buf, 1);
	if (entry->method == 0)
		rc = copy_stored(&in, off, err);
	else if (entry->method == 8)
		rc = copy_deflated(&in, off, err);
	else
		rc = sk_err_set(err, SK_EUNSUPPORTED, "zip: compression method %u", entry->method);
	if (rc == 0)
		rc = check_entry(&in, err);
	if (rc < 0)
		buf->len = in.start;
	buf->data[buf->len] = '\0';
	return rc;
}

int sk_zip_open_entry(struct sk_zip *outer, const struct sk_zip_entry *entry,
		      struct sk_zip **ret_zip, struct sk_err *err)
{
	struct sk_zip *zip;
	uint64_t off;
	int rc;

	if (outer->depth + 1 >= SK_MAX_JAR_DEPTH)
		return sk_err_set(err, SK_ELIMIT, "zip: archives nested deeper than %u",
				  SK_MAX_JAR_DEPTH);
	zip = zip_new();
	zip->depth = outer->depth + 1;
	zip->budget = outer->budget;
	if (entry->method == 0) {
		rc = data_offset(outer, entry, &off, err);
		zip->file = outer->file;
		zip->base = rc < 0 ? 0 : outer->base + off;
		zip->size = entry->packed;
	} else {
		rc = sk_zip_read(outer, entry, SK_MAX_ZIP_NESTED, &zip->own_bytes, err);
		sk_file_from_bytes(&zip->own_file, &zip->own_impl, outer->file->path,
				   sk_buf_view(&zip->own_bytes));
		zip->file = &zip->own_file;
		zip->size = zip->own_bytes.len;
	}
	if (rc < 0) {
		sk_zip_free(zip);
		return rc;
	}
	return zip_finish_open(zip, ret_zip, err);
}
