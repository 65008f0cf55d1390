/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures CEL's regular expressions: for each pattern, what compiling it takes
 * and how fast it goes over 1 MB of text in which it matches only at the end,
 * as yes or no and with captures, and over a short text. The text is on
 * standard output with --text, for other engines to be measured on.
 */
#include "policy/cel/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT = 1 << 20, ROUNDS = 5 };

static const struct {
	const char *name, *pattern, *last, *short_text;
} cases[] = {
	{ "literal", "needle", "needle", "registry.example.com/team/app:1.2.3" },
	{ "prefix", "error: [a-z]+", "error: disk", "error: disk" },
	{ "suffix", ":(latest|stable)$", ":latest", "registry.example.com/team/app:latest" },
	{ "class", "[0-9]{3}-[0-9]{4}", "555-1234", "call 555-1234" },
	{ "words", "(?i)\\b(password|secret|token)\\b", "Secret", "api token" },
	{ "alternatives", "alpha|bravo|charlie|delta|echo|foxtrot", "foxtrot", "the foxtrot" },
	{ "captures", "([a-z0-9.-]+):([0-9]+)/([a-z]+)@", "host.example:5000/name@",
	  "example.com:5000/app@x" },
	{ "unicode", "\\p{Greek}+", "\xce\xb1\xce\xb2", "x = \xce\xb1" },
	{ "hard", "[ -~]*ABCDEFGHIJKLMNOPQRSTUVWXYZ$", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	  "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
	{ "name", "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", "",
	  "my-service.example.com" },
};
enum { CASES = sizeof(cases) / sizeof(*cases) };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Words and lines without anything that the patterns want. */
static void fill(char *text, size_t len)
{
	static const char *const words[] = { "lorem ",	      "ipsum ",
					     "dolor: ",	      "sit ",
					     "amet-",	      "42 ",
					     "Secretary ",    "x@y.z ",
					     "caf\xc3\xa9 ",  "\xe6\x97\xa5\xe6\x9c\xac ",
					     "10.0.0.1/24\n", "app:1.2 " };
	uint32_t random = 1;
	size_t at = 0;

	memset(text, ' ', len);
	for (;;) {
		const char *word;

		random = random * 1664525 + 1013904223;
		word = words[(random >> 16) % (sizeof(words) / sizeof(*words))];
		if (at + strlen(word) > len)
			return;
		memcpy(text + at, word, strlen(word));
		at += strlen(word);
	}
}

static double best(double *times)
{
	double least = times[0];

	for (int i = 1; i < ROUNDS; i++)
		least = times[i] < least ? times[i] : least;
	return least;
}

static void measure(int i, char *text)
{
	struct sk_cel_regex_scratch scratch = { 0 };
	size_t len = strlen(cases[i].pattern), short_len = strlen(cases[i].short_text), offset;
	double compile[ROUNDS], test[ROUNDS], find[ROUNDS], brief[ROUNDS];
	struct sk_cel_regex *rx = NULL;
	ptrdiff_t groups[64];
	const char *error;
	unsigned found = 0;

	memcpy(text + TEXT - strlen(cases[i].last), cases[i].last, strlen(cases[i].last));
	for (int round = 0; round < ROUNDS; round++) {
		double start = now();

		for (int n = 0; n < 1000; n++) {
			sk_cel_regex_free(rx);
			rx = sk_cel_regex_new(cases[i].pattern, len, 0, &error, &offset);
		}
		compile[round] = (now() - start) / 1000;
		start = now();
		found += sk_cel_regex_test(rx, &scratch, text, TEXT);
		test[round] = now() - start;
		start = now();
		found += sk_cel_regex_find(rx, &scratch, text, TEXT, 0, groups);
		find[round] = now() - start;
		start = now();
		for (int n = 0; n < 10000; n++)
			found += sk_cel_regex_test(rx, &scratch, cases[i].short_text, short_len);
		brief[round] = (now() - start) / 10000;
	}
	printf("%-12s compile %.2f us, test %.0f MB/s, find %.0f MB/s, short %.0f ns (%u found)\n",
	       cases[i].name, best(compile) * 1e6, TEXT / best(test) / 1e6, TEXT / best(find) / 1e6,
	       best(brief) * 1e9, found);
	sk_cel_regex_free(rx);
	sk_cel_regex_scratch_release(&scratch);
}

int main(int argc, char **argv)
{
	char *text = malloc(TEXT);

	for (int i = 0; i < CASES; i++) {
		fill(text, TEXT);
		if (argc > 1 && strcmp(argv[1], "--text") == 0) {
			fwrite(text, 1, TEXT, stdout);
			break;
		}
		measure(i, text);
	}
	free(text);
	return 0;
}
