/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's outputs without the agent: tell FOLDER GUARD.YAML reads commands
 * from standard input, a line each, and answers each with a line.
 *
 *	alert N		an alert whose output is "number N"
 *	line JSON	a line that is no alert
 *	flush MS	"done" or "left"
 *	counts		of each output: name sent failures cut queued unsaved, lost by reason
 *	say		what changed, "# " in front of each, and "."
 *	reopen
 *
 * At the end of its input it closes all, and says how many were lost.
 */
#include "agent/output.h"
#include "guard/graph.h"
#include "guard/trail.h"

#include <inttypes.h>
#include <stdio.h>

enum { CLOSE_MS = 5000 };

static const char rules_text[] = "- rule: counted\n  desc: d\n  priority: WARNING\n  tags: [test]\n"
				 "  condition: evt.type=execve\n  output: 'number %proc.args'\n";

struct teller {
	struct sk_settings settings;
	struct sk_outputs_config config;
	struct sk_outputs *outputs;
	struct sk_rules rules;
	struct sk_graph *graph;
	struct sk_graph_eval *eval;
	struct sk_alert alert;
};

static void tell_alert(struct teller *t, const char *number)
{
	sk_autofree char *text = sk_printf("process 10 exe=/bin/sh args=%s\nexecve @10\n", number);
	const struct sk_detection *fired[1];
	struct sk_trail *trail;
	struct sk_event event;

	sk_trail_from(sk_span_str(text), "trail", &trail, NULL);
	while (sk_trail_next(trail, &event, NULL) > 0)
		if (sk_graph_match(t->eval, &event, fired, 1)) {
			sk_graph_alert(t->eval, t->graph, &event, fired[0], &t->alert);
			sk_outputs_alert(t->outputs, &t->alert);
		}
	sk_trail_free(trail);
}

static void print_counts(struct teller *t)
{
	struct sk_output_counts c;
	const char *name;

	for (size_t i = 0; (name = sk_outputs_counts(t->outputs, i, NULL, &c)); i++) {
		printf("%s%s sent=%" PRIu64 " failures=%" PRIu64 " cut=%" PRIu64 " queued=%" PRIu64
		       " unsaved=%" PRIu64,
		       i ? "; " : "", name, c.sent, c.failures, c.cut, c.queued, c.unsaved);
		for (int j = 0; j < SK_OUTPUT_LOSSES; j++)
			printf(" %s=%" PRIu64, sk_output_loss_name((enum sk_output_loss)j), c.lost[j]);
	}
	printf("\n");
}

static void say(void *context, bool trouble, const char *text)
{
	printf("# %s\n", text);
}

static void obey(struct teller *t, char *line)
{
	const char *rest = strchr(line, ' ') ? strchr(line, ' ') + 1 : "";

	line[strcspn(line, " ")] = '\0';
	if (strcmp(line, "alert") == 0)
		tell_alert(t, rest);
	else if (strcmp(line, "line") == 0)
		sk_outputs_line(t->outputs, "audit", sk_span_str(rest));
	else if (strcmp(line, "reopen") == 0)
		sk_outputs_reopen(t->outputs);
	else if (strcmp(line, "say") == 0)
		sk_outputs_say(t->outputs, say, NULL);
	else if (strcmp(line, "counts") == 0)
		print_counts(t);
	else if (strcmp(line, "flush") == 0)
		printf("%s\n", sk_outputs_flush(t->outputs, (unsigned)atoi(rest)) ? "done" : "left");
	if (strcmp(line, "counts") != 0 && strcmp(line, "flush") != 0)
		printf(".\n");
	fflush(stdout);
}

static int open_all(struct teller *t, const char *folder, const char *path, struct sk_err *err)
{
	t->config.format = -1;
	if (sk_rules_read(&t->rules, "rules", SK_SPAN_LIT(rules_text), err) < 0 ||
	    sk_settings_open(&t->settings, path, err) < 0 ||
	    sk_outputs_config(&t->settings, sk_node_get(t->settings.doc.root, "outputs"), &t->config, err) < 0)
		return -err->code;
	sk_rules_finish(&t->rules);
	t->graph = sk_graph_new(&t->rules);
	t->eval = sk_graph_eval_new(t->graph);
	return sk_outputs_open(&t->config, folder, "node", &t->outputs, err);
}

int main(int argc, char **argv)
{
	struct teller t = { 0 };
	struct sk_err err = SK_ERR_INIT;
	char line[4096];

	if (argc != 3 || open_all(&t, argv[1], argv[2], &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(&t, line);
	}
	printf("lost %" PRIu64 "\n", sk_outputs_close(t.outputs, CLOSE_MS));
	sk_alert_release(&t.alert);
	sk_graph_eval_free(t.eval);
	sk_graph_free(t.graph);
	sk_rules_release(&t.rules);
	sk_settings_release(&t.settings);
	return 0;
}
