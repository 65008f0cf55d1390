/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages as events, and the names that the peers of sockets have from them. */
#include "guard/sensor-internal.h"

#include "base/mem.h"

#include <stdio.h>
#include <sys/socket.h>

static struct sk_arg text_arg(struct sk_decoder *d, struct sk_span text)
{
	return (struct sk_arg){ .type = text.len ? SK_ARG_TEXT : SK_ARG_ABSENT, .text = sk_decoder_keep(d, text) };
}

/* The name of a number, or the number as RFC 3597 has it: "TYPE65280". */
static struct sk_arg named_arg(struct sk_decoder *d, const char *name, const char *prefix, unsigned number)
{
	char text[32];

	if (name)
		return text_arg(d, sk_span_str(name));
	snprintf(text, sizeof(text), "%s%u", prefix, number);
	return text_arg(d, sk_span_str(text));
}

static struct sk_arg addresses_arg(struct sk_decoder *d, const struct sk_dns_message *m)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	for (uint32_t i = 0; i < m->address_count; i++) {
		if (i)
			sk_buf_putc(&text, ',');
		sk_print_ip(&text, sk_span(m->addresses[i].ip, m->addresses[i].length));
	}
	return text_arg(d, sk_buf_view(&text));
}

/* What is sent to the port of DNS and is no message is an event without a name. */
void sk_decode_dns(struct sk_decoder *d, const struct sk_decoder_record *r)
{
	const struct sk_decoder_part *bytes = sk_decoder_part(r, SK_PART_BYTES, 0);
	struct sk_dns_message m;
	struct sk_event *e = &d->event;
	struct sk_arg *args = d->args;

	e->type = SK_EVENT_DNS;
	e->file = sk_decoder_file(d, r, e->type, 0);
	args[0] = (struct sk_arg){ .type = SK_ARG_ERRNO };
	for (size_t i = 1; i < 7; i++)
		args[i] = (struct sk_arg){ .type = SK_ARG_ABSENT };
	if (e->file)
		args[5] = (struct sk_arg){ .type = SK_ARG_SOCKET, .socket = e->file->socket };
	e->arg_count = 7;
	if (!bytes || !sk_dns_parse(bytes->body, &m))
		return;
	args[1] = text_arg(d, m.name);
	args[2] = named_arg(d, sk_dns_type_name(m.type), "TYPE", m.type);
	if (r->head.kind != SK_WIRE_ANSWER)
		return;
	args[3] = addresses_arg(d, &m);
	args[6] = named_arg(d, sk_dns_rcode_name(m.rcode), "RCODE", m.rcode);
	sk_dns_names_add(d->names, r->head.task.namespaces[SK_NS_NET], &m);
}

void sk_decoder_name_peer(struct sk_decoder *d, const struct sk_decoder_record *r)
{
	struct sk_socket *s = &d->socket;

	if (s->has_server && !s->server)
		s->server_name = sk_dns_names_find(d->names, r->head.task.namespaces[SK_NS_NET],
						   sk_span(s->server_ip, s->family == AF_INET ? 4 : 16));
}
