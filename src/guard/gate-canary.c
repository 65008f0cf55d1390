/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/gate-internal.h"

static const char *const state_names[] = { "absent", "alerts", "kills", "blocks" };

const char *sk_gate_state_name(enum sk_gate_state state)
{
	return state_names[state];
}

size_t sk_gate_protections(const struct sk_gate *g, const struct sk_gate_protection **ret_rows)
{
	*ret_rows = g->protections;
	return g->protection_count;
}

int sk_gate_canary(struct sk_gate *g, struct sk_err *err)
{
	return sk_err_set(err, SK_EUNSUPPORTED, "not tried");
}
