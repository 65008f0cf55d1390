/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pacman's local database (Arch Linux and its relatives): one folder a
 * package, var/lib/pacman/local/<name>-<version>/, with `desc` and `files`.
 * Both are sections, "%NAME%" and its lines up to an empty one.
 */
#include "analyze/analyzer.h"
#include "base/limits.h"
#include "base/map.h"

static void add_licence(struct sk_buf *licence, struct sk_span line)
{
	if (licence->len)
		sk_buf_puts(licence, " AND ");
	sk_buf_span(licence, line);
}

static bool is_section(struct sk_span line)
{
	return line.len > 2 && line.ptr[0] == '%' && line.ptr[line.len - 1] == '%';
}

static int read_desc(struct sk_sink *sink, struct sk_span text, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf licence = { 0 };
	struct sk_package *p = sk_sink_package(sink);
	struct sk_span line, section = { 0 };

	if (!p)
		return 0;
	p->type = "alpm";
	p->flags = SK_PACKAGE_INSTALLED;
	while (sk_span_line(&text, &line)) {
		if (is_section(line))
			section = line;
		else if (line.len == 0)
			section = line;
		else if (sk_span_is(section, "%NAME%"))
			p->name = sk_sink_str(sink, line);
		else if (sk_span_is(section, "%VERSION%"))
			p->version = sk_sink_str(sink, line);
		else if (sk_span_is(section, "%BASE%"))
			p->source_name = sk_sink_str(sink, line);
		else if (sk_span_is(section, "%ARCH%"))
			p->arch = sk_sink_str(sink, line);
		else if (sk_span_is(section, "%PACKAGER%"))
			p->origin = sk_sink_str(sink, line);
		else if (sk_span_is(section, "%LICENSE%"))
			add_licence(&licence, line);
	}
	p->licence = sk_sink_str(sink, sk_buf_view(&licence));
	if (!p->name || !p->version)
		return sk_err_set(err, SK_EINVAL, "a package without a %s",
				  p->name ? "version" : "name");
	return 0;
}

/* Folders end in '/'. */
static void note_files(struct sk_sink *sink, struct sk_span text)
{
	sk_cleanup(sk_paths_release) struct sk_paths paths = { 0 };
	struct sk_span line;
	bool files = false;

	while (sk_span_line(&text, &line)) {
		if (is_section(line))
			files = sk_span_is(line, "%FILES%");
		else if (files && line.len && line.len <= SK_MAX_PATH &&
			 line.ptr[line.len - 1] != '/')
			sk_paths_add(&paths, line);
	}
	sk_sink_note(sink, sk_buf_view(&paths.bytes));
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span text;
	int rc = sk_file_bytes(file, &text, err);

	if (rc < 0)
		return rc;
	if (sk_span_ends(sk_span_str(file->path), "/desc"))
		return read_desc(sink, text, err);
	note_files(sink, text);
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
			p->files = fragments[i]->note;
	}
	sk_map_release(&by_folder);
}

const struct sk_analyzer sk_analyzer_alpm = {
	.name = "alpm",
	.vital = true,
	.version = 2,
	.patterns = (const char *const[]){ "**/var/lib/pacman/local/*/desc",
					   "**/var/lib/pacman/local/*/files", NULL },
	.analyze = analyze,
	.finish = finish,
};
