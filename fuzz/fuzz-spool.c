/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/spool.h"
#include "base/fd.h"
#include "base/mem.h"

#include <fcntl.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/dev/shm/sk-fuzz-spool-XXXXXX";
static bool made;

static void put_file(const char *name, const uint8_t *data, size_t size)
{
	sk_autofree char *path = sk_printf("%s/%s", folder, name);
	sk_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || sk_write_full(fd, data, size) < 0)
		abort();
}

static void remove_folder(void)
{
	static const char *const names[] = { "lock", "next", "0000000000000001.log", "0000000000000009.log" };

	for (size_t i = 0; i < SK_COUNT(names); i++) {
		sk_autofree char *path = sk_printf("%s/%s", folder, names[i]);

		unlink(path);
	}
	rmdir(folder);
}

/*
 * 'next' is the first 32 bytes; the rest is two segments of equal length. All
 * that is in the queue must come out in rising order and then be gone.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span records[7], more = SK_SPAN_LIT("more");
	size_t head = size < 32 ? size : 32, half = (size - head) / 2, damaged = 0, n, kept, lost;
	struct sk_spool *spool;

	if (!made) {
		if (!mkdtemp(folder))
			abort();
		made = true;
		atexit(remove_folder);
	}
	put_file("next", data, head);
	put_file("0000000000000001.log", data + head, half);
	put_file("0000000000000009.log", data + head + half, size - head - half);
	if (sk_spool_open(folder, 1 << 24, false, &spool, NULL) < 0)
		abort();
	if (sk_spool_append(spool, &more, 1, &kept, &lost, NULL) < 0 || lost)
		abort();
	more.ptr = NULL;
	while ((n = sk_spool_read(spool, &buf, records, 7, 4096, &damaged)) > 0) {
		more = records[n - 1];
		if (sk_spool_done(spool, n, NULL) < 0)
			abort();
	}
	if (sk_spool_count(spool) || !more.ptr || !sk_span_is(more, "more"))
		abort();
	sk_spool_close(spool);
	return 0;
}
