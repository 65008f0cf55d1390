/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/fields/fields.h"

static bool gid(SK_FIELD_PARAMS) { return sk_give_int(ret, e->process->gid); }

static bool name(SK_FIELD_PARAMS)
{
	if (e->process->group.len)
		return sk_give_text(ret, e->process->group);
	return sk_give_str(ret, e->process->gid == 0 ? "root" : "<NA>");
}

static const struct sk_field fields[] = {
	{ "group.gid", SK_FIELD_INT, 0, "number of the group", gid },
	{ "group.name", SK_FIELD_TEXT, 0, "name of the group", name },
	{ NULL },
};

const struct sk_field_class sk_field_class_group = { "group", "The group that the process runs as", fields };
