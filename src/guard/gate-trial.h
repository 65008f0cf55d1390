/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the canary tries, in a process of its own. */
enum sk_gate_trial {
	SK_GATE_TRIAL_UPPER, SK_GATE_TRIAL_OUTSIDE, SK_GATE_TRIAL_MEMORY, SK_GATE_TRIAL_SCRIPT, SK_GATE_TRIAL_LIBRARY,
	SK_GATE_TRIAL_CONNECT, SK_GATE_TRIAL_WRITE, SK_GATE_TRIAL_UNLINK, SK_GATE_TRIAL_RENAME, SK_GATE_TRIALS,
};

/* No cgroup has this number: it is beyond those that are counted. */
#define SK_GATE_CANARY_KEY (UINT64_C(1) << 60)
/* A folder that is protected in the scratch container. */
#define SK_GATE_TRIAL_KEPT "/kept"
/* RFC 5737: an address for documentation, that nobody has. */
#define SK_GATE_TRIAL_ADDRESS { 192, 0, 2, 255 }
#define SK_GATE_TRIAL_PORT 9

/*
 * Makes the scratch container, says so (a byte, 0), waits for a byte, tries, and
 * sends a state (enum sk_gate_state) for each trial and one for a program of the
 * image, which must run: absent. Does not return.
 */
void sk_gate_trials(int from, int to) __attribute__((noreturn));
