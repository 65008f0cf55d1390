/* SPDX-License-Identifier: Apache-2.0 */
/* How records come out of a spool. What was written may be damaged: a record counts when its checksum does. */
#include "agent/spool-internal.h"

#include "base/fd.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/reader.h"

#include <fcntl.h>
#include <unistd.h>

/* How many bytes are hashed in search of the next whole record: damage that looks like records ends there. */
enum { FIND_BYTES = 64 << 20 };

size_t sk_spool_record(struct sk_span bytes, uint64_t *ret_number, struct sk_span *ret_record)
{
	struct sk_reader r = sk_reader(bytes);
	uint64_t sum = sk_read_u64le(&r);
	uint32_t len = sk_read_u32le(&r);
	struct sk_span record;

	*ret_number = sk_read_u64le(&r);
	if (r.failed || len > SK_MAX_OUTPUT_MESSAGE)
		return 0;
	record = sk_read_bytes(&r, len);
	if (r.failed || sum != sk_hash_stable(sk_span_sub(bytes, 8, SK_SPOOL_RECORD_HEAD - 8 + len)))
		return 0;
	*ret_record = record;
	return SK_SPOOL_RECORD_HEAD + len;
}

/* Number and length of what may be a record, unchecked: whether it is worth to be hashed. */
static bool is_likely(struct sk_span bytes, uint64_t number, size_t *ret_len)
{
	struct sk_reader r = sk_reader(bytes);
	uint64_t n;

	sk_read_skip(&r, 8);
	*ret_len = sk_read_u32le(&r);
	n = sk_read_u64le(&r);
	/* No segment has a record for less than each byte of its head. */
	return !r.failed && n >= number && n - number <= bytes.len && *ret_len <= sk_reader_left(&r);
}

ptrdiff_t sk_spool_find(struct sk_span bytes, size_t from, uint64_t number, uint64_t *ret_number,
			struct sk_span *ret_record)
{
	size_t len, hashed = 0;

	for (size_t at = from; at + SK_SPOOL_RECORD_HEAD <= bytes.len && hashed < FIND_BYTES; at++) {
		struct sk_span rest = sk_span_from(bytes, at);

		if (!is_likely(rest, number, &len))
			continue;
		hashed += len + SK_SPOOL_RECORD_HEAD;
		if (sk_spool_record(rest, ret_number, ret_record))
			return (ptrdiff_t)at;
	}
	return -1;
}

/* Bytes of the first segment from the offset on. */
static bool read_bytes(struct sk_spool *s, size_t max, struct sk_buf *buf)
{
	const struct sk_spool_segment *first = &s->segments.data[0];
	uint64_t left = first->bytes > s->offset ? first->bytes - s->offset : 0;
	size_t n = left < max ? (size_t)left : max;
	ssize_t got;

	if (s->read_fd < 0) {
		sk_autofree char *path = sk_spool_path(s, first->first);

		s->read_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	sk_buf_reset(buf);
	got = s->read_fd < 0 ? -1 : sk_pread_full(s->read_fd, sk_buf_reserve(buf, n), n, s->offset);
	if (got > 0)
		buf->len = (size_t)got;
	return got > 0;
}

/* Whole records at the start of buf that follow on each other; where each ends is marked. */
static size_t cut_records(struct sk_spool *s, const struct sk_buf *buf, struct sk_span *ret, size_t max_count,
			  size_t max_bytes)
{
	uint64_t expected = atomic_load(&s->next), number;
	size_t at = 0, count = 0, total = 0, n;

	s->marks.len = 0;
	s->read_first = s->segments.data[0].first;
	while (count < max_count && expected < s->segments.data[0].end) {
		n = sk_spool_record(sk_span_from(sk_buf_view(buf), at), &number, &ret[count]);
		if (!n || number != expected || (count && total + ret[count].len > max_bytes))
			break;
		total += ret[count++].len;
		at += n;
		expected++;
		*sk_vec_push(&s->marks) = (struct sk_spool_mark){ expected, s->offset + at };
	}
	return count;
}

/* What stands at the offset is not the next record: on to where one is. Counts what lies between. */
static size_t skip_damage(struct sk_spool *s, struct sk_buf *buf)
{
	uint64_t next = atomic_load(&s->next), number = s->segments.data[0].end;
	struct sk_span record;
	ptrdiff_t at = -1;

	if (read_bytes(s, (size_t)s->segments.data[0].bytes, buf))
		at = sk_spool_find(sk_buf_view(buf), 0, next, &number, &record);
	if (at >= 0 && number < s->segments.data[0].end) {
		s->offset += (uint64_t)at;
	} else {
		number = s->segments.data[0].end;
		s->offset = s->segments.data[0].bytes;
	}
	if (number <= next)
		return 0;
	atomic_store(&s->next, number);
	return (size_t)(number - next);
}

/* True when the first segment has the next record. */
static bool find_segment(struct sk_spool *s, size_t *damaged)
{
	uint64_t next;

	sk_spool_drop_done(s);
	next = atomic_load(&s->next);
	if (!s->segments.len || next >= atomic_load(&s->end))
		return false;
	if (s->segments.data[0].first > next) { /* a segment is missing */
		*damaged += (size_t)(s->segments.data[0].first - next);
		atomic_store(&s->next, s->segments.data[0].first);
	}
	return true;
}

size_t sk_spool_read(struct sk_spool *s, struct sk_buf *buf, struct sk_span *ret_records, size_t max_count,
		     size_t max_bytes, size_t *ret_damaged)
{
	size_t count = 0, room = max_bytes + SK_MAX_OUTPUT_MESSAGE + SK_SPOOL_RECORD_HEAD;

	pthread_mutex_lock(&s->lock);
	while (!count && find_segment(s, ret_damaged)) {
		if (read_bytes(s, room, buf))
			count = cut_records(s, buf, ret_records, max_count, max_bytes);
		if (!count)
			*ret_damaged += skip_damage(s, buf);
	}
	pthread_mutex_unlock(&s->lock);
	return count;
}

int sk_spool_write_next(struct sk_spool *s, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf slot = { 0 };

	sk_buf_u64le(&slot, atomic_load(&s->next));
	sk_buf_u64le(&slot, sk_hash_stable(sk_buf_view(&slot)));
	if (pwrite(s->next_fd, slot.data, slot.len, (off_t)(s->slot * slot.len)) != (ssize_t)slot.len)
		return sk_err_errno(err, "%s/next", s->folder);
	s->slot = 1 - s->slot;
	return 0;
}

int sk_spool_done(struct sk_spool *s, size_t count, struct sk_err *err)
{
	struct sk_spool_mark mark;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	if (count && count <= s->marks.len) {
		mark = s->marks.data[count - 1];
		s->marks.len -= count;
		memmove(s->marks.data, s->marks.data + count, s->marks.len * sizeof(mark));
		/* Meanwhile a full queue may have dropped them. */
		if (mark.number > atomic_load(&s->next)) {
			atomic_store(&s->next, mark.number);
			if (s->segments.len && s->segments.data[0].first == s->read_first)
				s->offset = mark.offset;
		}
		r = sk_spool_write_next(s, err);
		sk_spool_drop_done(s);
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}
