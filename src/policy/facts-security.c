/* SPDX-License-Identifier: Apache-2.0 */
/* Security contexts (Kubernetes API reference, PodSecurityContext and SecurityContext v1). */
#include "policy/facts-workload.h"

static struct sk_cel_value profile(struct sk_facts *facts, const struct sk_node *n)
{
	struct sk_cel_value v;
	struct sk_fact_Profile *p;

	if (!sk_node_is(n, SK_NODE_OBJECT))
		return (struct sk_cel_value){ 0 };
	p = sk_fact_new(facts, SK_TYPE_Profile, &v);
	p->type = sk_fact_get_str(facts, n, "type");
	p->localhostProfile = sk_fact_get_str(facts, n, "localhostProfile");
	return v;
}

static struct sk_cel_value se_linux(struct sk_facts *facts, const struct sk_node *n)
{
	struct sk_cel_value v;
	struct sk_fact_SeLinux *p;

	if (!sk_node_is(n, SK_NODE_OBJECT))
		return (struct sk_cel_value){ 0 };
	p = sk_fact_new(facts, SK_TYPE_SeLinux, &v);
	p->type = sk_fact_get_str(facts, n, "type");
	p->user = sk_fact_get_str(facts, n, "user");
	p->role = sk_fact_get_str(facts, n, "role");
	p->level = sk_fact_get_str(facts, n, "level");
	return v;
}

static struct sk_cel_value capability_names(struct sk_facts *facts, const struct sk_node *list)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list)
		*items++ = sk_fact_text(facts, sk_node_text(n)); /* CAP_ALL is not ALL: runtimes put CAP_ before it */
	return v;
}

static struct sk_cel_value capabilities(struct sk_facts *facts, const struct sk_node *n)
{
	struct sk_cel_value v;
	struct sk_fact_Capabilities *c;

	if (!sk_node_is(n, SK_NODE_OBJECT))
		return (struct sk_cel_value){ 0 };
	c = sk_fact_new(facts, SK_TYPE_Capabilities, &v);
	c->add = capability_names(facts, sk_node_get(n, "add"));
	c->drop = capability_names(facts, sk_node_get(n, "drop"));
	return v;
}

static struct sk_cel_value integers(struct sk_facts *facts, const struct sk_node *list)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list)
		*items++ = sk_cel_int(sk_node_int(n, 0));
	return v;
}

static struct sk_cel_value sysctls(struct sk_facts *facts, const struct sk_node *list)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list) {
		struct sk_fact_Sysctl *s = sk_fact_new(facts, SK_TYPE_Sysctl, items++);

		s->name = sk_fact_get_str(facts, n, "name");
		s->value = sk_fact_get_str(facts, n, "value");
	}
	return v;
}

static void fill_security(struct sk_facts *facts, struct sk_fact_SecurityContext *s, const struct sk_node *n)
{
	s->privileged = sk_fact_get_bool(n, "privileged");
	s->allowPrivilegeEscalation = sk_fact_get_bool(n, "allowPrivilegeEscalation");
	s->runAsNonRoot = sk_fact_get_bool(n, "runAsNonRoot");
	s->runAsUser = sk_fact_get_int(n, "runAsUser");
	s->runAsGroup = sk_fact_get_int(n, "runAsGroup");
	s->fsGroup = sk_fact_get_int(n, "fsGroup");
	s->supplementalGroups = integers(facts, sk_node_get(n, "supplementalGroups"));
	s->readOnlyRootFilesystem = sk_fact_get_bool(n, "readOnlyRootFilesystem");
	s->procMount = sk_fact_get_str(facts, n, "procMount");
	s->capabilities = capabilities(facts, sk_node_get(n, "capabilities"));
	s->seccompProfile = profile(facts, sk_node_get(n, "seccompProfile"));
	s->appArmorProfile = profile(facts, sk_node_get(n, "appArmorProfile"));
	s->seLinuxOptions = se_linux(facts, sk_node_get(n, "seLinuxOptions"));
	s->sysctls = sysctls(facts, sk_node_get(n, "sysctls"));
	s->hostProcess = sk_fact_get_bool(sk_node_get(n, "windowsOptions"), "hostProcess");
}

struct sk_fact_SecurityContext *sk_fact_security(struct sk_facts *facts, const struct sk_node *n,
						 struct sk_cel_value *ret_value)
{
	static const struct sk_cel_error wrong = { SK_CEL_EVALUE, 0, "a securityContext is no object" };
	struct sk_fact_SecurityContext *s;

	*ret_value = (struct sk_cel_value){ 0 };
	if (n && n->type != SK_NODE_OBJECT && n->type != SK_NODE_NULL)
		*ret_value = (struct sk_cel_value){ .kind = SK_CEL_ERROR, .error = &wrong };
	if (!sk_node_is(n, SK_NODE_OBJECT))
		return NULL;
	s = sk_fact_new(facts, SK_TYPE_SecurityContext, ret_value);
	fill_security(facts, s, n);
	return s;
}

/* What a container does not say itself is as its pod says it (PodSecurityContext v1). */
void sk_fact_inherit(struct sk_fact_SecurityContext *s, const struct sk_fact_SecurityContext *pod)
{
	static const size_t inherited[] = {
		offsetof(struct sk_fact_SecurityContext, runAsNonRoot),
		offsetof(struct sk_fact_SecurityContext, runAsUser),
		offsetof(struct sk_fact_SecurityContext, runAsGroup),
		offsetof(struct sk_fact_SecurityContext, fsGroup),
		offsetof(struct sk_fact_SecurityContext, supplementalGroups),
		offsetof(struct sk_fact_SecurityContext, sysctls),
		offsetof(struct sk_fact_SecurityContext, seccompProfile),
		offsetof(struct sk_fact_SecurityContext, appArmorProfile),
		offsetof(struct sk_fact_SecurityContext, seLinuxOptions),
		offsetof(struct sk_fact_SecurityContext, hostProcess),
	};

	for (size_t i = 0; i < SK_COUNT(inherited); i++) {
		struct sk_cel_value *own = (void *)((char *)s + inherited[i]);

		if (own->kind == SK_CEL_ABSENT)
			*own = *(const struct sk_cel_value *)(const void *)((const char *)pod + inherited[i]);
	}
}

/* container.apparmor.security.beta.kubernetes.io/<container>: before v1.30 there was no field. */
struct sk_cel_value sk_fact_armor(struct sk_facts *facts, const struct sk_node *pod, struct sk_span name)
{
	sk_autofree char *key =
		sk_printf("container.apparmor.security.beta.kubernetes.io/%.*s", (int)name.len, name.ptr);
	struct sk_span text = sk_node_str(sk_node_get(sk_node_path(pod, "metadata", "annotations", NULL), key));
	struct sk_cel_value v;
	struct sk_fact_Profile *p;

	if (!text.len)
		return (struct sk_cel_value){ 0 };
	p = sk_fact_new(facts, SK_TYPE_Profile, &v);
	if (sk_span_is(text, "runtime/default")) {
		p->type = sk_fact_str(facts, "RuntimeDefault");
	} else if (sk_span_is(text, "unconfined")) {
		p->type = sk_fact_str(facts, "Unconfined");
	} else {
		p->type = sk_fact_str(facts, "Localhost");
		p->localhostProfile =
			sk_fact_text(facts, sk_span_starts(text, "localhost/") ? sk_span_from(text, 10) : text);
	}
	return v;
}
