/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pattern's code tells about the texts that it can match: literals that
 * must be there, bytes that a match can begin with, and which code points no
 * instruction tells apart.
 */
#include "policy/cel/regex-internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- Instructions that every match goes through ---- */

/*
 * The code is one line from the first instruction to the match: only what a
 * jump forward passes over can be left out.
 */
static bool *find_mandatory(const struct sk_cel_regex *rx)
{
	int32_t *over = calloc(rx->code_count + 1, sizeof(*over)), depth = 0;
	bool *mandatory = malloc(rx->code_count);

	for (uint32_t i = 0; over && mandatory && i < rx->code_count; i++) {
		struct sk_regex_inst inst = rx->code[i];

		depth += over[i];
		mandatory[i] = depth == 0;
		if ((inst.op == SK_REGEX_JUMP || inst.op == SK_REGEX_SPLIT_NEXT ||
		     inst.op == SK_REGEX_SPLIT_FAR) &&
		    inst.arg > 1) {
			over[i + 1]++;
			over[i + (uint32_t)inst.arg]--;
		}
	}
	if (!over) {
		free(mandatory);
		mandatory = NULL;
	}
	free(over);
	return mandatory;
}

/* Only that text: neither what invalid bytes count as, nor what UTF-8 cannot say. */
static bool is_literal(struct sk_regex_inst inst)
{
	return inst.op == SK_REGEX_RUNE && inst.arg != SK_REGEX_BAD_RUNE &&
	       (inst.arg < 0xd800 || inst.arg > 0xdfff);
}

/* Instructions that take no text and go on to the next. */
static bool is_silent(struct sk_regex_inst inst)
{
	return inst.op == SK_REGEX_SAVE || inst.op == SK_REGEX_ASSERT;
}

/* The text of the literal instructions from begin to before end. */
static bool copy_literal(const struct sk_cel_regex *rx, uint32_t begin, uint32_t end,
			 struct sk_regex_literal *ret_literal)
{
	char *bytes = malloc((size_t)(end - begin) * 4 + 1);
	size_t len = 0;

	if (!bytes)
		return false;
	for (uint32_t i = begin; i < end; i++)
		if (rx->code[i].op == SK_REGEX_RUNE)
			len += sk_regex_encode((uint32_t)rx->code[i].arg, bytes + len);
	*ret_literal = (struct sk_regex_literal){ .bytes = bytes, .len = len };
	return true;
}

struct run {
	uint32_t begin, end, runes;
};

/* The literals that follow each other from `begin` on. */
static struct run literal_run(const struct sk_cel_regex *rx, const bool *mandatory, uint32_t begin)
{
	struct run run = { .begin = begin, .end = begin };

	for (uint32_t i = begin;
	     mandatory[i] && (is_literal(rx->code[i]) || is_silent(rx->code[i])); i++) {
		if (is_literal(rx->code[i])) {
			run.runes++;
			run.end = i + 1;
		}
	}
	return run;
}

/* Literals at the end of the text. */
static struct run suffix_run(const struct sk_cel_regex *rx, const bool *mandatory)
{
	struct run run = { 0 };
	bool at_end = false;

	for (uint32_t i = rx->code_count - 1; i > 0 && mandatory[i - 1]; i--) {
		struct sk_regex_inst inst = rx->code[i - 1];

		if (inst.op == SK_REGEX_ASSERT && inst.arg == SK_REGEX_END_TEXT)
			at_end = true;
		else if (!is_silent(inst) && !(at_end && is_literal(inst)))
			break;
		if (is_literal(inst)) {
			run.begin = i - 1;
			run.end = run.runes++ ? run.end : i;
		}
	}
	return run;
}

/* Is the pattern a literal, with or without anchors at its ends? */
static bool is_exact(const struct sk_cel_regex *rx)
{
	bool begun = false, ended = false;

	for (uint32_t i = 0; i + 1 < rx->code_count; i++) {
		struct sk_regex_inst inst = rx->code[i];

		if (is_literal(inst) && !ended)
			begun = true;
		else if (inst.op == SK_REGEX_ASSERT && inst.arg == SK_REGEX_END_TEXT && begun)
			ended = true;
		else if (inst.op == SK_REGEX_ASSERT && inst.arg == SK_REGEX_BEGIN_TEXT && !begun)
			continue;
		else if (inst.op != SK_REGEX_SAVE)
			return false;
	}
	return begun;
}

static bool find_literals(struct sk_cel_regex *rx)
{
	bool *mandatory = find_mandatory(rx);
	struct run prefix, suffix, longest = { 0 };
	bool r = mandatory != NULL;

	if (!r)
		return false;
	prefix = literal_run(rx, mandatory, 0);
	suffix = suffix_run(rx, mandatory);
	for (uint32_t i = prefix.end; i < rx->code_count;) {
		struct run run = literal_run(rx, mandatory, i);

		if (run.runes > longest.runes)
			longest = run;
		i = run.end > i ? run.end : i + 1;
	}
	free(mandatory);
	if (prefix.runes)
		r = copy_literal(rx, prefix.begin, prefix.end, &rx->prefix);
	if (r && suffix.runes)
		r = copy_literal(rx, suffix.begin, suffix.end, &rx->suffix);
	if (r && longest.runes > prefix.runes)
		r = copy_literal(rx, longest.begin, longest.end, &rx->required);
	rx->exact = is_exact(rx);
	return r;
}

/* ---- How matches begin ---- */

static void add_first_range(struct sk_cel_regex *rx, uint32_t lo, uint32_t hi)
{
	char bytes[4];
	unsigned from, to;

	sk_regex_encode(lo, bytes);
	from = (unsigned char)bytes[0];
	sk_regex_encode(hi, bytes);
	to = (unsigned char)bytes[0];
	if (lo <= SK_REGEX_BAD_RUNE && SK_REGEX_BAD_RUNE <= hi) {
		memset(rx->first + 0x80, 1, 0x80);
		to = from < 0x80 ? 0x7f : from;
	}
	memset(rx->first + from, 1, to - from + 1);
}

static void add_first(struct sk_cel_regex *rx, struct sk_regex_inst inst)
{
	const struct sk_regex_set *set;

	if (inst.op == SK_REGEX_RUNE) {
		add_first_range(rx, (uint32_t)inst.arg, (uint32_t)inst.arg);
		return;
	}
	set = rx->sets + inst.arg;
	for (uint32_t i = set->first; i < set->first + set->count; i++)
		add_first_range(rx, rx->ranges[i].lo, rx->ranges[i].hi);
}

/* Instructions that can be first; false when there is no memory. */
static bool walk_begin(struct sk_cel_regex *rx, bool within_text)
{
	uint32_t *stack = malloc(rx->code_count * sizeof(*stack)), depth = 0;
	bool *seen = calloc(rx->code_count, 1), r = stack && seen;

#define PUSH(pc)                                                                                   \
	do {                                                                                       \
		uint32_t push_pc = (pc);                                                           \
		if (!seen[push_pc]) {                                                              \
			seen[push_pc] = true;                                                      \
			stack[depth++] = push_pc;                                                  \
		}                                                                                  \
	} while (0)
	if (r)
		PUSH(0);
	while (depth > 0) {
		uint32_t pc = stack[--depth];
		struct sk_regex_inst inst = rx->code[pc];

		if (inst.op == SK_REGEX_RUNE || inst.op == SK_REGEX_SET ||
		    inst.op == SK_REGEX_MATCH) {
			if (within_text)
				rx->anchored = false;
			else if (inst.op == SK_REGEX_MATCH)
				rx->has_first = false;
			else
				add_first(rx, inst);
			continue;
		}
		if (within_text && inst.op == SK_REGEX_ASSERT && inst.arg == SK_REGEX_BEGIN_TEXT)
			continue;
		if (inst.op == SK_REGEX_JUMP || inst.op == SK_REGEX_SPLIT_NEXT ||
		    inst.op == SK_REGEX_SPLIT_FAR)
			PUSH(pc + (uint32_t)inst.arg);
		if (inst.op != SK_REGEX_JUMP)
			PUSH(pc + 1);
	}
#undef PUSH
	free(stack);
	free(seen);
	return r;
}

static bool find_begin(struct sk_cel_regex *rx)
{
	unsigned count = 0, usual = 0;

	rx->anchored = rx->has_first = true;
	if (!walk_begin(rx, false))
		return false;
	if (!(rx->asserts & SK_REGEX_BEGIN_TEXT))
		rx->anchored = false;
	else if (!walk_begin(rx, true))
		return false;
	rx->first_only = -1;
	for (unsigned i = 0; i < 256; i++) {
		if (!rx->first[i])
			continue;
		rx->first_only = (int)i;
		count++;
		usual += i == ' ' || (i >= '0' && i <= '9') || (i >= 'a' && i <= 'z');
	}
	if (count != 1)
		rx->first_only = -1;
	/* Where most words would have to be looked at, a DFA that looks at all is faster. */
	rx->rare_first = rx->has_first && !rx->anchored && (rx->prefix.bytes || usual <= 1);
	return true;
}

size_t sk_regex_candidate(const struct sk_cel_regex *rx, const char *text, size_t len, size_t at)
{
	const char *found;

	if (rx->anchored)
		return at == 0 ? 0 : SIZE_MAX;
	if (!rx->has_first)
		return at;
	if (rx->prefix.bytes)
		found = memmem(text + at, len - at, rx->prefix.bytes, rx->prefix.len);
	else if (rx->first_only >= 0)
		found = memchr(text + at, rx->first_only, len - at);
	else {
		while (at < len && !rx->first[(unsigned char)text[at]])
			at++;
		found = at < len ? text + at : NULL;
	}
	return found ? (size_t)(found - text) : SIZE_MAX;
}

/* ---- Classes of code points ---- */

/*
 * Instructions times pieces of the code space: beyond that, classes would cost
 * more than they save, and a DFA's rows of more than 256 would be too.
 */
enum { MAX_WORK = 1 << 20, MAX_CLASSES = 255 };

struct partition {
	uint32_t *starts; /* of pieces, sorted */
	uint8_t *class;	  /* of each piece */
	uint32_t count, room;
	uint32_t pieces[MAX_CLASSES + 1]; /* how many pieces a class has */
	unsigned classes;
	uint32_t work;
};

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t piece_at(const struct partition *part, uint32_t rune)
{
	uint32_t lo = 0, hi = part->count;

	while (hi - lo > 1) {
		uint32_t middle = lo + (hi - lo) / 2;

		if (part->starts[middle] <= rune)
			lo = middle;
		else
			hi = middle;
	}
	return lo;
}

/* Classes that are partly in these ranges become two. False: too much. */
static bool refine(struct partition *part, const struct sk_regex_range *ranges, uint32_t count)
{
	uint32_t inside[MAX_CLASSES + 1] = { 0 };
	uint8_t becomes[MAX_CLASSES + 1] = { 0 };
	unsigned classes = part->classes;

	for (uint32_t i = 0; i < count; i++)
		for (uint32_t at = piece_at(part, ranges[i].lo);
		     at < part->count && part->starts[at] <= ranges[i].hi; at++) {
			inside[part->class[at]]++;
			if (++part->work > MAX_WORK)
				return false;
		}
	for (unsigned c = 0; c < classes; c++) {
		if (inside[c] == 0 || inside[c] == part->pieces[c]) {
			becomes[c] = (uint8_t)c;
			continue;
		}
		if (part->classes == MAX_CLASSES)
			return false;
		becomes[c] = (uint8_t)part->classes;
		part->pieces[part->classes++] = inside[c];
		part->pieces[c] -= inside[c];
	}
	if (part->classes == classes)
		return true;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t at = piece_at(part, ranges[i].lo);
		     at < part->count && part->starts[at] <= ranges[i].hi; at++)
			part->class[at] = becomes[part->class[at]];
	return true;
}

/* A code point that is a piece of its own gets a class of its own. */
static bool refine_one(struct partition *part, uint32_t rune)
{
	uint8_t *class = part->class + piece_at(part, rune);

	if (part->pieces[*class] == 1)
		return true;
	if (part->classes == MAX_CLASSES)
		return false;
	part->pieces[*class]--;
	*class = (uint8_t)part->classes;
	part->pieces[part->classes++] = 1;
	return true;
}

static const struct sk_regex_range word_ranges[] = {
	{ '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' }
};
static const struct sk_regex_range line_range = { '\n', '\n' };

static void cut(struct partition *part, const struct sk_regex_range *ranges, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		part->starts[part->count++] = ranges[i].lo;
		part->starts[part->count++] = ranges[i].hi + 1;
	}
}

static bool cut_all(struct partition *part, const struct sk_cel_regex *rx)
{
	uint32_t runes = 0, kept = 0;

	for (uint32_t i = 0; i < rx->code_count; i++)
		runes += rx->code[i].op == SK_REGEX_RUNE;
	part->room = 2 * (rx->range_count + runes + 6) + 1;
	part->starts = malloc(part->room * sizeof(*part->starts));
	if (!part->starts)
		return false;
	part->starts[part->count++] = 0;
	cut(part, rx->ranges, rx->range_count);
	cut(part, word_ranges, 4);
	cut(part, &line_range, 1);
	for (uint32_t i = 0; i < rx->code_count; i++)
		if (rx->code[i].op == SK_REGEX_RUNE)
			cut(part,
			    &(struct sk_regex_range){ (uint32_t)rx->code[i].arg,
						      (uint32_t)rx->code[i].arg },
			    1);
	qsort(part->starts, part->count, sizeof(*part->starts), by_number);
	for (uint32_t i = 0; i < part->count; i++)
		if (kept == 0 || part->starts[i] != part->starts[kept - 1])
			part->starts[kept++] = part->starts[i];
	part->count = kept;
	part->class = calloc(kept, 1);
	part->pieces[0] = kept;
	part->classes = 1;
	return part->class != NULL;
}

static bool refine_all(struct partition *part, const struct sk_cel_regex *rx)
{
	const unsigned words = SK_REGEX_WORD | SK_REGEX_NO_WORD;
	const unsigned lines = SK_REGEX_BEGIN_LINE | SK_REGEX_END_LINE;
	bool r = true;

	if (rx->asserts & words)
		r = refine(part, word_ranges, 4);
	if (r && rx->asserts & lines)
		r = refine(part, &line_range, 1);
	for (uint32_t i = 0; i < rx->set_count && r; i++)
		r = refine(part, rx->ranges + rx->sets[i].first, rx->sets[i].count);
	for (uint32_t i = 0; i < rx->code_count && r; i++)
		if (rx->code[i].op == SK_REGEX_RUNE)
			r = refine_one(part, (uint32_t)rx->code[i].arg);
	return r;
}

/* Pieces that follow each other and have one class become one. */
static bool keep_classes(const struct partition *part, struct sk_cel_regex *rx)
{
	rx->class_start = malloc(part->count * sizeof(*rx->class_start));
	rx->class_of = malloc(part->count);
	if (!rx->class_start || !rx->class_of)
		return false;
	for (uint32_t i = 0; i < part->count; i++) {
		uint32_t end = i + 1 < part->count ? part->starts[i + 1] : SK_REGEX_MAX_RUNE + 1;

		for (uint32_t rune = part->starts[i]; rune < end && rune < 128; rune++)
			rx->ascii_class[rune] = part->class[i];
		if (end <= 128 ||
		    (rx->class_count > 0 && rx->class_of[rx->class_count - 1] == part->class[i]))
			continue;
		rx->class_start[rx->class_count] = part->starts[i];
		rx->class_of[rx->class_count++] = part->class[i];
	}
	rx->classes = part->classes;
	rx->class_rune = malloc(rx->classes * sizeof(*rx->class_rune));
	if (!rx->class_rune)
		return false;
	for (uint32_t i = 0; i < part->count; i++)
		rx->class_rune[part->class[i]] = part->starts[i];
	for (unsigned c = 0; c < 128; c++)
		if (sk_regex_is_word(c))
			rx->word_class[rx->ascii_class[c] / 8] |=
				(uint8_t)(1 << rx->ascii_class[c] % 8);
	rx->line_class[rx->ascii_class['\n'] / 8] |= (uint8_t)(1 << rx->ascii_class['\n'] % 8);
	return true;
}

static bool find_classes(struct sk_cel_regex *rx)
{
	struct partition part = { 0 };
	bool r = cut_all(&part, rx);

	if (r && refine_all(&part, rx))
		r = keep_classes(&part, rx);
	free(part.starts);
	free(part.class);
	return r;
}

bool sk_regex_analyse(struct sk_cel_regex *rx)
{
	return find_literals(rx) && find_begin(rx) && (rx->exact || find_classes(rx));
}
