/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Text of others inside GitHub-flavoured Markdown: it stays text, in tables too. */
#include "base/buf.h"

/* Appends s as running text: no markup, no link, no mention, on one line. NULL is nothing. */
void sk_md_text(struct sk_buf *buf, const char *s);

/* Appends s as code, on one line; nothing for NULL or "". In a table '|' needs a backslash even
 * there. */
void sk_md_code(struct sk_buf *buf, const char *s, bool in_table);
