/* SPDX-License-Identifier: Apache-2.0 */

/*
 * go.mod (the Go Modules Reference): the main module, what it requires, and
 * replacements. Before Go 1.17 a go.mod does not name what its requirements
 * require; then go.sum beside it is asked, which `finish` joins.
 */
#include "analyze/golang.h"
#include "base/map.h"

#include <ctype.h>

enum { MAX_WORDS = 6 };

struct replacement {
	struct sk_span path, version; /* what is replaced; version may be empty: any */
	struct sk_span new_path, new_version;
};

struct reading {
	struct sk_sink *sink;
	struct sk_arena arena;
	struct sk_map replaced; /* by path, and by "path version" */
	SK_VEC(struct replacement) replacements;
	bool indirect_listed; /* go 1.17 or later */
};

/* ---- words ---- */

/* Cuts a line into words; quotes are taken off. Returns how many. */
static size_t cut(struct sk_span line, struct sk_span words[MAX_WORDS])
{
	size_t n = 0;

	while (n < MAX_WORDS) {
		size_t i = 0;

		line = sk_span_trim(line);
		if (line.len == 0 || sk_span_starts(line, "//"))
			break;
		if (line.ptr[0] == '"' || line.ptr[0] == '`') {
			ptrdiff_t end = sk_span_chr(sk_span_from(line, 1), line.ptr[0]);

			if (end < 0)
				break;
			words[n++] = sk_span_sub(line, 1, end);
			line = sk_span_from(line, end + 2);
			continue;
		}
		while (i < line.len && !isspace((unsigned char)line.ptr[i]))
			i++;
		words[n++] = sk_span_sub(line, 0, i);
		line = sk_span_from(line, i);
	}
	return n;
}

static bool is_indirect(struct sk_span line)
{
	ptrdiff_t comment = sk_span_find(line, SK_SPAN_LIT("//"));

	return comment >= 0 &&
	       sk_span_starts(sk_span_trim(sk_span_from(line, comment + 2)), "indirect");
}

/* "1.16", "1.21.3": at least 1.minor? */
static bool go_at_least(struct sk_span version, uint64_t minor)
{
	struct sk_span part;
	uint64_t n;

	if (!sk_span_split(&version, '.', &part) || !sk_span_u64(part, &n))
		return false;
	if (n > 1)
		return true;
	for (size_t i = 0; i < version.len; i++)
		if (!isdigit((unsigned char)version.ptr[i]))
			version.len = i;
	return sk_span_u64(version, &n) && n >= minor;
}

/* ---- replacements ---- */

/* "old [version] => new [version]", after the keyword */
static void add_replacement(struct reading *in, const struct sk_span *words, size_t count)
{
	struct replacement r = { 0 };
	size_t arrow = 0;

	while (arrow < count && !sk_span_is(words[arrow], "=>"))
		arrow++;
	if (arrow == 0 || arrow + 1 >= count)
		return;
	r.path = words[0];
	if (arrow > 1)
		r.version = words[1];
	r.new_path = words[arrow + 1];
	if (arrow + 2 < count)
		r.new_version = words[arrow + 2];
	*sk_vec_push(&in->replacements) = r;
}

static struct sk_span replacement_key(struct reading *in, struct sk_span path,
				      struct sk_span version)
{
	return sk_span_str(sk_arena_printf(&in->arena, "%.*s %.*s", (int)path.len, path.ptr,
					   (int)version.len, version.ptr));
}

static void index_replacements(struct reading *in)
{
	for (size_t i = 0; i < in->replacements.len; i++) {
		struct replacement *r = &in->replacements.data[i];

		sk_map_put(&in->replaced, replacement_key(in, r->path, r->version), r);
	}
}

static void add_requirement(struct reading *in, struct sk_span path, struct sk_span version,
			    bool indirect, uint32_t line)
{
	struct replacement *r = sk_map_get(&in->replaced, replacement_key(in, path, version));
	struct sk_package *pkg;

	if (!r)
		r = sk_map_get(&in->replaced, replacement_key(in, path, SK_SPAN_LIT("")));
	if (r && sk_golang_local(r->new_path)) {
		/* A folder on this machine: still that module, of unknown version. */
		version.len = 0;
	} else if (r) {
		path = r->new_path;
		version = r->new_version;
	}
	pkg = sk_golang_add(in->sink, path, version, line);
	if (pkg && indirect)
		pkg->flags |= SK_PACKAGE_INDIRECT;
}

/* ---- lines ---- */

enum pass { REPLACEMENTS, REQUIREMENTS };

static void read_directive(struct reading *in, enum pass pass, struct sk_span keyword,
			   const struct sk_span *words, size_t count, struct sk_span line,
			   uint32_t number)
{
	struct sk_package *pkg;

	if (pass == REPLACEMENTS) {
		if (sk_span_is(keyword, "replace"))
			add_replacement(in, words, count);
		else if (sk_span_is(keyword, "go") && count > 0)
			in->indirect_listed = go_at_least(words[0], 17);
		return;
	}
	if (sk_span_is(keyword, "module") && count > 0) {
		pkg = sk_golang_add(in->sink, words[0], sk_span(NULL, 0), number);
		if (pkg)
			pkg->flags |= SK_PACKAGE_MAIN;
	} else if (sk_span_is(keyword, "require") && count > 1) {
		add_requirement(in, words[0], words[1], is_indirect(line), number);
	}
}

/* Twice over the lines: replacements may stand behind the requirements that they change. */
static void read_lines(struct reading *in, enum pass pass, struct sk_span text)
{
	struct sk_span line, block = { 0 };
	uint32_t number = 0;

	while (sk_span_line(&text, &line)) {
		struct sk_span words[MAX_WORDS];
		size_t count = cut(line, words);

		number++;
		if (count == 0)
			continue;
		if (block.len) {
			if (sk_span_is(words[0], ")"))
				block.len = 0;
			else
				read_directive(in, pass, block, words, count, line, number);
		} else if (count == 2 && sk_span_is(words[1], "(")) {
			block = words[0];
		} else if (count == 1 && sk_span_ends(words[0], "(")) {
			block = sk_span_sub(words[0], 0, words[0].len - 1);
		} else {
			read_directive(in, pass, words[0], words + 1, count - 1, line, number);
		}
	}
}

static int analyze_mod(struct sk_sink *sink, struct sk_span text)
{
	struct reading in = { .sink = sink };

	read_lines(&in, REPLACEMENTS, text);
	index_replacements(&in);
	read_lines(&in, REQUIREMENTS, text);
	if (!in.indirect_listed)
		sk_sink_note(sink, SK_SPAN_LIT("ask go.sum"));
	sk_map_release(&in.replaced);
	sk_vec_release(&in.replacements);
	sk_arena_release(&in.arena);
	return 0;
}

/* ---- go.sum ---- */

/*
 * The last version of each module: go.sum is sorted, and names every version
 * that was looked at. Kept only if the go.mod beside it needs them.
 */
static int analyze_sum(struct sk_sink *sink, struct sk_span text)
{
	struct sk_map seen = { 0 };
	struct sk_span line;
	uint32_t number = 0;

	while (sk_span_line(&text, &line)) {
		struct sk_span words[MAX_WORDS], version;
		struct sk_package *pkg;
		void **slot;

		number++;
		if (cut(line, words) < 3)
			continue;
		version = words[1];
		if (sk_span_ends(version, "/go.mod"))
			version.len -= 7;
		slot = sk_map_at(&seen, words[0], NULL);
		pkg = *slot;
		if (!pkg)
			*slot = pkg = sk_golang_add(sink, words[0], version, number);
		if (!pkg)
			continue;
		pkg->version = sk_sink_str(sink, version);
		pkg->line = number;
		pkg->flags |= SK_PACKAGE_INDIRECT;
	}
	sk_map_release(&seen);
	return 0;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span text;
	int rc;

	/* The module cache keeps modules as published: what they require is not what was built. */
	if (strstr(file->path, "pkg/mod/"))
		return 0;
	rc = sk_file_bytes(file, &text, err);
	if (rc < 0)
		return rc;
	if (sk_span_is(sk_span_basename(sk_span_str(file->path)), "go.sum"))
		return analyze_sum(sink, text);
	return analyze_mod(sink, text);
}

/* ---- joining ---- */

static struct sk_span module_key(struct sk_arena *arena, const struct sk_package *p)
{
	return sk_span_str(sk_arena_printf(arena, "%s/%s", p->ns ? p->ns : "", p->name));
}

static void drop_all(struct sk_fragment *f)
{
	for (size_t i = 0; i < f->package_count; i++)
		f->packages[i] = NULL;
}

/* Drops from go.sum what go.mod names itself. */
static void drop_known(struct sk_view *view, const struct sk_fragment *mod, struct sk_fragment *sum)
{
	struct sk_arena *arena = sk_view_arena(view);
	struct sk_map known = { 0 };

	for (size_t i = 0; i < mod->package_count; i++)
		sk_map_put(&known, module_key(arena, mod->packages[i]), mod->packages[i]);
	for (size_t i = 0; i < sum->package_count; i++)
		if (sk_map_get(&known, module_key(arena, sum->packages[i])))
			sum->packages[i] = NULL;
	sk_map_release(&known);
}

static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	const struct sk_fragment *mod = NULL;

	/* Sorted by path: a folder's go.mod stands before its go.sum, perhaps not at once. */
	for (size_t i = 0; i < count; i++) {
		struct sk_fragment *f = fragments[i];
		struct sk_span path = sk_span_str(f->path);

		if (!sk_span_is(sk_span_basename(path), "go.sum")) {
			mod = f;
			continue;
		}
		if (mod && mod->note.len &&
		    sk_span_eq(sk_span_dirname(sk_span_str(mod->path)), sk_span_dirname(path)))
			drop_known(view, mod, f);
		else
			drop_all(f);
	}
}

const struct sk_analyzer sk_analyzer_go_mod = {
	.name = "go-mod",
	.version = 1,
	.patterns = (const char *const[]){ "**/go.mod", "**/go.sum", NULL },
	.analyze = analyze,
	.finish = finish,
};
