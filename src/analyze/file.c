/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/file.h"

#include "base/fd.h"
#include "base/limits.h"

#include <errno.h>
#include <sys/mman.h>

void sk_file_impl_release(struct sk_file_impl *impl)
{
	if (impl->map)
		munmap(impl->map, impl->map_len);
	sk_buf_release(&impl->own);
	*impl = (struct sk_file_impl){ .fd = -1 };
}

static int map_bytes(struct sk_file_impl *impl, size_t size, struct sk_span *ret, struct sk_err *err)
{
	impl->map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, impl->fd, 0);
	if (impl->map == MAP_FAILED) {
		impl->map = NULL;
		return sk_err_errno(err, "mmap");
	}
	impl->map_len = size;
	*ret = sk_span(impl->map, size);
	return 0;
}

int sk_file_bytes(const struct sk_file *file, struct sk_span *ret_bytes, struct sk_err *err)
{
	struct sk_file_impl *impl = file->impl;
	ssize_t n;

	if (file->size > SK_MAX_FILE_BYTES)
		return sk_err_set(err, SK_ELIMIT, "%llu bytes; at most %u are read",
				  (unsigned long long)file->size, SK_MAX_FILE_BYTES);
	if (impl->fd < 0 || file->size == 0) {
		*ret_bytes = impl->bytes;
		return 0;
	}
	if (impl->map || impl->own.len) {
		*ret_bytes = impl->map ? sk_span(impl->map, impl->map_len) : sk_buf_view(&impl->own);
		return 0;
	}
	if (impl->steady)
		return map_bytes(impl, file->size, ret_bytes, err);
	n = sk_pread_full(impl->fd, sk_buf_reserve(&impl->own, file->size), file->size, 0);
	if (n < 0)
		return sk_err_errno(err, "read");
	impl->own.len = (size_t)n;
	*ret_bytes = sk_buf_view(&impl->own);
	return 0;
}

int sk_file_read(const struct sk_file *file, uint64_t off, void *bytes, size_t n, struct sk_err *err)
{
	const struct sk_file_impl *impl = file->impl;
	ssize_t got;

	if (n > file->size || off > file->size - n)
		return sk_err_set(err, SK_EINVAL, "%zu bytes at offset %llu are beyond the end", n,
				  (unsigned long long)off);
	if (impl->fd < 0) {
		if (n)
			memcpy(bytes, impl->bytes.ptr + off, n);
		return 0;
	}
	got = sk_pread_full(impl->fd, bytes, n, off);
	if (got < 0)
		return sk_err_errno(err, "read");
	if ((size_t)got < n)
		return sk_err_set(err, SK_EINVAL, "the file was cut while it was read");
	return 0;
}

void sk_file_from_bytes(struct sk_file *file, struct sk_file_impl *impl, const char *path,
			struct sk_span bytes)
{
	*impl = (struct sk_file_impl){ .bytes = bytes, .fd = -1 };
	*file = (struct sk_file){ .path = path, .root = sk_span(path, 0), .size = bytes.len,
				  .mode = 0644, .head = sk_span_sub(bytes, 0, 512), .impl = impl };
}
