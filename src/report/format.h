/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A report format: one file in formats/, one word in meson.build, one constant
 * `sk_format_<name>`. A format owns its escaping: names, versions, paths and
 * texts come from images and advisories and are hostile.
 */
#include "base/err.h"
#include "report/report.h"

struct sk_format {
	const char *name;
	const char *summary;   /* one line for --help */
	const char *extension; /* "json", "html", ... */
	int (*write)(const struct sk_report *report, struct sk_buf *out, struct sk_err *err);
};
extern const struct sk_format *const sk_formats[];
const struct sk_format *sk_format_find(const char *name);
