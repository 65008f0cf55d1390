/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dpkg: var/lib/dpkg/status, or one file per package in status.d (distroless
 * images). Beside them the owned files (info/<package>[:<arch>].list,
 * status.d/<package>.md5sums) and the licences (usr/share/doc/<package>/copyright),
 * which `finish` joins to their packages.
 *
 * opkg (OpenWrt, Yocto) keeps the same files under usr/lib/opkg or var/lib/opkg.
 */
#include "analyze/analyzer.h"
#include "analyze/control.h"
#include "analyze/debian-copyright.h"
#include "analyze/vendor.h"
#include "base/limits.h"
#include "base/map.h"

struct stanza {
	struct sk_span package, version, arch, status, source, maintainer, origin;
	uint32_t line; /* of Package */
	bool any;
};

static void take_field(struct stanza *st, const struct sk_control_field *f)
{
	static const struct {
		const char *name;
		size_t offset;
	} wanted[] = {
		{ "Package", offsetof(struct stanza, package) },
		{ "Version", offsetof(struct stanza, version) },
		{ "Architecture", offsetof(struct stanza, arch) },
		{ "Status", offsetof(struct stanza, status) },
		{ "Source", offsetof(struct stanza, source) },
		{ "Maintainer", offsetof(struct stanza, maintainer) },
		{ "Origin", offsetof(struct stanza, origin) },
	};

	st->any = true;
	for (size_t i = 0; i < SK_COUNT(wanted); i++)
		if (sk_span_ieq(f->name, sk_span_str(wanted[i].name)))
			*(struct sk_span *)((char *)st + wanted[i].offset) =
			    sk_control_line(f->value);
	if (sk_span_ieq(f->name, SK_SPAN_LIT("Package")))
		st->line = f->line;
}

/*
 * "install ok installed": what was wanted, the error flag, the state. A
 * package in any state but these two has files on the disk, whatever is
 * wanted of it. status.d has no Status.
 */
static bool is_there(struct sk_span status)
{
	return !sk_span_ends(status, "config-files") && !sk_span_ends(status, "not-installed");
}

/* "glibc (2.36-9)": the version stands there where it differs from the binary's. */
static void set_source(struct sk_sink *sink, struct sk_package *p, struct sk_span source)
{
	ptrdiff_t open = sk_span_chr(source, '(');
	struct sk_span version;

	if (open > 0) {
		version = sk_span_from(source, (size_t)open + 1);
		if (sk_span_ends(version, ")"))
			version.len--;
		p->source_version = sk_sink_str(sink, sk_span_trim(version));
		source.len = (size_t)open;
	}
	p->source_name = sk_sink_str(sink, sk_span_trim(source));
}

static void add_package(struct sk_sink *sink, const char *type, const struct stanza *st)
{
	const char *name = sk_sink_str(sink, st->package),
		   *version = sk_sink_str(sink, st->version);
	struct sk_package *p;

	if (!is_there(st->status))
		return;
	if (!name || !version) {
		sk_sink_issue(sink, st->line, "a package without a %s", name ? "version" : "name");
		return;
	}
	p = sk_sink_package(sink);
	if (!p)
		return;
	p->type = type;
	p->name = name;
	p->version = version;
	p->arch = sk_sink_str(sink, st->arch);
	p->origin = sk_sink_str(sink, st->origin.len ? st->origin : st->maintainer);
	set_source(sink, p, st->source);
	p->line = st->line;
	p->flags = SK_PACKAGE_INSTALLED;
	if (sk_package_is_foreign(p, NULL))
		p->flags |= SK_PACKAGE_FOREIGN;
}

static void read_status(struct sk_sink *sink, const char *type, struct sk_span text)
{
	struct sk_control c = sk_control(text);
	struct sk_control_field f;
	struct stanza st = { 0 };

	for (;;) {
		enum sk_control_item item = sk_control_next(&c, &f);

		if (item == SK_CONTROL_FIELD) {
			take_field(&st, &f);
		} else if (item == SK_CONTROL_BROKEN) {
			sk_sink_issue(sink, f.line, "neither a field nor its continuation");
		} else {
			if (st.any)
				add_package(sink, type, &st);
			st = (struct stanza){ 0 };
			if (item == SK_CONTROL_END)
				return;
		}
	}
}

/* A line of .list: absolute; a folder, if the next line is inside it. */
static bool is_folder(struct sk_span path, struct sk_span rest)
{
	struct sk_span next;

	return sk_span_line(&rest, &next) && next.len > path.len && next.ptr[path.len] == '/' &&
	       memcmp(next.ptr, path.ptr, path.len) == 0;
}

static void note_list(struct sk_sink *sink, struct sk_span text)
{
	sk_cleanup(sk_paths_release) struct sk_paths paths = { 0 };
	struct sk_span line;

	while (sk_span_line(&text, &line)) {
		if (line.len < 2 || line.len > SK_MAX_PATH || line.ptr[0] != '/' ||
		    sk_span_is(line, "/.") || is_folder(line, text))
			continue;
		sk_paths_add(&paths, sk_span_from(line, 1));
	}
	sk_sink_note(sink, sk_buf_view(&paths.bytes));
}

/* "d41d8cd98f00b204e9800998ecf8427e  usr/bin/x" */
static void note_md5sums(struct sk_sink *sink, struct sk_span text)
{
	sk_cleanup(sk_paths_release) struct sk_paths paths = { 0 };
	struct sk_span line;

	while (sk_span_line(&text, &line)) {
		if (line.len < 35 || line.len > SK_MAX_PATH + 34)
			continue;
		line = sk_span_from(line, 34);
		if (sk_span_starts(line, "./"))
			line = sk_span_from(line, 2);
		if (line.len && line.ptr[0] == '/')
			line = sk_span_from(line, 1);
		sk_paths_add(&paths, line);
	}
	sk_sink_note(sink, sk_buf_view(&paths.bytes));
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf licence = { 0 };
	struct sk_span path = sk_span_str(file->path), text;
	int rc = sk_file_bytes(file, &text, err);

	if (rc < 0)
		return rc;
	if (sk_span_ends(path, "/copyright")) {
		sk_debian_copyright(text, &licence);
		sk_sink_note(sink, sk_buf_view(&licence));
	} else if (sk_span_ends(path, ".list")) {
		note_list(sink, text);
	} else if (sk_span_ends(path, ".md5sums")) {
		note_md5sums(sink, text);
	} else {
		read_status(sink, sk_span_find(path, SK_SPAN_LIT("/opkg/")) >= 0 ? "opkg" : "deb",
			    text);
	}
	return 0;
}

/* What the files beside the database say, found by the package's name. */
struct join {
	struct sk_arena *arena;
	struct sk_map by_name;	 /* root, name: the first package of that name */
	struct sk_map by_arch;	 /* root, name, architecture: the package */
	struct sk_map by_source; /* root, source: a licence that one of its packages has */
	struct sk_buf key;
};

/* root, name, extra, parted by a byte that none of them has. */
static struct sk_span make_key(struct join *j, const char *root, struct sk_span name,
			       struct sk_span extra)
{
	sk_buf_reset(&j->key);
	sk_buf_puts(&j->key, root);
	sk_buf_putc(&j->key, '\n');
	sk_buf_span(&j->key, name);
	if (extra.len) {
		sk_buf_putc(&j->key, '\n');
		sk_buf_span(&j->key, extra);
	}
	return sk_buf_view(&j->key);
}

static void **at_key(struct join *j, struct sk_map *map, struct sk_span key)
{
	return sk_map_at(map, sk_span(sk_arena_dup(j->arena, key), key.len), NULL);
}

static struct sk_span source_of(const struct sk_package *p)
{
	return sk_span_str(p->source_name ? p->source_name : p->name);
}

/* The same package in status and status.d, or twice in one, is one. */
static bool is_known(struct join *j, const char *root, struct sk_package *p)
{
	struct sk_span name = sk_span_str(p->name);
	struct sk_package **same = (struct sk_package **)at_key(
	    j, &j->by_arch, make_key(j, root, name, sk_span_str(p->arch)));

	if (*same && strcmp((*same)->version, p->version) == 0)
		return true;
	*same = p;
	same =
	    (struct sk_package **)at_key(j, &j->by_name, make_key(j, root, name, sk_span(NULL, 0)));
	if (!*same)
		*same = p;
	return false;
}

static void index_packages(struct join *j, struct sk_fragment **fragments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sk_fragment *f = fragments[i];

		for (size_t k = 0; k < f->package_count; k++)
			if (f->packages[k] && is_known(j, f->root, f->packages[k]))
				f->packages[k] = NULL;
	}
}

/* "libc6:amd64" (Multi-Arch: same) or "bash". */
static void join_files(struct join *j, const struct sk_fragment *f, struct sk_span name)
{
	ptrdiff_t colon = sk_span_chr(name, ':');
	struct sk_package *p;

	if (colon > 0)
		p = sk_map_get(&j->by_arch,
			       make_key(j, f->root, sk_span_sub(name, 0, (size_t)colon),
					sk_span_from(name, (size_t)colon + 1)));
	else
		p = sk_map_get(&j->by_name, make_key(j, f->root, name, sk_span(NULL, 0)));
	if (p && !p->files.len)
		p->files = f->note;
}

static void join_licence(struct join *j, const struct sk_fragment *f)
{
	struct sk_span name = sk_span_basename(sk_span_dirname(sk_span_str(f->path)));
	struct sk_package *p =
	    sk_map_get(&j->by_name, make_key(j, f->root, name, sk_span(NULL, 0)));

	if (!p || !f->note.len)
		return;
	p->licence = sk_arena_dup(j->arena, f->note);
	*at_key(j, &j->by_source, make_key(j, f->root, source_of(p), sk_span(NULL, 0))) =
	    (void *)p->licence;
}

static void join_fragment(struct join *j, const struct sk_fragment *f)
{
	struct sk_span base = sk_span_basename(sk_span_str(f->path));

	if (sk_span_is(base, "copyright") && !f->package_count)
		join_licence(j, f);
	else if (sk_span_ends(base, ".list"))
		join_files(j, f, sk_span_sub(base, 0, base.len - 5));
	else if (sk_span_ends(base, ".md5sums"))
		join_files(j, f, sk_span_sub(base, 0, base.len - 8));
}

/*
 * A package's doc folder is often a link to that of another of the same
 * source; and one name in two architectures has one folder.
 */
static void spread_licence(struct join *j, const char *root, struct sk_package *p)
{
	if (!p->licence)
		p->licence =
		    sk_map_get(&j->by_source, make_key(j, root, source_of(p), sk_span(NULL, 0)));
}

static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	struct join j = { .arena = sk_view_arena(view) };

	index_packages(&j, fragments, count);
	for (size_t i = 0; i < count; i++)
		join_fragment(&j, fragments[i]);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < fragments[i]->package_count; k++)
			if (fragments[i]->packages[k])
				spread_licence(&j, fragments[i]->root, fragments[i]->packages[k]);
	sk_map_release(&j.by_name);
	sk_map_release(&j.by_arch);
	sk_map_release(&j.by_source);
	sk_buf_release(&j.key);
}

const struct sk_analyzer sk_analyzer_dpkg = {
	.name = "dpkg",
	.vital = true,
	.version = 2,
	.patterns = (const char *const[]){ "**/var/lib/dpkg/status", "**/var/lib/dpkg/status.d/*",
					   "**/var/lib/dpkg/info/*.list",
					   "**/usr/share/doc/*/copyright", "**/usr/lib/opkg/status",
					   "**/var/lib/opkg/status", "**/usr/lib/opkg/info/*.list",
					   "**/var/lib/opkg/info/*.list", NULL },
	.analyze = analyze,
	.finish = finish,
};
