/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yarn.lock, of Yarn 1 (its own format) and of Yarn 2 and later (a narrow YAML):
 *
 *	"@babel/core@^7.0.0", "@babel/core@^7.1.0":	"@babel/core@npm:^7.0.0, @babel/core@npm:^7.1.0":
 *	  version "7.22.1"				  version: 7.22.1
 *	  resolved "https://..."			  resolution: "@babel/core@npm:7.22.1"
 *
 * Both are read line by line: an entry begins in the first column and its own
 * fields stand two blanks deep.
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = { "**/yarn.lock", NULL };

struct entry {
	struct sk_span name, version;
	uint32_t line;
	bool workspace; /* a part of the project itself */
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

/*
 * The name in the first descriptor of an entry's head: "NAME@RANGE", or for an
 * alias "ALIAS@npm:NAME@RANGE". Yarn 2 and later write npm: before each range,
 * so that only a range that begins like a name makes an alias.
 */
static struct sk_span name_of_head(struct sk_span head)
{
	struct sk_span range, name, rest;
	ptrdiff_t end;

	if (sk_span_ends(head, ":"))
		head.len--;
	if (sk_span_starts(head, "\"")) {
		head = sk_span_from(head, 1);
		end = sk_span_chr(head, '"');
	} else {
		end = sk_span_chr(head, ',');
	}
	if (end >= 0)
		head = sk_span_sub(head, 0, (size_t)end);
	name = before_at(head, &range);
	if (!sk_span_starts(range, "npm:"))
		return name;
	range = sk_span_from(range, 4);
	if (range.len && (range.ptr[0] == '@' || (range.ptr[0] >= 'a' && range.ptr[0] <= 'z')))
		return before_at(range, &rest);
	return name;
}

static void field(struct entry *entry, struct sk_span line)
{
	struct sk_span key, value, rest;
	ptrdiff_t end = sk_span_chr(line, ' ');

	if (end < 0)
		return;
	key = sk_span_sub(line, 0, (size_t)end);
	value = unquote(sk_span_from(line, (size_t)end + 1));
	if (sk_span_ends(key, ":"))
		key.len--;
	key = unquote(key);
	if (sk_span_is(key, "version")) {
		entry->version = value;
	} else if (sk_span_is(key, "resolution")) {
		entry->name = before_at(value, &rest);
		entry->workspace = sk_span_starts(rest, "workspace:");
	} else if (sk_span_is(key, "linkType") && sk_span_is(value, "soft")) {
		entry->workspace = true;
	}
}

static void done(struct sk_lockfile *lock, const struct entry *entry)
{
	if (entry->version.len && !entry->workspace && !sk_span_is(entry->name, "@"))
		sk_lockfile_add(lock, entry->name, entry->version, entry->line, 0);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "npm" };
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct entry entry = { .workspace = true };
	struct sk_span text, line;
	uint32_t number = 0;
	int r;

	if (sk_path_within(file->path, "node_modules"))
		return 0; /* a dependency's own, which yarn does not look at */
	r = sk_file_text(file, &buf, &text, err);
	if (r < 0)
		return r;
	while (sk_span_line(&text, &line)) {
		number++;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (line.ptr[0] != ' ') {
			done(&lock, &entry);
			entry = (struct entry){ .name = name_of_head(line), .line = number };
			entry.workspace = !sk_span_ends(line, ":") || sk_span_is(line, "__metadata:");
		} else if (sk_span_starts(line, "  ") && line.len > 2 && line.ptr[2] != ' ') {
			field(&entry, sk_span_from(line, 2));
		}
	}
	done(&lock, &entry);
	return 0;
}

const struct sk_analyzer sk_analyzer_yarn = {
	.name = "yarn",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
};
