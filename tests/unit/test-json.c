/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "base/fd.h"
#include "doc/doc.h"
#include "doc/json-write.h"

#include <dirent.h>
#include <math.h>

static int parse(struct sk_doc *doc, const char *text, unsigned flags, struct sk_err *err)
{
	*err = SK_ERR_INIT;
	return sk_doc_parse(doc, SK_DOC_JSON, sk_span_str(text), flags, err);
}

static void test_tree(void)
{
	struct sk_err err;
	struct sk_doc doc;
	const struct sk_node *n;

	ok(parse(&doc,
		 "{\"a\": {\"b\": \"x\\u00e9\\ud83d\\ude00\\/\\t\"},\n \"n\": [1, "
		 "-9223372036854775808,"
		 " 9223372036854775808, 2.5e1, true, null],\n\"a\":\n\n{\"b\":\"last\"}, "
		 "\"z\":\"\\u0000.\"}",
		 0, &err) == 0,
	   "a document");
	n = doc.root->child;
	is_str(sk_node_cstr(sk_node_get(n, "b")), "x\xc3\xa9\xf0\x9f\x98\x80/\t");
	is_str(sk_node_cstr(sk_node_path(doc.root, "a", "b", NULL)), "last");
	is_int(sk_node_get(doc.root, "a")->line, 3);
	is_int(doc.root->count, 4);
	n = sk_node_get(doc.root, "n");
	is_int(n->line, 2);
	is_int(n->count, 6);
	is_int(sk_node_int(sk_node_at(n, 0), 0), 1);
	ok(sk_node_int(sk_node_at(n, 1), 0) == INT64_MIN, "the least integer");
	ok(sk_node_is(sk_node_at(n, 2), SK_NODE_FLOAT), "beyond int64_t");
	ok(sk_node_float(sk_node_at(n, 3), 0) == 25, "float");
	ok(sk_node_bool(sk_node_at(n, 4), false), "bool");
	ok(sk_node_is(sk_node_at(n, 5), SK_NODE_NULL), "null");
	ok(!sk_node_at(n, 6), "no seventh");
	ok(sk_span_eq(sk_node_str(sk_node_get(doc.root, "z")), SK_SPAN_LIT("\0.")), "a NUL inside");
	ok(!sk_node_path(NULL, "a", NULL) && !sk_node_get(n, "a") && !sk_node_cstr(n),
	   "nothing from nothing");

	struct sk_map map = { 0 };

	sk_node_index(doc.root, &map);
	ok(sk_map_get(&map, SK_SPAN_LIT("a")) == sk_node_get(doc.root, "a"),
	   "the index has the last");
	sk_map_release(&map);
	sk_doc_release(&doc);
}

static void test_errors(void)
{
	static const struct {
		const char *text, *error;
		unsigned flags;
	} cases[] = {
		{ "", "line 1: column 1: the text ends too early: a value is expected", 0 },
		{ "{\n \"\xc3\xa9\" 1}", "line 2: column 6: ':' is expected after a key", 0 },
		{ "[1,]", "line 1: column 4: a comma before the end", 0 },
		{ "[1 2]", "line 1: column 4: ',' or ']' is expected", 0 },
		{ "[1] 2", "line 1: column 5: something follows the end of the document", 0 },
		{ "[01]", "line 1: column 2: a number must not begin with 0", 0 },
		{ "// x\n1", "line 1: column 1: a value is expected", 0 },
		{ "1 /* x", "line 1: column 3: this comment has no end", SK_DOC_RELAXED },
		{ "{\"a\":1,\n\"a\":2}", "line 2: the key \"a\" is there twice",
		  SK_DOC_STRICT_KEYS },
		{ "\"\\q\"", "line 1: column 2: unknown escape in a string", 0 },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_err err;
		struct sk_doc doc;
		int r = parse(&doc, cases[i].text, cases[i].flags, &err);

		is_int(r, -SK_EINVAL);
		is_str(err.text, cases[i].error);
		ok(!doc.root && !doc.arena.head, "nothing is left");
	}
}

static void test_relaxed(void)
{
	struct sk_err err;
	struct sk_doc doc;

	ok(parse(&doc,
		 "\xef\xbb\xbf// one\n{\"a\": [1, 2, /* two\n */ ],\n // end\n \"b\": \"//\",}\n//",
		 SK_DOC_RELAXED, &err) == 0,
	   "comments and trailing commas");
	is_int(sk_node_get(doc.root, "a")->count, 2);
	is_int(sk_node_get(doc.root, "b")->line, 5);
	is_str(sk_node_cstr(sk_node_get(doc.root, "b")), "//");
	sk_doc_release(&doc);
	ok(parse(&doc, "[,]", SK_DOC_RELAXED, &err) < 0, "a comma alone");
	ok(parse(&doc, "[1,,]", SK_DOC_RELAXED, &err) < 0, "two commas");
}

/* Deep, wide and long: linear time, and an error instead of a stack overflow. */
static void test_limits(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_err err;
	struct sk_doc doc;

	for (int i = 0; i < 1000000; i++)
		sk_buf_puts(&buf, "[{\"\":");
	is_int(parse(&doc, sk_buf_str(&buf), 0, &err), -SK_ELIMIT);
	sk_buf_reset(&buf);
	sk_buf_putc(&buf, '[');
	for (int i = 0; i < 9000000; i++)
		sk_buf_puts(&buf, "0,");
	sk_buf_puts(&buf, "0]");
	is_int(parse(&doc, sk_buf_str(&buf), 0, &err), -SK_ELIMIT);
	sk_buf_reset(&buf);
	sk_buf_putc(&buf, '{');
	for (int i = 0; i < 200000; i++)
		sk_buf_printf(&buf, "\"k%d\":0,", i);
	sk_buf_puts(&buf, "\"k0\":1}");
	is_int(parse(&doc, sk_buf_str(&buf), SK_DOC_STRICT_KEYS, &err), -SK_EINVAL);
}

static void one_suite_file(const char *dir, const char *name, int *ret_files)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_autofree char *path = sk_printf("%s/%s", dir, name);
	struct sk_err err = SK_ERR_INIT;
	struct sk_doc doc;
	int r;

	if (name[0] == '.' || !strchr("yni", name[0]) || name[1] != '_')
		return;
	r = sk_path_slurp(path, 1u << 24, &bytes, &err);
	expect(r >= 0, "%s: %s", name, err.text);
	r = sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&bytes), 0, &err);
	if (name[0] == 'y')
		expect(r == 0, "%s: %s", name, err.text);
	if (name[0] == 'n')
		expect(r < 0, "%s must fail", name);
	++*ret_files;
	sk_doc_release(&doc);
}

static void test_suite(void)
{
	sk_autofree char *path = NULL;
	struct dirent *entry;
	int files = 0;
	DIR *dir;

	if (!corpora()) {
		skip("no corpora");
		return;
	}
	path = sk_printf("%s/json", corpora());
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		one_suite_file(path, entry->d_name, &files);
	if (dir)
		closedir(dir);
	is_int(files, 318);
}

static void test_writer(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_json_writer w = { .buf = &buf, .indent = 2 };

	sk_json_object(&w);
	sk_json_put_str(&w, "a\"", "<\x1b[31m\xff\xc3\xa9\xe2\x80\xa8\x7f\n\\>");
	sk_json_put_opt(&w, "none", "");
	sk_json_key(&w, "list");
	sk_json_array(&w);
	sk_json_int(&w, INT64_MIN);
	sk_json_uint(&w, UINT64_MAX);
	sk_json_double(&w, 9.8);
	sk_json_double(&w, NAN);
	sk_json_bool(&w, true);
	sk_json_array(&w);
	sk_json_end(&w);
	sk_json_end(&w);
	sk_json_put_str(&w, "null", NULL);
	sk_json_end(&w);
	ok(sk_span_is(
	       sk_buf_view(&buf),
	       "{\n  \"a\\\"\": "
	       "\"\\u003c\\u001b[31m\xef\xbf\xbd\xc3\xa9\\u2028\\u007f\\n\\\\\\u003e\",\n"
	       "  \"list\": [\n    -9223372036854775808,\n    18446744073709551615,\n    9.8,\n"
	       "    null,\n    true,\n    []\n  ],\n  \"null\": null\n}\n"),
	   "pretty");
	sk_buf_reset(&buf);
	w = (struct sk_json_writer){ .buf = &buf };
	sk_json_array(&w);
	sk_json_printf(&w, "%d%%", 5);
	sk_json_object(&w);
	sk_json_put_int(&w, "i", 1);
	sk_json_put_bool(&w, "b", false);
	sk_json_end(&w);
	sk_json_end(&w);
	is_str(sk_buf_str(&buf), "[\"5%\",{\"i\":1,\"b\":false}]");
}

int main(void)
{
	test_tree();
	test_errors();
	test_relaxed();
	test_limits();
	test_suite();
	test_writer();
	return tap_done();
}
