/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/package.h"

#include "base/reader.h"

static const char *const flag_names[] = { "installed", "dev", "indirect", "owned", "foreign", "main" };

const char *sk_package_flag_name(unsigned i)
{
	return i < SK_COUNT(flag_names) ? flag_names[i] : NULL;
}

uint32_t sk_package_flag(struct sk_span name)
{
	for (unsigned i = 0; i < SK_COUNT(flag_names); i++)
		if (sk_span_is(name, flag_names[i]))
			return 1u << i;
	return 0;
}

bool sk_package_is_distribution(const struct sk_package *package)
{
	static const char *const types[] = { "deb", "rpm", "apk", "alpm", "opkg" };

	for (size_t i = 0; package && i < SK_COUNT(types); i++)
		if (strcmp(package->type, types[i]) == 0)
			return true;
	return false;
}

void sk_package_full_name(const struct sk_package *package, struct sk_buf *buf)
{
	if (package->ns && package->ns[0] && !sk_package_is_distribution(package)) {
		sk_buf_puts(buf, package->ns);
		sk_buf_putc(buf, strcmp(package->type, "maven") == 0 ? ':' : '/');
	}
	sk_buf_puts(buf, package->name);
}

void sk_paths_add(struct sk_paths *paths, struct sk_span path)
{
	size_t shared = 0, most = path.len < paths->last.len ? path.len : paths->last.len;

	while (shared < most && path.ptr[shared] == paths->last.data[shared])
		shared++;
	sk_buf_varint(&paths->bytes, shared);
	sk_buf_string(&paths->bytes, sk_span_from(path, shared));
	paths->last.len = shared;
	sk_buf_span(&paths->last, sk_span_from(path, shared));
}

void sk_paths_release(struct sk_paths *paths)
{
	sk_buf_release(&paths->bytes);
	sk_buf_release(&paths->last);
}

bool sk_paths_next(struct sk_paths_iter *it, struct sk_span *ret_path)
{
	struct sk_reader r = sk_reader(it->rest);
	uint64_t shared;
	struct sk_span tail;

	if (!sk_reader_more(&r))
		return false;
	shared = sk_read_varint(&r);
	tail = sk_read_string(&r);
	if (r.failed || shared > it->path.len) {
		it->rest = sk_span(NULL, 0);
		return false;
	}
	it->path.len = shared;
	sk_buf_span(&it->path, tail);
	it->rest = sk_span_from(it->rest, r.off);
	*ret_path = sk_buf_view(&it->path);
	return true;
}
