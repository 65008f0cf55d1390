/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members are fetched by functions with a sticky error: the first fault is kept with its line, and
 * what is read after it is thrown away with the rest.
 */
#include "report/read.h"

#include "analyze/purl.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/time.h"
#include "doc/doc.h"
#include "report/view.h"

struct reader {
	struct sk_arena *arena;
	struct sk_err *err;
	int failed; /* the first error's code, negative */
	bool listed; /* a target has `packages` */
	struct sk_map packages; /* of the target that is read: place -> struct sk_package */
	struct sk_buf key;
	enum sk_risk_class risk_class;
};

static void fail(struct reader *rd, const struct sk_node *n, const char *what)
{
	if (!rd->failed)
		rd->failed = sk_err_set(rd->err, SK_EINVAL, "line %u: %s", n ? n->line : 1, what);
}

/* ---- members ---- */

static const struct sk_node *get(struct reader *rd, const struct sk_node *object, const char *key,
				 enum sk_node_type type)
{
	const struct sk_node *n = sk_node_get(object, key);

	if (!n || n->type == SK_NODE_NULL)
		return NULL;
	if (n->type == type)
		return n;
	fail(rd, n, sk_arena_printf(rd->arena, "'%s' has the wrong type", key));
	return NULL;
}

static const char *text_of(struct reader *rd, const struct sk_node *n)
{
	struct sk_span s = sk_node_str(n);

	if (!sk_node_is(n, SK_NODE_STRING))
		fail(rd, n, "a string is expected");
	else if (s.len && memchr(s.ptr, '\0', s.len))
		fail(rd, n, "a string contains a NUL");
	else
		return sk_arena_dup(rd->arena, s);
	return "";
}

static const char *str(struct reader *rd, const struct sk_node *object, const char *key)
{
	const struct sk_node *n = get(rd, object, key, SK_NODE_STRING);

	return n ? text_of(rd, n) : NULL;
}

/* For what the rest of the program never expects to be missing. */
static const char *str_or(struct reader *rd, const struct sk_node *object, const char *key,
			  const char *otherwise)
{
	const char *s = str(rd, object, key);

	return s ? s : otherwise;
}

static bool truth(struct reader *rd, const struct sk_node *object, const char *key)
{
	return sk_node_bool(get(rd, object, key, SK_NODE_BOOL), false);
}

static int64_t number(struct reader *rd, const struct sk_node *object, const char *key,
		      int64_t otherwise, int64_t max)
{
	const struct sk_node *n = get(rd, object, key, SK_NODE_INT);
	int64_t value = sk_node_int(n, otherwise);

	if (n && (value < 0 || value > max)) {
		fail(rd, n, sk_arena_printf(rd->arena, "'%s' is out of range", key));
		return otherwise;
	}
	return value;
}

/* Any number from 0 to max; -1 where it is missing. */
static double real(struct reader *rd, const struct sk_node *object, const char *key, double max)
{
	const struct sk_node *n = sk_node_get(object, key);
	double value = sk_node_float(n, -1);

	if (!n || n->type == SK_NODE_NULL)
		return -1;
	if ((n->type != SK_NODE_INT && n->type != SK_NODE_FLOAT) || !(value >= 0 && value <= max)) {
		fail(rd, n, sk_arena_printf(rd->arena, "'%s' is no number from 0 to %g", key, max));
		return -1;
	}
	return value;
}

static struct sk_strings strings(struct reader *rd, const struct sk_node *object, const char *key)
{
	const struct sk_node *list = get(rd, object, key, SK_NODE_ARRAY);
	struct sk_strings out = { 0 };

	if (!list || !list->count)
		return out;
	out.items = sk_arena_alloc(rd->arena, list->count * sizeof(*out.items));
	sk_node_each(n, list)
		out.items[out.count++] = text_of(rd, n);
	return out;
}

/* ---- packages ---- */

/*
 * "@babel/core" and "org.slf4j:slf4j-api" back into namespace and name; the package URL says where
 * the one ends.
 */
static void split_name(struct reader *rd, struct sk_package *p, const char *name)
{
	struct sk_purl purl = { 0 };
	size_t len;

	p->name = name;
	if (!p->purl || sk_purl_parse(&purl, sk_span_str(p->purl), rd->arena, NULL) < 0 || !purl.ns)
		return;
	if (sk_report_is_distribution(p)) {
		p->ns = purl.ns;
		return;
	}
	len = strlen(purl.ns);
	if (strncmp(name, purl.ns, len) == 0 && name[len] && strchr("/:", name[len])) {
		p->ns = purl.ns;
		p->name = name + len + 1;
	}
}

static void read_source(struct reader *rd, const struct sk_node *n, struct sk_package *p)
{
	const struct sk_node *source = get(rd, n, "source", SK_NODE_OBJECT);

	if (!source)
		return;
	p->source_name = str(rd, source, "name");
	p->source_version = str(rd, source, "version");
}

static uint32_t read_flags(struct reader *rd, const struct sk_node *n)
{
	struct sk_strings names = strings(rd, n, "flags");
	uint32_t flags = 0;

	for (size_t i = 0; i < names.count; i++)
		flags |= sk_package_flag(sk_span_str(names.items[i]));
	return flags;
}

/* Where a package is: a finding names the one that is listed, if it stands at the same place. */
static struct sk_span place_key(struct reader *rd, const struct sk_package *p)
{
	const char *parts[] = { p->type, p->ns, p->name, p->version, p->purl, p->path };

	sk_buf_reset(&rd->key);
	for (size_t i = 0; i < SK_COUNT(parts); i++) {
		sk_buf_puts(&rd->key, parts[i] ? parts[i] : "");
		sk_buf_putc(&rd->key, '\0');
	}
	sk_buf_u32le(&rd->key, p->layer);
	return sk_buf_view(&rd->key);
}

/* The package of that place that was read before, or p itself from now on. */
static struct sk_package *intern(struct reader *rd, struct sk_package *p)
{
	struct sk_package *there = sk_map_get(&rd->packages, place_key(rd, p));
	struct sk_span key = sk_buf_view(&rd->key);

	if (there)
		return there;
	sk_map_put(&rd->packages, sk_span(sk_arena_dup(rd->arena, key), key.len), p);
	return p;
}

static int64_t time_member(struct reader *rd, const struct sk_node *n, const char *key)
{
	const struct sk_node *node = get(rd, n, key, SK_NODE_STRING);
	int64_t time = 0;

	if (node && !sk_time_parse(sk_node_str(node), &time))
		fail(rd, node, sk_arena_printf(rd->arena, "'%s' is no time", key));
	return time;
}

static const struct sk_use *read_use(struct reader *rd, const struct sk_node *n)
{
	const struct sk_node *state = sk_node_get(n, "inUse");
	struct sk_use *use;

	if (!state)
		return NULL;
	use = sk_arena_alloc(rd->arena, sizeof(*use));
	if (get(rd, n, "inUse", SK_NODE_BOOL))
		use->state = truth(rd, n, "inUse") ? SK_USE_YES : SK_USE_NO;
	use->since = time_member(rd, n, "inUseSince");
	use->first = time_member(rd, n, "inUseFirst");
	use->last = time_member(rd, n, "inUseLast");
	use->path = str(rd, n, "inUsePath");
	return use;
}

static struct sk_package *read_package(struct reader *rd, const struct sk_node *n)
{
	struct sk_package *p = sk_arena_alloc(rd->arena, sizeof(*p));

	if (n->type != SK_NODE_OBJECT)
		fail(rd, n, "a package must be an object");
	p->type = str_or(rd, n, "type", "generic");
	p->version = str(rd, n, "version");
	p->purl = str(rd, n, "purl");
	p->path = str_or(rd, n, "path", "");
	p->layer = (uint32_t)number(rd, n, "layerIndex", UINT32_MAX, SK_MAX_LAYERS);
	p->arch = str(rd, n, "arch");
	p->licence = str(rd, n, "licence");
	p->origin = str(rd, n, "origin");
	p->module = str(rd, n, "module");
	p->line = (uint32_t)number(rd, n, "line", 0, UINT32_MAX);
	p->flags = read_flags(rd, n);
	p->use = read_use(rd, n);
	p->root = "";
	read_source(rd, n, p);
	split_name(rd, p, str_or(rd, n, "name", ""));
	return p;
}

static void read_packages(struct reader *rd, const struct sk_node *n, struct sk_inventory *inv)
{
	const struct sk_node *list = get(rd, n, "packages", SK_NODE_ARRAY);

	if (!list)
		return;
	rd->listed = true;
	inv->packages = sk_arena_alloc(rd->arena, list->count * sizeof(*inv->packages) + 1);
	sk_node_each(item, list) {
		struct sk_package *p = read_package(rd, item);

		p->os = inv->os_count ? inv->os[0] : NULL;
		inv->packages[inv->package_count++] = p;
		intern(rd, p);
	}
}

/* ---- findings ---- */

static void read_location(struct reader *rd, const struct sk_node *n, struct sk_finding *f)
{
	const struct sk_node *at = get(rd, n, "location", SK_NODE_OBJECT);

	f->path = str(rd, at, "path");
	f->line = (uint32_t)number(rd, at, "line", 0, UINT32_MAX);
	f->layer = (int32_t)number(rd, at, "layerIndex", -1, SK_MAX_LAYERS);
}

static void read_finding_package(struct reader *rd, const struct sk_node *n,
				 const struct sk_inventory *inv, struct sk_finding *f)
{
	const struct sk_node *node = get(rd, n, "package", SK_NODE_OBJECT);
	struct sk_package *p;

	if (!node)
		return;
	p = read_package(rd, node);
	p->path = f->path ? f->path : "";
	p->layer = f->layer >= 0 ? (uint32_t)f->layer : UINT32_MAX;
	p->os = inv->os_count ? inv->os[0] : NULL;
	p->use = read_use(rd, n);
	f->package = intern(rd, p);
	f->fixed_version = str(rd, node, "fixedVersion");
}

static void read_scores(struct reader *rd, const struct sk_node *n, struct sk_finding *f)
{
	const struct sk_node *cvss = get(rd, n, "cvss", SK_NODE_OBJECT);
	const struct sk_node *epss = get(rd, n, "epss", SK_NODE_OBJECT);

	f->cvss_vector = str(rd, cvss, "vector");
	f->cvss_score = real(rd, cvss, "score", 10);
	f->kev = truth(rd, n, "kev");
	f->kev_due = str(rd, n, "kevDue");
	f->epss = real(rd, epss, "probability", 1);
	f->epss_percentile = real(rd, epss, "percentile", 1);
	if (f->epss >= 0 && f->epss_percentile < 0) /* the schema wants both */
		f->epss_percentile = 0;
}

static void read_exception(struct reader *rd, const struct sk_node *n, struct sk_finding *f)
{
	const struct sk_node *e = get(rd, n, "exception", SK_NODE_OBJECT);

	struct sk_span status = sk_node_str(get(rd, e, "status", SK_NODE_STRING));
	struct sk_statement *s;

	if (!e)
		return;
	s = sk_arena_alloc(rd->arena, sizeof(*s));
	/* Version 1.0 knew accepted risks alone. */
	if (status.len && !sk_vex_status_parse(status, &s->status))
		fail(rd, e, "an exception's 'status' is none that is known");
	s->justification = str(rd, e, "justification");
	s->reason = str(rd, e, "reason");
	s->owner = str(rd, e, "owner");
	s->until = str(rd, e, "until");
	s->ticket = str(rd, e, "ticket");
	s->timestamp = str(rd, e, "timestamp");
	s->source = str(rd, e, "source");
	s->line = (uint32_t)number(rd, e, "line", 0, UINT32_MAX);
	f->statement = s;
}

static void read_words(struct reader *rd, const struct sk_node *n, struct sk_finding *f)
{
	struct sk_span kind = sk_node_str(get(rd, n, "kind", SK_NODE_STRING));
	struct sk_span severity = sk_node_str(get(rd, n, "severity", SK_NODE_STRING));
	struct sk_span fix = sk_node_str(get(rd, n, "fixState", SK_NODE_STRING));

	if (!sk_finding_kind_parse(kind, &f->kind))
		fail(rd, n, "a finding needs a 'kind' that is known");
	if (!sk_severity_parse(severity, &f->severity))
		fail(rd, n, "a finding needs a 'severity' that is known");
	if (fix.len && !sk_fix_state_parse(fix, &f->fix))
		fail(rd, n, "'fixState' is none that is known");
}

static struct sk_finding *read_finding(struct reader *rd, const struct sk_node *n,
				       const struct sk_inventory *inv)
{
	struct sk_finding *f = sk_arena_alloc(rd->arena, sizeof(*f));

	if (n->type != SK_NODE_OBJECT)
		fail(rd, n, "a finding must be an object");
	read_words(rd, n, f);
	f->id = str(rd, n, "id");
	f->aliases = strings(rd, n, "aliases");
	f->severity_source = str(rd, n, "severitySource");
	read_location(rd, n, f);
	read_finding_package(rd, n, inv, f);
	f->title = str(rd, n, "title");
	f->description = str(rd, n, "description");
	f->remedy = str(rd, n, "remedy");
	f->references = strings(rd, n, "references");
	f->advisory = str(rd, n, "advisory");
	read_scores(rd, n, f);
	f->published = str(rd, n, "published");
	f->modified = str(rd, n, "modified");
	read_exception(rd, n, f);
	return f;
}

static struct sk_finding **read_findings(struct reader *rd, const struct sk_node *n,
					 const char *key, const struct sk_inventory *inv,
					 size_t *ret_count)
{
	const struct sk_node *list = get(rd, n, key, SK_NODE_ARRAY);
	struct sk_finding **findings;

	if (!list)
		return NULL;
	findings = sk_arena_alloc(rd->arena, list->count * sizeof(*findings) + 1);
	sk_node_each(item, list)
		findings[(*ret_count)++] = read_finding(rd, item, inv);
	return findings;
}

/* ---- the artifact ---- */

static void read_artifact(struct reader *rd, const struct sk_node *n, struct sk_artifact *a)
{
	const struct sk_node *node = get(rd, n, "artifact", SK_NODE_OBJECT);
	struct sk_span type = sk_node_str(get(rd, node, "type", SK_NODE_STRING));
	struct sk_strings tags;

	if (!sk_span_is(type, "image") && !sk_span_is(type, "filesystem"))
		fail(rd, node ? node : n, "an 'artifact' with a known 'type' is missing");
	a->type = sk_span_is(type, "image") ? SK_ARTIFACT_IMAGE : SK_ARTIFACT_FILESYSTEM;
	a->name = str(rd, node, "name");
	a->digest = str(rd, node, "digest");
	a->image_id = str(rd, node, "imageId");
	a->platform = str(rd, node, "platform");
	a->created = str(rd, node, "created");
	if (sk_node_get(node, "config"))
		a->config = sk_image_config_read(node, rd->arena);
	tags = strings(rd, node, "tags");
	a->tags = tags.items;
	a->tag_count = tags.count;
}

static void read_os(struct reader *rd, const struct sk_node *n, struct sk_inventory *inv)
{
	const struct sk_node *node = get(rd, n, "os", SK_NODE_OBJECT);
	struct sk_os *os;

	if (!node)
		return;
	os = sk_arena_alloc(rd->arena, sizeof(*os));
	os->id = str(rd, node, "id");
	os->version = str(rd, node, "version");
	os->name = str(rd, node, "name");
	os->codename = str(rd, node, "codename");
	os->variant = str(rd, node, "variant");
	os->root = str_or(rd, node, "root", "");
	os->path = str(rd, node, "path");
	inv->os = sk_arena_alloc(rd->arena, sizeof(struct sk_os *));
	inv->os[inv->os_count++] = os;
}

static void read_layers(struct reader *rd, const struct sk_node *n, struct sk_inventory *inv)
{
	const struct sk_node *list = get(rd, n, "layers", SK_NODE_ARRAY);

	if (!list || !list->count)
		return;
	if (list->count > SK_MAX_LAYERS) {
		fail(rd, list, "too many layers");
		return;
	}
	inv->layers = sk_arena_alloc(rd->arena, list->count * sizeof(*inv->layers));
	sk_node_each(item, list) {
		struct sk_layer *l = &inv->layers[inv->layer_count++];

		l->diff_id = str(rd, item, "diffId");
		l->digest = str(rd, item, "digest");
		l->size = (uint64_t)number(rd, item, "size", 0, INT64_MAX);
		l->created_by = str(rd, item, "createdBy");
		l->cached = truth(rd, item, "cached");
	}
}

static const struct sk_comparison *read_comparison(struct reader *rd, const struct sk_node *n)
{
	const struct sk_node *node = get(rd, n, "comparison", SK_NODE_OBJECT);
	struct sk_comparison *c;

	if (!node)
		return NULL;
	c = sk_arena_alloc(rd->arena, sizeof(*c));
	c->base = str_or(rd, node, "base", "");
	c->created = str_or(rd, node, "created", "");
	c->known = (size_t)number(rd, node, "known", 0, UINT32_MAX);
	c->gone = (size_t)number(rd, node, "gone", 0, UINT32_MAX);
	return c;
}

/* Scores are made anew from what they were made of; of theirs the class alone is needed. */
static void read_class(struct reader *rd, const struct sk_node *n)
{
	struct sk_span name = sk_node_str(
		get(rd, get(rd, n, "risk", SK_NODE_OBJECT), "class", SK_NODE_STRING));

	for (unsigned i = 0; sk_risk_class_name(i); i++)
		if (sk_span_is(name, sk_risk_class_name(i)))
			rd->risk_class = (enum sk_risk_class)i;
}

static void read_result(struct reader *rd, const struct sk_node *n, struct sk_result *result)
{
	struct sk_inventory *inv = sk_arena_alloc(rd->arena, sizeof(*inv));

	if (n->type != SK_NODE_OBJECT)
		fail(rd, n, "a report must be an object");
	if (!sk_node_is(sk_node_get(n, "findings"), SK_NODE_ARRAY))
		fail(rd, n, "'findings' is missing");
	result->inventory = inv;
	read_artifact(rd, n, &inv->artifact);
	read_os(rd, n, inv);
	read_layers(rd, n, inv);
	inv->incomplete = truth(rd, n, "incomplete");
	read_packages(rd, n, inv);
	read_class(rd, n);
	result->comparison = read_comparison(rd, n);
	result->findings = read_findings(rd, n, "findings", inv, &result->finding_count);
	result->ignored = read_findings(rd, n, "ignored", inv, &result->ignored_count);
	sk_map_release(&rd->packages);
}

/* ---- the whole ---- */

static void read_results(struct reader *rd, const struct sk_node *root, struct sk_report *report)
{
	const struct sk_node *list = get(rd, root, "reports", SK_NODE_ARRAY);
	size_t count = list ? list->count : 1;
	struct sk_result *results;

	if (count > SK_MAX_REPORT_TARGETS) {
		rd->failed = sk_err_set(rd->err, SK_ELIMIT, "more than %u targets",
					SK_MAX_REPORT_TARGETS);
		return;
	}
	results = sk_arena_alloc(rd->arena, count * sizeof(*results) + 1);
	report->results = results;
	if (!list)
		read_result(rd, root, &results[report->result_count++]);
	sk_node_each(n, list)
		read_result(rd, n, &results[report->result_count++]);
	report->list_packages = rd->listed;
	report->risk_class = rd->risk_class;
	for (size_t i = 0; i < report->result_count; i++)
		report->show_ignored |= results[i].ignored != NULL;
}

static void read_root(struct reader *rd, const struct sk_node *root, struct sk_report *report)
{
	struct sk_span version = sk_node_str(sk_node_get(root, "schemaVersion"));
	const struct sk_node *created = get(rd, root, "created", SK_NODE_STRING);

	if (!sk_node_is(root, SK_NODE_OBJECT) || !version.len ||
	    !sk_span_is(sk_node_str(sk_node_path(root, "tool", "name", NULL)), "sekisho")) {
		fail(rd, root, "this is no JSON report of sekisho");
		return;
	}
	if (!sk_span_starts(version, "1.")) {
		rd->failed = sk_err_set(rd->err, SK_EUNSUPPORTED, "schemaVersion %.*s is not known",
					(int)version.len, version.ptr);
		return;
	}
	if (!created || !sk_time_parse(sk_node_str(created), &report->created))
		fail(rd, created ? created : root, "'created' is no time");
	report->database_created =
		str(rd, get(rd, root, "database", SK_NODE_OBJECT), "created");
	report->database_newest =
		str(rd, get(rd, root, "database", SK_NODE_OBJECT), "newest");
	read_results(rd, root, report);
}

int sk_report_read(struct sk_report_file *file, struct sk_span text, struct sk_err *err)
{
	struct reader rd = { .arena = &file->arena, .err = err };
	struct sk_doc doc = { 0 };
	int r;

	if (text.len > SK_MAX_REPORT)
		return sk_err_set(err, SK_ELIMIT, "the report has more than %u bytes", SK_MAX_REPORT);
	r = sk_doc_parse(&doc, SK_DOC_JSON, text, SK_DOC_STRICT_KEYS, err);
	if (r == 0) {
		read_root(&rd, doc.root, &file->report);
		r = rd.failed;
	}
	sk_doc_release(&doc);
	sk_map_release(&rd.packages);
	sk_buf_release(&rd.key);
	if (r < 0)
		sk_report_file_release(file);
	return r;
}

int sk_report_load(struct sk_report_file *file, const char *path, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	int r = sk_path_slurp(path, SK_MAX_REPORT, &text, err);

	if (r < 0)
		return r;
	r = sk_report_read(file, sk_buf_view(&text), err);
	return r < 0 ? sk_err_wrap(err, "%s", path) : r;
}

void sk_report_file_release(struct sk_report_file *file)
{
	sk_arena_release(&file->arena);
	*file = (struct sk_report_file){ 0 };
}
