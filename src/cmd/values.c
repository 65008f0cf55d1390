/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/values.h"

#include "base/fd.h"

const struct sk_option *sk_values_find(const struct sk_values *v, struct sk_span name)
{
	const struct sk_option *o = sk_option_find(v->options, name);

	return o ? o : sk_option_find(sk_global_options, name);
}

static bool is_global(const struct sk_option *o)
{
	sk_options_each(g, sk_global_options)
		if (g == o)
			return true;
	return false;
}

/*
 * The struct that o's field is in, or NULL where a stronger source has spoken;
 * a stronger source than before empties the field.
 */
static void *claim(struct sk_values *v, const struct sk_option *o, enum sk_source source)
{
	bool global = is_global(o);
	void *base = global ? (void *)v->globals : v->base;
	uint8_t *last = global ? &v->global_sources[o - sk_global_options] :
				 &v->sources[o - v->options];

	if (source < *last)
		return NULL;
	if (*last != source) {
		sk_option_reset(o, base);
		*last = (uint8_t)source;
	}
	return base;
}

int sk_values_set(struct sk_values *v, const struct sk_option *o, enum sk_source source,
		  struct sk_span text, struct sk_err *err)
{
	void *base = claim(v, o, source);

	return base ? sk_option_set(o, base, text, v->arena, err) : 0;
}

void sk_values_append(struct sk_values *v, const struct sk_option *o, enum sk_source source,
		      struct sk_span item)
{
	void *base = claim(v, o, source);

	if (base)
		sk_option_append(o, base, item, v->arena);
}

static int collect_fallbacks(struct sk_values *v, const struct sk_option *table, void *base,
			     struct sk_err *err)
{
	int r = 0;

	sk_options_each(o, table) {
		sk_option_reset(o, base);
		if (o->fallback && r == 0)
			r = sk_values_set(v, o, SK_SOURCE_FALLBACK, sk_span_str(o->fallback), err);
		if (r < 0)
			return sk_err_wrap(err, "fallback of --%s", o->name);
	}
	return 0;
}

static int collect_environment(struct sk_values *v, const struct sk_option *table,
			       struct sk_err *err)
{
	sk_options_each(o, table) {
		sk_autofree char *name = sk_option_env(o);
		const char *text = getenv(name);

		if (!text || !text[0] || (o->flags & SK_OPTION_LOCAL))
			continue;
		if (sk_values_set(v, o, SK_SOURCE_ENVIRONMENT, sk_span_str(text), err) < 0)
			return sk_err_wrap(err, "environment variable %s", name);
	}
	return 0;
}

static int collect_files(struct sk_values *v, const struct sk_parse *parse, struct sk_err *err)
{
	const char *only = getenv("SEKISHO_CONFIG");
	sk_autofree char *dir = NULL, *user = NULL;
	int r;

	for (size_t i = 0; i < parse->settings.len; i++)
		if (strcmp(parse->settings.data[i].option->name, "config") == 0 && is_global(parse->settings.data[i].option))
			only = parse->settings.data[i].text;
	if (only && only[0])
		return sk_config_apply(v, parse, only, SK_SOURCE_FILE, true, err);
	dir = sk_xdg_config_dir();
	user = sk_printf("%s/sekisho.yaml", dir);
	r = sk_config_apply(v, parse, user, SK_SOURCE_USER_FILE, false, err);
	if (r < 0)
		return r;
	return sk_config_apply(v, parse, "sekisho.yaml", SK_SOURCE_FILE, false, err);
}

int sk_values_collect(struct sk_values *v, const struct sk_parse *parse, struct sk_err *err)
{
	int r = collect_fallbacks(v, v->options, v->base, err);

	if (r == 0)
		r = collect_fallbacks(v, sk_global_options, v->globals, err);
	if (r == 0)
		r = collect_files(v, parse, err);
	if (r == 0)
		r = collect_environment(v, v->options, err);
	if (r == 0)
		r = collect_environment(v, sk_global_options, err);
	for (size_t i = 0; i < parse->settings.len && r == 0; i++) {
		const struct sk_setting *s = &parse->settings.data[i];

		if (sk_values_set(v, s->option, SK_SOURCE_COMMAND_LINE, sk_span_str(s->text), err) < 0)
			r = sk_err_wrap(err, "%s", s->written);
	}
	return r;
}
