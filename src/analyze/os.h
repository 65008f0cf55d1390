/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is known of an operating system often stands in several files of one
 * tree: os-release, a vendor's own etc/<name>-release, etc/debian_version.
 */
#include "analyze/package.h"

/* How much a file (by its path) is believed, the higher the better; 0: not one of these files. */
unsigned sk_os_rank(const char *path);

/*
 * Lays `other` (of the same tree) under or over `os`: the better file wins,
 * and what it does not say is taken from the other where both speak of the
 * same system.
 */
void sk_os_merge(struct sk_os *os, const struct sk_os *other);

/* Number of a Debian or Ubuntu release by its codename ("bookworm" is "12", "jammy" "22.04"); NULL:
 * unknown. */
const char *sk_os_codename_version(const char *id, struct sk_span codename);
