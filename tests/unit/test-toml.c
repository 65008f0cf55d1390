/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "base/fd.h"
#include "doc/doc.h"

#include <math.h>

static int parse(struct sk_doc *doc, const char *text, unsigned flags, struct sk_err *err)
{
	*err = SK_ERR_INIT;
	return sk_doc_parse(doc, SK_DOC_TOML, sk_span_str(text), flags, err);
}

static void test_tree(void)
{
	struct sk_err err;
	struct sk_doc doc;
	const struct sk_node *n;

	ok(parse(&doc,
		 "version = 3\n\n[[package]]\nname = \"a\"\nchecksum = 'x'\n\n[[package]]\nname = "
		 "\"b\"\n"
		 "dependencies = [\n \"a 1\",\n \"c\", # c\n]\n[package.meta]\nx.y = 1\n",
		 0, &err) == 0,
	   "a lock file: %s", err.text);
	is_int(sk_node_int(sk_node_get(doc.root, "version"), 0), 3);
	n = sk_node_get(doc.root, "package");
	is_int(n->count, 2);
	is_int(sk_node_at(n, 0)->line, 3);
	is_int(sk_node_at(n, 1)->line, 7);
	n = sk_node_at(n, 1);
	is_str(sk_node_cstr(sk_node_get(n, "name")), "b");
	is_int(sk_node_get(n, "dependencies")->line, 9);
	is_str(sk_node_cstr(sk_node_at(sk_node_get(n, "dependencies"), 1)), "c");
	is_int(sk_node_int(sk_node_path(n, "meta", "x", "y", NULL), 0), 1);
	sk_doc_release(&doc);
	is_int(parse(&doc, "a = 1\nb = \n", 0, &err), -SK_EINVAL);
	is_str(err.text, "line 2: column 5: a value is expected");
	is_int(parse(&doc, "a = 1\na = 2\n", 0, &err), -SK_EINVAL);
	is_str(err.text, "line 2: column 3: \"a\" is there twice");
}

static void test_limits(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_err err;
	struct sk_doc doc;

	sk_buf_puts(&buf, "a = ");
	for (int i = 0; i < 100000; i++)
		sk_buf_puts(&buf, "[");
	is_int(parse(&doc, sk_buf_str(&buf), 0, &err), -SK_ELIMIT);
	sk_buf_reset(&buf);
	for (int i = 0; i < 100000; i++)
		sk_buf_puts(&buf, "a.");
	sk_buf_puts(&buf, "a=1");
	is_int(parse(&doc, sk_buf_str(&buf), 0, &err), -SK_ELIMIT);
	sk_buf_reset(&buf);
	for (int i = 0; i < 300000; i++)
		sk_buf_printf(&buf, "k%d=0\n", i);
	ok(parse(&doc, sk_buf_str(&buf), 0, &err) == 0, "many keys are not slow");
	is_int(doc.root->count, 300000);
	sk_doc_release(&doc);
}

/* ---- toml-test: each document with its meaning as tagged JSON ---- */

/* A time in one spelling: "T", "Z", seconds, no zeros at the end of a fraction. */
static void normal_time(struct sk_span s, struct sk_buf *out)
{
	size_t clock = s.len > 10 && s.ptr[4] == '-' ? 11 : 0, i = clock + 5;

	for (size_t k = 0; k < s.len; k++) {
		if (k == i && s.ptr[2] != '\0' && (clock || s.ptr[2] == ':') && s.ptr[k] != ':')
			sk_buf_puts(out, ":00");
		if (s.ptr[k] == '.') {
			size_t end = k + 1, last = k;

			while (end < s.len && s.ptr[end] >= '0' && s.ptr[end] <= '9') {
				last = s.ptr[end] != '0' ? end : last;
				end++;
			}
			if (last > k)
				sk_buf_put(out, s.ptr + k, last + 1 - k);
			k = end - 1;
			continue;
		}
		sk_buf_putc(out, s.ptr[k] == ' ' || s.ptr[k] == 't' ? 'T'
				 : s.ptr[k] == 'z'		    ? 'Z'
								    : s.ptr[k]);
	}
	if (s.len == i)
		sk_buf_puts(out, ":00");
}

static const char *time_kind(struct sk_span s)
{
	bool date = s.len > 4 && s.ptr[4] == '-';

	if (!date)
		return "time-local";
	if (s.len == 10)
		return "date-local";
	return (s.ptr[s.len - 1] | 32) == 'z' || (s.len > 16 && strpbrk(s.ptr + 16, "+-"))
		   ? "datetime"
		   : "datetime-local";
}

static bool same_time(const struct sk_node *got, struct sk_span type, struct sk_span value)
{
	sk_cleanup(sk_buf_release) struct sk_buf a = { 0 }, b = { 0 };

	normal_time(got->text, &a);
	normal_time(value, &b);
	return sk_span_is(type, time_kind(got->text)) &&
	       sk_span_eq(sk_buf_view(&a), sk_buf_view(&b));
}

static bool same_float(const struct sk_node *got, struct sk_span value)
{
	sk_autofree char *text = sk_strndup(value.ptr, value.len);
	double x = sk_node_float(got, 12345), y = strtod(text, NULL);

	return isnan(y) ? isnan(x) : x == y;
}

static bool same_scalar(const struct sk_node *got, struct sk_span type, struct sk_span value)
{
	sk_autofree char *text = sk_strndup(value.ptr, value.len);

	switch (got->type) {
	case SK_NODE_STRING:
		return sk_span_is(type, "string") && sk_span_eq(got->text, value);
	case SK_NODE_INT:
		return sk_span_is(type, "integer") &&
		       sk_node_int(got, 0) == strtoll(text, NULL, 10);
	case SK_NODE_FLOAT:
		return sk_span_is(type, "float") && same_float(got, value);
	case SK_NODE_BOOL:
		return sk_span_is(type, "bool") && sk_span_is(value, got->truth ? "true" : "false");
	case SK_NODE_TIME:
		return same_time(got, type, value);
	default:
		return false;
	}
}

static bool same(const struct sk_node *got, const struct sk_node *want)
{
	const struct sk_node *type = sk_node_get(want, "type"), *value = sk_node_get(want, "value"),
			     *other;

	if (!got)
		return false;
	if (want->type == SK_NODE_OBJECT && want->count == 2 && sk_node_is(type, SK_NODE_STRING) &&
	    sk_node_is(value, SK_NODE_STRING))
		return same_scalar(got, sk_node_str(type), sk_node_str(value));
	if (got->type != want->type || got->count != want->count)
		return false;
	if (got->type == SK_NODE_ARRAY) {
		other = want->child;
		sk_node_each(n, got)
		{
			if (!same(n, other))
				return false;
			other = other->next;
		}
		return true;
	}
	sk_node_each(n, got)
	{
		struct sk_map map = { 0 };

		sk_node_index(want, &map);
		other = sk_map_get(&map, n->key);
		sk_map_release(&map);
		if (!other || !same(n, other))
			return false;
	}
	return true;
}

static void valid_case(const struct sk_node *got, const char *path)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	sk_autofree char *json = sk_printf("%.*s.json", (int)(strlen(path) - 5), path);
	struct sk_err err = SK_ERR_INIT;
	struct sk_doc want = { 0 };

	if (sk_path_slurp(json, 1u << 24, &bytes, &err) < 0 ||
	    sk_doc_parse(&want, SK_DOC_JSON, sk_buf_view(&bytes), 0, &err) < 0)
		expect(false, "%s: %s", json, err.text);
	else
		expect(same(got, want.root), "%s: has another meaning", path);
	sk_doc_release(&want);
}

static void one_case(const char *dir, struct sk_span name, unsigned flags)
{
	sk_autofree char *path = sk_printf("%s/%.*s", dir, (int)name.len, name.ptr);
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_doc doc;
	int r;

	if (sk_path_slurp(path, 1u << 24, &bytes, &err) < 0) {
		expect(false, "%s", err.text);
		return;
	}
	r = sk_doc_parse(&doc, SK_DOC_TOML, sk_buf_view(&bytes), flags, &err);
	if (sk_span_starts(name, "invalid/")) {
		expect(r < 0, "%.*s must fail", (int)name.len, name.ptr);
	} else {
		expect(r >= 0, "%.*s: %s", (int)name.len, name.ptr, err.text);
		if (r >= 0)
			valid_case(doc.root, path);
	}
	sk_doc_release(&doc);
}

static void test_suite(const char *list_name, unsigned flags, int want)
{
	sk_autofree char *dir = NULL, *list_path = NULL;
	sk_cleanup(sk_buf_release) struct sk_buf list = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_span rest, name;
	int cases = 0;

	if (!corpora()) {
		skip("no corpora");
		return;
	}
	dir = sk_printf("%s/toml", corpora());
	list_path = sk_printf("%s/%s", dir, list_name);
	if (sk_path_slurp(list_path, 1u << 24, &list, &err) < 0)
		ok(false, "%s", err.text);
	rest = sk_buf_view(&list);
	while (sk_span_line(&rest, &name)) {
		if (!sk_span_ends(name, ".toml"))
			continue;
		one_case(dir, name, flags);
		cases++;
	}
	is_int(cases, want);
}

int main(void)
{
	test_tree();
	test_limits();
	test_suite("files-toml-1.0.0", SK_DOC_TOML_1_0, 709);
	test_suite("files-toml-1.1.0", 0, 712);
	return tap_done();
}
