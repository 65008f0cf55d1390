/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPDX 2.3 JSON: the artifact is a package that the document describes, and it contains
 * the others. A licence that is no expression of the SPDX list becomes a LicenseRef with
 * the text as declared.
 */
#include "base/map.h"
#include "base/time.h"
#include "doc/json-write.h"
#include "report/format.h"
#include "report/spdx-licence.h"
#include "report/view.h"

#include <stdio.h>

struct document {
	struct sk_json_writer w;
	const struct sk_report *report;
	struct sk_arena arena;
	struct sk_map licences;	  /* declared text -> its number, from 1 */
	struct sk_map advisories; /* address of a package -> struct links */
	size_t packages;	  /* numbered so far */
};

/* URLs about the vulnerabilities of one package. */
struct links {
	SK_VEC(const char *) urls;
};

static void put_licence(struct document *d, const char *licence)
{
	sk_cleanup(sk_buf_release) struct sk_buf expression = { 0 };
	struct sk_span text = sk_span_trim(sk_span_str(licence));
	void **number;

	if (!text.len) {
		sk_json_put_str(&d->w, "licenseDeclared", "NOASSERTION");
		return;
	}
	if (sk_spdx_expression(text, &expression)) {
		sk_json_put_str(&d->w, "licenseDeclared", sk_buf_str(&expression));
		return;
	}
	number = sk_map_at(&d->licences, text, NULL);
	if (!*number)
		*number = (void *)d->licences.entries.len;
	sk_json_key(&d->w, "licenseDeclared");
	sk_json_printf(&d->w, "LicenseRef-%zu", (size_t)*number);
}

static void put_reference(struct document *d, const char *category, const char *type,
			  const char *locator)
{
	sk_json_object(&d->w);
	sk_json_put_str(&d->w, "referenceCategory", category);
	sk_json_put_str(&d->w, "referenceType", type);
	sk_json_put_str(&d->w, "referenceLocator", locator);
	sk_json_end(&d->w);
}

/* The locator of a purl has no blanks (SPDX 2.3, annex F); what is no purl is left out. */
static bool is_locator(const char *purl)
{
	if (!purl || strncmp(purl, "pkg:", 4) != 0)
		return false;
	for (; *purl; purl++)
		if (*purl <= ' ' || *purl >= 0x7f)
			return false;
	return true;
}

static void put_references(struct document *d, struct sk_package *const *slot)
{
	const struct links *links = sk_map_get(&d->advisories, sk_span(slot, sizeof(*slot)));

	sk_json_key(&d->w, "externalRefs");
	sk_json_array(&d->w);
	if (is_locator((*slot)->purl))
		put_reference(d, "PACKAGE-MANAGER", "purl", (*slot)->purl);
	for (size_t i = 0; links && i < links->urls.len; i++)
		put_reference(d, "SECURITY", "advisory", links->urls.data[i]);
	sk_json_end(&d->w);
}

static void put_unknowns(struct document *d)
{
	sk_json_put_str(&d->w, "downloadLocation", "NOASSERTION");
	sk_json_put_bool(&d->w, "filesAnalyzed", false);
	sk_json_put_str(&d->w, "licenseConcluded", "NOASSERTION");
	sk_json_put_str(&d->w, "copyrightText", "NOASSERTION");
}

static void put_package(struct document *d, const struct sk_result *result,
			struct sk_package *const *slot)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };
	const struct sk_package *p = *slot;
	const char *diff_id = sk_report_diff_id(result, sk_report_package_layer(result, p));

	sk_report_name(p, &name);
	sk_json_object(&d->w);
	sk_json_key(&d->w, "SPDXID");
	sk_json_printf(&d->w, "SPDXRef-Package-%zu", ++d->packages);
	sk_json_put_str(&d->w, "name", name.len ? sk_buf_str(&name) : "unnamed");
	sk_json_put_opt(&d->w, "versionInfo", p->version);
	if (p->origin && p->origin[0]) {
		sk_json_key(&d->w, "supplier");
		sk_json_printf(&d->w, "Organization: %s", p->origin);
	} else {
		sk_json_put_str(&d->w, "supplier", "NOASSERTION");
	}
	put_unknowns(d);
	put_licence(d, p->licence ? p->licence : "");
	sk_json_key(&d->w, "sourceInfo");
	sk_json_printf(&d->w, "found in %s%s%s%s%s", p->path ? p->path : "the artifact",
		       diff_id ? ", layer " : "", diff_id ? diff_id : "",
		       p->source_name ? ", built from source package " : "",
		       p->source_name ? p->source_name : "");
	sk_json_put_str(&d->w, "primaryPackagePurpose",
			p->flags & SK_PACKAGE_MAIN ? "APPLICATION" : "LIBRARY");
	put_references(d, slot);
	sk_json_end(&d->w);
}

static void put_checksum(struct document *d, const char *digest)
{
	static const struct {
		const char *prefix, *name;
		size_t len;
	} algorithms[] = { { "sha256:", "SHA256", 64 }, { "sha512:", "SHA512", 128 } };

	for (size_t i = 0; digest && i < SK_COUNT(algorithms); i++) {
		const char *hex = digest + strlen(algorithms[i].prefix);

		if (strncmp(digest, algorithms[i].prefix, strlen(algorithms[i].prefix)) != 0 ||
		    strspn(hex, "0123456789abcdef") != algorithms[i].len ||
		    strlen(hex) != algorithms[i].len)
			continue;
		sk_json_key(&d->w, "checksums");
		sk_json_array(&d->w);
		sk_json_object(&d->w);
		sk_json_put_str(&d->w, "algorithm", algorithms[i].name);
		sk_json_put_str(&d->w, "checksumValue", hex);
		sk_json_end(&d->w);
		sk_json_end(&d->w);
	}
}

static const char *artifact_id(struct document *d, size_t result)
{
	return sk_arena_printf(&d->arena, "SPDXRef-Artifact-%zu", result + 1);
}

static void put_artifact(struct document *d, size_t i)
{
	const struct sk_result *result = &d->report->results[i];
	const struct sk_artifact *a = &result->inventory->artifact;

	sk_json_object(&d->w);
	sk_json_put_str(&d->w, "SPDXID", artifact_id(d, i));
	sk_json_put_str(&d->w, "name", a->name && a->name[0] ? a->name : "artifact");
	sk_json_put_opt(&d->w, "versionInfo", a->digest);
	put_unknowns(d);
	sk_json_put_str(&d->w, "licenseDeclared", "NOASSERTION");
	put_checksum(d, a->digest);
	sk_json_put_str(&d->w, "primaryPackagePurpose",
			a->type == SK_ARTIFACT_IMAGE ? "CONTAINER" : "SOURCE");
	sk_json_end(&d->w);
}

static void put_os(struct document *d, size_t i)
{
	const struct sk_os *os = sk_report_os(&d->report->results[i]);

	if (!os)
		return;
	sk_json_object(&d->w);
	sk_json_key(&d->w, "SPDXID");
	sk_json_printf(&d->w, "SPDXRef-System-%zu", i + 1);
	sk_json_put_str(&d->w, "name", os->id && os->id[0] ? os->id : "unknown");
	sk_json_put_opt(&d->w, "versionInfo", os->version);
	sk_json_put_opt(&d->w, "description", os->name);
	put_unknowns(d);
	sk_json_put_str(&d->w, "licenseDeclared", "NOASSERTION");
	sk_json_put_str(&d->w, "primaryPackagePurpose", "OPERATING_SYSTEM");
	sk_json_end(&d->w);
}

static void put_packages(struct document *d)
{
	sk_json_key(&d->w, "packages");
	sk_json_array(&d->w);
	for (size_t i = 0; i < d->report->result_count; i++) {
		const struct sk_result *r = &d->report->results[i];

		put_artifact(d, i);
		put_os(d, i);
		for (size_t k = 0; k < r->inventory->package_count; k++)
			put_package(d, r, &r->inventory->packages[k]);
	}
	sk_json_end(&d->w);
}

static void put_relationship(struct document *d, const char *from, const char *type, const char *to)
{
	sk_json_object(&d->w);
	sk_json_put_str(&d->w, "spdxElementId", from);
	sk_json_put_str(&d->w, "relationshipType", type);
	sk_json_put_str(&d->w, "relatedSpdxElement", to);
	sk_json_end(&d->w);
}

static void put_relationships(struct document *d)
{
	char id[48];
	size_t package = 0;

	sk_json_key(&d->w, "relationships");
	sk_json_array(&d->w);
	for (size_t i = 0; i < d->report->result_count; i++) {
		const struct sk_result *r = &d->report->results[i];

		put_relationship(d, "SPDXRef-DOCUMENT", "DESCRIBES", artifact_id(d, i));
		if (sk_report_os(r)) {
			snprintf(id, sizeof(id), "SPDXRef-System-%zu", i + 1);
			put_relationship(d, artifact_id(d, i), "CONTAINS", id);
		}
		for (size_t k = 0; k < r->inventory->package_count; k++) {
			snprintf(id, sizeof(id), "SPDXRef-Package-%zu", ++package);
			put_relationship(d, artifact_id(d, i), "CONTAINS", id);
		}
	}
	sk_json_end(&d->w);
}

static void put_licences(struct document *d)
{
	if (!d->licences.entries.len)
		return;
	sk_json_key(&d->w, "hasExtractedLicensingInfos");
	sk_json_array(&d->w);
	for (size_t i = 0; i < d->licences.entries.len; i++) {
		sk_json_object(&d->w);
		sk_json_key(&d->w, "licenseId");
		sk_json_printf(&d->w, "LicenseRef-%zu", i + 1);
		sk_json_key(&d->w, "extractedText");
		sk_json_span(&d->w, d->licences.entries.data[i].key);
		sk_json_put_str(&d->w, "comment", "As the package declares it");
		sk_json_end(&d->w);
	}
	sk_json_end(&d->w);
}

static void collect_advisories(struct document *d, const struct sk_result *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct sk_finding *f = result->findings[i];
		sk_cleanup(sk_buf_release) struct sk_buf url = { 0 };
		struct links **slot;

		if (!f->package || f->kind != SK_FINDING_VULNERABILITY ||
		    !sk_report_id_url(f->id, &url))
			continue;
		slot = (struct links **)sk_map_at(&d->advisories,
						  sk_span(&f->package, sizeof(f->package)), NULL);
		if (!*slot)
			*slot = sk_arena_alloc(&d->arena, sizeof(**slot));
		*sk_vec_push(&(*slot)->urls) = sk_arena_str(&d->arena, sk_buf_str(&url));
	}
}

static void put_head(struct document *d)
{
	char time[SK_TIME_TEXT], uuid[37];
	const struct sk_report *r = d->report;

	sk_report_uuid(r, "spdx", uuid);
	sk_json_put_str(&d->w, "spdxVersion", "SPDX-2.3");
	sk_json_put_str(&d->w, "dataLicense", "CC0-1.0");
	sk_json_put_str(&d->w, "SPDXID", "SPDXRef-DOCUMENT");
	sk_json_put_str(&d->w, "name",
			r->result_count == 1 && r->results[0].inventory->artifact.name
			    ? r->results[0].inventory->artifact.name
			    : "sekisho scan");
	sk_json_key(&d->w, "documentNamespace");
	sk_json_printf(&d->w, "urn:uuid:%s", uuid);
	sk_json_key(&d->w, "creationInfo");
	sk_json_object(&d->w);
	sk_json_put_str(&d->w, "created", sk_time_format(r->created, time));
	sk_json_key(&d->w, "creators");
	sk_json_array(&d->w);
	sk_json_str(&d->w, "Tool: sekisho-" SK_VERSION);
	sk_json_end(&d->w);
	sk_json_end(&d->w);
}

static int write_spdx(const struct sk_report *report, struct sk_buf *out, struct sk_err *err)
{
	struct document d = { .w = { .buf = out, .indent = 2 }, .report = report };

	for (size_t i = 0; i < report->result_count; i++)
		collect_advisories(&d, &report->results[i]);
	sk_json_object(&d.w);
	put_head(&d);
	put_packages(&d);
	put_relationships(&d);
	put_licences(&d);
	sk_json_end(&d.w);
	for (size_t i = 0; i < d.advisories.entries.len; i++)
		sk_vec_release(&((struct links *)d.advisories.entries.data[i].value)->urls);
	sk_map_release(&d.advisories);
	sk_map_release(&d.licences);
	sk_arena_release(&d.arena);
	return 0;
}

const struct sk_format sk_format_spdx = {
	.name = "spdx",
	.summary = "SPDX 2.3 JSON: packages and licences",
	.extension = "spdx.json",
	.write = write_spdx,
};
