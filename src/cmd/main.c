/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/worker.h"
#include "base/err.h"
#include "cmd/command.h"
#include "vuln/build-worker.h"

#include <stdio.h>
#include <string.h>

/* This program again, as a worker (sandbox.h); what it may do it gives up itself. */
static int run_worker(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], SK_ROLE_ANALYZE) == 0)
		return sk_analyze_worker_main();
	if (argc == 2 && strcmp(argv[1], SK_ROLE_BUILD) == 0)
		return sk_build_worker_main();
	fputs("sekisho-worker: started by sekisho itself only\n", stderr);
	return SK_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], "sekisho-worker") == 0)
		return run_worker(argc, argv);
	return sk_run(argc, argv);
}
