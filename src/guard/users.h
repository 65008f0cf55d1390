/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names of users and groups, for the fields user.* and group.*. Whoever makes
 * processes (a sensor) puts them in; rules see what was true then. The host's
 * are read once; a container's when its first program starts.
 */
#include "guard/process.h"

struct sk_users;

struct sk_users *sk_users_new(void);
void sk_users_free(struct sk_users *users);

/*
 * The process has begun a program: the host's files are read again if they are
 * others now; its container's own if nobody is known to have its number.
 */
void sk_users_look(struct sk_users *users, const struct sk_process *process);

/* The same before a container's first program starts, which may be gone before it can be looked at. */
void sk_users_prepare(struct sk_users *users, const struct sk_container *container);

/* NULL: nobody has that number in the container (NULL: on the host). Lives as long as users. */
const struct sk_user *sk_users_find(const struct sk_users *users, const struct sk_container *container, uint32_t uid);
struct sk_span sk_users_group(const struct sk_users *users, const struct sk_container *container, uint32_t gid);
