/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/secret.h"

#include "base/fd.h"
#include "base/limits.h"

#include <stdlib.h>

int sk_secret_read(const char *path, struct sk_buf *text, struct sk_err *err)
{
	if (sk_path_slurp_checked(path, true, SK_MAX_SECRET, text, err) < 0)
		return -err->code;
	while (text->len && strchr("\r\n", text->data[text->len - 1]))
		text->data[--text->len] = '\0';
	return memchr(sk_buf_str(text), '\0', text->len) ? sk_err_set(err, SK_EINVAL, "%s: has a NUL in it", path) : 0;
}

void sk_secret_release(struct sk_buf *text)
{
	if (text->data)
		explicit_bzero(text->data, text->cap);
	sk_buf_release(text);
}

void sk_secret_forget(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}
