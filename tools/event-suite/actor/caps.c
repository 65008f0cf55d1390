/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities of files: capabilities(7), cap_from_text(3), linux/capability.h. */
#include "actor.h"

#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

static const char *const names[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
	"linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
	"sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
	"sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
	"mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
	"checkpoint_restore",
};
enum { NAME_COUNT = sizeof(names) / sizeof(*names), PREFIX = 4 }; /* "cap_" */

struct sets {
	uint64_t effective, inheritable, permitted;
};

/* What may be given at all: a file that promises more cannot be executed. */
static uint64_t bounding(void)
{
	uint64_t all = 0;

	for (int i = 0; i < 64; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			all |= UINT64_C(1) << i;
	return all;
}

static uint64_t one(const char *word, size_t length)
{
	if (length == 3 && strncasecmp(word, "all", 3) == 0)
		return bounding();
	for (unsigned i = 0; i < NAME_COUNT; i++)
		if (length == strlen(names[i]) + PREFIX && strncasecmp(word, "cap_", PREFIX) == 0 &&
		    strncasecmp(word + PREFIX, names[i], length - PREFIX) == 0)
			return UINT64_C(1) << i;
	sk_act_refuse("no capability is called '%.*s'", (int)length, word);
}

static void change(uint64_t *set, uint64_t which, char operation)
{
	*set = operation == '-' ? *set & ~which : *set | which;
}

/* "=eip", "+ep-i": each letter a set; '=' empties all three first. */
static const char *operations(const char *p, uint64_t which, struct sets *s)
{
	while (*p == '=' || *p == '+' || *p == '-') {
		char operation = *p++;

		if (operation == '=') {
			change(&s->effective, which, '-');
			change(&s->inheritable, which, '-');
			change(&s->permitted, which, '-');
		}
		for (; isalpha((unsigned char)*p); p++) {
			if (!strchr("eip", *p))
				sk_act_refuse("capabilities have no set '%c'", *p);
			change(*p == 'e' ? &s->effective : *p == 'i' ? &s->inheritable : &s->permitted, which, operation);
		}
	}
	if (*p && !isspace((unsigned char)*p))
		sk_act_refuse("capabilities end at '%s'", p);
	return p;
}

static void parse(const char *p, struct sets *s)
{
	while (*p) {
		uint64_t which = 0;
		size_t length;

		while (isspace((unsigned char)*p))
			p++;
		if (!*p)
			return;
		if (*p == '=') /* no names: all */
			which = bounding();
		for (; (length = strcspn(p, "=+-, \t\n")) > 0; p += length + (p[length] == ','))
			which |= one(p, length);
		p = operations(p, which, s);
	}
}

void sk_act_file_caps(const char *path, const char *text)
{
	struct sets s = { 0 };
	struct vfs_cap_data data = { .magic_etc = VFS_CAP_REVISION_2 };

	parse(text ? text : "all=iep", &s);
	if (s.effective)
		data.magic_etc |= VFS_CAP_FLAGS_EFFECTIVE;
	for (int i = 0; i < 2; i++) {
		data.data[i].permitted = (uint32_t)(s.permitted >> (32 * i));
		data.data[i].inheritable = (uint32_t)(s.inheritable >> (32 * i));
	}
	if (setxattr(path, "security.capability", &data, sizeof(data), 0) < 0)
		sk_act_fail("giving %s its capabilities", path);
}

void sk_act_root_is_nobody(bool nobody)
{
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	int wanted = nobody ? bits | SECBIT_NOROOT : bits & ~SECBIT_NOROOT;

	/* Without the right to change it, scripts run with what the process has. */
	if (bits >= 0 && bits != wanted && prctl(PR_SET_SECUREBITS, wanted, 0, 0, 0) < 0 && nobody)
		sk_act_fail("setting the secure bits");
}
