/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/container-probe.h"

#include "base/buf.h"
#include "base/limits.h"

static void put_words(struct sk_buf *out, const struct sk_node *first)
{
	for (const struct sk_node *word = first; word && out->len <= SK_MAX_FIELD; word = word->next) {
		if (out->len)
			sk_buf_putc(out, ' ');
		sk_buf_span(out, sk_node_str(word));
	}
}

static void take(struct sk_span *field, struct sk_buf *text, struct sk_arena *arena)
{
	if (text->len && text->len <= SK_MAX_FIELD)
		*field = sk_span(sk_arena_dup(arena, sk_buf_view(text)), text->len);
	sk_buf_reset(text);
}

void sk_container_take_healthcheck(struct sk_container *container, const struct sk_node *test, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	const struct sk_node *kind = sk_node_at(test, 0);
	struct sk_span word = sk_node_str(kind);

	if (sk_span_is(word, "NONE"))
		sk_buf_puts(&text, "NONE");
	else if (sk_span_is(word, "CMD-SHELL"))
		sk_buf_puts(&text, "/bin/sh -c");
	else if (!sk_span_is(word, "CMD"))
		return;
	if (!sk_span_is(word, "NONE"))
		put_words(&text, kind->next);
	take(&container->healthcheck, &text, arena);
}

static void take_probe(struct sk_span *field, const struct sk_node *probe, struct sk_arena *arena)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	put_words(&text, sk_node_first(sk_node_path(probe, "exec", "command", NULL)));
	take(field, &text, arena);
}

void sk_container_take_probes(struct sk_container *container, struct sk_span pod, struct sk_arena *arena)
{
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };

	if (!pod.len || sk_doc_parse(&doc, SK_DOC_JSON, pod, 0, NULL) < 0)
		return;
	sk_node_each(one, sk_node_path(doc.root, "spec", "containers", NULL)) {
		if (!sk_span_eq(sk_node_str(sk_node_get(one, "name")), container->name))
			continue;
		take_probe(&container->liveness, sk_node_get(one, "livenessProbe"), arena);
		take_probe(&container->readiness, sk_node_get(one, "readinessProbe"), arena);
		return;
	}
}

/* argv[0] and the other arguments, with blanks between. */
static bool is_command(const struct sk_process *p, struct sk_span command)
{
	struct sk_span args = p->args, word = p->exe;

	do {
		if (!sk_span_eq(sk_span_sub(command, 0, word.len), word))
			return false;
		command = sk_span_from(command, word.len);
		if (!command.len)
			return !args.len;
		if (command.ptr[0] != ' ')
			return false;
		command = sk_span_from(command, 1);
	} while (args.len && sk_span_split(&args, '\0', &word));
	return false;
}

bool sk_container_probe_runs(const struct sk_process *process, struct sk_span command)
{
	enum { MAX_ANCESTORS = 64 };
	const struct sk_process *p = process;

	if (!command.len)
		return false;
	for (int i = 0; p && p->container == process->container && p->vpid != 1 && i < MAX_ANCESTORS; i++, p = p->parent)
		if ((!p->parent || p->parent->container != p->container) && is_command(p, command))
			return true;
	return false;
}
