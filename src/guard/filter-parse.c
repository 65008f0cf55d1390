/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parser by recursive descent, one function for each rule of the grammar. Words
 * are taken where they stand, without a separate lexer: what `in` or `not` is
 * depends on what may come next.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "guard/filter.h"

#include <ctype.h>

static const char *const op_names[SK_OP_COUNT] = {
	[SK_OP_EXISTS] = "exists",
	[SK_OP_EQ] = "=",
	[SK_OP_NE] = "!=",
	[SK_OP_LT] = "<",
	[SK_OP_LE] = "<=",
	[SK_OP_GT] = ">",
	[SK_OP_GE] = ">=",
	[SK_OP_CONTAINS] = "contains",
	[SK_OP_ICONTAINS] = "icontains",
	[SK_OP_BCONTAINS] = "bcontains",
	[SK_OP_STARTSWITH] = "startswith",
	[SK_OP_BSTARTSWITH] = "bstartswith",
	[SK_OP_ENDSWITH] = "endswith",
	[SK_OP_GLOB] = "glob",
	[SK_OP_IGLOB] = "iglob",
	[SK_OP_REGEX] = "regex",
	[SK_OP_IN] = "in",
	[SK_OP_INTERSECTS] = "intersects",
	[SK_OP_PMATCH] = "pmatch",
};
static const char *const modifier_names[] = { "", "oneof", "anyof", "allof" };

const char *sk_filter_op_name(enum sk_filter_op op)
{
	return op_names[op];
}

const char *sk_filter_modifier_name(enum sk_filter_modifier modifier)
{
	return modifier_names[modifier];
}

struct parser {
	struct sk_span text;
	size_t at;
	unsigned depth;
	struct sk_arena *arena;
	struct sk_err *err;
};

/* Everything that fails answers NULL; the first error stays. */
static void *fail(struct parser *p, const char *what)
{
	if (p->err && !p->err->code)
		sk_err_set(p->err, SK_EINVAL, "column %zu: %s", p->at + 1, what);
	return NULL;
}

static bool enter(struct parser *p)
{
	if (++p->depth <= SK_MAX_FILTER_DEPTH)
		return true;
	fail(p, "nested too deeply");
	return false;
}

/* ---- words ---- */

static char peek(const struct parser *p)
{
	return p->at < p->text.len ? p->text.ptr[p->at] : '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\b';
}

static bool blanks(struct parser *p)
{
	size_t from = p->at;

	while (p->at < p->text.len && is_blank(p->text.ptr[p->at]))
		p->at++;
	return p->at > from;
}

static bool take(struct parser *p, const char *word)
{
	if (!sk_span_starts(sk_span_from(p->text, p->at), word))
		return false;
	p->at += strlen(word);
	return true;
}

/* An operator that is a word, with the blank behind it that ends it. */
static bool take_word(struct parser *p, const char *word)
{
	size_t from = p->at;

	if (take(p, word) && blanks(p))
		return true;
	p->at = from;
	return false;
}

static size_t identifier_length(struct sk_span s)
{
	size_t n = 0;

	if (s.len && isalpha((unsigned char)s.ptr[0]))
		while (n < s.len && (isalnum((unsigned char)s.ptr[n]) || s.ptr[n] == '_'))
			n++;
	return n;
}

static struct sk_span cut(struct parser *p, size_t len)
{
	struct sk_span s = sk_span_sub(p->text, p->at, len);

	p->at += len;
	return s.len ? sk_span(sk_arena_dup(p->arena, s), s.len) : sk_span("", 0);
}

static bool take_identifier(struct parser *p, struct sk_span *ret_name)
{
	size_t n = identifier_length(sk_span_from(p->text, p->at));

	if (n)
		*ret_name = cut(p, n);
	return n > 0;
}

/* proc.name, evt.arg.flags: at least one dot. */
static bool take_field_name(struct parser *p, struct sk_span *ret_name)
{
	struct sk_span rest = sk_span_from(p->text, p->at);
	size_t n = identifier_length(rest), dots = 0, m;

	while (n && n < rest.len && rest.ptr[n] == '.' && (m = identifier_length(sk_span_from(rest, n + 1)))) {
		n += 1 + m;
		dots++;
	}
	if (!dots)
		return false;
	*ret_name = cut(p, n);
	return true;
}

static size_t digits(struct sk_span s, size_t from)
{
	while (from < s.len && isdigit((unsigned char)s.ptr[from]))
		from++;
	return from;
}

static size_t number_length(struct sk_span s)
{
	size_t n = 0, m;

	if (s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == 'x' && isxdigit((unsigned char)s.ptr[2])) {
		for (n = 2; n < s.len && isxdigit((unsigned char)s.ptr[n]);)
			n++;
		return n;
	}
	if (s.len && (s.ptr[0] == '+' || s.ptr[0] == '-'))
		n = 1;
	m = digits(s, n);
	if (m == n)
		return 0;
	if (m < s.len && s.ptr[m] == '.')
		m = digits(s, m + 1);
	if (m + 1 < s.len && (s.ptr[m] | 0x20) == 'e' && (s.ptr[m + 1] == '+' || s.ptr[m + 1] == '-') &&
	    digits(s, m + 2) > m + 2)
		m = digits(s, m + 2);
	return m;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* The escape behind a backslash at *at, which moves to its last byte; false where it is none. */
static bool unescape(struct sk_span s, size_t *at, char quote, char *ret_char)
{
	static const char from[] = "bfnrt\\/ ", to[] = "\b\f\n\r\t\\/\\"; /* a blank: as old rules have it */
	char c = s.ptr[*at];
	const char *known = c ? strchr(from, c) : NULL;

	*ret_char = c;
	if (known)
		*ret_char = to[known - from];
	if (known || c == quote)
		return true;
	if (c != 'x' || *at + 2 >= s.len || hex_digit(s.ptr[*at + 1]) < 0 || hex_digit(s.ptr[*at + 2]) < 0)
		return false;
	*ret_char = (char)(hex_digit(s.ptr[*at + 1]) * 16 + hex_digit(s.ptr[*at + 2]));
	*at += 2;
	return true;
}

/*
 * "..." or '...'; false where no quote begins, or it is wrong (which is an
 * error). A quote behind a backslash never ends the text, whatever the
 * backslash itself stands for: so Falco reads it.
 */
static bool take_quoted(struct parser *p, struct sk_span *ret_text)
{
	char quote = peek(p), *out;
	size_t end = p->at + 1, n = 0;
	struct sk_span inner;

	if (quote != '"' && quote != '\'')
		return false;
	while (end < p->text.len && (p->text.ptr[end] != quote || p->text.ptr[end - 1] == '\\'))
		end++;
	if (end >= p->text.len) {
		fail(p, "this quote is never closed");
		return false;
	}
	inner = sk_span_sub(p->text, p->at + 1, end - p->at - 1);
	out = sk_arena_alloc(p->arena, inner.len + 1);
	for (size_t i = 0; i < inner.len; i++) {
		out[n] = inner.ptr[i];
		if (inner.ptr[i] == '\\' && (++i >= inner.len || !unescape(inner, &i, quote, &out[n]))) {
			p->at += i;
			fail(p, "there is no such escape; they are \\b \\f \\n \\r \\t \\\\ \\/ \\xNN and the quote itself");
			return false;
		}
		n++;
	}
	p->at = end + 1;
	*ret_text = sk_span(out, n);
	return true;
}

static bool take_bare(struct parser *p, const char *but, struct sk_span *ret_text)
{
	size_t n = 0;

	while (p->at + n < p->text.len && !isspace((unsigned char)p->text.ptr[p->at + n]) &&
	       !strchr(but, p->text.ptr[p->at + n]))
		n++;
	if (n)
		*ret_text = cut(p, n);
	return n > 0;
}

/* ---- operands ---- */

static struct sk_operand *operand(struct parser *p, enum sk_operand_kind kind)
{
	struct sk_operand *o = sk_arena_alloc(p->arena, sizeof(*o));

	o->kind = kind;
	o->offset = (uint32_t)p->at;
	return o;
}

static bool take_arg(struct parser *p, struct sk_span *ret_arg)
{
	if (!take(p, "["))
		return true;
	if (!take_quoted(p, ret_arg) && !take_bare(p, "[]\"'", ret_arg)) {
		fail(p, "expected an index or a name in the brackets");
		return false;
	}
	if (take(p, "]"))
		return true;
	fail(p, "expected ']'");
	return false;
}

static bool take_transformer_name(struct parser *p, struct sk_span *ret_name)
{
	static const char *const names[] = { "tolower(", "toupper(", "b64(",	"basename(",
					     "len(",	 "join(",    "concat(", "getopt(" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (take(p, names[i])) {
			*ret_name = sk_span(names[i], strlen(names[i]) - 1);
			return true;
		}
	return false;
}

static struct sk_operand *transformer_arg(struct parser *p, bool in_list);

/* What stands between the parentheses of a transformer or a list of its, both already open. */
static bool take_args(struct parser *p, struct sk_operand *into, bool is_list)
{
	struct sk_operand **tail = &into->first;

	blanks(p);
	if (is_list && take(p, ")"))
		return true;
	do {
		blanks(p);
		*tail = transformer_arg(p, is_list);
		if (!*tail)
			return false;
		tail = &(*tail)->next;
		blanks(p);
	} while (take(p, ","));
	if (take(p, ")"))
		return true;
	fail(p, "expected ',' or ')'");
	return false;
}

/* A field, or a transformer of one; NULL without an error where neither begins. */
static struct sk_operand *field_or_transformer(struct parser *p)
{
	struct sk_operand *o = operand(p, SK_OPERAND_FIELD);
	bool ok;

	if (!enter(p))
		return NULL;
	if (take_transformer_name(p, &o->text)) {
		o->kind = SK_OPERAND_TRANSFORM;
		ok = take_args(p, o, false) && take_arg(p, &o->arg);
	} else {
		ok = take_field_name(p, &o->text) && take_arg(p, &o->arg);
	}
	p->depth--;
	return ok ? o : NULL;
}

static struct sk_operand *transformer_arg(struct parser *p, bool in_list)
{
	struct sk_operand *o = operand(p, SK_OPERAND_VALUE);
	size_t n = number_length(sk_span_from(p->text, p->at));

	if (n) {
		o->text = cut(p, n);
		return o;
	}
	if (take_quoted(p, &o->text)) {
		o->quoted = true;
		return o;
	}
	if (!in_list && take(p, "(")) {
		o->kind = SK_OPERAND_LIST;
		return take_args(p, o, true) ? o : NULL;
	}
	o = field_or_transformer(p);
	return o ? o : fail(p, "expected a field, a transformer, a quoted text or a number");
}

/* val(field), or a transformer, as a right-hand side; NULL without an error where neither begins. */
static struct sk_operand *right_field(struct parser *p)
{
	struct sk_operand *o = operand(p, SK_OPERAND_FIELD);

	if (!take(p, "val(")) {
		size_t from = p->at;

		if (!take_transformer_name(p, &o->text))
			return NULL;
		p->at = from;
		return field_or_transformer(p);
	}
	blanks(p);
	if (!take_field_name(p, &o->text))
		return fail(p, "expected a field in val()");
	if (!take_arg(p, &o->arg))
		return NULL;
	blanks(p);
	return take(p, ")") ? o : fail(p, "expected ')'");
}

static struct sk_operand *text_value(struct parser *p)
{
	struct sk_operand *o = operand(p, SK_OPERAND_VALUE);

	if (take_quoted(p, &o->text)) {
		o->quoted = true;
		return o;
	}
	return !p->err->code && take_bare(p, "()\"'=,", &o->text) ? o : NULL;
}

static struct sk_operand *list_value(struct parser *p)
{
	struct sk_operand *o = operand(p, SK_OPERAND_LIST), **tail = &o->first;

	if (!take(p, "(")) {
		o->kind = SK_OPERAND_NAME;
		return take_identifier(p, &o->text) ? o : fail(p, "expected a list in parentheses or its name");
	}
	blanks(p);
	if (take(p, ")"))
		return o;
	do {
		blanks(p);
		*tail = text_value(p);
		if (!*tail)
			return fail(p, "expected a value");
		tail = &(*tail)->next;
		blanks(p);
	} while (take(p, ","));
	return take(p, ")") ? o : fail(p, "expected ',' or ')'");
}

/* ---- checks ---- */

static bool boolean_word_follows(const struct parser *p)
{
	static const char *const words[] = { "and", "or", "not" };
	struct sk_span rest = sk_span_from(p->text, p->at);

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if (sk_span_starts(rest, words[i]) && (rest.len == n || !isalnum((unsigned char)rest.ptr[n])))
			return true;
	}
	return false;
}

/* `startswith anyof (a, b)`, told from `startswith anyof` by what follows. */
static enum sk_filter_modifier take_modifier(struct parser *p)
{
	size_t from = p->at;

	for (enum sk_filter_modifier m = SK_MODIFIER_ONEOF; m <= SK_MODIFIER_ALLOF; m++)
		if (take_word(p, modifier_names[m])) {
			if ((peek(p) == '(' || isalpha((unsigned char)peek(p))) && !boolean_word_follows(p))
				return m;
			p->at = from;
			break;
		}
	return SK_MODIFIER_NONE;
}

static bool text_condition(struct parser *p, struct sk_filter *check, bool blank_before)
{
	check->modifier = blank_before ? take_modifier(p) : SK_MODIFIER_NONE;
	if (check->modifier) {
		check->right = list_value(p);
		return check->right != NULL;
	}
	check->right = right_field(p);
	if (!check->right && !p->err->code)
		check->right = text_value(p);
	return check->right || fail(p, "expected a value");
}

static bool number_condition(struct parser *p, struct sk_filter *check)
{
	struct sk_operand *o;
	size_t n;

	blanks(p);
	check->right = right_field(p);
	if (check->right || p->err->code)
		return check->right != NULL;
	o = operand(p, SK_OPERAND_VALUE);
	n = number_length(sk_span_from(p->text, p->at));
	if (!n)
		return fail(p, "expected a number");
	o->text = cut(p, n);
	check->right = o;
	return true;
}

static bool list_condition(struct parser *p, struct sk_filter *check)
{
	blanks(p);
	check->right = peek(p) == '(' ? NULL : right_field(p);
	if (!check->right && !p->err->code)
		check->right = list_value(p);
	return check->right != NULL;
}

static bool condition(struct parser *p, struct sk_filter *check)
{
	static const enum sk_filter_op numbers[] = { SK_OP_LE, SK_OP_LT, SK_OP_GE, SK_OP_GT };
	static const enum sk_filter_op words[] = { SK_OP_GLOB,	     SK_OP_IGLOB,     SK_OP_CONTAINS,
						   SK_OP_ICONTAINS,   SK_OP_BCONTAINS, SK_OP_STARTSWITH,
						   SK_OP_BSTARTSWITH, SK_OP_ENDSWITH,  SK_OP_REGEX };
	static const enum sk_filter_op lists[] = { SK_OP_INTERSECTS, SK_OP_IN, SK_OP_PMATCH };

	blanks(p);
	check->op = SK_OP_EXISTS;
	if (take(p, "exists"))
		return true;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (take(p, op_names[check->op = numbers[i]]))
			return number_condition(p, check);
	check->op = SK_OP_EQ;
	if (take(p, "==") || take(p, "="))
		return text_condition(p, check, blanks(p));
	if (take(p, op_names[check->op = SK_OP_NE]))
		return text_condition(p, check, blanks(p));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (take_word(p, op_names[check->op = words[i]]))
			return text_condition(p, check, true);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (take(p, op_names[check->op = lists[i]]))
			return list_condition(p, check);
	fail(p, "expected an operator: exists = != < <= > >= contains icontains bcontains startswith bstartswith "
		"endswith glob iglob regex in intersects pmatch");
	return false;
}

/* ---- expressions ---- */

static struct sk_filter *filter(struct parser *p, enum sk_filter_kind kind)
{
	struct sk_filter *f = sk_arena_alloc(p->arena, sizeof(*f));

	f->kind = kind;
	f->offset = (uint32_t)p->at;
	return f;
}

static struct sk_filter *parse_or(struct parser *p);

static struct sk_filter *embedded(struct parser *p)
{
	struct sk_filter *f = parse_or(p);

	blanks(p);
	return !f || take(p, ")") ? f : fail(p, "expected ')'");
}

static struct sk_filter *parse_check(struct parser *p)
{
	struct sk_filter *f;

	blanks(p);
	if (take(p, "("))
		return embedded(p);
	f = filter(p, SK_FILTER_CHECK);
	f->left = field_or_transformer(p);
	if (p->err->code)
		return NULL;
	if (f->left)
		return condition(p, f) ? f : NULL;
	f->kind = SK_FILTER_MACRO;
	return take_identifier(p, &f->macro) ? f : fail(p, "expected a field, a macro or '('");
}

static struct sk_filter *parse_not(struct parser *p)
{
	struct sk_filter *f, *child;
	bool negated = false;

	blanks(p);
	f = filter(p, SK_FILTER_NOT);
	while (take_word(p, "not"))
		negated = !negated;
	if (take(p, "not(")) {
		negated = !negated;
		child = embedded(p);
	} else {
		child = parse_check(p);
	}
	if (!negated || !child)
		return child;
	f->first = child;
	return f;
}

/* `word` between operands of the next finer kind; one operand alone is itself. */
static struct sk_filter *series(struct parser *p, enum sk_filter_kind kind, const char *word,
				struct sk_filter *(*operand_of)(struct parser *))
{
	struct sk_filter *f, **tail;

	blanks(p);
	f = filter(p, kind);
	tail = &f->first;
	*tail = operand_of(p);
	blanks(p);
	while (*tail && take(p, word)) {
		tail = &(*tail)->next;
		if (blanks(p))
			*tail = operand_of(p);
		else if (take(p, "("))
			*tail = embedded(p);
		else
			return fail(p, "expected a blank or '(' after 'and' and 'or'");
		blanks(p);
	}
	if (!*tail)
		return NULL;
	return f->first->next ? f : f->first;
}

static struct sk_filter *parse_and(struct parser *p)
{
	return series(p, SK_FILTER_AND, "and", parse_not);
}

static struct sk_filter *parse_or(struct parser *p)
{
	struct sk_filter *f;

	if (!enter(p))
		return NULL;
	f = series(p, SK_FILTER_OR, "or", parse_and);
	p->depth--;
	return f;
}

struct sk_filter *sk_filter_parse(struct sk_span text, struct sk_arena *arena, size_t *ret_offset,
				  struct sk_err *err)
{
	struct sk_err own = SK_ERR_INIT;
	struct parser p = { .text = text, .arena = arena, .err = &own };
	struct sk_filter *f = NULL;

	if (text.len > SK_MAX_FILTER_BYTES)
		fail(&p, "the condition is too long");
	else
		f = parse_or(&p);
	if (f && p.at < text.len)
		f = fail(&p, "expected 'and' or 'or'");
	if (!f) {
		if (err)
			*err = own;
		*ret_offset = p.at;
	}
	return f;
}

struct sk_operand *sk_filter_parse_operand(struct sk_span text, struct sk_arena *arena, size_t *ret_length,
					   struct sk_err *err)
{
	struct sk_err own = SK_ERR_INIT;
	struct parser p = { .text = text, .arena = arena, .err = &own };
	struct sk_operand *o = field_or_transformer(&p);

	if (!o)
		fail(&p, "expected a field or a transformer");
	if (!o && err)
		*err = own;
	*ret_length = p.at;
	return o;
}
