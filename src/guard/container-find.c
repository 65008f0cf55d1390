/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-find.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "guard/container-read.h"

#include <stdio.h>

struct search {
	struct sk_container *container;
	struct sk_arena *arena;
};

static bool read_file(const struct search *s, enum sk_container_form form, const char *path)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	return sk_path_slurp(path, SK_MAX_CONTAINER_STATE, &text, NULL) >= 0 &&
	       sk_container_read(form, sk_buf_view(&text), s->arena, s->container, NULL) >= 0;
}

static bool read_in(const struct search *s, enum sk_container_form form, const char *folder, const char *name)
{
	sk_autofree char *path = sk_printf("%s/%s", folder, name);

	return read_file(s, form, path);
}

/* Where bundles usually are; %s is the container's id. */
static bool usual_bundle(const struct search *s, char **ret_folder)
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

		if (!read_in(s, SK_CONTAINER_OCI, folder, "config.json"))
			continue;
		*ret_folder = sk_strdup(folder);
		return true;
	}
	return false;
}

/* The argument behind `flag` in NUL-terminated arguments, or empty. */
static struct sk_span argument(struct sk_span args, const char *flag)
{
	struct sk_span word;

	while (sk_span_split(&args, '\0', &word))
		if (sk_span_is(word, flag))
			return sk_span_split(&args, '\0', &word) ? word : sk_span(NULL, 0);
	return sk_span(NULL, 0);
}

/* containerd's shim stands in the bundle, Docker's and Podman's monitors name it: some process above is one. */
static bool bundle_above(const struct search *s, const struct sk_process *process, char **ret_folder)
{
	for (const struct sk_process *p = process; p; p = p->parent) {
		struct sk_span bundle = { 0 };
		sk_autofree char *folder = NULL;

		if (sk_span_ends(p->exepath, "/conmon"))
			bundle = argument(p->args, "-b");
		else if (sk_span_starts(sk_span_basename(p->exepath), "containerd-shim"))
			bundle = p->cwd;
		else if (sk_span_is(sk_span_basename(p->exepath), "runc"))
			bundle = argument(p->args, "--bundle");
		if (!bundle.len || sk_span_find(bundle, s->container->id) < 0)
			continue;
		folder = sk_strndup(bundle.ptr, bundle.len);
		if (!read_in(s, SK_CONTAINER_OCI, folder, "config.json"))
			continue;
		*ret_folder = sk_strdup(folder);
		return true;
	}
	return false;
}

/* Docker mounts files of its own folder for the container: wherever its data is, they lead there. */
static bool read_docker(const struct search *s)
{
	const struct sk_container *c = s->container;
	sk_autofree char *folder = sk_printf("/var/lib/docker/containers/%s", c->id.ptr);
	bool found = read_in(s, SK_CONTAINER_DOCKER, folder, "config.v2.json");

	for (uint32_t i = 0; i < c->mount_count && !found; i++) {
		struct sk_span above = sk_span_dirname(c->mounts[i].source);

		if (!sk_span_eq(sk_span_basename(above), c->id))
			continue;
		free(folder);
		folder = sk_strndup(above.ptr, above.len);
		found = read_in(s, SK_CONTAINER_DOCKER, folder, "config.v2.json");
	}
	return found && read_in(s, SK_CONTAINER_DOCKER_HOST, folder, "hostconfig.json");
}

/* <root>/overlay-containers/ID/userdata is a bundle of podman and CRI-O; the list of containers stands two above. */
static void read_storage(const struct search *s, const char *bundle)
{
	struct sk_span folder = sk_span_dirname(sk_span_dirname(sk_span_str(bundle)));
	sk_autofree char *list = sk_printf("%.*s/containers.json", (int)folder.len, folder.ptr ? folder.ptr : "");
	sk_autofree char *transient = sk_printf("%.*s/volatile-containers.json", (int)folder.len,
						folder.ptr ? folder.ptr : "");
	sk_autofree char *usual = NULL;

	if (read_file(s, SK_CONTAINER_STORAGE, list) && s->container->name.len)
		return;
	if (read_file(s, SK_CONTAINER_STORAGE, transient) && s->container->name.len)
		return;
	usual = sk_strdup("/var/lib/containers/storage/overlay-containers/containers.json");
	read_file(s, SK_CONTAINER_STORAGE, usual);
}

bool sk_container_look(struct sk_container *container, const struct sk_process *process, struct sk_arena *arena)
{
	struct search s = { .container = container, .arena = arena };
	sk_autofree char *bundle = NULL;
	bool found = usual_bundle(&s, &bundle) || bundle_above(&s, process, &bundle);

	if (read_docker(&s))
		return container->name.len && container->image.len;
	if (found)
		read_storage(&s, bundle);
	return container->name.len && container->image.len;
}
