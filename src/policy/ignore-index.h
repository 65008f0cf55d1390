/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Entries by id, so that ten thousand of them and as many findings stay quick. Used by ignore.c alone. */
#include "policy/ignore.h"

void sk_ignore_index_add(struct sk_ignore *ignore, struct sk_ignore_entry *entry);
void sk_ignore_index_free(struct sk_ignore_index *index);
