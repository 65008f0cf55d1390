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

char *sk_manifests_of(const struct sk_call *call, const struct sk_inspect_choices *choices)
{
	return choices->manifests ? sk_strdup(choices->manifests) : sk_manifest_dir(call->globals.cache_dir);
}

/* --no-cache keeps nothing, but where the person says where. What of the image is missing the report says. */
static void keep_manifest(const struct sk_call *call, const struct sk_inspect_choices *choices,
			  const struct sk_inventory *inv)
{
	sk_autofree char *dir = sk_manifests_of(call, choices);
	struct sk_err err = SK_ERR_INIT;

	if (choices->no_manifest || inv->artifact.type != SK_ARTIFACT_IMAGE || inv->incomplete || (choices->no_cache && !choices->manifests))
		return;
	if (sk_manifest_save(inv, dir, &err) < 0)
		sk_complain(call, "no file manifest was kept: %s", err.text);
}

int sk_inspect_target(const struct sk_call *call, const struct sk_inspect_choices *choices,
		      enum sk_inspect_manifest manifest, struct sk_progress *progress, const char *target,
		      struct sk_inventory *inv, struct sk_err *err)
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
	int r;

	sk_progress_begin(progress, strcmp(target, "-") ? target : "standard input", 0, 0);
	r = sk_inspect(target, &options, inv, err);
	if (r == 0 && manifest != SK_MANIFEST_NO)
		keep_manifest(call, choices, inv);
	return r;
}
