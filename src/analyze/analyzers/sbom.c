/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Bills of materials that a builder left in the image: CycloneDX (JSON, XML)
 * and SPDX (JSON, tag and value). What they name by a package URL counts, but
 * for distribution packages (the package database knows those better) and
 * images.
 */
#include "analyze/lockfile.h"
#include "doc/xml.h"

#include <ctype.h>

/* ---- package URLs ---- */

static int hex_digit(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

static const char *decode(struct sk_sink *sink, struct sk_span s)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '%' && i + 2 < s.len && hex_digit(s.ptr[i + 1]) >= 0 &&
		    hex_digit(s.ptr[i + 2]) >= 0) {
			sk_buf_putc(&out,
				    (char)(hex_digit(s.ptr[i + 1]) * 16 + hex_digit(s.ptr[i + 2])));
			i += 2;
		} else {
			sk_buf_putc(&out, s.ptr[i]);
		}
	}
	return sk_sink_str(sink, sk_buf_view(&out));
}

/* Cuts what stands behind the last `sep` off s; empty if there is none. */
static struct sk_span cut_tail(struct sk_span *s, char sep)
{
	ptrdiff_t at = sk_span_rchr(*s, sep);
	struct sk_span tail = { 0 };

	if (at >= 0) {
		tail = sk_span_from(*s, (size_t)at + 1);
		s->len = (size_t)at;
	}
	return tail;
}

/* The purl type as a constant or a string of the sink; NULL for those that are left out. */
static const char *wanted_type(struct sk_sink *sink, struct sk_span type)
{
	static const char *const unwanted[] = {
		"deb", "rpm", "apk", "alpm", "oci", "docker", "dhi"
	};

	for (size_t i = 0; i < SK_COUNT(unwanted); i++)
		if (sk_span_ieq(type, sk_span_str(unwanted[i])))
			return NULL;
	return decode(sink, type);
}

/* pkg:type/namespace/name@version?qualifiers#subpath */
static void add_purl(struct sk_sink *sink, struct sk_span purl, struct sk_span licence,
		     uint32_t line)
{
	struct sk_span type, version, qualifiers, name;
	struct sk_package *pkg;
	const char *kind;

	if (!sk_span_starts(purl, "pkg:"))
		return;
	purl = sk_span_from(purl, 4);
	while (sk_span_starts(purl, "/"))
		purl = sk_span_from(purl, 1);
	cut_tail(&purl, '#');
	qualifiers = cut_tail(&purl, '?');
	/* "@" of an npm scope may be written as it is: a version has no '/' behind it. */
	version = cut_tail(&purl, '@');
	if (sk_span_chr(version, '/') >= 0) {
		purl.len += version.len + 1;
		version.len = 0;
	}
	if (!sk_span_split(&purl, '/', &type))
		return;
	name = sk_span_basename(purl);
	kind = wanted_type(sink, type);
	if (!kind || name.len == 0)
		return;
	pkg = sk_sink_add(sink, kind, name, version, line);
	if (!pkg)
		return;
	pkg->name = decode(sink, name);
	pkg->version = decode(sink, version);
	pkg->ns = decode(sink, sk_span_dirname(purl));
	pkg->qualifiers = sk_sink_str(sink, qualifiers);
	if (!sk_span_is(licence, "NOASSERTION") && !sk_span_is(licence, "NONE"))
		pkg->licence = sk_sink_str(sink, licence);
	pkg->flags |= SK_PACKAGE_INSTALLED;
}

/* ---- JSON ---- */

static struct sk_span cyclonedx_licence(const struct sk_node *component)
{
	const struct sk_node *first = sk_node_first(sk_node_get(component, "licenses"));
	const struct sk_node *licence = sk_node_get(first, "license");
	struct sk_span s = sk_node_str(sk_node_get(licence, "id"));

	if (s.len == 0)
		s = sk_node_str(sk_node_get(licence, "name"));
	return s.len ? s : sk_node_str(sk_node_get(first, "expression"));
}

/* Components hold components: as deep as the document may be. */
static void read_components(struct sk_sink *sink, const struct sk_node *components)
{
	sk_node_each(component, components) {
		add_purl(sink, sk_node_str(sk_node_get(component, "purl")),
			 cyclonedx_licence(component), component->line);
		read_components(sink, sk_node_get(component, "components"));
	}
}

static void read_spdx(struct sk_sink *sink, const struct sk_node *root)
{
	sk_node_each(package, sk_node_get(root, "packages")) {
		struct sk_span licence = sk_node_str(sk_node_get(package, "licenseDeclared"));

		if (licence.len == 0 || sk_span_is(licence, "NOASSERTION"))
			licence = sk_node_str(sk_node_get(package, "licenseConcluded"));
		sk_node_each(ref, sk_node_get(package, "externalRefs"))
			if (sk_span_is(sk_node_str(sk_node_get(ref, "referenceType")), "purl"))
				add_purl(sink, sk_node_str(sk_node_get(ref, "referenceLocator")),
					 licence, package->line);
	}
}

static int read_json(struct sk_sink *sink, struct sk_span text, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	int rc = sk_doc_parse(&doc, SK_DOC_JSON, text, 0, err);

	if (rc < 0)
		return rc;
	if (sk_span_ieq(sk_node_str(sk_node_get(doc.root, "bomFormat")), SK_SPAN_LIT("CycloneDX")))
		read_components(sink, sk_node_get(doc.root, "components"));
	else if (sk_node_get(doc.root, "spdxVersion"))
		read_spdx(sink, doc.root);
	return 0;
}

/* ---- XML, tag and value ---- */

static void read_xml_components(struct sk_sink *sink, const struct sk_xml_node *components)
{
	sk_xml_each(component, components)
	{
		add_purl(sink, sk_xml_text(component, "purl"), sk_span(NULL, 0), component->line);
		read_xml_components(sink, sk_xml_get(component, "components"));
	}
}

static int read_xml(struct sk_sink *sink, struct sk_span text, struct sk_err *err)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	const struct sk_xml_node *root = NULL;
	int rc = sk_xml_parse(&arena, text, &root, err);

	if (rc == 0 && root && sk_span_is(root->name, "bom"))
		read_xml_components(sink, sk_xml_get(root, "components"));
	return rc;
}

/* "ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1" */
static void read_tags(struct sk_sink *sink, struct sk_span text)
{
	struct sk_span line;
	uint32_t number = 0;

	while (sk_span_line(&text, &line)) {
		ptrdiff_t at;

		number++;
		if (!sk_span_starts(line, "ExternalRef:"))
			continue;
		at = sk_span_find(line, SK_SPAN_LIT(" purl "));
		if (at >= 0)
			add_purl(sink, sk_span_trim(sk_span_from(line, (size_t)at + 6)),
				 sk_span(NULL, 0), number);
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span text, start;
	int rc = sk_file_text(file, &buf, &text, err);

	if (rc < 0)
		return rc;
	start = sk_span_trim(text);
	if (sk_span_starts(start, "{"))
		return read_json(sink, text, err);
	if (sk_span_starts(start, "<"))
		return read_xml(sink, text, err);
	read_tags(sink, text);
	return 0;
}

const struct sk_analyzer sk_analyzer_sbom = {
	.name = "sbom",
	.version = 1,
	.patterns =
		(const char *const[]){ "**/*.spdx", "**/*.spdx.json", "**/*.cdx", "**/*.cdx.json",
				       "**/*.cdx.xml", "**/bom.json", "**/bom.xml", "**/*.bom.json",
				       "**/*.bom.xml", "**/*.sbom.json", NULL },
	.analyze = analyze,
};
