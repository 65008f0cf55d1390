/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Lock files in images: what they name and what is installed are told apart. */
#include "analyze/inventory.h"

/*
 * Leaves out of an image's inventory what a lock file alone names and the
 * image does not have: packages for development; those of which another version
 * is installed; and all of a lock file that stands above installed packages of its
 * ecosystem. In a folder, which may be a source tree, everything stays.
 */
void sk_drop_not_installed(struct sk_inventory *inv);
