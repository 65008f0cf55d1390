/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fanotify: the kernel holds a program before it starts and asks. What the
 * answer found out goes into the kernel's map of verified files first, so that
 * the programs there agree, and hold on to it when nobody answers any more.
 */
#include "guard/gate-internal.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* Two ticks of the slowest clock that stamps files (CONFIG_HZ=100). */
#define FRESH_NS 20000000

/* Opens too: libraries and scripts that were only touched are verified when they are opened. */
#define ASKED (FAN_OPEN_EXEC_PERM | FAN_OPEN_PERM)
#define FAN_MARK_IGNORED_FILE (FAN_MARK_ADD | FAN_MARK_IGNORED_MASK)
#ifndef FAN_MARK_EVICTABLE
#define FAN_MARK_EVICTABLE 0x00000200
#endif

/* A file stamped within this tick may change once more under the same stamp. True: that was waited for. */
static bool outwait_stamp(const struct sk_gate_look *look)
{
	struct timespec now;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - look->ctime;
	if (age < 0 || age >= FRESH_NS)
		return false;
	nanosleep(&(struct timespec){ .tv_nsec = FRESH_NS }, NULL);
	return true;
}

static bool hash(int fd, uint64_t size, uint8_t ret[32])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	sk_autofree char *bytes = sk_alloc(1 << 16);
	uint64_t done = 0;
	ssize_t n = -1;

	if (md && EVP_DigestInit_ex(md, EVP_sha256(), NULL)) {
		while ((n = pread(fd, bytes, 1 << 16, (off_t)done)) > 0 && done <= size) {
			EVP_DigestUpdate(md, bytes, (size_t)n);
			done += (uint64_t)n;
		}
		EVP_DigestFinal_ex(md, ret, NULL);
	}
	EVP_MD_CTX_free(md);
	return n == 0 && done == size;
}

static void put_hex(const uint8_t *bytes, char ret[65])
{
	for (int i = 0; i < 32; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

/* For the report of a file that is not the image's. */
static void put_digest(int fd, const struct sk_gate_look *look, char ret[65])
{
	uint8_t digest[32];

	if (!ret[0] && look->size <= SK_MAX_GATE_REPORTED && hash(fd, look->size, digest))
		put_hex(digest, ret);
}

bool sk_gate_is_image(struct sk_gate *g, const struct sk_gate_member *m, int fd, struct sk_gate_look *look,
		      char ret_digest[65])
{
	const struct sk_gate_truth *truth = &g->options.truth;
	uint8_t digest[32], again[32];
	char path[4096] = "";
	struct sk_span name;

	ret_digest[0] = '\0';
	if (look->layer == 0 && look->device == m->device)
		return true;
	if (sk_gate_kernel_knows(&g->kernel, look, m->key) || sk_gate_kernel_knows(&g->kernel, look, 0))
		return true;
	if (look->writers || !m->image_id || !truth->has_size || look->size > SK_MAX_GATE_FILE ||
	    !truth->has_size(truth->context, m->image_id, look->size) || !hash(fd, look->size, digest))
		return false;
	put_hex(digest, ret_digest);
	if (!truth->has_digest(truth->context, m->image_id, digest, path, sizeof(path)))
		return false;
	/* It is, now; and so it was when its stamp was too old for another change under it. */
	if (outwait_stamp(look) && (!hash(fd, look->size, again) || memcmp(digest, again, sizeof(digest)) != 0))
		return false;
	name = sk_span_basename(sk_span_str(path));
	memset(look->name, 0, sizeof(look->name));
	memcpy(look->name, name.ptr, name.len < sizeof(look->name) - 1 ? name.len : sizeof(look->name) - 1);
	look->container = m->key;
	look->fd = fd;
	return sk_gate_kernel_verify(&g->kernel, look) == 0;
}

/* ---- marks ---- */

/*
 * Whether a whole file system may be marked: one that lies in memory or in
 * layers, and that the host does not use, whose programs are not asked about.
 */
static bool is_private(const char *type, unsigned major_number, unsigned minor_number)
{
	FILE *file = fopen("/proc/1/mountinfo", "re");
	char line[8192];
	unsigned a, b;
	bool hosts;

	if (!file)
		file = fopen("/proc/self/mountinfo", "re");
	hosts = !file || (strcmp(type, "overlay") != 0 && strcmp(type, "tmpfs") != 0);
	while (!hosts && fgets(line, sizeof(line), file))
		hosts = sscanf(line, "%*u %*u %u:%u", &a, &b) == 2 && a == major_number && b == minor_number;
	if (file)
		fclose(file);
	return !hosts;
}

/* "\040" is a blank. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		unsigned code;

		if (*from == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
			*to = (char)code;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static bool can_run(const char *type)
{
	static const char *const never[] = { "proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "bpf", "tracefs",
					     "debugfs", "securityfs", "fusectl", "configfs" };

	for (size_t i = 0; i < SK_COUNT(never); i++)
		if (strcmp(type, never[i]) == 0)
			return false;
	return true;
}

static void mark_line(struct sk_gate *g, int32_t pid, char *line)
{
	unsigned a, b;
	char point[4096], type[64];
	const char *behind = strstr(line, " - ");
	sk_autofree char *path = NULL;
	unsigned kind;

	if (!behind || sscanf(line, "%*u %*u %u:%u %*s %4095s", &a, &b, point) != 3 ||
	    sscanf(behind, " - %63s", type) != 1 || !can_run(type))
		return;
	unescape(point);
	path = sk_printf("/proc/%d/root%s", pid, point);
	/* The container's root is also among the engine's mounts; what else is may be anybody's. */
	kind = (strcmp(point, "/") == 0 && strcmp(type, "overlay") == 0) || is_private(type, a, b)
		       ? FAN_MARK_FILESYSTEM : FAN_MARK_MOUNT;
	/* What cannot be marked is judged by the kernel's programs alone. */
	if (fanotify_mark(g->fanotify, FAN_MARK_ADD | kind, ASKED, AT_FDCWD, path) < 0)
		return;
}

int sk_gate_mark(struct sk_gate *g, int32_t pid, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("/proc/%d/mountinfo", pid), *root = sk_printf("/proc/%d/root", pid);
	FILE *file;
	char line[8192];

	if (g->fanotify < 0)
		return 0;
	/* The root's own file system first: it may be another mount by that name that mountinfo has. */
	if (fanotify_mark(g->fanotify, FAN_MARK_ADD | FAN_MARK_MOUNT, ASKED, AT_FDCWD, root) < 0)
		return sk_err_errno(err, "the programs of process %d", pid);
	file = fopen(path, "re");
	if (!file)
		return sk_err_errno(err, "%s", path);
	for (int i = 0; i < (int)SK_MAX_CONTAINER_MOUNTS && fgets(line, sizeof(line), file); i++)
		mark_line(g, pid, line);
	fclose(file);
	return 0;
}

/* ---- questions ---- */

static uint32_t root_of(struct sk_gate *g, int32_t pid)
{
	sk_autofree char *path = sk_printf("/proc/%d/root", pid);
	sk_autoclose int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sk_gate_look look;

	return root >= 0 && sk_gate_kernel_look(&g->kernel, root, &look) == 0 ? look.device : 0;
}

/* By its cgroup; one that came in by setns(2) by its root, if that still is the container's. */
static bool asked_by(struct sk_gate *g, int32_t pid, struct sk_gate_member *ret)
{
	if (sk_gate_member_by_cgroup(g, pid, ret))
		return true;
	if (!sk_gate_member_by_device(g, root_of(g, pid), ret))
		return false;
	if (!ret->pid || root_of(g, ret->pid) == ret->device)
		return true;
	sk_gate_forget_device(g, ret->key);
	sk_gate_member_release(ret);
	return false;
}

/* Who asked waits, and can be looked at. */
static void put_asker(struct sk_gate_verdict *v)
{
	sk_autofree char *path = sk_printf("/proc/%d/status", v->pid);
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "Name:%*1[\t]%15[^\n]", v->comm);
		sscanf(line, "PPid: %d", &v->ppid);
		sscanf(line, "Uid: %*u %u", &v->uid);
		sscanf(line, "Gid: %*u %u", &v->gid);
	}
	if (file)
		fclose(file);
}

static void tell_denied(struct sk_gate *g, const struct sk_gate_member *m, const struct fanotify_event_metadata *e,
			const struct sk_gate_look *look, const char *digest, bool denied)
{
	struct sk_gate_verdict v = { .pid = e->pid, .key = m->key, .cgroup = m->key, .act = SK_GATE_EXEC,
				     .why = look->writers ? SK_GATE_WRITTEN
					    : look->device == m->device ? SK_GATE_UPPER : SK_GATE_OUTSIDE,
				     .mode = m->mode, .outcome = denied ? SK_GATE_DENIED : SK_GATE_ALERTED,
				     .hook = SK_GATE_HOOK_FANOTIFY };
	char link[64], path[4096];
	struct timespec now;
	ssize_t n;

	clock_gettime(CLOCK_BOOTTIME, &now);
	v.time = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", e->fd);
	n = readlink(link, path, sizeof(path) - 1);
	v.path = sk_strndup(path, n > 0 ? (size_t)n : 0);
	memcpy(v.digest, digest, sizeof(v.digest));
	put_asker(&v);
	sk_gate_tell(g, &v);
}

/*
 * A file of a size that nothing in the image has is asked about no more until
 * somebody writes to it. One that may be the image's always is: a copy that was
 * only touched has the same inode here, and nobody tells us of the touch.
 */
static void ask_no_more(struct sk_gate *g, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fanotify_mark(g->fanotify, FAN_MARK_IGNORED_FILE | FAN_MARK_EVICTABLE, FAN_OPEN_PERM, AT_FDCWD, path) < 0)
		return; /* older kernels: it is asked about each time */
}

static bool may_be_image(struct sk_gate *g, const struct sk_gate_member *m, uint64_t size)
{
	const struct sk_gate_truth *truth = &g->options.truth;

	return m->image_id && truth->has_size && truth->has_size(truth->context, m->image_id, size);
}

static uint32_t judge(struct sk_gate *g, const struct sk_gate_member *m, const struct fanotify_event_metadata *e,
		      struct sk_gate_look *look)
{
	bool watched = g->kernel.hooks & (SK_GATE_HOOK_SIGNAL | SK_GATE_HOOK_LSM), runs = e->mask & FAN_OPEN_EXEC_PERM;
	char digest[65] = "";
	bool image = sk_gate_is_image(g, m, e->fd, look, digest);
	bool denied = runs && !image && m->mode == SK_GATE_BLOCK;

	if (!runs && !may_be_image(g, m, look->size))
		ask_no_more(g, e->fd);
	/* An alert is told by the kernel's program, where there is one: it has more to say. */
	if (denied || (runs && !image && !watched)) {
		put_digest(e->fd, look, digest);
		tell_denied(g, m, e, look, digest, denied);
	}
	return denied ? FAN_DENY : FAN_ALLOW;
}

static uint32_t answer(struct sk_gate *g, const struct fanotify_event_metadata *e)
{
	struct sk_gate_member m;
	struct sk_gate_look look;
	uint32_t r = FAN_ALLOW;
	bool own;

	if (e->pid == getpid() || sk_gate_kernel_look(&g->kernel, e->fd, &look) < 0)
		return FAN_ALLOW;
	/* Most files are of a lower layer of a container that they are opened in. */
	own = look.layer == 0 && sk_gate_member_by_device(g, look.device, &m);
	if (!own && !asked_by(g, e->pid, &m))
		return FAN_ALLOW;
	if (m.mode != SK_GATE_OFF)
		r = judge(g, &m, e, &look);
	sk_gate_member_release(&m);
	return r;
}

void sk_gate_answer(struct sk_gate *g)
{
	char bytes[8192] __attribute__((aligned(8)));
	ssize_t n = read(g->fanotify, bytes, sizeof(bytes));
	const struct fanotify_event_metadata *e = (const void *)bytes;

	for (; n > 0 && FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n)) {
		struct fanotify_response response = { .fd = e->fd };

		if (e->fd < 0)
			continue;
		response.response = answer(g, e);
		if (write(g->fanotify, &response, sizeof(response)) < 0 && errno == EINVAL) {
			/* The asker has gone. */
		}
		close(e->fd);
	}
}
