/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/view.h"

#include "analyze/locked.h"
#include "analyze/os.h"
#include "analyze/overlay.h"
#include "analyze/ownership.h"
#include "base/limits.h"

#include <stdio.h>
#include <sys/mman.h>

struct alias {
	const char *path, *target;
	uint32_t layer;
};

struct sk_view {
	struct sk_inventory *inv;
	struct sk_recording *layers;
	size_t count;
	struct sk_overlay overlay;
	SK_VEC(struct sk_fragment *) fragments;
	SK_VEC(struct sk_os *) found_os, os;
	SK_VEC(struct alias) aliases;
	SK_VEC(struct sk_issue *) issues;
	SK_VEC(struct sk_package *) packages;
	SK_VEC(struct sk_run_entry) runs;
};

static void view_release(struct sk_view *v)
{
	sk_overlay_release(&v->overlay);
	free(v->layers);
	sk_vec_release(&v->fragments);
	sk_vec_release(&v->found_os);
	sk_vec_release(&v->os);
	sk_vec_release(&v->aliases);
	sk_vec_release(&v->issues);
	sk_vec_release(&v->packages);
	sk_vec_release(&v->runs);
}

struct sk_arena *sk_view_arena(struct sk_view *view)
{
	return &view->inv->arena;
}

struct sk_package *sk_view_package(struct sk_view *view, struct sk_fragment *from)
{
	struct sk_package *p = sk_arena_alloc(&view->inv->arena, sizeof(*p));

	p->path = from->path;
	p->layer = from->layer;
	p->root = from->root;
	*sk_vec_push(&view->packages) = p;
	return p;
}

const struct sk_os *sk_view_os(struct sk_view *view, const char *root)
{
	for (size_t i = 0; i < view->os.len; i++)
		if (strcmp(view->os.data[i]->root, root) == 0)
			return view->os.data[i];
	return NULL;
}

static void add_issue(struct sk_view *v, const char *id, int32_t layer, const char *path, uint32_t line,
		      const char *text)
{
	struct sk_issue *issue = sk_arena_alloc(&v->inv->arena, sizeof(*issue));

	*issue = (struct sk_issue){ .id = id, .path = path, .line = line, .layer = layer, .text = text };
	*sk_vec_push(&v->issues) = issue;
}

void sk_view_issue(struct sk_view *view, const char *path, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_issue(view, "unreadable-file", -1, sk_arena_str(&view->inv->arena, path), 0,
		  sk_arena_str(&view->inv->arena, text));
}

/* ---- reading the recordings ---- */

/*
 * Where an entry really lies. Asked while the recordings are read in order, so
 * that the links known are those that were there when the entry was made.
 */
static const char *place(struct sk_view *v, uint32_t layer, const char *path)
{
	return path ? sk_overlay_resolve(&v->overlay, layer, path) : NULL;
}

static void take_fragment(struct sk_view *v, uint32_t layer, struct sk_fragment *f)
{
	const char *as_named = f->path;

	f->layer = layer;
	f->path = place(v, layer, f->path);
	for (size_t i = 0; i < f->package_count && f->path != as_named; i++)
		if (strcmp(f->packages[i]->path, as_named) == 0)
			f->packages[i]->path = f->path;
	*sk_vec_push(&v->fragments) = f;
}

static void take_record(struct sk_view *v, uint32_t layer, const struct sk_record *rec)
{
	struct sk_run_entry *run;

	switch (rec->tag) {
	case SK_RECORD_FRAGMENT:
		take_fragment(v, layer, rec->fragment);
		break;
	case SK_RECORD_OS:
		rec->os->layer = layer;
		rec->os->path = place(v, layer, rec->os->path);
		*sk_vec_push(&v->found_os) = rec->os;
		break;
	case SK_RECORD_ISSUE:
		add_issue(v, rec->id, (int32_t)layer, place(v, layer, rec->path), rec->line,
			  rec->text);
		break;
	case SK_RECORD_LINK:
		sk_overlay_link(&v->overlay, layer, rec->path, rec->text);
		break;
	case SK_RECORD_ALIAS:
		*sk_vec_push(&v->aliases) = (struct alias){ place(v, layer, rec->path),
							    place(v, layer, rec->text), layer };
		break;
	case SK_RECORD_FILE:
		run = sk_vec_push(&v->runs);
		*run = (struct sk_run_entry){ .file = rec->run, .layer = layer };
		run->file.path = place(v, layer, rec->run.path);
		break;
	case SK_RECORD_END:
		break;
	}
}

static int read_layer(struct sk_view *v, uint32_t layer, struct sk_span bytes, struct sk_err *err)
{
	struct sk_recording *r = &v->layers[layer];
	struct sk_record rec;
	int more;

	if (bytes.len == 0) /* not analysed: the caller has said why */
		return 0;
	more = sk_recording_open(r, bytes, err);
	while (more >= 0) {
		more = sk_recording_next(r, &v->inv->arena, &rec, err);
		if (more <= 0)
			break;
		take_record(v, layer, &rec);
	}
	return more < 0 ? sk_err_wrap(err, "layer %u", layer) : 0;
}

/* ---- what is visible ---- */

static bool is_visible(const struct sk_view *v, uint32_t layer, const char *path)
{
	return !sk_overlay_hidden(&v->overlay, layer, path);
}

static int cmp_fragments(const void *a, const void *b)
{
	const struct sk_fragment *x = *(struct sk_fragment *const *)a, *y = *(struct sk_fragment *const *)b;
	int c = x->analyzer == y->analyzer ? 0 : strcmp(x->analyzer->name, y->analyzer->name);

	if (!c)
		c = strcmp(x->path, y->path);
	return c ? c : (x->layer < y->layer ? -1 : x->layer > y->layer);
}

/* A fragment whose file went away lives on where a hard link to it is still there. */
static void apply_aliases(struct sk_view *v)
{
	sk_cleanup(sk_map_release) struct sk_map hidden = { 0 };

	if (!v->aliases.len)
		return;
	for (size_t i = 0; i < v->fragments.len; i++)
		if (v->fragments.data[i]->hidden)
			sk_map_put(&hidden, sk_span_str(v->fragments.data[i]->path), v->fragments.data[i]);
	for (size_t i = 0; i < v->aliases.len; i++) {
		const struct alias *a = &v->aliases.data[i];
		struct sk_fragment *f = sk_map_get(&hidden, sk_span_str(a->target));

		if (!f || !f->hidden || f->layer != a->layer || !is_visible(v, a->layer, a->path))
			continue;
		f->hidden = false;
		f->path = a->path;
		for (size_t j = 0; j < f->package_count; j++)
			f->packages[j]->path = a->path;
	}
}

static void find_visible(struct sk_view *v)
{
	for (size_t i = 0; i < v->fragments.len; i++) {
		struct sk_fragment *f = v->fragments.data[i];

		f->hidden = !is_visible(v, f->layer, f->path);
	}
	apply_aliases(v);
	if (v->fragments.len)
		qsort(v->fragments.data, v->fragments.len, sizeof(v->fragments.data[0]), cmp_fragments);
	/* The same path twice in one layer (a tar may), or by two names: the last one counts. */
	for (size_t i = 1; i < v->fragments.len; i++) {
		struct sk_fragment *a = v->fragments.data[i - 1], *b = v->fragments.data[i];

		if (!a->hidden && !b->hidden && a->analyzer == b->analyzer && !strcmp(a->path, b->path))
			a->hidden = true;
	}
}

/* ---- which layer brought a package ---- */

static struct sk_span identity(struct sk_buf *buf, const struct sk_package *p)
{
	sk_buf_reset(buf);
	sk_buf_printf(buf, "%s\n%s\n%s\n%s\n%s", p->type, p->ns ? p->ns : "", p->name,
		      p->version ? p->version : "", p->arch ? p->arch : "");
	return sk_buf_view(buf);
}

/* Gives each package of `f` the layer of `below`'s package of the same identity, if it is there. */
static void inherit_layers(struct sk_fragment *f, const struct sk_fragment *below)
{
	sk_cleanup(sk_map_release) struct sk_map known = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	struct sk_arena keys = { 0 };

	for (size_t i = 0; i < below->package_count; i++) {
		struct sk_span id = identity(&key, below->packages[i]);

		sk_map_put(&known, sk_span_str(sk_arena_dup(&keys, id)), below->packages[i]);
	}
	for (size_t i = 0; i < f->package_count; i++) {
		struct sk_package *same = sk_map_get(&known, identity(&key, f->packages[i]));

		if (same)
			f->packages[i]->layer = same->layer;
	}
	sk_arena_release(&keys);
}

static void attribute_layers(struct sk_view *v)
{
	for (size_t i = 0; i < v->fragments.len; i++) {
		struct sk_fragment *f = v->fragments.data[i];
		struct sk_fragment *below = i ? v->fragments.data[i - 1] : NULL;

		for (size_t j = 0; j < f->package_count; j++) {
			f->packages[j]->layer = f->layer;
			f->packages[j]->root = f->root;
		}
		if (below && below->analyzer == f->analyzer && below->layer < f->layer &&
		    below->package_count && f->package_count && strcmp(below->path, f->path) == 0)
			inherit_layers(f, below);
	}
}

/* ---- operating systems ---- */

static void join_systems(struct sk_view *v)
{
	for (size_t i = 0; i < v->found_os.len; i++) {
		struct sk_os *os = v->found_os.data[i], *same = NULL;

		if (!is_visible(v, os->layer, os->path))
			continue;
		for (size_t j = 0; j < v->os.len && !same; j++)
			if (strcmp(v->os.data[j]->root, os->root) == 0)
				same = v->os.data[j];
		if (same)
			sk_os_merge(same, os);
		else
			*sk_vec_push(&v->os) = os;
	}
	for (size_t i = 1; i < v->os.len; i++) { /* the artifact's own comes first */
		if (v->os.data[i]->root[0] == '\0') {
			struct sk_os *own = v->os.data[i];

			v->os.data[i] = v->os.data[0];
			v->os.data[0] = own;
		}
	}
}

/* The operating system of the innermost file tree that path lies in. */
static const struct sk_os *system_of(const struct sk_view *v, const char *path)
{
	const struct sk_os *best = NULL;

	for (size_t i = 0; i < v->os.len; i++) {
		const struct sk_os *os = v->os.data[i];
		size_t n = strlen(os->root);

		if (strncmp(path, os->root, n) == 0 && (!best || n > strlen(best->root)))
			best = os;
	}
	return best;
}

/* ---- packages ---- */

static void finish_analyzers(struct sk_view *v)
{
	for (size_t i = 0; i < v->fragments.len;) {
		const struct sk_analyzer *analyzer = v->fragments.data[i]->analyzer;
		SK_VEC(struct sk_fragment *) visible = { 0 };

		for (; i < v->fragments.len && v->fragments.data[i]->analyzer == analyzer; i++)
			if (!v->fragments.data[i]->hidden)
				*sk_vec_push(&visible) = v->fragments.data[i];
		if (visible.len && analyzer->finish)
			analyzer->finish(v, visible.data, visible.len);
		for (size_t j = 0; j < visible.len; j++)
			for (size_t k = 0; k < visible.data[j]->package_count; k++)
				if (visible.data[j]->packages[k])
					*sk_vec_push(&v->packages) = visible.data[j]->packages[k];
		sk_vec_release(&visible);
	}
}

/* The purl namespace of a distribution's packages; most go by their os-release ID. */
static const char *os_namespace(const struct sk_os *os)
{
	if (!os)
		return NULL;
	if (strcmp(os->id, "rhel") == 0)
		return "redhat";
	return os->id;
}

static int cmp_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int cmp_packages(const void *a, const void *b)
{
	const struct sk_package *x = *(struct sk_package *const *)a, *y = *(struct sk_package *const *)b;
	int c = cmp_text(x->type, y->type);

	c = c ? c : cmp_text(x->ns, y->ns);
	c = c ? c : cmp_text(x->name, y->name);
	c = c ? c : cmp_text(x->version, y->version);
	c = c ? c : cmp_text(x->arch, y->arch);
	c = c ? c : cmp_text(x->path, y->path);
	return c ? c : (x->line < y->line ? -1 : x->line > y->line);
}

static bool same_package(const struct sk_package *x, const struct sk_package *y)
{
	return !cmp_text(x->type, y->type) && !cmp_text(x->ns, y->ns) && !cmp_text(x->name, y->name) &&
	       !cmp_text(x->version, y->version) && !cmp_text(x->arch, y->arch) &&
	       !cmp_text(x->path, y->path) && !cmp_text(x->qualifiers, y->qualifiers);
}

static void settle_packages(struct sk_view *v)
{
	struct sk_inventory *inv = v->inv;
	size_t kept = 0;

	for (size_t i = 0; i < v->packages.len; i++) {
		struct sk_package *p = v->packages.data[i];

		p->os = system_of(v, p->path);
		if (sk_type_is_os(p->type) && !p->ns)
			p->ns = os_namespace(p->os);
	}
	if (v->packages.len)
		qsort(v->packages.data, v->packages.len, sizeof(v->packages.data[0]), cmp_packages);
	for (size_t i = 0; i < v->packages.len; i++) {
		struct sk_package *p = v->packages.data[i];

		if (kept && same_package(v->packages.data[kept - 1], p)) {
			v->packages.data[kept - 1]->flags |= p->flags & SK_PACKAGE_INSTALLED;
			continue;
		}
		p->purl = sk_package_purl(p, &inv->arena);
		v->packages.data[kept++] = p;
	}
	v->packages.len = kept;
	inv->packages = sk_arena_alloc(&inv->arena, kept * sizeof(inv->packages[0]));
	if (kept)
		memcpy(inv->packages, v->packages.data, kept * sizeof(inv->packages[0]));
	inv->package_count = kept;
	sk_mark_owned(inv);
	sk_drop_locked(inv);
}

/* ---- what can run ---- */

static int cmp_runs(const void *a, const void *b)
{
	const struct sk_run_entry *x = a, *y = b;

	return strcmp(x->file.path, y->file.path);
}

static void settle_runs(struct sk_view *v)
{
	struct sk_inventory *inv = v->inv;
	sk_cleanup(sk_map_release) struct sk_map places = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < v->runs.len; i++) {
		const struct sk_run_entry *run = &v->runs.data[i];
		bool new_one;
		void **slot;

		if (!is_visible(v, run->layer, run->file.path))
			continue;
		/* The same path twice in one layer (a tar may), or by two names: the last one counts. */
		slot = sk_map_at(&places, sk_span_str(run->file.path), &new_one);
		if (new_one)
			*slot = (void *)kept++;
		v->runs.data[(size_t)*slot] = *run;
	}
	if (kept)
		qsort(v->runs.data, kept, sizeof(v->runs.data[0]), cmp_runs);
	inv->runs = sk_arena_alloc(&inv->arena, kept * sizeof(inv->runs[0]));
	if (kept)
		memcpy(inv->runs, v->runs.data, kept * sizeof(inv->runs[0]));
	inv->run_count = kept;
	sk_find_owners(inv);
}

/* ---- issues ---- */

void sk_inventory_issue(struct sk_inventory *inv, const char *id, int32_t layer, const char *path,
			uint32_t line, const char *text)
{
	struct sk_issue *issue = sk_arena_alloc(&inv->arena, sizeof(*issue));
	struct sk_issue **all = sk_arena_alloc(&inv->arena, (inv->issue_count + 1) * sizeof(*all));

	*issue = (struct sk_issue){ .id = sk_arena_str(&inv->arena, id),
				    .path = sk_arena_str(&inv->arena, path),
				    .line = line,
				    .layer = layer,
				    .text = sk_arena_str(&inv->arena, text) };
	if (inv->issue_count)
		memcpy(all, inv->issues, inv->issue_count * sizeof(*all));
	all[inv->issue_count++] = issue;
	inv->issues = all;
}

static void settle_issues(struct sk_view *v)
{
	struct sk_inventory *inv = v->inv;
	struct sk_issue **all =
		sk_arena_alloc(&inv->arena, (inv->issue_count + v->issues.len) * sizeof(*all));
	size_t kept = inv->issue_count;

	if (kept)
		memcpy(all, inv->issues, kept * sizeof(*all));
	for (size_t i = 0; i < v->issues.len; i++) {
		struct sk_issue *issue = v->issues.data[i];

		/* A file that is not there any more need not be readable. */
		if (issue->path && issue->layer >= 0 &&
		    !is_visible(v, (uint32_t)issue->layer, issue->path))
			continue;
		inv->incomplete |= strcmp(issue->id, SK_ISSUE_UNFINISHED) == 0;
		all[kept++] = issue;
	}
	inv->issues = all;
	inv->issue_count = kept;
}

void sk_inventory_release(struct sk_inventory *inv)
{
	for (size_t i = 0; i < inv->backing_count; i++)
		munmap((void *)(uintptr_t)inv->backing[i].ptr, inv->backing[i].len);
	sk_arena_release(&inv->arena);
	*inv = (struct sk_inventory){ 0 };
}

int sk_view_build(struct sk_inventory *inv, const struct sk_view_input *inputs, size_t count,
		  struct sk_err *err)
{
	sk_cleanup(view_release) struct sk_view v = { .inv = inv, .count = count };

	v.layers = sk_alloc(count * sizeof(v.layers[0]));
	v.overlay = (struct sk_overlay){ .layers = v.layers, .count = count, .arena = &inv->arena };
	for (size_t i = 0; i < count; i++) {
		int r = read_layer(&v, (uint32_t)i, inputs[i].bytes, err);

		if (r < 0)
			return r;
	}
	sk_overlay_ready(&v.overlay);
	find_visible(&v);
	attribute_layers(&v);
	join_systems(&v);
	inv->os = sk_arena_alloc(&inv->arena, v.os.len * sizeof(inv->os[0]));
	if (v.os.len)
		memcpy(inv->os, v.os.data, v.os.len * sizeof(inv->os[0]));
	inv->os_count = v.os.len;
	finish_analyzers(&v);
	settle_packages(&v);
	settle_runs(&v);
	settle_issues(&v);
	return 0;
}
