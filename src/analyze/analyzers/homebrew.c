/* SPDX-License-Identifier: Apache-2.0 */
/* Homebrew, which Linux has too: a formula that it installed is a folder Cellar/NAME/VERSION with a receipt in it. */
#include "analyze/analyzer.h"

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span folder = sk_span_dirname(sk_span_str(file->path));
	struct sk_package *pkg;

	(void)err;
	pkg = sk_sink_add(sink, "brew", sk_span_basename(sk_span_dirname(folder)),
			  sk_span_basename(folder), 0);
	if (pkg)
		pkg->flags |= SK_PACKAGE_INSTALLED;
	return 0;
}

const struct sk_analyzer sk_analyzer_homebrew = {
	.name = "homebrew",
	.version = 1,
	.patterns = (const char *const[]){ "**/Cellar/*/*/INSTALL_RECEIPT.json", NULL },
	.analyze = analyze,
};
