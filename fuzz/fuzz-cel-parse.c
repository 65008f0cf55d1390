/* SPDX-License-Identifier: Apache-2.0 */
/* Parser and checker: any text gives a program or issues that point into it. */
#include "cel-world.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
	if (!right)
		abort();
}

static void check_issues(const struct sk_cel_issues *issues, size_t len)
{
	uint32_t count = 0;

	for (const struct sk_cel_issue *i = issues->first; i; i = i->next) {
		check(i->offset <= len && i->line > 0 && i->column > 0 && i->column <= len + 1);
		check(i->text && i->text[0]);
		count++;
	}
	check(count == issues->count && count > 0);
}

/* The type, or NULL: it did not compile. */
static bool compile(const char *text, size_t len, unsigned flags)
{
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_program *program = sk_cel_compile(world()->env, text, len, flags, &issues);
	uint64_t min, max;
	bool good = program != NULL;

	if (program) {
		check(!issues.count && strlen(sk_cel_program_type(program)) > 0);
		sk_cel_program_cost(program, &min, &max);
		check(min <= max);
	} else {
		check_issues(&issues, len);
	}
	sk_cel_program_free(program);
	sk_cel_issues_release(&issues);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	bool parses = compile(text, size, SK_CEL_NO_CHECK), checks = compile(text, size, 0);

	check(parses || !checks);
	if (compile(text, size, SK_CEL_HOMOGENEOUS | SK_CEL_CHECK_ONLY))
		check(checks);
	return 0;
}
