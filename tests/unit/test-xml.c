/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "base/buf.h"
#include "doc/xml.h"

static struct sk_arena arena;
static struct sk_err err;

static const struct sk_xml_node *parse(struct sk_span text, int *ret_code)
{
	const struct sk_xml_node *root = NULL;

	sk_arena_release(&arena);
	err = SK_ERR_INIT;
	*ret_code = sk_xml_parse(&arena, text, &root, &err);
	return root;
}

static void test_tree(void)
{
	const struct sk_xml_node *root, *n;
	int r, count = 0;

	root = parse(
	    SK_SPAN_LIT("<?xml version=\"1.0\"?>\n<!-- c -->\n<m:project xmlns:m='urn:m' a=\"1\" "
			"m:B='&lt;2&#x3e;'>\n"
			" <name>  x <![CDATA[& y]]>\n</name>\n <deps><dep/><dep v=''/></deps>\n"
			" <mixed>a<b/>c</mixed>\n</m:project>\n"),
	    &r);
	ok(r == 0 && sk_span_is(root->name, "project"), "root: %s", err.text);
	is_int(root->line, 3);
	ok(sk_span_is(sk_xml_attr(root, "A"), "1"), "attribute");
	ok(sk_span_is(sk_xml_attr(root, "b"), "<2>"), "entities");
	ok(sk_span_is(sk_xml_text(root, "name"), "x & y"), "text is trimmed");
	is_int(sk_xml_get(root, "name")->line, 4);
	sk_xml_each(dep, sk_xml_get(root, "deps")) count++;
	is_int(count, 2);
	n = sk_xml_get(root, "mixed");
	ok(n && n->text.len == 0 && sk_xml_get(n, "b"), "no text beside elements");
	ok(!sk_xml_get(NULL, "x") && !sk_xml_text(NULL, "x").len && !sk_xml_attr(NULL, "x").len,
	   "NULL");
}

static void test_encodings(void)
{
	const struct sk_xml_node *root;
	int r;

	root = parse(SK_SPAN_LIT("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"), &r);
	ok(r == 0 && sk_span_is(root->text, "\xc3\xa9"), "Latin-1");
	root = parse(SK_SPAN_LIT("<?xml version='1.0' encoding='windows-1252'?><a>x\xe9</a>"), &r);
	ok(r == 0 && sk_span_is(root->text, "x\xc3\xa9"), "an encoding that expat does not know");
	root = parse(SK_SPAN_LIT("\xff\xfe<\0a\0>\0x\0<\0/\0a\0>\0"), &r);
	ok(r == 0 && sk_span_is(root->text, "x"), "UTF-16");
	root = parse(SK_SPAN_LIT("\xef\xbb\xbf<a>x</a>"), &r);
	ok(r == 0 && sk_span_is(root->text, "x"), "a byte order mark");
	parse(SK_SPAN_LIT("<a>\xe9</a>"), &r);
	is_int(r, -SK_EINVAL);
}

static void test_refused(void)
{
	static const char *const texts[] = { "",
					     "x",
					     "<a>",
					     "<a></b>",
					     "<a/><b/>",
					     "<a b=1/>",
					     "<a b='' b=''/>",
					     "<a>&x;</a>",
					     "<a>\x01</a>",
					     "<a" };
	int r;

	for (size_t i = 0; i < SK_COUNT(texts); i++) {
		parse(sk_span_str(texts[i]), &r);
		ok(r == -SK_EINVAL && sk_span_starts(sk_span_str(err.text), "line "), "refused: %s",
		   err.text);
	}
}

static void test_limits(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	int r;

	sk_buf_puts(&buf,
		    "<!DOCTYPE a [<!ENTITY e0 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'>\n");
	for (int i = 1; i < 12; i++) {
		sk_buf_printf(&buf, "<!ENTITY e%d '", i);
		for (int k = 0; k < 10; k++)
			sk_buf_printf(&buf, "&e%d;", i - 1);
		sk_buf_puts(&buf, "'>\n");
	}
	sk_buf_puts(&buf, "]>\n<a>&e11;</a>");
	parse(sk_buf_view(&buf), &r);
	ok(r < 0, "a bomb of entities: %s", err.text);
	parse(SK_SPAN_LIT("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>"), &r);
	ok(r == 0 || r == -SK_EINVAL, "nothing from outside");
	sk_buf_reset(&buf);
	for (int i = 0; i < 100000; i++)
		sk_buf_puts(&buf, "<a>");
	parse(sk_buf_view(&buf), &r);
	is_int(r, -SK_ELIMIT);
	sk_buf_reset(&buf);
	sk_buf_puts(&buf, "<a>");
	for (int i = 0; i < 2200000; i++)
		sk_buf_puts(&buf, "<b/>");
	parse(sk_buf_view(&buf), &r);
	is_int(r, -SK_ELIMIT);
}

int main(void)
{
	test_tree();
	test_encodings();
	test_refused();
	test_limits();
	sk_arena_release(&arena);
	return tap_done();
}
