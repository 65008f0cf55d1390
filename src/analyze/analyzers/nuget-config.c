/* SPDX-License-Identifier: Apache-2.0 */

/*
 * NuGet's XML: packages.config lists what an older project installed;
 * Directory.Packages.props and Packages.props hold the versions of a whole
 * solution.
 */
#include "analyze/analyzer.h"
#include "doc/xml.h"

/* "$(Name)" in a version, from the property groups of the same file. */
static struct sk_span expand(const struct sk_xml_node *root, struct sk_span version)
{
	struct sk_span name;

	if (!sk_span_starts(version, "$(") || !sk_span_ends(version, ")"))
		return version;
	name = sk_span_sub(version, 2, version.len - 3);
	sk_xml_each(group, root)
	{
		if (!sk_span_is(group->name, "PropertyGroup"))
			continue;
		sk_xml_each(property,
			    group) if (sk_span_ieq(property->name, name)) return property->text;
	}
	return sk_span(NULL, 0);
}

static void add(struct sk_sink *sink, struct sk_span name, struct sk_span version, uint32_t line)
{
	name = sk_span_trim(name);
	version = sk_span_trim(version);
	if (name.len && version.len && sk_span_find(version, SK_SPAN_LIT("$(")) < 0)
		sk_sink_add(sink, "nuget", name, version, line);
}

static void read_props(struct sk_sink *sink, const struct sk_xml_node *root)
{
	sk_xml_each(group, root)
	{
		if (!sk_span_is(group->name, "ItemGroup"))
			continue;
		sk_xml_each(item, group)
		{
			struct sk_span name = sk_xml_attr(item, "Include");
			struct sk_span version = sk_xml_attr(item, "Version");

			if (!sk_span_is(item->name, "PackageReference") &&
			    !sk_span_is(item->name, "PackageVersion"))
				continue;
			if (name.len == 0)
				name = sk_xml_attr(item, "Update");
			if (version.len == 0)
				version = sk_xml_text(item, "Version");
			add(sink, name, expand(root, version), item->line);
		}
	}
}

static void read_config(struct sk_sink *sink, const struct sk_xml_node *root)
{
	sk_xml_each(package, root) if (sk_span_is(package->name, "package")) add(
		sink, sk_xml_attr(package, "id"), sk_xml_attr(package, "version"), package->line);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	const struct sk_xml_node *root;
	struct sk_span text;
	int rc = sk_file_bytes(file, &text, err);

	if (rc == 0)
		rc = sk_xml_parse(&arena, text, &root, err);
	if (rc < 0)
		return rc;
	if (sk_span_ends(sk_span_str(file->path), ".config"))
		read_config(sink, root);
	else
		read_props(sink, root);
	return 0;
}

const struct sk_analyzer sk_analyzer_nuget_config = {
	.name = "nuget-config",
	.version = 1,
	.patterns = (const char *const[]){ "**/packages.config", "**/Directory.Packages.props",
					   "**/Packages.props", "**/packages.props", NULL },
	.analyze = analyze,
};
