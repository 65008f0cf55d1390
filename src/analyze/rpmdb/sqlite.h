/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Tables of a SQLite database, page by page; where pages come from is the caller's. */
#include "analyze/rpmdb/rpmdb.h"

struct sk_sqlite {
	void *ctx;
	uint32_t page_size;
	uint32_t usable;   /* of each page: without the reserved end */
	uint8_t *overflow; /* room for one page */
	struct sk_buf *blob;
	/* Page `number` (from 1) into page_size bytes; must end loops by refusing at some time. */
	int (*read_page)(void *ctx, uint32_t number, uint8_t *page, struct sk_err *err);
	int (*row)(void *ctx, struct sk_span record, struct sk_err *err);
	void (*broken)(void *ctx, uint32_t page, unsigned cell, const char *why);
};

struct sk_sqlite_page {
	uint8_t type;
	uint16_t cells;
	uint32_t right;	 /* the right-most child of an interior page */
	size_t pointers; /* where the cells' offsets begin */
};

/* Each row of the table whose b-tree begins at page `root`. */
int sk_sqlite_table(const struct sk_sqlite *db, uint32_t root, struct sk_err *err);

/* Each row of one page, if it is a table's leaf; else none. */
int sk_sqlite_leaf(const struct sk_sqlite *db, uint32_t number, const uint8_t *page,
		   struct sk_err *err);

/* Value and serial type of a record's column; false if it has fewer, or they lie outside. */
bool sk_sqlite_column(struct sk_span record, unsigned index, uint64_t *ret_type,
		      struct sk_span *ret_value);

/* The first blob among the first columns. */
bool sk_sqlite_blob(struct sk_span record, struct sk_span *ret_blob);

bool sk_sqlite_page_size(uint32_t size);
