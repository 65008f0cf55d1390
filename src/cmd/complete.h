/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Shell completion out of the commands' tables: one writer for each shell. */
#include "base/buf.h"
#include "cmd/command.h"

void sk_complete_bash(struct sk_buf *out);
void sk_complete_zsh(struct sk_buf *out);
void sk_complete_fish(struct sk_buf *out);

/* The names of all choices with blanks between them. */
void sk_complete_choices(struct sk_buf *out, sk_choice_fn *choice);

/*
 * Calls visit for the program and every command below it; path is the words
 * behind "sekisho", each with a blank in front: "", " scan", " db update".
 */
typedef void sk_complete_visit(struct sk_buf *out, const struct sk_command *command,
			       const char *path);
void sk_complete_walk(struct sk_buf *out, sk_complete_visit *visit);

/* Writes text with each byte of `special` behind a backslash, for use between single quotes of a shell. */
void sk_complete_quoted(struct sk_buf *out, const char *text, const char *special);
