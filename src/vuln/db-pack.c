/* SPDX-License-Identifier: Apache-2.0 */
/* The small packed forms: ids and intervals. */
#include "vuln/db-format.h"

#include <stdio.h>

const char *const sk_section_names[SK_SECTION_COUNT] = {
	[SK_SECTION_INFO] = "info",	      [SK_SECTION_ECOSYSTEMS] = "ecosystems",
	[SK_SECTION_INDEX] = "index",	      [SK_SECTION_PACKAGES] = "packages",
	[SK_SECTION_RECORD_AT] = "record-at", [SK_SECTION_RECORDS] = "records",
	[SK_SECTION_BLOCK_AT] = "block-at",   [SK_SECTION_BLOCKS] = "blocks",
	[SK_SECTION_CVES] = "cves",
};

/* The first byte of a packed id. */
enum { ID_PLAIN, ID_CVE, ID_GHSA };
enum { GHSA_LENGTH = 19 }; /* GHSA-xxxx-xxxx-xxxx */

/* "CVE-2024-0001" by year and number, if that says it all. */
static bool put_cve(struct sk_buf *buf, struct sk_span id)
{
	uint64_t year, number;
	char again[32];

	if (!sk_span_starts(id, "CVE-") || id.len < 13 || id.len > 20 || id.ptr[8] != '-' ||
	    !sk_span_u64(sk_span_sub(id, 4, 4), &year) ||
	    !sk_span_u64(sk_span_from(id, 9), &number))
		return false;
	snprintf(again, sizeof(again), "CVE-%04u-%04llu", (unsigned)year,
		 (unsigned long long)number);
	if (!sk_span_is(id, again))
		return false;
	sk_buf_u8(buf, ID_CVE);
	sk_buf_varint(buf, year);
	sk_buf_varint(buf, number);
	return true;
}

static bool put_ghsa(struct sk_buf *buf, struct sk_span id)
{
	if (!sk_span_starts(id, "GHSA-") || id.len != GHSA_LENGTH || id.ptr[9] != '-' ||
	    id.ptr[14] != '-')
		return false;
	sk_buf_u8(buf, ID_GHSA);
	sk_buf_put(buf, id.ptr + 5, 4);
	sk_buf_put(buf, id.ptr + 10, 4);
	sk_buf_put(buf, id.ptr + 15, 4);
	return true;
}

void sk_db_put_id(struct sk_buf *buf, struct sk_span id)
{
	if (put_cve(buf, id) || put_ghsa(buf, id))
		return;
	sk_buf_u8(buf, ID_PLAIN);
	sk_buf_string(buf, id);
}

bool sk_db_get_id(struct sk_reader *r, struct sk_buf *ret_id)
{
	uint8_t tag = sk_read_u8(r);
	struct sk_span text;
	uint64_t year;

	if (tag == ID_CVE) {
		year = sk_read_varint(r);
		sk_buf_printf(ret_id, "CVE-%04llu-%04llu", (unsigned long long)year,
			      (unsigned long long)sk_read_varint(r));
	} else if (tag == ID_GHSA) {
		text = sk_read_bytes(r, 12);
		if (text.len == 12)
			sk_buf_printf(ret_id, "GHSA-%.4s-%.4s-%.4s", text.ptr, text.ptr + 4,
				      text.ptr + 8);
	} else if (tag == ID_PLAIN) {
		sk_buf_span(ret_id, sk_read_string(r));
	} else {
		r->failed = true;
	}
	return !r->failed;
}

void sk_db_put_interval(struct sk_buf *buf, const struct sk_interval *interval)
{
	unsigned flags = interval->end;

	if (interval->from.len)
		flags |= SK_DB_INTERVAL_FROM;
	sk_buf_u8(buf, (uint8_t)flags);
	if (interval->from.len)
		sk_buf_string(buf, interval->from);
	if (interval->end != SK_BOUND_OPEN)
		sk_buf_string(buf, interval->to);
}

bool sk_db_interval(struct sk_reader *r, struct sk_interval *ret_interval)
{
	uint8_t flags = sk_read_u8(r);

	*ret_interval = (struct sk_interval){ .end = flags & SK_DB_INTERVAL_END };
	if (flags & SK_DB_INTERVAL_FROM)
		ret_interval->from = sk_read_string(r);
	if (ret_interval->end != SK_BOUND_OPEN)
		ret_interval->to = sk_read_string(r);
	return !r->failed;
}

static int id_class(struct sk_span id)
{
	return sk_span_starts(id, "CVE-") ? 0 : sk_span_starts(id, "GHSA-") ? 1 : 2;
}

int sk_id_cmp(struct sk_span a, struct sk_span b)
{
	int classes = id_class(a) - id_class(b);

	return classes ? classes : sk_span_cmp(a, b);
}
