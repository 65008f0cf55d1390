/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/record.h"

#include "base/fd.h"
#include "base/hash.h"
#include "base/limits.h"

enum { HEADER = 32 };
static const char magic[8] = { 'S', 'K', 'L', 'A', 'Y', 'E', 'R', '1' };

/* The texts of a package and of an operating system, in the order in which they are written. */
#define FIELD(type, name) offsetof(struct type, name)
static const size_t package_fields[] = {
	FIELD(sk_package, type),	FIELD(sk_package, ns),		   FIELD(sk_package, name),
	FIELD(sk_package, version),	FIELD(sk_package, arch),	   FIELD(sk_package, source_name),
	FIELD(sk_package, source_version), FIELD(sk_package, licence),	   FIELD(sk_package, origin),
	FIELD(sk_package, module),	FIELD(sk_package, qualifiers),	   FIELD(sk_package, path),
};
static const size_t os_fields[] = {
	FIELD(sk_os, id),      FIELD(sk_os, id_like), FIELD(sk_os, version), FIELD(sk_os, codename),
	FIELD(sk_os, name),    FIELD(sk_os, variant), FIELD(sk_os, cpe),     FIELD(sk_os, root),
	FIELD(sk_os, path),    FIELD(sk_os, point),
};

uint64_t sk_name_key(struct sk_span path, enum sk_name_kind kind)
{
	return (sk_hash_stable(path) & ~(uint64_t)3) | (uint64_t)kind;
}

/* ---- writing ---- */

void sk_recorder_release(struct sk_recorder *rec)
{
	sk_buf_release(&rec->out);
	sk_vec_release(&rec->names);
	*rec = (struct sk_recorder){ 0 };
}

void sk_record_name(struct sk_recorder *rec, struct sk_span path, enum sk_name_kind kind)
{
	*sk_vec_push(&rec->names) = sk_name_key(path, kind);
}

/* NULL is written as length 0, an empty string too: texts are never both. */
static void put_text(struct sk_buf *out, struct sk_span s)
{
	sk_buf_string(out, s);
	sk_buf_putc(out, '\0');
}

static void put_fields(struct sk_buf *out, const void *record, const size_t *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text;

		memcpy(&text, (const char *)record + fields[i], sizeof(text));
		put_text(out, sk_span_str(text));
	}
}

void sk_record_fragment(struct sk_recorder *rec, const struct sk_analyzer *analyzer, const char *path,
			size_t root_len, struct sk_package *const *packages, size_t count,
			struct sk_span note)
{
	struct sk_buf *out = &rec->out;

	sk_buf_u8(out, SK_RECORD_FRAGMENT);
	put_text(out, sk_span_str(analyzer->name));
	put_text(out, sk_span_str(path));
	put_text(out, sk_span(path, root_len));
	put_text(out, note);
	sk_buf_varint(out, count);
	for (size_t i = 0; i < count; i++) {
		put_fields(out, packages[i], package_fields, SK_COUNT(package_fields));
		sk_buf_varint(out, packages[i]->line);
		sk_buf_varint(out, packages[i]->flags);
		put_text(out, packages[i]->files);
	}
}

void sk_record_os(struct sk_recorder *rec, const struct sk_os *os)
{
	sk_buf_u8(&rec->out, SK_RECORD_OS);
	put_fields(&rec->out, os, os_fields, SK_COUNT(os_fields));
}

void sk_record_issue(struct sk_recorder *rec, const char *id, const char *path, uint32_t line,
		     const char *text)
{
	enum { MOST = 1000 }; /* a layer with more broken files has made its point */

	if (++rec->issues > MOST)
		return;
	if (rec->issues == MOST) {
		id = "limit";
		path = NULL;
		line = 0;
		text = "more than 1000 files of this layer could not be analysed; the others are not listed";
	}
	sk_buf_u8(&rec->out, SK_RECORD_ISSUE);
	put_text(&rec->out, sk_span_str(id));
	put_text(&rec->out, sk_span_str(path));
	sk_buf_varint(&rec->out, line);
	put_text(&rec->out, sk_span_str(text));
}

static void put_pair(struct sk_recorder *rec, enum sk_record_tag tag, const char *a, const char *b)
{
	sk_buf_u8(&rec->out, (uint8_t)tag);
	put_text(&rec->out, sk_span_str(a));
	put_text(&rec->out, sk_span_str(b));
}

void sk_record_link(struct sk_recorder *rec, const char *path, const char *target)
{
	if (++rec->links == SK_MAX_LAYER_LINKS)
		sk_record_issue(rec, "limit", path, 0,
				"too many symbolic links: paths through this and later ones are not resolved");
	if (rec->links < SK_MAX_LAYER_LINKS)
		put_pair(rec, SK_RECORD_LINK, path, target);
}

void sk_record_alias(struct sk_recorder *rec, const char *path, const char *target)
{
	put_pair(rec, SK_RECORD_ALIAS, path, target);
}

void sk_record_run_file(struct sk_recorder *rec, const struct sk_run_file *file)
{
	struct sk_buf *out = &rec->out;

	sk_buf_u8(out, SK_RECORD_FILE);
	put_text(out, sk_span_str(file->path));
	sk_buf_varint(out, file->mode);
	sk_buf_varint(out, file->size);
	sk_buf_put(out, file->sha256, sizeof(file->sha256));
	sk_buf_u8(out, (uint8_t)file->kind);
	put_text(out, sk_span_str(file->interpreter));
}

static int cmp_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static size_t unique(uint64_t *names, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (i == 0 || names[i] != names[i - 1])
			names[kept++] = names[i];
	return kept;
}

int sk_recorder_finish(struct sk_recorder *rec, int fd, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf body = { 0 }, head = { 0 };

	sk_buf_u8(&rec->out, SK_RECORD_END);
	sk_buf_varint(&rec->out, rec->entries);
	sk_buf_varint(&rec->out, rec->bytes);
	if (rec->names.len)
		qsort(rec->names.data, rec->names.len, sizeof(uint64_t), cmp_u64);
	rec->names.len = unique(rec->names.data, rec->names.len);

	sk_buf_reserve(&body, 8 + rec->names.len * 8 + rec->out.len);
	sk_buf_u64le(&body, rec->names.len);
	for (size_t i = 0; i < rec->names.len; i++)
		sk_buf_u64le(&body, rec->names.data[i]);
	sk_vec_release(&rec->names);
	sk_buf_span(&body, sk_buf_view(&rec->out));
	sk_buf_release(&rec->out);

	sk_buf_put(&head, magic, sizeof(magic));
	sk_buf_u64le(&head, 24 + body.len);
	sk_buf_u64le(&head, sk_hash_stable(sk_buf_view(&body)));
	if (sk_write_full(fd, head.data, head.len) < 0 || sk_write_full(fd, body.data, body.len) < 0)
		return sk_err_errno(err, "writing a layer's inventory");
	return 0;
}

/* ---- reading ---- */

int sk_recording_open(struct sk_recording *rec, struct sk_span bytes, struct sk_err *err)
{
	struct sk_reader r = sk_reader(bytes);
	struct sk_span m = sk_read_bytes(&r, sizeof(magic));
	uint64_t len = sk_read_u64le(&r), sum = sk_read_u64le(&r), names = sk_read_u64le(&r);

	*rec = (struct sk_recording){ 0 };
	if (r.failed || memcmp(m.ptr, magic, sizeof(magic)) != 0)
		return sk_err_set(err, SK_EINVAL, "not a layer's inventory");
	if (len != bytes.len || sk_hash_stable(sk_span_from(bytes, 24)) != sum)
		return sk_err_set(err, SK_EINTEGRITY, "a layer's inventory is damaged");
	if (names > (bytes.len - HEADER) / 8)
		return sk_err_set(err, SK_EINVAL, "a layer's inventory is cut off");
	rec->names = sk_read_bytes(&r, names * 8);
	rec->records = sk_read_window(&r, r.off, bytes.len - r.off);
	return 0;
}

static struct sk_span get_span(struct sk_reader *r)
{
	struct sk_span s = sk_read_string(r);

	if (sk_read_u8(r) != 0)
		r->failed = true;
	return r->failed ? sk_span(NULL, 0) : s;
}

static const char *get_text(struct sk_reader *r)
{
	struct sk_span s = get_span(r);

	return s.len ? s.ptr : NULL;
}

static void get_fields(struct sk_reader *r, void *record, const size_t *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = get_text(r);

		memcpy((char *)record + fields[i], &text, sizeof(text));
	}
}

static const struct sk_analyzer *find_analyzer(const char *name)
{
	for (size_t i = 0; name && sk_analyzers[i]; i++)
		if (strcmp(sk_analyzers[i]->name, name) == 0)
			return sk_analyzers[i];
	return NULL;
}

static struct sk_package *get_package(struct sk_reader *r, struct sk_arena *arena)
{
	struct sk_package *p = sk_arena_alloc(arena, sizeof(*p));

	get_fields(r, p, package_fields, SK_COUNT(package_fields));
	p->line = (uint32_t)sk_read_varint(r);
	p->flags = (uint32_t)sk_read_varint(r);
	p->files = get_span(r);
	if (!p->type || !p->name || !p->path)
		r->failed = true;
	return p;
}

static struct sk_fragment *get_fragment(struct sk_reader *r, struct sk_arena *arena)
{
	struct sk_fragment *f = sk_arena_alloc(arena, sizeof(*f));
	uint64_t count;

	f->analyzer = find_analyzer(get_text(r));
	f->path = get_text(r);
	f->root = get_text(r);
	f->note = get_span(r);
	count = sk_read_varint(r);
	if (!f->analyzer || !f->path || count > SK_MAX_FILE_PACKAGES || count > sk_reader_left(r)) {
		r->failed = true;
		return f;
	}
	if (!f->root)
		f->root = "";
	f->packages = sk_arena_alloc(arena, count * sizeof(f->packages[0]));
	for (; f->package_count < count && !r->failed; f->package_count++)
		f->packages[f->package_count] = get_package(r, arena);
	return f;
}

static struct sk_os *get_os(struct sk_reader *r, struct sk_arena *arena)
{
	struct sk_os *os = sk_arena_alloc(arena, sizeof(*os));

	get_fields(r, os, os_fields, SK_COUNT(os_fields));
	if (!os->root)
		os->root = "";
	if (!os->version)
		os->version = "";
	if (!os->id || !os->path)
		r->failed = true;
	return os;
}

static void get_run_file(struct sk_reader *r, struct sk_run_file *file)
{
	struct sk_span sum;

	file->path = get_text(r);
	file->mode = (uint32_t)sk_read_varint(r);
	file->size = sk_read_varint(r);
	sum = sk_read_bytes(r, sizeof(file->sha256));
	file->kind = (enum sk_run_kind)sk_read_u8(r);
	file->interpreter = get_text(r);
	if (r->failed || !file->path || file->kind > SK_RUN_OTHER) {
		r->failed = true;
		return;
	}
	memcpy(file->sha256, sum.ptr, sum.len);
}

int sk_recording_next(struct sk_recording *rec, struct sk_arena *arena, struct sk_record *ret,
		      struct sk_err *err)
{
	struct sk_reader *r = &rec->records;

	*ret = (struct sk_record){ .tag = (enum sk_record_tag)sk_read_u8(r) };
	switch (ret->tag) {
	case SK_RECORD_FRAGMENT:
		ret->fragment = get_fragment(r, arena);
		break;
	case SK_RECORD_OS:
		ret->os = get_os(r, arena);
		break;
	case SK_RECORD_ISSUE:
		ret->id = get_text(r);
		ret->path = get_text(r);
		ret->line = (uint32_t)sk_read_varint(r);
		ret->text = get_text(r);
		if (!ret->id || !ret->text)
			r->failed = true;
		break;
	case SK_RECORD_LINK:
	case SK_RECORD_ALIAS:
		ret->path = get_text(r);
		ret->text = get_text(r);
		if (!ret->path)
			r->failed = true;
		break;
	case SK_RECORD_FILE:
		get_run_file(r, &ret->run);
		break;
	case SK_RECORD_END:
		rec->entries = sk_read_varint(r);
		rec->bytes = sk_read_varint(r);
		if (!r->failed && !sk_reader_more(r)) {
			rec->ended = true;
			return 0;
		}
		r->failed = true;
		break;
	default:
		r->failed = true;
	}
	if (r->failed)
		return sk_err_set(err, SK_EINVAL, "a layer's inventory has a broken record");
	return 1;
}

bool sk_recording_has_name(const struct sk_recording *rec, struct sk_span path, enum sk_name_kind kind)
{
	uint64_t key = sk_name_key(path, kind);
	size_t low = 0, high = rec->names.len / 8;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct sk_reader r = sk_reader(sk_span_sub(rec->names, mid * 8, 8));
		uint64_t at = sk_read_u64le(&r);

		if (at == key)
			return true;
		if (at < key)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
