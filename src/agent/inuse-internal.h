/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The parts of agent/inuse.h: what the thread keeps, and how it looks at processes. */
#include "agent/inuse.h"
#include "analyze/in-use.h"
#include "base/map.h"

/* ---- records (inuse-record.c): the thread's alone ---- */

struct sk_inuse_image;

struct sk_inuse_records {
	const char *folder;
	uint8_t watched; /* enum sk_in_use_how */
	struct sk_arena arena;
	struct sk_map images; /* id -> struct sk_inuse_image */
	uint64_t files, left_out, unwritten;
};

void sk_inuse_records_release(struct sk_inuse_records *records);

/* What was kept of it is read when it is first asked for; from `now` on it is watched. NULL: the id is none. */
struct sk_inuse_image *sk_inuse_image(struct sk_inuse_records *records, struct sk_span image_id,
				      struct sk_span name, int64_t now);
/* A file of it, by its absolute path, was used so at that time (seconds since 1970). */
void sk_inuse_note(struct sk_inuse_records *records, struct sk_inuse_image *image,
		   struct sk_span path, uint8_t how, int64_t time);
/* Writes the records that have changed. */
void sk_inuse_records_save(struct sk_inuse_records *records, int64_t now);

/* ---- containers (inuse-container.c) ---- */

struct sk_process_table;

/* Containers whose processes were looked at, and what image each is of. */
struct sk_inuse_containers {
	struct sk_map by_id;
	struct sk_arena arena;
};

void sk_inuse_containers_release(struct sk_inuse_containers *all);

/*
 * The image of the container that this process is in; NULL: not known (yet). *table holds the
 * processes of this round; it is filled when it is first needed.
 */
struct sk_inuse_image *sk_inuse_image_of(struct sk_inuse_containers *all,
					 struct sk_inuse_records *records,
					 struct sk_process_table **table, struct sk_span id,
					 int32_t pid);

/* ---- scripts (inuse-script.c) ---- */

/* The absolute path of the script that an interpreter was started with, into buf; false: none. */
bool sk_inuse_script(const struct sk_process *process, struct sk_buf *buf);

/* ---- processes (inuse-sample.c) ---- */

typedef void sk_inuse_seen_fn(void *context, struct sk_span path, uint8_t how);

/*
 * Calls fn for the program, the libraries and (of a Java virtual machine) the open archives of the
 * process, as /proc has them, unless it is in another container by now. `root`: "/proc".
 */
bool sk_inuse_look(const char *root, int32_t pid, struct sk_span container, sk_inuse_seen_fn *fn,
		   void *context);

/* The container that a process is in, by its cgroups; false: none. */
bool sk_inuse_container(const char *root, int32_t pid, struct sk_buf *ret_id);
