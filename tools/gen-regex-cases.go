// SPDX-License-Identifier: Apache-2.0

// Writes cases for tests/unit/test-cel-regex.c: patterns and texts at random,
// and some by hand, with what Go's regexp finds. Nothing in the build needs it.
//
//	go run tools/gen-regex-cases.go SEED COUNT > tests/data/cel/regex.tsv
//
// A line is: pattern, text, matches, full. Bytes that do not print, % and what
// is not ASCII are %XX. Matches are those of FindAllSubmatchIndex, offsets with
// commas, matches with semicolons; "-" for none; "!" and the error's words for
// a pattern that does not compile. Full is +, - or ? (cannot be said so): does \A(?:pattern)\z match?
//
// Left out is where we do not follow Go: scripts whose names have an underscore
// (\p{Old_Persian}), which Go 1.25 and 1.26 do not find and RE2 and we do.
package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"os"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

var r *rand.Rand

func pick(items ...string) string { return items[r.Intn(len(items))] }

var runes = []string{"a", "b", "c", "A", "B", "k", "K", "s", "1", "_", "-", " ", "\n", "é", "É", "ſ", "\u212a", "日", "😀", "\ufffd", "\xff", "\xe6\x97"}

func text() string {
	n := r.Intn(12)
	if r.Intn(20) == 0 {
		n = 40 + r.Intn(120)
	}
	few := 2 + r.Intn(len(runes)-1)
	var b strings.Builder
	for i := 0; i < n; i++ {
		b.WriteString(runes[r.Intn(few)])
	}
	return b.String()
}

func class() string {
	var b strings.Builder
	b.WriteString("[")
	if r.Intn(3) == 0 {
		b.WriteString("^")
	}
	for i := 1 + r.Intn(3); i > 0; i-- {
		switch r.Intn(8) {
		case 0:
			b.WriteString(pick("a-b", "a-z", "A-Z", "0-9", "é-日", "-", "b-c", "!-~", `\x00-\x{10FFFF}`, `\n-a`))
		case 1:
			b.WriteString(pick(`\d`, `\s`, `\w`, `\D`, `\S`, `\W`, `\n`, `\t`, `\pL`, `\p{Lu}`, `\P{Ll}`, `\p{^Greek}`, `\x{65e5}`, `\-`, `\]`))
		case 2:
			b.WriteString(pick("[:alpha:]", "[:^digit:]", "[:upper:]", "[:space:]", "[:word:]", "[:punct:]", "[:xdigit:]"))
		default:
			b.WriteString(runes[r.Intn(19)])
		}
	}
	b.WriteString("]")
	return b.String()
}

func atom(depth int) string {
	switch k := r.Intn(24); {
	case k < 9:
		return regexp.QuoteMeta(runes[r.Intn(20)])
	case k < 11:
		return pick("a", "b", "ab", "abc", "ba")
	case k < 12:
		return "."
	case k < 14:
		return class()
	case k < 15:
		return pick("^", "$", `\b`, `\B`, `\A`, `\z`)
	case k < 16:
		return pick(`\d`, `\w`, `\s`, `\W`, `\D`, `\S`, `\pL`, `\PL`, `\p{Latin}`, `\p{Lu}`, `\p{Nd}`, `\p{han}`, `\Qa.b\E`, `\Q*`, `\x41`, `\x{e9}`, `\141`, `\0`, `\n`)
	case k < 17:
		return pick("", "(?i)", "(?s)", "(?m)", "(?U)", "(?-i)", "(?im-s)", "()", "(?:)")
	case depth > 0 && k < 20:
		return "(" + expr(depth-1) + ")"
	case depth > 0 && k < 22:
		return pick("(?:", "(?i:", "(?m:", "(?s:", "(?U:", "(?ms:", "(?P<n>", "(?<x>", "(?-s:") + expr(depth-1) + ")"
	}
	return pick("a", "b", "k")
}

func expr(depth int) string {
	var b strings.Builder
	for i := r.Intn(4); i >= 0; i-- {
		for j := r.Intn(4); j > 0; j-- {
			a := atom(depth)
			b.WriteString(a)
			if r.Intn(3) == 0 && !strings.HasSuffix(a, ")") || r.Intn(2) == 0 && strings.HasSuffix(a, ")") {
				b.WriteString(pick("*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}", "{2,}", "{0}", "{0,1}?", "{1,3}?", "{2,3}"))
			}
		}
		if i > 0 && r.Intn(2) == 0 {
			b.WriteString("|")
		}
	}
	return b.String()
}

// Patterns that are mostly wrong.
func broken() string {
	if r.Intn(2) == 0 {
		var b strings.Builder
		for i := r.Intn(8); i >= 0; i-- {
			b.WriteString(pick("(", ")", "[", "]", "{", "}", "*", "+", "?", "|", "^", "$", "\\", "a", "-", ",", "1", "2", "{1,2}", "(?", "(?P<", "P<x>", "<n>", ":", "i", "[^", "[:", ":]", "alpha", `\p`, `\p{`, `\Q`, `\E`, `\x`, `{,2}`, `{2,1}`, "{1001}", "{01}", `\8`, `\1`, `\C`, "\xff", "é", "(?i-", "(?'n'", "[a-", "z-a", `\d-`, "{1000}"))
		}
		return b.String()
	}
	e := []byte(expr(2))
	for i := r.Intn(2); i >= 0 && len(e) > 0; i-- {
		at := r.Intn(len(e))
		switch r.Intn(3) {
		case 0:
			e = append(e[:at], e[at+1:]...)
		case 1:
			e[at] = byte(32 + r.Intn(95))
		default:
			e = append(e[:at], append([]byte(pick("(", ")", "[", "]", "*", "{", "\\", "?", "|", "{2}")), e[at:]...)...)
		}
	}
	return string(e)
}

func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] < 32 || s[i] >= 127 || s[i] == '%' {
			fmt.Fprintf(&b, "%%%02X", s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func result(pattern, text string) (string, string) {
	if !utf8.ValidString(pattern) {
		return "!invalid UTF-8", "-" // before anything else that may be wrong with it
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "!" + string(err.(*syntax.Error).Code), "-"
	}
	full := "-"
	if whole, err := regexp.Compile(`\A(?:` + pattern + `)\z`); err != nil {
		full = "?" // \Q without \E
	} else if whole.MatchString(text) {
		full = "+"
	}
	var all []string
	for _, match := range re.FindAllStringSubmatchIndex(text, -1) {
		var offsets []string
		for _, offset := range match {
			offsets = append(offsets, strconv.Itoa(offset))
		}
		all = append(all, strings.Join(offsets, ","))
	}
	if all == nil {
		return "-", full
	}
	return strings.Join(all, ";"), full
}

var byHand = [][2]string{
	{"", ""}, {"", "abc"}, {"", "日本"}, {"^", ""}, {"^$", ""}, {"^$", "a"}, {"a*", "baaa"}, {"(a*)*", "b"}, {"(a*)+", "b"},
	{"(a|b)*", "abba"}, {"(|a)*", "aa"}, {"(|a)+", "aa"}, {"(?:(a)|b)*", "ab"}, {"(a+)(b+)", "aabb"}, {"(a*?)(a*)", "aaa"},
	{"(?:(?:^).)", "\n"}, {`\b`, "x"}, {`\b`, "x y"}, {`\B`, "x"}, {`\B`, "日本"}, {`\bfoo\b`, "nofoo foo that"}, {"(?m)^abc$", "x\nabc\ny"},
	{"(?i)straße", "STRAßE"}, {"(?i)k", "\u212a"}, {"(?i)[^k]", "\u212ax"}, {"(?i)ſ", "sS"}, {"(?i)Σ", "ςσ"}, {"(?i)\\pLl", "AaB"},
	{`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*)$`, "library"}, {`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`, "my-name-1"}, {`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`, "-x"},
	{`^(.+?)(?::([^:/]+))?$`, "registry.example.com:5000/a/b:1.2.3"}, {`@sha256:[0-9a-f]{64}$`, "a@sha256:" + strings.Repeat("0f", 32)},
	{`(?P<host>[^/:]+)(?::(?P<port>\d+))?/(?<path>.*)`, "example.com:80/x/y"}, {`(\d+)\.(\d+)\.(\d+)`, "v1.22.333 v4.5.6"},
	{`.`, "\xff\xfe"}, {`\x{fffd}`, "\xff\ufffd"}, {`[^a]`, "\xe6\x97"}, {`\pL+`, "aé日\xff"}, {`a.c`, "a\xffc"}, {"a{0}", "aa"}, {"a{,2}", "a{,2}"},
	{"(a){0}(b)", "b"}, {"(?:a|(b)){2}", "ba"}, {"a{2,3}?", "aaaa"}, {"(?U)a+", "aaa"}, {"(?U)a+?", "aaa"}, {`\Qa+\E+`, "a++"}, {`\Qab`, "ab"},
	{"x*?y", "xxy"}, {"(?s).*", "a\nb"}, {".*", "a\nb"}, {"(?s:.)(?-s:.)", "\n\n"}, {"[[:word:]]+", "a_1-"}, {"[a-\\d]", "a"}, {"[\\d-z]", "-"}, {"[]a]", "]"},
	{"[^]a]", "]b"}, {"a|b|", "c"}, {"|a", "a"}, {"(|a|b)", "ab"}, {"(a|ab)(c|bcd)(d*)", "abcd"}, {"(?:a?){20}a{20}", strings.Repeat("a", 20)},
	{`\p{Any}`, "\n"}, {`\p{Letter}\p{lowercase_letter}`, "Ab"}, {`\p{IsGreek}`, "a"}, {`(?i)\p{Lu}+`, "aBc"}, {`(?i)\P{Lu}+`, "aBc1"},
	{"(((((((((a)))))))))", "a"}, {`\C`, "a"}, {`\Z`, "a"}, {`(?=a)`, "a"}, {`(?<=a)b`, "ab"}, {`(?<!a)b`, "ab"}, {`(a)\1`, "aa"}, {"(?P<n>a)(?P<n>b)", "ab"},
	{"a**", "a"}, {"a*(?i)*", "a"}, {"a{1000}", "a"}, {"a{1001}", "a"}, {"(a{32}){32}", "a"}, {"((a{10}){10}){10}", "a"}, {"((a{10}){10}){11}", "a"}, {"(?:a{1000}){0}", "a"},
	{"\\", "a"}, {"(?i)(?-i)a|B", "Ab"}, {"a(?i)b|c", "aBC"}, {"(?i:a)b", "Ab AB"}, {"[\xff]", "a"}, {"\xff", "a"}, {"(?P<\xff>a)", "a"}, {`\p{\xff}`, "a"},
	{"^^a$$", "a"}, {"a$b", "ab"}, {"a^b", "ab"}, {`a\z`, "ba"}, {`(?m)a$`, "a\na"}, {`(?m)^`, "\n\n"}, {`(?m)$`, "\n\n"}, {`\n$`, "\n"}, {`(?m)\A^`, "a\nb"},
	{`\s{0,1}?\Bs`, "_ba\nak_s"},
}

func main() {
	seed, _ := strconv.ParseInt(os.Args[1], 10, 64)
	count, _ := strconv.Atoi(os.Args[2])
	r = rand.New(rand.NewSource(seed))
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	line := func(pattern, text string) {
		matches, full := result(pattern, text)
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", escape(pattern), escape(text), matches, full)
	}
	fmt.Fprintln(out, "# Written by tools/gen-regex-cases.go, where the form is described.")
	for _, c := range byHand {
		line(c[0], c[1])
	}
	for n := len(byHand); n < count; {
		pattern := expr(3)
		if r.Intn(8) == 0 {
			pattern = broken()
		}
		for i := 1 + r.Intn(3); i > 0 && n < count; i-- {
			line(pattern, text())
			n++
		}
	}
}
