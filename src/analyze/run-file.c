/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/run-file.h"

#include "base/mem.h"

const char *sk_run_kind_name(enum sk_run_kind kind)
{
	static const char *const names[] = { "elf", "library", "script", "other" };

	return (size_t)kind < SK_COUNT(names) ? names[kind] : "other";
}

/* What interpreters are given, and what they load, whatever mode it has. */
static const struct {
	const char *suffix;
	enum sk_run_kind kind;
} loaded[] = {
	{ ".py", SK_RUN_SCRIPT },  { ".pyc", SK_RUN_LIBRARY },	 { ".pl", SK_RUN_SCRIPT },  { ".pm", SK_RUN_LIBRARY },
	{ ".rb", SK_RUN_SCRIPT },  { ".js", SK_RUN_SCRIPT },	 { ".mjs", SK_RUN_SCRIPT }, { ".cjs", SK_RUN_SCRIPT },
	{ ".sh", SK_RUN_SCRIPT },  { ".bash", SK_RUN_SCRIPT },	 { ".php", SK_RUN_SCRIPT }, { ".phar", SK_RUN_LIBRARY },
	{ ".lua", SK_RUN_SCRIPT }, { ".class", SK_RUN_LIBRARY }, { ".jar", SK_RUN_LIBRARY }, { ".war", SK_RUN_LIBRARY },
	{ ".dll", SK_RUN_LIBRARY }, { ".wasm", SK_RUN_LIBRARY },
};

bool sk_is_shared_object(struct sk_span name)
{
	return sk_span_ends(name, ".so") || sk_span_find(name, SK_SPAN_LIT(".so.")) >= 0;
}

enum sk_run_kind sk_run_kind_by_name(struct sk_span path)
{
	struct sk_span name = sk_span_basename(path);

	for (size_t i = 0; i < SK_COUNT(loaded); i++)
		if (sk_span_ends(name, loaded[i].suffix))
			return loaded[i].kind;
	return sk_is_shared_object(name) ? SK_RUN_LIBRARY : SK_RUN_OTHER;
}
