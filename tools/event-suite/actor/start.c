/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that looks as a case says. Its file is a copy of this program, under
 * the path that is wanted and with the user's and the capabilities' marks on it
 * (a set-user-ID bit, an attribute); it is started through a link that gives it
 * its name.
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

enum { RUN_MODE = 0755, RUN_AS_MODE = 06555, COPY_BYTES = 1 << 20 };

void sk_act_look(const struct sk_act_line *line, struct sk_act_look *ret)
{
	*ret = (struct sk_act_look){ sk_act_word(line, "exepath"), sk_act_word(line, "name"), sk_act_word(line, "arg0"),
				     sk_act_word(line, "user"), sk_act_word(line, "caps") };
	ret->args = calloc(line->count + 1, sizeof(*ret->args));
	ret->env = calloc(line->count + 1, sizeof(*ret->env));
	for (size_t i = 0; sk_act_nth(line, "arg", i); i++)
		ret->args[i] = (char *)sk_act_nth(line, "arg", i);
	for (size_t i = 0; sk_act_nth(line, "env", i); i++)
		ret->env[i] = (char *)sk_act_nth(line, "env", i);
	ret->fileless = sk_act_word(line, "fileless") != NULL;
}

static void copy_self(int to, const char *what)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (from < 0)
		sk_act_fail("reading this program");
	while ((n = sendfile(to, from, NULL, COPY_BYTES)) > 0)
		;
	if (n < 0)
		sk_act_fail("copying this program to %s", what);
	close(from);
}

/* "/tmp/event-generator1a2b3c/event-generator1a2b3c": links beside it meet nobody else's. */
static char *some_path(void)
{
	char folder[] = "/tmp/event-generatorXXXXXX";
	char *path;

	if (!mkdtemp(folder) || chmod(folder, RUN_MODE) < 0)
		sk_act_fail("making a folder in /tmp");
	sk_act_remove_later(folder);
	if (asprintf(&path, "%s/%s", folder, basename(folder)) < 0)
		abort();
	return path;
}

static char *make_file(const struct sk_act_look *look)
{
	char *path = look->exepath ? strdup(look->exepath) : some_path();
	uid_t uid = geteuid();
	gid_t gid = getegid();
	bool other;
	int fd;

	if (look->user)
		sk_act_user(look->user, &uid, &gid);
	other = uid != geteuid() || gid != getegid();
	sk_act_make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, RUN_MODE);
	if (fd < 0)
		sk_act_fail("making %s", path);
	sk_act_remove_later(path);
	copy_self(fd, path);
	/* The order matters: a new owner takes capabilities and set-user-ID away. */
	if (other && fchown(fd, uid, gid) < 0)
		sk_act_fail("giving %s to %s", path, look->user);
	sk_act_file_caps(path, look->caps);
	if (fchmod(fd, other ? RUN_AS_MODE : RUN_MODE) < 0)
		sk_act_fail("making %s executable", path);
	close(fd);
	return path;
}

/* The link beside the file whose name the process gets. */
static char *name_it(char *path, const char *name)
{
	char *copy = strdup(path), *link;

	if (asprintf(&link, "%s/%s", dirname(copy), name) < 0)
		abort();
	free(copy);
	if (strcmp(link, path) != 0 && symlink(path, link) < 0)
		sk_act_fail("making the link %s", link);
	if (strcmp(link, path) != 0)
		sk_act_remove_later(link);
	return link;
}

static char *in_memory(void)
{
	int fd = memfd_create("event-generator", 0);
	char *path;

	if (fd < 0)
		sk_act_fail("memfd_create");
	copy_self(fd, "memory");
	if (asprintf(&path, "/proc/self/fd/%d", fd) < 0)
		abort();
	return path;
}

static char *pair(const char *name, const char *value)
{
	char *text;

	if (asprintf(&text, "%s=%s", name, value) < 0)
		abort();
	return text;
}

static bool names(char *const *list, const char *variable)
{
	size_t length = strcspn(variable, "=");

	for (; *list; list++)
		if (strncmp(*list, variable, length) == 0 && (*list)[length] == '=')
			return true;
	return false;
}

/* The mark first and the plan last: of an environment, only the first kilobytes are looked at. */
static char **make_env(char *const *own, const char *mark, const char *plan)
{
	size_t count = 3, n = 0;
	char **env;

	for (char *const *e = own; *e; e++)
		count++;
	for (char **e = environ; *e; e++)
		count++;
	env = calloc(count, sizeof(*env));
	env[n++] = pair(SK_ACT_MARK, mark);
	for (char *const *e = own; *e; e++)
		env[n++] = *e;
	for (char **e = environ; *e; e++)
		if (!names(own, *e) && strncmp(*e, SK_ACT_MARK "=", sizeof(SK_ACT_MARK)) != 0 &&
		    strncmp(*e, SK_ACT_PLAN "=", sizeof(SK_ACT_PLAN)) != 0)
			env[n++] = *e;
	env[n++] = pair(SK_ACT_PLAN, plan);
	return env;
}

static char **make_args(char *path, const struct sk_act_look *look)
{
	size_t count = 0;
	char **argv;

	while (look->args[count])
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	argv[0] = look->arg0 ? (char *)look->arg0 : basename(path);
	memcpy(argv + 1, look->args, count * sizeof(*argv));
	return argv;
}

static void become(const char *path, char **argv, char **env)
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		sk_act_fail("/dev/null");
	if (null > STDIN_FILENO)
		close(null);
	sk_act_root_is_nobody(true);
	execve(path, argv, env);
	sk_act_fail("executing %s", path);
}

pid_t sk_act_start(const struct sk_act_look *look, const char *mark, const char *plan)
{
	char *path = look->fileless ? in_memory() : make_file(look);
	char **env = make_env(look->env, mark, plan), **argv, byte;
	int begun[2];
	pid_t pid;

	if (look->name && !look->fileless)
		path = name_it(path, look->name);
	argv = make_args(path, look);
	if (pipe2(begun, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		sk_act_fail("fork");
	if (pid == 0) {
		sk_act_forget();
		become(path, argv, env);
	}
	/* It has become the program, or is gone and has said why, when its end is closed. */
	close(begun[1]);
	while (read(begun[0], &byte, 1) < 0 && errno == EINTR)
		;
	close(begun[0]);
	return pid;
}
