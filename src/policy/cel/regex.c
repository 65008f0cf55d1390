/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/regex-internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- Characters ---- */

unsigned sk_regex_decode_wide(const char *p, size_t left, uint32_t *ret_rune)
{
	const unsigned char *c = (const unsigned char *)p;
	uint32_t rune;

	*ret_rune = SK_REGEX_BAD_RUNE;
	if (left >= 2 && (c[1] & 0xc0) == 0x80 && c[0] >= 0xc2 && c[0] <= 0xdf) {
		*ret_rune = (uint32_t)(c[0] & 0x1f) << 6 | (c[1] & 0x3f);
		return 2;
	}
	if (left >= 3 && (c[1] & 0xc0) == 0x80 && (c[2] & 0xc0) == 0x80 && (c[0] & 0xf0) == 0xe0) {
		rune = (uint32_t)(c[0] & 0xf) << 12 | (uint32_t)(c[1] & 0x3f) << 6 | (c[2] & 0x3f);
		if (rune < 0x800 || (rune >= 0xd800 && rune <= 0xdfff))
			return 1;
		*ret_rune = rune;
		return 3;
	}
	if (left >= 4 && (c[1] & 0xc0) == 0x80 && (c[2] & 0xc0) == 0x80 && (c[3] & 0xc0) == 0x80 &&
	    (c[0] & 0xf8) == 0xf0) {
		rune = (uint32_t)(c[0] & 7) << 18 | (uint32_t)(c[1] & 0x3f) << 12 |
		       (uint32_t)(c[2] & 0x3f) << 6 | (c[3] & 0x3f);
		if (rune < 0x10000 || rune > SK_REGEX_MAX_RUNE)
			return 1;
		*ret_rune = rune;
		return 4;
	}
	return 1;
}

unsigned sk_regex_encode(uint32_t rune, char *ret_bytes)
{
	unsigned count = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (unsigned i = count - 1; i > 0; i--, rune >>= 6)
		ret_bytes[i] = (char)(0x80 | (rune & 0x3f));
	ret_bytes[0] = (char)(leads[count] | rune);
	return count;
}

bool sk_regex_set_has_wide(const struct sk_cel_regex *rx, const struct sk_regex_set *set,
			   uint32_t rune)
{
	const struct sk_regex_range *ranges = rx->ranges + set->first;
	uint32_t lo = 0, hi = set->count;

	while (lo < hi) {
		uint32_t middle = lo + (hi - lo) / 2;

		if (ranges[middle].hi < rune)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo < set->count && ranges[lo].lo <= rune;
}

unsigned sk_regex_holds(const char *text, size_t len, size_t at)
{
	bool before = at > 0 && sk_regex_is_word((unsigned char)text[at - 1]);
	bool after = at < len && sk_regex_is_word((unsigned char)text[at]);
	unsigned holds = before != after ? SK_REGEX_WORD : SK_REGEX_NO_WORD;

	if (at == 0)
		holds |= SK_REGEX_BEGIN_TEXT | SK_REGEX_BEGIN_LINE;
	else if (text[at - 1] == '\n')
		holds |= SK_REGEX_BEGIN_LINE;
	if (at == len)
		holds |= SK_REGEX_END_TEXT | SK_REGEX_END_LINE;
	else if (text[at] == '\n')
		holds |= SK_REGEX_END_LINE;
	return holds;
}

/* ---- Patterns ---- */

/*
 * Captures of all threads of sk_regex_nfa(): 16 MiB for each of its two lists.
 * More takes many groups and thousands of instructions at once.
 */
enum { MAX_CAPTURES = 2 << 20 };

struct sk_cel_regex *sk_cel_regex_new(const char *pattern, size_t len, unsigned flags,
				      const char **ret_error, size_t *ret_offset)
{
	static atomic_uint_fast64_t ids;
	struct sk_cel_regex *rx = calloc(1, sizeof(*rx));
	const char *error = rx ? NULL : "out of memory";
	size_t offset = 0;

	if (rx) {
		rx->id = atomic_fetch_add(&ids, 1) + 1;
		error = sk_regex_parse(rx, pattern, len, flags, &offset);
	}
	for (uint32_t i = 0; !error && i < rx->code_count; i++)
		rx->takers += rx->code[i].op == SK_REGEX_RUNE || rx->code[i].op == SK_REGEX_SET ||
			      rx->code[i].op == SK_REGEX_MATCH;
	if (!error && (uint64_t)rx->takers * (rx->groups + 1) * 2 > MAX_CAPTURES) {
		error = "expression too large";
		offset = len;
	}
	if (!error && !sk_regex_analyse(rx))
		error = "out of memory";
	if (!error)
		return rx;
	sk_cel_regex_free(rx);
	*ret_error = error;
	*ret_offset = offset;
	return NULL;
}

void sk_cel_regex_free(struct sk_cel_regex *regex)
{
	if (!regex)
		return;
	for (uint32_t i = 0; regex->names && i < regex->groups; i++)
		free(regex->names[i]);
	free(regex->names);
	free(regex->code);
	free(regex->sets);
	free(regex->ranges);
	free(regex->prefix.bytes);
	free(regex->required.bytes);
	free(regex->suffix.bytes);
	free(regex->class_start);
	free(regex->class_of);
	free(regex->class_rune);
	free(regex);
}

unsigned sk_cel_regex_groups(const struct sk_cel_regex *regex)
{
	return regex->groups;
}

const char *sk_cel_regex_group_name(const struct sk_cel_regex *regex, unsigned i)
{
	return i > 0 && i <= regex->groups ? regex->names[i - 1] : NULL;
}

size_t sk_cel_regex_size(const struct sk_cel_regex *regex)
{
	return regex->code_count;
}

/* ---- Scratch ---- */

struct sk_regex_memory *sk_regex_memory(struct sk_cel_regex_scratch *scratch)
{
	if (!scratch->memory)
		scratch->memory = calloc(1, sizeof(struct sk_regex_memory));
	scratch->failed = scratch->failed || !scratch->memory;
	return scratch->memory;
}

void *sk_regex_work(struct sk_cel_regex_scratch *scratch, size_t size)
{
	struct sk_regex_memory *memory = sk_regex_memory(scratch);

	if (memory && memory->work_size < size) {
		free(memory->work);
		memory->work = malloc(size + size / 2);
		memory->work_size = memory->work ? size + size / 2 : 0;
		scratch->failed = scratch->failed || !memory->work;
	}
	return memory ? memory->work : NULL;
}

void sk_cel_regex_scratch_release(struct sk_cel_regex_scratch *scratch)
{
	struct sk_regex_memory *memory = scratch->memory;

	if (memory) {
		for (unsigned i = 0; i < SK_REGEX_DFAS; i++)
			sk_regex_dfa_free(memory->dfas[i]);
		free(memory->jobs);
		free(memory->work);
	}
	free(memory);
	*scratch = (struct sk_cel_regex_scratch){ 0 };
}

bool sk_regex_jobs_begin(struct sk_cel_regex_scratch *scratch, struct sk_regex_jobs *ret_jobs)
{
	struct sk_regex_memory *memory = sk_regex_memory(scratch);

	if (!memory)
		return false;
	*ret_jobs = (struct sk_regex_jobs){ .items = memory->jobs, .room = memory->job_room };
	return true;
}

void sk_regex_jobs_end(struct sk_cel_regex_scratch *scratch, const struct sk_regex_jobs *jobs)
{
	struct sk_regex_memory *memory = scratch->memory;

	memory->jobs = jobs->items;
	memory->job_room = jobs->room;
	scratch->failed = scratch->failed || jobs->failed;
}

bool sk_regex_jobs_grow(struct sk_regex_jobs *jobs)
{
	size_t room = jobs->room ? jobs->room * 2 : 64;
	struct sk_regex_job *grown = realloc(jobs->items, room * sizeof(*grown));

	if (!grown) {
		jobs->failed = true;
		return false;
	}
	jobs->items = grown;
	jobs->room = room;
	return true;
}

/* ---- Searching ---- */

static bool has(struct sk_regex_literal literal, const char *text, size_t len)
{
	return !literal.bytes || memmem(text, len, literal.bytes, literal.len);
}

static bool begins_with(const char *text, size_t len, struct sk_regex_literal literal)
{
	return literal.len <= len &&
	       (!literal.len || memcmp(text, literal.bytes, literal.len) == 0);
}

/* False when literals alone say that no match begins at or after start. */
static bool can_match(const struct sk_cel_regex *rx, const char *text, size_t len, size_t start)
{
	size_t left = len - start;

	if (rx->anchored && (start > 0 || !begins_with(text, len, rx->prefix)))
		return false;
	if (rx->suffix.len > left || (rx->suffix.len && memcmp(text + len - rx->suffix.len,
							       rx->suffix.bytes, rx->suffix.len)))
		return false;
	return has(rx->required, text + start, left);
}

/* A pattern that is one literal: where it begins, or SIZE_MAX. can_match() has seen the anchors. */
static size_t find_exact(const struct sk_cel_regex *rx, const char *text, size_t len, size_t start)
{
	if (rx->anchored)
		return rx->suffix.bytes && len != rx->prefix.len ? SIZE_MAX : 0;
	if (rx->suffix.bytes)
		return len - rx->suffix.len;
	return sk_regex_candidate(rx, text, len, start);
}

bool sk_cel_regex_test(const struct sk_cel_regex *regex, struct sk_cel_regex_scratch *scratch,
		       const char *text, size_t len)
{
	enum sk_regex_answer answer;

	scratch->failed = false;
	text = text ? text : "";
	if (!can_match(regex, text, len, 0))
		return false;
	if (regex->exact)
		return find_exact(regex, text, len, 0) != SIZE_MAX;
	answer = sk_regex_dfa(regex, scratch, text, len, 0, &(size_t){ 0 });
	if (answer == SK_REGEX_GIVE_UP)
		answer = sk_regex_backtrack(regex, scratch, text, len, 0, NULL);
	if (answer == SK_REGEX_GIVE_UP)
		return sk_regex_nfa(regex, scratch, text, len, 0, NULL);
	return answer == SK_REGEX_YES;
}

bool sk_cel_regex_find(const struct sk_cel_regex *regex, struct sk_cel_regex_scratch *scratch,
		       const char *text, size_t len, size_t start, ptrdiff_t *ret_groups)
{
	enum sk_regex_answer answer;

	scratch->failed = false;
	text = text ? text : "";
	if (start > len || !can_match(regex, text, len, start))
		return false;
	if (regex->exact && regex->groups == 0) {
		size_t at = find_exact(regex, text, len, start);

		if (at == SIZE_MAX)
			return false;
		ret_groups[0] = (ptrdiff_t)at;
		ret_groups[1] = (ptrdiff_t)(at + regex->prefix.len);
		return true;
	}
	answer = sk_regex_backtrack(regex, scratch, text, len, start, ret_groups);
	if (answer != SK_REGEX_GIVE_UP)
		return answer == SK_REGEX_YES;
	/* It is much faster to hear that there is nothing, or nothing until there. */
	if (sk_regex_dfa(regex, scratch, text, len, start, &start) == SK_REGEX_NO)
		return false;
	return sk_regex_nfa(regex, scratch, text, len, start, ret_groups);
}

bool sk_cel_regex_next(const struct sk_cel_regex *regex, struct sk_cel_regex_scratch *scratch,
		       const char *text, size_t len, struct sk_cel_regex_cursor *cursor,
		       ptrdiff_t *ret_groups)
{
	while (sk_cel_regex_find(regex, scratch, text, len, cursor->at, ret_groups)) {
		size_t begin = (size_t)ret_groups[0], end = (size_t)ret_groups[1];
		bool repeated = end == cursor->at && begin + 1 == cursor->end;

		if (end > cursor->at)
			cursor->at = end;
		else if (end < len)
			cursor->at += sk_regex_decode(text + end, len - end, &(uint32_t){ 0 });
		else
			cursor->at = len + 1;
		cursor->end = end + 1;
		if (!repeated)
			return true;
	}
	return false;
}
