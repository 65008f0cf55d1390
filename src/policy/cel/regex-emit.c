/* SPDX-License-Identifier: Apache-2.0 */
/* Code that grows while a pattern is read. */
#include "policy/cel/regex-parse.h"

#include <stdlib.h>
#include <string.h>

/* Ranges of all sets together: what hostile classes may take (2 MiB). */
enum { MAX_RANGES = 1 << 18 };
/* Additions of ranges, some 50 ns each: thousands of \p{L} or of (?i)[^x]. */
enum { MAX_WORK = 1 << 22 };

bool sk_regex_fail(struct sk_regex_parser *p, const char *error, size_t at)
{
	if (!p->error) {
		p->error = error;
		p->error_at = at;
	}
	return false;
}

bool sk_regex_no_memory(struct sk_regex_parser *p)
{
	return sk_regex_fail(p, "out of memory", p->at);
}

/* Room for `more` items; doubles. */
bool sk_regex_reserve(struct sk_regex_parser *p, void *array, uint32_t *room, size_t count,
		      size_t item)
{
	void **items = array, *grown;
	size_t want = *room ? *room : 16;

	if (count <= *room)
		return true;
	while (want < count)
		want *= 2;
	grown = realloc(*items, want * item);
	if (!grown)
		return sk_regex_no_memory(p);
	*items = grown;
	*room = (uint32_t)want;
	return true;
}

/* ---- Code ---- */

static bool reserve_code(struct sk_regex_parser *p, uint64_t more)
{
	struct sk_cel_regex *rx = p->rx;

	if (more > SK_CEL_REGEX_MAX_CODE - rx->code_count)
		return sk_regex_fail(p, "expression too large", p->at);
	return sk_regex_reserve(p, &rx->code, &p->code_room, rx->code_count + more,
				sizeof(*rx->code));
}

bool sk_regex_emit(struct sk_regex_parser *p, enum sk_regex_op op, int32_t arg)
{
	if (!reserve_code(p, 1))
		return false;
	p->rx->code[p->rx->code_count++] = (struct sk_regex_inst){ .op = (uint8_t)op, .arg = arg };
	return true;
}

/* Before what begins at `at`, which goes to the code's end; jumps in it stay right. */
static bool insert(struct sk_regex_parser *p, uint32_t at, enum sk_regex_op op, int32_t arg)
{
	struct sk_cel_regex *rx = p->rx;

	if (!reserve_code(p, 1))
		return false;
	memmove(rx->code + at + 1, rx->code + at, (rx->code_count - at) * sizeof(*rx->code));
	rx->code[at] = (struct sk_regex_inst){ .op = (uint8_t)op, .arg = arg };
	rx->code_count++;
	return true;
}

static struct sk_regex_part joined(struct sk_regex_part a, struct sk_regex_part b)
{
	return (struct sk_regex_part){ .empty = a.empty && b.empty,
				       .repeats = a.repeats > b.repeats ? a.repeats : b.repeats };
}

static struct sk_regex_part either(struct sk_regex_part a, struct sk_regex_part b)
{
	return (struct sk_regex_part){ .empty = a.empty || b.empty,
				       .repeats = a.repeats > b.repeats ? a.repeats : b.repeats };
}

static const struct sk_regex_part nothing = { .empty = true, .repeats = 1 };

/* What comes next is the operand. */
static void begin_operand(struct sk_regex_parser *p, bool empty)
{
	struct sk_regex_group *group = p->groups + p->depth;

	if (p->has_operand)
		group->before = joined(group->before, p->part);
	p->has_operand = true;
	p->operand = p->rx->code_count;
	p->part = (struct sk_regex_part){ .empty = empty, .repeats = 1 };
}

bool sk_regex_operand(struct sk_regex_parser *p, enum sk_regex_op op, int32_t arg)
{
	begin_operand(p, op == SK_REGEX_ASSERT);
	return sk_regex_emit(p, op, arg);
}

/* ---- Sets ---- */

static uint32_t hash_ranges(const struct sk_regex_range *items, uint32_t count)
{
	uint32_t hash = 2166136261u;

	for (uint32_t i = 0; i < count; i++)
		hash = ((hash ^ items[i].lo) * 16777619u ^ items[i].hi) * 16777619u;
	return hash ^ hash >> 15;
}

static bool grow_set_table(struct sk_regex_parser *p)
{
	struct sk_cel_regex *rx = p->rx;
	uint32_t size = p->set_table_size ? p->set_table_size * 2 : 16;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table)
		return sk_regex_no_memory(p);
	for (uint32_t i = 0; i < rx->set_count; i++) {
		uint32_t at = hash_ranges(rx->ranges + rx->sets[i].first, rx->sets[i].count);

		while (table[at & (size - 1)])
			at++;
		table[at & (size - 1)] = i + 1;
	}
	free(p->set_table);
	p->set_table = table;
	p->set_table_size = size;
	return true;
}

static bool new_set(struct sk_regex_parser *p, const struct sk_regex_ranges *ranges)
{
	struct sk_cel_regex *rx = p->rx;
	struct sk_regex_set *set;

	if (ranges->count > MAX_RANGES - rx->range_count)
		return sk_regex_fail(p, "expression too large", p->at);
	/* One more, so that there are ranges to point to when all sets are empty. */
	if (!sk_regex_reserve(p, &rx->sets, &p->set_room, rx->set_count + 1, sizeof(*rx->sets)) ||
	    !sk_regex_reserve(p, &rx->ranges, &p->range_room, rx->range_count + ranges->count + 1,
			      sizeof(*rx->ranges)))
		return false;
	set = rx->sets + rx->set_count++;
	*set = (struct sk_regex_set){ .first = rx->range_count, .count = ranges->count };
	if (ranges->count > 0)
		memcpy(rx->ranges + set->first, ranges->items,
		       ranges->count * sizeof(*ranges->items));
	rx->range_count += ranges->count;
	for (uint32_t i = 0; i < ranges->count; i++)
		for (uint32_t c = ranges->items[i].lo; c <= ranges->items[i].hi && c < 128; c++)
			set->ascii[c / 64] |= (uint64_t)1 << c % 64;
	return true;
}

bool sk_regex_spend_ranges(struct sk_regex_parser *p, struct sk_regex_ranges *ranges)
{
	p->work += ranges->work;
	ranges->work = 0;
	if (p->work > MAX_WORK)
		sk_regex_fail(p, "expression too large", p->at);
	return !p->error;
}

/* Where the table has that set, or where it goes. */
static uint32_t *find_set(const struct sk_regex_parser *p, const struct sk_regex_ranges *ranges)
{
	const struct sk_cel_regex *rx = p->rx;

	for (uint32_t at = hash_ranges(ranges->items, ranges->count);; at++) {
		uint32_t *slot = p->set_table + (at & (p->set_table_size - 1));
		const struct sk_regex_set *set;

		if (!*slot)
			return slot;
		set = rx->sets + *slot - 1;
		if (set->count == ranges->count &&
		    (set->count == 0 || memcmp(rx->ranges + set->first, ranges->items,
					       set->count * sizeof(*ranges->items)) == 0))
			return slot;
	}
}

static bool use_set(struct sk_regex_parser *p, const struct sk_regex_ranges *ranges)
{
	struct sk_cel_regex *rx = p->rx;
	uint32_t *slot;

	if (ranges->failed)
		return sk_regex_no_memory(p);
	if (ranges->count == 1 && ranges->items->lo == ranges->items->hi)
		return sk_regex_operand(p, SK_REGEX_RUNE, (int32_t)ranges->items->lo);
	if (rx->set_count * 2 >= p->set_table_size && !grow_set_table(p))
		return false;
	slot = find_set(p, ranges);
	if (!*slot) {
		if (!new_set(p, ranges))
			return false;
		*slot = rx->set_count;
	}
	return sk_regex_operand(p, SK_REGEX_SET, (int32_t)*slot - 1);
}

bool sk_regex_operand_set(struct sk_regex_parser *p, struct sk_regex_ranges *ranges)
{
	bool r;

	sk_regex_ranges_clean(ranges);
	r = sk_regex_spend_ranges(p, ranges) && use_set(p, ranges);
	free(ranges->items);
	return r;
}

bool sk_regex_operand_rune(struct sk_regex_parser *p, uint32_t rune)
{
	struct sk_regex_ranges ranges = { 0 };

	if (!(p->flags & SK_REGEX_FOLD) || sk_regex_fold(rune) == rune)
		return sk_regex_operand(p, SK_REGEX_RUNE, (int32_t)rune);
	sk_regex_ranges_add_fold(&ranges, rune, rune);
	return sk_regex_operand_set(p, &ranges);
}

/* ---- Repetition ---- */

/* Copies of the operand: `count` of them at the end. */
static bool copy_operand(struct sk_regex_parser *p, const struct sk_regex_inst *from, uint32_t size,
			 uint32_t count)
{
	struct sk_cel_regex *rx = p->rx;

	if (!reserve_code(p, (uint64_t)size * count))
		return false;
	for (uint32_t i = 0; i < count; i++, rx->code_count += size)
		memcpy(rx->code + rx->code_count, from, size * sizeof(*from));
	return true;
}

/* x+: back to it, from what begins at `begin`. */
static bool loop_back(struct sk_regex_parser *p, uint32_t begin, bool lazy)
{
	return sk_regex_emit(p, lazy ? SK_REGEX_SPLIT_NEXT : SK_REGEX_SPLIT_FAR,
			     (int32_t)begin - (int32_t)p->rx->code_count);
}

/* x?: past it. */
static bool skip_over(struct sk_regex_parser *p, uint32_t begin, bool lazy)
{
	return insert(p, begin, lazy ? SK_REGEX_SPLIT_FAR : SK_REGEX_SPLIT_NEXT,
		      (int32_t)(p->rx->code_count - begin) + 1);
}

static bool repeat_star(struct sk_regex_parser *p, bool lazy)
{
	/* What can be empty is (x+)?, as in Go, so that its captures are those of the last round. */
	if (p->part.empty)
		return loop_back(p, p->operand, lazy) && skip_over(p, p->operand, lazy);
	if (!sk_regex_emit(p, SK_REGEX_JUMP, (int32_t)p->operand - (int32_t)p->rx->code_count - 1))
		return false;
	return skip_over(p, p->operand, lazy);
}

/* x{min,max}: min copies, then the others, each optional within the one before it. */
static bool repeat_counted(struct sk_regex_parser *p, uint32_t min, uint32_t max, bool lazy)
{
	struct sk_cel_regex *rx = p->rx;
	uint32_t size = rx->code_count - p->operand, optional = max - min;
	struct sk_regex_inst *one;
	bool r;

	if (!reserve_code(p, (uint64_t)size * max + optional))
		return false;
	one = malloc((size ? size : 1) * sizeof(*one));
	if (!one)
		return sk_regex_no_memory(p);
	memcpy(one, rx->code + p->operand, size * sizeof(*one));
	rx->code_count = p->operand;
	r = copy_operand(p, one, size, min);
	for (uint32_t left = optional; left > 0 && r; left--)
		r = sk_regex_emit(p, lazy ? SK_REGEX_SPLIT_FAR : SK_REGEX_SPLIT_NEXT,
				  (int32_t)(left * (size + 1))) &&
		    copy_operand(p, one, size, 1);
	free(one);
	return r;
}

bool sk_regex_repeat(struct sk_regex_parser *p, int min, int max, bool lazy)
{
	struct sk_cel_regex *rx = p->rx;
	uint32_t size = rx->code_count - p->operand, last;

	if (size == 0) /* of nothing: nothing */
		return true;
	if (max == 0) {
		rx->code_count = p->operand;
	} else if (min == 0 && max == SK_REGEX_NO_MAX) {
		if (!repeat_star(p, lazy))
			return false;
	} else if (max == SK_REGEX_NO_MAX) {
		last = p->operand + size * (uint32_t)(min - 1);
		if (!repeat_counted(p, (uint32_t)min, (uint32_t)min, lazy) ||
		    !loop_back(p, last, lazy))
			return false;
	} else if (!repeat_counted(p, (uint32_t)min, (uint32_t)max, lazy)) {
		return false;
	}
	p->part.empty = p->part.empty || min == 0;
	return true;
}

/* ---- Groups ---- */

bool sk_regex_begin(struct sk_regex_parser *p)
{
	if (!sk_regex_reserve(p, &p->groups, &p->group_room, 1, sizeof(*p->groups)))
		return false;
	p->groups[0] = (struct sk_regex_group){ .branch = p->rx->code_count, .before = nothing };
	return true;
}

bool sk_regex_open_group(struct sk_regex_parser *p, uint32_t capture, unsigned flags)
{
	struct sk_regex_group *group;

	if (p->depth == SK_CEL_REGEX_MAX_DEPTH)
		return sk_regex_fail(p, "expression nests too deeply", p->at);
	if (!sk_regex_reserve(p, &p->groups, &p->group_room, p->depth + 2, sizeof(*p->groups)))
		return false;
	begin_operand(p, true); /* the group as a whole */
	group = p->groups + ++p->depth;
	*group = (struct sk_regex_group){
		.begin = p->operand, .capture = capture, .flags = flags, .before = nothing
	};
	/* What is outside has its operand in group->before already, but for the group. */
	p->has_operand = false;
	if (capture && !sk_regex_emit(p, SK_REGEX_SAVE, (int32_t)capture * 2))
		return false;
	group->branch = p->rx->code_count;
	return true;
}

/* The alternative that ends here, as one part. */
static struct sk_regex_part end_branch(struct sk_regex_parser *p)
{
	struct sk_regex_group *group = p->groups + p->depth;
	struct sk_regex_part branch =
		p->has_operand ? joined(group->before, p->part) : group->before;

	p->has_operand = false;
	group->before = nothing;
	return branch;
}

bool sk_regex_next_branch(struct sk_regex_parser *p)
{
	struct sk_regex_group *group = p->groups + p->depth;
	struct sk_regex_part branch = end_branch(p);
	struct sk_cel_regex *rx = p->rx;

	group->others = group->jumps ? either(group->others, branch) : branch;
	p->at++;
	if (!insert(p, group->branch, SK_REGEX_SPLIT_NEXT,
		    (int32_t)(rx->code_count - group->branch) + 2) ||
	    !sk_regex_emit(p, SK_REGEX_JUMP, (int32_t)group->jumps))
		return false;
	group->jumps = rx->code_count - 1;
	group->branch = rx->code_count;
	return true;
}

/* Ends the group, or the pattern; returns what it was. */
struct sk_regex_part sk_regex_end_group(struct sk_regex_parser *p)
{
	struct sk_regex_group *group = p->groups + p->depth;
	struct sk_regex_part part = end_branch(p);
	struct sk_cel_regex *rx = p->rx;

	if (group->jumps)
		part = either(group->others, part);
	for (uint32_t at = group->jumps, before; at; at = before) {
		before = (uint32_t)rx->code[at].arg;
		rx->code[at].arg = (int32_t)(rx->code_count - at);
	}
	return part;
}

bool sk_regex_close_group(struct sk_regex_parser *p)
{
	struct sk_regex_group group;
	struct sk_regex_part part;

	if (p->depth == 0)
		return sk_regex_fail(p, "unexpected )", p->at);
	p->at++;
	part = sk_regex_end_group(p);
	group = p->groups[p->depth--];
	p->flags = group.flags;
	p->has_operand = true;
	p->operand = group.begin;
	p->part = part;
	return !group.capture || sk_regex_emit(p, SK_REGEX_SAVE, (int32_t)group.capture * 2 + 1);
}
