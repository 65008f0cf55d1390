/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format.h"

const struct sk_format *sk_format_find(const char *name)
{
	for (size_t i = 0; sk_formats[i]; i++)
		if (strcmp(sk_formats[i]->name, name) == 0)
			return sk_formats[i];
	return NULL;
}
