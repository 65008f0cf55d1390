/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The gate: what is not of a container's image does not run in it, protected
 * paths are not changed, marked addresses are not connected to. It decides in
 * the kernel (bpf/gate.bpf.c) and, where files must be read for it, in a thread
 * of its own, which answers the kernel before a program starts.
 *
 *	sk_gate_open()            before the sensor: it may need the host's mounts
 *	sk_gate_canary()          tries each protection; what it says may be shown
 *	sk_gate_put()             a container's cgroup is known, and again when its first process is
 *	sk_gate_poll()            often: hands out an event of type `drift` for each verdict
 *	sk_gate_remove()          the container is gone
 *	sk_gate_close(gate, true) the kernel's part stays and goes on
 *
 * All but the callbacks in `truth` happens in the thread that calls.
 */
#include "bpf/gate.h"
#include "guard/container-table.h"

struct sk_container;
struct sk_gate;

/* What the image has. Called from the gate's thread; images are named by id. */
struct sk_gate_truth {
	void *context;
	/* Whether any of its files has that size; false too where nothing is known of the image. */
	bool (*has_size)(void *context, const char *image_id, uint64_t size);
	/* Whether more will be known of the image in a moment. */
	bool (*is_coming)(void *context, const char *image_id);
	/* Whether any has this content; its path then, in a buffer of `room` bytes. */
	bool (*has_digest)(void *context, const char *image_id, const uint8_t sha256[32], char *ret_path, size_t room);
};

enum sk_gate_hook {
	SK_GATE_HOOK_LSM = 1,	   /* the kernel asks before it acts */
	SK_GATE_HOOK_SIGNAL = 2,   /* tracepoints, and the end of the process */
	SK_GATE_HOOK_FANOTIFY = 4, /* programs are held until the agent has read them */
	SK_GATE_HOOK_MOUNT = 8,	   /* protected paths are mounted read-only */
	SK_GATE_HOOK_CGROUP = 16,  /* sockets */
	SK_GATE_HOOK_ALL = 31,
};

struct sk_gate_options {
	enum sk_gate_mode born; /* for containers that nobody puts */
	enum sk_gate_mode unknown; /* the strictest that a container may have that is not put yet; not below `born` */
	int64_t hold;		/* seconds that a process waits until its container is put */
	unsigned hooks;		/* those that may be used; 0: all */
	struct sk_gate_truth truth;
	void (*begin)(void);	/* called in each of the gate's threads first; NULL: nothing */
	const char *pins;	/* folder in a bpffs where the kernel's part outlives the agent; NULL: it does not */
};
#define SK_GATE_PINS "/sys/fs/bpf/sekisho/gate"

bool sk_gate_built(void);
int sk_gate_open(const struct sk_gate_options *options, struct sk_gate **ret_gate, struct sk_err *err);
/* With `keep` the kernel's part stays where it is pinned, and the next sk_gate_open takes it over. */
void sk_gate_close(struct sk_gate *gate, bool keep);
/* Ends what an earlier agent left, for one that has nothing to protect. */
void sk_gate_drop(const char *pins);
/* The hooks that are attached: bits of enum sk_gate_hook. */
unsigned sk_gate_hooks(const struct sk_gate *gate);
bool sk_gate_is_pinned(const struct sk_gate *gate);
/* Other agents' gates, living or pinned beside `pins`: what they stop this one cannot allow. Owned; NULL: none. */
char *sk_gate_other(const struct sk_gate *gate, const char *pins);

struct sk_gate_target {
	uint64_t cgroup;		 /* its id, as struct sk_process has it */
	int32_t pid;			 /* one of its processes; 0: none yet */
	enum sk_gate_mode mode;
	bool decided;			 /* the mode is final: more that is learned of the container does not change it */
	const char *const *protect;	 /* absolute paths in it; NULL ends them, NULL is none */
};

/* A container that is new, or of which more is known now. */
int sk_gate_put(struct sk_gate *gate, const struct sk_container *container, const struct sk_gate_target *target,
		struct sk_err *err);
void sk_gate_remove(struct sk_gate *gate, uint64_t cgroup);
/* `truth` knows of more than before: what was found to be none of an image's is asked about again. */
void sk_gate_know(struct sk_gate *gate);

/* Files that may run in any container: the engines' own init programs. Missing ones are passed over. */
void sk_gate_allow(struct sk_gate *gate, const char *path);
/* An address (16 or 4 bytes) and port (0: any) that containers may not connect to. */
int sk_gate_mark_address(struct sk_gate *gate, const uint8_t *address, bool six, uint16_t port, struct sk_err *err);

/* The descriptor becomes readable when sk_gate_poll has something. */
int sk_gate_fd(const struct sk_gate *gate);
typedef int sk_gate_fn(void *context, const struct sk_event *event, struct sk_err *err);
/* Hands out verdicts; processes and containers (NULL: none are known) come from the sensor's tables. Their number, or what fn returned. */
int sk_gate_poll(struct sk_gate *gate, struct sk_process_table *processes, struct sk_container_table *containers,
		 sk_gate_fn *fn, void *context, struct sk_err *err);
/* Verdicts that stood but could not be told. */
uint64_t sk_gate_lost(struct sk_gate *gate);

/* ---- what was tried ---- */

enum sk_gate_state { SK_GATE_ABSENT, SK_GATE_STATE_ALERTS, SK_GATE_KILLS, SK_GATE_BLOCKS };
const char *sk_gate_state_name(enum sk_gate_state state); /* "blocks" */

struct sk_gate_protection {
	const char *name; /* "drift: programs" */
	enum sk_gate_state state;
	const char *hook; /* "fanotify"; NULL where there is none */
};

/*
 * Tries each protection in a scratch container of its own: it takes a second,
 * and leaves nothing. The number of rows; an error where the scratch container
 * could not be made, and then nothing may be claimed.
 */
int sk_gate_canary(struct sk_gate *gate, struct sk_err *err);
/* What the last canary found; valid as long as the gate. */
size_t sk_gate_protections(const struct sk_gate *gate, const struct sk_gate_protection **ret_rows);
