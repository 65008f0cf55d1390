/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a VEX document, and what it says of one finding. */
#include "policy/vex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_os os = { .id = "debian", .root = "", .cpe = "cpe:/o:debian:debian_linux:12" };
	struct sk_package package = { .type = "deb", .ns = "debian", .name = "curl", .version = "7.88.1-10",
				      .path = "var/lib/dpkg/status", .flags = SK_PACKAGE_MAIN, .os = &os,
				      .purl = "pkg:deb/debian/curl@7.88.1-10?arch=amd64" };
	struct sk_package *packages[] = { &package };
	struct sk_finding finding = { .kind = SK_FINDING_VULNERABILITY, .id = "CVE-1", .package = &package };
	struct sk_finding *findings[] = { &finding };
	struct sk_inventory inv = { .artifact = { .name = "registry.example/shop:1.4" },
				    .packages = packages, .package_count = 1 };
	struct sk_exceptions x = { 0 };
	struct sk_arena arena = { 0 };

	if (sk_vex_parse(&x, "f", sk_span(data, size), NULL) == 0) {
		sk_exceptions_apply(&x, &inv, 1700000000, findings, 1);
		for (size_t i = 0; i < x.list.len; i++)
			sk_exception_finding(&x, x.list.data[i], 1700000000, &arena);
	}
	sk_exceptions_release(&x);
	sk_arena_release(&arena);
	return 0;
}
