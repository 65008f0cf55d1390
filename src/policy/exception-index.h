/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Exceptions by id, so that ten thousand of them and as many findings stay quick. Used by exception.c alone. */
#include "policy/exception.h"

void sk_exception_index_add(struct sk_exceptions *x, struct sk_exception *e);
void sk_exception_index_free(struct sk_exception_index *index);
