/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The worker's side of protocol.h: it opens the target, and reads what others wrote. */

#define SK_ROLE_ANALYZE "analyze"

/* Runs as the worker until the scanner hangs up; returns the exit code. */
int sk_analyze_worker_main(void);
