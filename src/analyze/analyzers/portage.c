/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gentoo's Portage: var/db/pkg/<category>/<name>-<version>/, one file for each
 * thing there is to say. CONTENTS has the owned files; it is always there.
 */
#include "analyze/analyzer.h"
#include "base/limits.h"
#include "base/map.h"

#include <ctype.h>

/*
 * Where the version begins in "skopeo-1.5.1-r2" (Package Manager
 * Specification, chapter 3): after the last '-' before a digit, the revision
 * left aside. 0: nowhere.
 */
static size_t version_start(struct sk_span s)
{
	size_t end = s.len, digits = s.len;

	while (digits && isdigit((unsigned char)s.ptr[digits - 1]))
		digits--;
	if (digits < s.len && digits > 2 && s.ptr[digits - 1] == 'r' && s.ptr[digits - 2] == '-')
		end = digits - 2;
	for (size_t i = end; i-- > 1;)
		if (s.ptr[i - 1] == '-' && i < end && isdigit((unsigned char)s.ptr[i]))
			return i;
	return 0;
}

/* "obj PATH MD5 TIME", "sym PATH -> TARGET TIME"; "dir PATH" is no file. */
static struct sk_span content_path(struct sk_span line)
{
	const struct sk_span arrow = SK_SPAN_LIT(" -> ");
	ptrdiff_t at;

	if (sk_span_starts(line, "sym ")) {
		line = sk_span_from(line, 4);
		at = sk_span_find(line, arrow);
		return at > 0 ? sk_span_sub(line, 0, (size_t)at) : sk_span(NULL, 0);
	}
	if (!sk_span_starts(line, "obj "))
		return sk_span(NULL, 0);
	line = sk_span_from(line, 4);
	for (int i = 0; i < 2; i++) {
		at = sk_span_rchr(line, ' ');
		if (at <= 0)
			return sk_span(NULL, 0);
		line = sk_span_sub(line, 0, (size_t)at);
	}
	return line;
}

static int read_contents(struct sk_sink *sink, struct sk_span path, struct sk_span text,
			 struct sk_err *err)
{
	struct sk_span folder = sk_span_dirname(path), name = sk_span_basename(folder), line;
	size_t version = version_start(name);
	struct sk_package *p;

	if (!version)
		return sk_err_set(err, SK_EINVAL, "its folder's name has no version");
	p = sk_sink_package(sink);
	if (!p)
		return 0;
	p->type = "ebuild";
	p->ns = sk_sink_str(sink, sk_span_basename(sk_span_dirname(folder)));
	p->name = sk_sink_str(sink, sk_span_sub(name, 0, version - 1));
	p->version = sk_sink_str(sink, sk_span_from(name, version));
	p->flags = SK_PACKAGE_INSTALLED;
	while (sk_span_line(&text, &line)) {
		line = content_path(line);
		if (line.len)
			sk_sink_owns(sink, p, line);
	}
	return 0;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span text, path = sk_span_str(file->path);
	int rc = sk_file_bytes(file, &text, err);

	if (rc < 0)
		return rc;
	if (sk_span_ends(path, "/CONTENTS"))
		return read_contents(sink, path, text, err);
	sk_sink_note(sink, sk_span_sub(sk_span_trim(text), 0, SK_MAX_FIELD)); /* LICENSE */
	return 0;
}

static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	struct sk_map by_folder = { 0 };

	for (size_t i = 0; i < count; i++)
		if (fragments[i]->package_count)
			sk_map_put(&by_folder, sk_span_dirname(sk_span_str(fragments[i]->path)),
				   fragments[i]->packages[0]);
	for (size_t i = 0; i < count; i++) {
		struct sk_package *p =
		    sk_map_get(&by_folder, sk_span_dirname(sk_span_str(fragments[i]->path)));

		if (p && fragments[i]->note.len)
			p->licence = sk_arena_dup(sk_view_arena(view), fragments[i]->note);
	}
	sk_map_release(&by_folder);
}

const struct sk_analyzer sk_analyzer_portage = {
	.name = "portage",
	.vital = true,
	.version = 2,
	.patterns = (const char *const[]){ "**/var/db/pkg/*/*/CONTENTS",
					   "**/var/db/pkg/*/*/LICENSE", NULL },
	.analyze = analyze,
	.finish = finish,
};
