/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Manual pages out of the commands' tables. */
#include "base/buf.h"
#include "cmd/command.h"

/* sekisho(1) or sekisho-<command>(1) in man(7)'s macros. */
void sk_man_roff(struct sk_buf *out, const struct sk_command *command);

/* One document about all commands. */
void sk_man_markdown(struct sk_buf *out);
