/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Packages that a lock file names and that are installed too. */
#include "analyze/inventory.h"

/*
 * Takes out of inv what only a lock file or manifest names in a version that
 * is installed as well, anywhere in the artifact: requirements.txt beside its
 * virtual environment, yarn.lock beside node_modules. It is one package, and
 * what is installed is what runs. The application itself stays, and so does
 * what only a distribution has installed (SK_PACKAGE_OWNED): whether the
 * application takes that one nobody knows.
 */
void sk_drop_locked(struct sk_inventory *inv);
