/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that run already, as /proc has them (proc_pid_stat(5) and its like). */
#include "guard/process-table.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool read_text(int dir, const char *name, struct sk_buf *out)
{
	sk_autoclose int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	sk_buf_reset(out);
	if (fd < 0)
		return false;
	/* A file of /proc that is longer than this is cut: arguments may have megabytes. */
	n = sk_read_full(fd, sk_buf_reserve(out, SK_MAX_PROCESS_TEXT), SK_MAX_PROCESS_TEXT);
	if (n < 0)
		return false;
	out->len = (size_t)n;
	out->data[n] = '\0';
	return true;
}

static void read_link(int dir, const char *name, struct sk_process *p, enum sk_process_text which)
{
	char text[SK_MAX_PATH];
	ssize_t n = readlinkat(dir, name, text, sizeof(text));

	if (n > 0)
		sk_process_table_set(p, which, sk_span(text, (size_t)n));
}

/* The numbers behind "Name:" of /proc/PID/status; how many there were. */
static unsigned status_numbers(struct sk_span status, const char *name, int base, uint64_t *ret, unsigned max)
{
	struct sk_span line;
	unsigned n = 0;

	while (sk_span_line(&status, &line)) {
		const char *at, *end;

		if (!sk_span_starts(line, name))
			continue;
		at = line.ptr + strlen(name);
		end = line.ptr + line.len;
		while (n < max && at < end) {
			char *behind;

			ret[n] = strtoull(at, &behind, base);
			if (behind == at || behind > end)
				break;
			n++;
			at = behind;
		}
		break;
	}
	return n;
}

static void read_status(struct sk_span status, struct sk_process *p)
{
	uint64_t n[16];
	unsigned count;

	if (status_numbers(status, "Uid:", 10, n, 2) == 2)
		p->uid = (uint32_t)n[1];
	if (status_numbers(status, "Gid:", 10, n, 2) == 2)
		p->gid = (uint32_t)n[1];
	count = status_numbers(status, "NSpid:", 10, n, 16);
	if (count)
		p->vpid = p->vtid = (int32_t)n[count - 1];
	count = status_numbers(status, "NSpgid:", 10, n, 16);
	if (count) {
		p->pgid = (int32_t)n[0];
		p->vpgid = (int32_t)n[count - 1];
	}
	count = status_numbers(status, "NSsid:", 10, n, 16);
	if (count) {
		p->sid = (int32_t)n[0];
		p->vsid = (int32_t)n[count - 1];
	}
	if (status_numbers(status, "CapInh:", 16, n, 1))
		p->cap_inheritable = n[0];
	if (status_numbers(status, "CapPrm:", 16, n, 1))
		p->cap_permitted = n[0];
	if (status_numbers(status, "CapEff:", 16, n, 1))
		p->cap_effective = n[0];
}

static void read_namespaces(int dir, struct sk_process *p)
{
	static const char *const names[] = {
		[SK_NS_MNT] = "ns/mnt", [SK_NS_PID] = "ns/pid", [SK_NS_NET] = "ns/net", [SK_NS_USER] = "ns/user",
		[SK_NS_IPC] = "ns/ipc", [SK_NS_UTS] = "ns/uts", [SK_NS_CGROUP] = "ns/cgroup", [SK_NS_TIME] = "ns/time",
	};
	struct stat st;

	for (size_t i = 0; i < SK_COUNT(names); i++)
		p->namespaces[i] = fstatat(dir, names[i], &st, 0) == 0 ? st.st_ino : 0;
}

static void read_program(int dir, struct sk_process *p)
{
	struct stat st;

	read_link(dir, "exe", p, SK_PROCESS_EXEPATH);
	if (fstatat(dir, "exe", &st, 0) < 0)
		return;
	p->exe_inode = st.st_ino;
	p->exe_ctime = st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec;
	p->exe_mtime = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
	p->exe_place = sk_span_starts(p->exepath, "/memfd:") ? SK_EXE_MEMFD : SK_EXE_PLAIN;
}

/* pid (comm) state ppid pgrp session tty_nr ...; field 22 is the start in clock ticks since boot. */
static bool read_stat(struct sk_span stat, struct sk_process *p, int32_t *ret_ppid)
{
	ptrdiff_t from = sk_span_chr(stat, '('), to = sk_span_rchr(stat, ')');
	struct sk_span rest, word;
	uint64_t value;

	if (from < 0 || to < from)
		return false;
	if (p)
		sk_process_table_set(p, SK_PROCESS_NAME, sk_span_sub(stat, (size_t)from + 1, (size_t)(to - from - 1)));
	rest = sk_span_trim(sk_span_from(stat, (size_t)to + 1));
	for (int field = 3; sk_span_split(&rest, ' ', &word) && field <= 22; field++) {
		if (!sk_span_u64(word, &value))
			continue;
		if (field == 4)
			*ret_ppid = (int32_t)value;
		else if (field == 7 && p)
			p->tty = value ? makedev(value >> 8 & 0xfff, (value & 0xff) | (value >> 12 & 0xfff00)) : 0;
		else if (field == 22 && p)
			p->start = (int64_t)(p->boot_start = value * (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK)));
	}
	return true;
}

bool sk_process_table_look(struct sk_process_table *table, int32_t pid)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	char path[32];
	int32_t parent = 0;
	struct sk_process *p;
	uint64_t n;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	sk_autoclose int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || !read_text(dir, "stat", &text) || !read_stat(sk_buf_view(&text), NULL, &parent))
		return false;
	if (parent && !sk_process_table_get(table, parent))
		sk_process_table_look(table, parent);
	p = sk_process_table_add(table, pid, parent);
	read_stat(sk_buf_view(&text), p, &parent);
	if (read_text(dir, "status", &text))
		read_status(sk_buf_view(&text), p);
	if (read_text(dir, "cmdline", &text))
		sk_process_table_set_args(p, sk_buf_view(&text));
	if (read_text(dir, "loginuid", &text) && sk_span_u64(sk_span_trim(sk_buf_view(&text)), &n))
		p->loginuid = (uint32_t)n;
	read_link(dir, "cwd", p, SK_PROCESS_CWD);
	read_program(dir, p);
	read_namespaces(dir, p);
	return true;
}

void sk_process_table_look_args(struct sk_process *process)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", process->pid);
	sk_autoclose int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && read_text(dir, "cmdline", &text))
		sk_process_table_set_args(process, sk_buf_view(&text));
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int sk_process_table_seed(struct sk_process_table *table, struct sk_err *err)
{
	sk_cleanup(closedirp) DIR *dir = opendir("/proc");
	struct dirent *entry;
	uint64_t pid;

	if (!dir)
		return sk_err_errno(err, "/proc");
	while ((entry = readdir(dir)))
		if (sk_span_u64(sk_span_str(entry->d_name), &pid) && pid <= INT32_MAX &&
		    !sk_process_table_get(table, (int32_t)pid))
			sk_process_table_look(table, (int32_t)pid);
	return 0;
}
