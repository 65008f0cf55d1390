/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/lower.h"

#include "base/fd.h"
#include "base/limits.h"
#include "guard/container.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* linux/magic.h of some systems has none. */
#define OVERLAY_MAGIC 0x794c7630

/* "\040" of mountinfo, and the backslashes of overlay's own options, become what they stand for. */
static char *unescaped(struct sk_span text)
{
	char *out = sk_strndup(text.ptr, text.len), *to = out;

	for (const char *from = out; *from; from++) {
		unsigned byte;

		if (*from == '\\' && sscanf(from + 1, "%3o", &byte) == 1 && from[1] >= '0' && from[1] <= '3') {
			*to++ = (char)byte;
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return out;
}

/* The value of an option of a mount, "lowerdir=". */
static struct sk_span option_of(struct sk_span line, const char *name)
{
	ptrdiff_t at = sk_span_find(line, sk_span_str(name));
	struct sk_span rest = at < 0 ? sk_span(NULL, 0) : sk_span_from(line, (size_t)at + strlen(name));
	size_t n = 0;

	while (n < rest.len && rest.ptr[n] != ',' && rest.ptr[n] != ' ')
		n++;
	return sk_span_sub(rest, 0, n);
}

/* The line of an overlay that is mounted there: "36 35 0:52 / / rw,... - overlay overlay rw,lowerdir=...". */
static bool line_of(struct sk_span text, struct sk_span where, struct sk_span *ret_line, uint32_t *ret_device)
{
	struct sk_span line;

	while (sk_span_line(&text, &line)) {
		struct sk_span rest = line, words[5] = { { 0 } };
		unsigned major_number, minor_number;
		char device[32];

		for (size_t i = 0; i < SK_COUNT(words); i++)
			sk_span_split(&rest, ' ', &words[i]);
		if (!sk_span_eq(words[4], where) || sk_span_find(rest, SK_SPAN_LIT(" - overlay ")) < 0)
			continue;
		snprintf(device, sizeof(device), "%.*s", (int)words[2].len, words[2].ptr);
		if (sscanf(device, "%u:%u", &major_number, &minor_number) != 2)
			continue;
		*ret_line = line;
		*ret_device = major_number << 20 | minor_number;
		return true;
	}
	return false;
}

static bool of_mount(const char *path, struct sk_span where, struct sk_lower *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span line, lower, part;

	*ret = (struct sk_lower){ 0 };
	if (sk_path_slurp(path, SK_MAX_PROC_FILE, &text, NULL) < 0 ||
	    !line_of(sk_buf_view(&text), where, &line, &ret->device))
		return false;
	lower = option_of(line, "lowerdir=");
	while (ret->folders.len < SK_MAX_LAYERS && sk_span_split(&lower, ':', &part)) {
		char *folder = unescaped(part);

		/* A relative one begins where the engine stood when it mounted, which nobody knows. */
		if (folder[0] != '/') {
			free(folder);
			sk_lower_release(ret);
			return false;
		}
		/* Docker's own layer with files such as /etc/hosts lies above the image's; it has nothing that runs. */
		*sk_vec_push(&ret->folders) = folder;
	}
	return ret->folders.len > 0;
}

bool sk_lower_of(int32_t pid, struct sk_lower *ret)
{
	sk_autofree char *path = sk_printf("/proc/%d/mountinfo", pid);

	return of_mount(path, SK_SPAN_LIT("/"), ret);
}

/* <root>/overlay/LAYER/lower says "l/NAME:l/NAME": links in <root>/overlay/l to the layers' folders. */
static bool of_store(struct sk_span upper, struct sk_lower *ret)
{
	struct sk_span layer = sk_span_dirname(upper), all = sk_span_dirname(layer), rest, part;
	sk_autofree char *path = sk_printf("%.*s/lower", (int)layer.len, layer.ptr ? layer.ptr : "");
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	*ret = (struct sk_lower){ 0 };
	if (!layer.len || sk_path_slurp_checked(path, false, SK_MAX_PROC_FILE, &text, NULL) < 0)
		return false;
	rest = sk_span_trim(sk_buf_view(&text));
	while (ret->folders.len < SK_MAX_LAYERS && sk_span_split(&rest, ':', &part)) {
		if (!sk_span_starts(part, "l/") || sk_span_chr(sk_span_from(part, 2), '/') >= 0) {
			sk_lower_release(ret);
			return false;
		}
		*sk_vec_push(&ret->folders) = sk_printf("%.*s/%.*s", (int)all.len, all.ptr, (int)part.len, part.ptr);
	}
	return ret->folders.len > 0;
}

bool sk_lower_of_container(const struct sk_container *c, int32_t pid, struct sk_lower *ret)
{
	return (pid > 0 && sk_lower_of(pid, ret)) || of_store(c->upper, ret) ||
	       (c->rootfs.len && of_mount("/proc/self/mountinfo", c->rootfs, ret));
}

void sk_lower_release(struct sk_lower *lower)
{
	for (size_t i = 0; i < lower->folders.len; i++)
		free(lower->folders.data[i]);
	sk_vec_release(&lower->folders);
}

static int open_below(int dir, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* Whether a folder above the path hides what lower layers have in it. */
static bool is_hidden(int layer, const char *path)
{
	sk_autofree char *above = sk_strdup(path);

	for (char *end = strrchr(above, '/'); end; end = strrchr(above, '/')) {
		sk_autoclose int dir = -1;
		char opaque = 0;

		*end = '\0';
		dir = open_below(layer, above, O_RDONLY | O_DIRECTORY);
		if (dir >= 0 && (fgetxattr(dir, "trusted.overlay.opaque", &opaque, 1) == 1 ||
				 fgetxattr(dir, "user.overlay.opaque", &opaque, 1) == 1) && opaque == 'y')
			return true;
	}
	return false;
}

/* By its place, and then by its descriptor: what is no file is not opened, as that might do something. */
static int open_regular(int place)
{
	char name[32];
	struct stat st;
	struct statfs fs;

	/* Layers that are themselves an overlay may be one that is watched: to open a file there might wait for us. */
	if (fstat(place, &st) < 0 || !S_ISREG(st.st_mode) || fstatfs(place, &fs) < 0 || fs.f_type == OVERLAY_MAGIC)
		return -1;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
	return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int sk_lower_open(const struct sk_lower *lower, const char *path)
{
	path += strspn(path, "/");
	for (size_t i = 0; *path && i < lower->folders.len; i++) {
		sk_autoclose int layer = open(lower->folders.data[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		sk_autoclose int place = layer < 0 ? -1 : open_below(layer, path, O_PATH);

		if (place >= 0)
			return open_regular(place);
		if (layer < 0 || errno != ENOENT || is_hidden(layer, path))
			return -1;
	}
	return -1;
}
