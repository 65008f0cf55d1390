/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns, as Go's regexp/syntax reads them, become code in one pass. What
 * was read last, the operand, is the end of the code; an operator that comes
 * after it copies it or puts an instruction before it. Open groups are on a
 * stack of our own.
 */
#include "policy/cel/regex-internal.h"

#include <stdlib.h>
#include <string.h>

/* Ranges of all sets together: what hostile classes may take (2 MiB). */
enum { MAX_RANGES = 1 << 18 };

enum parse_flags {
	FOLD = 1 << 0,	/* (?i) */
	LINES = 1 << 1, /* (?m): ^ and $ match at lines too */
	DOT_ALL = 1 << 2,
	LAZY = 1 << 3, /* (?U) */
};

/* A part of the pattern, as far as operators ask. */
struct part {
	bool empty;	  /* can match the empty text */
	uint32_t repeats; /* the largest product of counted repetitions in it */
};

struct group {
	uint32_t begin;	 /* in code */
	uint32_t branch; /* where the alternative that is being read begins */
	uint32_t jumps;	 /* the last of the jumps to the group's end, each with the one before it; 0 none */
	uint32_t capture; /* number; 0 none */
	unsigned flags;	  /* those outside of it */
	struct part before; /* in this alternative, without the operand */
	struct part others; /* alternatives that are complete */
};

struct parser {
	struct sk_cel_regex *rx;
	const char *text;
	size_t len, at;
	unsigned flags;
	const char *error;
	size_t error_at;

	uint32_t code_room, set_room, range_room, name_room;
	uint32_t *set_table; /* hash of sets, index + 1 */
	uint32_t set_table_size;

	struct group *groups; /* [0] is the pattern itself */
	uint32_t depth, group_room;

	bool has_operand;
	uint32_t operand; /* where it begins in code */
	struct part part; /* what it is */
	size_t repeat_at; /* the repetition that ends here began there, or SIZE_MAX */
};

static bool fail(struct parser *p, const char *error, size_t at)
{
	if (!p->error) {
		p->error = error;
		p->error_at = at;
	}
	return false;
}

static bool no_memory(struct parser *p)
{
	return fail(p, "out of memory", p->at);
}

/* Room for `more` items; doubles. */
static bool reserve(struct parser *p, void *array, uint32_t *room, size_t count, size_t item)
{
	void **items = array, *grown;
	size_t want = *room ? *room : 16;

	if (count <= *room)
		return true;
	while (want < count)
		want *= 2;
	grown = realloc(*items, want * item);
	if (!grown)
		return no_memory(p);
	*items = grown;
	*room = (uint32_t)want;
	return true;
}

/* ---- Code ---- */

static bool reserve_code(struct parser *p, uint64_t more)
{
	struct sk_cel_regex *rx = p->rx;

	if (more > SK_CEL_REGEX_MAX_CODE - rx->code_count)
		return fail(p, "expression too large", p->at);
	return reserve(p, &rx->code, &p->code_room, rx->code_count + more, sizeof(*rx->code));
}

static bool emit(struct parser *p, enum sk_regex_op op, int32_t arg)
{
	if (!reserve_code(p, 1))
		return false;
	p->rx->code[p->rx->code_count++] = (struct sk_regex_inst){ .op = (uint8_t)op, .arg = arg };
	return true;
}

/* Before what begins at `at`, which goes to the code's end; jumps in it stay right. */
static bool insert(struct parser *p, uint32_t at, enum sk_regex_op op, int32_t arg)
{
	struct sk_cel_regex *rx = p->rx;

	if (!reserve_code(p, 1))
		return false;
	memmove(rx->code + at + 1, rx->code + at, (rx->code_count - at) * sizeof(*rx->code));
	rx->code[at] = (struct sk_regex_inst){ .op = (uint8_t)op, .arg = arg };
	rx->code_count++;
	return true;
}

static struct part joined(struct part a, struct part b)
{
	return (struct part){ .empty = a.empty && b.empty,
			      .repeats = a.repeats > b.repeats ? a.repeats : b.repeats };
}

static struct part either(struct part a, struct part b)
{
	return (struct part){ .empty = a.empty || b.empty,
			      .repeats = a.repeats > b.repeats ? a.repeats : b.repeats };
}

static const struct part nothing = { .empty = true, .repeats = 1 };

/* What comes next is the operand. */
static void begin_operand(struct parser *p, bool empty)
{
	struct group *group = p->groups + p->depth;

	if (p->has_operand)
		group->before = joined(group->before, p->part);
	p->has_operand = true;
	p->operand = p->rx->code_count;
	p->part = (struct part){ .empty = empty, .repeats = 1 };
}

static bool operand(struct parser *p, enum sk_regex_op op, int32_t arg)
{
	begin_operand(p, op == SK_REGEX_ASSERT);
	return emit(p, op, arg);
}

static void use_assert(struct parser *p, enum sk_regex_assert assert)
{
	p->rx->asserts |= assert;
	operand(p, SK_REGEX_ASSERT, (int32_t)assert);
}

/* ---- Sets ---- */

static uint32_t hash_ranges(const struct sk_regex_range *items, uint32_t count)
{
	uint32_t hash = 2166136261u;

	for (uint32_t i = 0; i < count; i++)
		hash = ((hash ^ items[i].lo) * 16777619u ^ items[i].hi) * 16777619u;
	return hash ^ hash >> 15;
}

static bool grow_set_table(struct parser *p)
{
	struct sk_cel_regex *rx = p->rx;
	uint32_t size = p->set_table_size ? p->set_table_size * 2 : 16;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table)
		return no_memory(p);
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

static bool new_set(struct parser *p, const struct sk_regex_ranges *ranges)
{
	struct sk_cel_regex *rx = p->rx;
	struct sk_regex_set *set;

	if (ranges->count > MAX_RANGES - rx->range_count)
		return fail(p, "expression too large", p->at);
	/* One more, so that there are ranges to point to when all sets are empty. */
	if (!reserve(p, &rx->sets, &p->set_room, rx->set_count + 1, sizeof(*rx->sets)) ||
	    !reserve(p, &rx->ranges, &p->range_room, rx->range_count + ranges->count + 1,
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

/* The operand is one of these code points. Frees them. */
static bool operand_set(struct parser *p, struct sk_regex_ranges *ranges)
{
	struct sk_cel_regex *rx = p->rx;
	uint32_t at, *slot = NULL;
	bool r = true;

	sk_regex_ranges_clean(ranges);
	if (ranges->failed) {
		r = no_memory(p);
	} else if (ranges->count == 1 && ranges->items->lo == ranges->items->hi) {
		r = operand(p, SK_REGEX_RUNE, (int32_t)ranges->items->lo);
		free(ranges->items);
		return r;
	}
	if (r && rx->set_count * 2 >= p->set_table_size)
		r = grow_set_table(p);
	for (at = r ? hash_ranges(ranges->items, ranges->count) : 0; r; at++) {
		const struct sk_regex_set *set;

		slot = p->set_table + (at & (p->set_table_size - 1));
		if (!*slot)
			break;
		set = rx->sets + *slot - 1;
		if (set->count == ranges->count &&
		    (set->count == 0 || memcmp(rx->ranges + set->first, ranges->items,
					       set->count * sizeof(*ranges->items)) == 0))
			break;
	}
	if (r && !*slot) {
		r = new_set(p, ranges);
		if (r)
			*slot = rx->set_count;
	}
	if (r)
		r = operand(p, SK_REGEX_SET, (int32_t)*slot - 1);
	free(ranges->items);
	return r;
}

static bool operand_rune(struct parser *p, uint32_t rune)
{
	struct sk_regex_ranges ranges = { 0 };

	if (!(p->flags & FOLD) || sk_regex_fold(rune) == rune)
		return operand(p, SK_REGEX_RUNE, (int32_t)rune);
	sk_regex_ranges_add_fold(&ranges, rune, rune);
	return operand_set(p, &ranges);
}

static bool operand_dot(struct parser *p)
{
	struct sk_regex_ranges ranges = { 0 };

	if (p->flags & DOT_ALL) {
		sk_regex_ranges_add(&ranges, 0, SK_REGEX_MAX_RUNE);
	} else {
		sk_regex_ranges_add(&ranges, 0, '\n' - 1);
		sk_regex_ranges_add(&ranges, '\n' + 1, SK_REGEX_MAX_RUNE);
	}
	return operand_set(p, &ranges);
}

/* ---- Reading ---- */

static bool next_is(const struct parser *p, char c)
{
	return p->at < p->len && p->text[p->at] == c;
}

static bool accept(struct parser *p, char c)
{
	if (!next_is(p, c))
		return false;
	p->at++;
	return true;
}

/* The next code point; the caller knows that there is one. */
static uint32_t take_rune(struct parser *p)
{
	uint32_t rune;

	p->at += sk_regex_decode(p->text + p->at, p->len - p->at, &rune);
	return rune;
}

static bool check_utf8(struct parser *p)
{
	uint32_t rune;
	unsigned width;

	for (size_t at = 0; at < p->len; at += width) {
		width = sk_regex_decode(p->text + at, p->len - at, &rune);
		if (width == 1 && rune == SK_REGEX_BAD_RUNE)
			return fail(p, "invalid UTF-8", at);
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* After \x: two digits, or any number of them in braces. */
static bool take_hex(struct parser *p, size_t begin, uint32_t *ret_rune)
{
	bool braces = accept(p, '{');
	uint32_t rune = 0;
	size_t digits = 0;

	for (; p->at < p->len && (braces || digits < 2); digits++) {
		int digit = hex_digit(p->text[p->at]);

		if (digit < 0)
			break;
		rune = rune * 16 + (uint32_t)digit;
		p->at++;
		if (rune > SK_REGEX_MAX_RUNE)
			return fail(p, "invalid escape sequence", begin);
	}
	if (braces ? digits == 0 || !accept(p, '}') : digits < 2)
		return fail(p, "invalid escape sequence", begin);
	*ret_rune = rune;
	return true;
}

/* An escape that stands for one code point; at the backslash. */
static bool take_escape(struct parser *p, uint32_t *ret_rune)
{
	static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	size_t begin = p->at++;
	const char *letter;
	uint32_t c;

	if (p->at == p->len)
		return fail(p, "trailing backslash at end of expression", begin);
	c = take_rune(p);
	if (c == 'x')
		return take_hex(p, begin, ret_rune);
	/* Octal; a single digit but 0 would be a back reference. */
	if (c == '0' || (c >= '1' && c <= '7' && p->at < p->len && p->text[p->at] >= '0' &&
			 p->text[p->at] <= '7')) {
		*ret_rune = c - '0';
		for (int i = 0; i < 2 && p->at < p->len && p->text[p->at] >= '0' &&
				p->text[p->at] <= '7'; i++)
			*ret_rune = *ret_rune * 8 + (uint32_t)(p->text[p->at++] - '0');
		return true;
	}
	letter = c < 128 && c ? strchr(letters, (int)c) : NULL;
	if (letter) {
		*ret_rune = (uint32_t)values[letter - letters];
		return true;
	}
	if (c >= 128 || (sk_regex_is_word(c) && c != '_'))
		return fail(p, "invalid escape sequence", begin);
	*ret_rune = c;
	return true;
}

/* ---- Classes ---- */

/* Adds a set that (?i) widens and a capital letter or ^ negates. Frees it. */
static void add_named(struct parser *p, struct sk_regex_ranges *class, struct sk_regex_ranges *named,
		      bool negated)
{
	sk_regex_ranges_clean(named);
	if (p->flags & FOLD)
		sk_regex_ranges_fold(named);
	sk_regex_ranges_add_all(class, named, negated);
	free(named->items);
}

/* \p{Name}, \pN and their negations; at the backslash. */
static bool take_unicode(struct parser *p, struct sk_regex_ranges *class)
{
	size_t begin = p->at;
	bool negated = p->text[begin + 1] == 'P';
	struct sk_regex_ranges named = { 0 };
	const char *name, *end;
	size_t len;

	p->at += 2;
	name = p->text + p->at;
	if (accept(p, '{')) {
		name++;
		end = memchr(name, '}', p->len - p->at);
		if (!end)
			return fail(p, "invalid character class range", begin);
		len = (size_t)(end - name);
		p->at += len + 1;
	} else {
		if (p->at < p->len)
			take_rune(p);
		len = (size_t)(p->text + p->at - name);
	}
	if (len > 0 && *name == '^') {
		negated = !negated;
		name++;
		len--;
	}
	if (!sk_regex_ranges_add_unicode(&named, name, len)) {
		free(named.items);
		return fail(p, "invalid character class range", begin);
	}
	add_named(p, class, &named, negated);
	return true;
}

/* \d, [:alpha:], \p{L} ...: true if there was one, or an error. */
static bool take_class_name(struct parser *p, struct sk_regex_ranges *class, bool in_brackets)
{
	const char *here = p->text + p->at, *end;
	size_t left = p->len - p->at;
	struct sk_regex_ranges named = { 0 };
	bool negated;
	char letter;

	if (left >= 2 && here[0] == '\\') {
		if (here[1] == 'p' || here[1] == 'P') {
			take_unicode(p, class);
			return true;
		}
		letter = (char)(here[1] | 0x20);
		if (!strchr("dsw", letter))
			return false;
		sk_regex_ranges_add_ascii(&named, &letter, 1);
		add_named(p, class, &named, here[1] != letter);
		p->at += 2;
		return true;
	}
	if (!in_brackets || left <= 2 || here[0] != '[' || here[1] != ':')
		return false;
	end = memmem(here + 2, left - 2, ":]", 2);
	if (!end)
		return false;
	negated = here[2] == '^';
	if (!sk_regex_ranges_add_ascii(&named, here + 2 + negated,
				       (size_t)(end - here) - 2 - negated) ||
	    end - here - 2 - negated == 1) { /* [:d:] is none */
		free(named.items);
		fail(p, "invalid character class range", p->at);
		return true;
	}
	add_named(p, class, &named, negated);
	p->at += (size_t)(end + 2 - here);
	return true;
}

static bool take_class_rune(struct parser *p, size_t begin, uint32_t *ret_rune)
{
	if (p->at == p->len)
		return fail(p, "missing closing ]", begin);
	if (next_is(p, '\\'))
		return take_escape(p, ret_rune);
	*ret_rune = take_rune(p);
	return true;
}

static bool take_class_range(struct parser *p, size_t begin, struct sk_regex_ranges *class)
{
	size_t at = p->at;
	uint32_t lo, hi;

	if (!take_class_rune(p, begin, &lo))
		return false;
	hi = lo;
	if (p->at + 1 < p->len && p->text[p->at] == '-' && p->text[p->at + 1] != ']') {
		p->at++;
		if (!take_class_rune(p, begin, &hi))
			return false;
		if (hi < lo)
			return fail(p, "invalid character class range", at);
	}
	if (p->flags & FOLD)
		sk_regex_ranges_add_fold(class, lo, hi);
	else
		sk_regex_ranges_add(class, lo, hi);
	return true;
}

static bool read_class(struct parser *p)
{
	struct sk_regex_ranges class = { 0 };
	size_t begin = p->at++;
	bool negated = accept(p, '^');

	/* A ] that comes first is one of the characters. */
	for (bool first = true; first || !accept(p, ']'); first = false) {
		if (!take_class_name(p, &class, true))
			take_class_range(p, begin, &class);
		if (p->error) {
			free(class.items);
			return false;
		}
	}
	sk_regex_ranges_clean(&class);
	if (negated)
		sk_regex_ranges_negate(&class);
	return operand_set(p, &class);
}

/* ---- Repetition ---- */

/* Copies of the operand: `count` of them at the end. */
static bool copy_operand(struct parser *p, const struct sk_regex_inst *from, uint32_t size,
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
static bool loop_back(struct parser *p, uint32_t begin, bool lazy)
{
	return emit(p, lazy ? SK_REGEX_SPLIT_NEXT : SK_REGEX_SPLIT_FAR,
		    (int32_t)begin - (int32_t)p->rx->code_count);
}

/* x?: past it. */
static bool skip_over(struct parser *p, uint32_t begin, bool lazy)
{
	return insert(p, begin, lazy ? SK_REGEX_SPLIT_FAR : SK_REGEX_SPLIT_NEXT,
		      (int32_t)(p->rx->code_count - begin) + 1);
}

static bool repeat_star(struct parser *p, bool lazy)
{
	/* What can be empty is (x+)?, as in Go, so that its captures are those of the last round. */
	if (p->part.empty)
		return loop_back(p, p->operand, lazy) && skip_over(p, p->operand, lazy);
	if (!emit(p, SK_REGEX_JUMP, (int32_t)p->operand - (int32_t)p->rx->code_count - 1))
		return false;
	return skip_over(p, p->operand, lazy);
}

/* x{min,max}: min copies, then the others, each optional within the one before it. */
static bool repeat_counted(struct parser *p, uint32_t min, uint32_t max, bool lazy)
{
	struct sk_cel_regex *rx = p->rx;
	uint32_t size = rx->code_count - p->operand, optional = max - min;
	struct sk_regex_inst *one;
	bool r;

	if (!reserve_code(p, (uint64_t)size * max + optional))
		return false;
	one = malloc((size ? size : 1) * sizeof(*one));
	if (!one)
		return no_memory(p);
	memcpy(one, rx->code + p->operand, size * sizeof(*one));
	rx->code_count = p->operand;
	r = copy_operand(p, one, size, min);
	for (uint32_t left = optional; left > 0 && r; left--)
		r = emit(p, lazy ? SK_REGEX_SPLIT_FAR : SK_REGEX_SPLIT_NEXT,
			 (int32_t)(left * (size + 1))) &&
		    copy_operand(p, one, size, 1);
	free(one);
	return r;
}

enum { NO_MAX = -1 };

static bool repeat_operand(struct parser *p, int min, int max, bool lazy)
{
	struct sk_cel_regex *rx = p->rx;
	uint32_t size = rx->code_count - p->operand, last;

	if (size == 0) /* of nothing: nothing */
		return true;
	if (max == 0) {
		rx->code_count = p->operand;
	} else if (min == 0 && max == NO_MAX) {
		if (!repeat_star(p, lazy))
			return false;
	} else if (max == NO_MAX) {
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

/* Operator and `?` are read. `begin` is where it stands; counted tells {} from *, + and ?. */
static bool repeat(struct parser *p, size_t begin, int min, int max, bool counted)
{
	bool lazy = !!(p->flags & LAZY) != accept(p, '?');
	size_t before = p->repeat_at;
	int times = max == NO_MAX ? min : max;

	/* a** is an error, as in Perl, and a*+ means something that we do not have. */
	if (before != SIZE_MAX)
		return fail(p, "invalid nested repetition operator", before);
	if (!p->has_operand)
		return fail(p, "missing argument to repetition operator", begin);
	p->repeat_at = begin;
	if (max == 0)
		p->part.repeats = 1;
	else if (counted && times > 1)
		p->part.repeats *= (uint32_t)times;
	if (p->part.repeats > SK_CEL_REGEX_MAX_REPEAT)
		return fail(p, "invalid repeat count", begin);
	return repeat_operand(p, min, max, lazy);
}

/* A decimal number without leading zeros; what is too large stays too large. */
static bool take_number(const struct parser *p, size_t *at, int *ret_number)
{
	size_t begin = *at;
	int number = 0;

	while (*at < p->len && p->text[*at] >= '0' && p->text[*at] <= '9') {
		if (number <= (int)SK_CEL_REGEX_MAX_REPEAT)
			number = number * 10 + (p->text[*at] - '0');
		++*at;
	}
	*ret_number = number;
	return *at > begin && (*at == begin + 1 || p->text[begin] != '0');
}

/* {n}, {n,} or {n,m}; anything else is a brace that means itself. */
static bool read_counted(struct parser *p)
{
	size_t begin = p->at, at = begin + 1;
	int min, max;
	bool well = take_number(p, &at, &min);

	max = min;
	if (well && at < p->len && p->text[at] == ',') {
		at++;
		if (at < p->len && p->text[at] == '}')
			max = NO_MAX;
		else
			well = take_number(p, &at, &max);
	}
	if (!well || at == p->len || p->text[at] != '}') {
		p->at++;
		p->repeat_at = SIZE_MAX;
		return operand_rune(p, '{');
	}
	if (min > (int)SK_CEL_REGEX_MAX_REPEAT || max > (int)SK_CEL_REGEX_MAX_REPEAT ||
	    (max != NO_MAX && min > max))
		return fail(p, "invalid repeat count", begin);
	p->at = at + 1;
	return repeat(p, begin, min, max, true);
}

/* ---- Groups ---- */

static bool open_group(struct parser *p, uint32_t capture, unsigned flags)
{
	struct group *group;

	if (p->depth == SK_CEL_REGEX_MAX_DEPTH)
		return fail(p, "expression nests too deeply", p->at);
	if (!reserve(p, &p->groups, &p->group_room, p->depth + 2, sizeof(*p->groups)))
		return false;
	begin_operand(p, true); /* the group as a whole */
	group = p->groups + ++p->depth;
	*group = (struct group){ .begin = p->operand, .capture = capture, .flags = flags,
				 .before = nothing };
	/* What is outside has its operand in group->before already, but for the group. */
	p->has_operand = false;
	if (capture && !emit(p, SK_REGEX_SAVE, (int32_t)capture * 2))
		return false;
	group->branch = p->rx->code_count;
	return true;
}

/* The alternative that ends here, as one part. */
static struct part end_branch(struct parser *p)
{
	struct group *group = p->groups + p->depth;
	struct part branch = p->has_operand ? joined(group->before, p->part) : group->before;

	p->has_operand = false;
	group->before = nothing;
	return branch;
}

static bool read_bar(struct parser *p)
{
	struct group *group = p->groups + p->depth;
	struct part branch = end_branch(p);
	struct sk_cel_regex *rx = p->rx;

	group->others = group->jumps ? either(group->others, branch) : branch;
	p->at++;
	if (!insert(p, group->branch, SK_REGEX_SPLIT_NEXT,
		    (int32_t)(rx->code_count - group->branch) + 2) ||
	    !emit(p, SK_REGEX_JUMP, (int32_t)group->jumps))
		return false;
	group->jumps = rx->code_count - 1;
	group->branch = rx->code_count;
	return true;
}

/* Ends the group, or the pattern; returns what it was. */
static struct part end_group(struct parser *p)
{
	struct group *group = p->groups + p->depth;
	struct part part = end_branch(p);
	struct sk_cel_regex *rx = p->rx;

	if (group->jumps)
		part = either(group->others, part);
	for (uint32_t at = group->jumps, before; at; at = before) {
		before = (uint32_t)rx->code[at].arg;
		rx->code[at].arg = (int32_t)(rx->code_count - at);
	}
	return part;
}

static bool close_group(struct parser *p)
{
	struct group group;
	struct part part;

	if (p->depth == 0)
		return fail(p, "unexpected )", p->at);
	p->at++;
	part = end_group(p);
	group = p->groups[p->depth--];
	p->flags = group.flags;
	p->has_operand = true;
	p->operand = group.begin;
	p->part = part;
	return !group.capture || emit(p, SK_REGEX_SAVE, (int32_t)group.capture * 2 + 1);
}

static bool new_capture(struct parser *p, const char *name, size_t len)
{
	struct sk_cel_regex *rx = p->rx;

	if (!reserve(p, &rx->names, &p->name_room, rx->groups + 1, sizeof(*rx->names)))
		return false;
	rx->names[rx->groups] = NULL;
	if (name && !(rx->names[rx->groups] = strndup(name, len)))
		return no_memory(p);
	rx->groups++;
	return open_group(p, rx->groups, p->flags);
}

/* (?P<name>, (?<name>; at the name. */
static bool read_named_group(struct parser *p, size_t begin)
{
	const char *name = p->text + p->at, *end = memchr(name, '>', p->len - p->at);

	for (const char *c = name; c < end; c++)
		if (!sk_regex_is_word((unsigned char)*c))
			end = NULL;
	if (!end || end == name)
		return fail(p, "invalid named capture", begin);
	p->at += (size_t)(end - name) + 1;
	return new_capture(p, name, (size_t)(end - name));
}

/* (?flags) and (?flags:...); after the question mark. */
static bool read_flags(struct parser *p, size_t begin)
{
	static const char letters[] = "imsU";
	static const unsigned values[] = { FOLD, LINES, DOT_ALL, LAZY };
	unsigned flags = p->flags;
	bool minus = false, seen = false;

	for (; p->at < p->len; p->at++) {
		char c = p->text[p->at];
		const char *letter = c ? strchr(letters, c) : NULL;

		if (letter) {
			unsigned value = values[letter - letters];

			flags = minus ? flags & ~value : flags | value;
			seen = true;
		} else if (c == '-' && !minus) {
			minus = true;
			seen = false;
		} else if ((c == ':' || c == ')') && (!minus || seen)) {
			unsigned outside = p->flags;

			p->at++;
			p->flags = flags;
			return c == ')' || open_group(p, 0, outside);
		} else {
			break;
		}
	}
	return fail(p, "invalid or unsupported Perl syntax", begin);
}

static bool read_group(struct parser *p)
{
	size_t begin = p->at++, left;

	if (!accept(p, '?'))
		return new_capture(p, NULL, 0);
	left = p->len - p->at;
	if (left > 2 && memcmp(p->text + p->at, "P<", 2) == 0)
		p->at += 2;
	else if (left > 1 && next_is(p, '<'))
		p->at++;
	else
		return read_flags(p, begin);
	return read_named_group(p, begin);
}

/* ---- The pattern ---- */

/* \Q...\E, or to the end; after the Q. */
static bool read_quoted(struct parser *p)
{
	while (p->at < p->len) {
		if (p->len - p->at >= 2 && memcmp(p->text + p->at, "\\E", 2) == 0) {
			p->at += 2;
			break;
		}
		if (!operand_rune(p, take_rune(p)))
			return false;
	}
	return true;
}

static bool read_escape(struct parser *p)
{
	static const char letters[] = "AbBz";
	static const enum sk_regex_assert asserts[] = { SK_REGEX_BEGIN_TEXT, SK_REGEX_WORD,
							SK_REGEX_NO_WORD, SK_REGEX_END_TEXT };
	char c = p->at + 1 < p->len ? p->text[p->at + 1] : '\0';
	const char *letter = c ? strchr(letters, c) : NULL;
	struct sk_regex_ranges class = { 0 };
	uint32_t rune;

	if (letter) {
		p->at += 2;
		use_assert(p, asserts[letter - letters]);
		return !p->error;
	}
	if (c == 'Q') {
		p->at += 2;
		return read_quoted(p);
	}
	if (take_class_name(p, &class, false)) {
		if (!p->error)
			return operand_set(p, &class);
		free(class.items);
		return false;
	}
	return take_escape(p, &rune) && operand_rune(p, rune);
}

static bool read_one(struct parser *p)
{
	size_t begin = p->at;
	char c = p->text[begin];

	if (c == '*' || c == '+' || c == '?') {
		p->at++;
		return repeat(p, begin, c == '+', c == '?' ? 1 : NO_MAX, false);
	}
	if (c == '{')
		return read_counted(p);
	p->repeat_at = SIZE_MAX;
	switch (c) {
	case '(':
		return read_group(p);
	case ')':
		return close_group(p);
	case '|':
		return read_bar(p);
	case '[':
		return read_class(p);
	case '\\':
		return read_escape(p);
	case '.':
		p->at++;
		return operand_dot(p);
	case '^':
		p->at++;
		use_assert(p, p->flags & LINES ? SK_REGEX_BEGIN_LINE : SK_REGEX_BEGIN_TEXT);
		return !p->error;
	case '$':
		p->at++;
		use_assert(p, p->flags & LINES ? SK_REGEX_END_LINE : SK_REGEX_END_TEXT);
		return !p->error;
	default:
		return operand_rune(p, take_rune(p));
	}
}

static bool read_all(struct parser *p, unsigned flags)
{
	if (!check_utf8(p) || !reserve(p, &p->groups, &p->group_room, 1, sizeof(*p->groups)))
		return false;
	p->groups[0] = (struct group){ .before = nothing };
	if (flags & SK_CEL_REGEX_FULL) {
		p->rx->asserts |= SK_REGEX_BEGIN_TEXT | SK_REGEX_END_TEXT;
		if (!emit(p, SK_REGEX_ASSERT, SK_REGEX_BEGIN_TEXT))
			return false;
		p->groups[0].branch = 1;
	}
	while (p->at < p->len)
		if (!read_one(p))
			return false;
	if (p->depth > 0)
		return fail(p, "missing closing )", p->len);
	end_group(p);
	if (flags & SK_CEL_REGEX_FULL && !emit(p, SK_REGEX_ASSERT, SK_REGEX_END_TEXT))
		return false;
	return emit(p, SK_REGEX_MATCH, 0);
}

const char *sk_regex_parse(struct sk_cel_regex *rx, const char *pattern, size_t len, unsigned flags,
			   size_t *ret_offset)
{
	struct parser p = {
		.rx = rx,
		.text = pattern,
		.len = len,
		.flags = flags & SK_CEL_REGEX_ICASE ? FOLD : 0,
		.repeat_at = SIZE_MAX,
	};

	read_all(&p, flags);
	free(p.groups);
	free(p.set_table);
	*ret_offset = p.error_at;
	return p.error;
}
