/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "base/fd.h"
#include "finding/cvss.h"

#include <math.h>

struct line {
	struct sk_span vector, rest; /* rest: after the vector, without the comment sign */
	bool comment;
};

/* A case: "VECTOR [SCORE] [# comment]"; false for a line without one. */
static bool parse_line(struct sk_span text, struct line *line)
{
	size_t n = 0;

	text = sk_span_trim(text);
	if (!text.len || text.ptr[0] == '#')
		return false;
	while (n < text.len && text.ptr[n] != ' ')
		n++;
	line->vector = sk_span_sub(text, 0, n);
	line->rest = sk_span_trim(sk_span_from(text, n));
	line->comment = sk_span_starts(line->rest, "#OK");
	return true;
}

static void check(const char *name, const struct line *line)
{
	const char *kind = strchr(name, '_') + 1;
	sk_cleanup(sk_buf_release) struct sk_buf again = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_cvss cvss;
	int r = sk_cvss_parse(&cvss, line->vector, &err);
	int len = (int)line->vector.len;

	if (strcmp(kind, "error") == 0) {
		/* "v4_error" lists what is no vector of version 4, though it may be one of another.
		 */
		expect((r == 0 && sk_cvss_version_name(cvss.version)[0] == name[1]) ==
			   line->comment,
		       "%.*s is %s", len, line->vector.ptr, line->comment ? "right" : "wrong");
		expect(r == 0 || err.text[0], "%.*s says what is wrong", len, line->vector.ptr);
		return;
	}
	expect(r == 0, "%.*s: %s", len, line->vector.ptr, err.text);
	if (r < 0)
		return;
	sk_cvss_format(&cvss, &again);
	if (strcmp(kind, "roundtrip") == 0)
		expect(sk_span_eq(sk_buf_view(&again), line->vector), "%.*s comes back as %s", len,
		       line->vector.ptr, sk_buf_str(&again));
	else
		expect(fabs(sk_cvss_score(&cvss) - strtod(line->rest.ptr, NULL)) < 0.01,
		       "%.*s scores %.1f, not %.4s", len, line->vector.ptr, sk_cvss_score(&cvss),
		       line->rest.ptr);
}

static void test_corpus(const char *dir, const char *name)
{
	sk_autofree char *path = sk_printf("%s/cvss/%s.list", dir, name);
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_span rest, line;
	struct line c;
	int count = 0;

	ok(sk_path_slurp(path, 1 << 20, &text, &err) == 0, "read %s", name);
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line)) {
		if (!parse_line(line, &c))
			continue;
		check(name, &c);
		count++;
	}
	ok(count > 5, "%s: %d cases", name, count);
}

static double score(const char *vector)
{
	struct sk_cvss cvss;

	return sk_cvss_parse(&cvss, sk_span_str(vector), NULL) < 0 ? -1 : sk_cvss_score(&cvss);
}

/* What the corpus leaves out; scores by FIRST's calculators. */
static void test_more(void)
{
	static const struct {
		const char *vector;
		double score;
	} cases[] = {
		/* the environmental equations of 3.0 and 3.1 differ where the scope changes */
		{ "CVSS:3.0/AV:N/AC:L/PR:L/UI:R/S:U/C:H/I:H/A:L/CR:H/MS:C", 9.0 },
		{ "CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:U/C:H/I:H/A:L/CR:H/MS:C", 9.1 },
		{ "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H/MPR:N", 9.8 },
		{ "CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N", 9.8 }, /* any order */
		{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U", 7.8 },
		{ "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0 },
		{ "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N/MVC:L", 6.9 },
		{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", -1 },
		{ "(AV:N/AC:L/Au:N/C:N/I:N/A:C)", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++)
		ok(fabs(score(cases[i].vector) - cases[i].score) < 0.01,
		   "\"%s\" scores %.1f (%.1f)", cases[i].vector, cases[i].score,
		   score(cases[i].vector));
	is_int(sk_cvss_severity(SK_CVSS_2_0, 10.0), SK_SEVERITY_HIGH);
	is_int(sk_cvss_severity(SK_CVSS_3_1, 9.0), SK_SEVERITY_CRITICAL);
	is_int(sk_cvss_severity(SK_CVSS_4_0, 6.9), SK_SEVERITY_MEDIUM);
	is_int(sk_cvss_severity(SK_CVSS_4_0, 0.1), SK_SEVERITY_LOW);
	is_int(sk_cvss_severity(SK_CVSS_4_0, 0.0), SK_SEVERITY_NEGLIGIBLE);
}

static void test_finding(void)
{
	struct sk_package curl = { .name = "curl", .version = "1" };
	struct sk_finding low = { .id = "CVE-1", .severity = SK_SEVERITY_LOW };
	struct sk_finding high = { .id = "CVE-2", .severity = SK_SEVERITY_HIGH };
	struct sk_finding kev = { .id = "CVE-3", .severity = SK_SEVERITY_HIGH, .kev = true };
	struct sk_finding of_curl = { .id = "CVE-2",
				      .severity = SK_SEVERITY_HIGH,
				      .package = &curl };
	struct sk_finding none = { .severity = SK_SEVERITY_HIGH };
	struct sk_finding *all[] = { &low, &of_curl, &high, &kev, &none };
	enum sk_severity severity;

	qsort(all, SK_COUNT(all), sizeof(all[0]), sk_finding_cmp);
	ok(all[0] == &kev && all[1] == &none && all[2] == &high && all[3] == &of_curl &&
	       all[4] == &low,
	   "the worst first, exploited ones before others");
	ok(sk_severity_parse(SK_SPAN_LIT(" Important "), &severity) && severity == SK_SEVERITY_HIGH,
	   "important is high");
	ok(sk_severity_parse(SK_SPAN_LIT("MODERATE"), &severity) && severity == SK_SEVERITY_MEDIUM,
	   "moderate is medium");
	ok(!sk_severity_parse(SK_SPAN_LIT("urgent"), &severity), "urgent is no severity");
	is_str(sk_finding_kind_name(SK_FINDING_LICENCE), "licence");
	is_str(sk_severity_name(SK_SEVERITY_CRITICAL), "critical");
	is_str(sk_fix_state_name(SK_FIX_WONT), "will_not_fix");
}

int main(void)
{
	static const char *const lists[] = { "v2_error",     "v2_roundtrip", "v2_score",
					     "v30_score",    "v31_score",    "v3_error",
					     "v3_roundtrip", "v4_error",     "v4_roundtrip",
					     "v4_score" };

	for (size_t i = 0; corpora() && i < SK_COUNT(lists); i++)
		test_corpus(corpora(), lists[i]);
	if (!corpora())
		skip("the third-party cases are not here");
	test_more();
	test_finding();
	return tap_done();
}
