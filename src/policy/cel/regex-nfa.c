/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text, by following all ways through the code in step. The threads of a
 * position are in order of preference; each has its own captures.
 */
#include "policy/cel/regex-internal.h"

#include <string.h>

struct threads {
	uint32_t *pcs;	   /* RUNE, SET and MATCH instructions */
	ptrdiff_t *groups; /* `slots` for each */
	uint32_t count;
};

struct search {
	const struct sk_cel_regex *rx;
	struct sk_cel_regex_scratch *scratch;
	const char *text;
	size_t len, slots;
	uint32_t *seen; /* the round in which an instruction was added last */
	uint32_t round;
	struct sk_regex_jobs jobs;
	ptrdiff_t *now; /* captures on the way */
};

/* One instruction and what follows it without taking text. */
static void follow(struct search *s, struct threads *list, uint32_t pc, size_t at, unsigned holds)
{
	while (s->seen[pc] != s->round) {
		struct sk_regex_inst inst = s->rx->code[pc];

		s->seen[pc] = s->round;
		switch (inst.op) {
		case SK_REGEX_SPLIT_NEXT:
			sk_regex_push(&s->jobs, pc + (uint32_t)inst.arg, 0);
			pc++;
			break;
		case SK_REGEX_SPLIT_FAR:
			sk_regex_push(&s->jobs, pc + 1, 0);
			pc += (uint32_t)inst.arg;
			break;
		case SK_REGEX_JUMP:
			pc += (uint32_t)inst.arg;
			break;
		case SK_REGEX_SAVE:
			if (s->slots) {
				sk_regex_push(&s->jobs, SK_REGEX_RESTORE | (uint32_t)inst.arg,
					      s->now[inst.arg]);
				s->now[inst.arg] = (ptrdiff_t)at;
			}
			pc++;
			break;
		case SK_REGEX_ASSERT:
			if (!((unsigned)inst.arg & holds))
				return;
			pc++;
			break;
		default:
			if (s->slots)
				memcpy(list->groups + list->count * s->slots, s->now,
				       s->slots * sizeof(*s->now));
			list->pcs[list->count++] = pc;
			return;
		}
	}
}

/* Adds what `pc` leads to; s->now are the captures so far. */
static void add(struct search *s, struct threads *list, uint32_t pc, size_t at, unsigned holds)
{
	sk_regex_push(&s->jobs, pc, 0);
	while (s->jobs.count > 0) {
		struct sk_regex_job job = s->jobs.items[--s->jobs.count];

		if (job.pc & SK_REGEX_RESTORE)
			s->now[job.pc & ~SK_REGEX_RESTORE] = job.at;
		else
			follow(s, list, job.pc, at, holds);
	}
}

static void add_begin(struct search *s, struct threads *list, size_t at, unsigned holds)
{
	for (size_t i = 0; i < s->slots; i++)
		s->now[i] = -1;
	if (s->slots)
		s->now[0] = (ptrdiff_t)at;
	add(s, list, 0, at, holds);
}

/* The threads after the code point at `at`; true at a match, behind which there are no others. */
static bool step(struct search *s, const struct threads *from, struct threads *to, size_t at,
		 size_t next, unsigned holds, ptrdiff_t *ret_groups)
{
	uint32_t rune = 0;

	if (next > at)
		sk_regex_decode(s->text + at, s->len - at, &rune);
	for (uint32_t i = 0; i < from->count; i++) {
		struct sk_regex_inst inst = s->rx->code[from->pcs[i]];
		const ptrdiff_t *groups = from->groups + i * s->slots;

		if (inst.op == SK_REGEX_MATCH) {
			if (ret_groups) {
				memcpy(ret_groups, groups, s->slots * sizeof(*groups));
				ret_groups[1] = (ptrdiff_t)at;
			}
			return true;
		}
		if (next == at || !sk_regex_takes(s->rx, inst, rune))
			continue;
		if (s->slots)
			memcpy(s->now, groups, s->slots * sizeof(*groups));
		add(s, to, from->pcs[i] + 1, next, holds);
	}
	return false;
}

static bool run(struct search *s, struct threads lists[2], size_t at, ptrdiff_t *ret_groups)
{
	const struct sk_cel_regex *rx = s->rx;
	struct threads *now = lists, *later = lists + 1, *swap;
	unsigned holds = 0;
	bool found = false;

	for (bool fresh = true;; fresh = false) {
		size_t next = at;

		if (now->count == 0) {
			size_t begin =
				found ? SIZE_MAX : sk_regex_candidate(rx, s->text, s->len, at);

			if (begin == SIZE_MAX)
				return found;
			if (begin > at) {
				fresh = true;
				s->round++; /* what did not hold there may hold here */
			}
			next = at = begin;
		}
		if (fresh && rx->asserts)
			holds = sk_regex_holds(s->text, s->len, at);
		if (!found && (!rx->anchored || at == 0))
			add_begin(s, now, at, holds);
		if (at < s->len)
			next += sk_regex_decode(s->text + at, s->len - at, &(uint32_t){ 0 });
		s->round++;
		later->count = 0;
		if (rx->asserts)
			holds = sk_regex_holds(s->text, s->len, next);
		if (step(s, now, later, at, next, holds, ret_groups)) {
			found = true;
			if (!ret_groups)
				return true;
		}
		if (next == at || s->jobs.failed || !sk_regex_spend(s->scratch, now->count + 1))
			return found;
		swap = now;
		now = later;
		later = swap;
		at = next;
	}
}

bool sk_regex_nfa(const struct sk_cel_regex *rx, struct sk_cel_regex_scratch *scratch,
		  const char *text, size_t len, size_t start, ptrdiff_t *ret_groups)
{
	struct search s = { .rx = rx, .scratch = scratch, .text = text, .len = len, .round = 1 };
	struct threads lists[2] = { 0 };
	size_t groups;
	char *work;
	bool found;

	s.slots = ret_groups ? 2 * ((size_t)rx->groups + 1) : 0;
	groups = rx->takers * s.slots * sizeof(ptrdiff_t);
	work = sk_regex_work(scratch, 2 * groups + s.slots * sizeof(ptrdiff_t) +
					      rx->code_count * sizeof(uint32_t) +
					      2 * rx->takers * sizeof(uint32_t));
	if (!work || !sk_regex_jobs_begin(scratch, &s.jobs))
		return false;
	s.now = (ptrdiff_t *)(void *)(work + 2 * groups);
	s.seen = (uint32_t *)(s.now + s.slots);
	for (int i = 0; i < 2; i++) {
		lists[i].groups = (ptrdiff_t *)(void *)(work + i * groups);
		lists[i].pcs = s.seen + rx->code_count + i * rx->takers;
	}
	memset(s.seen, 0, rx->code_count * sizeof(*s.seen));
	sk_regex_spend(scratch, rx->code_count / 16);
	found = run(&s, lists, start, ret_groups);
	sk_regex_jobs_end(scratch, &s.jobs);
	return found && !scratch->failed;
}
