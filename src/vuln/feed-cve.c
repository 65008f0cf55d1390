/* SPDX-License-Identifier: Apache-2.0 */
/* What is published about CVEs as such: CISA's KEV catalogue and FIRST's EPSS scores. */
#include "base/mem.h"
#include "base/time.h"
#include "doc/doc.h"
#include "vuln/feed.h"

#include <math.h>

static void doc_release(struct sk_doc *doc)
{
	sk_doc_release(doc);
}

int sk_kev_read(struct sk_span json, sk_kev_fn fn, void *ctx, int64_t *ret_released,
		struct sk_err *err)
{
	sk_cleanup(doc_release) struct sk_doc doc = { 0 };
	const struct sk_node *list;

	if (sk_doc_parse(&doc, SK_DOC_JSON, json, 0, err) < 0)
		return -err->code;
	list = sk_node_get(doc.root, "vulnerabilities");
	if (!sk_node_is(list, SK_NODE_ARRAY))
		return sk_err_set(err, SK_EINVAL,
				  "not CISA's catalogue: no list \"vulnerabilities\"");
	sk_node_each(item, list)
	{
		struct sk_kev kev = {
			.cve = sk_span_trim(sk_node_str(sk_node_get(item, "cveID"))),
			.name = sk_span_trim(sk_node_str(sk_node_get(item, "vulnerabilityName"))),
			.added = sk_node_str(sk_node_get(item, "dateAdded")),
			.due = sk_node_str(sk_node_get(item, "dueDate")),
		};

		if (sk_span_starts(kev.cve, "CVE-"))
			fn(ctx, &kev);
	}
	if (!sk_time_parse(sk_node_str(sk_node_get(doc.root, "dateReleased")), ret_released))
		*ret_released = 0;
	return 0;
}

/* "0.00043" without the locale's opinion; false if it is not a number from 0 to 1. */
static bool read_fraction(struct sk_span s, double *ret_value)
{
	double value = 0, unit = 1;
	size_t i = 0, digits = 0;

	for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, digits++)
		value = value * 10 + (s.ptr[i] - '0');
	if (i < s.len && s.ptr[i] == '.')
		for (i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, digits++)
			value += (s.ptr[i] - '0') * (unit /= 10);
	if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) { /* "9e-05" */
		uint64_t exponent;

		if (i + 1 >= s.len || s.ptr[i + 1] != '-' ||
		    !sk_span_u64(sk_span_from(s, i + 2), &exponent) || exponent > 300)
			return false;
		value *= pow(10, -(double)exponent);
		i = s.len;
	}
	*ret_value = value;
	return digits && i == s.len && value <= 1;
}

/* "#model_version:v2025.03.14,score_date:2026-08-20T00:00:00+0000" */
static int64_t score_date(struct sk_span line)
{
	ptrdiff_t at = sk_span_find(line, SK_SPAN_LIT("score_date:"));
	int64_t date = 0;

	if (at >= 0)
		sk_time_parse(sk_span_sub(line, (size_t)at + 11, 10), &date);
	return date;
}

int sk_epss_read(struct sk_span csv, sk_epss_fn fn, void *ctx, int64_t *ret_date,
		 size_t *ret_broken, struct sk_err *err)
{
	struct sk_span line;
	size_t good = 0;

	*ret_date = 0;
	*ret_broken = 0;
	while (sk_span_line(&csv, &line)) {
		struct sk_span rest = line, score = { 0 }, percentile = { 0 };
		struct sk_epss epss;

		if (!line.len || sk_span_starts(line, "cve,"))
			continue;
		if (*line.ptr == '#') {
			*ret_date = score_date(line);
			continue;
		}
		sk_span_split(&rest, ',', &epss.cve);
		sk_span_split(&rest, ',', &score);
		sk_span_split(&rest, ',', &percentile);
		if (!sk_span_starts(epss.cve, "CVE-") || !read_fraction(score, &epss.score) ||
		    !read_fraction(percentile, &epss.percentile)) {
			++*ret_broken;
			continue;
		}
		fn(ctx, &epss);
		good++;
	}
	return good ? 0 : sk_err_set(err, SK_EINVAL, "no EPSS scores in it");
}
