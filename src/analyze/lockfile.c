/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/lockfile.h"

#include "base/reader.h"

void sk_lockfile_release(struct sk_lockfile *lock)
{
	sk_map_release(&lock->seen);
	sk_arena_release(&lock->arena);
}

/* Where a name's namespace ends, or 0. */
static size_t namespace_end(const char *type, struct sk_span name)
{
	ptrdiff_t slash = sk_span_chr(name, '/');

	if (slash <= 0 || (size_t)slash + 1 >= name.len)
		return 0;
	if (strcmp(type, "npm") == 0 && (name.ptr[0] != '@' || slash == 1))
		return 0;
	return strcmp(type, "npm") == 0 || strcmp(type, "composer") == 0 ? (size_t)slash : 0;
}

struct sk_package *sk_sink_add_named(struct sk_sink *sink, const char *type, struct sk_span name,
				     struct sk_span version, uint32_t line)
{
	size_t end = namespace_end(type, name);
	struct sk_package *pkg;

	pkg = sk_sink_add(sink, type, end ? sk_span_from(name, end + 1) : name, version, line);
	if (pkg && end)
		pkg->ns = sk_sink_str(sink, sk_span_sub(name, 0, end));
	return pkg;
}

struct sk_package *sk_lockfile_add(struct sk_lockfile *lock, struct sk_span name,
				   struct sk_span version, uint32_t line, uint32_t flags)
{
	const uint32_t all = SK_PACKAGE_DEV | SK_PACKAGE_INDIRECT;
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	struct sk_package *pkg;

	if (name.len == 0)
		return NULL;
	sk_buf_span(&key, name);
	sk_buf_putc(&key, '\0');
	sk_buf_span(&key, version);
	pkg = sk_map_get(&lock->seen, sk_buf_view(&key));
	if (pkg) {
		pkg->flags = (pkg->flags & flags & all) | ((pkg->flags | flags) & ~all);
		return pkg;
	}
	pkg = sk_sink_add_named(lock->sink, lock->type, name, version, line);
	if (!pkg)
		return NULL;
	pkg->flags |= flags;
	sk_map_put(&lock->seen, sk_span(sk_arena_dup(&lock->arena, sk_buf_view(&key)), key.len),
		   pkg);
	return pkg;
}

static void put_utf8(struct sk_buf *buf, uint32_t c)
{
	if (c < 0x80) {
		sk_buf_putc(buf, (char)c);
	} else if (c < 0x800) {
		sk_buf_u8(buf, (uint8_t)(0xc0 | c >> 6));
		sk_buf_u8(buf, (uint8_t)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		sk_buf_u8(buf, (uint8_t)(0xe0 | c >> 12));
		sk_buf_u8(buf, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
		sk_buf_u8(buf, (uint8_t)(0x80 | (c & 0x3f)));
	} else {
		sk_buf_u8(buf, (uint8_t)(0xf0 | c >> 18));
		sk_buf_u8(buf, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		sk_buf_u8(buf, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
		sk_buf_u8(buf, (uint8_t)(0x80 | (c & 0x3f)));
	}
}

/* UTF-16 to UTF-8 (RFC 2781); lone surrogates and an odd last byte become U+FFFD. */
static void from_utf16(struct sk_buf *buf, struct sk_span s, bool big)
{
	struct sk_reader r = sk_reader(s);

	while (sk_reader_left(&r) >= 2) {
		uint32_t c = big ? sk_read_u16be(&r) : sk_read_u16le(&r), low;

		if (c >= 0xd800 && c < 0xdc00 && sk_reader_left(&r) >= 2) {
			struct sk_reader ahead = r;

			low = big ? sk_read_u16be(&ahead) : sk_read_u16le(&ahead);
			if (low >= 0xdc00 && low < 0xe000) {
				r = ahead;
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			}
		}
		put_utf8(buf, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	}
	if (sk_reader_more(&r))
		put_utf8(buf, 0xfffd);
}

int sk_file_text(const struct sk_file *file, struct sk_buf *buf, struct sk_span *ret_text,
		 struct sk_err *err)
{
	struct sk_span bytes;
	int r = sk_file_bytes(file, &bytes, err);

	if (r < 0)
		return r;
	if (sk_span_starts(bytes, "\xef\xbb\xbf")) {
		bytes = sk_span_from(bytes, 3);
	} else if (sk_span_starts(bytes, "\xff\xfe") || sk_span_starts(bytes, "\xfe\xff")) {
		from_utf16(buf, sk_span_from(bytes, 2), bytes.ptr[0] == '\xfe');
		bytes = sk_buf_view(buf);
	}
	*ret_text = bytes;
	return 0;
}

int sk_file_doc(const struct sk_file *file, enum sk_doc_format format, unsigned flags,
		struct sk_doc *doc, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span text;
	int r = sk_file_text(file, &buf, &text, err);

	return r < 0 ? r : sk_doc_parse(doc, format, text, flags, err);
}

bool sk_path_within(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	for (const char *at = path; (at = strstr(at, folder)); at += n)
		if ((at == path || at[-1] == '/') && at[n] == '/')
			return true;
	return false;
}

void sk_split_at(struct sk_span s, struct sk_span *ret_name, struct sk_span *ret_version)
{
	ptrdiff_t at = sk_span_rchr(s, '@');

	*ret_name = at > 0 ? sk_span_sub(s, 0, (size_t)at) : s;
	*ret_version = at > 0 ? sk_span_from(s, (size_t)at + 1) : sk_span(NULL, 0);
}

static struct sk_span licence_text(const struct sk_node *node)
{
	struct sk_span s = sk_node_str(node);

	if (s.len == 0)
		s = sk_node_str(sk_node_get(node, "type"));
	if (s.len == 0)
		s = sk_node_str(sk_node_get(node, "name"));
	return sk_span_trim(s);
}

const char *sk_node_licence(struct sk_sink *sink, const struct sk_node *node, const char *with)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	if (!sk_node_is(node, SK_NODE_ARRAY))
		return sk_sink_str(sink, licence_text(node));
	sk_node_each(item, node) {
		struct sk_span s = licence_text(item);

		if (s.len == 0)
			continue;
		if (text.len)
			sk_buf_puts(&text, with);
		sk_buf_span(&text, s);
	}
	return sk_sink_str(sink, sk_buf_view(&text));
}

void sk_graph_release(struct sk_graph *graph)
{
	sk_map_release(&graph->marks);
	sk_vec_release(&graph->queue);
}

void sk_graph_visit(struct sk_graph *graph, struct sk_span key, unsigned reach)
{
	void **mark = sk_map_at(&graph->marks, key, NULL);
	uintptr_t bits = (uintptr_t)*mark;

	if ((bits & reach) == reach)
		return; /* each key is queued at most once for each kind */
	*mark = (void *)(bits | reach);
	__typeof__(graph->queue.data) item = sk_vec_push(&graph->queue);
	item->key = key;
	item->reach = reach;
}

bool sk_graph_next(struct sk_graph *graph, struct sk_span *ret_key, unsigned *ret_reach)
{
	if (graph->next >= graph->queue.len)
		return false;
	*ret_key = graph->queue.data[graph->next].key;
	*ret_reach = graph->queue.data[graph->next++].reach;
	return true;
}

uint32_t sk_graph_flags(const struct sk_graph *graph, struct sk_span key)
{
	return (uintptr_t)sk_map_get(&graph->marks, key) == SK_REACH_DEV ? SK_PACKAGE_DEV : 0;
}

static struct sk_span package_key(struct sk_buf *key, const struct sk_package *pkg)
{
	sk_buf_reset(key);
	sk_buf_printf(key, "%s/%s@%s", pkg->ns ? pkg->ns : "", pkg->name,
		      pkg->version ? pkg->version : "");
	return sk_buf_view(key);
}

static void take_over(const struct sk_map *locked, const struct sk_fragment *installed,
		      struct sk_buf *key)
{
	for (size_t i = 0; i < installed->package_count; i++) {
		struct sk_package *pkg = installed->packages[i], *lock;

		lock = pkg ? sk_map_get(locked, package_key(key, pkg)) : NULL;
		if (!lock)
			continue;
		pkg->flags |= lock->flags & (SK_PACKAGE_DEV | SK_PACKAGE_INDIRECT);
		lock->flags |= SK_PACKAGE_INSTALLED;
	}
}

void sk_lock_join(struct sk_fragment *lock, struct sk_fragment *const *installed, size_t count,
		  bool complete)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	sk_cleanup(sk_map_release) struct sk_map locked = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };

	if (count == 0)
		return;
	for (size_t i = 0; i < lock->package_count; i++) {
		struct sk_span k;

		if (!lock->packages[i])
			continue;
		k = package_key(&key, lock->packages[i]);
		sk_map_put(&locked, sk_span(sk_arena_dup(&arena, k), k.len), lock->packages[i]);
	}
	for (size_t i = 0; i < count; i++)
		take_over(&locked, installed[i], &key);
	for (size_t i = 0; i < lock->package_count; i++) {
		const struct sk_package *pkg = lock->packages[i];

		if (pkg && ((pkg->flags & SK_PACKAGE_INSTALLED) ||
			    (complete && !(pkg->flags & SK_PACKAGE_MAIN))))
			lock->packages[i] = NULL;
	}
}
