/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/ecosystem.h"

#include <ctype.h>

#define IDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ECO(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Ecosystem names: https://ossf.github.io/osv-schema/#defined-ecosystems and
 * what osv.dev publishes. Amazon, Oracle and Fedora are not published there:
 * their patterns serve mirrors that add them, else their packages are reported
 * as not checked.
 */
static const struct sk_distribution distributions[] = {
	{ IDS("debian"), "Debian", "deb", SK_NAMES_SOURCE, ECO("Debian:{M}", "Debian"), "Debian" },
	{ IDS("ubuntu"), "Ubuntu", "deb", SK_NAMES_SOURCE,
	  ECO("Ubuntu:{V}:LTS", "Ubuntu:{V}", "Ubuntu", "Ubuntu:Pro:{V}:LTS", "Ubuntu:Pro:{V}"),
	  "Ubuntu" },
	{ IDS("alpine"), "Alpine", "apk", SK_NAMES_SOURCE, ECO("Alpine:v{M}.{m}", "Alpine"),
	  "Alpine" },
	{ IDS("wolfi"), "Wolfi", "apk", SK_NAMES_SOURCE, ECO("Wolfi"), "Wolfi" },
	{ IDS("chainguard"), "Chainguard", "apk", SK_NAMES_SOURCE, ECO("Chainguard"),
	  "Chainguard" },
	{ IDS("minimos"), "MinimOS", "apk", SK_NAMES_SOURCE, ECO("MinimOS"), "MinimOS" },
	{ IDS("alpaquita"), "Alpaquita", "apk", SK_NAMES_SOURCE,
	  ECO("Alpaquita:{V}", "Alpaquita:stream"), "Alpaquita" },
	{ IDS("almalinux"), "AlmaLinux", "rpm", SK_NAMES_BINARY, ECO("AlmaLinux:{M}", "AlmaLinux"),
	  "AlmaLinux" },
	{ IDS("rocky"), "Rocky", "rpm", SK_NAMES_BINARY, ECO("Rocky Linux:{M}", "Rocky Linux"),
	  "Rocky Linux" },
	/* CentOS rebuilds (or, as Stream, precedes) Red Hat's packages and has no advisories of its
	   own. */
	{ IDS("rhel", "centos"), "RedHat", "rpm", SK_NAMES_BINARY,
	  ECO("Red Hat:enterprise_linux:{M}", "Red Hat:enterprise_linux:{M}::*",
	      "Red Hat:enterprise_linux:{M}.*", "Red Hat:rhel_extras*:{M}*", "Red Hat"),
	  "Red Hat" },
	{ IDS("sles", "sled", "sles_sap", "sle_hpc"), "SUSE", "rpm", SK_NAMES_BINARY,
	  ECO("SUSE:Linux Enterprise Server {M} SP{m}", "SUSE:Linux Enterprise Server {V}",
	      "SUSE:Linux Enterprise Server {M} SP{m}-LTSS",
	      "SUSE:Linux Enterprise Module for * {M} SP{m}",
	      "SUSE:Linux Enterprise Module for * {V}"),
	  "SUSE" },
	{ IDS("sle-micro", "sl-micro", "suse-microos"), "SUSE", "rpm", SK_NAMES_BINARY,
	  ECO("SUSE:Linux Enterprise Micro {V}", "SUSE:Linux Micro {V}"), "SUSE" },
	{ IDS("opensuse-leap"), "openSUSE", "rpm", SK_NAMES_BINARY, ECO("openSUSE:Leap {V}"),
	  "openSUSE" },
	{ IDS("opensuse-tumbleweed"), "openSUSE", "rpm", SK_NAMES_BINARY,
	  ECO("openSUSE:Tumbleweed"), "openSUSE" },
	{ IDS("opensuse-leap-micro"), "openSUSE", "rpm", SK_NAMES_BINARY,
	  ECO("openSUSE:Leap Micro {V}"), "openSUSE" },
	{ IDS("photon"), "Photon", "rpm", SK_NAMES_BINARY, ECO("Photon OS:{V}", "Photon OS:{M}"),
	  "Photon OS" },
	{ IDS("azurelinux", "mariner"), "Azure", "rpm", SK_NAMES_SOURCE,
	  ECO("Azure Linux:{M}", "Azure Linux:{V}"), "Azure Linux" },
	{ IDS("openEuler", "openeuler"), "openEuler", "rpm", SK_NAMES_BINARY,
	  ECO("openEuler:{V}", "openEuler:{V}-LTS", "openEuler:{V}-LTS-SP*"), "openEuler" },
	{ IDS("mageia"), "Mageia", "rpm", SK_NAMES_SOURCE, ECO("Mageia:{M}"), "Mageia" },
	{ IDS("amzn"), "Amazon", "rpm", SK_NAMES_BINARY, ECO("Amazon Linux:{V}"), "Amazon Linux" },
	{ IDS("ol"), "Oracle", "rpm", SK_NAMES_BINARY, ECO("Oracle Linux:{M}"), "Oracle Linux" },
	{ IDS("fedora"), "Fedora", "rpm", SK_NAMES_BINARY, ECO("Fedora:{M}"), "Fedora" },
};

static const struct {
	const char *type, *ecosystem;
} languages[] = {
	{ "npm", "npm" },
	{ "pypi", "PyPI" },
	{ "golang", "Go" },
	{ "maven", "Maven" },
	{ "gem", "RubyGems" },
	{ "cargo", "crates.io" },
	{ "composer", "Packagist" },
	{ "nuget", "NuGet" },
	{ "hex", "Hex" },
	{ "pub", "Pub" },
	{ "swift", "SwiftURL" },
	{ "conan", "ConanCenter" },
	{ "cran", "CRAN" },
	{ "hackage", "Hackage" },
	{ "bioconductor", "Bioconductor" },
	{ "julia", "Julia" },
	{ "opam", "opam" },
	{ "githubactions", "GitHub Actions" },
	{ "vscode", "VSCode" },
};

/* Ecosystems whose scheme has another name than the part before the colon. */
static const struct {
	const char *ecosystem, *scheme;
} schemes[] = {
	{ "Debian", "deb" },
	{ "Ubuntu", "deb" },
	{ "Echo", "deb" },
	{ "Alpine", "apk" },
	{ "Wolfi", "apk" },
	{ "Chainguard", "apk" },
	{ "MinimOS", "apk" },
	{ "Alpaquita", "apk" },
	{ "BellSoft Hardened Containers", "apk" },
	{ "AlmaLinux", "rpm" },
	{ "Rocky Linux", "rpm" },
	{ "Red Hat", "rpm" },
	{ "SUSE", "rpm" },
	{ "openSUSE", "rpm" },
	{ "Photon OS", "rpm" },
	{ "Azure Linux", "rpm" },
	{ "openEuler", "rpm" },
	{ "Mageia", "rpm" },
	{ "Amazon Linux", "rpm" },
	{ "Oracle Linux", "rpm" },
	{ "Fedora", "rpm" },
};

const struct sk_distribution *sk_distribution_find(const struct sk_os *os)
{
	if (!os || !os->id)
		return NULL;
	for (size_t i = 0; i < SK_COUNT(distributions); i++)
		for (const char *const *id = distributions[i].ids; *id; id++)
			if (strcmp(*id, os->id) == 0)
				return &distributions[i];
	return NULL;
}

/* Debian's testing has no VERSION_ID, but a codename that says which release it will be. */
static struct sk_span os_version(const struct sk_os *os)
{
	static const struct {
		const char *codename, *version;
	} names[] = {
		{ "jessie", "8" },    { "stretch", "9" }, { "buster", "10" }, { "bullseye", "11" },
		{ "bookworm", "12" }, { "trixie", "13" }, { "forky", "14" },  { "duke", "15" },
	};

	if (os->version && os->version[0])
		return sk_span_str(os->version);
	if (os->id && strcmp(os->id, "debian") == 0)
		for (size_t i = 0; os->codename && i < SK_COUNT(names); i++)
			if (strcmp(os->codename, names[i].codename) == 0)
				return sk_span_str(names[i].version);
	return sk_span(NULL, 0);
}

/* Number `index` of a dotted version, or empty. "3.21_alpha2024" has 3 and 21. */
static struct sk_span version_number(struct sk_span version, int index)
{
	struct sk_span part = { 0 };
	size_t digits = 0;

	while (index-- >= 0)
		if (!sk_span_split(&version, '.', &part))
			return sk_span(NULL, 0);
	while (digits < part.len && isdigit((unsigned char)part.ptr[digits]))
		digits++;
	return sk_span_sub(part, 0, digits);
}

bool sk_ecosystem_expand(const char *pattern, const struct sk_os *os, struct sk_buf *buf)
{
	struct sk_span version = os_version(os);

	sk_buf_reset(buf);
	for (const char *p = pattern; *p; p++) {
		struct sk_span part = version;

		if (*p != '{') {
			sk_buf_putc(buf, *p);
			continue;
		}
		if (p[1] != 'V')
			part = version_number(version, p[1] == 'm');
		if (!part.len)
			return false;
		sk_buf_span(buf, part);
		p += 2;
	}
	return true;
}

bool sk_ecosystem_like(struct sk_span name, struct sk_span pattern)
{
	size_t n = 0, p = 0, star = SIZE_MAX, mark = 0;

	while (n < name.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			mark = n;
		} else if (p < pattern.len && pattern.ptr[p] == name.ptr[n]) {
			p++, n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

const char *sk_ecosystem_of_type(const char *type)
{
	for (size_t i = 0; type && i < SK_COUNT(languages); i++)
		if (strcmp(languages[i].type, type) == 0)
			return languages[i].ecosystem;
	return NULL;
}

static struct sk_span base_name(struct sk_span ecosystem)
{
	ptrdiff_t colon = sk_span_chr(ecosystem, ':');

	return colon < 0 ? ecosystem : sk_span_sub(ecosystem, 0, (size_t)colon);
}

const struct sk_scheme *sk_ecosystem_scheme(struct sk_span ecosystem)
{
	struct sk_span base = base_name(ecosystem);

	for (size_t i = 0; i < SK_COUNT(schemes); i++)
		if (sk_span_is(base, schemes[i].ecosystem))
			return sk_scheme_find(sk_span_str(schemes[i].scheme));
	for (size_t i = 0; i < SK_COUNT(languages); i++)
		if (sk_span_is(base, languages[i].ecosystem))
			return sk_scheme_find(sk_span_str(languages[i].type));
	return NULL;
}

static void lower(struct sk_span s, struct sk_buf *buf)
{
	for (size_t i = 0; i < s.len; i++)
		sk_buf_putc(buf, (char)tolower((unsigned char)s.ptr[i]));
}

/* PEP 503: runs of '-', '_' and '.' are one '-'; lower case. */
static void pep503(struct sk_span s, struct sk_buf *buf)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c != '-' && c != '_' && c != '.')
			sk_buf_putc(buf, (char)tolower((unsigned char)c));
		else if (!buf->len || buf->data[buf->len - 1] != '-')
			sk_buf_putc(buf, '-');
	}
}

void sk_ecosystem_name(struct sk_span ecosystem, struct sk_span name, struct sk_buf *buf)
{
	sk_buf_reset(buf);
	if (sk_span_is(ecosystem, "PyPI")) {
		pep503(name, buf);
	} else if (sk_span_is(ecosystem, "NuGet") || sk_span_is(ecosystem, "Packagist")) {
		lower(name, buf);
	} else if (sk_span_is(ecosystem, "crates.io")) {
		/* The registry refuses names that differ in these alone. */
		lower(name, buf);
		for (size_t i = 0; i < buf->len; i++)
			if (buf->data[i] == '_')
				buf->data[i] = '-';
	} else {
		sk_buf_span(buf, name);
	}
}

void sk_ecosystem_package_name(const struct sk_package *p, struct sk_buf *buf)
{
	sk_buf_reset(buf);
	if (p->ns && p->ns[0]) {
		sk_buf_puts(buf, p->ns);
		sk_buf_putc(buf, strcmp(p->type, "maven") == 0 ? ':' : '/');
	}
	sk_buf_puts(buf, p->name);
}
