/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/sensor-calls.h"

#include "base/mem.h"
#include "bpf/event.h"
#include "guard/sensor.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* Linux 6.6; one number on all machines */
#endif

#define NONE SK_WIRE_NONE
#define RESULT SK_WIRE_RESULT
#define ROW(id, call, a, f, ...)                                                                                   \
	{                                                                                                          \
		.type = SK_EVENT_##id, .name = #call, .number = SYS_##call, .args = a, .file = f, .address = NONE, \
		.message = NONE, __VA_ARGS__                                                                       \
	}
#define OPENED .flags = SK_CALL_OPENS
#define NET .is_net = true

/* A row's last words change what its first ones say. */
#pragma GCC diagnostic ignored "-Woverride-init"

const struct sk_sensor_call sk_sensor_calls[] = {
#ifdef SYS_open /* machines that are older than the calls ending in "at" */
	ROW(OPEN, open, "ra12in", RESULT, OPENED),
	ROW(CREAT, creat, "ra1in", RESULT, OPENED),
	ROW(UNLINK, unlink, "ra", NONE),
	ROW(RMDIR, rmdir, "ra", NONE),
	ROW(MKDIR, mkdir, "ra1", NONE),
	ROW(RENAME, rename, "rab", NONE),
	ROW(LINK, link, "rab", NONE),
	ROW(SYMLINK, symlink, "rab", NONE),
	ROW(CHMOD, chmod, "ra1", NONE),
	ROW(CHOWN, chown, "ra12", NONE),
	ROW(LCHOWN, lchown, "ra12", NONE),
	ROW(DUP2, dup2, "r01", RESULT, .flags = SK_CALL_STANDARD),
#endif
#ifdef SYS_renameat
	ROW(RENAMEAT, renameat, "r0b2d", NONE),
#endif
	ROW(OPENAT, openat, "r0b23in", RESULT, OPENED),
	ROW(OPENAT2, openat2, "r0buvwin", RESULT, OPENED),
	ROW(UNLINKAT, unlinkat, "r0b2", NONE),
	ROW(MKDIRAT, mkdirat, "r0b2", NONE),
	ROW(RENAMEAT2, renameat2, "r0b2d4", NONE),
	ROW(LINKAT, linkat, "r0b2d4", NONE),
	ROW(SYMLINKAT, symlinkat, "ra1c", NONE),
	ROW(FCHMOD, fchmod, "r01", 0),
	ROW(FCHMODAT, fchmodat, "r0b2", NONE),
	ROW(FCHMODAT, fchmodat2, "r0b2", NONE),
	ROW(FCHOWN, fchown, "r012", 0),
	ROW(FCHOWNAT, fchownat, "r0b234", NONE),
	ROW(CHDIR, chdir, "ra", NONE, .flags = SK_CALL_MOVES),
	ROW(FCHDIR, fchdir, "r0", 0, .flags = SK_CALL_MOVES),
	ROW(CHROOT, chroot, "ra", NONE, .flags = SK_CALL_MOVES),
	ROW(PIVOT_ROOT, pivot_root, "rab", NONE, .flags = SK_CALL_MOVES),
	ROW(MOUNT, mount, "rabc3", NONE),
	ROW(UMOUNT2, umount2, "ra1", NONE, .name = "umount"), /* as the kernel has it */
	ROW(MOVE_MOUNT, move_mount, "r0b2d4", NONE),
	ROW(TRUNCATE, truncate, "ra1", NONE),
	ROW(FTRUNCATE, ftruncate, "r01", 0),
	ROW(UTIMENSAT, utimensat, "r0b--3", NONE),
	ROW(SOCKET, socket, "r012", RESULT, NET),
	ROW(SOCKETPAIR, socketpair, "r--012", NONE, NET),
	ROW(BIND, bind, "rs0", 0, .address = 1, NET),
	ROW(LISTEN, listen, "r01", 0, NET),
	ROW(ACCEPT, accept, "rs", RESULT, NET),
	ROW(ACCEPT4, accept4, "rs", RESULT, NET),
	ROW(CONNECT, connect, "rs0", 0, .address = 1, NET),
	ROW(SENDTO, sendto, "rB02s", 0, .address = 4, NET),
	ROW(SENDMSG, sendmsg, "rB0-s", 0, .message = 1, NET),
	ROW(SENDMMSG, sendmmsg, "rB02s", 0, .message = 1, NET),
	ROW(RECVMMSG, recvmmsg, "rB02s", 0, .message = 1, NET),
	ROW(RECVFROM, recvfrom, "rB02s", 0, NET),
	ROW(RECVMSG, recvmsg, "rB0-s", 0, .message = 1, NET),
	ROW(DUP, dup, "r0", RESULT, .flags = SK_CALL_STANDARD),
	ROW(DUP3, dup3, "r012", RESULT, .flags = SK_CALL_STANDARD),
	ROW(SETUID, setuid, "r0", NONE),
	ROW(SETGID, setgid, "r0", NONE),
	ROW(SETRESUID, setresuid, "r012", NONE),
	ROW(SETRESGID, setresgid, "r012", NONE),
	ROW(SETREUID, setreuid, "r01", NONE),
	ROW(SETREGID, setregid, "r01", NONE),
	ROW(CAPSET, capset, "rxyz", NONE),
	ROW(PTRACE, ptrace, "r0123", NONE),
	ROW(PROCESS_VM_READV, process_vm_readv, "r0-", NONE),
	ROW(PROCESS_VM_WRITEV, process_vm_writev, "r0-", NONE),
	ROW(MEMFD_CREATE, memfd_create, "ra1", RESULT),
	ROW(BPF, bpf, "r0", NONE),
	ROW(INIT_MODULE, init_module, "r-1c", NONE),
	ROW(FINIT_MODULE, finit_module, "r0b2", 0),
	ROW(DELETE_MODULE, delete_module, "ra1", NONE),
	ROW(KEYCTL, keyctl, "r0", NONE),
	ROW(UNSHARE, unshare, "r0", NONE),
	ROW(SETNS, setns, "r01", 0),
	ROW(PRCTL, prctl, "r0-1", NONE),
	ROW(IO_URING_SETUP, io_uring_setup, "r0-", RESULT),
	ROW(USERFAULTFD, userfaultfd, "r0", RESULT),
	ROW(PERF_EVENT_OPEN, perf_event_open, "r-1", RESULT),
	ROW(KILL, kill, "r01tT", NONE),
	ROW(TKILL, tkill, "r01tT", NONE),
	ROW(TGKILL, tgkill, "r012tT", NONE),
	ROW(MMAP, mmap, "r01234", 4, .flags = SK_CALL_CODE),
	ROW(MPROTECT, mprotect, "r012", NONE, .flags = SK_CALL_CODE),
	ROW(MPROTECT, pkey_mprotect, "r012", NONE, .flags = SK_CALL_CODE),
	ROW(SETTIME, clock_settime, "r0-", NONE),
};
const size_t sk_sensor_call_count = SK_COUNT(sk_sensor_calls);

#define ORDER(op, s, id, call) { .opcode = IORING_OP_##op, .shape = SK_ORDER_##s, .type = SK_EVENT_##id, .number = SYS_##call }
const struct sk_sensor_order sk_sensor_orders[] = {
	ORDER(OPENAT, OPEN, OPENAT, openat),	   ORDER(OPENAT2, OPEN, OPENAT2, openat2),
	ORDER(UNLINKAT, NAME, UNLINKAT, unlinkat), ORDER(MKDIRAT, NAME, MKDIRAT, mkdirat),
	ORDER(RENAMEAT, NAMES, RENAMEAT2, renameat2), ORDER(LINKAT, NAMES, LINKAT, linkat),
	ORDER(SYMLINKAT, SYMLINK, SYMLINKAT, symlinkat), ORDER(CONNECT, CONNECT, CONNECT, connect),
};
const size_t sk_sensor_order_count = SK_COUNT(sk_sensor_orders);

const struct sk_sensor_call *sk_sensor_call_of(enum sk_event_type type, uint32_t number)
{
	for (size_t i = 0; i < sk_sensor_call_count; i++)
		if (sk_sensor_calls[i].type == type && (uint32_t)sk_sensor_calls[i].number == number)
			return &sk_sensor_calls[i];
	return NULL;
}

/* Where a relative path begins: at the descriptor in the argument before it, or at the current folder. */
static uint8_t folder_of(const struct sk_sensor_call *call, unsigned arg)
{
	const struct sk_arg_desc *desc = sk_event_descs[call->type].args;

	/* Where it stands after a move is not where the move began. */
	if (desc[arg].type != SK_ARG_PATH || (call->flags & SK_CALL_MOVES))
		return SK_WIRE_NONE;
	if (arg && desc[arg - 1].type == SK_ARG_FD && call->args[arg - 1] >= '0' && call->args[arg - 1] <= '5')
		return (uint8_t)(call->args[arg - 1] - '0');
	return SK_WIRE_CWD;
}

/* open(2) and openat(2) have their flags in a register, creat(2) always writes, openat2(2) has a structure. */
static uint8_t open_flags_of(const struct sk_sensor_call *call)
{
	return call->type == SK_EVENT_OPEN ? 1 : call->type == SK_EVENT_OPENAT ? 2 : SK_WIRE_NONE;
}

/* Where there is a mode, it is in the next register; creat(2) has no flags before it. */
static uint8_t open_mode_of(const struct sk_sensor_call *call)
{
	uint8_t flags = open_flags_of(call);

	return call->type == SK_EVENT_CREAT ? 1 : flags == NONE ? NONE : (uint8_t)(flags + 1);
}

static uint8_t flags_of(const struct sk_sensor_call *call, const struct sk_sensor_want *want)
{
	unsigned flags = SK_CALL_WANTED | call->flags;

	if (want->not_failed[call->type])
		flags |= SK_CALL_NO_FAILED;
	if ((call->flags & SK_CALL_OPENS) && want->reads)
		flags |= SK_CALL_READS;
	/* What openat2(2) was asked for lies in memory, so no tag can stand for it. */
	if ((call->flags & SK_CALL_OPENS) && want->boring && call->type != SK_EVENT_OPENAT2)
		flags |= SK_CALL_TAGGED;
	return (uint8_t)flags;
}

void sk_sensor_call_wire(const struct sk_sensor_call *call, const struct sk_sensor_want *want, struct sk_wire_call *ret)
{
	*ret = (struct sk_wire_call){
		.event = (uint16_t)call->type,
		.bytes = NONE,
		.file = call->file,
		.address = call->address,
		.message = call->message,
		.open_flags = open_flags_of(call),
		.open_mode = open_mode_of(call),
		.flags = flags_of(call, want),
		.folder = { NONE, NONE, NONE, NONE, NONE, NONE },
	};
	for (unsigned i = 0; call->args[i]; i++) {
		char c = call->args[i];

		if (c >= 'a' && c <= 'f') {
			ret->strings |= (uint8_t)(1 << (c - 'a'));
			ret->folder[c - 'a'] = folder_of(call, i);
		} else if (c >= 'A' && c <= 'F' && call->message == NONE) {
			ret->bytes = (uint8_t)(c - 'A');
		} else if (c == 'u') {
			ret->bytes = SK_SENSOR_OPEN_HOW;
		}
	}
}

bool sk_sensor_sees(enum sk_event_type type)
{
	if (type <= SK_EVENT_PROCEXIT || type == SK_EVENT_DNS)
		return true;
	for (size_t i = 0; i < sk_sensor_call_count; i++)
		if (sk_sensor_calls[i].type == type)
			return true;
	return false;
}
