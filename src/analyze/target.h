/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a person named: opened, and its kind recognised. */
#include "analyze/protocol.h"

struct sk_target {
	enum sk_target_kind kind;
	int fd;
	const char *reference; /* behind '#'; NULL */
	uint64_t size;	       /* of the file; 0 unknown */
};

/* Strings live in arena. */
int sk_target_open(const char *name, struct sk_arena *arena, struct sk_target *ret, struct sk_err *err);
