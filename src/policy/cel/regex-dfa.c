/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does it match? A state is the set of instructions that the text so far can
 * have led to, in no order, since only yes or no is asked. States are made
 * when a text first leads to them and are kept in the caller's scratch; when
 * they become too many they are forgotten and begun anew.
 *
 * What is before a position is known when a state is made; what comes after is
 * known one step later, so assertions that ask for it wait in the state.
 */
#include "policy/cel/regex-internal.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of states that one pattern may keep: some thousand states of usual patterns. */
enum { MAX_MEMORY = 512 * 1024 };
/* After so many fresh beginnings in one text, states must pay: a state for each ten bytes at most. */
enum { MAX_FLUSHES = 4, BYTES_PER_STATE = 10 };
/* So many bytes take as long as an instruction elsewhere. */
enum { BYTES_AS_WORK = 16 };

/* Values in `next`; others are the begin of a state's row. */
enum { UNKNOWN, DEAD, MATCHED, FIRST_ROW };
/* On a row: nothing that has begun to match is left; and it pays to look for the next begin. */
#define FRESH 0x40000000u
#define LOOK 0x80000000u

/* What is before a position. */
enum { AFTER_NOTHING = 1 << 0, AFTER_LINE = 1 << 1, AFTER_WORD = 1 << 2, BEFORES = 8 };

struct state {
	uint32_t first, count; /* instructions in pool */
	uint32_t hash;
	uint8_t before; /* 0 when no assertion waits */
};

struct sk_regex_dfa {
	uint64_t id;
	unsigned stride; /* classes, and the end of the text */
	uint32_t *next;	 /* a row for each state, from row FIRST_STATE on */
	struct state *states;
	uint32_t count, room;
	uint32_t *pool, pool_count, pool_room;
	uint32_t *table, table_size; /* hash to state */
	uint32_t start[BEFORES];     /* rows; 0: not made yet */
	uint32_t made;		     /* states, in this search */
	unsigned flushes;
};
enum { FIRST_STATE = 3 }; /* rows below would look like the values above */

struct search {
	const struct sk_cel_regex *rx;
	struct sk_cel_regex_scratch *scratch;
	struct sk_regex_dfa *dfa;
	uint64_t *seen; /* bits: instructions */
	uint32_t *stack, depth;
	bool broken; /* no memory */
};

void sk_regex_dfa_free(struct sk_regex_dfa *dfa)
{
	if (!dfa)
		return;
	free(dfa->next);
	free(dfa->states);
	free(dfa->pool);
	free(dfa->table);
	free(dfa);
}

static void forget_states(struct sk_regex_dfa *dfa)
{
	dfa->count = FIRST_STATE;
	dfa->pool_count = 0;
	memset(dfa->table, 0, dfa->table_size * sizeof(*dfa->table));
	memset(dfa->start, 0, sizeof(dfa->start));
}

/* ---- Sets of instructions ---- */

static void push(struct search *s, uint32_t pc)
{
	uint64_t bit = (uint64_t)1 << pc % 64;

	if (s->seen[pc / 64] & bit)
		return;
	s->seen[pc / 64] |= bit;
	s->stack[s->depth++] = pc;
}

/* All that follows without taking text, where these assertions hold. */
static void follow(struct search *s, unsigned holds)
{
	while (s->depth > 0) {
		uint32_t pc = s->stack[--s->depth];
		struct sk_regex_inst inst = s->rx->code[pc];

		switch (inst.op) {
		case SK_REGEX_SPLIT_NEXT:
		case SK_REGEX_SPLIT_FAR:
			push(s, pc + 1);
			push(s, pc + (uint32_t)inst.arg);
			break;
		case SK_REGEX_JUMP:
			push(s, pc + (uint32_t)inst.arg);
			break;
		case SK_REGEX_SAVE:
			push(s, pc + 1);
			break;
		case SK_REGEX_ASSERT:
			if ((unsigned)inst.arg & holds)
				push(s, pc + 1);
			break;
		}
	}
}

/* The instructions that wait for text, or for what comes next, in the pool's free end. */
static uint32_t collect(struct search *s)
{
	struct sk_regex_dfa *dfa = s->dfa;
	uint32_t count = 0, words = (s->rx->code_count + 63) / 64;

	for (uint32_t i = 0; i < words; i++)
		for (uint64_t bits = s->seen[i]; bits; bits &= bits - 1) {
			uint32_t pc = i * 64 + (uint32_t)__builtin_ctzll(bits);
			struct sk_regex_inst inst = s->rx->code[pc];
			bool asks_next = inst.op == SK_REGEX_ASSERT &&
					 inst.arg != SK_REGEX_BEGIN_TEXT &&
					 inst.arg != SK_REGEX_BEGIN_LINE;

			if (inst.op == SK_REGEX_RUNE || inst.op == SK_REGEX_SET ||
			    inst.op == SK_REGEX_MATCH || asks_next)
				dfa->pool[dfa->pool_count + count++] = pc;
		}
	return count;
}

static void clear_seen(struct search *s)
{
	memset(s->seen, 0, (s->rx->code_count + 63) / 64 * sizeof(*s->seen));
}

static unsigned holds_after(unsigned before)
{
	unsigned holds = 0;

	if (before & AFTER_NOTHING)
		holds |= SK_REGEX_BEGIN_TEXT | SK_REGEX_BEGIN_LINE;
	if (before & AFTER_LINE)
		holds |= SK_REGEX_BEGIN_LINE;
	return holds;
}

static bool in_class(const uint8_t *classes, unsigned class)
{
	return classes[class / 8] >> class % 8 & 1;
}

static unsigned holds_between(const struct sk_cel_regex *rx, unsigned before, unsigned class)
{
	bool end = class == rx->classes, word = !end && in_class(rx->word_class, class);
	unsigned holds = holds_after(before);

	if (end)
		holds |= SK_REGEX_END_TEXT | SK_REGEX_END_LINE;
	else if (in_class(rx->line_class, class))
		holds |= SK_REGEX_END_LINE;
	return holds | (word != !!(before & AFTER_WORD) ? SK_REGEX_WORD : SK_REGEX_NO_WORD);
}

/* ---- States ---- */

static uint32_t hash_state(const uint32_t *items, uint32_t count, unsigned before)
{
	uint32_t hash = 2166136261u ^ before;

	for (uint32_t i = 0; i < count; i++)
		hash = (hash ^ items[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static bool grow(struct search *s, void *array, size_t count, size_t item)
{
	void **items = array, *grown = realloc(*items, count * item);

	if (grown)
		*items = grown;
	else
		s->broken = true;
	return grown;
}

static bool grow_table(struct search *s)
{
	struct sk_regex_dfa *dfa = s->dfa;
	uint32_t size = dfa->table_size ? dfa->table_size * 2 : 64;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table) {
		s->broken = true;
		return false;
	}
	for (uint32_t i = FIRST_STATE; i < dfa->count; i++) {
		uint32_t at = dfa->states[i].hash;

		while (table[at & (size - 1)])
			at++;
		table[at & (size - 1)] = i;
	}
	free(dfa->table);
	dfa->table = table;
	dfa->table_size = size;
	return true;
}

/* Room for one more state. Forgets the others when they are too many. */
static bool make_room(struct search *s)
{
	struct sk_regex_dfa *dfa = s->dfa;
	uint32_t room = dfa->room * 2;

	if ((size_t)dfa->count * (dfa->stride + 8) * 4 + (size_t)dfa->pool_count * 4 > MAX_MEMORY) {
		/* The new one's instructions stand behind those of the others. */
		uint32_t from = dfa->pool_count;

		forget_states(dfa);
		memmove(dfa->pool, dfa->pool + from, s->rx->code_count * sizeof(*dfa->pool));
		dfa->flushes++;
	}
	if (dfa->count == dfa->room) {
		if (!grow(s, &dfa->next, (size_t)room * dfa->stride, sizeof(*dfa->next)) ||
		    !grow(s, &dfa->states, room, sizeof(*dfa->states)))
			return false;
		dfa->room = room;
	}
	return dfa->count * 2 < dfa->table_size || grow_table(s);
}

/* Room to collect a set of any size. */
static bool reserve_pool(struct search *s)
{
	struct sk_regex_dfa *dfa = s->dfa;
	uint32_t want = dfa->pool_count + s->rx->code_count;

	if (want <= dfa->pool_room)
		return true;
	want += want / 2;
	if (!grow(s, &dfa->pool, want, sizeof(*dfa->pool)))
		return false;
	dfa->pool_room = want;
	return true;
}

/* The state of the `count` instructions at the pool's free end. */
static uint32_t find_state(struct search *s, uint32_t count, unsigned before)
{
	struct sk_regex_dfa *dfa = s->dfa;
	const uint32_t *items = dfa->pool + dfa->pool_count;
	uint32_t hash = hash_state(items, count, before), at;

	for (at = hash; dfa->table[at & (dfa->table_size - 1)]; at++) {
		uint32_t index = dfa->table[at & (dfa->table_size - 1)];
		const struct state *state = dfa->states + index;

		if (state->hash == hash && state->count == count && state->before == before &&
		    memcmp(dfa->pool + state->first, items, count * sizeof(*items)) == 0)
			return index;
	}
	if (!make_room(s))
		return 0;
	for (at = hash; dfa->table[at & (dfa->table_size - 1)]; at++)
		;
	dfa->table[at & (dfa->table_size - 1)] = dfa->count;
	dfa->states[dfa->count] = (struct state){
		.first = dfa->pool_count, .count = count, .hash = hash, .before = (uint8_t)before
	};
	dfa->pool_count += count;
	memset(dfa->next + (size_t)dfa->count * dfa->stride, 0, dfa->stride * sizeof(*dfa->next));
	dfa->made++;
	return dfa->count++;
}

/* What the instructions that were pushed lead to, as a value for `next`. */
static uint32_t make_state(struct search *s, unsigned before)
{
	const struct sk_cel_regex *rx = s->rx;
	struct sk_regex_dfa *dfa = s->dfa;
	bool waits = false;
	uint32_t count;

	follow(s, holds_after(before));
	if (!reserve_pool(s))
		return DEAD;
	count = collect(s);
	for (uint32_t i = 0; i < count; i++) {
		unsigned op = rx->code[dfa->pool[dfa->pool_count + i]].op;

		if (op == SK_REGEX_MATCH)
			return MATCHED;
		waits = waits || op == SK_REGEX_ASSERT;
	}
	if (count == 0 && rx->anchored)
		return DEAD;
	return find_state(s, count, waits ? before : 0) * dfa->stride;
}

static uint32_t start_state(struct search *s, unsigned before)
{
	uint32_t *start = s->dfa->start + before, value;

	if (*start)
		return *start;
	clear_seen(s);
	push(s, 0);
	value = make_state(s, before);
	if (value >= FIRST_ROW)
		value |= s->rx->rare_first ? FRESH | LOOK : FRESH;
	*start = value;
	return value;
}

/* ---- Steps ---- */

static unsigned before_class(const struct sk_cel_regex *rx, unsigned class)
{
	unsigned before = 0;

	if (rx->asserts & (SK_REGEX_BEGIN_LINE | SK_REGEX_END_LINE) &&
	    in_class(rx->line_class, class))
		before |= AFTER_LINE;
	if (rx->asserts & (SK_REGEX_WORD | SK_REGEX_NO_WORD) && in_class(rx->word_class, class))
		before |= AFTER_WORD;
	return before;
}

static unsigned before_position(const struct sk_cel_regex *rx, const char *text, size_t at)
{
	unsigned char c;

	if (at == 0)
		return AFTER_NOTHING;
	c = (unsigned char)text[at - 1];
	return c < 128 ? before_class(rx, rx->ascii_class[c]) : 0;
}

/* The state's instructions where the next character's class is known, in `seen`. */
static void resolve(struct search *s, const struct state *state, unsigned class)
{
	clear_seen(s);
	for (uint32_t i = 0; i < state->count; i++)
		push(s, s->dfa->pool[state->first + i]);
	follow(s, holds_between(s->rx, state->before, class));
}

/* From the row of a state by a class; the value is kept where it still can be. */
static uint32_t step(struct search *s, uint32_t row, unsigned class)
{
	const struct sk_cel_regex *rx = s->rx;
	struct sk_regex_dfa *dfa = s->dfa;
	struct state state = dfa->states[row / dfa->stride];
	uint32_t *taken, count, value, taken_count = 0;
	unsigned flushes = dfa->flushes;

	resolve(s, &state, class);
	if (!reserve_pool(s) || !sk_regex_spend(s->scratch, state.count + rx->code_count / 16 + 1))
		return DEAD;
	count = collect(s);
	taken = dfa->pool + dfa->pool_count;
	for (uint32_t i = 0; i < count; i++) {
		struct sk_regex_inst inst = rx->code[taken[i]];

		if (inst.op == SK_REGEX_MATCH)
			return dfa->next[row + class] = MATCHED;
		if (inst.op != SK_REGEX_ASSERT && class < rx->classes &&
		    sk_regex_takes(rx, inst, rx->class_rune[class]))
			taken[taken_count++] = taken[i];
	}
	if (class == rx->classes || (taken_count == 0 && rx->anchored))
		return dfa->next[row + class] = DEAD;
	if (taken_count == 0) {
		value = start_state(s, before_class(rx, class));
	} else {
		clear_seen(s);
		for (uint32_t i = 0; i < taken_count; i++)
			push(s, taken[i] + 1);
		if (!rx->anchored)
			push(s, 0);
		value = make_state(s, before_class(rx, class));
	}
	if (dfa->flushes == flushes && !s->broken)
		dfa->next[row + class] = value;
	return value;
}

static unsigned wide_class(const struct sk_cel_regex *rx, const char *text, size_t left,
			   unsigned *ret_width)
{
	uint32_t rune, lo = 0, hi = rx->class_count;

	*ret_width = sk_regex_decode_wide(text, left, &rune);
	while (hi - lo > 1) {
		uint32_t middle = lo + (hi - lo) / 2;

		if (rx->class_start[middle] <= rune)
			lo = middle;
		else
			hi = middle;
	}
	return rx->class_of[lo];
}

static bool pays(const struct sk_regex_dfa *dfa, size_t bytes)
{
	return dfa->flushes < MAX_FLUSHES || bytes / BYTES_PER_STATE >= dfa->made;
}

struct place {
	size_t at;   /* in the text */
	size_t last; /* where nothing had begun to match, the last time */
	uint32_t row;
	unsigned class; /* of what is at `at` */
	unsigned width;
};

/* From row to row; returns the first value that is none. */
static inline uint32_t walk(const struct search *s, const char *text, size_t len,
			    struct place *place)
{
	const struct sk_cel_regex *rx = s->rx;
	struct place p = *place;
	uint32_t value;

	for (;;) {
		p.width = 1;
		if (p.at >= len)
			p.class = rx->classes;
		else if ((unsigned char)text[p.at] < 128)
			p.class = rx->ascii_class[(unsigned char)text[p.at]];
		else
			p.class = wide_class(rx, text + p.at, len - p.at, &p.width);
		value = s->dfa->next[p.row + p.class];
		if (value - FIRST_ROW >= LOOK - FIRST_ROW)
			break;
		p.row = value & ~FRESH;
		p.at += p.width;
		p.last = value & FRESH ? p.at : p.last;
	}
	*place = p;
	return value;
}

/* To the next place where a match can begin; DEAD if there is none. */
static uint32_t look(struct search *s, const char *text, size_t len, size_t *at, uint32_t value)
{
	size_t found = sk_regex_candidate(s->rx, text, len, *at);

	if (found == SIZE_MAX)
		return DEAD;
	if (found == *at)
		return value;
	*at = found;
	return start_state(s, before_position(s->rx, text, found));
}

static enum sk_regex_answer run(struct search *s, const char *text, size_t len, size_t begin,
				size_t *ret_begin)
{
	uint32_t value = start_state(s, before_position(s->rx, text, begin));
	struct place place = { .at = begin, .last = begin };

	while (value != MATCHED && value != DEAD) {
		if (value & LOOK)
			value = look(s, text, len, &place.at, value);
		if (value == DEAD)
			break;
		if (s->broken || s->scratch->failed || !pays(s->dfa, place.at - begin))
			return SK_REGEX_GIVE_UP;
		if (value & FRESH)
			place.last = place.at;
		place.row = value & ~(FRESH | LOOK);
		value = walk(s, text, len, &place);
		if (value == UNKNOWN)
			value = step(s, place.row, place.class);
		place.at += place.width;
	}
	sk_regex_spend(s->scratch, (place.at - begin) / BYTES_AS_WORK);
	if (s->broken || s->scratch->failed)
		return SK_REGEX_GIVE_UP;
	*ret_begin = place.last;
	return value == MATCHED ? SK_REGEX_YES : SK_REGEX_NO;
}

/* ---- The scratch ---- */

static struct sk_regex_dfa *new_dfa(const struct sk_cel_regex *rx)
{
	struct sk_regex_dfa *dfa = calloc(1, sizeof(*dfa));

	if (!dfa)
		return NULL;
	dfa->id = rx->id;
	dfa->stride = rx->classes + 1;
	dfa->room = 8;
	dfa->table_size = 32;
	dfa->next = malloc((size_t)dfa->room * dfa->stride * sizeof(*dfa->next));
	dfa->states = malloc(dfa->room * sizeof(*dfa->states));
	dfa->table = malloc(dfa->table_size * sizeof(*dfa->table));
	if (!dfa->next || !dfa->states || !dfa->table) {
		sk_regex_dfa_free(dfa);
		return NULL;
	}
	forget_states(dfa);
	return dfa;
}

enum sk_regex_answer sk_regex_dfa(const struct sk_cel_regex *rx,
				  struct sk_cel_regex_scratch *scratch, const char *text,
				  size_t len, size_t start, size_t *ret_begin)
{
	size_t words = (rx->code_count + 63) / 64;
	struct sk_regex_memory *memory = sk_regex_memory(scratch);
	struct sk_regex_dfa **slot;
	struct search s = { .rx = rx, .scratch = scratch };

	if (!memory || rx->classes == 0)
		return SK_REGEX_GIVE_UP;
	slot = memory->dfas + rx->id % SK_REGEX_DFAS;
	if (*slot && (*slot)->id != rx->id) {
		sk_regex_dfa_free(*slot);
		*slot = NULL;
	}
	if (!*slot)
		*slot = new_dfa(rx);
	s.dfa = *slot;
	s.seen =
		sk_regex_work(scratch, words * sizeof(*s.seen) + rx->code_count * sizeof(*s.stack));
	if (!s.dfa || !s.seen)
		return SK_REGEX_GIVE_UP;
	s.stack = (uint32_t *)(s.seen + words);
	s.dfa->made = s.dfa->flushes = 0;
	return run(&s, text, len, start, ret_begin);
}
