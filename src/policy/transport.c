/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/transport.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "doc/doc.h"
#include "doc/json-write.h"
#include "image/digest.h"
#include "image/registry.h"
#include "policy/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define FILE_TYPE "application/vnd.sekisho.policy.file.v1"
#define EMPTY_TYPE "application/vnd.oci.empty.v1+json"
#define TITLE "org.opencontainers.image.title"

static void names_release(struct sk_registry_name *name)
{
	sk_registry_name_release(name);
}

/* ---- push ---- */

static void put_descriptor(struct sk_json_writer *w, const char *type, struct sk_span bytes, const char *title)
{
	char digest[SK_DIGEST_TEXT];

	sk_digest_of(bytes, digest);
	sk_json_put_str(w, "mediaType", type);
	sk_json_put_str(w, "digest", digest);
	sk_json_put_int(w, "size", (int64_t)bytes.len);
	if (!title)
		return;
	sk_json_key(w, "annotations");
	sk_json_object(w);
	sk_json_put_str(w, TITLE, title);
	sk_json_end(w);
}

static int push_file(struct sk_registry *registry, const char *dir, const char *name, struct sk_json_writer *w,
		     struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/%s", dir, name);
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	int r = sk_path_slurp(path, SK_MAX_POLICY_BYTES, &bytes, err);

	if (r == 0)
		r = sk_registry_put_blob(registry, sk_buf_view(&bytes), err);
	if (r < 0)
		return r;
	sk_json_object(w);
	put_descriptor(w, FILE_TYPE, sk_buf_view(&bytes), name);
	sk_json_end(w);
	return 0;
}

/* All files that the lock names, the lock, and its signature where there is one. */
static int push_files(struct sk_registry *registry, const char *dir, struct sk_span lock, struct sk_json_writer *w,
		      struct sk_err *err)
{
	sk_autofree char *signature = sk_printf("%s/" SK_POLICY_SIGNATURE, dir);
	struct sk_span line;
	int r = 0;

	while (r == 0 && sk_span_line(&lock, &line)) {
		sk_autofree char *name = sk_strndup(sk_span_from(line, 66).ptr, sk_span_from(line, 66).len);

		r = push_file(registry, dir, name, w, err);
	}
	if (r == 0)
		r = push_file(registry, dir, SK_POLICY_LOCK, w, err);
	if (r == 0 && access(signature, F_OK) == 0)
		r = push_file(registry, dir, SK_POLICY_SIGNATURE, w, err);
	return r;
}

int sk_bundle_push(const char *dir, const char *text, struct sk_err *err)
{
	sk_cleanup(names_release) struct sk_registry_name name = { 0 };
	sk_cleanup(sk_registry_closep) struct sk_registry *registry = NULL;
	sk_cleanup(sk_buf_release) struct sk_buf lock = { 0 }, manifest = { 0 };
	struct sk_json_writer w = { .buf = &manifest };
	bool locked;
	int r = sk_registry_name_parse(sk_span_str(text), &name, err);

	if (r == 0)
		r = sk_policy_lock_check(dir, &locked, err);
	if (r == 0 && !locked)
		return sk_err_set(err, SK_EINTEGRITY, "%s has no " SK_POLICY_LOCK "; sekisho policy lock %s writes it", dir, dir);
	if (r == 0)
		r = sk_policy_lock_text(dir, &lock, err);
	if (r < 0)
		return r;
	registry = sk_registry_open(&name);
	sk_json_object(&w);
	sk_json_put_int(&w, "schemaVersion", 2);
	sk_json_put_str(&w, "mediaType", MANIFEST_TYPE);
	sk_json_put_str(&w, "artifactType", SK_BUNDLE_TYPE);
	sk_json_key(&w, "config");
	sk_json_object(&w);
	put_descriptor(&w, EMPTY_TYPE, SK_SPAN_LIT("{}"), NULL);
	sk_json_end(&w);
	sk_json_key(&w, "layers");
	sk_json_array(&w);
	r = sk_registry_put_blob(registry, SK_SPAN_LIT("{}"), err);
	if (r == 0)
		r = push_files(registry, dir, sk_buf_view(&lock), &w, err);
	sk_json_end(&w);
	sk_json_end(&w);
	if (r < 0)
		return r;
	return sk_registry_put_manifest(registry, name.reference, MANIFEST_TYPE, sk_buf_view(&manifest), err);
}

/* ---- pull: into a folder beside the target, which takes its place when all is well ---- */

/* Names of files come from the registry: relative, without "..", and nothing hidden. */
static bool is_safe_name(struct sk_span name)
{
	struct sk_span rest = name, part;

	if (name.len == 0 || name.len > SK_MAX_PATH / 2 || name.ptr[name.len - 1] == '/')
		return false;
	while (sk_span_split(&rest, '/', &part))
		if (part.len == 0 || part.ptr[0] == '.' || memchr(part.ptr, '\0', part.len) || memchr(part.ptr, '\n', part.len))
			return false;
	return true;
}

static int write_file(const char *dir, struct sk_span name, struct sk_span bytes, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/%.*s", dir, (int)name.len, name.ptr);
	sk_autofree char *folder = sk_strdup(path);
	int r;

	*strrchr(folder, '/') = '\0';
	r = sk_path_make_dirs(folder, 0755, err);
	return r < 0 ? r : sk_path_replace(path, bytes, 0644, err);
}

static int fetch_files(struct sk_registry *registry, const struct sk_node *layers, const char *dir, struct sk_err *err)
{
	size_t total = 0, files = 0;

	sk_node_each(layer, layers) {
		sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
		const char *digest = sk_node_cstr(sk_node_get(layer, "digest"));
		struct sk_span name = sk_node_str(sk_node_path(layer, "annotations", TITLE, NULL));
		int r;

		if (!digest || !sk_digest_valid(sk_span_str(digest)) || !is_safe_name(name))
			return sk_err_set(err, SK_EINVAL, "a layer of the bundle has no digest, or no safe name: '%.*s'", (int)name.len,
					  name.ptr);
		if (++files > SK_MAX_POLICIES)
			return sk_err_set(err, SK_ELIMIT, "the bundle has more than %u files", SK_MAX_POLICIES);
		r = sk_registry_blob(registry, digest, SK_MAX_POLICY_BYTES, &bytes, err);
		total += bytes.len;
		if (r == 0 && total > SK_MAX_BUNDLE_BYTES)
			return sk_err_set(err, SK_ELIMIT, "the bundle is larger than %u bytes", SK_MAX_BUNDLE_BYTES);
		if (r == 0)
			r = write_file(dir, name, sk_buf_view(&bytes), err);
		if (r < 0)
			return r;
	}
	return files ? 0 : sk_err_set(err, SK_EINVAL, "the artifact holds no files: it is no bundle");
}

static int fetch_bundle(const char *text, const char *dir, struct sk_err *err)
{
	sk_cleanup(names_release) struct sk_registry_name name = { 0 };
	sk_cleanup(sk_registry_closep) struct sk_registry *registry = NULL;
	sk_cleanup(sk_buf_release) struct sk_buf manifest = { 0 };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	int r = sk_registry_name_parse(sk_span_str(text), &name, err);

	if (r < 0)
		return r;
	registry = sk_registry_open(&name);
	r = sk_registry_manifest(registry, name.reference, MANIFEST_TYPE, &manifest, err);
	if (r == 0)
		r = sk_doc_parse(&doc, SK_DOC_JSON, sk_buf_view(&manifest), 0, err);
	if (r == 0)
		r = fetch_files(registry, sk_node_get(doc.root, "layers"), dir, err);
	return r < 0 ? sk_err_wrap(err, "%s", text) : 0;
}

static int copy_file(const char *from, const char *to, struct sk_span name, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/%.*s", from, (int)name.len, name.ptr);
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	int r = sk_path_slurp(path, SK_MAX_POLICY_BYTES, &bytes, err);

	return r < 0 ? r : write_file(to, name, sk_buf_view(&bytes), err);
}

static int copy_bundle(const char *from, const char *to, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf lock = { 0 };
	sk_autofree char *signature = sk_printf("%s/" SK_POLICY_SIGNATURE, from);
	struct sk_span rest, line;
	int r = sk_policy_lock_text(from, &lock, err);

	rest = sk_buf_view(&lock);
	while (r == 0 && sk_span_line(&rest, &line))
		r = copy_file(from, to, sk_span_from(line, 66), err);
	if (r == 0)
		r = copy_file(from, to, SK_SPAN_LIT(SK_POLICY_LOCK), err);
	if (r == 0 && access(signature, F_OK) == 0)
		r = copy_file(from, to, SK_SPAN_LIT(SK_POLICY_SIGNATURE), err);
	return r;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static void remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What was in dir, if anything, is then in part. */
static int take_place(const char *part, const char *dir, struct sk_err *err)
{
	unsigned flags = access(dir, F_OK) == 0 ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	return renameat2(AT_FDCWD, part, AT_FDCWD, dir, flags) < 0 ? sk_err_errno(err, "%s", dir) : 0;
}

/* Only a bundle, or an empty folder, is replaced: never what somebody keeps there by mistake. */
static int may_replace(const char *dir, struct sk_err *err)
{
	sk_autofree char *lock = sk_printf("%s/" SK_POLICY_LOCK, dir);

	if (access(dir, F_OK) < 0 || access(lock, F_OK) == 0 || rmdir(dir) == 0)
		return 0;
	return sk_err_set(err, SK_EUSAGE, "%s is there, and is no bundle; name another folder", dir);
}

int sk_bundle_pull(const char *source, const char *dir, const struct sk_key *key, struct sk_err *err)
{
	sk_autofree char *part = sk_printf("%s.part-%d", dir, (int)getpid());
	struct stat st;
	bool locked = false;
	int r = may_replace(dir, err);

	if (r < 0)
		return r;
	if (mkdir(part, 0755) < 0)
		return sk_err_errno(err, "%s", part);
	r = stat(source, &st) == 0 && S_ISDIR(st.st_mode) ? copy_bundle(source, part, err) : fetch_bundle(source, part, err);
	if (r == 0)
		r = key ? sk_policy_verify(part, key, err) : sk_policy_lock_check(part, &locked, err);
	if (r == 0 && !key && !locked)
		r = sk_err_set(err, SK_EINTEGRITY, "%s has no " SK_POLICY_LOCK, source);
	if (r == 0)
		r = take_place(part, dir, err);
	remove_tree(part);
	return r;
}
