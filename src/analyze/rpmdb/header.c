/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/rpmdb/header.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/reader.h"

/* rpm's HEADER_TAGS_MAX. */
#define MAX_TAGS 65535
/* What paths may take for each byte of the header: real ones take less than one. */
#define PATH_BYTES_PER_BYTE 16

enum { ENTRY = 16 };

/* rpmTagType */
enum {
	TYPE_CHAR = 1,
	TYPE_INT8 = 2,
	TYPE_INT32 = 4,
	TYPE_STRING = 6,
	TYPE_STRINGS = 8,
	TYPE_I18N = 9
};

enum kind { KIND_STRING, KIND_EPOCH, KIND_INT32S, KIND_CHARS, KIND_STRINGS };

struct wanted {
	uint32_t tag; /* rpmTag */
	enum kind kind;
	size_t offset;
};

static const struct wanted wanted[] = {
	{ 1000, KIND_STRING, offsetof(struct sk_rpm_header, name) },
	{ 1001, KIND_STRING, offsetof(struct sk_rpm_header, version) },
	{ 1002, KIND_STRING, offsetof(struct sk_rpm_header, release) },
	{ 1003, KIND_EPOCH, offsetof(struct sk_rpm_header, epoch) },
	{ 1011, KIND_STRING, offsetof(struct sk_rpm_header, vendor) },
	{ 1014, KIND_STRING, offsetof(struct sk_rpm_header, licence) },
	{ 1022, KIND_STRING, offsetof(struct sk_rpm_header, arch) },
	{ 1027, KIND_STRINGS, offsetof(struct sk_rpm_header, old_names) },
	{ 1029, KIND_CHARS, offsetof(struct sk_rpm_header, states) },
	{ 1044, KIND_STRING, offsetof(struct sk_rpm_header, source_rpm) },
	{ 1116, KIND_INT32S, offsetof(struct sk_rpm_header, folder_indexes) },
	{ 1117, KIND_STRINGS, offsetof(struct sk_rpm_header, basenames) },
	{ 1118, KIND_STRINGS, offsetof(struct sk_rpm_header, folders) },
	{ 5096, KIND_STRING, offsetof(struct sk_rpm_header, module) },
};

struct entry {
	uint32_t tag, type, offset, count;
};

static int bad(struct sk_err *err, const struct entry *e)
{
	return sk_err_set(err, SK_EINVAL, "tag %u is broken", e->tag);
}

static int take_string(const struct entry *e, struct sk_reader *data, struct sk_span *ret,
		       struct sk_err *err)
{
	if ((e->type != TYPE_STRING && e->type != TYPE_I18N && e->type != TYPE_STRINGS) ||
	    e->count == 0)
		return bad(err, e);
	*ret = sk_read_cstr(data);
	return data->failed ? bad(err, e) : 0;
}

static int take_array(const struct entry *e, struct sk_reader *data, enum kind kind,
		      struct sk_rpm_array *ret, struct sk_err *err)
{
	size_t left = sk_reader_left(data), least = kind == KIND_INT32S ? 4 : 1;
	bool type_fits = kind == KIND_INT32S	? e->type == TYPE_INT32
			 : kind == KIND_STRINGS ? e->type == TYPE_STRINGS
						: e->type == TYPE_CHAR || e->type == TYPE_INT8;

	if (!type_fits || e->count > left / least)
		return bad(err, e);
	ret->bytes = sk_read_bytes(data, left);
	ret->count = e->count;
	return 0;
}

static int take_entry(const struct entry *e, const struct wanted *w, struct sk_reader data,
		      struct sk_rpm_header *header, struct sk_err *err)
{
	void *field = (char *)header + w->offset;

	sk_read_seek(&data, e->offset);
	if (w->kind == KIND_STRING)
		return take_string(e, &data, field, err);
	if (w->kind != KIND_EPOCH)
		return take_array(e, &data, w->kind, field, err);
	if (e->type != TYPE_INT32 || e->count == 0)
		return bad(err, e);
	header->epoch = sk_read_u32be(&data);
	header->has_epoch = !data.failed;
	return data.failed ? bad(err, e) : 0;
}

static int find_wanted(uint32_t tag)
{
	for (size_t i = 0; i < SK_COUNT(wanted); i++)
		if (wanted[i].tag == tag)
			return (int)i;
	return -1;
}

/* The last entry of each wanted tag: one look at the data for each, however often a tag is
 * repeated. */
static void read_index(struct sk_reader *r, uint32_t tags, struct entry last[SK_COUNT(wanted)])
{
	for (uint32_t i = 0; i < tags; i++) {
		struct entry e = { 0 };
		int at;

		e.tag = sk_read_u32be(r);
		e.type = sk_read_u32be(r);
		e.offset = sk_read_u32be(r);
		e.count = sk_read_u32be(r);
		at = find_wanted(e.tag);
		if (at >= 0)
			last[at] = e;
	}
}

/*
 * Region tags (61, 62, 63) only say which entries were in the package as it
 * was signed; entries after them were added on installing and win, as in rpm,
 * over the same tag inside.
 */
int sk_rpm_header_parse(struct sk_span blob, struct sk_rpm_header *ret_header, struct sk_err *err)
{
	struct sk_reader r = sk_reader(blob), data;
	struct entry last[SK_COUNT(wanted)] = { { 0 } };
	struct sk_rpm_header header = { 0 };
	uint32_t tags = sk_read_u32be(&r), size = sk_read_u32be(&r);

	if (r.failed || tags == 0 || tags > MAX_TAGS ||
	    (uint64_t)tags * ENTRY + size != sk_reader_left(&r))
		return sk_err_set(err, SK_EINVAL, "a header whose sizes do not add up");
	data = sk_read_window(&r, 8 + (size_t)tags * ENTRY, size);
	read_index(&r, tags, last);
	for (size_t i = 0; i < SK_COUNT(wanted); i++) {
		int rc = last[i].tag ? take_entry(&last[i], &wanted[i], data, &header, err) : 0;

		if (rc < 0)
			return rc;
	}
	if (!header.name.len || !header.version.len || !header.release.len)
		return sk_err_set(err, SK_EINVAL, "a header without name, version or release");
	*ret_header = header;
	return 0;
}

/* rpmfileState: 0 normal, 1 replaced by another package's, 2 not installed, 3 on a shared disk, 4
 * wrong architecture. */
static bool is_installed(const struct sk_rpm_header *header, uint32_t i)
{
	return i >= header->states.count || header->states.bytes.ptr[i] == 0 ||
	       header->states.bytes.ptr[i] == 3;
}

static int old_files(const struct sk_rpm_header *header,
		     void (*add)(void *ctx, struct sk_span path), void *ctx)
{
	struct sk_reader names = sk_reader(header->old_names.bytes);

	for (uint32_t i = 0; i < header->old_names.count; i++) {
		struct sk_span name = sk_read_cstr(&names);

		if (names.failed)
			break;
		if (is_installed(header, i))
			add(ctx, name);
	}
	return 0;
}

static int read_folders(const struct sk_rpm_header *header, struct sk_span **ret_folders,
			struct sk_err *err)
{
	struct sk_reader r = sk_reader(header->folders.bytes);
	struct sk_span *folders;

	if (header->folders.count > SK_MAX_RPM_FOLDERS)
		return sk_err_set(err, SK_ELIMIT, "%u folders", header->folders.count);
	folders = sk_alloc((size_t)header->folders.count * sizeof(*folders) + 1);
	for (uint32_t i = 0; i < header->folders.count; i++)
		folders[i] = sk_read_cstr(&r);
	*ret_folders = folders;
	if (r.failed)
		return sk_err_set(err, SK_EINVAL, "its list of folders is cut off");
	return 0;
}

int sk_rpm_header_files(const struct sk_rpm_header *header, size_t blob_size,
			void (*add)(void *ctx, struct sk_span path), void *ctx, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf path = { 0 };
	struct sk_reader names = sk_reader(header->basenames.bytes);
	struct sk_reader indexes = sk_reader(header->folder_indexes.bytes);
	uint64_t budget = (uint64_t)blob_size * PATH_BYTES_PER_BYTE;
	sk_autofree struct sk_span *folders = NULL;
	int rc = read_folders(header, &folders, err);

	if (rc < 0)
		return rc;
	if (header->basenames.count != header->folder_indexes.count)
		return sk_err_set(err, SK_EINVAL, "its lists of files are of different lengths");
	if (header->basenames.count == 0)
		return old_files(header, add, ctx);
	for (uint32_t i = 0; i < header->basenames.count; i++) {
		struct sk_span name = sk_read_cstr(&names);
		uint32_t folder = sk_read_u32be(&indexes);

		if (names.failed || indexes.failed || folder >= header->folders.count)
			return sk_err_set(err, SK_EINVAL, "its list of files is broken");
		if (!is_installed(header, i) || name.len + folders[folder].len > SK_MAX_PATH)
			continue;
		if (budget < name.len + folders[folder].len)
			return sk_err_set(err, SK_ELIMIT,
					  "its list of files is too long to be true");
		budget -= name.len + folders[folder].len;
		sk_buf_reset(&path);
		sk_buf_span(&path, folders[folder]);
		sk_buf_span(&path, name);
		add(ctx, sk_buf_view(&path));
	}
	return 0;
}
