/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * The licences that a usr/share/doc/<package>/copyright declares, joined with
 * " AND ": the short names of the machine-readable format (DEP-5,
 * copyright-format 1.0), else the texts of usr/share/common-licenses that it
 * refers to and phrases that only one licence has. Empty if none was found.
 */
void sk_debian_copyright(struct sk_span text, struct sk_buf *ret_licence);
