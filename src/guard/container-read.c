/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-read.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"
#include "doc/doc.h"
#include "guard/container-pod.h"
#include "guard/container-probe.h"

static struct sk_span copy(struct sk_arena *arena, struct sk_span s)
{
	return s.len && s.len <= SK_MAX_FIELD ? sk_span(sk_arena_dup(arena, s), s.len) : sk_span(NULL, 0);
}

static void take(struct sk_arena *arena, struct sk_span *field, struct sk_span value)
{
	if (value.len && !sk_span_eq(*field, value))
		*field = copy(arena, value);
}

static struct sk_span without(struct sk_span s, const char *prefix)
{
	return sk_span_starts(s, prefix) ? sk_span_from(s, strlen(prefix)) : s;
}

static void take_labels(struct sk_arena *arena, const struct sk_node *object, const struct sk_label **labels,
			uint32_t *count)
{
	struct sk_label *to;
	size_t bytes = 0;
	uint32_t n = 0;

	if (!sk_node_is(object, SK_NODE_OBJECT) || !object->count)
		return;
	to = sk_arena_alloc(arena, (object->count < SK_MAX_CONTAINER_LABELS ? object->count : SK_MAX_CONTAINER_LABELS) *
					   sizeof(*to));
	sk_node_each(label, object) {
		bytes += label->key.len + sk_node_str(label).len;
		if (n == SK_MAX_CONTAINER_LABELS || bytes > SK_MAX_CONTAINER_TEXT)
			break;
		if (sk_node_is(label, SK_NODE_STRING))
			to[n++] = (struct sk_label){ copy(arena, label->key), copy(arena, label->text) };
	}
	*labels = to;
	*count = n;
}

struct named_field {
	const char *name;
	size_t offset;
};
#define FIELD(f) offsetof(struct sk_container, f)

static void take_named(struct sk_arena *arena, const struct sk_node *object, const struct named_field *fields,
		       size_t count, struct sk_container *c)
{
	for (size_t i = 0; i < count; i++)
		take(arena, (struct sk_span *)(void *)((char *)c + fields[i].offset),
		     sk_node_str(sk_node_get(object, fields[i].name)));
}

/* An array or an object of mounts; `read` makes one of an element. */
static void take_mounts(struct sk_arena *arena, const struct sk_node *list, struct sk_container *c,
			bool (*read)(struct sk_arena *arena, const struct sk_node *node, struct sk_mount_point *ret))
{
	struct sk_mount_point *to;
	uint32_t n = 0;

	if (!sk_node_is(list, SK_NODE_OBJECT) && !sk_node_is(list, SK_NODE_ARRAY))
		return;
	to = sk_arena_alloc(arena, (list->count < SK_MAX_CONTAINER_MOUNTS ? list->count : SK_MAX_CONTAINER_MOUNTS) *
					   sizeof(*to));
	sk_node_each(mount, list)
		if (n < SK_MAX_CONTAINER_MOUNTS && read(arena, mount, &to[n]))
			n++;
	c->mounts = to;
	c->mount_count = n;
}

/* ---- Docker ---- */

static bool docker_mount(struct sk_arena *arena, const struct sk_node *node, struct sk_mount_point *ret)
{
	*ret = (struct sk_mount_point){
		.source = copy(arena, sk_node_str(sk_node_get(node, "Source"))),
		.destination = copy(arena, sk_node_str(sk_node_get(node, "Destination"))),
		.mode = copy(arena, sk_node_str(sk_node_get(node, "Relabel"))),
		.propagation = copy(arena, sk_node_str(sk_node_get(node, "Propagation"))),
		.writable = sk_node_bool(sk_node_get(node, "RW"), false),
	};
	return ret->destination.len;
}

static const struct named_field kubernetes_labels[] = {
	{ "io.kubernetes.pod.name", FIELD(pod_name) },
	{ "io.kubernetes.pod.namespace", FIELD(namespace) },
	{ "io.kubernetes.pod.uid", FIELD(pod_uid) },
	{ "io.kubernetes.sandbox.id", FIELD(pod_id) },
	{ "io.kubernetes.container.name", FIELD(name) },
};

static void read_docker(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	const struct sk_node *config = sk_node_get(root, "Config");
	int64_t start;

	c->engine = SK_SPAN_LIT("docker");
	take(arena, &c->name, without(sk_node_str(sk_node_get(root, "Name")), "/"));
	take(arena, &c->image, sk_node_str(sk_node_get(config, "Image")));
	take(arena, &c->image_id, without(sk_node_str(sk_node_get(root, "Image")), "sha256:"));
	take(arena, &c->image_digest, sk_node_str(sk_node_path(root, "ImageManifest", "digest", NULL)));
	take_labels(arena, sk_node_get(config, "Labels"), &c->labels, &c->label_count);
	take_named(arena, sk_node_get(config, "Labels"), kubernetes_labels, SK_COUNT(kubernetes_labels), c);
	sk_container_take_healthcheck(c, sk_node_path(config, "Healthcheck", "Test", NULL), arena);
	sk_container_take_probes(c, sk_node_str(sk_node_path(config, "Labels", "annotation." SK_LAST_APPLIED, NULL)), arena);
	take_mounts(arena, sk_node_get(root, "MountPoints"), c, docker_mount);
	if (sk_time_parse(sk_node_str(sk_node_path(root, "State", "StartedAt", NULL)), &start) && start > 0)
		c->start = start * INT64_C(1000000000);
	sk_node_each(network, sk_node_path(root, "NetworkSettings", "Networks", NULL))
		take(arena, &c->ip, sk_node_str(sk_node_get(network, "IPAddress")));
}

/* "host", "container:ID", "private", or "" for the engine's own. */
static void take_mode(const struct sk_node *mode, int8_t *shared)
{
	if (sk_node_is(mode, SK_NODE_STRING))
		*shared = sk_span_is(mode->text, "host") ? 1 : -1;
}

static void read_docker_host(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	const struct sk_node *privileged = sk_node_get(root, "Privileged");

	if (sk_node_is(privileged, SK_NODE_BOOL))
		c->privileged = privileged->truth;
	take_mode(sk_node_get(root, "PidMode"), &c->host_pid);
	take_mode(sk_node_get(root, "NetworkMode"), &c->host_network);
	take_mode(sk_node_get(root, "IpcMode"), &c->host_ipc);
}

static bool inspect_mount(struct sk_arena *arena, const struct sk_node *node, struct sk_mount_point *ret)
{
	bool found = docker_mount(arena, node, ret);

	ret->mode = copy(arena, sk_node_str(sk_node_get(node, "Mode")));
	return found;
}

/* Much as in Docker's own files. Podman answers so too, and is called what it is. */
static void read_inspect(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	struct sk_span engine = c->engine;

	read_docker(root, arena, c);
	take(arena, &c->engine, engine);
	take_mounts(arena, sk_node_get(root, "Mounts"), c, inspect_mount);
	take(arena, &c->ip, sk_node_str(sk_node_path(root, "NetworkSettings", "IPAddress", NULL)));
	read_docker_host(sk_node_get(root, "HostConfig"), arena, c);
}

static void read_inspect_image(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	struct sk_span reference = sk_node_str(sk_node_at(sk_node_get(root, "RepoDigests"), 0));
	ptrdiff_t at = sk_span_rchr(reference, '@');

	if (at >= 0)
		take(arena, &c->image_digest, sk_span_from(reference, (size_t)at + 1));
}

/* {"Repositories": {"nginx": {"nginx:1.27": "sha256:<id>", "nginx@sha256:<digest>": "sha256:<id>"}}} */
static void read_docker_images(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	sk_node_each(repository, sk_node_get(root, "Repositories"))
		sk_node_each(reference, repository) {
			ptrdiff_t at = sk_span_chr(reference->key, '@');

			if (at < 0 || !c->image_id.len ||
			    !sk_span_eq(without(sk_node_str(reference), "sha256:"), c->image_id))
				continue;
			take(arena, &c->image_digest, sk_span_from(reference->key, (size_t)at + 1));
			return;
		}
}

/* ---- OCI bundles ---- */

static bool has_word(const struct sk_node *list, const char *word)
{
	sk_node_each(item, list)
		if (sk_span_is(sk_node_str(item), word))
			return true;
	return false;
}

static bool oci_mount(struct sk_arena *arena, const struct sk_node *node, struct sk_mount_point *ret)
{
	const struct sk_node *options = sk_node_get(node, "options");

	/* Those of the host alone: proc, sysfs and tmpfs are in every container. */
	if (!sk_span_is(sk_node_str(sk_node_get(node, "type")), "bind") && !has_word(options, "bind") &&
	    !has_word(options, "rbind"))
		return false;
	*ret = (struct sk_mount_point){
		.source = copy(arena, sk_node_str(sk_node_get(node, "source"))),
		.destination = copy(arena, sk_node_str(sk_node_get(node, "destination"))),
		.writable = !has_word(options, "ro"),
		.propagation = has_word(options, "rshared")  ? SK_SPAN_LIT("rshared") :
			       has_word(options, "rslave")   ? SK_SPAN_LIT("rslave") :
			       has_word(options, "rprivate") ? SK_SPAN_LIT("rprivate") :
							       sk_span(NULL, 0),
	};
	return ret->destination.len;
}

/* What a privileged container has, of whatever engine: the capability that holds most, and nothing hidden of /proc. */
static int is_privileged(const struct sk_node *root)
{
	const struct sk_node *bounding = sk_node_path(root, "process", "capabilities", "bounding", NULL);

	if (!sk_node_is(sk_node_get(root, "linux"), SK_NODE_OBJECT))
		return -1;
	return has_word(bounding, "CAP_SYS_ADMIN") && has_word(bounding, "CAP_SYS_MODULE") &&
	       !sk_node_first(sk_node_path(root, "linux", "maskedPaths", NULL));
}

/* Names that engines give to the same things in a bundle's annotations. */
static const struct named_field annotations[] = {
	{ "io.kubernetes.cri.container-name", FIELD(name) },
	{ "io.kubernetes.cri.image-name", FIELD(image) },
	{ "io.kubernetes.cri.sandbox-name", FIELD(pod_name) },
	{ "io.kubernetes.cri.sandbox-namespace", FIELD(namespace) },
	{ "io.kubernetes.cri.sandbox-uid", FIELD(pod_uid) },
	{ "io.kubernetes.cri.sandbox-id", FIELD(pod_id) },
	{ "io.kubernetes.cri-o.ContainerName", FIELD(name) },
	{ "io.kubernetes.cri-o.ImageName", FIELD(image) },
	{ "io.kubernetes.cri-o.SandboxID", FIELD(pod_id) },
	{ "io.kubernetes.cri-o.KubeName", FIELD(pod_name) },
	{ "io.kubernetes.cri-o.Namespace", FIELD(namespace) },
	{ "io.kubernetes.cri-o.IP.0", FIELD(ip) },
	{ "io.kubernetes.container.name", FIELD(name) },
	{ "io.kubernetes.pod.name", FIELD(pod_name) },
	{ "io.kubernetes.pod.namespace", FIELD(namespace) },
	{ "io.kubernetes.pod.uid", FIELD(pod_uid) },
	{ "nerdctl/name", FIELD(name) },
	{ "nerdctl/image-name", FIELD(image) },
	{ "org.opencontainers.image.ref.name", FIELD(image) },
};

static bool is_image_id(struct sk_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
			return false;
	return s.len == 64;
}

/* What CRI-O calls an image is its id, a digest or its name, by the age of CRI-O. */
static void take_image_ref(struct sk_arena *arena, struct sk_span ref, struct sk_container *c)
{
	ptrdiff_t at = sk_span_chr(ref, '@');

	if (at >= 0)
		take(arena, &c->image_digest, sk_span_from(ref, (size_t)at + 1));
	else if (is_image_id(without(ref, "sha256:")))
		take(arena, &c->image_id, without(ref, "sha256:"));
	else if (!c->image.len)
		take(arena, &c->image, ref);
}

/* An object written as a string into an annotation. */
static void take_labels_text(struct sk_arena *arena, struct sk_span text, const struct sk_label **labels,
			     uint32_t *count)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };

	if (text.len && sk_doc_parse(&doc, SK_DOC_JSON, text, 0, NULL) >= 0)
		take_labels(arena, doc.root, labels, count);
}

static bool is_sandbox(const struct sk_node *a)
{
	return sk_span_is(sk_node_str(sk_node_get(a, "io.kubernetes.cri.container-type")), "sandbox") ||
	       sk_span_is(sk_node_str(sk_node_get(a, "io.kubernetes.cri-o.ContainerType")), "sandbox");
}

static void read_annotations(const struct sk_node *a, struct sk_arena *arena, struct sk_container *c)
{
	take_named(arena, a, annotations, SK_COUNT(annotations), c);
	if (!c->image_digest.len)
		take_image_ref(arena, sk_node_str(sk_node_get(a, "io.kubernetes.cri-o.ImageRepoDigests")), c);
	take_image_ref(arena, sk_node_str(sk_node_get(a, "io.kubernetes.cri-o.Image")), c);
	take_image_ref(arena, sk_node_str(sk_node_get(a, "io.kubernetes.cri-o.ImageRef")), c);
	take_labels_text(arena, sk_node_str(sk_node_get(a, "io.kubernetes.cri-o.Labels")), &c->labels, &c->label_count);
	take_labels_text(arena, sk_node_str(sk_node_get(a, "nerdctl/labels")), &c->labels, &c->label_count);
	sk_container_take_pod_annotations(c, sk_node_str(sk_node_get(a, "io.kubernetes.cri-o.Annotations")), arena);
	sk_container_take_cni(c, sk_node_str(sk_node_get(a, "io.kubernetes.cri-o.CNIResult")), arena);
	if (is_sandbox(a)) {
		c->pod_labels = c->labels;
		c->pod_label_count = c->label_count;
		if (!c->name.len)
			c->name = SK_SPAN_LIT("POD");
	}
	if (sk_node_get(a, "io.kubernetes.cri.container-type") || sk_node_get(a, "nerdctl/name"))
		c->engine = SK_SPAN_LIT("containerd");
	if (sk_node_get(a, "io.kubernetes.cri-o.ContainerID"))
		c->engine = SK_SPAN_LIT("cri-o");
	if (sk_span_is(sk_node_str(sk_node_get(a, "io.container.manager")), "libpod"))
		c->engine = SK_SPAN_LIT("podman");
}

/* <layer>/merged is what an overlay shows, and <layer>/diff its upper folder (Docker, containers/storage). */
static void take_root(struct sk_arena *arena, struct sk_span root, struct sk_container *c)
{
	sk_cleanup(sk_buf_release) struct sk_buf upper = { 0 };

	take(arena, &c->rootfs, root);
	if (!sk_span_starts(root, "/") || !sk_span_ends(root, "/merged"))
		return;
	sk_buf_span(&upper, sk_span_dirname(root));
	sk_buf_puts(&upper, "/diff");
	take(arena, &c->upper, sk_buf_view(&upper));
}

/* Shared with the host is a namespace that is not listed, or the one of process 1; one of a sandbox is not. */
static int8_t is_shared(const struct sk_node *linux_part, const char *type)
{
	sk_node_each(item, sk_node_get(linux_part, "namespaces"))
		if (sk_span_is(sk_node_str(sk_node_get(item, "type")), type))
			return sk_span_starts(sk_node_str(sk_node_get(item, "path")), "/proc/1/") ? 1 : -1;
	return 1;
}

static void read_oci(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	const struct sk_node *linux_part = sk_node_get(root, "linux");
	int privileged = is_privileged(root);

	read_annotations(sk_node_get(root, "annotations"), arena, c);
	take_mounts(arena, sk_node_get(root, "mounts"), c, oci_mount);
	take_root(arena, sk_node_str(sk_node_path(root, "root", "path", NULL)), c);
	take(arena, &c->cgroup, sk_node_str(sk_node_get(linux_part, "cgroupsPath")));
	if (privileged >= 0)
		c->privileged = privileged;
	if (sk_node_is(sk_node_get(linux_part, "namespaces"), SK_NODE_ARRAY)) {
		c->host_pid = is_shared(linux_part, "pid");
		c->host_network = is_shared(linux_part, "network");
		c->host_ipc = is_shared(linux_part, "ipc");
	}
}

static void read_sandbox(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	struct sk_container pod = { .name = c->name };

	read_annotations(sk_node_get(root, "annotations"), arena, &pod);
	c->pod_labels = pod.pod_labels;
	c->pod_label_count = pod.pod_label_count;
	take(arena, &c->liveness, pod.liveness);
	take(arena, &c->readiness, pod.readiness);
	c->cni = pod.cni;
	if (!c->ip.len)
		c->ip = pod.ip;
}

static void read_cri_sandbox(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	sk_container_take_sandbox(c, root, arena);
}

/* ---- containers/storage ---- */

/* "metadata" is JSON in a string (podman and CRI-O write it). */
static void read_metadata(struct sk_span text, struct sk_arena *arena, struct sk_container *c)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };

	if (!text.len || sk_doc_parse(&doc, SK_DOC_JSON, text, 0, NULL) < 0)
		return;
	take(arena, &c->image, sk_node_str(sk_node_get(doc.root, "image-name")));
	take(arena, &c->image_id, sk_node_str(sk_node_get(doc.root, "image-id")));
	take(arena, &c->name, sk_node_str(sk_node_get(doc.root, "name")));
}

static void read_storage(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	int64_t created;

	sk_node_each(entry, root) {
		if (!sk_span_eq(sk_node_str(sk_node_get(entry, "id")), c->id))
			continue;
		take(arena, &c->name, sk_node_str(sk_node_at(sk_node_get(entry, "names"), 0)));
		take(arena, &c->image_id, sk_node_str(sk_node_get(entry, "image")));
		read_metadata(sk_node_str(sk_node_get(entry, "metadata")), arena, c);
		if (!c->start && sk_time_parse(sk_node_str(sk_node_get(entry, "created")), &created) && created > 0)
			c->start = created * INT64_C(1000000000);
		return;
	}
}

static void read_storage_images(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	sk_node_each(entry, root) {
		if (!c->image_id.len || !sk_span_eq(sk_node_str(sk_node_get(entry, "id")), c->image_id))
			continue;
		take(arena, &c->image_digest, sk_node_str(sk_node_get(entry, "digest")));
		if (!c->image.len)
			take(arena, &c->image, sk_node_str(sk_node_at(sk_node_get(entry, "names"), 0)));
		return;
	}
}

static void read_podman(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	c->engine = SK_SPAN_LIT("podman");
	take(arena, &c->name, sk_node_str(sk_node_get(root, "name")));
	take(arena, &c->image, sk_node_str(sk_node_get(root, "rootfsImageName")));
	take(arena, &c->image_id, sk_node_str(sk_node_get(root, "rootfsImageID")));
	take(arena, &c->pod_id, sk_node_str(sk_node_get(root, "pod")));
	take_labels(arena, sk_node_get(root, "labels"), &c->labels, &c->label_count);
	sk_container_take_healthcheck(c, sk_node_path(root, "healthcheck", "Test", NULL), arena);
}

static void read_manifest(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	take(arena, &c->image_id, without(sk_node_str(sk_node_path(root, "config", "digest", NULL)), "sha256:"));
}

int sk_container_read(enum sk_container_form form, struct sk_span json, struct sk_arena *arena,
		      struct sk_container *container, struct sk_err *err)
{
	static void (*const readers[SK_CONTAINER_FORMS])(const struct sk_node *root, struct sk_arena *arena,
							 struct sk_container *c) = {
		[SK_CONTAINER_OCI] = read_oci,
		[SK_CONTAINER_DOCKER] = read_docker,
		[SK_CONTAINER_DOCKER_HOST] = read_docker_host,
		[SK_CONTAINER_DOCKER_IMAGES] = read_docker_images,
		[SK_CONTAINER_STORAGE] = read_storage,
		[SK_CONTAINER_STORAGE_IMAGES] = read_storage_images,
		[SK_CONTAINER_PODMAN] = read_podman,
		[SK_CONTAINER_INSPECT] = read_inspect,
		[SK_CONTAINER_INSPECT_IMAGE] = read_inspect_image,
		[SK_CONTAINER_MANIFEST] = read_manifest,
		[SK_CONTAINER_SANDBOX] = read_sandbox,
		[SK_CONTAINER_CRI_SANDBOX] = read_cri_sandbox,
	};
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	int r;

	if (json.len > SK_MAX_CONTAINER_STATE)
		return sk_err_set(err, SK_ELIMIT, "it has %zu bytes, more than %u", json.len, SK_MAX_CONTAINER_STATE);
	r = sk_doc_parse(&doc, SK_DOC_JSON, json, 0, err);
	if (r < 0)
		return r;
	readers[form](doc.root, arena, container);
	return 0;
}

struct sk_runtime_state sk_runtime_state_read(struct sk_span json, struct sk_arena *arena)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_runtime_state state = { 0 };
	int64_t pid;

	if (json.len > SK_MAX_CONTAINER_STATE || sk_doc_parse(&doc, SK_DOC_JSON, json, 0, NULL) < 0)
		return state;
	pid = sk_node_int(sk_node_get(doc.root, "init_process_pid"), sk_node_int(sk_node_get(doc.root, "pid"), 0));
	state.pid = pid > 0 && pid <= INT32_MAX ? (int32_t)pid : 0;
	state.bundle = copy(arena, sk_node_str(sk_node_get(doc.root, "bundle")));
	sk_node_each(label, sk_node_path(doc.root, "config", "labels", NULL))
		if (sk_span_starts(sk_node_str(label), "bundle="))
			state.bundle = copy(arena, without(label->text, "bundle="));
	return state;
}
