/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Between vers.c and the readers of native ranges: a list under construction. */
#include "vuln/vers.h"

struct sk_vers_builder {
	const struct sk_scheme *scheme;
	struct sk_arena *arena;
	struct sk_err *err;
	bool any; /* one alternative takes every version */
	SK_VEC(struct sk_vers_constraint) list;
};

/* Each returns 0 or a negative code with err set. */
typedef int sk_vers_native_fn(struct sk_vers_builder *b, struct sk_span native);

sk_vers_native_fn sk_vers_native_npm, sk_vers_native_conan, sk_vers_native_gem, sk_vers_native_pypi,
    sk_vers_native_interval, sk_vers_native_openssl, sk_vers_native_nginx,
    sk_vers_native_comparators;

int sk_vers_build_add(struct sk_vers_builder *b, enum sk_vers_op op, struct sk_span version);

/*
 * "1.9" for bump(1.8.3, 2): the first n dotted numbers, the last one raised. Fails
 * where one of them is no number.
 */
int sk_vers_build_bump(struct sk_vers_builder *b, struct sk_span version, size_t n,
		       struct sk_span *ret_version);

/* The comparator at the start of *text, which is cut off with the blanks around it; SK_VERS_EQ if
 * there is none. */
enum sk_vers_op sk_vers_take_op(struct sk_span *text, bool *ret_written);

/* By version, then comparator. */
void sk_vers_sort(struct sk_vers *range);
