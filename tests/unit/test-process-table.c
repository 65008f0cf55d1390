/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard/process-table.h"

#include <unistd.h>

static void test_family(void)
{
	struct sk_process_table *t = sk_process_table_new(0);
	struct sk_process *sh = sk_process_table_add(t, 10, 1), *child, *grandchild;

	sk_process_table_set(sh, SK_PROCESS_NAME, SK_SPAN_LIT("sh"));
	sk_process_table_set_args(sh, sk_span("sh\0-c\0x y\0", 10));
	sk_process_table_set(sh, SK_PROCESS_CWD, SK_SPAN_LIT("/srv"));
	sh->uid = 7;
	ok(sk_span_is(sh->exe, "sh") && sh->args.len == 7, "the first argument is exe, the others are args");

	child = sk_process_table_add(t, 11, 10);
	ok(child->parent == sh && child->uid == 7 && sk_span_is(child->cwd, "/srv"), "a child inherits");
	ok(child->args.ptr == sh->args.ptr, "and shares the bytes");
	sk_process_table_set(child, SK_PROCESS_CWD, SK_SPAN_LIT("/tmp"));
	ok(sk_span_is(sh->cwd, "/srv") && sk_span_is(child->cwd, "/tmp"), "until one of them changes");

	grandchild = sk_process_table_add(t, 12, 11);
	sk_process_table_end(t, child);
	sk_process_table_sweep(t);
	ok(!sk_process_table_get(t, 11), "an ended process is not found by its pid");
	ok(grandchild->parent == child && sk_process_ancestor(grandchild, 2) == sh, "but stays while it has children");
	sk_process_table_end(t, grandchild);
	is_int(sk_process_table_count(t), 3);
	sk_process_table_sweep(t);
	sk_process_table_sweep(t);
	is_int(sk_process_table_count(t), 1);
	sk_process_table_free(t);
}

static void test_copy(void)
{
	struct sk_process_table *t = sk_process_table_new(0);
	struct sk_process *above = sk_process_table_add(t, 10, 1), *caller = sk_process_table_add(t, 11, 10), *sibling;

	sk_process_table_set(caller, SK_PROCESS_NAME, SK_SPAN_LIT("caller"));
	sibling = sk_process_table_fork(t, 12, 10, 11);
	ok(sibling->parent == above && sibling->ppid == 10, "a copy may have the parent of whom it was copied from");
	ok(sk_span_is(sibling->name, "caller"), "and is like him, not like the parent");
	sk_process_table_free(t);
}

static void test_reuse(void)
{
	struct sk_process_table *t = sk_process_table_new(0);
	struct sk_process *first = sk_process_table_add(t, 20, 1), *child = sk_process_table_add(t, 21, 20), *second;

	sk_process_table_set(first, SK_PROCESS_NAME, SK_SPAN_LIT("first"));
	second = sk_process_table_add(t, 20, 1);
	ok(first->ended && sk_process_table_get(t, 20) == second, "a new process of the same pid ends the old one");
	ok(child->parent == first && !second->name.len, "whose children stay its own");
	ok(sk_process_table_add(t, 22, 22)->parent == NULL, "nobody is its own parent");
	sk_process_table_free(t);
}

/* More than fit: a long chain of which only the youngest run, then many that run. */
static void test_bound(void)
{
	struct sk_process_table *t = sk_process_table_new(100);
	const struct sk_process *p;
	int depth = 0, found = 0;

	for (int32_t pid = 1000; pid < 2000; pid++) {
		struct sk_process *new = sk_process_table_add(t, pid, pid - 1);

		sk_process_table_set(new, SK_PROCESS_EXE, SK_SPAN_LIT("x"));
		if (pid > 1000)
			sk_process_table_end(t, sk_process_table_get(t, pid - 1));
	}
	is_int(sk_process_table_count(t), 100);
	for (p = sk_process_table_get(t, 1999); p; p = p->parent)
		depth++;
	is_int(depth, 100);
	for (int32_t pid = 3000; pid < 3500; pid++)
		sk_process_table_add(t, pid, 1);
	for (int32_t pid = 3000; pid < 3500; pid++)
		found += sk_process_table_get(t, pid) != NULL;
	is_int(sk_process_table_count(t), 100);
	is_int(found, 100);
	sk_process_table_free(t);
}

static void test_seed(void)
{
	struct sk_process_table *t = sk_process_table_new(0);
	struct sk_process *self;

	ok(sk_process_table_seed(t, NULL) == 0, "/proc is read");
	self = sk_process_table_get(t, getpid());
	ok(self && self->ppid == getppid() && self->uid == geteuid(),
	   "this process is there, with its parent and user");
	ok(self && sk_span_is(self->name, "test-process-ta"), "with its name");
	ok(self && sk_span_find(self->exepath, SK_SPAN_LIT("test-process-table")) > 0, "and its program");
	ok(!sk_process_table_look(t, INT32_MAX), "one that is not there is not");
	sk_process_table_free(t);
}

int main(void)
{
	test_family();
	test_copy();
	test_reuse();
	test_bound();
	test_seed();
	return tap_done();
}
