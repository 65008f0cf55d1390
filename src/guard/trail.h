/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A trail: events that were recorded, with their processes and containers, to
 * be looked at again. Two forms are read. The binary one is what `guard record`
 * writes:
 *
 *	"SKTRAIL1"  u32 version (1)  u32 0
 *	frames: u8 kind, varint length, so many bytes
 *		'T' a type of event: its name and those of its arguments
 *		'C' a container
 *		'P' a process: its number, parent and container first; again when it changed
 *		'E' an event: type and process by number, result, file, arguments
 *
 * so that a reader with other event types still reads what it knows. Integers
 * are LEB128, signed ones zigzag; strings have their length in front. The text
 * form is for people and tests, a line each:
 *
 *	container web image=docker.io/library/nginx:1.27 engine=docker
 *	process 10 exe=/usr/sbin/nginx container=web
 *	process 11 parent=10 exe=/bin/sh args="-c id" uid=33 user=www-data
 *	execve @11
 *	openat @11 fd=3 name=/etc/shadow flags=O_RDONLY|O_CLOEXEC
 *
 * (docs/guard-record.md). Both are read with distrust.
 */
#include "base/err.h"
#include "guard/container.h"
#include "guard/process.h"

struct sk_trail;

/* The trail in a file, or in bytes that outlive it; `name` is for errors. */
int sk_trail_open(const char *path, struct sk_trail **ret_trail, struct sk_err *err);
int sk_trail_from(struct sk_span bytes, const char *name, struct sk_trail **ret_trail, struct sk_err *err);
void sk_trail_free(struct sk_trail *trail);

/* The next event, valid until the one after it: 1; 0 at the end; or an error, behind which nothing is read. */
int sk_trail_next(struct sk_trail *trail, struct sk_event *ret_event, struct sk_err *err);

/* Events of types that are not known here; they were passed over. */
uint64_t sk_trail_unknown(const struct sk_trail *trail);

/* Writes the binary form. Zero-initialise; what is to be written is appended to `out`, which the caller empties. */
struct sk_buf;
struct sk_trail_writer;
struct sk_trail_writer *sk_trail_writer_new(struct sk_buf *out);
void sk_trail_write(struct sk_trail_writer *writer, const struct sk_event *event);
void sk_trail_writer_free(struct sk_trail_writer *writer);
