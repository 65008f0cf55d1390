/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How bad it is: the vendor's word for this package first, then the score of
 * a CVSS vector of the records that matched, then what is said of the CVE
 * elsewhere. And whose word it is.
 */
#include "finding/cvss.h"
#include "vuln/match-internal.h"

/* The vector of the latest version of CVSS that can be read. */
static void best_vector(const struct sk_db_record *record, struct sk_cvss *best,
			const char **ret_text)
{
	for (size_t i = 0; i < record->vector_count; i++) {
		struct sk_cvss cvss;

		if (sk_cvss_parse(&cvss, sk_span_str(record->vectors[i]), NULL) < 0)
			continue;
		if (*ret_text && cvss.version <= best->version)
			continue;
		*best = cvss;
		*ret_text = record->vectors[i];
	}
}

static void set_vector(struct sk_matcher *m, const struct sk_cvss *cvss, const char *text,
		       struct sk_finding *f)
{
	f->cvss_vector = text;
	f->cvss_score = sk_cvss_score(cvss);
	if (f->severity)
		return;
	f->severity = sk_cvss_severity(cvss->version, f->cvss_score);
	f->severity_source =
	    sk_arena_printf(m->arena, "cvss:%s", sk_cvss_version_name(cvss->version));
}

/* The word of the publisher who knows best; of several by the same, the gravest. */
static void set_word(const struct sk_hit *const *hits, size_t count, struct sk_finding *f)
{
	const struct sk_publisher *who = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct sk_publisher *publisher = hits[i]->record.publisher;

		if (!hits[i]->severity || (who && publisher->rank > who->rank) ||
		    (who && publisher->rank == who->rank && hits[i]->severity <= f->severity))
			continue;
		who = publisher;
		f->severity = hits[i]->severity;
		f->severity_source = publisher->name;
	}
}

int sk_match_severity(struct sk_matcher *m, const struct sk_hit *const *hits, size_t count,
		      int64_t described_by, struct sk_finding *f, struct sk_err *err)
{
	struct sk_cvss cvss = { 0 };
	const char *vector = NULL;
	struct sk_db_record record;

	f->cvss_score = -1;
	set_word(hits, count, f);
	for (size_t i = 0; i < count; i++)
		best_vector(&hits[i]->record, &cvss, &vector);
	if (vector)
		set_vector(m, &cvss, vector, f);
	if ((f->severity && vector) || described_by < 0)
		return 0;
	if (sk_db_record(m->db, (uint32_t)described_by, m->arena, &record, err) < 0)
		return -err->code;
	if (!f->severity && record.severity) {
		f->severity = record.severity;
		f->severity_source = record.publisher->name;
	}
	if (!vector) {
		best_vector(&record, &cvss, &vector);
		if (vector)
			set_vector(m, &cvss, vector, f);
	}
	return 0;
}
