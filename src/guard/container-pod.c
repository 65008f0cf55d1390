/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-pod.h"

#include "base/limits.h"
#include "doc/json-write.h"
#include "guard/container-probe.h"

static void take(struct sk_span *field, struct sk_span value, struct sk_arena *arena)
{
	if (value.len && value.len <= SK_MAX_FIELD)
		*field = sk_span(sk_arena_dup(arena, value), value.len);
}

/* {"eth0":{"IPConfigs":[{"IP":"10.0.0.2","Gateway":"10.0.0.1"}]}}: what the pod itself has of addresses. */
static void put_interface(struct sk_json_writer *w, const struct sk_node *interface)
{
	sk_json_key_span(w, interface->key);
	sk_json_object(w);
	sk_json_key(w, "IPConfigs");
	sk_json_array(w);
	sk_node_each(config, sk_node_get(interface, "IPConfigs")) {
		sk_json_object(w);
		sk_json_key(w, "IP");
		sk_json_span(w, sk_node_str(sk_node_get(config, "IP")));
		sk_json_key(w, "Gateway");
		sk_json_span(w, sk_node_str(sk_node_get(config, "Gateway")));
		sk_json_end(w);
	}
	sk_json_end(w);
	sk_json_end(w);
}

static void take_interfaces(struct sk_container *c, const struct sk_node *interfaces, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_json_writer w = { .buf = &text };

	if (!sk_node_is(interfaces, SK_NODE_OBJECT))
		return;
	sk_json_object(&w);
	sk_node_each(interface, interfaces)
		if (sk_node_first(sk_node_get(interface, "IPConfigs")) && !sk_span_is(interface->key, "lo") &&
		    text.len <= SK_MAX_FIELD)
			put_interface(&w, interface);
	sk_json_end(&w);
	take(&c->cni, sk_buf_view(&text), arena);
}

void sk_container_take_sandbox(struct sk_container *c, const struct sk_node *metadata, struct sk_arena *arena)
{
	const struct sk_node *pod = sk_node_get(metadata, "Metadata");

	take(&c->ip, sk_node_str(sk_node_get(pod, "IP")), arena);
	take_interfaces(c, sk_node_path(pod, "CNIResult", "Interfaces", NULL), arena);
	sk_container_take_probes(c, sk_node_str(sk_node_path(pod, "Config", "annotations", SK_LAST_APPLIED, NULL)), arena);
}

void sk_container_take_cni(struct sk_container *c, struct sk_span result, struct sk_arena *arena)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_span address;
	ptrdiff_t slash;

	if (!result.len || sk_doc_parse(&doc, SK_DOC_JSON, result, 0, NULL) < 0)
		return;
	take(&c->cni, result, arena);
	/* "10.85.0.7/16" */
	address = sk_node_str(sk_node_get(sk_node_at(sk_node_get(doc.root, "ips"), 0), "address"));
	slash = sk_span_chr(address, '/');
	if (!c->ip.len)
		take(&c->ip, slash < 0 ? address : sk_span_sub(address, 0, (size_t)slash), arena);
}

void sk_container_take_pod_annotations(struct sk_container *c, struct sk_span text, struct sk_arena *arena)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };

	if (text.len && sk_doc_parse(&doc, SK_DOC_JSON, text, 0, NULL) >= 0)
		sk_container_take_probes(c, sk_node_str(sk_node_get(doc.root, SK_LAST_APPLIED)), arena);
}
