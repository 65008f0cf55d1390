#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# libsekisho-cel stands alone: its files include nothing else of the tree, its symbols have its prefix and want
# nothing but the C library, and a program of somebody else's compiles against its header.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
failed=0
library=$(dirname "$SEKISHO")/../../libsekisho-cel.a

grep -rn '^#include "' "$SK_SOURCE/src/policy/cel" --include='*.[ch]' | grep -v '#include "policy/cel/' &&
	echo "includes something of the rest" && failed=1

nm -g --defined-only "$library" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >defined
nm -u "$library" 2>/dev/null | awk '{ print $2 }' | sort -u >wanted
[ -s defined ] || { echo "no symbols in $library"; exit 1; }
grep -v '^sk_cel_\|^sk_regex_\|^__\|^\.' defined && echo "symbols of another prefix" && failed=1
grep '^sk_' wanted | comm -23 - defined | grep . && echo "symbols of the rest are wanted" && failed=1

mkdir sekisho
cp "$SK_SOURCE/src/policy/cel/cel.h" sekisho/
cat >host.c <<'EOT'
#include <sekisho/cel.h>
int main(void)
{
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_env *env = sk_cel_env_new();
	struct sk_cel_eval *eval = sk_cel_eval_new();
	struct sk_cel_program *program = sk_cel_compile(env, "1 + 1 == 2", 10, 0, &issues);
	int bad = !program || !sk_cel_is_true(sk_cel_run(program, eval, NULL));

	sk_cel_program_free(program);
	sk_cel_eval_free(eval);
	sk_cel_env_free(env);
	return bad;
}
EOT
${CC:-cc} -std=c17 -Wall -Wextra -Werror -I. -c host.c || failed=1
# A library that was built with sanitizers links with them alone.
if grep -q '^__asan\|^__ubsan\|^__sanitizer' wanted; then
	exit $failed
fi
${CC:-cc} host.o "$library" -lm -o host && ./host || { echo "a program on the library alone fails"; failed=1; }
exit $failed
