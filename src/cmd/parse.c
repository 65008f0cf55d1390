/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: which command, which options, which arguments. */
#include "base/buf.h"
#include "cmd/values.h"

const struct sk_command *sk_command_find(const struct sk_command *parent, const char *name)
{
	for (size_t i = 0; parent->subs && parent->subs[i]; i++)
		if (strcmp(parent->subs[i]->name, name) == 0)
			return parent->subs[i];
	return NULL;
}

void sk_parse_release(struct sk_parse *parse)
{
	sk_vec_release(&parse->settings);
	sk_vec_release(&parse->args);
}

static void add_setting(struct sk_parse *p, const struct sk_option *o, const char *written,
			const char *text)
{
	struct sk_setting *s = sk_vec_push(&p->settings);

	*s = (struct sk_setting){ o, written, text };
	if (o == sk_option_find(sk_global_options, SK_SPAN_LIT("help")))
		p->help = true;
	if (o == sk_option_find(sk_global_options, SK_SPAN_LIT("version")))
		p->version = true;
}

static int unknown_option(const struct sk_parse *p, struct sk_span name, struct sk_err *err)
{
	struct sk_suggest suggest = { .typed = name };

	sk_options_each(o, p->command->options)
		if (!(o->flags & SK_OPTION_HIDDEN))
			sk_suggest_try(&suggest, o->name);
	sk_options_each(o, sk_global_options)
		sk_suggest_try(&suggest, o->name);
	if (suggest.best)
		return sk_err_set(err, SK_EUSAGE, "unknown option --%.*s; did you mean --%s?",
				  (int)name.len, name.ptr, suggest.best);
	return sk_err_set(err, SK_EUSAGE, "unknown option --%.*s", (int)name.len, name.ptr);
}

/* argv[*at] is "--name" or "--name=value". */
static int take_long(struct sk_parse *p, char **argv, int *at, struct sk_arena *arena,
		     struct sk_err *err)
{
	struct sk_span word = sk_span_str(argv[*at] + 2);
	ptrdiff_t eq = sk_span_chr(word, '=');
	struct sk_span name = eq < 0 ? word : sk_span_sub(word, 0, (size_t)eq);
	const struct sk_option *o = sk_option_find(p->command->options, name);
	const char *written, *text;

	if (!o)
		o = sk_option_find(sk_global_options, name);
	if (!o)
		return unknown_option(p, name, err);
	written = sk_arena_printf(arena, "--%s", o->name);
	if (eq >= 0)
		text = word.ptr + eq + 1;
	else if (sk_option_alone(o))
		text = sk_option_alone(o);
	else if (!(text = argv[*at + 1]))
		return sk_err_set(err, SK_EUSAGE, "%s needs a value: %s %s", written, written,
				  o->argument);
	else
		++*at;
	add_setting(p, o, written, text);
	return 0;
}

/* argv[*at] is "-f", "-fVALUE" or several flags in one, "-qf". */
static int take_letters(struct sk_parse *p, char **argv, int *at, struct sk_arena *arena,
			struct sk_err *err)
{
	for (const char *c = argv[*at] + 1; *c; c++) {
		const struct sk_option *o = sk_option_find_letter(p->command->options, *c);
		const char *written;

		if (!o)
			o = sk_option_find_letter(sk_global_options, *c);
		if (!o)
			return sk_err_set(err, SK_EUSAGE, "unknown option -%c", *c);
		written = sk_arena_printf(arena, "-%c", *c);
		if (sk_option_alone(o)) {
			add_setting(p, o, written, sk_option_alone(o));
			continue;
		}
		if (!c[1] && !argv[*at + 1])
			return sk_err_set(err, SK_EUSAGE, "%s needs a value: %s %s", written, written,
					  o->argument);
		add_setting(p, o, written, c[1] ? c + 1 : argv[++*at]);
		return 0;
	}
	return 0;
}

static int take_command(struct sk_parse *p, const char *word, struct sk_arena *arena,
			struct sk_err *err)
{
	const struct sk_command *sub = sk_command_find(p->command, word);
	struct sk_suggest suggest = { .typed = sk_span_str(word) };

	if (sub) {
		p->parent = p->command == &sk_program ? NULL : p->command;
		p->command = sub;
		p->name = sk_arena_printf(arena, "%s %s", p->name, sub->name);
		return 0;
	}
	for (size_t i = 0; p->command->subs[i]; i++)
		if (!p->command->subs[i]->hidden)
			sk_suggest_try(&suggest, p->command->subs[i]->name);
	if (suggest.best)
		return sk_err_set(err, SK_EUSAGE, "unknown command '%s'; did you mean '%s'?", word,
				  suggest.best);
	return sk_err_set(err, SK_EUSAGE, "unknown command '%s'", word);
}

static int missing_command(const struct sk_command *c, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf names = { 0 };

	for (size_t i = 0; c->subs[i]; i++)
		if (!c->subs[i]->hidden)
			sk_buf_printf(&names, "%s%s", names.len ? ", " : "", c->subs[i]->name);
	return sk_err_set(err, SK_EUSAGE, "which command? There are %s", sk_buf_str(&names));
}

static int check_count(const struct sk_parse *p, struct sk_err *err)
{
	const struct sk_command *c = p->command;

	if (c->subs)
		return missing_command(c, err);
	if (p->args.len < c->min_args)
		return sk_err_set(err, SK_EUSAGE, "missing argument: %s %s", p->name, c->synopsis);
	if (p->args.len > c->max_args)
		return sk_err_set(err, SK_EUSAGE, "unexpected argument '%s'",
				  p->args.data[c->max_args]);
	return 0;
}

int sk_parse_args(struct sk_parse *p, int argc, char **argv, struct sk_arena *arena,
		  struct sk_err *err)
{
	bool options_end = false;
	int r = 0;

	p->command = &sk_program;
	p->name = sk_program.name;
	for (int i = 1; i < argc && r == 0; i++) {
		char *word = argv[i];

		if (!options_end && strcmp(word, "--") == 0)
			options_end = true;
		else if (!options_end && sk_span_starts(sk_span_str(word), "--"))
			r = take_long(p, argv, &i, arena, err);
		else if (!options_end && word[0] == '-' && word[1])
			r = take_letters(p, argv, &i, arena, err);
		else if (p->command->subs)
			r = take_command(p, word, arena, err);
		else
			*sk_vec_push(&p->args) = word;
	}
	*sk_vec_push(&p->args) = NULL;
	p->args.len--;
	if (r < 0 || p->help || p->version)
		return r;
	return check_count(p, err);
}
