/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/osv.h"

#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "vuln/ecosystem.h"
#include "vuln/osv-range.h"

#include <ctype.h>

static struct sk_spans read_strings(const struct sk_node *array, size_t most,
				    struct sk_arena *arena)
{
	struct sk_spans out = { 0 };

	if (!sk_node_is(array, SK_NODE_ARRAY) || !array->count)
		return out;
	out.items =
	    sk_arena_alloc(arena, sizeof(*out.items) * (array->count < most ? array->count : most));
	sk_node_each(item, array)
	{
		struct sk_span text = sk_node_str(item);

		if (text.len && text.len <= SK_MAX_ADVISORY_FIELD && out.count < most)
			out.items[out.count++] = text;
	}
	return out;
}

/* At most max bytes of s, not cut within a character. */
static struct sk_span shorten(struct sk_span s, size_t max)
{
	if (s.len <= max)
		return s;
	while (max && ((unsigned char)s.ptr[max] & 0xc0) == 0x80)
		max--;
	return sk_span_sub(s, 0, max);
}

/* The first line that says something, without Markdown's heading marks. */
static struct sk_span first_line(struct sk_span text)
{
	struct sk_span line;

	while (sk_span_line(&text, &line)) {
		line = sk_span_trim(line);
		while (line.len && *line.ptr == '#')
			line = sk_span_trim(sk_span_from(line, 1));
		if (line.len)
			return line;
	}
	return sk_span(NULL, 0);
}

/* References worth keeping first: what the publisher says, then the fix, then the rest. */
static int reference_rank(struct sk_span type)
{
	static const char *const order[] = { "ADVISORY", "FIX", "ARTICLE", "REPORT" };

	for (size_t i = 0; i < SK_COUNT(order); i++)
		if (sk_span_is(type, order[i]))
			return (int)i;
	return (int)SK_COUNT(order);
}

static bool is_url(struct sk_span s)
{
	return (sk_span_starts(s, "https://") || sk_span_starts(s, "http://")) && s.len <= 2048;
}

static struct sk_spans read_references(const struct sk_node *array, struct sk_arena *arena)
{
	struct sk_spans out = { 0 };

	out.items = sk_arena_alloc(arena, sizeof(*out.items) * SK_MAX_ADVISORY_REFERENCES);
	for (int rank = 0; rank <= 4; rank++)
		sk_node_each(item, array)
		{
			struct sk_span url = sk_node_str(sk_node_get(item, "url"));
			struct sk_span type = sk_node_str(sk_node_get(item, "type"));

			if (out.count == SK_MAX_ADVISORY_REFERENCES)
				return out;
			if (is_url(url) && reference_rank(type) == rank)
				out.items[out.count++] = url;
		}
	return out;
}

/* "nodejs:12": a word with one colon between its ends. */
static bool is_module(struct sk_span word)
{
	ptrdiff_t colon = sk_span_chr(word, ':');

	if (colon <= 0 || (size_t)colon + 1 >= word.len)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (!isalnum((unsigned char)word.ptr[i]) && !strchr(":.-_+", word.ptr[i]))
			return false;
	return true;
}

/* Errata of modules name them in their titles: "Important: virt:rhel and virt-devel:rhel security
 * update". */
static struct sk_spans read_modules(struct sk_span title, struct sk_arena *arena)
{
	struct sk_spans out = { 0 };
	struct sk_span word;

	out.items = sk_arena_alloc(arena, sizeof(*out.items) * 8);
	while (sk_span_split(&title, ' ', &word) && out.count < 8) {
		ptrdiff_t slash = sk_span_chr(word, '/'); /* "httpd:2.4/httpd" */

		if (slash > 0)
			word = sk_span_sub(word, 0, (size_t)slash);
		while (word.len && strchr(",;.", word.ptr[word.len - 1]))
			word.len--;
		if (is_module(word))
			out.items[out.count++] = word;
	}
	return out;
}

/* The vendor's word in one of the places where publishers put it. */
static enum sk_severity specific_severity(const struct sk_node *specific)
{
	static const char *const keys[] = { "severity", "urgency", "priority" };
	enum sk_severity severity = SK_SEVERITY_UNKNOWN;

	for (size_t i = 0; !severity && i < SK_COUNT(keys); i++)
		severity = sk_vendor_severity(sk_node_str(sk_node_get(specific, keys[i])));
	return severity;
}

/* OSV's `severity` arrays hold CVSS vectors, Ubuntu's also its priority as a word. */
static enum sk_severity read_severity(const struct sk_node *array, struct sk_spans *vectors)
{
	enum sk_severity word = SK_SEVERITY_UNKNOWN;

	sk_node_each(item, array)
	{
		struct sk_span type = sk_node_str(sk_node_get(item, "type"));
		struct sk_span score = sk_node_str(sk_node_get(item, "score"));

		if (!sk_span_starts(type, "CVSS_"))
			word = word ? word : sk_vendor_severity(score);
		else if (score.len && score.len < 512 && vectors->count < 8)
			vectors->items[vectors->count++] = score;
	}
	return word;
}

/* A bare score (RubySec), by the ratings of CVSS 3. */
static enum sk_severity score_severity(double score)
{
	return score >= 9   ? SK_SEVERITY_CRITICAL
	       : score >= 7 ? SK_SEVERITY_HIGH
	       : score >= 4 ? SK_SEVERITY_MEDIUM
	       : score > 0  ? SK_SEVERITY_LOW
			    : SK_SEVERITY_UNKNOWN;
}

/* "Important: kernel security update"; a bug fix or an enhancement is no danger at all. */
static enum sk_severity errata_severity(const struct sk_advisory *adv)
{
	ptrdiff_t colon = sk_span_chr(adv->title, ':');
	struct sk_span id = adv->id;
	enum sk_severity word = SK_SEVERITY_UNKNOWN;

	if (colon > 0)
		word = sk_vendor_severity(sk_span_sub(adv->title, 0, (size_t)colon));
	if (!word && id.len > 4 &&
	    (sk_span_starts(sk_span_from(id, 2), "BA-") ||
	     sk_span_starts(sk_span_from(id, 2), "EA-")))
		word = SK_SEVERITY_NEGLIGIBLE;
	return word;
}

static void read_severities(const struct sk_node *root, struct sk_arena *arena,
			    struct sk_advisory *adv)
{
	const struct sk_node *specific = sk_node_get(root, "database_specific");
	enum sk_severity word;

	adv->vectors.items = sk_arena_alloc(arena, sizeof(*adv->vectors.items) * 8);
	word = read_severity(sk_node_get(root, "severity"), &adv->vectors);
	adv->severity = specific_severity(specific);
	if (!adv->severity)
		adv->severity = word;
	if (!adv->severity && adv->publisher->errata)
		adv->severity = errata_severity(adv);
	if (!adv->severity && !adv->vectors.count)
		adv->severity =
		    score_severity(sk_node_float(sk_node_get(specific, "cvss_score"), 0));
	if (!adv->severity && sk_span_starts(adv->id, "MAL-"))
		adv->severity = SK_SEVERITY_CRITICAL; /* the package is an attack */
}

/* Words by which publishers say that a package is, after all, not affected, or will not be fixed.
 */
static bool says(const struct sk_node *affected, const char *const *words)
{
	static const char *const keys[] = { "status", "urgency", "fix_state", "state" };
	const struct sk_node *specific[] = { sk_node_get(affected, "ecosystem_specific"),
					     sk_node_get(affected, "database_specific") };

	for (size_t s = 0; s < 2; s++)
		for (size_t k = 0; k < SK_COUNT(keys); k++) {
			struct sk_span text = sk_node_str(sk_node_get(specific[s], keys[k]));

			for (const char *const *w = words; *w; w++)
				if (sk_span_ieq(text, sk_span_str(*w)))
					return true;
		}
	return false;
}

static const char *const not_affected_words[] = {
	"not-affected", "not_affected", "not affected", "false-positive-determination", NULL,
};
static const char *const wont_fix_words[] = {
	"fix-not-planned", "end-of-life",  "end of life",	   "wont-fix", "wontfix",
	"will not fix",	   "will_not_fix", "out of support scope", NULL,
};

/* False if there is nothing to match: no name, no range or version of the package itself. */
static int read_affected(const struct sk_node *node, struct sk_arena *arena,
			 struct sk_advisory *adv, struct sk_affected *out, struct sk_err *err)
{
	const struct sk_node *package = sk_node_get(node, "package");
	int r;

	*out = (struct sk_affected){
		.ecosystem = sk_node_str(sk_node_get(package, "ecosystem")),
		.name = sk_node_str(sk_node_get(package, "name")),
	};
	if (!out->ecosystem.len || !out->name.len || says(node, not_affected_words))
		return 0;
	if (out->ecosystem.len > SK_MAX_ADVISORY_FIELD || out->name.len > SK_MAX_ADVISORY_FIELD)
		return sk_err_set(err, SK_ELIMIT, "package name of %zu bytes", out->name.len);
	r = sk_osv_ranges(node, arena, out, err);
	if (r < 0)
		return r;
	out->severity = specific_severity(sk_node_get(node, "ecosystem_specific"));
	if (!out->severity)
		out->severity = specific_severity(sk_node_get(node, "database_specific"));
	if (!out->severity)
		out->severity = read_severity(sk_node_get(node, "severity"), &adv->vectors);
	/* RustSec's kinds of what is no vulnerability, "unsound" and so on, unless it was scored.
	 */
	if (!out->severity && !adv->vectors.count)
		out->severity = sk_vendor_severity(sk_node_str(
		    sk_node_get(sk_node_get(node, "database_specific"), "informational")));
	out->wont_fix = says(node, wont_fix_words);
	return out->interval_count || out->version_count;
}

static int64_t read_time(const struct sk_node *node)
{
	int64_t time;

	/* Some publishers write year 1 for "not known". */
	return sk_time_parse(sk_node_str(node), &time) && time > 0 ? time : 0;
}

static void read_texts(const struct sk_node *root, struct sk_arena *arena, struct sk_advisory *adv)
{
	adv->title = sk_span_trim(sk_node_str(sk_node_get(root, "summary")));
	adv->details = sk_span_trim(sk_node_str(sk_node_get(root, "details")));
	if (!adv->title.len)
		adv->title = first_line(adv->details);
	adv->title = shorten(adv->title, SK_MAX_ADVISORY_TITLE);
	adv->details = shorten(adv->details, SK_MAX_ADVISORY_DETAILS);
	if (sk_span_eq(adv->title, adv->details))
		adv->details = sk_span(NULL, 0);
	adv->modules = read_modules(adv->title, arena);
	adv->references = read_references(sk_node_get(root, "references"), arena);
}

int sk_osv_read(const struct sk_node *root, struct sk_arena *arena, struct sk_advisory *adv,
		struct sk_err *err)
{
	const struct sk_node *affected = sk_node_get(root, "affected");

	*adv = (struct sk_advisory){ .id = sk_node_str(sk_node_get(root, "id")) };
	if (!adv->id.len || adv->id.len > SK_MAX_ADVISORY_FIELD)
		return sk_err_set(err, SK_EINVAL, "the record has no id");
	adv->publisher = sk_publisher_of(adv->id);
	adv->aliases = read_strings(sk_node_get(root, "aliases"), SK_MAX_ADVISORY_IDS, arena);
	adv->upstream = read_strings(sk_node_get(root, "upstream"), SK_MAX_ADVISORY_IDS, arena);
	adv->related = read_strings(sk_node_get(root, "related"), SK_MAX_ADVISORY_IDS, arena);
	adv->published = read_time(sk_node_get(root, "published"));
	adv->modified = read_time(sk_node_get(root, "modified"));
	adv->withdrawn = sk_node_str(sk_node_get(root, "withdrawn")).len > 0;
	read_texts(root, arena, adv);
	read_severities(root, arena, adv);
	if (affected && !sk_node_is(affected, SK_NODE_ARRAY) && affected->type != SK_NODE_NULL)
		return sk_err_set(err, SK_EINVAL, "%.*s: affected is not a list", (int)adv->id.len,
				  adv->id.ptr);
	if (sk_node_is(affected, SK_NODE_ARRAY) && affected->count)
		adv->affected = sk_arena_alloc(arena, sizeof(*adv->affected) * affected->count);
	sk_node_each(node, affected)
	{
		int r = read_affected(node, arena, adv, &adv->affected[adv->affected_count], err);

		if (r < 0)
			return sk_err_wrap(err, "%.*s", (int)adv->id.len, adv->id.ptr);
		adv->affected_count += r > 0;
	}
	return 0;
}
