/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/vers-native.h"

#include "base/limits.h"
#include "vuln/versions/scan.h"

int sk_vers_build_add(struct sk_vers_builder *b, enum sk_vers_op op, struct sk_span version)
{
	if (!version.len)
		return sk_err_set(b->err, SK_EINVAL, "a range has a comparator without a version");
	if (b->list.len >= SK_MAX_VERS_CONSTRAINTS)
		return sk_err_set(b->err, SK_ELIMIT, "a range has more than %d constraints",
				  SK_MAX_VERS_CONSTRAINTS);
	*sk_vec_push(&b->list) = (struct sk_vers_constraint){ op, version };
	return 0;
}

/* digits + 1, as text of any length. */
static struct sk_span successor(struct sk_arena *arena, struct sk_span digits)
{
	char *out = sk_arena_alloc(arena, digits.len + 1);
	size_t i = digits.len;

	out[0] = '0';
	memcpy(out + 1, digits.ptr, digits.len);
	while (out[i] == '9')
		out[i--] = '0';
	out[i]++;
	return out[0] == '0' ? sk_span(out + 1, digits.len) : sk_span(out, digits.len + 1);
}

int sk_vers_build_bump(struct sk_vers_builder *b, struct sk_span version, size_t n,
		       struct sk_span *ret_version)
{
	struct ver_cursor c = ver_cursor(version);
	struct sk_span last = { NULL, 0 }, up;
	size_t before;
	char *out;

	for (size_t i = 0; i < n; i++) {
		if (i && !ver_accept(&c, '.'))
			last.len = 0;
		else
			last = ver_digits(&c);
		if (!last.len)
			return sk_err_set(b->err, SK_EINVAL,
					  "a range bounds by a version that has no number %zu",
					  i + 1);
	}
	if (!n)
		return sk_err_set(b->err, SK_EINVAL, "a range bounds by a version without numbers");
	up = successor(b->arena, last);
	before = (size_t)(last.ptr - version.ptr);
	out = sk_arena_alloc(b->arena, before + up.len);
	memcpy(out, version.ptr, before);
	memcpy(out + before, up.ptr, up.len);
	*ret_version = sk_span(out, before + up.len);
	return 0;
}

enum sk_vers_op sk_vers_take_op(struct sk_span *text, bool *ret_written)
{
	static const struct {
		const char *text;
		enum sk_vers_op op;
	} ops[] = {
		{ ">=", SK_VERS_GE },  { "<=", SK_VERS_LE }, { "!=", SK_VERS_NE },
		{ "===", SK_VERS_EQ }, { "==", SK_VERS_EQ }, { "<<", SK_VERS_LT },
		{ ">>", SK_VERS_GT },  { "<", SK_VERS_LT },  { ">", SK_VERS_GT },
		{ "=", SK_VERS_EQ },
	};

	*text = sk_span_trim(*text);
	for (size_t i = 0; i < SK_COUNT(ops); i++) {
		if (sk_span_starts(*text, ops[i].text)) {
			*text = sk_span_trim(sk_span_from(*text, strlen(ops[i].text)));
			*ret_written = true;
			return ops[i].op;
		}
	}
	*ret_written = false;
	return SK_VERS_EQ;
}

/* ">= 1.0, != 1.5, < 2.0": parts joined by commas; "*" alone is everything. */
int sk_vers_native_comparators(struct sk_vers_builder *b, struct sk_span native)
{
	struct sk_span part;
	bool written;

	if (sk_span_is(sk_span_trim(native), "*")) {
		b->any = true;
		return 0;
	}
	while (sk_span_split(&native, ',', &part)) {
		enum sk_vers_op op = sk_vers_take_op(&part, &written);
		int rc = sk_vers_build_add(b, op, part);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static size_t count_numbers(struct sk_span version)
{
	struct ver_cursor c = ver_cursor(version);
	size_t n = 0;

	while (ver_digits(&c).len) {
		n++;
		if (!ver_accept(&c, '.'))
			break;
	}
	return n;
}

/* At least this version, and below the next one of all its numbers but the last. */
static int compatible(struct sk_vers_builder *b, struct sk_span version)
{
	size_t n = count_numbers(version);
	struct sk_span next;
	int rc = sk_vers_build_bump(b, version, n > 1 ? n - 1 : 1, &next);

	if (rc == 0)
		rc = sk_vers_build_add(b, SK_VERS_GE, version);
	return rc < 0 ? rc : sk_vers_build_add(b, SK_VERS_LT, next);
}

int sk_vers_native_gem(struct sk_vers_builder *b, struct sk_span native)
{
	struct sk_span part;
	bool written;
	int rc = 0;

	while (rc == 0 && sk_span_split(&native, ',', &part)) {
		part = sk_span_trim(part);
		if (sk_span_starts(part, "~>")) {
			rc = compatible(b, sk_span_trim(sk_span_from(part, 2)));
		} else {
			enum sk_vers_op op = sk_vers_take_op(&part, &written);

			rc = sk_vers_build_add(b, op, part);
		}
	}
	return rc;
}

/* "==1.4.*" is 1.4 and below 1.5, "!=1.4.*" what is left without these. */
static int pypi_prefix(struct sk_vers_builder *b, enum sk_vers_op op, struct sk_span prefix)
{
	bool equal = op == SK_VERS_EQ;
	struct sk_span next;
	int rc = sk_vers_build_bump(b, prefix, count_numbers(prefix), &next);

	if (op != SK_VERS_EQ && op != SK_VERS_NE)
		return sk_err_set(b->err, SK_EINVAL,
				  "a range has .* behind another comparator than == and !=");
	if (rc == 0)
		rc = sk_vers_build_add(b, equal ? SK_VERS_GE : SK_VERS_LT, prefix);
	return rc < 0 ? rc : sk_vers_build_add(b, equal ? SK_VERS_LT : SK_VERS_GE, next);
}

/* PEP 440, "Version specifiers". */
int sk_vers_native_pypi(struct sk_vers_builder *b, struct sk_span native)
{
	struct sk_span part;
	bool written;
	int rc = 0;

	while (rc == 0 && sk_span_split(&native, ',', &part)) {
		part = sk_span_trim(part);
		if (sk_span_starts(part, "~=")) {
			rc = compatible(b, sk_span_trim(sk_span_from(part, 2)));
			continue;
		}

		enum sk_vers_op op = sk_vers_take_op(&part, &written);

		if (sk_span_ends(part, ".*"))
			rc = pypi_prefix(b, op, sk_span_sub(part, 0, part.len - 2));
		else
			rc = sk_vers_build_add(b, op, part);
	}
	return rc;
}

static int interval(struct sk_vers_builder *b, struct sk_span inside, bool from, bool to)
{
	ptrdiff_t comma = sk_span_chr(inside, ',');
	struct sk_span low, high;
	int rc = 0;

	if (comma < 0)
		return from && to ? sk_vers_build_add(b, SK_VERS_EQ, sk_span_trim(inside))
				  : sk_err_set(b->err, SK_EINVAL,
					       "a range of one version is not [closed]");
	low = sk_span_trim(sk_span_sub(inside, 0, (size_t)comma));
	high = sk_span_trim(sk_span_from(inside, (size_t)comma + 1));
	if (!low.len && !high.len)
		b->any = true;
	if (low.len)
		rc = sk_vers_build_add(b, from ? SK_VERS_GE : SK_VERS_GT, low);
	if (rc == 0 && high.len)
		rc = sk_vers_build_add(b, to ? SK_VERS_LE : SK_VERS_LT, high);
	return rc;
}

/*
 * Intervals of Maven and NuGet: "[1.0,2.0),[3.0,)". A bare version is a
 * lower bound to NuGet, and to Maven what it would rather have.
 */
int sk_vers_native_interval(struct sk_vers_builder *b, struct sk_span native)
{
	struct sk_span rest = sk_span_trim(native);
	bool nuget = strcmp(b->scheme->name, "nuget") == 0;
	int rc = 0;

	if (rest.len && *rest.ptr != '[' && *rest.ptr != '(')
		return sk_vers_build_add(b, nuget ? SK_VERS_GE : SK_VERS_EQ, rest);
	while (rc == 0 && rest.len) {
		size_t end = 1;

		while (end < rest.len && rest.ptr[end] != ']' && rest.ptr[end] != ')')
			end++;
		if (end == rest.len || (*rest.ptr != '[' && *rest.ptr != '('))
			return sk_err_set(b->err, SK_EINVAL, "a range is no list of [intervals)");
		rc = interval(b, sk_span_sub(rest, 1, end - 1), *rest.ptr == '[',
			      rest.ptr[end] == ']');
		rest = sk_span_trim(sk_span_from(rest, end + 1));
		if (rest.len && *rest.ptr == ',')
			rest = sk_span_trim(sk_span_from(rest, 1));
	}
	return rc;
}

/* OpenSSL's advisories list versions. */
int sk_vers_native_openssl(struct sk_vers_builder *b, struct sk_span native)
{
	struct sk_span part;
	int rc = 0;

	while (rc == 0 && sk_span_split(&native, ',', &part))
		rc = sk_vers_build_add(b, SK_VERS_EQ, sk_span_trim(part));
	return rc;
}

/* "1.4.1+" of a stable branch (even second number) ends with the branch; the mainline goes on. */
static int nginx_from(struct sk_vers_builder *b, struct sk_span version)
{
	struct ver_cursor c = ver_cursor(version);
	struct sk_span minor = { NULL, 0 }, next;
	int rc = sk_vers_build_add(b, SK_VERS_GE, version);

	if (ver_digits(&c).len && ver_accept(&c, '.'))
		minor = ver_digits(&c);
	if (rc < 0 || !minor.len || (minor.ptr[minor.len - 1] - '0') % 2 != 0)
		return rc;
	rc = sk_vers_build_bump(b, version, 2, &next);
	if (rc < 0)
		return rc;
	return sk_vers_build_add(
	    b, SK_VERS_LT,
	    sk_span_str(sk_arena_printf(b->arena, "%.*s.0", (int)next.len, next.ptr)));
}

/* nginx's advisories: "0.7.52-0.8.39", "1.5.0+, 1.4.1+", "all", "none". */
int sk_vers_native_nginx(struct sk_vers_builder *b, struct sk_span native)
{
	struct sk_span part;
	int rc = 0;

	if (sk_span_is(sk_span_trim(native), "all")) {
		b->any = true;
		return 0;
	}
	if (sk_span_is(sk_span_trim(native), "none"))
		return sk_err_set(b->err, SK_EUNSUPPORTED, "a range without versions");
	while (rc == 0 && sk_span_split(&native, ',', &part)) {
		ptrdiff_t hyphen;

		part = sk_span_trim(part);
		hyphen = sk_span_chr(part, '-');
		if (sk_span_ends(part, "+")) {
			rc = nginx_from(b, sk_span_sub(part, 0, part.len - 1));
		} else if (hyphen >= 0) {
			rc = sk_vers_build_add(b, SK_VERS_GE,
					       sk_span_trim(sk_span_sub(part, 0, (size_t)hyphen)));
			if (rc == 0)
				rc = sk_vers_build_add(
				    b, SK_VERS_LE,
				    sk_span_trim(sk_span_from(part, (size_t)hyphen + 1)));
		} else {
			rc = sk_vers_build_add(b, SK_VERS_EQ, part);
		}
	}
	return rc;
}

static const struct {
	const char *type;
	sk_vers_native_fn *read;
} readers[] = {
	{ "npm", sk_vers_native_npm },
	{ "conan", sk_vers_native_conan },
	{ "gem", sk_vers_native_gem },
	{ "pypi", sk_vers_native_pypi },
	{ "maven", sk_vers_native_interval },
	{ "nuget", sk_vers_native_interval },
	{ "openssl", sk_vers_native_openssl },
	{ "nginx", sk_vers_native_nginx },
	{ "deb", sk_vers_native_comparators },
	{ "rpm", sk_vers_native_comparators },
	{ "apk", sk_vers_native_comparators },
	{ "alpm", sk_vers_native_comparators },
	{ "gentoo", sk_vers_native_comparators },
	{ "golang", sk_vers_native_comparators },
	{ "semver", sk_vers_native_comparators },
};

/* Copies of the native text's pieces, so that the range does not depend on it. */
static void finish(struct sk_vers_builder *b, struct sk_span type, struct sk_vers *range)
{
	struct sk_vers r = { .scheme = b->scheme, .any = b->any };

	r.type = sk_span(sk_arena_dup(b->arena, type), type.len);
	if (!b->any) {
		r.count = b->list.len;
		r.constraints = sk_arena_alloc(b->arena, (r.count + 1) * sizeof(*r.constraints));
		for (size_t i = 0; i < r.count; i++) {
			struct sk_span v = b->list.data[i].version;

			r.constraints[i].op = b->list.data[i].op;
			r.constraints[i].version = sk_span(sk_arena_dup(b->arena, v), v.len);
		}
		sk_vers_sort(&r);
	}
	*range = r;
}

int sk_vers_from_native(struct sk_vers *range, struct sk_span type, struct sk_span native,
			struct sk_arena *arena, struct sk_err *err)
{
	struct sk_vers_builder b = { .scheme = sk_scheme_find(type), .arena = arena, .err = err };
	int rc = -SK_EUNSUPPORTED;
	size_t i = 0;

	while (i < SK_COUNT(readers) && !sk_span_is(type, readers[i].type))
		i++;
	if (i == SK_COUNT(readers) || !b.scheme)
		return sk_err_set(err, SK_EUNSUPPORTED, "native ranges of '%.*s' are not read",
				  (int)type.len, type.ptr);
	if (native.len > SK_MAX_FIELD)
		return sk_err_set(err, SK_ELIMIT, "a range is longer than %d bytes", SK_MAX_FIELD);
	rc = readers[i].read(&b, native);
	if (rc == 0 && !b.any && !b.list.len)
		rc = sk_err_set(err, SK_EINVAL, "a range is empty");
	if (rc == 0)
		finish(&b, type, range);
	sk_vec_release(&b.list);
	return rc;
}
