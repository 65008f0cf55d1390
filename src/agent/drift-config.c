/* SPDX-License-Identifier: Apache-2.0 */
/* The section `drift` of guard.yaml. */
#include "agent/drift.h"

#include "analyze/manifest.h"

#include <fnmatch.h>

static const char *choice_mode(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "off", "alert", "block" };

	*ret_summary = NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

static const struct sk_option rule_table[] = {
	{ "images", 0, SK_OPT_LIST(struct sk_drift_rule, images), .argument = "PATTERN",
	  .help = "The container's image, by reference, id or digest" },
	{ "labels", 0, SK_OPT_LIST(struct sk_drift_rule, labels), .argument = "NAME[=VALUE]",
	  .help = "Labels of the container or its pod" },
	{ "mode", 0, SK_OPT_ENUM(struct sk_drift_rule, mode, choice_mode), .argument = "MODE", .fallback = "alert",
	  .help = "off, alert or block" },
	{ NULL },
};

static const struct sk_option table[] = {
	{ "mode", 0, SK_OPT_ENUM(struct sk_drift_config, mode, choice_mode), .argument = "MODE", .fallback = "off",
	  .help = "What is done about programs that are not of the image: off, alert or block" },
	{ "manifests", 0, SK_OPT_FOLDER(struct sk_drift_config, manifests), .argument = "FOLDER",
	  .fallback = SK_MANIFEST_SYSTEM_DIR, .help = "Where the images' manifests are kept" },
	{ "pins", 0, SK_OPT_FOLDER(struct sk_drift_config, pins), .argument = "FOLDER", .fallback = SK_GATE_PINS,
	  .help = "Where the kernel's part outlives the agent" },
	{ "allow", 0, SK_OPT_LIST(struct sk_drift_config, allow), .argument = "FILE",
	  .fallback = "/usr/bin/docker-init,/usr/sbin/docker-init,/usr/libexec/docker/docker-init,/usr/bin/tini,"
		      "/usr/bin/tini-static,/usr/libexec/podman/catatonit,/usr/bin/catatonit",
	  .help = "Files of the host that may run in any container: the engines' init programs" },
	{ NULL },
};

const struct sk_settings_part sk_drift_parts[] = {
	{ "drift", "Programs that are not of the image", table },
	{ "drift.rules", "The first that a container matches says the mode", rule_table },
	{ NULL },
};

int sk_drift_config(struct sk_settings *settings, const struct sk_node *section, struct sk_drift_config *ret,
		    struct sk_err *err)
{
	static const char *const others[] = { "rules", NULL };
	const struct sk_node *list = sk_node_get(section, "rules");

	if (sk_settings_read(settings, section, table, others, ret, err) < 0 ||
	    sk_settings_want_list(settings, list, err) < 0)
		return -err->code;
	sk_node_each(node, list) {
		struct sk_drift_rule *rule = sk_vec_push(&ret->rules);

		if (sk_settings_read(settings, node, rule_table, NULL, rule, err) < 0)
			return -err->code;
		if (!rule->images.count && !rule->labels.count)
			return sk_settings_fault(settings, node, err,
						 "a rule of drift needs images or labels: what is meant for all is `mode`");
	}
	return 0;
}

void sk_drift_config_release(struct sk_drift_config *config)
{
	sk_vec_release(&config->rules);
}

static bool fits(const struct sk_option_list *patterns, struct sk_span text)
{
	sk_autofree char *value = sk_strndup(text.ptr ? text.ptr : "", text.len);

	for (size_t i = 0; text.len && i < patterns->count; i++)
		if (fnmatch(patterns->items[i], value, 0) == 0)
			return true;
	return false;
}

static bool fits_label(const struct sk_option_list *patterns, const struct sk_label *labels, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		sk_autofree char *both = sk_printf("%.*s=%.*s", (int)labels[i].name.len, labels[i].name.ptr,
						   (int)labels[i].value.len, labels[i].value.ptr);

		if (fits(patterns, labels[i].name) || fits(patterns, sk_span_str(both)))
			return true;
	}
	return false;
}

static bool matches(const struct sk_drift_rule *rule, const struct sk_container *c)
{
	if (rule->images.count && !fits(&rule->images, c->image) && !fits(&rule->images, c->image_id) &&
	    !fits(&rule->images, c->image_digest))
		return false;
	return !rule->labels.count || fits_label(&rule->labels, c->labels, c->label_count) ||
	       fits_label(&rule->labels, c->pod_labels, c->pod_label_count);
}

enum sk_gate_mode sk_drift_mode(const struct sk_drift_config *config, const struct sk_container *container)
{
	for (size_t i = 0; i < config->rules.len; i++)
		if (matches(&config->rules.data[i], container))
			return (enum sk_gate_mode)config->rules.data[i].mode;
	return (enum sk_gate_mode)config->mode;
}
