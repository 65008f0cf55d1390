/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/facts-build.h"

#include "base/text.h"
#include "base/time.h"
#include "policy/doc-value.h"

void *sk_fact_alloc(struct sk_facts *facts, size_t size)
{
	void *p = sk_cel_alloc(&facts->arena, size ? size : 1);

	if (!p)
		abort();
	return p;
}

static struct sk_cel_value empty_map(struct sk_facts *facts)
{
	struct sk_cel_map *map = sk_cel_map_begin(&facts->arena, 0);

	if (!map)
		abort();
	return sk_cel_map_end(map);
}

void sk_facts_begin(struct sk_facts *facts, enum sk_stage stage, int64_t now, uint32_t has)
{
	sk_facts_release(facts);
	facts->stage = stage;
	facts->now = now;
	facts->no_map = empty_map(facts);
	for (size_t i = 0; i < SK_FACT_COUNT; i++)
		facts->slots[i] = sk_fact_unknown(facts, sk_fact_variables[i].name);
	facts->none = (SK_FACTS_OF_IMAGES | SK_FACTS_OF_WORKLOADS | SK_FACTS_OF_OBJECTS | SK_FACTS_OF_HOSTS) & ~has;
	facts->slots[SK_FACT_stage] = sk_fact_str(facts, sk_stage_name(stage));
	facts->slots[SK_FACT_now] = (struct sk_cel_value){ .kind = SK_CEL_TIMESTAMP, .i = now };
}

void sk_facts_release(struct sk_facts *facts)
{
	sk_cel_arena_release(&facts->arena);
	*facts = (struct sk_facts){ 0 };
}

/* ---- scalars ---- */

struct sk_cel_value sk_fact_text(struct sk_facts *facts, struct sk_span s)
{
	struct sk_cel_value v = sk_cel_string_checked(&facts->arena, s.ptr ? s.ptr : "", s.len);
	struct sk_buf clean = { 0 };

	if (v.kind != SK_CEL_ERROR)
		return v;
	sk_text_utf8(&clean, s);
	v = sk_cel_string_checked(&facts->arena, sk_buf_str(&clean), clean.len);
	sk_buf_release(&clean);
	if (v.kind == SK_CEL_ERROR)
		abort();
	return v;
}

struct sk_cel_value sk_fact_str(struct sk_facts *facts, const char *s)
{
	return s ? sk_fact_text(facts, sk_span_str(s)) : (struct sk_cel_value){ 0 };
}

struct sk_cel_value sk_fact_time(struct sk_span text)
{
	int64_t t;

	if (!sk_time_parse(text, &t))
		return (struct sk_cel_value){ 0 };
	return (struct sk_cel_value){ .kind = SK_CEL_TIMESTAMP, .i = t };
}

/* Seconds and their decimals of one number with its unit (Go's time.ParseDuration); 0 bytes: it is none. */
static size_t take_part(struct sk_span s, int64_t *seconds, int64_t *nanos)
{
	static const struct {
		const char *name;
		int64_t nanos;
	} units[] = { { "ns", 1 },	      { "us", 1000 },		{ "ms", 1000000 },
		      { "s", 1000000000 },    { "m", 60000000000 },	{ "h", 3600000000000 },
		      { "d", 86400000000000 } };
	size_t n = 0, unit = 0;
	double value = 0, scale = 1;

	for (; n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9'; n++)
		value = value * 10 + (s.ptr[n] - '0');
	if (n < s.len && s.ptr[n] == '.')
		for (n++; n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9'; n++)
			value += (s.ptr[n] - '0') * (scale /= 10);
	while (n + unit < s.len && s.ptr[n + unit] >= 'a' && s.ptr[n + unit] <= 'z')
		unit++;
	for (size_t i = 0; n && i < SK_COUNT(units); i++)
		if (sk_span_is(sk_span_sub(s, n, unit), units[i].name)) {
			double total = value * (double)units[i].nanos;

			if (!(total < 9e18))
				return 0;
			*seconds += (int64_t)(total / 1e9);
			*nanos += (int64_t)total % 1000000000;
			return n + unit;
		}
	return 0;
}

struct sk_cel_value sk_fact_duration(struct sk_span text)
{
	bool negative = sk_span_starts(text, "-");
	struct sk_span rest = sk_span_from(text, negative);
	int64_t seconds = 0, nanos = 0;

	if (!rest.len)
		return (struct sk_cel_value){ 0 };
	while (rest.len) {
		size_t n = take_part(rest, &seconds, &nanos);

		if (!n || seconds > INT32_MAX * (int64_t)100)
			return (struct sk_cel_value){ 0 };
		rest = sk_span_from(rest, n);
	}
	seconds += nanos / 1000000000;
	nanos %= 1000000000;
	return (struct sk_cel_value){ .kind = SK_CEL_DURATION,
				      .nanos = (int32_t)(negative ? -nanos : nanos),
				      .i = negative ? -seconds : seconds };
}

struct sk_cel_value sk_fact_unknown(struct sk_facts *facts, const char *attribute)
{
	return sk_cel_make_unknown(&facts->arena, attribute);
}

/* ---- lists and structs ---- */

struct sk_cel_value *sk_fact_items(struct sk_facts *facts, size_t count, struct sk_cel_value *ret_value)
{
	struct sk_cel_value *items = sk_fact_alloc(facts, count * sizeof(*items));
	struct sk_cel_list *list = sk_fact_alloc(facts, sizeof(*list));

	*list = (struct sk_cel_list){ (uint32_t)count, items };
	*ret_value = sk_cel_list(list);
	return items;
}

struct sk_cel_value sk_fact_strings(struct sk_facts *facts, const struct sk_strings *list)
{
	struct sk_cel_value v, *items = sk_fact_items(facts, list->count, &v);

	for (size_t i = 0; i < list->count; i++)
		items[i] = sk_fact_str(facts, list->items[i]);
	return v;
}

void *sk_fact_new(struct sk_facts *facts, enum sk_fact_type type, struct sk_cel_value *ret_value)
{
	const struct sk_cel_struct_type *t = &sk_fact_types[type];
	struct sk_cel_struct *object = sk_fact_alloc(facts, sizeof(*object));
	struct sk_cel_value *fields;
	size_t count = 0;

	while (t->fields[count].name)
		count++;
	fields = sk_fact_alloc(facts, count * sizeof(*fields));
	for (size_t i = 0; i < count; i++)
		if (strncmp(t->fields[i].type, "map<", 4) == 0)
			fields[i] = facts->no_map;
	*object = (struct sk_cel_struct){ t, fields };
	*ret_value = (struct sk_cel_value){ .kind = SK_CEL_STRUCT, .object = object };
	return fields;
}

/* ---- documents ---- */

struct sk_cel_value sk_fact_node(struct sk_facts *facts, const struct sk_node *n)
{
	struct sk_cel_value v;

	/* The parsers let no other text through. */
	if (sk_doc_value(n, &facts->arena, &v, NULL) < 0)
		return sk_fact_unknown(facts, "a text that is not UTF-8");
	return v;
}

struct sk_cel_value sk_fact_labels(struct sk_facts *facts, const struct sk_node *n)
{
	struct sk_cel_map *map;

	if (!sk_node_is(n, SK_NODE_OBJECT))
		return facts->no_map;
	map = sk_cel_map_begin(&facts->arena, n->count);
	if (!map)
		abort();
	sk_node_each(child, n)
		if (!sk_cel_map_put(map, sk_fact_text(facts, child->key), sk_fact_text(facts, sk_node_text(child))))
			abort();
	return sk_cel_map_end(map);
}

struct sk_cel_value sk_fact_words(struct sk_facts *facts, const struct sk_node *n)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(n, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, n->count, &v);
	sk_node_each(child, n)
		*items++ = sk_fact_text(facts, sk_node_text(child));
	return v;
}

struct sk_cel_value sk_fact_get_str(struct sk_facts *facts, const struct sk_node *object, const char *key)
{
	const struct sk_node *n = sk_node_get(object, key);

	/* Quantities and names of numbers may be written as numbers. */
	if (!n || n->type == SK_NODE_NULL || n->type == SK_NODE_ARRAY || n->type == SK_NODE_OBJECT)
		return (struct sk_cel_value){ 0 };
	return sk_fact_text(facts, sk_node_text(n));
}

/* What is there and has another type fails whatever reads it: it must not pass for what is not there. */
static struct sk_cel_value get(const struct sk_node *n, const struct sk_cel_error *wrong)
{
	if (!n || n->type == SK_NODE_NULL)
		return (struct sk_cel_value){ 0 };
	return (struct sk_cel_value){ .kind = SK_CEL_ERROR, .error = wrong };
}

struct sk_cel_value sk_fact_get_int(const struct sk_node *object, const char *key)
{
	static const struct sk_cel_error wrong = { SK_CEL_EVALUE, 0, "a value of the subject is no whole number" };
	const struct sk_node *n = sk_node_get(object, key);

	return sk_node_is(n, SK_NODE_INT) ? sk_cel_int(sk_node_int(n, 0)) : get(n, &wrong);
}

struct sk_cel_value sk_fact_get_bool(const struct sk_node *object, const char *key)
{
	static const struct sk_cel_error wrong = { SK_CEL_EVALUE, 0, "a value of the subject is neither true nor false" };
	const struct sk_node *n = sk_node_get(object, key);

	return sk_node_is(n, SK_NODE_BOOL) ? sk_cel_bool(n->truth) : get(n, &wrong);
}

/* ---- references ---- */

/* The registry is written where the first part could be a host (distribution's reference grammar). */
static bool is_registry(struct sk_span part)
{
	return sk_span_chr(part, '.') >= 0 || sk_span_chr(part, ':') >= 0 || sk_span_is(part, "localhost");
}

struct sk_cel_value sk_fact_reference(struct sk_facts *facts, struct sk_span text)
{
	struct sk_span rest = text, registry = SK_SPAN_LIT("docker.io"), tag = { 0 }, digest = { 0 };
	struct sk_cel_value v;
	struct sk_fact_Reference *ref = sk_fact_new(facts, SK_TYPE_Reference, &v);
	ptrdiff_t at = sk_span_chr(rest, '@'), slash, colon;

	if (at >= 0) {
		digest = sk_span_from(rest, (size_t)at + 1);
		rest = sk_span_sub(rest, 0, (size_t)at);
	}
	slash = sk_span_chr(rest, '/');
	if (slash > 0 && is_registry(sk_span_sub(rest, 0, (size_t)slash))) {
		registry = sk_span_sub(rest, 0, (size_t)slash);
		rest = sk_span_from(rest, (size_t)slash + 1);
	}
	if (sk_span_is(registry, "index.docker.io") || sk_span_is(registry, "registry-1.docker.io"))
		registry = SK_SPAN_LIT("docker.io");
	colon = sk_span_rchr(rest, ':');
	if (colon >= 0 && colon > sk_span_rchr(rest, '/')) {
		tag = sk_span_from(rest, (size_t)colon + 1);
		rest = sk_span_sub(rest, 0, (size_t)colon);
	} else if (!digest.len) {
		tag = SK_SPAN_LIT("latest");
	}
	ref->name = sk_fact_text(facts, text);
	ref->registry = sk_fact_text(facts, registry);
	ref->tag = sk_fact_text(facts, tag);
	ref->digest = sk_fact_text(facts, digest);
	if (sk_span_is(registry, "docker.io") && sk_span_chr(rest, '/') < 0 && rest.len) {
		struct sk_buf full = { 0 };

		sk_buf_printf(&full, "library/%.*s", (int)rest.len, rest.ptr);
		ref->repository = sk_fact_text(facts, sk_buf_view(&full));
		sk_buf_release(&full);
	} else {
		ref->repository = sk_fact_text(facts, rest);
	}
	return v;
}
