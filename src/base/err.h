/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Errors. A function that can fail returns 0 (or a count) on success and a
 * negative code on failure; its last parameter is a `struct sk_err *` that the
 * caller owns, usually on the stack. The text is for people and never parsed:
 * each layer wraps it with its own context, outermost first
 * ("layer sha256:12ab: entry 17: name is longer than 4096 bytes").
 *
 * `err` may be NULL where the caller wants the code alone. The text is plain
 * UTF-8 as the input had it: whoever prints it escapes it (see text.h).
 */
#include <stdarg.h>
#include <stdbool.h>

enum sk_code {
	SK_EINVAL = 1,	 /* the input is malformed */
	SK_ELIMIT,	 /* the input exceeds a limit of limits.h */
	SK_EIO,		 /* the operating system refused to read or write */
	SK_ENOTFOUND,	 /* there is no such thing */
	SK_EUNSUPPORTED, /* well formed, but of a kind that is not handled */
	SK_EINTEGRITY,	 /* a digest or size is not what was promised */
	SK_EUSAGE,	 /* the person asked for something impossible */
	SK_ECRASH,	 /* a worker died, or broke its protocol */
	SK_ETIMEOUT,	 /* it took longer than allowed */
	SK_ENET,	 /* the other side could not be reached or answered wrongly */
};

struct sk_err {
	int code; /* enum sk_code; 0: no error */
	char text[1024];
};

#define SK_ERR_INIT ((struct sk_err){ 0 })

/* Sets code and text; returns -code. */
int sk_err_set(struct sk_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Like sk_err_set with SK_EIO and ": " strerror(errno) appended. ENOENT gives SK_ENOTFOUND. */
int sk_err_errno(struct sk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

/* Puts "context: " before the text that is there; returns -err->code. */
int sk_err_wrap(struct sk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

/* One lower-case word for a code: "invalid", "limit", ... */
const char *sk_code_name(int code);
