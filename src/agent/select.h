/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Containers that sections of guard.yaml choose by patterns of fnmatch(3). */
#include "base/option.h"
#include "guard/container.h"

enum sk_select { SK_SELECT_NO, SK_SELECT_UNKNOWN, SK_SELECT_YES };

/* Whether one of the patterns is the text's. */
bool sk_select_text(const struct sk_option_list *patterns, struct sk_span text);

/*
 * By image (reference or digest) and label ("name" or "name=pattern", of the container
 * or its pod); lists without patterns choose all. NULL is the host, which has neither.
 */
enum sk_select sk_select_container(const struct sk_option_list *images, const struct sk_option_list *labels,
				   const struct sk_container *container);
