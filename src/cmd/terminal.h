/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the other end of a descriptor can show. */
#include "cmd/command.h"

/* Columns; $COLUMNS wins. 0: not a terminal. */
unsigned sk_terminal_width(int fd);

/* Whether to colour: as told, else on a terminal that is not "dumb" and unless NO_COLOR is set. */
bool sk_terminal_colour(int fd, enum sk_colour_mode mode);
