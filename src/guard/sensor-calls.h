/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The system calls that the sensor tells, and where the arguments of their events come from. */
#include "guard/event.h"

/* The register that points to openat2's structure; its size is in the next. */
enum { SK_SENSOR_OPEN_HOW = 2 };

struct sk_sensor_call {
	enum sk_event_type type;
	const char *name; /* of the kernel's function and tracepoint: "fchmodat2" */
	int number;	  /* SYS_... of this machine */
	/*
	 * A letter for each argument of the event: 'r' the result; '0' to '5' a
	 * register as a number; 'a' to 'f' the string that register points to, 'A'
	 * to 'F' the bytes; 's' both ends of the socket; 'i' device, 'n' inode of the
	 * open file; 'u' flags, 'v' mode, 'w' resolve of openat2's structure; 'x' 'y'
	 * 'z' the capabilities that it left (inheritable, permitted, effective); '-'
	 * not told.
	 */
	const char *args;
	uint8_t file;	 /* register with the descriptor that it is about, SK_WIRE_RESULT or SK_WIRE_NONE */
	uint8_t address; /* register that points to a struct sockaddr, its length is in the next */
	uint8_t message; /* register that points to a struct msghdr */
	uint8_t flags;	 /* enum sk_wire_call_flag */
	bool is_net;	 /* of the kernel's network part (bpf/trampoline.h) */
};

extern const struct sk_sensor_call sk_sensor_calls[];
extern const size_t sk_sensor_call_count;

/* The description for an event of that type from that call, or NULL. */
const struct sk_sensor_call *sk_sensor_call_of(enum sk_event_type type, uint32_t number);

/* What the kernel's programs need to know of a call that is wanted (bpf/event.h). */
struct sk_wire_call;
struct sk_sensor_want;
void sk_sensor_call_wire(const struct sk_sensor_call *call, const struct sk_sensor_want *want, struct sk_wire_call *ret);

/* Orders of io_uring that are told as the calls that they replace. */
struct sk_sensor_order {
	uint8_t opcode; /* enum io_uring_op */
	uint8_t shape;	/* enum sk_wire_order */
	enum sk_event_type type;
	int number; /* SYS_... */
};
extern const struct sk_sensor_order sk_sensor_orders[];
extern const size_t sk_sensor_order_count;
