/* SPDX-License-Identifier: Apache-2.0 */
#include "actor.h"

enum { MAX_UNDO = 1024 };

static struct undo {
	sk_act_undo_fn *fn;
	void *context;
} undos[MAX_UNDO];
static size_t count;

void sk_act_undo_later(sk_act_undo_fn *fn, void *context)
{
	if (count == MAX_UNDO)
		sk_act_refuse("there is too much to clean up");
	undos[count++] = (struct undo){ fn, context };
}

/* Each is taken off first: one that fails comes here again, and must not come to itself. */
void sk_act_undo_all(void)
{
	while (count > 0) {
		struct undo u = undos[--count];

		u.fn(u.context);
	}
}

void sk_act_forget(void)
{
	count = 0;
}
