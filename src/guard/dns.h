/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Questions and answers of the Domain Name System (RFC 1035), read from bytes
 * that anybody may have sent, and the names that addresses were the answer to.
 */
#include "base/span.h"

enum { SK_DNS_ADDRESSES = 16, SK_DNS_NAME = 1024 };

struct sk_dns_address {
	uint8_t length; /* 4 or 16 */
	uint8_t ip[16];
};

struct sk_dns_message {
	uint16_t id;
	bool answer;
	uint8_t rcode; /* 0: no error; 3: no such name */
	uint16_t type; /* of the question: 1 A, 28 AAAA, 16 TXT */
	struct sk_span name; /* of the question, as text: labels with dots, none at the end; RFC 4343 escapes */
	struct sk_dns_address addresses[SK_DNS_ADDRESSES]; /* of A and AAAA records in the answer */
	uint32_t address_count;
	char text[SK_DNS_NAME];
};

/* False: it is no message with a question. One that was cut gives the answers that are whole. */
bool sk_dns_parse(struct sk_span bytes, struct sk_dns_message *ret);

/* "A", "AAAA", or NULL. */
const char *sk_dns_type_name(uint16_t type);
/* "NOERROR", "NXDOMAIN", or NULL. */
const char *sk_dns_rcode_name(uint8_t rcode);

/* A few thousand answers are remembered, each network namespace its own: one cannot name things for others. */
struct sk_dns_names;
struct sk_dns_names *sk_dns_names_new(void);
void sk_dns_names_free(struct sk_dns_names *names);
void sk_dns_names_add(struct sk_dns_names *names, uint64_t netns, const struct sk_dns_message *message);
/* Empty: not known. Valid until the next add. */
struct sk_span sk_dns_names_find(const struct sk_dns_names *names, uint64_t netns, struct sk_span ip);
