/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a lock file names and what is installed, told apart. */
#include "analyze/inventory.h"

/*
 * Takes out of inv what a lock file or manifest alone names and what is
 * installed answers better: a package that is installed in the same version,
 * anywhere in the artifact (requirements.txt beside its virtual environment).
 * Lock files are copied into images together with what was installed from
 * them, so there also go: packages for development; those of which another
 * version is installed; and all of a lock file that stands above installed packages of
 * its ecosystem. The application itself stays. What only a distribution has
 * installed (SK_PACKAGE_OWNED) answers nothing: whether the application takes
 * that one nobody knows.
 */
void sk_drop_locked(struct sk_inventory *inv);
