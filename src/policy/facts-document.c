/* SPDX-License-Identifier: Apache-2.0 */
/* Facts as a test of a policy writes them: names and types by the schema, what is not named is unknown. */
#include "base/suggest.h"
#include "finding/finding.h"
#include "policy/facts-build.h"
#include "policy/facts-subject.h"

struct reader {
	struct sk_facts *facts;
	struct sk_err *err;
};

static int read_value(struct reader *rd, const struct sk_node *n, struct sk_span type, struct sk_cel_value *ret);

static int wrong(struct reader *rd, const struct sk_node *n, struct sk_span type)
{
	return sk_err_set(rd->err, SK_EINVAL, "line %u: this is no %.*s", n->line, (int)type.len, type.ptr);
}

/* "list<string>" and "list" give "string"; the last parameter where there are several. */
static bool parameter(struct sk_span type, const char *name, struct sk_span *ret)
{
	ptrdiff_t comma;

	if (!sk_span_starts(type, name) || !sk_span_ends(type, ">"))
		return false;
	*ret = sk_span_sub(type, strlen(name), type.len - strlen(name) - 1);
	comma = sk_span_chr(*ret, ',');
	if (comma >= 0)
		*ret = sk_span_trim(sk_span_from(*ret, (size_t)comma + 1));
	return true;
}

static bool type_named(struct sk_span name, enum sk_fact_type *ret_type)
{
	for (size_t i = 0; i < SK_TYPE_COUNT; i++)
		if (sk_span_is(name, sk_fact_types[i].name)) {
			*ret_type = (enum sk_fact_type)i;
			return true;
		}
	return false;
}

/* ---- what follows from what is named ---- */

static void complete_finding(struct sk_fact_Finding *f)
{
	enum sk_severity severity;

	if (f->severity.kind == SK_CEL_STRING && f->severityLevel.kind == SK_CEL_UNKNOWN &&
	    sk_severity_parse(sk_span(f->severity.str, f->severity.len), &severity))
		f->severityLevel = sk_cel_int(severity);
}

static void complete_container(struct sk_facts *facts, struct sk_fact_Container *c)
{
	if (c->image.kind == SK_CEL_STRING && c->reference.kind == SK_CEL_UNKNOWN)
		c->reference = sk_fact_reference(facts, sk_span(c->image.str, c->image.len));
	if (c->effective.kind == SK_CEL_UNKNOWN)
		c->effective = c->securityContext;
}

static void complete_image(struct sk_facts *facts, struct sk_fact_Image *f)
{
	if (f->age.kind == SK_CEL_UNKNOWN && f->created.kind == SK_CEL_TIMESTAMP)
		f->age = (struct sk_cel_value){ .kind = SK_CEL_DURATION, .i = facts->now - f->created.i };
	if (f->created.kind == SK_CEL_UNKNOWN && f->age.kind == SK_CEL_DURATION)
		f->created = (struct sk_cel_value){ .kind = SK_CEL_TIMESTAMP, .i = facts->now - f->age.i };
	if (f->reference.kind == SK_CEL_STRING) {
		struct sk_cel_value parsed = sk_fact_reference(facts, sk_span(f->reference.str, f->reference.len));
		const struct sk_fact_Reference *ref = (const void *)parsed.object->fields;

		f->registry = f->registry.kind == SK_CEL_UNKNOWN ? ref->registry : f->registry;
		f->repository = f->repository.kind == SK_CEL_UNKNOWN ? ref->repository : f->repository;
		f->tag = f->tag.kind == SK_CEL_UNKNOWN ? ref->tag : f->tag;
	}
}

static void complete(struct sk_facts *facts, enum sk_fact_type type, void *fields)
{
	if (type == SK_TYPE_Finding)
		complete_finding(fields);
	else if (type == SK_TYPE_Container)
		complete_container(facts, fields);
	else if (type == SK_TYPE_Image)
		complete_image(facts, fields);
}

/* ---- reading ---- */

static int unknown_field(struct reader *rd, const struct sk_node *n, const struct sk_cel_struct_type *t)
{
	struct sk_suggest s = { .typed = n->key };

	for (const struct sk_cel_field *f = t->fields; f->name; f++)
		sk_suggest_try(&s, f->name);
	return sk_err_set(rd->err, SK_EINVAL, "line %u: no field \"%.*s\" in %s%s%s%s", n->line, (int)n->key.len,
			  n->key.ptr, t->name, s.best ? "; did you mean \"" : "", s.best ? s.best : "",
			  s.best ? "\"?" : "");
}

static int read_struct(struct reader *rd, const struct sk_node *n, enum sk_fact_type type, struct sk_cel_value *ret)
{
	const struct sk_cel_struct_type *t = &sk_fact_types[type];
	struct sk_cel_value *fields = sk_fact_new(rd->facts, type, ret);
	size_t i;

	for (i = 0; t->fields[i].name; i++) {
		size_t size = strlen(t->name) + strlen(t->fields[i].name) + 2;
		char *attribute = sk_fact_alloc(rd->facts, size);

		/* "Finding.kev" */
		strcpy(attribute, t->name + strlen("sekisho."));
		strcat(strcat(attribute, "."), t->fields[i].name);
		fields[i] = sk_fact_unknown(rd->facts, attribute);
	}
	sk_node_each(child, n) {
		int r;

		for (i = 0; t->fields[i].name && !sk_span_is(child->key, t->fields[i].name); i++)
			;
		if (!t->fields[i].name)
			return unknown_field(rd, child, t);
		/* null is "known not to be set" */
		r = child->type == SK_NODE_NULL ?
			    (fields[i] = (struct sk_cel_value){ 0 }, 0) :
			    read_value(rd, child, sk_span_str(t->fields[i].type), &fields[i]);
		if (r < 0)
			return r;
	}
	complete(rd->facts, type, fields);
	return 0;
}

static int read_list(struct reader *rd, const struct sk_node *n, struct sk_span type, struct sk_cel_value *ret)
{
	struct sk_cel_value *items = sk_fact_items(rd->facts, n->count, ret);
	int r = 0;

	sk_node_each(child, n) {
		if (r < 0)
			break;
		r = read_value(rd, child, type, items++);
	}
	return r;
}

static int read_map(struct reader *rd, const struct sk_node *n, struct sk_span type, struct sk_cel_value *ret)
{
	struct sk_cel_map *map = sk_cel_map_begin(&rd->facts->arena, n->count);

	if (!map)
		abort();
	sk_node_each(child, n) {
		struct sk_cel_value v = { 0 };
		int r = read_value(rd, child, type, &v);

		if (r < 0)
			return r;
		if (!sk_cel_map_put(map, sk_fact_text(rd->facts, child->key), v))
			abort();
	}
	*ret = sk_cel_map_end(map);
	return 0;
}

static int read_scalar(struct reader *rd, const struct sk_node *n, struct sk_span type, struct sk_cel_value *ret)
{
	if (sk_span_is(type, "string") && n->type != SK_NODE_ARRAY && n->type != SK_NODE_OBJECT)
		*ret = sk_fact_text(rd->facts, sk_node_text(n));
	else if (sk_span_is(type, "int") && n->type == SK_NODE_INT)
		*ret = sk_cel_int(sk_node_int(n, 0));
	else if (sk_span_is(type, "double") && (n->type == SK_NODE_INT || n->type == SK_NODE_FLOAT))
		*ret = sk_cel_double(sk_node_float(n, 0));
	else if (sk_span_is(type, "bool") && n->type == SK_NODE_BOOL)
		*ret = sk_cel_bool(n->truth);
	else if (sk_span_is(type, "timestamp"))
		*ret = sk_fact_time(sk_node_text(n));
	else if (sk_span_is(type, "duration"))
		*ret = sk_fact_duration(sk_node_text(n));
	else
		return wrong(rd, n, type);
	return ret->kind == SK_CEL_ABSENT ? wrong(rd, n, type) : 0;
}

static int read_value(struct reader *rd, const struct sk_node *n, struct sk_span type, struct sk_cel_value *ret)
{
	enum sk_fact_type fact;
	struct sk_span inner;

	if (sk_span_is(type, "dyn")) {
		*ret = sk_fact_node(rd->facts, n);
		return 0;
	}
	if (parameter(type, "list<", &inner))
		return n->type == SK_NODE_ARRAY ? read_list(rd, n, inner, ret) : wrong(rd, n, type);
	if (parameter(type, "map<", &inner))
		return n->type == SK_NODE_OBJECT ? read_map(rd, n, inner, ret) : wrong(rd, n, type);
	if (type_named(type, &fact))
		return n->type == SK_NODE_OBJECT ? read_struct(rd, n, fact, ret) : wrong(rd, n, type);
	return read_scalar(rd, n, type, ret);
}

int sk_fact_typed(struct sk_facts *facts, const struct sk_node *n, const char *type,
		  struct sk_cel_value *ret, struct sk_err *err)
{
	struct reader rd = { facts, err };

	return read_value(&rd, n, sk_span_str(type), ret);
}

static int unknown_variable(struct reader *rd, const struct sk_node *n)
{
	struct sk_suggest s = { .typed = n->key };

	for (size_t i = 0; i < SK_FACT_COUNT; i++)
		sk_suggest_try(&s, sk_fact_variables[i].name);
	return sk_err_set(rd->err, SK_EINVAL, "line %u: there is no fact \"%.*s\"%s%s%s", n->line, (int)n->key.len,
			  n->key.ptr, s.best ? "; did you mean \"" : "", s.best ? s.best : "", s.best ? "\"?" : "");
}

int sk_facts_add_document(struct sk_facts *facts, const struct sk_node *object, struct sk_err *err)
{
	struct reader rd = { facts, err };

	sk_node_each(n, object) {
		size_t i = 0;
		int r;

		while (i < SK_FACT_COUNT && !sk_span_is(n->key, sk_fact_variables[i].name))
			i++;
		if (i == SK_FACT_COUNT || i == SK_FACT_stage || i == SK_FACT_params)
			return unknown_variable(&rd, n);
		r = read_value(&rd, n, sk_span_str(sk_fact_variables[i].type), &facts->slots[i]);
		if (r < 0)
			return r;
		facts->none &= ~(1u << i);
		if (i == SK_FACT_now)
			facts->now = facts->slots[i].i;
	}
	return 0;
}
