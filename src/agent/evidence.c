/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of all incidents: names, quota, and the child that reads. */
#include "agent/evidence.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "doc/doc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the file system must have left behind an incident: a full disk stops more than evidence. */
enum { KEEP_FREE_PERCENT = 5, RULE_BYTES = 48 };

struct kept {
	char *name;
	char *container; /* id; "": the host */
	uint64_t bytes;
};

struct sk_evidence {
	int dir;
	char *path;
	uint64_t quota;
	struct sk_hasher *hasher; /* made here: a child of many threads had better not set up OpenSSL */
	pthread_mutex_t lock; /* of all below: usage is asked for from other threads */
	SK_VEC(struct kept) kept; /* oldest first */
	uint64_t bytes;
};

/* ---- folders ---- */

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static DIR *open_dir(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;

	if (fd >= 0 && !entries)
		close(fd);
	return entries;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* An incident's folder has files alone. */
static void remove_incident(int dir, const char *name)
{
	sk_cleanup(closedirp) DIR *entries = open_dir(dir, name);
	struct dirent *e;

	while (entries && (e = readdir(entries)))
		if (!is_dot(e->d_name))
			unlinkat(dirfd(entries), e->d_name, 0);
	unlinkat(dir, name, AT_REMOVEDIR);
}

static uint64_t size_of(int dir, const char *name)
{
	sk_cleanup(closedirp) DIR *entries = open_dir(dir, name);
	uint64_t bytes = 0;
	struct dirent *e;
	struct stat st;

	while (entries && (e = readdir(entries)))
		if (fstatat(dirfd(entries), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_blocks * 512;
	return bytes > SK_MIN_INCIDENT_BYTES ? bytes : SK_MIN_INCIDENT_BYTES;
}

static char *container_of(int dir, const char *name)
{
	sk_autofree char *path = sk_printf("%s/incident.json", name);
	sk_autoclose int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_doc doc = { 0 };
	struct sk_span id = sk_span("", 0);
	char *owned;

	if (fd >= 0 && sk_fd_slurp(fd, SK_MAX_PROC_FILE, &text, NULL) == 0 &&
	    sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&text), 0, NULL) == 0)
		id = sk_node_str(sk_node_path(doc.root, "container", "id", NULL));
	owned = sk_strndup(id.ptr, id.len);
	sk_doc_release(&doc);
	return owned;
}

static void add_kept(struct sk_evidence *e, const char *name, char *container, uint64_t bytes)
{
	pthread_mutex_lock(&e->lock);
	*sk_vec_push(&e->kept) = (struct kept){ sk_strdup(name), container, bytes };
	e->bytes += bytes;
	pthread_mutex_unlock(&e->lock);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct kept *)a)->name, ((const struct kept *)b)->name);
}

/* What is there already; what was not finished goes. Names begin with the time, so their order is that of time. */
static int look_around(struct sk_evidence *e, struct sk_err *err)
{
	sk_cleanup(closedirp) DIR *entries = open_dir(e->dir, ".");
	struct dirent *entry;

	if (!entries)
		return sk_err_errno(err, "%s", e->path);
	while ((entry = readdir(entries))) {
		if (is_dot(entry->d_name))
			continue;
		if (entry->d_name[0] == '.')
			remove_incident(e->dir, entry->d_name);
		else if (isdigit((unsigned char)entry->d_name[0]))
			add_kept(e, entry->d_name, container_of(e->dir, entry->d_name), size_of(e->dir, entry->d_name));
	}
	if (e->kept.len)
		qsort(e->kept.data, e->kept.len, sizeof(e->kept.data[0]), by_name);
	return 0;
}

int sk_evidence_open(const char *state, uint64_t quota, struct sk_evidence **ret_evidence, struct sk_err *err)
{
	struct sk_evidence *e = sk_alloc(sizeof(*e));
	struct stat st;

	pthread_mutex_init(&e->lock, NULL);
	e->path = sk_printf("%s/evidence", state);
	e->quota = quota;
	e->hasher = sk_hasher_new("sha256");
	e->dir = -1;
	if (sk_path_make_dirs(e->path, 0700, err) < 0)
		goto fail;
	e->dir = open(e->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (e->dir < 0 || fstat(e->dir, &st) < 0) {
		sk_err_errno(err, "%s", e->path);
		goto fail;
	}
	if (sk_check_trusted(e->path, &st, err) < 0 || look_around(e, err) < 0)
		goto fail;
	*ret_evidence = e;
	return 0;
fail:
	sk_evidence_close(e);
	return -err->code;
}

void sk_evidence_close(struct sk_evidence *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->kept.len; i++) {
		free(e->kept.data[i].name);
		free(e->kept.data[i].container);
	}
	sk_vec_release(&e->kept);
	sk_closep(&e->dir);
	sk_hasher_free(e->hasher);
	pthread_mutex_destroy(&e->lock);
	free(e->path);
	free(e);
}

void sk_evidence_usage(struct sk_evidence *e, uint64_t *ret_bytes, size_t *ret_count)
{
	pthread_mutex_lock(&e->lock);
	*ret_bytes = e->bytes;
	*ret_count = e->kept.len;
	pthread_mutex_unlock(&e->lock);
}

/* ---- quota ---- */

static uint64_t held_by(const struct sk_evidence *e, const char *container)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < e->kept.len; i++)
		if (strcmp(e->kept.data[i].container, container) == 0)
			bytes += e->kept.data[i].bytes;
	return bytes;
}

/* Of the container that has most, the oldest incident. */
static size_t to_go(const struct sk_evidence *e)
{
	uint64_t most = 0;
	size_t which = 0;

	for (size_t i = 0; i < e->kept.len; i++) {
		uint64_t bytes = held_by(e, e->kept.data[i].container);

		if (bytes <= most)
			continue;
		most = bytes;
		which = i;
	}
	return which;
}

static void drop(struct sk_evidence *e, size_t i)
{
	struct kept k = e->kept.data[i];

	remove_incident(e->dir, k.name);
	pthread_mutex_lock(&e->lock);
	memmove(&e->kept.data[i], &e->kept.data[i + 1], (--e->kept.len - i) * sizeof(k));
	e->bytes -= k.bytes;
	pthread_mutex_unlock(&e->lock);
	free(k.name);
	free(k.container);
}

/* Before it is written, so that the quota is never exceeded; the largest that it can become. */
static int make_room(struct sk_evidence *e, uint64_t largest, struct sk_err *err)
{
	struct statvfs fs;

	if (largest > e->quota)
		return sk_err_set(err, SK_ELIMIT, "one incident may take %" PRIu64 " bytes, more than the quota", largest);
	while (e->kept.len && e->bytes + largest > e->quota)
		drop(e, to_go(e));
	if (fstatvfs(e->dir, &fs) < 0)
		return sk_err_errno(err, "%s", e->path);
	if ((uint64_t)fs.f_bavail * fs.f_frsize < largest + (uint64_t)fs.f_blocks * fs.f_frsize / 100 * KEEP_FREE_PERCENT)
		return sk_err_set(err, SK_ELIMIT, "%s: the disk is nearly full", e->path);
	return 0;
}

/* ---- one incident ---- */

int sk_evidence_create(int folder, const char *name)
{
	return openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* The rule's name as part of a file's: "Drop and execute" is "drop-and-execute". */
static void put_slug(struct sk_buf *out, struct sk_span rule)
{
	size_t start = out->len;

	for (size_t i = 0; i < rule.len && out->len - start < RULE_BYTES; i++) {
		unsigned char c = (unsigned char)rule.ptr[i];

		if (c < 128 && isalnum(c))
			sk_buf_putc(out, (char)tolower(c));
		else if (out->len > start && out->data[out->len - 1] != '-')
			sk_buf_putc(out, '-');
	}
	while (out->len > start && out->data[out->len - 1] == '-')
		out->data[--out->len] = '\0';
	if (out->len == start)
		sk_buf_puts(out, "rule");
}

static void put_name(struct sk_buf *out, const struct sk_incident *i)
{
	time_t seconds = (time_t)(i->time / 1000000000);
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	sk_buf_printf(out, "%04d%02d%02dT%02d%02d%02d.%06" PRId64 "Z-", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		      tm.tm_hour, tm.tm_min, tm.tm_sec, i->time % 1000000000 / 1000);
	put_slug(out, i->rule);
	sk_buf_printf(out, "-%d", i->pid);
}

static int write_file(int dir, const char *name, struct sk_span bytes, struct sk_err *err)
{
	sk_autoclose int fd = sk_evidence_create(dir, name);

	if (fd < 0 || sk_write_full(fd, bytes.ptr, bytes.len) < 0 || fsync(fd) < 0)
		return sk_err_errno(err, "%s", name);
	return 0;
}

/* ---- children: whoever reads what a hostile process offers must be able to be given up ---- */

struct child {
	pid_t pid;
	int pidfd;
	bool whole; /* it ended in time, and nothing is missing */
};

static bool start_child(struct sk_evidence *e, int folder, const struct sk_incident *incident, bool binary,
			struct child *ret)
{
	*ret = (struct child){ .pid = fork(), .pidfd = -1 };
	if (ret->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit((binary ? sk_evidence_collect_binary(folder, incident, e->hasher) :
				sk_evidence_collect(folder, incident)) ? 0 : 1);
	}
	if (ret->pid > 0)
		ret->pidfd = (int)syscall(SYS_pidfd_open, ret->pid, 0);
	return ret->pid > 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* Until it ends, or else ends it. False: it took too long. */
static bool await_child(struct child *c, int64_t end)
{
	int status = 0, r = 0;

	do {
		int64_t left = end - now_ms();

		r = left <= 0 ? 0 : poll(&(struct pollfd){ .fd = c->pidfd, .events = POLLIN }, 1, (int)left);
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	sk_closep(&c->pidfd);
	c->whole = r > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return r > 0;
}

/* The program by one, all else by another: either can be made to block. */
static int run_children(struct sk_evidence *e, int folder, const struct sk_incident *incident, struct sk_err *err)
{
	int64_t end = now_ms() + incident->timeout * 1000;
	struct child binary, others;
	bool in_time = true, started;

	started = start_child(e, folder, incident, true, &binary);
	if (!started || !start_child(e, folder, incident, false, &others)) {
		sk_err_errno(err, "fork");
		if (started)
			await_child(&binary, end);
		return -err->code;
	}
	in_time = await_child(&others, end);
	in_time = await_child(&binary, end) && in_time;
	if (!in_time)
		return sk_err_set(err, SK_ETIMEOUT, "it took longer than %" PRId64 " s: the %s not complete", incident->timeout,
				  binary.whole ? "rest is" : others.whole ? "program is" : "program and the rest are");
	if (!binary.whole || !others.whole)
		return sk_err_set(err, SK_ECRASH, "the %s not complete",
				  binary.whole ? "rest is" : others.whole ? "program is" : "program and the rest are");
	return 0;
}

static int fill(struct sk_evidence *e, int folder, const struct sk_incident *incident, struct sk_err *err)
{
	if (write_file(folder, "alert.json", incident->alert, err) < 0 ||
	    write_file(folder, "incident.json", incident->facts, err) < 0)
		return -err->code;
	return incident->pidfd >= 0 ? run_children(e, folder, incident, err) : 0;
}

/* A name that is not there yet: one process may raise the same alert twice within a microsecond. */
static int publish(struct sk_evidence *e, const char *part, struct sk_buf *name, struct sk_err *err)
{
	size_t len = name->len;

	for (int i = 2; i < 100; i++) {
		if (renameat2(e->dir, part, e->dir, sk_buf_str(name), RENAME_NOREPLACE) == 0) {
			fsync(e->dir);
			return 0;
		}
		if (errno != EEXIST)
			break;
		name->len = len;
		sk_buf_printf(name, "-%d", i);
	}
	return sk_err_errno(err, "%s/%s", e->path, sk_buf_str(name));
}

int sk_evidence_take(struct sk_evidence *e, const struct sk_incident *incident, struct sk_buf *ret_folder,
		     struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 };
	sk_autofree char *part = NULL;
	sk_autoclose int folder = -1;
	struct sk_err inner = SK_ERR_INIT;

	if (make_room(e, incident->file_size + SK_EVIDENCE_TEXTS * (uint64_t)SK_MAX_EVIDENCE_TEXT, err) < 0)
		return -err->code;
	put_name(&name, incident);
	part = sk_printf(".%s", sk_buf_str(&name));
	if (mkdirat(e->dir, part, 0700) < 0)
		return sk_err_errno(err, "%s/%s", e->path, part);
	folder = openat(e->dir, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return sk_err_errno(err, "%s/%s", e->path, part);
	fill(e, folder, incident, &inner);
	fsync(folder);
	if (publish(e, part, &name, err) < 0) {
		remove_incident(e->dir, part);
		return -err->code;
	}
	add_kept(e, sk_buf_str(&name), sk_strndup(incident->container.ptr, incident->container.len),
		 size_of(e->dir, sk_buf_str(&name)));
	sk_buf_printf(ret_folder, "%s/%s", e->path, sk_buf_str(&name));
	return inner.code ? sk_err_set(err, inner.code, "%s", inner.text) : 0;
}
