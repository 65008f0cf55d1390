/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Values from the inside: what the evaluator reads without a call in between. */
#include "policy/cel/function.h"

#include <string.h>

/* Wide enough for products and nanoseconds of any 64-bit number. */
__extension__ typedef __int128 sk_cel_wide;
__extension__ typedef unsigned __int128 sk_cel_uwide;

/* Values nest by what expressions and inputs nest; nothing recurses deeper than this. */
#define SK_CEL_MAX_NESTING 2000u

struct sk_cel_map_entry {
	struct sk_cel_value key, value;
};

/* Up to SK_CEL_SMALL_MAP entries are searched by their hashes one after another, more through `slots`. */
#define SK_CEL_SMALL_MAP 8u
struct sk_cel_map {
	uint32_t count, capacity;
	uint32_t mask; /* of slots; 0: none */
	uint32_t *hashes;
	struct sk_cel_map_entry *entries;
	uint32_t *slots; /* number of the entry + 1; 0: free */
};

/* A type as the checker knows it (type.h), and as a value of its own. */
const char *sk_cel_type_name(const struct sk_cel_type *type);

uint32_t sk_cel_hash_text(const char *text, size_t len);
uint32_t sk_cel_hash_key(struct sk_cel_value key);

/* memcmp() == 0 without the call, for what names of fields mostly are: up to sixteen bytes, by overlapping words. */
static inline bool sk_cel_same_bytes(const char *a, const char *b, size_t len)
{
	uint64_t x, y, z, w;
	uint32_t p, q, r, s;

	if (len > 16)
		return memcmp(a, b, len) == 0;
	if (len >= 8) {
		memcpy(&x, a, 8);
		memcpy(&y, b, 8);
		memcpy(&z, a + len - 8, 8);
		memcpy(&w, b + len - 8, 8);
		return ((x ^ y) | (z ^ w)) == 0;
	}
	if (len >= 4) {
		memcpy(&p, a, 4);
		memcpy(&q, b, 4);
		memcpy(&r, a + len - 4, 4);
		memcpy(&s, b + len - 4, 4);
		return ((p ^ q) | (r ^ s)) == 0;
	}
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

/* The entry's number, or -1. */
static inline int64_t sk_cel_map_find_text(const struct sk_cel_map *map, const char *text,
					   uint32_t len, uint32_t hash)
{
	if (!map->mask) {
		for (uint32_t i = 0; i < map->count; i++)
			if (map->hashes[i] == hash && map->entries[i].key.kind == SK_CEL_STRING &&
			    map->entries[i].key.len == len &&
			    sk_cel_same_bytes(map->entries[i].key.str, text, len))
				return i;
		return -1;
	}
	for (uint32_t at = hash & map->mask; map->slots[at]; at = (at + 1) & map->mask) {
		uint32_t i = map->slots[at] - 1;

		if (map->hashes[i] == hash && map->entries[i].key.kind == SK_CEL_STRING &&
		    map->entries[i].key.len == len &&
		    sk_cel_same_bytes(map->entries[i].key.str, text, len))
			return i;
	}
	return -1;
}

/* Number of the field of that name, or -1. */
int sk_cel_struct_field(const struct sk_cel_struct_type *type, const char *name, size_t len);
/* The field as it is read: its value, or what stands for it when it is absent; SK_CEL_ABSENT when nothing does. */
struct sk_cel_value sk_cel_struct_read(const struct sk_cel_struct *object, int field);

static inline bool sk_cel_is_number(struct sk_cel_value v)
{
	return v.kind == SK_CEL_INT || v.kind == SK_CEL_UINT || v.kind == SK_CEL_DOUBLE;
}
/* Has it parts, which comparing it walks through? */
static inline bool sk_cel_is_deep(struct sk_cel_value v)
{
	return v.kind == SK_CEL_LIST || v.kind == SK_CEL_MAP || v.kind == SK_CEL_STRUCT ||
	       v.kind == SK_CEL_OPTIONAL;
}
static inline bool sk_cel_is_bad(struct sk_cel_value v)
{
	return v.kind >= SK_CEL_ERROR;
}
/* A limit is an error that && and || must not hide. */
static inline bool sk_cel_is_fatal(struct sk_cel_value v)
{
	return v.kind == SK_CEL_ERROR && v.error->code == SK_CEL_ELIMIT;
}

/* As many bytes of a text as a message quotes: whole code points, 64 bytes at most. */
static inline int sk_cel_excerpt(struct sk_cel_value text)
{
	uint32_t len = text.len > 64 ? 64 : text.len;

	while (len > 0 && len < text.len && ((unsigned char)text.str[len] & 0xc0) == 0x80)
		len--;
	return (int)len;
}

/* Valid UTF-8? *ret_ascii tells whether all bytes are below 0x80. */
bool sk_cel_utf8_valid(const char *text, size_t len, bool *ret_ascii);
/* One code point as UTF-8; returns its length. */
size_t sk_cel_utf8_put(char *out, uint32_t code_point);
/* Bytes as valid UTF-8: what is none becomes U+FFFD, once for bad bytes side by side. out (NULL: only count) wants 3 * len. */
size_t sk_cel_utf8_repair(char *out, const char *bytes, size_t len);
/* The code point at text (valid UTF-8), and its length. */
uint32_t sk_cel_utf8_get(const char *text, size_t *ret_len);
