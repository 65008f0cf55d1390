/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Java archives: each names itself, and those shaded into it, by the
 * pom.properties that Maven leaves in META-INF/maven; where there is none, by
 * its manifest and its file name. Archives inside archives are read alike.
 */
#include "analyze/pom.h"
#include "analyze/zip.h"
#include "base/limits.h"

/* Manifests of signed archives have a section for every class. */
#define MAX_MANIFEST (16u << 20)
#define MAX_PROPERTIES (1u << 20)
#define MAX_POM (8u << 20)

struct archive {
	struct sk_sink *sink;
	struct sk_zip *zip;
	const char *path; /* "a.war!WEB-INF/lib/b.jar" */
	struct sk_arena arena;
	struct sk_map manifest;
	struct sk_map found;	     /* "group:artifact:version" to struct sk_package * */
	struct sk_map folders;	     /* of META-INF/maven that have a pom.properties */
	struct sk_coordinates named; /* by the file's name */
};

static void analyze_archive(struct sk_sink *sink, struct sk_zip *zip, const char *path);

/* Whether this is the archive's own artifact: "jackson-core" of org.x.jackson-core-2.1.jar. */
static bool is_own(const struct archive *a, struct sk_span artifact)
{
	struct sk_span name = a->named.artifact;

	return name.len >= artifact.len &&
	       sk_span_eq(sk_span_from(name, name.len - artifact.len), artifact);
}

static const char *manifest_licence(const struct archive *a)
{
	struct sk_span licence = sk_java_manifest_get(&a->manifest, "bundle-license");

	if (licence.len == 0)
		licence = sk_java_manifest_get(&a->manifest, "plugin-license-name");
	return sk_sink_str(a->sink, licence);
}

static struct sk_span key_of(struct archive *a, const struct sk_coordinates *c)
{
	return sk_span_str(sk_arena_printf(&a->arena, "%.*s:%.*s:%.*s", (int)c->group.len,
					   c->group.ptr, (int)c->artifact.len, c->artifact.ptr,
					   (int)c->version.len, c->version.ptr));
}

static struct sk_package *find_package(struct archive *a, const struct sk_coordinates *c)
{
	return sk_map_get(&a->found, key_of(a, c));
}

/* The package of these coordinates, once; NULL if there are too many. */
static struct sk_package *add_package(struct archive *a, const struct sk_coordinates *c)
{
	void **slot = sk_map_at(&a->found, key_of(a, c), NULL);
	struct sk_package *pkg = *slot;

	if (pkg)
		return pkg;
	*slot = pkg = sk_sink_add(a->sink, "maven", c->artifact, c->version, 0);
	if (!pkg)
		return NULL;
	pkg->ns = sk_sink_str(a->sink, c->group);
	pkg->path = a->path;
	pkg->flags |= SK_PACKAGE_INSTALLED;
	if (is_own(a, c->artifact))
		pkg->licence = manifest_licence(a);
	return pkg;
}

static bool is_plain(struct sk_span s)
{
	return s.len > 0 && sk_span_find(s, SK_SPAN_LIT("${")) < 0;
}

static void read_properties(struct archive *a, const struct sk_zip_entry *e)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_coordinates c;

	if (sk_zip_read(a->zip, e, MAX_PROPERTIES, &text, &err) < 0) {
		sk_sink_issue(a->sink, 0, "%s: %s", a->path, err.text);
		return;
	}
	sk_java_pom_properties(sk_buf_view(&text), &c);
	if (c.group.len && c.artifact.len && c.version.len && add_package(a, &c))
		sk_map_put(&a->folders, sk_span_dirname(e->name), a);
}

/* A pom.xml has the licence, and the coordinates where pom.properties was left out. */
static void read_pom(struct archive *a, const struct sk_zip_entry *e)
{
	bool has_properties = sk_map_get(&a->folders, sk_span_dirname(e->name));
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	const struct sk_xml_node *root = NULL;
	struct sk_package *pkg;
	struct sk_coordinates c;
	struct sk_pom pom;

	/* What cannot be read here is no loss by itself: the archive has other names. */
	if (sk_zip_read(a->zip, e, MAX_POM, &text, NULL) < 0 ||
	    sk_xml_parse(&a->arena, sk_buf_view(&text), &root, NULL) < 0 || !root)
		return;
	sk_pom_read(&pom, root);
	c = pom.id;
	if (c.group.len == 0)
		c.group = pom.parent.group;
	if (c.version.len == 0)
		c.version = pom.parent.version;
	if (is_plain(c.group) && is_plain(c.artifact) && is_plain(c.version)) {
		pkg = has_properties ? find_package(a, &c) : add_package(a, &c);
		if (pkg && pom.licence.len)
			pkg->licence = sk_sink_str(a->sink, pom.licence);
	}
	sk_pom_release(&pom);
}

static void read_manifest(struct archive *a)
{
	const struct sk_zip_entry *e = sk_zip_find(a->zip, "META-INF/MANIFEST.MF");
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_err err = SK_ERR_INIT;

	if (!e)
		return;
	if (sk_zip_read(a->zip, e, MAX_MANIFEST, &text, &err) < 0)
		sk_sink_issue(a->sink, 0, "%s: %s", a->path, err.text);
	sk_java_manifest(sk_buf_view(&text), &a->arena, &a->manifest);
}

static void read_nested(struct archive *a, const struct sk_zip_entry *e)
{
	const char *path =
		sk_sink_printf(a->sink, "%s!%.*s", a->path, (int)e->name.len, e->name.ptr);
	struct sk_err err = SK_ERR_INIT;
	struct sk_zip *inner;

	if (!path)
		return;
	if (sk_zip_open_entry(a->zip, e, &inner, &err) < 0) {
		sk_sink_issue(a->sink, 0, "%s: %s", path, err.text);
		return;
	}
	analyze_archive(a->sink, inner, path);
	sk_zip_free(inner);
}

static void analyze_archive(struct sk_sink *sink, struct sk_zip *zip, const char *path)
{
	struct archive a = { .sink = sink, .zip = zip, .path = path };
	const struct sk_zip_entry *entries;
	struct sk_coordinates guess;
	size_t count;

	sk_java_name(sk_span_str(path), &a.named);
	read_manifest(&a);
	entries = sk_zip_entries(zip, &count);
	for (size_t i = 0; i < count; i++)
		if (sk_span_is(sk_span_basename(entries[i].name), "pom.properties"))
			read_properties(&a, &entries[i]);
	for (size_t i = 0; i < count; i++)
		if (sk_span_starts(entries[i].name, "META-INF/maven/") &&
		    sk_span_is(sk_span_basename(entries[i].name), "pom.xml"))
			read_pom(&a, &entries[i]);
	guess = a.named;
	if (a.found.entries.len == 0 && sk_java_guess(&a.manifest, &guess))
		add_package(&a, &guess);
	for (size_t i = 0; i < count; i++)
		if (!entries[i].folder && sk_java_is_archive(entries[i].name))
			read_nested(&a, &entries[i]);
	sk_map_release(&a.manifest);
	sk_map_release(&a.found);
	sk_map_release(&a.folders);
	sk_arena_release(&a.arena);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_zip *zip;
	int rc = sk_zip_open(file, &zip, err);

	if (rc < 0)
		return rc;
	analyze_archive(sink, zip, file->path);
	sk_zip_free(zip);
	return 0;
}

const struct sk_analyzer sk_analyzer_jar = {
	.name = "jar",
	.version = 1,
	.patterns = (const char *const[]){ "**/*.jar", "**/*.war", "**/*.ear", "**/*.par",
					   "**/*.sar", "**/*.nar", "**/*.jpi", "**/*.hpi",
					   "**/*.kar", "**/*.lpkg", NULL },
	.analyze = analyze,
};
