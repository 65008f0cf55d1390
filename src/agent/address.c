/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

enum { MAX_PORT = 65535 };

static bool parse_port(struct sk_span text, unsigned *ret_port)
{
	uint64_t port;

	if (!sk_span_u64(text, &port) || port > MAX_PORT)
		return false;
	*ret_port = (unsigned)port;
	return true;
}

bool sk_address_split(struct sk_span text, unsigned otherwise, struct sk_span *ret_host, unsigned *ret_port)
{
	ptrdiff_t end = sk_span_chr(text, ']'), colon = sk_span_rchr(text, ':');
	bool bracket = sk_span_starts(text, "[");
	struct sk_span rest;

	if (bracket != (end > 0))
		return false;
	if (bracket) {
		*ret_host = sk_span_sub(text, 1, (size_t)end - 1);
		rest = sk_span_from(text, (size_t)end + 1);
	} else {
		*ret_host = colon < 0 ? text : sk_span_sub(text, 0, (size_t)colon);
		rest = sk_span_from(text, ret_host->len);
	}
	*ret_port = otherwise;
	if (!ret_host->len || (!bracket && sk_span_chr(*ret_host, ':') >= 0))
		return false;
	return rest.len ? rest.ptr[0] == ':' && parse_port(sk_span_from(rest, 1), ret_port) : otherwise > 0;
}

static int parse_unix(struct sk_span path, struct sk_address *ret, struct sk_err *err)
{
	struct sockaddr_un *name = (struct sockaddr_un *)&ret->storage;

	if (!path.len || path.len >= sizeof(name->sun_path) || memchr(path.ptr, '\0', path.len))
		return sk_err_set(err, SK_EUSAGE, "'%.*s' is not the path of a socket, of up to %zu bytes", (int)path.len, path.ptr,
				  sizeof(name->sun_path) - 1);
	name->sun_family = AF_UNIX;
	memcpy(name->sun_path, path.ptr, path.len);
	ret->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
	return 0;
}

static bool parse_ip(struct sk_span host, unsigned port, struct sk_address *ret)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&ret->storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&ret->storage;
	char text[INET6_ADDRSTRLEN] = "";

	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.ptr, host.len);
	if (inet_pton(AF_INET, sk_span_is(host, "localhost") ? "127.0.0.1" : text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)port);
		ret->len = sizeof(*four);
		return true;
	}
	if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
		return false;
	six->sin6_family = AF_INET6;
	six->sin6_port = htons((uint16_t)port);
	ret->len = sizeof(*six);
	return true;
}

int sk_address_parse(struct sk_span text, struct sk_address *ret, struct sk_err *err)
{
	struct sk_address address = { 0 };
	struct sk_span host;
	unsigned port;
	int r = 0;

	if (sk_span_starts(text, "unix:")) {
		r = parse_unix(sk_span_from(text, 5), &address, err);
	} else if (!sk_address_split(text, 0, &host, &port) || !parse_ip(host, port, &address)) {
		return sk_err_set(err, SK_EUSAGE, "'%.*s' is not an address such as 127.0.0.1:9417, [::1]:9417 or unix:/path",
				  (int)text.len, text.ptr);
	}
	if (r == 0)
		*ret = address;
	return r;
}
