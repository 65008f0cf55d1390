/* SPDX-License-Identifier: Apache-2.0 */
/* The table of processes put right by what the kernel says of all that are there. */
#include "guard/sensor-internal.h"

#include "base/mem.h"

#include <stdlib.h>

static uint64_t start_of(struct sk_span record)
{
	struct sk_wire_record head;

	memcpy(&head, record.ptr, sizeof(head));
	return head.task.start;
}

/* Parents before their children. */
static int by_start(const void *a, const void *b)
{
	uint64_t x = start_of(*(const struct sk_span *)a), y = start_of(*(const struct sk_span *)b);

	return (x > y) - (x < y);
}

/* Whether it runs another program than the table has; what has none is a thread of the kernel. */
static bool is_other_program(struct sk_decoder *d, const struct sk_decoder_record *r, const struct sk_process *p)
{
	const struct sk_decoder_part *file = sk_decoder_part(r, SK_PART_FILE, -1);
	struct sk_wire_file wire = { 0 };

	return file && sk_decoder_read_file(d, file, &wire) &&
	       (wire.inode != p->exe_inode || !sk_span_eq(d->file.name, p->exepath));
}

static bool heal(struct sk_decoder *d, struct sk_span bytes)
{
	struct sk_decoder_record r = { 0 };
	const struct sk_wire_task *t = &r.head.task;
	struct sk_process *p;
	bool is_new, is_other;

	if (!sk_decoder_parse(bytes, &r) || r.head.kind != SK_WIRE_ALIVE)
		return false;
	d->used = 0;
	p = sk_process_table_get(d->processes, t->pid);
	is_new = !p || p->boot_start != t->start;
	if (is_new)
		p = sk_process_table_add(d->processes, t->pid, t->ppid);
	is_other = is_new || is_other_program(d, &r, p);
	sk_decoder_put_process(d, &r, p, is_other);
	if (is_other) {
		sk_decoder_put_program(d, &r, p);
		p->start = p->clone_time;
		sk_process_table_look_args(p);
	}
	p->look = d->look;
	return true;
}

bool sk_decode_alive(struct sk_decoder *d, struct sk_span records, int64_t before)
{
	SK_VEC(struct sk_span) all = { 0 };
	uint32_t size;
	bool good = true;

	while (records.len >= sizeof(struct sk_wire_record)) {
		memcpy(&size, records.ptr + offsetof(struct sk_wire_record, size), sizeof(size));
		if (size < sizeof(struct sk_wire_record) || size > records.len)
			break;
		*sk_vec_push(&all) = sk_span_sub(records, 0, size);
		records = sk_span_from(records, size);
	}
	if (all.len)
		qsort(all.data, all.len, sizeof(*all.data), by_start);
	d->look++;
	for (size_t i = 0; i < all.len; i++)
		good &= heal(d, all.data[i]);
	if (records.len || !all.len)
		good = false;
	/* One that was made after the first was looked at may have been passed by. */
	if (good)
		sk_process_table_end_missing(d->processes, d->look, before);
	sk_vec_release(&all);
	return good;
}
