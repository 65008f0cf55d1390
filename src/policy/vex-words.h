/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Justifications in CycloneDX's words and in OpenVEX's, which the rest of the program uses. */
#include "base/span.h"

const char *sk_vex_from_cyclonedx(struct sk_span word);		   /* NULL: no such word */
const char *sk_vex_to_cyclonedx(const char *justification); /* NULL: none that means the same */
