/* SPDX-License-Identifier: Apache-2.0 */
#include "net/url.h"

#include <ctype.h>

bool sk_url_is_http(struct sk_span url)
{
	ptrdiff_t colon = sk_span_chr(url, ':');
	struct sk_span scheme = sk_span_sub(url, 0, colon < 0 ? 0 : (size_t)colon);

	return (sk_span_ieq(scheme, SK_SPAN_LIT("http")) ||
		sk_span_ieq(scheme, SK_SPAN_LIT("https"))) &&
	       sk_span_starts(sk_span_from(url, scheme.len), "://");
}

void sk_url_join(struct sk_buf *buf, struct sk_span base, struct sk_span path)
{
	while (base.len && base.ptr[base.len - 1] == '/')
		base.len--;
	sk_buf_span(buf, base);
	sk_buf_putc(buf, '/');
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.ptr[i];

		/* RFC 3986, section 2.3, and the separator. */
		if (isalnum(c) || strchr("-._~/", c))
			sk_buf_putc(buf, (char)c);
		else
			sk_buf_printf(buf, "%%%02X", c);
	}
}
