#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# libsekisho-cel stands alone: its files include nothing else of the tree, its symbols have its prefix and want
# nothing of the rest, and a program of somebody else needs the one header and the one archive.
set -u
failed=0
grep -rn '^#include "' "$SK_SOURCE/src/policy/cel" --include='*.[ch]' | grep -v '#include "policy/cel/' &&
	echo "includes something of the rest" && failed=1
cc=${CC:-cc}
command -v "$cc" >/dev/null 2>&1 || { echo "no compiler is there"; exit 77; }
library=$(dirname "$SEKISHO")/../../libsekisho-cel.a
# A build with sanitizers or coverage wants its own runtime, which this test does not know.
nm "$library" 2>/dev/null | grep -qE '__(asan|ubsan|sanitizer|gcov|llvm)_' && { echo "the library is instrumented"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/sekisho"
cp "$SK_SOURCE/src/policy/cel/cel.h" "$dir/sekisho/"
nm -g --defined-only "$library" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >"$dir/defined"
nm -u "$library" 2>/dev/null | awk '{ print $2 }' | sort -u >"$dir/wanted"
[ -s "$dir/defined" ] || { echo "no symbols in $library"; exit 1; }
grep -v '^sk_cel_\|^sk_regex_\|^__\|^\.' "$dir/defined" && echo "symbols of another prefix" && failed=1
grep '^sk_' "$dir/wanted" | comm -23 - "$dir/defined" | grep . && echo "symbols of the rest are wanted" && failed=1
cat >"$dir/ask.c" <<'END'
#include <sekisho/cel.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct sk_cel_issues issues = { 0 };
	struct sk_cel_env *env = sk_cel_env_new();
	struct sk_cel_value x = sk_cel_int(argc), v;
	struct sk_cel_activation activation = { .slots = &x, .count = 1 };
	struct sk_cel_limits limits = { .cost = 1000 };
	struct sk_cel_program *program;
	size_t len;

	for (size_t i = 0; sk_cel_libraries[i]; i++)
		sk_cel_env_library(env, sk_cel_libraries[i], &issues);
	sk_cel_env_variable(env, "x", "int", &issues);
	program = sk_cel_compile(env, argv[1], strlen(argv[1]), 0, &issues);
	if (program) {
		struct sk_cel_eval *eval = sk_cel_eval_new();

		sk_cel_eval_reset(eval, &limits);
		v = sk_cel_run(program, eval, &activation);
		puts(v.kind == SK_CEL_ERROR ? v.error->text : sk_cel_print(sk_cel_eval_arena(eval), v, true, &len));
		sk_cel_eval_free(eval);
	} else {
		printf("%u:%u: %s\n", issues.first->line, issues.first->column, issues.first->text);
	}
	sk_cel_program_free(program);
	sk_cel_env_free(env);
	sk_cel_issues_release(&issues);
	return 0;
}
END
"$cc" -Wall -Wextra -Werror -I"$dir" "$dir/ask.c" "$library" -lm -o "$dir/ask" || exit 1
gives() {
	got=$("$dir/ask" "$2")
	[ "$got" = "$1" ] || { echo "$2: $got, not $1"; failed=1; }
}
gives 3 'x + 1'
gives true 'quantity("1Gi").isGreaterThan(quantity("1M")) && ip("::1").isLoopback()'
gives "division by zero" 'x / 0'
gives "the cost limit is reached" 'lists.range(100000).all(i, i >= 0)'
gives "1:5: undeclared reference to 'why'" 'x + why'
# C++ takes the header as it is.
if command -v c++ >/dev/null 2>&1; then
	printf '#include <sekisho/cel.h>\nint main() { return sk_cel_int(1).i != 1; }\n' >"$dir/ask.cc"
	c++ -std=c++17 -Wall -Werror -I"$dir" "$dir/ask.cc" -o "$dir/ask" && "$dir/ask" || { echo "not for C++"; failed=1; }
fi
exit $failed
