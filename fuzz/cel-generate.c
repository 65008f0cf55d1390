/* SPDX-License-Identifier: Apache-2.0 */
#include "cel-generate.h"

#include "cel-world.h"
#include "policy/cel/env.h"

#include <stdio.h>
#include <string.h>

struct generator {
	const uint8_t *data;
	size_t size;
	char *out;
	size_t len, cap;
	unsigned loops; /* v0, v1 ... are variables here */
	unsigned budget;
};

static unsigned pick(struct generator *g, unsigned n)
{
	unsigned c = 0;

	if (g->size) {
		c = *g->data++;
		g->size--;
	}
	return c % n;
}

static void put(struct generator *g, const char *s)
{
	size_t n = strlen(s);

	if (g->len + n >= g->cap)
		return;
	memcpy(g->out + g->len, s, n + 1);
	g->len += n;
}

/* Types by the letter that a signature's word begins with, as far as words() knows it. */
enum kind {
	ANY,
	INT,
	UINT,
	DOUBLE,
	BOOL,
	STRING,
	BYTES,
	LIST,
	MAP,
	TIME,
	DURATION,
	OPTIONAL,
	THING,
	KINDS
};

static const char *const literals[KINDS][8] = {
	[ANY] = { "null", "object", "unknown", "dyn(1)", "m.l", "missing", "object.items", "int" },
	[INT] = { "0", "1", "-1", "9223372036854775807", "-9223372036854775808", "i", "l[1]", "2" },
	[UINT] = { "0u", "1u", "18446744073709551615u", "u", "2u", "0xffu", "42u", "3u" },
	[DOUBLE] = { "0.0", "-0.0", "1.5", "1e308", "d", "9223372036854775807.0", "(0.0/0.0)",
		     "1.0" },
	[BOOL] = { "true", "false", "b", "other.unknown", "has(x.name)", "has(x.any)", "has(m.a)",
		   "has(x.signatures)" },
	[STRING] = { "''", "'a'", "s", "'h\\u00e9'", "x.name", "'latest'", "m.b", "'a{2}|b.*$'" },
	[BYTES] = { "b''", "b'a'", "y", "b'\\xff\\x00'", "b'abc'", "bytes(s)", "b'b'",
		    "b'\\303\\251'" },
	[LIST] = { "[]", "l", "[1, 2, 3]", "x.tags", "m.l", "[1, 1.0, 1u]", "['a', s]",
		   "x.signatures" },
	[MAP] = { "{}", "m", "{'a': 1}", "{1: 2, 2u: 3}", "object", "{true: 'x', 'b': s}",
		  "object.m", "{'l': l}" },
	[TIME] = { "t", "timestamp('2024-02-29T12:00:00Z')", "timestamp(0)",
		   "timestamp('0001-01-01T00:00:00Z')",
		   "timestamp('9999-12-31T23:59:59.999999999Z')", "t", "t", "t" },
	[DURATION] = { "r", "duration('1s')", "duration('-1h2m3.5s')", "duration('0s')",
		       "duration('2540400h')", "r", "r", "r" },
	[OPTIONAL] = { "o", "optional.none()", "optional.of(1)", "optional.of('a')", "m.?a",
		       "m.?zz", "x.?any", "l[?9]" },
	[THING] = { "x", "x.inner", "world.Thing{}", "world.Thing{name: 'n'}",
		    "world.Thing{?name: o}", "world.Thing{count: 1, tags: ['a']}",
		    "object.items[2]", "x" },
};

static enum kind kind_of(const char *word)
{
	static const struct {
		const char *prefix;
		enum kind kind;
	} words[] = { { "int", INT },		{ "uint", UINT },	  { "double", DOUBLE },
		      { "bool", BOOL },		{ "string", STRING },	  { "bytes", BYTES },
		      { "list", LIST },		{ "map", MAP },		  { "timestamp", TIME },
		      { "duration", DURATION }, { "optional", OPTIONAL }, { "world", THING } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strncmp(word, words[i].prefix, strlen(words[i].prefix)) == 0)
			return words[i].kind;
	return ANY;
}

static void expression(struct generator *g, enum kind kind, unsigned depth);

static void leaf(struct generator *g, enum kind kind)
{
	char name[8];

	if (g->loops && pick(g, 3) == 0) {
		snprintf(name, sizeof(name), "v%u", pick(g, g->loops));
		put(g, name);
		return;
	}
	put(g, literals[kind][pick(g, 8)]);
}

static void binary(struct generator *g, enum kind a, const char *op, enum kind b, unsigned depth)
{
	put(g, "(");
	expression(g, a, depth);
	put(g, op);
	expression(g, b, depth);
	put(g, ")");
}

/* ---- functions, as their tables have them ---- */

static const struct sk_cel_overload *overload(struct generator *g)
{
	const struct sk_cel_overload *tables[40] = { sk_cel_standard_overloads,
						     sk_cel_optional_overloads };
	unsigned count = 2, rows = 0;
	const struct sk_cel_overload *table;

	for (size_t i = 0; sk_cel_libraries[i] && count < 40; i++)
		if (sk_cel_libraries[i]->overloads)
			tables[count++] = sk_cel_libraries[i]->overloads;
	table = tables[pick(g, count)];
	while (table[rows].name)
		rows++;
	return rows ? &table[pick(g, rows)] : sk_cel_standard_overloads;
}

/* The type behind *at, and *at behind it; commas inside of <> are its own. */
static enum kind next_type(const char **at)
{
	enum kind kind;
	int level = 0;

	while (**at == ' ' || **at == ',' || **at == '(')
		++*at;
	kind = kind_of(*at);
	for (; **at && (level || (**at != ',' && **at != ')' && strncmp(*at, ".(", 2) != 0)); ++*at)
		level += (**at == '<') - (**at == '>');
	return kind;
}

static void call(struct generator *g, unsigned depth)
{
	const struct sk_cel_overload *o = overload(g);
	const char *at = o->signature;
	bool first = true;

	if (*at != '(') {
		expression(g, next_type(&at), depth);
		put(g, ".");
		at += 1;
	}
	put(g, o->name);
	put(g, "(");
	at++;
	while (*at && *at != ')') {
		put(g, first ? "" : ", ");
		expression(g, next_type(&at), depth);
		first = false;
	}
	if ((o->flags & SK_CEL_VARIADIC) && pick(g, 2)) {
		put(g, ", ");
		expression(g, ANY, depth);
	}
	put(g, ")");
}

/* ---- macros ---- */

static void loop(struct generator *g, unsigned depth)
{
	static const struct {
		const char *name;
		unsigned vars;
		enum kind first, second; /* KINDS: there is none */
	} macros[] = {
		{ "all", 1, BOOL, KINDS },	   { "exists", 1, BOOL, KINDS },
		{ "exists_one", 1, BOOL, KINDS },  { "map", 1, ANY, KINDS },
		{ "map", 1, BOOL, ANY },	   { "filter", 1, BOOL, KINDS },
		{ "all", 2, BOOL, KINDS },	   { "exists", 2, BOOL, KINDS },
		{ "existsOne", 2, BOOL, KINDS },   { "transformList", 2, ANY, KINDS },
		{ "transformList", 2, BOOL, ANY }, { "transformMap", 2, ANY, KINDS },
		{ "transformMap", 2, BOOL, ANY },  { "transformMapEntry", 2, MAP, KINDS },
	};
	unsigned i = pick(g, sizeof(macros) / sizeof(*macros)), at = g->loops;
	char names[32];

	expression(g, pick(g, 3) ? LIST : MAP, depth);
	snprintf(names, sizeof(names), macros[i].vars == 2 ? ".%s(v%u, v%u, " : ".%s(v%u, ",
		 macros[i].name, at, at + 1);
	put(g, names);
	g->loops += macros[i].vars;
	expression(g, macros[i].first, depth);
	if (macros[i].second != KINDS) {
		put(g, ", ");
		expression(g, macros[i].second, depth);
	}
	g->loops = at;
	put(g, ")");
}

static void binding(struct generator *g, enum kind kind, unsigned depth)
{
	char head[32];

	snprintf(head, sizeof(head), pick(g, 2) ? "cel.bind(v%u, " : "optional.of(1).optMap(v%u, ",
		 g->loops);
	put(g, head);
	if (head[0] == 'c') {
		expression(g, ANY, depth);
		put(g, ", ");
	}
	g->loops++;
	expression(g, kind, depth);
	g->loops--;
	put(g, ")");
}

static void collection(struct generator *g, enum kind kind, unsigned depth)
{
	unsigned n = pick(g, 4);

	put(g, kind == LIST ? "[" : "{");
	for (unsigned i = 0; i < n; i++) {
		put(g, i ? ", " : "");
		if (pick(g, 6) == 0) {
			put(g, "?");
			if (kind == MAP) {
				expression(g, STRING, depth);
				put(g, ": ");
			}
			expression(g, OPTIONAL, depth);
			continue;
		}
		expression(g, kind == MAP ? (pick(g, 2) ? STRING : INT) : ANY, depth);
		if (kind == MAP) {
			put(g, ": ");
			expression(g, ANY, depth);
		}
	}
	put(g, kind == LIST ? "]" : "}");
}

static void part(struct generator *g, unsigned depth)
{
	static const char *const parts[] = { ".a",  ".name",	".items",      ".inner", ".?tags",
					     ".?m", ".unknown", ".signatures", ".any",	 ".count" };

	switch (pick(g, 4)) {
	case 0:
		expression(g, LIST, depth);
		put(g, pick(g, 4) ? "[" : "[?");
		expression(g, pick(g, 4) ? INT : DOUBLE, depth);
		put(g, "]");
		break;
	case 1:
		expression(g, MAP, depth);
		put(g, pick(g, 4) ? "[" : "[?");
		expression(g, pick(g, 2) ? STRING : INT, depth);
		put(g, "]");
		break;
	default:
		expression(g, pick(g, 2) ? THING : MAP, depth);
		put(g, parts[pick(g, sizeof(parts) / sizeof(*parts))]);
		break;
	}
}

static void truth(struct generator *g, unsigned depth)
{
	static const char *const orders[] = { " == ", " != ", " < ", " <= ", " > ", " >= " };
	enum kind kind = (enum kind)pick(g, KINDS);

	switch (pick(g, 6)) {
	case 0:
		binary(g, BOOL, " && ", BOOL, depth);
		break;
	case 1:
		binary(g, BOOL, " || ", BOOL, depth);
		break;
	case 2:
		put(g, "!");
		expression(g, BOOL, depth);
		break;
	case 3:
		binary(g, ANY, " in ", pick(g, 2) ? LIST : MAP, depth);
		break;
	default:
		binary(g, kind, orders[pick(g, 6)], pick(g, 6) ? kind : (enum kind)pick(g, KINDS),
		       depth);
		break;
	}
}

static void sum(struct generator *g, enum kind kind, unsigned depth)
{
	static const char *const ops[] = { " + ", " - ", " * ", " / ", " % " };

	if (kind == BOOL)
		truth(g, depth);
	else if (kind == LIST || kind == MAP)
		collection(g, kind, depth);
	else if (kind == TIME || kind == DURATION)
		binary(g, pick(g, 2) ? TIME : DURATION, pick(g, 2) ? " - " : " + ",
		       pick(g, 2) ? TIME : DURATION, depth);
	else if (kind == STRING || kind == BYTES)
		binary(g, kind, " + ", kind, depth);
	else if (kind == INT || kind == UINT || kind == DOUBLE)
		binary(g, kind, ops[pick(g, 5)], kind, depth);
	else
		leaf(g, kind);
}

static void choice(struct generator *g, enum kind kind, unsigned depth)
{
	put(g, "(");
	expression(g, BOOL, depth);
	put(g, " ? ");
	expression(g, kind, depth);
	put(g, " : ");
	expression(g, kind, depth);
	put(g, ")");
}

static void expression(struct generator *g, enum kind kind, unsigned depth)
{
	if (pick(g, 16) == 0)
		kind = ANY;
	if (kind == ANY && pick(g, 2))
		kind = (enum kind)pick(g, KINDS);
	if (depth == 0 || g->budget == 0 || !g->size) {
		leaf(g, kind);
		return;
	}
	g->budget--;
	depth--;
	switch (pick(g, 10)) {
	case 0:
		leaf(g, kind);
		break;
	case 1:
	case 2:
		call(g, depth);
		break;
	case 3:
		loop(g, depth);
		break;
	case 4:
		binding(g, kind, depth);
		break;
	case 5:
		part(g, depth);
		break;
	case 6:
		choice(g, kind, depth);
		break;
	default:
		sum(g, kind, depth);
		break;
	}
}

size_t generate(const uint8_t *data, size_t size, char *buf, size_t buf_size)
{
	struct generator g = {
		.data = data, .size = size, .out = buf, .cap = buf_size, .budget = 200
	};

	buf[0] = '\0';
	expression(&g, BOOL, 6);
	return g.len;
}
