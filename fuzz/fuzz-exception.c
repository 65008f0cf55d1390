/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/exception-entry.h"
#include "policy/exception.h"
#include "policy/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was changed can be read again: both functions see to that themselves. */
static void edit(struct sk_span text, uint32_t line)
{
	struct sk_entry entry = { .id = "CVE-1", .reason = "it's \"r\"", .owner = "null", .expires = "2027-01-01" };
	sk_cleanup(sk_buf_release) struct sk_buf added = { 0 }, ended = { 0 };
	struct sk_exceptions x = { 0 };

	sk_entry_expire(text, line, "2026-11-21T12:00:00Z", &ended, NULL);
	if (sk_entry_append(text, &entry, &added, NULL) == 0 &&
	    sk_exceptions_parse(&x, "f", sk_buf_view(&added), NULL) < 0)
		abort();
	sk_exceptions_release(&x);
}

/* The first line is a path that patterns are tried on, the rest an exception file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span text = sk_span(data, size), path = { 0 };
	struct sk_exceptions x = { 0 };
	struct sk_inventory inv = { .artifact = { .name = "a" } };
	struct sk_arena arena = { 0 };
	struct sk_package package = { .type = "deb", .ns = "debian", .name = "zlib", .version = "1",
				      .purl = "pkg:deb/debian/zlib@1?arch=amd64" };
	struct sk_finding finding = { .id = "CVE-1", .package = &package };
	struct sk_finding *findings[] = { &finding };

	if (sk_span_line(&text, &path))
		finding.path = sk_arena_dup(&arena, path);
	sk_glob_match(sk_span_trim(text), path);
	if (sk_exceptions_parse(&x, "f", text, NULL) == 0) {
		sk_exceptions_apply(&x, &inv, 1700000000, findings, 1);
		for (size_t i = 0; i < x.list.len; i++)
			sk_exception_finding(&x, x.list.data[i], 1700000000, &arena);
		edit(text, x.list.len ? x.list.data[0]->says.line : 1);
	}
	sk_exceptions_release(&x);
	sk_arena_release(&arena);
	return 0;
}
