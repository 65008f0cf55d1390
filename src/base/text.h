/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Text that somebody else wrote, made safe to show. Every report format
 * escapes for itself on top of this.
 */
#include "base/buf.h"

/* Length in bytes (1 to 4) of the valid UTF-8 sequence (RFC 3629) at the start of s, or 0. */
size_t sk_utf8_length(struct sk_span s, uint32_t *ret_codepoint);
bool sk_utf8_valid(struct sk_span s);

/*
 * Appends s for a terminal or a log line: control characters (C0, DEL, C1),
 * bidirectional overrides and invalid bytes become \xNN or \u{NNNN}.
 */
void sk_text_plain(struct sk_buf *buf, struct sk_span s);

/* Appends s as UTF-8: each invalid byte becomes U+FFFD. */
void sk_text_utf8(struct sk_buf *buf, struct sk_span s);

/* Columns that s takes on a terminal, after sk_text_plain. */
size_t sk_text_width(struct sk_span s);

/* Lower-case hexadecimal of bytes. */
void sk_text_hex(struct sk_buf *buf, struct sk_span bytes);
