/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Addresses of IPv4 and IPv6 as text (RFC 4291, RFC 5952), as strictly as Go's net/netip reads them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sk_cel_ip {
	uint8_t bytes[16]; /* in network order; IPv4 has four */
	uint8_t len;	   /* 4 or 16 */
};

/* NULL, or what is wrong, a constant text. *ret_zone: of "fe80::1%eth0", else of length 0. */
const char *sk_cel_ip_parse(const char *text, size_t len, struct sk_cel_ip *ret,
			    size_t *ret_zone_len);

/* An IPv4 address in an IPv6 one (::ffff:1.2.3.4)? */
bool sk_cel_ip_is_mapped(const struct sk_cel_ip *ip);

#define SK_CEL_IP_TEXT 40
/* The canonical text, NUL-terminated; returns its length. */
size_t sk_cel_ip_format(char buf[SK_CEL_IP_TEXT], const struct sk_cel_ip *ip);
