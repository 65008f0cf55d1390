/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/versions/semver.h"

/* For sources without rules of their own (tags of a repository): SemVer, read leniently. */
static bool valid(struct sk_span s)
{
	return sk_semver_valid(s, SK_SEMVER_V | SK_SEMVER_ZEROS | SK_SEMVER_ANY_COUNT);
}

static const char *const aliases[] = {
	"github",	  "bitbucket",	   "docker",  "oci",
	"bitnami",	  "apache",	   "mozilla", "mattermost",
	"github actions", "githubactions", "vscode",  "linux",
	"huggingface",	  "mlflow",	   NULL,
};

const struct sk_scheme sk_scheme_generic = {
	.name = "generic",
	.aliases = aliases,
	.compare = sk_semver_compare,
	.valid = valid,
	.prerelease = sk_semver_prerelease,
};
