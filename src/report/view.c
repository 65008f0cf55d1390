/* SPDX-License-Identifier: Apache-2.0 */
#include "report/view.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/time.h"

#include <openssl/evp.h>
#include <stdio.h>

struct sk_counts sk_report_counts(const struct sk_result *result)
{
	struct sk_counts counts = { 0 };
	struct sk_map packages = { 0 };

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct sk_finding *f = result->findings[i];
		bool is_new;

		counts.kind[f->kind]++;
		if (f->kind == SK_FINDING_COVERAGE)
			continue;
		counts.findings++;
		counts.severity[f->severity]++;
		counts.kev += f->kev;
		if (f->kind != SK_FINDING_VULNERABILITY)
			continue;
		counts.used += sk_finding_use(f) == SK_USE_YES;
		counts.fixable += f->fixed_version != NULL;
		if (!f->package)
			continue;
		sk_map_at(&packages, sk_span(&result->findings[i]->package, sizeof(f->package)),
			  &is_new);
		counts.vulnerable_packages += is_new;
	}
	sk_map_release(&packages);
	return counts;
}

void sk_counts_add(struct sk_counts *sum, const struct sk_counts *more)
{
	sum->findings += more->findings;
	for (size_t i = 0; i < SK_SEVERITY_COUNT; i++)
		sum->severity[i] += more->severity[i];
	for (size_t i = 0; i < SK_KIND_COUNT; i++)
		sum->kind[i] += more->kind[i];
	sum->kev += more->kev;
	sum->used += more->used;
	sum->fixable += more->fixable;
	sum->vulnerable_packages += more->vulnerable_packages;
}

enum sk_outcome sk_report_outcome(const struct sk_report *report, const struct sk_result *result,
				  const struct sk_counts *counts)
{
	const struct sk_inventory *inv = result->inventory;

	if (counts->findings)
		return SK_OUTCOME_FINDINGS;
	if (!inv->package_count && inv->incomplete)
		return SK_OUTCOME_UNREADABLE;
	if (report->packages_only)
		return SK_OUTCOME_UNASKED;
	if (!report->database_created)
		return SK_OUTCOME_UNMATCHED;
	if (!inv->package_count)
		return SK_OUTCOME_EMPTY;
	return counts->kind[SK_FINDING_COVERAGE] ? SK_OUTCOME_PARTLY : SK_OUTCOME_CLEAN;
}

bool sk_report_is_distribution(const struct sk_package *package)
{
	return sk_package_is_distribution(package);
}

void sk_report_name(const struct sk_package *package, struct sk_buf *buf)
{
	sk_package_full_name(package, buf);
}

const struct sk_os *sk_report_os(const struct sk_result *result)
{
	const struct sk_inventory *inv = result->inventory;

	for (size_t i = 0; i < inv->os_count; i++)
		if (!inv->os[i]->root || !inv->os[i]->root[0])
			return inv->os[i];
	return NULL;
}

const char *sk_report_os_name(const struct sk_os *os)
{
	return os->name ? os->name : os->id ? os->id : "unknown system";
}

int32_t sk_report_package_layer(const struct sk_result *result, const struct sk_package *package)
{
	return package && package->layer < result->inventory->layer_count ? (int32_t)package->layer
									  : -1;
}

int32_t sk_report_finding_layer(const struct sk_result *result, const struct sk_finding *finding)
{
	if (finding->layer >= 0 && (size_t)finding->layer < result->inventory->layer_count)
		return finding->layer;
	return sk_report_package_layer(result, finding->package);
}

const char *sk_report_diff_id(const struct sk_result *result, int32_t layer)
{
	return layer >= 0 ? result->inventory->layers[layer].diff_id : NULL;
}

const char *sk_report_path(const struct sk_finding *finding)
{
	if (finding->path)
		return finding->path;
	return finding->package ? finding->package->path : NULL;
}

const char *sk_report_artifact_type(const struct sk_result *result)
{
	return result->inventory->artifact.type == SK_ARTIFACT_IMAGE ? "image" : "filesystem";
}

double sk_report_score(const struct sk_finding *finding)
{
	static const struct {
		double least, below, middle;
	} ranges[SK_SEVERITY_COUNT] = {
		[SK_SEVERITY_UNKNOWN] = { 0, 0, 0.1 },
		[SK_SEVERITY_NEGLIGIBLE] = { 0.1, 0.1, 0.1 },
		[SK_SEVERITY_LOW] = { 0.1, 4.0, 2.0 },
		[SK_SEVERITY_MEDIUM] = { 4.0, 7.0, 5.5 },
		[SK_SEVERITY_HIGH] = { 7.0, 9.0, 8.0 },
		[SK_SEVERITY_CRITICAL] = { 9.0, 10.1, 9.5 },
	};
	double score = finding->cvss_score;

	return score >= ranges[finding->severity].least && score < ranges[finding->severity].below
		   ? score
		   : ranges[finding->severity].middle;
}

/* "not_affected" with blanks; what is merely accepted needs no word for it. */
static void put_status(const struct sk_statement *s, struct sk_buf *buf)
{
	if (s->status == SK_VEX_ACCEPTED)
		return;
	for (const char *c = sk_vex_status_name(s->status); *c; c++)
		sk_buf_putc(buf, *c == '_' ? ' ' : *c);
	if (s->justification)
		sk_buf_printf(buf, ", %s", s->justification);
	sk_buf_puts(buf, ": ");
}

void sk_report_statement(const struct sk_statement *s, struct sk_buf *buf)
{
	put_status(s, buf);
	sk_buf_printf(buf, "%s (%s", s->reason ? s->reason : "no reason given",
		      s->owner ? s->owner : "no owner");
	if (s->ticket)
		sk_buf_printf(buf, ", %s", s->ticket);
	if (s->until || !s->timestamp)
		sk_buf_printf(buf, ", until %s)", s->until ? s->until : "further notice");
	else
		sk_buf_printf(buf, ", %s)", s->timestamp);
}

bool sk_report_comparison(const struct sk_result *result, struct sk_buf *buf)
{
	const struct sk_comparison *c = result->comparison;

	if (!c)
		return false;
	sk_buf_printf(buf, "Compared with %s of %s: %zu new, %zu known already, %zu gone", c->base,
		      c->created, sk_report_counts(result).findings, c->known, c->gone);
	return true;
}

bool sk_report_risk(const struct sk_report *report, const struct sk_result *result,
		    struct sk_buf *buf)
{
	struct sk_risk risk;

	sk_risk_of_subject(result->findings, result->finding_count, result->inventory,
			   report->risk_class, &risk);
	if (!risk.score)
		return false;
	sk_buf_printf(buf, "Risk %d of 100", risk.score);
	for (size_t i = 0; i < risk.count; i++)
		if (risk.terms[i].value > 0)
			sk_buf_printf(buf, "%s %s %.0f", i ? "," : ":", risk.terms[i].why,
				      risk.terms[i].value);
	return true;
}

uint64_t sk_report_fingerprint(const struct sk_finding *f)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	const char *path = sk_report_path(f);

	sk_buf_printf(&key, "%s\n%s\n", f->id && f->id[0] ? f->id : sk_finding_kind_name(f->kind),
		      path ? path : "");
	if (f->package) {
		sk_buf_printf(&key, "%s\n", f->package->type);
		sk_report_name(f->package, &key);
	}
	return sk_hash_stable(sk_buf_view(&key));
}

/* A finding with its place, for sorting: the layer is not in the finding alone. */
struct placed {
	struct sk_finding *finding;
	int32_t layer;
	bool distribution;
	const char *path;
	size_t order;
};

static int cmp_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int c;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	if (x->distribution != y->distribution)
		return x->distribution ? -1 : 1;
	c = x->distribution ? 0 : strcmp(x->path, y->path);
	return c ? c : (x->order > y->order) - (x->order < y->order);
}

struct sk_finding **sk_report_by_place(const struct sk_result *result, struct sk_arena *arena)
{
	size_t n = result->finding_count;
	struct placed *all = sk_alloc((n + 1) * sizeof(*all));
	struct sk_finding **sorted = sk_arena_alloc(arena, (n + 1) * sizeof(struct sk_finding *));

	for (size_t i = 0; i < n; i++) {
		struct sk_finding *f = result->findings[i];
		const char *path = sk_report_path(f);

		all[i] =
		    (struct placed){ f, sk_report_finding_layer(result, f),
				     sk_report_is_distribution(f->package), path ? path : "", i };
	}
	qsort(all, n, sizeof(*all), cmp_placed);
	for (size_t i = 0; i < n; i++)
		sorted[i] = all[i].finding;
	free(all);
	return sorted;
}

static void hash_str(EVP_MD_CTX *sha, const char *s)
{
	EVP_DigestUpdate(sha, s ? s : "", s ? strlen(s) + 1 : 1);
}

static void hash_result(EVP_MD_CTX *sha, const struct sk_result *result)
{
	hash_str(sha, result->inventory->artifact.name);
	hash_str(sha, result->inventory->artifact.digest);
	for (size_t i = 0; i < result->inventory->package_count; i++)
		hash_str(sha, result->inventory->packages[i]->purl);
	for (size_t i = 0; i < result->finding_count; i++)
		hash_str(sha, result->findings[i]->id);
}

void sk_report_uuid(const struct sk_report *report, const char *format, char *text)
{
	EVP_MD_CTX *sha = EVP_MD_CTX_new();
	uint8_t h[EVP_MAX_MD_SIZE] = { 0 };
	char time[SK_TIME_TEXT];

	EVP_DigestInit_ex(sha, EVP_sha256(), NULL);
	hash_str(sha, format);
	hash_str(sha, sk_time_format(report->created, time));
	for (size_t i = 0; i < report->result_count; i++)
		hash_result(sha, &report->results[i]);
	EVP_DigestFinal_ex(sha, h, NULL);
	EVP_MD_CTX_free(sha);
	h[6] = (uint8_t)(0x80 | (h[6] & 0x0f));
	h[8] = (uint8_t)(0x80 | (h[8] & 0x3f));
	for (size_t i = 0; i < 16; i++)
		text +=
		    sprintf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", h[i]);
}

void sk_report_fold(const char *s, struct sk_buf *buf)
{
	bool blank = false, any = false;

	for (; *s; s++) {
		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r') {
			blank = true;
			continue;
		}
		if (blank && any)
			sk_buf_putc(buf, ' ');
		sk_buf_putc(buf, *s);
		blank = false;
		any = true;
	}
}

void sk_report_step(const char *created_by, struct sk_buf *buf)
{
	static const char *const before[] = { "/bin/sh -c #(nop)", "/bin/sh -c", "|0 /bin/sh -c" };
	struct sk_span s = sk_span_trim(sk_span_str(created_by));
	sk_autofree char *text = NULL;
	bool run = false;

	for (size_t i = 0; i < SK_COUNT(before); i++) {
		if (!sk_span_starts(s, before[i]))
			continue;
		s = sk_span_trim(sk_span_from(s, strlen(before[i])));
		run = i > 0;
		break;
	}
	if (sk_span_ends(s, "# buildkit"))
		s = sk_span_trim(sk_span_sub(s, 0, s.len - strlen("# buildkit")));
	if (sk_span_starts(s, "RUN /bin/sh -c ")) {
		s = sk_span_from(s, strlen("RUN /bin/sh -c "));
		run = true;
	}
	if (run)
		sk_buf_puts(buf, "RUN ");
	text = sk_strndup(s.ptr ? s.ptr : "", s.len);
	sk_report_fold(text, buf);
}

bool sk_report_is_url(const char *s)
{
	if (!s || (strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0))
		return false;
	for (; *s; s++)
		if (*s <= ' ' || *s >= 0x7f || strchr("\"'<>\\^`{|}()[]", *s))
			return false;
	return true;
}

bool sk_report_id_url(const char *id, struct sk_buf *buf)
{
	const char *base = "https://osv.dev/vulnerability/";

	if (!id || !id[0])
		return false;
	for (const char *c = id; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || *c == '-' || *c == ':' || *c == '_'))
			return false;
	if (strncmp(id, "CVE-", 4) == 0)
		base = "https://nvd.nist.gov/vuln/detail/";
	else if (strncmp(id, "GHSA-", 5) == 0)
		base = "https://github.com/advisories/";
	sk_buf_printf(buf, "%s%s", base, id);
	return true;
}

void sk_report_uri(const char *path, struct sk_buf *buf)
{
	struct sk_span rest = sk_span_str(path), part;
	const char *separator = "";

	while (sk_span_split(&rest, '/', &part)) {
		if (!part.len || sk_span_is(part, "."))
			continue;
		sk_buf_puts(buf, separator);
		separator = "/";
		if (sk_span_is(part, "..")) {
			sk_buf_puts(buf,
				    "%2E%2E%2F"); /* a part of that name, not the folder above */
			continue;
		}
		for (size_t i = 0; i < part.len; i++) {
			uint8_t c = (uint8_t)part.ptr[i];

			if (c > ' ' && c < 0x7f && !strchr("\"#%<>?[\\]^`{|}:@", c))
				sk_buf_putc(buf, (char)c);
			else
				sk_buf_printf(buf, "%%%02X", c);
		}
	}
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_one(const struct sk_result *result, const struct sk_finding *a,
		   const struct sk_finding *b)
{
	const struct sk_package *p = a->package, *q = b->package;

	return a->kind == b->kind && a->severity == b->severity && same(a->id, b->id) && p && q &&
	       p != q && sk_report_is_distribution(p) && strcmp(p->type, q->type) == 0 &&
	       same(p->version, q->version) && same(p->root, q->root) &&
	       same(a->fixed_version, b->fixed_version) &&
	       same(p->source_name ? p->source_name : p->name,
		    q->source_name ? q->source_name : q->name) &&
	       sk_report_finding_layer(result, a) == sk_report_finding_layer(result, b);
}

size_t sk_report_run(const struct sk_result *result, struct sk_finding *const *findings,
		     size_t count)
{
	size_t n = count ? 1 : 0;

	while (n < count && is_one(result, findings[0], findings[n]))
		n++;
	return n;
}

bool sk_report_run_used(struct sk_finding *const *run, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sk_finding_use(run[i]) == SK_USE_YES)
			return true;
	return false;
}

void sk_report_run_names(struct sk_finding *const *run, size_t count, size_t most,
			 struct sk_buf *buf)
{
	size_t shown = count <= most ? count : most - 1;

	for (size_t i = 0; i < shown; i++) {
		sk_buf_puts(buf, i ? ", " : "");
		if (run[i]->package)
			sk_report_name(run[i]->package, buf);
	}
	if (shown < count)
		sk_buf_printf(buf, " +%zu more", count - shown);
}
