/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs as guard.yaml and the command line say them. */
#include "agent/output.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdio.h>

static const char *choice_kind(unsigned i, const char **ret_summary)
{
	const struct sk_output_kind *kind = sk_output_kinds[i];

	*ret_summary = kind ? kind->summary : NULL;
	return kind ? kind->name : NULL;
}

static const char *choice_format(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return sk_alert_format_name((enum sk_alert_format)i);
}

static const char *choice_priority(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return i <= SK_PRIORITY_DEBUG ? sk_priority_name((enum sk_priority)i) : NULL;
}

static const char *choice_of(const char *const (*rows)[2], size_t count, unsigned i, const char **ret_summary)
{
	*ret_summary = i < count ? rows[i][1] : NULL;
	return i < count ? rows[i][0] : NULL;
}

static const char *choice_what(unsigned i, const char **ret_summary)
{
	static const char *const rows[][2] = { { "alerts", "what rules say" },
					       { "audit", "what was done about it, and other lines" } };

	return choice_of(rows, SK_COUNT(rows), i, ret_summary);
}

static const char *choice_queue(unsigned i, const char **ret_summary)
{
	static const char *const rows[][2] = { { "memory", "lost when the agent ends" }, { "disk", "outlives the agent" } };

	return choice_of(rows, SK_COUNT(rows), i, ret_summary);
}

static const char *choice_full(unsigned i, const char **ret_summary)
{
	static const char *const rows[][2] = { { "newest", "what is queued stays" },
					       { "oldest", "what comes takes the place of what is queued" } };

	return choice_of(rows, SK_COUNT(rows), i, ret_summary);
}

#define ROW struct sk_output_config

const struct sk_option sk_output_options[] = {
	{ "kind", 0, SK_OPT_ENUM(ROW, kind_index, choice_kind), .argument = "KIND", .help = "What it is" },
	{ "name", 0, SK_OPT_STRING(ROW, name), .argument = "NAME",
	  .help = "What it is called in messages and metrics, and the folder of its queue", .otherwise = "its kind" },
	{ "format", 0, SK_OPT_ENUM(ROW, format, choice_format), .argument = "FORMAT", .help = "How alerts are written",
	  .otherwise = "what suits the kind" },
	{ "priority", 0, SK_OPT_ENUM(ROW, priority, choice_priority), .argument = "PRIORITY", .fallback = "debug",
	  .help = "Alerts of at least this priority" },
	{ "rules", 0, SK_OPT_LIST(ROW, rules), .argument = "PATTERN",
	  .help = "Alerts of rules of these names, in which * is anything", .otherwise = "all" },
	{ "tags", 0, SK_OPT_LIST(ROW, tags), .argument = "TAG", .help = "Alerts of rules with one of these tags",
	  .otherwise = "all" },
	{ "what", 0, SK_OPT_SET(ROW, what, choice_what), .argument = "WHAT", .help = "Alerts, or other lines too",
	  .otherwise = "both, but only alerts in Falco's format" },
	{ "queue", 0, SK_OPT_ENUM(ROW, queue, choice_queue), .argument = "WHERE",
	  .help = "Where messages wait while the receiver is away", .otherwise = "disk for webhooks, memory for others" },
	{ "queue-size", 0, SK_OPT_SIZE(ROW, queue_size), .argument = "SIZE", .help = "How much may wait",
	  .otherwise = "256M on disk, 4M in memory" },
	{ "full", 0, SK_OPT_ENUM(ROW, full, choice_full), .argument = "WHICH", .fallback = "newest",
	  .help = "What is lost once the queue is full" },
	{ "retry-max", 0, SK_OPT_DURATION(ROW, retry_max), .argument = "DURATION", .fallback = "30s",
	  .help = "The longest time between two tries" },
	{ NULL },
};

const struct sk_settings_part sk_outputs_parts[] = {
	{ "outputs[]", "Where alerts go", sk_output_options },
	{ NULL },
};

/* The rows of every kind and those of this one, as one table. */
static const struct sk_option *join_rows(const struct sk_output_kind *kind, struct sk_arena *arena)
{
	size_t common = sk_option_count(sk_output_options), own = sk_option_count(kind->options);
	struct sk_option *rows = sk_arena_alloc(arena, (common + own + 1) * sizeof(*rows));

	memcpy(rows, sk_output_options, common * sizeof(*rows));
	if (own)
		memcpy(rows + common, kind->options, own * sizeof(*rows));
	return rows;
}

static bool is_taken(const struct sk_outputs_config *config, const char *name)
{
	for (const struct sk_output_config *c = config->first; c; c = c->next)
		if (strcmp(c->name, name) == 0)
			return true;
	return false;
}

/* A name becomes a folder's. */
static bool is_name(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] == '\0' &&
	       strlen(name) <= 64;
}

/* What waits for one receiver must not go to another, only because the list has changed. */
static const char *folder_of(struct sk_settings *s, const struct sk_output_config *c)
{
	const struct sk_option *row = sk_option_find(c->kind->options, sk_span_str(c->kind->target));
	const char *target = row && row->type == SK_OPTION_STRING ? *(const char *const *)((const char *)c + row->offset) :
								     NULL;

	return target ? sk_arena_printf(&s->arena, "%s-%016llx", c->kind->name,
					(unsigned long long)sk_hash_stable(sk_span_str(target))) :
			c->name;
}

/* Those without a name are webhook, webhook-2, webhook-3. */
static int name_it(struct sk_settings *s, const struct sk_node *at, const struct sk_outputs_config *all,
		   struct sk_output_config *c, struct sk_err *err)
{
	const struct sk_node *name = sk_node_get(at, "name");

	if (c->name && !is_name(c->name))
		return sk_settings_fault(s, name, err, "name: letters, digits, '-' and '_', 64 of them at most");
	if (c->name && is_taken(all, c->name))
		return sk_settings_fault(s, name, err, "name: '%s' is the name of another output", c->name);
	c->folder = c->name;
	if (!c->name)
		c->name = c->kind->name;
	for (unsigned i = 2; is_taken(all, c->name); i++)
		c->name = sk_arena_printf(&s->arena, "%s-%u", c->kind->name, i);
	if (!c->folder)
		c->folder = folder_of(s, c);
	return 0;
}

static void set_defaults(struct sk_output_config *c)
{
	if (c->queue < 0)
		c->queue = c->kind->spools ? SK_QUEUE_DISK : SK_QUEUE_MEMORY;
	if (!c->queue_size)
		c->queue_size = c->queue == SK_QUEUE_DISK ? SK_OUTPUT_SPOOL : SK_MAX_OUTPUT_MEMORY;
}

int sk_output_fault(const struct sk_settings *s, const struct sk_node *section, const char *key, struct sk_err *err,
		    const char *fmt, ...)
{
	const struct sk_node *at = sk_node_get(section, key);
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!section)
		return sk_err_set(err, SK_EUSAGE, "%s: %s", key, text);
	return sk_settings_fault(s, at ? at : section->child, err, "%s: %s", key, text);
}

static void append(struct sk_outputs_config *all, struct sk_output_config *c)
{
	if (!all->last)
		all->last = &all->first;
	*all->last = c;
	all->last = &c->next;
	all->count++;
}

/* `target`: what stood behind the colon, or empty; `at`: the table of settings, or NULL. */
static int add(struct sk_settings *s, const struct sk_output_kind *kind, const struct sk_node *at, struct sk_span target,
	       struct sk_outputs_config *all, struct sk_err *err)
{
	struct sk_output_config *c = sk_arena_alloc(&s->arena, kind->config_size);
	const struct sk_option *rows = join_rows(kind, &s->arena), *row;

	if (all->count >= SK_MAX_OUTPUTS)
		return sk_err_set(err, SK_ELIMIT, "more than %u outputs", SK_MAX_OUTPUTS);
	if (sk_settings_read(s, at, rows, NULL, c, err) < 0)
		return -err->code;
	if (target.len) {
		row = sk_option_find(rows, sk_span_str(kind->target));
		if (sk_option_set(row, c, target, &s->arena, err) < 0)
			return sk_err_wrap(err, "%s", kind->target);
	}
	c->kind = kind;
	if (name_it(s, at, all, c, err) < 0)
		return -err->code;
	set_defaults(c);
	if (kind->check && kind->check(s, at, c, err) < 0)
		return -err->code;
	append(all, c);
	return 0;
}

/* "webhook" of "webhook:https://…"; NULL (and the error set) for what is no kind. */
static const struct sk_output_kind *kind_named(struct sk_span name, struct sk_err *err)
{
	struct sk_output_config c;
	struct sk_arena none = { 0 };

	if (sk_option_set(&sk_output_options[0], &c, name, &none, err) < 0)
		return NULL;
	return sk_output_kinds[c.kind_index];
}

int sk_outputs_config_add(struct sk_settings *s, struct sk_span text, struct sk_outputs_config *all, struct sk_err *err)
{
	ptrdiff_t colon = sk_span_chr(text, ':');
	struct sk_span name = colon < 0 ? text : sk_span_sub(text, 0, (size_t)colon);
	struct sk_span target = colon < 0 ? sk_span("", 0) : sk_span_from(text, (size_t)colon + 1);
	const struct sk_output_kind *kind = kind_named(name, err);

	if (!kind)
		return -err->code;
	if (target.len && !kind->target)
		return sk_err_set(err, SK_EUSAGE, "%s: nothing may follow", kind->name);
	return add(s, kind, NULL, target, all, err);
}

static int add_node(struct sk_settings *s, const struct sk_node *n, struct sk_outputs_config *all, struct sk_err *err)
{
	const struct sk_node *name = sk_node_get(n, "kind");
	const struct sk_output_kind *kind;
	struct sk_err inner = SK_ERR_INIT;

	if (n->type == SK_NODE_STRING)
		return sk_outputs_config_add(s, sk_node_str(n), all, &inner) < 0 ?
			       sk_settings_fault(s, n, err, "%s", inner.text) :
			       0;
	if (n->type != SK_NODE_OBJECT)
		return sk_settings_fault(s, n, err, "an output must be a table of settings, or a text such as stdout");
	if (!name)
		return sk_settings_fault(s, n->child ? n->child : n, err, "kind: is missing");
	kind = kind_named(sk_node_text(name), &inner);
	return kind ? add(s, kind, n, sk_span("", 0), all, err) : sk_settings_fault(s, name, err, "kind: %s", inner.text);
}

int sk_outputs_config(struct sk_settings *s, const struct sk_node *list, struct sk_outputs_config *all,
		      struct sk_err *err)
{
	if (sk_settings_want_list(s, list, err) < 0)
		return -err->code;
	sk_node_each(n, list)
		if (add_node(s, n, all, err) < 0)
			return -err->code;
	return 0;
}
