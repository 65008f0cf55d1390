/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yarn.lock, of Yarn 1 (its own format) and of Yarn 2 and later (a narrow YAML):
 *
 *	"@s/a@^7.0.0", "@s/a@^7.1.0":		"@s/a@npm:^7.0.0, @s/a@npm:^7.1.0":
 *	  version "7.22.1"			  version: 7.22.1
 *	  resolved "https://..."		  resolution: "@s/a@npm:7.22.1"
 *	  dependencies:				  dependencies:
 *	    lru-cache "^5.1.1"			    lru-cache: "npm:^5.1.1"
 *
 * Both are read line by line: an entry begins in the first column, its own
 * fields stand two blanks deep, what it needs four. What only development needs
 * is not in the file: it follows from the package.json beside it (`finish`).
 */
#include "analyze/lockfile.h"
#include "base/reader.h"

static const char *const patterns[] = { "**/yarn.lock", "**/package.json", NULL };

/* Folders above a package.json where its yarn.lock may be: workspaces are a few levels deep. */
#define MAX_WORKSPACE_DEPTH 16

struct entry {
	struct sk_span head, name, version;
	uint32_t line;
	bool skipped;	/* not an entry */
	bool workspace; /* a part of the project itself */
	bool needs;	/* the lines that follow name dependencies */
};

static struct sk_span unquote(struct sk_span s)
{
	s = sk_span_trim(s);
	if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
		s = sk_span_sub(s, 1, s.len - 2);
	return s;
}

/* Cuts at the first '@' behind the first byte, which may be a scope's. */
static struct sk_span before_at(struct sk_span s, struct sk_span *ret_rest)
{
	ptrdiff_t at = s.len ? sk_span_chr(sk_span_from(s, 1), '@') : -1;

	*ret_rest = at < 0 ? sk_span(NULL, 0) : sk_span_from(s, (size_t)at + 2);
	return at < 0 ? s : sk_span_sub(s, 0, (size_t)at + 1);
}

/* The next descriptor of an entry's head: quoted each, or all in one pair of quotes. */
static bool next_descriptor(struct sk_span *head, struct sk_span *ret)
{
	ptrdiff_t end;

	while (head->len && strchr(" ,\"", head->ptr[0]))
		*head = sk_span_from(*head, 1);
	if (head->len == 0)
		return false;
	end = sk_span_find(*head, SK_SPAN_LIT(", "));
	*ret = end < 0 ? *head : sk_span_sub(*head, 0, (size_t)end);
	*head = end < 0 ? sk_span(NULL, 0) : sk_span_from(*head, (size_t)end);
	if (sk_span_ends(*ret, "\""))
		ret->len--;
	return true;
}

/*
 * The name in the first descriptor: "NAME@RANGE", or for an alias
 * "ALIAS@npm:NAME@RANGE". Yarn 2 and later write npm: before each range, so
 * that only a range that begins like a name makes an alias.
 */
static struct sk_span name_of_head(struct sk_span head)
{
	struct sk_span first, range, name, rest;

	if (!next_descriptor(&head, &first))
		return sk_span(NULL, 0);
	name = before_at(first, &range);
	if (!sk_span_starts(range, "npm:"))
		return name;
	range = sk_span_from(range, 4);
	if (range.len && (range.ptr[0] == '@' || (range.ptr[0] >= 'a' && range.ptr[0] <= 'z')))
		return before_at(range, &rest);
	return name;
}

/* "key value", "key: value" or "key:", each part perhaps in quotes. */
static struct sk_span parse_line(struct sk_span line, struct sk_span *ret_value)
{
	ptrdiff_t end = sk_span_chr(line, ' ');
	struct sk_span key = end < 0 ? line : sk_span_sub(line, 0, (size_t)end);

	*ret_value = end < 0 ? sk_span(NULL, 0) : unquote(sk_span_from(line, (size_t)end + 1));
	if (sk_span_ends(key, ":"))
		key.len--;
	return unquote(key);
}

static void field(struct entry *entry, struct sk_span line)
{
	struct sk_span value, rest, key = parse_line(line, &value);

	entry->needs = sk_span_is(key, "dependencies") || sk_span_is(key, "optionalDependencies");
	if (sk_span_is(key, "version")) {
		entry->version = value;
	} else if (sk_span_is(key, "resolution")) {
		entry->name = before_at(value, &rest);
		entry->workspace = sk_span_starts(rest, "workspace:");
	} else if (sk_span_is(key, "linkType") && sk_span_is(value, "soft")) {
		entry->workspace = true;
	}
}

/*
 * Notes for finish, each a byte and a string: an entry is its package's
 * identity ('P'), its descriptors ('H') and what it needs ('N'); a package.json
 * is what it needs ('N') and what only its development needs ('D').
 */
static void note(struct sk_sink *sink, char kind, struct sk_span text)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	sk_buf_putc(&out, kind);
	sk_buf_string(&out, text);
	sk_sink_note(sink, sk_buf_view(&out));
}

static void note_need(struct sk_sink *sink, char kind, struct sk_span name, struct sk_span range)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	sk_buf_span(&text, name);
	sk_buf_putc(&text, '@');
	sk_buf_span(&text, range);
	note(sink, kind, sk_buf_view(&text));
}

static struct sk_span package_key(struct sk_buf *key, const struct sk_package *pkg)
{
	sk_buf_reset(key);
	sk_buf_printf(key, "%s/%s@%s", pkg->ns ? pkg->ns : "", pkg->name, pkg->version);
	return sk_buf_view(key);
}

static void done(struct sk_lockfile *lock, const struct entry *entry, const struct sk_buf *needs)
{
	sk_cleanup(sk_buf_release) struct sk_buf key = { 0 };
	struct sk_span head = entry->head, descriptor;
	struct sk_package *pkg;

	if (!entry->version.len || entry->skipped || sk_span_is(entry->name, "@"))
		return;
	pkg = sk_lockfile_add(lock, entry->name, entry->version, entry->line,
			      entry->workspace ? SK_PACKAGE_MAIN : 0);
	/* A workspace's package.json tells apart what the lock file lumps together. */
	if (!pkg || !pkg->name || !pkg->version || entry->workspace)
		return;
	note(lock->sink, 'P', package_key(&key, pkg));
	while (next_descriptor(&head, &descriptor))
		note(lock->sink, 'H', descriptor);
	sk_sink_note(lock->sink, sk_buf_view(needs));
}

static void begin(struct entry *entry, struct sk_span line, uint32_t number)
{
	*entry = (struct entry){ .line = number };
	entry->skipped = !sk_span_ends(line, ":") || sk_span_is(line, "__metadata:");
	entry->head = entry->skipped ? line : sk_span_sub(line, 0, line.len - 1);
	entry->name = name_of_head(entry->head);
}

static void need(struct sk_buf *needs, struct sk_span line)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span range, name = parse_line(sk_span_trim(line), &range);

	sk_buf_span(&text, name);
	sk_buf_putc(&text, '@');
	sk_buf_span(&text, range);
	sk_buf_putc(needs, 'N');
	sk_buf_string(needs, sk_buf_view(&text));
}

static void lock_file(struct sk_sink *sink, struct sk_span text)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "npm" };
	sk_cleanup(sk_buf_release) struct sk_buf needs = { 0 };
	struct entry entry = { .skipped = true };
	struct sk_span line;
	uint32_t number = 0;

	while (sk_span_line(&text, &line)) {
		number++;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (line.ptr[0] != ' ') {
			done(&lock, &entry, &needs);
			begin(&entry, line, number);
			sk_buf_reset(&needs);
		} else if (sk_span_starts(line, "  ") && line.len > 2 && line.ptr[2] != ' ') {
			field(&entry, sk_span_from(line, 2));
		} else if (entry.needs) {
			need(&needs, line);
		}
	}
	done(&lock, &entry, &needs);
}

static void package_json(struct sk_sink *sink, const struct sk_file *file)
{
	static const char *const kinds[] = { "dependencies", "optionalDependencies",
					     "devDependencies" };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };

	if (sk_file_doc(file, SK_DOC_JSON, 0, &doc, NULL) < 0)
		return; /* the npm analyzer reads it too, and says so */
	for (size_t i = 0; i < SK_COUNT(kinds); i++)
		sk_node_each(name, sk_node_get(doc.root, kinds[i]))
			note_need(sink, i < 2 ? 'N' : 'D', name->key, sk_node_str(name));
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span text;
	int r;

	if (sk_path_within(file->path, "node_modules"))
		return 0; /* a dependency's own, which yarn does not look at */
	if (sk_span_ends(sk_span_str(file->path), ".json")) {
		package_json(sink, file);
		return 0;
	}
	r = sk_file_text(file, &buf, &text, err);
	if (r < 0)
		return r;
	lock_file(sink, text);
	return 0;
}

/* ---- what only development needs ---- */

struct node {
	struct sk_span key; /* of its package */
	size_t needs;	    /* where the notes behind its 'P' begin */
	struct node *same;  /* another entry of the same package */
};

struct project {
	struct sk_fragment *lock;
	struct sk_map by_descriptor, by_key; /* -> struct node */
	struct sk_map direct;
	struct sk_graph graph; /* of keys */
	bool rooted;	       /* a package.json was found */
};

static bool next_note(struct sk_reader *r, char *ret_kind, struct sk_span *ret_text)
{
	if (!sk_reader_more(r))
		return false;
	*ret_kind = (char)sk_read_u8(r);
	*ret_text = sk_read_string(r);
	return !r->failed;
}

static void index_entries(struct project *p, struct sk_arena *arena)
{
	struct sk_reader r = sk_reader(p->lock->note);
	struct node *node = NULL;
	struct sk_span text;
	char kind;

	while (next_note(&r, &kind, &text)) {
		if (kind == 'P') {
			void **at = sk_map_at(&p->by_key, text, NULL);

			node = sk_arena_alloc(arena, sizeof(*node));
			*node = (struct node){ .key = text, .needs = r.off, .same = *at };
			*at = node;
		} else if (kind == 'H' && node) {
			sk_map_put(&p->by_descriptor, text, node);
		}
	}
}

/* The entry that a need means; Yarn 2 writes "npm:" into the lock file alone. */
static const struct node *find(const struct project *p, struct sk_span descriptor)
{
	const struct node *node = sk_map_get(&p->by_descriptor, descriptor);
	sk_cleanup(sk_buf_release) struct sk_buf npm = { 0 };
	struct sk_span range, name;

	if (node)
		return node;
	name = before_at(descriptor, &range);
	sk_buf_span(&npm, name);
	sk_buf_puts(&npm, "@npm:");
	sk_buf_span(&npm, range);
	return sk_map_get(&p->by_descriptor, sk_buf_view(&npm));
}

/* Visits what the notes behind `at` need, up to the next package's. */
static void visit_needs(struct project *p, struct sk_span notes, size_t at, unsigned reach,
			bool root)
{
	struct sk_reader r = sk_reader(notes);
	struct sk_span text;
	char kind;

	sk_read_seek(&r, at);
	while (next_note(&r, &kind, &text) && kind != 'P') {
		const struct node *node = kind == 'H' ? NULL : find(p, text);

		if (!node)
			continue;
		sk_graph_visit(&p->graph, node->key, kind == 'D' ? SK_REACH_DEV : reach);
		if (root)
			sk_map_put(&p->direct, node->key, p);
	}
}

static void settle(struct project *p)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span key;
	unsigned reach;

	while (sk_graph_next(&p->graph, &key, &reach))
		for (const struct node *node = sk_map_get(&p->by_key, key); node; node = node->same)
			visit_needs(p, p->lock->note, node->needs, reach, false);
	for (size_t i = 0; i < p->lock->package_count; i++) {
		struct sk_package *pkg = p->lock->packages[i];

		if (!pkg || !pkg->version || (pkg->flags & SK_PACKAGE_MAIN))
			continue;
		key = package_key(&buf, pkg);
		pkg->flags |= sk_graph_flags(&p->graph, key);
		if (!sk_map_get(&p->direct, key))
			pkg->flags |= SK_PACKAGE_INDIRECT;
	}
}

static struct project *nearest(const struct sk_map *projects, struct sk_span folder)
{
	for (int i = 0; i < MAX_WORKSPACE_DEPTH; i++) {
		struct project *p = sk_map_get(projects, folder);

		if (p || folder.len == 0)
			return p;
		folder = sk_span_dirname(folder);
	}
	return NULL;
}

static void release(struct project *p)
{
	sk_map_release(&p->by_descriptor);
	sk_map_release(&p->by_key);
	sk_map_release(&p->direct);
	sk_graph_release(&p->graph);
}

static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	sk_cleanup(sk_map_release) struct sk_map projects = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct sk_span path = sk_span_str(fragments[i]->path);
		struct project *p;

		if (!sk_span_ends(path, ".lock"))
			continue;
		p = sk_arena_alloc(&arena, sizeof(*p));
		p->lock = fragments[i];
		index_entries(p, &arena);
		sk_map_put(&projects, sk_span_dirname(path), p);
	}
	for (size_t i = 0; i < count; i++) {
		struct sk_span path = sk_span_str(fragments[i]->path);
		struct project *p;

		if (sk_span_ends(path, ".lock"))
			continue;
		p = nearest(&projects, sk_span_dirname(path));
		if (!p)
			continue;
		p->rooted = true;
		visit_needs(p, fragments[i]->note, 0, SK_REACH_PROD, true);
	}
	for (size_t i = 0; i < projects.entries.len; i++) {
		struct project *p = projects.entries.data[i].value;

		if (p->rooted)
			settle(p);
		release(p);
	}
}

const struct sk_analyzer sk_analyzer_yarn = {
	.name = "yarn",
	.version = 2,
	.patterns = patterns,
	.analyze = analyze,
	.finish = finish,
};
