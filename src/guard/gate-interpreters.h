/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Programs that run scripts, and how their command lines name them. */
#include "bpf/gate.h"

#include <stddef.h>

extern const size_t sk_gate_interpreter_count;
/* Its name without a version, NUL to the end, and the letters of its options. */
void sk_gate_interpreter_get(size_t index, char ret_name[16], struct sk_gate_interpreter *ret);
