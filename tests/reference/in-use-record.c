/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in-use-record FOLDER IMAGE_ID SINCE WATCHED: a record of what was in use, as the agent would have
 * written it, from lines "HOW FIRST LAST PATH" of standard input (analyze/in-use.h).
 */
#include "analyze/in-use.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct sk_in_use_file files[64];
	struct sk_in_use use = { .files = files };
	struct sk_err err = SK_ERR_INIT;
	char path[4096];
	unsigned how;

	if (argc != 5)
		return 2;
	use.image_id = argv[2];
	use.since = use.until = strtoll(argv[3], NULL, 10);
	use.watched = (uint8_t)strtoul(argv[4], NULL, 10);
	while (use.count < SK_COUNT(files)) {
		struct sk_in_use_file *f = &files[use.count];

		if (scanf("%u %" SCNd64 " %" SCNd64 " %4095s", &how, &f->first, &f->last, path) != 4)
			break;
		f->how = (uint8_t)how;
		f->path = sk_arena_str(&use.arena, path);
		use.until = f->last > use.until ? f->last : use.until;
		use.count++;
	}
	if (sk_in_use_save(&use, argv[1], &err) < 0) {
		fprintf(stderr, "in-use-record: %s\n", err.text);
		return 3;
	}
	sk_arena_release(&use.arena);
	return 0;
}
