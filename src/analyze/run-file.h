/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A file that can run, or that something that runs loads. */
#include "base/span.h"

/* Kind of a manifest entry; OTHER: its mode alone says that it can run. */
enum sk_run_kind { SK_RUN_ELF, SK_RUN_LIBRARY, SK_RUN_SCRIPT, SK_RUN_OTHER };

struct sk_run_file {
	const char *path;
	uint32_t mode;
	uint64_t size;
	uint8_t sha256[32];
	enum sk_run_kind kind;
	const char *interpreter; /* of a script; NULL */
};

/* "elf", "library", "script", "other". */
const char *sk_run_kind_name(enum sk_run_kind kind);
/* "libx.so", "libx.so.1": by its name, in any folder. */
bool sk_is_shared_object(struct sk_span name);
/* What a file is by its name alone, which interpreters and the dynamic linker go by; OTHER: nothing says. */
enum sk_run_kind sk_run_kind_by_name(struct sk_span path);
