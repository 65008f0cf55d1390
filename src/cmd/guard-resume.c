/* SPDX-License-Identifier: Apache-2.0 */
/* Lets a container go on that a response has paused: by their engine where it knows, else by the kernel. */
#include "cmd/guard.h"

#include "agent/cgroup.h"
#include "agent/config.h"
#include "agent/engine.h"

struct resume_options {
	const char *config;
};

enum { ENGINE_SECONDS = 10, SHORT_ID = 12 };

struct search {
	const char *name; /* an id, its beginning, or the name of a cgroup's folder */
	struct sk_cgroup found;
	size_t count;
};

static void look_at(void *context, const struct sk_cgroup *cgroup)
{
	struct search *s = context;
	bool whole = strcmp(cgroup->id, s->name) == 0;

	if (!whole && (strlen(s->name) < SHORT_ID || !sk_span_starts(sk_span_str(cgroup->id), s->name)))
		return;
	if (!s->count++)
		s->found = (struct sk_cgroup){ .path = sk_strdup(cgroup->path), .root = cgroup->root,
					       .id = sk_strdup(cgroup->id), .unified = cgroup->unified };
}

static int resume(const struct sk_call *call, const struct sk_agent_config *config, const struct sk_cgroup *cgroup,
		  struct sk_err *err)
{
	const char *const sockets[] = { config->responses.docker, config->responses.podman };
	const char *way = sk_cgroup_freezer(cgroup);

	for (size_t i = 0; i < SK_COUNT(sockets); i++)
		if (sk_engine_call(sockets[i], SK_ENGINE_UNPAUSE, sk_span_str(cgroup->id), ENGINE_SECONDS, NULL) == 0) {
			way = i ? "podman" : "docker";
			break;
		}
	/* An engine that did not pause it has nothing to take back, and may have said yes all the same. */
	if (sk_cgroup_is_frozen(cgroup) && sk_cgroup_freeze(cgroup, false, err) < 0)
		return -err->code;
	sk_say(call, "%s goes on (%s)", cgroup->id, way);
	return 0;
}

static int resume_named(const struct sk_call *call, const struct sk_agent_config *config, const char *name,
			struct sk_err *err)
{
	sk_cleanup(sk_cgroups_release) struct sk_cgroups cgroups = { 0 };
	struct search s = { .name = name };
	int r;

	if (sk_cgroups_open(&cgroups, err) < 0)
		return -err->code;
	sk_cgroups_each_frozen(&cgroups, look_at, &s);
	if (!s.count)
		r = sk_err_set(err, SK_ENOTFOUND, "%s: no such container is paused", name);
	else if (s.count > 1)
		r = sk_err_set(err, SK_EUSAGE, "%s: is the beginning of several paused containers' ids", name);
	else
		r = resume(call, config, &s.found, err);
	sk_cgroup_release(&s.found);
	return r;
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct resume_options *o = call->options;
	sk_cleanup(sk_agent_config_release) struct sk_agent_config config = { 0 };

	if (sk_agent_config_open(&config, o->config, err) < 0)
		return -err->code;
	return resume_named(call, &config, call->args[0], err) < 0 ? -err->code : SK_EXIT_CLEAN;
}

static const struct sk_option options[] = {
	{ "config", 0, SK_OPT_FILE(struct resume_options, config), .argument = "FILE",
	  .help = "The agent's configuration, for the engines' sockets", .otherwise = SK_AGENT_CONFIG " if it is there" },
	{ NULL },
};

static const char *const text[] = {
	"A container that the agent has paused ('pause' among the responses) stands still until somebody lets it go on. Docker "
	"and podman are told, if it is theirs; others are thawed by the kernel, which paused them. CONTAINER is the id or "
	"its first twelve characters, as 'sekisho guard status' shows them.",
	"No agent has to run for it. It needs root.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "guard resume 4f1c0a9d2b7e", "It was looked at, and may go on" },
	{ NULL, NULL },
};

const struct sk_command sk_guard_resume = {
	.name = "resume",
	.summary = "Let a container go on that the agent has paused",
	.synopsis = "CONTAINER",
	.text = text,
	.examples = examples,
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.options_size = sizeof(struct resume_options),
	.run = run,
};
