/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lock.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "image/digest.h"

#include <dirent.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 8 };

struct lock {
	const char *dir;
	struct sk_buf *out;
	size_t files;
	struct sk_err *err;
};

static int is_content(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, SK_POLICY_LOCK) != 0;
}

static int add_file(struct lock *l, const char *path, const char *name)
{
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	char digest[SK_DIGEST_TEXT];
	int r;

	if (++l->files > SK_MAX_POLICIES)
		return sk_err_set(l->err, SK_ELIMIT, "%s: more than %u files", l->dir, SK_MAX_POLICIES);
	if (strchr(name, '\n'))
		return sk_err_set(l->err, SK_EINVAL, "%s: a file name with a line end", l->dir);
	r = sk_path_slurp(path, SK_MAX_POLICY_BYTES, &bytes, l->err);
	if (r < 0)
		return r;
	sk_digest_of(sk_buf_view(&bytes), digest);
	sk_buf_printf(l->out, "%s  %s\n", digest + strlen("sha256:"), name);
	return 0;
}

/* In the order of the names, so that the same folder always gives the same text. */
static int add_folder(struct lock *l, const char *below, unsigned depth)
{
	sk_autofree char *dir = below[0] ? sk_printf("%s/%s", l->dir, below) : sk_strdup(l->dir);
	struct dirent **entries = NULL;
	int count = scandir(dir, &entries, is_content, alphasort), r = 0;

	if (count < 0)
		return sk_err_errno(l->err, "%s", dir);
	if (depth > MAX_DEPTH)
		r = sk_err_set(l->err, SK_ELIMIT, "%s: folders nested deeper than %d", l->dir, MAX_DEPTH);
	for (int i = 0; i < count; i++) {
		sk_autofree char *name = sk_printf("%s%s%s", below, below[0] ? "/" : "", entries[i]->d_name);
		sk_autofree char *path = sk_printf("%s/%s", l->dir, name);
		struct stat own, st;

		free(entries[i]);
		if (r < 0)
			continue;
		/* A link to a file counts as what is in the file: so bundles share policies. */
		if (lstat(path, &own) < 0 || stat(path, &st) < 0)
			r = sk_err_errno(l->err, "%s", path);
		else if (S_ISDIR(own.st_mode))
			r = add_folder(l, name, depth + 1);
		else if (S_ISREG(st.st_mode))
			r = add_file(l, path, name);
		else
			r = sk_err_set(l->err, SK_EINVAL, "%s: neither a file nor a folder", path);
	}
	free(entries);
	return r;
}

int sk_policy_lock_text(const char *dir, struct sk_buf *ret_text, struct sk_err *err)
{
	struct lock l = { dir, ret_text, 0, err };

	return add_folder(&l, "", 0);
}

/* The first line that only one of the two texts has names the file to look at. */
static int tell_difference(const char *dir, struct sk_span locked, struct sk_span there, struct sk_err *err)
{
	struct sk_span a, b;

	for (;;) {
		bool more_a = sk_span_line(&locked, &a), more_b = sk_span_line(&there, &b);
		struct sk_span line = more_b ? b : a;

		if (!more_a && !more_b)
			return 0;
		if (more_a && more_b && sk_span_eq(a, b))
			continue;
		line = sk_span_from(line, 66);
		return sk_err_set(err, SK_EINTEGRITY, "%s: '%.*s' is not what " SK_POLICY_LOCK " says; if the change is meant: sekisho policy lock %s",
				  dir, (int)line.len, line.ptr, dir);
	}
}

int sk_policy_lock_check(const char *dir, bool *ret_locked, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/" SK_POLICY_LOCK, dir);
	sk_cleanup(sk_buf_release) struct sk_buf locked = { 0 }, there = { 0 };
	struct sk_err own = SK_ERR_INIT;
	int r = sk_path_slurp(path, SK_MAX_POLICY_BYTES, &locked, &own);

	*ret_locked = false;
	if (r == -SK_ENOTFOUND)
		return 0;
	if (r < 0) {
		if (err)
			*err = own;
		return r;
	}
	r = sk_policy_lock_text(dir, &there, err);
	if (r == 0)
		r = tell_difference(dir, sk_buf_view(&locked), sk_buf_view(&there), err);
	*ret_locked = r == 0;
	return r;
}
