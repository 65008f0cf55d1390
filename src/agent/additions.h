/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* append_output: what alerts say besides, written as in falco.yaml. */
#include "agent/settings.h"
#include "guard/addition.h"

extern const struct sk_settings_part sk_additions_parts[];

/* The additions live as long as the settings. */
int sk_additions_config(struct sk_settings *settings, const struct sk_node *section, struct sk_additions *ret,
			struct sk_err *err);
