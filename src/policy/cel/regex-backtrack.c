/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short texts, by trying what the code prefers first. No instruction is tried
 * twice at one position, which bounds the work to code times text.
 */
#include "policy/cel/regex-internal.h"

#include <string.h>

/* Instructions times positions; beyond that, sk_regex_nfa() needs less memory. */
enum { MAX_BITS = 256 * 1024 };

struct search {
	const struct sk_cel_regex *rx;
	const char *text;
	size_t len, start;
	uint64_t *tried; /* bits: instruction and position */
	struct sk_regex_jobs jobs;
	ptrdiff_t *groups; /* NULL: not asked */
	uint64_t work;
};

static bool try_once(struct search *s, uint32_t pc, size_t at)
{
	size_t bit = (size_t)pc * (s->len - s->start + 1) + (at - s->start);
	uint64_t mask = (uint64_t)1 << bit % 64;

	if (s->tried[bit / 64] & mask)
		return false;
	s->tried[bit / 64] |= mask;
	return true;
}

/* Follows one way to its end; ways that were passed by become jobs. True at a match. */
static bool follow(struct search *s, uint32_t pc, size_t at)
{
	const struct sk_cel_regex *rx = s->rx;
	uint32_t rune;
	unsigned width;

	while (try_once(s, pc, at)) {
		struct sk_regex_inst inst = rx->code[pc];

		s->work++;
		switch (inst.op) {
		case SK_REGEX_RUNE:
		case SK_REGEX_SET:
			if (at == s->len)
				return false;
			width = sk_regex_decode(s->text + at, s->len - at, &rune);
			if (!sk_regex_takes(rx, inst, rune))
				return false;
			at += width;
			pc++;
			break;
		case SK_REGEX_SPLIT_NEXT:
			sk_regex_push(&s->jobs, pc + (uint32_t)inst.arg, (ptrdiff_t)at);
			pc++;
			break;
		case SK_REGEX_SPLIT_FAR:
			sk_regex_push(&s->jobs, pc + 1, (ptrdiff_t)at);
			pc += (uint32_t)inst.arg;
			break;
		case SK_REGEX_JUMP:
			pc += (uint32_t)inst.arg;
			break;
		case SK_REGEX_SAVE:
			if (s->groups) {
				sk_regex_push(&s->jobs, SK_REGEX_RESTORE | (uint32_t)inst.arg,
					      s->groups[inst.arg]);
				s->groups[inst.arg] = (ptrdiff_t)at;
			}
			pc++;
			break;
		case SK_REGEX_ASSERT:
			if (!(sk_regex_holds(s->text, s->len, at) & (unsigned)inst.arg))
				return false;
			pc++;
			break;
		default:
			if (s->groups)
				s->groups[1] = (ptrdiff_t)at;
			return true;
		}
	}
	return false;
}

static bool try_from(struct search *s, size_t begin)
{
	sk_regex_push(&s->jobs, 0, (ptrdiff_t)begin);
	while (s->jobs.count > 0) {
		struct sk_regex_job job = s->jobs.items[--s->jobs.count];

		if (job.pc & SK_REGEX_RESTORE)
			s->groups[job.pc & ~SK_REGEX_RESTORE] = job.at;
		else if (follow(s, job.pc, (size_t)job.at))
			return true;
	}
	return false;
}

enum sk_regex_answer sk_regex_backtrack(const struct sk_cel_regex *rx,
					struct sk_cel_regex_scratch *scratch, const char *text,
					size_t len, size_t start, ptrdiff_t *ret_groups)
{
	struct search s = {
		.rx = rx, .text = text, .len = len, .start = start, .groups = ret_groups
	};
	size_t bits, slots = 2 * (rx->groups + 1);
	bool found = false;

	if (len - start >= MAX_BITS / rx->code_count)
		return SK_REGEX_GIVE_UP;
	bits = (len - start + 1) * rx->code_count;
	s.tried = sk_regex_work(scratch, (bits + 63) / 64 * 8);
	if (!s.tried || !sk_regex_jobs_begin(scratch, &s.jobs))
		return SK_REGEX_GIVE_UP;
	memset(s.tried, 0, (bits + 63) / 64 * 8);
	for (size_t i = 0; ret_groups && i < slots; i++)
		ret_groups[i] = -1;
	for (size_t at = start; at <= len && !found && !s.jobs.failed;) {
		at = sk_regex_candidate(rx, text, len, at);
		if (at == SIZE_MAX)
			break;
		if (ret_groups)
			ret_groups[0] = (ptrdiff_t)at;
		found = try_from(&s, at);
		if (at == len)
			break;
		at += sk_regex_decode(text + at, len - at, &(uint32_t){ 0 });
	}
	sk_regex_jobs_end(scratch, &s.jobs);
	if (!sk_regex_spend(scratch, s.work + bits / 256))
		return SK_REGEX_NO;
	return found ? SK_REGEX_YES : SK_REGEX_NO;
}
