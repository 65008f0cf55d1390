/* SPDX-License-Identifier: Apache-2.0 */
/* The workload of a request to Docker: POST /containers/create (Docker Engine API 1.47, ContainerCreate). */
#include "policy/facts-subject.h"
#include "policy/facts-workload.h"

#include <stdio.h>

/* ---- names ---- */

/* All that is read below, and maps whose keys are the caller's own. */
static const char *const fields[] = {
	"BindOptions", "Binds", "CapAdd", "CapDrop", "CgroupParent", "Cmd", "Devices", "Entrypoint", "Env",
	"Healthcheck", "HostConfig", "HostIp", "HostPort", "Hostname", "Image", "IpcMode", "Labels",
	"MaximumRetryCount", "Memory", "Mounts", "Name", "NanoCpus", "NetworkMode", "OpenStdin", "PathOnHost",
	"PidMode", "PidsLimit", "PortBindings", "Privileged", "Propagation", "ReadOnly", "ReadonlyRootfs",
	"RestartPolicy", "Runtime", "SecurityOpt", "Source", "Sysctls", "Target", "Test", "Tty", "Type", "UTSMode",
	"Ulimits", "User", "UsernsMode", "WorkingDir",
};
static const char *const maps[] = { "Annotations", "Config", "DriverOpts", "ExposedPorts", "Labels", "Options",
				    "StorageOpt",  "Sysctls", "Tmpfs",	   "Volumes" };

static bool is_map(struct sk_span key)
{
	for (size_t i = 0; i < SK_COUNT(maps); i++)
		if (sk_span_is(key, maps[i]))
			return true;
	return false;
}

enum { MAX_FIELDS = 256 }; /* of one object; Docker's HostConfig has 64 */

static int check_name(const struct sk_node *n, struct sk_err *err)
{
	for (const struct sk_node *other = n->next; other; other = other->next)
		if (sk_span_ieq(n->key, other->key))
			return sk_err_set(err, SK_EINVAL, "line %u: %.*s is there twice", other->line, (int)n->key.len,
					  n->key.ptr);
	for (size_t i = 0; i < n->key.len; i++)
		if ((unsigned char)n->key.ptr[i] >= 0x80)
			return sk_err_set(err, SK_EINVAL, "line %u: no field of a request to Docker is called like this",
					  n->line);
	for (size_t i = 0; i < SK_COUNT(fields); i++)
		if (sk_span_ieq(n->key, sk_span_str(fields[i])) && !sk_span_is(n->key, fields[i]))
			return sk_err_set(err, SK_EINVAL, "line %u: '%.*s' is written '%s'", n->line, (int)n->key.len,
					  n->key.ptr, fields[i]);
	return 0;
}

/*
 * The engine takes "privileged", and even a long s for an s, and merges an
 * object that comes twice (Go's encoding/json), so that what we read would not
 * be what it does. No client writes such requests. As deep as documents are.
 */
static int check_names(const struct sk_node *object, struct sk_err *err)
{
	int r = 0;

	if (!sk_node_is(object, SK_NODE_OBJECT) && !sk_node_is(object, SK_NODE_ARRAY))
		return 0;
	if (sk_node_is(object, SK_NODE_OBJECT) && object->count > MAX_FIELDS)
		return sk_err_set(err, SK_ELIMIT, "line %u: more than %d fields", object->line, MAX_FIELDS);
	sk_node_each(n, object) {
		if (r == 0 && sk_node_is(object, SK_NODE_OBJECT))
			r = check_name(n, err);
		if (r == 0 && !(sk_node_is(object, SK_NODE_OBJECT) && is_map(n->key)))
			r = check_names(n, err);
	}
	return r;
}

/* ---- security ---- */

/* "OPTION=value" or "OPTION:value" among SecurityOpt; empty span where it is not there. */
static struct sk_span security_option(const struct sk_node *host, const char *name)
{
	struct sk_span found = { 0 };
	size_t len = strlen(name);

	sk_node_each(n, sk_node_get(host, "SecurityOpt")) {
		struct sk_span s = sk_node_str(n);

		if (!sk_span_starts(s, name))
			continue;
		if (s.len == len)
			found = SK_SPAN_LIT("true");
		else if (s.ptr[len] == '=' || s.ptr[len] == ':')
			found = sk_span_from(s, len + 1);
	}
	return found;
}

static struct sk_cel_value profile(struct sk_facts *facts, const struct sk_node *host, const char *name)
{
	struct sk_span option = security_option(host, name);
	struct sk_cel_value v;
	struct sk_fact_Profile *p = sk_fact_new(facts, SK_TYPE_Profile, &v);

	if (sk_node_bool(sk_node_get(host, "Privileged"), false) || sk_span_is(option, "unconfined")) {
		p->type = sk_fact_str(facts, "Unconfined");
	} else if (!option.len || sk_span_is(option, "builtin") || sk_span_is(option, "docker-default")) {
		p->type = sk_fact_str(facts, "RuntimeDefault");
	} else {
		p->type = sk_fact_str(facts, "Localhost");
		p->localhostProfile = sk_fact_text(facts, option);
	}
	return v;
}

static struct sk_cel_value se_linux(struct sk_facts *facts, const struct sk_node *host)
{
	struct sk_cel_value v;
	struct sk_fact_SeLinux *p = sk_fact_new(facts, SK_TYPE_SeLinux, &v);

	sk_node_each(n, sk_node_get(host, "SecurityOpt")) {
		struct sk_span s = sk_node_str(n), kind;

		if (!sk_span_starts(s, "label=") && !sk_span_starts(s, "label:"))
			continue;
		s = sk_span_from(s, 6);
		if (!sk_span_split(&s, ':', &kind))
			continue;
		if (sk_span_is(kind, "type"))
			p->type = sk_fact_text(facts, s);
		else if (sk_span_is(kind, "user"))
			p->user = sk_fact_text(facts, s);
		else if (sk_span_is(kind, "role"))
			p->role = sk_fact_text(facts, s);
		else if (sk_span_is(kind, "level"))
			p->level = sk_fact_text(facts, s);
	}
	return v;
}

static struct sk_cel_value capability_names(struct sk_facts *facts, const struct sk_node *list)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list) {
		struct sk_span name = sk_node_text(n);

		*items++ = sk_fact_text(facts, sk_span_starts(name, "CAP_") ? sk_span_from(name, 4) : name);
	}
	return v;
}

/* "1000", "1000:1000", "app", "app:staff" */
static void user(struct sk_facts *facts, struct sk_fact_SecurityContext *s, struct sk_span text)
{
	struct sk_span name = text;
	uint64_t id;

	sk_span_split(&text, ':', &name);
	if (sk_span_starts(name, "+") || sk_span_starts(name, "-")) /* numbers too, for the engine: "+0" is root */
		name = sk_span_from(name, 1);
	if (!name.len) /* ":0" */
		s->runAsUser = sk_cel_int(0);
	else if (sk_span_u64(name, &id) && id <= UINT32_MAX)
		s->runAsUser = sk_cel_int((int64_t)id);
	else
		s->runAsUserName = sk_fact_text(facts, name);
	if (sk_span_u64(text, &id) && id <= UINT32_MAX)
		s->runAsGroup = sk_cel_int((int64_t)id);
}

static struct sk_cel_value sysctls(struct sk_facts *facts, const struct sk_node *object)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(object, SK_NODE_OBJECT))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, object->count, &v);
	sk_node_each(n, object) {
		struct sk_fact_Sysctl *s = sk_fact_new(facts, SK_TYPE_Sysctl, items++);

		s->name = sk_fact_text(facts, n->key);
		s->value = sk_fact_text(facts, sk_node_text(n));
	}
	return v;
}

static struct sk_cel_value security(struct sk_facts *facts, const struct sk_node *body, const struct sk_node *host)
{
	struct sk_span no_new = security_option(host, "no-new-privileges");
	struct sk_cel_value v;
	struct sk_fact_SecurityContext *s = sk_fact_new(facts, SK_TYPE_SecurityContext, &v);
	struct sk_fact_Capabilities *caps = sk_fact_new(facts, SK_TYPE_Capabilities, &s->capabilities);

	s->privileged = sk_fact_get_bool(host, "Privileged");
	s->allowPrivilegeEscalation = sk_cel_bool(!no_new.len || sk_span_is(no_new, "false"));
	s->readOnlyRootFilesystem = sk_fact_get_bool(host, "ReadonlyRootfs");
	s->procMount = sk_fact_str(facts, security_option(host, "systempaths").len ? "Unmasked" : "Default");
	s->seccompProfile = profile(facts, host, "seccomp");
	s->appArmorProfile = profile(facts, host, "apparmor");
	s->seLinuxOptions = se_linux(facts, host);
	s->sysctls = sysctls(facts, sk_node_get(host, "Sysctls"));
	caps->add = capability_names(facts, sk_node_get(host, "CapAdd"));
	caps->drop = capability_names(facts, sk_node_get(host, "CapDrop"));
	user(facts, s, sk_node_str(sk_node_get(body, "User")));
	/* The image's own user, which the request does not tell. */
	if (!sk_node_str(sk_node_get(body, "User")).len) {
		s->runAsUser = sk_fact_unknown(facts, "image.config.user");
		s->runAsUserName = sk_fact_unknown(facts, "image.config.user");
		s->runAsNonRoot = sk_fact_unknown(facts, "image.config.user");
	} else if (s->runAsUser.kind == SK_CEL_INT) {
		s->runAsNonRoot = sk_cel_bool(s->runAsUser.i != 0);
	} else {
		s->runAsNonRoot = sk_cel_bool(!sk_cel_equal(s->runAsUserName, sk_cel_string("root", 4)));
	}
	return v;
}

/* ---- mounts ---- */

struct mount {
	struct sk_span source, target, mode;
	bool read_only;
	const char *type; /* "bind", "volume", "tmpfs" */
	struct sk_span propagation;
};

/* "source:target[:mode,mode]"; a source that is no path is a volume's name. */
static struct mount bind(struct sk_span text)
{
	struct mount m = { .type = "bind" };
	struct sk_span mode;

	sk_span_split(&text, ':', &m.source);
	if (!sk_span_split(&text, ':', &m.target)) {
		m.target = m.source;
		m.source = sk_span(NULL, 0);
	}
	while (sk_span_split(&text, ',', &mode)) {
		if (sk_span_is(mode, "ro"))
			m.read_only = true;
		if (sk_span_ends(mode, "shared") || sk_span_ends(mode, "slave"))
			m.propagation = mode;
	}
	if (!sk_span_starts(m.source, "/"))
		m.type = "volume";
	return m;
}

static struct mount mount_of(const struct sk_node *n)
{
	struct mount m = {
		.source = sk_node_str(sk_node_get(n, "Source")),
		.target = sk_node_str(sk_node_get(n, "Target")),
		.read_only = sk_node_bool(sk_node_get(n, "ReadOnly"), false),
		.propagation = sk_node_str(sk_node_path(n, "BindOptions", "Propagation", NULL)),
		.type = "bind",
	};
	struct sk_span type = sk_node_str(sk_node_get(n, "Type"));

	if (sk_span_is(type, "volume"))
		m.type = "volume";
	else if (!sk_span_is(type, "bind"))
		m.type = "tmpfs";
	return m;
}

static void add_mount(struct sk_facts *facts, const struct mount *m, struct sk_cel_value *mount,
		      struct sk_cel_value *volume)
{
	struct sk_fact_Mount *f = sk_fact_new(facts, SK_TYPE_Mount, mount);
	struct sk_fact_Volume *v = sk_fact_new(facts, SK_TYPE_Volume, volume);
	bool is_bind = strcmp(m->type, "bind") == 0;

	f->name = v->name = sk_fact_text(facts, m->source);
	f->path = sk_fact_text(facts, m->target);
	f->readOnly = v->readOnly = sk_cel_bool(m->read_only);
	f->propagation = sk_fact_str(facts, sk_span_ends(m->propagation, "shared") ? "Bidirectional" :
					    sk_span_ends(m->propagation, "slave")  ? "HostToContainer" :
										     "None");
	v->kind = sk_fact_str(facts, is_bind ? "hostPath" : m->type);
	if (is_bind)
		f->hostPath = v->hostPath = f->name;
}

static void mounts(struct sk_facts *facts, const struct sk_node *host, struct sk_fact_Container *c,
		   struct sk_fact_Workload *w)
{
	const struct sk_node *binds = sk_node_get(host, "Binds"), *list = sk_node_get(host, "Mounts");
	size_t count = (sk_node_is(binds, SK_NODE_ARRAY) ? binds->count : 0) +
		       (sk_node_is(list, SK_NODE_ARRAY) ? list->count : 0);
	struct sk_cel_value *mount = sk_fact_items(facts, count, &c->mounts);
	struct sk_cel_value *volume = sk_fact_items(facts, count, &w->volumes);

	sk_node_each(n, sk_node_is(binds, SK_NODE_ARRAY) ? binds : NULL) {
		struct mount m = bind(sk_node_str(n));

		add_mount(facts, &m, mount++, volume++);
	}
	sk_node_each(n, sk_node_is(list, SK_NODE_ARRAY) ? list : NULL) {
		struct mount m = mount_of(n);

		add_mount(facts, &m, mount++, volume++);
	}
}

/* ---- the container ---- */

/* "8080/tcp": [{ "HostIp": "", "HostPort": "80" }] */
static struct sk_cel_value ports(struct sk_facts *facts, const struct sk_node *bindings)
{
	struct sk_cel_value v, *items;
	size_t count = 0;

	sk_node_each(port, bindings)
		count += sk_node_is(port, SK_NODE_ARRAY) ? port->count : 0;
	items = sk_fact_items(facts, count, &v);
	sk_node_each(port, bindings) {
		struct sk_span protocol = port->key, number = { 0 };
		uint64_t inside = 0, outside;

		sk_span_split(&protocol, '/', &number);
		sk_span_u64(number, &inside);
		sk_node_each(n, sk_node_is(port, SK_NODE_ARRAY) ? port : NULL) {
			struct sk_fact_Port *p = sk_fact_new(facts, SK_TYPE_Port, items++);

			p->containerPort = sk_cel_int((int64_t)(inside & 0xffff));
			if (sk_span_u64(sk_node_str(sk_node_get(n, "HostPort")), &outside))
				p->hostPort = sk_cel_int((int64_t)(outside & 0xffff));
			p->hostIP = sk_fact_get_str(facts, n, "HostIp");
			p->protocol = sk_fact_str(facts, sk_span_is(protocol, "udp")  ? "UDP" :
							 sk_span_is(protocol, "sctp") ? "SCTP" :
											"TCP");
		}
	}
	return v;
}

static struct sk_cel_value environment(struct sk_facts *facts, const struct sk_node *list)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list) {
		struct sk_fact_EnvVar *e = sk_fact_new(facts, SK_TYPE_EnvVar, items++);
		struct sk_span rest = sk_node_str(n), name = { 0 };

		sk_span_split(&rest, '=', &name);
		e->name = sk_fact_text(facts, name);
		e->value = sk_fact_text(facts, rest);
	}
	return v;
}

/* One map of limits as Kubernetes writes quantities. */
static struct sk_cel_value resources(struct sk_facts *facts, const struct sk_node *host)
{
	struct sk_cel_value v;
	struct sk_fact_Resources *r = sk_fact_new(facts, SK_TYPE_Resources, &v);
	struct sk_cel_map *map = sk_cel_map_begin(&facts->arena, 2);
	int64_t memory = sk_node_int(sk_node_get(host, "Memory"), 0);
	int64_t cpu = sk_node_int(sk_node_get(host, "NanoCpus"), 0);
	char text[32];

	if (!map)
		abort();
	if (memory > 0) {
		snprintf(text, sizeof(text), "%lld", (long long)memory);
		sk_cel_map_put(map, sk_fact_str(facts, "memory"), sk_fact_str(facts, text));
	}
	if (cpu > 0) {
		snprintf(text, sizeof(text), "%lldn", (long long)cpu);
		sk_cel_map_put(map, sk_fact_str(facts, "cpu"), sk_fact_str(facts, text));
	}
	r->limits = sk_cel_map_end(map);
	return v;
}

/* One field of each object of a list. */
static struct sk_cel_value names(struct sk_facts *facts, const struct sk_node *list, const char *key)
{
	struct sk_cel_value v, *items;

	if (!sk_node_is(list, SK_NODE_ARRAY))
		return (struct sk_cel_value){ 0 };
	items = sk_fact_items(facts, list->count, &v);
	sk_node_each(n, list)
		*items++ = sk_fact_text(facts, sk_node_str(sk_node_get(n, key)));
	return v;
}

static struct sk_cel_value healthcheck(struct sk_facts *facts, const struct sk_node *body)
{
	const struct sk_node *test = sk_node_path(body, "Healthcheck", "Test", NULL);
	struct sk_span first = sk_node_str(sk_node_at(test, 0));
	struct sk_cel_value v, *items;
	struct sk_fact_Probe *p;

	/* Without one the image's own counts, which the request does not tell. */
	if (!first.len)
		return sk_fact_unknown(facts, "image.config.healthcheck");
	items = sk_fact_items(facts, !sk_span_is(first, "NONE"), &v);
	if (sk_span_is(first, "NONE"))
		return v;
	p = sk_fact_new(facts, SK_TYPE_Probe, items);
	p->name = sk_fact_str(facts, "healthcheck");
	p->kind = sk_fact_str(facts, "exec");
	return v;
}

static void add_container(struct sk_facts *facts, struct sk_fact_Workload *w, const struct sk_node *body,
			  const struct sk_node *host)
{
	struct sk_fact_Container *c = sk_fact_new(facts, SK_TYPE_Container, sk_fact_items(facts, 1, &w->containers));

	c->type = sk_fact_str(facts, "container");
	c->name = sk_fact_get_str(facts, body, "Image"); /* its own stands in the URL */
	c->image = sk_fact_get_str(facts, body, "Image");
	c->reference = sk_fact_reference(facts, sk_node_str(sk_node_get(body, "Image")));
	c->command = sk_fact_words(facts, sk_node_get(body, "Entrypoint"));
	c->args = sk_fact_words(facts, sk_node_get(body, "Cmd"));
	c->workingDir = sk_fact_get_str(facts, body, "WorkingDir");
	c->env = environment(facts, sk_node_get(body, "Env"));
	c->ports = ports(facts, sk_node_get(host, "PortBindings"));
	mounts(facts, host, c, w);
	c->devices = names(facts, sk_node_get(host, "Devices"), "PathOnHost");
	c->resources = resources(facts, host);
	c->pidsLimit = sk_fact_get_int(host, "PidsLimit");
	if (c->pidsLimit.kind == SK_CEL_INT && c->pidsLimit.i < 0)
		c->pidsLimit = sk_cel_int(0);
	c->ulimits = names(facts, sk_node_get(host, "Ulimits"), "Name");
	c->probes = healthcheck(facts, body);
	c->securityContext = c->effective = security(facts, body, host);
	c->tty = sk_fact_get_bool(body, "Tty");
	c->stdinOpen = sk_fact_get_bool(body, "OpenStdin");
}

static struct sk_cel_value is_host(const struct sk_node *host, const char *key)
{
	return sk_cel_bool(sk_span_is(sk_node_str(sk_node_get(host, key)), "host"));
}

int sk_facts_add_docker(struct sk_facts *facts, const struct sk_node *body, struct sk_err *err)
{
	const struct sk_node *host = sk_node_get(body, "HostConfig"), *restart = sk_node_get(host, "RestartPolicy");
	struct sk_fact_Workload *w;
	int r = check_names(body, err);

	if (r < 0)
		return r;
	w = sk_fact_new(facts, SK_TYPE_Workload, &facts->slots[SK_FACT_workload]);
	facts->none &= ~(1u << SK_FACT_workload);
	w->source = sk_fact_str(facts, "docker");
	w->kind = sk_fact_str(facts, "Container");
	w->name = sk_fact_get_str(facts, body, "Hostname");
	w->labels = w->podLabels = sk_fact_labels(facts, sk_node_get(body, "Labels"));
	w->automountServiceAccountToken = sk_cel_bool(false);
	w->networkMode = sk_fact_get_str(facts, host, "NetworkMode");
	w->hostNetwork = is_host(host, "NetworkMode");
	w->hostPID = is_host(host, "PidMode");
	w->hostIPC = is_host(host, "IpcMode");
	w->hostUTS = is_host(host, "UTSMode");
	/* Whether the engine maps users for all containers is its own setting. */
	w->hostUsers = sk_node_str(sk_node_get(host, "UsernsMode")).len ?
			       is_host(host, "UsernsMode") :
			       sk_fact_unknown(facts, "host.engine.userns-remap");
	w->restartPolicy = sk_fact_get_str(facts, restart, "Name");
	w->restartCount = sk_fact_get_int(restart, "MaximumRetryCount");
	w->runtimeClass = sk_fact_get_str(facts, host, "Runtime");
	w->cgroupParent = sk_fact_get_str(facts, host, "CgroupParent");
	w->os = sk_fact_str(facts, "linux");
	add_container(facts, w, body, host);
	return 0;
}
