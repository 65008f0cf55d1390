/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/inspect.h"

#include "analyze/manifest.h"

static void on_begin(void *context, uint64_t bytes, unsigned layers)
{
	sk_progress_expect(context, bytes, layers);
}

static void on_bytes(void *context, uint64_t more)
{
	sk_progress_add(context, more);
}

static void on_layer(void *context)
{
	sk_progress_layer(context);
}

int sk_inspect_target(const struct sk_call *call, const struct sk_inspect_choices *choices, bool manifest,
		      struct sk_progress *progress, const char *target, struct sk_inventory *inv,
		      struct sk_err *err)
{
	struct sk_inspect_options options = {
		.platform = choices->platform,
		.manifest = manifest,
		.jobs = (unsigned)choices->jobs,
		.cache_dir = call->globals.cache_dir,
		.no_cache = choices->no_cache,
		.cache_limit = choices->cache_size,
		.timeout = choices->timeout,
		.events = { on_begin, on_bytes, on_layer, progress },
	};
	struct sk_manifest kept = { 0 };
	int r;

	sk_progress_begin(progress, strcmp(target, "-") ? target : "standard input", 0, 0);
	r = sk_inspect(target, &options, inv, err);
	if (r < 0 || !manifest || inv->incomplete || choices->no_cache)
		return r;
	sk_manifest_from(inv, &kept);
	r = sk_manifest_save(&kept, call->globals.cache_dir, err);
	sk_manifest_release(&kept);
	return r;
}
