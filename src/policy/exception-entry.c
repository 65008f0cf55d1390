/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing an exception file as a text, so that comments stay. What comes out
 * is read again and compared with what was wanted before anybody gets it.
 */
#include "policy/exception-entry.h"

#include "doc/json-write.h"
#include "doc/place.h"
#include "policy/exception.h"

const struct sk_entry_key sk_entry_keys[] = {
	{ "id", offsetof(struct sk_entry, id) },
	{ "package", offsetof(struct sk_entry, package) },
	{ "version", offsetof(struct sk_entry, version) },
	{ "path", offsetof(struct sk_entry, path) },
	{ "purl", offsetof(struct sk_entry, purl) },
	{ "scope", offsetof(struct sk_entry, scope) },
	{ "status", offsetof(struct sk_entry, status) },
	{ "justification", offsetof(struct sk_entry, justification) },
	{ "reason", offsetof(struct sk_entry, reason) },
	{ "owner", offsetof(struct sk_entry, owner) },
	{ "ticket", offsetof(struct sk_entry, ticket) },
	{ "expires", offsetof(struct sk_entry, expires) },
	{ NULL, 0 },
};

/* ---- scalars ---- */

static bool is_plain(struct sk_span s)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on", "off", "y", "n" };

	for (size_t i = 0; i < SK_COUNT(words); i++)
		if (sk_span_ieq(s, sk_span_str(words[i])))
			return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!letter && (i == 0 || !strchr(" _./@+-", c)))
			return false;
	}
	return s.len > 0 && s.ptr[s.len - 1] != ' ';
}

/* A moment has colons, and is a plain scalar all the same. */
static bool is_moment(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789-:TZ", s.ptr[i]))
			return false;
	return s.len == strlen("2027-01-31T12:00:00Z");
}

static void put_scalar(struct sk_buf *out, const char *text)
{
	struct sk_span s = sk_span_str(text);
	bool control = false;

	if (is_plain(s) || is_moment(s)) {
		sk_buf_span(out, s);
		return;
	}
	for (size_t i = 0; i < s.len; i++)
		control |= (uint8_t)s.ptr[i] < ' ' || s.ptr[i] == 0x7f;
	if (control) {
		sk_json_quote(out, s);
		return;
	}
	sk_buf_putc(out, '\'');
	for (size_t i = 0; i < s.len; i++)
		sk_buf_puts(out, s.ptr[i] == '\'' ? "''" : (char[]){ s.ptr[i], 0 });
	sk_buf_putc(out, '\'');
}

/* ---- the form of a file ---- */

static struct sk_span line_at(struct sk_span text, uint32_t number)
{
	struct sk_span line = { 0 };

	for (uint32_t i = 0; i < number; i++)
		if (!sk_span_split(&text, '\n', &line))
			return sk_span(NULL, 0);
	return line;
}

static size_t blanks(struct sk_span line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] == ' ')
		n++;
	return n;
}

/* How the new entry is to be written. */
struct form {
	const char *newline;
	size_t indent;
	bool head;	    /* the list's key is missing */
	bool apart;	    /* entries have an empty line between them */
	struct sk_span cut; /* "[]" that the entry replaces */
};

static const struct sk_node *last_child(const struct sk_node *n)
{
	const struct sk_node *last = NULL;

	sk_node_each(child, n)
		last = child;
	return last;
}

static int cannot(struct sk_err *err)
{
	return sk_err_set(err, SK_EINVAL,
			  "the file's list is not one entry a paragraph ('- id: ...'); add the entry by hand");
}

static int form_of_list(struct sk_span text, const struct sk_node *list, struct form *form,
			struct sk_err *err)
{
	const struct sk_node *item = last_child(list);
	struct sk_span line;
	ptrdiff_t at;

	if (item) {
		line = line_at(text, item->line);
		form->indent = blanks(line);
		if (form->indent >= line.len || line.ptr[form->indent] != '-')
			return cannot(err);
		form->apart = item->line > 1 && list->count > 1 &&
			      !sk_span_trim(line_at(text, item->line - 1)).len;
		return 0;
	}
	line = line_at(text, list->line);
	at = sk_span_find(line, SK_SPAN_LIT("[]"));
	if (list->type == SK_NODE_ARRAY && at < 0)
		return cannot(err);
	if (list->type == SK_NODE_ARRAY)
		form->cut = sk_span_sub(line, (size_t)at, 2);
	return 0;
}

static int form_of(struct sk_span text, const struct sk_node *root, struct form *form,
		   struct sk_err *err)
{
	*form = (struct form){ .newline = "\n", .indent = 2 };
	if (sk_span_find(text, SK_SPAN_LIT("\r\n")) >= 0)
		form->newline = "\r\n";
	if (root && root->next) /* several documents in one file */
		return cannot(err);
	if (!root || root->type == SK_NODE_NULL) {
		form->head = true;
		return 0;
	}
	if (!last_child(root))
		return cannot(err);
	return form_of_list(text, last_child(root), form, err);
}

/* ---- adding ---- */

static void put_entry(struct sk_buf *out, const struct form *form, const struct sk_entry *entry)
{
	const char *lead = "- ";

	if (form->head)
		sk_buf_printf(out, "exceptions:%s", form->newline);
	else if (form->apart)
		sk_buf_puts(out, form->newline);
	for (const struct sk_entry_key *key = sk_entry_keys; key->name; key++) {
		const char *value = *sk_entry_field(entry, key);

		if (!value)
			continue;
		sk_buf_printf(out, "%*s%s%s: ", (int)form->indent, "", lead, key->name);
		put_scalar(out, value);
		sk_buf_puts(out, form->newline);
		lead = "  ";
	}
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_entry(const struct sk_exception *e, const struct sk_entry *entry)
{
	return same(e->ids.count ? e->ids.items[0] : NULL, entry->id) && same(e->package, entry->package) &&
	       same(e->version, entry->version) && same(e->path, entry->path) && same(e->purl, entry->purl) &&
	       same(e->scope, entry->scope) && same(e->says.reason, entry->reason) &&
	       same(e->says.owner, entry->owner) && same(e->says.until, entry->expires) &&
	       same(e->says.ticket, entry->ticket) && same(e->says.justification, entry->justification);
}

static int check_added(struct sk_span before, struct sk_span after, const struct sk_entry *entry,
		       struct sk_err *err)
{
	sk_cleanup(sk_exceptions_release) struct sk_exceptions old = { 0 }, new = { 0 };
	const struct sk_exception *last;
	int r = sk_exceptions_parse(&old, "file", before, err);

	if (r == 0)
		r = sk_exceptions_parse(&new, "file", after, err);
	if (r < 0)
		return r;
	if (new.list.len != old.list.len + 1)
		return cannot(err);
	last = new.list.data[new.list.len - 1];
	if (last->problem)
		return sk_err_set(err, SK_EINVAL, "the entry does not count: %s", last->problem);
	return is_entry(last, entry) ? 0 : cannot(err);
}

int sk_entry_append(struct sk_span text, const struct sk_entry *entry, struct sk_buf *out,
		    struct sk_err *err)
{
	struct sk_doc doc = { 0 };
	struct form form = { 0 };
	size_t start = out->len;
	int r = sk_doc_parse(&doc, SK_DOC_YAML, text, SK_DOC_STRICT_KEYS, err);

	if (r < 0)
		return r;
	r = form_of(text, doc.root, &form, err);
	sk_doc_release(&doc);
	if (r < 0)
		return r;
	if (form.cut.len) {
		sk_buf_put(out, text.ptr, (size_t)(form.cut.ptr - text.ptr));
		sk_buf_span(out, sk_span_from(text, (size_t)(form.cut.ptr - text.ptr) + form.cut.len));
	} else {
		sk_buf_span(out, text);
	}
	if (text.len && text.ptr[text.len - 1] != '\n')
		sk_buf_puts(out, form.newline);
	put_entry(out, &form, entry);
	return check_added(text, sk_span_from(sk_buf_view(out), start), entry, err);
}

/* ---- ending ---- */

static const struct sk_node *find_end(const struct sk_node *root, uint32_t line)
{
	sk_node_each(list, root)
		sk_node_each(n, list)
			if (n->line == line)
				return sk_node_get(n, "expires");
	return NULL;
}

/* Where the value stands, byte by byte; the empty span if it is not written as it reads. */
static struct sk_span value_in(struct sk_span text, const struct sk_node *node)
{
	struct sk_place place = sk_place_value(text, node, 0);
	struct sk_span line = line_at(text, place.line), value = sk_node_text(node), there;
	size_t off = 0;

	for (uint32_t c = 1; c < place.column && off < line.len; off++)
		if (off + 1 >= line.len || ((uint8_t)line.ptr[off + 1] & 0xc0) != 0x80)
			c++;
	there = sk_span_sub(line, off, value.len);
	return sk_span_eq(there, value) ? there : sk_span(NULL, 0);
}

static int check_ended(struct sk_span after, uint32_t line, const char *end, struct sk_err *err)
{
	sk_cleanup(sk_exceptions_release) struct sk_exceptions x = { 0 };
	int r = sk_exceptions_parse(&x, "file", after, err);

	for (size_t i = 0; r == 0 && i < x.list.len; i++)
		if (x.list.data[i]->says.line == line && same(x.list.data[i]->says.until, end))
			return 0;
	return r < 0 ? r : cannot(err);
}

int sk_entry_expire(struct sk_span text, uint32_t line, const char *end, struct sk_buf *out,
		    struct sk_err *err)
{
	struct sk_doc doc = { 0 };
	const struct sk_node *node;
	struct sk_span value = { 0 };
	size_t start = out->len, at;
	int r = sk_doc_parse(&doc, SK_DOC_YAML, text, SK_DOC_STRICT_KEYS, err);

	if (r < 0)
		return r;
	node = find_end(doc.root, line);
	if (node)
		value = value_in(text, node);
	sk_doc_release(&doc);
	if (!value.len)
		return sk_err_set(err, SK_EINVAL, "the entry of line %u has no end that can be changed", line);
	at = (size_t)(value.ptr - text.ptr);
	sk_buf_put(out, text.ptr, at);
	sk_buf_puts(out, end);
	sk_buf_span(out, sk_span_from(text, at + value.len));
	return check_ended(sk_span_from(sk_buf_view(out), start), line, end, err);
}
