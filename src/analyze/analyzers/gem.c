/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Installed Ruby gems: specifications/NAME-VERSION.gemspec, as RubyGems writes
 * them. They are Ruby programs; RubyGems itself reads their second line first
 * ("# stub: NAME VERSION PLATFORM PATHS"), then assignments of literals:
 *
 *	s.name = "test-unit".freeze
 *	s.version = "3.3.7"			or Gem::Version.new("3.3.7")
 *	s.licenses = ["Ruby".freeze, "BSDL".freeze]
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = {
	"**/specifications/*.gemspec",
	"**/specifications/default/*.gemspec",
	NULL,
};

struct spec {
	struct sk_span name, version;
	struct sk_buf licence;
	uint32_t line;
};

/* The next string literal of a line: "...", '...' or %q<...>. False if there is none. */
static bool literal(struct sk_span *rest, struct sk_span *ret_text)
{
	for (size_t i = 0; i < rest->len; i++) {
		char c = rest->ptr[i], close = c;
		size_t begin = i + 1;
		ptrdiff_t end;

		if (c == '#')
			return false;
		if (c == '%' && sk_span_starts(sk_span_from(*rest, i), "%q<")) {
			close = '>';
			begin = i + 3;
		} else if (c != '"' && c != '\'') {
			continue;
		}
		end = sk_span_chr(sk_span_from(*rest, begin), close);
		if (end < 0)
			return false;
		*ret_text = sk_span_sub(*rest, begin, (size_t)end);
		*rest = sk_span_from(*rest, begin + (size_t)end + 1);
		return true;
	}
	return false;
}

/* "s.NAME = VALUE" gives NAME, and the value in *ret_value. */
static struct sk_span assignment(struct sk_span line, struct sk_span *ret_value)
{
	ptrdiff_t equals = sk_span_chr(line, '='), dot;
	struct sk_span left;

	*ret_value = sk_span(NULL, 0);
	if (equals <= 0 || sk_span_starts(sk_span_from(line, (size_t)equals), "=="))
		return sk_span(NULL, 0);
	left = sk_span_trim(sk_span_sub(line, 0, (size_t)equals));
	dot = sk_span_chr(left, '.');
	*ret_value = sk_span_from(line, (size_t)equals + 1);
	return dot < 0 ? sk_span(NULL, 0) : sk_span_from(left, (size_t)dot + 1);
}

static void stub(struct spec *spec, struct sk_span line, uint32_t number)
{
	struct sk_span part;

	line = sk_span_from(line, strlen("# stub: "));
	if (sk_span_split(&line, ' ', &part))
		spec->name = part;
	if (sk_span_split(&line, ' ', &part)) {
		spec->version = part;
		spec->line = number;
	}
}

static void parse(struct spec *spec, struct sk_span text)
{
	struct sk_span line, key, value, found;
	uint32_t number = 0;

	while (sk_span_line(&text, &line)) {
		number++;
		if (sk_span_starts(line, "# stub: "))
			stub(spec, line, number);
		key = assignment(line, &value);
		if (sk_span_is(key, "name") && literal(&value, &found)) {
			spec->name = found;
		} else if (sk_span_is(key, "version") && literal(&value, &found)) {
			spec->version = found;
			spec->line = number;
		} else if (sk_span_is(key, "license") || sk_span_is(key, "licenses")) {
			while (literal(&value, &found)) {
				if (spec->licence.len)
					sk_buf_puts(&spec->licence, " OR ");
				sk_buf_span(&spec->licence, found);
			}
		}
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_package *pkg = NULL;
	struct spec spec = { 0 };
	struct sk_span text;
	int r = sk_file_text(file, &buf, &text, err);

	if (r < 0)
		return r;
	parse(&spec, text);
	if (spec.version.len)
		pkg = sk_sink_add(sink, "gem", spec.name, spec.version, spec.line);
	if (pkg) {
		pkg->flags |= SK_PACKAGE_INSTALLED;
		pkg->licence = sk_sink_str(sink, sk_buf_view(&spec.licence));
	} else {
		sk_sink_issue(sink, 0,
			      "a gem specification without a name and version that can be read");
	}
	sk_buf_release(&spec.licence);
	return 0;
}

const struct sk_analyzer sk_analyzer_gem = {
	.name = "gem",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
};
