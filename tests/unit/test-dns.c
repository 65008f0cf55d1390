/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard/dns.h"

#define SPAN(text) sk_span(text, sizeof(text) - 1)
#define HEAD(flags, answers) "\x12\x34" flags "\0\1" answers "\0\0\0\0"
#define QUESTION "\3www\7example\3org\0\0\1\0\1"

static struct sk_dns_message m;

static void test_questions(void)
{
	ok(sk_dns_parse(SPAN(HEAD("\1\0", "\0\0") QUESTION), &m) && !m.answer && m.id == 0x1234 && m.type == 1 &&
		   sk_span_is(m.name, "www.example.org"),
	   "a question");
	ok(sk_dns_parse(SPAN(HEAD("\1\0", "\0\0") "\0\0\2\0\1"), &m) && m.type == 2 && m.name.len == 0, "the root");
	ok(sk_dns_parse(SPAN(HEAD("\1\0", "\0\0") "\4a.b\x1f\1x\0\0\x10\0\1"), &m) &&
		   sk_span_is(m.name, "a\\.b\\031.x"),
	   "dots and control characters in labels are escaped");
	ok(!sk_dns_parse(SPAN(HEAD("\1\0", "\0\0")), &m), "no question");
	ok(!sk_dns_parse(SPAN(HEAD("\1\0", "\0\0") "\3www\7exam"), &m), "a question that is cut");
	ok(!sk_dns_parse(SPAN(HEAD("\1\0", "\0\0") "\xc0\x0c\0\1\0\1"), &m), "a name that points at itself");
	ok(!sk_dns_parse(SPAN(HEAD("\1\0", "\0\0") "\x80www\0\0\1\0\1"), &m), "a label of no known form");
	ok(!sk_dns_parse(SPAN(HEAD("\x28\0", "\0\0") QUESTION), &m), "an update is no question");
	ok(!sk_dns_parse(SPAN(""), &m) && !sk_dns_parse(SPAN("\x12"), &m), "nothing");
}

static void test_long_name(void)
{
	char bytes[600] = HEAD("\1\0", "\0\0");
	size_t n = 12;

	for (int i = 0; i < 4; i++) {
		bytes[n++] = 63;
		memset(bytes + n, 0x01, 63);
		n += 63;
	}
	bytes[n++] = 0;
	memcpy(bytes + n, "\0\1\0\1", 4);
	ok(!sk_dns_parse(sk_span(bytes, n + 4), &m), "more than 255 bytes are no name");
	bytes[12 + 3 * 64] = 61;
	bytes[12 + 3 * 64 + 62] = 0;
	memcpy(bytes + 12 + 3 * 64 + 63, "\0\1\0\1", 4);
	ok(sk_dns_parse(sk_span(bytes, 12 + 3 * 64 + 67), &m) && m.name.len == 250 * 4 + 3, "the longest one, all escaped");
}

static void test_answers(void)
{
	struct sk_dns_names *names = sk_dns_names_new();
	static const char answer[] = HEAD("\x81\x80", "\0\3") QUESTION
		"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1x\xc0\x10"
		"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\7"
		"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\5";

	ok(sk_dns_parse(SPAN(answer), &m) && m.answer && m.rcode == 0 && m.address_count == 2 &&
		   m.addresses[0].length == 4 && m.addresses[1].length == 16 &&
		   memcmp(m.addresses[0].ip, "\xcb\0\x71\7", 4) == 0,
	   "addresses of an answer");
	sk_dns_names_add(names, 7, &m);
	ok(sk_span_is(sk_dns_names_find(names, 7, SPAN("\xcb\0\x71\7")), "www.example.org"), "are named by it");
	ok(!sk_dns_names_find(names, 8, SPAN("\xcb\0\x71\7")).len, "in the namespace of who asked alone");
	ok(!sk_dns_names_find(names, 7, SPAN("\xcb\0\x71\x08")).len, "others are not");
	ok(sk_dns_parse(sk_span(answer, sizeof(answer) - 3), &m) && m.address_count == 1, "of a cut one what is whole");
	ok(sk_dns_parse(SPAN(HEAD("\x81\x83", "\0\0") QUESTION), &m) && m.answer &&
		   strcmp(sk_dns_rcode_name(m.rcode), "NXDOMAIN") == 0,
	   "no such name");
	sk_dns_names_free(names);
}

int main(void)
{
	test_questions();
	test_long_name();
	test_answers();
	return tap_done();
}
