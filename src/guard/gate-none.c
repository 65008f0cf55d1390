/* SPDX-License-Identifier: Apache-2.0 */
/* The gate of a build without it. */
#include "guard/gate.h"

bool sk_gate_built(void)
{
	return false;
}

int sk_gate_open(const struct sk_gate_options *options, struct sk_gate **ret_gate, struct sk_err *err)
{
	return sk_err_set(err, SK_EUNSUPPORTED, "this build has no gate (option guard)");
}

/* Nobody has one, so that nothing of this is called. */
void sk_gate_close(struct sk_gate *gate, bool keep)
{
}

void sk_gate_drop(const char *pins)
{
}

unsigned sk_gate_hooks(const struct sk_gate *gate)
{
	return 0;
}

bool sk_gate_is_pinned(const struct sk_gate *gate)
{
	return false;
}

char *sk_gate_other(const struct sk_gate *gate, const char *pins)
{
	return NULL;
}

int sk_gate_put(struct sk_gate *gate, const struct sk_container *container, const struct sk_gate_target *target,
		struct sk_err *err)
{
	return 0;
}

void sk_gate_remove(struct sk_gate *gate, uint64_t cgroup)
{
}

void sk_gate_know(struct sk_gate *gate)
{
}

void sk_gate_allow(struct sk_gate *gate, const char *path)
{
}

int sk_gate_mark_address(struct sk_gate *gate, const uint8_t *address, bool six, uint16_t port, struct sk_err *err)
{
	return 0;
}

int sk_gate_fd(const struct sk_gate *gate)
{
	return -1;
}

int sk_gate_poll(struct sk_gate *gate, struct sk_process_table *processes, struct sk_container_table *containers,
		 sk_gate_fn *fn, void *context, struct sk_err *err)
{
	return 0;
}

uint64_t sk_gate_lost(struct sk_gate *gate)
{
	return 0;
}

const char *sk_gate_state_name(enum sk_gate_state state)
{
	return "absent";
}

int sk_gate_canary(struct sk_gate *gate, struct sk_err *err)
{
	return 0;
}

size_t sk_gate_protections(const struct sk_gate *gate, const struct sk_gate_protection **ret_rows)
{
	return 0;
}
