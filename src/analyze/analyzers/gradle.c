/* SPDX-License-Identifier: Apache-2.0 */

/* gradle.lockfile and buildscript-gradle.lockfile: "group:artifact:version=configuration,..." a line. */
#include "analyze/analyzer.h"

/* Whether all configurations that use it are for tests. */
static bool only_tests(struct sk_span configurations)
{
	struct sk_span one;
	bool any = false;

	while (sk_span_split(&configurations, ',', &one)) {
		any = true;
		if (!sk_span_starts(one, "test"))
			return false;
	}
	return any;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span text, line;
	uint32_t number = 0;
	int rc = sk_file_bytes(file, &text, err);

	if (rc < 0)
		return rc;
	while (sk_span_line(&text, &line)) {
		struct sk_span coordinates, group, artifact;
		struct sk_package *pkg;

		number++;
		line = sk_span_trim(line);
		if (line.len == 0 || line.ptr[0] == '#' ||
		    !sk_span_split(&line, '=', &coordinates) ||
		    !sk_span_split(&coordinates, ':', &group) ||
		    !sk_span_split(&coordinates, ':', &artifact) || coordinates.len == 0)
			continue;
		pkg = sk_sink_add(sink, "maven", artifact, coordinates, number);
		if (!pkg)
			continue;
		pkg->ns = sk_sink_str(sink, group);
		if (only_tests(line))
			pkg->flags |= SK_PACKAGE_DEV;
	}
	return 0;
}

const struct sk_analyzer sk_analyzer_gradle = {
	.name = "gradle",
	.version = 1,
	.patterns = (const char *const[]){ "**/gradle.lockfile", "**/*gradle.lockfile", NULL },
	.analyze = analyze,
};
