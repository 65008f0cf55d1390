/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/os.h"

struct ranked {
	const char *suffix;
	unsigned rank;
};

/*
 * Derived systems keep their parent's files for compatibility: Oracle Linux
 * ships redhat-release, Ubuntu debian_version, Rocky centos-release. So the
 * parents' files stand below.
 */
static const struct ranked ranks[] = {
	{ "etc/os-release", 100 },     { "usr/lib/os-release", 90 },
	{ "etc/alpine-release", 60 },  { "etc/oracle-release", 60 },
	{ "etc/rocky-release", 60 },   { "etc/almalinux-release", 60 },
	{ "etc/fedora-release", 60 },  { "etc/photon-release", 60 },
	{ "etc/mariner-release", 60 }, { "etc/azurelinux-release", 60 },
	{ "etc/SuSE-release", 60 },    { "etc/arch-release", 55 },
	{ "etc/centos-release", 50 },  { "etc/system-release", 40 },
	{ "etc/redhat-release", 30 },  { "etc/lsb-release", 20 },
	{ "etc/debian_version", 10 },
};

unsigned sk_os_rank(const char *path)
{
	struct sk_span p = sk_span_str(path);

	for (size_t i = 0; i < SK_COUNT(ranks); i++) {
		size_t n = strlen(ranks[i].suffix);

		if (sk_span_ends(p, ranks[i].suffix) && (p.len == n || p.ptr[p.len - n - 1] == '/'))
			return ranks[i].rank;
	}
	return sk_span_find(p, SK_SPAN_LIT("usr/lib/os.release.d/os-release")) >= 0 ? 80 : 0;
}

static bool missing(const char *s)
{
	return !s || !s[0];
}

static bool same_system(const struct sk_os *a, const struct sk_os *b)
{
	return a->id && b->id && strcmp(a->id, b->id) == 0;
}

void sk_os_merge(struct sk_os *os, const struct sk_os *other)
{
	struct sk_os best = *os, rest = *other;

	/* The upper layer's file counts where two are the same. */
	if (sk_os_rank(other->path) > sk_os_rank(os->path) ||
	    (sk_os_rank(other->path) == sk_os_rank(os->path) && other->layer > os->layer)) {
		best = *other;
		rest = *os;
	}
	if (missing(best.id)) {
		best.id = rest.id;
		best.id_like = best.id_like ? best.id_like : rest.id_like;
	}
	if (same_system(&best, &rest)) {
		if (missing(best.version) && !missing(rest.version))
			best.version = rest.version;
		if (missing(best.point))
			best.point = rest.point;
		if (missing(best.codename))
			best.codename = rest.codename;
		if (missing(best.name))
			best.name = rest.name;
	}
	*os = best;
}

struct release {
	const char *id, *codename, *version;
};

/* https://www.debian.org/releases/ and https://wiki.ubuntu.com/Releases */
static const struct release releases[] = {
	{ "debian", "lenny", "5" },	   { "debian", "squeeze", "6" },
	{ "debian", "wheezy", "7" },	   { "debian", "jessie", "8" },
	{ "debian", "stretch", "9" },	   { "debian", "buster", "10" },
	{ "debian", "bullseye", "11" },	   { "debian", "bookworm", "12" },
	{ "debian", "trixie", "13" },	   { "debian", "forky", "14" },
	{ "debian", "duke", "15" },	   { "ubuntu", "precise", "12.04" },
	{ "ubuntu", "trusty", "14.04" },   { "ubuntu", "xenial", "16.04" },
	{ "ubuntu", "bionic", "18.04" },   { "ubuntu", "focal", "20.04" },
	{ "ubuntu", "jammy", "22.04" },	   { "ubuntu", "kinetic", "22.10" },
	{ "ubuntu", "lunar", "23.04" },	   { "ubuntu", "mantic", "23.10" },
	{ "ubuntu", "noble", "24.04" },	   { "ubuntu", "oracular", "24.10" },
	{ "ubuntu", "plucky", "25.04" },   { "ubuntu", "questing", "25.10" },
	{ "ubuntu", "resolute", "26.04" },
};

const char *sk_os_codename_version(const char *id, struct sk_span codename)
{
	for (size_t i = 0; id && i < SK_COUNT(releases); i++)
		if (strcmp(releases[i].id, id) == 0 && sk_span_is(codename, releases[i].codename))
			return releases[i].version;
	return NULL;
}
