/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pip's requirements files: only lines that pin a version (NAME==VERSION or
 * NAME===VERSION, PEP 440) name a package. Options, URLs and open ranges do
 * not say what is installed; files included by -r are read by their own name.
 * setup.py is a program: each of its string literals may be such a line.
 */
#include "analyze/lockfile.h"

static const char *const patterns[] = { "**/*requirements*.txt", "**/setup.py", NULL };

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

/* Requirements in lines; one that ends with a backslash goes on in the next. */
static void requirements(struct sk_lockfile *lock, struct sk_span text, uint32_t number)
{
	sk_cleanup(sk_buf_release) struct sk_buf joined = { 0 };
	uint32_t first = number;
	struct sk_span line;

	for (; sk_span_line(&text, &line); number++) {
		bool more = sk_span_ends(line, "\\");

		if (joined.len == 0)
			first = number;
		sk_buf_span(&joined, more ? sk_span_sub(line, 0, line.len - 1) : line);
		if (more)
			continue;
		requirement(lock, sk_buf_view(&joined), first);
		sk_buf_reset(&joined);
	}
	requirement(lock, sk_buf_view(&joined), first);
}

/* The text of the Python string that begins at off; *off moves behind it. It ends in its line if it has one quote. */
static struct sk_span python_string(struct sk_span text, size_t *off)
{
	char quote[4] = { text.ptr[*off], text.ptr[*off], text.ptr[*off], '\0' };
	bool block = sk_span_starts(sk_span_from(text, *off), quote);
	size_t begin, end;

	quote[block ? 3 : 1] = '\0';
	begin = end = *off + strlen(quote);
	while (end < text.len && !sk_span_starts(sk_span_from(text, end), quote) &&
	       (block || text.ptr[end] != '\n'))
		end += text.ptr[end] == '\\' ? 2 : 1;
	if (end > text.len)
		end = text.len;
	*off = end + strlen(quote);
	return sk_span_sub(text, begin, end - begin);
}

static void setup_py(struct sk_lockfile *lock, struct sk_span text)
{
	uint32_t number = 1;

	for (size_t off = 0; off < text.len;) {
		size_t begin = off;
		ptrdiff_t end;

		switch (text.ptr[off]) {
		case '#':
			end = sk_span_chr(sk_span_from(text, off), '\n');
			off = end < 0 ? text.len : off + (size_t)end;
			break;
		case '"':
		case '\'':
			requirements(lock, python_string(text, &off), number);
			break;
		default:
			off++;
		}
		for (; begin < off && begin < text.len; begin++)
			number += text.ptr[begin] == '\n';
	}
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	sk_cleanup(sk_lockfile_release) struct sk_lockfile lock = { .sink = sink, .type = "pypi" };
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span text;
	int r = sk_file_text(file, &buf, &text, err);

	if (r < 0)
		return r;
	if (sk_span_ends(sk_span_str(file->path), ".py"))
		setup_py(&lock, text);
	else
		requirements(&lock, text, 1);
	return 0;
}

const struct sk_analyzer sk_analyzer_requirements = {
	.name = "requirements",
	.version = 2,
	.patterns = patterns,
	.analyze = analyze,
};
