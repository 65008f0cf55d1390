/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-find.h"

#include "base/fd.h"
#include "base/limits.h"
#include "guard/container-read.h"
#include "guard/container-runtime.h"
#include "guard/container-store.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

struct search {
	struct sk_container *container;
	struct sk_arena *arena;
};

static bool read_file(const struct search *s, enum sk_container_form form, const char *path)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	return sk_path_slurp_checked(path, false, SK_MAX_CONTAINER_STATE, &text, NULL) >= 0 &&
	       sk_container_read(form, sk_buf_view(&text), s->arena, s->container, NULL) >= 0;
}

static bool read_in(const struct search *s, enum sk_container_form form, struct sk_span folder, const char *name)
{
	sk_autofree char *path = sk_printf("%.*s/%s", (int)folder.len, folder.ptr ? folder.ptr : "", name);

	return folder.len && read_file(s, form, path);
}

/* ---- the bundle ---- */

static bool is_bundle(const struct search *s, struct sk_span folder, char **ret_bundle)
{
	if (!read_in(s, SK_CONTAINER_OCI, folder, "config.json"))
		return false;
	free(*ret_bundle);
	*ret_bundle = sk_strndup(folder.ptr, folder.len);
	return true;
}

/* Where bundles usually are; %s is the container's id. */
static bool usual_bundle(const struct search *s, char **ret_bundle)
{
	static const char *const folders[] = {
		"/run/containerd/io.containerd.runtime.v2.task/moby/%s",
		"/run/containerd/io.containerd.runtime.v2.task/k8s.io/%s",
		"/run/containerd/io.containerd.runtime.v2.task/default/%s",
		"/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/%s",
		"/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/%s",
		"/run/containers/storage/overlay-containers/%s/userdata",
		"/var/lib/containers/storage/overlay-containers/%s/userdata",
	};

	for (size_t i = 0; i < SK_COUNT(folders); i++) {
		ptrdiff_t at = sk_span_chr(sk_span_str(folders[i]), '%');
		sk_autofree char *folder = sk_printf("%.*s%s%s", (int)at, folders[i], s->container->id.ptr,
						     folders[i] + at + strlen("%s"));

		if (is_bundle(s, sk_span_str(folder), ret_bundle))
			return true;
	}
	return false;
}

/* The runtime, the monitor or the shim among the processes above; what the monitor calls it, it is called. */
static bool bundle_above(const struct search *s, const struct sk_process *process, char **ret_bundle)
{
	struct sk_arena arena = { 0 };
	struct sk_runtime_call call;
	bool found = false;

	for (const struct sk_process *p = process; p && !found; p = p->parent) {
		sk_autofree char *folder = NULL;

		if (!sk_runtime_call(p, &arena, &call))
			continue;
		found = sk_span_eq(call.id, s->container->id) && is_bundle(s, call.bundle, ret_bundle);
		if (!found && call.root.len && sk_span_eq(call.id, s->container->id)) {
			folder = sk_container_state(call.root, call.id);
			found = folder && is_bundle(s, sk_span_str(folder), ret_bundle);
		}
		/* A shim stands in the bundle of the first container of its pod; the others' are beside it. */
		if (found || call.runtime[0] || !call.bundle.len)
			continue;
		call.bundle = sk_span_dirname(call.bundle);
		free(folder);
		folder = sk_printf("%.*s/%s", (int)call.bundle.len, call.bundle.ptr, s->container->id.ptr);
		found = is_bundle(s, sk_span_str(folder), ret_bundle);
	}
	sk_arena_release(&arena);
	return found;
}

char *sk_container_state(struct sk_span root, struct sk_span id)
{
	static const char *const names[] = { "state.json", "status" };
	struct sk_runtime_state state = { 0 };
	struct sk_arena arena = { 0 };
	char *bundle = NULL;

	for (size_t i = 0; i < SK_COUNT(names) && !state.bundle.len; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
		sk_autofree char *path = sk_printf("%.*s/%.*s/%s", (int)root.len, root.ptr, (int)id.len, id.ptr, names[i]);

		if (sk_path_slurp_checked(path, false, SK_MAX_CONTAINER_STATE, &text, NULL) >= 0)
			state = sk_runtime_state_read(sk_buf_view(&text), &arena);
	}
	if (state.bundle.len && state.pid && (kill(state.pid, 0) == 0 || errno == EPERM))
		bundle = sk_strndup(state.bundle.ptr, state.bundle.len);
	sk_arena_release(&arena);
	return bundle;
}

static bool find_bundle(const struct search *s, const struct sk_process *process, char **bundle)
{
	if (*bundle && read_in(s, SK_CONTAINER_OCI, sk_span_str(*bundle), "config.json"))
		return true;
	return usual_bundle(s, bundle) || bundle_above(s, process, bundle);
}

/* "rootfs" lies in the bundle. */
static void place_root(const struct search *s, const char *bundle)
{
	struct sk_span *root = &s->container->rootfs;

	if (root->len && root->ptr[0] != '/')
		*root = sk_span_str(sk_arena_printf(s->arena, "%s/%.*s", bundle, (int)root->len, root->ptr));
}

/* ---- engines ---- */

/* Upwards from <root>/<driver>/<layer>/diff: where an engine has its data. Empty: not known. */
static struct sk_span data_above(const struct search *s)
{
	return sk_span_dirname(sk_span_dirname(sk_span_dirname(s->container->upper)));
}

static bool read_docker_in(const struct search *s, struct sk_span root)
{
	sk_autofree char *folder = sk_printf("%.*s/containers/%s", (int)root.len, root.ptr ? root.ptr : "",
					     s->container->id.ptr);

	if (!root.len || !read_in(s, SK_CONTAINER_DOCKER, sk_span_str(folder), "config.v2.json"))
		return false;
	read_in(s, SK_CONTAINER_DOCKER_HOST, sk_span_str(folder), "hostconfig.json");
	if (!s->container->image_digest.len)
		read_in(s, SK_CONTAINER_DOCKER_IMAGES, root, "image/overlay2/repositories.json");
	return true;
}

/* Docker mounts files of its own folder for the container: wherever its data is, they lead there. */
static bool read_docker(const struct search *s)
{
	const struct sk_container *c = s->container;

	if (read_docker_in(s, data_above(s)) || read_docker_in(s, SK_SPAN_LIT("/var/lib/docker")))
		return true;
	for (uint32_t i = 0; i < c->mount_count; i++) {
		struct sk_span above = sk_span_dirname(c->mounts[i].source);

		if (sk_span_eq(sk_span_basename(above), c->id) &&
		    read_docker_in(s, sk_span_dirname(sk_span_dirname(above))))
			return true;
	}
	return false;
}

/* A list of containers/storage, and that of its images beside it. */
static bool read_storage_in(const struct search *s, struct sk_span folder)
{
	static const char suffix[] = "-containers";
	sk_autofree char *images = NULL;

	if (!sk_span_ends(folder, suffix) || (!read_in(s, SK_CONTAINER_STORAGE, folder, "containers.json") &&
					      !read_in(s, SK_CONTAINER_STORAGE, folder, "volatile-containers.json")))
		return false;
	if (!s->container->image_id.len)
		read_in(s, SK_CONTAINER_STORAGE, folder, "volatile-containers.json");
	sk_container_read_podman(s->container, sk_span_dirname(folder), s->arena);
	images = sk_printf("%.*s-images", (int)(folder.len - strlen(suffix)), folder.ptr);
	read_in(s, SK_CONTAINER_STORAGE_IMAGES, sk_span_str(images), "images.json");
	return s->container->image_id.len;
}

/* <root>/overlay-containers/ID/userdata is a bundle of podman and CRI-O; CRI-O's is not where its list is. */
static void read_storage(const struct search *s, const char *bundle)
{
	struct sk_span data = data_above(s);
	sk_autofree char *folder = sk_printf("%.*s/overlay-containers", (int)data.len, data.ptr ? data.ptr : "");

	if (!sk_span_ends(sk_span_str(bundle), "/userdata"))
		return;
	if (!read_storage_in(s, sk_span_dirname(sk_span_dirname(sk_span_str(bundle)))) &&
	    !(data.len && read_storage_in(s, sk_span_str(folder))))
		read_storage_in(s, SK_SPAN_LIT("/var/lib/containers/storage/overlay-containers"));
}

/* What is known of a pod stands in the bundle of its sandbox, beside this one. */
static void read_sandbox(const struct search *s, const char *bundle)
{
	struct sk_span all = sk_span_dirname(sk_span_str(bundle));
	bool userdata = sk_span_ends(sk_span_str(bundle), "/userdata");
	sk_autofree char *folder = NULL;

	if (!s->container->pod_id.len || !sk_container_id_valid(s->container->pod_id) || s->container->pod_label_count)
		return;
	if (userdata)
		all = sk_span_dirname(all);
	folder = sk_printf("%.*s/%s%s", (int)all.len, all.ptr ? all.ptr : "", s->container->pod_id.ptr,
			   userdata ? "/userdata" : "");
	read_in(s, SK_CONTAINER_SANDBOX, sk_span_str(folder), "config.json");
}

/* <state>/io.containerd.runtime.v2.task/NAMESPACE/ID has a link "work" into the folder where containerd has all else. */
static void read_containerd(const struct search *s, const char *bundle)
{
	struct sk_span state = sk_span_dirname(sk_span_str(bundle)), root;
	sk_autofree char *path = sk_printf("%s/work", bundle);
	char work[SK_MAX_PATH];
	ssize_t n;

	if (!sk_span_is(sk_span_basename(sk_span_dirname(state)), "io.containerd.runtime.v2.task"))
		return;
	n = readlink(path, work, sizeof(work));
	root = sk_span_dirname(sk_span_dirname(sk_span_dirname(sk_span(work, n > 0 ? (size_t)n : 0))));
	sk_container_read_containerd(s->container, root, sk_span_basename(state), s->arena);
}

/* What the monitor or the shim above knows, where no file tells it. */
static void look_above(const struct search *s, const struct sk_process *process)
{
	struct sk_container *c = s->container;
	struct sk_arena arena = { 0 };
	struct sk_runtime_call call;

	for (const struct sk_process *p = process; p && (!c->engine.len || !c->name.len); p = p->parent) {
		if (!sk_runtime_call(p, &arena, &call))
			continue;
		if (!c->engine.len)
			c->engine = sk_span_str(call.engine);
		if (!c->name.len && call.name.len && sk_span_eq(call.id, c->id))
			c->name = sk_span(sk_arena_dup(s->arena, call.name), call.name.len);
	}
	sk_arena_release(&arena);
}

void sk_container_look(struct sk_container *container, const struct sk_process *process, char **bundle,
		       struct sk_arena *arena)
{
	struct search s = { .container = container, .arena = arena };
	bool found = find_bundle(&s, process, bundle);

	if (found)
		place_root(&s, *bundle);
	if (read_docker(&s))
		return;
	if (found) {
		read_storage(&s, *bundle);
		read_containerd(&s, *bundle);
		read_sandbox(&s, *bundle);
	}
	look_above(&s, process);
}
