/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/output-fields.h"

#include "base/text.h"
#include "guard/container.h"
#include "guard/process.h"

#include <stdio.h>

static void put_tags(const struct sk_detection *rule, sk_output_field_fn *put, void *context)
{
	sk_cleanup(sk_buf_release) struct sk_buf tags = { 0 };

	for (size_t i = 0; i < rule->tag_count; i++)
		sk_buf_printf(&tags, "%s%s", i ? "," : "", rule->tags[i]);
	if (tags.len)
		put(context, "tags", sk_buf_view(&tags));
}

static void put_container(const struct sk_container *c, sk_output_field_fn *put, void *context)
{
	const struct {
		const char *name;
		struct sk_span value;
	} fields[] = {
		{ "container", c->id },	  { "containerName", c->name }, { "image", c->image },
		{ "pod", c->pod_name }, { "namespace", c->namespace },
	};

	for (size_t i = 0; i < SK_COUNT(fields); i++)
		if (fields[i].value.len)
			put(context, fields[i].name, fields[i].value);
}

void sk_output_fields(const struct sk_note *note, sk_output_field_fn *put, void *context)
{
	const struct sk_process *p;
	char pid[16];

	put(context, "kind", sk_span_str(note->kind));
	if (!note->alert)
		return;
	p = note->alert->event->process;
	snprintf(pid, sizeof(pid), "%d", p->pid);
	put(context, "rule", note->alert->rule->name);
	put(context, "priority", sk_span_str(sk_priority_name(note->priority)));
	put_tags(note->alert->rule, put, context);
	put(context, "pid", sk_span_str(pid));
	if (p->name.len)
		put(context, "process", p->name);
	if (p->container)
		put_container(p->container, put, context);
}

void sk_output_message(const struct sk_output *output, const struct sk_note *note, struct sk_buf *out)
{
	if (!note->alert || sk_output_format(output) != SK_ALERT_TEXT) {
		sk_buf_span(out, note->line);
		return;
	}
	sk_text_plain(out, note->alert->rule->name);
	sk_buf_puts(out, ": ");
	sk_text_plain(out, note->alert->text);
}
