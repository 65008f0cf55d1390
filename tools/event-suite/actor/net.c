/* SPDX-License-Identifier: Apache-2.0 */
/* A server and its client, and the address between them: one that no link has is given to the loopback. */
#include "actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECT_MS = 10000, BACKLOG = 128, RETRIES = 100, RETRY_US = 20000 };

static socklen_t local_address(const char *path, struct sockaddr_storage *ret)
{
	struct sockaddr_un *un = (struct sockaddr_un *)ret;

	un->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(un->sun_path))
		sk_act_refuse("the socket's path is too long: %s", path);
	memcpy(un->sun_path, path, strlen(path) + 1);
	if (*path != '@')
		return sizeof(*un);
	un->sun_path[0] = '\0'; /* no path, as Go writes such names */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
}

static bool split(const char *text, char *host, size_t size, in_port_t *port)
{
	const char *colon = strrchr(text, ':');
	bool brackets = *text == '[';
	size_t length;
	char *end;
	long n;

	if (!colon || (brackets && colon[-1] != ']'))
		return false;
	length = (size_t)(colon - text) - (brackets ? 2 : 0);
	text += brackets;
	if (length >= size)
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	host[strcspn(host, "%")] = '\0'; /* a zone */
	n = strtol(colon + 1, &end, 10);
	*port = htons((uint16_t)n);
	return end > colon + 1 && !*end && n > 0 && n <= UINT16_MAX;
}

socklen_t sk_act_address(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	char host[128];
	in_port_t port;

	memset(ret, 0, sizeof(*ret));
	if (strncmp(text, "unix://", 7) == 0)
		return local_address(text + 7, ret);
	if (!split(text, host, sizeof(host), &port))
		sk_act_refuse("no address: '%s'", text);
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
		sk_act_refuse("no address: '%s'", text);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = port;
	return sizeof(*in6);
}

struct request {
	struct nlmsghdr header;
	char rest[128];
};

static void append(struct request *r, const void *data, size_t size)
{
	memcpy((char *)r + NLMSG_ALIGN(r->header.nlmsg_len), data, size);
	r->header.nlmsg_len = (__u32)(NLMSG_ALIGN(r->header.nlmsg_len) + size);
}

static void append_address(struct request *r, unsigned short type, const struct sockaddr_storage *address)
{
	bool six = address->ss_family == AF_INET6;
	const void *bytes = six ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr :
				  (const void *)&((const struct sockaddr_in *)address)->sin_addr;
	size_t size = six ? 16 : 4;

	append(r, &(struct rtattr){ .rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(size) }, sizeof(struct rtattr));
	append(r, bytes, size);
}

/* What the kernel says to it: an errno, or 0 and, of a route, its type. */
static int ask(const struct request *r, unsigned char *ret_route)
{
	struct {
		struct nlmsghdr header;
		union {
			struct nlmsgerr error;
			struct rtmsg route;
		};
		char rest[1024];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), error = EIO;

	if (fd >= 0 && send(fd, r, r->header.nlmsg_len, 0) > 0 &&
	    recv(fd, &answer, sizeof(answer), 0) >= (ssize_t)NLMSG_LENGTH(sizeof(answer.route)))
		error = answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : 0;
	if (!error && ret_route)
		*ret_route = answer.route.rtm_type;
	close(fd);
	return error;
}

/* Gives the loopback the address, or takes it; an errno, or 0. */
static int loopback_address(const struct sockaddr_storage *address, bool add)
{
	struct request r = {
		.header = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0) },
	};
	struct ifaddrmsg message = {
		.ifa_family = (unsigned char)address->ss_family, .ifa_flags = IFA_F_NODAD,
		.ifa_prefixlen = address->ss_family == AF_INET6 ? 128 : 32, .ifa_index = if_nametoindex("lo"),
	};

	append(&r, &message, sizeof(message));
	append_address(&r, IFA_LOCAL, address);
	return ask(&r, NULL);
}

/* IPv6 takes an address at once, and makes the way to it a little later. */
static bool has_route(const struct sockaddr_storage *address)
{
	struct request r = { .header = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = RTM_GETROUTE,
					 .nlmsg_flags = NLM_F_REQUEST } };
	bool six = address->ss_family == AF_INET6;
	unsigned char type = RTN_UNSPEC;

	append(&r, &(struct rtmsg){ .rtm_family = (unsigned char)address->ss_family, .rtm_dst_len = six ? 128 : 32 },
	       sizeof(struct rtmsg));
	append_address(&r, RTA_DST, address);
	return ask(&r, &type) == 0 && type == RTN_LOCAL;
}

static void take_address(void *address)
{
	loopback_address(address, false);
	free(address);
}

static void give_address(const struct sockaddr_storage *address)
{
	struct sockaddr_storage *copy = malloc(sizeof(*copy));
	int error;

	/* Containers without a network have IPv6 turned off. */
	if (address->ss_family == AF_INET6) {
		int fd = open("/proc/sys/net/ipv6/conf/lo/disable_ipv6", O_WRONLY | O_CLOEXEC);

		if (fd >= 0 && write(fd, "0", 1) < 0)
			errno = 0; /* what follows says it */
		close(fd);
	}
	error = loopback_address(address, true);
	if (error && error != EEXIST) {
		errno = error;
		sk_act_fail("giving the loopback an address");
	}
	for (int i = 0; i < RETRIES && !has_route(address); i++)
		usleep(RETRY_US);
	memcpy(copy, address, sizeof(*copy));
	if (!error)
		sk_act_undo_later(take_address, copy);
}

static void close_fd(void *fd)
{
	close((int)(intptr_t)fd);
}

static int open_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_NONBLOCK, 0);

	if (fd < 0)
		sk_act_fail("socket");
	sk_act_undo_later(close_fd, (void *)(intptr_t)fd);
	return fd;
}

static void bind_it(int fd, const struct sockaddr_storage *address, socklen_t length)
{
	if (bind(fd, (const struct sockaddr *)address, length) == 0)
		return;
	if (errno == EADDRNOTAVAIL) {
		give_address(address);
		if (bind(fd, (const struct sockaddr *)address, length) == 0)
			return;
	}
	/* The one that had it before may be on its way out. */
	for (int i = 0; i < RETRIES && errno == EADDRINUSE; i++) {
		usleep(RETRY_US);
		if (bind(fd, (const struct sockaddr *)address, length) == 0)
			return;
	}
	sk_act_fail("bind");
}

static void connect_it(int client, int server, const struct sockaddr_storage *address, socklen_t length)
{
	struct pollfd wait = { .fd = client, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int error = 0, peer;

	if (connect(client, (const struct sockaddr *)address, length) < 0) {
		if (errno != EINPROGRESS || poll(&wait, 1, CONNECT_MS) != 1)
			sk_act_fail("connect");
		getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &size);
		errno = error;
		if (error)
			sk_act_fail("connect");
	}
	wait = (struct pollfd){ .fd = server, .events = POLLIN };
	poll(&wait, 1, CONNECT_MS);
	peer = accept(server, NULL, NULL);
	if (peer < 0)
		sk_act_fail("accept");
	sk_act_undo_later(close_fd, (void *)(intptr_t)peer);
}

void sk_act_client_server(const char *name, const char *protocol, const char *address)
{
	bool local = strcmp(protocol, "unix") == 0, datagram = strncmp(protocol, "udp", 3) == 0;
	int family = local ? AF_UNIX : protocol[strlen(protocol) - 1] == '6' ? AF_INET6 : AF_INET;
	int type = datagram ? SOCK_DGRAM : SOCK_STREAM, server, client, on = 1;
	struct sockaddr_storage to;
	static int number;
	char path[64];
	socklen_t length;

	snprintf(path, sizeof(path), "unix:///tmp/clientserver%d-%d.sock", getpid(), ++number);
	length = sk_act_address(local ? path : address, &to);
	if (to.ss_family != family)
		sk_act_refuse("%s is no address for %s", address, protocol);
	server = open_socket(family, type);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	bind_it(server, &to, length);
	if (local)
		sk_act_remove_later(path + 7);
	if (!datagram && listen(server, BACKLOG) < 0)
		sk_act_fail("listen");
	client = open_socket(family, type);
	if (!datagram)
		connect_it(client, server, &to, length);
	sk_act_put_number(name, "client.fd", client);
	sk_act_put_number(name, "server.fd", server);
}
