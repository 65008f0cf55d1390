/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-read.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"
#include "doc/doc.h"

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
	uint32_t n = 0;

	if (!sk_node_is(object, SK_NODE_OBJECT) || !object->count)
		return;
	to = sk_arena_alloc(arena, (object->count < SK_MAX_CONTAINER_LABELS ? object->count : SK_MAX_CONTAINER_LABELS) *
					   sizeof(*to));
	sk_node_each(label, object) {
		if (n == SK_MAX_CONTAINER_LABELS)
			break;
		if (sk_node_is(label, SK_NODE_STRING))
			to[n++] = (struct sk_label){ copy(arena, label->key), copy(arena, label->text) };
	}
	*labels = to;
	*count = n;
}

/* An array or an object of mounts; `read` makes one of an element. */
static void take_mounts(struct sk_arena *arena, const struct sk_node *list, struct sk_container *c,
			bool (*read)(struct sk_arena *arena, const struct sk_node *node, struct sk_mount_point *ret))
{
	struct sk_mount_point *to;
	uint32_t n = 0;

	if (!sk_node_first(list))
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
	take_mounts(arena, sk_node_get(root, "MountPoints"), c, docker_mount);
	if (sk_time_parse(sk_node_str(sk_node_path(root, "State", "StartedAt", NULL)), &start) && start > 0)
		c->start = start * INT64_C(1000000000);
	sk_node_each(network, sk_node_path(root, "NetworkSettings", "Networks", NULL))
		take(arena, &c->ip, sk_node_str(sk_node_get(network, "IPAddress")));
}

static void read_docker_host(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	const struct sk_node *privileged = sk_node_get(root, "Privileged");

	if (sk_node_is(privileged, SK_NODE_BOOL))
		c->privileged = privileged->truth;
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
static void read_annotations(const struct sk_node *a, struct sk_arena *arena, struct sk_container *c)
{
	static const struct {
		const char *name;
		size_t field;
	} names[] = {
#define FIELD(f) offsetof(struct sk_container, f)
		{ "io.kubernetes.cri.container-name", FIELD(name) },
		{ "io.kubernetes.cri.image-name", FIELD(image) },
		{ "io.kubernetes.cri.sandbox-name", FIELD(pod_name) },
		{ "io.kubernetes.cri.sandbox-namespace", FIELD(namespace) },
		{ "io.kubernetes.cri.sandbox-uid", FIELD(pod_uid) },
		{ "io.kubernetes.cri.sandbox-id", FIELD(pod_id) },
		{ "io.kubernetes.cri-o.ContainerName", FIELD(name) },
		{ "io.kubernetes.cri-o.ImageName", FIELD(image) },
		{ "io.kubernetes.cri-o.ImageRef", FIELD(image_id) },
		{ "io.kubernetes.cri-o.SandboxID", FIELD(pod_id) },
		{ "io.kubernetes.cri-o.KubeName", FIELD(pod_name) },
		{ "io.kubernetes.cri-o.Namespace", FIELD(namespace) },
		{ "io.kubernetes.container.name", FIELD(name) },
		{ "io.kubernetes.pod.name", FIELD(pod_name) },
		{ "io.kubernetes.pod.namespace", FIELD(namespace) },
		{ "io.kubernetes.pod.uid", FIELD(pod_uid) },
		{ "nerdctl/name", FIELD(name) },
		{ "nerdctl/image-name", FIELD(image) },
#undef FIELD
	};

	for (size_t i = 0; i < SK_COUNT(names); i++)
		take(arena, (struct sk_span *)(void *)((char *)c + names[i].field),
		     sk_node_str(sk_node_get(a, names[i].name)));
	if (sk_node_get(a, "io.kubernetes.cri.container-type"))
		c->engine = SK_SPAN_LIT("containerd");
	if (sk_node_get(a, "io.kubernetes.cri-o.ContainerID"))
		c->engine = SK_SPAN_LIT("cri-o");
	if (sk_span_is(sk_node_str(sk_node_get(a, "io.container.manager")), "libpod"))
		c->engine = SK_SPAN_LIT("podman");
}

static void read_oci(const struct sk_node *root, struct sk_arena *arena, struct sk_container *c)
{
	int privileged = is_privileged(root);

	read_annotations(sk_node_get(root, "annotations"), arena, c);
	take_mounts(arena, sk_node_get(root, "mounts"), c, oci_mount);
	if (privileged >= 0)
		c->privileged = privileged;
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

int sk_container_read(enum sk_container_form form, struct sk_span json, struct sk_arena *arena,
		      struct sk_container *container, struct sk_err *err)
{
	static void (*const readers[SK_CONTAINER_FORMS])(const struct sk_node *root, struct sk_arena *arena,
							 struct sk_container *c) = {
		[SK_CONTAINER_OCI] = read_oci,
		[SK_CONTAINER_DOCKER] = read_docker,
		[SK_CONTAINER_DOCKER_HOST] = read_docker_host,
		[SK_CONTAINER_STORAGE] = read_storage,
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
