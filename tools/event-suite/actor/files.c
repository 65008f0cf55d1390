/* SPDX-License-Identifier: Apache-2.0 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REMOVE_FDS = 16, FOLDER_MODE = 0755 };

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	remove(path);
	return 0;
}

static void remove_tree(void *path)
{
	nftw(path, remove_one, REMOVE_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(path);
}

void sk_act_remove_later(const char *path)
{
	sk_act_undo_later(remove_tree, strdup(path));
}

void sk_act_make_folders(const char *path)
{
	char *copy = strdup(path);
	bool made = false;

	for (char *p = copy; *p; p++) {
		if (*p == '/' || (p[1] && p[1] != '/'))
			continue; /* not the end of a name */
		char kept = p[1];

		p[1] = '\0';
		if (mkdir(copy, FOLDER_MODE) == 0) {
			if (!made)
				sk_act_remove_later(copy);
			made = true;
		} else if (errno != EEXIST) {
			sk_act_fail("making the folder %s", copy);
		}
		p[1] = kept;
	}
	free(copy);
}

void sk_act_make_parents(const char *path)
{
	char *copy = strdup(path);

	sk_act_make_folders(dirname(copy));
	free(copy);
}

void sk_act_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		sk_act_fail("writing %s", path);
	close(fd);
}
