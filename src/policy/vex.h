/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * VEX documents as exceptions: OpenVEX 0.2, CSAF 2.0, CycloneDX 1.4 to 1.7, all
 * as JSON. Each statement is an exception without an end: not_affected and
 * fixed hide, affected and under_investigation are shown with the finding. One
 * that is not well made (a status that is none, not_affected without a reason)
 * does not count and is reported as any exception is.
 */
#include "policy/exception.h"

/* SK_EINVAL where it is no such document at all; SK_ELIMIT above limits.h. */
int sk_vex_load(struct sk_exceptions *x, const char *file, struct sk_err *err);
int sk_vex_parse(struct sk_exceptions *x, const char *file, struct sk_span text,
		 struct sk_err *err);
