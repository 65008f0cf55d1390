/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/print.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

static const struct {
	const char *name;
	char letter;
} file_types[] = {
	[SK_FILE_UNKNOWN] = { "", '?' },
	[SK_FILE_REGULAR] = { "file", 'f' },
	[SK_FILE_DIRECTORY] = { "directory", 'd' },
	[SK_FILE_IPV4] = { "ipv4", '4' },
	[SK_FILE_IPV6] = { "ipv6", '6' },
	[SK_FILE_UNIX] = { "unix", 'u' },
	[SK_FILE_NETLINK] = { "netlink", 'n' },
	[SK_FILE_PACKET] = { "packet", 'o' },
	[SK_FILE_SOCKET] = { "socket", 'o' },
	[SK_FILE_PIPE] = { "pipe", 'p' },
	[SK_FILE_EVENT] = { "event", 'e' },
	[SK_FILE_EPOLL] = { "eventpoll", 'l' },
	[SK_FILE_INOTIFY] = { "inotify", 'i' },
	[SK_FILE_SIGNALFD] = { "signalfd", 's' },
	[SK_FILE_TIMERFD] = { "timerfd", 't' },
	[SK_FILE_MEMFD] = { "memfd", 'm' },
	[SK_FILE_BPF] = { "bpf", 'b' },
	[SK_FILE_USERFAULTFD] = { "userfaultfd", 'u' },
	[SK_FILE_IO_URING] = { "io_uring", 'r' },
	[SK_FILE_PIDFD] = { "pidfd", 'P' },
	[SK_FILE_TTY] = { "file", 'f' },
};

const char *sk_file_type_name(enum sk_file_type type)
{
	return file_types[type].name;
}

char sk_file_type_letter(enum sk_file_type type)
{
	return file_types[type].letter;
}

const char *sk_errno_name(int number)
{
	return strerrorname_np(number);
}

void sk_print_ip(struct sk_buf *out, struct sk_span address)
{
	char text[INET6_ADDRSTRLEN];

	if (address.len == 4 || address.len == 16) {
		inet_ntop(address.len == 4 ? AF_INET : AF_INET6, address.ptr, text, sizeof(text));
		sk_buf_puts(out, text);
	}
}

static void print_end(struct sk_buf *out, const struct sk_socket *s, const uint8_t *ip, uint16_t port)
{
	sk_print_ip(out, sk_span(ip, s->family == AF_INET ? 4 : 16));
	sk_buf_printf(out, ":%u", port);
}

void sk_print_socket(struct sk_buf *out, const struct sk_socket *s)
{
	if (s->family != AF_INET && s->family != AF_INET6) {
		sk_buf_span(out, s->path);
		return;
	}
	if (s->has_client)
		print_end(out, s, s->client, s->client_port);
	if (s->has_client && s->has_server)
		sk_buf_puts(out, "->");
	if (s->has_server)
		print_end(out, s, s->server_ip, s->server_port);
}

void sk_print_clock(struct sk_buf *out, int64_t nanoseconds)
{
	time_t seconds = (time_t)(nanoseconds / 1000000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	sk_buf_digits(out, (uint64_t)tm.tm_year + 1900, 4);
	for (int i = 0; i < 5; i++) {
		sk_buf_putc(out, "--T::"[i]);
		sk_buf_digits(out, (uint64_t)(const int[]){ tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec }[i], 2);
	}
	sk_buf_putc(out, '.');
	sk_buf_digits(out, (uint64_t)(nanoseconds % 1000000000), 9);
}

void sk_print_time(struct sk_buf *out, int64_t nanoseconds)
{
	sk_print_clock(out, nanoseconds);
	sk_buf_puts(out, "+0000");
}

static const char *const capabilities[] = {
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
	"LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
	"SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
	"SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL",
	"SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON",
	"BPF", "CHECKPOINT_RESTORE",
};

uint64_t sk_capability_bit(struct sk_span name)
{
	for (size_t i = 0; sk_span_starts(name, "CAP_") && i < SK_COUNT(capabilities); i++)
		if (sk_span_is(sk_span_from(name, 4), capabilities[i]))
			return 1ull << i;
	return 0;
}

void sk_print_capabilities(struct sk_buf *out, uint64_t set)
{
	const char *between = "";

	for (size_t i = 0; i < SK_COUNT(capabilities); i++)
		if (set >> i & 1) {
			sk_buf_printf(out, "%sCAP_%s", between, capabilities[i]);
			between = " ";
		}
}

/* ---- arguments ---- */

static void print_flags(struct sk_buf *out, const struct sk_arg_desc *desc, uint64_t value)
{
	const char *between = "";

	for (const struct sk_flag *f = desc->flags; f && f->name; f++) {
		bool is_set = desc->type == SK_ARG_ENUM ? f->bits == value : (value & f->mask) == f->bits;

		if (!is_set)
			continue;
		sk_buf_printf(out, "%s%s", between, f->name);
		between = "|";
	}
}

static bool is_relative(const struct sk_event *event, const struct sk_arg *arg)
{
	return arg->text.len && arg->text.ptr[0] != '/' && event->process && event->process->cwd.len;
}

/* A path that does not begin at the root begins where the process stands. */
static void print_path(struct sk_buf *out, const struct sk_event *event, const struct sk_arg *arg)
{
	if (is_relative(event, arg)) {
		struct sk_span cwd = event->process->cwd;

		sk_buf_span(out, cwd);
		if (cwd.ptr[cwd.len - 1] != '/')
			sk_buf_putc(out, '/');
	}
	sk_buf_span(out, arg->text);
}

static void print_strings(struct sk_buf *out, struct sk_span strings)
{
	for (size_t i = 0; i < strings.len; i++) {
		if (strings.ptr[i])
			sk_buf_putc(out, strings.ptr[i]);
		else if (i + 1 < strings.len)
			sk_buf_putc(out, ' ');
	}
}

static void print_number(struct sk_buf *out, const struct sk_arg *arg)
{
	switch (arg->type) {
	case SK_ARG_HEX:
		sk_buf_printf(out, "%" PRIX64, arg->u);
		break;
	case SK_ARG_OCT:
		sk_buf_printf(out, "0%" PRIo64, arg->u);
		break;
	case SK_ARG_UINT:
	case SK_ARG_FLAGS:
	case SK_ARG_ENUM:
		sk_buf_printf(out, "%" PRIu64, arg->u);
		break;
	default:
		sk_buf_printf(out, "%" PRId64, arg->i);
		break;
	}
}

static void print_fd(struct sk_buf *out, const struct sk_event *event, const struct sk_arg *arg)
{
	if (event->file && arg->i == event->fd) {
		sk_buf_printf(out, "<%c>", sk_file_type_letter(event->file->type));
		sk_buf_span(out, event->file->name);
	} else if (arg->i == AT_FDCWD) {
		sk_buf_puts(out, "AT_FDCWD");
	}
}

/* The name of a user that the event's process knows of. */
static void print_uid(struct sk_buf *out, const struct sk_event *event, const struct sk_arg *arg)
{
	const struct sk_process *p = event->process;
	const struct sk_user *known[] = { p->user, p->login, p->parent ? p->parent->user : NULL };

	for (size_t i = 0; i < SK_COUNT(known); i++)
		if (known[i] && known[i]->uid == arg->u) {
			sk_buf_span(out, known[i]->name);
			return;
		}
	if (arg->u == 0)
		sk_buf_puts(out, "root");
}

/* What a number stands for; nothing where it stands for itself. */
static void print_meaning(struct sk_buf *out, const struct sk_event *event, const struct sk_arg_desc *desc,
			  const struct sk_arg *arg)
{
	const char *name = NULL;

	switch (arg->type) {
	case SK_ARG_ERRNO:
		name = arg->i < 0 ? sk_errno_name((int)-arg->i) : NULL;
		break;
	case SK_ARG_FD:
		if (arg->i < 0 && arg->i != AT_FDCWD && arg->i > -4096)
			name = sk_errno_name((int)-arg->i);
		else
			print_fd(out, event, arg);
		break;
	case SK_ARG_FLAGS:
	case SK_ARG_ENUM:
		print_flags(out, desc, arg->u);
		break;
	case SK_ARG_UID:
		print_uid(out, event, arg);
		break;
	case SK_ARG_SIGNAL:
		name = sigabbrev_np((int)arg->i);
		if (name)
			sk_buf_puts(out, "SIG");
		break;
	default:
		break;
	}
	if (name)
		sk_buf_puts(out, name);
}

void sk_print_arg(struct sk_buf *out, const struct sk_event *event, const struct sk_arg_desc *desc,
		  const struct sk_arg *arg, bool raw)
{
	size_t before = out->len;

	switch (arg->type) {
	case SK_ARG_ABSENT:
		return;
	case SK_ARG_TEXT:
	case SK_ARG_BYTES:
		sk_buf_span(out, arg->text);
		return;
	case SK_ARG_PATH:
		if (raw)
			sk_buf_span(out, arg->text);
		else
			print_path(out, event, arg);
		return;
	case SK_ARG_STRINGS:
		print_strings(out, arg->text);
		return;
	case SK_ARG_SOCKET:
		if (arg->socket)
			sk_print_socket(out, arg->socket);
		return;
	default:
		break;
	}
	if (!raw)
		print_meaning(out, event, desc, arg);
	if (out->len == before)
		print_number(out, arg);
}

void sk_print_args(struct sk_buf *out, const struct sk_event *event)
{
	const struct sk_arg_desc *desc = sk_event_descs[event->type].args;

	for (uint8_t i = 0; i < event->arg_count && desc[i].name; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf meaning = { 0 };

		if (event->args[i].type == SK_ARG_ABSENT)
			continue;
		sk_buf_printf(out, "%s%s=", i ? " " : "", desc[i].name);
		sk_print_arg(out, event, &desc[i], &event->args[i], true);
		print_meaning(&meaning, event, &desc[i], &event->args[i]);
		if (meaning.len)
			sk_buf_printf(out, "(%s)", meaning.data);
	}
}
