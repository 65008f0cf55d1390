/* SPDX-License-Identifier: Apache-2.0 */
/* The plan's lines, and the values that later lines ask for. */
#include "actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "%0A" to a byte, in place: what is decoded is never longer. */
static void decode(char *word)
{
	char *to = word;

	for (const char *from = word; *from; from++) {
		if (*from == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0) {
			*to++ = (char)(hex(from[1]) * 16 + hex(from[2]));
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

bool sk_act_next_line(char **plan, struct sk_act_line *line)
{
	char *text = strsep(plan, "\n"), *word;

	line->verb = line->name = "";
	line->count = 0;
	if (!text || !*text)
		return false;
	line->verb = strsep(&text, " ");
	for (size_t i = 0; (word = strsep(&text, " ")) != NULL; i++) {
		decode(word);
		if (i == 0)
			line->name = word;
		else if (line->count < SK_ACT_MAX_WORDS)
			line->words[line->count++] = word;
	}
	return true;
}

const char *sk_act_nth(const struct sk_act_line *line, const char *key, size_t n)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < line->count; i++)
		if (strncmp(line->words[i], key, length) == 0 && line->words[i][length] == '=' && n-- == 0)
			return line->words[i] + length + 1;
	return NULL;
}

const char *sk_act_word(const struct sk_act_line *line, const char *key)
{
	return sk_act_nth(line, key, 0);
}

static struct value {
	char *name;
	const char *text; /* NULL: a number */
	long long number;
} values[SK_ACT_MAX_VALUES];
static size_t value_count;

static struct value *put(const char *source, const char *field)
{
	struct value *v = &values[value_count];

	if (value_count == SK_ACT_MAX_VALUES || asprintf(&v->name, "%s.%s", source, field) < 0)
		sk_act_refuse("there are too many values");
	value_count++;
	return v;
}

void sk_act_put_number(const char *source, const char *field, long long number)
{
	put(source, field)->number = number;
}

void sk_act_put_text(const char *source, const char *field, const char *text)
{
	put(source, field)->text = text;
}

/* The last one of that name: a step's result stands behind its arguments. */
static const struct value *bound(const struct sk_act_line *line, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < line->count; i++) {
		if (strncmp(line->words[i], key, length) != 0 || line->words[i][length] != '@')
			continue;
		for (size_t n = value_count; n > 0; n--)
			if (strcasecmp(values[n - 1].name, line->words[i] + length + 1) == 0)
				return &values[n - 1];
		sk_act_refuse("%s: nothing is called %s", line->name, line->words[i] + length + 1);
	}
	return NULL;
}

bool sk_act_has(const struct sk_act_line *line, const char *key)
{
	return sk_act_word(line, key) || bound(line, key);
}

void sk_act_put(const struct sk_act_line *line, const char *key)
{
	const struct value *v = bound(line, key);
	struct value *to = put(line->name, key);

	to->text = v ? v->text : sk_act_word(line, key);
	to->number = v ? v->number : 0;
}

const char *sk_act_text(const struct sk_act_line *line, const char *key, const char *otherwise)
{
	const struct value *v = bound(line, key);
	const char *text = v ? v->text : sk_act_word(line, key);

	if (v && !v->text)
		sk_act_refuse("%s: %s is a number, and a text is wanted", line->name, key);
	return text ? text : otherwise;
}

long long sk_act_number(const struct sk_act_line *line, const char *key, long long otherwise)
{
	const struct value *v = bound(line, key);
	const char *text = sk_act_word(line, key);
	char *end;
	long long n;

	if (v && !v->text)
		return v->number;
	if (v)
		text = v->text;
	if (!text)
		return otherwise;
	n = strtoll(text, &end, 10);
	if (end == text || *end)
		sk_act_refuse("%s: %s is no number: '%s'", line->name, key, text);
	return n;
}
