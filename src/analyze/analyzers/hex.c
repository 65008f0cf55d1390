/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The lock files of Elixir's mix and Erlang's rebar3. Both are terms of their
 * language, of which only the entries of packages from hex.pm matter:
 *
 *	"plug": {:hex, :plug, "1.11.1", "f2992...", [:mix], [...], "hexpm"},
 *	{<<"certifi">>,{pkg,<<"certifi">>,<<"2.9.0">>},0},
 */
#include "analyze/analyzer.h"

/* Cuts what stands before `until` off rest; false if it does not come. */
static bool take(struct sk_span *rest, const char *until, struct sk_span *ret)
{
	ptrdiff_t at = sk_span_find(*rest, sk_span_str(until));

	if (at < 0)
		return false;
	if (ret)
		*ret = sk_span_sub(*rest, 0, at);
	*rest = sk_span_from(*rest, at + strlen(until));
	return true;
}

static void read_mix(struct sk_sink *sink, struct sk_span text)
{
	struct sk_span line;
	uint32_t number = 0;

	while (sk_span_line(&text, &line)) {
		struct sk_span name, version, rest = line;

		number++;
		if (take(&rest, "{:hex,", NULL) && take(&rest, ":", NULL) &&
		    take(&rest, ",", &name) && take(&rest, "\"", NULL) &&
		    take(&rest, "\"", &version)) {
			name = sk_span_trim(name);
			if (sk_span_starts(name, "\"") && sk_span_ends(name, "\""))
				name = sk_span_sub(name, 1, name.len - 2);
			sk_sink_add(sink, "hex", name, version, number);
		}
	}
}

static void read_rebar(struct sk_sink *sink, struct sk_span text)
{
	struct sk_span line;
	uint32_t number = 0;

	while (sk_span_line(&text, &line)) {
		struct sk_span name, version, rest = line;

		number++;
		while (take(&rest, "{pkg,<<\"", NULL) && take(&rest, "\">>", &name) &&
		       take(&rest, "<<\"", NULL) && take(&rest, "\">>", &version))
			sk_sink_add(sink, "hex", name, version, number);
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	struct sk_span text;
	int rc = sk_file_bytes(file, &text, err);

	if (rc < 0)
		return rc;
	if (sk_span_is(sk_span_basename(sk_span_str(file->path)), "rebar.lock"))
		read_rebar(sink, text);
	else
		read_mix(sink, text);
	return 0;
}

const struct sk_analyzer sk_analyzer_hex = {
	.name = "hex",
	.version = 1,
	.patterns = (const char *const[]){ "**/mix.lock", "**/rebar.lock", NULL },
	.analyze = analyze,
};
