/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pip's requirements files: only lines that pin a version (NAME==VERSION or
 * NAME===VERSION, PEP 440) name a package. Options, URLs and open ranges do
 * not say what is installed; files included by -r are read by their own name.
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = { "**/*requirements*.txt", NULL };

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

static bool is_version(char c)
{
	return is_name(c) || c == '!' || c == '+';
}

static struct sk_span take(struct sk_span *rest, bool (*accept)(char))
{
	size_t n = 0;
	struct sk_span taken;

	while (n < rest->len && accept(rest->ptr[n]))
		n++;
	taken = sk_span_sub(*rest, 0, n);
	*rest = sk_span_from(*rest, n);
	return taken;
}

static struct sk_span skip_blanks(struct sk_span s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = sk_span_from(s, 1);
	return s;
}

/* The version that one of the comma-separated clauses pins, or nothing: "2.8.*" pins none. */
static struct sk_span pinned(struct sk_span clauses)
{
	struct sk_span clause, version;

	while (sk_span_split(&clauses, ',', &clause)) {
		clause = skip_blanks(clause);
		if (!sk_span_starts(clause, "=="))
			continue;
		clause = skip_blanks(sk_span_from(clause, sk_span_starts(clause, "===") ? 3 : 2));
		version = take(&clause, is_version);
		if (version.len && !sk_span_starts(clause, "*"))
			return version;
	}
	return sk_span(NULL, 0);
}

/* One requirement (PEP 508), its lines joined: NAME[EXTRAS] CLAUSES ; MARKER --hash=... # COMMENT */
static void requirement(struct sk_lockfile *lock, struct sk_span line, uint32_t number)
{
	struct sk_span name, version;
	ptrdiff_t end;

	line = sk_span_trim(line);
	name = take(&line, is_name);
	if (name.len == 0 || name.ptr[0] == '-')
		return;
	line = skip_blanks(line);
	if (sk_span_starts(line, "[")) {
		end = sk_span_chr(line, ']');
		if (end < 0)
			return;
		line = skip_blanks(sk_span_from(line, (size_t)end + 1));
	}
	if (sk_span_starts(line, "("))
		line = sk_span_from(line, 1);
	end = sk_span_chr(line, ';');
	if (end >= 0)
		line = sk_span_sub(line, 0, (size_t)end);
	end = sk_span_chr(line, '#');
	if (end >= 0)
		line = sk_span_sub(line, 0, (size_t)end);
	version = pinned(line);
	if (version.len)
		sk_lockfile_add(lock, name, version, number, 0);
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "pypi" };
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 }, joined = { 0 };
	struct sk_span text, line;
	uint32_t number = 0, first = 1;
	int r = sk_file_text(file, &buf, &text, err);

	if (r < 0)
		return r;
	while (sk_span_line(&text, &line)) {
		bool more = sk_span_ends(line, "\\");

		number++;
		if (joined.len == 0)
			first = number;
		sk_buf_span(&joined, more ? sk_span_sub(line, 0, line.len - 1) : line);
		if (more)
			continue;
		requirement(&lock, sk_buf_view(&joined), first);
		sk_buf_reset(&joined);
	}
	requirement(&lock, sk_buf_view(&joined), first);
	return 0;
}

const struct sk_analyzer sk_analyzer_requirements = {
	.name = "requirements",
	.version = 1,
	.patterns = patterns,
	.analyze = analyze,
};
