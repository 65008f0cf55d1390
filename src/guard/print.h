/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Values of events as rules and alerts write them. */
#include "base/buf.h"
#include "guard/field.h"

/*
 * An argument: `raw` is the number, else what it means ("O_RDONLY", "ENOENT",
 * "<f>/etc/passwd") where it means something. `event` gives what names need:
 * the folder that a path begins at, the file behind a descriptor.
 */
void sk_print_arg(struct sk_buf *out, const struct sk_event *event, const struct sk_arg_desc *desc,
		  const struct sk_arg *arg, bool raw);
/* "res=0 path=/tmp/x flags=65(O_CREAT|O_WRONLY) ": all arguments, %evt.args. */
void sk_print_args(struct sk_buf *out, const struct sk_event *event);

void sk_print_ip(struct sk_buf *out, struct sk_span address);
/* "10.0.0.1:3000->10.0.0.2:80", or the path of a local socket. */
void sk_print_socket(struct sk_buf *out, const struct sk_socket *socket);
/* "2026-11-26T15:47:19.000000000+0000". */
/* "2026-11-26T15:47:19.123456789", without a zone */
void sk_print_clock(struct sk_buf *out, int64_t nanoseconds);
void sk_print_time(struct sk_buf *out, int64_t nanoseconds);

/* "f" for a file, "4" for IPv4 ... (fd.typechar), and the word (fd.type). */
const char *sk_file_type_name(enum sk_file_type type);
char sk_file_type_letter(enum sk_file_type type);

const char *sk_errno_name(int number); /* "ENOENT"; NULL: not known */

/* Names of capabilities, "CAP_CHOWN CAP_KILL"; cap_effective and its like. */
void sk_print_capabilities(struct sk_buf *out, uint64_t set);
uint64_t sk_capability_bit(struct sk_span name); /* of "CAP_CHOWN"; 0: no such */
