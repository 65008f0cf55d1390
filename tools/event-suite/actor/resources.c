/* SPDX-License-Identifier: Apache-2.0 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_fd(void *fd)
{
	close((int)(intptr_t)fd);
}

/* What the resource is known by; a failure ends all. */
static void expose(const struct sk_act_line *line, const char *field, int fd)
{
	if (fd < 0)
		sk_act_fail("the resource %s (%s)", line->name, line->verb);
	sk_act_undo_later(close_fd, (void *)(intptr_t)fd);
	sk_act_put_number(line->name, field, fd);
}

/* A file that is there is opened and stays; one that is not is made and goes. */
static void file(const struct sk_act_line *line)
{
	const char *path = sk_act_word(line, "path");
	int fd;

	sk_act_make_parents(path);
	fd = open(path, O_RDWR);
	if (fd < 0 && errno == ENOENT) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd >= 0)
			sk_act_remove_later(path);
	}
	expose(line, "fd", fd);
}

static void directory(const struct sk_act_line *line)
{
	const char *path = sk_act_word(line, "path");

	sk_act_make_folders(path);
	expose(line, "fd", open(path, O_RDONLY | O_DIRECTORY));
}

static void pipe_ends(const struct sk_act_line *line)
{
	int ends[2] = { -1, -1 };

	if (pipe(ends) < 0)
		ends[0] = -1;
	expose(line, "readFd", ends[0]);
	expose(line, "writeFd", ends[1]);
}

static void event(const struct sk_act_line *line)
{
	expose(line, "fd", eventfd(0, 0));
}

static void signals(const struct sk_act_line *line)
{
	sigset_t none;

	sigemptyset(&none);
	expose(line, "fd", signalfd(-1, &none, 0));
}

static void poller(const struct sk_act_line *line)
{
	expose(line, "fd", epoll_create1(0));
}

static void watcher(const struct sk_act_line *line)
{
	expose(line, "fd", inotify_init());
}

static void memory(const struct sk_act_line *line)
{
	const char *name = sk_act_word(line, "file");

	expose(line, "fd", memfd_create(name ? name : "", 0));
}

static void client_server(const struct sk_act_line *line)
{
	sk_act_client_server(line->name, sk_act_word(line, "proto"), sk_act_word(line, "address"));
}

static void end_process(void *pid)
{
	kill((pid_t)(intptr_t)pid, SIGKILL);
	waitpid((pid_t)(intptr_t)pid, NULL, 0);
}

static void child(const struct sk_act_line *line, const char *mark)
{
	struct sk_act_look look;
	pid_t pid;

	sk_act_look(line, &look);
	pid = sk_act_start(&look, mark, SK_ACT_SLEEP);
	sk_act_undo_later(end_process, (void *)(intptr_t)pid);
	sk_act_put_number(line->name, "pid", pid);
}

static const struct {
	const char *verb;
	void (*make)(const struct sk_act_line *line);
} kinds[] = {
	{ "file", file },	{ "directory", directory }, { "pipe", pipe_ends },  { "event", event },
	{ "signalfd", signals }, { "eventpoll", poller },    { "inotify", watcher }, { "memfd", memory },
	{ "clientServer", client_server },
};

bool sk_act_resource(const struct sk_act_line *line, const char *mark)
{
	if (strcmp(line->verb, "child") == 0) {
		child(line, mark);
		return true;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].verb, line->verb) == 0) {
			kinds[i].make(line);
			return true;
		}
	return false;
}
