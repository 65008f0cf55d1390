/* SPDX-License-Identifier: Apache-2.0 */
/* The workload of Kubernetes objects (Kubernetes API reference, PodSpec v1). */
#include "policy/facts-build.h"
#include "policy/facts-subject.h"
#include "policy/facts-workload.h"

/* The template of a pod, by its shape: built-in kinds and others' alike. */
static const struct sk_node *find_pod(const struct sk_node *object)
{
	const struct sk_node *pod = object;

	for (int i = 0; i < 2; i++) {
		const struct sk_node *spec = sk_node_get(pod, "spec"), *job = sk_node_get(spec, "jobTemplate");

		if (sk_node_is(sk_node_get(spec, "containers"), SK_NODE_ARRAY))
			return pod;
		pod = sk_node_get(spec, "template");
		if (!pod && !job) /* PodTemplate */
			pod = sk_node_get(object, "template");
		else if (!pod)
			pod = sk_node_path(job, "spec", "template", NULL);
	}
	return sk_node_is(sk_node_path(pod, "spec", "containers", NULL), SK_NODE_ARRAY) ? pod : NULL;
}

/* ---- the parts of a container ---- */

static struct sk_cel_value environment(struct sk_facts *facts, const struct sk_node *list)
{
	static const char *const sources[][2] = { { "secretKeyRef", "secret" },
						  { "configMapKeyRef", "configMap" },
						  { "fieldRef", "field" },
						  { "resourceFieldRef", "resource" } };
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list) {
		struct sk_fact_EnvVar *e = sk_fact_new(facts, SK_TYPE_EnvVar, items++);
		const struct sk_node *from = sk_node_get(n, "valueFrom");

		e->name = sk_fact_get_str(facts, n, "name");
		e->value = sk_fact_get_str(facts, n, "value");
		for (size_t i = 0; i < SK_COUNT(sources); i++)
			if (sk_node_get(from, sources[i][0]))
				e->from = sk_fact_str(facts, sources[i][1]);
	}
	return v;
}

static struct sk_cel_value ports(struct sk_facts *facts, const struct sk_node *list)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list) {
		struct sk_fact_Port *p = sk_fact_new(facts, SK_TYPE_Port, items++);

		p->name = sk_fact_get_str(facts, n, "name");
		p->containerPort = sk_fact_get_int(n, "containerPort");
		p->hostPort = sk_fact_get_int(n, "hostPort");
		p->hostIP = sk_fact_get_str(facts, n, "hostIP");
		p->protocol = sk_fact_get_str(facts, n, "protocol");
		if (p->protocol.kind == SK_CEL_ABSENT)
			p->protocol = sk_fact_str(facts, "TCP");
	}
	return v;
}

static const struct sk_node *volume_named(const struct sk_node *spec, struct sk_span name)
{
	sk_node_each(volume, sk_node_get(spec, "volumes"))
		if (sk_span_eq(sk_node_str(sk_node_get(volume, "name")), name))
			return volume;
	return NULL;
}

static struct sk_cel_value mounts(struct sk_facts *facts, const struct sk_node *list, const struct sk_node *spec)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list) {
		struct sk_fact_Mount *m = sk_fact_new(facts, SK_TYPE_Mount, items++);
		const struct sk_node *volume = volume_named(spec, sk_node_str(sk_node_get(n, "name")));

		m->name = sk_fact_get_str(facts, n, "name");
		m->path = sk_fact_get_str(facts, n, "mountPath");
		m->subPath = sk_fact_get_str(facts, n, "subPath");
		m->readOnly = sk_fact_get_bool(n, "readOnly");
		m->hostPath = sk_fact_get_str(facts, sk_node_get(volume, "hostPath"), "path");
		m->propagation = sk_fact_get_str(facts, n, "mountPropagation");
	}
	return v;
}

static void probe(struct sk_facts *facts, const char *name, const struct sk_node *n, struct sk_cel_value *ret)
{
	static const char *const kinds[] = { "exec", "httpGet", "tcpSocket", "grpc", "sleep" };
	struct sk_fact_Probe *p = sk_fact_new(facts, SK_TYPE_Probe, ret);

	p->name = sk_fact_str(facts, name);
	for (size_t i = 0; i < SK_COUNT(kinds); i++) {
		const struct sk_node *action = sk_node_get(n, kinds[i]);

		if (!action)
			continue;
		p->kind = sk_fact_str(facts, kinds[i]);
		if (p->host.kind == SK_CEL_ABSENT || !p->host.len) /* of two, the one that says more */
			p->host = sk_fact_get_str(facts, action, "host");
	}
}

static struct sk_cel_value probes(struct sk_facts *facts, const struct sk_node *container)
{
	static const struct {
		const char *name, *key, *inner;
	} places[] = {
		{ "liveness", "livenessProbe", NULL },
		{ "readiness", "readinessProbe", NULL },
		{ "startup", "startupProbe", NULL },
		{ "postStart", "lifecycle", "postStart" },
		{ "preStop", "lifecycle", "preStop" },
	};
	struct sk_cel_value found[SK_COUNT(places)], v, *items;
	size_t count = 0;

	for (size_t i = 0; i < SK_COUNT(places); i++) {
		const struct sk_node *n = sk_node_get(container, places[i].key);

		if (places[i].inner)
			n = sk_node_get(n, places[i].inner);
		if (sk_node_is(n, SK_NODE_OBJECT))
			probe(facts, places[i].name, n, &found[count++]);
	}
	items = sk_fact_items(facts, count, &v);
	memcpy(items, found, count * sizeof(found[0]));
	return v;
}

static struct sk_cel_value resources(struct sk_facts *facts, const struct sk_node *n)
{
	struct sk_cel_value v;
	struct sk_fact_Resources *r = sk_fact_new(facts, SK_TYPE_Resources, &v);

	r->requests = sk_fact_labels(facts, sk_node_get(n, "requests"));
	r->limits = sk_fact_labels(facts, sk_node_get(n, "limits"));
	return v;
}

static void add_container(struct sk_facts *facts, const struct sk_node *n, const char *type,
			  const struct sk_node *pod, const struct sk_fact_SecurityContext *pod_security,
			  struct sk_cel_value *ret)
{
	struct sk_fact_Container *c = sk_fact_new(facts, SK_TYPE_Container, ret);
	const struct sk_node *section = sk_node_get(n, "securityContext");
	struct sk_fact_SecurityContext *effective =
		sk_fact_new(facts, SK_TYPE_SecurityContext, &c->effective);
	struct sk_cel_value armor = sk_fact_armor(facts, pod, sk_node_str(sk_node_get(n, "name")));
	struct sk_fact_SecurityContext *own = sk_fact_security(facts, section, &c->securityContext);

	if (own)
		*effective = *own;
	if (effective->appArmorProfile.kind == SK_CEL_ABSENT)
		effective->appArmorProfile = armor;
	if (pod_security)
		sk_fact_inherit(effective, pod_security);
	c->name = sk_fact_get_str(facts, n, "name");
	c->type = sk_fact_str(facts, type);
	c->image = sk_fact_get_str(facts, n, "image");
	c->reference = sk_fact_reference(facts, sk_node_str(sk_node_get(n, "image")));
	c->imagePullPolicy = sk_fact_get_str(facts, n, "imagePullPolicy");
	c->command = sk_fact_words(facts, sk_node_get(n, "command"));
	c->args = sk_fact_words(facts, sk_node_get(n, "args"));
	c->workingDir = sk_fact_get_str(facts, n, "workingDir");
	c->env = environment(facts, sk_node_get(n, "env"));
	c->ports = ports(facts, sk_node_get(n, "ports"));
	c->mounts = mounts(facts, sk_node_get(n, "volumeMounts"), sk_node_get(pod, "spec"));
	c->resources = resources(facts, sk_node_get(n, "resources"));
	c->probes = probes(facts, n);
	c->tty = sk_fact_get_bool(n, "tty");
	c->stdinOpen = sk_fact_get_bool(n, "stdin");
}

/* ---- the pod ---- */

static struct sk_cel_value containers(struct sk_facts *facts, const struct sk_node *pod,
				      const struct sk_fact_SecurityContext *pod_security)
{
	static const char *const keys[][2] = { { "containers", "container" },
					       { "initContainers", "init" },
					       { "ephemeralContainers", "ephemeral" } };
	const struct sk_node *spec = sk_node_get(pod, "spec");
	struct sk_cel_value v, *items;
	size_t count = 0;

	for (size_t i = 0; i < SK_COUNT(keys); i++)
		sk_node_each(n, sk_node_get(spec, keys[i][0]))
			count++;
	items = sk_fact_items(facts, count, &v);
	for (size_t i = 0; i < SK_COUNT(keys); i++)
		sk_node_each(n, sk_node_get(spec, keys[i][0]))
			add_container(facts, n, keys[i][1], pod, pod_security, items++);
	return v;
}

/* A volume's kind is the one key beside its name. */
static struct sk_cel_value volumes(struct sk_facts *facts, const struct sk_node *list)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list) {
		struct sk_fact_Volume *volume = sk_fact_new(facts, SK_TYPE_Volume, items++);

		volume->name = sk_fact_get_str(facts, n, "name");
		volume->kind = sk_fact_str(facts, "emptyDir"); /* the API server's default */
		sk_node_each(key, n) {
			/* Two kinds are for the API server to refuse; until then the worse one counts. */
			if (sk_span_is(key->key, "name") || key->type == SK_NODE_NULL ||
			    volume->hostPath.kind != SK_CEL_ABSENT)
				continue;
			volume->kind = sk_fact_text(facts, key->key);
			volume->hostPath = sk_span_is(key->key, "hostPath") ?
						   sk_fact_get_str(facts, key, "path") :
						   (struct sk_cel_value){ 0 };
			volume->readOnly = sk_fact_get_bool(key, "readOnly");
		}
	}
	return v;
}

static struct sk_cel_value secret_names(struct sk_facts *facts, const struct sk_node *list)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list)
		*items++ = sk_fact_text(facts, sk_node_str(sk_node_get(n, "name")));
	return v;
}

static void add_pod(struct sk_facts *facts, struct sk_fact_Workload *w, const struct sk_node *pod)
{
	const struct sk_node *spec = sk_node_get(pod, "spec"), *metadata = sk_node_get(pod, "metadata");
	struct sk_fact_SecurityContext *pod_security =
		sk_fact_security(facts, sk_node_get(spec, "securityContext"), &w->securityContext);

	w->podLabels = sk_fact_labels(facts, sk_node_get(metadata, "labels"));
	w->podAnnotations = sk_fact_labels(facts, sk_node_get(metadata, "annotations"));
	w->serviceAccount = sk_fact_get_str(facts, spec, "serviceAccountName");
	if (w->serviceAccount.kind == SK_CEL_ABSENT)
		w->serviceAccount = sk_fact_get_str(facts, spec, "serviceAccount");
	w->automountServiceAccountToken = sk_fact_get_bool(spec, "automountServiceAccountToken");
	w->hostNetwork = sk_fact_get_bool(spec, "hostNetwork");
	w->hostPID = sk_fact_get_bool(spec, "hostPID");
	w->hostIPC = sk_fact_get_bool(spec, "hostIPC");
	w->hostUsers = sk_fact_get_bool(spec, "hostUsers");
	w->shareProcessNamespace = sk_fact_get_bool(spec, "shareProcessNamespace");
	w->restartPolicy = sk_fact_get_str(facts, spec, "restartPolicy");
	if (w->restartPolicy.kind == SK_CEL_ABSENT)
		w->restartPolicy = sk_fact_str(facts, "Always");
	w->runtimeClass = sk_fact_get_str(facts, spec, "runtimeClassName");
	w->priorityClass = sk_fact_get_str(facts, spec, "priorityClassName");
	w->nodeName = sk_fact_get_str(facts, spec, "nodeName");
	w->os = sk_fact_get_str(facts, sk_node_get(spec, "os"), "name");
	if (w->os.kind == SK_CEL_ABSENT)
		w->os = sk_fact_str(facts, "linux");
	w->imagePullSecrets = secret_names(facts, sk_node_get(spec, "imagePullSecrets"));
	w->volumes = volumes(facts, sk_node_get(spec, "volumes"));
	w->containers = containers(facts, pod, pod_security);
}

bool sk_facts_add_workload(struct sk_facts *facts, const struct sk_node *object)
{
	const struct sk_node *pod = find_pod(object), *metadata = sk_node_get(object, "metadata");
	struct sk_fact_Workload *w;

	if (!pod && sk_span_is(sk_node_str(sk_node_get(object, "kind")), "Pod"))
		facts->none &= ~(1u << SK_FACT_workload); /* broken, not none */
	if (!pod)
		return false;
	w = sk_fact_new(facts, SK_TYPE_Workload, &facts->slots[SK_FACT_workload]);
	facts->none &= ~(1u << SK_FACT_workload);
	w->source = sk_fact_str(facts, "kubernetes");
	w->apiVersion = sk_fact_get_str(facts, object, "apiVersion");
	w->kind = sk_fact_get_str(facts, object, "kind");
	w->name = sk_fact_get_str(facts, metadata, "name");
	if (w->name.kind == SK_CEL_ABSENT)
		w->name = sk_fact_get_str(facts, metadata, "generateName");
	w->namespace = sk_fact_get_str(facts, metadata, "namespace");
	if (w->namespace.kind == SK_CEL_ABSENT)
		w->namespace = sk_fact_str(facts, "default");
	w->labels = sk_fact_labels(facts, sk_node_get(metadata, "labels"));
	w->annotations = sk_fact_labels(facts, sk_node_get(metadata, "annotations"));
	w->replicas = sk_fact_get_int(sk_node_get(object, "spec"), "replicas");
	add_pod(facts, w, pod);
	return true;
}
