/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundler's Gemfile.lock (gems.locked beside a gems.rb):
 *
 *	GEM					GIT, PATH and PLUGIN SOURCE likewise
 *	  remote: https://rubygems.org/
 *	  specs:
 *	    nokogiri (1.13.3-x86_64-linux)	a version has no '-': what follows is the platform
 *	      racc (~> 1.4)
 *	DEPENDENCIES
 *	  nokogiri (~> 1.13)
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = { "**/Gemfile.lock", "**/gems.locked", NULL };

static size_t indent(struct sk_span line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] == ' ')
		n++;
	return n;
}

/* "name (version)", "name!" or "name": the name, and what is in brackets. */
static struct sk_span parse_spec(struct sk_span s, struct sk_span *ret_version)
{
	ptrdiff_t space = sk_span_chr(s, ' '), open = sk_span_chr(s, '(');

	*ret_version = sk_span(NULL, 0);
	if (open > 0 && sk_span_ends(s, ")"))
		*ret_version = sk_span_sub(s, (size_t)open + 1, s.len - (size_t)open - 2);
	s = space < 0 ? s : sk_span_sub(s, 0, (size_t)space);
	if (sk_span_ends(s, "!"))
		s.len--; /* pinned to its source */
	return s;
}

static void direct_names(struct sk_map *direct, struct sk_span text)
{
	struct sk_span line, version;
	bool inside = false;

	while (sk_span_line(&text, &line)) {
		if (indent(line) == 0)
			inside = sk_span_is(sk_span_trim(line), "DEPENDENCIES");
		else if (inside)
			sk_map_put(direct, parse_spec(sk_span_trim(line), &version), direct);
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "gem" };
	sk_cleanup(sk_map_release) struct sk_map direct = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span text, line, name, version;
	uint32_t number = 0;
	bool specs = false;
	int r = sk_file_text(file, &buf, &text, err);

	if (r < 0)
		return r;
	direct_names(&direct, text);
	while (sk_span_line(&text, &line)) {
		ptrdiff_t dash;

		number++;
		if (indent(line) <= 2)
			specs = sk_span_is(line, "  specs:");
		if (!specs || indent(line) != 4)
			continue;
		name = parse_spec(sk_span_trim(line), &version);
		dash = sk_span_chr(version, '-');
		if (dash >= 0)
			version = sk_span_sub(version, 0, (size_t)dash);
		if (version.len)
			sk_lockfile_add(&lock, name, version, number,
					sk_map_get(&direct, name) ? 0 : SK_PACKAGE_INDIRECT);
	}
	return 0;
}

const struct sk_analyzer sk_analyzer_bundler = {
	.name = "bundler",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
};
