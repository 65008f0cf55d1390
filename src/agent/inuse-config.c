/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/inuse.h"

static const struct sk_option options[] = {
	{ "enabled", 0, SK_OPT_FLAG(struct sk_inuse_config, enabled), .fallback = "true",
	  .help = "Keep which files of each image are in use" },
	{ "folder", 0, SK_OPT_FOLDER(struct sk_inuse_config, folder), .argument = "FOLDER",
	  .otherwise = "in-use below the state folder",
	  .help = "Where it is kept, a file for each image" },
	{ "interval", 0, SK_OPT_DURATION(struct sk_inuse_config, interval), .argument = "TIME",
	  .fallback = "5m", .help = "How often it is written" },
	{ "sample", 0, SK_OPT_DURATION(struct sk_inuse_config, sample), .argument = "TIME",
	  .fallback = "1m",
	  .help = "How often running processes are looked at for their libraries; 0: never" },
	{ "opens", 0, SK_OPT_FLAG(struct sk_inuse_config, opens),
	  .help = "Also watch files that are opened for reading: what interpreters load; costs "
		  "every open some time" },
	{ NULL },
};

const struct sk_settings_part sk_inuse_parts[] = {
	{ "in-use", "Which packages of each image are seen running, for 'sekisho scan --in-use'",
	  options },
	{ NULL },
};

int sk_inuse_config(struct sk_settings *settings, const struct sk_node *section,
		    struct sk_inuse_config *ret, struct sk_err *err)
{
	*ret = (struct sk_inuse_config){ 0 };
	if (sk_settings_read(settings, section, options, NULL, ret, err) < 0)
		return -err->code;
	if (ret->interval < 1)
		ret->interval = 1;
	return 0;
}

void sk_inuse_want(const struct sk_inuse_config *config, struct sk_sensor_want *want)
{
	if (!config->enabled)
		return;
	want->types[SK_EVENT_EXECVE] = want->types[SK_EVENT_EXECVEAT] = true;
	if (!config->opens)
		return;
	want->types[SK_EVENT_OPEN] = want->types[SK_EVENT_OPENAT] = want->types[SK_EVENT_OPENAT2] =
		true;
	want->reads = true;
}
