/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files that make events of records share (sensor-decode.h). */
#include "base/limits.h"
#include "bpf/event.h"
#include "guard/dns.h"
#include "guard/print.h"
#include "guard/sensor-decode.h"
#include "guard/users.h"

/* Texts of one event: all parts of a record, paths put together, and paths joined to their folders. */
enum { SK_DECODER_TEXT = 1 << 16, SK_DECODER_PARTS = 24 };

struct sk_decoder {
	struct sk_process_table *processes;
	struct sk_container_table *containers;
	struct sk_dns_names *names;
	struct sk_users *users;
	int64_t clock;
	uint64_t number;
	uint64_t tag;
	uint32_t look; /* at all processes */
	struct sk_event event;
	struct sk_arg args[SK_MAX_EVENT_ARGS];
	struct sk_file file;
	struct sk_socket socket;
	size_t used;
	char text[SK_DECODER_TEXT];
};

/* A part as it lies in the record. */
struct sk_decoder_part {
	struct sk_wire_part head;
	struct sk_span body;
};

struct sk_decoder_record {
	struct sk_wire_record head;
	struct sk_decoder_part parts[SK_DECODER_PARTS];
	size_t part_count;
};

/* sensor-decode.c: takes a record apart; and what it says of its process. */
bool sk_decoder_parse(struct sk_span bytes, struct sk_decoder_record *ret);
void sk_decoder_put_process(struct sk_decoder *d, const struct sk_decoder_record *r, struct sk_process *p, bool is_start);
void sk_decoder_put_program(struct sk_decoder *d, const struct sk_decoder_record *r, struct sk_process *p);

/* The first part of that kind and index (-1: any), or NULL. */
const struct sk_decoder_part *sk_decoder_part(const struct sk_decoder_record *r, enum sk_wire_part_kind kind,
					      int index);
/* A copy that lives as long as the event; empty where there is no room. */
struct sk_span sk_decoder_keep(struct sk_decoder *d, struct sk_span s);
/* "c\0b\0a\0" becomes "/a/b/c"; without the first '/' where it is not known what is above. */
struct sk_span sk_decoder_path(struct sk_decoder *d, const struct sk_decoder_part *part, struct sk_span components);

/* The file of a part, in d->file; false: it is none. */
bool sk_decoder_read_file(struct sk_decoder *d, const struct sk_decoder_part *part, struct sk_wire_file *ret_wire);
enum sk_file_type sk_decoder_stream_type(const struct sk_wire_stream *stream);
/* What the descriptor in that register was about, or NULL. */
const struct sk_file *sk_decoder_file(struct sk_decoder *d, const struct sk_decoder_record *r, enum sk_event_type type,
				      int index);

/* sensor-dns.c: the event of a question or an answer; and what is known of the name of d->socket's other end. */
void sk_decode_dns(struct sk_decoder *d, const struct sk_decoder_record *r);
void sk_decoder_name_peer(struct sk_decoder *d, const struct sk_decoder_record *r);
