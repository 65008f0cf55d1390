/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/check.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>

/* ---- what goes with what ---- */

enum { NUMBERS = 1, TEXTS = 2, BYTES = 4, NETS = 8, BOOLS = 16 };

static unsigned family(enum sk_field_type type)
{
	switch (type) {
	case SK_FIELD_TEXT:
		return TEXTS;
	case SK_FIELD_BYTES:
		return BYTES;
	case SK_FIELD_IP:
	case SK_FIELD_NET:
		return NETS;
	case SK_FIELD_BOOL:
		return BOOLS;
	default:
		return NUMBERS;
	}
}

static unsigned families_of(enum sk_filter_op op)
{
	switch (op) {
	case SK_OP_EXISTS:
	case SK_OP_EQ:
	case SK_OP_NE:
	case SK_OP_IN:
	case SK_OP_INTERSECTS:
		return NUMBERS | TEXTS | BYTES | NETS | BOOLS;
	case SK_OP_LT:
	case SK_OP_LE:
	case SK_OP_GT:
	case SK_OP_GE:
		return NUMBERS | TEXTS;
	case SK_OP_CONTAINS:
	case SK_OP_STARTSWITH:
	case SK_OP_ENDSWITH:
		return TEXTS | BYTES;
	case SK_OP_BCONTAINS:
	case SK_OP_BSTARTSWITH:
		return BYTES;
	default:
		return TEXTS;
	}
}

/* ---- constants ---- */

static int parse_number(struct sk_span text, int64_t *ret_number, struct sk_err *err)
{
	char buf[64], *end;
	int base;

	if (text.len == 0 || text.len >= sizeof(buf))
		return sk_err_set(err, SK_EINVAL, "\"%.*s\" is no number", (int)text.len, text.ptr);
	memcpy(buf, text.ptr, text.len);
	buf[text.len] = '\0';
	errno = 0;
	base = sk_span_starts(text, "0x") || sk_span_starts(text, "0X") ? 16 : 10;
	*ret_number = buf[0] == '-' ? strtoll(buf, &end, base) : (int64_t)strtoull(buf, &end, base);
	if (*end == '.') /* numbers of the grammar may have a fraction; whole values are compared */
		strtod(buf, &end);
	if (*end || errno)
		return sk_err_set(err, SK_EINVAL, "\"%s\" is no number", buf);
	return 0;
}

/* A number, or a service's name of /etc/services. */
static int parse_port(struct sk_span text, int64_t *ret_number, struct sk_err *err)
{
	char name[64];
	const struct servent *service;

	if (parse_number(text, ret_number, NULL) == 0 && *ret_number >= 0 && *ret_number <= UINT16_MAX)
		return 0;
	if (text.len == 0 || text.len >= sizeof(name))
		return sk_err_set(err, SK_EINVAL, "\"%.*s\" is no port", (int)text.len, text.ptr);
	memcpy(name, text.ptr, text.len);
	name[text.len] = '\0';
	service = getservbyname(name, NULL);
	if (!service)
		return sk_err_set(err, SK_EINVAL, "\"%s\" is no port", name);
	*ret_number = ntohs((uint16_t)service->s_port);
	return 0;
}

static int parse_truth(struct sk_span text, int64_t *ret_number, struct sk_err *err)
{
	if (sk_span_ieq(text, SK_SPAN_LIT("true")) || sk_span_is(text, "1"))
		*ret_number = 1;
	else if (sk_span_ieq(text, SK_SPAN_LIT("false")) || sk_span_is(text, "0"))
		*ret_number = 0;
	else
		return sk_err_set(err, SK_EINVAL, "\"%.*s\" is neither true nor false", (int)text.len, text.ptr);
	return 0;
}

static bool parse_ip(struct sk_span text, uint8_t ip[16], unsigned *ret_bits)
{
	char buf[INET6_ADDRSTRLEN];

	if (text.len >= sizeof(buf))
		return false;
	memcpy(buf, text.ptr, text.len);
	buf[text.len] = '\0';
	*ret_bits = 128;
	if (inet_pton(AF_INET6, buf, ip) == 1)
		return true;
	memset(ip, 0, 10);
	ip[10] = ip[11] = 0xff;
	*ret_bits = 32;
	return inet_pton(AF_INET, buf, ip + 12) == 1;
}

static int parse_net(struct sk_span text, struct sk_net *ret_net, struct sk_err *err)
{
	ptrdiff_t slash = sk_span_chr(text, '/');
	unsigned width;
	uint64_t bits;

	*ret_net = (struct sk_net){ 0 };
	if (!parse_ip(slash < 0 ? text : sk_span_sub(text, 0, (size_t)slash), ret_net->ip, &width))
		return sk_err_set(err, SK_EINVAL, "\"%.*s\" is no address", (int)text.len, text.ptr);
	bits = width;
	if (slash >= 0 && (!sk_span_u64(sk_span_from(text, (size_t)slash + 1), &bits) || bits > width))
		return sk_err_set(err, SK_EINVAL, "\"%.*s\" is no network", (int)text.len, text.ptr);
	ret_net->bits = (uint8_t)(128 - width + bits);
	return 0;
}

static int fill_texts(struct sk_check *c, const struct sk_operand *first, struct sk_arena *arena)
{
	struct sk_span *texts = sk_arena_alloc(arena, (c->count + 1) * sizeof(*texts));
	size_t i = 0;

	for (const struct sk_operand *o = first; i < c->count; o = o->next, i++) {
		texts[i] = o->text;
		if (c->op == SK_OP_PMATCH)
			while (texts[i].len > 1 && texts[i].ptr[texts[i].len - 1] == '/')
				texts[i].len--;
	}
	c->texts = texts;
	return 0;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* bcontains and bstartswith have their bytes in hexadecimal: "cafebabe". */
static int unhex_texts(struct sk_check *c, struct sk_arena *arena, struct sk_err *err)
{
	struct sk_span *texts = sk_arena_alloc(arena, (c->count + 1) * sizeof(*texts));

	for (size_t i = 0; i < c->count; i++) {
		struct sk_span hex = c->texts[i];
		char *bytes = sk_arena_alloc(arena, hex.len / 2 + 1);

		for (size_t j = 0; j + 1 < hex.len; j += 2) {
			int high = hex_digit(hex.ptr[j]), low = hex_digit(hex.ptr[j + 1]);

			if (high < 0 || low < 0)
				hex.len = 1;
			else
				bytes[j / 2] = (char)(high << 4 | low);
		}
		if (hex.len % 2 || !hex.len)
			return sk_err_set(err, SK_EINVAL, "\"%.*s\" is not bytes in hexadecimal, which \"%s\" wants",
					  (int)c->texts[i].len, c->texts[i].ptr, sk_filter_op_name(c->op));
		texts[i] = sk_span(bytes, hex.len / 2);
	}
	c->texts = texts;
	return 0;
}

static int fill_numbers(struct sk_check *c, const struct sk_operand *first, struct sk_arena *arena,
			struct sk_err *err)
{
	int64_t *numbers = sk_arena_alloc(arena, (c->count + 1) * sizeof(*numbers));
	size_t i = 0;
	int r;

	for (const struct sk_operand *o = first; i < c->count; o = o->next, i++) {
		r = c->type == SK_FIELD_BOOL ? parse_truth(o->text, &numbers[i], err) :
		    c->type == SK_FIELD_PORT ? parse_port(o->text, &numbers[i], err) :
					       parse_number(o->text, &numbers[i], err);
		if (r < 0)
			return r;
	}
	c->numbers = numbers;
	return 0;
}

static int fill_nets(struct sk_check *c, const struct sk_operand *first, struct sk_arena *arena, struct sk_err *err)
{
	struct sk_net *nets = sk_arena_alloc(arena, (c->count + 1) * sizeof(*nets));
	size_t i = 0;
	int r;

	for (const struct sk_operand *o = first; i < c->count; o = o->next, i++) {
		r = parse_net(o->text, &nets[i], err);
		if (r < 0)
			return r;
	}
	c->nets = nets;
	return 0;
}

/* The end of a bracket expression that begins at `at`, or 0: then the bracket is a bracket. */
static size_t bracket_end(struct sk_span glob, size_t at)
{
	size_t i = at + 1;

	if (i < glob.len && (glob.ptr[i] == '!' || glob.ptr[i] == '^'))
		i++;
	for (size_t first = i; i < glob.len; i++) {
		if (glob.ptr[i] == ']' && i > first)
			return i;
		if (glob.ptr[i] == '[' && i + 1 < glob.len && glob.ptr[i + 1] == ':') {
			ptrdiff_t end = sk_span_find(sk_span_from(glob, i), SK_SPAN_LIT(":]"));

			i += end < 0 ? 0 : (size_t)end + 1;
		}
	}
	return 0;
}

static void put_bracket(struct sk_buf *out, struct sk_span inner, bool path)
{
	sk_buf_putc(out, '[');
	if (inner.len && (inner.ptr[0] == '!' || inner.ptr[0] == '^')) {
		sk_buf_puts(out, path ? "^/" : "^");
		inner = sk_span_from(inner, 1);
	}
	for (size_t i = 0; i < inner.len; i++) {
		bool is_class = inner.ptr[i] == '[' && i + 1 < inner.len && inner.ptr[i + 1] == ':';

		if (inner.ptr[i] == '\\' && i + 1 < inner.len)
			i++;
		if (strchr("\\]^", inner.ptr[i]) || (inner.ptr[i] == '[' && !is_class))
			sk_buf_putc(out, '\\');
		sk_buf_putc(out, inner.ptr[i]);
		if (is_class) /* copied as it is */
			while (++i < inner.len) {
				sk_buf_putc(out, inner.ptr[i]);
				if (inner.ptr[i] == ']')
					break;
			}
	}
	sk_buf_putc(out, ']');
}

/*
 * fnmatch(3) without flags as a regular expression: '*' and '?' take every byte, '/' and a leading dot too. Of a
 * path, where each component is a pattern for itself, they take no '/'.
 */
static void put_glob(struct sk_buf *out, struct sk_span glob, bool path)
{
	size_t end;

	sk_buf_puts(out, "(?s)");
	for (size_t i = 0; i < glob.len; i++) {
		char c = glob.ptr[i];

		if (c == '*') {
			sk_buf_puts(out, path ? "[^/]*" : ".*");
		} else if (c == '?') {
			sk_buf_puts(out, path ? "[^/]" : ".");
		} else if (c == '[' && (end = bracket_end(glob, i))) {
			put_bracket(out, sk_span_sub(glob, i + 1, end - i - 1), path);
			i = end;
		} else {
			if (c == '\\' && i + 1 < glob.len)
				c = glob.ptr[++i];
			if (c && strchr("\\.+*?()|[]{}^$", c))
				sk_buf_putc(out, '\\');
			sk_buf_putc(out, c);
		}
	}
}

static struct sk_cel_regex *compile_pattern(enum sk_filter_op op, struct sk_span text, const char **ret_error,
					    size_t *ret_offset)
{
	sk_cleanup(sk_buf_release) struct sk_buf pattern = { 0 };

	if (op == SK_OP_REGEX)
		return sk_cel_regex_new(text.ptr, text.len, SK_CEL_REGEX_FULL, ret_error, ret_offset);
	put_glob(&pattern, text, op == SK_OP_PMATCH);
	if (op == SK_OP_PMATCH)
		sk_buf_puts(&pattern, "(/.*)?");
	return sk_cel_regex_new(pattern.data, pattern.len,
				SK_CEL_REGEX_FULL | (op == SK_OP_IGLOB ? SK_CEL_REGEX_ICASE : 0), ret_error, ret_offset);
}

static bool has_patterns(enum sk_filter_op op)
{
	return op == SK_OP_REGEX || op == SK_OP_GLOB || op == SK_OP_IGLOB || op == SK_OP_PMATCH;
}

/* Most paths of pmatch are none, and compared as they are. */
static bool is_pattern(enum sk_filter_op op, struct sk_span text)
{
	return op != SK_OP_PMATCH || sk_span_chr(text, '*') >= 0 || sk_span_chr(text, '?') >= 0 ||
	       sk_span_chr(text, '[') >= 0;
}

static int compile_patterns(struct sk_check *c, struct sk_arena *arena, struct sk_err *err)
{
	const struct sk_cel_regex **regexes = sk_arena_alloc(arena, (c->count + 1) * sizeof(*regexes));
	const char *what;
	size_t at;

	c->regexes = regexes;
	for (size_t i = 0; i < c->count; i++) {
		if (!is_pattern(c->op, c->texts[i]))
			continue;
		regexes[i] = compile_pattern(c->op, c->texts[i], &what, &at);
		if (!regexes[i])
			return sk_err_set(err, SK_EINVAL, "byte %zu of the pattern: %s", at + 1, what);
	}
	return 0;
}

static int fill(struct sk_check *c, const struct sk_operand *first, struct sk_arena *arena, struct sk_err *err)
{
	for (const struct sk_operand *o = first; o; o = o->next)
		c->count++;
	switch (family(c->type)) {
	case NETS:
		return fill_nets(c, first, arena, err);
	case TEXTS:
	case BYTES:
		fill_texts(c, first, arena);
		if (c->op == SK_OP_BCONTAINS || c->op == SK_OP_BSTARTSWITH)
			return unhex_texts(c, arena, err);
		return has_patterns(c->op) ? compile_patterns(c, arena, err) : 0;
	default:
		return fill_numbers(c, first, arena, err);
	}
}

int sk_check_init(struct sk_check *check, const struct sk_filter *filter, enum sk_field_type type,
		  struct sk_arena *arena, struct sk_err *err)
{
	const struct sk_operand *right = filter->right;

	*check = (struct sk_check){ .op = filter->op, .modifier = filter->modifier, .type = type, .right_slot = -1 };
	if (!(families_of(filter->op) & family(type)))
		return sk_err_set(err, SK_EINVAL, "\"%s\" does not go with %s", sk_filter_op_name(filter->op),
				  sk_field_type_name(type));
	if (!right)
		return 0;
	if (right->kind == SK_OPERAND_LIST)
		return fill(check, right->first, arena, err);
	if (right->kind == SK_OPERAND_VALUE) {
		struct sk_operand alone = *right;

		alone.next = NULL;
		return fill(check, &alone, arena, err);
	}
	if (has_patterns(filter->op) || family(type) == NETS)
		return sk_err_set(err, SK_EINVAL, "\"%s\" compares with constants, not with another field",
				  sk_filter_op_name(filter->op));
	return 0;
}

void sk_check_release(struct sk_check *check)
{
	for (size_t i = 0; check->regexes && i < check->count; i++)
		sk_cel_regex_free((struct sk_cel_regex *)check->regexes[i]);
	check->regexes = NULL;
}

/* ---- comparisons ---- */

static bool ordered(enum sk_filter_op op, int order)
{
	switch (op) {
	case SK_OP_NE:
		return order != 0;
	case SK_OP_LT:
		return order < 0;
	case SK_OP_LE:
		return order <= 0;
	case SK_OP_GT:
		return order > 0;
	case SK_OP_GE:
		return order >= 0;
	default:
		return order == 0;
	}
}

/* memmem without case, for ASCII. */
static bool contains_folded(struct sk_span text, struct sk_span part)
{
	if (part.len == 0)
		return true;
	for (size_t i = 0; i + part.len <= text.len; i++) {
		if (tolower((unsigned char)text.ptr[i]) != tolower((unsigned char)part.ptr[0]))
			continue;
		if (sk_span_ieq(sk_span_sub(text, i, part.len), part))
			return true;
	}
	return false;
}

/* Is `prefix` the whole of path, or some of its first components? */
static bool path_below(struct sk_span path, struct sk_span prefix)
{
	if (path.len < prefix.len || memcmp(path.ptr, prefix.ptr, prefix.len) != 0)
		return false;
	return path.len == prefix.len || path.ptr[prefix.len] == '/' || prefix.ptr[prefix.len - 1] == '/';
}

static bool compare_text(enum sk_filter_op op, struct sk_span a, struct sk_span b)
{
	switch (op) {
	case SK_OP_CONTAINS:
	case SK_OP_BCONTAINS:
		return b.len == 0 || (a.len && memmem(a.ptr, a.len, b.ptr, b.len));
	case SK_OP_ICONTAINS:
		return contains_folded(a, b);
	case SK_OP_STARTSWITH:
	case SK_OP_BSTARTSWITH:
		return a.len >= b.len && (b.len == 0 || memcmp(a.ptr, b.ptr, b.len) == 0);
	case SK_OP_ENDSWITH:
		return a.len >= b.len && (b.len == 0 || memcmp(a.ptr + a.len - b.len, b.ptr, b.len) == 0);
	case SK_OP_PMATCH:
		return b.len && path_below(a, b);
	case SK_OP_EQ:
	case SK_OP_IN:
	case SK_OP_INTERSECTS:
		return sk_span_eq(a, b);
	case SK_OP_NE:
		return !sk_span_eq(a, b);
	default:
		return ordered(op, sk_span_cmp(a, b));
	}
}

static bool in_net(struct sk_span address, const struct sk_net *net)
{
	uint8_t ip[16] = { [10] = 0xff, [11] = 0xff };
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (address.len != 4 && address.len != 16)
		return false;
	memcpy(ip + 16 - address.len, address.ptr, address.len);
	return memcmp(ip, net->ip, whole) == 0 &&
	       (rest == 0 || (ip[whole] ^ net->ip[whole]) >> (8 - rest) == 0);
}

static bool compare_constant(const struct sk_check *c, const struct sk_field_value *v, uint32_t i,
			     struct sk_cel_regex_scratch *scratch)
{
	switch (family(c->type)) {
	case NETS:
		return in_net(v->text, &c->nets[i]) != (c->op == SK_OP_NE);
	case TEXTS:
	case BYTES:
		if (c->regexes && c->regexes[i])
			return sk_cel_regex_test(c->regexes[i], scratch, v->text.ptr, v->text.len);
		return compare_text(c->op, v->text, c->texts[i]);
	default:
		return ordered(c->op, (v->i > c->numbers[i]) - (v->i < c->numbers[i]));
	}
}

static bool compare_right(const struct sk_check *c, const struct sk_field_value *a, const struct sk_field_value *b)
{
	if (family(c->type) == TEXTS || family(c->type) == BYTES)
		return compare_text(c->op, a->text, b->text);
	return ordered(c->op, (a->i > b->i) - (a->i < b->i));
}

/* Lists of constants: how many hold decides; `in` and its like want one. */
static bool enough(enum sk_filter_modifier modifier, uint32_t held, uint32_t count)
{
	switch (modifier) {
	case SK_MODIFIER_ONEOF:
		return held == 1;
	case SK_MODIFIER_ALLOF:
		return count > 0 && held == count;
	default:
		return held > 0;
	}
}

bool sk_check_value(const struct sk_check *check, const struct sk_field_value *value,
		    const struct sk_field_value *right, struct sk_cel_regex_scratch *scratch)
{
	uint32_t held = 0;

	if (check->op == SK_OP_EXISTS)
		return true;
	if (right)
		return compare_right(check, value, right);
	for (uint32_t i = 0; i < check->count; i++) {
		held += compare_constant(check, value, i, scratch);
		if (held && (check->modifier == SK_MODIFIER_NONE || check->modifier == SK_MODIFIER_ANYOF))
			return true;
	}
	return enough(check->modifier, held, check->count);
}
