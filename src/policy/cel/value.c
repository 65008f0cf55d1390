/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/value.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

/* ---- hashes ---- */

/* Keyed anew in each process, so that input cannot aim at one slot of a map. */
static uint64_t seed(void)
{
	static _Atomic uint64_t key;
	uint64_t k = atomic_load_explicit(&key, memory_order_relaxed), none = 0;

	if (k)
		return k;
	if (getrandom(&k, sizeof(k), GRND_NONBLOCK) != (ssize_t)sizeof(k))
		k = (uint64_t)(uintptr_t)&key * 0x9e3779b97f4a7c15u;
	k |= 1;
	if (!atomic_compare_exchange_strong(&key, &none, k))
		k = none; /* another thread was first */
	return k;
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	sk_cel_uwide product = (sk_cel_uwide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t fold(uint64_t h)
{
	return (uint32_t)(h ^ h >> 32);
}

/* Multiply and fold, eight bytes at a time. */
uint32_t sk_cel_hash_text(const char *text, size_t len)
{
	uint64_t h = seed() ^ len, word;

	for (; len >= 8; len -= 8, text += 8) {
		memcpy(&word, text, 8);
		h = mix(h ^ word, 0xa0761d6478bd642fu);
	}
	word = 0;
	if (len)
		memcpy(&word, text, len);
	return fold(mix(h ^ word, 0xe7037ed1a0b428dbu));
}

/* Whole doubles are the integer that they equal. */
static bool whole(double d, struct sk_cel_value *ret)
{
	if (d >= -9223372036854775808.0 && d < 9223372036854775808.0 && d == (double)(int64_t)d)
		*ret = sk_cel_int((int64_t)d);
	else if (d >= 0 && d < 18446744073709551616.0 && d == (double)(uint64_t)d)
		*ret = sk_cel_uint((uint64_t)d);
	else
		return false;
	return true;
}

uint32_t sk_cel_hash_key(struct sk_cel_value key)
{
	switch (key.kind) {
	case SK_CEL_STRING:
		return sk_cel_hash_text(key.str, key.len);
	case SK_CEL_DOUBLE:
		if (!whole(key.d, &key))
			return 0;
		break;
	case SK_CEL_BOOL:
		return fold(mix(seed() ^ (key.truth ? 3 : 5), 0x8ebc6af09c88c6e3u));
	default:
		break;
	}
	return fold(mix(seed() ^ key.u, 0x589965cc75374cc3u));
}

/* ---- equality and order ---- */

static int three(bool less, bool more)
{
	return more - less;
}

/* As the conformance suite has it: within the range of integers both are compared as doubles. */
static int compare_double_int(double d, int64_t i)
{
	if (d < -9223372036854775808.0)
		return -1;
	if (d > 9223372036854775808.0)
		return 1;
	return three(d<(double)i, d>(double) i);
}

static int compare_double_uint(double d, uint64_t u)
{
	if (d < 0)
		return -1;
	if (d > 18446744073709551616.0)
		return 1;
	return three(d<(double)u, d>(double) u);
}

static int compare_int_uint(int64_t i, uint64_t u)
{
	return i < 0 ? -1 : three((uint64_t)i<u, (uint64_t)i> u);
}

static int compare_numbers(struct sk_cel_value a, struct sk_cel_value b)
{
	if (a.kind == SK_CEL_DOUBLE || b.kind == SK_CEL_DOUBLE) {
		if ((a.kind == SK_CEL_DOUBLE && isnan(a.d)) ||
		    (b.kind == SK_CEL_DOUBLE && isnan(b.d)))
			return 2;
		if (a.kind == b.kind)
			return three(a.d<b.d, a.d> b.d);
		if (a.kind == SK_CEL_DOUBLE)
			return b.kind == SK_CEL_INT ? compare_double_int(a.d, b.i)
						    : compare_double_uint(a.d, b.u);
		return -(a.kind == SK_CEL_INT ? compare_double_int(b.d, a.i)
					      : compare_double_uint(b.d, a.u));
	}
	if (a.kind == b.kind)
		return a.kind == SK_CEL_INT ? three(a.i<b.i, a.i> b.i) : three(a.u<b.u, a.u> b.u);
	return a.kind == SK_CEL_INT ? compare_int_uint(a.i, b.u) : -compare_int_uint(b.i, a.u);
}

static int compare_bytes(struct sk_cel_value a, struct sk_cel_value b)
{
	uint32_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.str, b.str, len) : 0;

	return order ? three(order<0, order> 0) : three(a.len<b.len, a.len> b.len);
}

int sk_cel_compare(struct sk_cel_value a, struct sk_cel_value b)
{
	if (sk_cel_is_number(a) && sk_cel_is_number(b))
		return compare_numbers(a, b);
	if (a.kind != b.kind)
		return 2;
	switch (a.kind) {
	case SK_CEL_BOOL:
		return three(a.truth<b.truth, a.truth> b.truth);
	case SK_CEL_STRING:
	case SK_CEL_BYTES:
		return compare_bytes(a, b);
	case SK_CEL_TIMESTAMP:
	case SK_CEL_DURATION:
		if (a.i != b.i)
			return three(a.i<b.i, a.i> b.i);
		return three(a.nanos<b.nanos, a.nanos> b.nanos);
	default:
		return 2;
	}
}

/* One comparison; without an eval nothing is charged. */
struct equality {
	struct sk_cel_eval *eval;
	uint64_t looked_at; /* and not charged yet */
	bool stopped;
};

/* Charged in portions: a call for each element would cost as much as the comparison. */
static inline bool look(struct equality *e, struct sk_cel_value v)
{
	if (!e->eval)
		return true;
	e->looked_at += 1 + (v.kind == SK_CEL_STRING || v.kind == SK_CEL_BYTES ? v.len / 10 : 0);
	if (e->looked_at < 1024 || e->stopped)
		return !e->stopped;
	e->stopped = !sk_cel_charge(e->eval, e->looked_at);
	e->looked_at = 0;
	return !e->stopped;
}

static bool equal(struct sk_cel_value a, struct sk_cel_value b, struct equality *e, unsigned depth);

static bool lists_equal(const struct sk_cel_list *a, const struct sk_cel_list *b,
			struct equality *e, unsigned depth)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!equal(a->items[i], b->items[i], e, depth))
			return false;
	return true;
}

static bool maps_equal(const struct sk_cel_map *a, const struct sk_cel_map *b, struct equality *e,
		       unsigned depth)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		struct sk_cel_value other = sk_cel_map_get(b, a->entries[i].key);

		if (other.kind == SK_CEL_ABSENT || !equal(a->entries[i].value, other, e, depth))
			return false;
	}
	return true;
}

/* A field that is not set equals one that is set to what stands for it. */
static bool structs_equal(const struct sk_cel_struct *a, const struct sk_cel_struct *b,
			  struct equality *e, unsigned depth)
{
	if (a->type != b->type)
		return false;
	for (int i = 0; a->type->fields[i].name; i++) {
		struct sk_cel_value x = sk_cel_struct_read(a, i), y = sk_cel_struct_read(b, i);

		if (a->fields[i].kind == SK_CEL_ABSENT && b->fields[i].kind == SK_CEL_ABSENT)
			continue;
		if (x.kind == SK_CEL_ABSENT || y.kind == SK_CEL_ABSENT ? x.kind != y.kind
								       : !equal(x, y, e, depth))
			return false;
	}
	return true;
}

static bool equal(struct sk_cel_value a, struct sk_cel_value b, struct equality *e, unsigned depth)
{
	if (!look(e, a))
		return false;
	if (sk_cel_is_number(a) && sk_cel_is_number(b))
		return compare_numbers(a, b) == 0;
	if (a.kind != b.kind || depth > SK_CEL_MAX_NESTING)
		return false;
	switch (a.kind) {
	case SK_CEL_NULL:
		return true;
	case SK_CEL_BOOL:
		return a.truth == b.truth;
	case SK_CEL_STRING:
	case SK_CEL_BYTES:
		return a.len == b.len && (a.len == 0 || memcmp(a.str, b.str, a.len) == 0);
	case SK_CEL_TIMESTAMP:
	case SK_CEL_DURATION:
		return a.i == b.i && a.nanos == b.nanos;
	case SK_CEL_LIST:
		return lists_equal(a.list, b.list, e, depth + 1);
	case SK_CEL_MAP:
		return maps_equal(a.map, b.map, e, depth + 1);
	case SK_CEL_STRUCT:
		return structs_equal(a.object, b.object, e, depth + 1);
	case SK_CEL_TYPE:
		return strcmp(sk_cel_type_name(a.type), sk_cel_type_name(b.type)) == 0;
	case SK_CEL_OPTIONAL:
		return a.some && b.some ? equal(*a.some, *b.some, e, depth + 1) : a.some == b.some;
	case SK_CEL_OPAQUE:
		return a.opaque->type == b.opaque->type &&
		       a.opaque->type->equal(a.opaque, b.opaque);
	default:
		return false;
	}
}

bool sk_cel_equal(struct sk_cel_value a, struct sk_cel_value b)
{
	struct equality e = { 0 };

	return equal(a, b, &e, 0);
}

int sk_cel_equal_in(struct sk_cel_eval *eval, struct sk_cel_value a, struct sk_cel_value b)
{
	struct equality e = { .eval = eval };
	bool same = equal(a, b, &e, 0);

	if (!e.stopped)
		e.stopped = !sk_cel_charge(eval, e.looked_at);
	return e.stopped ? -1 : same;
}

/* ---- maps ---- */

static int64_t find(const struct sk_cel_map *map, struct sk_cel_value key, uint32_t hash)
{
	if (!map->mask) {
		for (uint32_t i = 0; i < map->count; i++)
			if (map->hashes[i] == hash && sk_cel_equal(map->entries[i].key, key))
				return i;
		return -1;
	}
	for (uint32_t at = hash & map->mask; map->slots[at]; at = (at + 1) & map->mask) {
		uint32_t i = map->slots[at] - 1;

		if (map->hashes[i] == hash && sk_cel_equal(map->entries[i].key, key))
			return i;
	}
	return -1;
}

struct sk_cel_value sk_cel_map_get(const struct sk_cel_map *map, struct sk_cel_value key)
{
	int64_t i = find(map, key, sk_cel_hash_key(key));

	return i < 0 ? (struct sk_cel_value){ 0 } : map->entries[i].value;
}

uint32_t sk_cel_map_count(const struct sk_cel_map *map)
{
	return map->count;
}

struct sk_cel_value sk_cel_map_key(const struct sk_cel_map *map, uint32_t i)
{
	return map->entries[i].key;
}

struct sk_cel_value sk_cel_map_value(const struct sk_cel_map *map, uint32_t i)
{
	return map->entries[i].value;
}

struct sk_cel_map *sk_cel_map_begin(struct sk_cel_arena *arena, uint32_t capacity)
{
	struct sk_cel_map *map = sk_cel_alloc(arena, sizeof(*map));
	uint64_t slots = 16;

	if (!map)
		return NULL;
	map->capacity = capacity;
	map->hashes = sk_cel_alloc(arena, capacity * sizeof(*map->hashes));
	map->entries = sk_cel_alloc(arena, capacity * sizeof(*map->entries));
	if (!map->hashes || !map->entries)
		return NULL;
	if (capacity <= SK_CEL_SMALL_MAP)
		return map;
	while (slots < (uint64_t)capacity * 2)
		slots *= 2;
	map->slots = sk_cel_alloc(arena, slots * sizeof(*map->slots));
	map->mask = (uint32_t)(slots - 1);
	return map->slots ? map : NULL;
}

bool sk_cel_map_put(struct sk_cel_map *map, struct sk_cel_value key, struct sk_cel_value value)
{
	uint32_t hash, at;
	int64_t known;

	if (!map || (key.kind != SK_CEL_STRING && key.kind != SK_CEL_BOOL &&
		     key.kind != SK_CEL_INT && key.kind != SK_CEL_UINT))
		return false;
	hash = sk_cel_hash_key(key);
	known = find(map, key, hash);
	if (known >= 0) {
		map->entries[known].value = value;
		return true;
	}
	if (map->count >= map->capacity)
		return false;
	map->hashes[map->count] = hash;
	map->entries[map->count] = (struct sk_cel_map_entry){ key, value };
	map->count++;
	if (!map->mask)
		return true;
	for (at = hash & map->mask; map->slots[at]; at = (at + 1) & map->mask)
		;
	map->slots[at] = map->count;
	return true;
}

struct sk_cel_value sk_cel_map_end(struct sk_cel_map *map)
{
	return (struct sk_cel_value){ .kind = SK_CEL_MAP, .map = map };
}

/* ---- structs ---- */

int sk_cel_struct_field(const struct sk_cel_struct_type *type, const char *name, size_t len)
{
	for (int i = 0; type->fields[i].name; i++)
		if (strncmp(type->fields[i].name, name, len) == 0 && !type->fields[i].name[len])
			return i;
	return -1;
}

struct sk_cel_value sk_cel_struct_read(const struct sk_cel_struct *object, int field)
{
	const struct sk_cel_value *otherwise = object->type->fields[field].otherwise;

	if (object->fields[field].kind != SK_CEL_ABSENT || !otherwise)
		return object->fields[field];
	return *otherwise;
}

/* ---- text ---- */

static size_t sequence_length(const unsigned char *s, size_t len)
{
	unsigned char c = s[0];
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

	if (c < 0xc2 || c > 0xf4 || len < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xed && s[1] > 0x9f) ||
	    (c == 0xf0 && s[1] < 0x90) || (c == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

bool sk_cel_utf8_valid(const char *text, size_t len, bool *ret_ascii)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n;

	*ret_ascii = true;
	for (size_t i = 0; i < len; i += n) {
		n = 1;
		if (s[i] < 0x80)
			continue;
		*ret_ascii = false;
		n = sequence_length(s + i, len - i);
		if (!n)
			return false;
	}
	return true;
}

size_t sk_cel_utf8_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t sk_cel_utf8_repair(char *out, const char *bytes, size_t len)
{
	size_t used = 0, width;
	bool ascii, bad = false;

	for (size_t i = 0; i < len; i += width) {
		for (width = 1; width <= 4 && i + width <= len; width++)
			if (sk_cel_utf8_valid(bytes + i, width, &ascii))
				break;
		if (width <= 4 && i + width <= len) {
			if (out)
				memcpy(out + used, bytes + i, width);
			used += width;
			bad = false;
			continue;
		}
		width = 1;
		if (!bad && out)
			memcpy(out + used, "\xef\xbf\xbd", 3);
		used += bad ? 0 : 3;
		bad = true;
	}
	return used;
}

uint32_t sk_cel_utf8_get(const char *text, size_t *ret_len)
{
	const unsigned char *s = (const unsigned char *)text;

	if (s[0] < 0x80) {
		*ret_len = 1;
		return s[0];
	}
	if (s[0] < 0xe0) {
		*ret_len = 2;
		return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
	}
	if (s[0] < 0xf0) {
		*ret_len = 3;
		return (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
	}
	*ret_len = 4;
	return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
	       (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
}

size_t sk_cel_code_points(struct sk_cel_value string)
{
	size_t n = 0;

	if (string.flags & SK_CEL_ASCII)
		return string.len;
	for (uint32_t i = 0; i < string.len; i++)
		n += (string.str[i] & 0xc0) != 0x80;
	return n;
}

ptrdiff_t sk_cel_code_point_offset(struct sk_cel_value string, int64_t n)
{
	uint32_t i = 0;

	if (n < 0)
		return -1;
	if (string.flags & SK_CEL_ASCII)
		return n <= string.len ? (ptrdiff_t)n : -1;
	for (; n > 0 && i < string.len; n--)
		for (i++; i < string.len && (string.str[i] & 0xc0) == 0x80;)
			i++;
	return n == 0 ? (ptrdiff_t)i : -1;
}

static struct sk_cel_value arena_error(int code, const char *text)
{
	static const struct sk_cel_error full = { SK_CEL_ELIMIT, 0, "the memory limit is reached" };
	static const struct sk_cel_error invalid = { SK_CEL_EVALUE, 0,
						     "a string is no valid UTF-8" };

	return (struct sk_cel_value){ .kind = SK_CEL_ERROR,
				      .error = code == SK_CEL_ELIMIT ? &full : &invalid };
}

struct sk_cel_value sk_cel_string_checked(struct sk_cel_arena *arena, const char *ptr, size_t len)
{
	struct sk_cel_value v = { .kind = SK_CEL_STRING };
	bool ascii;
	char *copy;

	if (len > UINT32_MAX / 2)
		return arena_error(SK_CEL_ELIMIT, NULL);
	if (!sk_cel_utf8_valid(ptr, len, &ascii))
		return arena_error(SK_CEL_EVALUE, NULL);
	copy = sk_cel_alloc(arena, len);
	if (!copy)
		return arena_error(SK_CEL_ELIMIT, NULL);
	if (len)
		memcpy(copy, ptr, len);
	v.len = (uint32_t)len;
	v.str = copy;
	v.flags = ascii ? SK_CEL_ASCII : 0;
	return v;
}

struct sk_cel_value sk_cel_list_copy(struct sk_cel_arena *arena, const struct sk_cel_value *items,
				     uint32_t count)
{
	struct sk_cel_list *list = sk_cel_alloc(arena, sizeof(*list));
	struct sk_cel_value *copy = sk_cel_alloc(arena, count * sizeof(*copy));

	if (!list || !copy)
		return arena_error(SK_CEL_ELIMIT, NULL);
	if (count)
		memcpy(copy, items, count * sizeof(*copy));
	list->items = copy;
	list->count = count;
	return sk_cel_list(list);
}

struct sk_cel_value sk_cel_make_unknown(struct sk_cel_arena *arena, const char *attribute)
{
	struct sk_cel_unknown *unknown = sk_cel_alloc(arena, sizeof(*unknown));
	const char **attributes = sk_cel_alloc(arena, 2 * sizeof(*attributes));

	if (!unknown || !attributes)
		return arena_error(SK_CEL_ELIMIT, NULL);
	attributes[0] = attribute;
	unknown->count = 1;
	unknown->attributes = attributes;
	return (struct sk_cel_value){ .kind = SK_CEL_UNKNOWN, .unknown = unknown };
}
