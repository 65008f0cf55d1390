/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "guard/container-read.h"
#include "guard/container-runtime.h"
#include "guard/container-table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A runtime's words, and a cgroup that it makes. */
static void run_it(struct sk_span text)
{
	static const char *const programs[] = { "/usr/bin/runc", "/usr/bin/conmon", "/usr/bin/containerd-shim-runc-v2" };
	struct sk_process p = { .exepath = sk_span_str(programs[text.len % SK_COUNT(programs)]), .args = text,
				.cwd = SK_SPAN_LIT("/nowhere") };
	struct sk_arena arena = { 0 };
	struct sk_runtime_call call;

	sk_runtime_call(&p, &arena, &call);
	sk_runtime_state_read(text, &arena);
	sk_arena_release(&arena);
}

/* The first byte says which file it is; the rest is the file, and a cgroup's name and a command line too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_arena arena = { 0 }, other = { 0 };
	struct sk_container c = { .id = SK_SPAN_LIT("id"), .image_id = SK_SPAN_LIT("beef"), .privileged = -1 };
	const char *engine;
	struct sk_span id, text;

	if (!size)
		return 0;
	text = sk_span(data + 1, size - 1);
	sk_container_read((enum sk_container_form)(data[0] % SK_CONTAINER_FORMS), text, &arena, &c, NULL);
	sk_container_copy(&c, &other);
	sk_container_id(text, &id, &engine);
	run_it(text);
	sk_arena_release(&arena);
	sk_arena_release(&other);
	return 0;
}
