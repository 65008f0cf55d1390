/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/config.h"

#include <unistd.h>

static const struct sk_option table[] = {
	{ "rules", 0, SK_OPT_LIST(struct sk_agent_config, rules), .argument = "PATH",
	  .help = "Rule files, and folders of them; later ones change earlier ones",
	  .otherwise = "the rules that ship with the program" },
	{ "all", 0, SK_OPT_FLAG(struct sk_agent_config, all),
	  .help = "Every rule that an event fires, not only the first in the files' order" },
	{ "state", 0, SK_OPT_FOLDER(struct sk_agent_config, state), .argument = "FOLDER", .fallback = "/var/lib/sekisho",
	  .help = "What outlives the agent: queues, evidence, manifests, what is in use" },
	{ "runtime", 0, SK_OPT_FOLDER(struct sk_agent_config, runtime), .argument = "FOLDER", .fallback = SK_AGENT_RUNTIME,
	  .help = "Socket and lock" },
	{ NULL },
};

/* The modules' sections, in the order in which they are read. */
#define SECTION(field, function)                                                                                 \
	static int read_##field(struct sk_agent_config *c, const struct sk_node *n, struct sk_err *err)          \
	{                                                                                                        \
		return function(&c->settings, n, &c->field, err);                                                \
	}
SECTION(selections, sk_selections_config)
SECTION(additions, sk_additions_config)
SECTION(outputs, sk_outputs_config)
SECTION(responses, sk_responses_config)
SECTION(metrics, sk_metrics_config)
SECTION(inuse, sk_inuse_config)
SECTION(drift, sk_drift_config)
SECTION(protect, sk_protect_config)

static const struct {
	const char *name;
	int (*read)(struct sk_agent_config *config, const struct sk_node *section, struct sk_err *err);
	const struct sk_settings_part *parts;
} sections[] = {
	{ "select", read_selections, sk_selections_parts },
	{ "append_output", read_additions, sk_additions_parts },
	{ "outputs", read_outputs, sk_outputs_parts },
	{ "responses", read_responses, sk_responses_parts },
	{ "metrics", read_metrics, sk_metrics_parts },
	{ "in-use", read_inuse, sk_inuse_parts },
	{ "drift", read_drift, sk_drift_parts },
	{ "protect", read_protect, sk_protect_parts },
};

const struct sk_settings_part *sk_agent_config_parts(size_t i)
{
	static const struct sk_settings_part general[] = { { "", "General", table }, { NULL } };

	if (i == 0)
		return general;
	return i <= SK_COUNT(sections) ? sections[i - 1].parts : NULL;
}

int sk_agent_config_open(struct sk_agent_config *c, const char *path, struct sk_err *err)
{
	const char *names[SK_COUNT(sections) + 1] = { NULL };
	const struct sk_node *root;

	c->outputs.format = -1;
	if (!path && access(SK_AGENT_CONFIG, F_OK) == 0)
		path = SK_AGENT_CONFIG;
	if (path && sk_settings_open(&c->settings, path, err) < 0)
		return -err->code;
	root = c->settings.doc.root;
	for (size_t i = 0; i < SK_COUNT(sections); i++)
		names[i] = sections[i].name;
	if (sk_settings_read(&c->settings, root, table, names, c, err) < 0)
		return -err->code;
	for (size_t i = 0; i < SK_COUNT(sections); i++)
		if (sections[i].read(c, sk_node_get(root, sections[i].name), err) < 0)
			return -err->code;
	return 0;
}

void sk_agent_config_release(struct sk_agent_config *c)
{
	sk_responses_config_release(&c->responses);
	sk_drift_config_release(&c->drift, &c->protect);
	sk_settings_release(&c->settings);
}
