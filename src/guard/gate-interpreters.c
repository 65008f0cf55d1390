/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/gate-interpreters.h"

#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

struct row {
	const char *name;
	const char *inlines, *values, *files; /* letters of short options */
	bool only_files;		      /* arguments are data: a script comes with an option alone */
};

/* From the programs' own manual pages. */
static const struct row rows[] = {
	{ "sh", "c", "oO", "", false },
	{ "bash", "c", "oO", "", false },
	{ "dash", "c", "o", "", false },
	{ "ash", "c", "o", "", false },
	{ "zsh", "c", "o", "", false },
	{ "ksh", "c", "oR", "", false },
	{ "mksh", "c", "oT", "", false },
	{ "fish", "c", "dDf", "C", false },
	{ "busybox", "c", "oO", "", false },
	{ "python", "cm", "WXQ", "", false },
	{ "pypy", "cm", "WXQ", "", false },
	{ "perl", "eE", "ICDMm", "", false },
	{ "ruby", "e", "CEFIKTWx", "r", false },
	{ "node", "ep", "C", "r", false },
	{ "nodejs", "ep", "C", "r", false },
	{ "php", "rRB", "cdgtz", "fFE", false },
	{ "lua", "e", "l", "", false },
	{ "luajit", "e", "jlO", "", false },
	{ "tclsh", "", "e", "", false },
	{ "wish", "", "", "", false },
	{ "expect", "c", "", "fb", false },
	{ "guile", "c", "LCx", "ls", false },
	{ "awk", "", "Fv", "fE", true },
	{ "gawk", "e", "FvbloDpdL", "fEi", true },
	{ "mawk", "", "FvW", "f", true },
	{ "original-awk", "", "Fv", "f", true },
	{ "sed", "", "eEl", "f", true },
	{ "make", "", "CIojlOW", "f", true },
};

const size_t sk_gate_interpreter_count = SK_COUNT(rows);

static __u64 letters(const char *text)
{
	__u64 bits = 0;

	for (; *text; text++)
		bits |= 1ULL << (*text - 'A');
	return bits;
}

void sk_gate_interpreter_get(size_t index, char ret_name[16], struct sk_gate_interpreter *ret)
{
	const struct row *row = &rows[index];

	memset(ret_name, 0, 16);
	memcpy(ret_name, row->name, strlen(row->name));
	*ret = (struct sk_gate_interpreter){ .inlines = letters(row->inlines), .values = letters(row->values),
					     .files = letters(row->files), .first = !row->only_files };
}
