/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the names of one finding, through every format: the output is
 * UTF-8 without control characters, and the widths, cuts and escapes hold.
 */
#include "base/text.h"
#include "report/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next NUL-terminated field of the input; NULL when it is used up. */
static const char *next(struct sk_arena *arena, struct sk_span *rest)
{
	struct sk_span field;

	return sk_span_split(rest, '\0', &field) ? sk_arena_dup(arena, field) : NULL;
}

static void check(const struct sk_buf *out)
{
	if (!sk_utf8_valid(sk_buf_view(out)))
		abort();
	for (size_t i = 0; i < out->len; i++) {
		uint8_t c = (uint8_t)out->data[i];

		/* Style and script of the page are indented by tabs; CSV ends lines with CRLF. */
		if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span rest = sk_span(data, size);
	struct sk_inventory inv = { .layer_count = 1 };
	uint8_t flags = size ? data[size - 1] : 0;
	struct sk_package package = { .type = flags & 1 ? "deb" : "npm" };
	struct sk_finding finding = { .kind = flags & 2 ? SK_FINDING_COVERAGE
							: SK_FINDING_VULNERABILITY,
				      .severity = (enum sk_severity)((flags >> 2) % 6),
				      .package = &package,
				      .epss = 0.5 };
	struct sk_statement statement = { 0 };
	struct sk_finding *findings[] = { &finding };
	struct sk_package *packages[] = { &package };
	struct sk_layer layer = { 0 };
	const char *links[2];
	struct sk_policy policy = { 0 };
	struct sk_rule_result rule = { .policy = &policy };
	struct sk_decision decision = { 0 };
	struct sk_result result = { .inventory = &inv,
				    .findings = findings,
				    .finding_count = 1,
				    .ignored = findings,
				    .ignored_count = 1 };
	struct sk_report report = { .results = &result,
				    .result_count = 1,
				    .list_packages = true,
				    .show_ignored = true,
				    .database_created = "2026-11-20T00:00:00Z" };
	const char *name = next(&inv.arena, &rest);

	package.name = name ? name : "";
	package.version = next(&inv.arena, &rest);
	package.licence = next(&inv.arena, &rest);
	finding.id = next(&inv.arena, &rest);
	finding.title = next(&inv.arena, &rest);
	finding.fixed_version = package.version;
	finding.remedy = next(&inv.arena, &rest);
	links[0] = next(&inv.arena, &rest);
	links[1] = next(&inv.arena, &rest);
	layer.created_by = layer.diff_id = package.purl = package.path = finding.title;
	finding.cvss_vector = finding.published = finding.description = finding.remedy;
	inv.artifact.name = inv.artifact.digest = package.name;
	statement.reason = statement.owner = statement.justification = package.name;
	statement.until = flags & 1 ? NULL : package.version;
	statement.ticket = statement.timestamp = statement.source = finding.id;
	statement.status = (enum sk_vex_status)(flags % (SK_VEX_INVESTIGATED + 1));
	finding.statement = &statement;
	if (links[0] && links[1])
		finding.references = (struct sk_strings){ links, 2 };
	inv.layers = &layer;
	inv.packages = packages;
	inv.package_count = 1;
	policy.name = rule.rule = rule.title = package.name;
	rule.verdict = flags & 4 ? SK_VERDICT_BROKEN : SK_VERDICT_UNKNOWN;
	*sk_vec_push(&decision.reasons) = (struct sk_reason){
		.policy = package.name, .rule = package.name, .verdict = rule.verdict, .message = package.name,
		.remedy = finding.remedy, .subject = finding.title, .finding = flags & 8 ? 0 : SIZE_MAX };
	rule.reason_count = 1;
	*sk_vec_push(&decision.rules) = rule;
	decision.effect = flags & 4 ? SK_EFFECT_DENY : SK_EFFECT_UNKNOWN;
	result.decision = &decision;
	report.width = flags;
	for (size_t i = 0; sk_formats[i]; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
		struct sk_err err = SK_ERR_INIT;

		if (sk_formats[i]->write(&report, &out, &err) < 0)
			abort();
		check(&out);
	}
	sk_decision_release(&decision);
	sk_arena_release(&inv.arena);
	return 0;
}
