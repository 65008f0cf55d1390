/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names of users and groups, for the fields user.* and group.*. Whoever makes
 * processes (a sensor, a record) puts them in; rules see what was true then.
 * Now these are the host's; a container's own /etc/passwd comes here.
 */
#include "guard/process.h"

struct sk_users;

struct sk_users *sk_users_new(void);
void sk_users_free(struct sk_users *users);

/* NULL: nobody has that number in the container (NULL: on the host). Lives as long as users. */
const struct sk_user *sk_users_find(struct sk_users *users, const struct sk_container *container, uint32_t uid);
struct sk_span sk_users_group(struct sk_users *users, const struct sk_container *container, uint32_t gid);
