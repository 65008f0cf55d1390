/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Text and attributes of XML 1.0 and HTML. */
#include "base/buf.h"

/*
 * Appends s escaped for element content and for attributes in double quotes. What XML 1.0 has no
 * place for (control characters, U+FFFE, U+FFFF), invalid UTF-8, and what reorders text is written
 * out as \xNN or \u{NNNN}; line ends stay where keep_lines is set. NULL is nothing.
 */
void sk_report_xml(struct sk_buf *buf, const char *s, bool keep_lines);

/* ` name="value"`; nothing for NULL. */
void sk_report_xml_attr(struct sk_buf *buf, const char *name, const char *value);
