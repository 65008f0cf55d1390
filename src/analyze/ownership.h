/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which distribution package a file belongs to. */
#include "analyze/inventory.h"

/* Whether packages of this purl type are a distribution's: deb, rpm, apk, ... */
bool sk_type_is_os(const char *type);

/*
 * Marks language packages whose files a distribution package owns
 * (SK_PACKAGE_OWNED): the distribution's advisories speak for them. Packages of
 * somebody else's repository (SK_PACKAGE_FOREIGN) own nothing in this sense.
 */
void sk_mark_owned(struct sk_inventory *inv);

/* Fills the owner of everything that can run. */
void sk_find_owners(struct sk_inventory *inv);
