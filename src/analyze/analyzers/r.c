/* SPDX-License-Identifier: Apache-2.0 */

/*
 * R: the DESCRIPTION of an installed package (or of its sources), and
 * renv.lock. Writing R Extensions, "The DESCRIPTION file".
 */
#include "analyze/control.h"
#include "analyze/lockfile.h"

static void read_description(struct sk_sink *sink, struct sk_span text)
{
	struct sk_control control = sk_control(text);
	struct sk_span name = { 0 }, version = { 0 }, licence = { 0 };
	struct sk_control_field field;
	enum sk_control_item item;
	struct sk_package *pkg;
	bool built = false;

	/* One stanza; it may be long, but for the package's own text nothing in it is indented wrongly. */
	while ((item = sk_control_next(&control, &field)) != SK_CONTROL_END &&
	       item != SK_CONTROL_STANZA) {
		if (item != SK_CONTROL_FIELD)
			continue;
		if (sk_span_is(field.name, "Package"))
			name = sk_control_line(field.value);
		else if (sk_span_is(field.name, "Version"))
			version = sk_control_line(field.value);
		else if (sk_span_is(field.name, "License"))
			licence = sk_control_line(field.value);
		built |= sk_span_is(field.name, "Built");
	}
	/* Other tools call their files so too. */
	if (name.len == 0 || version.len == 0)
		return;
	pkg = sk_sink_add(sink, "cran", name, version, 1);
	if (!pkg)
		return;
	pkg->licence = sk_sink_str(sink, licence);
	pkg->flags |= built ? SK_PACKAGE_INSTALLED : SK_PACKAGE_MAIN;
}

static int read_renv(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	int rc = sk_file_doc(file, SK_DOC_JSON, 0, &doc, err);

	if (rc < 0)
		return rc;
	sk_node_each(entry, sk_node_get(doc.root, "Packages"))
		sk_sink_add(sink, "cran", sk_node_str(sk_node_get(entry, "Package")),
			    sk_node_str(sk_node_get(entry, "Version")), entry->line);
	return 0;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span text;
	int rc;

	if (sk_span_ends(sk_span_str(file->path), "renv.lock"))
		return read_renv(sink, file, err);
	rc = sk_file_bytes(file, &text, err);
	if (rc == 0)
		read_description(sink, text);
	return rc;
}

const struct sk_analyzer sk_analyzer_r = {
	.name = "r",
	.version = 1,
	.patterns = (const char *const[]){ "**/DESCRIPTION", "**/renv.lock", NULL },
	.analyze = analyze,
};
