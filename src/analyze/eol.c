/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/eol.h"

#include "analyze/eol-table.h"
#include "base/time.h"

/* Systems that share another one's dates. */
static const char *const shared[][2] = {
	{ "opensuse", "opensuse-leap" }, { "sled", "sles" },	   { "sles_sap", "sles" },
	{ "sle_hpc", "sles" },		 { "sle-hpc", "sles" },	   { "sl-micro", "sle-micro" },
	{ "suse-microos", "sle-micro" }, { "raspbian", "debian" },
};

/* CentOS Stream calls itself "centos" too. */
static const char *table_id(const struct sk_os *os)
{
	if (strcmp(os->id, "centos") == 0 && os->name && strstr(os->name, "Stream"))
		return "centos-stream";
	for (size_t i = 0; i < SK_COUNT(shared); i++)
		if (strcmp(os->id, shared[i][0]) == 0)
			return shared[i][1];
	return os->id;
}

static const struct sk_eol_system *find_system(const char *id)
{
	for (const struct sk_eol_system *s = sk_eol_systems; s->id; s++)
		if (strcmp(s->id, id) == 0)
			return s;
	return NULL;
}

/* "3.20" is 3.20 and 3.20.2, but not 3.2; SLES writes 15.0 as "15". */
static bool is_release(const char *version, const char *release)
{
	size_t n = strlen(release);

	if (strncmp(version, release, n) == 0 && (version[n] == '\0' || version[n] == '.'))
		return true;
	return n > 2 && strcmp(release + n - 2, ".0") == 0 && strlen(version) == n - 2 &&
	       strncmp(version, release, n - 2) == 0;
}

static const struct sk_eol_release *find_release(const struct sk_eol_system *s, const char *version)
{
	const struct sk_eol_release *best = NULL;

	for (const struct sk_eol_release *r = s->releases; r->version; r++)
		if (is_release(version, r->version) &&
		    (!best || strlen(r->version) > strlen(best->version)))
			best = r;
	return best;
}

/* The day itself still counts; no date never passes. */
static bool is_over(const char *date, int64_t now)
{
	int64_t t;

	return date && sk_time_parse(sk_span_str(date), &t) && now >= t + 24 * 60 * 60;
}

/* End of the regular support or of the free extension after it. */
static const char *free_end(const struct sk_eol_system *s, const struct sk_eol_release *r)
{
	const char *end = r->ends;

	for (int i = 0; end && i < SK_EOL_PHASES; i++)
		if (r->phase_ends[i] && !s->phases[i].paid && strcmp(r->phase_ends[i], end) > 0)
			end = r->phase_ends[i];
	return end;
}

static void set_paid_phase(const struct sk_eol_system *s, const struct sk_eol_release *r,
			   struct sk_eol *eol)
{
	for (int i = 0; i < SK_EOL_PHASES; i++)
		if (r->phase_ends[i] && s->phases[i].paid) {
			eol->phase = s->phases[i].name;
			eol->extended = r->phase_ends[i];
		}
}

static void set_newer(const struct sk_eol_system *s, int64_t now, struct sk_eol *eol)
{
	for (; s; s = s->successor ? find_system(s->successor) : NULL)
		for (const struct sk_eol_release *r = s->releases; r->version; r++) {
			if (!is_over(r->released, now) || is_over(r->ends, now))
				continue;
			eol->newer_id = s->id;
			eol->newer = r->version;
			return;
		}
}

enum sk_eol_state sk_eol_lookup(const struct sk_os *os, int64_t now, struct sk_eol *ret_eol)
{
	const struct sk_eol_system *s = os->id ? find_system(table_id(os)) : NULL;
	const struct sk_eol_release *r;

	*ret_eol = (struct sk_eol){ 0 };
	if (!s)
		return SK_EOL_UNKNOWN;
	ret_eol->source = s->source;
	if (s->rolling)
		return ret_eol->state = SK_EOL_ROLLING;
	set_newer(s, now, ret_eol);
	r = os->version ? find_release(s, os->version) : NULL;
	if (!r)
		return SK_EOL_UNKNOWN;
	ret_eol->release = r->version;
	ret_eol->ends = free_end(s, r);
	set_paid_phase(s, r, ret_eol);
	if (!is_over(ret_eol->ends, now))
		return ret_eol->state = SK_EOL_SUPPORTED;
	if (ret_eol->extended && !is_over(ret_eol->extended, now))
		return ret_eol->state = SK_EOL_EXTENDED;
	return ret_eol->state = SK_EOL_ENDED;
}
