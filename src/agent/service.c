/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/service.h"

#include "agent/lock.h"
#include "base/fd.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

int sk_service_open(struct sk_service *s, const char *runtime, const struct sk_harden_options *needs, struct sk_err *err)
{
	*s = (struct sk_service){ .lock = -1, .notify = { .fd = -1 }, .needs = *needs };
	if (sk_lock_take(runtime, &s->lock, err) < 0)
		return -err->code;
	sk_notify_open(&s->notify);
	sk_harden_begin(needs);
	return 0;
}

void sk_service_ready(struct sk_service *s)
{
	sk_harden_finish(&s->needs, &s->hardening);
#ifdef __GLIBC__
	malloc_trim(0); /* what reading rules and loading programs took for a moment */
#endif
	sk_notify_send(&s->notify, "READY=1");
}

void sk_service_turn(struct sk_service *s)
{
	sk_notify_turn(&s->notify);
}

void sk_service_tell(struct sk_service *s, const char *text)
{
	sk_notify_send(&s->notify, text);
}

void sk_service_close(struct sk_service *s)
{
	sk_notify_send(&s->notify, "STOPPING=1");
	sk_notify_close(&s->notify);
	sk_closep(&s->lock);
}
