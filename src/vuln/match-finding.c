/* SPDX-License-Identifier: Apache-2.0 */
/* From the records that affect a package to one finding for each vulnerability. */
#include "base/map.h"
#include "base/time.h"
#include "vuln/match-internal.h"
#include "vuln/remedy.h"

/* A group of ids of one record; groups that share an id are one vulnerability (union by parent). */
struct node {
	const struct sk_hit *hit;
	const struct sk_db_group *group;
	uint32_t parent;
};

static uint32_t root_of(struct node *nodes, uint32_t i)
{
	while (nodes[i].parent != i) {
		nodes[i].parent = nodes[nodes[i].parent].parent;
		i = nodes[i].parent;
	}
	return i;
}

static void join(struct node *nodes, uint32_t a, uint32_t b)
{
	a = root_of(nodes, a);
	b = root_of(nodes, b);
	if (a < b)
		nodes[b].parent = a;
	else
		nodes[a].parent = b;
}

static uint32_t make_nodes(const struct sk_hit *hits, size_t count, struct node **ret_nodes)
{
	sk_cleanup(sk_map_release) struct sk_map seen = { 0 };
	struct node *nodes;
	uint32_t n = 0;
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += hits[i].record.group_count;
	nodes = sk_alloc((total + 1) * sizeof(*nodes));
	for (size_t i = 0; i < count; i++)
		for (size_t g = 0; g < hits[i].record.group_count; g++, n++) {
			const struct sk_db_group *group = &hits[i].record.groups[g];

			nodes[n] = (struct node){ &hits[i], group, n };
			for (size_t k = 0; k < group->count; k++) {
				bool new;
				void **at = sk_map_at(&seen, sk_span_str(group->ids[k]), &new);

				if (new)
					*at = (void *)((uintptr_t)n + 1);
				else
					join(nodes, n, (uint32_t)(uintptr_t)*at - 1);
			}
		}
	*ret_nodes = nodes;
	return n;
}

static int id_ptr_cmp(const void *a, const void *b)
{
	return sk_id_cmp(sk_span_str(*(const char *const *)a),
			 sk_span_str(*(const char *const *)b));
}

/* All ids of the vulnerability, best first, each once: its groups' and those of the records. */
static struct sk_strings gather_ids(struct node *const *nodes, size_t count, struct sk_arena *arena)
{
	struct sk_strings ids = { 0 };
	size_t total = count, kept = 0;

	for (size_t i = 0; i < count; i++)
		total += nodes[i]->group->count;
	ids.items = sk_arena_alloc(arena, total * sizeof(*ids.items));
	for (size_t i = 0; i < count; i++) {
		ids.items[ids.count++] = nodes[i]->hit->record.id;
		for (size_t k = 0; k < nodes[i]->group->count; k++)
			ids.items[ids.count++] = nodes[i]->group->ids[k];
	}
	qsort(ids.items, ids.count, sizeof(*ids.items), id_ptr_cmp);
	for (size_t i = 0; i < ids.count; i++)
		if (!kept || strcmp(ids.items[kept - 1], ids.items[i]) != 0)
			ids.items[kept++] = ids.items[i];
	ids.count = kept;
	return ids;
}

/* The record that speaks for the finding: of the best-known publisher, then by id. */
static const struct sk_hit *primary_of(const struct sk_hit *const *hits, size_t count)
{
	const struct sk_hit *best = hits[0];

	for (size_t i = 1; i < count; i++) {
		unsigned rank = hits[i]->record.publisher->rank,
			 least = best->record.publisher->rank;

		if (rank < least || (rank == least && sk_id_cmp(sk_span_str(hits[i]->record.id),
								sk_span_str(best->record.id)) < 0))
			best = hits[i];
	}
	return best;
}

/* What is known of its CVEs; *ret_best describes the finding's own id where it can. */
static int add_cves(struct sk_matcher *m, const struct sk_strings *ids, struct sk_finding *f,
		    struct sk_db_cve *ret_best, const char **ret_kev_name, struct sk_err *err)
{
	*ret_best = (struct sk_db_cve){ .severity_record = -1, .title_record = -1 };
	*ret_kev_name = NULL;
	f->epss = f->epss_percentile = -1;
	for (size_t i = 0; i < ids->count && strncmp(ids->items[i], "CVE-", 4) == 0; i++) {
		struct sk_db_cve cve;
		int r = sk_db_cve(m->db, ids->items[i], m->arena, &cve, err);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (cve.kev && !f->kev) {
			f->kev = true;
			f->kev_due = cve.kev_due;
			*ret_kev_name = cve.kev_name;
		}
		if (cve.epss > f->epss) {
			f->epss = cve.epss;
			f->epss_percentile = cve.percentile;
		}
		if (ret_best->severity_record < 0)
			ret_best->severity_record = cve.severity_record;
		if (ret_best->title_record < 0)
			ret_best->title_record = cve.title_record;
	}
	return 0;
}

static const char *format_time(int64_t time, struct sk_arena *arena)
{
	char text[SK_TIME_TEXT];

	return time ? sk_arena_str(arena, sk_time_format(time, text)) : NULL;
}

static void request_text(struct sk_matcher *m, int64_t record, struct sk_finding *f,
			 enum sk_text_use use)
{
	if (record >= 0)
		*sk_vec_push(&m->texts) = (struct sk_text_request){ (uint32_t)record, f, use };
}

static void set_place(struct sk_finding *f, const struct sk_package *p)
{
	f->package = p;
	f->path = p->path;
	f->line = p->line;
	f->layer = (int32_t)p->layer;
}

static void set_fix(struct sk_matcher *m, const struct sk_subject *s,
		    const struct sk_hit *const *hits, size_t count, struct sk_finding *f)
{
	bool wont = false;

	f->fixed_version = sk_match_fix(s, hits, count, m->arena);
	for (size_t i = 0; i < count; i++)
		wont |= hits[i]->wont_fix;
	f->fix = f->fixed_version ? SK_FIX_AVAILABLE : wont ? SK_FIX_WONT : SK_FIX_NONE;
}

static int add_finding(struct sk_matcher *m, const struct sk_subject *s, struct node *const *nodes,
		       size_t count, struct sk_err *err)
{
	sk_autofree const struct sk_hit **hits = sk_alloc(count * sizeof(*hits));
	struct sk_strings ids = gather_ids(nodes, count, m->arena);
	struct sk_finding *f = sk_matcher_finding(m, SK_FINDING_VULNERABILITY);
	const struct sk_hit *primary;
	struct sk_db_cve cve;
	const char *kev_name;
	int r;

	for (size_t i = 0; i < count; i++)
		hits[i] = nodes[i]->hit;
	primary = primary_of(hits, count);
	f->id = ids.items[0];
	f->aliases.items = ids.items + 1;
	f->aliases.count = ids.count - 1;
	f->advisory = primary->record.id;
	f->published = format_time(primary->record.published, m->arena);
	f->modified = format_time(primary->record.modified, m->arena);
	set_place(f, s->package);
	set_fix(m, s, hits, count, f);
	f->remedy = sk_remedy(f, m->arena);
	r = add_cves(m, &ids, f, &cve, &kev_name, err);
	if (r == 0)
		r = sk_match_severity(m, hits, count, cve.severity_record, f, err);
	if (r < 0)
		return r;
	f->title = kev_name;
	request_text(m, primary->number, f, SK_TEXT_OWN);
	/* An erratum's title ("openssl - security update") says less than the CVE's own. */
	if (cve.title_record != (int64_t)primary->number)
		request_text(m, cve.title_record, f,
			     primary->record.publisher->errata ? SK_TEXT_BETTER : SK_TEXT_SPARE);
	return 0;
}

static int node_cmp(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return x < y ? -1 : x > y;
}

int sk_match_findings(struct sk_matcher *m, const struct sk_subject *s, const struct sk_hit *hits,
		      size_t count, struct sk_err *err)
{
	sk_autofree struct node *nodes = NULL;
	uint32_t n = make_nodes(hits, count, &nodes);
	sk_autofree struct node **order = sk_alloc((n + 1) * sizeof(*order));
	uint32_t end;
	int r = 0;

	for (uint32_t i = 0; i < n; i++) {
		nodes[i].parent = root_of(nodes, i);
		order[i] = &nodes[i];
	}
	qsort(order, n, sizeof(*order), node_cmp);
	for (uint32_t i = 0; r == 0 && i < n; i = end) {
		for (end = i + 1; end < n && order[end]->parent == order[i]->parent;)
			end++;
		r = add_finding(m, s, &order[i], end - i, err);
	}
	return r;
}

/* ---- texts ---- */

static int text_cmp(const void *a, const void *b)
{
	const struct sk_text_request *x = a, *y = b;

	/* The matched records first: a CVE's title must see whether it is needed. */
	if ((x->use == SK_TEXT_OWN) != (y->use == SK_TEXT_OWN))
		return x->use == SK_TEXT_OWN ? -1 : 1;
	return x->record < y->record ? -1 : x->record > y->record;
}

/* Where the record gives no link: the pages that are there for every CVE and every record of
 * osv.dev. */
static void default_references(struct sk_finding *f, struct sk_arena *arena)
{
	f->references.items = sk_arena_alloc(arena, 2 * sizeof(*f->references.items));
	if (strncmp(f->id, "CVE-", 4) == 0)
		f->references.items[f->references.count++] =
		    sk_arena_printf(arena, "https://nvd.nist.gov/vuln/detail/%s", f->id);
	if (strncmp(f->advisory, "x_", 2) != 0 && strncmp(f->advisory, "CVE-", 4) != 0)
		f->references.items[f->references.count++] =
		    sk_arena_printf(arena, "https://osv.dev/vulnerability/%s", f->advisory);
}

static void apply_text(const struct sk_text_request *request, const struct sk_db_text *text,
		       struct sk_arena *arena)
{
	struct sk_finding *f = request->finding;

	if (text->title && (request->use != SK_TEXT_SPARE || !f->title))
		f->title = text->title;
	if (text->details && !f->description)
		f->description = text->details;
	if (request->use != SK_TEXT_OWN)
		return;
	f->references.items = text->references;
	f->references.count = text->reference_count;
	if (!text->reference_count)
		default_references(f, arena);
}

int sk_match_texts(struct sk_matcher *m, struct sk_err *err)
{
	if (m->texts.len)
		qsort(m->texts.data, m->texts.len, sizeof(m->texts.data[0]), text_cmp);
	for (size_t i = 0; i < m->texts.len; i++) {
		const struct sk_text_request *request = &m->texts.data[i];
		struct sk_db_text text;

		if (sk_db_text(m->db, request->record, m->arena, &text, err) < 0)
			return -err->code;
		apply_text(request, &text, m->arena);
	}
	return 0;
}
