/* SPDX-License-Identifier: Apache-2.0 */
#include "doc/xml.h"

#include "base/buf.h"
#include "base/limits.h"

#include <expat.h>

struct open_node {
	struct sk_xml_node *node;
	const struct sk_xml_node **tail; /* where its next child goes */
};

struct parsing {
	XML_Parser parser;
	struct sk_arena *arena;
	struct sk_err *err;
	int rc;
	size_t nodes;
	SK_VEC(struct open_node) open;
	struct sk_buf text;
	const struct sk_xml_node *root;
};

static struct sk_span local_name(const char *name)
{
	const char *colon = strrchr(name, ':');

	return sk_span_str(colon ? colon + 1 : name);
}

static unsigned long line_of(const struct parsing *p)
{
#if SK_HAVE_EXPAT_64 /* from expat 2.9 on; the other one is deprecated since */
	return (unsigned long)XML_GetCurrentLineNumber64(p->parser);
#else
	return (unsigned long)XML_GetCurrentLineNumber(p->parser);
#endif
}

static void fail(struct parsing *p, const char *what)
{
	p->rc = sk_err_set(p->err, SK_ELIMIT, "line %lu: %s", line_of(p), what);
	XML_StopParser(p->parser, XML_FALSE);
}

static void add_attrs(struct parsing *p, struct sk_xml_node *node, const char **attrs)
{
	const struct sk_xml_attr **tail = &node->attrs;

	for (; attrs[0] && ++p->nodes <= SK_MAX_XML_NODES; attrs += 2) {
		struct sk_xml_attr *a = sk_arena_alloc(p->arena, sizeof(*a));
		struct sk_span name = local_name(attrs[0]), value = sk_span_str(attrs[1]);

		a->name = sk_span(sk_arena_dup(p->arena, name), name.len);
		a->value = sk_span(sk_arena_dup(p->arena, value), value.len);
		*tail = a;
		tail = &a->next;
	}
}

static void on_start(void *user, const char *name, const char **attrs)
{
	struct parsing *p = user;
	struct sk_xml_node *node;
	struct open_node *open;

	if (p->rc < 0)
		return;
	if (p->open.len >= SK_MAX_XML_DEPTH || ++p->nodes > SK_MAX_XML_NODES) {
		fail(p, "too many elements, or nested too deeply");
		return;
	}
	node = sk_arena_alloc(p->arena, sizeof(*node));
	node->name = local_name(name);
	node->name.ptr = sk_arena_dup(p->arena, node->name);
	node->line = (uint32_t)line_of(p);
	add_attrs(p, node, attrs);
	if (p->open.len) {
		struct open_node *parent = &p->open.data[p->open.len - 1];

		*parent->tail = node;
		parent->tail = &node->next;
	} else {
		p->root = node;
	}
	open = sk_vec_push(&p->open);
	open->node = node;
	open->tail = &node->child;
	sk_buf_reset(&p->text);
}

static void on_end(void *user, const char *name)
{
	struct parsing *p = user;
	struct sk_xml_node *node;

	if (p->rc < 0)
		return;
	node = p->open.data[--p->open.len].node;
	if (!node->child) {
		node->text = sk_span_trim(sk_buf_view(&p->text));
		node->text.ptr = sk_arena_dup(p->arena, node->text);
	}
	sk_buf_reset(&p->text);
}

static void on_text(void *user, const char *text, int len)
{
	struct parsing *p = user;

	if (p->rc == 0)
		sk_buf_put(&p->text, text, (size_t)len);
}

/* Encodings that expat does not know are read as Latin-1: what matters here is ASCII, the rest may be wrong. */
static int on_encoding(void *user, const char *name, XML_Encoding *info)
{
	for (int i = 0; i < 256; i++)
		info->map[i] = i;
	return XML_STATUS_OK;
}

static int run(struct parsing *p, struct sk_span text)
{
	enum { STEP = 1 << 20 };

	XML_SetUserData(p->parser, p);
#ifdef XML_DTD
	/* Entities may make a document this much larger, once they made more than the threshold. */
	XML_SetBillionLaughsAttackProtectionActivationThreshold(p->parser, 1 << 20);
	XML_SetBillionLaughsAttackProtectionMaximumAmplification(p->parser, 4.0f);
#endif
	XML_SetElementHandler(p->parser, on_start, on_end);
	XML_SetCharacterDataHandler(p->parser, on_text);
	XML_SetUnknownEncodingHandler(p->parser, on_encoding, NULL);
	do {
		size_t n = text.len < STEP ? text.len : STEP;

		if (XML_Parse(p->parser, text.len ? text.ptr : "", (int)n, n == text.len) == XML_STATUS_OK) {
			text = sk_span_from(text, n);
			continue;
		}
		if (p->rc < 0)
			return p->rc;
		return sk_err_set(p->err, SK_EINVAL, "line %lu: XML: %s", line_of(p),
				  XML_ErrorString(XML_GetErrorCode(p->parser)));
	} while (text.len);
	return 0;
}

int sk_xml_parse(struct sk_arena *arena, struct sk_span text, const struct sk_xml_node **ret_root,
		 struct sk_err *err)
{
	struct parsing p = { .arena = arena, .err = err, .parser = XML_ParserCreate(NULL) };
	int rc;

	if (!p.parser)
		abort();
	rc = run(&p, text);
	XML_ParserFree(p.parser);
	sk_vec_release(&p.open);
	sk_buf_release(&p.text);
	if (rc == 0)
		*ret_root = p.root;
	return rc;
}

const struct sk_xml_node *sk_xml_get(const struct sk_xml_node *node, const char *name)
{
	sk_xml_each(child, node)
		if (sk_span_is(child->name, name))
			return child;
	return NULL;
}

struct sk_span sk_xml_text(const struct sk_xml_node *node, const char *name)
{
	const struct sk_xml_node *child = sk_xml_get(node, name);

	return child ? child->text : sk_span(NULL, 0);
}

struct sk_span sk_xml_attr(const struct sk_xml_node *node, const char *name)
{
	for (const struct sk_xml_attr *a = node ? node->attrs : NULL; a; a = a->next)
		if (sk_span_ieq(a->name, sk_span_str(name)))
			return a->value;
	return sk_span(NULL, 0);
}
