/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/dns.h"

#include "base/mem.h"
#include "base/reader.h"

enum { TYPE_A = 1, TYPE_AAAA = 28, CLASS_IN = 1, MAX_JUMPS = 64, MAX_RECORDS = 64 };

/* One label as text; false: no room. Dots and what is not printable are escaped. */
static bool put_label(struct sk_dns_message *m, size_t *used, struct sk_span label)
{
	if (*used)
		m->text[(*used)++] = '.';
	for (size_t i = 0; i < label.len; i++) {
		uint8_t c = (uint8_t)label.ptr[i];

		if (*used + 5 > sizeof(m->text))
			return false;
		if (c == '.' || c == '\\') {
			m->text[(*used)++] = '\\';
			m->text[(*used)++] = (char)c;
		} else if (c > 0x20 && c < 0x7f) {
			m->text[(*used)++] = (char)c;
		} else {
			m->text[(*used)++] = '\\';
			m->text[(*used)++] = (char)('0' + c / 100);
			m->text[(*used)++] = (char)('0' + c / 10 % 10);
			m->text[(*used)++] = (char)('0' + c % 10);
		}
	}
	return *used + 2 <= sizeof(m->text);
}

/*
 * A name at the reader; pointers (4.1.4) lead back, each further than the last,
 * so that there is an end. Without a message it is passed over.
 */
static bool read_name(struct sk_span whole, struct sk_reader *r, struct sk_dns_message *m)
{
	struct sk_reader at = *r;
	size_t used = 0, length = 0;
	bool jumped = false;

	for (int jumps = 0;;) {
		uint8_t n = sk_read_u8(&at);

		if (at.failed)
			return false;
		if ((n & 0xc0) == 0xc0) {
			size_t to = (size_t)(n & 0x3f) << 8 | sk_read_u8(&at);

			if (at.failed || to >= whole.len || jumps++ == MAX_JUMPS)
				return false;
			if (!jumped)
				*r = at;
			jumped = true;
			at = sk_reader(sk_span_from(whole, to));
			continue;
		}
		if (n & 0xc0)
			return false;
		if (n == 0)
			break;
		length += n + 1u;
		struct sk_span label = sk_read_bytes(&at, n);
		if (at.failed || length > 255 || (m && !put_label(m, &used, label)))
			return false;
	}
	if (!jumped)
		*r = at;
	if (m)
		m->name = sk_span(m->text, used);
	return true;
}

static void read_answers(struct sk_span whole, struct sk_reader *r, uint16_t count, struct sk_dns_message *m)
{
	for (uint16_t i = 0; i < count && i < MAX_RECORDS && m->address_count < SK_DNS_ADDRESSES; i++) {
		uint16_t type, class;
		struct sk_span data;

		if (!read_name(whole, r, NULL))
			return;
		type = sk_read_u16be(r);
		class = sk_read_u16be(r);
		sk_read_skip(r, 4); /* how long it may be kept */
		data = sk_read_bytes(r, sk_read_u16be(r));
		if (r->failed)
			return;
		if (class != CLASS_IN || !((type == TYPE_A && data.len == 4) || (type == TYPE_AAAA && data.len == 16)))
			continue;
		m->addresses[m->address_count].length = (uint8_t)data.len;
		memcpy(m->addresses[m->address_count++].ip, data.ptr, data.len);
	}
}

bool sk_dns_parse(struct sk_span bytes, struct sk_dns_message *m)
{
	struct sk_reader r = sk_reader(bytes);
	uint16_t flags, questions, answers;

	m->address_count = 0;
	m->id = sk_read_u16be(&r);
	flags = sk_read_u16be(&r);
	questions = sk_read_u16be(&r);
	answers = sk_read_u16be(&r);
	sk_read_skip(&r, 4);
	/* QUERY alone (the operation codes of the others are NOTIFY, UPDATE...), one question, as everybody sends it. */
	if (r.failed || questions != 1 || (flags >> 11 & 15) != 0 || !read_name(bytes, &r, m))
		return false;
	m->type = sk_read_u16be(&r);
	sk_read_skip(&r, 2);
	if (r.failed)
		return false;
	m->answer = flags >> 15;
	m->rcode = flags & 15;
	if (m->answer)
		read_answers(bytes, &r, answers, m);
	return true;
}

const char *sk_dns_type_name(uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *name;
	} types[] = {
		{ 1, "A" }, { 2, "NS" }, { 5, "CNAME" }, { 6, "SOA" }, { 10, "NULL" }, { 12, "PTR" }, { 13, "HINFO" },
		{ 15, "MX" }, { 16, "TXT" }, { 28, "AAAA" }, { 33, "SRV" }, { 35, "NAPTR" }, { 43, "DS" }, { 46, "RRSIG" },
		{ 48, "DNSKEY" }, { 52, "TLSA" }, { 64, "SVCB" }, { 65, "HTTPS" }, { 252, "AXFR" }, { 255, "ANY" },
		{ 257, "CAA" },
	};

	for (size_t i = 0; i < SK_COUNT(types); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

const char *sk_dns_rcode_name(uint8_t rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };

	return rcode < SK_COUNT(names) ? names[rcode] : NULL;
}

/* ---- names of addresses ---- */

/* Where many have one place the last one stays. */
enum { PLACES = 4096, NAME = 256 };

struct named {
	uint64_t netns;
	uint8_t ip[16];
	uint8_t ip_length, length; /* 0: empty; a name that does not fit is not remembered */
	char name[NAME];
};

struct sk_dns_names {
	struct named places[PLACES];
};

struct sk_dns_names *sk_dns_names_new(void)
{
	return sk_alloc(sizeof(struct sk_dns_names));
}

void sk_dns_names_free(struct sk_dns_names *names)
{
	free(names);
}

static size_t place_of(uint64_t netns, struct sk_span ip)
{
	uint64_t hash = netns * 0x9e3779b97f4a7c15ull;

	for (size_t i = 0; i < ip.len; i++)
		hash = (hash ^ (uint8_t)ip.ptr[i]) * 0x100000001b3ull;
	return (hash ^ hash >> 32) % PLACES;
}

void sk_dns_names_add(struct sk_dns_names *names, uint64_t netns, const struct sk_dns_message *m)
{
	if (!m->name.len || m->name.len >= NAME)
		return;
	for (uint32_t i = 0; i < m->address_count; i++) {
		const struct sk_dns_address *a = &m->addresses[i];
		struct named *n = &names->places[place_of(netns, sk_span(a->ip, a->length))];

		n->netns = netns;
		n->ip_length = a->length;
		memcpy(n->ip, a->ip, a->length);
		n->length = (uint8_t)m->name.len;
		memcpy(n->name, m->name.ptr, m->name.len);
	}
}

struct sk_span sk_dns_names_find(const struct sk_dns_names *names, uint64_t netns, struct sk_span ip)
{
	const struct named *n = &names->places[place_of(netns, ip)];

	if (!n->length || n->netns != netns || n->ip_length != ip.len || memcmp(n->ip, ip.ptr, ip.len) != 0)
		return sk_span(NULL, 0);
	return sk_span(n->name, n->length);
}
