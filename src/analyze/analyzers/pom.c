/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Maven projects. A pom.xml alone says little: versions come from properties
 * and from the dependencyManagement of its parents and of imported lists, so
 * that all pom.xml of a tree are resolved together by `finish`. What is not in
 * the tree (a parent in a repository) stays unknown: a dependency without a
 * version.
 */
#include "analyze/pom.h"
#include "base/limits.h"

/* ---- one file ---- */

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_arena_release) struct sk_arena arena = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf note = { 0 };
	const struct sk_xml_node *root = NULL;
	struct sk_span text;
	struct sk_pom pom;
	int rc = sk_file_bytes(file, &text, err);

	if (rc == 0)
		rc = sk_xml_parse(&arena, text, &root, err);
	if (rc < 0)
		return rc;
	if (!root || !sk_span_is(root->name, "project"))
		return 0;
	sk_pom_read(&pom, root);
	sk_pom_write(&pom, &note);
	sk_sink_note(sink, sk_buf_view(&note));
	sk_pom_release(&pom);
	return 0;
}

/* ---- the tree ---- */

struct project {
	struct sk_pom pom;
	struct sk_fragment *fragment;
	struct project *parent;
	struct sk_map properties, managed; /* its own, by name and by "group:artifact" */
	SK_VEC(struct project *) imports;  /* lists of versions that are in the tree */
};

struct tree {
	struct sk_view *view;
	struct sk_arena *arena;
	struct project *projects;
	size_t count;
	struct sk_map by_path;	 /* to struct project * */
	struct sk_map by_id;	 /* "group:artifact", resolved as far as possible; the first */
	unsigned long steps;	 /* of looking into imported lists */
	unsigned long inherited; /* dependencies looked at again for a child */
};

/* The project and its parents, nearest first. */
struct lineage {
	struct project *of[SK_MAX_POM_PARENTS];
	size_t len;
};

static struct lineage lineage_of(struct project *p)
{
	struct lineage line = { 0 };

	for (; p && line.len < SK_MAX_POM_PARENTS; p = p->parent) {
		for (size_t i = 0; i < line.len; i++)
			if (line.of[i] == p)
				return line; /* a parent of itself */
		line.of[line.len++] = p;
	}
	return line;
}

/* The lineage of the i-th of them. */
static struct lineage above(const struct lineage *line, size_t i)
{
	struct lineage upper = { .len = line->len - i };

	memcpy(upper.of, line->of + i, upper.len * sizeof(*upper.of));
	return upper;
}

/* ---- interpolation ---- */

enum {
	MAX_EXPANSION = 4096,	  /* bytes; a version has a few dozen */
	MAX_EXPANSION_DEPTH = 12, /* properties that are made of properties */
	MAX_EXPANSION_STEPS = 256,
	MAX_IMPORT_DEPTH = 4, /* lists that import lists; real ones stop at three */
	MAX_STEPS = 4 << 20,
	MAX_INHERITED = 1 << 18, /* a thousand modules with a hundred dependencies each: 100,000 */
};

enum field { GROUP, ARTIFACT, VERSION };

static struct sk_span field_of(const struct sk_coordinates *id, enum field field)
{
	return field == GROUP ? id->group : field == ARTIFACT ? id->artifact : id->version;
}

static struct sk_span own_or_parent(const struct project *p, enum field field)
{
	struct sk_span own = field_of(&p->pom.id, field);

	return own.len ? own : field_of(&p->pom.parent, field);
}

/* project.version and its older forms, which no property can change. */
static bool builtin(const struct project *p, struct sk_span name, struct sk_span *ret)
{
	static const char *const fields[] = { "groupId", "artifactId", "version" };
	bool parent;

	if (sk_span_starts(name, "project."))
		name = sk_span_from(name, 8);
	else if (sk_span_starts(name, "pom."))
		name = sk_span_from(name, 4);
	else
		return false;
	parent = sk_span_starts(name, "parent.");
	if (parent)
		name = sk_span_from(name, 7);
	for (size_t i = 0; i < SK_COUNT(fields); i++) {
		if (!sk_span_is(name, fields[i]))
			continue;
		*ret = parent ? field_of(&p->pom.parent, (enum field)i)
			      : own_or_parent(p, (enum field)i);
		return ret->len > 0;
	}
	return false;
}

static bool lookup(const struct lineage *line, struct sk_span name, struct sk_span *ret)
{
	if (builtin(line->of[0], name, ret))
		return true;
	for (size_t i = 0; i < line->len; i++) {
		const struct sk_pom_property *p = sk_map_get(&line->of[i]->properties, name);

		if (p) {
			*ret = p->value;
			return true;
		}
	}
	return false;
}

struct expansion {
	const struct lineage *line;
	struct sk_buf out;
	unsigned steps;
};

/* Appends text with its properties put in; false if one is unknown, or it goes too far. */
static bool expand(struct expansion *x, struct sk_span text, unsigned depth)
{
	while (text.len) {
		ptrdiff_t open = sk_span_find(text, SK_SPAN_LIT("${")), close;
		struct sk_span value;

		if (open < 0) {
			sk_buf_span(&x->out, text);
			break;
		}
		sk_buf_span(&x->out, sk_span_sub(text, 0, (size_t)open));
		text = sk_span_from(text, (size_t)open + 2);
		close = sk_span_chr(text, '}');
		if (close < 0 || depth >= MAX_EXPANSION_DEPTH || ++x->steps > MAX_EXPANSION_STEPS ||
		    !lookup(x->line, sk_span_sub(text, 0, (size_t)close), &value) ||
		    !expand(x, value, depth + 1))
			return false;
		text = sk_span_from(text, (size_t)close + 1);
	}
	return x->out.len <= MAX_EXPANSION;
}

/* text with its properties put in, or empty. */
static struct sk_span resolve(struct tree *tree, const struct lineage *line, struct sk_span text)
{
	struct expansion x = { .line = line };
	struct sk_span s = { 0 };

	if (sk_span_find(text, SK_SPAN_LIT("${")) < 0)
		return text;
	if (expand(&x, text, 0))
		s = sk_span_trim(sk_buf_view(&x.out));
	s.ptr = sk_arena_dup(tree->arena, s);
	sk_buf_release(&x.out);
	return s;
}

/* ---- versions ---- */

static struct sk_span id_key(struct tree *tree, struct sk_span group, struct sk_span artifact)
{
	return sk_span_str(sk_arena_printf(tree->arena, "%.*s:%.*s", (int)group.len,
					   group.len ? group.ptr : "", (int)artifact.len,
					   artifact.len ? artifact.ptr : ""));
}

/* "[1.2]" is 1.2 and nothing else; other ranges, and what a filter should have replaced, are unknown. */
static struct sk_span plain_version(struct sk_span v)
{
	v = sk_span_trim(v);
	if (sk_span_starts(v, "[") && sk_span_ends(v, "]") && sk_span_chr(v, ',') < 0)
		return sk_span_trim(sk_span_sub(v, 1, v.len - 2));
	if (v.len && strchr("[(@", v.ptr[0]))
		return sk_span(NULL, 0);
	return v;
}

static bool find_managed(struct tree *tree, const struct lineage *line, struct sk_span key,
			 unsigned depth, struct sk_span *ret);

/* Looks into the lists of versions that p imports, as far as they are in the tree. */
static bool find_imported(struct tree *tree, const struct project *p, struct sk_span key,
			  unsigned depth, struct sk_span *ret)
{
	for (size_t i = 0; i < p->imports.len; i++) {
		struct lineage line = lineage_of(p->imports.data[i]);

		if (++tree->steps > MAX_STEPS)
			return false;
		if (find_managed(tree, &line, key, depth + 1, ret))
			return true;
	}
	return false;
}

/* The version that the lineage manages for "group:artifact". */
static bool find_managed(struct tree *tree, const struct lineage *line, struct sk_span key,
			 unsigned depth, struct sk_span *ret)
{
	for (size_t i = 0; i < line->len; i++) {
		const struct sk_pom_dependency *d = sk_map_get(&line->of[i]->managed, key);

		if (d) {
			*ret = plain_version(resolve(tree, line, d->id.version));
			return true;
		}
	}
	for (size_t i = 0; i < line->len && depth < MAX_IMPORT_DEPTH; i++)
		if (find_imported(tree, line->of[i], key, depth, ret))
			return true;
	return false;
}

/* ---- parents ---- */

/* dir + "/" + relative without "." and ".." parts; empty if it leaves the tree. */
static struct sk_span join_path(struct tree *tree, struct sk_span dir, struct sk_span relative)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_span part;

	sk_buf_span(&out, dir);
	while (sk_span_split(&relative, '/', &part)) {
		if (part.len == 0 || sk_span_is(part, "."))
			continue;
		if (sk_span_is(part, "..")) {
			if (out.len == 0)
				return sk_span(NULL, 0);
			out.len = sk_span_dirname(sk_buf_view(&out)).len;
			continue;
		}
		if (out.len)
			sk_buf_putc(&out, '/');
		sk_buf_span(&out, part);
	}
	return sk_span(sk_arena_dup(tree->arena, sk_buf_view(&out)), out.len);
}

static bool is_parent(const struct project *child, const struct project *candidate)
{
	return sk_span_eq(child->pom.parent.artifact, candidate->pom.id.artifact);
}

static struct project *find_parent(struct tree *tree, struct project *p)
{
	struct sk_span relative = p->pom.relative.len ? p->pom.relative : SK_SPAN_LIT("../pom.xml");
	struct sk_span path, folder = sk_span_dirname(sk_span_str(p->fragment->path));
	struct project *found = NULL;

	if (!p->pom.has_parent)
		return NULL;
	if (!p->pom.parent_elsewhere) {
		path = join_path(tree, folder, relative);
		found = sk_map_get(&tree->by_path, path);
		if (!found)
			found = sk_map_get(&tree->by_path,
					   join_path(tree, path, SK_SPAN_LIT("pom.xml")));
	}
	if (!found || found == p || !is_parent(p, found))
		found = sk_map_get(&tree->by_id,
				   id_key(tree, p->pom.parent.group, p->pom.parent.artifact));
	return found == p ? NULL : found;
}

/* ---- packages ---- */

/*
 * The project's version. One that is inherited is the parent's, however the
 * child spells it: "${revision}" may be set on the parent alone.
 */
static struct sk_span version_of(struct tree *tree, const struct lineage *line)
{
	for (size_t i = 0; i < line->len; i++) {
		const struct project *p = line->of[i];
		struct lineage upper = above(line, i);

		if (p->pom.id.version.len == 0 && p->parent && i + 1 < line->len)
			continue;
		return plain_version(resolve(tree, &upper, own_or_parent(p, VERSION)));
	}
	return sk_span(NULL, 0);
}

static void add_package(struct tree *tree, struct project *p, const struct sk_coordinates *id,
			uint32_t line, uint32_t flags, struct sk_span licence)
{
	struct sk_package *pkg = sk_view_package(tree->view, p->fragment);

	pkg->type = "maven";
	pkg->ns = sk_arena_dup(tree->arena, id->group);
	pkg->name = sk_arena_dup(tree->arena, id->artifact);
	pkg->version = id->version.len ? sk_arena_dup(tree->arena, id->version) : NULL;
	pkg->licence = licence.len ? sk_arena_dup(tree->arena, licence) : NULL;
	pkg->path = p->fragment->path;
	pkg->line = line;
	pkg->flags = flags;
}

static void add_self(struct tree *tree, struct project *p, const struct lineage *line)
{
	struct sk_coordinates id = { resolve(tree, line, own_or_parent(p, GROUP)),
				     resolve(tree, line, p->pom.id.artifact),
				     version_of(tree, line) };
	struct sk_span licence = { 0 };

	for (size_t i = 0; i < line->len && licence.len == 0; i++)
		licence = line->of[i]->pom.licence;
	if (id.group.len && id.artifact.len)
		add_package(tree, p, &id, p->pom.line, SK_PACKAGE_MAIN, licence);
}

static uint32_t scope_flags(struct sk_span scope)
{
	/* "provided" and "system" come from where it runs, "test" goes nowhere. */
	return sk_span_is(scope, "test") || sk_span_is(scope, "provided") ||
			       sk_span_is(scope, "system")
		       ? SK_PACKAGE_DEV
		       : 0;
}

/* A dependency as the project of `line` sees it; false if it names none. */
static bool resolve_dependency(struct tree *tree, const struct lineage *line,
			       const struct sk_pom_dependency *d, struct sk_coordinates *ret,
			       struct sk_span *ret_key)
{
	*ret = (struct sk_coordinates){ resolve(tree, line, d->id.group),
					resolve(tree, line, d->id.artifact),
					{ 0 } };
	*ret_key = id_key(tree, ret->group, ret->artifact);
	if (ret->group.len == 0 || ret->artifact.len == 0 || sk_span_is(d->scope, "import"))
		return false;
	if (d->id.version.len)
		ret->version = plain_version(resolve(tree, line, d->id.version));
	else
		find_managed(tree, line, *ret_key, 0, &ret->version);
	return true;
}

/* What p itself depends on: once, whatever its types and classifiers. */
static void add_own(struct tree *tree, struct project *p, const struct lineage *line,
		    struct sk_map *declared)
{
	sk_cleanup(sk_map_release) struct sk_map seen = { 0 };

	for (size_t i = 0; i < p->pom.dependencies.len; i++) {
		const struct sk_pom_dependency *d = &p->pom.dependencies.data[i];
		struct sk_coordinates id;
		struct sk_span key;
		bool fresh;

		if (!resolve_dependency(tree, line, d, &id, &key))
			continue;
		sk_map_put(declared, key, p);
		sk_map_at(&seen, id_key(tree, key, id.version), &fresh);
		if (fresh)
			add_package(tree, p, &id, d->line,
				    scope_flags(resolve(tree, line, d->scope)), sk_span(NULL, 0));
	}
}

/*
 * What p's i-th parent depends on. The parent has told it already: it counts
 * again where p's own properties or versions make another version of it.
 */
static void add_inherited(struct tree *tree, struct project *p, const struct lineage *line,
			  size_t i, struct sk_map *declared)
{
	const struct sk_pom *parent = &line->of[i]->pom;
	struct lineage upper = above(line, i);

	for (size_t k = 0; k < parent->dependencies.len; k++) {
		const struct sk_pom_dependency *d = &parent->dependencies.data[k];
		struct sk_coordinates id, told;
		struct sk_span key;
		bool fresh;

		if (++tree->inherited > MAX_INHERITED)
			return;
		if (!resolve_dependency(tree, &upper, d, &told, &key) ||
		    !resolve_dependency(tree, line, d, &id, &key))
			continue;
		sk_map_at(declared, key, &fresh);
		if (fresh && id.version.len && !sk_span_eq(id.version, told.version))
			add_package(tree, p, &id, 0, scope_flags(resolve(tree, line, d->scope)),
				    sk_span(NULL, 0));
	}
}

static void add_packages(struct tree *tree, struct project *p)
{
	sk_cleanup(sk_map_release) struct sk_map declared = { 0 };
	struct lineage line = lineage_of(p);

	add_self(tree, p, &line);
	add_own(tree, p, &line, &declared);
	for (size_t i = 1; i < line.len; i++)
		add_inherited(tree, p, &line, i, &declared);
}

/* ---- joining ---- */

static void index_project(struct tree *tree, struct project *p)
{
	struct lineage alone = { { p }, 1 };
	bool fresh;
	void **slot;

	for (size_t i = 0; i < p->pom.properties.len; i++)
		sk_map_put(&p->properties, p->pom.properties.data[i].name,
			   &p->pom.properties.data[i]);
	sk_map_put(&tree->by_path, sk_span_str(p->fragment->path), p);
	slot = sk_map_at(
		&tree->by_id,
		id_key(tree, resolve(tree, &alone, own_or_parent(p, GROUP)), p->pom.id.artifact),
		&fresh);
	if (fresh)
		*slot = p;
}

static void index_import(struct tree *tree, struct project *p, struct sk_span id)
{
	struct project *list = sk_map_get(&tree->by_id, id);

	if (list && list != p)
		*sk_vec_push(&p->imports) = list;
}

/* Needs parents: managed dependencies may be named by inherited properties. */
static void index_managed(struct tree *tree, struct project *p)
{
	struct lineage line = lineage_of(p);

	for (size_t i = 0; i < p->pom.managed.len; i++) {
		struct sk_pom_dependency *d = &p->pom.managed.data[i];
		struct sk_span id = id_key(tree, resolve(tree, &line, d->id.group),
					   resolve(tree, &line, d->id.artifact));
		bool fresh;
		void **slot;

		if (sk_span_is(d->scope, "import")) {
			index_import(tree, p, id);
			continue;
		}
		slot = sk_map_at(&p->managed, id, &fresh);
		if (fresh)
			*slot = d;
	}
}

static void tree_release(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		sk_pom_release(&tree->projects[i].pom);
		sk_map_release(&tree->projects[i].properties);
		sk_map_release(&tree->projects[i].managed);
		sk_vec_release(&tree->projects[i].imports);
	}
	sk_map_release(&tree->by_path);
	sk_map_release(&tree->by_id);
	free(tree->projects);
}

static void finish(struct sk_view *view, struct sk_fragment **fragments, size_t count)
{
	struct tree tree = { .view = view, .arena = sk_view_arena(view) };

	tree.projects = sk_realloc(NULL, count + 1, sizeof(*tree.projects));
	for (size_t i = 0; i < count; i++) {
		struct project *p = &tree.projects[tree.count];

		*p = (struct project){ .fragment = fragments[i] };
		if (sk_pom_restore(&p->pom, fragments[i]->note))
			tree.count++;
		else
			sk_pom_release(&p->pom);
	}
	for (size_t i = 0; i < tree.count; i++)
		index_project(&tree, &tree.projects[i]);
	for (size_t i = 0; i < tree.count; i++)
		tree.projects[i].parent = find_parent(&tree, &tree.projects[i]);
	for (size_t i = 0; i < tree.count; i++)
		index_managed(&tree, &tree.projects[i]);
	for (size_t i = 0; i < tree.count; i++)
		add_packages(&tree, &tree.projects[i]);
	if ((tree.steps > MAX_STEPS || tree.inherited > MAX_INHERITED) && count)
		sk_view_issue(view, fragments[0]->path,
			      "too many imported lists and inherited dependencies: some versions "
			      "are not known");
	tree_release(&tree);
}

const struct sk_analyzer sk_analyzer_pom = {
	.name = "pom",
	.version = 2,
	.patterns = (const char *const[]){ "**/pom.xml", NULL },
	.analyze = analyze,
	.finish = finish,
};
