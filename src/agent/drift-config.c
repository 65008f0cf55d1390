/* SPDX-License-Identifier: Apache-2.0 */
/* The sections `drift` and `protect` of guard.yaml. */
#include "agent/address.h"
#include "agent/drift-internal.h"

#include <arpa/inet.h>

static const char *choice_mode(unsigned i, const char **ret_summary)
{
	static const char *const rows[][2] = { { "off", "nothing" },
					       { "alert", "it is told" },
					       { "block", "it does not run" } };

	*ret_summary = i < SK_COUNT(rows) ? rows[i][1] : NULL;
	return i < SK_COUNT(rows) ? rows[i][0] : NULL;
}

/* In the order of the bits of enum sk_gate_hook. */
static const char *choice_hook(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "lsm", "signal", "fanotify", "mount", "cgroup" };

	*ret_summary = NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

#define SELECTOR(type) \
	{ "images", 0, SK_OPT_LIST(type, images), .argument = "PATTERN", \
	  .help = "The container's image, by reference or digest", .otherwise = "all" }, \
	{ "labels", 0, SK_OPT_LIST(type, labels), .argument = "NAME[=VALUE]", \
	  .help = "Labels of the container or its pod", .otherwise = "all" }

static const struct sk_option drift_table[] = {
	{ "mode", 0, SK_OPT_ENUM(struct sk_drift_config, mode, choice_mode), .argument = "MODE", .fallback = "off",
	  .help = "What happens in containers when something is to run that is not in their image" },
	{ "manifests", 0, SK_OPT_FOLDER(struct sk_drift_config, manifests), .argument = "FOLDER",
	  .help = "Where scans, and this agent, keep what images have", .otherwise = "the folder manifests in that of the state" },
	{ "make", 0, SK_OPT_FLAG(struct sk_drift_config, make), .fallback = "true",
	  .help = "Make manifests that are missing, of the engine's store" },
	{ "hold", 0, SK_OPT_DURATION(struct sk_drift_config, hold), .argument = "TIME", .fallback = "5s",
	  .help = "How long a program may be held until its container is known, and its image's manifest is made" },
	{ "canary", 0, SK_OPT_FLAG(struct sk_drift_config, canary), .fallback = "true",
	  .help = "Try each protection at start, in a scratch container" },
	{ "hooks", 0, SK_OPT_SET(struct sk_drift_config, hooks, choice_hook), .argument = "HOOK",
	  .help = "Which of the kernel's hooks may be used", .otherwise = "all that work here" },
	{ "keep", 0, SK_OPT_FLAG(struct sk_drift_config, keep), .fallback = "true",
	  .help = "What is blocked stays so while the agent is away; its next start takes over" },
	{ NULL },
};

static const struct sk_option drift_entry_table[] = {
	SELECTOR(struct sk_drift_entry),
	{ "mode", 0, SK_OPT_ENUM(struct sk_drift_entry, mode, choice_mode), .argument = "MODE",
	  .help = "What happens in these containers" },
	{ NULL },
};

static const struct sk_option protect_table[] = {
	{ "addresses", 0, SK_OPT_LIST(struct sk_protect_config, addresses), .argument = "ADDRESS[:PORT]",
	  .help = "Where containers may not connect to" },
	{ NULL },
};

static const struct sk_option protect_entry_table[] = {
	SELECTOR(struct sk_protect_entry),
	{ "paths", 0, SK_OPT_LIST(struct sk_protect_entry, paths), .argument = "PATH",
	  .help = "Files and folders, as the container names them, that are not changed in it" },
	{ NULL },
};

const struct sk_settings_part sk_drift_parts[] = {
	{ "drift", "What runs in a container and is not in its image", drift_table },
	{ "drift.entries[]", "The first entry that a container matches says its mode", drift_entry_table },
	{ NULL },
};

const struct sk_settings_part sk_protect_parts[] = {
	{ "protect", "What must not happen in containers besides", protect_table },
	{ "protect.entries[]", "All entries that a container matches count", protect_entry_table },
	{ NULL },
};

static const char *const others[] = { "entries", NULL };

static int want_table(const struct sk_settings *s, const struct sk_node *n, struct sk_err *err)
{
	return n->type == SK_NODE_OBJECT ? 0 : sk_settings_fault(s, n, err, "must be a table of settings");
}

int sk_drift_config(struct sk_settings *s, const struct sk_node *section, struct sk_drift_config *c, struct sk_err *err)
{
	const struct sk_node *entries = sk_node_get(section, "entries");

	if (sk_settings_read(s, section, drift_table, others, c, err) < 0 || sk_settings_want_list(s, entries, err) < 0)
		return -err->code;
	sk_node_each(n, entries) {
		struct sk_drift_entry *e = sk_vec_push(&c->entries);

		if (want_table(s, n, err) < 0 || sk_settings_read(s, n, drift_entry_table, NULL, e, err) < 0)
			return -err->code;
		if (e->mode < 0)
			return sk_settings_fault(s, n, err, "says no mode: off, alert or block");
	}
	return 0;
}

/* Paths are compared as the kernel has them: whole, and without detours. */
static bool is_plain_path(const char *path)
{
	struct sk_span rest = sk_span_str(path), part;

	if (path[0] != '/')
		return false;
	while (sk_span_split(&rest, '/', &part))
		if (sk_span_is(part, ".") || sk_span_is(part, ".."))
			return false;
	return true;
}

static int read_protected(struct sk_settings *s, const struct sk_node *n, struct sk_protect_entry *e, struct sk_err *err)
{
	const struct sk_node *paths = sk_node_get(n, "paths");

	if (want_table(s, n, err) < 0 || sk_settings_read(s, n, protect_entry_table, NULL, e, err) < 0)
		return -err->code;
	if (!e->paths.count)
		return sk_settings_fault(s, n, err, "says no paths");
	for (size_t i = 0; i < e->paths.count; i++)
		if (!is_plain_path(e->paths.items[i]))
			return sk_settings_fault(s, paths, err, "paths: '%s' is no absolute path without '.' and '..'",
						 e->paths.items[i]);
	return 0;
}

bool sk_marked_address_parse(const char *text, struct sk_marked_address *ret)
{
	struct sk_span host = sk_span_str(text);
	char name[INET6_ADDRSTRLEN];
	unsigned port = 0;

	*ret = (struct sk_marked_address){ 0 };
	if (inet_pton(AF_INET, text, ret->bytes) == 1)
		return true;
	if (inet_pton(AF_INET6, text, ret->bytes) == 1) {
		ret->six = true;
		return true;
	}
	if (!sk_address_split(sk_span_str(text), 0, &host, &port) || !port || port > 65535 || host.len >= sizeof(name))
		return false;
	memcpy(name, host.ptr, host.len);
	name[host.len] = '\0';
	ret->port = (uint16_t)port;
	ret->six = inet_pton(AF_INET6, name, ret->bytes) == 1;
	return ret->six || inet_pton(AF_INET, name, ret->bytes) == 1;
}

static int read_addresses(struct sk_settings *s, const struct sk_node *section, struct sk_protect_config *c,
			  struct sk_err *err)
{
	for (size_t i = 0; i < c->addresses.count; i++) {
		struct sk_marked_address address;

		if (!sk_marked_address_parse(c->addresses.items[i], &address))
			return sk_settings_fault(s, sk_node_get(section, "addresses"), err,
						 "addresses: '%s' is no address: 169.254.169.254, 10.0.0.1:22, [::1]:22",
						 c->addresses.items[i]);
	}
	return 0;
}

int sk_protect_config(struct sk_settings *s, const struct sk_node *section, struct sk_protect_config *c,
		      struct sk_err *err)
{
	const struct sk_node *entries = sk_node_get(section, "entries");

	if (sk_settings_read(s, section, protect_table, others, c, err) < 0 || sk_settings_want_list(s, entries, err) < 0 ||
	    read_addresses(s, section, c, err) < 0)
		return -err->code;
	sk_node_each(n, entries)
		if (read_protected(s, n, sk_vec_push(&c->entries), err) < 0)
			return -err->code;
	return 0;
}

void sk_drift_config_release(struct sk_drift_config *drift, struct sk_protect_config *protect)
{
	sk_vec_release(&drift->entries);
	sk_vec_release(&protect->entries);
}
