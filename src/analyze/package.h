/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A package: one thing with a name and a version that an artifact contains.
 * Strings are borrowed from the arena of the inventory that holds it; NULL is
 * "not known" for every one but name, type and path.
 */
#include "base/arena.h"
#include "base/buf.h"

enum sk_package_flags {
	SK_PACKAGE_INSTALLED = 1 << 0, /* its files are there; else a lock file or manifest names it */
	SK_PACKAGE_DEV = 1 << 1,       /* only for development or tests, as its lock file says */
	SK_PACKAGE_INDIRECT = 1 << 2,  /* pulled in by another, as its lock file says */
	SK_PACKAGE_OWNED = 1 << 3,     /* its files belong to a distribution package: matched as that one */
	SK_PACKAGE_FOREIGN = 1 << 4,   /* a distribution package from somebody else's repository */
	SK_PACKAGE_MAIN = 1 << 5,      /* the application itself (root of a lock file, main module) */
};

/* What reports call flag 1 << i: "installed", "dev", ...; NULL behind the last. And back; 0 for no such name. */
const char *sk_package_flag_name(unsigned i);
uint32_t sk_package_flag(struct sk_span name);

/* Whether any of its files was seen in use at run time (in-use.h). */
enum sk_use_state { SK_USE_UNKNOWN, SK_USE_NO, SK_USE_YES };

struct sk_use {
	enum sk_use_state state;
	int64_t since;	     /* it was watched from, seconds since 1970; 0: never */
	int64_t first, last; /* YES: when it was seen */
	const char *path;    /* YES: one of the files, the one seen last */
};

struct sk_package {
	const char *type;	    /* purl type: deb apk rpm npm pypi golang maven gem cargo composer nuget ... */
	const char *ns;		    /* purl namespace: distribution, Maven group, npm scope ("@babel"), Go path before the last '/' */
	const char *name;	    /* purl name, as the ecosystem spells it */
	const char *version;	    /* as the ecosystem writes it; deb and rpm with "epoch:" when not 0 */
	const char *arch;
	const char *source_name;    /* source package (deb Source, apk origin, source rpm); NULL: same as name */
	const char *source_version; /* NULL: same as version */
	const char *licence;	    /* as declared; several joined with " AND " or as the package writes them */
	const char *origin;	    /* who built it: rpm vendor, deb Maintainer/Origin, apk maintainer */
	const char *module;	    /* rpm modularity label: "nodejs:12:8030020201124152102:229f0a1c" */
	const char *qualifiers;	    /* further purl qualifiers, "key=value&key=value", already encoded */
	const char *path;	    /* the file that says so, without leading '/'; inside archives "a.war!WEB-INF/lib/b.jar" */
	uint32_t line;		    /* in that file; 0: unknown */
	uint32_t flags;		    /* enum sk_package_flags */

	/* Filled while an image's layers are joined (view.h). */
	uint32_t layer;		    /* index of the layer that brought this version */
	const char *root;	    /* where the file tree begins that it belongs to: "" or "rootfs/" */
	const struct sk_os *os;	    /* that tree's operating system, NULL if none was found */
	const char *purl;

	struct sk_span files;	    /* owned files, written by sk_paths_add */
	const struct sk_use *use;   /* NULL: nobody has asked */
};

/* Whether it is a distribution's package (deb, rpm, apk, ...). */
bool sk_package_is_distribution(const struct sk_package *package);
/* The name as its ecosystem writes it: "@babel/core", "org.slf4j:slf4j-api", "github.com/a/b", "curl". */
void sk_package_full_name(const struct sk_package *package, struct sk_buf *buf);

/* An operating system, from os-release and its older relatives. */
struct sk_os {
	const char *id;		 /* os-release ID: debian ubuntu alpine wolfi chainguard rhel centos rocky almalinux ol amzn fedora sles opensuse-leap photon azurelinux mariner ... */
	const char *id_like;
	const char *version;	 /* VERSION_ID; "" for a rolling release */
	const char *point;	 /* the point release where a file says it ("12.5" while version is "12") */
	const char *codename;
	const char *name;	 /* PRETTY_NAME */
	const char *variant;	 /* VARIANT_ID */
	const char *cpe;
	const char *root;	 /* "" or the prefix of a nested file tree */
	const char *path;	 /* the file that says so */
	uint32_t layer;
};

/*
 * A list of paths, front coded: each is the length of what it shares with the
 * one before (varint), then the rest as a string. Sorted input packs best.
 */
struct sk_paths {
	struct sk_buf bytes;
	struct sk_buf last;
};
void sk_paths_add(struct sk_paths *paths, struct sk_span path);
void sk_paths_release(struct sk_paths *paths);

/* Walks such a list: zero-initialise, set rest; false at the end or on broken bytes. */
struct sk_paths_iter {
	struct sk_span rest;
	struct sk_buf path; /* the current one; sk_buf_release when done */
};
bool sk_paths_next(struct sk_paths_iter *it, struct sk_span *ret_path);

/* The package URL (ECMA-427) of p from its other fields; see purl.h for the spelling rules. */
char *sk_package_purl(const struct sk_package *p, struct sk_arena *arena);
