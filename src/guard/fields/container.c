/* SPDX-License-Identifier: Apache-2.0 */
/* The container that the process is in. On the host itself id and name are "host", all else is absent. */
#include "guard/fields/fields.h"

enum { SHORT_ID = 12 };

static const struct sk_container *of(const struct sk_event *e)
{
	return e->process->container;
}

/* Present only when it is known. */
static bool give(struct sk_span text, struct sk_field_value *ret)
{
	return text.len && sk_give_text(ret, text);
}

static bool id(SK_FIELD_PARAMS)
{
	return sk_give_text(ret, of(e) ? sk_span_sub(of(e)->id, 0, SHORT_ID) : SK_SPAN_LIT("host"));
}

static bool full_id(SK_FIELD_PARAMS) { return sk_give_text(ret, of(e) ? of(e)->id : SK_SPAN_LIT("host")); }
static bool name(SK_FIELD_PARAMS) { return of(e) ? give(of(e)->name, ret) : sk_give_str(ret, "host"); }
static bool type(SK_FIELD_PARAMS) { return of(e) ? give(of(e)->engine, ret) : sk_give_str(ret, "host"); }
static bool image(SK_FIELD_PARAMS) { return of(e) && give(of(e)->image, ret); }
static bool image_id(SK_FIELD_PARAMS) { return of(e) && give(sk_span_sub(of(e)->image_id, 0, SHORT_ID), ret); }
static bool image_digest(SK_FIELD_PARAMS) { return of(e) && give(of(e)->image_digest, ret); }
static bool ip(SK_FIELD_PARAMS) { return of(e) && give(of(e)->ip, ret); }
static bool cni(SK_FIELD_PARAMS) { return of(e) && give(of(e)->cni, ret); }

/* "registry:5000/app:1@sha256:..." has the repository "registry:5000/app" and the tag "1". */
static void split_image(struct sk_span image, struct sk_span *ret_repository, struct sk_span *ret_tag)
{
	ptrdiff_t at = sk_span_chr(image, '@'), colon, slash;

	if (at >= 0)
		image.len = (size_t)at;
	colon = sk_span_rchr(image, ':');
	slash = sk_span_rchr(image, '/');
	*ret_repository = image;
	*ret_tag = sk_span("", 0);
	if (colon <= slash)
		return;
	*ret_repository = sk_span_sub(image, 0, (size_t)colon);
	*ret_tag = sk_span_from(image, (size_t)colon + 1);
}

static bool repository(SK_FIELD_PARAMS)
{
	struct sk_span tag;

	if (!of(e))
		return false;
	split_image(of(e)->image, &ret->text, &tag);
	return give(ret->text, ret);
}

static bool tag(SK_FIELD_PARAMS)
{
	struct sk_span repo;

	if (!of(e))
		return false;
	split_image(of(e)->image, &repo, &ret->text);
	return give(ret->text, ret);
}

static bool privileged(SK_FIELD_PARAMS)
{
	return of(e) && of(e)->privileged >= 0 && sk_give_bool(ret, of(e)->privileged > 0);
}

/* ---- what it shares with the host, and what looks after it ---- */

static bool shared(int8_t how, struct sk_field_value *ret)
{
	return how && sk_give_bool(ret, how > 0);
}

static bool host_pid(SK_FIELD_PARAMS) { return of(e) && shared(of(e)->host_pid, ret); }
static bool host_network(SK_FIELD_PARAMS) { return of(e) && shared(of(e)->host_network, ret); }
static bool host_ipc(SK_FIELD_PARAMS) { return of(e) && shared(of(e)->host_ipc, ret); }
static bool healthcheck(SK_FIELD_PARAMS) { return of(e) && give(of(e)->healthcheck, ret); }
static bool liveness(SK_FIELD_PARAMS) { return of(e) && give(of(e)->liveness, ret); }
static bool readiness(SK_FIELD_PARAMS) { return of(e) && give(of(e)->readiness, ret); }

/* ---- its life ---- */

static bool start_ts(SK_FIELD_PARAMS)
{
	if (!of(e) || !of(e)->start)
		return false;
	ret->type = SK_FIELD_TIME;
	ret->i = of(e)->start;
	return true;
}

static bool duration(SK_FIELD_PARAMS)
{
	if (!of(e) || !of(e)->start)
		return false;
	ret->type = SK_FIELD_SPAN;
	ret->i = e->time - of(e)->start;
	return true;
}

/* ---- mounts ---- */

static void put_mount(struct sk_buf *out, const struct sk_mount_point *m)
{
	sk_buf_span(out, m->source);
	sk_buf_putc(out, ':');
	sk_buf_span(out, m->destination);
	sk_buf_putc(out, ':');
	sk_buf_span(out, m->mode);
	sk_buf_printf(out, ":%s:", m->writable ? "true" : "false");
	sk_buf_span(out, m->propagation);
}

static bool mounts(SK_FIELD_PARAMS)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	if (!of(e))
		return false;
	for (uint32_t i = 0; i < of(e)->mount_count; i++) {
		if (i)
			sk_buf_putc(&out, ',');
		put_mount(&out, &of(e)->mounts[i]);
	}
	return sk_give_copy(scratch, ret, sk_buf_view(&out));
}

/* '*' for any text, '?' for any byte; in steps that grow with the product of both lengths at most. */
static bool wild(struct sk_span pattern, struct sk_span text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, from = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			from = t;
		} else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == text.ptr[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

/* [n], or a pattern: of the source, or (by_destination) of the place in the container. */
static const struct sk_mount_point *find_mount(const struct sk_event *e, const struct sk_field_arg *arg,
					       bool by_destination)
{
	if (!of(e))
		return NULL;
	for (uint32_t i = 0; i < of(e)->mount_count; i++) {
		const struct sk_mount_point *m = &of(e)->mounts[i];

		if (arg->index >= 0 ? arg->index == i : wild(arg->text, by_destination ? m->destination : m->source))
			return m;
	}
	return NULL;
}

static bool mount(SK_FIELD_PARAMS)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	const struct sk_mount_point *m = find_mount(e, arg, false);

	if (!m)
		return false;
	put_mount(&out, m);
	return sk_give_copy(scratch, ret, sk_buf_view(&out));
}

static bool mount_source(SK_FIELD_PARAMS)
{
	const struct sk_mount_point *m = find_mount(e, arg, true);

	return m && sk_give_text(ret, m->source);
}

static bool mount_dest(SK_FIELD_PARAMS)
{
	const struct sk_mount_point *m = find_mount(e, arg, false);

	return m && sk_give_text(ret, m->destination);
}

static bool mount_mode(SK_FIELD_PARAMS)
{
	const struct sk_mount_point *m = find_mount(e, arg, false);

	return m && sk_give_text(ret, m->mode);
}

static bool mount_rdwr(SK_FIELD_PARAMS)
{
	const struct sk_mount_point *m = find_mount(e, arg, false);

	return m && sk_give_str(ret, m->writable ? "true" : "false");
}

static bool mount_propagation(SK_FIELD_PARAMS)
{
	const struct sk_mount_point *m = find_mount(e, arg, false);

	return m && sk_give_text(ret, m->propagation);
}

/* ---- labels ---- */

static bool label(SK_FIELD_PARAMS)
{
	for (uint32_t i = 0; of(e) && i < of(e)->label_count; i++)
		if (sk_span_eq(of(e)->labels[i].name, arg->text))
			return sk_give_text(ret, of(e)->labels[i].value);
	return false;
}

/* Those that engines and Kubernetes make for themselves are left out, as in Falco. */
bool sk_give_labels(const struct sk_label *all, uint32_t count, struct sk_scratch *scratch,
		    struct sk_field_value *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		if (sk_span_starts(all[i].name, "annotation.") || sk_span_starts(all[i].name, "io.kubernetes."))
			continue;
		sk_buf_puts(&out, out.len ? ", " : "");
		sk_buf_span(&out, all[i].name);
		sk_buf_puts(&out, all[i].value.len ? ":" : "");
		sk_buf_span(&out, all[i].value);
	}
	return out.len && sk_give_copy(scratch, ret, sk_buf_view(&out));
}

static bool labels(SK_FIELD_PARAMS)
{
	return of(e) && sk_give_labels(of(e)->labels, of(e)->label_count, scratch, ret);
}

#define TEXT SK_FIELD_TEXT
#define WITH SK_FIELD_ARG_REQUIRED

static const struct sk_field fields[] = {
	{ "container.id", TEXT, 0, "first twelve characters of the id, or \"host\"", id },
	{ "container.full_id", TEXT, 0, "the whole id, or \"host\"", full_id },
	{ "container.name", TEXT, 0, "name, or \"host\"", name },
	{ "container.type", TEXT, 0, "docker, containerd, cri-o, podman, or \"host\"", type },
	{ "container.image", TEXT, 0, "reference of the image: \"docker.io/library/nginx:1.27\"", image },
	{ "container.image.id", TEXT, 0, "first twelve characters of the image's id", image_id },
	{ "container.image.repository", TEXT, 0, "the reference without tag and digest", repository },
	{ "container.image.tag", TEXT, 0, "tag of the reference", tag },
	{ "container.image.digest", TEXT, 0, "digest of the image: \"sha256:...\"", image_digest },
	{ "container.privileged", SK_FIELD_BOOL, 0, "was it started as privileged?", privileged },
	{ "container.mounts", TEXT, 0, "all mounts: source:destination:mode:writable:propagation, ...", mounts },
	{ "container.mount", TEXT, WITH, "mount [n], or the one whose source fits [pattern]", mount },
	{ "container.mount.source", TEXT, WITH, "source of mount [n], or of the one at destination [pattern]",
	  mount_source },
	{ "container.mount.dest", TEXT, WITH, "destination of mount [n], or of the one from source [pattern]",
	  mount_dest },
	{ "container.mount.mode", TEXT, WITH, "mode of mount [n], or of the one from source [pattern]", mount_mode },
	{ "container.mount.rdwr", TEXT, WITH, "is mount [n], or the one from source [pattern], writable?", mount_rdwr },
	{ "container.mount.propagation", TEXT, WITH, "propagation of mount [n], or of the one from source [pattern]",
	  mount_propagation },
	{ "container.label", TEXT, WITH, "label [NAME]", label },
	{ "container.labels", TEXT, 0, "all labels but the engine's own: \"name:value, name:value\"", labels },
	{ "container.host_pid", SK_FIELD_BOOL, 0, "does it share the host's pid namespace?", host_pid },
	{ "container.host_network", SK_FIELD_BOOL, 0, "does it share the host's network namespace?", host_network },
	{ "container.host_ipc", SK_FIELD_BOOL, 0, "does it share the host's IPC namespace?", host_ipc },
	{ "container.healthcheck", TEXT, 0, "command of its health check, or \"NONE\" where it was switched off", healthcheck },
	{ "container.liveness_probe", TEXT, 0, "command of its liveness probe", liveness },
	{ "container.readiness_probe", TEXT, 0, "command of its readiness probe", readiness },
	{ "container.ip", TEXT, 0, "first address of the container", ip },
	{ "container.cni.json", TEXT, 0, "what network plugins gave its pod (containerd, CRI-O), as JSON", cni },
	{ "container.start_ts", SK_FIELD_TIME, 0, "when it was started, nanoseconds since 1970", start_ts },
	{ "container.duration", SK_FIELD_SPAN, 0, "nanoseconds since then", duration },
	{ NULL },
};

const struct sk_field_class sk_field_class_container = { "container", "The container that the process is in", fields };
