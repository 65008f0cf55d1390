/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of calls that name files rather than descriptors; absent where the call failed. */
#include "guard/fields/fields.h"

enum part { PATH, SOURCE, TARGET };

/* Which argument is what; NULL: the call has none of that kind. fd: the descriptor's file is the path. */
static const struct {
	enum sk_event_type type;
	const char *names[3]; /* by part */
} rows[] = {
	{ SK_EVENT_MKDIR, { "path" } },
	{ SK_EVENT_MKDIRAT, { "path" } },
	{ SK_EVENT_RMDIR, { "path" } },
	{ SK_EVENT_UNLINK, { "path" } },
	{ SK_EVENT_UNLINKAT, { "name" } },
	{ SK_EVENT_OPEN, { "name" } },
	{ SK_EVENT_OPENAT, { "name" } },
	{ SK_EVENT_OPENAT2, { "name" } },
	{ SK_EVENT_CREAT, { "name" } },
	{ SK_EVENT_CHMOD, { "filename" } },
	{ SK_EVENT_FCHMODAT, { "filename" } },
	{ SK_EVENT_FCHMOD, { "fd" } },
	{ SK_EVENT_CHOWN, { "path" } },
	{ SK_EVENT_LCHOWN, { "path" } },
	{ SK_EVENT_FCHOWN, { "fd" } },
	{ SK_EVENT_FCHOWNAT, { "pathname" } },
	{ SK_EVENT_TRUNCATE, { "path" } },
	{ SK_EVENT_FTRUNCATE, { "fd" } },
	{ SK_EVENT_UTIMENSAT, { "path" } },
	{ SK_EVENT_UMOUNT, { "name" } },
	{ SK_EVENT_UMOUNT2, { "name" } },
	{ SK_EVENT_RENAME, { NULL, "oldpath", "newpath" } },
	{ SK_EVENT_RENAMEAT, { NULL, "oldpath", "newpath" } },
	{ SK_EVENT_RENAMEAT2, { NULL, "oldpath", "newpath" } },
	{ SK_EVENT_LINK, { NULL, "newpath", "oldpath" } },
	{ SK_EVENT_LINKAT, { NULL, "newpath", "oldpath" } },
	{ SK_EVENT_SYMLINK, { NULL, "linkpath", "target" } },
	{ SK_EVENT_SYMLINKAT, { NULL, "linkpath", "target" } },
	{ SK_EVENT_MOUNT, { NULL, "dev", "dir" } },
};

static bool give(const struct sk_event *e, enum part part, bool raw, struct sk_scratch *scratch,
		 struct sk_field_value *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	const char *name = NULL;
	struct sk_arg arg;
	struct sk_arg_desc desc = { "", SK_ARG_PATH, NULL };

	for (size_t i = 0; i < SK_COUNT(rows); i++)
		if (rows[i].type == e->type)
			name = rows[i].names[part];
	if (!name || e->result < 0)
		return false;
	arg = sk_event_arg(e, sk_span_str(name));
	if (arg.type == SK_ARG_FD)
		return e->file && sk_give_text(ret, e->file->name);
	if (arg.type != SK_ARG_PATH && arg.type != SK_ARG_TEXT)
		return false;
	arg.type = SK_ARG_PATH;
	if (!raw && part == PATH && e->file && e->file->name.len)
		return sk_give_text(ret, e->file->name);
	sk_print_arg(&text, e, &desc, &arg, raw);
	return sk_give_copy(scratch, ret, sk_buf_view(&text));
}

static bool name(SK_FIELD_PARAMS) { return give(e, PATH, false, scratch, ret); }
static bool nameraw(SK_FIELD_PARAMS) { return give(e, PATH, true, scratch, ret); }
static bool source(SK_FIELD_PARAMS) { return give(e, SOURCE, false, scratch, ret); }
static bool sourceraw(SK_FIELD_PARAMS) { return give(e, SOURCE, true, scratch, ret); }
static bool target(SK_FIELD_PARAMS) { return give(e, TARGET, false, scratch, ret); }
static bool targetraw(SK_FIELD_PARAMS) { return give(e, TARGET, true, scratch, ret); }

static const struct sk_field fields[] = {
	{ "fs.path.name", SK_FIELD_TEXT, SK_FIELD_OF_OPEN, "absolute path that the call worked on", name },
	{ "fs.path.nameraw", SK_FIELD_TEXT, 0, "the same, as the program wrote it", nameraw },
	{ "fs.path.source", SK_FIELD_TEXT, 0, "of a rename or mount what was there, of a link the link", source },
	{ "fs.path.sourceraw", SK_FIELD_TEXT, 0, "the same, as the program wrote it", sourceraw },
	{ "fs.path.target", SK_FIELD_TEXT, 0, "of a rename or mount the new place, of a link what it leads to", target },
	{ "fs.path.targetraw", SK_FIELD_TEXT, 0, "the same, as the program wrote it", targetraw },
	{ NULL },
};

const struct sk_field_class sk_field_class_fs = { "fs", "Paths of calls that name files", fields };
