/* SPDX-License-Identifier: Apache-2.0 */
#include "finding/cvss-metrics.h"

/* A Complete Guide to the CVSS Version 2.0, section 3.2 (metrics and weights). */
static const double v2_av[] = { 0.395, 0.646, 1.0 };
static const double v2_ac[] = { 0.35, 0.61, 0.71 };
static const double v2_au[] = { 0.45, 0.56, 0.704 };
static const double v2_cia[] = { 0.0, 0.275, 0.660 };
static const double v2_e[] = { 0.85, 0.9, 0.95, 1.0, 1.0 };
static const double v2_rl[] = { 0.87, 0.90, 0.95, 1.0, 1.0 };
static const double v2_rc[] = { 0.90, 0.95, 1.0, 1.0 };
static const double v2_cdp[] = { 0.0, 0.1, 0.3, 0.4, 0.5, 0.0 };
static const double v2_td[] = { 0.0, 0.25, 0.75, 1.0, 1.0 };
static const double v2_req[] = { 0.5, 1.0, 1.51, 1.0 };

static const struct cvss_metric v2_metrics[] = {
	[V2_AV] = { "AV", "L A N", v2_av, 0 },
	[V2_AC] = { "AC", "H M L", v2_ac, 0 },
	[V2_AU] = { "Au", "M S N", v2_au, 0 },
	[V2_C] = { "C", "N P C", v2_cia, 0 },
	[V2_I] = { "I", "N P C", v2_cia, 0 },
	[V2_A] = { "A", "N P C", v2_cia, 0 },
	[V2_E] = { "E", "U POC F H ND", v2_e, 1 },
	[V2_RL] = { "RL", "OF TF W U ND", v2_rl, 1 },
	[V2_RC] = { "RC", "UC UR C ND", v2_rc, 1 },
	[V2_CDP] = { "CDP", "N L LM MH H ND", v2_cdp, 2 },
	[V2_TD] = { "TD", "N L M H ND", v2_td, 2 },
	[V2_CR] = { "CR", "L M H ND", v2_req, 2 },
	[V2_IR] = { "IR", "L M H ND", v2_req, 2 },
	[V2_AR] = { "AR", "L M H ND", v2_req, 2 },
};

/* CVSS v3.1 specification, section 7.4; 3.0 has the same weights. PR with unchanged scope. */
static const double v3_av[] = { 0.85, 0.62, 0.55, 0.2, 1.0 };
static const double v3_ac[] = { 0.77, 0.44, 1.0 };
static const double v3_pr[] = { 0.85, 0.62, 0.27, 1.0 };
static const double v3_ui[] = { 0.85, 0.62, 1.0 };
static const double v3_s[] = { 0.0, 1.0, 0.0 };
static const double v3_cia[] = { 0.56, 0.22, 0.0, 1.0 };
static const double v3_e[] = { 1.0, 0.97, 0.94, 0.91, 1.0 };
static const double v3_rl[] = { 1.0, 0.97, 0.96, 0.95, 1.0 };
static const double v3_rc[] = { 1.0, 0.96, 0.92, 1.0 };
static const double v3_req[] = { 1.5, 1.0, 0.5, 1.0 };

static const struct cvss_metric v3_metrics[] = {
	[V3_AV] = { "AV", "N A L P", v3_av, 0 },
	[V3_AC] = { "AC", "L H", v3_ac, 0 },
	[V3_PR] = { "PR", "N L H", v3_pr, 0 },
	[V3_UI] = { "UI", "N R", v3_ui, 0 },
	[V3_S] = { "S", "U C", v3_s, 0 },
	[V3_C] = { "C", "H L N", v3_cia, 0 },
	[V3_I] = { "I", "H L N", v3_cia, 0 },
	[V3_A] = { "A", "H L N", v3_cia, 0 },
	[V3_E] = { "E", "H F P U X", v3_e, 1 },
	[V3_RL] = { "RL", "U W T O X", v3_rl, 1 },
	[V3_RC] = { "RC", "C R U X", v3_rc, 1 },
	[V3_CR] = { "CR", "H M L X", v3_req, 2 },
	[V3_IR] = { "IR", "H M L X", v3_req, 2 },
	[V3_AR] = { "AR", "H M L X", v3_req, 2 },
	[V3_MAV] = { "MAV", "N A L P X", v3_av, 2 },
	[V3_MAC] = { "MAC", "L H X", v3_ac, 2 },
	[V3_MPR] = { "MPR", "N L H X", v3_pr, 2 },
	[V3_MUI] = { "MUI", "N R X", v3_ui, 2 },
	[V3_MS] = { "MS", "U C X", v3_s, 2 },
	[V3_MC] = { "MC", "H L N X", v3_cia, 2 },
	[V3_MI] = { "MI", "H L N X", v3_cia, 2 },
	[V3_MA] = { "MA", "H L N X", v3_cia, 2 },
};

/* CVSS v4.0 specification, section 7 (vector string). A value's place in its list is its severity
 * level. */
static const struct cvss_metric v4_metrics[] = {
	[V4_AV] = { "AV", "N A L P", NULL, 0 },
	[V4_AC] = { "AC", "L H", NULL, 0 },
	[V4_AT] = { "AT", "N P", NULL, 0 },
	[V4_PR] = { "PR", "N L H", NULL, 0 },
	[V4_UI] = { "UI", "N P A", NULL, 0 },
	[V4_VC] = { "VC", "H L N", NULL, 0 },
	[V4_VI] = { "VI", "H L N", NULL, 0 },
	[V4_VA] = { "VA", "H L N", NULL, 0 },
	[V4_SC] = { "SC", "H L N", NULL, 0 },
	[V4_SI] = { "SI", "H L N", NULL, 0 },
	[V4_SA] = { "SA", "H L N", NULL, 0 },
	[V4_E] = { "E", "A P U X", NULL, 1 },
	[V4_CR] = { "CR", "H M L X", NULL, 2 },
	[V4_IR] = { "IR", "H M L X", NULL, 2 },
	[V4_AR] = { "AR", "H M L X", NULL, 2 },
	[V4_MAV] = { "MAV", "N A L P X", NULL, 2 },
	[V4_MAC] = { "MAC", "L H X", NULL, 2 },
	[V4_MAT] = { "MAT", "N P X", NULL, 2 },
	[V4_MPR] = { "MPR", "N L H X", NULL, 2 },
	[V4_MUI] = { "MUI", "N P A X", NULL, 2 },
	[V4_MVC] = { "MVC", "H L N X", NULL, 2 },
	[V4_MVI] = { "MVI", "H L N X", NULL, 2 },
	[V4_MVA] = { "MVA", "H L N X", NULL, 2 },
	[V4_MSC] = { "MSC", "H L N X", NULL, 2 },
	[V4_MSI] = { "MSI", "S H L N X", NULL, 2 },
	[V4_MSA] = { "MSA", "S H L N X", NULL, 2 },
	[V4_S] = { "S", "N P X", NULL, 3 },
	[V4_AU] = { "AU", "N Y X", NULL, 3 },
	[V4_R] = { "R", "A U I X", NULL, 3 },
	[V4_V] = { "V", "D C X", NULL, 3 },
	[V4_RE] = { "RE", "L M H X", NULL, 3 },
	[V4_U] = { "U", "Clear Green Amber Red X", NULL, 3 },
};

const struct cvss_spec sk_cvss_specs[] = {
	[SK_CVSS_2_0] = { "2.0", "", v2_metrics, V2_COUNT, true, true },
	[SK_CVSS_3_0] = { "3.0", "CVSS:3.0/", v3_metrics, V3_COUNT, false, false },
	[SK_CVSS_3_1] = { "3.1", "CVSS:3.1/", v3_metrics, V3_COUNT, false, false },
	[SK_CVSS_4_0] = { "4.0", "CVSS:4.0/", v4_metrics, V4_COUNT, true, false },
};

/* Place of text in a list separated by blanks, or -1. */
static int list_find(const char *list, struct sk_span text)
{
	struct sk_span rest = sk_span_str(list), item;

	for (int i = 0; sk_span_split(&rest, ' ', &item); i++)
		if (sk_span_eq(item, text))
			return i;
	return -1;
}

static struct sk_span list_at(const char *list, int place)
{
	struct sk_span rest = sk_span_str(list), item = { 0 };

	for (int i = 0; i <= place && sk_span_split(&rest, ' ', &item); i++)
		;
	return item;
}

static int metric_find(const struct cvss_spec *spec, struct sk_span name)
{
	for (int i = 0; i < spec->count; i++)
		if (sk_span_is(name, spec->metrics[i].name))
			return i;
	return -1;
}

int sk_cvss_defined(const struct sk_cvss *cvss, int metric)
{
	const char *values = sk_cvss_specs[cvss->version].metrics[metric].values;
	int place = cvss->value[metric] - 1;
	struct sk_span value;

	if (place < 0)
		return -1;
	value = list_at(values, place);
	return sk_span_is(value, "X") || sk_span_is(value, "ND") ? -1 : place;
}

/* One "metric:value"; *last is the place of the metric before it. */
static int parse_metric(struct sk_cvss *cvss, const struct cvss_spec *spec, struct sk_span part,
			int *last, struct sk_err *err)
{
	ptrdiff_t colon = sk_span_chr(part, ':');
	int metric, value;

	if (colon < 0)
		return sk_err_set(err, SK_EINVAL, "\"%.*s\" is not metric:value",
				  (int)(part.len < 40 ? part.len : 40), part.len ? part.ptr : "");
	metric = metric_find(spec, sk_span_sub(part, 0, (size_t)colon));
	if (metric < 0)
		return sk_err_set(err, SK_EINVAL, "CVSS %s has no metric \"%.*s\"", spec->name,
				  (int)(colon < 40 ? colon : 40), part.ptr);
	value = list_find(spec->metrics[metric].values, sk_span_from(part, (size_t)colon + 1));
	if (value < 0)
		return sk_err_set(err, SK_EINVAL,
				  "CVSS %s: metric %s has a value that is not defined", spec->name,
				  spec->metrics[metric].name);
	if (cvss->value[metric])
		return sk_err_set(err, SK_EINVAL, "metric %s is given twice",
				  spec->metrics[metric].name);
	if (spec->ordered && metric < *last)
		return sk_err_set(err, SK_EINVAL, "metric %s is out of order",
				  spec->metrics[metric].name);
	cvss->value[metric] = (uint8_t)(value + 1);
	*last = metric;
	return 0;
}

static int check_complete(const struct sk_cvss *cvss, const struct cvss_spec *spec,
			  struct sk_err *err)
{
	bool given[4] = { true };

	for (int i = 0; spec->whole_groups && i < spec->count; i++)
		if (cvss->value[i])
			given[spec->metrics[i].group] = true;
	for (int i = 0; i < spec->count; i++)
		if (!cvss->value[i] && given[spec->metrics[i].group])
			return sk_err_set(err, SK_EINVAL, "metric %s is missing",
					  spec->metrics[i].name);
	return 0;
}

int sk_cvss_parse(struct sk_cvss *cvss, struct sk_span vector, struct sk_err *err)
{
	struct sk_cvss result = { 0 };
	const struct cvss_spec *spec;
	struct sk_span rest, part;
	int version = SK_CVSS_4_0, last = 0, r;

	while (version > SK_CVSS_2_0 && !sk_span_starts(vector, sk_cvss_specs[version].prefix))
		version--;
	result.version = (enum sk_cvss_version)version;
	spec = &sk_cvss_specs[version];
	rest = sk_span_from(vector, strlen(spec->prefix));
	while (sk_span_split(&rest, '/', &part)) {
		r = parse_metric(&result, spec, part, &last, err);
		if (r < 0)
			return r;
	}
	if (sk_span_ends(vector, "/"))
		return sk_err_set(err, SK_EINVAL, "the vector ends with \"/\"");
	r = check_complete(&result, spec, err);
	if (r < 0)
		return r;
	*cvss = result;
	return 0;
}

void sk_cvss_format(const struct sk_cvss *cvss, struct sk_buf *buf)
{
	const struct cvss_spec *spec = &sk_cvss_specs[cvss->version];
	const char *separator = "";

	sk_buf_puts(buf, spec->prefix);
	for (int i = 0; i < spec->count; i++) {
		if (!cvss->value[i])
			continue;
		sk_buf_printf(buf, "%s%s:", separator, spec->metrics[i].name);
		sk_buf_span(buf, list_at(spec->metrics[i].values, cvss->value[i] - 1));
		separator = "/";
	}
}

double sk_cvss_score(const struct sk_cvss *cvss)
{
	switch (cvss->version) {
	case SK_CVSS_2_0:
		return sk_cvss_score2(cvss);
	case SK_CVSS_3_0:
	case SK_CVSS_3_1:
		return sk_cvss_score3(cvss);
	case SK_CVSS_4_0:
		return sk_cvss_score4(cvss);
	}
	return 0;
}

enum sk_severity sk_cvss_severity(enum sk_cvss_version version, double score)
{
	if (version == SK_CVSS_2_0)
		return score >= 7   ? SK_SEVERITY_HIGH
		       : score >= 4 ? SK_SEVERITY_MEDIUM
				    : SK_SEVERITY_LOW;
	if (score >= 9)
		return SK_SEVERITY_CRITICAL;
	if (score >= 7)
		return SK_SEVERITY_HIGH;
	if (score >= 4)
		return SK_SEVERITY_MEDIUM;
	return score > 0 ? SK_SEVERITY_LOW : SK_SEVERITY_NEGLIGIBLE;
}

const char *sk_cvss_version_name(enum sk_cvss_version version)
{
	return sk_cvss_specs[version].name;
}
