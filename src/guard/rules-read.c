/* SPDX-License-Identifier: Apache-2.0 */
/* From YAML to lists, macros and rules; what append and override do happens here. */
#include "base/buf.h"
#include "base/limits.h"
#include "guard/rules-collect.h"

#include <ctype.h>
#include <stdio.h>

static const char *const priority_names[] = { "Emergency", "Alert",  "Critical",      "Error",
					      "Warning",   "Notice", "Informational", "Debug" };

const char *sk_priority_name(enum sk_priority priority)
{
	return priority_names[priority];
}

static bool parse_priority(struct sk_span text, enum sk_priority *ret_priority)
{
	for (size_t i = 0; i < SK_COUNT(priority_names); i++)
		if (sk_span_ieq(text, sk_span_str(priority_names[i]))) {
			*ret_priority = (enum sk_priority)i;
			return true;
		}
	if (!sk_span_ieq(text, SK_SPAN_LIT("info")))
		return false;
	*ret_priority = SK_PRIORITY_INFORMATIONAL;
	return true;
}

/* ---- reading nodes ---- */

/* One item of a file while it is read. */
struct reader {
	struct sk_rules *rules;
	const struct sk_rule_file *file;
	const struct sk_node *item;
	struct sk_span what, name; /* "rule", its name: in front of each problem */
	bool failed;
};

/* The element of a list is best shown by its first key. */
static struct sk_rule_place place_of(const struct reader *r, const struct sk_node *node)
{
	node = node ? node : r->item;
	if (!node->key.len && node->type == SK_NODE_OBJECT && sk_node_first(node))
		node = sk_node_first(node);
	return (struct sk_rule_place){ r->file, node };
}

__attribute__((format(printf, 3, 4))) static void wrong(struct reader *r, const struct sk_node *node,
							 const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	r->failed = true;
	sk_rules_problem_at(r->rules, SK_PROBLEM_ERROR, place_of(r, node), "%.*s \"%.*s\": %s", (int)r->what.len,
			    r->what.ptr, (int)r->name.len, r->name.ptr, text);
}

__attribute__((format(printf, 3, 4))) static void warn(struct reader *r, const struct sk_node *node,
							const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	sk_rules_problem_at(r->rules, SK_PROBLEM_WARNING, place_of(r, node), "%.*s \"%.*s\": %s", (int)r->what.len,
			    r->what.ptr, (int)r->name.len, r->name.ptr, text);
}

static struct sk_span keep(struct reader *r, struct sk_span text)
{
	return sk_span(sk_arena_dup(&r->rules->arena, text), text.len);
}

static bool is_scalar(const struct sk_node *n)
{
	return n && n->type != SK_NODE_ARRAY && n->type != SK_NODE_OBJECT && n->type != SK_NODE_NULL;
}

static bool read_text(struct reader *r, const char *key, struct sk_rule_text *ret_text)
{
	const struct sk_node *n = sk_node_get(r->item, key);

	if (!n)
		return false;
	if (n->type == SK_NODE_NULL && strcmp(key, "source") == 0)
		return false; /* as if it were not given */
	if (!is_scalar(n)) {
		wrong(r, n, "\"%s\" must be a text", key);
		return false;
	}
	ret_text->text = sk_span_trim(sk_node_text(n));
	ret_text->lead = (size_t)(ret_text->text.ptr - sk_node_text(n).ptr);
	ret_text->place = place_of(r, n);
	return true;
}

static bool read_flag(struct reader *r, const char *key, bool *ret_flag)
{
	const struct sk_node *n = sk_node_get(r->item, key);
	struct sk_span text = sk_node_text(n);

	if (!n)
		return false;
	if (n->type == SK_NODE_BOOL)
		*ret_flag = n->truth;
	else if (sk_span_ieq(text, SK_SPAN_LIT("true")) || sk_span_ieq(text, SK_SPAN_LIT("yes")))
		*ret_flag = true;
	else if (sk_span_ieq(text, SK_SPAN_LIT("false")) || sk_span_ieq(text, SK_SPAN_LIT("no")))
		*ret_flag = false;
	else
		wrong(r, n, "\"%s\" must be true or false", key);
	return true;
}

static void warn_unknown_keys(struct reader *r, const char *const *known)
{
	sk_node_each(n, r->item) {
		size_t i = 0;

		while (known[i] && !sk_span_is(n->key, known[i]))
			i++;
		if (!known[i])
			warn(r, n, "unknown key \"%.*s\"", (int)n->key.len, n->key.ptr);
	}
}

/* ---- append and override ---- */

enum change { CHANGE_NONE, CHANGE_APPEND, CHANGE_REPLACE };

static enum change change_of(const struct sk_node *override, const char *key)
{
	struct sk_span how = sk_node_text(sk_node_get(override, key));

	return sk_span_is(how, "append") ? CHANGE_APPEND : sk_span_is(how, "replace") ? CHANGE_REPLACE : CHANGE_NONE;
}

/* Is every key of `override` one that may be changed so, and given? */
static void check_override(struct reader *r, const struct sk_node *override, const char *const *append,
			   const char *const *replace)
{
	if (override->type != SK_NODE_OBJECT)
		wrong(r, override, "\"override\" must be a map");
	sk_node_each(n, override) {
		enum change how = change_of(override, n->key.ptr);
		const char *const *allowed = how == CHANGE_APPEND ? append : replace;
		size_t i = 0;

		if (how == CHANGE_NONE) {
			wrong(r, n, "override of \"%s\" must be \"append\" or \"replace\"", n->key.ptr);
			continue;
		}
		while (allowed[i] && !sk_span_is(n->key, allowed[i]))
			i++;
		if (!allowed[i])
			wrong(r, n, "\"%s\" cannot be changed by %s", n->key.ptr,
			      how == CHANGE_APPEND ? "append" : "replace");
		else if (!sk_node_get(r->item, n->key.ptr))
			wrong(r, n, "override of \"%s\", which is not given", n->key.ptr);
	}
}

/* CHANGE_NONE where the item is a definition of its own. */
static enum change list_or_macro_change(struct reader *r, const char *key)
{
	const char *const keys[] = { key, NULL };
	const struct sk_node *override = sk_node_get(r->item, "override");
	bool append = false;

	read_flag(r, "append", &append);
	if (override && append)
		wrong(r, override, "\"override\" and \"append: true\" exclude each other");
	else if (override)
		check_override(r, override, keys, keys);
	if (append)
		return CHANGE_APPEND;
	return override ? change_of(override, key) : CHANGE_NONE;
}

static void append_text(struct reader *r, struct sk_rule_text *to, const struct sk_rule_text *text)
{
	struct sk_rule_text *more = sk_arena_alloc(&r->rules->arena, sizeof(*more));

	*more = *text;
	if (!to->text.ptr) {
		*to = *text;
		return;
	}
	while (to->more)
		to = (struct sk_rule_text *)to->more;
	to->more = more;
}

/* ---- lists and macros ---- */

/* Conditions can only name what looks like a name. */
static void check_name(struct reader *r, const char *also)
{
	bool good = r->name.len && isalpha((unsigned char)r->name.ptr[0]);

	for (size_t i = 0; i < r->name.len; i++)
		good &= isalnum((unsigned char)r->name.ptr[i]) || (r->name.ptr[i] && strchr(also, r->name.ptr[i]));
	if (!good)
		warn(r, r->item, "conditions cannot name this: names are letters, digits and '_'");
}

static void read_list(struct reader *r)
{
	static const char *const known[] = { "list", "items", "append", "override", NULL };
	const struct sk_node *items = sk_node_get(r->item, "items");
	enum change change = list_or_macro_change(r, "items");
	struct sk_rule_list *list;
	bool is_new;
	void **slot;

	if (!items || (items->type != SK_NODE_ARRAY && items->type != SK_NODE_NULL))
		wrong(r, items, "\"items\" must be a list");
	warn_unknown_keys(r, known);
	check_name(r, "_-."); /* in parentheses everything without a blank is one word */
	if (r->failed)
		return;
	if (change == CHANGE_APPEND && !sk_map_get(&r->rules->lists, r->name)) {
		wrong(r, r->item, "appended to a list that is not defined before");
		return;
	}
	slot = sk_map_at(&r->rules->lists, r->name, &is_new);
	if (is_new)
		*slot = sk_arena_alloc(&r->rules->arena, sizeof(*list));
	list = *slot;
	list->name = r->name;
	list->place = place_of(r, r->item);
	if (change != CHANGE_APPEND)
		list->items.len = 0;
	sk_node_each(n, items) {
		if (!is_scalar(n))
			wrong(r, n, "items must be texts or numbers");
		else
			*sk_vec_push(&list->items) = keep(r, sk_node_text(n));
	}
}

static void read_macro(struct reader *r)
{
	static const char *const known[] = { "macro", "condition", "append", "override", NULL };
	enum change change = list_or_macro_change(r, "condition");
	struct sk_rule_text condition = { 0 };
	struct sk_rule_macro *macro;
	bool is_new;
	void **slot;

	if (!read_text(r, "condition", &condition) && !r->failed)
		wrong(r, NULL, "has no \"condition\"");
	warn_unknown_keys(r, known);
	check_name(r, "_");
	if (r->failed)
		return;
	if (change == CHANGE_APPEND && !sk_map_get(&r->rules->macros, r->name)) {
		wrong(r, r->item, "appended to a macro that is not defined before");
		return;
	}
	slot = sk_map_at(&r->rules->macros, r->name, &is_new);
	if (is_new)
		*slot = sk_arena_alloc(&r->rules->arena, sizeof(*macro));
	macro = *slot;
	macro->name = r->name;
	if (change == CHANGE_APPEND)
		append_text(r, &macro->condition, &condition);
	else
		macro->condition = condition;
}

/* ---- exceptions ---- */

static struct sk_exception_entry *read_entry(struct reader *r, const struct sk_node *n, unsigned depth)
{
	struct sk_exception_entry *e = sk_arena_alloc(&r->rules->arena, sizeof(*e)), **tail = &e->first;

	if (is_scalar(n)) {
		e->text = keep(r, sk_node_text(n));
		return e;
	}
	e->is_list = true;
	if (!sk_node_is(n, SK_NODE_ARRAY) || depth > 2) {
		wrong(r, n, "exceptions are texts and lists of texts");
		return e;
	}
	sk_node_each(child, n) {
		*tail = read_entry(r, child, depth + 1);
		tail = &(*tail)->next;
	}
	return e;
}

static struct sk_rule_exception *find_exception(struct sk_detection *rule, struct sk_span name)
{
	for (struct sk_rule_exception *e = rule->exceptions; e; e = e->next)
		if (sk_span_eq(e->name, name))
			return e;
	return NULL;
}

static void append_entries(struct sk_exception_entry **to, struct sk_exception_entry *first)
{
	while (*to)
		to = &(*to)->next;
	*to = first;
}

/* Are both elements of one list? */
static bool is_sibling(const struct sk_node *n, const struct sk_node *earlier)
{
	while (earlier && earlier != n)
		earlier = earlier->next;
	return earlier != NULL;
}

static void read_exception(struct reader *r, struct sk_detection *rule, const struct sk_node *n)
{
	const struct sk_node *fields = sk_node_get(n, "fields"), *comps = sk_node_get(n, "comps");
	const struct sk_node *values = sk_node_get(n, "values");
	struct sk_span name = sk_node_text(sk_node_get(n, "name"));
	struct sk_rule_exception *e, **tail = &rule->exceptions;

	if (!name.len) {
		wrong(r, n, "an exception has no \"name\"");
		return;
	}
	e = find_exception(rule, name);
	if (!e) {
		while (*tail)
			tail = &(*tail)->next;
		*tail = e = sk_arena_alloc(&r->rules->arena, sizeof(*e));
		e->name = keep(r, name);
	} else if (e->element && is_sibling(n, e->element)) {
		warn(r, n, "the exception \"%.*s\" is defined twice", (int)name.len, name.ptr);
	} else if (!values) {
		warn(r, n, "the exception \"%.*s\" is given again without \"values\"", (int)name.len, name.ptr);
	}
	e->place = place_of(r, n);
	e->element = n;
	if (fields)
		e->fields = read_entry(r, fields, 0);
	if (comps)
		e->comps = read_entry(r, comps, 0);
	if (!e->fields)
		wrong(r, n, "the exception \"%.*s\" has no \"fields\"", (int)name.len, name.ptr);
	if (values && values->type != SK_NODE_ARRAY && values->type != SK_NODE_NULL)
		wrong(r, values, "the values of an exception must be a list");
	sk_node_each(row, values)
		append_entries(&e->values, read_entry(r, row, 0));
}

static void read_exceptions(struct reader *r, struct sk_detection *rule, bool append)
{
	const struct sk_node *list = sk_node_get(r->item, "exceptions");

	if (!list)
		return;
	if (!append)
		rule->exceptions = NULL;
	if (list->type != SK_NODE_ARRAY && list->type != SK_NODE_NULL)
		wrong(r, list, "\"exceptions\" must be a list");
	sk_node_each(n, list)
		read_exception(r, rule, n);
}

/* ---- rules ---- */

static void read_tags(struct reader *r, struct sk_detection *rule, bool append)
{
	const struct sk_node *list = sk_node_get(r->item, "tags");
	size_t kept = append ? rule->tag_count : 0;
	const char **tags;

	if (!list)
		return;
	if (list->type != SK_NODE_ARRAY && list->type != SK_NODE_NULL) {
		wrong(r, list, "\"tags\" must be a list");
		return;
	}
	tags = sk_arena_alloc(&r->rules->arena, (kept + list->count + 1) * sizeof(*tags));
	for (size_t i = 0; i < kept; i++)
		tags[i] = rule->tags[i];
	sk_node_each(n, list)
		tags[kept++] = keep(r, sk_node_text(n)).ptr;
	rule->tags = tags;
	rule->tag_count = kept;
}

static void read_priority(struct reader *r, struct sk_detection *rule)
{
	const struct sk_node *n = sk_node_get(r->item, "priority");

	if (n && !parse_priority(sk_node_text(n), &rule->priority))
		wrong(r, n, "invalid priority; one of Emergency Alert Critical Error Warning Notice Informational Debug");
}

/* Captures are not made here, but what asks for one must be well formed all the same. */
static void check_capture(struct reader *r)
{
	const struct sk_node *duration = sk_node_get(r->item, "capture_duration");
	bool capture;

	read_flag(r, "capture", &capture);
	if (duration && duration->type != SK_NODE_INT)
		wrong(r, duration, "\"capture_duration\" must be a number of milliseconds");
}

/* All fields that the item gives, over what the rule has: replace, and the whole definition. */
static void read_given(struct reader *r, struct sk_detection *rule)
{
	struct sk_rule_text desc = { 0 };

	read_text(r, "condition", &rule->condition);
	read_text(r, "output", &rule->output);
	if (read_text(r, "desc", &desc))
		rule->desc = desc.text;
	read_priority(r, rule);
	read_flag(r, "enabled", &rule->enabled);
	read_flag(r, "skip-if-unknown-filter", &rule->skip_if_unknown);
	read_flag(r, "warn_evttypes", &rule->warn_evttypes);
	check_capture(r);
}

static struct sk_detection *earlier_rule(struct reader *r, const char *how)
{
	struct sk_detection *rule = sk_map_get(&r->rules->by_name, r->name);

	if (!rule)
		wrong(r, r->item, "%s a rule that is not defined before", how);
	return rule;
}

/* A rule keeps the source of its events for ever. */
static void check_source(struct reader *r, const struct sk_detection *rule)
{
	struct sk_rule_text source = { 0 };

	if (rule && read_text(r, "source", &source) && source.text.len && !sk_span_eq(source.text, rule->source))
		wrong(r, sk_node_get(r->item, "source"), "is defined for the source \"%.*s\" before", (int)rule->source.len,
		      rule->source.ptr);
}

static void append_to_rule(struct reader *r, struct sk_detection *rule, const char *key, struct sk_rule_text *to)
{
	struct sk_rule_text text = { 0 };

	if (read_text(r, key, &text) && rule)
		append_text(r, to, &text);
}

/* `append: true`: conditions and exceptions grow. */
static void append_rule(struct reader *r)
{
	struct sk_detection *rule = earlier_rule(r, "appends to");

	check_source(r, rule);
	if (!rule || r->failed)
		return;
	append_to_rule(r, rule, "condition", &rule->condition);
	read_exceptions(r, rule, true);
}

static void override_rule(struct reader *r, const struct sk_node *override)
{
	static const char *const append[] = { "condition", "output", "desc", "tags", "exceptions", NULL };
	static const char *const replace[] = { "condition", "output", "desc", "priority", "capture",
					       "capture_duration", "tags", "exceptions", "enabled",
					       "warn_evttypes", "skip-if-unknown-filter", NULL };
	struct sk_detection *rule = earlier_rule(r, "overrides");
	struct sk_detection before;
	struct sk_rule_text desc;

	check_override(r, override, append, replace);
	check_source(r, rule);
	for (size_t i = 0; replace[i]; i++)
		if (sk_node_get(r->item, replace[i]) && !sk_node_get(override, replace[i]))
			wrong(r, r->item, "\"%s\" is given, but not named under \"override\"", replace[i]);
	if (!rule || r->failed)
		return;
	before = *rule;
	read_given(r, rule);
	if (change_of(override, "condition") == CHANGE_APPEND) {
		rule->condition = before.condition;
		append_to_rule(r, rule, "condition", &rule->condition);
	}
	if (change_of(override, "output") == CHANGE_APPEND) {
		rule->output = before.output;
		append_to_rule(r, rule, "output", &rule->output);
	}
	if (change_of(override, "desc") == CHANGE_APPEND) {
		desc = (struct sk_rule_text){ .text = before.desc };
		read_text(r, "desc", &desc);
		rule->desc = sk_span_str(sk_arena_printf(&r->rules->arena, "%.*s %.*s", (int)before.desc.len,
							 before.desc.ptr, (int)desc.text.len, desc.text.ptr));
	}
	read_tags(r, rule, change_of(override, "tags") == CHANGE_APPEND);
	read_exceptions(r, rule, change_of(override, "exceptions") == CHANGE_APPEND);
}

static bool has_any(const struct sk_node *item, const char *const *keys)
{
	for (size_t i = 0; keys[i]; i++)
		if (sk_node_get(item, keys[i]))
			return true;
	return false;
}

static void define_rule(struct reader *r)
{
	static const char *const required[] = { "condition", "output", "desc", "priority", NULL };
	struct sk_detection *rule;
	struct sk_rule_text source = { .text = SK_SPAN_LIT("syscall") };
	bool is_new;
	void **slot;

	if (!has_any(r->item, required) && sk_node_get(r->item, "enabled")) { /* the old way to switch one off */
		rule = earlier_rule(r, "switches");
		if (rule)
			read_flag(r, "enabled", &rule->enabled);
		return;
	}
	for (size_t i = 0; required[i]; i++)
		if (!sk_node_get(r->item, required[i]))
			wrong(r, NULL, "has no \"%s\"", required[i]);
	rule = sk_arena_alloc(&r->rules->arena, sizeof(*rule));
	rule->name = r->name;
	rule->enabled = rule->warn_evttypes = true;
	rule->place = place_of(r, r->item);
	read_given(r, rule);
	if (is_scalar(sk_node_get(r->item, "source")) && sk_node_text(sk_node_get(r->item, "source")).len)
		read_text(r, "source", &source);
	rule->source = source.text;
	check_source(r, sk_map_get(&r->rules->by_name, r->name));
	read_tags(r, rule, false);
	read_exceptions(r, rule, false);
	if (r->failed)
		return;
	slot = sk_map_at(&r->rules->by_name, r->name, &is_new);
	if (is_new) {
		*slot = rule;
		*sk_vec_push(&r->rules->rules) = rule;
	} else {
		*(struct sk_detection *)*slot = *rule;
	}
}

static void read_rule(struct reader *r)
{
	static const char *const known[] = { "rule", "condition", "output", "desc", "priority", "source", "enabled",
					     "capture", "capture_duration", "warn_evttypes",
					     "skip-if-unknown-filter", "tags", "exceptions", "override", "append",
					     NULL };
	const struct sk_node *override = sk_node_get(r->item, "override");
	bool append = false;

	read_flag(r, "append", &append);
	if (override && append)
		wrong(r, override, "\"override\" and \"append: true\" exclude each other");
	else if (override)
		override_rule(r, override);
	else if (append)
		append_rule(r);
	else
		define_rule(r);
	warn_unknown_keys(r, known);
}

/* ---- items ---- */

static unsigned long version_part(struct sk_span *rest)
{
	struct sk_span part;
	uint64_t n = 0;

	if (sk_span_split(rest, '.', &part))
		sk_span_u64(part, &n);
	return n > 1000000 ? 1000000 : (unsigned long)n;
}

static bool is_version(struct sk_span text)
{
	struct sk_span part;
	unsigned parts = 0;
	uint64_t n;

	while (sk_span_split(&text, '.', &part))
		if (++parts > 3 || !sk_span_u64(part, &n))
			return false;
	return parts == 3;
}

static unsigned long long version_key(struct sk_span text)
{
	unsigned long major = version_part(&text), minor = version_part(&text);

	return ((unsigned long long)major << 42) | ((unsigned long long)minor << 21) | version_part(&text);
}

/* "0.57.0", or 57 as files wrote it before there were three numbers. */
static void read_engine_version(struct reader *r, const struct sk_node *n)
{
	char text[32];
	struct sk_span wanted = sk_node_text(n);
	uint64_t whole;

	if (sk_span_u64(wanted, &whole)) {
		snprintf(text, sizeof(text), "0.%llu.0", (unsigned long long)whole);
		wanted = sk_span_str(text);
	}
	if (!is_version(wanted))
		wrong(r, n, "\"%.*s\" is no version: three numbers with dots between", (int)wanted.len, wanted.ptr);
	else if (version_key(wanted) > version_key(SK_SPAN_LIT(SK_FALCO_ENGINE_VERSION)))
		wrong(r, n, "these rules want version %.*s of the rule language; %s is understood here", (int)wanted.len,
		      wanted.ptr, SK_FALCO_ENGINE_VERSION);
}

static void read_item(struct sk_rules *rules, const struct sk_rule_file *file, const struct sk_node *item)
{
	static const struct {
		const char *key;
		void (*read)(struct reader *r);
	} kinds[] = { { "list", read_list }, { "macro", read_macro }, { "rule", read_rule } };
	struct reader r = { .rules = rules, .file = file, .item = item, .what = SK_SPAN_LIT("item") };
	const struct sk_node *version = sk_node_get(item, "required_engine_version");

	if (item->type == SK_NODE_NULL)
		return;
	if (item->type != SK_NODE_OBJECT) {
		wrong(&r, item, "each element of a rule file is a map");
		return;
	}
	if (version) {
		read_engine_version(&r, version);
		return;
	}
	if (sk_node_get(item, "required_plugin_versions"))
		return; /* what plugins give is either built in, or a source whose rules are told apart */
	for (size_t i = 0; i < SK_COUNT(kinds); i++) {
		const struct sk_node *name = sk_node_get(item, kinds[i].key);

		if (!name)
			continue;
		r.what = sk_span_str(kinds[i].key);
		r.name = keep(&r, sk_node_text(name));
		if (!r.name.len)
			wrong(&r, name, "has no name");
		else
			kinds[i].read(&r);
		return;
	}
	sk_rules_problem_at(rules, SK_PROBLEM_WARNING, place_of(&r, item), "an item that is no rule, macro or list");
}

int sk_rules_read(struct sk_rules *rules, const char *name, struct sk_span text, struct sk_err *err)
{
	struct sk_rule_file *file;
	int r;

	if (text.len > SK_MAX_RULE_FILE)
		return sk_err_set(err, SK_ELIMIT, "%s: larger than %u bytes", name, SK_MAX_RULE_FILE);
	file = sk_arena_alloc(&rules->arena, sizeof(*file));
	r = sk_doc_parse(&file->doc, SK_DOC_YAML, text, 0, err);
	if (r < 0)
		return sk_err_wrap(err, "%s", name);
	*sk_vec_push(&rules->files) = file;
	file->name = sk_arena_str(&rules->arena, name);
	file->text = sk_span(sk_arena_dup(&rules->arena, text), text.len);
	for (const struct sk_node *root = file->doc.root; root; root = root->next) {
		if (root->type == SK_NODE_NULL)
			continue;
		if (root->type != SK_NODE_ARRAY)
			return sk_err_set(err, SK_EINVAL, "%s: line %u: a rule file is a list of rules, macros and lists", name,
					  root->line);
		sk_node_each(item, root)
			read_item(rules, file, item);
	}
	return 0;
}

void sk_rules_release(struct sk_rules *rules)
{
	for (size_t i = 0; i < rules->lists.entries.len; i++)
		sk_vec_release(&((struct sk_rule_list *)rules->lists.entries.data[i].value)->items);
	for (size_t i = 0; i < rules->files.len; i++)
		sk_doc_release(&rules->files.data[i]->doc);
	sk_map_release(&rules->lists);
	sk_map_release(&rules->macros);
	sk_map_release(&rules->by_name);
	sk_vec_release(&rules->files);
	sk_vec_release(&rules->rules);
	sk_vec_release(&rules->problems);
	sk_arena_release(&rules->arena);
}
