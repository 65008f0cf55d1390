/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An inventory of a folder, without an image around it, and its text for comparing. */
#include "analyze/view.h"
#include "analyze/walk.h"
#include "base/fd.h"
#include "tap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* What must stay until the inventory is released. */
struct scanned {
	struct sk_inventory inv;
	struct sk_buf bytes;
	struct sk_layer layer;
};

static inline void scanned_release(struct scanned *s)
{
	s->inv.layers = NULL;
	sk_inventory_release(&s->inv);
	sk_buf_release(&s->bytes);
}

/* The one layer that a recorder has, as an inventory. */
static inline int scan_recorded(struct scanned *s, struct sk_recorder *rec, struct sk_err *err)
{
	struct sk_view_input input;
	sk_autoclose int fd = memfd_create("layer", MFD_CLOEXEC);
	int rc = sk_recorder_finish(rec, fd, err);

	if (rc < 0)
		return rc;
	lseek(fd, 0, SEEK_SET);
	rc = sk_fd_slurp(fd, 1u << 30, &s->bytes, err);
	if (rc < 0)
		return rc;
	s->inv.layers = &s->layer;
	s->inv.layer_count = 1;
	input.bytes = sk_buf_view(&s->bytes);
	return sk_view_build(&s->inv, &input, 1, err);
}

static inline int scan_dir(struct scanned *s, const char *path, struct sk_err *err)
{
	struct sk_patterns *patterns = sk_patterns_new(sk_analyzers);
	const struct sk_walk walk = { .patterns = patterns, .spool = -1 };
	struct sk_recorder rec = { 0 };
	_Atomic uint64_t progress = 0;
	sk_autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc =
	    fd < 0 ? sk_err_errno(err, "%s", path) : sk_walk_dir(&walk, fd, &rec, &progress, err);

	if (rc >= 0)
		rc = scan_recorded(s, &rec, err);
	sk_recorder_release(&rec);
	sk_patterns_free(patterns);
	return rc;
}

static inline void dump_field(struct sk_buf *out, const char *name, const char *value)
{
	if (value && value[0])
		sk_buf_printf(out, " %s=%s", name, value);
}

static inline void dump_package(struct sk_buf *out, const struct sk_package *p)
{
	struct sk_paths_iter it = { .rest = p->files };
	struct sk_span path;

	sk_buf_printf(out, "%s %s %s", p->type, p->name, p->version ? p->version : "-");
	dump_field(out, "arch", p->arch);
	dump_field(out, "source", p->source_name);
	dump_field(out, "source-version", p->source_version);
	dump_field(out, "licence", p->licence);
	dump_field(out, "origin", p->origin);
	dump_field(out, "module", p->module);
	dump_field(out, "ns", p->ns);
	sk_buf_printf(out, "%s%s", p->flags & SK_PACKAGE_FOREIGN ? " foreign" : "",
		      p->flags & SK_PACKAGE_OWNED ? " owned" : "");
	sk_buf_printf(out, " at=%s:%u\n", p->path, p->line);
	while (sk_paths_next(&it, &path))
		sk_buf_printf(out, "\t%.*s\n", (int)path.len, path.ptr);
	sk_buf_release(&it.path);
}

/* One line for each operating system, package (and owned file) and issue. */
static inline void dump_inventory(struct sk_buf *out, const struct sk_inventory *inv)
{
	for (size_t i = 0; i < inv->os_count; i++)
		sk_buf_printf(
		    out, "os %s \"%s\" codename=%s name=%s root=%s at=%s\n", inv->os[i]->id,
		    inv->os[i]->version, inv->os[i]->codename ? inv->os[i]->codename : "",
		    inv->os[i]->name ? inv->os[i]->name : "", inv->os[i]->root, inv->os[i]->path);
	for (size_t i = 0; i < inv->package_count; i++)
		dump_package(out, inv->packages[i]);
	for (size_t i = 0; i < inv->issue_count; i++)
		sk_buf_printf(out, "issue %s:%u: %s\n",
			      inv->issues[i]->path ? inv->issues[i]->path : "",
			      inv->issues[i]->line, inv->issues[i]->text);
}
