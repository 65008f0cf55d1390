/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/fields/fields.h"
#include "guard/trail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every field of every event must have a value or none. */
static void read_fields(const struct sk_event *event, struct sk_scratch *scratch)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	for (size_t c = 0; sk_field_classes[c]; c++)
		for (const struct sk_field *f = sk_field_classes[c]->fields; f->name; f++) {
			struct sk_field_arg arg = { .index = -1 };
			struct sk_field_value value = { .type = f->type };

			if (f->flags & SK_FIELD_ARG_REQUIRED)
				arg.text = sk_span_str(sk_event_descs[event->type].args[0].name);
			scratch->used = 0;
			if (f->get(event, &arg, 0, scratch, &value))
				sk_field_print(&text, &value);
			sk_buf_reset(&text);
		}
}

/* A record, in the binary or the text form; what is read is written again, and that must be readable too. */
static size_t play(struct sk_span bytes, struct sk_buf *ret_again)
{
	struct sk_trail_writer *writer = ret_again ? sk_trail_writer_new(ret_again) : NULL;
	struct sk_scratch scratch = { .memory = sk_alloc(SK_SCRATCH_BYTES), .cap = SK_SCRATCH_BYTES };
	struct sk_trail *trail = NULL;
	struct sk_event event;
	size_t count = 0;

	if (sk_trail_from(bytes, "f", &trail, NULL) == 0)
		while (count < 10000 && sk_trail_next(trail, &event, NULL) > 0) {
			read_fields(&event, &scratch);
			if (writer)
				sk_trail_write(writer, &event);
			count++;
		}
	sk_trail_free(trail);
	sk_trail_writer_free(writer);
	free(scratch.memory);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sk_cleanup(sk_buf_release) struct sk_buf again = { 0 };
	size_t count = play(sk_span(data, size), &again);

	if (play(sk_buf_view(&again), NULL) != count)
		abort();
	return 0;
}
