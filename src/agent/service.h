/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The agent as a service of the host: one at a time (lock.h), with no more rights
 * than it needs (harden.h), watched by systemd (notify.h).
 */
#include "agent/harden.h"
#include "agent/notify.h"

struct sk_service {
	int lock;
	struct sk_notify notify;
	struct sk_harden_options needs;
	struct sk_hardening hardening; /* once it is ready */
};

/* First of all. SK_EIO: another agent runs. */
int sk_service_open(struct sk_service *service, const char *runtime, const struct sk_harden_options *needs,
		    struct sk_err *err);
/* Everything is open: gives up what only opening needs, and tells systemd. */
void sk_service_ready(struct sk_service *service);
/* Often. */
void sk_service_turn(struct sk_service *service);
/* What it does meanwhile, for `systemctl status`: "RELOADING=1", "STATUS=...". */
void sk_service_tell(struct sk_service *service, const char *text);
void sk_service_close(struct sk_service *service);
