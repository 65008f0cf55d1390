/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "vuln/db-format.h"

struct sk_db {
	struct MDB_env *env; /* NULL when attached to memory */
	struct MDB_txn *txn;
	struct sk_db_sections sections;
	struct sk_arena arena;
	struct sk_db_info info;
	struct sk_span *ecosystems;
	size_t mask; /* of the index's slots */
	size_t block_count;
	size_t current_block; /* inflated in `block`; SIZE_MAX: none */
	struct sk_buf block;
};
