/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * 'text %s'.format([values]): clauses and results as the specification has
 * them (cel-spec, doc/extensions/strings.md).
 */
#include "policy/cel/function.h"

/* Digits after the point that a clause may ask for, as in cel-go: no double has more to tell. */
#define SK_CEL_FORMAT_MAX_PRECISION 100

sk_cel_fn sk_cel_string_format;
