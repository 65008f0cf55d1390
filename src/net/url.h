/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* As much of URLs (RFC 3986) as fetching files from a base needs. */
#include "base/buf.h"

/* Whether it is one of http or https; everything else is a path. */
bool sk_url_is_http(struct sk_span url);

/* base without its final slashes, '/', and the parts of path, percent-encoded each. */
void sk_url_join(struct sk_buf *buf, struct sk_span base, struct sk_span path);
