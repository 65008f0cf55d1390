/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The sink: what an analyzer finds in one file on its way into the layer's record. */
#include "analyze/record.h"

struct sk_sink {
	struct sk_arena arena;
	struct sk_recorder *rec;
	const struct sk_analyzer *analyzer;
	const struct sk_file *file;
	SK_VEC(struct sk_package *) packages;
	SK_VEC(struct sk_os *) systems;
	struct sk_buf note;
	struct sk_paths paths;		  /* of `owner`, not yet put into it */
	struct sk_package *owner;
	uint64_t path_bytes;		  /* of all owned paths, written out */
	bool overflow;			  /* SK_MAX_FILE_PACKAGES was reported */
};

/* Runs one analyzer over one file and records what it finds; trouble becomes an issue. */
void sk_sink_run(struct sk_recorder *rec, const struct sk_analyzer *analyzer, const struct sk_file *file);

/* For tests and fuzzing: like sk_sink_run, but keeps the sink for inspection. */
int sk_sink_analyze(struct sk_sink *sink, struct sk_recorder *rec, const struct sk_analyzer *analyzer,
		    const struct sk_file *file, struct sk_err *err);
void sk_sink_release(struct sk_sink *sink);
