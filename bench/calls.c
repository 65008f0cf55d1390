/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures system calls that others slow down by watching: bench-calls FILE
 * [PROGRAM] prints "getppid N read N write N exec N", each the median
 * nanoseconds of short rounds, so that other load on the machine counts little.
 */
#include <fcntl.h>
#include <stdio.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 301, CALLS = 1000 };

static const char *path, *program;

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void open_close(int flags)
{
	int fd = open(path, flags, 0600);

	if (fd < 0 || close(fd) < 0) {
		perror(path);
		exit(1);
	}
}

static void call_read(void) { open_close(O_RDONLY | O_CLOEXEC); }
static void call_write(void) { open_close(O_WRONLY | O_CLOEXEC); }

static void call_exec(void)
{
	char *const argv[] = { (char *)program, NULL }, *const env[] = { NULL };
	int status;
	pid_t pid;

	if (posix_spawn(&pid, program, NULL, NULL, argv, env) || waitpid(pid, &status, 0) < 0 || status) {
		perror(program);
		exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, void (*call)(void), int calls)
{
	double took[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct timespec from, to;

		clock_gettime(CLOCK_MONOTONIC, &from);
		for (int j = 0; j < calls; j++)
			call();
		clock_gettime(CLOCK_MONOTONIC, &to);
		took[i] = ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / calls;
	}
	qsort(took, ROUNDS, sizeof(took[0]), by_value);
	printf("%s %.1f ", name, took[ROUNDS / 2]);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	path = argv[1];
	program = argv[2];
	measure("getppid", call_getppid, CALLS);
	measure("read", call_read, CALLS);
	measure("write", call_write, CALLS);
	if (program)
		measure("exec", call_exec, 1);
	putchar('\n');
	return 0;
}
