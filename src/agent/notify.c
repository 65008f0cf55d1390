/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/notify.h"

#include "base/fd.h"
#include "base/span.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* "/run/systemd/notify", or "@name" for one without a file. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		sk_closep(&fd);
	return fd;
}

/* WATCHDOG_USEC is meant for the process WATCHDOG_PID alone. */
static int64_t watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t value;

	if (!usec || !sk_span_u64(sk_span_str(usec), &value) || (pid && atol(pid) != (long)getpid()))
		return 0;
	return (int64_t)(value / 1000);
}

void sk_notify_open(struct sk_notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");

	*n = (struct sk_notify){ .fd = path ? connect_to(path) : -1 };
	if (n->fd >= 0)
		n->watchdog = watchdog_ms();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void sk_notify_close(struct sk_notify *n)
{
	sk_closep(&n->fd);
}

/* Never waits: systemd that does not read is not our concern. */
void sk_notify_send(struct sk_notify *n, const char *text)
{
	if (n->fd >= 0)
		while (send(n->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR)
			;
}

void sk_notify_turn(struct sk_notify *n)
{
	int64_t now;

	if (!n->watchdog)
		return;
	now = now_ms();
	if (now < n->next)
		return;
	sk_notify_send(n, "WATCHDOG=1");
	n->next = now + n->watchdog / 2;
}
