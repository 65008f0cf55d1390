/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm: the database of installed packages in any of its formats (rpmdb.h), and
 * the list of names that distroless Mariner and Azure Linux images have instead.
 */
#include "analyze/analyzer.h"
#include "analyze/rpmdb/header.h"
#include "analyze/rpmdb/rpmdb.h"
#include "analyze/vendor.h"
#include "base/limits.h"
#include "base/map.h"

struct target {
	struct sk_sink *sink;
	struct sk_package *package;
	uint32_t packages;
};

static const char *version_string(struct sk_sink *sink, uint32_t epoch, struct sk_span version,
				  struct sk_span release)
{
	if (epoch)
		return sk_sink_printf(sink, "%u:%.*s-%.*s", epoch, (int)version.len, version.ptr,
				      (int)release.len, release.ptr);
	return sk_sink_printf(sink, "%.*s-%.*s", (int)version.len, version.ptr, (int)release.len,
			      release.ptr);
}

/* "util-linux-2.32.1-42.el8_8.src.rpm": name, version, release; without the epoch. */
static void set_source(struct sk_sink *sink, struct sk_package *p, struct sk_span source,
		       struct sk_span version, struct sk_span release)
{
	ptrdiff_t last, middle;
	struct sk_span evr;

	if (sk_span_ends(source, ".src.rpm"))
		source.len -= 8;
	else if (sk_span_ends(source, ".nosrc.rpm"))
		source.len -= 10;
	last = sk_span_rchr(source, '-');
	middle = last > 0 ? sk_span_rchr(sk_span_sub(source, 0, (size_t)last), '-') : -1;
	if (middle <= 0)
		return;
	p->source_name = sk_sink_str(sink, sk_span_sub(source, 0, (size_t)middle));
	evr = sk_span_from(source, (size_t)middle + 1);
	if (sk_span_eq(sk_span_sub(evr, 0, (size_t)(last - middle - 1)), version) &&
	    sk_span_eq(sk_span_from(source, (size_t)last + 1), release))
		return; /* NULL: the binary's, which has the epoch too */
	p->source_version = sk_sink_str(sink, evr);
}

static void add_path(void *ctx, struct sk_span path)
{
	struct target *t = ctx;

	sk_sink_owns(t->sink, t->package, path);
}

static void fill_package(struct sk_sink *sink, struct sk_package *p, const struct sk_rpm_header *h)
{
	p->type = "rpm";
	p->name = sk_sink_str(sink, h->name);
	p->version = version_string(sink, h->epoch, sk_span_sub(h->version, 0, SK_MAX_FIELD),
				    sk_span_sub(h->release, 0, SK_MAX_FIELD));
	p->arch = sk_sink_str(sink, h->arch);
	p->licence = sk_sink_str(sink, h->licence);
	p->origin = sk_sink_str(sink, h->vendor);
	p->module = sk_sink_str(sink, h->module);
	p->flags = SK_PACKAGE_INSTALLED;
	set_source(sink, p, h->source_rpm, h->version, h->release);
}

static int take_header(void *ctx, struct sk_span blob, struct sk_err *err)
{
	struct target *t = ctx;
	struct sk_err why = SK_ERR_INIT;
	struct sk_rpm_header h;

	if (sk_rpm_header_parse(blob, &h, &why) < 0) {
		sk_sink_issue(t->sink, 0, "a package's header cannot be read: %.300s", why.text);
		return 0;
	}
	t->package = sk_sink_package(t->sink);
	if (!t->package)
		return sk_err_set(err, SK_ELIMIT, "too many packages");
	t->packages++;
	fill_package(t->sink, t->package, &h);
	if (sk_rpm_header_files(&h, blob.len, add_path, t, &why) < 0)
		sk_sink_issue(t->sink, 0, "files of %.200s: %.300s", t->package->name, why.text);
	return 0;
}

static void take_issue(void *ctx, const char *text)
{
	struct target *t = ctx;

	sk_sink_issue(t->sink, 0, "%s", text);
}

/*
 * The log cannot be laid over a database of another layer here. What it adds
 * is listed; that something may have been removed or replaced is said.
 */
static int read_wal(struct target *t, const struct sk_file *file,
		    const struct sk_rpmdb_visitor *visitor, struct sk_err *err)
{
	uint64_t pages;
	int rc = sk_rpmdb_read_wal(file, visitor, &pages, err);

	if (rc >= 0 && pages)
		sk_sink_issue(
		    t->sink, 0,
		    "changes of %llu pages were not yet written into the database: packages "
		    "that they remove or replace are still listed",
		    (unsigned long long)pages);
	return rc;
}

enum { MANIFEST_FIELDS = 10 };

/*
 * A line of container-manifest-2, parted by tabs: name, version-release,
 * install time, build time, vendor, epoch, size, architecture, epoch as a
 * number, source rpm.
 */
static void take_manifest_line(struct sk_sink *sink, struct sk_span line, uint32_t number)
{
	struct sk_span field[MANIFEST_FIELDS] = { { 0 } };
	struct sk_rpm_header h = { 0 };
	struct sk_package *p;
	unsigned count = 0;
	uint64_t epoch = 0;
	ptrdiff_t dash;

	while (count < MANIFEST_FIELDS && sk_span_split(&line, '\t', &field[count]))
		count++;
	dash = sk_span_rchr(field[1], '-');
	if (count < MANIFEST_FIELDS || !field[0].len || dash <= 0) {
		sk_sink_issue(sink, number, "not a line of a package manifest");
		return;
	}
	h.name = field[0];
	h.version = sk_span_sub(field[1], 0, (size_t)dash);
	h.release = sk_span_from(field[1], (size_t)dash + 1);
	h.vendor = sk_span_is(field[4], "(none)") ? sk_span(NULL, 0) : field[4];
	h.arch = field[7];
	h.epoch = sk_span_u64(field[8], &epoch) && epoch <= UINT32_MAX ? (uint32_t)epoch : 0;
	h.source_rpm = field[9];
	p = sk_sink_package(sink);
	if (!p)
		return;
	fill_package(sink, p, &h);
	p->line = number;
}

static int read_manifest(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span rest, line;
	uint32_t number = 0;
	int rc = sk_file_bytes(file, &rest, err);

	if (rc < 0)
		return rc;
	while (sk_span_line(&rest, &line)) {
		number++;
		if (line.len)
			take_manifest_line(sink, line, number);
	}
	return 0;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct target t = { .sink = sink };
	const struct sk_rpmdb_visitor visitor = { &t, take_header, take_issue };
	struct sk_span path = sk_span_str(file->path);

	if (sk_span_ends(path, "container-manifest-2"))
		return read_manifest(sink, file, err);
	if (sk_span_ends(path, "-wal"))
		return read_wal(&t, file, &visitor, err);
	if (file->size == 0) /* what `rpm --initdb` of another backend leaves */
		return 0;
	return sk_rpmdb_read(file, &visitor, err);
}

/* One package of a tree, from whichever of its databases. */
static const char *identity(struct sk_view *view, const struct sk_fragment *f,
			    const struct sk_package *p)
{
	return sk_arena_printf(sk_view_arena(view), "%s\n%s\n%s\n%s", f->root, p->name, p->version,
			       p->arch ? p->arch : "");
}

static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	struct sk_map seen = { 0 }; /* the fragment that had it first */

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < fragments[i]->package_count; k++) {
			struct sk_package *p = fragments[i]->packages[k];
			void **first;

			if (!p)
				continue;
			first =
			    sk_map_at(&seen, sk_span_str(identity(view, fragments[i], p)), NULL);
			if (!*first)
				*first = fragments[i];
			if (*first != fragments[i])
				fragments[i]->packages[k] = NULL;
			else if (sk_package_is_foreign(p, sk_view_os(view, fragments[i]->root)))
				p->flags |= SK_PACKAGE_FOREIGN;
		}
	sk_map_release(&seen);
}

const struct sk_analyzer sk_analyzer_rpm = {
	.name = "rpm",
	.vital = true,
	.version = 2,
	.patterns =
	    (const char *const[]){
		"**/var/lib/rpm/Packages", "**/var/lib/rpm/Packages.db",
		"**/var/lib/rpm/rpmdb.sqlite", "**/var/lib/rpm/rpmdb.sqlite-wal",
		"**/usr/lib/sysimage/rpm/Packages", "**/usr/lib/sysimage/rpm/Packages.db",
		"**/usr/lib/sysimage/rpm/rpmdb.sqlite", "**/usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
		"**/usr/share/rpm/Packages", "**/usr/share/rpm/Packages.db",
		"**/usr/share/rpm/rpmdb.sqlite", "**/usr/share/rpm/rpmdb.sqlite-wal",
		"**/var/lib/rpmmanifest/container-manifest-2", NULL },
	.analyze = analyze,
	.finish = finish,
};
