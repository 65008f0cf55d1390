/* SPDX-License-Identifier: Apache-2.0 */
/* The section `responses` of guard.yaml. */
#include "agent/responses.h"

static const char *const action_names[] = { "pause", "evidence", "kill", "kill-tree", "stop", "none" };
static const char *const outcome_names[] = { "done", "dry-run", "limited", "refused", "gone", "failed" };
static const char *const priority_names[] = { "emergency", "alert",  "critical",      "error",
					      "warning",   "notice", "informational", "debug" };

const char *sk_response_action_name(enum sk_response_action action)
{
	return action_names[action];
}

const char *sk_response_outcome_name(enum sk_response_outcome outcome)
{
	return outcome_names[outcome];
}

static const char *choice_action(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return i < SK_RESPONSE_ACTIONS ? action_names[i] : NULL;
}

static const char *choice_priority(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return i < SK_COUNT(priority_names) ? priority_names[i] : NULL;
}

#define SELECTOR(type, member) \
	{ "rules", 0, SK_OPT_LIST(type, member.rules), .argument = "PATTERN", .help = "Names of rules" }, \
	{ "tags", 0, SK_OPT_LIST(type, member.tags), .argument = "PATTERN", .help = "Tags of rules" }, \
	{ "priority", 0, SK_OPT_ENUM(type, member.priority, choice_priority), .argument = "PRIORITY", \
	  .help = "Alerts of this priority, and more urgent ones" }, \
	{ "images", 0, SK_OPT_LIST(type, member.images), .argument = "PATTERN", \
	  .help = "The container's image, by reference or digest" }, \
	{ "labels", 0, SK_OPT_LIST(type, member.labels), .argument = "NAME[=VALUE]", \
	  .help = "Labels of the container or its pod" }

struct selector_only {
	struct sk_response_selector select;
};

static const struct sk_option selector_table[] = { SELECTOR(struct selector_only, select), { NULL } };

static const struct sk_option entry_table[] = {
	SELECTOR(struct sk_response_entry, select),
	{ "actions", 0, SK_OPT_SET(struct sk_response_entry, actions, choice_action), .argument = "ACTION",
	  .help = "What is done: evidence, kill, kill-tree, pause, stop; or none" },
	{ "limit", 0, SK_OPT_STRING(struct sk_response_entry, limit_text), .argument = "COUNT/TIME", .fallback = "10/1m",
	  .help = "How often this entry may answer" },
	{ "dry-run", 0, SK_OPT_FLAG(struct sk_response_entry, dry_run), .help = "Only say what would be done" },
	{ "host", 0, SK_OPT_FLAG(struct sk_response_entry, host), .help = "Processes of the host, too" },
	{ NULL },
};

static const struct sk_option evidence_table[] = {
	{ "quota", 0, SK_OPT_SIZE(struct sk_evidence_config, quota), .argument = "SIZE", .fallback = "512MiB",
	  .help = "Of all evidence; then the oldest of the container that has most goes" },
	{ "file-size", 0, SK_OPT_SIZE(struct sk_evidence_config, file_size), .argument = "SIZE", .fallback = "64MiB",
	  .help = "Programs up to this size are copied; of larger ones there is the digest" },
	{ "timeout", 0, SK_OPT_DURATION(struct sk_evidence_config, timeout), .argument = "TIME", .fallback = "10s",
	  .help = "For one incident" },
	{ "hold", 0, SK_OPT_FLAG(struct sk_evidence_config, hold), .fallback = "yes",
	  .help = "Stop the process while evidence is taken, where it is to be killed" },
	{ NULL },
};

static const struct sk_option table[] = {
	{ "dry-run", 0, SK_OPT_FLAG(struct sk_responses_config, dry_run), .help = "Only say what would be done" },
	{ "limit", 0, SK_OPT_STRING(struct sk_responses_config, limit_text), .argument = "COUNT/TIME", .fallback = "60/1m",
	  .help = "How often all entries together may answer" },
	{ "docker", 0, SK_OPT_FILE(struct sk_responses_config, docker), .argument = "SOCKET",
	  .fallback = "/run/docker.sock", .help = "Docker's API" },
	{ "podman", 0, SK_OPT_FILE(struct sk_responses_config, podman), .argument = "SOCKET",
	  .fallback = "/run/podman/podman.sock", .help = "Podman's API" },
	{ NULL },
};

const struct sk_settings_part sk_responses_parts[] = {
	{ "responses", "What is done about alerts, besides telling them", table },
	{ "responses.evidence", "What is kept of an incident", evidence_table },
	{ "responses.entries[]", "The first entry that an alert matches answers it. All that is given must match; of each list, one",
	  entry_table },
	{ "responses.entries[].except", "Alerts that this entry leaves to those behind it", selector_table },
	{ NULL },
};

static bool is_empty(const struct sk_response_selector *s)
{
	return !s->rules.count && !s->tags.count && !s->images.count && !s->labels.count && s->priority < 0;
}

static int read_limit(struct sk_settings *s, const struct sk_node *section, const char *text, struct sk_rate *rate,
		      struct sk_err *err)
{
	const struct sk_node *node = sk_node_get(section, "limit");
	struct sk_err inner = SK_ERR_INIT;

	if (sk_rate_parse(rate, sk_span_str(text), &inner) < 0)
		return sk_settings_fault(s, node ? node : section, err, "limit: %s", inner.text);
	return 0;
}

static int check_actions(struct sk_settings *s, const struct sk_node *n, uint32_t actions, struct sk_err *err)
{
	const struct sk_node *node = sk_node_get(n, "actions");
	uint32_t none = 1u << SK_RESPONSE_NONE, tree = 1u << SK_RESPONSE_KILL_TREE;

	if (!actions)
		return sk_settings_fault(s, node ? node : n, err, "says no actions; 'none' is one, too");
	if (actions & none && actions != none)
		return sk_settings_fault(s, node, err, "actions: 'none' stands alone");
	if (actions & tree && actions & 1u << SK_RESPONSE_KILL)
		return sk_settings_fault(s, node, err, "actions: 'kill-tree' kills the process, too: leave 'kill' out");
	if (actions & 1u << SK_RESPONSE_PAUSE && actions & (tree | 1u << SK_RESPONSE_KILL | 1u << SK_RESPONSE_STOP))
		return sk_settings_fault(s, node, err, "actions: 'pause' keeps what there is; it excludes kill and stop");
	return 0;
}

static int read_except(struct sk_settings *s, const struct sk_node *n, struct sk_response_entry *e, struct sk_err *err)
{
	const struct sk_node *node = sk_node_get(n, "except");
	struct selector_only except;

	if (!node)
		return 0;
	if (sk_settings_read(s, node, selector_table, NULL, &except, err) < 0)
		return -err->code;
	if (is_empty(&except.select))
		return sk_settings_fault(s, node, err, "except: says nothing to except by");
	e->except = except.select;
	e->has_except = true;
	return 0;
}

static int read_entry(struct sk_settings *s, const struct sk_node *n, struct sk_response_entry *e, struct sk_err *err)
{
	static const char *const others[] = { "except", NULL };

	if (n->type != SK_NODE_OBJECT)
		return sk_settings_fault(s, n, err, "must be a table of settings");
	if (sk_settings_read(s, n, entry_table, others, e, err) < 0 || read_limit(s, n, e->limit_text, &e->limit, err) < 0 ||
	    check_actions(s, n, e->actions, err) < 0 || read_except(s, n, e, err) < 0)
		return -err->code;
	/* An entry that kills whatever alerts is written with rules: ['*']. */
	if (is_empty(&e->select))
		return sk_settings_fault(s, n, err, "says nothing to select by: rules, tags, priority, images or labels");
	return 0;
}

static int read_all(struct sk_settings *s, const struct sk_node *section, struct sk_responses_config *c, struct sk_err *err)
{
	static const char *const others[] = { "entries", "evidence", NULL };
	const struct sk_node *entries;

	if (sk_settings_read(s, section, table, others, c, err) < 0 ||
	    sk_settings_read(s, sk_node_get(section, "evidence"), evidence_table, NULL, &c->evidence, err) < 0 ||
	    read_limit(s, section, c->limit_text, &c->limit, err) < 0)
		return -err->code;
	entries = sk_node_get(section, "entries");
	if (sk_settings_want_list(s, entries, err) < 0)
		return -err->code;
	sk_node_each(n, entries)
		if (read_entry(s, n, sk_vec_push(&c->entries), err) < 0)
			return -err->code;
	return 0;
}

int sk_responses_config(struct sk_settings *settings, const struct sk_node *section, struct sk_responses_config *ret,
			struct sk_err *err)
{
	*ret = (struct sk_responses_config){ 0 };
	if (read_all(settings, section, ret, err) < 0) {
		sk_responses_config_release(ret);
		return -err->code;
	}
	return 0;
}

void sk_responses_config_release(struct sk_responses_config *config)
{
	for (size_t i = 0; i < config->entries.len; i++)
		sk_rate_release(&config->entries.data[i].limit);
	sk_vec_release(&config->entries);
	sk_rate_release(&config->limit);
}
