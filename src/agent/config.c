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

/* The keys of the modules' sections, in the order in which they are read. */
static const char *const sections[] = { "outputs", NULL };

int sk_agent_config_open(struct sk_agent_config *c, const char *path, struct sk_err *err)
{
	if (!path && access(SK_AGENT_CONFIG, F_OK) == 0)
		path = SK_AGENT_CONFIG;
	if (path && sk_settings_open(&c->settings, path, err) < 0)
		return -err->code;
	if (sk_settings_read(&c->settings, c->settings.doc.root, table, sections, c, err) < 0)
		return -err->code;
	c->outputs.format = -1;
	return sk_outputs_config(&c->settings, sk_node_get(c->settings.doc.root, "outputs"), &c->outputs, err);
}

void sk_agent_config_release(struct sk_agent_config *c)
{
	sk_settings_release(&c->settings);
}
