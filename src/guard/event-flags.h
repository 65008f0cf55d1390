/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names of flags and values of system calls' arguments, as Falco's rules and outputs have them. */
#include "guard/event.h"

extern const struct sk_flag sk_open_flags[], sk_exe_flags[], sk_clone_flags[], sk_unlink_flags[], sk_rename_flags[], sk_mode_flags[],
	sk_mount_flags[], sk_memfd_flags[], sk_prot_flags[];
extern const struct sk_flag sk_socket_families[], sk_ptrace_requests[], sk_bpf_commands[];
