/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/*
 * DNS on the wire: datagrams to port 53 as they leave their socket, whatever
 * call sent them, and those that answer them. Other packets cost some loads; no
 * packet is held up.
 */
#include "objects.h"
#include "task.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define IPPROTO_UDP 17
#define SOCK_DGRAM 2
#define DNS_PORT 53
#define DNS_HEADER 12

/* Who asked. The ids are those of messages, which are not guessed easily. */
struct asked_key {
	__u32 netns;
	__u16 port; /* that the answer comes to; host byte order */
	__u16 id;   /* as on the wire */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SK_WIRE_ASKED);
	__type(key, struct asked_key);
	__type(value, __s32);
} asked SEC(".maps");

struct udp_header {
	__be16 source, destination, length, checksum;
};

static __always_inline void put_packet_socket(struct scratch *s, const struct sk_wire_socket *ends)
{
	struct sk_wire_socket *out;

	if (!part_begin(s, SK_PART_SOCKET, 0))
		return;
	out = room(s);
	if (!out)
		return;
	__builtin_memcpy(out, ends, sizeof(*out));
	s->used += sizeof(*out);
	part_end(s);
}

static __always_inline void put_message_bytes(struct scratch *s, const void *at, __u32 length)
{
	if (!part_begin(s, SK_PART_BYTES, 0))
		return;
	put_bytes(s, at, length, SK_WIRE_BYTES, bpf_probe_read_kernel);
	part_end(s);
}

/* Addresses of an IP header, and the protocol behind it; 0: another one, or with options. */
static __always_inline __u8 read_ip(const unsigned char *header, __be16 family, struct sk_wire_socket *ends,
				    bool outgoing)
{
	__u8 *source = outgoing ? ends->local : ends->remote, *destination = outgoing ? ends->remote : ends->local;
	__u8 bytes[40];

	if (family == __builtin_bswap16(ETH_P_IP)) {
		if (bpf_probe_read_kernel(bytes, 20, header) || bytes[0] != 0x45)
			return 0;
		ends->family = AF_INET;
		__builtin_memcpy(source, bytes + 12, 4);
		__builtin_memcpy(destination, bytes + 16, 4);
		return bytes[9];
	}
	if (family != __builtin_bswap16(ETH_P_IPV6) || bpf_probe_read_kernel(bytes, 40, header))
		return 0;
	ends->family = AF_INET6;
	__builtin_memcpy(source, bytes + 8, 16);
	__builtin_memcpy(destination, bytes + 24, 16);
	return bytes[6];
}
