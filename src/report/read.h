/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A JSON report (docs/report.schema.json) read back into the structs that it
 * was written from, for --compare, for exceptions and for policies that are
 * tried on stored scans. It is somebody else's file: types, counts and indexes
 * are checked, members that are not known are passed over (a later MINOR may
 * have added them).
 *
 * What a report does not hold is not there: without `packages` an inventory
 * has none (report.list_packages tells; findings have their package all the
 * same), file lists of packages are left out, and of a finding's package its
 * flags are known only where it is listed.
 */
#include "base/err.h"
#include "report/report.h"

struct sk_report_file {
	struct sk_arena arena; /* everything below, and all strings */
	struct sk_report report;
};

/*
 * SK_EINVAL with the line where it is no report, SK_EUNSUPPORTED for another
 * MAJOR of the schema, SK_ELIMIT above limits.h. On error the file is empty.
 */
int sk_report_read(struct sk_report_file *file, struct sk_span text, struct sk_err *err);
int sk_report_load(struct sk_report_file *file, const char *path, struct sk_err *err);
void sk_report_file_release(struct sk_report_file *file);
