/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/process-table.h"

#include "base/limits.h"
#include "base/mem.h"

/* Bytes that several processes share. */
struct text {
	unsigned users;
	size_t len;
	char bytes[];
};

struct entry {
	struct sk_process process; /* first: a process of the table is its entry */
	struct text *texts[SK_PROCESS_TEXTS];
	struct entry *next_pid;	   /* of the same bucket */
	struct entry *parent, *child, *before, *behind; /* the tree; siblings */
	struct entry *older, *newer; /* of the list of those that run, or of those that ended */
};

struct list {
	struct entry *oldest, *newest;
};

enum { BUCKETS = 1 << 13 };

struct sk_process_table {
	struct entry *buckets[BUCKETS];
	struct list running, ended;
	size_t count, max;
};

struct sk_process_table *sk_process_table_new(size_t max)
{
	struct sk_process_table *table = sk_alloc(sizeof(*table));

	table->max = max ? max : SK_MAX_PROCESSES;
	return table;
}

size_t sk_process_table_count(const struct sk_process_table *table)
{
	return table->count;
}

static struct entry **bucket(struct sk_process_table *table, int32_t pid)
{
	return &table->buckets[(uint32_t)pid % BUCKETS];
}

static struct list *list_of(struct sk_process_table *table, const struct entry *e)
{
	return e->process.ended ? &table->ended : &table->running;
}

static void list_add(struct list *list, struct entry *e)
{
	e->older = list->newest;
	e->newer = NULL;
	*(list->newest ? &list->newest->newer : &list->oldest) = e;
	list->newest = e;
}

static void list_remove(struct list *list, struct entry *e)
{
	*(e->older ? &e->older->newer : &list->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &list->newest) = e->older;
}

static void set_parent(struct entry *e, struct entry *parent)
{
	e->parent = parent;
	e->process.parent = parent ? &parent->process : NULL;
	if (!parent)
		return;
	e->before = NULL;
	e->behind = parent->child;
	if (parent->child)
		parent->child->before = e;
	parent->child = e;
}

static void leave_parent(struct entry *e)
{
	if (!e->parent)
		return;
	*(e->before ? &e->before->behind : &e->parent->child) = e->behind;
	if (e->behind)
		e->behind->before = e->before;
	e->parent = e->before = e->behind = NULL;
	e->process.parent = NULL;
}

static struct sk_span *span_of(struct sk_process *p, enum sk_process_text which)
{
	struct sk_span *const spans[SK_PROCESS_TEXTS] = {
		[SK_PROCESS_EXE] = &p->exe,   [SK_PROCESS_EXEPATH] = &p->exepath, [SK_PROCESS_ARGS] = &p->args,
		[SK_PROCESS_ENV] = &p->env,   [SK_PROCESS_CWD] = &p->cwd,	  [SK_PROCESS_NAME] = &p->name,
	};

	return spans[which];
}

static void put_text(struct entry *e, enum sk_process_text which, struct text *text)
{
	struct text *old = e->texts[which];

	if (old && !--old->users)
		free(old);
	e->texts[which] = text;
	*span_of(&e->process, which) = text ? sk_span(text->bytes, text->len) : sk_span(NULL, 0);
}

void sk_process_table_set(struct sk_process *process, enum sk_process_text which, struct sk_span bytes)
{
	struct entry *e = (struct entry *)process;
	struct text *text;

	if (sk_span_eq(*span_of(process, which), bytes))
		return;
	text = sk_alloc(sizeof(*text) + bytes.len + 1);
	text->users = 1;
	text->len = bytes.len;
	if (bytes.len)
		memcpy(text->bytes, bytes.ptr, bytes.len);
	put_text(e, which, text);
}

void sk_process_table_set_args(struct sk_process *process, struct sk_span all)
{
	ptrdiff_t end = sk_span_chr(all, '\0');

	sk_process_table_set(process, SK_PROCESS_EXE, end < 0 ? all : sk_span_sub(all, 0, (size_t)end));
	sk_process_table_set(process, SK_PROCESS_ARGS, end < 0 ? sk_span(NULL, 0) : sk_span_from(all, (size_t)end + 1));
}

static void drop(struct sk_process_table *table, struct entry *e)
{
	struct entry **at = bucket(table, e->process.pid), *parent = e->parent;

	while (*at && *at != e)
		at = &(*at)->next_pid;
	if (*at)
		*at = e->next_pid;
	list_remove(list_of(table, e), e);
	leave_parent(e);
	while (e->child) {
		struct entry *child = e->child;

		leave_parent(child);
		set_parent(child, parent);
	}
	for (int i = 0; i < SK_PROCESS_TEXTS; i++)
		put_text(e, (enum sk_process_text)i, NULL);
	free(e);
	table->count--;
}

void sk_process_table_free(struct sk_process_table *table)
{
	if (!table)
		return;
	while (table->running.oldest)
		drop(table, table->running.oldest);
	while (table->ended.oldest)
		drop(table, table->ended.oldest);
	free(table);
}

struct sk_process *sk_process_table_get(struct sk_process_table *table, int32_t pid)
{
	for (struct entry *e = *bucket(table, pid); e; e = e->next_pid)
		if (e->process.pid == pid && !e->process.ended)
			return &e->process;
	return NULL;
}

struct sk_process *sk_process_table_find(struct sk_process_table *table, int32_t vpid, uint64_t namespace)
{
	for (struct entry *e = table->running.newest; e; e = e->older)
		if (e->process.vpid == vpid && e->process.namespaces[SK_NS_PID] == namespace)
			return &e->process;
	return NULL;
}

void sk_process_table_end(struct sk_process_table *table, struct sk_process *process)
{
	struct entry *e = (struct entry *)process;

	if (process->ended)
		return;
	list_remove(&table->running, e);
	process->ended = true;
	list_add(&table->ended, e);
}

void sk_process_table_end_missing(struct sk_process_table *table, uint32_t look, int64_t before)
{
	for (struct entry *e = table->running.oldest, *next; e; e = next) {
		next = e->newer;
		if (e->process.look != look && e->process.clone_time < before)
			sk_process_table_end(table, &e->process);
	}
}

void sk_process_table_sweep(struct sk_process_table *table)
{
	for (struct entry *e = table->ended.oldest, *next; e; e = next) {
		next = e->newer;
		if (!e->child)
			drop(table, e);
	}
}

void sk_process_table_each(struct sk_process_table *table, void (*fn)(void *context, struct sk_process *process),
			   void *context)
{
	for (struct entry *e = table->running.oldest; e; e = e->newer)
		fn(context, &e->process);
	for (struct entry *e = table->ended.oldest; e; e = e->newer)
		fn(context, &e->process);
}

static void inherit(struct entry *e, const struct entry *parent)
{
	struct sk_process *p = &e->process;
	int32_t pid = p->pid;

	*p = parent->process;
	p->pid = p->vpid = p->tid = p->vtid = pid;
	p->parent = NULL;
	p->ended = false;
	for (int i = 0; i < SK_PROCESS_TEXTS; i++) {
		if (parent->texts[i])
			parent->texts[i]->users++;
		e->texts[i] = parent->texts[i];
	}
	memset(p->standard, 0, sizeof(p->standard));
}

struct sk_process *sk_process_table_fork(struct sk_process_table *table, int32_t pid, int32_t parent_pid,
					 int32_t copied_pid)
{
	struct sk_process *old = sk_process_table_get(table, pid);
	struct entry *e = sk_alloc(sizeof(*e)), *parent, *copied, **at;

	if (old)
		sk_process_table_end(table, old);
	while (table->count >= table->max)
		drop(table, table->ended.oldest ? table->ended.oldest : table->running.oldest);
	parent = (struct entry *)(pid == parent_pid ? NULL : sk_process_table_get(table, parent_pid));
	e->process = (struct sk_process){ .pid = pid, .tid = pid, .vpid = pid, .vtid = pid, .ppid = parent_pid,
					  .loginuid = UINT32_MAX };
	copied = (struct entry *)(pid == copied_pid ? NULL : sk_process_table_get(table, copied_pid));
	if (copied || parent)
		inherit(e, copied ? copied : parent);
	e->process.ppid = parent_pid;
	set_parent(e, parent);
	at = bucket(table, pid);
	e->next_pid = *at;
	*at = e;
	list_add(&table->running, e);
	table->count++;
	return &e->process;
}

struct sk_process *sk_process_table_add(struct sk_process_table *table, int32_t pid, int32_t parent_pid)
{
	return sk_process_table_fork(table, pid, parent_pid, parent_pid);
}
