/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int sk_err_set(struct sk_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -code;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -code;
}

int sk_err_errno(struct sk_err *err, const char *fmt, ...)
{
	int saved = errno;
	int code = saved == ENOENT ? SK_ENOTFOUND : SK_EIO;
	size_t used;
	va_list ap;

	if (!err)
		return -code;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(saved));
	return -code;
}

int sk_err_wrap(struct sk_err *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	size_t used;
	va_list ap;

	if (!err)
		return -SK_EINVAL;
	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", inner);
	return -err->code;
}

const char *sk_code_name(int code)
{
	static const char *const names[] = {
		[SK_EINVAL] = "invalid",
		[SK_ELIMIT] = "limit",
		[SK_EIO] = "io",
		[SK_ENOTFOUND] = "not-found",
		[SK_EUNSUPPORTED] = "unsupported",
		[SK_EINTEGRITY] = "integrity",
		[SK_EUSAGE] = "usage",
		[SK_ECRASH] = "crash",
		[SK_ETIMEOUT] = "timeout",
		[SK_ENET] = "network",
	};

	if (code < 0)
		code = -code;
	if ((size_t)code >= sizeof(names) / sizeof(names[0]) || !names[code])
		return "unknown";
	return names[code];
}
