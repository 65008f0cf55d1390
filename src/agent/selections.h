/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* select: which rules are on, as the list `rules` of falco.yaml says it. */
#include "agent/settings.h"
#include "guard/selection.h"

extern const struct sk_settings_part sk_selections_parts[];

/* The selections live as long as the settings. */
int sk_selections_config(struct sk_settings *settings, const struct sk_node *section, struct sk_selections *ret,
			 struct sk_err *err);
