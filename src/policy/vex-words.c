/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/vex-words.h"

#include "base/mem.h"

/* The first one of each meaning is the one that is written. */
static const struct {
	const char *word, *meaning;
} words[] = {
	{ "code_not_present", "vulnerable_code_not_present" },
	{ "code_not_present", "component_not_present" },
	{ "code_not_reachable", "vulnerable_code_not_in_execute_path" },
	{ "requires_configuration", "vulnerable_code_not_in_execute_path" },
	{ "requires_dependency", "vulnerable_code_not_in_execute_path" },
	{ "requires_environment", "vulnerable_code_cannot_be_controlled_by_adversary" },
	{ "protected_by_mitigating_control", "inline_mitigations_already_exist" },
	{ "protected_by_compiler", "inline_mitigations_already_exist" },
	{ "protected_at_runtime", "inline_mitigations_already_exist" },
	{ "protected_at_perimeter", "inline_mitigations_already_exist" },
};

const char *sk_vex_from_cyclonedx(struct sk_span word)
{
	for (size_t i = 0; i < SK_COUNT(words); i++)
		if (sk_span_is(word, words[i].word))
			return words[i].meaning;
	return NULL;
}

const char *sk_vex_to_cyclonedx(const char *justification)
{
	for (size_t i = 0; justification && i < SK_COUNT(words); i++)
		if (strcmp(justification, words[i].meaning) == 0)
			return words[i].word;
	return NULL;
}
