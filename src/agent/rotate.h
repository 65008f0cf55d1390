/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Putting files aside: FILE becomes FILE.1, FILE.1 becomes FILE.2 ..., compressed ones FILE.1.gz. */
#include "base/err.h"

/* Keeps so many; 0 removes the file. What is put aside is never overwritten half-way by a crash. */
int sk_rotate(const char *path, unsigned keep, bool compress, struct sk_err *err);
