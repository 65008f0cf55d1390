/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/product.h"

/* ---- images ---- */

/* A reference in its parts; Docker's short names are written out. */
struct reference {
	struct sk_span host, path, tag, digest;
};

static bool is_host(struct sk_span s)
{
	return sk_span_chr(s, '.') >= 0 || sk_span_chr(s, ':') >= 0 || sk_span_is(s, "localhost");
}

static struct reference parse_reference(struct sk_span text)
{
	struct reference r = { .host = SK_SPAN_LIT("docker.io") };
	ptrdiff_t at = sk_span_chr(text, '@');

	if (at >= 0) {
		r.digest = sk_span_from(text, (size_t)at + 1);
		text.len = (size_t)at;
	}
	at = sk_span_rchr(text, ':');
	if (at > sk_span_rchr(text, '/')) {
		r.tag = sk_span_from(text, (size_t)at + 1);
		text.len = (size_t)at;
	}
	at = sk_span_chr(text, '/');
	if (at > 0 && is_host(sk_span_sub(text, 0, (size_t)at))) {
		r.host = sk_span_sub(text, 0, (size_t)at);
		text = sk_span_from(text, (size_t)at + 1);
	}
	if (sk_span_is(r.host, "index.docker.io"))
		r.host = SK_SPAN_LIT("docker.io");
	if (sk_span_is(r.host, "docker.io") && sk_span_starts(text, "library/"))
		text = sk_span_from(text, strlen("library/"));
	r.path = text;
	return r;
}

static bool same_repository(const struct reference *a, const struct reference *b)
{
	return sk_span_eq(a->host, b->host) && sk_span_eq(a->path, b->path);
}

/* The names that an artifact goes by: as it was called, and its tags. */
static bool next_name(const struct sk_artifact *a, size_t i, struct reference *ret)
{
	const char *name = i == 0 ? a->name : i <= a->tag_count ? a->tags[i - 1] : NULL;

	if (i > a->tag_count)
		return false;
	*ret = parse_reference(sk_span_str(name));
	return true;
}

static bool has_digest(const struct sk_artifact *a, struct sk_span digest)
{
	return digest.len && ((a->digest && sk_span_is(digest, a->digest)) ||
			      (a->image_id && sk_span_is(digest, a->image_id)));
}

static bool is_named(const struct sk_artifact *a, const struct reference *want)
{
	struct reference have;

	for (size_t i = 0; next_name(a, i, &have); i++)
		if (same_repository(want, &have) && (!want->tag.len || sk_span_eq(want->tag, have.tag)))
			return true;
	return false;
}

/* pkg:oci/shop without repository_url: any repository whose last part is so called. */
static bool is_called(const struct sk_artifact *a, const char *name, struct sk_span tag)
{
	struct reference have;

	for (size_t i = 0; next_name(a, i, &have); i++)
		if (sk_span_is(sk_span_basename(have.path), name) && (!tag.len || sk_span_eq(tag, have.tag)))
			return true;
	return false;
}

/* The purl specification: oci has the repository as a qualifier, docker the registry alone. */
static bool fits_image_purl(const struct sk_artifact *a, const struct sk_purl *purl)
{
	const char *url = sk_purl_qualifier(purl, "repository_url");
	const char *tag = sk_purl_qualifier(purl, "tag");
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };
	struct reference want;

	if (purl->version && strncmp(purl->version, "sha256:", 7) == 0)
		return has_digest(a, sk_span_str(purl->version));
	if (!tag)
		tag = purl->version;
	if (strcmp(purl->type, "oci") == 0 && !url)
		return is_called(a, purl->name, sk_span_str(tag));
	if (url)
		sk_buf_puts(&name, url);
	if (strcmp(purl->type, "docker") == 0)
		sk_buf_printf(&name, "%s%s%s%s", url ? "/" : "", purl->ns ? purl->ns : "",
			      purl->ns ? "/" : "", purl->name);
	want = parse_reference(sk_buf_view(&name));
	want.tag = sk_span_str(tag);
	return is_named(a, &want);
}

static bool is_image_purl(const struct sk_purl *purl)
{
	return strcmp(purl->type, "oci") == 0 || strcmp(purl->type, "docker") == 0;
}

/* Everything that the identity says of an image, and something at least. */
static bool fits_image(const struct sk_identity *id, const struct sk_inventory *inv)
{
	const struct sk_artifact *a = &inv->artifact;
	struct reference want;

	if (id->purl && !(is_image_purl(id->purl) && fits_image_purl(a, id->purl)))
		return false;
	if (id->digest && !has_digest(a, sk_span_str(id->digest)))
		return false;
	if (id->reference && !id->digest) { /* a digest says more than any name */
		want = parse_reference(sk_span_str(id->reference));
		if (!is_named(a, &want))
			return false;
	}
	return id->purl || id->digest || id->reference;
}

/* ---- packages ---- */

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool fits_version(const struct sk_identity *id, const char *version)
{
	if (!id->versions && !id->range)
		return true;
	for (size_t i = 0; version && id->versions && i < id->versions->count; i++)
		if (strcmp(id->versions->items[i], version) == 0)
			return true;
	return version && id->range && sk_vers_contains(id->range, sk_span_str(version));
}

static bool fits_package(const struct sk_identity *id, const struct sk_package *package,
			 const struct sk_purl *have)
{
	const struct sk_purl *want = id->purl;

	if (!want || !have || !same(want->type, have->type) || !same(want->name, have->name) ||
	    !same(want->ns, have->ns))
		return false;
	if ((want->version && !same(want->version, have->version)) ||
	    (want->subpath && !same(want->subpath, have->subpath)))
		return false;
	for (size_t i = 0; i < want->qualifier_count; i++)
		if (!same(want->qualifiers[i].value, sk_purl_qualifier(have, want->qualifiers[i].key)))
			return false;
	return fits_version(id, package->version);
}

static bool fits_part(const struct sk_product *p, const struct sk_package *package,
		      const struct sk_purl *purl)
{
	for (size_t i = 0; i < p->part_count; i++)
		if (fits_package(&p->parts[i], package, purl))
			return true;
	return false;
}

/* The application whose lock file or binary names the package: a product with parts. */
static bool fits_application(const struct sk_identity *id, const struct sk_inventory *inv,
			     const struct sk_package *part)
{
	bool fits = false;

	if (!id->purl || is_image_purl(id->purl)) /* not one look at all packages for nothing */
		return false;
	for (size_t i = 0; i < inv->package_count && !fits; i++) {
		const struct sk_package *p = inv->packages[i];
		sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
		struct sk_purl purl;

		if (!(p->flags & SK_PACKAGE_MAIN) || !p->purl || strcmp(p->path, part->path) != 0)
			continue;
		fits = sk_purl_parse(&purl, sk_span_str(p->purl), &arena, NULL) == 0 &&
		       fits_package(id, p, &purl);
	}
	return fits;
}

/* ---- operating systems ---- */

/* Part n of a CPE, 2.2 or 2.3: part, vendor, product, version. */
static struct sk_span cpe_part(const char *cpe, unsigned n)
{
	struct sk_span rest = sk_span_str(cpe), part = { 0 };

	if (sk_span_starts(rest, "cpe:2.3:"))
		rest = sk_span_from(rest, 8);
	else if (sk_span_starts(rest, "cpe:/"))
		rest = sk_span_from(rest, 5);
	else
		return part;
	for (unsigned i = 0; i <= n; i++)
		if (!sk_span_split(&rest, ':', &part))
			return sk_span(NULL, 0);
	return part;
}

/* Vendor and product are the system's, and the version is its own or begins it: 8 is 8.9 too. */
static bool fits_os(const struct sk_identity *id, const struct sk_package *package)
{
	const char *have = package->os ? package->os->cpe : NULL;
	struct sk_span want, version;

	if (!have || !id->cpe || !cpe_part(have, 1).len)
		return false;
	if (!sk_span_eq(cpe_part(id->cpe, 1), cpe_part(have, 1)) ||
	    !sk_span_eq(cpe_part(id->cpe, 2), cpe_part(have, 2)))
		return false;
	want = cpe_part(id->cpe, 3);
	version = cpe_part(have, 3);
	if (!want.len || sk_span_is(want, "*"))
		return true;
	return want.len <= version.len && memcmp(want.ptr, version.ptr, want.len) == 0 &&
	       (want.len == version.len || version.ptr[want.len] == '.');
}

/* ---- the whole ---- */

bool sk_product_fits(const struct sk_product *p, const struct sk_inventory *inv,
		     const struct sk_package *package, const struct sk_purl *purl)
{
	if (!package) /* a finding about the image as a whole */
		return !p->part_count && fits_image(&p->self, inv);
	if (!p->part_count)
		return fits_package(&p->self, package, purl) || fits_image(&p->self, inv);
	if (!fits_part(p, package, purl))
		return false;
	return fits_image(&p->self, inv) || fits_package(&p->self, package, purl) ||
	       (!p->self.purl && !p->self.reference && !p->self.digest && fits_os(&p->self, package)) ||
	       fits_application(&p->self, inv, package);
}

bool sk_identity_add(struct sk_identity *id, struct sk_span text, struct sk_arena *arena)
{
	struct sk_purl purl;
	ptrdiff_t at;

	text = sk_span_trim(text);
	if (sk_span_starts(text, "pkg:")) {
		struct sk_purl *copy;

		if (sk_purl_parse(&purl, text, arena, NULL) < 0)
			return false;
		copy = sk_arena_alloc(arena, sizeof(*copy));
		*copy = purl;
		id->purl = copy;
		return true;
	}
	if (sk_span_starts(text, "cpe:")) {
		id->cpe = sk_arena_dup(arena, text);
		return true;
	}
	at = sk_span_find(text, SK_SPAN_LIT("sha256:"));
	if (at == 0 || (at > 0 && text.ptr[at - 1] == '@')) {
		id->digest = sk_arena_dup(arena, sk_span_from(text, (size_t)at));
		text.len = at ? (size_t)at - 1 : 0;
	}
	/* An address of a page is no image, and a name with blanks is none. */
	if (text.len && sk_span_find(text, SK_SPAN_LIT("://")) < 0 && sk_span_chr(text, ' ') < 0)
		id->reference = sk_arena_dup(arena, text);
	return id->digest || id->reference;
}
