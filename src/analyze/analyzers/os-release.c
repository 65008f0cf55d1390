/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operating system: os-release(5), and the files that older releases and
 * derived systems have instead. Which one counts is decided by os.h.
 */
#include "analyze/analyzer.h"
#include "analyze/os.h"

#include <ctype.h>

/* Release files are some hundred bytes; more is not one. */
#define MAX_RELEASE_FILE (1u << 20)

/* A value as a POSIX shell would read it: quotes and backslashes go. */
static struct sk_span unquote(struct sk_span value, struct sk_buf *buf)
{
	char quote = 0;

	sk_buf_reset(buf);
	value = sk_span_trim(value);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
			continue;
		}
		if (c == '\\' && quote != '\'' && i + 1 < value.len)
			c = value.ptr[++i];
		sk_buf_putc(buf, c);
	}
	return sk_buf_view(buf);
}

static const char *lower(struct sk_sink *sink, struct sk_span s)
{
	char *copy;

	if (s.len == 0)
		return NULL;
	copy = sk_arena_dup(sk_sink_arena(sink), sk_span_sub(s, 0, 256));
	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy[0] ? copy : NULL; /* a NUL may stand in front */
}

struct assignment {
	struct sk_span key, value;
};

/* The next KEY=value line; comments and anything else are passed over. */
static bool next_assignment(struct sk_span *rest, struct assignment *ret, struct sk_buf *buf)
{
	struct sk_span line;
	ptrdiff_t eq;

	while (sk_span_line(rest, &line)) {
		line = sk_span_trim(line);
		if (line.len == 0 || line.ptr[0] == '#' || (eq = sk_span_chr(line, '=')) <= 0)
			continue;
		ret->key = sk_span_trim(sk_span_sub(line, 0, (size_t)eq));
		ret->value = unquote(sk_span_from(line, (size_t)eq + 1), buf);
		return true;
	}
	return false;
}

static void os_release_field(struct sk_sink *sink, struct sk_os *os, const struct assignment *a)
{
	if (sk_span_is(a->key, "ID"))
		os->id = lower(sink, a->value);
	else if (sk_span_is(a->key, "ID_LIKE"))
		os->id_like = sk_sink_str(sink, a->value);
	else if (sk_span_is(a->key, "VERSION_ID"))
		os->version = sk_sink_str(sink, a->value);
	else if (sk_span_is(a->key, "VERSION_CODENAME"))
		os->codename = sk_sink_str(sink, a->value);
	else if (sk_span_is(a->key, "PRETTY_NAME"))
		os->name = sk_sink_str(sink, a->value);
	else if (sk_span_is(a->key, "VARIANT_ID"))
		os->variant = sk_sink_str(sink, a->value);
	else if (sk_span_is(a->key, "CPE_NAME"))
		os->cpe = sk_sink_str(sink, a->value);
}

/* openSUSE before Leap 15 called itself "opensuse" for Leap and Tumbleweed alike. */
static const char *opensuse_id(struct sk_span name, const char *version)
{
	if (sk_span_find(name, SK_SPAN_LIT("Tumbleweed")) >= 0)
		return "opensuse-tumbleweed";
	if (sk_span_find(name, SK_SPAN_LIT("Leap")) >= 0 ||
	    (version && strncmp(version, "42.", 3) == 0))
		return "opensuse-leap";
	return "opensuse";
}

/* What the first releases with os-release wrote differently, and testing leaves out. */
static void fix_up(struct sk_os *os)
{
	if (!os->id)
		os->id = "linux"; /* os-release(5): the default */
	if (strcmp(os->id, "opensuse") == 0)
		os->id = opensuse_id(sk_span_str(os->name), os->version);
	if (!os->version)
		os->version = sk_os_codename_version(os->id, sk_span_str(os->codename));
	if (!os->version)
		os->version = "";
}

static int read_os_release(struct sk_sink *sink, struct sk_span text, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_os *os = NULL;
	struct assignment a;

	while (next_assignment(&text, &a, &buf)) {
		if (!os)
			os = sk_sink_os(sink);
		os_release_field(sink, os, &a);
	}
	if (!os)
		return sk_err_set(err, SK_EINVAL, "there is not one KEY=value line in it");
	fix_up(os);
	return 0;
}

struct phrase {
	const char *text, *id;
};

/* How release files begin, and what lsb-release's DISTRIB_ID says; the longer before the shorter.
 */
static const struct phrase phrases[] = {
	{ "Red Hat Enterprise Linux", "rhel" },
	{ "RedHatEnterprise", "rhel" },
	{ "Red Hat Linux", "redhat" },
	{ "CentOS", "centos" },
	{ "Rocky", "rocky" },
	{ "AlmaLinux", "almalinux" },
	{ "Oracle Linux", "ol" },
	{ "OracleServer", "ol" },
	{ "Enterprise Linux Enterprise Linux Server", "ol" },
	{ "Amazon Linux", "amzn" },
	{ "Fedora", "fedora" },
	{ "Scientific Linux", "scientific" },
	{ "CloudLinux", "cloudlinux" },
	{ "Virtuozzo", "virtuozzo" },
	{ "openEuler", "openeuler" },
	{ "VMware Photon", "photon" },
	{ "Photon", "photon" },
	{ "CBL-Mariner", "mariner" },
	{ "Mariner", "mariner" },
	{ "Microsoft Azure Linux", "azurelinux" },
	{ "AzureLinux", "azurelinux" },
	{ "SUSE Linux Enterprise Server", "sles" },
	{ "SUSE Linux Enterprise Desktop", "sled" },
	{ "openSUSE", "opensuse" },
	{ "Ubuntu", "ubuntu" },
	{ "Debian", "debian" },
	{ "Alpine", "alpine" },
	{ "Arch", "arch" },
	{ "LinuxMint", "linuxmint" },
	{ "Kali", "kali" },
	{ "Raspbian", "raspbian" },
	{ "Gentoo", "gentoo" },
	{ "OpenWrt", "openwrt" },
	{ "Mageia", "mageia" },
	{ "ManjaroLinux", "manjaro" },
};

static const char *phrase_id(struct sk_span text)
{
	for (size_t i = 0; i < SK_COUNT(phrases); i++)
		if (sk_span_ieq(sk_span_sub(text, 0, strlen(phrases[i].text)),
				sk_span_str(phrases[i].text)))
			return phrases[i].id;
	return NULL;
}

/* The first blank-separated word that begins with a digit. */
static struct sk_span first_number(struct sk_span line)
{
	struct sk_span word;

	while (sk_span_split(&line, ' ', &word))
		if (word.len && word.ptr[0] >= '0' && word.ptr[0] <= '9')
			return word;
	return sk_span(NULL, 0);
}

static int read_lsb_release(struct sk_sink *sink, struct sk_span text)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	const char *id = NULL, *version = NULL, *codename = NULL, *name = NULL;
	struct assignment a;
	struct sk_os *os;

	while (next_assignment(&text, &a, &buf)) {
		if (sk_span_is(a.key, "DISTRIB_ID"))
			id = phrase_id(a.value);
		else if (sk_span_is(a.key, "DISTRIB_RELEASE"))
			version = sk_sink_str(sink, a.value);
		else if (sk_span_is(a.key, "DISTRIB_CODENAME"))
			codename = sk_sink_str(sink, a.value);
		else if (sk_span_is(a.key, "DISTRIB_DESCRIPTION"))
			name = sk_sink_str(sink, a.value);
	}
	if (!id) /* RHEL's names LSB modules only; an unknown system has an os-release */
		return 0;
	os = sk_sink_os(sink);
	os->id = id;
	os->version = version;
	os->codename = codename;
	os->name = name;
	fix_up(os);
	return 0;
}

/* "bookworm/sid" is what testing and unstable say of themselves; a release says "12.5". */
static int read_debian_version(struct sk_sink *sink, struct sk_span text)
{
	struct sk_span line = { 0 };
	ptrdiff_t slash, dot;
	struct sk_os *os;
	uint64_t major, minor;

	sk_span_line(&text, &line);
	line = sk_span_sub(sk_span_trim(line), 0, 100);
	if (line.len == 0)
		return 0;
	os = sk_sink_os(sink);
	os->id = "debian";
	os->name = sk_sink_printf(sink, "Debian GNU/Linux %.*s", (int)line.len, line.ptr);
	slash = sk_span_chr(line, '/');
	dot = sk_span_chr(line, '.');
	if (slash > 0)
		os->codename = sk_sink_str(sink, sk_span_sub(line, 0, (size_t)slash));
	if (dot > 0 && sk_span_u64(sk_span_from(line, (size_t)dot + 1), &minor))
		os->point = sk_sink_str(sink, line);
	if (dot > 0)
		line.len = (size_t)dot;
	if (sk_span_u64(line, &major))
		os->version = sk_sink_str(sink, line);
	fix_up(os);
	return 0;
}

static int read_alpine_release(struct sk_sink *sink, struct sk_span text)
{
	struct sk_span line = { 0 };
	struct sk_os *os;

	sk_span_line(&text, &line);
	line = sk_span_sub(sk_span_trim(line), 0, 100);
	if (line.len == 0)
		return 0;
	os = sk_sink_os(sink);
	os->id = "alpine";
	os->version = sk_sink_str(sink, line);
	os->name = sk_sink_printf(sink, "Alpine Linux %.*s", (int)line.len, line.ptr);
	fix_up(os);
	return 0;
}

/* "VERSION = 11" and "PATCHLEVEL = 4" are SLES 11.4; openSUSE has the whole in VERSION. */
static void suse_version(struct sk_sink *sink, struct sk_os *os, struct sk_span text)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	const char *version = NULL, *level = NULL;
	struct assignment a;

	while (next_assignment(&text, &a, &buf)) {
		if (sk_span_is(a.key, "VERSION"))
			version = sk_sink_str(sink, a.value);
		else if (sk_span_is(a.key, "PATCHLEVEL"))
			level = sk_sink_str(sink, a.value);
		else if (sk_span_is(a.key, "CODENAME"))
			os->codename = sk_sink_str(sink, a.value);
	}
	if (version && level && strcmp(level, "0"))
		os->version = sk_sink_printf(sink, "%s.%s", version, level);
	else if (version)
		os->version = version;
}

/* "CentOS Linux release 7.9.2009 (Core)": system, version, codename in brackets. */
static int read_release_line(struct sk_sink *sink, struct sk_span path, struct sk_span text)
{
	struct sk_span line = { 0 }, rest = text;
	ptrdiff_t open, close;
	const char *id;
	struct sk_os *os;

	sk_span_line(&rest, &line);
	line = sk_span_trim(line);
	if (line.len == 0 || !(id = phrase_id(line)))
		return 0; /* a name of its own: such a system has an os-release */
	os = sk_sink_os(sink);
	os->id = id;
	os->name = sk_sink_str(sink, line);
	os->version = sk_sink_str(sink, first_number(line));
	open = sk_span_rchr(line, '(');
	close = sk_span_rchr(line, ')');
	if (sk_span_ends(path, "SuSE-release"))
		suse_version(sink, os, text);
	else if (open > 0 && close > open + 1)
		os->codename = sk_sink_str(
		    sink, sk_span_sub(line, (size_t)open + 1, (size_t)(close - open - 1)));
	fix_up(os);
	return 0;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span path = sk_span_str(file->path), text;
	int rc;

	if (file->size > MAX_RELEASE_FILE)
		return sk_err_set(err, SK_ELIMIT, "a release file of %llu bytes",
				  (unsigned long long)file->size);
	rc = sk_file_bytes(file, &text, err);
	if (rc < 0)
		return rc;
	if (sk_span_starts(sk_span_basename(path), "os-release"))
		return read_os_release(sink, text, err);
	if (sk_span_ends(path, "etc/lsb-release"))
		return read_lsb_release(sink, text);
	if (sk_span_ends(path, "etc/debian_version"))
		return read_debian_version(sink, text);
	if (sk_span_ends(path, "etc/alpine-release"))
		return read_alpine_release(sink, text);
	return read_release_line(sink, path, text);
}

const struct sk_analyzer sk_analyzer_os_release = {
	.name = "os-release",
	.version = 2,
	.patterns =
	    (const char *const[]){
		"**/etc/os-release", "**/usr/lib/os-release",
		"**/usr/lib/os.release.d/os-release-*", "**/etc/alpine-release",
		"**/etc/debian_version", "**/etc/lsb-release", "**/etc/redhat-release",
		"**/etc/centos-release", "**/etc/system-release", "**/etc/oracle-release",
		"**/etc/rocky-release", "**/etc/almalinux-release", "**/etc/fedora-release",
		"**/etc/photon-release", "**/etc/mariner-release", "**/etc/azurelinux-release",
		"**/etc/SuSE-release", NULL },
	.analyze = analyze,
};
