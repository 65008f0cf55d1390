/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Path patterns as people write them: '?' is one byte and '*' any run of bytes,
 * neither ever '/'; a double star is any run of bytes, '/' too; a double star
 * followed by '/' is any number of folders, none included. A leading '/' or
 * "./" of either side means nothing. There are no classes and no braces.
 */
#include "base/span.h"

bool sk_glob_match(struct sk_span pattern, struct sk_span path);
