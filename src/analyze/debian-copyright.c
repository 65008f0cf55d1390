/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/debian-copyright.h"

#include "analyze/control.h"
#include "base/map.h"

#include <ctype.h>

/* Distinct licences of one package; linux-firmware, the longest list, has some 90. */
#define MAX_LICENCES 256
/* Longer than any licence's short name; what is longer is prose. */
#define MAX_SHORT_NAME 200
/* Free-form texts are searched up to here; chromium's, the longest, has 600 kB. */
#define MAX_TEXT (2u << 20)

static void add(struct sk_map *found, struct sk_span name)
{
	name = sk_span_trim(name);
	if (name.len && name.len <= MAX_SHORT_NAME && found->entries.len < MAX_LICENCES)
		sk_map_at(found, name, NULL);
}

static bool has_word(struct sk_span name, const char *word)
{
	return sk_span_find(name, sk_span_str(word)) >= 0;
}

static void join(const struct sk_map *found, struct sk_buf *buf)
{
	for (size_t i = 0; i < found->entries.len; i++) {
		struct sk_span name = found->entries.data[i].key;
		bool either =
		    has_word(name, " or ") || has_word(name, " OR ") || has_word(name, " | ");
		bool brackets = either && found->entries.len > 1;

		if (i)
			sk_buf_puts(buf, " AND ");
		if (brackets)
			sk_buf_putc(buf, '(');
		sk_buf_span(buf, name);
		if (brackets)
			sk_buf_putc(buf, ')');
	}
}

/*
 * Only stanzas about files (and the header, about the whole) count: those of
 * a licence alone carry its text. False: this is not the format.
 */
static bool machine_readable(struct sk_span text, struct sk_map *found)
{
	struct sk_control c = sk_control(text);
	struct sk_control_field f;
	struct sk_span licence = { 0 };
	bool files = false, format = false, in_header = true;

	for (;;) {
		enum sk_control_item item = sk_control_next(&c, &f);

		if (item == SK_CONTROL_FIELD) {
			if (in_header && (sk_span_ieq(f.name, SK_SPAN_LIT("Format")) ||
					  sk_span_ieq(f.name, SK_SPAN_LIT("Format-Specification"))))
				format = files = true;
			else if (sk_span_ieq(f.name, SK_SPAN_LIT("Files")))
				files = true;
			else if (sk_span_ieq(f.name, SK_SPAN_LIT("License")))
				licence = sk_control_line(f.value);
		} else if (item != SK_CONTROL_BROKEN) {
			if (files)
				add(found, licence);
			if (in_header && (format || files || licence.len))
				in_header = false;
			files = false;
			licence = sk_span(NULL, 0);
			if (item == SK_CONTROL_END || (!in_header && !format))
				return format;
		}
	}
}

static bool licence_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '+' || c == '-';
}

/* .../common-licenses/GPL-2: the file's name is the licence's. */
static void common_licences(struct sk_span text, struct sk_map *found)
{
	const struct sk_span dir = SK_SPAN_LIT("/common-licenses/");

	for (;;) {
		ptrdiff_t at = sk_span_find(text, dir);
		size_t n = 0;

		if (at < 0)
			return;
		text = sk_span_from(text, (size_t)at + dir.len);
		while (n < text.len && licence_char(text.ptr[n]))
			n++;
		while (n && (text.ptr[n - 1] == '.' || text.ptr[n - 1] == '-'))
			n--;
		add(found, sk_span(text.ptr, n));
		text = sk_span_from(text, n);
	}
}

struct phrase {
	const char *text, *licence;
	const char *unless; /* not where this stands too */
};

/* Lower case, single blanks. Each is in one licence's text or notice alone. */
static const struct phrase phrases[] = {
	{ "permission is hereby granted, free of charge, to any person obtaining", "MIT", NULL },
	{ "permission to use, copy, modify, and/or distribute this software for any", "ISC", NULL },
	{ "permission to use, copy, modify, and distribute this software for any purpose with or "
	  "without fee is hereby granted, provided that the above",
	  "ISC", NULL },
	{ "may be used to endorse or promote products derived from this software without",
	  "BSD-3-Clause", "all advertising materials mentioning features or use of this software" },
	{ "all advertising materials mentioning features or use of this software", "BSD-4-Clause",
	  NULL },
	{ "redistribution and use in source and binary forms", "BSD-2-Clause",
	  "may be used to endorse or promote products derived from this software" },
	{ "licensed under the apache license, version 2.0", "Apache-2.0", NULL },
	{ "apache.org/licenses/license-2.0", "Apache-2.0", NULL },
	{ "info-zip license", "Info-ZIP", NULL },
	{ "this is version 2007-mar-4 of the info-zip", "Info-ZIP", NULL },
	{ "mozilla public license, v. 2.0", "MPL-2.0", NULL },
	{ "mozilla public license version 2.0", "MPL-2.0", NULL },
	{ "mozilla public license version 1.1", "MPL-1.1", NULL },
	{ "boost software license - version 1.0", "BSL-1.0", NULL },
	{ "sil open font license, version 1.1", "OFL-1.1", NULL },
	{ "this software is provided 'as-is', without any express or implied warranty", "Zlib",
	  NULL },
	{ "eclipse public license - v 1.0", "EPL-1.0", NULL },
	{ "eclipse public license - v 2.0", "EPL-2.0", NULL },
	{ "universal permissive license", "UPL-1.0", NULL },
	{ "do what the fuck you want to public license", "WTFPL", NULL },
	{ "this is free and unencumbered software released into the public domain", "Unlicense",
	  NULL },
	{ "is in the public domain", "public-domain", NULL },
	{ "released into the public domain", "public-domain", "free and unencumbered software" },
	{ "permission to use, copy, modify, distribute, and sell this software and its "
	  "documentation "
	  "for any purpose is hereby granted without fee",
	  "HPND-sell-variant", NULL },
	{ "the postgresql licence", "PostgreSQL", NULL },
	{ "openldap public license", "OLDAP", NULL },
	{ "redistribution and use of this software and associated documentation (\"software\")",
	  "OLDAP", NULL },
};

/* Lower case, each run of blanks one blank. */
static void normalise(struct sk_span text, struct sk_buf *buf)
{
	bool blank = true;

	for (size_t i = 0; i < text.len && i < MAX_TEXT; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (isspace(c)) {
			blank = true;
			continue;
		}
		if (blank && buf->len)
			sk_buf_putc(buf, ' ');
		blank = false;
		sk_buf_putc(buf, (char)tolower(c));
	}
}

static void known_phrases(struct sk_span text, const struct phrase *list, size_t count,
			  struct sk_map *found)
{
	for (size_t i = 0; i < count; i++) {
		const struct phrase *p = &list[i];

		if (sk_span_find(text, sk_span_str(p->text)) < 0)
			continue;
		if (p->unless && sk_span_find(text, sk_span_str(p->unless)) >= 0)
			continue;
		add(found, sk_span_str(p->licence));
	}
}

/* Where nothing more exact was found. */
static const struct phrase families[] = {
	{ "gnu lesser general public license", "LGPL", NULL },
	{ "gnu library general public license", "LGPL", NULL },
	{ "gnu general public license", "GPL", NULL },
	{ "permission is hereby granted", "permissive", NULL },
	{ "permission to use, copy", "permissive", NULL },
};

void sk_debian_copyright(struct sk_span text, struct sk_buf *ret_licence)
{
	sk_cleanup(sk_map_release) struct sk_map found = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf plain = { 0 };

	if (!machine_readable(text, &found)) {
		common_licences(text, &found);
		normalise(text, &plain);
		known_phrases(sk_buf_view(&plain), phrases, SK_COUNT(phrases), &found);
		if (!found.entries.len)
			known_phrases(sk_buf_view(&plain), families, SK_COUNT(families), &found);
	}
	join(&found, ret_licence);
}
