/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/value-set.h"

#include "policy/cel/value.h"

bool sk_cel_set_init(struct sk_cel_set *set, struct sk_cel_eval *eval, uint32_t capacity)
{
	*set = (struct sk_cel_set){ .eval = eval };
	set->keys = sk_cel_map_begin(sk_cel_eval_arena(eval), capacity);
	set->others = sk_cel_eval_alloc(eval, capacity * sizeof(*set->others));
	return set->keys && set->others;
}

/* Beyond it integers and doubles are equal that are not the same number. */
#define EXACT (INT64_C(1) << 53)

/* Makes v the key that equals it, if there is one: whole doubles are the integer that they equal. */
static bool key_of(struct sk_cel_value *v)
{
	switch (v->kind) {
	case SK_CEL_BOOL:
	case SK_CEL_STRING:
		return true;
	case SK_CEL_INT:
		return v->i > -EXACT && v->i < EXACT;
	case SK_CEL_UINT:
		return v->u < EXACT;
	case SK_CEL_DOUBLE:
		if (!(v->d > -0x1p53 && v->d < 0x1p53) || v->d != (double)(int64_t)v->d)
			return false;
		*v = sk_cel_int((int64_t)v->d);
		return true;
	default:
		return false;
	}
}

int sk_cel_set_has(const struct sk_cel_set *set, struct sk_cel_value v)
{
	if (key_of(&v))
		return sk_cel_charge(set->eval, 1)
			       ? sk_cel_map_get(set->keys, v).kind != SK_CEL_ABSENT
			       : -1;
	for (uint32_t i = 0; i < set->other_count; i++) {
		int same = sk_cel_equal_in(set->eval, set->others[i], v);

		if (same != 0)
			return same;
	}
	return 0;
}

int sk_cel_set_add(struct sk_cel_set *set, struct sk_cel_value v)
{
	int had = sk_cel_set_has(set, v);

	if (had != 0)
		return had;
	if (key_of(&v))
		return sk_cel_map_put(set->keys, v, sk_cel_bool(true)) ? 0 : -1;
	set->others[set->other_count++] = v;
	return 0;
}
