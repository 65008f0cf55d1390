#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Completion as the shells themselves see it; a shell that is not there is left out, and said so.
. "$SK_TESTS/scratch.sh"
mkdir folder
: >"an archive.tar"

# bash_want LINE WORD...: completing LINE (the last word is under the cursor) offers each WORD
cat >bash.sh <<'EOT'
source "$1"
failed=0
compopt() { :; }
complete_line() {
	read -ra COMP_WORDS <<<"${1//=/ = }"
	[[ $1 == *' ' || $1 == *= ]] && COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_sekisho
}
bash_want() {
	local line=$1 word
	shift
	complete_line "$line"
	for word; do
		if ! printf '%s\n' "${COMPREPLY[@]}" | grep -qxF -e "$word"; then
			echo "bash: '$line' does not offer '$word' but: ${COMPREPLY[*]}"
			failed=1
		fi
	done
}
bash_refuse() {
	complete_line "$1"
	if printf '%s\n' "${COMPREPLY[@]}" | grep -qxF -e "$2"; then
		echo "bash: '$1' offers '$2'"
		failed=1
	fi
}
bash_want 'sekisho ' scan help completion
bash_want 'sekisho sc' scan
bash_refuse 'sekisho ' man
bash_want 'sekisho scan --f' --format --fail-on
bash_want 'sekisho scan --fail-on ' low high critical
bash_want 'sekisho scan --fail-on=h' high
bash_want 'sekisho scan --severity high,cr' high,critical
bash_want 'sekisho --color ' auto always never
bash_want 'sekisho scan -s lo' low
bash_want 'sekisho scan an' 'an archive.tar'
bash_want 'sekisho scan --cache-dir fo' folder
bash_refuse 'sekisho scan --cache-dir ' 'an archive.tar'
bash_want 'sekisho completion ' bash zsh fish
bash_want 'sekisho help sc' scan
bash_refuse 'sekisho version --f' --format
exit $failed
EOT
for shell in bash zsh fish; do
	"$SEKISHO" completion $shell >$shell.out || failed=1
done
bash -n bash.out && bash bash.sh ./bash.out || failed=1

if command -v zsh >/dev/null; then
	zsh -n zsh.out || failed=1
	# Loaded the way zsh loads it: a function of $fpath behind compinit.
	mkdir zfunc && cp zsh.out zfunc/_sekisho
	zsh -fc 'fpath=($PWD/zfunc $fpath); autoload -Uz compinit && compinit -u -d $PWD/dump;
		[[ $_comps[sekisho] = _sekisho ]] || { echo "zsh: not registered"; exit 1 }' || failed=1
else
	echo "no zsh here"
fi
if command -v fish >/dev/null; then
	fish --no-execute fish.out || failed=1
	fish_want() {
		line=$1
		shift
		HOME=$dir fish -c "source fish.out; complete -C '$line'" | cut -f 1 >fish.got
		for word; do
			grep -qxF -e "$word" fish.got || {
				echo "fish: '$line' does not offer '$word' but: $(tr '\n' ' ' <fish.got)"
				failed=1
			}
		done
	}
	fish_want 'sekisho ' scan help
	fish_want 'sekisho --color never sc' scan
	fish_want 'sekisho scan --fail-on ' high critical
	fish_want 'sekisho scan -q --fa' --fail-on
	fish_want 'sekisho completion ' zsh
else
	echo "no fish here"
fi
exit $failed
