/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/golang.h"

#include <ctype.h>

struct sk_package *sk_golang_add(struct sk_sink *sink, struct sk_span path, struct sk_span version,
				 uint32_t line)
{
	struct sk_package *pkg = sk_sink_add(sink, "golang", sk_span_basename(path), version, line);

	if (pkg)
		pkg->ns = sk_sink_str(sink, sk_span_dirname(path));
	return pkg;
}

struct sk_package *sk_golang_stdlib(struct sk_sink *sink, struct sk_span version, uint32_t line)
{
	ptrdiff_t blank = sk_span_chr(version, ' ');

	/* Behind a blank: GOEXPERIMENT ("X:boringcrypto"), or the date of a development build. */
	if (blank >= 0)
		version = sk_span_sub(version, 0, blank);
	if (sk_span_starts(version, "go"))
		version = sk_span_from(version, 2);
	if (version.len == 0 || !isdigit((unsigned char)version.ptr[0]))
		return NULL;
	return sk_sink_add(sink, "golang", SK_SPAN_LIT("stdlib"), version, line);
}

bool sk_golang_local(struct sk_span path)
{
	return path.len > 0 && (path.ptr[0] == '.' || path.ptr[0] == '/' || path.ptr[0] == '\\' ||
				(path.len > 1 && path.ptr[1] == ':'));
}

/* ---- linker flags ---- */

/* The next word as a shell would cut it, unquoted into word. */
static bool next_word(struct sk_span *rest, struct sk_buf *word)
{
	char quote = 0;
	size_t i = 0;

	sk_buf_reset(word);
	*rest = sk_span_trim(*rest);
	if (rest->len == 0)
		return false;
	for (; i < rest->len; i++) {
		char c = rest->ptr[i];

		if (quote ? c == quote : c == '\'' || c == '"')
			quote = quote ? 0 : c;
		else if (!quote && (c == ' ' || c == '\t' || c == '\n'))
			break;
		else
			sk_buf_putc(word, c);
	}
	*rest = sk_span_from(*rest, i);
	return true;
}

static bool is_version(struct sk_span s)
{
	bool dot = false;

	if (s.len > 1 && s.ptr[0] == 'v')
		s = sk_span_from(s, 1);
	if (s.len == 0 || !isdigit((unsigned char)s.ptr[0]))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!isalnum((unsigned char)s.ptr[i]) && !strchr(".+-_~", s.ptr[i]))
			return false;
		dot |= s.ptr[i] == '.';
	}
	return dot;
}

/* Package and variable of "import/path.Variable": does it hold the program's version? */
static bool is_version_name(struct sk_span name, bool *ret_usual)
{
	static const char *const usual[] = { "main", "common", "version", "cmd" };
	ptrdiff_t dot = sk_span_rchr(name, '.');
	struct sk_span package, variable;

	if (dot < 0)
		return false;
	package = sk_span_basename(sk_span_sub(name, 0, dot));
	variable = sk_span_from(name, dot + 1);
	*ret_usual = false;
	for (size_t i = 0; i < SK_COUNT(usual); i++)
		*ret_usual |= sk_span_is(package, usual[i]);
	return sk_span_ieq(variable, SK_SPAN_LIT("ver")) ||
	       (variable.len >= 7 &&
		sk_span_ieq(sk_span_from(variable, variable.len - 7), SK_SPAN_LIT("version")));
}

/* One version that several variables may agree on. */
struct choice {
	struct sk_buf version;
	bool unclear;
};

static void choose(struct choice *c, struct sk_span version)
{
	if (c->version.len == 0)
		sk_buf_span(&c->version, version);
	else if (!sk_span_eq(sk_buf_view(&c->version), version))
		c->unclear = true;
}

/* "import/path.Variable=value", the argument of -X */
static void take_definition(struct sk_span def, struct choice choices[2])
{
	ptrdiff_t equals = sk_span_chr(def, '=');
	struct sk_span value;
	bool usual;

	if (equals < 0 || !is_version_name(sk_span_sub(def, 0, equals), &usual))
		return;
	value = sk_span_trim(sk_span_from(def, equals + 1));
	if (is_version(value))
		choose(&choices[usual ? 0 : 1], value);
}

bool sk_golang_ldflags_version(struct sk_span flags, struct sk_buf *buf)
{
	sk_cleanup(sk_buf_release) struct sk_buf word = { 0 };
	struct choice choices[2] = { 0 };
	bool wanted = false, found = false;

	while (next_word(&flags, &word)) {
		struct sk_span w = sk_buf_view(&word);

		if (wanted)
			take_definition(w, choices);
		wanted = sk_span_is(w, "-X") || sk_span_is(w, "--X");
		if (sk_span_starts(w, "-X="))
			take_definition(sk_span_from(w, 3), choices);
	}
	for (int i = 0; i < 2 && !found; i++) {
		struct choice *c = &choices[i];

		if (c->version.len == 0)
			continue;
		found = !c->unclear;
		if (found)
			sk_buf_printf(buf, "%s%s", c->version.data[0] == 'v' ? "" : "v",
				      c->version.data);
		break;
	}
	sk_buf_release(&choices[0].version);
	sk_buf_release(&choices[1].version);
	return found;
}
