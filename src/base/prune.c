/* SPDX-License-Identifier: Apache-2.0 */
#include "base/prune.h"

#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int sk_prune_lock(const char *dir)
{
	sk_autofree char *path = sk_printf("%s/.lock", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

struct kept {
	char *path;
	uint64_t size;
	struct timespec used;
};
typedef SK_VEC(struct kept) kept_vec;

static int cmp_kept(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	return x->used.tv_nsec < y->used.tv_nsec ? -1 : x->used.tv_nsec > y->used.tv_nsec;
}

/* How many hexadecimal digits a name begins with. */
static size_t digits(const char *name)
{
	return strspn(name, "0123456789abcdef");
}

enum name_kind { OTHER, KEPT, TEMPORARY };

/* Only what is certainly ours is touched: a person may have named any folder. */
static enum name_kind kind_of(const char *name, const char *suffix)
{
	size_t n = digits(name), more = strlen(suffix);

	if ((n != 64 && n != 128) || strncmp(name + n, suffix, more) != 0)
		return OTHER;
	name += n + more;
	return !*name						       ? KEPT
	       : *name == '.' && strlen(name) == sizeof(".XXXXXX") - 1 ? TEMPORARY
								       : OTHER;
}

static void list_folder(const char *dir, const char *suffix, kept_vec *all, bool recurse)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		sk_autofree char *path = sk_printf("%s/%s", dir, entry->d_name);
		enum name_kind kind = kind_of(entry->d_name, suffix);
		struct stat st;

		if (lstat(path, &st) < 0)
			continue;
		if (kind ==
		    TEMPORARY) /* whoever writes has the lock that we have: it is a dead process's */
			unlink(path);
		if (kind == KEPT && S_ISREG(st.st_mode)) {
			*(struct kept *)sk_vec_push(all) =
				(struct kept){ path, (uint64_t)st.st_blocks * 512, st.st_mtim };
			path = NULL;
		} else if (recurse && S_ISDIR(st.st_mode) &&
			   entry->d_name[digits(entry->d_name)] == '\0') {
			list_folder(path, suffix, all, false);
			rmdir(path);
		}
	}
	if (d)
		closedir(d);
}

void sk_prune(const char *dir, const char *suffix, uint64_t keep)
{
	kept_vec all = { 0 };
	uint64_t total = 0;

	list_folder(dir, suffix, &all, true);
	for (size_t i = 0; i < all.len; i++)
		total += all.data[i].size;
	if (all.len)
		qsort(all.data, all.len, sizeof(all.data[0]), cmp_kept);
	for (size_t i = 0; i < all.len; i++) {
		if (total > keep && unlink(all.data[i].path) == 0)
			total -= all.data[i].size;
		free(all.data[i].path);
	}
	sk_vec_release(&all);
}
