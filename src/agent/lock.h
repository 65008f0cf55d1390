/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One agent at a time: a lock on the file guard.lock of the runtime folder, with the agent's number in it. */
#include "base/err.h"

/* Makes the folder, too. SK_EIO: another agent runs, and which. */
int sk_lock_take(const char *runtime, int *ret_fd, struct sk_err *err);
