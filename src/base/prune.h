/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A folder of files that can all be made anew, bounded: what was used longest
 * ago goes first. Whoever writes there holds its lock (sk_prune_lock), and
 * makes room before it adds, so that the limit is never exceeded.
 */
#include <stdint.h>

/* A descriptor to be closed when done, or -1. Waits for others; a process that dies lets go. */
int sk_prune_lock(const char *dir);

/*
 * Deletes files named by a digest in hexadecimal and `suffix`, and no others, from
 * the folder and from those right below it that are named in hexadecimal, until
 * they take no more than `keep` bytes of disk. The temporary files of the
 * dead (sk_path_replace) and folders that are empty then go in any case.
 */
void sk_prune(const char *dir, const char *suffix, uint64_t keep);
