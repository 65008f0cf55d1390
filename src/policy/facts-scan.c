/* SPDX-License-Identifier: Apache-2.0 */
/* Image, packages and findings, of a scan that was just made or of its report. */
#include "analyze/eol.h"
#include "base/time.h"
#include "base/map.h"
#include "policy/facts-build.h"
#include "policy/facts-subject.h"

struct builder {
	struct sk_facts *facts;
	const struct sk_facts_scan *scan;
	struct sk_map packages; /* address of a struct sk_package -> its value, one for all of its findings */
	struct sk_cel_value unknown_maturity, unknown_use;
};

static struct sk_cel_value str(struct builder *b, const char *s)
{
	return sk_fact_str(b->facts, s);
}

static struct sk_cel_value time_of(const char *text)
{
	return text ? sk_fact_time(sk_span_str(text)) : (struct sk_cel_value){ 0 };
}

/* ---- the image ---- */

static struct sk_cel_value os_value(struct builder *b, const struct sk_os *os)
{
	static const char *const states[] = {
		[SK_EOL_UNKNOWN] = "unknown", [SK_EOL_ROLLING] = "rolling", [SK_EOL_SUPPORTED] = "supported",
		[SK_EOL_EXTENDED] = "extended", [SK_EOL_ENDED] = "ended",
	};
	struct sk_cel_value v;
	struct sk_fact_Os *f = sk_fact_new(b->facts, SK_TYPE_Os, &v);
	struct sk_eol eol = { 0 };
	enum sk_eol_state state = sk_eol_lookup(os, b->facts->now, &eol);

	f->id = str(b, os->id);
	f->version = str(b, os->version);
	f->name = str(b, os->name);
	f->codename = str(b, os->codename);
	f->variant = str(b, os->variant);
	f->support = state == SK_EOL_UNKNOWN ? sk_fact_unknown(b->facts, "image.os.support") : str(b, states[state]);
	f->supportEnds = time_of(eol.ends);
	f->newer = str(b, eol.newer);
	return v;
}

static struct sk_cel_value label_map(struct builder *b, const struct sk_image_config *c)
{
	struct sk_cel_map *map = sk_cel_map_begin(&b->facts->arena, (uint32_t)c->label_count);

	if (!map)
		abort();
	for (size_t i = 0; i < c->label_count; i++)
		if (!sk_cel_map_put(map, str(b, c->labels[i].name), str(b, c->labels[i].value)))
			abort();
	return sk_cel_map_end(map);
}

static struct sk_cel_value config_value(struct builder *b, const struct sk_image_config *c)
{
	struct sk_cel_value v;
	struct sk_fact_ImageConfig *f = sk_fact_new(b->facts, SK_TYPE_ImageConfig, &v);

	f->user = str(b, c->user);
	f->workingDir = str(b, c->working_dir);
	f->stopSignal = str(b, c->stop_signal);
	f->env = sk_fact_strings(b->facts, &c->env);
	f->entrypoint = sk_fact_strings(b->facts, &c->entrypoint);
	f->cmd = sk_fact_strings(b->facts, &c->cmd);
	f->exposedPorts = sk_fact_strings(b->facts, &c->ports);
	f->volumes = sk_fact_strings(b->facts, &c->volumes);
	f->healthcheck = sk_fact_strings(b->facts, &c->healthcheck);
	f->labels = label_map(b, c);
	return v;
}

/* Builders write the base image into these labels (OCI image-spec, annotations.md); many do not. */
static struct sk_cel_value base_value(struct builder *b, const struct sk_image_config *c)
{
	const char *name = sk_image_label(c, "org.opencontainers.image.base.name");
	const char *digest = sk_image_label(c, "org.opencontainers.image.base.digest");
	struct sk_cel_value v;
	struct sk_fact_BaseImage *f;

	if (!name && !digest)
		return sk_fact_unknown(b->facts, "image.base");
	f = sk_fact_new(b->facts, SK_TYPE_BaseImage, &v);
	f->name = str(b, name);
	f->digest = str(b, digest);
	return v;
}

static struct sk_cel_value history_value(struct builder *b, const struct sk_image_config *c)
{
	struct sk_cel_value v, *items = sk_fact_items(b->facts, c->step_count, &v);

	for (size_t i = 0; i < c->step_count; i++) {
		struct sk_fact_Step *f = sk_fact_new(b->facts, SK_TYPE_Step, &items[i]);

		f->created = time_of(c->history[i].created);
		f->createdBy = str(b, c->history[i].created_by);
		f->comment = str(b, c->history[i].comment);
		f->emptyLayer = sk_cel_bool(c->history[i].empty);
	}
	return v;
}

static struct sk_cel_value layers_value(struct builder *b, int64_t *ret_size)
{
	const struct sk_inventory *inv = b->scan->inventory;
	struct sk_cel_value v, *items = sk_fact_items(b->facts, inv->layer_count, &v);

	for (size_t i = 0; i < inv->layer_count; i++) {
		struct sk_fact_Layer *f = sk_fact_new(b->facts, SK_TYPE_Layer, &items[i]);
		const struct sk_layer *l = &inv->layers[i];

		f->index = sk_cel_int((int64_t)i);
		f->diffId = str(b, l->diff_id);
		f->digest = str(b, l->digest);
		f->size = sk_cel_int((int64_t)l->size);
		f->createdBy = str(b, l->created_by);
		*ret_size += (int64_t)l->size;
	}
	return v;
}

static void name_image(struct builder *b, struct sk_fact_Image *f)
{
	const struct sk_artifact *a = &b->scan->inventory->artifact;
	const char *name = b->scan->reference ? b->scan->reference : a->tag_count ? a->tags[0] : NULL;
	struct sk_strings tags = { a->tags, a->tag_count };
	const struct sk_fact_Reference *ref;
	struct sk_cel_value parsed;

	f->reference = str(b, name ? name : a->name);
	f->tags = sk_fact_strings(b->facts, &tags);
	if (!name)
		return;
	parsed = sk_fact_reference(b->facts, sk_span_str(name));
	ref = (const void *)parsed.object->fields;
	f->registry = ref->registry;
	f->repository = ref->repository;
	f->tag = ref->tag;
}

static void add_image(struct builder *b)
{
	const struct sk_inventory *inv = b->scan->inventory;
	const struct sk_artifact *a = &inv->artifact;
	struct sk_fact_Image *f = sk_fact_new(b->facts, SK_TYPE_Image, &b->facts->slots[SK_FACT_image]);
	int64_t size = 0, created;

	name_image(b, f);
	f->kind = str(b, a->type == SK_ARTIFACT_IMAGE ? "image" : "filesystem");
	f->digest = str(b, a->digest);
	f->platform = str(b, a->platform);
	f->created = time_of(a->created);
	if (f->created.kind != SK_CEL_ABSENT) {
		created = f->created.i;
		f->age = (struct sk_cel_value){ .kind = SK_CEL_DURATION, .i = b->facts->now - created };
	}
	f->scanned = (struct sk_cel_value){ .kind = SK_CEL_TIMESTAMP, .i = b->scan->scanned };
	f->advisories = time_of(b->scan->advisories);
	f->complete = sk_cel_bool(!inv->incomplete);
	for (size_t i = 0; i < inv->os_count && f->os.kind == SK_CEL_ABSENT; i++)
		if (!inv->os[i]->root || !inv->os[i]->root[0])
			f->os = os_value(b, inv->os[i]);
	f->layers = layers_value(b, &size);
	f->size = sk_cel_int(size);
	if (a->config) {
		f->config = config_value(b, a->config);
		f->base = base_value(b, a->config);
		f->history = history_value(b, a->config);
	} else if (a->type == SK_ARTIFACT_IMAGE) { /* a report of before they were written */
		f->config = sk_fact_unknown(b->facts, "image.config");
		f->base = sk_fact_unknown(b->facts, "image.base");
		f->history = sk_fact_unknown(b->facts, "image.history");
	}
}

/* ---- packages ---- */

static struct sk_cel_value flag(const struct sk_package *p, uint32_t bit)
{
	return sk_cel_bool(p->flags & bit);
}

static struct sk_cel_value make_package(struct builder *b, const struct sk_package *p)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };
	struct sk_cel_value v;
	struct sk_fact_Package *f = sk_fact_new(b->facts, SK_TYPE_Package, &v);

	sk_package_full_name(p, &name);
	f->type = str(b, p->type);
	f->name = sk_fact_text(b->facts, sk_buf_view(&name));
	f->version = str(b, p->version);
	f->arch = str(b, p->arch);
	f->sourceName = p->source_name ? str(b, p->source_name) : f->name;
	f->sourceVersion = p->source_version ? str(b, p->source_version) : f->version;
	f->licence = str(b, p->licence);
	f->origin = str(b, p->origin);
	f->purl = str(b, p->purl);
	f->path = str(b, p->path);
	f->line = sk_cel_int(p->line);
	f->layer = sk_cel_int(p->layer);
	f->installed = flag(p, SK_PACKAGE_INSTALLED);
	f->dev = flag(p, SK_PACKAGE_DEV);
	f->indirect = flag(p, SK_PACKAGE_INDIRECT);
	f->foreign = flag(p, SK_PACKAGE_FOREIGN);
	f->main = flag(p, SK_PACKAGE_MAIN);
	return v;
}

static struct sk_cel_value package_value(struct builder *b, const struct sk_package *p)
{
	const struct sk_package **key = sk_fact_alloc(b->facts, sizeof(*key));
	bool is_new;
	void **place;

	*key = p;
	place = sk_map_at(&b->packages, sk_span(key, sizeof(*key)), &is_new);
	if (is_new) {
		struct sk_cel_value *kept = sk_fact_alloc(b->facts, sizeof(*kept));

		*kept = make_package(b, p);
		*place = kept;
	}
	return *(const struct sk_cel_value *)*place;
}

static void add_packages(struct builder *b)
{
	const struct sk_inventory *inv = b->scan->inventory;
	struct sk_cel_value *items;

	if (b->scan->no_packages)
		return;
	items = sk_fact_items(b->facts, inv->package_count, &b->facts->slots[SK_FACT_packages]);
	for (size_t i = 0; i < inv->package_count; i++)
		items[i] = package_value(b, inv->packages[i]);
}

/* ---- findings ---- */

static void fill_use(struct builder *b, struct sk_fact_Finding *f, const struct sk_use *use)
{
	char text[SK_TIME_TEXT];

	f->inUse = b->unknown_use;
	if (!use || use->state == SK_USE_UNKNOWN)
		return;
	f->inUse = sk_cel_bool(use->state == SK_USE_YES);
	if (use->state == SK_USE_YES)
		f->lastInUse = time_of(sk_time_format(use->last, text));
}

static void fill_scores(struct builder *b, struct sk_fact_Finding *f, const struct sk_finding *finding)
{
	int risk = sk_risk_score(finding, b->scan->inventory, b->scan->risk_class);

	if (finding->cvss_score >= 0) {
		struct sk_fact_Cvss *cvss = sk_fact_new(b->facts, SK_TYPE_Cvss, &f->cvss);

		cvss->score = sk_cel_double(finding->cvss_score);
		cvss->vector = str(b, finding->cvss_vector);
	}
	f->kev = sk_cel_bool(finding->kev);
	f->kevDue = time_of(finding->kev_due);
	if (finding->epss >= 0)
		f->epss = sk_cel_double(finding->epss);
	if (finding->epss_percentile >= 0)
		f->epssPercentile = sk_cel_double(finding->epss_percentile);
	f->exploitMaturity = b->unknown_maturity;
	fill_use(b, f, finding->package ? finding->package->use : NULL);
	if (risk >= 0)
		f->risk = sk_cel_double(risk);
}

static void add_finding(struct builder *b, const struct sk_finding *finding, bool accepted, struct sk_cel_value *ret)
{
	struct sk_fact_Finding *f = sk_fact_new(b->facts, SK_TYPE_Finding, ret);
	const struct sk_package *p = finding->package;

	f->kind = str(b, sk_finding_kind_name(finding->kind));
	f->id = str(b, finding->id);
	f->aliases = sk_fact_strings(b->facts, &finding->aliases);
	f->severity = str(b, sk_severity_name(finding->severity));
	f->severityLevel = sk_cel_int(finding->severity);
	f->severitySource = str(b, finding->severity_source);
	f->title = str(b, finding->title);
	if (p)
		f->package = package_value(b, p);
	f->fixedVersion = str(b, finding->fixed_version);
	f->fixState = str(b, sk_fix_state_name(finding->fix));
	fill_scores(b, f, finding);
	f->path = str(b, finding->path ? finding->path : p ? p->path : NULL);
	f->line = sk_cel_int(finding->line ? finding->line : p && !finding->path ? p->line : 0);
	if (finding->layer >= 0)
		f->layer = sk_cel_int(finding->layer);
	else if (p && p->layer < b->scan->inventory->layer_count)
		f->layer = sk_cel_int(p->layer);
	f->remedy = str(b, finding->remedy);
	f->published = time_of(finding->published);
	f->modified = time_of(finding->modified);
	f->accepted = sk_cel_bool(accepted);
	if (accepted)
		f->exception = sk_fact_exception(b->facts, finding);
}

static void add_findings(struct builder *b)
{
	const struct sk_facts_scan *s = b->scan;
	/* Without a database vulnerabilities were not looked for: behind those that are listed there may be others. */
	size_t count = s->finding_count + s->accepted_count;
	struct sk_cel_value *items =
		sk_fact_items(b->facts, count + !s->advisories, &b->facts->slots[SK_FACT_findings]);

	for (size_t i = 0; i < s->finding_count; i++)
		add_finding(b, s->findings[i], false, items++);
	for (size_t i = 0; i < s->accepted_count; i++)
		add_finding(b, s->accepted[i], true, items++);
	if (!s->advisories)
		*items = sk_fact_unknown(b->facts, "findings");
}

void sk_facts_add_scan(struct sk_facts *facts, const struct sk_facts_scan *scan)
{
	struct builder b = {
		.facts = facts,
		.scan = scan,
		.unknown_maturity = sk_fact_unknown(facts, "finding.exploitMaturity"),
		.unknown_use = sk_fact_unknown(facts, "finding.inUse"),
	};

	facts->none &= ~SK_FACTS_OF_IMAGES;
	add_image(&b);
	add_packages(&b);
	add_findings(&b);
	sk_map_release(&b.packages);
}
