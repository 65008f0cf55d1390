/* SPDX-License-Identifier: Apache-2.0 */
/* The user that the process runs as, and the one that logged in. Names that are not known are "<NA>", as in Falco. */
#include "guard/fields/fields.h"

static const struct sk_user root = { 0, SK_SPAN_INIT("root"), SK_SPAN_INIT("/root"), SK_SPAN_INIT("<NA>") };
static const struct sk_user nobody = { UINT32_MAX, SK_SPAN_INIT("<NA>"), SK_SPAN_INIT("<NA>"),
				       SK_SPAN_INIT("<NA>") };

static const struct sk_user *or_default(const struct sk_user *user, uint32_t uid)
{
	return user ? user : uid == 0 ? &root : &nobody;
}

static const struct sk_user *user_of(const struct sk_event *e)
{
	return or_default(e->process->user, e->process->uid);
}

static bool uid(SK_FIELD_PARAMS) { return sk_give_int(ret, e->process->uid); }
static bool name(SK_FIELD_PARAMS) { return sk_give_text(ret, user_of(e)->name); }
static bool homedir(SK_FIELD_PARAMS) { return sk_give_text(ret, user_of(e)->home); }
static bool shell(SK_FIELD_PARAMS) { return sk_give_text(ret, user_of(e)->shell); }

static bool loginuid(SK_FIELD_PARAMS)
{
	return sk_give_int(ret, e->process->loginuid == UINT32_MAX ? -1 : (int64_t)e->process->loginuid);
}

static bool loginname(SK_FIELD_PARAMS)
{
	return sk_give_text(ret, or_default(e->process->login, e->process->loginuid)->name);
}

static const struct sk_field fields[] = {
	{ "user.uid", SK_FIELD_INT, 0, "number of the user", uid },
	{ "user.name", SK_FIELD_TEXT, 0, "name of the user", name },
	{ "user.homedir", SK_FIELD_TEXT, 0, "home folder of the user", homedir },
	{ "user.shell", SK_FIELD_TEXT, 0, "shell of the user", shell },
	{ "user.loginuid", SK_FIELD_INT, 0, "number of the user that logged in; -1: nobody did", loginuid },
	{ "user.loginname", SK_FIELD_TEXT, 0, "name of the user that logged in", loginname },
	{ NULL },
};

const struct sk_field_class sk_field_class_user = { "user", "The user that the process runs as", fields };
