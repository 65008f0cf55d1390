/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Installed Python packages, by their core metadata (PyPA specification):
 * NAME.dist-info/METADATA, NAME.egg-info (a file, or a folder with PKG-INFO),
 * NAME.egg (a folder with EGG-INFO, or a zip of it); also wheels, which are
 * there to be installed. RECORD and installed-files.txt list what belongs to them.
 */
#include "analyze/lockfile.h"
#include "analyze/zip.h"
#include "base/limits.h"

static const char *const patterns[] = {
	"**/*dist-info/METADATA",
	"**/*DIST-INFO/METADATA",
	"**/*egg-info/PKG-INFO",
	"**/*EGG-INFO/PKG-INFO",
	"**/*.egg-info",
	"**/*.egg",
	"**/*.whl",
	"**/*dist-info/RECORD",
	"**/*.egg-info/installed-files.txt",
	NULL,
};

/* Longer text in a License field is the licence itself, not its name. */
#define MAX_LICENCE_NAME 200

struct metadata {
	struct sk_span name, version, licence, expression;
	struct sk_buf classified; /* from "Classifier: License ::" lines */
	uint32_t line;
	bool text; /* the License field goes on in further lines */
};

/* Returns whether a licence's field began: lines that continue it follow. */
static bool field(struct metadata *meta, struct sk_span key, struct sk_span value, uint32_t number)
{
	if (sk_span_ieq(key, SK_SPAN_LIT("Name")) && !meta->name.len) {
		meta->name = value;
	} else if (sk_span_ieq(key, SK_SPAN_LIT("Version")) && !meta->version.len) {
		meta->version = value;
		meta->line = number;
	} else if (sk_span_ieq(key, SK_SPAN_LIT("License-Expression"))) {
		meta->expression = value;
	} else if (sk_span_ieq(key, SK_SPAN_LIT("License"))) {
		meta->licence = value;
		return true;
	} else if (sk_span_ieq(key, SK_SPAN_LIT("Classifier")) &&
		   sk_span_starts(value, "License ::")) {
		struct sk_span last =
			sk_span_trim(sk_span_from(value, (size_t)sk_span_rchr(value, ':') + 1));

		if (sk_span_is(last, "OSI Approved"))
			return false; /* says nothing */
		if (meta->classified.len)
			sk_buf_puts(&meta->classified, " AND ");
		sk_buf_span(&meta->classified, last);
	}
	return false;
}

/* The head of a mail message (RFC 822): fields up to the first empty line. */
static void parse(struct metadata *meta, struct sk_span text)
{
	bool in_licence = false;
	struct sk_span line;
	uint32_t number = 0;

	while (sk_span_line(&text, &line) && sk_span_trim(line).len) {
		ptrdiff_t colon = sk_span_chr(line, ':');

		number++;
		if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
			meta->text |= in_licence;
			continue;
		}
		in_licence = colon > 0 &&
			     field(meta, sk_span_sub(line, 0, (size_t)colon),
				   sk_span_trim(sk_span_from(line, (size_t)colon + 1)), number);
	}
}

static struct sk_span licence(const struct metadata *meta)
{
	bool named = meta->licence.len && !meta->text && meta->licence.len <= MAX_LICENCE_NAME &&
		     !sk_span_ieq(meta->licence, SK_SPAN_LIT("UNKNOWN"));

	if (meta->expression.len)
		return meta->expression;
	return named ? meta->licence : sk_buf_view(&meta->classified);
}

static void add(struct sk_sink *sink, struct sk_span text, uint32_t flags)
{
	struct metadata meta = { 0 };
	struct sk_package *pkg = NULL;

	parse(&meta, text);
	/* The interpreter's own egg-info is no package of PyPI; pip hides it too. */
	if (meta.version.len && !sk_span_is(meta.name, "Python"))
		pkg = sk_sink_add(sink, "pypi", meta.name, meta.version, meta.line);
	if (pkg) {
		pkg->flags |= flags;
		pkg->licence = sk_sink_str(sink, licence(&meta));
	}
	sk_buf_release(&meta.classified);
}

/* Eggs and wheels are zips with the metadata inside. */
static int zipped(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	bool egg = sk_span_ends(sk_span_str(file->path), ".egg");
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	const struct sk_zip_entry *entries;
	struct sk_zip *zip = NULL;
	size_t count;
	int r = sk_zip_open(file, &zip, err);

	if (r < 0)
		return r;
	entries = sk_zip_entries(zip, &count);
	for (size_t i = 0; i < count && r >= 0; i++) {
		struct sk_span folder = sk_span_dirname(entries[i].name);

		if (egg ? !sk_span_is(entries[i].name, "EGG-INFO/PKG-INFO")
			: !sk_span_ends(folder, ".dist-info") || sk_span_chr(folder, '/') >= 0 ||
				    !sk_span_is(sk_span_basename(entries[i].name), "METADATA"))
			continue;
		sk_buf_reset(&text);
		r = sk_zip_read(zip, &entries[i], SK_MAX_METADATA, &text, err);
		if (r >= 0)
			add(sink, sk_buf_view(&text), egg ? SK_PACKAGE_INSTALLED : 0);
	}
	sk_zip_free(zip);
	return r < 0 ? r : 0;
}

/* ---- owned files ---- */

/* Appends path to buf, which holds a folder or nothing; "." and ".." are worked out. */
static void join_path(struct sk_buf *buf, struct sk_span path)
{
	struct sk_span part;

	if (sk_span_starts(path, "/"))
		buf->len = 0;
	while (sk_span_split(&path, '/', &part)) {
		if (part.len == 0 || sk_span_is(part, "."))
			continue;
		if (sk_span_is(part, "..")) {
			buf->len = sk_span_dirname(sk_buf_view(buf)).len;
			continue;
		}
		if (buf->len)
			sk_buf_putc(buf, '/');
		sk_buf_span(buf, part);
	}
}

/* The path of a line of RECORD: the first field of a CSV row, quoted if it has a comma. */
static struct sk_span record_path(struct sk_span line)
{
	bool quoted = sk_span_starts(line, "\"");
	ptrdiff_t end;

	if (quoted)
		line = sk_span_from(line, 1);
	end = sk_span_chr(line, quoted ? '"' : ',');
	return end < 0 ? line : sk_span_sub(line, 0, (size_t)end);
}

/* Notes the list for finish: the package is in another file. */
static int owned_files(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	bool record = sk_span_ends(sk_span_str(file->path), "/RECORD");
	struct sk_span base = sk_span_dirname(sk_span_str(file->path)), text, line;
	sk_cleanup(sk_buf_release) struct sk_buf path = { 0 };
	struct sk_paths paths = { 0 };
	int r = sk_file_bytes(file, &text, err);

	if (r < 0)
		return r;
	if (record)
		base = sk_span_dirname(
			base); /* installed-files.txt is relative to its own folder */
	while (sk_span_line(&text, &line)) {
		line = record ? record_path(line) : line;
		if (line.len == 0 || line.len > SK_MAX_PATH)
			continue;
		sk_buf_reset(&path);
		sk_buf_span(&path, base);
		join_path(&path, line);
		if (path.len && path.len <= SK_MAX_PATH)
			sk_paths_add(&paths, sk_buf_view(&path));
	}
	sk_sink_note(sink, sk_buf_view(&paths.bytes));
	sk_paths_release(&paths);
	return 0;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span path = sk_span_str(file->path), text;
	int r;

	if (sk_span_ends(path, ".whl") || sk_span_ends(path, ".egg"))
		return zipped(sink, file, err);
	if (sk_span_ends(path, "/RECORD") || sk_span_ends(path, "/installed-files.txt"))
		return owned_files(sink, file, err);
	r = sk_file_text(file, &buf, &text, err);
	if (r >= 0)
		add(sink, text, SK_PACKAGE_INSTALLED);
	return r < 0 ? r : 0;
}

static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	sk_cleanup(sk_map_release) struct sk_map lists = { 0 };

	for (size_t i = 0; i < count; i++)
		if (fragments[i]->note.len)
			sk_map_put(&lists, sk_span_dirname(sk_span_str(fragments[i]->path)),
				   fragments[i]);
	for (size_t i = 0; i < count; i++) {
		const struct sk_fragment *list =
			sk_map_get(&lists, sk_span_dirname(sk_span_str(fragments[i]->path)));

		for (size_t k = 0; list && k < fragments[i]->package_count; k++)
			if (fragments[i]->packages[k])
				fragments[i]->packages[k]->files = list->note;
	}
}

const struct sk_analyzer sk_analyzer_python = {
	.name = "python",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
	.finish = finish,
};
