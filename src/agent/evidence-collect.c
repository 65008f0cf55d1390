/* SPDX-License-Identifier: Apache-2.0 */
/* What a child reads of a process that is suspected, from /proc (proc(5)). */
#include "agent/evidence.h"

#include "agent/suspect.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "doc/json-write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 16, FIELD_BYTES = 4096 };

/* As much as fits; false when it cannot be read. */
static bool read_some(int dir, const char *name, size_t max, struct sk_buf *out)
{
	sk_autoclose int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	sk_buf_reset(out);
	if (fd < 0)
		return false;
	n = sk_read_full(fd, sk_buf_reserve(out, max), max);
	if (n < 0)
		return false;
	out->len = (size_t)n;
	out->data[n] = '\0';
	return true;
}

static bool write_all(int folder, const char *name, struct sk_span bytes)
{
	sk_autoclose int fd = sk_evidence_create(folder, name);

	return fd >= 0 && sk_write_full(fd, bytes.ptr, bytes.len) == 0 && fsync(fd) == 0;
}

static bool keep_file(int proc, const char *name, int folder)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	return read_some(proc, name, SK_MAX_EVIDENCE_TEXT, &text) && write_all(folder, name, sk_buf_view(&text));
}

/* ---- the program ---- */

struct binary {
	uint64_t size;
	bool copied, hashed;
	const char *why; /* it was not */
	char digest[SK_DIGEST_TEXT];
};

static void take_bytes(int from, int to, struct sk_hasher *hasher, struct binary *b)
{
	sk_autofree char *bytes = sk_alloc(COPY_BYTES);
	uint64_t done = 0;
	ssize_t n;

	while ((n = read(from, bytes, COPY_BYTES)) > 0 && done <= SK_MAX_EVIDENCE_HASHED) {
		sk_hasher_add(hasher, bytes, (size_t)n);
		done += (size_t)n;
		/* It can grow while it is read. */
		if (to >= 0 && (done > b->size || sk_write_full(to, bytes, (size_t)n) < 0)) {
			b->why = done > b->size ? "it grew" : strerror(errno);
			to = -1;
		}
	}
	b->hashed = n == 0;
	b->copied = b->hashed && to >= 0 && fsync(to) == 0;
	if (n < 0)
		b->why = strerror(errno);
	if (b->hashed)
		sk_hasher_text(hasher, b->digest);
}

static bool take_binary(int proc, int folder, const struct sk_incident *incident, struct sk_hasher *hasher)
{
	sk_autoclose int from = openat(proc, "exe", O_RDONLY | O_CLOEXEC | O_NONBLOCK), to = -1;
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	struct sk_json_writer w = { .buf = &out, .indent = 2 };
	struct binary b = { 0 };
	char path[SK_MAX_PATH];
	ssize_t n = readlinkat(proc, "exe", path, sizeof(path));
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0) {
		b.why = strerror(errno);
	} else {
		b.size = (uint64_t)st.st_size;
		if (b.size <= incident->file_size)
			to = sk_evidence_create(folder, "binary");
		else
			b.why = "it is larger than file-size";
		take_bytes(from, to, hasher, &b);
	}
	sk_json_object(&w);
	sk_json_key(&w, "path");
	sk_json_span(&w, sk_span(path, n > 0 ? (size_t)n : 0));
	sk_json_put_int(&w, "size", (int64_t)b.size);
	sk_json_put_opt(&w, "digest", b.hashed ? b.digest : NULL);
	sk_json_put_bool(&w, "copied", b.copied);
	sk_json_put_opt(&w, "reason", b.why);
	sk_json_end(&w);
	return write_all(folder, "binary.json", sk_buf_view(&out)) && b.hashed;
}

/* ---- processes ---- */

static void put_link(struct sk_json_writer *w, int proc, const char *name, const char *key)
{
	char text[SK_MAX_PATH];
	ssize_t n = readlinkat(proc, name, text, sizeof(text));

	if (n <= 0)
		return;
	sk_json_key(w, key);
	sk_json_span(w, sk_span(text, (size_t)n));
}

/* Those lines of "status" that say who it is; the number that it has in its own namespace comes last. */
static void put_status(struct sk_json_writer *w, int proc)
{
	static const char *const names[] = { "Name", "State", "PPid", "NSpid", "Uid", "Gid", "Groups", "CapInh", "CapPrm",
					     "CapEff", "CapBnd", "NoNewPrivs", "Seccomp", "TracerPid" };
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line, name;

	if (!read_some(proc, "status", FIELD_BYTES, &text))
		return;
	rest = sk_buf_view(&text);
	sk_json_key(w, "status");
	sk_json_object(w);
	while (sk_span_line(&rest, &line)) {
		if (!sk_span_split(&line, ':', &name))
			continue;
		for (size_t i = 0; i < SK_COUNT(names); i++)
			if (sk_span_is(name, names[i])) {
				sk_json_key(w, names[i]);
				sk_json_span(w, sk_span_trim(line));
			}
	}
	sk_json_end(w);
}

static void put_strings(struct sk_json_writer *w, int proc, const char *file, const char *key, bool names_alone)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, one;

	if (!read_some(proc, file, SK_MAX_PROCESS_TEXT, &text))
		return;
	rest = sk_buf_view(&text);
	sk_json_key(w, key);
	sk_json_array(w);
	for (; rest.len; rest = sk_span_from(rest, one.len + 1)) {
		/* Values of the environment are where secrets are. */
		ptrdiff_t equals;

		one = sk_span(rest.ptr, strnlen(rest.ptr, rest.len));
		equals = names_alone ? sk_span_chr(one, '=') : -1;
		sk_json_span(w, equals >= 0 ? sk_span_sub(one, 0, (size_t)equals) : one);
	}
	sk_json_end(w);
}

static void put_namespaces(struct sk_json_writer *w, int proc)
{
	static const char *const names[] = { "mnt", "pid", "net", "user", "ipc", "uts", "cgroup", "time" };

	sk_json_key(w, "namespaces");
	sk_json_object(w);
	for (size_t i = 0; i < SK_COUNT(names); i++) {
		char path[16];

		snprintf(path, sizeof(path), "ns/%s", names[i]);
		put_link(w, proc, path, names[i]);
	}
	sk_json_end(w);
}

static void put_process(struct sk_buf *out, const struct sk_suspect_stat *stat, const char *relation)
{
	struct sk_json_writer w = { .buf = out };
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", stat->pid);
	sk_autoclose int proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return;
	sk_json_object(&w);
	sk_json_put_int(&w, "pid", stat->pid);
	sk_json_put_int(&w, "parent", stat->parent);
	sk_json_put_str(&w, "relation", relation);
	sk_json_put_int(&w, "startTicks", (int64_t)stat->ticks);
	put_status(&w, proc);
	put_link(&w, proc, "exe", "exe");
	put_link(&w, proc, "cwd", "cwd");
	put_link(&w, proc, "root", "root");
	put_namespaces(&w, proc);
	put_strings(&w, proc, "cmdline", "args", false);
	put_strings(&w, proc, "environ", "environment", true);
	sk_json_end(&w);
	sk_buf_putc(out, '\n');
}

struct processes {
	SK_VEC(struct sk_suspect_stat) all;
	const struct sk_incident *incident;
	struct sk_buf cgroups; /* of the suspect */
};

static int by_pid(const void *a, const void *b)
{
	return ((const struct sk_suspect_stat *)a)->pid - ((const struct sk_suspect_stat *)b)->pid;
}

static const struct sk_suspect_stat *find(const struct processes *p, int32_t pid)
{
	struct sk_suspect_stat key = { .pid = pid };

	return p->all.len ? bsearch(&key, p->all.data, p->all.len, sizeof(key), by_pid) : NULL;
}

static bool is_below(const struct processes *p, int32_t pid, int32_t ancestor)
{
	for (int depth = 0; pid > 0 && depth < 64; depth++) {
		const struct sk_suspect_stat *stat = find(p, pid);

		if (!stat)
			return false;
		if (stat->parent == ancestor)
			return true;
		pid = stat->parent;
	}
	return false;
}

static const char *relation_of(const struct processes *p, const struct sk_suspect_stat *stat)
{
	sk_cleanup(sk_buf_release) struct sk_buf cgroups = { 0 };

	if (stat->pid == p->incident->pid)
		return "self";
	if (is_below(p, p->incident->pid, stat->pid))
		return "above";
	if (is_below(p, stat->pid, p->incident->pid))
		return "below";
	if (!p->incident->container.len)
		return NULL;
	sk_suspect_cgroups(stat->pid, &cgroups);
	if (sk_span_find(sk_buf_view(&cgroups), p->incident->container) >= 0)
		return "container";
	return NULL;
}

/* The suspect first; each as it is read, so that one that cannot be read costs only those behind it. */
static bool take_processes(int folder, const struct sk_incident *incident)
{
	static const char *const order[] = { "self", "above", "below", "container" };
	sk_autoclose int fd = sk_evidence_create(folder, "processes.jsonl");
	struct processes p = { .incident = incident };
	DIR *proc = opendir("/proc");
	size_t count = 0, bytes = 0;
	struct dirent *e;
	uint64_t pid;

	while (proc && (e = readdir(proc)))
		if (sk_span_u64(sk_span_str(e->d_name), &pid) && !sk_suspect_stat((int32_t)pid, sk_vec_push(&p.all)))
			p.all.len--;
	if (p.all.len)
		qsort(p.all.data, p.all.len, sizeof(p.all.data[0]), by_pid);
	for (size_t turn = 0; turn < SK_COUNT(order); turn++)
		for (size_t i = 0; i < p.all.len && count < SK_MAX_EVIDENCE_PROCESSES; i++) {
			const char *relation = relation_of(&p, &p.all.data[i]);
			sk_cleanup(sk_buf_release) struct sk_buf line = { 0 };

			if (!relation || strcmp(relation, order[turn]) != 0)
				continue;
			put_process(&line, &p.all.data[i], relation);
			if (bytes + line.len > SK_MAX_EVIDENCE_TEXT || sk_write_full(fd, line.data, line.len) < 0)
				break;
			bytes += line.len;
			count++;
		}
	if (proc)
		closedir(proc);
	sk_vec_release(&p.all);
	return fd >= 0 && count > 0 && fsync(fd) == 0;
}

static bool take_files(int proc, int folder)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	sk_evidence_files(proc, &out);
	return write_all(folder, "files.json", sk_buf_view(&out));
}

/* Its folder of /proc, while it lives: then the number is its own, and the open folder stays so. -1: it has ended. */
static int open_proc(const struct sk_incident *incident)
{
	char path[32];
	int proc;

	snprintf(path, sizeof(path), "/proc/%d", incident->pid);
	proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc >= 0 && syscall(SYS_pidfd_send_signal, incident->pidfd, 0, NULL, 0) < 0)
		sk_closep(&proc);
	return proc;
}

bool sk_evidence_collect_binary(int folder, const struct sk_incident *incident, struct sk_hasher *hasher)
{
	sk_autoclose int proc = open_proc(incident);

	return proc >= 0 && take_binary(proc, folder, incident, hasher);
}

/* What cannot be made to block comes first. */
bool sk_evidence_collect(int folder, const struct sk_incident *incident)
{
	sk_autoclose int proc = open_proc(incident);
	bool whole;

	if (proc < 0)
		return false;
	whole = keep_file(proc, "status", folder);
	whole &= keep_file(proc, "cgroup", folder);
	whole &= keep_file(proc, "mountinfo", folder);
	whole &= take_files(proc, folder);
	whole &= keep_file(proc, "maps", folder);
	return take_processes(folder, incident) && whole;
}
