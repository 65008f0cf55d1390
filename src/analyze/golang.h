/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the analyzers of Go's files share. */
#include "analyze/analyzer.h"

/*
 * A Go module: the path is split at its last '/', a version keeps its 'v'.
 * NULL if path is empty or there are too many packages.
 */
struct sk_package *sk_golang_add(struct sk_sink *sink, struct sk_span path, struct sk_span version,
				 uint32_t line);

/*
 * The standard library of a toolchain called version ("go1.22.1",
 * "1.21rc2 X:boringcrypto"), as advisories name it: "stdlib" without the 'v'.
 * NULL for a development build.
 */
struct sk_package *sk_golang_stdlib(struct sk_sink *sink, struct sk_span version, uint32_t line);

/* A replacement on this machine: "./fork", "../x", "/abs", "C:\x"; it has no version. */
bool sk_golang_local(struct sk_span path);

/*
 * The program's version as its linker flags set it (-X main.version=1.2.3),
 * into buf with a leading 'v'; false if they do not, or not clearly.
 */
bool sk_golang_ldflags_version(struct sk_span flags, struct sk_buf *buf);
