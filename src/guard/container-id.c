/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of containers in the names of their cgroups. */
#include "base/mem.h"
#include "guard/container-table.h"

static bool is_id(struct sk_span s)
{
	if (s.len != 64)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
			return false;
	return true;
}

/* "docker-ID.scope" and its like, or ID alone. */
static bool component_id(struct sk_span name, struct sk_span *ret_id, const char **ret_engine)
{
	static const struct {
		const char *prefix, *engine;
	} prefixes[] = {
		{ "docker-", "docker" }, { "cri-containerd-", "containerd" }, { "crio-", "cri-o" },
		{ "libpod-", "podman" }, { "nerdctl-", "containerd" }, { "", "" },
	};

	if (sk_span_ends(name, ".scope"))
		name.len -= strlen(".scope");
	for (size_t i = 0; i < SK_COUNT(prefixes); i++) {
		struct sk_span id = sk_span_from(name, strlen(prefixes[i].prefix));

		if (!sk_span_starts(name, prefixes[i].prefix) || !is_id(id))
			continue;
		*ret_id = id;
		*ret_engine = prefixes[i].engine;
		return true;
	}
	return false;
}

bool sk_container_id(struct sk_span cgroup, struct sk_span *ret_id, const char **ret_engine)
{
	struct sk_span rest = cgroup, name, above = { 0 };
	bool found = false;

	/* The outermost: what runs in a container in a container is the outer one's. */
	while (!found && sk_span_split(&rest, '/', &name)) {
		found = component_id(name, ret_id, ret_engine);
		if (!found)
			above = name;
	}
	if (found && !**ret_engine && sk_span_is(above, "docker"))
		*ret_engine = "docker";
	return found;
}

/* "PREFIX-NAME" */
static bool is_joined(struct sk_span whole, struct sk_span prefix, struct sk_span name)
{
	return whole.len == prefix.len + 1 + name.len && sk_span_eq(sk_span_sub(whole, 0, prefix.len), prefix) &&
	       whole.ptr[prefix.len] == '-' && sk_span_eq(sk_span_from(whole, prefix.len + 1), name);
}

/* runc's and crun's rule */
bool sk_container_is_cgroup(const struct sk_container *c, const char *runtime, struct sk_span component)
{
	struct sk_span told = c->cgroup, slice, prefix, name;

	if (sk_span_ends(component, ".scope"))
		component.len -= strlen(".scope");
	if (!told.len)
		return sk_span_eq(component, c->id) || is_joined(component, sk_span_str(runtime), c->id);
	if (told.ptr[0] == '/' || sk_span_chr(told, ':') < 0)
		return sk_span_eq(component, sk_span_basename(told));
	if (!sk_span_split(&told, ':', &slice) || !sk_span_split(&told, ':', &prefix) || !sk_span_split(&told, ':', &name))
		return false;
	return prefix.len ? is_joined(component, prefix, name) : sk_span_eq(component, name);
}
