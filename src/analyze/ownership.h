/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which distribution package a file belongs to. */
#include "analyze/inventory.h"

/* Whether packages of this purl type are a distribution's: deb, rpm, apk, ... */
bool sk_type_is_os(const char *type);

/*
 * Package managers write paths as they were before /usr was merged ("lib/x"
 * for what lies in usr/lib/x): both spellings are one file.
 */
struct sk_span sk_without_usr(struct sk_span path);
/* What a file is found by: root + path without usr/, from a full path. */
struct sk_span sk_owned_key(struct sk_arena *arena, const char *root, struct sk_span path);

/*
 * Marks language packages whose files a distribution package owns
 * (SK_PACKAGE_OWNED): the distribution's advisories speak for them. Packages of
 * somebody else's repository (SK_PACKAGE_FOREIGN) own nothing in this sense.
 */
void sk_mark_owned(struct sk_inventory *inv);

/* Fills the owner of everything that can run. */
void sk_find_owners(struct sk_inventory *inv);
