/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scan.h"

#include "analyze/in-use.h"
#include "report/format.h"

const char *sk_choice_severity(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return i <= SK_SEVERITY_CRITICAL ? sk_severity_name(i) : NULL;
}

const char *sk_choice_format(unsigned i, const char **ret_summary)
{
	*ret_summary = sk_formats[i] ? sk_formats[i]->summary : NULL;
	return sk_formats[i] ? sk_formats[i]->name : NULL;
}

static const char *choice_sort(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { [SK_SORT_SEVERITY] = "severity", [SK_SORT_RISK] = "risk" };

	*ret_summary = NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

/* All classes but the one that nobody says. */
static const char *choice_risk(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return sk_risk_class_name(i + 1);
}

#define TARGETS .group = "Targets"
#define REPORT .group = "Report"
#define COUNTS .group = "What counts"
#define WORK .group = "How it works"

static const struct sk_option options[] = {
	{ "exclude", 0, SK_OPT_LIST(struct sk_scan_options, exclude), TARGETS, .argument = "GLOB",
	  .help = "Pass over findings and packages of paths that match, such as "
		  "'usr/share/doc/**'; several times or with commas" },
	{ "packages-only", 0, SK_OPT_FLAG(struct sk_scan_options, packages_only), TARGETS,
	  .help = "List packages without asking the advisory database, which need not be there" },
	{ "no-manifest", 0, SK_OPT_FLAG(struct sk_scan_options, inspect.no_manifest), TARGETS,
	  .help = "Keep no file manifest of the image (path, SHA-256 and owner of everything that "
		  "can run), by which the guard tells what does not belong to it" },
	{ "in-use", 0, SK_OPT_FOLDER(struct sk_scan_options, in_use), TARGETS, .argument = "DIR",
	  .alone = SK_IN_USE_SYSTEM_DIR,
	  .help = "Mark what is in packages that the guard has seen in use, by what it keeps in "
		  "DIR (/var/lib/sekisho/in-use); --sort risk goes by it" },

	{ "format", 'f', SK_OPT_ENUM(struct sk_scan_options, format, sk_choice_format), REPORT,
	  .argument = "FORMAT", .fallback = "table", .help = "How the report is written" },
	{ "output", 'o', SK_OPT_FILE(struct sk_scan_options, output), REPORT, .argument = "FILE",
	  .help = "Write the report to FILE, which is replaced as a whole or not at all",
	  .otherwise = "standard output" },
	{ "list-packages", 0, SK_OPT_FLAG(struct sk_scan_options, list_packages), REPORT,
	  .help = "Include all packages in the report, not those with findings alone" },
	{ "show-ignored", 0, SK_OPT_FLAG(struct sk_scan_options, show_ignored), REPORT,
	  .help = "Also list what exceptions hide, with reason, owner and date" },

	{ "sort", 0, SK_OPT_ENUM(struct sk_scan_options, sort, choice_sort), REPORT,
	  .argument = "ORDER", .fallback = "severity", .help = "Which findings come first" },
	{ "risk-class", 0, SK_OPT_ENUM(struct sk_scan_options, risk_class, choice_risk), REPORT,
	  .argument = "CLASS", .help = "Where the workload stands, for its risk score" },
	{ "compare", 0, SK_OPT_FILE(struct sk_scan_options, compare), REPORT, .argument = "BASE.json",
	  .help = "Show and count only what is not in this JSON report of an earlier scan; what "
		  "went away is counted" },

	{ "author", 0, SK_OPT_STRING(struct sk_scan_options, author), REPORT, .argument = "NAME",
	  .help = "Who makes the statements that --format openvex and csaf write",
	  .otherwise = "sekisho" },
	{ "author-url", 0, SK_OPT_STRING(struct sk_scan_options, author_url), REPORT,
	  .argument = "URL", .help = "Their namespace in CSAF, a page of theirs" },

	{ "policy", 'P', SK_OPT_LIST(struct sk_scan_options, policies), COUNTS, .argument = "POLICY",
	  .help = "Decide by this file of policies or bundle, and exit with 1 if it says no; several "
		  "times" },
	SK_POLICY_OPTIONS(struct sk_scan_options, parameters, COUNTS, ),
	{ "fail-on", 0, SK_OPT_ENUM(struct sk_scan_options, fail_on, sk_choice_severity), COUNTS,
	  .argument = "SEVERITY",
	  .help = "Exit with 1 if there is a finding of this severity or above: the shortest policy" },
	{ "severity", 's', SK_OPT_SET(struct sk_scan_options, severity, sk_choice_severity), COUNTS,
	  .argument = "LIST", .help = "Only findings of these severities", .otherwise = "all" },
	{ "ignore-unfixed", 0, SK_OPT_FLAG(struct sk_scan_options, ignore_unfixed), COUNTS,
	  .help = "Only findings that have a fix" },
	{ "exceptions", 0, SK_OPT_LIST(struct sk_scan_options, exceptions), COUNTS,
	  .argument = "FILE",
	  .help = "Accepted findings; several times or with commas",
	  .otherwise = ".sekishoignore.yaml where there is one" },
	{ "ignore-file", 0, SK_OPT_LIST(struct sk_scan_options, ignore_file), COUNTS,
	  .argument = "FILE", .help = "The older name of --exceptions", .flags = SK_OPTION_HIDDEN },
	{ "vex", 0, SK_OPT_LIST(struct sk_scan_options, vex), COUNTS, .argument = "FILE",
	  .help = "VEX documents (OpenVEX, CSAF, CycloneDX), whose statements are exceptions; "
		  "several times or with commas" },
	{ "exception-max-days", 0, SK_OPT_INT(struct sk_scan_options, exception_days), COUNTS,
	  .argument = "DAYS", .max = 36500, .fallback = "366",
	  .help = "How far away the end of an exception may be; one that ends later does not "
		  "count and is reported; 0 for any" },

	SK_DATABASE_OPTION(struct sk_scan_options, database, WORK),
	SK_INSPECT_OPTIONS(struct sk_scan_options, inspect),
	{ NULL },
};

static const char *const text[] = {
	"TARGET is an image archive (docker save, podman save, OCI; also compressed with gzip, zstd "
	"or xz), a folder with an OCI image layout, a root file system or a source tree with lock "
	"files, or - for an archive on standard input. Its kind is recognised; a prefix settles "
	"doubt: archive:FILE, oci:DIR, dir:DIR.",
	"The report goes to standard output, progress and messages to standard error. Exit codes: "
	"0 clean, 1 a policy (or --fail-on) says no, 2 wrong usage, 3 something could not be looked at, and "
	"the report says what.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "sekisho scan app.tar", "A table of what is known to be vulnerable, and what to do." },
	{ "docker save app | sekisho scan -", "The same straight from the engine, without a file." },
	{ "sekisho scan app.tar --format sarif --output app.sarif --fail-on high --ignore-unfixed",
	  "For a CI job: a file for the code host, exit code 1 from severity high on." },
	{ "sekisho scan ./layout --platform linux/arm64", "One platform of an OCI image layout." },
	{ "sekisho scan dir:./rootfs --list-packages --format cyclonedx", "A bill of materials." },
	{ NULL },
};

static int run(const struct sk_call *call, struct sk_err *err)
{
	return sk_scan(call, call->options, err);
}

const struct sk_command sk_command_scan = {
	.name = "scan",
	.summary = "Scan images, root file systems and source trees for vulnerable packages",
	.synopsis = "[options] TARGET...",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct sk_scan_options),
	.min_args = 1,
	.max_args = 10000,
	.args_type = SK_OPTION_FILE,
	.run = run,
};
