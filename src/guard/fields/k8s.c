/* SPDX-License-Identifier: Apache-2.0 */
/* The pod that the container belongs to; all of it is absent elsewhere. */
#include "guard/fields/fields.h"

static const struct sk_container *of(const struct sk_event *e)
{
	return e->process->container;
}

static bool give(struct sk_span text, struct sk_field_value *ret)
{
	return text.len && sk_give_text(ret, text);
}

static bool ns_name(SK_FIELD_PARAMS) { return of(e) && give(of(e)->namespace, ret); }
static bool pod_name(SK_FIELD_PARAMS) { return of(e) && give(of(e)->pod_name, ret); }
static bool pod_uid(SK_FIELD_PARAMS) { return of(e) && give(of(e)->pod_uid, ret); }
static bool sandbox(SK_FIELD_PARAMS) { return of(e) && give(sk_span_sub(of(e)->pod_id, 0, 12), ret); }
static bool full_sandbox(SK_FIELD_PARAMS) { return of(e) && give(of(e)->pod_id, ret); }
static bool pod_cni(SK_FIELD_PARAMS) { return of(e) && of(e)->pod_name.len && give(of(e)->cni, ret); }
static bool pod_ip(SK_FIELD_PARAMS) { return of(e) && of(e)->pod_name.len && give(of(e)->ip, ret); }

static bool label(SK_FIELD_PARAMS)
{
	for (uint32_t i = 0; of(e) && i < of(e)->pod_label_count; i++)
		if (sk_span_eq(of(e)->pod_labels[i].name, arg->text))
			return sk_give_text(ret, of(e)->pod_labels[i].value);
	return false;
}

static bool labels(SK_FIELD_PARAMS)
{
	return of(e) && sk_give_labels(of(e)->pod_labels, of(e)->pod_label_count, scratch, ret);
}

#define TEXT SK_FIELD_TEXT

static const struct sk_field fields[] = {
	{ "k8s.ns.name", TEXT, 0, "namespace of the pod", ns_name },
	{ "k8s.pod.name", TEXT, 0, "name of the pod", pod_name },
	{ "k8s.pod.uid", TEXT, 0, "UID of the pod", pod_uid },
	{ "k8s.pod.id", TEXT, 0, "the same, under an older name", pod_uid },
	{ "k8s.pod.sandbox_id", TEXT, 0, "first twelve characters of the pod's sandbox id", sandbox },
	{ "k8s.pod.full_sandbox_id", TEXT, 0, "the whole id of the pod's sandbox", full_sandbox },
	{ "k8s.pod.ip", TEXT, 0, "first address of the pod", pod_ip },
	{ "k8s.pod.cni.json", TEXT, 0, "what network plugins gave the pod (containerd, CRI-O), as JSON", pod_cni },
	{ "k8s.pod.label", TEXT, SK_FIELD_ARG_REQUIRED, "label [NAME] of the pod", label },
	{ "k8s.pod.labels", TEXT, 0, "all labels of the pod but Kubernetes' own", labels },
	{ NULL },
};

const struct sk_field_class sk_field_class_k8s = { "k8s", "The pod that the container belongs to", fields };
