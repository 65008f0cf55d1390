/* SPDX-License-Identifier: Apache-2.0 */
/* Who publishes advisories, by their ids, and the words that they use for severities. */
#include "base/mem.h"
#include "vuln/osv.h"

/*
 * The database stores places in this table: new ones go to the end, before the
 * last. Rank: GitHub reviews and scores its records, the language communities
 * describe theirs, distributions repeat.
 */
static const struct sk_publisher publishers[] = {
	{ "GHSA-", "github", false, 0 },
	{ "GO-", "go", false, 1 },
	{ "PYSEC-", "pypa", false, 1 },
	{ "RUSTSEC-", "rustsec", false, 1 },
	{ "MAL-", "malicious-packages", false, 1 },
	{ "CVE-", "osv", false, 2 },
	{ "DEBIAN-", "debian", false, 5 },
	{ "DSA-", "debian", true, 6 },
	{ "DLA-", "debian", true, 6 },
	{ "DTSA-", "debian", true, 6 },
	{ "UBUNTU-", "ubuntu", false, 5 },
	{ "USN-", "ubuntu", true, 6 },
	{ "LSN-", "ubuntu", true, 6 },
	{ "ALPINE-", "alpine", false, 5 },
	{ "CGA-", "chainguard", false, 5 },
	{ "ALSA-", "almalinux", true, 6 },
	{ "ALBA-", "almalinux", true, 7 },
	{ "ALEA-", "almalinux", true, 7 },
	{ "RLSA-", "rocky", true, 6 },
	{ "RXSA-", "rocky", true, 6 },
	{ "RHSA-", "redhat", true, 6 },
	{ "RHBA-", "redhat", true, 7 },
	{ "RHEA-", "redhat", true, 7 },
	{ "SUSE-", "suse", true, 6 },
	{ "openSUSE-", "suse", true, 6 },
	{ "MGASA-", "mageia", true, 6 },
	{ "OESA-", "openeuler", true, 6 },
	{ "PHSA-", "photon", true, 6 },
	{ "AZL-", "azurelinux", false, 5 },
	{ "ALAS", "amazon", true, 6 },
	{ "ELSA-", "oracle", true, 6 },
	{ "FEDORA-", "fedora", true, 6 },
	{ "BIT-", "bitnami", false, 4 },
	{ "x_RUBYSEC-", "rubysec", false, 2 },
	{ "RUBYSEC-", "rubysec", false, 2 },
	{ "x_FOP-", "friendsofphp", false, 2 },
	{ "x_NSWG-", "nodejs-wg", false, 3 },
	{ "", "osv", false, 4 },
};

const struct sk_publisher *sk_publisher_of(struct sk_span id)
{
	size_t i = 0;

	while (!sk_span_starts(id, publishers[i].prefix))
		i++;
	return &publishers[i];
}

const struct sk_publisher *sk_publisher_at(size_t index)
{
	return &publishers[index < SK_COUNT(publishers) ? index : SK_COUNT(publishers) - 1];
}

size_t sk_publisher_index(const struct sk_publisher *publisher)
{
	return (size_t)(publisher - publishers);
}

/*
 * Debian: https://security-team.debian.org/security_tracker.html#severity-levels
 * Ubuntu: https://ubuntu.com/security/cves/about#priority; Red Hat and SUSE:
 * their four ratings; RustSec's `informational` kinds.
 */
enum sk_severity sk_vendor_severity(struct sk_span word)
{
	static const struct {
		const char *word;
		enum sk_severity severity;
	} words[] = {
		{ "unimportant", SK_SEVERITY_NEGLIGIBLE },
		{ "negligible", SK_SEVERITY_NEGLIGIBLE },
		{ "notice", SK_SEVERITY_NEGLIGIBLE },
		{ "unmaintained", SK_SEVERITY_NEGLIGIBLE },
		{ "none", SK_SEVERITY_NEGLIGIBLE },
		{ "minor", SK_SEVERITY_LOW },
		{ "low", SK_SEVERITY_LOW },
		{ "unsound", SK_SEVERITY_LOW },
		{ "medium", SK_SEVERITY_MEDIUM },
		{ "moderate", SK_SEVERITY_MEDIUM },
		{ "high", SK_SEVERITY_HIGH },
		{ "important", SK_SEVERITY_HIGH },
		{ "critical", SK_SEVERITY_CRITICAL },
	};

	while (word.len && word.ptr[word.len - 1] == '*') /* Debian: set by hand */
		word.len--;
	for (size_t i = 0; i < SK_COUNT(words); i++)
		if (sk_span_ieq(word, sk_span_str(words[i].word)))
			return words[i].severity;
	return SK_SEVERITY_UNKNOWN;
}
