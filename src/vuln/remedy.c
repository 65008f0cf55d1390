/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/remedy.h"

#include "vuln/ecosystem.h"

#include <ctype.h>

/* How an ecosystem's own tool is told to take a version: {n} name, {v} version, {g} group, {a}
 * artifact. */
static const struct {
	const char *type;
	const char *os; /* os-release ID; NULL: any */
	const char *command;
} commands[] = {
	{ "deb", NULL, "apt-get install --only-upgrade {b}" },
	{ "apk", NULL, "apk add --upgrade {b}" },
	{ "rpm", "photon", "tdnf update {b}" },
	{ "rpm", "azurelinux", "tdnf update {b}" },
	{ "rpm", "mariner", "tdnf update {b}" },
	{ "rpm", "sles", "zypper update {b}" },
	{ "rpm", "sled", "zypper update {b}" },
	{ "rpm", "sle-micro", "zypper update {b}" },
	{ "rpm", "opensuse-leap", "zypper update {b}" },
	{ "rpm", "opensuse-tumbleweed", "zypper update {b}" },
	{ "rpm", "mageia", "urpmi {b}" },
	{ "rpm", NULL, "dnf upgrade {b}" },
	{ "npm", NULL, "npm install {n}@{v}" },
	{ "pypi", NULL, "pip install '{n}>={v}'" },
	{ "maven", NULL, "in pom.xml or build.gradle: set {g}:{a} to {v}" },
	{ "gem", NULL, "bundle update {n}  # to {v} or later" },
	{ "cargo", NULL, "cargo update -p {n} --precise {v}" },
	{ "composer", NULL, "composer require {n}:^{v}" },
	{ "nuget", NULL, "dotnet add package {n} --version {v}" },
	{ "hex", NULL, "mix deps.update {n}  # to {v} or later" },
	{ "pub", NULL, "dart pub upgrade {n}  # to {v} or later" },
	{ "swift", NULL, "in Package.swift: set {n} to {v}" },
	{ "conan", NULL, "in conanfile: require {n}/{v}" },
	{ "cran", NULL, "install.packages(\"{n}\")  # {v} or later" },
};

/* Names and versions come from images: in a command they must not become another one. */
static void put_word(struct sk_buf *buf, const char *word)
{
	for (const char *p = word ? word : ""; *p; p++) {
		unsigned char c = (unsigned char)*p;

		/* A leading '-' would be an option. */
		if (isalnum(c) || (strchr("+-._~^:@/!", c) && (p > word || c != '-')))
			sk_buf_putc(buf, *p);
		else
			sk_buf_putc(buf, '_');
	}
}

/*
 * A distribution's package in the version that fixes it, or later: dnf's and
 * tdnf's NAME-VERSION, zypper's and apk's NAME>=VERSION. apt takes an exact
 * version alone, and that is the source package's here: only where both count
 * alike is it named.
 */
static void put_package(struct sk_buf *buf, const struct sk_finding *f)
{
	const struct sk_package *p = f->package;
	bool own_version = !p->source_version || strcmp(p->source_version, p->version) == 0;

	put_word(buf, p->name);
	if (strcmp(p->type, "deb") == 0 && own_version) {
		sk_buf_putc(buf, '=');
		put_word(buf, f->fixed_version);
	}
}

static void put_name(struct sk_buf *buf, const struct sk_package *p)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };

	sk_ecosystem_package_name(p, &name);
	put_word(buf, sk_buf_str(&name));
}

static void expand(struct sk_buf *buf, const char *command, const struct sk_finding *f)
{
	for (const char *p = command; *p; p++) {
		if (p[0] != '{' || !p[1] || p[2] != '}') {
			sk_buf_putc(buf, *p);
			continue;
		}
		switch (p[1]) {
		case 'b':
			put_package(buf, f);
			break;
		case 'n':
			put_name(buf, f->package);
			break;
		case 'v':
			put_word(buf, f->fixed_version);
			break;
		case 'g':
			put_word(buf, f->package->ns);
			break;
		case 'a':
			put_word(buf, f->package->name);
			break;
		}
		p += 2;
	}
}

/* go get takes tags, which have a 'v'; the standard library comes with the toolchain. */
static void put_go(struct sk_buf *buf, const struct sk_finding *f)
{
	const char *name = f->package->name, *v = f->fixed_version;
	bool standard = !f->package->ns || !f->package->ns[0];

	if (standard && (strcmp(name, "stdlib") == 0 || strcmp(name, "toolchain") == 0)) {
		sk_buf_puts(buf, "rebuild with Go ");
		put_word(buf, v);
		sk_buf_puts(buf, " or later");
		return;
	}
	sk_buf_puts(buf, "go get ");
	put_name(buf, f->package);
	sk_buf_puts(buf, v[0] == 'v' ? "@" : "@v");
	put_word(buf, v);
	if (f->package->flags & SK_PACKAGE_INSTALLED)
		sk_buf_puts(buf, " and rebuild the program");
}

static const char *command_for(const struct sk_package *p)
{
	for (size_t i = 0; i < SK_COUNT(commands); i++)
		if (strcmp(commands[i].type, p->type) == 0 &&
		    (!commands[i].os ||
		     (p->os && p->os->id && strcmp(p->os->id, commands[i].os) == 0)))
			return commands[i].command;
	return NULL;
}

static void put_fix(struct sk_buf *buf, const struct sk_finding *f)
{
	const struct sk_package *p = f->package;
	const char *command = command_for(p);
	bool esm = strcmp(p->type, "deb") == 0 && strstr(f->fixed_version, "esm");

	if (esm)
		sk_buf_puts(buf, "needs Ubuntu Pro: pro attach, then ");
	if (strcmp(p->type, "golang") == 0) {
		put_go(buf, f);
	} else if (command) {
		expand(buf, command, f);
	} else {
		sk_buf_puts(buf, "update to ");
		put_word(buf, f->fixed_version);
	}
}

const char *sk_remedy(const struct sk_finding *f, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };

	if (f->fixed_version)
		put_fix(&buf, f);
	else if (f->fix == SK_FIX_WONT)
		sk_buf_puts(&buf,
			    "the publisher will not fix it: remove or replace the package, or "
			    "accept the risk until a date in .sekishoignore.yaml (id, reason, "
			    "owner, expires)");
	else
		sk_buf_puts(&buf,
			    "no fix is published yet: remove the package if it is not needed, or "
			    "accept the risk until a date in .sekishoignore.yaml (id, reason, "
			    "owner, expires)");
	return sk_arena_dup(arena, sk_buf_view(&buf));
}
