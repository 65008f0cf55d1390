/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What VEX formats write: what was said of which package in which image, each
 * once. A risk that was accepted is `affected`, with an action that says by whom
 * and until when.
 */
#include "report/report.h"

struct sk_stated {
	const struct sk_result *result;
	const struct sk_finding *finding; /* with statement, id and package with purl */
	enum sk_vex_status status;	  /* never accepted */
	const char *justification;	  /* one of OpenVEX's words, or NULL */
	const char *text;		  /* impact or action; NULL: none is needed or known */
	const char *image;		  /* its package URL; NULL: no image that can be named for good */
};

struct sk_stated_list {
	SK_VEC(struct sk_stated) list; /* sorted by id */
	struct sk_arena arena;
};

void sk_report_stated(const struct sk_report *report, struct sk_stated_list *list);
void sk_stated_release(struct sk_stated_list *list);

/* "pkg:oci/shop@sha256%3A...?repository_url=registry.example/shop&tag=1.4"; NULL without a digest. */
const char *sk_report_image_purl(const struct sk_artifact *artifact, struct sk_arena *arena);
