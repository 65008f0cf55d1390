/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * An expression that the bytes choose, in buf of that size, NUL-terminated:
 * most of its parts have the type that their place wants. The same bytes give
 * the same expression.
 */
size_t generate(const uint8_t *data, size_t size, char *buf, size_t buf_size);
