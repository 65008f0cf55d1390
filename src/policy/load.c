/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders of policies, into a set. */
#include "policy/load.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/text.h"
#include "policy/lock.h"

#include <dirent.h>
#include <sys/stat.h>

static const char *const effect_names[] = { "allow", "warn", "unknown", "deny" };
static const char *const action_names[] = { "deny", "warn", "audit" };

const char *sk_effect_name(enum sk_effect effect)
{
	return effect_names[effect];
}

const char *sk_rule_action_name(enum sk_rule_action action)
{
	return action_names[action];
}

/* ---- documents ---- */

static bool is_kubernetes(const struct sk_node *root, const char *kind)
{
	return sk_span_starts(sk_node_str(sk_node_get(root, "apiVersion")), "admissionregistration.k8s.io/") &&
	       sk_span_is(sk_node_str(sk_node_get(root, "kind")), kind);
}

static void read_document(struct sk_policy_loader *l, const struct sk_node *root)
{
	struct sk_span version = sk_node_str(sk_node_get(root, "apiVersion"));
	struct sk_span kind = sk_node_str(sk_node_get(root, "kind"));

	if (root->type == SK_NODE_NULL) {
		return; /* nothing between two "---" */
	} else if (sk_span_is(version, "sekisho/v1") && sk_span_is(kind, "Policy")) {
		sk_policy_read(l, root);
	} else if (sk_span_starts(version, "sekisho/")) {
		sk_policy_fault(l, root, "no policy: apiVersion '%.*s' and kind '%.*s', not sekisho/v1 and Policy",
				(int)version.len, version.ptr, (int)kind.len, kind.ptr ? kind.ptr : "");
	} else if (is_kubernetes(root, "ValidatingAdmissionPolicy")) {
		sk_vap_read(l, root);
	} else if (is_kubernetes(root, "ValidatingAdmissionPolicyBinding")) {
		sk_vap_read_binding(l, root);
	} else if (is_kubernetes(root, "MutatingAdmissionPolicy") ||
		   is_kubernetes(root, "MutatingAdmissionPolicyBinding")) {
		sk_policy_fault(l, root, "policies that change objects are not evaluated here");
	} else if (sk_span_is(version, "v1") && sk_span_is(kind, "List")) {
		sk_node_each(item, sk_node_get(root, "items"))
			if (!sk_span_is(sk_node_str(sk_node_get(item, "kind")), "List"))
				read_document(l, item);
	} else if (version.len && kind.len) {
		*sk_vec_push(&l->set->objects) = root;
	} else {
		sk_policy_fault(l, root, "no policy: it has no apiVersion and kind");
	}
}

/* Takes the text over. */
static struct sk_policy_file *parse(struct sk_policy_set *set, const char *path, struct sk_buf *text)
{
	struct sk_policy_file *file = sk_arena_alloc(&set->arena, sizeof(*file));
	struct sk_policy_loader l = { .set = set, .file = file };
	struct sk_err err = SK_ERR_INIT;

	file->path = sk_arena_str(&set->arena, path);
	file->text = *text;
	*text = (struct sk_buf){ 0 };
	*sk_vec_push(&set->files) = file;
	if (!sk_utf8_valid(sk_buf_view(&file->text)))
		sk_err_set(&err, SK_EINVAL, "this is not UTF-8");
	else if (file->text.len > SK_MAX_POLICY_BYTES)
		sk_err_set(&err, SK_ELIMIT, "larger than %u bytes", SK_MAX_POLICY_BYTES);
	else if (set->files.len > SK_MAX_POLICIES)
		sk_err_set(&err, SK_ELIMIT, "more than %u files", SK_MAX_POLICIES);
	else if (sk_doc_parse(&file->doc, SK_DOC_YAML, sk_buf_view(&file->text), SK_DOC_STRICT_KEYS, &err) == 0)
		return file;
	*sk_vec_push(&l.set->problems) = sk_arena_printf(&set->arena, "%s: %s", file->path, err.text);
	return NULL;
}

static void read_file(struct sk_policy_set *set, struct sk_bundle *bundle, const char *path, struct sk_buf *text)
{
	struct sk_policy_file *file = parse(set, path, text);
	struct sk_policy_loader l = { .set = set, .file = file, .bundle = bundle };

	for (const struct sk_node *root = file ? file->doc.root : NULL; root; root = root->next) {
		if (set->policies.len >= SK_MAX_POLICIES) {
			sk_policy_fault(&l, root, "more than %u policies", SK_MAX_POLICIES);
			break;
		}
		read_document(&l, root);
	}
}

/* ---- folders ---- */

static int slurp(const char *path, struct sk_buf *text, struct sk_err *err)
{
	int r = sk_path_slurp(path, SK_MAX_POLICY_BYTES, text, err);

	return r < 0 ? r : 0;
}

static int is_policy_file(const struct dirent *entry)
{
	struct sk_span name = sk_span_str(entry->d_name);

	return name.ptr[0] != '.' && !sk_span_is(name, "bundle.yaml") &&
	       (sk_span_ends(name, ".yaml") || sk_span_ends(name, ".yml") || sk_span_ends(name, ".json"));
}

static int read_head(struct sk_policy_set *set, struct sk_bundle *bundle, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/bundle.yaml", bundle->dir);
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_err not_there = SK_ERR_INIT;
	int r = slurp(path, &text, &not_there);
	struct sk_policy_loader l = { .set = set };

	if (r == -SK_ENOTFOUND)
		return 0;
	if (r < 0) {
		*err = not_there;
		return r;
	}
	l.file = bundle->file = parse(set, path, &text);
	l.bundle = bundle;
	if (bundle->file)
		sk_bundle_read(&l, bundle, bundle->file->doc.root);
	return 0;
}

static int read_folder(struct sk_policy_set *set, const char *dir, struct sk_err *err)
{
	struct sk_bundle *bundle = sk_arena_alloc(&set->arena, sizeof(*bundle));
	size_t before = set->policies.len;
	struct dirent **entries = NULL;
	int count, r;

	bundle->dir = sk_arena_str(&set->arena, dir);
	*sk_vec_push(&set->bundles) = bundle;
	r = sk_policy_lock_check(dir, &bundle->locked, err);
	if (r == 0)
		r = read_head(set, bundle, err);
	if (r < 0)
		return r;
	count = scandir(dir, &entries, is_policy_file, alphasort);
	if (count < 0)
		return sk_err_errno(err, "%s", dir);
	for (int i = 0; i < count; i++) {
		sk_autofree char *path = sk_printf("%s/%s", dir, entries[i]->d_name);
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

		if (r == 0)
			r = slurp(path, &text, err);
		if (r == 0)
			read_file(set, bundle, path, &text);
		free(entries[i]);
	}
	free(entries);
	if (r == 0 && set->policies.len == before && !set->problems.len)
		return sk_err_set(err, SK_EINVAL, "%s: no policy in this folder", dir);
	return r;
}

/* ---- sets ---- */

static int verdict(struct sk_policy_set *set, size_t problems_before, struct sk_err *err)
{
	size_t more = set->problems.len - problems_before;

	if (!more)
		return 0;
	return more == 1 ? sk_err_set(err, SK_EINVAL, "%s", set->problems.data[problems_before]) :
			   sk_err_set(err, SK_EINVAL, "%s (and %zu more: see 'sekisho policy check')",
				      set->problems.data[problems_before], more - 1);
}

int sk_policy_load(struct sk_policy_set *set, const char *path, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	size_t before = set->problems.len;
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return sk_err_errno(err, "%s", path);
	if (S_ISDIR(st.st_mode)) {
		r = read_folder(set, path, err);
	} else {
		r = slurp(path, &text, err);
		if (r == 0)
			read_file(set, NULL, path, &text);
	}
	return r < 0 ? r : verdict(set, before, err);
}

int sk_policy_parse(struct sk_policy_set *set, const char *name, struct sk_span text, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf copy = { 0 };
	size_t before = set->problems.len;

	sk_buf_span(&copy, text);
	read_file(set, NULL, name, &copy);
	return verdict(set, before, err);
}

static void free_policy(struct sk_policy *p)
{
	for (size_t i = 0; i < p->variable_count; i++)
		sk_cel_program_free(p->variables[i].program);
	for (size_t i = 0; i < p->rule_count; i++) {
		sk_cel_program_free(p->rules[i].program);
		sk_cel_program_free(p->rules[i].message);
		sk_cel_program_free(p->rules[i].remedy_program);
	}
	sk_vap_free(p->vap);
	for (struct sk_it_env *it = p->it_envs; it; it = it->next)
		sk_cel_env_free(it->env);
	sk_cel_env_free(p->env);
}

void sk_policy_set_release(struct sk_policy_set *set)
{
	for (size_t i = 0; i < set->policies.len; i++)
		free_policy(set->policies.data[i]);
	for (size_t i = 0; i < set->files.len; i++) {
		sk_doc_release(&set->files.data[i]->doc);
		sk_buf_release(&set->files.data[i]->text);
	}
	sk_vec_release(&set->files);
	sk_vec_release(&set->policies);
	sk_vec_release(&set->bundles);
	sk_vec_release(&set->bindings);
	sk_vec_release(&set->objects);
	sk_vec_release(&set->problems);
	sk_facts_release(&set->constants);
	sk_arena_release(&set->arena);
	*set = (struct sk_policy_set){ 0 };
}
