/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apk: lib/apk/db/installed (since apk 3 also usr/lib/apk/db/installed), one
 * "X:value" a line, packages parted by empty lines. F and R are the folder and
 * the files in it, and Z, a, M belong to them; the rest is the package's.
 */
#include "analyze/analyzer.h"
#include "analyze/vendor.h"
#include "base/limits.h"
#include "base/map.h"

struct record {
	struct sk_span name, version, arch, origin, licence, maintainer;
	struct sk_span body; /* all of its lines */
	uint32_t line;
	bool any;
};

static void take_line(struct record *r, struct sk_span line, uint32_t number)
{
	struct sk_span value = sk_span_trim(sk_span_from(line, 2));

	r->any = true;
	switch (line.ptr[0]) {
	case 'P':
		r->name = value;
		r->line = number;
		break;
	case 'V':
		r->version = value;
		break;
	case 'A':
		r->arch = value;
		break;
	case 'o':
		r->origin = value;
		break;
	case 'L':
		r->licence = value;
		break;
	case 'm':
		r->maintainer = value;
		break;
	}
}

static void add_files(struct sk_sink *sink, struct sk_package *p, struct sk_span body)
{
	sk_cleanup(sk_buf_release) struct sk_buf path = { 0 };
	struct sk_span line, dir = { 0 };

	while (sk_span_line(&body, &line)) {
		if (line.len < 2 || line.ptr[1] != ':')
			continue;
		if (line.ptr[0] == 'F')
			dir = sk_span_from(line, 2);
		if (line.ptr[0] != 'R' || line.len + dir.len > SK_MAX_PATH)
			continue;
		sk_buf_reset(&path);
		sk_buf_span(&path, dir);
		if (dir.len)
			sk_buf_putc(&path, '/');
		sk_buf_span(&path, sk_span_from(line, 2));
		sk_sink_owns(sink, p, sk_buf_view(&path));
	}
}

static void add_package(struct sk_sink *sink, const struct record *r)
{
	const char *name = sk_sink_str(sink, r->name), *version = sk_sink_str(sink, r->version);
	struct sk_package *p;

	if (!name || !version) {
		sk_sink_issue(sink, r->line, "a package without a %s", name ? "version" : "name");
		return;
	}
	p = sk_sink_package(sink);
	if (!p)
		return;
	p->type = "apk";
	p->name = name;
	p->version = version;
	p->arch = sk_sink_str(sink, r->arch);
	p->source_name = sk_sink_str(sink, r->origin);
	p->licence = sk_sink_str(sink, r->licence);
	p->origin = sk_sink_str(sink, r->maintainer);
	p->line = r->line;
	p->flags = SK_PACKAGE_INSTALLED;
	if (sk_package_is_foreign(p, NULL))
		p->flags |= SK_PACKAGE_FOREIGN;
	add_files(sink, p, r->body);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span rest, line, start;
	struct record r = { 0 };
	uint32_t number = 0;
	int rc = sk_file_bytes(file, &rest, err);

	if (rc < 0)
		return rc;
	for (start = rest; sk_span_line(&rest, &line);) {
		number++;
		if (line.len >= 2 && line.ptr[1] == ':') {
			take_line(&r, line, number);
		} else if (sk_span_trim(line).len == 0) {
			r.body = sk_span(start.ptr, (size_t)(line.ptr - start.ptr));
			if (r.any)
				add_package(sink, &r);
			r = (struct record){ 0 };
			start = rest;
		} else {
			sk_sink_issue(sink, number, "not of the form X:value");
		}
	}
	r.body = start;
	if (r.any)
		add_package(sink, &r);
	return 0;
}

/* Images of apk 3 have the database in both places, one a link or a copy; a package is installed
 * once. */
static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	struct sk_map seen = { 0 };

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < fragments[i]->package_count; k++) {
			struct sk_package *p = fragments[i]->packages[k];
			bool fresh;

			if (!p)
				continue;
			sk_map_at(&seen,
				  sk_span_str(sk_arena_printf(sk_view_arena(view), "%s\n%s\n%s\n%s",
							      fragments[i]->root, p->name,
							      p->version, p->arch ? p->arch : "")),
				  &fresh);
			if (!fresh)
				fragments[i]->packages[k] = NULL;
		}
	sk_map_release(&seen);
}

const struct sk_analyzer sk_analyzer_apk = {
	.name = "apk",
	.vital = true,
	.version = 2,
	.patterns =
	    (const char *const[]){ "**/lib/apk/db/installed", "**/usr/lib/apk/db/installed", NULL },
	.analyze = analyze,
	.finish = finish,
};
