/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the gate's files share. */
#include "base/fd.h"
#include "base/mem.h"
#include "bpf/event.h"
#include "guard/gate.h"

#include <pthread.h>
#include <sys/fanotify.h>

struct gate_bpf;

/* The kernel's part, loaded by us or taken over: all of it by descriptor. */
enum sk_gate_map {
	SK_GATE_MAP_SETTINGS, SK_GATE_MAP_CONTAINERS, SK_GATE_MAP_ROOTS, SK_GATE_MAP_BIRTHS, SK_GATE_MAP_VERIFIED, SK_GATE_MAP_ADDRESSES,
	SK_GATE_MAP_INTERPRETERS, SK_GATE_MAP_VERDICTS, SK_GATE_MAP_CHANGES, SK_GATE_MAP_LOSSES, SK_GATE_MAPS,
};
enum sk_gate_program { SK_GATE_PROGRAM_LOOK, SK_GATE_PROGRAM_VERIFY, SK_GATE_PROGRAMS };

struct sk_gate_kernel {
	int maps[SK_GATE_MAPS];
	int programs[SK_GATE_PROGRAMS];
	struct gate_bpf *bpf; /* NULL: taken over */
	SK_VEC(struct bpf_link *) links;
	unsigned hooks;
	bool pinned;
};

int sk_gate_kernel_open(struct sk_gate_kernel *kernel, const struct sk_gate_options *options, struct sk_err *err);
void sk_gate_kernel_close(struct sk_gate_kernel *kernel);
/* 0, or -errno: the file of a descriptor as the kernel's programs see it. */
int sk_gate_kernel_look(const struct sk_gate_kernel *kernel, int fd, struct sk_gate_look *ret_look);
/* The file is the image's, as it was when it was looked at; -EAGAIN: it has changed since. */
int sk_gate_kernel_verify(const struct sk_gate_kernel *kernel, struct sk_gate_look *look);
/* Programs may be held from now on, or no more. */
void sk_gate_kernel_alive(const struct sk_gate_kernel *kernel, bool alive);
bool sk_gate_kernel_knows(const struct sk_gate_kernel *kernel, const struct sk_gate_look *look, uint64_t container);

/* Pinned in a bpffs (gate-pin.c). */
int sk_gate_pin(struct sk_gate_kernel *kernel, const char *pins, struct sk_err *err);
/* 1: taken over; 0: nothing there, or of another version. */
int sk_gate_take_over(struct sk_gate_kernel *kernel, const char *pins, const struct sk_gate_settings *settings);
/* What an earlier version knew of containers and files. */
void sk_gate_inherit(const struct sk_gate_kernel *kernel, const char *pins);
const char *sk_gate_map_name(enum sk_gate_map map);
const char *sk_gate_program_name(enum sk_gate_program program);
/* The pins' folder as it can be reached from here; owned. */
char *sk_gate_pins_path(const char *pins);

/* A container, as the gate's thread needs it. */
struct sk_gate_member {
	uint64_t key;
	enum sk_gate_mode mode;
	uint32_t device;
	int32_t pid; /* that told the device */
	bool protected, settled;
	uint64_t marked; /* what fanotify asks or tells of it */
	char *id, *image_id;
};

/* A copy of one, to be released; false: there is none. */
bool sk_gate_member_of(struct sk_gate *gate, uint64_t key, struct sk_gate_member *ret);
bool sk_gate_member_by_device(struct sk_gate *gate, uint32_t device, struct sk_gate_member *ret);
bool sk_gate_member_by_cgroup(struct sk_gate *gate, int32_t pid, struct sk_gate_member *ret);
void sk_gate_member_release(struct sk_gate_member *member);

/* Devices get new owners: what a container that is gone had is its no more. */
void sk_gate_forget_device(struct sk_gate *gate, uint64_t key);

/* What is told of a verdict. */
struct sk_gate_verdict {
	int64_t time; /* since boot */
	int32_t pid, ppid;
	uint32_t uid, gid;
	uint64_t cgroup, key;
	enum sk_gate_act act;
	enum sk_gate_why why;
	enum sk_gate_mode mode;
	enum sk_gate_outcome outcome;
	unsigned hook;
	char comm[16];
	char digest[65]; /* hexadecimal; "" not known */
	char *path;	 /* owned */
};

enum { SK_GATE_QUEUE = 4096, SK_GATE_PENDING = 512 };

/* What one container has had of a reading of changes. */
struct sk_gate_share {
	uint64_t key, reading;
	int64_t spent;
};

struct sk_gate_thread {
	struct sk_gate *gate;
	void (*fn)(struct sk_gate *gate);
	pthread_t thread;
	bool running;
};

/* One that is told, or carried out, when its container is known. */
struct sk_gate_pending {
	struct sk_gate_verdict verdict;
	struct sk_wire_file file;
	int pidfd; /* of who is held; -1: nobody */
	bool image; /* its file is the image's after all */
	int fd;	   /* the file, opened at once; -1: it was gone */
	int64_t deadline;
};

/* A question of fanotify that waits. */
struct sk_gate_question {
	struct fanotify_event_metadata event;
	int64_t deadline; /* for what is still to come */
};

/* A digest that was computed for a report. */
struct sk_gate_digested {
	uint64_t inode, size;
	int64_t ctime;
	uint32_t device;
	uint8_t sha256[32];
	char hex[65];
};

struct sk_gate {
	struct sk_gate_options options;
	struct sk_gate_kernel kernel;
	struct sk_ring *ring, *changes;
	int fanotify; /* -1: none */
	int wake, stop, deferred; /* eventfds */
	/* Of verdicts, of fanotify's questions, of what was changed and of questions that wait for that. */
	struct sk_gate_thread threads[3];
	pthread_mutex_t lock; /* of all below */
	SK_VEC(struct sk_gate_member) members;
	struct sk_gate_verdict *queue; /* a ring of SK_GATE_QUEUE */
	size_t head, count;
	uint64_t lost, number;
	SK_VEC(struct sk_gate_question) questions; /* that wait until what was changed before is verified */
	SK_VEC(struct sk_gate_pending) pending;
	SK_VEC(struct sk_gate_pending) resolving; /* the following thread's own */
	struct sk_gate_share shares[64]; /* the following thread's own, as is `reading` */
	uint64_t reading;
	struct sk_gate_digested digested[64];
	struct sk_gate_protection *protections;
	size_t protection_count;
};

/* The threads (gate-watch.c). */
int sk_gate_watch_start(struct sk_gate *gate, struct sk_err *err);
void sk_gate_watch_stop(struct sk_gate *gate);
int64_t sk_gate_now(void); /* nanoseconds since boot */
/* Puts a verdict aside, with its path, until its container is settled (gate-pending.c). */
void sk_gate_pend(struct sk_gate *gate, struct sk_gate_verdict *verdict, const struct sk_wire_file *file);
/* Tells and carries out those whose time has come; whether there are others. */
bool sk_gate_resolve(struct sk_gate *gate);
/* Whether the container, or its image's manifest, will be known soon. */
bool sk_gate_may_wait(struct sk_gate *gate, const struct sk_gate_member *member, int64_t deadline);
/* All, by what is known now: nobody is left waiting. After the threads have ended. */
void sk_gate_resolve_all(struct sk_gate *gate);
/*
 * Whether the file of a verdict is the image's after all; its digest is told otherwise. *fd: the file, which is opened
 * if it is -1 and stays so if it is gone.
 */
bool sk_gate_is_image(struct sk_gate *gate, const struct sk_gate_member *member, struct sk_gate_verdict *verdict,
		      const struct sk_wire_file *file, int *fd);
/* The device of a container's root as the kernel's programs have seen it; 0: not yet. */
uint32_t sk_gate_known_device(struct sk_gate *gate, uint64_t key);
/* Tells a verdict; takes its path. */
void sk_gate_tell(struct sk_gate *gate, struct sk_gate_verdict *verdict);

/*
 * fanotify (gate-mark.c). Marks all that can run in a container that this process is of; `before` is what was marked,
 * and what is from now on (0: nothing is asked).
 */
/* What a mode asks to be marked. */
uint64_t sk_gate_marks(const struct sk_gate *gate, enum sk_gate_mode mode);
int sk_gate_mark(struct sk_gate *gate, int32_t pid, enum sk_gate_mode mode, uint64_t *before, struct sk_err *err);
/* Reads questions, and answers them or puts them aside. */
void sk_gate_answer(struct sk_gate *gate);
/* Answers those that were put aside before `changes` was read; whether some still wait for a manifest. */
bool sk_gate_answer_deferred(struct sk_gate *gate, const struct sk_gate_question *questions, size_t count);
/* Puts one aside. */
void sk_gate_defer(struct sk_gate *gate, const struct sk_gate_question *question);

/* Content (gate-content.c). */
enum sk_gate_content {
	SK_GATE_CONTENT_LAYER,	/* of the image's layers, as it is */
	SK_GATE_CONTENT_IMAGE,	/* the same content; the kernel's programs know it now */
	SK_GATE_CONTENT_OTHER,	/* not the image's, as long as nobody writes to it */
	SK_GATE_CONTENT_MOVING, /* not the image's now: it is being written */
};
/*
 * Whether a file is the image's; pid: a process of the container; lasting: the kernel's programs are to know it from now
 * on, for which a file that was changed just now must be waited for. The digest as far as it was computed ("" if
 * not).
 */
enum sk_gate_content sk_gate_content(struct sk_gate *gate, const struct sk_gate_member *member, int32_t pid, int fd,
				     struct sk_gate_look *look, bool lasting, char ret_digest[65]);
/* The file's path as the process would call it. */
void sk_gate_path(int32_t pid, int fd, char *ret, size_t room);
/* The digest for a report, unless there is one already. */
void sk_gate_digest(struct sk_gate *gate, int fd, const struct sk_gate_look *look, char ret_digest[65]);

/* A file that the kernel's programs told of. */
struct sk_gate_told {
	int32_t pid, ppid;
	bool runs; /* it is the process's program */
	const char *path;
	uint64_t inode; /* 0: what is there now */
	uint32_t device;
};
/* That very file, open for reading; -1: it is gone, with the process. Not for the thread that answers. */
int sk_gate_open_told(struct sk_gate *gate, const struct sk_gate_member *member, const struct sk_gate_told *told,
		      struct sk_gate_look *ret_look);

/* Read-only mounts over protected paths (gate-protect.c). */
int sk_gate_protect(int32_t pid, const char *const *paths, struct sk_err *err);
