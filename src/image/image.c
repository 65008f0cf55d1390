/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include "base/limits.h"
#include "doc/doc.h"
#include "image/digest.h"

#include <stdio.h>
#include <sys/utsname.h>

enum { MAX_INDEX_DEPTH = 4, MAX_CANDIDATES = 4096 };

/* One image manifest that an index leads to. */
struct candidate {
	const char *digest;
	const char *platform; /* NULL: the index does not say */
	const char *tag;
};

struct resolver {
	const struct sk_store *store;
	const struct sk_image_choice *choice;
	struct sk_arena *arena;
	struct sk_image *image;
	SK_VEC(struct candidate) candidates;
};

static void resolver_release(struct resolver *rs)
{
	sk_vec_release(&rs->candidates);
}

/* ---- documents ---- */

static const char *blob_name(struct sk_arena *arena, const char *digest)
{
	char *name = sk_arena_printf(arena, "blobs/%s", digest);

	*strchr(name, ':') = '/';
	return name;
}

static int read_doc(const struct sk_store *store, const char *name, const char *digest, struct sk_doc *doc,
		    struct sk_buf *bytes, struct sk_err *err)
{
	int r = sk_store_slurp(store, name, SK_MAX_MANIFEST, bytes, err);

	if (r == 0 && digest) {
		r = sk_digest_check(digest, sk_buf_view(bytes), err);
		if (r < 0)
			sk_err_wrap(err, "%s", name);
	}
	if (r == 0) {
		r = sk_doc_parse(doc, SK_DOC_JSON, sk_buf_view(bytes), 0, err);
		if (r < 0)
			sk_err_wrap(err, "%s", name);
	}
	return r;
}

static const char *dup_node(struct resolver *rs, const struct sk_node *node)
{
	struct sk_span s = sk_node_str(node);

	return s.len ? sk_arena_dup(rs->arena, s) : NULL;
}

/* ---- platforms ---- */

const char *sk_host_platform(void)
{
	static const struct {
		const char *machine, *platform;
	} table[] = {
		{ "x86_64", "linux/amd64" },	 { "aarch64", "linux/arm64" }, { "armv7l", "linux/arm/v7" },
		{ "armv6l", "linux/arm/v6" },	 { "i686", "linux/386" },      { "i386", "linux/386" },
		{ "ppc64le", "linux/ppc64le" },	 { "s390x", "linux/s390x" },   { "riscv64", "linux/riscv64" },
		{ "loongarch64", "linux/loong64" },
	};
	struct utsname u;

	if (uname(&u) == 0)
		for (size_t i = 0; i < SK_COUNT(table); i++)
			if (strcmp(u.machine, table[i].machine) == 0)
				return table[i].platform;
	return "linux/amd64";
}

static const char *platform_text(struct resolver *rs, const struct sk_node *p)
{
	struct sk_span os = sk_node_str(sk_node_get(p, "os"));
	struct sk_span arch = sk_node_str(sk_node_get(p, "architecture"));
	struct sk_span variant = sk_node_str(sk_node_get(p, "variant"));

	if (!os.len || !arch.len)
		return NULL;
	return sk_arena_printf(rs->arena, "%.*s/%.*s%s%.*s", (int)os.len, os.ptr, (int)arch.len, arch.ptr,
			       variant.len ? "/" : "", (int)variant.len, variant.len ? variant.ptr : "");
}

/* "linux/arm64" wants any variant, "linux/arm64/v8" that one or one that is not said; "arm64" means linux/arm64. */
static bool platform_fits(const char *want, const char *have)
{
	struct sk_span w = sk_span_str(want), h = sk_span_str(have);
	char with_os[256];

	if (!have)
		return false;
	if (!strchr(want, '/')) {
		snprintf(with_os, sizeof(with_os), "linux/%s", want);
		w = sk_span_str(with_os);
	}
	if (sk_span_eq(w, h) || (h.len > w.len && h.ptr[w.len] == '/' && memcmp(h.ptr, w.ptr, w.len) == 0))
		return true;
	/* A variant is asked for, and none is said. */
	return w.len > h.len && w.ptr[h.len] == '/' && memcmp(h.ptr, w.ptr, h.len) == 0 &&
	       sk_span_chr(h, '/') == sk_span_rchr(h, '/');
}

/* ---- the OCI side: indexes lead to manifests ---- */

static const char *tag_of(struct resolver *rs, const struct sk_node *descriptor)
{
	const struct sk_node *notes = sk_node_get(descriptor, "annotations");
	/* containerd keeps the whole name there, the OCI annotation often the tag alone. */
	const char *name = dup_node(rs, sk_node_get(notes, "io.containerd.image.name"));

	return name ? name : dup_node(rs, sk_node_get(notes, "org.opencontainers.image.ref.name"));
}

static bool is_attestation(const struct sk_node *descriptor)
{
	return sk_node_str(sk_node_path(descriptor, "annotations", "vnd.docker.reference.type", NULL)).len > 0;
}

static int add_index(struct resolver *rs, const char *name, const char *digest, const char *tag,
		     unsigned depth, struct sk_err *err);

static int add_descriptor(struct resolver *rs, const struct sk_node *d, const char *tag, unsigned depth,
			  struct sk_err *err)
{
	struct sk_span type = sk_node_str(sk_node_get(d, "mediaType"));
	const char *digest = dup_node(rs, sk_node_get(d, "digest"));
	const char *own = tag_of(rs, d);

	if (is_attestation(d))
		return 0;
	if (!digest || !sk_digest_valid(sk_span_str(digest)))
		return sk_err_set(err, SK_EINVAL, "line %u: a descriptor without a valid digest", d->line);
	tag = own ? own : tag;
	if (sk_span_ends(type, "index.v1+json") || sk_span_ends(type, "manifest.list.v2+json"))
		return add_index(rs, blob_name(rs->arena, digest), digest, tag, depth + 1, err);
	if (rs->candidates.len >= MAX_CANDIDATES)
		return sk_err_set(err, SK_ELIMIT, "more than %d manifests", MAX_CANDIDATES);
	*sk_vec_push(&rs->candidates) = (struct candidate){
		.digest = digest,
		.platform = platform_text(rs, sk_node_get(d, "platform")),
		.tag = tag,
	};
	return 0;
}

static int add_index(struct resolver *rs, const char *name, const char *digest, const char *tag,
		     unsigned depth, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	int r;

	if (depth > MAX_INDEX_DEPTH)
		return sk_err_set(err, SK_ELIMIT, "indexes nested deeper than %d", MAX_INDEX_DEPTH);
	if (depth > 1 && !sk_store_has(rs->store, name))
		return 0; /* an index whose blobs were not saved along: another one may have been */
	r = read_doc(rs->store, name, digest, &doc, &bytes, err);
	sk_node_each(d, r == 0 ? sk_node_get(doc.root, "manifests") : NULL) {
		r = add_descriptor(rs, d, tag, depth, err);
		if (r < 0)
			return sk_err_wrap(err, "%s", name);
	}
	return r;
}

/* ---- the configuration ---- */

/* Gives history entries to layers: entries marked empty_layer made none. */
static void assign_history(struct resolver *rs, const struct sk_node *config)
{
	struct sk_image *image = rs->image;
	size_t i = 0;

	sk_node_each(h, sk_node_get(config, "history")) {
		const char *by;

		if (sk_node_bool(sk_node_get(h, "empty_layer"), false))
			continue;
		if (i >= image->layer_count)
			return;
		by = dup_node(rs, sk_node_get(h, "created_by"));
		image->layers[i++].created_by = by ? by : dup_node(rs, sk_node_get(h, "comment"));
	}
}

static int read_config(struct resolver *rs, const char *name, const char *digest, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	struct sk_image *image = rs->image;
	const struct sk_node *ids;
	char id[SK_DIGEST_TEXT];
	size_t i = 0;
	int r = read_doc(rs->store, name, digest, &doc, &bytes, err);

	if (r < 0)
		return r;
	sk_digest_of(sk_buf_view(&bytes), id);
	image->image_id = digest ? digest : sk_arena_str(rs->arena, id);
	image->platform = platform_text(rs, doc.root);
	image->created = dup_node(rs, sk_node_get(doc.root, "created"));
	image->config = sk_image_config_read(doc.root, rs->arena);
	ids = sk_node_path(doc.root, "rootfs", "diff_ids", NULL);
	if ((ids ? ids->count : 0) != image->layer_count)
		return sk_err_set(err, SK_EINVAL, "%s: %u diff_ids, but the manifest has %zu layers", name,
				  ids ? ids->count : 0, image->layer_count);
	sk_node_each(d, ids) {
		if (!sk_digest_valid(sk_node_str(d)))
			return sk_err_set(err, SK_EINVAL, "%s: line %u: a diff_id that is no digest", name, d->line);
		image->layers[i++].diff_id = dup_node(rs, d);
	}
	assign_history(rs, doc.root);
	return 0;
}

static int make_layers(struct resolver *rs, const struct sk_node *layers, struct sk_err *err)
{
	size_t count = layers ? layers->count : 0;

	if (count > SK_MAX_LAYERS)
		return sk_err_set(err, SK_ELIMIT, "%zu layers, more than %d", count, SK_MAX_LAYERS);
	rs->image->layers = sk_arena_alloc(rs->arena, count * sizeof(rs->image->layers[0]));
	rs->image->layer_count = count;
	return 0;
}

static void add_tag(struct resolver *rs, const char *tag)
{
	struct sk_image *image = rs->image;
	const char **tags = sk_arena_alloc(rs->arena, (image->tag_count + 1) * sizeof(*tags));

	if (image->tag_count)
		memcpy(tags, image->tags, image->tag_count * sizeof(*tags));
	tags[image->tag_count++] = tag;
	image->tags = tags;
}

static void add_other(struct resolver *rs, const char *name)
{
	struct sk_image *image = rs->image;
	const char **others = sk_arena_alloc(rs->arena, (image->other_count + 1) * sizeof(*others));

	if (image->other_count)
		memcpy(others, image->others, image->other_count * sizeof(*others));
	others[image->other_count++] = name;
	image->others = others;
}

static int read_manifest(struct resolver *rs, const struct candidate *c, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	const char *name = blob_name(rs->arena, c->digest), *config;
	const struct sk_node *layers;
	size_t i = 0;
	int r = read_doc(rs->store, name, c->digest, &doc, &bytes, err);

	if (r < 0)
		return r;
	rs->image->digest = c->digest;
	if (c->tag)
		add_tag(rs, c->tag);
	layers = sk_node_get(doc.root, "layers");
	config = dup_node(rs, sk_node_path(doc.root, "config", "digest", NULL));
	if (!config || !sk_digest_valid(sk_span_str(config)) || !sk_node_is(layers, SK_NODE_ARRAY))
		return sk_err_set(err, SK_EINVAL, "%s: not an image manifest", name);
	r = make_layers(rs, layers, err);
	if (r < 0)
		return r;
	sk_node_each(l, layers) {
		struct sk_image_layer *layer = &rs->image->layers[i++];

		layer->digest = dup_node(rs, sk_node_get(l, "digest"));
		layer->media_type = dup_node(rs, sk_node_get(l, "mediaType"));
		if (!layer->digest || !sk_digest_valid(sk_span_str(layer->digest)))
			return sk_err_set(err, SK_EINVAL, "%s: line %u: a layer without a valid digest", name,
					  l->line);
		layer->blob = blob_name(rs->arena, layer->digest);
	}
	return read_config(rs, blob_name(rs->arena, config), config, err);
}

/* Platform of a candidate whose index does not say it: its configuration does. */
static const char *platform_from_config(struct resolver *rs, const struct candidate *c)
{
	struct sk_image image = { 0 };
	struct resolver probe = { .store = rs->store, .arena = rs->arena, .image = &image };

	return read_manifest(&probe, c, NULL) == 0 ? image.platform : NULL;
}

static bool reference_fits(const char *want, const char *tag, const char *digest)
{
	size_t n = strlen(want);

	if (tag && (strcmp(tag, want) == 0 ||
		    (strlen(tag) > n && strcmp(tag + strlen(tag) - n, want) == 0 &&
		     strchr("/:", tag[strlen(tag) - n - 1]))))
		return true;
	return digest && (strncmp(digest, want, n) == 0 || strncmp(digest + 7, want, n) == 0);
}

static int no_platform(struct resolver *rs, const char *want, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf list = { 0 };

	for (size_t i = 0; i < rs->candidates.len && list.len < 400; i++)
		sk_buf_printf(&list, "%s%s", i ? ", " : "",
			      rs->candidates.data[i].platform ? rs->candidates.data[i].platform : "unknown");
	return sk_err_set(err, SK_ENOTFOUND, "no image for platform %s; there is: %s (choose with --platform)",
			  want, sk_buf_str(&list));
}

static int choose_candidate(struct resolver *rs, struct candidate *ret, struct sk_err *err)
{
	const char *want = rs->choice->platform ? rs->choice->platform : sk_host_platform();
	struct candidate *chosen = NULL;
	size_t in_question = 0, last = 0;

	for (size_t i = 0; i < rs->candidates.len; i++) {
		struct candidate *c = &rs->candidates.data[i];

		if (rs->choice->reference && !reference_fits(rs->choice->reference, c->tag, c->digest))
			continue;
		if (!c->platform)
			c->platform = platform_from_config(rs, c);
		in_question++;
		last = i;
		/* A saved index lists platforms whose blobs were not saved along. */
		if (platform_fits(want, c->platform) && sk_store_has(rs->store, blob_name(rs->arena, c->digest))) {
			if (!chosen)
				chosen = c;
			else if (c->tag && (!chosen->tag || strcmp(c->tag, chosen->tag) != 0) &&
				 strcmp(c->digest, chosen->digest) != 0)
				add_other(rs, c->tag);
		}
	}
	if (!in_question && rs->choice->reference)
		return sk_err_set(err, SK_ENOTFOUND, "no image '%s' in it", rs->choice->reference);
	if (!chosen && in_question == 1 && !rs->choice->platform)
		chosen = &rs->candidates.data[last];
	if (!chosen)
		return no_platform(rs, want, err);
	*ret = *chosen;
	return 0;
}

static int resolve_oci(struct resolver *rs, struct sk_err *err)
{
	struct candidate chosen;
	int r = add_index(rs, "index.json", NULL, NULL, 1, err);

	if (r < 0)
		return r;
	if (!rs->candidates.len)
		return sk_err_set(err, SK_ENOTFOUND, "index.json lists no image");
	r = choose_candidate(rs, &chosen, err);
	if (r == 0)
		r = read_manifest(rs, &chosen, err);
	for (size_t i = 0; r == 0 && i < rs->candidates.len; i++) {
		const struct candidate *c = &rs->candidates.data[i];

		if (c->tag && strcmp(c->digest, chosen.digest) == 0 && (!chosen.tag || strcmp(c->tag, chosen.tag)))
			add_tag(rs, c->tag);
	}
	return r;
}

/* ---- Docker's manifest.json ---- */

static bool tagged(const struct sk_node *image, const char *want)
{
	sk_node_each(t, sk_node_get(image, "RepoTags"))
		if (reference_fits(want, sk_node_cstr(t), NULL))
			return true;
	return sk_span_find(sk_node_str(sk_node_get(image, "Config")), sk_span_str(want)) >= 0;
}

/* What a config's file name promises: "<hex>.json", "sha256:<hex>", "blobs/sha256/<hex>"; NULL: nothing. */
static const char *promised_id(struct resolver *rs, const char *name)
{
	struct sk_span s = sk_span_basename(sk_span_str(name));
	const char *digest;

	if (sk_span_ends(s, ".json"))
		s.len -= 5;
	if (sk_span_starts(s, "sha256:"))
		s = sk_span_from(s, 7);
	digest = sk_arena_printf(rs->arena, "sha256:%.*s", (int)s.len, s.ptr);
	return sk_digest_valid(sk_span_str(digest)) ? digest : NULL;
}

static int read_docker_image(struct resolver *rs, const struct sk_node *image, struct sk_err *err)
{
	const char *config = dup_node(rs, sk_node_get(image, "Config"));
	const struct sk_node *layers = sk_node_get(image, "Layers");
	size_t i = 0;
	int r;

	if (!config)
		return sk_err_set(err, SK_EINVAL, "manifest.json: line %u: no Config", image->line);
	sk_node_each(t, sk_node_get(image, "RepoTags"))
		if (sk_node_str(t).len)
			add_tag(rs, dup_node(rs, t));
	r = make_layers(rs, layers, err);
	sk_node_each(l, r == 0 ? layers : NULL) {
		struct sk_image_layer *layer = &rs->image->layers[i++];

		layer->blob = dup_node(rs, l);
		if (!layer->blob)
			return sk_err_set(err, SK_EINVAL, "manifest.json: line %u: a layer without a name", l->line);
		if (sk_span_starts(sk_node_str(l), "blobs/sha256/"))
			layer->digest = promised_id(rs, layer->blob);
	}
	return r < 0 ? r : read_config(rs, config, promised_id(rs, config), err);
}

static int resolve_docker(struct resolver *rs, struct sk_err *err)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	const char *want = rs->choice->reference;
	const struct sk_node *chosen = NULL;
	int r = read_doc(rs->store, "manifest.json", NULL, &doc, &bytes, err);

	if (r < 0)
		return r;
	sk_node_each(image, doc.root) {
		if (!chosen && (!want || tagged(image, want))) {
			chosen = image;
		} else if (!want) {
			const char *tag = dup_node(rs, sk_node_at(sk_node_get(image, "RepoTags"), 0));

			add_other(rs, tag ? tag : dup_node(rs, sk_node_get(image, "Config")));
		}
	}
	if (!chosen)
		return want ? sk_err_set(err, SK_ENOTFOUND, "no image '%s' in manifest.json", want) :
			      sk_err_set(err, SK_ENOTFOUND, "manifest.json lists no image");
	r = read_docker_image(rs, chosen, err);
	if (r == 0 && rs->choice->platform && !platform_fits(rs->choice->platform, rs->image->platform))
		return sk_err_set(err, SK_ENOTFOUND, "the image is for %s, not %s",
				  rs->image->platform ? rs->image->platform : "an unknown platform",
				  rs->choice->platform);
	return r;
}

/*
 * docker save writes both forms. manifest.json is what `docker load` goes by,
 * and some releases (25.0) put the layers of the other in a wrong order; but only the
 * OCI form knows the manifest's digest.
 */
static void find_manifest_digest(struct resolver *rs)
{
	if (add_index(rs, "index.json", NULL, NULL, 1, NULL) < 0)
		return;
	for (size_t i = 0; i < rs->candidates.len && i < 64 && !rs->image->digest; i++) {
		const struct candidate *c = &rs->candidates.data[i];
		sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
		sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };

		if (read_doc(rs->store, blob_name(rs->arena, c->digest), c->digest, &doc, &bytes, NULL) == 0 &&
		    sk_span_is(sk_node_str(sk_node_path(doc.root, "config", "digest", NULL)), rs->image->image_id))
			rs->image->digest = c->digest;
	}
}

int sk_image_resolve(const struct sk_store *store, const struct sk_image_choice *choice,
		     struct sk_arena *arena, struct sk_image *ret, struct sk_err *err)
{
	struct sk_image image = { 0 };
	sk_cleanup(resolver_release) struct resolver rs = { .store = store, .choice = choice,
							    .arena = arena, .image = &image };
	bool oci = sk_store_has(store, "index.json"), docker = sk_store_has(store, "manifest.json");
	int r = -SK_EUNSUPPORTED;

	if (!oci && !docker)
		return sk_err_set(err, SK_EUNSUPPORTED,
				  "neither index.json nor manifest.json is in it: not an image");
	if (docker) {
		r = resolve_docker(&rs, err);
		if (r == 0 && oci)
			find_manifest_digest(&rs);
	}
	if (r < 0 && oci) { /* the other platforms of an index are told by the OCI form alone */
		image = (struct sk_image){ 0 };
		r = resolve_oci(&rs, err);
	}
	if (r == 0)
		*ret = image;
	return r;
}
