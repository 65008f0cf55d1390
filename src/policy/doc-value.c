/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/doc-value.h"

static int full(const struct sk_node *n, struct sk_err *err)
{
	return sk_err_set(err, SK_ELIMIT, "line %u: there is no more memory for values", n->line);
}

static int text_value(const struct sk_node *n, struct sk_span text, struct sk_cel_arena *arena,
		      struct sk_cel_value *ret_value, struct sk_err *err)
{
	struct sk_cel_value v = sk_cel_string_checked(arena, text.ptr, text.len);

	if (v.kind == SK_CEL_ERROR && arena->failed)
		return full(n, err);
	if (v.kind == SK_CEL_ERROR)
		return sk_err_set(err, SK_EINVAL, "line %u: %s", n->line, v.error->text);
	*ret_value = v;
	return 0;
}

static int array_value(const struct sk_node *n, struct sk_cel_arena *arena,
		       struct sk_cel_value *ret_value, struct sk_err *err)
{
	struct sk_cel_list *list = sk_cel_alloc(arena, sizeof(*list));
	struct sk_cel_value *items = sk_cel_alloc(arena, n->count * sizeof(*items));
	uint32_t i = 0;

	if (!list || !items)
		return full(n, err);
	sk_node_each(child, n) {
		int r = sk_doc_value(child, arena, &items[i++], err);

		if (r < 0)
			return r;
	}
	*list = (struct sk_cel_list){ n->count, items };
	*ret_value = sk_cel_list(list);
	return 0;
}

static int object_value(const struct sk_node *n, struct sk_cel_arena *arena,
			struct sk_cel_value *ret_value, struct sk_err *err)
{
	struct sk_cel_map *map = sk_cel_map_begin(arena, n->count);

	if (!map)
		return full(n, err);
	sk_node_each(child, n) {
		struct sk_cel_value key, value;
		int r = text_value(child, child->key, arena, &key, err);

		if (r == 0)
			r = sk_doc_value(child, arena, &value, err);
		if (r < 0)
			return r;
		if (!sk_cel_map_put(map, key, value))
			return full(n, err);
	}
	*ret_value = sk_cel_map_end(map);
	return 0;
}

/* Recurses as deep as documents nest, SK_MAX_DOC_DEPTH. */
int sk_doc_value(const struct sk_node *n, struct sk_cel_arena *arena,
		 struct sk_cel_value *ret_value, struct sk_err *err)
{
	switch (n ? n->type : SK_NODE_NULL) {
	case SK_NODE_BOOL:
		*ret_value = sk_cel_bool(n->truth);
		return 0;
	case SK_NODE_INT:
		*ret_value = sk_cel_int(sk_node_int(n, 0));
		return 0;
	case SK_NODE_FLOAT:
		*ret_value = sk_cel_double(sk_node_float(n, 0));
		return 0;
	case SK_NODE_STRING:
	case SK_NODE_TIME:
		return text_value(n, n->text, arena, ret_value, err);
	case SK_NODE_ARRAY:
		return array_value(n, arena, ret_value, err);
	case SK_NODE_OBJECT:
		return object_value(n, arena, ret_value, err);
	default:
		*ret_value = sk_cel_null();
		return 0;
	}
}
