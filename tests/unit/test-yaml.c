/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "base/buf.h"
#include "doc/place.h"

#include <math.h>
#include <time.h>

const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses a buffer when a flow sequence breaks off (fuzz/fuzz-yaml.c). */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml\n";
}

static int parse(struct sk_doc *doc, const char *text, unsigned flags, struct sk_err *err)
{
	*err = SK_ERR_INIT;
	return sk_doc_parse(doc, SK_DOC_YAML, sk_span_str(text), flags, err);
}

static void test_tree(void)
{
	struct sk_err err;
	struct sk_doc doc;
	const struct sk_node *n;

	ok(parse(&doc,
		 "lockfileVersion: '9.0'\n\npackages:\n\n  '@babel/core@7.0.0':\n    dev: true\n   "
		 " engines: {node: '>=6'}\n"
		 "  b@1:\n    cpu: [x64,\n      arm]\n    text: |\n      one\n      two\n    "
		 "none:\n1: one\n",
		 0, &err) == 0,
	   "a lock file: %s", err.text);
	is_str(sk_node_cstr(sk_node_get(doc.root, "lockfileVersion")), "9.0");
	n = sk_node_path(doc.root, "packages", "@babel/core@7.0.0", NULL);
	is_int(n->line, 5);
	ok(sk_node_bool(sk_node_get(n, "dev"), false), "true");
	is_str(sk_node_cstr(sk_node_path(n, "engines", "node", NULL)), ">=6");
	n = sk_node_path(doc.root, "packages", "b@1", NULL);
	is_int(sk_node_get(n, "cpu")->count, 2);
	is_int(sk_node_at(sk_node_get(n, "cpu"), 1)->line, 10);
	ok(sk_span_is(sk_node_str(sk_node_get(n, "text")), "one\ntwo\n"), "a literal");
	ok(sk_node_is(sk_node_get(n, "none"), SK_NODE_NULL), "nothing is null");
	is_str(sk_node_cstr(sk_node_get(doc.root, "1")), "one");
	sk_doc_release(&doc);
}

static void test_scalars(void)
{
	static const struct {
		const char *text;
		enum sk_node_type type;
	} cases[] = {
		{ "~", SK_NODE_NULL },
		{ "Null", SK_NODE_NULL },
		{ "", SK_NODE_NULL },
		{ "TRUE", SK_NODE_BOOL },
		{ "yes", SK_NODE_STRING },
		{ "on", SK_NODE_STRING },
		{ "12", SK_NODE_INT },
		{ "-0", SK_NODE_INT },
		{ "+12", SK_NODE_INT },
		{ "0o17", SK_NODE_INT },
		{ "0x1F", SK_NODE_INT },
		{ "017", SK_NODE_INT },
		{ "1_000", SK_NODE_STRING },
		{ "1.10", SK_NODE_FLOAT },
		{ "1.", SK_NODE_FLOAT },
		{ ".5e+3", SK_NODE_FLOAT },
		{ ".", SK_NODE_STRING },
		{ "1e", SK_NODE_STRING },
		{ "-.INF", SK_NODE_FLOAT },
		{ ".nan", SK_NODE_FLOAT },
		{ "1.2.3", SK_NODE_STRING },
		{ "'12'", SK_NODE_STRING },
		{ "!!str 12", SK_NODE_STRING },
		{ "!!int '12'", SK_NODE_INT },
		{ "!Ref x", SK_NODE_STRING },
		{ "2020-01-01", SK_NODE_STRING },
		{ "99999999999999999999", SK_NODE_FLOAT },
	};
	struct sk_err err;
	struct sk_doc doc;

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_autofree char *text = sk_printf("k: %s\n", cases[i].text);

		ok(parse(&doc, text, 0, &err) == 0 && sk_node_get(doc.root, "k") &&
		       sk_node_get(doc.root, "k")->type == cases[i].type,
		   "type of %s", cases[i].text);
		sk_doc_release(&doc);
	}
	parse(&doc, "[0o17, 0x1F, 017, -.inf, 1.50]", 0, &err);
	is_int(sk_node_int(sk_node_at(doc.root, 0), 0), 15);
	is_int(sk_node_int(sk_node_at(doc.root, 1), 0), 31);
	is_int(sk_node_int(sk_node_at(doc.root, 2), 0), 17);
	ok(isinf(sk_node_float(sk_node_at(doc.root, 3), 0)), "-inf");
	ok(sk_span_is(sk_node_text(sk_node_at(doc.root, 4)), "1.50"), "as written");
	sk_doc_release(&doc);
}

static void test_aliases(void)
{
	struct sk_err err;
	struct sk_doc doc;

	ok(parse(&doc,
		 "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo:\n  <<: [{z: 5, x: 6}, "
		 "*b]\nthree: *b\n"
		 "s: &s text\n*s : key\nt: *s\n",
		 0, &err) == 0,
	   "aliases and merges: %s", err.text);
	is_int(sk_node_int(sk_node_path(doc.root, "one", "x", NULL), 0), 1);
	is_int(sk_node_int(sk_node_path(doc.root, "one", "y", NULL), 0), 3);
	is_int(sk_node_get(doc.root, "one")->count, 2);
	is_int(sk_node_int(sk_node_path(doc.root, "two", "x", NULL), 0), 6);
	is_int(sk_node_int(sk_node_path(doc.root, "two", "y", NULL), 0), 2);
	is_int(sk_node_get(doc.root, "two")->count, 3);
	is_int(sk_node_int(sk_node_path(doc.root, "three", "y", NULL), 0), 2);
	is_str(sk_node_cstr(sk_node_get(doc.root, "text")), "key");
	is_str(sk_node_cstr(sk_node_get(doc.root, "t")), "text");
	sk_doc_release(&doc);
	is_int(parse(&doc, "&a [*a]", 0, &err), -SK_EINVAL);
	is_str(err.text, "line 1: column 6: an alias inside its own anchor");
	is_int(parse(&doc, "[*a]", 0, &err), -SK_EINVAL);
	is_int(parse(&doc, "&a 1\n---\n*a\n", 0, &err), -SK_EINVAL);
}

static void test_documents(void)
{
	struct sk_err err;
	struct sk_doc doc;

	ok(parse(&doc, "a: 1\n---\n- 2\n---\n3\n", 0, &err) == 0, "three documents");
	is_int(sk_node_int(sk_node_get(doc.root, "a"), 0), 1);
	is_int(sk_node_int(sk_node_at(doc.root->next, 0), 0), 2);
	is_int(sk_node_int(doc.root->next->next, 0), 3);
	ok(!doc.root->next->next->next, "no fourth");
	sk_doc_release(&doc);
	ok(parse(&doc, "", 0, &err) == 0 && sk_node_is(doc.root, SK_NODE_NULL), "an empty stream");
	sk_doc_release(&doc);
	ok(parse(&doc, "# only a comment\n", 0, &err) == 0 && sk_node_is(doc.root, SK_NODE_NULL),
	   "a comment");
	sk_doc_release(&doc);
	ok(parse(&doc, "a: 1\na: 2\n", 0, &err) == 0 &&
	       sk_node_int(sk_node_get(doc.root, "a"), 0) == 2,
	   "the last of equal keys");
	sk_doc_release(&doc);
	is_int(parse(&doc, "a: 1\na: 2\n", SK_DOC_STRICT_KEYS, &err), -SK_EINVAL);
	is_str(err.text, "line 2: the key \"a\" is there twice");
}

static void test_errors(void)
{
	static const char *const texts[] = {
		"a: [1",
		"a: b: c",
		"\"x",
		"'x",
		"*",
		"&",
		"a: \"\\q\"",
		"[a]]",
		"? [a]\n: b\n",
		"\x01",
		"a: 1\nb: \x1b",
		"\xff\xfe\x61",
		"[1]\n[2]",
		"a:\n\tb: 1",
	};
	struct sk_err err;
	struct sk_doc doc;

	for (size_t i = 0; i < SK_COUNT(texts); i++) {
		int r = parse(&doc, texts[i], 0, &err);

		ok(r < 0 && err.text[0] && !strchr(err.text, '\n'), "refused: %zu: %s", i,
		   err.text);
	}
	ok(parse(&doc, "a: \xe9\nb: 2\n", 0, &err) == 0 &&
	       sk_node_int(sk_node_get(doc.root, "b"), 0) == 2,
	   "Latin-1 does not end the text");
	is_str(sk_node_cstr(sk_node_get(doc.root, "a")), "\xef\xbf\xbd");
	sk_doc_release(&doc);
	is_int(sk_doc_parse(&doc, SK_DOC_YAML, SK_SPAN_LIT("a: 1\0\nb: 2"), 0, &err), -SK_EINVAL);
	parse(&doc, "a: 1\nb: [1\n", 0, &err);
	ok(sk_span_starts(sk_span_str(err.text), "line "), "says where: %s", err.text);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_limits(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	double start = seconds();
	struct sk_err err;
	struct sk_doc doc;

	sk_buf_puts(&buf, "a0: &a0 [x, x]\n");
	for (int i = 1; i < 40; i++)
		sk_buf_printf(&buf, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
	is_int(parse(&doc, sk_buf_str(&buf), 0, &err), -SK_ELIMIT);
	sk_buf_reset(&buf);
	sk_buf_puts(&buf, "- &a0 {}\n");
	for (int i = 1; i < 600; i++)
		sk_buf_printf(&buf, "- &a%d [*a%d]\n", i, i - 1);
	is_int(parse(&doc, sk_buf_str(&buf), 0, &err), -SK_ELIMIT);
	sk_buf_reset(&buf);
	for (int i = 0; i < 100000; i++)
		sk_buf_puts(&buf, "[");
	is_int(parse(&doc, sk_buf_str(&buf), 0, &err), -SK_ELIMIT);
	sk_buf_reset(&buf);
	for (int i = 0; i < 100000; i++)
		sk_buf_puts(&buf, "- ");
	ok(parse(&doc, sk_buf_str(&buf), 0, &err) < 0, "blocks in blocks: %s", err.text);
	sk_buf_reset(&buf);
	sk_buf_puts(&buf, "a: |\n");
	for (int i = 0; i < 200000; i++)
		sk_buf_puts(&buf, "\n");
	is_int(parse(&doc, sk_buf_str(&buf), 0, &err), -SK_ELIMIT);
	sk_buf_reset(&buf);
	for (int i = 0; i < 20000; i++)
		sk_buf_printf(&buf, "%%TAG !e%d! tag:x,2000:\n", i);
	sk_buf_puts(&buf, "--- a\n");
	is_int(parse(&doc, sk_buf_str(&buf), 0, &err), -SK_ELIMIT);
	printf("# limits: %.2f s\n", seconds() - start);
}

/* A lock file of pnpm's shape, some 2 MB. */
static void test_speed(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_err err;
	struct sk_doc doc;
	double start;

	sk_buf_puts(&buf, "lockfileVersion: '9.0'\npackages:\n");
	for (int i = 0; buf.len < (2u << 20); i++)
		sk_buf_printf(
		    &buf,
		    "\n  '@scope/name-%d@1.2.%d':\n    resolution: {integrity: sha512-%064d==}\n"
		    "    engines: {node: '>=6.9.0'}\n    peerDependencies:\n      '@babel/core': "
		    "^7.0.0\n",
		    i, i, i);
	start = seconds();
	ok(parse(&doc, sk_buf_str(&buf), 0, &err) == 0, "2 MB: %s", err.text);
	printf("# %.3f s\n", seconds() - start);
	ok(seconds() - start < 10, "in time"); /* sanitizers and busy machines included */
	sk_doc_release(&doc);
}

/* Where the first '!' of each value stands: line and column as an editor counts them. */
static void test_places(void)
{
	static const char text[] = "a: |\n  foo\n\n    b!r\n" /* 4:6 */
				   "b: >-\n   x\n   y\n\n   z!\n" /* 9:5 */
				   "c: \"q\\\"w\\u00e9!\"\n" /* 10:15 */
				   "d: 'it''s!'\n" /* 11:10 */
				   "e: plain\n  m\xc3\xa9re!\n" /* 13:7 */
				   "f: \"one \\\n  two!\"\n"; /* 15:6 */
	static const struct sk_place want[] = { { 4, 6 }, { 9, 5 }, { 10, 15 }, { 11, 10 }, { 13, 7 }, { 15, 6 } };
	struct sk_err err;
	struct sk_doc doc;
	size_t i = 0;

	ok(parse(&doc, text, 0, &err) == 0, "every style: %s", err.text);
	sk_node_each(n, doc.root) {
		struct sk_place at = sk_place_value(sk_span_str(text), n, (size_t)sk_span_chr(n->text, '!'));

		ok(at.line == want[i].line && at.column == want[i].column, "%s at %u:%u", n->key.ptr,
		   at.line, at.column);
		i++;
	}
	is_int(i, SK_COUNT(want));
	is_int(sk_place_key(sk_span_str("x:\n  yes: 1\n"),
			    &(struct sk_node){ .line = 2, .key = SK_SPAN_LIT("yes") }).column, 3);
	sk_doc_release(&doc);
}

int main(void)
{
	test_places();
	test_tree();
	test_scalars();
	test_aliases();
	test_documents();
	test_errors();
	test_limits();
	test_speed();
	return tap_done();
}
