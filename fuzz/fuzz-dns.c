/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/dns.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sk_dns_names *names;
	static struct sk_dns_message m;

	if (!names)
		names = sk_dns_names_new();
	if (!sk_dns_parse(sk_span(data, size), &m))
		return 0;
	sk_dns_names_add(names, 1, &m);
	for (uint32_t i = 0; i < m.address_count; i++)
		if (m.addresses[i].length != 4 && m.addresses[i].length != 16)
			abort();
	for (size_t i = 0; i < m.name.len; i++)
		if (m.name.ptr[i] <= 0x20 || m.name.ptr[i] >= 0x7f)
			abort();
	return 0;
}
