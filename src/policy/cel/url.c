/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cel/url.h"

#include "policy/cel/ip.h"
#include "policy/cel/value.h"

/* Where a text stands decides what may stand in it without an escape, besides letters and digits. */
enum place { PATH, HOST, ZONE, USER, QUERY, FRAGMENT };

static const char *const plain[] = {
	[PATH] = "-._~$&+,/:;=@",
	[HOST] = "-._~!\"$&'()*+,:;<=>[]",
	[ZONE] = "-._~!\"$&'()*+,:;<=>[]",
	[USER] = "-._~$&+,;=",
	[QUERY] = "-._~",
	[FRAGMENT] = "-._~!$&()*+,/:;=?@",
};

struct parts {
	struct sk_cel_value scheme, opaque, user, host, path, query, fragment;
	bool has_user, force_query, omit_host;
};

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_plain(char c, enum place place)
{
	return is_alnum(c) || (c && strchr(plain[place], c));
}

/* ---- cutting ---- */

static struct sk_cel_value from(struct sk_cel_value text, size_t at)
{
	return sk_cel_string(text.str + at, text.len - at);
}

static const char *find(struct sk_cel_value text, char c)
{
	return text.len > 0 ? memchr(text.str, c, text.len) : NULL;
}

static const char *find_last(struct sk_cel_value text, char c)
{
	return text.str && text.len > 0 ? memrchr(text.str, c, text.len) : NULL;
}

/* Where a zone begins in an address. */
static const char *find_zone(struct sk_cel_value text)
{
	return text.str && text.len > 0 ? memmem(text.str, text.len, "%25", 3) : NULL;
}

/* Cuts text before the first `c`, and gives what follows it. */
static struct sk_cel_value cut(struct sk_cel_value *text, char c)
{
	const char *at = find(*text, c);
	struct sk_cel_value rest = sk_cel_string("", 0);

	if (at) {
		rest = from(*text, (size_t)(at - text->str) + 1);
		text->len = (uint32_t)(at - text->str);
	}
	return rest;
}

static bool begins(struct sk_cel_value text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len && memcmp(text.str, with, len) == 0;
}

/* ---- escapes ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool escape_allowed(int byte, enum place place)
{
	if (place == HOST)
		return byte >= 0x80 || byte == '%';
	if (place == ZONE)
		return byte == '%' || byte == ' ' || (byte < 0x80 && is_plain((char)byte, HOST));
	return true;
}

/* Takes escapes away, into out (NULL: only checks) which has room for the whole text. */
static const char *unescape(struct sk_cel_value text, enum place place, char *out, size_t *ret_len)
{
	size_t used = 0;

	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.str[i];

		if (c == '%') {
			int high = i + 2 < text.len ? hex(text.str[i + 1]) : -1;
			int low = i + 2 < text.len ? hex(text.str[i + 2]) : -1;

			if (high < 0 || low < 0 || !escape_allowed(high << 4 | low, place))
				return "invalid URL escape";
			c = (char)(high << 4 | low);
			i += 2;
		} else if ((place == HOST || place == ZONE) && (unsigned char)c < 0x80 &&
			   !is_plain(c, place)) {
			return "invalid character in host name";
		} else if (c == '+' && place == QUERY) {
			c = ' ';
		}
		if (out)
			out[used] = c;
		used++;
	}
	if (ret_len)
		*ret_len = used;
	return NULL;
}

/* ---- taking apart ---- */

static bool is_port(struct sk_cel_value text)
{
	if (text.len > 0 && text.str[0] != ':')
		return false;
	for (uint32_t i = 1; i < text.len; i++)
		if (text.str[i] < '0' || text.str[i] > '9')
			return false;
	return true;
}

/* "[address%25zone]" without its brackets. */
static const char *check_literal(struct sk_cel_value address)
{
	const char *percent = find_zone(address);
	const char *wrong = NULL;
	struct sk_cel_ip ip;
	size_t zone;

	if (percent) {
		wrong = unescape(from(address, (size_t)(percent - address.str)), ZONE, NULL, NULL);
		if (!wrong && percent + 3 == address.str + address.len)
			wrong = "invalid host: zone must be a non-empty string";
		address.len = (uint32_t)(percent - address.str);
	}
	if (!wrong)
		wrong = unescape(address, HOST, NULL, NULL);
	if (!wrong && (sk_cel_ip_parse(address.str, address.len, &ip, &zone) || zone > 0))
		wrong = "invalid host: the brackets hold no IP address";
	return !wrong && ip.len == 4 ? "invalid IP-literal" : wrong;
}

static bool is_web(struct sk_cel_value scheme)
{
	return (scheme.len == 4 && strncasecmp(scheme.str, "http", 4) == 0) ||
	       (scheme.len == 5 && strncasecmp(scheme.str, "https", 5) == 0);
}

static const char *check_host(struct sk_cel_value scheme, struct sk_cel_value host)
{
	const char *open = find_last(host, '[');
	const char *close = find_last(host, ']');
	const char *colon = find(host, ':'), *wrong;
	struct sk_cel_value inner;

	if (open && open != host.str)
		return "invalid IP-literal";
	if (open) {
		if (!close)
			return "missing ']' in host";
		if (!is_port(from(host, (size_t)(close - host.str) + 1)))
			return "invalid port after host";
		inner = sk_cel_string(open + 1, (size_t)(close - open) - 1);
		wrong = check_literal(inner);
		return wrong ? wrong
			     : unescape(from(host, (size_t)(close - host.str) + 1), HOST, NULL,
					NULL);
	}
	if (colon && !is_web(scheme))
		colon = find_last(host, ':');
	if (colon && !is_port(from(host, (size_t)(colon - host.str))))
		return "invalid port after host";
	return unescape(host, HOST, NULL, NULL);
}

static const char *check_user(struct sk_cel_value user)
{
	for (uint32_t i = 0; i < user.len; i++)
		if (!is_alnum(user.str[i]) &&
		    (!user.str[i] || !strchr("-._:~!$&'()*+,;=%@", user.str[i])))
			return "invalid userinfo";
	return unescape(user, USER, NULL, NULL);
}

static const char *split_authority(struct sk_cel_value authority, struct parts *p)
{
	const char *at = find_last(authority, '@');
	const char *wrong;

	p->host = authority;
	if (at) {
		p->has_user = true;
		p->user = sk_cel_string(authority.str, (size_t)(at - authority.str));
		p->host = from(authority, (size_t)(at - authority.str) + 1);
	}
	wrong = check_host(p->scheme, p->host);
	return !wrong && at ? check_user(p->user) : wrong;
}

/* The scheme and what follows it; a text that cannot have one is left alone. */
static const char *split_scheme(struct sk_cel_value *rest, struct sk_cel_value *ret)
{
	for (uint32_t i = 0; i < rest->len; i++) {
		char c = rest->str[i];

		if (c == ':') {
			if (i == 0)
				return "missing protocol scheme";
			*ret = sk_cel_string(rest->str, i);
			*rest = from(*rest, i + 1u);
			return NULL;
		}
		if ((i == 0 || (c != '+' && c != '-' && c != '.')) &&
		    (!is_alnum(c) || (i == 0 && c <= '9')))
			return NULL;
	}
	return NULL;
}

static void split_query(struct sk_cel_value *rest, struct parts *p)
{
	const char *mark = find(*rest, '?');

	p->force_query = mark && mark + 1 == rest->str + rest->len;
	p->query = cut(rest, '?');
}

/* strict: as a request names it, where "//x" is a path. */
static const char *split(struct sk_cel_value rest, bool strict, struct parts *p)
{
	const char *wrong, *slash;
	struct sk_cel_value authority;
	bool absolute;

	*p = (struct parts){ 0 };
	for (uint32_t i = 0; i < rest.len; i++)
		if ((unsigned char)rest.str[i] < 0x20 || rest.str[i] == 0x7f)
			return "invalid control character in URL";
	if (rest.len == 0)
		return "empty url";
	if (rest.len == 1 && rest.str[0] == '*') {
		p->path = rest;
		return NULL;
	}
	wrong = split_scheme(&rest, &p->scheme);
	if (wrong)
		return wrong;
	split_query(&rest, p);
	absolute = p->scheme.len > 0;
	if (!begins(rest, "/")) {
		p->opaque = rest;
		return absolute ? NULL : "invalid URI for request";
	}
	if (begins(rest, "//") && (absolute || (!strict && !begins(rest, "///")))) {
		authority = from(rest, 2);
		slash = find(authority, '/');
		rest = slash ? from(authority, (size_t)(slash - authority.str))
			     : sk_cel_string("", 0);
		if (slash)
			authority.len = (uint32_t)(slash - authority.str);
		wrong = split_authority(authority, p);
		if (wrong)
			return wrong;
	} else {
		p->omit_host = absolute;
	}
	p->path = rest;
	return unescape(rest, PATH, NULL, NULL);
}

const char *sk_cel_url_check(struct sk_cel_value text)
{
	struct parts parts;

	return split(text, true, &parts);
}

/* ---- putting together ---- */

static char *put(char *out, const char *text, size_t len)
{
	if (len > 0)
		memcpy(out, text, len);
	return out + len;
}

static char *put_escaped(char *out, const char *text, size_t len, enum place place)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		if (is_plain(text[i], place)) {
			*out++ = text[i];
			continue;
		}
		*out++ = '%';
		*out++ = digits[(unsigned char)text[i] >> 4];
		*out++ = digits[(unsigned char)text[i] & 15];
	}
	return out;
}

/* Escaped as it was, if that is a way to escape it; else in the one way. `spare` has room for the text. */
static char *put_part(char *out, struct sk_cel_value text, enum place place, char *spare)
{
	size_t len;

	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.str[i];

		if (!is_plain(c, place) && (!c || !strchr("!$&'()*+,;=:@[]%", c))) {
			unescape(text, place, spare, &len);
			return put_escaped(out, spare, len, place);
		}
	}
	return put(out, text.str, text.len);
}

static char *put_user(char *out, struct sk_cel_value user, char *spare)
{
	bool has_password = find(user, ':') != NULL;
	struct sk_cel_value password = cut(&user, ':');
	size_t len;

	unescape(user, USER, spare, &len);
	out = put_escaped(out, spare, len, USER);
	if (has_password) {
		*out++ = ':';
		unescape(password, USER, spare, &len);
		out = put_escaped(out, spare, len, USER);
	}
	*out++ = '@';
	return out;
}

static struct sk_cel_value repaired(struct sk_cel_arena *arena, const char *bytes, size_t len)
{
	char *text = sk_cel_alloc(arena, 3 * len);

	if (!text)
		return (struct sk_cel_value){ 0 };
	return sk_cel_string(text, sk_cel_utf8_repair(text, bytes, len));
}

/* The host without escapes: a zone has others than the rest. */
static size_t unescaped_host(struct sk_cel_value host, char *out)
{
	const char *percent = begins(host, "[") ? find_zone(host) : NULL;
	const char *close = percent ? find_last(host, ']') : NULL;
	size_t plain_len = percent ? (size_t)(percent - host.str) : host.len, len, more = 0;

	unescape(sk_cel_string(host.str, plain_len), HOST, out, &len);
	if (percent) {
		unescape(sk_cel_string(percent, (size_t)(close - percent)), ZONE, out + len, &more);
		len += more;
		unescape(from(host, (size_t)(close - host.str)), HOST, out + len, &more);
	}
	return len + more;
}

static struct sk_cel_value lower(struct sk_cel_arena *arena, struct sk_cel_value text)
{
	char *out = sk_cel_alloc(arena, text.len);

	if (!out)
		return (struct sk_cel_value){ 0 };
	for (uint32_t i = 0; i < text.len; i++)
		out[i] = (char)(text.str[i] >= 'A' && text.str[i] <= 'Z' ? text.str[i] | 0x20
									 : text.str[i]);
	return sk_cel_string(out, text.len);
}

static void put_together(struct sk_cel_arena *arena, const struct parts *p, struct sk_cel_url *ret,
			 char *out, char *spare)
{
	char *begin = out, *path;
	size_t host_len = 0;

	ret->scheme = lower(arena, p->scheme);
	if (ret->scheme.len > 0) {
		out = put(out, ret->scheme.str, ret->scheme.len);
		*out++ = ':';
	}
	out = put(out, p->opaque.str, p->opaque.len);
	if (!p->omit_host &&
	    (p->host.len > 0 || p->has_user || (ret->scheme.len > 0 && p->path.len > 0)))
		out = put(out, "//", 2);
	if (p->has_user)
		out = put_user(out, p->user, spare);
	host_len = unescaped_host(p->host, spare);
	ret->host = repaired(arena, spare, host_len);
	out = put_escaped(out, spare, host_len, HOST);
	path = out;
	out = p->path.len == 1 && p->path.str[0] == '*' ? put(out, "*", 1)
							: put_part(out, p->path, PATH, spare);
	ret->path = sk_cel_string(path, (size_t)(out - path));
	ret->query = p->query;
	if (p->force_query || p->query.len > 0)
		*out++ = '?';
	out = put(out, p->query.str, p->query.len);
	if (p->fragment.len > 0) {
		*out++ = '#';
		out = put_part(out, p->fragment, FRAGMENT, spare);
	}
	ret->text = sk_cel_string(begin, (size_t)(out - begin));
}

const char *sk_cel_url_parse(struct sk_cel_arena *arena, struct sk_cel_value text,
			     struct sk_cel_url *ret)
{
	const char *wrong = sk_cel_url_check(text);
	struct sk_cel_value rest = text, fragment = cut(&rest, '#');
	struct parts parts;
	char *out, *spare;

	if (!wrong)
		wrong = split(rest, false, &parts);
	if (!wrong)
		wrong = unescape(fragment, FRAGMENT, NULL, NULL);
	if (wrong)
		return wrong;
	parts.fragment = fragment;
	/* Each byte may want an escape; besides are ":", "//", ":", "@", "?", "#". */
	out = sk_cel_alloc(arena, 3 * (size_t)text.len + 16);
	spare = sk_cel_alloc(arena, text.len);
	if (out && spare)
		put_together(arena, &parts, ret, out, spare);
	return NULL;
}

struct sk_cel_value sk_cel_url_query_text(struct sk_cel_arena *arena, struct sk_cel_value text)
{
	char *out = sk_cel_alloc(arena, text.len);
	bool ascii;
	size_t len;

	if (!out || unescape(text, QUERY, out, &len))
		return (struct sk_cel_value){ 0 };
	return sk_cel_utf8_valid(out, len, &ascii) ? sk_cel_string(out, len)
						   : repaired(arena, out, len);
}
