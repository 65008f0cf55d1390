/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Passwords and keys from files. They are overwritten when they are not needed any more. */
#include "base/buf.h"
#include "base/err.h"

/* The file's text without a final newline. Refused unless only root and this user may write it. */
int sk_secret_read(const char *path, struct sk_buf *ret_text, struct sk_err *err);
void sk_secret_release(struct sk_buf *text);
void sk_secret_forget(char *text); /* NULL is nothing */
