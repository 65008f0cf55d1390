/* SPDX-License-Identifier: Apache-2.0 */
/* Databases of bbolt, made here by its rules (page.go, bucket.go); guard-containers.sh reads those of real engines. */
#include "tap.h"

#include "base/buf.h"
#include "guard/bolt.h"

#include <stdlib.h>

enum { PAGE = 1024, BRANCH = 1, LEAF = 2, META = 4 };

struct item {
	const char *key;
	struct sk_span value;
	uint32_t bucket; /* LEAF: 1 if the value is one; BRANCH: the page */
};

static void u16(struct sk_buf *b, uint16_t v)
{
	sk_buf_span(b, sk_span(&v, 2));
}

static void u32(struct sk_buf *b, uint32_t v)
{
	sk_buf_span(b, sk_span(&v, 4));
}

static void u64(struct sk_buf *b, uint64_t v)
{
	sk_buf_span(b, sk_span(&v, 8));
}

static void page(struct sk_buf *b, uint64_t number, uint16_t flags, const struct item *items, uint16_t count)
{
	size_t used = 0;

	u64(b, number);
	u16(b, flags);
	u16(b, count);
	u32(b, 0);
	for (uint16_t i = 0; i < count; i++) {
		uint32_t at = (uint32_t)(16 * (count - i) + used), key = (uint32_t)strlen(items[i].key);

		if (flags == LEAF)
			u32(b, items[i].bucket);
		u32(b, at);
		u32(b, key);
		if (flags == LEAF)
			u32(b, (uint32_t)items[i].value.len);
		else
			u64(b, items[i].bucket);
		used += key + items[i].value.len;
	}
	for (uint16_t i = 0; i < count; i++) {
		sk_buf_puts(b, items[i].key);
		sk_buf_span(b, items[i].value);
	}
}

static void full_page(struct sk_buf *b, uint64_t number, uint16_t flags, const struct item *items, uint16_t count)
{
	page(b, number, flags, items, count);
	while (b->len % PAGE)
		sk_buf_putc(b, '\0');
}

static void meta(struct sk_buf *b, uint64_t number, uint64_t root, uint64_t transaction)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t from;

	page(b, number, META, NULL, 0);
	from = b->len;
	u32(b, 0xed0cdaed);
	u32(b, 2);
	u32(b, PAGE);
	u32(b, 0);
	u64(b, root);
	u64(b, 0);
	u64(b, 2);
	u64(b, 16);
	u64(b, transaction);
	for (size_t i = from; i < b->len; i++)
		hash = (hash ^ (uint8_t)b->data[i]) * UINT64_C(0x100000001b3);
	u64(b, hash);
	while (b->len % PAGE)
		sk_buf_putc(b, '\0');
}

/* A bucket that lies in the value. */
static struct sk_span inlined(struct sk_buf *b, const struct item *items, uint16_t count)
{
	u64(b, 0);
	u64(b, 0);
	page(b, 0, LEAF, items, count);
	return sk_buf_view(b);
}

static struct sk_span referred(struct sk_buf *b, uint64_t to)
{
	u64(b, to);
	u64(b, 0);
	return sk_buf_view(b);
}

/* a -> b (inline), c (page 5, a branch over 6 and 7, or with `circle` over itself) */
static void build(struct sk_buf *db, bool circle)
{
	sk_cleanup(sk_buf_release) struct sk_buf inner = { 0 }, ref = { 0 }, top = { 0 };
	const struct item labels[] = { { "one", SK_SPAN_LIT("1"), 0 }, { "two", SK_SPAN_LIT("2"), 0 } };
	const struct item in_a[] = { { "b", inlined(&inner, labels, 2), 1 }, { "c", referred(&ref, 5), 1 },
				     { "d", SK_SPAN_LIT("plain"), 0 } };
	const struct item in_root[] = { { "a", referred(&top, 4), 1 } };
	const struct item branch[] = { { "k1", { NULL, 0 }, circle ? 5 : 6 }, { "k5", { NULL, 0 }, circle ? 5 : 7 } };
	const struct item low[] = { { "k1", SK_SPAN_LIT("v1"), 0 }, { "k2", SK_SPAN_LIT("v2"), 0 } };
	const struct item high[] = { { "k5", SK_SPAN_LIT("v5"), 0 }, { "k9", SK_SPAN_LIT("v9"), 0 } };

	meta(db, 0, 3, 8);
	meta(db, 1, 2, 7); /* the older one leads nowhere */
	full_page(db, 2, LEAF, NULL, 0);
	full_page(db, 3, LEAF, in_root, 1);
	full_page(db, 4, LEAF, in_a, 3);
	full_page(db, 5, BRANCH, branch, 2);
	full_page(db, 6, LEAF, low, 2);
	full_page(db, 7, LEAF, high, 2);
}

static bool has(struct sk_bolt *b, const char *one, const char *two, const char *three, const char *want)
{
	const char *keys[] = { one, two, three, NULL };
	struct sk_arena arena = { 0 };
	bool yes = sk_span_is(sk_bolt_get(b, keys, &arena), want);

	sk_arena_release(&arena);
	return yes;
}

static void test_lookup(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf db = { 0 };
	const char *labels[] = { "a", "b", NULL }, *pages[] = { "a", "c", NULL };
	struct sk_bolt_item items[8];
	struct sk_arena arena = { 0 };
	struct sk_bolt *b;

	build(&db, false);
	is_int(sk_bolt_view(sk_buf_view(&db), &b, NULL), 0);
	ok(has(b, "a", "b", "two", "2"), "a key in a bucket that lies in a value");
	ok(has(b, "a", "c", "k1", "v1") && has(b, "a", "c", "k2", "v2") && has(b, "a", "c", "k5", "v5") &&
		   has(b, "a", "c", "k9", "v9"), "keys below a branch");
	ok(has(b, "a", "c", "k0", "") && has(b, "a", "c", "k3", "") && has(b, "a", "c", "kz", "") &&
		   has(b, "x", "c", "k1", ""), "keys that are not there");
	ok(has(b, "a", "d", NULL, "plain") && has(b, "a", "d", "k1", "") && has(b, "a", "b", NULL, ""),
	   "a value is no bucket, nor a bucket a value");
	is_int(sk_bolt_list(b, labels, &arena, items, 8), 2);
	is_int(sk_bolt_list(b, pages, &arena, items, 8), 4);
	ok(sk_span_is(items[3].key, "k9") && sk_span_is(items[3].value, "v9"), "all of a bucket, in order");
	is_int(sk_bolt_list(b, pages, &arena, items, 3), 3);
	sk_arena_release(&arena);
	sk_bolt_close(b);
}

static void test_damage(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf db = { 0 }, round = { 0 };
	const char *pages[] = { "a", "c", NULL };
	struct sk_bolt_item items[8];
	struct sk_arena arena = { 0 };
	struct sk_bolt *b;

	build(&round, true);
	is_int(sk_bolt_view(sk_buf_view(&round), &b, NULL), 0);
	is_int(sk_bolt_list(b, pages, &arena, items, 8), 0);
	ok(has(b, "a", "c", "k1", ""), "a tree that leads back to itself has an end");
	sk_bolt_close(b);
	sk_arena_release(&arena);

	build(&db, false);
	for (size_t cut = 0; cut < db.len; cut += 97) {
		if (sk_bolt_view(sk_span(db.data, cut), &b, NULL) < 0)
			continue;
		has(b, "a", "c", "k9", "v9");
		sk_bolt_close(b);
	}
	ok(true, "files cut anywhere are survived");
	((char *)db.data)[16 + 60]++; /* the checksum of the newer one */
	is_int(sk_bolt_view(sk_buf_view(&db), &b, NULL), 0);
	ok(has(b, "a", "d", NULL, ""), "the other state counts where one is damaged");
	sk_bolt_close(b);
	is_int(sk_bolt_view(SK_SPAN_LIT("no database"), &b, NULL), -SK_EINVAL);
}

int main(void)
{
	test_lookup();
	test_damage();
	return tap_done();
}
