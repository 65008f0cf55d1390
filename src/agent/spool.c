/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of a spool, and how records come into it. */
#include "agent/spool-internal.h"

#include "base/fd.h"
#include "base/hash.h"
#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NEXT_SLOT = 16 };

char *sk_spool_path(const struct sk_spool *s, uint64_t first)
{
	return sk_printf("%s/%016" PRIx64 ".log", s->folder, first);
}

uint64_t sk_spool_count(const struct sk_spool *s)
{
	uint64_t next = atomic_load(&s->next), end = atomic_load(&s->end);

	return end > next ? end - next : 0;
}

uint64_t sk_spool_bytes(const struct sk_spool *s)
{
	return atomic_load(&s->total);
}

static void add_bytes(struct sk_spool *s, uint64_t grown, uint64_t shrunk)
{
	s->bytes += grown;
	s->bytes -= shrunk;
	atomic_store(&s->total, s->bytes);
}

/* ---- segments ---- */

void sk_spool_drop(struct sk_spool *s)
{
	sk_autofree char *path = sk_spool_path(s, s->segments.data[0].first);

	unlink(path);
	sk_closep(&s->read_fd);
	s->read_fd = -1;
	s->offset = 0;
	if (s->segments.len == 1) {
		sk_closep(&s->write_fd);
		s->write_fd = -1;
	}
	add_bytes(s, 0, s->segments.data[0].bytes);
	s->segments.len--;
	memmove(s->segments.data, s->segments.data + 1, s->segments.len * sizeof(s->segments.data[0]));
}

void sk_spool_drop_done(struct sk_spool *s)
{
	while (s->segments.len && s->segments.data[0].end <= atomic_load(&s->next) &&
	       (s->segments.len > 1 || s->write_fd < 0))
		sk_spool_drop(s);
}

static int new_segment(struct sk_spool *s, struct sk_err *err)
{
	uint64_t first = atomic_load(&s->end);
	sk_autofree char *path = sk_spool_path(s, first);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return sk_err_errno(err, "%s", path);
	sk_closep(&s->write_fd);
	s->write_fd = fd;
	s->fresh = true;
	*sk_vec_push(&s->segments) = (struct sk_spool_segment){ first, first, 0 };
	sk_spool_drop_done(s);
	return 0;
}

/* ---- appending ---- */

static void put_record(struct sk_buf *out, uint64_t number, struct sk_span record)
{
	size_t at = out->len;
	uint64_t sum;

	sk_buf_u64le(out, 0);
	sk_buf_u32le(out, (uint32_t)record.len);
	sk_buf_u64le(out, number);
	sk_buf_span(out, record);
	sum = sk_hash_stable(sk_span(out->data + at + 8, out->len - at - 8));
	for (size_t i = 0; i < 8; i++)
		out->data[at + i] = (char)(sum >> (8 * i));
}

/* How many of the records there is room for, after older ones were dropped for them if that is wanted. */
static size_t make_room(struct sk_spool *s, const struct sk_span *records, size_t count, size_t *ret_lost)
{
	uint64_t need = 0;
	size_t fit = 0;

	for (; fit < count; fit++) {
		uint64_t more = need + SK_SPOOL_RECORD_HEAD + records[fit].len;

		while (s->drop_oldest && s->bytes + more > s->max_bytes && s->segments.len) {
			uint64_t next = atomic_load(&s->next), end = s->segments.data[0].end;

			if (end > next) {
				*ret_lost += end - next;
				atomic_store(&s->next, end);
			}
			sk_spool_drop(s);
		}
		if (s->bytes + more > s->max_bytes)
			break;
		need = more;
	}
	*ret_lost += count - fit;
	return fit;
}

static uint64_t segment_limit(const struct sk_spool *s)
{
	uint64_t part = s->max_bytes / SK_SPOOL_PARTS;

	return part < SK_SPOOL_MIN_SEGMENT ? SK_SPOOL_MIN_SEGMENT :
	       part > SK_SPOOL_MAX_SEGMENT ? SK_SPOOL_MAX_SEGMENT : part;
}

static int write_records(struct sk_spool *s, struct sk_span bytes, size_t count, struct sk_err *err)
{
	struct sk_spool_segment *last = s->segments.len ? &s->segments.data[s->segments.len - 1] : NULL;

	if ((s->write_fd < 0 || last->bytes + bytes.len > segment_limit(s)) && new_segment(s, err) < 0)
		return -err->code;
	last = &s->segments.data[s->segments.len - 1];
	if (sk_write_full(s->write_fd, bytes.ptr, bytes.len) < 0) {
		sk_err_errno(err, "%s", s->folder);
		/* What was begun goes away; if it does not, the segment ends here, and readers see that it is cut. */
		if (ftruncate(s->write_fd, (off_t)last->bytes) < 0 ||
		    lseek(s->write_fd, (off_t)last->bytes, SEEK_SET) < 0) {
			sk_closep(&s->write_fd);
			s->write_fd = -1;
		}
		return -err->code;
	}
	last->bytes += bytes.len;
	last->end += count;
	add_bytes(s, bytes.len, 0);
	atomic_store(&s->end, last->end);
	return 0;
}

int sk_spool_append(struct sk_spool *s, const struct sk_span *records, size_t count, size_t *ret_kept, size_t *ret_lost,
		    struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	size_t fit, lost = 0;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	fit = make_room(s, records, count, &lost);
	for (size_t i = 0; i < fit; i++)
		put_record(&bytes, atomic_load(&s->end) + i, records[i]);
	if (fit)
		r = write_records(s, sk_buf_view(&bytes), fit, err);
	pthread_mutex_unlock(&s->lock);
	/* An error concerns all of them: those that did not fit are tried again too. */
	*ret_kept = r < 0 ? 0 : count;
	*ret_lost = r < 0 ? lost - (count - fit) : lost;
	return r;
}

int sk_spool_sync(struct sk_spool *s, struct sk_err *err)
{
	sk_autoclose int folder = -1;

	if ((s->write_fd >= 0 && fdatasync(s->write_fd) < 0) || fdatasync(s->next_fd) < 0)
		return sk_err_errno(err, "%s", s->folder);
	if (!s->fresh)
		return 0;
	folder = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fsync(folder) < 0)
		return sk_err_errno(err, "%s", s->folder);
	s->fresh = false;
	return 0;
}

/* ---- opening ---- */

static int by_first(const void *a, const void *b)
{
	const struct sk_spool_segment *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* "00000000000000ff.log" */
static bool parse_name(const char *name, uint64_t *ret_first)
{
	char *end;

	if (strlen(name) != 20 || strspn(name, "0123456789abcdef") != 16 || strcmp(name + 16, ".log") != 0)
		return false;
	*ret_first = strtoull(name, &end, 16);
	return *ret_first > 0 && *ret_first < UINT64_MAX / 2;
}

static int list_segments(struct sk_spool *s, struct sk_err *err)
{
	DIR *dir = opendir(s->folder);
	struct dirent *entry;
	uint64_t first;
	struct stat st;

	if (!dir)
		return sk_err_errno(err, "%s", s->folder);
	while ((entry = readdir(dir))) {
		if (!parse_name(entry->d_name, &first) || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		/* What we write ends before; more is not ours, and not read. */
		if (st.st_size > 2 * SK_SPOOL_MAX_SEGMENT)
			st.st_size = 2 * SK_SPOOL_MAX_SEGMENT;
		*sk_vec_push(&s->segments) = (struct sk_spool_segment){ first, first, (uint64_t)st.st_size };
		add_bytes(s, (uint64_t)st.st_size, 0);
	}
	closedir(dir);
	if (s->segments.len)
		qsort(s->segments.data, s->segments.len, sizeof(s->segments.data[0]), by_first);
	return 0;
}

/* The number behind the last whole record of a segment. */
static uint64_t end_of(const struct sk_spool *s, const struct sk_spool_segment *segment)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_autofree char *path = sk_spool_path(s, segment->first);
	sk_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint64_t end = segment->first, number;
	struct sk_span record;
	ptrdiff_t at = 0;
	ssize_t n = fd < 0 ? -1 : sk_pread_full(fd, sk_buf_reserve(&bytes, segment->bytes), segment->bytes, 0);

	bytes.len = n < 0 ? 0 : (size_t)n;
	while ((at = sk_spool_find(sk_buf_view(&bytes), (size_t)at, end, &number, &record)) >= 0) {
		end = number + 1;
		at += (ptrdiff_t)(SK_SPOOL_RECORD_HEAD + record.len);
	}
	return end;
}

/* A segment ends where the next one begins; only of the last one nobody wrote down where. */
static void find_ends(struct sk_spool *s)
{
	struct sk_spool_segment *segment = s->segments.data;

	for (size_t i = 0; i < s->segments.len; i++, segment++)
		segment->end = i + 1 < s->segments.len ? segment[1].first : end_of(s, segment);
	/* One without a whole record would stand in the way of the next, which has the same number. */
	if (s->segments.len && segment[-1].end == segment[-1].first) {
		sk_autofree char *path = sk_spool_path(s, segment[-1].first);

		unlink(path);
		add_bytes(s, 0, segment[-1].bytes);
		s->segments.len--;
	}
}

static uint64_t read_next(struct sk_spool *s)
{
	uint8_t bytes[2 * NEXT_SLOT] = { 0 };
	ssize_t n = sk_pread_full(s->next_fd, bytes, sizeof(bytes), 0);
	uint64_t next = 0;

	for (size_t i = 0; i < 2 && n > 0; i++) {
		uint64_t number = 0, sum = 0;

		for (size_t j = 0; j < 8; j++) {
			number |= (uint64_t)bytes[i * NEXT_SLOT + j] << (8 * j);
			sum |= (uint64_t)bytes[i * NEXT_SLOT + 8 + j] << (8 * j);
		}
		if (number > next && number < UINT64_MAX / 2 && sum == sk_hash_stable(sk_span(bytes + i * NEXT_SLOT, 8))) {
			next = number;
			s->slot = 1 - i;
		}
	}
	return next;
}

static int open_files(struct sk_spool *s, struct sk_err *err)
{
	sk_autofree char *lock = sk_printf("%s/lock", s->folder), *next = sk_printf("%s/next", s->folder);

	if (sk_path_make_dirs(s->folder, 0700, err) < 0)
		return -err->code;
	s->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0)
		return sk_err_errno(err, "%s", lock);
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return sk_err_set(err, SK_EUSAGE, "%s: another process uses this queue", s->folder);
	s->next_fd = open(next, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return s->next_fd < 0 ? sk_err_errno(err, "%s", next) : list_segments(s, err);
}

int sk_spool_open(const char *folder, uint64_t max_bytes, bool drop_oldest, struct sk_spool **ret_spool,
		  struct sk_err *err)
{
	struct sk_spool *s = sk_alloc(sizeof(*s));
	uint64_t next, end;

	pthread_mutex_init(&s->lock, NULL);
	s->folder = sk_strdup(folder);
	s->max_bytes = max_bytes;
	s->drop_oldest = drop_oldest;
	s->lock_fd = s->next_fd = s->write_fd = s->read_fd = -1;
	if (open_files(s, err) < 0) {
		sk_spool_close(s);
		return -err->code;
	}
	find_ends(s);
	next = read_next(s);
	if (!next)
		next = s->segments.len ? s->segments.data[0].first : 1;
	end = s->segments.len ? s->segments.data[s->segments.len - 1].end : 0;
	atomic_store(&s->next, next);
	atomic_store(&s->end, end > next ? end : next);
	/* Its place on disk is there before the disk is full; if it is, what is told may be told again after a restart. */
	for (int i = 0; i < 2; i++)
		sk_spool_write_next(s, NULL);
	sk_spool_drop_done(s);
	*ret_spool = s;
	return 0;
}

void sk_spool_close(struct sk_spool *s)
{
	if (!s)
		return;
	sk_closep(&s->write_fd);
	s->write_fd = -1;
	if (s->next_fd >= 0)
		sk_spool_drop_done(s);
	sk_closep(&s->read_fd);
	sk_closep(&s->next_fd);
	sk_closep(&s->lock_fd);
	sk_vec_release(&s->segments);
	sk_vec_release(&s->marks);
	pthread_mutex_destroy(&s->lock);
	free(s->folder);
	free(s);
}
