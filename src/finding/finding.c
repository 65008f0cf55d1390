/* SPDX-License-Identifier: Apache-2.0 */
#include "finding/finding.h"

static const char *const kind_names[] = {
	[SK_FINDING_VULNERABILITY] = "vulnerability",
	[SK_FINDING_SECRET] = "secret",
	[SK_FINDING_MALWARE] = "malware",
	[SK_FINDING_MISCONFIGURATION] = "misconfiguration",
	[SK_FINDING_LICENCE] = "licence",
	[SK_FINDING_COVERAGE] = "coverage",
};

static const char *const severity_names[] = {
	[SK_SEVERITY_UNKNOWN] = "unknown", [SK_SEVERITY_NEGLIGIBLE] = "negligible",
	[SK_SEVERITY_LOW] = "low",	   [SK_SEVERITY_MEDIUM] = "medium",
	[SK_SEVERITY_HIGH] = "high",	   [SK_SEVERITY_CRITICAL] = "critical",
};

static const char *const fix_names[] = {
	[SK_FIX_UNKNOWN] = "unknown",
	[SK_FIX_AVAILABLE] = "fixed",
	[SK_FIX_NONE] = "affected",
	[SK_FIX_WONT] = "will_not_fix",
};

static const char *const status_names[] = {
	[SK_VEX_ACCEPTED] = "accepted",
	[SK_VEX_NOT_AFFECTED] = "not_affected",
	[SK_VEX_FIXED] = "fixed",
	[SK_VEX_AFFECTED] = "affected",
	[SK_VEX_INVESTIGATED] = "under_investigation",
};

/* What publishers call them: GitHub "moderate", Red Hat "important", Debian "unimportant", SUSE
 * "minor". */
static const struct {
	const char *name;
	enum sk_severity severity;
} severity_words[] = {
	{ "unknown", SK_SEVERITY_UNKNOWN },
	{ "none", SK_SEVERITY_NEGLIGIBLE },
	{ "negligible", SK_SEVERITY_NEGLIGIBLE },
	{ "unimportant", SK_SEVERITY_NEGLIGIBLE },
	{ "low", SK_SEVERITY_LOW },
	{ "minor", SK_SEVERITY_LOW },
	{ "medium", SK_SEVERITY_MEDIUM },
	{ "moderate", SK_SEVERITY_MEDIUM },
	{ "high", SK_SEVERITY_HIGH },
	{ "important", SK_SEVERITY_HIGH },
	{ "critical", SK_SEVERITY_CRITICAL },
};

const char *sk_finding_kind_name(enum sk_finding_kind kind)
{
	return (size_t)kind < SK_COUNT(kind_names) ? kind_names[kind] : "unknown";
}

const char *sk_severity_name(enum sk_severity severity)
{
	return (size_t)severity < SK_COUNT(severity_names) ? severity_names[severity] : "unknown";
}

const char *sk_fix_state_name(enum sk_fix_state state)
{
	return (size_t)state < SK_COUNT(fix_names) ? fix_names[state] : "unknown";
}

static int find_name(struct sk_span text, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sk_span_is(text, names[i]))
			return (int)i;
	return -1;
}

bool sk_finding_kind_parse(struct sk_span text, enum sk_finding_kind *ret_kind)
{
	int i = find_name(text, kind_names, SK_COUNT(kind_names));

	if (i >= 0)
		*ret_kind = (enum sk_finding_kind)i;
	return i >= 0;
}

bool sk_fix_state_parse(struct sk_span text, enum sk_fix_state *ret_state)
{
	int i = find_name(text, fix_names, SK_COUNT(fix_names));

	if (i >= 0)
		*ret_state = (enum sk_fix_state)i;
	return i >= 0;
}

const char *sk_vex_status_name(enum sk_vex_status status)
{
	return (size_t)status < SK_COUNT(status_names) ? status_names[status] : "unknown";
}

bool sk_vex_status_parse(struct sk_span text, enum sk_vex_status *ret_status)
{
	int i = find_name(text, status_names, SK_COUNT(status_names));

	if (i >= 0)
		*ret_status = (enum sk_vex_status)i;
	return i >= 0;
}

enum sk_use_state sk_finding_use(const struct sk_finding *f)
{
	return f->package && f->package->use ? f->package->use->state : SK_USE_UNKNOWN;
}

bool sk_finding_ignored(const struct sk_finding *f)
{
	return f->statement && f->statement->status <= SK_VEX_FIXED;
}

bool sk_severity_parse(struct sk_span text, enum sk_severity *ret_severity)
{
	text = sk_span_trim(text);
	for (size_t i = 0; i < SK_COUNT(severity_words); i++) {
		if (sk_span_ieq(text, sk_span_str(severity_words[i].name))) {
			*ret_severity = severity_words[i].severity;
			return true;
		}
	}
	return false;
}

static int cmp_str(const char *a, const char *b)
{
	if (!a || !b)
		return !!a - !!b;
	return strcmp(a, b);
}

/* The missing package stands first, as the missing string does. */
static int cmp_package(const struct sk_package *a, const struct sk_package *b)
{
	int c;

	if (a == b)
		return 0;
	if (!a || !b)
		return !!a - !!b;
	c = cmp_str(a->name, b->name);
	if (!c)
		c = cmp_str(a->version, b->version);
	if (!c)
		c = cmp_str(a->purl, b->purl);
	if (!c)
		c = cmp_str(a->path, b->path);
	return c;
}

int sk_finding_cmp(const void *a, const void *b)
{
	const struct sk_finding *x = *(const struct sk_finding *const *)a;
	const struct sk_finding *y = *(const struct sk_finding *const *)b;
	int c;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->kev != y->kev)
		return x->kev ? -1 : 1;
	c = cmp_str(x->id, y->id);
	if (!c)
		c = cmp_package(x->package, y->package);
	if (!c)
		c = cmp_str(x->path, y->path);
	if (!c)
		c = (x->line > y->line) - (x->line < y->line);
	return c;
}
