/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of the regular expression engine share.
 *
 *	regex-class.c	  sets of code points: ranges, folding, \p{...}
 *	regex-parse.c	  a pattern becomes code in one pass
 *	regex-analyse.c	  what the code tells about texts before it runs
 *	regex-dfa.c	  yes or no, by states that are built as texts ask for them
 *	regex-backtrack.c captures in short texts, by trying
 *	regex-nfa.c	  captures in any text, all possibilities in step
 *	regex.c		  which of them answers
 *
 * The code is a straight line in which jumps are relative and nest as the
 * pattern does, so a part that is repeated is copied as it is.
 */
#include "policy/cel/regex.h"

enum sk_regex_op {
	SK_REGEX_RUNE,	     /* arg: code point */
	SK_REGEX_SET,	     /* arg: index of a set */
	SK_REGEX_SPLIT_NEXT, /* the next instruction, or else the one `arg` further */
	SK_REGEX_SPLIT_FAR,  /* the one `arg` further, or else the next */
	SK_REGEX_JUMP,	     /* arg: distance */
	SK_REGEX_SAVE,	     /* arg: slot of ret_groups */
	SK_REGEX_ASSERT,     /* arg: enum sk_regex_assert */
	SK_REGEX_MATCH,
};

enum sk_regex_assert {
	SK_REGEX_BEGIN_TEXT = 1 << 0,
	SK_REGEX_BEGIN_LINE = 1 << 1,
	SK_REGEX_END_TEXT = 1 << 2,
	SK_REGEX_END_LINE = 1 << 3,
	SK_REGEX_WORD = 1 << 4, /* \b */
	SK_REGEX_NO_WORD = 1 << 5,
};

struct sk_regex_inst {
	uint8_t op; /* enum sk_regex_op */
	int32_t arg;
};

#define SK_REGEX_MAX_RUNE 0x10ffffu
#define SK_REGEX_BAD_RUNE 0xfffdu /* what a byte that is not UTF-8 counts as */

/* ---- Sets of code points (regex-class.c) ---- */

struct sk_regex_range {
	uint32_t lo, hi;
};
struct sk_regex_ranges {
	struct sk_regex_range *items;
	uint32_t count, room;
	uint32_t work; /* what it took to make them: additions */
	bool failed;   /* no memory */
};
void sk_regex_ranges_add(struct sk_regex_ranges *ranges, uint32_t lo, uint32_t hi);
/* Sorted, without overlap; the following ones want that of what they get. */
void sk_regex_ranges_clean(struct sk_regex_ranges *ranges);
void sk_regex_ranges_negate(struct sk_regex_ranges *ranges);
void sk_regex_ranges_add_all(struct sk_regex_ranges *ranges, const struct sk_regex_ranges *more,
			     bool negated);
void sk_regex_ranges_add_fold(struct sk_regex_ranges *ranges, uint32_t lo, uint32_t hi);
void sk_regex_ranges_fold(struct sk_regex_ranges *ranges);
/* \p{name}; false when there is none of that name. */
bool sk_regex_ranges_add_unicode(struct sk_regex_ranges *ranges, const char *name, size_t len);
/* The letter of \d, \s, \w, or the word of [:alpha:]. */
bool sk_regex_ranges_add_ascii(struct sk_regex_ranges *ranges, const char *name, size_t len);
/* The next code point that differs in case alone; itself when there is none. */
uint32_t sk_regex_fold(uint32_t rune);

struct sk_regex_set {
	uint64_t ascii[2];
	uint32_t first, count; /* in the pattern's ranges */
};

/* ---- The pattern ---- */

struct sk_regex_literal {
	char *bytes; /* NULL: none */
	size_t len;
};

struct sk_cel_regex {
	uint64_t id; /* of no other pattern in this process */
	struct sk_regex_inst *code;
	uint32_t code_count;
	uint32_t takers; /* instructions that take text, and MATCH */
	uint32_t groups;
	char **names; /* of groups, from 0 for group 1 */

	struct sk_regex_set *sets;
	uint32_t set_count;
	struct sk_regex_range *ranges;
	uint32_t range_count;

	/* What regex-analyse.c finds. */
	bool anchored;	  /* matches begin at the text's begin */
	bool exact;	  /* the prefix is all that there is, but for these anchors */
	bool has_first;	  /* a match begins with one of `first` */
	bool rare_first;  /* and it pays to look for it */
	int first_only;	  /* the one byte in `first`, or -1 */
	unsigned asserts; /* enum sk_regex_assert, all that occur */
	uint8_t first[256];
	struct sk_regex_literal prefix, required, suffix;

	/* Code points that no instruction tells apart are one class. 0 classes: no DFA. */
	unsigned classes;
	uint8_t ascii_class[128];
	uint32_t *class_start; /* sorted, from 128 on */
	uint8_t *class_of;
	uint32_t class_count;
	uint32_t *class_rune;			/* one of each class */
	uint8_t word_class[32], line_class[32]; /* bits: classes of word characters, of '\n' */
};

static inline bool sk_regex_is_word(unsigned byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z') || byte == '_';
}

/* The width of the code point at p; a byte that is not UTF-8 is U+FFFD and 1 wide. left > 0. */
unsigned sk_regex_decode_wide(const char *p, size_t left, uint32_t *ret_rune);
static inline unsigned sk_regex_decode(const char *p, size_t left, uint32_t *ret_rune)
{
	unsigned char c = (unsigned char)*p;

	if (c < 0x80) {
		*ret_rune = c;
		return 1;
	}
	return sk_regex_decode_wide(p, left, ret_rune);
}
unsigned sk_regex_encode(uint32_t rune, char *ret_bytes);

bool sk_regex_set_has_wide(const struct sk_cel_regex *rx, const struct sk_regex_set *set,
			   uint32_t rune);
/* Does that instruction, a RUNE or a SET, take the code point? */
static inline bool sk_regex_takes(const struct sk_cel_regex *rx, struct sk_regex_inst inst,
				  uint32_t rune)
{
	const struct sk_regex_set *set;

	if (inst.op == SK_REGEX_RUNE)
		return (uint32_t)inst.arg == rune;
	set = &rx->sets[inst.arg];
	if (rune < 128)
		return set->ascii[rune / 64] >> rune % 64 & 1;
	return sk_regex_set_has_wide(rx, set, rune);
}

/* Of those in rx->asserts, the assertions that hold between two bytes of the text. */
unsigned sk_regex_holds(const char *text, size_t len, size_t at);

/* The first position from `at` on where a match can begin, or SIZE_MAX. */
size_t sk_regex_candidate(const struct sk_cel_regex *rx, const char *text, size_t len, size_t at);

/* NULL, or the error's text; *ret_offset is the byte in the pattern. */
const char *sk_regex_parse(struct sk_cel_regex *rx, const char *pattern, size_t len, unsigned flags,
			   size_t *ret_offset);
/* False when there is no memory. */
bool sk_regex_analyse(struct sk_cel_regex *rx);

/* ---- Searching ---- */

/* Patterns whose states a scratch keeps. */
enum { SK_REGEX_DFAS = 16 };

/* What is yet to be tried: an instruction, or a capture to be as it was before. */
struct sk_regex_job {
	uint32_t pc; /* or slot | SK_REGEX_RESTORE */
	ptrdiff_t at;
};
#define SK_REGEX_RESTORE 0x80000000u

struct sk_regex_jobs {
	struct sk_regex_job *items;
	size_t count, room;
	bool failed; /* no memory; jobs are missing */
};

/* What scratch->memory points to. */
struct sk_regex_memory {
	struct sk_regex_job *jobs;
	size_t job_room;
	void *work; /* of the search that runs now */
	size_t work_size;
	struct sk_regex_dfa *dfas[SK_REGEX_DFAS];
};
/* Counts work; false, and failed, at the limit. */
static inline bool sk_regex_spend(struct sk_cel_regex_scratch *scratch, uint64_t work)
{
	scratch->work += work;
	if (scratch->limit && scratch->work > scratch->limit)
		scratch->failed = true;
	return !scratch->failed;
}
/* At least `size` bytes, uninitialised, until the next call; NULL sets scratch->failed. */
void *sk_regex_work(struct sk_cel_regex_scratch *scratch, size_t size);
struct sk_regex_memory *sk_regex_memory(struct sk_cel_regex_scratch *scratch);

/* A stack of jobs, of the scratch's memory until it is given back. */
bool sk_regex_jobs_begin(struct sk_cel_regex_scratch *scratch, struct sk_regex_jobs *ret_jobs);
void sk_regex_jobs_end(struct sk_cel_regex_scratch *scratch, const struct sk_regex_jobs *jobs);
bool sk_regex_jobs_grow(struct sk_regex_jobs *jobs);
static inline void sk_regex_push(struct sk_regex_jobs *jobs, uint32_t pc, ptrdiff_t at)
{
	if (jobs->count < jobs->room || sk_regex_jobs_grow(jobs))
		jobs->items[jobs->count++] = (struct sk_regex_job){ .pc = pc, .at = at };
}

enum sk_regex_answer { SK_REGEX_NO, SK_REGEX_YES, SK_REGEX_GIVE_UP };

/*
 * Does a match begin at or after start? If so, none begins before *ret_begin.
 * Gives up when the states do not pay.
 */
enum sk_regex_answer sk_regex_dfa(const struct sk_cel_regex *rx,
				  struct sk_cel_regex_scratch *scratch, const char *text,
				  size_t len, size_t start, size_t *ret_begin);
void sk_regex_dfa_free(struct sk_regex_dfa *dfa);

/* As sk_cel_regex_find; ret_groups NULL asks yes or no. Gives up on long texts. */
enum sk_regex_answer sk_regex_backtrack(const struct sk_cel_regex *rx,
					struct sk_cel_regex_scratch *scratch, const char *text,
					size_t len, size_t start, ptrdiff_t *ret_groups);
bool sk_regex_nfa(const struct sk_cel_regex *rx, struct sk_cel_regex_scratch *scratch,
		  const char *text, size_t len, size_t start, ptrdiff_t *ret_groups);
