/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/field.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "guard/print.h"

#include <inttypes.h>

const struct sk_process *sk_process_ancestor(const struct sk_process *process, unsigned n)
{
	while (process && n--)
		process = process->parent;
	return process;
}

char *sk_scratch_alloc(struct sk_scratch *scratch, size_t size)
{
	char *memory;

	size = (size + 1 + 7) & ~(size_t)7;
	if (!scratch || size > scratch->cap - scratch->used)
		return NULL;
	memory = scratch->memory + scratch->used;
	scratch->used += size;
	return memory;
}

/* ---- finding ---- */

const struct sk_field *sk_field_find(struct sk_span name)
{
	for (size_t c = 0; sk_field_classes[c]; c++)
		for (const struct sk_field *f = sk_field_classes[c]->fields; f->name; f++)
			if (sk_span_is(name, f->name))
				return f;
	return NULL;
}

const char *sk_field_nearest(struct sk_span name)
{
	struct sk_suggest suggest = { .typed = name };

	for (size_t c = 0; sk_field_classes[c]; c++)
		for (const struct sk_field *f = sk_field_classes[c]->fields; f->name; f++)
			sk_suggest_try(&suggest, f->name);
	return suggest.best;
}

/* "evt.arg.flags" is the field "evt.arg" with the argument "flags"; labels have dots of their own. */
static const struct sk_field *find_dotted(struct sk_span name, struct sk_span *ret_arg)
{
	for (size_t i = 1; i < name.len; i++) {
		const struct sk_field *f = name.ptr[i] == '.' ? sk_field_find(sk_span_sub(name, 0, i)) : NULL;

		if (f && (f->flags & SK_FIELD_ARG_REQUIRED) && !(f->flags & SK_FIELD_ARG_INDEX)) {
			*ret_arg = sk_span_from(name, i + 1);
			return f;
		}
	}
	return NULL;
}

static int unknown(struct sk_span name, struct sk_err *err)
{
	const char *near = sk_field_nearest(name);

	for (const struct sk_field_absent *a = sk_fields_absent; a->name; a++)
		if (sk_span_is(name, a->name))
			return sk_err_set(err, SK_EINVAL, "the field \"%s\" is not known here: %s", a->name, a->reason);
	return sk_err_set(err, SK_EINVAL, "there is no field \"%.*s\"%s%s%s", (int)name.len, name.ptr,
			  near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int check_arg(const struct sk_field *f, struct sk_span text, struct sk_field_arg *ret_arg, struct sk_err *err)
{
	uint64_t index;

	*ret_arg = (struct sk_field_arg){ .text = text, .index = -1 };
	if (!text.ptr) {
		if (f->flags & SK_FIELD_ARG_REQUIRED)
			return sk_err_set(err, SK_EINVAL, "\"%s\" wants an argument in brackets", f->name);
		return 0;
	}
	if (!(f->flags & (SK_FIELD_ARG_REQUIRED | SK_FIELD_ARG_ALLOWED)))
		return sk_err_set(err, SK_EINVAL, "\"%s\" takes no argument", f->name);
	if (sk_span_u64(text, &index) && index < INT32_MAX)
		ret_arg->index = (int64_t)index;
	else if (f->flags & SK_FIELD_ARG_INDEX)
		return sk_err_set(err, SK_EINVAL, "the argument of \"%s\" must be a number", f->name);
	return 0;
}

/* An argument that no event has is as wrong as a field that nobody knows. */
static int check_event_arg(const struct sk_field *f, const struct sk_field_arg *arg, struct sk_err *err)
{
	struct sk_suggest suggest = { .typed = arg->text };

	if (!(f->flags & SK_FIELD_OF_ARG) || arg->index >= 0)
		return 0;
	for (int type = 0; type < SK_EVENT_COUNT; type++)
		for (const struct sk_arg_desc *a = sk_event_descs[type].args; a->name; a++) {
			if (sk_span_is(arg->text, a->name))
				return 0;
			sk_suggest_try(&suggest, a->name);
		}
	return sk_err_set(err, SK_EINVAL, "no event has an argument \"%.*s\"%s%s%s", (int)arg->text.len, arg->text.ptr,
			  suggest.best ? "; did you mean \"" : "", suggest.best ? suggest.best : "",
			  suggest.best ? "\"?" : "");
}

const struct sk_field *sk_field_resolve(struct sk_span name, struct sk_span brackets, struct sk_field_arg *ret_arg,
					struct sk_err *err)
{
	const struct sk_field *f = sk_field_find(name);

	if (!f)
		f = find_dotted(name, &brackets);
	if (!f) {
		unknown(name, err);
		return NULL;
	}
	if (check_arg(f, brackets, ret_arg, err) < 0 || check_event_arg(f, ret_arg, err) < 0)
		return NULL;
	return f;
}

/* ---- types ---- */

static enum sk_field_type type_of_arg(enum sk_arg_type type)
{
	switch (type) {
	case SK_ARG_TEXT:
	case SK_ARG_PATH:
	case SK_ARG_STRINGS:
	case SK_ARG_SOCKET:
		return SK_FIELD_TEXT;
	case SK_ARG_BYTES:
		return SK_FIELD_BYTES;
	default:
		return SK_FIELD_INT;
	}
}

enum sk_field_type sk_field_type_of(const struct sk_field *field, const struct sk_field_arg *arg)
{
	if (!(field->flags & SK_FIELD_ARG_TYPE))
		return field->type;
	for (int type = 0; type < SK_EVENT_COUNT; type++)
		for (const struct sk_arg_desc *a = sk_event_descs[type].args; a->name; a++)
			if (sk_span_is(arg->text, a->name))
				return type_of_arg(a->type);
	return field->type;
}

const char *sk_field_type_name(enum sk_field_type type)
{
	static const char *const names[] = {
		[SK_FIELD_TEXT] = "text",	[SK_FIELD_INT] = "a number",
		[SK_FIELD_BOOL] = "true or false", [SK_FIELD_IP] = "an address",
		[SK_FIELD_NET] = "a network",	[SK_FIELD_PORT] = "a port",
		[SK_FIELD_TIME] = "a time",	[SK_FIELD_SPAN] = "a duration",
		[SK_FIELD_BYTES] = "bytes",
	};

	return names[type];
}

void sk_field_print(struct sk_buf *out, const struct sk_field_value *value)
{
	switch (value->type) {
	case SK_FIELD_TEXT:
	case SK_FIELD_BYTES:
		sk_buf_span(out, value->text);
		break;
	case SK_FIELD_IP:
	case SK_FIELD_NET:
		sk_print_ip(out, value->text);
		break;
	case SK_FIELD_BOOL:
		sk_buf_puts(out, value->i ? "true" : "false");
		break;
	default:
		sk_buf_dec(out, value->i);
		break;
	}
}

const struct sk_field_absent sk_fields_absent[] = {
#define COUNTS "it counts for sysdig's tables, which are not written here"
#define CPU_TIME "scheduling is not traced"
#define MEMORY "page and memory counters are not traced"
#define ENTER "no event has an enter half here"
#define PLUGIN "it is another source's"
	{ "evt.latency", ENTER }, { "evt.latency.s", ENTER }, { "evt.latency.ns", ENTER },
	{ "evt.latency.quantized", ENTER }, { "evt.latency.human", ENTER }, { "evt.wait_latency", ENTER },
	{ "evt.is_wait", ENTER },
	{ "evt.deltatime", "the events between depend on what other rules ask for" },
	{ "evt.deltatime.s", "the events between depend on what other rules ask for" },
	{ "evt.deltatime.ns", "the events between depend on what other rules ask for" },
	{ "evt.outputtime", "it is never for conditions; use evt.time" },
	{ "evt.is_syslog", "writes are not traced" },
	{ "evt.count", COUNTS }, { "evt.count.error", COUNTS }, { "evt.count.error.file", COUNTS },
	{ "evt.count.error.net", COUNTS }, { "evt.count.error.memory", COUNTS }, { "evt.count.error.other", COUNTS },
	{ "evt.count.exit", COUNTS }, { "evt.count.procinfo", COUNTS }, { "evt.count.threadinfo", COUNTS },
	{ "evt.buflen.in", COUNTS }, { "evt.buflen.out", COUNTS }, { "evt.buflen.file", COUNTS },
	{ "evt.buflen.file.in", COUNTS }, { "evt.buflen.file.out", COUNTS }, { "evt.buflen.net", COUNTS },
	{ "evt.buflen.net.in", COUNTS }, { "evt.buflen.net.out", COUNTS },
	{ "evt.infra.docker.name", PLUGIN }, { "evt.infra.docker.container.id", PLUGIN },
	{ "evt.infra.docker.container.name", PLUGIN }, { "evt.infra.docker.container.image", PLUGIN },
	{ "evt.reltime", "a record's beginning is not an event's property" },
	{ "evt.reltime.s", "a record's beginning is not an event's property" },
	{ "evt.reltime.ns", "a record's beginning is not an event's property" },
	{ "evt.pluginname", PLUGIN }, { "evt.plugininfo", PLUGIN }, { "evt.asynctype", PLUGIN },
	{ "fd.types", "only the event's own file is known" },
	{ "fdlist.nums", "poll and select are not traced" }, { "fdlist.names", "poll and select are not traced" },
	{ "fdlist.cips", "poll and select are not traced" }, { "fdlist.sips", "poll and select are not traced" },
	{ "fdlist.cports", "poll and select are not traced" }, { "fdlist.sports", "poll and select are not traced" },
	{ "proc.fdopencount", "open files are not counted" }, { "proc.fdlimit", "open files are not counted" },
	{ "proc.fdusage", "open files are not counted" }, { "proc.vmsize", MEMORY }, { "proc.vmrss", MEMORY },
	{ "proc.vmswap", MEMORY }, { "thread.pfmajor", MEMORY }, { "thread.pfminor", MEMORY },
	{ "thread.vmsize", MEMORY }, { "thread.vmrss", MEMORY }, { "thread.vmsize.b", MEMORY },
	{ "thread.vmrss.b", MEMORY }, { "thread.exectime", CPU_TIME }, { "thread.totexectime", CPU_TIME },
	{ "thread.cpu", CPU_TIME }, { "thread.cpu.user", CPU_TIME }, { "thread.cpu.system", CPU_TIME },
	{ "thread.nametid", COUNTS }, { "thread.cgroups", "a cgroup is known by its id, not by its path" },
	{ "thread.cgroup", "a cgroup is known by its id, not by its path" },
	{ "proc.nthreads", "threads are not counted" }, { "proc.nchilds", "threads are not counted" },
	{ "k8s.rc.name", "removed from Falco" }, { "k8s.rc.id", "removed from Falco" },
	{ "k8s.svc.name", "removed from Falco" }, { "k8s.svc.id", "removed from Falco" },
	{ "k8s.ns.id", "removed from Falco" }, { "k8s.rs.name", "removed from Falco" },
	{ "k8s.rs.id", "removed from Falco" }, { "k8s.deployment.name", "removed from Falco" },
	{ "k8s.deployment.id", "removed from Falco" },
	{ NULL, NULL },
};
