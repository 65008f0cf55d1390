/* SPDX-License-Identifier: Apache-2.0 */
/* What the API server knows of kinds, for objects that come without a request. */
#include "policy/subject.h"

/* Kinds of the built-in groups that stand in no namespace (`kubectl api-resources --namespaced=false`, v1.34). */
static const struct {
	const char *group, *kind;
} cluster_kinds[] = {
	{ "", "ComponentStatus" },
	{ "", "Namespace" },
	{ "", "Node" },
	{ "", "PersistentVolume" },
	{ "apiextensions.k8s.io", "CustomResourceDefinition" },
	{ "apiregistration.k8s.io", "APIService" },
	{ "authentication.k8s.io", "SelfSubjectReview" },
	{ "authentication.k8s.io", "TokenReview" },
	{ "authorization.k8s.io", "SelfSubjectAccessReview" },
	{ "authorization.k8s.io", "SelfSubjectRulesReview" },
	{ "authorization.k8s.io", "SubjectAccessReview" },
	{ "certificates.k8s.io", "CertificateSigningRequest" },
	{ "certificates.k8s.io", "ClusterTrustBundle" },
	{ "networking.k8s.io", "IngressClass" },
	{ "networking.k8s.io", "IPAddress" },
	{ "networking.k8s.io", "ServiceCIDR" },
	{ "node.k8s.io", "RuntimeClass" },
	{ "policy", "PodSecurityPolicy" },
	{ "rbac.authorization.k8s.io", "ClusterRole" },
	{ "rbac.authorization.k8s.io", "ClusterRoleBinding" },
	{ "resource.k8s.io", "DeviceClass" },
	{ "resource.k8s.io", "ResourceSlice" },
	{ "scheduling.k8s.io", "PriorityClass" },
	{ "storage.k8s.io", "CSIDriver" },
	{ "storage.k8s.io", "CSINode" },
	{ "storage.k8s.io", "StorageClass" },
	{ "storage.k8s.io", "VolumeAttachment" },
	{ "storage.k8s.io", "VolumeAttributesClass" },
};

/* Groups whose kinds all stand in none. */
static const char *const cluster_groups[] = {
	"admissionregistration.k8s.io", "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io",
	"storagemigration.k8s.io",
};

bool sk_kube_namespaced(struct sk_span group, struct sk_span kind, bool otherwise)
{
	for (size_t i = 0; i < SK_COUNT(cluster_groups); i++)
		if (sk_span_is(group, cluster_groups[i]))
			return false;
	for (size_t i = 0; i < SK_COUNT(cluster_kinds); i++)
		if (sk_span_is(group, cluster_kinds[i].group) && sk_span_is(kind, cluster_kinds[i].kind))
			return false;
	/* Of other people's kinds nothing is known but what the object says. */
	if (sk_span_chr(group, '.') >= 0 && !sk_span_ends(group, ".k8s.io"))
		return otherwise;
	return true;
}

/* As in k8s.io/apimachinery, UnsafeGuessKindToResource, with English where that is wrong (gateways). */
void sk_kube_resource(struct sk_span kind, struct sk_buf *out)
{
	size_t start = out->len;
	char last, before;

	for (size_t i = 0; i < kind.len; i++)
		sk_buf_putc(out, kind.ptr[i] >= 'A' && kind.ptr[i] <= 'Z' ? (char)(kind.ptr[i] | 32) : kind.ptr[i]);
	if (out->len - start < 2 || strcmp(out->data + start, "endpoints") == 0)
		return;
	last = out->data[out->len - 1];
	before = out->data[out->len - 2];
	if (last == 'y' && !strchr("aeiou", before)) {
		out->len--;
		sk_buf_puts(out, "ies");
	} else if (last == 's' || last == 'x' || (last == 'h' && (before == 'c' || before == 's'))) {
		sk_buf_puts(out, "es");
	} else {
		sk_buf_puts(out, "s");
	}
}
