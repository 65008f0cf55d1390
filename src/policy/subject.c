/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/subject.h"

#include "policy/facts-build.h"

enum sk_subject_kind sk_subject_kind(const struct sk_node *root)
{
	struct sk_span version = sk_node_str(sk_node_get(root, "apiVersion"));

	if (sk_span_starts(version, "admission.k8s.io/") &&
	    sk_span_is(sk_node_str(sk_node_get(root, "kind")), "AdmissionReview"))
		return SK_SUBJECT_REVIEW;
	if (version.len && sk_node_str(sk_node_get(root, "kind")).len)
		return SK_SUBJECT_KUBERNETES;
	if (sk_node_get(root, "schemaVersion") &&
	    sk_span_is(sk_node_str(sk_node_path(root, "tool", "name", NULL)), "sekisho"))
		return SK_SUBJECT_REPORT;
	if (sk_node_str(sk_node_get(root, "Image")).len)
		return SK_SUBJECT_DOCKER;
	return SK_SUBJECT_OTHER;
}

/* ---- objects ---- */

static void put(struct sk_cel_map *map, struct sk_facts *facts, const char *key, struct sk_cel_value v)
{
	if (!sk_cel_map_put(map, sk_fact_str(facts, key), v))
		abort();
}

static struct sk_cel_map *begin(struct sk_facts *facts, size_t capacity)
{
	struct sk_cel_map *map = sk_cel_map_begin(&facts->arena, (uint32_t)capacity);

	if (!map)
		abort();
	return map;
}

/* A copy of the map with one member more, or another one. */
static struct sk_cel_value with_member(struct sk_facts *facts, struct sk_cel_value v, const char *key,
				       struct sk_cel_value member)
{
	uint32_t count = v.kind == SK_CEL_MAP ? sk_cel_map_count(v.map) : 0;
	struct sk_cel_map *map = begin(facts, count + 1);

	for (uint32_t i = 0; i < count; i++)
		if (!sk_cel_map_put(map, sk_cel_map_key(v.map, i), sk_cel_map_value(v.map, i)))
			abort();
	put(map, facts, key, member);
	return sk_cel_map_end(map);
}

static struct sk_span namespace_of(const struct sk_node *object)
{
	return sk_node_str(sk_node_path(object, "metadata", "namespace", NULL));
}

/* Quantities are texts for the API server, however they were written ("cpu: 1"). */
static struct sk_cel_value kube_value(struct sk_facts *facts, const struct sk_node *n, bool quantities)
{
	struct sk_cel_value v, *items;
	struct sk_cel_map *map;

	if (sk_node_is(n, SK_NODE_ARRAY)) {
		items = sk_fact_items(facts, n->count, &v);
		sk_node_each(child, n)
			*items++ = kube_value(facts, child, false);
		return v;
	}
	if (!sk_node_is(n, SK_NODE_OBJECT))
		return quantities && n && (n->type == SK_NODE_INT || n->type == SK_NODE_FLOAT) ?
			       sk_fact_text(facts, n->text) :
			       sk_fact_node(facts, n);
	map = begin(facts, n->count);
	sk_node_each(child, n) {
		bool inside = quantities || sk_span_is(child->key, "limits") || sk_span_is(child->key, "requests");

		if (!sk_cel_map_put(map, sk_fact_text(facts, child->key), kube_value(facts, child, inside)))
			abort();
	}
	return sk_cel_map_end(map);
}

/* The API server writes the request's namespace into the object before it asks anybody. */
static struct sk_cel_value object_value(struct sk_facts *facts, const struct sk_node *object, const char *ns)
{
	struct sk_cel_value v = kube_value(facts, object, false), metadata;

	if (!ns || !object || namespace_of(object).len || v.kind != SK_CEL_MAP)
		return v;
	metadata = sk_cel_map_get(v.map, sk_cel_string("metadata", 8));
	return with_member(facts, v, "metadata", with_member(facts, metadata, "namespace", sk_fact_str(facts, ns)));
}

/* ---- requests that nobody sent ---- */

struct identity {
	struct sk_span group, version, kind, name;
	const char *ns; /* NULL: in none */
};

static struct identity identify(struct sk_facts *facts, const struct sk_node *object)
{
	struct identity id = { .kind = sk_node_str(sk_node_get(object, "kind")),
			       .name = sk_node_str(sk_node_path(object, "metadata", "name", NULL)) };
	struct sk_span version = sk_node_str(sk_node_get(object, "apiVersion")), ns = namespace_of(object);
	char *text;

	id.version = version;
	if (sk_span_chr(version, '/') >= 0) {
		sk_span_split(&version, '/', &id.group);
		id.version = version;
	}
	if (!sk_kube_namespaced(id.group, id.kind, ns.len > 0)) {
		/* A request for a namespace has its name there. */
		if (!sk_span_is(id.kind, "Namespace") || id.group.len)
			return id;
		ns = id.name;
	} else if (!ns.len) {
		ns = SK_SPAN_LIT("default");
	}
	text = sk_fact_alloc(facts, ns.len + 1);
	memcpy(text, ns.ptr, ns.len);
	id.ns = text;
	return id;
}

static struct sk_cel_value triple(struct sk_facts *facts, const struct identity *id, const char *last_key,
				  struct sk_span last)
{
	struct sk_cel_map *map = begin(facts, 3);

	put(map, facts, "group", sk_fact_text(facts, id->group));
	put(map, facts, "version", sk_fact_text(facts, id->version));
	put(map, facts, last_key, sk_fact_text(facts, last));
	return sk_cel_map_end(map);
}

static struct sk_cel_value make_request(struct sk_facts *facts, const struct identity *id, bool update)
{
	sk_cleanup(sk_buf_release) struct sk_buf resource = { 0 };
	struct sk_cel_map *map = begin(facts, 10);
	struct sk_cel_value kind = triple(facts, id, "kind", id->kind), res;

	sk_kube_resource(id->kind, &resource);
	res = triple(facts, id, "resource", sk_buf_view(&resource));
	put(map, facts, "kind", kind);
	put(map, facts, "resource", res);
	put(map, facts, "requestKind", kind);
	put(map, facts, "requestResource", res);
	if (id->name.len)
		put(map, facts, "name", sk_fact_text(facts, id->name));
	if (id->ns)
		put(map, facts, "namespace", sk_fact_str(facts, id->ns));
	put(map, facts, "operation", sk_fact_str(facts, update ? "UPDATE" : "CREATE"));
	put(map, facts, "userInfo", sk_fact_unknown(facts, "request.userInfo"));
	put(map, facts, "dryRun", sk_cel_bool(false));
	put(map, facts, "options", sk_cel_null());
	return sk_cel_map_end(map);
}

static void name_subject(struct sk_facts *facts, const struct sk_node *object, const char *ns)
{
	struct sk_span kind = sk_node_str(sk_node_get(object, "kind"));
	struct sk_span name = sk_node_str(sk_node_path(object, "metadata", "name", NULL));
	struct sk_cel_value v;
	sk_autofree char *text = sk_printf("%.*s %s%s%.*s", (int)kind.len, kind.ptr ? kind.ptr : "", ns ? ns : "",
					   ns ? "/" : "", (int)name.len, name.ptr ? name.ptr : "");
	char *copy;

	v = sk_fact_str(facts, text);
	copy = sk_fact_alloc(facts, (size_t)v.len + 1);
	memcpy(copy, v.str, v.len);
	facts->subject = copy;
}

static void add_namespace(struct sk_facts *facts, const struct sk_subject *s, const char *ns, bool is_namespace)
{
	if (s->namespace_object)
		facts->slots[SK_FACT_namespaceObject] = sk_fact_node(facts, s->namespace_object);
	else if (!ns || is_namespace)
		facts->slots[SK_FACT_namespaceObject] = sk_cel_null();
}

static void kubernetes(struct sk_facts *facts, const struct sk_subject *s)
{
	struct identity id = identify(facts, s->object);
	bool is_namespace = sk_span_is(id.kind, "Namespace") && !id.group.len;
	const char *ns = is_namespace ? NULL : id.ns;

	facts->slots[SK_FACT_object] = object_value(facts, s->object, ns);
	facts->slots[SK_FACT_oldObject] = object_value(facts, s->old_object, ns);
	facts->slots[SK_FACT_request] = make_request(facts, &id, s->old_object != NULL);
	add_namespace(facts, s, id.ns, is_namespace);
	sk_facts_add_workload(facts, s->object);
	name_subject(facts, s->object, ns);
}

/* ---- requests ---- */

/* Everything but the objects, and what is empty: as the API server shows it to CEL. */
static struct sk_cel_value request_value(struct sk_facts *facts, const struct sk_node *request)
{
	struct sk_cel_map *map = begin(facts, request->count);

	sk_node_each(n, request) {
		if (sk_span_is(n->key, "object") || sk_span_is(n->key, "oldObject") ||
		    (n->type == SK_NODE_STRING && !n->text.len))
			continue;
		if (!sk_cel_map_put(map, sk_fact_text(facts, n->key), sk_fact_node(facts, n)))
			abort();
	}
	return sk_cel_map_end(map);
}

static int review(struct sk_facts *facts, const struct sk_subject *s, struct sk_err *err)
{
	const struct sk_node *request = sk_node_get(s->object, "request"), *object, *old;
	struct sk_span ns = sk_node_str(sk_node_get(request, "namespace"));
	sk_autofree char *name = ns.len ? sk_strndup(ns.ptr, ns.len) : NULL;

	if (!sk_node_is(request, SK_NODE_OBJECT) || !sk_node_is(sk_node_get(request, "resource"), SK_NODE_OBJECT) ||
	    !sk_node_str(sk_node_get(request, "operation")).len)
		return sk_err_set(err, SK_EINVAL, "line %u: an AdmissionReview without request.resource and request.operation",
				  s->object->line);
	object = sk_node_get(request, "object");
	old = sk_node_get(request, "oldObject");
	facts->slots[SK_FACT_object] = sk_fact_node(facts, object);
	facts->slots[SK_FACT_oldObject] = sk_fact_node(facts, old);
	facts->slots[SK_FACT_request] = request_value(facts, request);
	add_namespace(facts, s, name, sk_span_is(sk_node_str(sk_node_path(request, "resource", "resource", NULL)), "namespaces"));
	if (!sk_node_is(object, SK_NODE_OBJECT))
		object = old;
	if (sk_node_is(object, SK_NODE_OBJECT)) {
		sk_facts_add_workload(facts, object);
		name_subject(facts, object, name);
	}
	return 0;
}

static const char *docker_name(struct sk_facts *facts, const struct sk_node *body)
{
	static const char kind[] = "Container of ";
	struct sk_span image = sk_node_str(sk_node_get(body, "Image"));
	char *text = sk_fact_alloc(facts, sizeof(kind) + image.len);

	memcpy(text, kind, sizeof(kind) - 1);
	memcpy(text + sizeof(kind) - 1, image.ptr, image.len);
	return text;
}

int sk_facts_of_subject(struct sk_facts *facts, const struct sk_subject *s, enum sk_stage stage, int64_t now,
			struct sk_err *err)
{
	/* The workload's images may not have been scanned, but they are there. */
	enum sk_subject_kind kind = sk_subject_kind(s->object);
	uint32_t images = SK_FACTS_OF_IMAGES;

	switch (kind) {
	case SK_SUBJECT_KUBERNETES:
	case SK_SUBJECT_REVIEW:
		sk_facts_begin(facts, stage, now, SK_FACTS_OF_OBJECTS);
		if (kind == SK_SUBJECT_REVIEW && review(facts, s, err) < 0)
			return -SK_EINVAL;
		if (kind == SK_SUBJECT_KUBERNETES)
			kubernetes(facts, s);
		break;
	case SK_SUBJECT_DOCKER:
		sk_facts_begin(facts, stage, now, 1u << SK_FACT_object);
		facts->slots[SK_FACT_object] = sk_fact_node(facts, s->object);
		if (sk_facts_add_docker(facts, s->object, err) < 0)
			return -err->code;
		facts->subject = docker_name(facts, s->object);
		break;
	default:
		return sk_err_set(err, SK_EINVAL,
				  "neither a Kubernetes object, nor an AdmissionReview, a request to Docker or a report of "
				  "sekisho scan");
	}
	if (!(facts->none & 1u << SK_FACT_workload))
		facts->none &= ~images;
	return 0;
}
