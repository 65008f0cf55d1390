/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/reader.h"
#include "base/text.h"
#include "base/time.h"

static void test_span(void)
{
	struct sk_span rest = SK_SPAN_LIT("a,,b"), part, line;
	uint64_t v;

	ok(sk_span_split(&rest, ',', &part) && sk_span_is(part, "a"), "first part");
	ok(sk_span_split(&rest, ',', &part) && part.len == 0, "empty part");
	ok(sk_span_split(&rest, ',', &part) && sk_span_is(part, "b"), "last part");
	ok(!sk_span_split(&rest, ',', &part), "end");
	rest = SK_SPAN_LIT("x\r\ny");
	ok(sk_span_line(&rest, &line) && sk_span_is(line, "x"), "line without \\r");
	ok(sk_span_line(&rest, &line) && sk_span_is(line, "y"), "last line");
	ok(!sk_span_line(&rest, &line), "no more lines");
	ok(sk_span_u64(SK_SPAN_LIT("18446744073709551615"), &v) && v == UINT64_MAX, "u64 max");
	ok(!sk_span_u64(SK_SPAN_LIT("18446744073709551616"), &v), "u64 overflow");
}

static void test_reader(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_reader r;

	sk_buf_varint(&buf, UINT64_MAX);
	sk_buf_string(&buf, SK_SPAN_LIT("hello"));
	sk_buf_u32le(&buf, 0xdeadbeef);
	r = sk_reader(sk_buf_view(&buf));
	ok(sk_read_varint(&r) == UINT64_MAX, "varint");
	ok(sk_span_is(sk_read_string(&r), "hello"), "string");
	ok(sk_read_u32le(&r) == 0xdeadbeef, "u32");
	ok(!sk_reader_more(&r) && !r.failed, "end");
	ok(sk_read_u8(&r) == 0 && r.failed, "past the end sticks");
	ok(sk_read_window(&r, 0, 1).failed, "a window of a failed reader has failed");
}

static void test_map(void)
{
	struct sk_map map = { 0 };
	struct sk_arena arena = { 0 };
	int wrong = 0;

	for (size_t i = 0; i < 10000; i++)
		sk_map_put(&map, sk_span_str(sk_arena_printf(&arena, "key %zu", i)), (void *)(i + 1));
	for (size_t i = 0; i < 10000; i++) {
		char key[32];

		snprintf(key, sizeof(key), "key %zu", i);
		wrong += sk_map_get(&map, sk_span_str(key)) != (void *)(i + 1);
	}
	is_int(wrong, 0);
	ok(!sk_map_get(&map, SK_SPAN_LIT("none")), "missing key");
	sk_map_release(&map);
	sk_arena_release(&arena);
}

static void test_text(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };

	sk_text_plain(&buf, SK_SPAN_LIT("a\x1b[31m\xff \xe2\x80\xae\xc3\xa9"));
	is_str(sk_buf_str(&buf), "a\\x1b[31m\\xff \\u{202e}\xc3\xa9");
}

/* Every byte at every place of texts of every length around the great steps. */
static void test_ascii_run(void)
{
	static const char but[4] = { '"', '<', '>', '\\' };
	size_t wrong = 0;
	char text[41];

	for (size_t len = 0; len <= 40; len++)
		for (size_t at = 0; at < (len ? len : 1); at++)
			for (int byte = 0; byte < 256; byte++) {
				bool fits = byte >= 0x20 && byte <= 0x7e && !memchr(but, byte, sizeof(but));
				size_t run, good = fits ? len : at;

				memset(text, 'x', sizeof(text));
				text[at] = (char)byte;
				run = sk_ascii_run(sk_span(text, len), but);
				wrong += run > good || (good == len && len >= 8 && run != len) || run + 15 < good;
			}
	is_int((int64_t)wrong, 0);
}

static void test_time(void)
{
	char text[SK_TIME_TEXT];
	int64_t t = 0;

	ok(sk_time_parse(SK_SPAN_LIT("2024-02-29T23:59:59.123+01:00"), &t), "leap day");
	is_str(sk_time_format(t, text), "2024-02-29T22:59:59Z");
	ok(sk_time_parse(SK_SPAN_LIT("0633-01-02"), &t), "an early year");
	is_str(sk_time_format(t, text), "0633-01-02T00:00:00Z");
	is_str(sk_time_format_date(t, text), "0633-01-02");
	ok(!sk_time_parse(SK_SPAN_LIT("2023-02-29"), &t), "no leap day");
	ok(sk_time_parse(SK_SPAN_LIT("1970-01-01"), &t) && t == 0, "date alone");
}

int main(void)
{
	test_span();
	test_reader();
	test_map();
	test_text();
	test_ascii_run();
	test_time();
	return tap_done();
}
