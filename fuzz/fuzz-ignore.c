/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/glob.h"
#include "policy/ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line is a path that patterns are tried on, the rest an ignore file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span text = sk_span(data, size), path = { 0 };
	struct sk_ignore ignore = { 0 };
	struct sk_arena arena = { 0 };
	struct sk_package package = { .type = "deb", .ns = "debian", .name = "zlib", .version = "1",
				      .purl = "pkg:deb/debian/zlib@1?arch=amd64" };
	struct sk_finding finding = { .id = "CVE-1", .package = &package };
	struct sk_finding *findings[] = { &finding };

	if (sk_span_line(&text, &path))
		finding.path = sk_arena_dup(&arena, path);
	sk_glob_match(sk_span_trim(text), path);
	if (sk_ignore_parse(&ignore, "f", text, 1700000000, NULL) == 0) {
		sk_ignore_apply(&ignore, findings, 1);
		for (size_t i = 0; i < ignore.count; i++)
			sk_ignore_finding(&ignore, ignore.entries[i], &arena);
	}
	sk_ignore_release(&ignore);
	sk_arena_release(&arena);
	return 0;
}
