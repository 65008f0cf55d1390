/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the classes of fields have in common: values put into the field's result. */
#include "base/buf.h"
#include "base/mem.h"
#include "guard/field.h"
#include "guard/print.h"

/* Every field's parameters, for functions that use few of them. */
#define SK_FIELD_PARAMS \
	const struct sk_event *e, const struct sk_field_arg *arg, unsigned n, struct sk_scratch *scratch, \
		struct sk_field_value *ret

static inline bool sk_give_text(struct sk_field_value *ret, struct sk_span text)
{
	ret->type = SK_FIELD_TEXT;
	ret->text = text;
	return true;
}

static inline bool sk_give_str(struct sk_field_value *ret, const char *text)
{
	return sk_give_text(ret, sk_span_str(text));
}

static inline bool sk_give_int(struct sk_field_value *ret, int64_t number)
{
	ret->type = SK_FIELD_INT;
	ret->i = number;
	return true;
}

static inline bool sk_give_bool(struct sk_field_value *ret, bool truth)
{
	ret->type = SK_FIELD_BOOL;
	ret->i = truth;
	return true;
}

/* "name:value, name:value"; absent where there are none. */
bool sk_give_labels(const struct sk_label *all, uint32_t count, struct sk_scratch *scratch, struct sk_field_value *ret);

/* Copies what was printed; absent where the scratch is full. */
static inline bool sk_give_copy(struct sk_scratch *scratch, struct sk_field_value *ret, struct sk_span text)
{
	char *copy = sk_scratch_alloc(scratch, text.len);

	if (!copy)
		return false;
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	return sk_give_text(ret, sk_span(copy, text.len));
}
