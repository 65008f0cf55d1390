/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and networks, as in cel-go's ext.Network and in Kubernetes: no
 * zones, and no IPv4 address in the dress of an IPv6 one. In the spelling that
 * hides it, "::ffff:c0a8:1", it is the IPv4 address that it is (the conformance
 * suite wants that).
 */
#include "policy/cel/ip.h"
#include "policy/cel/value.h"

#include <stdio.h>

struct ip {
	struct sk_cel_opaque opaque;
	struct sk_cel_ip ip;
};

struct cidr {
	struct sk_cel_opaque opaque;
	struct sk_cel_ip ip;
	unsigned bits;
};

#define CIDR_TEXT (SK_CEL_IP_TEXT + 4)

/* ---- the types ---- */

static bool same_ip(const struct sk_cel_ip *a, const struct sk_cel_ip *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static bool ip_equal(const struct sk_cel_opaque *a, const struct sk_cel_opaque *b)
{
	return same_ip(&((const struct ip *)a)->ip, &((const struct ip *)b)->ip);
}

static bool cidr_equal(const struct sk_cel_opaque *a, const struct sk_cel_opaque *b)
{
	const struct cidr *x = (const struct cidr *)a, *y = (const struct cidr *)b;

	return x->bits == y->bits && same_ip(&x->ip, &y->ip);
}

static struct sk_cel_value ip_text(struct sk_cel_arena *arena, const struct sk_cel_opaque *v)
{
	char text[SK_CEL_IP_TEXT];
	size_t len = sk_cel_ip_format(text, &((const struct ip *)v)->ip);

	return sk_cel_string_checked(arena, text, len);
}

static struct sk_cel_value cidr_text(struct sk_cel_arena *arena, const struct sk_cel_opaque *v)
{
	const struct cidr *cidr = (const struct cidr *)v;
	char text[CIDR_TEXT];
	size_t len = sk_cel_ip_format(text, &cidr->ip);

	len += (size_t)snprintf(text + len, sizeof(text) - len, "/%u", cidr->bits);
	return sk_cel_string_checked(arena, text, len);
}

static const struct sk_cel_opaque_type ip_type = { "net.IP", ip_equal, ip_text };
static const struct sk_cel_opaque_type cidr_type = { "net.CIDR", cidr_equal, cidr_text };

static const struct sk_cel_ip *ip_of(struct sk_cel_value v)
{
	return &((const struct ip *)v.opaque)->ip;
}

static const struct cidr *cidr_of(struct sk_cel_value v)
{
	return (const struct cidr *)v.opaque;
}

static struct sk_cel_value new_ip(struct sk_cel_eval *eval, const struct sk_cel_ip *ip)
{
	struct ip *v = sk_cel_eval_alloc(eval, sizeof(*v));

	if (!v)
		return sk_cel_full(eval);
	*v = (struct ip){ { &ip_type }, *ip };
	return sk_cel_opaque(&v->opaque);
}

static struct sk_cel_value new_cidr(struct sk_cel_eval *eval, const struct cidr *cidr)
{
	struct cidr *v = sk_cel_eval_alloc(eval, sizeof(*v));

	if (!v)
		return sk_cel_full(eval);
	*v = *cidr;
	v->opaque.type = &cidr_type;
	return sk_cel_opaque(&v->opaque);
}

/* ---- reading ---- */

enum flaw { FINE, WRONG, ZONE, MAPPED };

/* *ret_why is told for WRONG. */
static enum flaw read_ip(struct sk_cel_value text, struct sk_cel_ip *ret, const char **ret_why)
{
	size_t zone;

	*ret_why = sk_cel_ip_parse(text.str, text.len, ret, &zone);
	if (*ret_why)
		return WRONG;
	if (zone > 0)
		return ZONE;
	if (!sk_cel_ip_is_mapped(ret))
		return FINE;
	if (memchr(text.str, '.', text.len))
		return MAPPED;
	memmove(ret->bytes, ret->bytes + 12, 4);
	ret->len = 4;
	return FINE;
}

/* The number of bits after the slash, no sign and no leading zeros; -1 if it is none. */
static int prefix_length(const char *text, size_t len, int most)
{
	int value = 0;

	if (len == 0 || len > 3 || (len > 1 && text[0] == '0'))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value <= most ? value : -1;
}

static enum flaw read_cidr(struct sk_cel_value text, struct cidr *ret, const char **ret_why)
{
	const char *slash = text.len > 0 ? memrchr(text.str, '/', text.len) : NULL;
	size_t at, zone;
	int bits;

	*ret_why = "no '/'";
	if (!slash)
		return WRONG;
	at = (size_t)(slash - text.str);
	*ret_why = sk_cel_ip_parse(text.str, at, &ret->ip, &zone);
	if (*ret_why)
		return WRONG;
	if (zone > 0)
		return ZONE;
	if (sk_cel_ip_is_mapped(&ret->ip))
		return MAPPED;
	bits = prefix_length(slash + 1, text.len - at - 1, ret->ip.len * 8);
	*ret_why = "bad bits after slash";
	if (bits < 0)
		return WRONG;
	ret->bits = (unsigned)bits;
	return FINE;
}

static struct sk_cel_value fail(struct sk_cel_eval *eval, enum flaw flaw, const char *what,
				struct sk_cel_value text, const char *why)
{
	switch (flaw) {
	case ZONE:
		return sk_cel_fail(eval, SK_CEL_EVALUE, "%s with zone value is not allowed: '%.*s'",
				   what, sk_cel_excerpt(text), text.str);
	case MAPPED:
		return sk_cel_fail(eval, SK_CEL_EVALUE,
				   "IPv4-mapped IPv6 address is not allowed: '%.*s'",
				   sk_cel_excerpt(text), text.str);
	default:
		if (what[0] == 'C')
			return sk_cel_fail(eval, SK_CEL_EVALUE,
					   "network address parse error during conversion from "
					   "string: '%.*s': %s",
					   sk_cel_excerpt(text), text.str, why);
		return sk_cel_fail(eval, SK_CEL_EVALUE,
				   "%s '%.*s' parse error during conversion from string: %s", what,
				   sk_cel_excerpt(text), text.str, why);
	}
}

/* SK_CEL_ABSENT, or the error. */
static struct sk_cel_value must_read_ip(struct sk_cel_eval *eval, struct sk_cel_value text,
					struct sk_cel_ip *ret)
{
	const char *why;
	enum flaw flaw = read_ip(text, ret, &why);

	return flaw == FINE ? (struct sk_cel_value){ 0 }
			    : fail(eval, flaw, "IP Address", text, why);
}

static struct sk_cel_value must_read_cidr(struct sk_cel_eval *eval, struct sk_cel_value text,
					  struct cidr *ret)
{
	const char *why;
	enum flaw flaw = read_cidr(text, ret, &why);

	return flaw == FINE ? (struct sk_cel_value){ 0 } : fail(eval, flaw, "CIDR", text, why);
}

static struct sk_cel_value make_ip(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	struct sk_cel_ip ip;
	struct sk_cel_value error = must_read_ip(eval, args[0], &ip);

	return error.kind == SK_CEL_ABSENT ? new_ip(eval, &ip) : error;
}

static struct sk_cel_value make_cidr(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				     unsigned count)
{
	struct cidr cidr = { 0 };
	struct sk_cel_value error = must_read_cidr(eval, args[0], &cidr);

	return error.kind == SK_CEL_ABSENT ? new_cidr(eval, &cidr) : error;
}

static struct sk_cel_value is_ip(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				 unsigned count)
{
	struct sk_cel_ip ip;
	const char *why;

	return sk_cel_bool(read_ip(args[0], &ip, &why) == FINE);
}

static struct sk_cel_value is_cidr(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	struct cidr cidr;
	const char *why;

	return sk_cel_bool(read_cidr(args[0], &cidr, &why) == FINE);
}

static struct sk_cel_value is_canonical(struct sk_cel_eval *eval, const struct sk_cel_value *args,
					unsigned count)
{
	struct sk_cel_ip ip;
	struct sk_cel_value error = must_read_ip(eval, args[0], &ip);
	char text[SK_CEL_IP_TEXT];
	size_t len;

	if (error.kind != SK_CEL_ABSENT)
		return error;
	len = sk_cel_ip_format(text, &ip);
	return sk_cel_bool(len == args[0].len && memcmp(text, args[0].str, len) == 0);
}

/* ---- addresses ---- */

static struct sk_cel_value family(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return sk_cel_int(ip_of(args[0])->len == 4 ? 4 : 6);
}

static bool all_zero(const struct sk_cel_ip *ip, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (ip->bytes[i])
			return false;
	return true;
}

static bool unspecified(const struct sk_cel_ip *ip)
{
	return all_zero(ip, ip->len);
}

static bool loopback(const struct sk_cel_ip *ip)
{
	return ip->len == 4 ? ip->bytes[0] == 127 : all_zero(ip, 15) && ip->bytes[15] == 1;
}

static bool multicast(const struct sk_cel_ip *ip)
{
	return ip->len == 4 ? ip->bytes[0] >> 4 == 14 : ip->bytes[0] == 0xff;
}

static bool link_local_multicast(const struct sk_cel_ip *ip)
{
	const uint8_t *b = ip->bytes;

	if (ip->len == 4)
		return b[0] == 224 && b[1] == 0 && b[2] == 0;
	return b[0] == 0xff && (b[1] & 0x0f) == 2;
}

static bool link_local_unicast(const struct sk_cel_ip *ip)
{
	const uint8_t *b = ip->bytes;

	return ip->len == 4 ? b[0] == 169 && b[1] == 254 : b[0] == 0xfe && b[1] >> 6 == 2;
}

/* Private networks count as global too, as in Go; broadcast does not. */
static bool global_unicast(const struct sk_cel_ip *ip)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	if (ip->len == 4 && memcmp(ip->bytes, broadcast, 4) == 0)
		return false;
	return !unspecified(ip) && !loopback(ip) && !multicast(ip) && !link_local_unicast(ip);
}

#define TEST(name, test)                                                                           \
	static struct sk_cel_value name(struct sk_cel_eval *eval, const struct sk_cel_value *args, \
					unsigned count)                                            \
	{                                                                                          \
		return sk_cel_bool(test(ip_of(args[0])));                                          \
	}
TEST(is_unspecified, unspecified)
TEST(is_loopback, loopback)
TEST(is_global_unicast, global_unicast)
TEST(is_link_local_multicast, link_local_multicast)
TEST(is_link_local_unicast, link_local_unicast)

/* ---- networks ---- */

/* Are the first bits those of the network? */
static bool within(const struct cidr *cidr, const struct sk_cel_ip *ip)
{
	unsigned whole = cidr->bits / 8, rest = cidr->bits % 8;

	if (cidr->ip.len != ip->len || memcmp(cidr->ip.bytes, ip->bytes, whole) != 0)
		return false;
	return rest == 0 || (cidr->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest) == 0;
}

static struct sk_cel_value contains_ip(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				       unsigned count)
{
	struct sk_cel_value error = { 0 };
	struct sk_cel_ip ip;

	if (args[1].kind == SK_CEL_OPAQUE)
		ip = *ip_of(args[1]);
	else
		error = must_read_ip(eval, args[1], &ip);
	return error.kind == SK_CEL_ABSENT ? sk_cel_bool(within(cidr_of(args[0]), &ip)) : error;
}

static struct sk_cel_value contains_cidr(struct sk_cel_eval *eval, const struct sk_cel_value *args,
					 unsigned count)
{
	const struct cidr *outer = cidr_of(args[0]);
	struct sk_cel_value error = { 0 };
	struct cidr inner = { 0 };

	if (args[1].kind == SK_CEL_OPAQUE)
		inner = *cidr_of(args[1]);
	else
		error = must_read_cidr(eval, args[1], &inner);
	if (error.kind != SK_CEL_ABSENT)
		return error;
	return sk_cel_bool(outer->bits <= inner.bits && within(outer, &inner.ip));
}

static struct sk_cel_value ip_of_cidr(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				      unsigned count)
{
	return new_ip(eval, &cidr_of(args[0])->ip);
}

static struct cidr without_host(const struct cidr *cidr)
{
	struct cidr masked = *cidr;

	for (unsigned i = 0; i < masked.ip.len; i++) {
		unsigned kept = i * 8 >= cidr->bits ? 0 : cidr->bits - i * 8;

		if (kept < 8)
			masked.ip.bytes[i] &= (uint8_t)(0xff00 >> kept);
	}
	return masked;
}

static struct sk_cel_value masked(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	struct cidr cidr = without_host(cidr_of(args[0]));

	return new_cidr(eval, &cidr);
}

static struct sk_cel_value is_mask(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				   unsigned count)
{
	struct cidr cidr = without_host(cidr_of(args[0]));

	return sk_cel_bool(same_ip(&cidr.ip, &cidr_of(args[0])->ip));
}

static struct sk_cel_value prefix(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				  unsigned count)
{
	return sk_cel_int(cidr_of(args[0])->bits);
}

static struct sk_cel_value to_string(struct sk_cel_eval *eval, const struct sk_cel_value *args,
				     unsigned count)
{
	struct sk_cel_value v = args[0].opaque->type->text(sk_cel_eval_arena(eval), args[0].opaque);

	return v.kind == SK_CEL_STRING ? v : sk_cel_full(eval);
}

#define SCAN .cost = SK_CEL_COST_SCAN

static const struct sk_cel_overload overloads[] = {
	{ "ip", "(string) -> net.IP", make_ip, SCAN },
	{ "ip", "net.CIDR.() -> net.IP", ip_of_cidr },
	{ "isIP", "(string) -> bool", is_ip, SCAN },
	{ "ip.isCanonical", "(string) -> bool", is_canonical, SCAN },
	{ "family", "net.IP.() -> int", family },
	{ "isUnspecified", "net.IP.() -> bool", is_unspecified },
	{ "isLoopback", "net.IP.() -> bool", is_loopback },
	{ "isGlobalUnicast", "net.IP.() -> bool", is_global_unicast },
	{ "isLinkLocalMulticast", "net.IP.() -> bool", is_link_local_multicast },
	{ "isLinkLocalUnicast", "net.IP.() -> bool", is_link_local_unicast },
	{ "cidr", "(string) -> net.CIDR", make_cidr, SCAN },
	{ "isCIDR", "(string) -> bool", is_cidr, SCAN },
	{ "containsIP", "net.CIDR.(net.IP) -> bool", contains_ip },
	{ "containsIP", "net.CIDR.(string) -> bool", contains_ip, SCAN },
	{ "containsCIDR", "net.CIDR.(net.CIDR) -> bool", contains_cidr },
	{ "containsCIDR", "net.CIDR.(string) -> bool", contains_cidr, SCAN },
	{ "prefixLength", "net.CIDR.() -> int", prefix },
	{ "masked", "net.CIDR.() -> net.CIDR", masked },
	{ "isMask", "net.CIDR.() -> bool", is_mask },
	{ "string", "(net.IP) -> string", to_string },
	{ "string", "(net.CIDR) -> string", to_string },
	{ NULL },
};

static const struct sk_cel_opaque_type *const types[] = { &ip_type, &cidr_type, NULL };

const struct sk_cel_library sk_cel_library_network = {
	.name = "network",
	.doc = "IP addresses and networks, as in Kubernetes and cel-go's ext.Network.",
	.overloads = overloads,
	.types = types,
};
