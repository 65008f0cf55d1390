/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/vers-native.h"

#include "base/limits.h"

static const char *const op_texts[] = {
	[SK_VERS_NE] = "!=", [SK_VERS_LT] = "<", [SK_VERS_LE] = "<=",
	[SK_VERS_EQ] = "",   [SK_VERS_GT] = ">", [SK_VERS_GE] = ">=",
};

static int non_canonical(struct sk_err *err, const char *what)
{
	return sk_err_set(err, SK_EINVAL, "non-canonical VERS: %s", what);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_unreserved(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

/* What a version may only hold as a percent triplet. */
static bool is_special(char c)
{
	return c == '>' || c == '<' || c == '=' || c == '!' || c == '*' || c == '|' || c == '%';
}

/* One decoding; *ret_coded tells of a triplet for this byte (the datetime colon). */
static int decode(struct sk_span text, char *out, size_t *ret_len, bool *ret_colon,
		  struct sk_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '%') {
			int hi = text.len - i > 2 ? hex_digit(text.ptr[i + 1]) : -1;
			int lo = text.len - i > 2 ? hex_digit(text.ptr[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return non_canonical(err, "invalid percent-encoding in version");
			if (text.ptr[i + 1] >= 'a' || text.ptr[i + 2] >= 'a' ||
			    is_unreserved(hi * 16 + lo))
				return non_canonical(
				    err, "percent-encoding in version is not canonical");
			c = (char)(hi * 16 + lo);
			*ret_colon = *ret_colon || c == ':';
			i += 2;
		} else if (is_special(c)) {
			return non_canonical(
			    err, "a comparator inside a version is not percent-encoded");
		}
		out[n++] = c;
	}
	*ret_len = n;
	return 0;
}

static int check_datetime(struct sk_span version, bool coded_colon, struct sk_err *err)
{
	if (coded_colon)
		return non_canonical(err, "datetime time colons must be unencoded");
	if (sk_span_chr(version, 't') >= 0 || sk_span_chr(version, 'z') >= 0)
		return non_canonical(err, "datetime must use uppercase T and Z");
	return 0;
}

static enum sk_vers_op take_op(struct sk_span *text)
{
	static const enum sk_vers_op order[] = { SK_VERS_GE, SK_VERS_LE, SK_VERS_NE, SK_VERS_LT,
						 SK_VERS_GT };

	for (size_t i = 0; i < SK_COUNT(order); i++) {
		if (sk_span_starts(*text, op_texts[order[i]])) {
			*text = sk_span_from(*text, strlen(op_texts[order[i]]));
			return order[i];
		}
	}
	return SK_VERS_EQ;
}

static int read_constraint(struct sk_vers *r, struct sk_span text, struct sk_arena *arena,
			   struct sk_err *err)
{
	struct sk_vers_constraint *c = &r->constraints[r->count];
	bool coded_colon = false;
	size_t len = 0;
	char *out;
	int rc;

	c->op = take_op(&text);
	if (!text.len)
		return sk_err_set(err, SK_EINVAL, "a constraint has no version");
	out = sk_arena_alloc(arena, text.len);
	rc = decode(text, out, &len, &coded_colon, err);
	c->version = sk_span(out, len);
	if (rc == 0 && r->scheme && strcmp(r->scheme->name, "datetime") == 0)
		rc = check_datetime(c->version, coded_colon, err);
	r->count += rc == 0;
	return rc;
}

static int read_constraints(struct sk_vers *r, struct sk_span list, struct sk_arena *arena,
			    struct sk_err *err)
{
	struct sk_span part;
	size_t pipes = 0;

	if (!list.len)
		return sk_err_set(err, SK_EINVAL, "a VERS has no constraints");
	r->any = sk_span_is(list, "*");
	if (r->any)
		return 0;
	if (!r->scheme)
		return sk_err_set(err, SK_EINVAL, "a VERS of this type has no constraint but '*'");
	if (list.ptr[0] == '|')
		return non_canonical(err, "leading pipe is not permitted");
	if (list.ptr[list.len - 1] == '|')
		return non_canonical(err, "trailing pipe is not permitted");
	for (size_t i = 0; i < list.len; i++)
		pipes += list.ptr[i] == '|';
	if (pipes >= SK_MAX_VERS_CONSTRAINTS)
		return sk_err_set(err, SK_ELIMIT, "a VERS has more than %d constraints",
				  SK_MAX_VERS_CONSTRAINTS);
	r->constraints = sk_arena_alloc(arena, (pipes + 1) * sizeof(*r->constraints));
	while (sk_span_split(&list, '|', &part)) {
		int rc = part.len ? read_constraint(r, part, arena, err)
				  : non_canonical(err, "consecutive pipes are not permitted");

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_type(struct sk_vers *r, struct sk_span type, struct sk_arena *arena,
		     struct sk_err *err)
{
	for (size_t i = 0; i < type.len; i++) {
		char c = type.ptr[i];

		if (c >= 'A' && c <= 'Z')
			return non_canonical(err, "the type is not in lower case");
		if (!is_unreserved(c) || c == '_' || c == '~')
			return sk_err_set(err, SK_EINVAL,
					  "a VERS type has other than letters and digits");
	}
	if (!type.len || type.ptr[0] < 'a')
		return sk_err_set(err, SK_EINVAL, "a VERS type does not begin with a letter");
	r->type = sk_span(sk_arena_dup(arena, type), type.len);
	if (sk_span_is(type, "all") || sk_span_is(type, "none"))
		return 0;
	r->scheme = sk_scheme_find(type);
	if (!r->scheme)
		return sk_err_set(err, SK_EUNSUPPORTED, "there is no version scheme '%s'",
				  r->type.ptr);
	return 0;
}

static int read_unsorted(struct sk_vers *r, struct sk_span text, struct sk_arena *arena,
			 struct sk_err *err)
{
	ptrdiff_t slash;

	for (size_t i = 0; i < text.len; i++)
		if (is_blank(text.ptr[i]))
			return non_canonical(err, "whitespace is not permitted");
	if (!sk_span_starts(text, "vers:"))
		return sk_err_set(err, SK_EINVAL, "a VERS does not begin with 'vers:'");
	text = sk_span_from(text, 5);
	slash = sk_span_chr(text, '/');
	if (slash < 0)
		return sk_err_set(err, SK_EINVAL, "a VERS has no '/' behind its type");
	*r = (struct sk_vers){ 0 };

	int rc = read_type(r, sk_span_sub(text, 0, (size_t)slash), arena, err);

	return rc < 0 ? rc : read_constraints(r, sk_span_from(text, (size_t)slash + 1), arena, err);
}

static bool is_lower(enum sk_vers_op op) /* bounds a range from below */
{
	return op == SK_VERS_GT || op == SK_VERS_GE;
}

static bool is_upper(enum sk_vers_op op)
{
	return op == SK_VERS_LT || op == SK_VERS_LE;
}

/* The rules of the specification's "canonical representation", each constraint against the ones
 * before. */
static int check_canonical(const struct sk_vers *r, struct sk_err *err)
{
	const struct sk_vers_constraint *bound = NULL,
					*last = NULL; /* without !=; bound: without = too */

	for (size_t i = 0; i < r->count; i++) {
		const struct sk_vers_constraint *c = &r->constraints[i];
		int d = i ? r->scheme->compare(c[-1].version, c->version) : -1;

		if (d > 0)
			return non_canonical(err, "constraints are not sorted by version");
		if (d == 0)
			return non_canonical(err, "a version stands in two constraints");
		if (c->op == SK_VERS_NE)
			continue;
		if (last && last->op == SK_VERS_EQ && is_upper(c->op))
			return non_canonical(err, "an upper bound follows a single version");
		if (bound && c->op != SK_VERS_EQ && is_lower(bound->op) == is_lower(c->op))
			return non_canonical(err, "lower and upper bounds do not alternate");
		last = c;
		if (c->op != SK_VERS_EQ)
			bound = c;
	}
	return 0;
}

int sk_vers_parse(struct sk_vers *range, struct sk_span text, struct sk_arena *arena,
		  struct sk_err *err)
{
	struct sk_vers r;
	int rc = read_unsorted(&r, text, arena, err);

	if (rc == 0)
		rc = check_canonical(&r, err);
	if (rc == 0)
		*range = r;
	return rc;
}

static int order(const void *a, const void *b, void *scheme)
{
	const struct sk_vers_constraint *x = a, *y = b;
	int d = ((const struct sk_scheme *)scheme)->compare(x->version, y->version);

	return d ? d : (int)x->op - (int)y->op;
}

void sk_vers_sort(struct sk_vers *range)
{
	if (range->count > 1)
		qsort_r(range->constraints, range->count, sizeof(*range->constraints), order,
			(void *)(uintptr_t)range->scheme);
}

int sk_vers_read(struct sk_vers *range, struct sk_span text, struct sk_arena *arena,
		 struct sk_err *err)
{
	struct sk_vers r;
	int rc = read_unsorted(&r, text, arena, err);

	if (rc < 0)
		return rc;
	sk_vers_sort(&r);
	*range = r;
	return 0;
}

static bool names_version(const struct sk_vers_constraint *c)
{
	return c->op == SK_VERS_EQ || c->op == SK_VERS_NE;
}

/* The next bound (neither = nor !=) at or after i, or NULL. */
static const struct sk_vers_constraint *bound_from(const struct sk_vers *r, size_t i)
{
	while (i < r->count && names_version(&r->constraints[i]))
		i++;
	return i < r->count ? &r->constraints[i] : NULL;
}

/*
 * Of neighbouring lower bounds the first counts, of upper bounds the last. So
 * with the bounds parted at the version, it is inside if a lower bound stands
 * before it and the highest of the upper bounds to come is above it.
 */
static bool in_interval(const struct sk_vers *r, struct sk_span version)
{
	const struct sk_vers_constraint *before = NULL, *next, *highest = NULL;
	size_t i = 0;

	for (; i < r->count; i++) {
		const struct sk_vers_constraint *c = &r->constraints[i];

		if (names_version(c))
			continue;
		if (r->scheme->compare(c->version, version) >= 0)
			break;
		before = c;
	}
	if (before && is_lower(before->op))
		while ((next = bound_from(r, i)) && is_lower(next->op))
			i = (size_t)(next - r->constraints) + 1;
	while ((next = bound_from(r, i)) && is_upper(next->op)) {
		highest = next;
		i = (size_t)(next - r->constraints) + 1;
	}
	if (!highest)
		return before && is_lower(before->op);
	return r->scheme->compare(highest->version, version) > 0;
}

bool sk_vers_contains(const struct sk_vers *range, struct sk_span version)
{
	bool excluded = false, only_exclusions = range->count > 0;

	if (range->any)
		return !sk_span_is(range->type, "none");
	if (!range->scheme)
		return false;
	for (size_t i = 0; i < range->count; i++) {
		const struct sk_vers_constraint *c = &range->constraints[i];

		only_exclusions = only_exclusions && c->op == SK_VERS_NE;
		if (range->scheme->compare(c->version, version) != 0)
			continue;
		if (c->op == SK_VERS_EQ || c->op == SK_VERS_LE || c->op == SK_VERS_GE)
			return true;
		excluded = excluded || c->op == SK_VERS_NE;
	}
	if (excluded)
		return false;
	/* Exclusions alone leave everything else. */
	return only_exclusions || in_interval(range, version);
}

void sk_vers_format(const struct sk_vers *range, struct sk_buf *buf)
{
	sk_buf_puts(buf, "vers:");
	sk_buf_span(buf, range->type);
	sk_buf_putc(buf, '/');
	if (range->any)
		sk_buf_putc(buf, '*');
	for (size_t i = 0; i < range->count; i++) {
		const struct sk_vers_constraint *c = &range->constraints[i];

		sk_buf_puts(buf, i ? "|" : "");
		sk_buf_puts(buf, op_texts[c->op]);
		for (size_t k = 0; k < c->version.len; k++) {
			char ch = c->version.ptr[k];

			if (is_special(ch) || (unsigned char)ch <= ' ' || (unsigned char)ch >= 0x7f)
				sk_buf_printf(buf, "%%%02X", (unsigned char)ch);
			else
				sk_buf_putc(buf, ch);
		}
	}
}
