/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of a folder, without libFuzzer: bugs once found stay found. */
#include "base/fd.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *path)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	struct sk_err err = SK_ERR_INIT;
	uint8_t *exact; /* its own allocation, so that one byte too far is seen */

	if (sk_path_slurp(path, 64u << 20, &bytes, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	exact = sk_alloc(bytes.len);
	if (bytes.len)
		memcpy(exact, bytes.data, bytes.len);
	LLVMFuzzerTestOneInput(exact, bytes.len);
	free(exact);
}

int main(int argc, char **argv)
{
	DIR *dir = argc > 1 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int count = 0;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	while (dir && (entry = readdir(dir))) {
		sk_autofree char *path = sk_printf("%s/%s", argv[1], entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		replay(path);
		count++;
	}
	if (dir)
		closedir(dir);
	printf("%d inputs\n", count);
	return 0;
}
