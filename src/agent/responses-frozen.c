/* SPDX-License-Identifier: Apache-2.0 */
/* Which containers stand still: engines do not know of those that the kernel alone was told to freeze. */
#include "agent/responses-internal.h"

#include "base/limits.h"
#include "guard/container-table.h"

void sk_response_note_frozen(void *context, const struct sk_cgroup *cgroup)
{
	struct sk_responses *rs = context;
	bool known = false;

	pthread_mutex_lock(&rs->lock);
	for (size_t i = 0; i < rs->frozen.len; i++)
		known |= strcmp(rs->frozen.data[i].path, cgroup->path) == 0;
	if (!known && rs->frozen.len < SK_MAX_CONTAINERS) {
		struct sk_cgroup *copy = sk_vec_push(&rs->frozen);

		*copy = *cgroup;
		copy->path = sk_strdup(cgroup->path);
		copy->id = sk_strdup(cgroup->id);
	}
	pthread_mutex_unlock(&rs->lock);
}

void sk_response_forget_frozen(struct sk_responses *rs)
{
	for (size_t i = 0; i < rs->frozen.len; i++)
		sk_cgroup_release(&rs->frozen.data[i]);
	sk_vec_release(&rs->frozen);
}

/* One that was found frozen is called by its folder, where no engine gave it its id. */
static bool is_of(const struct sk_cgroup *cgroup, const struct sk_container *c)
{
	sk_autofree char *runtime = sk_strndup(c->engine.len ? c->engine.ptr : "", c->engine.len);

	return sk_span_is(c->id, cgroup->id) || sk_container_is_cgroup(c, runtime, sk_span_str(cgroup->id));
}

bool sk_responses_paused(struct sk_responses *rs, const struct sk_container *c)
{
	bool paused = false;

	pthread_mutex_lock(&rs->lock);
	for (size_t i = 0; i < rs->frozen.len; i++) {
		struct sk_cgroup *cgroup = &rs->frozen.data[i];

		if (!is_of(cgroup, c))
			continue;
		paused = sk_cgroup_is_frozen(cgroup);
		if (!paused) {
			sk_cgroup_release(cgroup);
			*cgroup = rs->frozen.data[--rs->frozen.len];
		}
		break;
	}
	pthread_mutex_unlock(&rs->lock);
	return paused;
}
