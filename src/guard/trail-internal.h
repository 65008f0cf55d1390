/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the forms of trails have in common: which members things have, and the objects read so far. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/reader.h"
#include "guard/trail.h"

#define SK_TRAIL_MAGIC "SKTRAIL1"
#define SK_TRAIL_VERSION 1u

enum sk_member_kind { SK_MEMBER_TEXT, SK_MEMBER_INT, SK_MEMBER_UINT, SK_MEMBER_BOOL, SK_MEMBER_ENUM };

/* One member of a struct. New ones are added at the end; a longer list is another version. */
struct sk_member {
	const char *name; /* NULL ends a list */
	size_t offset;
	enum sk_member_kind kind;
	unsigned size;	  /* of the number: 1, 2, 4 or 8 bytes */
	unsigned count;	  /* ENUM: values are below */
};
extern const struct sk_member sk_process_members[], sk_container_members[], sk_user_members[], sk_file_members[],
	sk_socket_members[], sk_mount_members[], sk_label_members[];

/* All members of a struct in their order. Reading fails sticky in the reader; numbers that do not fit fail too. */
void sk_members_put(struct sk_buf *out, const struct sk_member *members, const void *base);
void sk_members_get(struct sk_reader *r, const struct sk_member *members, void *base);
/* One member by its name, as text: 0, or an error. */
int sk_member_set(const struct sk_member *members, void *base, struct sk_span name, struct sk_span text,
		  struct sk_err *err);

void sk_put_signed(struct sk_buf *out, int64_t value);
int64_t sk_get_signed(struct sk_reader *r);

/* A process and what it points to. */
struct sk_trail_process {
	struct sk_process process;
	struct sk_user user, login;
	struct sk_socket sockets[3]; /* of its standard streams */
};

/* A type as the record has it. */
struct sk_trail_type {
	enum sk_event_type type; /* SK_EVENT_COUNT: not known here */
	uint8_t places[SK_MAX_EVENT_ARGS]; /* argument to the place that it has here; UINT8_MAX: nowhere */
	uint8_t count;
};

struct sk_trail {
	const char *name;
	void *map;		/* of the file, to be unmapped */
	size_t map_size;
	struct sk_span rest;	/* text form: lines to come */
	uint32_t line;
	struct sk_reader reader; /* binary form */
	bool is_text;
	struct sk_arena arena;	/* objects */
	struct sk_arena passing; /* what one event of the text form needs */
	struct sk_map containers, processes; /* text form: by name and pid */
	SK_VEC(struct sk_container *) container_list;
	SK_VEC(struct sk_trail_process *) process_list;
	SK_VEC(struct sk_trail_type) types;
	size_t objects;
	uint64_t unknown, number;
	int64_t clock;
	struct sk_arg args[SK_MAX_EVENT_ARGS];
	struct sk_file file;
	struct sk_socket socket, arg_socket;
};

int sk_trail_next_text(struct sk_trail *trail, struct sk_event *ret_event, struct sk_err *err);
int sk_trail_next_binary(struct sk_trail *trail, struct sk_event *ret_event, struct sk_err *err);

/* Room for one more object; NULL with err where there are too many. */
void *sk_trail_object(struct sk_trail *trail, size_t size, struct sk_err *err);
