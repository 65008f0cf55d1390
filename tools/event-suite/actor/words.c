/* SPDX-License-Identifier: Apache-2.0 */
/* The constants that cases may name, with this machine's values. */
#include "actor.h"

#include <fcntl.h>
#include <linux/module.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct word {
	const char *name;
	long long value;
};

/* clang-format off */
#define W(name) { #name, name }

/* Obsolete families that libc no longer names have their numbers from linux/socket.h. */
static const struct word open_flags[] = {
	W(O_ACCMODE), W(O_RDONLY), W(O_WRONLY), W(O_RDWR), W(O_APPEND), W(O_ASYNC), W(O_CLOEXEC), W(O_CREAT),
	W(O_DIRECT), W(O_DIRECTORY), W(O_DSYNC), W(O_EXCL), W(O_FSYNC), W(O_LARGEFILE), W(O_NDELAY), W(O_NOATIME),
	W(O_NOCTTY), W(O_NOFOLLOW), W(O_NONBLOCK), W(O_PATH), W(O_RSYNC), W(O_SYNC), W(O_TMPFILE), W(O_TRUNC), { NULL },
};
static const struct word modes[] = {
	W(S_IRWXU), W(S_IRUSR), W(S_IWUSR), W(S_IXUSR), W(S_IRWXG), W(S_IRGRP), W(S_IWGRP), W(S_IXGRP), W(S_IRWXO),
	W(S_IROTH), W(S_IWOTH), W(S_IXOTH), W(S_ISUID), W(S_ISGID), W(S_ISVTX), { NULL },
};
static const struct word resolve[] = {
	W(RESOLVE_NO_XDEV), W(RESOLVE_NO_MAGICLINKS), W(RESOLVE_NO_SYMLINKS), W(RESOLVE_BENEATH), W(RESOLVE_IN_ROOT),
	W(RESOLVE_CACHED), { NULL },
};
static const struct word linkat_flags[] = { W(AT_SYMLINK_FOLLOW), W(AT_EMPTY_PATH), { NULL } };
static const struct word module_flags[] = {
	W(MODULE_INIT_IGNORE_MODVERSIONS), W(MODULE_INIT_IGNORE_VERMAGIC), { "MODULE_INIT_COMPRESSED_FILE", 4 }, { NULL },
};
static const struct word domains[] = {
	W(AF_UNSPEC), W(AF_UNIX), W(AF_LOCAL), W(AF_INET), W(AF_AX25), W(AF_IPX), W(AF_APPLETALK), W(AF_NETROM),
	W(AF_BRIDGE), W(AF_ATMPVC), W(AF_X25), W(AF_INET6), W(AF_ROSE), W(AF_DECnet), { "AF_NETBEUI", 13 },
	{ "AF_SECURITY", 14 }, W(AF_KEY), W(AF_NETLINK), W(AF_ROUTE), W(AF_PACKET), { "AF_ASH", 18 },
	{ "AF_ECONET", 19 }, W(AF_ATMSVC), W(AF_RDS), { "AF_SNA", 22 }, { "AF_IRDA", 23 }, W(AF_PPPOX),
	{ "AF_WANPIPE", 25 }, { "AF_LLC", 26 }, { "AF_IB", 27 }, { "AF_MPLS", 28 }, W(AF_CAN), { "AF_TIPC", 30 },
	W(AF_BLUETOOTH), { "AF_IUCV", 32 }, W(AF_RXRPC), W(AF_ISDN), { "AF_PHONET", 35 }, { "AF_IEEE802154", 36 },
	{ "AF_CAIF", 37 }, W(AF_ALG), { "AF_NFC", 39 }, W(AF_VSOCK), { "AF_KCM", 41 }, { "AF_QIPCRTR", 42 },
	{ "AF_SMC", 43 }, { "AF_XDP", 44 }, { "AF_MCTP", 45 }, { NULL },
};
static const struct word types[] = {
	W(SOCK_STREAM), W(SOCK_DGRAM), W(SOCK_RAW), W(SOCK_RDM), W(SOCK_SEQPACKET), W(SOCK_DCCP), W(SOCK_PACKET),
	W(SOCK_NONBLOCK), W(SOCK_CLOEXEC), { NULL },
};
static const struct word protocols[] = {
	W(IPPROTO_IP), W(IPPROTO_ICMP), W(IPPROTO_IGMP), W(IPPROTO_IPIP), W(IPPROTO_TCP), W(IPPROTO_EGP), W(IPPROTO_PUP),
	W(IPPROTO_UDP), W(IPPROTO_IDP), W(IPPROTO_TP), W(IPPROTO_DCCP), W(IPPROTO_IPV6), W(IPPROTO_RSVP), W(IPPROTO_GRE),
	W(IPPROTO_ESP), W(IPPROTO_AH), W(IPPROTO_MTP), W(IPPROTO_BEETPH), W(IPPROTO_ENCAP), W(IPPROTO_PIM),
	W(IPPROTO_COMP), { "IPPROTO_L2TP", 115 }, W(IPPROTO_SCTP), W(IPPROTO_UDPLITE), W(IPPROTO_MPLS),
	{ "IPPROTO_ETHERNET", 143 }, W(IPPROTO_RAW), { "IPPROTO_SMC", 256 }, { "IPPROTO_MPTCP", 262 },
	{ "IPPROTO_ICMPV6", 58 }, { NULL },
};
static const struct word send_flags[] = {
	W(MSG_CONFIRM), W(MSG_DONTROUTE), W(MSG_DONTWAIT), W(MSG_EOR), W(MSG_MORE), W(MSG_NOSIGNAL), W(MSG_OOB), { NULL },
};
static const struct word signals[] = {
	W(SIGABRT), W(SIGALRM), W(SIGBUS), W(SIGCHLD), { "SIGCLD", SIGCHLD }, W(SIGCONT), W(SIGFPE), W(SIGHUP), W(SIGILL),
	W(SIGINT), W(SIGIO), { "SIGIOT", SIGABRT }, W(SIGKILL), W(SIGPIPE), { "SIGPOLL", SIGIO }, W(SIGPROF), W(SIGPWR),
	W(SIGQUIT), W(SIGSEGV), W(SIGSTKFLT), W(SIGSTOP), W(SIGTSTP), W(SIGSYS), W(SIGTERM), W(SIGTRAP), W(SIGTTIN),
	W(SIGTTOU), W(SIGURG), W(SIGUSR1), W(SIGUSR2), W(SIGVTALRM), W(SIGXCPU), W(SIGXFSZ), W(SIGWINCH), { NULL },
};

static const struct word *const kinds[] = {
	[SK_ACT_OPEN_FLAGS] = open_flags, [SK_ACT_MODES] = modes, [SK_ACT_RESOLVE] = resolve,
	[SK_ACT_LINKAT_FLAGS] = linkat_flags, [SK_ACT_MODULE_FLAGS] = module_flags, [SK_ACT_DOMAINS] = domains,
	[SK_ACT_TYPES] = types, [SK_ACT_PROTOCOLS] = protocols, [SK_ACT_SEND_FLAGS] = send_flags, [SK_ACT_SIGNALS] = signals,
};
/* clang-format on */

static long long one(enum sk_act_words kind, const char *word)
{
	char *end;
	long long n = strtoll(word, &end, 10);

	if (end > word && !*end)
		return n;
	for (const struct word *w = kinds[kind]; w->name; w++)
		if (strcmp(w->name, word) == 0)
			return w->value;
	sk_act_refuse("nothing is called '%s' here", word);
}

long long sk_act_flags(enum sk_act_words kind, const char *text)
{
	char *copy = strdup(text), *rest = copy, *word;
	long long all = 0;

	while ((word = strsep(&rest, "|")) != NULL) {
		while (*word == ' ')
			word++;
		word[strcspn(word, " ")] = '\0';
		all |= one(kind, word);
	}
	free(copy);
	return all;
}
