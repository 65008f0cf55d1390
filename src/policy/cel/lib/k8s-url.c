/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes' URLs: absolute URIs and absolute paths, and their parts. */
#include "policy/cel/url.h"
#include "policy/cel/value.h"

struct url {
	struct sk_cel_opaque opaque;
	struct sk_cel_url url;
};

static const struct sk_cel_url *url_of(const struct sk_cel_opaque *v)
{
	return &((const struct url *)v)->url;
}

static bool equal(const struct sk_cel_opaque *a, const struct sk_cel_opaque *b)
{
	return sk_cel_equal(url_of(a)->text, url_of(b)->text);
}

static struct sk_cel_value text(struct sk_cel_arena *arena, const struct sk_cel_opaque *v)
{
	return url_of(v)->text;
}

static const struct sk_cel_opaque_type type = { "kubernetes.URL", equal, text };

static struct sk_cel_value make(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	struct sk_cel_arena *arena = sk_cel_eval_arena(eval);
	struct url *v = sk_cel_eval_alloc(eval, sizeof(*v));
	const char *wrong;

	if (!v)
		return sk_cel_full(eval);
	v->opaque.type = &type;
	wrong = sk_cel_url_parse(arena, args[0], &v->url);
	if (wrong)
		return sk_cel_fail(eval, SK_CEL_EVALUE,
				   "URL parse error during conversion from string: '%.*s': %s",
				   sk_cel_excerpt(args[0]), args[0].str, wrong);
	return arena->failed ? sk_cel_full(eval) : sk_cel_opaque(&v->opaque);
}

static struct sk_cel_value is_url(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return sk_cel_bool(!sk_cel_url_check(args[0]));
}

/* ---- parts ---- */

static struct sk_cel_value scheme(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return url_of(args[0].opaque)->scheme;
}

static struct sk_cel_value host(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	return url_of(args[0].opaque)->host;
}

/* Where ":80" begins at the end of a host, or its end. */
static uint32_t port_start(struct sk_cel_value v)
{
	uint32_t i = v.len;

	while (i > 0 && v.str[i - 1] >= '0' && v.str[i - 1] <= '9')
		i--;
	return i > 0 && v.str[i - 1] == ':' ? i - 1 : v.len;
}

static struct sk_cel_value hostname(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				    unsigned count)
{
	struct sk_cel_value v = url_of(args[0].opaque)->host;

	v.len = port_start(v);
	if (v.len > 1 && v.str[0] == '[' && v.str[v.len - 1] == ']')
		return sk_cel_string(v.str + 1, v.len - 2);
	return v;
}

static struct sk_cel_value port(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	struct sk_cel_value v = url_of(args[0].opaque)->host;
	uint32_t at = port_start(v);

	return at < v.len ? sk_cel_string(v.str + at + 1, v.len - at - 1) : sk_cel_string("", 0);
}

static struct sk_cel_value path(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				unsigned count)
{
	return url_of(args[0].opaque)->path;
}

/* ---- the query ---- */

struct pair {
	struct sk_cel_value key, value;
	uint32_t place; /* of its key among the keys */
};

struct query {
	struct sk_cel_eval *eval;
	struct pair *pairs;
	uint32_t count;
};

static struct sk_cel_value cut(struct sk_cel_value *text, char c)
{
	const char *at = text->len > 0 ? memchr(text->str, c, text->len) : NULL;
	struct sk_cel_value rest = sk_cel_string("", 0);

	if (at) {
		rest = sk_cel_string(at + 1, (size_t)(text->str + text->len - at) - 1);
		text->len = (uint32_t)(at - text->str);
	}
	return rest;
}

/* All pairs that can be read; the others are left out, as in Go. */
static bool read_pairs(struct query *q, struct sk_cel_value text)
{
	struct sk_cel_arena *arena = sk_cel_eval_arena(q->eval);
	uint32_t most = 1;

	for (uint32_t i = 0; i < text.len; i++)
		most += text.str[i] == '&';
	if (!sk_cel_charge(q->eval, text.len / 10 + most))
		return false;
	q->pairs = sk_cel_eval_alloc(q->eval, most * sizeof(*q->pairs));
	while (q->pairs && text.len > 0) {
		struct sk_cel_value rest = cut(&text, '&'), value, *slot;
		struct pair *pair = &q->pairs[q->count];

		slot = text.len > 0 && !memchr(text.str, ';', text.len) ? &pair->key : NULL;
		value = cut(&text, '=');
		if (slot) {
			pair->key = sk_cel_url_query_text(arena, text);
			pair->value = sk_cel_url_query_text(arena, value);
			q->count += pair->key.kind == SK_CEL_STRING &&
				    pair->value.kind == SK_CEL_STRING;
		}
		text = rest;
	}
	return q->pairs && !arena->failed;
}

/* Each key with a list of its values, in their order. */
static struct sk_cel_value collect(struct query *q)
{
	struct sk_cel_map *map = sk_cel_map_begin(sk_cel_eval_arena(q->eval), q->count);
	struct sk_cel_value *lists, **next, old;
	uint32_t *sizes, keys = 0;

	lists = sk_cel_eval_alloc(q->eval, (q->count + 1) * sizeof(*lists));
	next = sk_cel_eval_alloc(q->eval, (q->count + 1) * sizeof(*next));
	sizes = sk_cel_eval_alloc(q->eval, (q->count + 1) * sizeof(*sizes));
	if (!map || !lists || !next || !sizes)
		return sk_cel_full(q->eval);
	for (uint32_t i = 0; i < q->count; i++) {
		old = sk_cel_map_get(map, q->pairs[i].key);
		q->pairs[i].place = old.kind == SK_CEL_INT ? (uint32_t)old.i : keys++;
		sizes[q->pairs[i].place]++;
		sk_cel_map_put(map, q->pairs[i].key, sk_cel_int(q->pairs[i].place));
	}
	for (uint32_t i = 0; i < keys; i++) {
		lists[i] = sk_cel_new_list(q->eval, sizes[i], &next[i]);
		if (lists[i].kind != SK_CEL_LIST)
			return lists[i];
	}
	for (uint32_t i = 0; i < q->count; i++) {
		*next[q->pairs[i].place]++ = q->pairs[i].value;
		sk_cel_map_put(map, q->pairs[i].key, lists[q->pairs[i].place]);
	}
	return sk_cel_map_end(map);
}

static struct sk_cel_value query(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	struct query q = { .eval = eval };

	return read_pairs(&q, url_of(args[0].opaque)->query) ? collect(&q) : sk_cel_full(eval);
}

#define URL "kubernetes.URL"

static const struct sk_cel_overload overloads[] = {
	{ "url", "(string) -> " URL, make, .cost = SK_CEL_COST_SCAN },
	{ "isURL", "(string) -> bool", is_url, .cost = SK_CEL_COST_SCAN },
	{ "getScheme", URL ".() -> string", scheme },
	{ "getHost", URL ".() -> string", host },
	{ "getHostname", URL ".() -> string", hostname },
	{ "getPort", URL ".() -> string", port },
	{ "getEscapedPath", URL ".() -> string", path },
	{ "getQuery", URL ".() -> map<string, list<string>>", query, .cost = SK_CEL_COST_OWN },
	{ NULL },
};

static const struct sk_cel_opaque_type *const types[] = { &type, NULL };

const struct sk_cel_library sk_cel_library_k8s_url = {
	.name = "k8s-url",
	.doc = "Kubernetes' URLs: url('https://x/'), and their parts.",
	.overloads = overloads,
	.types = types,
};
