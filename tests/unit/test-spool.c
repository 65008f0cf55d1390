/* SPDX-License-Identifier: Apache-2.0 */
/* The queue on disk: order, bounds, and what is left of it after it was cut or damaged anywhere. */
#include "tap.h"

#include "agent/spool-internal.h"
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/sk-spool-XXXXXX";

static void empty_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

static struct sk_spool *open_spool(uint64_t max, bool oldest)
{
	struct sk_err err = SK_ERR_INIT;
	struct sk_spool *spool = NULL;

	if (sk_spool_open(folder, max, oldest, &spool, &err) < 0)
		printf("# %s\n", err.text);
	return spool;
}

/* Appends "record N" for N in [from, to), one by one; how many were lost. */
static size_t append(struct sk_spool *s, unsigned from, unsigned to, size_t pad)
{
	size_t lost = 0;

	for (unsigned i = from; i < to; i++) {
		sk_autofree char *text = sk_printf("record %u %0*d", i, (int)pad, 0);
		struct sk_span span = sk_span_str(text);
		struct sk_err err = SK_ERR_INIT;
		size_t kept, l;

		if (sk_spool_append(s, &span, 1, &kept, &l, &err) < 0)
			printf("# %s\n", err.text);
		lost += l;
	}
	return lost;
}

/* Reads all and says that it is done; true if the records are those from `from` on, one after the other. */
static bool drain(struct sk_spool *s, unsigned from, unsigned *ret_count, size_t *ret_damaged)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span records[16];
	bool good = true;
	size_t n;

	*ret_count = 0;
	*ret_damaged = 0;
	while ((n = sk_spool_read(s, &buf, records, 16, 4096, ret_damaged)) > 0) {
		for (size_t i = 0; i < n; i++) {
			unsigned number = 0;

			good &= sscanf(records[i].ptr, "record %u", &number) == 1 && number >= from;
			good &= *ret_damaged || number == from + *ret_count;
			++*ret_count;
		}
		good &= sk_spool_done(s, n, NULL) == 0;
	}
	return good;
}

static void test_order(void)
{
	struct sk_spool *s;
	unsigned count;
	size_t damaged;

	empty_folder();
	s = open_spool(1 << 20, false);
	append(s, 0, 100, 10);
	ok(sk_spool_sync(s, NULL) == 0 && sk_spool_count(s) == 100, "a hundred records wait");
	sk_spool_close(s);
	s = open_spool(1 << 20, false);
	append(s, 100, 150, 10);
	ok(drain(s, 0, &count, &damaged) && count == 150 && !damaged, "in order, over a restart");
	is_int(sk_spool_count(s), 0);
	append(s, 150, 160, 10);
	sk_spool_close(s);
	s = open_spool(1 << 20, false);
	ok(drain(s, 150, &count, &damaged) && count == 10, "what was done does not come again");
	sk_spool_close(s);
	s = open_spool(1 << 20, false);
	ok(sk_spool_count(s) == 0 && sk_spool_bytes(s) == 0, "and takes no room");
	sk_spool_close(s);
}

static void test_peek(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span records[8];
	struct sk_spool *s;
	size_t damaged = 0, n;

	empty_folder();
	s = open_spool(1 << 20, false);
	append(s, 0, 20, 0);
	n = sk_spool_read(s, &buf, records, 8, 1 << 20, &damaged);
	ok(n == 8 && sk_span_starts(records[0], "record 0 "), "the first eight");
	n = sk_spool_read(s, &buf, records, 8, 1 << 20, &damaged);
	ok(n == 8 && sk_span_starts(records[0], "record 0 "), "the same ones until they are done");
	sk_spool_done(s, 3, NULL);
	sk_spool_done(s, 2, NULL);
	n = sk_spool_read(s, &buf, records, 8, 1 << 20, &damaged);
	ok(n == 8 && sk_span_starts(records[0], "record 5 "), "then those behind");
	n = sk_spool_read(s, &buf, records, 8, 1, &damaged);
	ok(n == 1, "one at least, however few bytes are wanted");
	ok(!open_spool(1 << 20, false), "it is not opened twice");
	sk_spool_close(s);
}

static void test_full(void)
{
	struct sk_spool *s;
	unsigned count;
	size_t damaged, lost;

	empty_folder();
	s = open_spool(1 << 18, false);
	lost = append(s, 0, 1000, 1000);
	ok(lost > 700 && lost < 760 && sk_spool_bytes(s) <= 1 << 18, "the newest are lost once it is full: %zu", lost);
	ok(drain(s, 0, &count, &damaged) && count + lost == 1000, "the others are told");
	ok(append(s, 0, 100, 1000) == 0, "then there is room again");
	sk_spool_close(s);

	empty_folder();
	s = open_spool(1 << 18, true);
	lost = append(s, 0, 1000, 1000);
	ok(lost > 700 && sk_spool_bytes(s) <= 1 << 18, "or the oldest: %zu", lost);
	ok(drain(s, (unsigned)lost, &count, &damaged) && count + lost == 1000 && !damaged, "and the others are told");
	sk_spool_close(s);
}

static void test_dropped_while_read(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };
	struct sk_span records[8];
	struct sk_spool *s;
	size_t damaged = 0, lost, n;
	unsigned count;

	empty_folder();
	s = open_spool(1 << 18, true);
	append(s, 0, 100, 1000);
	n = sk_spool_read(s, &buf, records, 8, 1 << 20, &damaged);
	lost = append(s, 100, 1000, 1000);
	ok(sk_spool_done(s, n, NULL) == 0 && drain(s, (unsigned)lost, &count, &damaged) && count + lost == 1000,
	   "what is dropped while it is sent does not confuse");
	sk_spool_close(s);
}

static char *last_segment(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char *best = NULL;

	while (dir && (entry = readdir(dir)))
		if (strstr(entry->d_name, ".log") && (!best || strcmp(entry->d_name, strrchr(best, '/') + 1) > 0)) {
			free(best);
			best = sk_printf("%s/%s", folder, entry->d_name);
		}
	if (dir)
		closedir(dir);
	return best;
}

static void put_file(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || sk_write_full(fd, bytes, len) < 0)
		exit(1);
	close(fd);
}

/* Whatever a crash leaves of the last segment: the whole records in front of the cut, and what comes after. */
static void test_cuts(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf whole = { 0 };
	sk_autofree char *path = NULL;
	size_t record, damaged, bad = 0;
	struct sk_spool *s;
	unsigned count;

	empty_folder();
	s = open_spool(1 << 20, false);
	append(s, 0, 5, 0);
	sk_spool_close(s);
	path = last_segment();
	sk_path_slurp(path, 1 << 20, &whole, NULL);
	record = whole.len / 5;
	for (size_t cut = 0; cut <= whole.len; cut++) {
		unsigned left = (unsigned)(cut / record);

		empty_folder();
		put_file(path, whole.data, cut);
		s = open_spool(1 << 20, false);
		append(s, left, left + 3, 0);
		bad += !drain(s, 0, &count, &damaged) || count != left + 3 || damaged;
		sk_spool_close(s);
	}
	ok(bad == 0, "cut at each of %zu bytes: the whole records, then the new ones", whole.len);
}

/* A crash while a segment was begun, and older ones wait. */
static void test_begun(void)
{
	struct sk_spool *s;
	unsigned count;
	size_t damaged;

	empty_folder();
	s = open_spool(1 << 20, false);
	append(s, 0, 5, 0);
	sk_spool_close(s);
	for (int i = 0; i < 2; i++) {
		sk_autofree char *path = sk_printf("%s/0000000000000006.log", folder);

		put_file(path, "half", i ? 4 : 0);
		s = open_spool(1 << 20, false);
		if (i)
			append(s, 5, 8, 0);
		sk_spool_close(s);
	}
	s = open_spool(1 << 20, false);
	ok(drain(s, 0, &count, &damaged) && count == 8 && !damaged, "a segment that was only begun is in nobody's way");
	sk_spool_close(s);
}

/* One damaged byte costs one record, wherever it is, and the loss is counted. */
static void test_damage(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf whole = { 0 };
	sk_autofree char *path = NULL;
	size_t record, damaged, bad = 0;
	struct sk_spool *s;
	unsigned count;

	empty_folder();
	s = open_spool(1 << 20, false);
	append(s, 0, 5, 0);
	sk_spool_close(s);
	path = last_segment();
	sk_path_slurp(path, 1 << 20, &whole, NULL);
	record = whole.len / 5;
	for (size_t at = 0; at < whole.len; at++) {
		bool last = at / record == 4;

		empty_folder();
		whole.data[at] ^= 0x41;
		put_file(path, whole.data, whole.len);
		whole.data[at] ^= 0x41;
		s = open_spool(1 << 20, false);
		append(s, 5, 8, 0);
		/* Of the last one nobody can know that it was there. */
		bad += !drain(s, 0, &count, &damaged) && !last;
		bad += count != 7 || damaged != !last;
		sk_spool_close(s);
	}
	ok(bad == 0, "a damaged byte anywhere costs one record");
}

/* The file that says what comes next is lost or damaged: twice is better than never. */
static void test_next(void)
{
	sk_autofree char *next = sk_printf("%s/next", folder);
	struct sk_spool *s;
	unsigned count;
	size_t damaged;

	empty_folder();
	s = open_spool(1 << 20, false);
	append(s, 0, 5, 0);
	sk_spool_close(s);
	put_file(next, "garbage garbage garbage garbage garbage", 39);
	s = open_spool(1 << 20, false);
	ok(drain(s, 0, &count, &damaged) && count == 5, "without a valid 'next' all is told");
	sk_spool_close(s);
}

/* A process is killed again and again while it appends and reads: nothing that it had said to be there is missing. */
static void test_kill(void)
{
	unsigned told = 0, count, seen = 0;
	size_t damaged;
	struct sk_spool *s;
	bool good = true;

	empty_folder();
	for (int round = 0; round < 8; round++) {
		int pipes[2], status;
		unsigned number;
		pid_t pid;

		if (pipe(pipes) < 0)
			exit(1);
		pid = fork();
		if (pid == 0) {
			s = open_spool(64 << 20, false);
			for (number = told;; number++) {
				append(s, number, number + 1, 50);
				if (write(pipes[1], &number, sizeof(number)) < 0)
					_exit(1);
			}
		}
		close(pipes[1]);
		for (int i = 0; i < 100 + 37 * round; i++)
			good &= read(pipes[0], &number, sizeof(number)) == sizeof(number);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		while (read(pipes[0], &number, sizeof(number)) == sizeof(number))
			;
		close(pipes[0]);
		told = number + 1;
		s = open_spool(64 << 20, false);
		/* One may have been written and not yet been said. */
		if (sk_spool_count(s) == told - seen + 1)
			told++;
		good &= sk_spool_count(s) == told - seen;
		if (round % 3 == 2) {
			good &= drain(s, seen, &count, &damaged) && count == told - seen && !damaged;
			seen = told;
		}
		sk_spool_close(s);
	}
	ok(good, "killed eight times: %u records, each once and in order", told);
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	test_order();
	test_peek();
	test_full();
	test_dropped_while_read();
	test_cuts();
	test_begun();
	test_damage();
	test_next();
	test_kill();
	empty_folder();
	rmdir(folder);
	return tap_done();
}
