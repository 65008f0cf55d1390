/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/alert.h"
#include "guard/trail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses a buffer when a flow sequence breaks off (fuzz-yaml.c). */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml\n";
}

/* What the rules are tried on: one event of several kinds. */
static const char events[] =
	"container web image=a/b:1 mount=/:/host label=a=b\n"
	"process 1 exe=/sbin/init\n"
	"process 2 parent=1 exe=/bin/sh args=\"-c id\" container=web env=A=b\n"
	"execve @2\n"
	"openat @2 name=x/../etc/passwd flags=O_RDWR|O_CREAT mode=0755\n"
	"connect @2 fd=3 from=10.0.0.1:4000 to=[2001:db8::1]:443 proto=tcp\n"
	"rename @2 oldpath=/a newpath=b\n"
	"sendto @2 fd=3 data=hello size=5 to=10.0.0.1:53 proto=udp\n";

static void try(struct sk_graph_eval *eval, const struct sk_graph *graph, const struct sk_event *event)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	const struct sk_detection *fired[16];
	size_t count = sk_graph_match(eval, event, fired, SK_COUNT(fired));

	for (size_t i = 0; i < count; i++) {
		struct sk_alert alert = { 0 };

		sk_graph_alert(eval, graph, event, fired[i], &alert);
		for (int format = 0; format < SK_ALERT_FORMATS; format++)
			sk_alert_write(&out, &alert, (enum sk_alert_format)format, "host");
		sk_alert_release(&alert);
	}
}

/* A rule file: read, compiled, and asked about the events. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_rules rules = { 0 };
	struct sk_graph *graph;
	struct sk_graph_eval *eval;
	struct sk_trail *trail;
	struct sk_event event;

	sk_rules_read(&rules, "f", sk_span(data, size), NULL);
	sk_rules_finish(&rules);
	graph = sk_graph_new(&rules);
	eval = sk_graph_eval_new(graph);
	sk_trail_from(sk_span(events, sizeof(events) - 1), "events", &trail, NULL);
	while (sk_trail_next(trail, &event, NULL) > 0)
		try(eval, graph, &event);
	sk_trail_free(trail);
	sk_graph_eval_free(eval);
	sk_graph_free(graph);
	sk_rules_release(&rules);
	return 0;
}
