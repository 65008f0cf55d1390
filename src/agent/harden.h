/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The agent gives up what it does not need: capabilities, new privileges,
 * system calls that only an intruder in it would make, core dumps.
 *
 *	sk_harden_begin()	first of all: before threads, which keep what they are born with
 *	sk_harden_thread()	by each thread of its own, for what it does alone
 *	sk_harden_finish()	when everything is open: what only opening needs goes, for all threads
 *
 * There is no landlock: who is in it may not look at processes outside of it by
 * /proc (PTRACE_MODE_READ), and that is what the agent is for. The systemd unit
 * keeps writes to a few folders instead.
 */
#include "base/buf.h"
#include "base/err.h"

struct sk_harden_options {
	bool gate;    /* containers are guarded */
	bool marks;   /* and each new one's programs are held: fanotify's marks */
	bool mounts;  /* and each new one's paths are protected: mounts in its namespace */
	bool workers; /* workers are started: this program again, to read images */
};

struct sk_hardening {
	uint64_t capabilities; /* bits of those that some thread still has */
	bool no_new_privileges;
	unsigned denied;       /* system calls; 0: no filter */
	bool undumpable;       /* no core dump, and no look into its memory without CAP_SYS_PTRACE */
	int oom;	       /* what the kernel adds to its badness when memory is short (-1000 to 1000) */
};

void sk_harden_begin(const struct sk_harden_options *options);
/* What could not be done is in `ret`, and no error. */
void sk_harden_finish(const struct sk_harden_options *options, struct sk_hardening *ret);

/* The calling thread keeps these of the process's capabilities, and the filter that comes later. */
enum sk_thread_rights {
	SK_THREAD_NONE,	    /* only what its descriptors and its user give it */
	SK_THREAD_READS,    /* reads other processes, and files whoever owns them */
	SK_THREAD_RESPONDS, /* and sends signals */
	SK_THREAD_GATE,	    /* and looks into the gate's maps and into what overlays keep of their layers */
};
void sk_harden_thread(enum sk_thread_rights rights);

/* "rights: bpf, kill, perfmon; no new privileges; 43 system calls denied; ..." */
void sk_hardening_text(const struct sk_hardening *hardening, struct sk_buf *out);
/* "bpf, kill, perfmon", or "none". */
void sk_hardening_rights(const struct sk_hardening *hardening, struct sk_buf *out);
