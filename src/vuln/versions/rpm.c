/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/rpm-version.h"
#include "vuln/versions/scan.h"

static bool is_separator(char c)
{
	return !ver_is_alnum(c) && c != '~' && c != '^';
}

static void skip_separators(struct ver_cursor *c)
{
	while (ver_more(c) && is_separator(*c->p))
		c->p++;
}

/* What stands at the cursor, in the order in which rpm sorts it. */
enum token { TILDE, END, CARET, ALPHA, NUMBER };

static enum token token_at(struct ver_cursor *c)
{
	skip_separators(c);
	if (!ver_more(c))
		return END;
	if (*c->p == '~')
		return TILDE;
	if (*c->p == '^')
		return CARET;
	return ver_is_digit(*c->p) ? NUMBER : ALPHA;
}

int sk_rpm_part_compare(struct sk_span left, struct sk_span right)
{
	struct ver_cursor a = ver_cursor(left), b = ver_cursor(right);

	for (;;) {
		enum token x = token_at(&a), y = token_at(&b);
		int d = 0;

		if (x != y)
			return x < y ? -1 : 1;
		switch (x) {
		case END:
			return 0;
		case TILDE:
		case CARET:
			a.p++, b.p++;
			break;
		case NUMBER:
			d = ver_digits_cmp(ver_digits(&a), ver_digits(&b));
			break;
		case ALPHA:
			d = ver_bytes_cmp(ver_letters(&a), ver_letters(&b));
			break;
		}
		if (d)
			return d;
	}
}

struct sk_nevra sk_rpm_evr(struct sk_span text)
{
	struct ver_cursor c = ver_cursor(text);
	struct sk_nevra v = { .epoch = ver_digits(&c) };

	/* ":1" has the epoch 0, as in librpm. */
	if (ver_accept(&c, ':'))
		text = ver_rest(&c);
	else
		v.epoch = sk_span(NULL, 0);

	ptrdiff_t hyphen = sk_span_rchr(text, '-');

	v.version = text;
	if (hyphen >= 0) {
		v.version.len = (size_t)hyphen;
		v.release = sk_span(text.ptr + hyphen + 1, text.len - (size_t)hyphen - 1);
	}
	return v;
}

/* No release comes before the empty one ("1" < "1-"), and that before all others. */
static int compare_optional(struct sk_span a, struct sk_span b)
{
	if (!a.ptr || !b.ptr)
		return (a.ptr != NULL) - (b.ptr != NULL);
	if (!a.len || !b.len)
		return (a.len != 0) - (b.len != 0);
	return sk_rpm_part_compare(a, b);
}

/* rpm itself compares whatever it is given; it only builds no package with blanks in these tags. */
static bool valid(struct sk_span s)
{
	return ver_printable(s);
}

/* The architectures of rpm's rpmrc (and noarch, src, nosrc). */
static const char *const arches[] = {
	"noarch",  "src",      "nosrc",	   "x86_64",	  "x86_64_v2", "x86_64_v3", "x86_64_v4",
	"amd64",   "ia32e",    "i386",	   "i486",	  "i586",      "i686",	    "athlon",
	"geode",   "pentium3", "pentium4", "aarch64",	  "armv7hl",   "armv7hnl",  "armv7l",
	"armv6hl", "armv6l",   "armv5tel", "armv5tl",	  "armv8hl",   "armv8l",    "arm",
	"ppc",	   "ppc64",    "ppc64le",  "ppc64p7",	  "s390",      "s390x",	    "riscv",
	"riscv32", "riscv64",  "riscv128", "loongarch64", "ia64",      "alpha",	    "sparc",
	"sparcv9", "sparc64",  "sparc64v", "mips",	  "mipsel",    "mips64",    "mips64el",
	"m68k",	   "sh4",      "sh4a",
};

static bool is_arch(struct sk_span word)
{
	for (size_t i = 0; i < SK_COUNT(arches); i++)
		if (sk_span_is(word, arches[i]))
			return true;
	return false;
}

/* [name-]EVR: no version or release has a hyphen, so what stands before two of them is a name. */
static struct sk_nevra split_name(struct sk_span text)
{
	ptrdiff_t release = sk_span_rchr(text, '-'), version = -1;
	struct sk_span name = { NULL, 0 };

	if (release > 0)
		version = sk_span_rchr(sk_span_sub(text, 0, (size_t)release), '-');
	if (version > 0) {
		name = sk_span_sub(text, 0, (size_t)version);
		text = sk_span_from(text, (size_t)version + 1);
	}

	struct sk_nevra v = sk_rpm_evr(text);

	v.name = name;
	return v;
}

struct sk_nevra sk_nevra_parse(struct sk_span text)
{
	ptrdiff_t dot = sk_span_rchr(text, '.');
	struct sk_span arch = { NULL, 0 };

	if (dot > 0 && is_arch(sk_span_from(text, (size_t)dot + 1))) {
		arch = sk_span_from(text, (size_t)dot + 1);
		text.len = (size_t)dot;
	}

	struct sk_nevra v = split_name(text);

	v.arch = arch;
	return v;
}

int sk_nevra_compare(const struct sk_nevra *a, const struct sk_nevra *b)
{
	int d = (a->name.ptr != NULL) - (b->name.ptr != NULL);

	if (!d)
		d = ver_bytes_cmp(a->name, b->name);
	if (!d)
		d = ver_digits_cmp(a->epoch, b->epoch);
	if (!d)
		d = sk_rpm_part_compare(a->version, b->version);
	if (!d)
		d = compare_optional(a->release, b->release);
	if (!d)
		d = (a->arch.ptr != NULL) - (b->arch.ptr != NULL);
	return d ? d : ver_bytes_cmp(a->arch, b->arch);
}

/*
 * EVRs as librpm does it. Whole names as `rpm -q` prints them are put up with
 * where they begin with a letter; their architecture counts as part of the release.
 */
static struct sk_nevra split(struct sk_span text)
{
	return text.len && ver_is_alpha(*text.ptr) ? split_name(text) : sk_rpm_evr(text);
}

static int compare(struct sk_span left, struct sk_span right)
{
	if (ver_same(left, right))
		return 0;

	struct sk_nevra a = split(left), b = split(right);

	return sk_nevra_compare(&a, &b);
}

static const char *const aliases[] = {
	"red hat", "redhat",	"rhel",		"centos",  "rocky linux",  "rocky",  "almalinux",
	"fedora",  "oracle",	"oracle linux", "amazon",  "amazon linux", "suse",   "opensuse",
	"mageia",  "openeuler", "azure linux",	"mariner", "photon os",	   "photon", NULL,
};

const struct sk_scheme sk_scheme_rpm = {
	.name = "rpm",
	.aliases = aliases,
	.compare = compare,
	.valid = valid,
};
