/* SPDX-License-Identifier: Apache-2.0 */
/* Rule files from disk: who writes them decides what is seen, so not everybody may. */
#include "base/fd.h"
#include "base/limits.h"
#include "guard/rules-builtin.h"
#include "guard/rules.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

static int load_file(struct sk_rules *rules, const char *path, bool trusted, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	if (sk_path_slurp_checked(path, trusted, SK_MAX_RULE_FILE, &text, err) < 0)
		return -err->code;
	return sk_rules_read(rules, path, sk_buf_view(&text), err);
}

static int is_rule_file(const struct dirent *entry)
{
	struct sk_span name = sk_span_str(entry->d_name);

	return name.ptr[0] != '.' && (sk_span_ends(name, ".yaml") || sk_span_ends(name, ".yml"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* alphasort would follow the locale */
}

static int load_folder(struct sk_rules *rules, const char *path, bool trusted, struct sk_err *err)
{
	struct dirent **entries = NULL;
	struct stat st;
	int count, r = 0;

	if (stat(path, &st) < 0)
		return sk_err_errno(err, "%s", path);
	if (trusted && sk_check_trusted(path, &st, err) < 0)
		return -err->code;
	count = scandir(path, &entries, is_rule_file, by_name);
	if (count < 0)
		return sk_err_errno(err, "%s", path);
	if ((unsigned)count > SK_MAX_RULE_FILES)
		r = sk_err_set(err, SK_ELIMIT, "%s: more than %u rule files", path, SK_MAX_RULE_FILES);
	else if (count == 0)
		r = sk_err_set(err, SK_ENOTFOUND, "%s: has no *.yaml", path);
	for (int i = 0; i < count; i++) {
		sk_autofree char *file = sk_printf("%s/%s", path, entries[i]->d_name);

		if (r == 0)
			r = load_file(rules, file, trusted, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int sk_rules_load(struct sk_rules *rules, const char *path, bool trusted, struct sk_err *err)
{
	struct sk_err own = SK_ERR_INIT;
	struct stat st;

	if (!err)
		err = &own;
	if (stat(path, &st) < 0)
		return sk_err_errno(err, "%s", path);
	return S_ISDIR(st.st_mode) ? load_folder(rules, path, trusted, err) : load_file(rules, path, trusted, err);
}

int sk_rules_load_builtin(struct sk_rules *rules, struct sk_err *err)
{
	for (const struct sk_builtin_rules *b = sk_builtin_rules; b->name; b++) {
		sk_autofree char *name = sk_printf("builtin/%s", b->name);

		if (sk_rules_read(rules, name, sk_span_str(b->text), err) < 0)
			return -err->code;
	}
	return 0;
}
