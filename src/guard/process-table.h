/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The processes that a sensor knows of, by pid. An entry keeps its address
 * until it is dropped; its strings are the table's own, and shared by parent
 * and child until one of them runs another program. An ended process stays
 * while it has children, and at least until sk_process_table_sweep.
 *
 * At most SK_MAX_PROCESSES are kept: then the process that ended first goes,
 * or else the oldest. Children of one that goes get its parent.
 */
#include "base/err.h"
#include "guard/process.h"

struct sk_process_table;

struct sk_process_table *sk_process_table_new(size_t max); /* 0: SK_MAX_PROCESSES */
void sk_process_table_free(struct sk_process_table *table);
size_t sk_process_table_count(const struct sk_process_table *table);

/* The process of that pid that has not ended, or NULL. */
struct sk_process *sk_process_table_get(struct sk_process_table *table, int32_t pid);

/* The same by the pid that it has in its own pid namespace (an inode number). */
struct sk_process *sk_process_table_find(struct sk_process_table *table, int32_t vpid, uint64_t namespace);

/*
 * A new process; one of the same pid has ended. The parent, where it is known,
 * gives what is inherited: strings, program, container.
 */
struct sk_process *sk_process_table_add(struct sk_process_table *table, int32_t pid, int32_t parent);
/* The same, but it inherits from whom it was copied: with CLONE_PARENT that is not its parent (runc starts so). */
struct sk_process *sk_process_table_fork(struct sk_process_table *table, int32_t pid, int32_t parent, int32_t copied);

void sk_process_table_end(struct sk_process_table *table, struct sk_process *process);

/* Frees ended processes that nobody needs; those handed out before are gone then. */
void sk_process_table_sweep(struct sk_process_table *table);

/* All of them, those that ended too; `fn` must not add or drop any. */
void sk_process_table_each(struct sk_process_table *table, void (*fn)(void *context, struct sk_process *process),
			   void *context);

/* What strings of a process may be set; the bytes are copied. */
enum sk_process_text {
	SK_PROCESS_EXE, SK_PROCESS_EXEPATH, SK_PROCESS_ARGS, SK_PROCESS_ENV, SK_PROCESS_CWD, SK_PROCESS_NAME,
	SK_PROCESS_TEXTS,
};
void sk_process_table_set(struct sk_process *process, enum sk_process_text which, struct sk_span text);
/* Arguments as the kernel has them, NUL-terminated behind each other: exe is the first, args the others. */
void sk_process_table_set_args(struct sk_process *process, struct sk_span all);

/* Adds the processes that run now, from /proc; threads are not processes. */
int sk_process_table_seed(struct sk_process_table *table, struct sk_err *err);
/* Reads one of /proc; false when it is not there any more. */
bool sk_process_table_look(struct sk_process_table *table, int32_t pid);
/* Reads the arguments of one of the table there. */
void sk_process_table_look_args(struct sk_process *process);

/* All processes were looked at, and each that was there has that number in `look`: others that were made before are not there any more. */
void sk_process_table_end_missing(struct sk_process_table *table, uint32_t look, int64_t before);
