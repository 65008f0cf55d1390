/* SPDX-License-Identifier: Apache-2.0 */
#include "finding/coverage.h"

/* What a person can do about it, by the issue's id. */
static const struct {
	const char *id, *remedy;
} remedies[] = {
	{ "unreadable-file",
	  "Look at the file; if it is meant to be so, accept it in .sekishoignore.yaml." },
	{ "unreadable-packages", "Pull or build the image again: its package database is damaged, "
				 "so packages are missing here." },
	{ "unreadable-target",
	  "Name an image archive, an OCI layout or a folder: 'sekisho scan --help' lists them." },
	{ "unreadable-layer",
	  "Pull or save the image again; the layer is damaged or of an unknown form." },
	{ "unreadable-folder", "Run as a user who may read the folder." },
	{ "unsupported-layer", "Scan what the layer holds by the tool that made it." },
	{ "digest-mismatch",
	  "Do not use this image: its content is not what its manifest promises." },
	{ "hostile-path",
	  "Do not use this image before you know who built it: its layers try to leave the root." },
	{ "limit", "The limits stand in limits.h; report an image that needs more." },
	{ "crash", "Report this image: the worker that read it died, so it may be hostile." },
	{ "timeout",
	  "Give it more time with --timeout; an image that needs hours may be hostile." },
	{ "no-database", "sekisho db update, or without a network: sekisho db build --from DIR, "
			 "sekisho db import FILE" },
	{ "other-image", "Scan each image by its name." },
};

struct sk_finding *sk_coverage_finding(const struct sk_issue *issue, struct sk_arena *arena)
{
	struct sk_finding *f = sk_arena_alloc(arena, sizeof(*f));

	*f = (struct sk_finding){
		.kind = SK_FINDING_COVERAGE,
		.id = issue->id,
		.title = issue->text,
		.path = issue->path,
		.line = issue->line,
		.layer = issue->layer,
		.cvss_score = -1,
		.epss = -1,
		.epss_percentile = -1,
	};
	for (size_t i = 0; i < SK_COUNT(remedies); i++)
		if (strcmp(remedies[i].id, issue->id) == 0)
			f->remedy = remedies[i].remedy;
	return f;
}
