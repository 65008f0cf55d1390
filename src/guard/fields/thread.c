/* SPDX-License-Identifier: Apache-2.0 */
/* The thread: its ids and capabilities. */
#include "guard/fields/fields.h"

static bool capabilities(uint64_t set, struct sk_scratch *scratch, struct sk_field_value *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	sk_print_capabilities(&text, set);
	return sk_give_copy(scratch, ret, sk_buf_view(&text));
}

static bool cap_permitted(SK_FIELD_PARAMS) { return capabilities(e->process->cap_permitted, scratch, ret); }
static bool cap_inheritable(SK_FIELD_PARAMS) { return capabilities(e->process->cap_inheritable, scratch, ret); }
static bool cap_effective(SK_FIELD_PARAMS) { return capabilities(e->process->cap_effective, scratch, ret); }
static bool tid(SK_FIELD_PARAMS) { return sk_give_int(ret, e->process->tid ? e->process->tid : e->process->pid); }
static bool vtid(SK_FIELD_PARAMS) { return sk_give_int(ret, e->process->vtid ? e->process->vtid : e->process->vpid); }

static bool ismain(SK_FIELD_PARAMS)
{
	return sk_give_bool(ret, !e->process->tid || e->process->tid == e->process->pid);
}

static const struct sk_field fields[] = {
	{ "thread.tid", SK_FIELD_INT, 0, "thread id, as the host sees it", tid },
	{ "thread.vtid", SK_FIELD_INT, 0, "thread id, as its own pid namespace sees it", vtid },
	{ "thread.ismain", SK_FIELD_BOOL, 0, "is it the process's first thread?", ismain },
	{ "thread.cap_permitted", SK_FIELD_TEXT, 0, "permitted capabilities: \"CAP_CHOWN CAP_KILL\"", cap_permitted },
	{ "thread.cap_inheritable", SK_FIELD_TEXT, 0, "inheritable capabilities", cap_inheritable },
	{ "thread.cap_effective", SK_FIELD_TEXT, 0, "effective capabilities", cap_effective },
	{ NULL },
};

const struct sk_field_class sk_field_class_thread = { "thread", "The thread that made the event", fields };
