/* SPDX-License-Identifier: Apache-2.0 */
#include "finding/eol-finding.h"

#include "analyze/eol.h"

static const char *os_name(const struct sk_os *os, struct sk_arena *arena)
{
	return os->name ? os->name : sk_arena_printf(arena, "%s %s", os->id, os->version);
}

static const char *remedy(const struct sk_eol *eol, struct sk_arena *arena)
{
	if (eol->newer)
		return sk_arena_printf(arena, "Rebuild on a supported release, such as %s %s.",
				       eol->newer_id, eol->newer);
	return "Rebuild on a system that is still supported.";
}

static void describe_ended(struct sk_finding *f, const struct sk_os *os, const struct sk_eol *eol,
			   struct sk_arena *arena)
{
	f->id = "os-end-of-life";
	f->severity = SK_SEVERITY_HIGH;
	f->title = sk_arena_printf(arena, "%s has been without security updates since %s",
				   os_name(os, arena), eol->ends);
	f->description =
	    "Its distribution publishes no fixes any more, nor advisories: vulnerabilities "
	    "found since then do not appear in any report.";
	if (eol->phase)
		f->description = sk_arena_printf(arena, "%s Its paid extension (%s) ended on %s.",
						 f->description, eol->phase, eol->extended);
}

static void describe_extended(struct sk_finding *f, const struct sk_os *os,
			      const struct sk_eol *eol, struct sk_arena *arena)
{
	f->id = "os-extended-support-only";
	f->severity = SK_SEVERITY_MEDIUM;
	f->title = sk_arena_printf(arena, "Regular support of %s ended on %s", os_name(os, arena),
				   eol->ends);
	f->description = sk_arena_printf(arena,
					 "Until %s fixes are published for subscribers of %s only: "
					 "without it this image gets none.",
					 eol->extended, eol->phase);
}

struct sk_finding *sk_eol_finding(const struct sk_os *os, int64_t now, struct sk_arena *arena)
{
	struct sk_eol eol;
	struct sk_finding *f;
	enum sk_eol_state state = sk_eol_lookup(os, now, &eol);

	if (state != SK_EOL_ENDED && state != SK_EOL_EXTENDED)
		return NULL;
	f = sk_arena_alloc(arena, sizeof(*f));
	f->kind = SK_FINDING_MISCONFIGURATION;
	f->cvss_score = f->epss = f->epss_percentile = -1;
	f->path = os->path;
	f->layer = (int32_t)os->layer;
	if (state == SK_EOL_ENDED)
		describe_ended(f, os, &eol, arena);
	else
		describe_extended(f, os, &eol, arena);
	f->remedy = remedy(&eol, arena);
	f->references.items = sk_arena_alloc(arena, sizeof(*f->references.items));
	f->references.items[f->references.count++] = eol.source;
	return f;
}
