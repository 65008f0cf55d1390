/* SPDX-License-Identifier: Apache-2.0 */
/* Which ecosystems of the database are about a package. */
#include "vuln/match-internal.h"

static void add_number(struct sk_scope *scope, int number, struct sk_arena *arena)
{
	int *numbers;

	for (size_t i = 0; i < scope->count; i++)
		if (scope->numbers[i] == number)
			return;
	/* Grown by copying: there are a handful, and the arena keeps them. */
	numbers = sk_arena_alloc(arena, (scope->count + 1) * sizeof(*numbers));
	if (scope->count)
		memcpy(numbers, scope->numbers, scope->count * sizeof(*numbers));
	numbers[scope->count++] = number;
	scope->numbers = numbers;
}

static void add_pattern(struct sk_matcher *m, struct sk_scope *scope, struct sk_span pattern)
{
	if (sk_span_chr(pattern, '*') < 0) {
		int number = sk_db_ecosystem(m->db, pattern);

		if (number >= 0)
			add_number(scope, number, m->arena);
		return;
	}
	for (size_t i = 0; i < sk_db_ecosystem_count(m->db); i++)
		if (sk_ecosystem_like(sk_db_ecosystem_name(m->db, i), pattern))
			add_number(scope, (int)i, m->arena);
}

/*
 * Ubuntu Pro's fixes come from archives that need a subscription. Its records
 * count where the ordinary ones of the release do not speak of the package.
 */
static void fill_distribution(struct sk_matcher *m, struct sk_scope *scope)
{
	const char *const *pattern = scope->distribution->ecosystems;

	scope->preferred = SIZE_MAX;
	for (; *pattern; pattern++) {
		if (strstr(*pattern, ":Pro:") && scope->preferred == SIZE_MAX)
			scope->preferred = scope->count;
		if (sk_ecosystem_expand(*pattern, scope->os, &m->pattern))
			add_pattern(m, scope, sk_buf_view(&m->pattern));
	}
	if (scope->preferred == SIZE_MAX)
		scope->preferred = scope->count;
}

static bool is_system_type(const char *type)
{
	return strcmp(type, "deb") == 0 || strcmp(type, "rpm") == 0 || strcmp(type, "apk") == 0;
}

static bool is_scope_of(const struct sk_scope *scope, const struct sk_package *p)
{
	if (strcmp(scope->type, p->type) != 0)
		return false;
	return !is_system_type(p->type) || scope->os == p->os;
}

struct sk_scope *sk_matcher_scope(struct sk_matcher *m, const struct sk_package *p)
{
	struct sk_scope *scope;

	for (size_t i = 0; i < m->scopes.len; i++)
		if (is_scope_of(m->scopes.data[i], p))
			return m->scopes.data[i];
	scope = sk_arena_alloc(m->arena, sizeof(*scope));
	*sk_vec_push(&m->scopes) = scope;
	scope->type = p->type;
	if (is_system_type(p->type)) {
		scope->os = p->os;
		scope->distribution = sk_distribution_find(p->os);
		/* dpkg inside Alpine, rpm inside Debian: a tool, not the distribution. */
		if (scope->distribution && strcmp(scope->distribution->type, p->type) != 0)
			scope->distribution = NULL;
		if (scope->distribution)
			fill_distribution(m, scope);
		return scope;
	}
	scope->ecosystem = sk_ecosystem_of_type(p->type);
	if (scope->ecosystem)
		add_pattern(m, scope, sk_span_str(scope->ecosystem));
	scope->preferred = scope->count;
	return scope;
}
