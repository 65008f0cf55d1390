/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a file is the image's by its content: one that the manifest has, or the one that the image's layers have at
 * the same path. The second needs no manifest, and knows data files that somebody made executable.
 */
#include "guard/gate-internal.h"

#include "base/limits.h"
#include "guard/lower.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Two ticks of the slowest clock that stamps files (CONFIG_HZ=100). */
#define FRESH_NS 20000000

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

/* Somebody who runs the same file again and again must not keep us busy. */
void sk_gate_digest(struct sk_gate *g, int fd, const struct sk_gate_look *look, char ret[65])
{
	struct sk_gate_digested *known = &g->digested[look->inode % SK_COUNT(g->digested)], fresh = { 0 };
	bool same;

	if (ret[0] || look->size > SK_MAX_GATE_REPORTED)
		return;
	pthread_mutex_lock(&g->lock);
	same = known->hex[0] && known->inode == look->inode && known->device == look->device &&
	       known->ctime == look->ctime && known->size == look->size && !look->writers;
	if (same)
		memcpy(ret, known->hex, sizeof(known->hex));
	pthread_mutex_unlock(&g->lock);
	if (same || !hash(fd, look->size, fresh.sha256))
		return;
	put_hex(fresh.sha256, ret);
	fresh.inode = look->inode;
	fresh.device = look->device;
	fresh.ctime = look->ctime;
	fresh.size = look->size;
	memcpy(fresh.hex, ret, sizeof(fresh.hex));
	pthread_mutex_lock(&g->lock);
	*known = fresh;
	pthread_mutex_unlock(&g->lock);
}

/*
 * What the image's layers have where this file is, if it has the same size; -1: nothing. A process that may mount can
 * give itself other layers: they count only if they are those of the container's own root.
 */
static int open_lower(const struct sk_gate_member *m, int32_t pid, const char *path, const struct sk_gate_look *look)
{
	struct sk_lower overlay;
	struct stat st;
	int fd = -1;

	if (look->layer != 1 || look->device != m->device || !sk_lower_of(pid, &overlay))
		return -1;
	if (overlay.device == m->device)
		fd = sk_lower_open(&overlay, path);
	sk_lower_release(&overlay);
	if (fd < 0 || (fstat(fd, &st) == 0 && (uint64_t)st.st_size == look->size))
		return fd;
	close(fd);
	return -1;
}

/* Whether the image has this content; its path there, where the manifest has it. */
static bool has(struct sk_gate *g, const struct sk_gate_member *m, bool listed, int lower, uint64_t size,
		const uint8_t digest[32], char *path, size_t room)
{
	const struct sk_gate_truth *truth = &g->options.truth;
	uint8_t there[32];
	char name[4096];

	if (listed && truth->has_digest(truth->context, m->image_id, digest, name, sizeof(name))) {
		snprintf(path, room, "%s", name);
		return true;
	}
	return lower >= 0 && hash(lower, size, there) && memcmp(digest, there, sizeof(there)) == 0;
}

static void read_link(int fd, char *ret, size_t room)
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, room - 1);
	ret[n > 0 ? n : 0] = '\0';
}

void sk_gate_path(int32_t pid, int fd, char *ret, size_t room)
{
	sk_autofree char *name = sk_printf("/proc/%d/root", pid);
	sk_autoclose int root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char top[4096];
	size_t n;

	read_link(fd, ret, room);
	if (root < 0)
		return;
	/* Who was not moved to the root of its mounts (chroot) has a longer name for it. */
	read_link(root, top, sizeof(top));
	n = strlen(top);
	if (n > 1 && strncmp(ret, top, n) == 0 && ret[n] == '/')
		memmove(ret, ret + n, strlen(ret + n) + 1);
}

/* Any process of the container whose mounts can be read. */
static int32_t living(int32_t pid, int32_t other)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/%d/root/", pid);
	return pid > 0 && access(name, F_OK) == 0 ? pid : other;
}

bool sk_gate_is_image(struct sk_gate *g, const struct sk_gate_member *m, struct sk_gate_verdict *v,
		      const struct sk_wire_file *file, int *fd)
{
	struct sk_gate_told told = { .pid = v->pid, .ppid = v->ppid, .runs = v->act == SK_GATE_EXEC, .path = v->path,
				     .inode = file->inode, .device = file->device };
	enum sk_gate_content content;
	struct sk_gate_look look;

	if (*fd < 0)
		*fd = sk_gate_open_told(g, m, &told, &look);
	if (*fd < 0 || sk_gate_kernel_look(&g->kernel, *fd, &look) < 0)
		return false;
	content = sk_gate_content(g, m, living(m->pid, living(v->pid, v->ppid)), *fd, &look,
				  v->outcome == SK_GATE_HELD, v->digest);
	sk_gate_digest(g, *fd, &look, v->digest);
	return v->why != SK_GATE_MEMORY && (content == SK_GATE_CONTENT_LAYER || content == SK_GATE_CONTENT_IMAGE);
}

enum sk_gate_content sk_gate_content(struct sk_gate *g, const struct sk_gate_member *m, int32_t pid, int fd,
				     struct sk_gate_look *look, bool lasting, char ret_digest[65])
{
	const struct sk_gate_truth *truth = &g->options.truth;
	sk_autoclose int lower = -1;
	uint8_t digest[32], again[32];
	char path[4096];
	struct sk_span name;
	bool listed;

	ret_digest[0] = '\0';
	if (look->layer == 0 && look->device == m->device)
		return SK_GATE_CONTENT_LAYER;
	if (sk_gate_kernel_knows(&g->kernel, look, m->key) || sk_gate_kernel_knows(&g->kernel, look, 0))
		return SK_GATE_CONTENT_IMAGE;
	if (look->writers)
		return SK_GATE_CONTENT_MOVING;
	sk_gate_path(pid, fd, path, sizeof(path));
	listed = m->image_id && truth->has_size && truth->has_size(truth->context, m->image_id, look->size);
	lower = open_lower(m, pid, path, look);
	if ((!listed && lower < 0) || look->size > SK_MAX_GATE_FILE)
		return SK_GATE_CONTENT_OTHER;
	if (!hash(fd, look->size, digest))
		return SK_GATE_CONTENT_MOVING;
	put_hex(digest, ret_digest);
	if (!has(g, m, listed, lower, look->size, digest, path, sizeof(path)))
		return SK_GATE_CONTENT_OTHER;
	if (!lasting)
		return SK_GATE_CONTENT_IMAGE;
	/* It is, now; and so it was when its stamp was too old for another change under it. */
	if (outwait_stamp(look) && (!hash(fd, look->size, again) || memcmp(digest, again, sizeof(digest)) != 0))
		return SK_GATE_CONTENT_MOVING;
	name = sk_span_basename(sk_span_str(path));
	memset(look->name, 0, sizeof(look->name));
	memcpy(look->name, name.ptr, name.len < sizeof(look->name) - 1 ? name.len : sizeof(look->name) - 1);
	look->container = m->key;
	look->fd = fd;
	return sk_gate_kernel_verify(&g->kernel, look) == 0 ? SK_GATE_CONTENT_IMAGE : SK_GATE_CONTENT_MOVING;
}

/* ---- files that were told of, while or after they ran ---- */

static bool is_told(struct sk_gate *g, int fd, const struct sk_gate_told *told, struct sk_gate_look *ret_look)
{
	return sk_gate_kernel_look(&g->kernel, fd, ret_look) == 0 &&
	       (!told->inode || (ret_look->inode == told->inode && ret_look->device == told->device));
}

/* By its place first: to open what is no file might do something. */
static int open_in(int32_t pid, const char *path)
{
	sk_autofree char *name = sk_printf("/proc/%d/root", pid);
	sk_autoclose int root = pid > 0 && path[0] == '/' ? open(name, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	sk_autoclose int place = root < 0 ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	char link[32];
	struct stat st;

	if (place < 0 || fstat(place, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
	return open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int sk_gate_open_told(struct sk_gate *g, const struct sk_gate_member *m, const struct sk_gate_told *told,
		      struct sk_gate_look *ret_look)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/exe", told->pid);
	/* The parent is of the same container, mostly, and lives longer. */
	for (int way = told->runs ? 0 : 1; way < 4; way++) {
		fd = way == 0 ? open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
			      : open_in(way == 1 ? told->pid : way == 2 ? told->ppid : m->pid, told->path);
		if (fd >= 0 && is_told(g, fd, told, ret_look))
			return fd;
		sk_closep(&fd);
	}
	return -1;
}
