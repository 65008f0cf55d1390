/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Containers by their cgroups: the freezer of version 2 (cgroup.freeze) or 1
 * (freezer.state), and killing all that is in one. The engine is not asked, and
 * does not know.
 */
#include "base/buf.h"
#include "base/err.h"

struct sk_cgroups {
	char *unified; /* where version 2 is mounted; NULL: nowhere */
	char *freezer; /* where version 1's freezer is */
	struct sk_buf own; /* the cgroups of this process */
};

/* Looks where they are mounted. */
int sk_cgroups_open(struct sk_cgroups *cgroups, struct sk_err *err);
void sk_cgroups_release(struct sk_cgroups *cgroups);

/* The cgroup of one container; the freezer's if version 1 has one, as engines use it then. */
struct sk_cgroup {
	char *path; /* of its folder */
	size_t root; /* length of its hierarchy's part of the path */
	char *id;   /* the container's, as far as the path tells: of a container of no engine, the folder's name */
	bool unified;
};

/*
 * The cgroup of a container, of which id, engine (or runtime) and cgroup are
 * read: by `hint`, what /proc/PID/cgroup said of one of its processes; or, if that
 * is empty and its id is an engine's, looked for. SK_ENOTFOUND: there is none.
 * SK_EINVAL: this process is in it.
 */
struct sk_container;
int sk_cgroup_find(const struct sk_cgroups *cgroups, const struct sk_container *container, struct sk_span hint,
		   struct sk_cgroup *ret, struct sk_err *err);
void sk_cgroup_release(struct sk_cgroup *cgroup);

/* Those that were frozen themselves, not with a cgroup above them. The cgroup is the callback's while it runs. */
void sk_cgroups_each_frozen(const struct sk_cgroups *cgroups, void (*fn)(void *context, const struct sk_cgroup *cgroup),
			    void *context);
bool sk_cgroup_is_frozen(const struct sk_cgroup *cgroup);

/* Waits until the kernel says so, for at most two seconds. */
int sk_cgroup_freeze(const struct sk_cgroup *cgroup, bool frozen, struct sk_err *err);
/* Kills all processes in it and below, frozen or not, and thaws it. Their number (0: not counted), or an error. */
int sk_cgroup_kill(const struct sk_cgroup *cgroup, struct sk_err *err);
/* Which file of the kernel freezes it, for the audit: "cgroup.freeze" or "freezer.state". */
const char *sk_cgroup_freezer(const struct sk_cgroup *cgroup);
