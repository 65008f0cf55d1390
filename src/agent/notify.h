/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Tells systemd how the service is (sd_notify(3)): a datagram to $NOTIFY_SOCKET,
 * which is read once and then taken out of the environment. Without it all calls
 * do nothing.
 */
#include <stdint.h>

struct sk_notify {
	int fd; /* -1: nobody to tell */
	int64_t watchdog; /* milliseconds after which systemd wants a sign of life; 0: it does not */
	int64_t next;	  /* when the next one is due, of the monotonic clock */
};

void sk_notify_open(struct sk_notify *notify);
void sk_notify_close(struct sk_notify *notify);

/* "READY=1", "RELOADING=1", "STOPPING=1", "STATUS=..."; several with newlines between. */
void sk_notify_send(struct sk_notify *notify, const char *text);
/* A sign of life when it is due: twice within the time that systemd allows. To be called often. */
void sk_notify_turn(struct sk_notify *notify);
