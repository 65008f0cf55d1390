/* SPDX-License-Identifier: Apache-2.0 */
/* System calls as cases write them, made as such: no library changes the arguments on the way. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int number(const struct sk_act_line *l, const char *key, int otherwise)
{
	return (int)sk_act_number(l, key, otherwise);
}

/* Written in words, or bound to those of a step before. */
static long long flags(const struct sk_act_line *l, const char *key, enum sk_act_words kind)
{
	const char *text = sk_act_word(l, key);
	long long value = text ? sk_act_flags(kind, text) : sk_act_number(l, key, 0);

	sk_act_put_number(l->name, key, value);
	return value;
}

/* Where the machine has no such call, as on arm64. */
#ifdef SYS_open
#define CALL(name, ...) syscall(SYS_##name, __VA_ARGS__)
#else
static long fail(void)
{
	errno = ENOSYS;
	return -1;
}
#define CALL(name, ...) fail()
#endif

/* What is done is undone: a link is taken away, a standard stream comes back. */
struct made_link {
	int dir;
	const char *path;
};

static void remove_link(void *context)
{
	struct made_link *made = context;

	unlinkat(made->dir, made->path, 0);
	free(made);
}

static long linked(int dir, const char *path, long result)
{
	struct made_link *made = malloc(sizeof(*made));

	*made = (struct made_link){ dir, path };
	if (result == 0)
		sk_act_undo_later(remove_link, made);
	return result;
}

struct saved_fd {
	int fd, copy;
};

static void restore_fd(void *context)
{
	struct saved_fd *saved = context;

	dup2(saved->copy, saved->fd);
	close(saved->copy);
	free(saved);
}

static void save_fd(int fd)
{
	struct saved_fd *saved = malloc(sizeof(*saved));

	*saved = (struct saved_fd){ fd, fcntl(fd, F_DUPFD_CLOEXEC, SK_ACT_HIGH_FD) };
	if (fd <= STDERR_FILENO && saved->copy >= 0)
		sk_act_undo_later(restore_fd, saved);
}

static long do_write(const struct sk_act_line *l)
{
	const char *buffer = sk_act_text(l, "buffer", "");
	size_t have = strlen(buffer), want = (size_t)sk_act_number(l, "len", 0);

	if (want > have)
		sk_act_refuse("%s: len is larger than the buffer", l->name);
	sk_act_put_number(l->name, "len", (long long)(want ? want : have));
	return syscall(SYS_write, number(l, "fd", -1), buffer, want ? want : have);
}

static long do_read(const struct sk_act_line *l)
{
	const char *given = sk_act_text(l, "buffer", "");
	size_t have = strlen(given), want = (size_t)sk_act_number(l, "len", 0);
	char *buffer = calloc(1, (have > want ? have : want) + 1);

	if (have && want > have)
		sk_act_refuse("%s: len is larger than the buffer", l->name);
	sk_act_put_text(l->name, "buffer", buffer);
	sk_act_put_number(l->name, "len", (long long)(want ? want : have));
	return syscall(SYS_read, number(l, "fd", -1), buffer, want ? want : have);
}

static long do_open(const struct sk_act_line *l)
{
	return CALL(open, sk_act_text(l, "pathname", ""), (int)flags(l, "flags", SK_ACT_OPEN_FLAGS),
		    (mode_t)flags(l, "mode", SK_ACT_MODES));
}

static long do_openat(const struct sk_act_line *l)
{
	return syscall(SYS_openat, number(l, "dirFd", AT_FDCWD), sk_act_text(l, "pathname", ""),
		       (int)flags(l, "flags", SK_ACT_OPEN_FLAGS), (mode_t)flags(l, "mode", SK_ACT_MODES));
}

static long do_openat2(const struct sk_act_line *l)
{
	struct open_how how = {
		.flags = (uint64_t)flags(l, "how.flags", SK_ACT_OPEN_FLAGS),
		.mode = (uint64_t)flags(l, "how.mode", SK_ACT_MODES),
		.resolve = (uint64_t)flags(l, "how.resolve", SK_ACT_RESOLVE),
	};

	return syscall(SYS_openat2, number(l, "dirFd", AT_FDCWD), sk_act_text(l, "pathname", ""), &how, sizeof(how));
}

static long do_symlink(const struct sk_act_line *l)
{
	const char *path = sk_act_text(l, "linkPath", "");

	return linked(AT_FDCWD, path, CALL(symlink, sk_act_text(l, "target", ""), path));
}

static long do_symlinkat(const struct sk_act_line *l)
{
	const char *path = sk_act_text(l, "linkPath", "");
	int dir = number(l, "newDirFd", AT_FDCWD);

	return linked(dir, path, syscall(SYS_symlinkat, sk_act_text(l, "target", ""), dir, path));
}

static long do_link(const struct sk_act_line *l)
{
	const char *path = sk_act_text(l, "newPath", "");

	return linked(AT_FDCWD, path, CALL(link, sk_act_text(l, "oldPath", ""), path));
}

static long do_linkat(const struct sk_act_line *l)
{
	const char *path = sk_act_text(l, "newPath", "");
	int dir = number(l, "newDirFd", AT_FDCWD);

	return linked(dir, path, syscall(SYS_linkat, number(l, "oldDirFd", AT_FDCWD), sk_act_text(l, "oldPath", ""), dir,
					 path, (int)flags(l, "flags", SK_ACT_LINKAT_FLAGS)));
}

static long do_init_module(const struct sk_act_line *l)
{
	const char *image = sk_act_text(l, "moduleImage", "");

	return syscall(SYS_init_module, image, strlen(image), sk_act_text(l, "paramValues", ""));
}

static long do_finit_module(const struct sk_act_line *l)
{
	return syscall(SYS_finit_module, number(l, "fd", -1), sk_act_text(l, "paramValues", ""),
		       (int)flags(l, "flags", SK_ACT_MODULE_FLAGS));
}

static long do_dup(const struct sk_act_line *l)
{
	return syscall(SYS_dup, number(l, "oldFd", -1));
}

static long do_dup2(const struct sk_act_line *l)
{
	save_fd(number(l, "newFd", -1));
	return CALL(dup2, number(l, "oldFd", -1), number(l, "newFd", -1));
}

static long do_dup3(const struct sk_act_line *l)
{
	save_fd(number(l, "newFd", -1));
	return syscall(SYS_dup3, number(l, "oldFd", -1), number(l, "newFd", -1),
		       (int)flags(l, "flags", SK_ACT_OPEN_FLAGS));
}

static long do_connect(const struct sk_act_line *l)
{
	struct sockaddr_storage to;
	socklen_t length = sk_act_address(sk_act_text(l, "address", ""), &to);

	return syscall(SYS_connect, number(l, "fd", -1), &to, length);
}

static long do_socket(const struct sk_act_line *l)
{
	return syscall(SYS_socket, (int)flags(l, "domain", SK_ACT_DOMAINS), (int)flags(l, "type", SK_ACT_TYPES),
		       (int)flags(l, "protocol", SK_ACT_PROTOCOLS));
}

static long do_sendto(const struct sk_act_line *l)
{
	const char *buffer = sk_act_text(l, "buf", "");
	size_t have = strlen(buffer), want = (size_t)sk_act_number(l, "len", 0);
	struct sockaddr_storage to;
	socklen_t length = sk_act_address(sk_act_text(l, "destAddr", ""), &to);

	if (want > have)
		sk_act_refuse("%s: len is larger than the buffer", l->name);
	return syscall(SYS_sendto, number(l, "fd", -1), buffer, want ? want : have,
		       (int)flags(l, "flags", SK_ACT_SEND_FLAGS), &to, length);
}

static long do_kill(const struct sk_act_line *l)
{
	return syscall(SYS_kill, number(l, "pid", 0), (int)flags(l, "sig", SK_ACT_SIGNALS));
}

static const struct {
	const char *name;
	long (*call)(const struct sk_act_line *line);
} calls[] = {
	{ "write", do_write },		   { "read", do_read },		  { "open", do_open },
	{ "openat", do_openat },	   { "openat2", do_openat2 },	  { "symlink", do_symlink },
	{ "symlinkat", do_symlinkat },	   { "link", do_link },		  { "linkat", do_linkat },
	{ "init_module", do_init_module }, { "finit_module", do_finit_module }, { "dup", do_dup },
	{ "dup2", do_dup2 },		   { "dup3", do_dup3 },		  { "connect", do_connect },
	{ "socket", do_socket },	   { "sendto", do_sendto },	  { "kill", do_kill },
};

/* Arguments can be bound by later steps as well as the result. */
static void remember_arguments(const struct sk_act_line *line)
{
	for (size_t i = 0; i < line->count; i++) {
		char *key = strndup(line->words[i], strcspn(line->words[i], "=@"));

		if (sk_act_has(line, key))
			sk_act_put(line, key);
		free(key);
	}
}

void sk_act_step(const struct sk_act_line *line)
{
	const char *name = sk_act_word(line, "syscall");

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		long result;

		if (!name || strcmp(calls[i].name, name) != 0)
			continue;
		remember_arguments(line);
		result = calls[i].call(line);
		if (result < 0)
			sk_act_fail("the step %s (%s)", line->name, name);
		sk_act_put_number(line->name, "ret", result);
		return;
	}
	sk_act_refuse("the step %s: no such call", line->name);
}
