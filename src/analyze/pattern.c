/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/pattern.h"

#include "base/map.h"

/* A pattern under one of its keys; several with the same key are chained. */
struct rule {
	const struct sk_analyzer *analyzer;
	const char *pattern;
	struct rule *next;
};

struct sk_patterns {
	const struct sk_analyzer *const *analyzers;
	struct sk_arena arena;
	struct sk_map by_name;	 /* last part is this */
	struct sk_map by_suffix; /* last part ends in this ".ext" */
	struct sk_map by_folder; /* last part is anything, the one before is this */
	struct rule *others;
};

/* '*' is any run of bytes but '/'; linear but for one remembered star a part. */
static bool glob(struct sk_span pattern, struct sk_span text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			mark = t;
		} else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX && text.ptr[mark] != '/') {
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

bool sk_pattern_fits(const char *pattern, struct sk_span path, size_t *ret_root)
{
	struct sk_span p = sk_span_str(pattern);
	size_t parts = 1, at = path.len;

	*ret_root = 0;
	if (!sk_span_starts(p, "**/"))
		return glob(p, path);
	p = sk_span_from(p, 3);
	for (size_t i = 0; i < p.len; i++)
		parts += p.ptr[i] == '/';
	/* As many parts from the end as the pattern has. */
	while (at > 0) {
		if (path.ptr[at - 1] == '/' && --parts == 0)
			break;
		at--;
	}
	if (at == 0 && parts > 1)
		return false;
	*ret_root = at;
	return glob(p, sk_span_from(path, at));
}

static void add(struct sk_patterns *ps, struct sk_map *map, struct sk_span key,
		const struct sk_analyzer *analyzer, const char *pattern)
{
	struct rule *rule = sk_arena_alloc(&ps->arena, sizeof(*rule));
	void **head = map ? sk_map_at(map, key, NULL) : (void **)&ps->others;

	rule->analyzer = analyzer;
	rule->pattern = pattern;
	rule->next = *head;
	*head = rule;
}

static void add_pattern(struct sk_patterns *ps, const struct sk_analyzer *analyzer, const char *pattern)
{
	struct sk_span p = sk_span_str(pattern), last = sk_span_basename(p);
	struct sk_span folder = sk_span_basename(sk_span_dirname(p));
	ptrdiff_t dot = sk_span_rchr(last, '.'), star = sk_span_rchr(last, '*');

	if (star < 0)
		add(ps, &ps->by_name, last, analyzer, pattern);
	else if (dot > star)
		add(ps, &ps->by_suffix, sk_span_from(last, (size_t)dot), analyzer, pattern);
	else if (folder.len && sk_span_chr(folder, '*') < 0)
		add(ps, &ps->by_folder, folder, analyzer, pattern);
	else
		add(ps, NULL, last, analyzer, pattern);
}

struct sk_patterns *sk_patterns_new(const struct sk_analyzer *const *analyzers)
{
	struct sk_patterns *ps = sk_alloc(sizeof(*ps));

	ps->analyzers = analyzers;
	for (size_t i = 0; analyzers[i]; i++)
		for (size_t j = 0; analyzers[i]->patterns && analyzers[i]->patterns[j]; j++)
			add_pattern(ps, analyzers[i], analyzers[i]->patterns[j]);
	return ps;
}

void sk_patterns_free(struct sk_patterns *ps)
{
	if (!ps)
		return;
	sk_map_release(&ps->by_name);
	sk_map_release(&ps->by_suffix);
	sk_map_release(&ps->by_folder);
	sk_arena_release(&ps->arena);
	free(ps);
}

static bool has(const struct sk_match *ret, size_t count, const struct sk_analyzer *analyzer)
{
	for (size_t i = 0; i < count; i++)
		if (ret[i].analyzer == analyzer)
			return true;
	return false;
}

/* Where several patterns of an analyzer fit (lib/x and usr/lib/x), the one that explains most of the path. */
static void shorten_root(struct sk_match *ret, size_t count, const struct sk_analyzer *analyzer, size_t root)
{
	for (size_t i = 0; i < count; i++)
		if (ret[i].analyzer == analyzer && root < ret[i].root_len)
			ret[i].root_len = root;
}

static size_t try_rules(const struct rule *rule, struct sk_span path, struct sk_match *ret, size_t count)
{
	for (; rule; rule = rule->next) {
		size_t root;

		if (!sk_pattern_fits(rule->pattern, path, &root))
			continue;
		if (has(ret, count, rule->analyzer))
			shorten_root(ret, count, rule->analyzer, root);
		else if (count < SK_MOST_MATCHES)
			ret[count++] = (struct sk_match){ rule->analyzer, root, false };
	}
	return count;
}

size_t sk_patterns_match(const struct sk_patterns *ps, struct sk_span path,
			 struct sk_match ret[SK_MOST_MATCHES])
{
	struct sk_span name = sk_span_basename(path);
	struct sk_span folder = sk_span_basename(sk_span_dirname(path));
	ptrdiff_t dot = sk_span_rchr(name, '.');
	size_t count = try_rules(sk_map_get(&ps->by_name, name), path, ret, 0);

	if (dot >= 0)
		count = try_rules(sk_map_get(&ps->by_suffix, sk_span_from(name, (size_t)dot)), path, ret,
				  count);
	if (folder.len)
		count = try_rules(sk_map_get(&ps->by_folder, folder), path, ret, count);
	return try_rules(ps->others, path, ret, count);
}

size_t sk_patterns_match_magic(const struct sk_patterns *ps, struct sk_span head,
			       struct sk_match ret[SK_MOST_MATCHES], size_t count)
{
	for (size_t i = 0; ps->analyzers[i]; i++) {
		const struct sk_analyzer *a = ps->analyzers[i];

		for (size_t j = 0; a->magics && a->magics[j] && count < SK_MOST_MATCHES; j++) {
			if (sk_span_starts(head, a->magics[j]) && !has(ret, count, a))
				ret[count++] = (struct sk_match){ a, 0, true };
		}
	}
	return count;
}
