/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs: what configurations say, which alerts an output wants, files and their rotation, full disks. */
#include "guard-case.h"

#include "agent/output.h"
#include "agent/rotate.h"
#include "base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000 };

static char folder[] = "/tmp/sk-outputs-XXXXXX";

/* ---- an alert ---- */

static const char rules_text[] =
	"- rule: read shadow\n  desc: d\n  priority: WARNING\n  tags: [mitre, container]\n"
	"  condition: evt.type=openat\n  output: 'opened %fd.name by %proc.name'\n"
	"- rule: shell\n  desc: d\n  priority: NOTICE\n  tags: [shell]\n"
	"  condition: evt.type=execve\n  output: 'shell %proc.cmdline'\n";

static const char trail_text[] = "container web image=docker.io/library/nginx:1.27\n"
				 "process 10 exe=/bin/sh args=\"-c id\" container=web\n"
				 "execve @10\n"
				 "openat @10 fd=3 name=/etc/shadow flags=O_RDONLY\n";

struct world {
	struct sk_rules rules;
	struct sk_graph *graph;
	struct sk_graph_eval *eval;
	struct sk_trail *trail;
	struct sk_outputs *outputs;
};

/* Both alerts of the trail to the outputs, so many times. */
static void tell(struct sk_outputs *outputs, unsigned times)
{
	struct world w = { 0 };
	const struct sk_detection *fired[2];
	struct sk_alert alert = { 0 };
	struct sk_event event;

	load_text(rules_text, &w.rules, &w.graph);
	w.eval = sk_graph_eval_new(w.graph);
	for (unsigned i = 0; i < times; i++) {
		sk_trail_from(sk_span_str(trail_text), "trail", &w.trail, NULL);
		while (sk_trail_next(w.trail, &event, NULL) > 0)
			if (sk_graph_match(w.eval, &event, fired, 2)) {
				sk_graph_alert(w.eval, w.graph, &event, fired[0], &alert);
				sk_outputs_alert(outputs, &alert);
			}
		sk_trail_free(w.trail);
	}
	sk_alert_release(&alert);
	sk_graph_eval_free(w.eval);
	sk_graph_free(w.graph);
	sk_rules_release(&w.rules);
}

/* ---- configurations ---- */

static int configure(struct sk_settings *s, const char *yaml, struct sk_outputs_config *config, struct sk_err *err)
{
	config->format = -1;
	if (sk_settings_parse(s, "guard.yaml", sk_span_str(yaml), err) < 0)
		return -err->code;
	return sk_outputs_config(s, sk_node_get(s->doc.root, "outputs"), config, err);
}

static void test_config_errors(void)
{
	static const struct {
		const char *yaml, *error;
	} cases[] = {
		{ "outputs: stdout", "guard.yaml:1:10: must be a list" },
		{ "outputs:\n- stdout\n- webhok:http://x", "guard.yaml:3:3: 'webhok' is not one of" },
		{ "outputs:\n- kind: webhok", "guard.yaml:2:9: kind: 'webhok' is not one of" },
		{ "outputs:\n- path: /x", "guard.yaml:2:9: kind: is missing" },
		{ "outputs:\n- [x]", "an output must be" },
		{ "outputs:\n- kind: file\n  pth: /x", "guard.yaml:3:3: unknown key 'pth'; did you mean 'path'?" },
		{ "outputs:\n- kind: file", "guard.yaml:2:9: path: is missing" },
		{ "outputs:\n- kind: file\n  path: x", "guard.yaml:3:9: path: must begin with '/'" },
		{ "outputs:\n- kind: file\n  path: /x\n  rotate-size: 1 elephant", "guard.yaml:4:16: rotate-size: '1 elephant' is" },
		{ "outputs:\n- kind: file\n  path: /x\n  priority: wrning", "did you mean 'Warning'?" },
		{ "outputs:\n- kind: stdout\n  name: ../x", "guard.yaml:3:9: name: letters" },
		{ "outputs:\n- kind: stdout\n  name: x\n- kind: stdout\n  name: x", "guard.yaml:5:9: name: 'x' is the name" },
		{ "outputs:\n- kind: webhook\n  url: gopher://x", "guard.yaml:3:8: url: must begin" },
		{ "outputs:\n- kind: webhook\n  url: http://x\n  headers: [x]", "headers: each must be" },
		{ "outputs:\n- kind: webhook\n  url: http://x\n  key: /x", "guard.yaml:4:8: key: belongs" },
		{ "outputs:\n- webhook", "guard.yaml:2:3: url: is missing" },
		{ "outputs:\n- stdout:nowhere", "guard.yaml:2:3: stream: 'nowhere'" },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_settings s = { 0 };
		struct sk_outputs_config config = { 0 };
		struct sk_err err = SK_ERR_INIT;
		int r = configure(&s, cases[i].yaml, &config, &err);

		ok(r == -SK_EUSAGE && strstr(err.text, cases[i].error), "%s", cases[i].error);
		if (!strstr(err.text, cases[i].error))
			printf("# got %s\n", err.text);
		sk_settings_release(&s);
	}
}

static void test_names(void)
{
	struct sk_settings s = { 0 };
	struct sk_outputs_config config = { 0 };
	const struct sk_output_config *c;

	ok(configure(&s, "outputs: [stdout, 'webhook:http://a/1', 'webhook:http://a/2', {kind: webhook, name: siem, "
			 "url: 'http://b'}]",
		     &config, NULL) == 0 && config.count == 4, "four outputs");
	c = config.first;
	is_str(c->name, "stdout");
	ok(c->queue == SK_QUEUE_MEMORY, "its queue is in memory");
	c = c->next;
	is_str(c->name, "webhook");
	ok(c->queue == SK_QUEUE_DISK && strcmp(c->folder, c->next->folder) != 0, "those of webhooks on disk, each its own");
	is_str(c->next->name, "webhook-2");
	is_str(c->next->next->name, "siem");
	is_str(c->next->next->folder, "siem");
	sk_settings_release(&s);
}

/* ---- files ---- */

static struct sk_outputs *open_outputs(struct sk_settings *s, struct sk_outputs_config *config, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static struct sk_outputs *open_outputs(struct sk_settings *s, struct sk_outputs_config *config, const char *fmt, ...)
{
	struct sk_outputs *outputs = NULL;
	struct sk_err err = SK_ERR_INIT;
	char yaml[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(yaml, sizeof(yaml), fmt, args);
	va_end(args);
	*s = (struct sk_settings){ 0 };
	*config = (struct sk_outputs_config){ 0 };
	if (configure(s, yaml, config, &err) < 0 || sk_outputs_open(config, folder, "node", &outputs, &err) < 0)
		printf("# %s\n", err.text);
	return outputs;
}

static struct sk_buf slurp(const char *name)
{
	sk_autofree char *path = sk_printf("%s/%s", folder, name);
	struct sk_buf buf = { 0 };

	sk_path_slurp(path, 64 << 20, &buf, NULL);
	return buf;
}

static size_t count_of(const struct sk_buf *buf, const char *what)
{
	size_t n = 0;

	for (const char *at = sk_buf_str(buf); (at = strstr(at, what)); at++)
		n++;
	return n;
}

static void test_filters(void)
{
	static const struct {
		const char *name, *filter;
		size_t shadow, shell, audit;
	} cases[] = {
		{ "all", "", 1, 1, 1 },
		{ "priority", "priority: warning", 1, 0, 1 },
		{ "none", "priority: error", 0, 0, 1 },
		{ "tags", "tags: [shell, other]", 0, 1, 1 },
		{ "rules", "rules: ['read *']", 1, 0, 1 },
		{ "alerts", "what: alerts", 1, 1, 0 },
		{ "audit", "what: [audit]", 0, 0, 1 },
		{ "falco", "format: falco", 1, 1, 0 },
		{ "both", "format: falco, what: [alerts, audit]", 1, 1, 1 },
	};
	sk_cleanup(sk_buf_release) struct sk_buf yaml = { 0 };
	struct sk_outputs_config config;
	struct sk_settings s;
	struct sk_outputs *outputs;

	sk_buf_puts(&yaml, "outputs:\n");
	for (size_t i = 0; i < SK_COUNT(cases); i++)
		sk_buf_printf(&yaml, "- {kind: file, name: '%s', path: '%s/f-%s', %s}\n", cases[i].name, folder, cases[i].name,
			      cases[i].filter);
	outputs = open_outputs(&s, &config, "%s", yaml.data);
	tell(outputs, 1);
	sk_outputs_line(outputs, "audit", SK_SPAN_LIT("{\"audit\":true}"));
	ok(sk_outputs_flush(outputs, PATIENCE_MS), "all is written");
	is_int(sk_outputs_close(outputs, PATIENCE_MS), 0);
	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_autofree char *name = sk_printf("f-%s", cases[i].name);
		sk_cleanup(sk_buf_release) struct sk_buf got = slurp(name);

		ok(count_of(&got, "\"rule\":\"read shadow\"") == cases[i].shadow &&
			   count_of(&got, "\"rule\":\"shell\"") == cases[i].shell &&
			   count_of(&got, "{\"audit\":true}\n") == cases[i].audit,
		   "%s", cases[i].filter);
	}
	sk_settings_release(&s);
}

static void test_rotation(void)
{
	struct sk_outputs_config config;
	struct sk_settings s;
	struct sk_outputs *outputs = open_outputs(
		&s, &config, "outputs: [{kind: file, path: '%s/r', rotate-size: 1000, keep: 3, format: text}]", folder);
	size_t total = 0;

	for (int i = 0; i < 8; i++) {
		tell(outputs, 1);
		sk_outputs_flush(outputs, PATIENCE_MS);
	}
	sk_outputs_close(outputs, PATIENCE_MS);
	for (int i = 0; i <= 4; i++) {
		sk_autofree char *name = i ? sk_printf("r.%d", i) : sk_strdup("r");
		sk_cleanup(sk_buf_release) struct sk_buf got = slurp(name);

		expect(got.len <= 1000 && (!got.len || got.data[got.len - 1] == '\n'), "%s has whole lines", name);
		total += count_of(&got, "\n");
	}
	ok(total == 16, "none of %zu lines is lost while files are put aside", total);
	sk_settings_release(&s);
}

static void test_rotate(void)
{
	sk_autofree char *path = sk_printf("%s/g", folder), *command = NULL;

	for (int i = 1; i <= 4; i++) {
		sk_autofree char *text = sk_printf("file %d\n", i);

		sk_path_replace(path, sk_span_str(text), 0600, NULL);
		expect(sk_rotate(path, 2, true, NULL) == 0, "put aside");
	}
	command = sk_printf("cd %s && [ \"$(zcat g.1.gz g.2.gz)\" = \"$(printf 'file 4\\nfile 3')\" ] && [ \"$(ls g* | wc -l)\" = 2 ]",
			    folder);
	ok(system(command) == 0, "two are kept, compressed");
	sk_path_replace(path, SK_SPAN_LIT("x"), 0600, NULL);
	ok(sk_rotate(path, 0, false, NULL) == 0 && access(path, F_OK) < 0, "or none");
}

static void test_moved(void)
{
	sk_autofree char *path = sk_printf("%s/m", folder), *away = sk_printf("%s/m.away", folder);
	struct sk_outputs_config config;
	struct sk_settings s;
	struct sk_outputs *outputs = open_outputs(&s, &config, "outputs: ['file:%s']", path);
	sk_cleanup(sk_buf_release) struct sk_buf first = { 0 }, second = { 0 };
	struct stat st;

	tell(outputs, 1);
	sk_outputs_flush(outputs, PATIENCE_MS);
	rename(path, away);
	tell(outputs, 2);
	sk_outputs_reopen(outputs);
	sk_outputs_close(outputs, PATIENCE_MS);
	first = slurp("m.away");
	second = slurp("m");
	ok(count_of(&first, "\n") == 2 && count_of(&second, "\n") == 4, "a file that was moved away is begun anew");
	ok(stat(path, &st) == 0 && (st.st_mode & 077) == 0, "for its owner alone");
	sk_settings_release(&s);
}

static void remember(void *context, bool trouble, const char *text)
{
	sk_buf_printf(context, "%s\n", text);
}

/* A disk that is full: said once, counted, and what is queued waits within bounds. */
static void test_disk_full(void)
{
	struct sk_outputs_config config;
	struct sk_settings s;
	struct sk_outputs *outputs = open_outputs(
		&s, &config, "outputs: [{kind: file, path: /dev/full, queue-size: 4K, name: full}, {kind: file, path: "
			     "/dev/full, queue-size: 4K, full: oldest, name: oldest}]");
	sk_cleanup(sk_buf_release) struct sk_buf said = { 0 };
	struct sk_output_counts newest, oldest;
	const char *kind;

	tell(outputs, 50);
	do {
		usleep(10000);
		sk_outputs_counts(outputs, 0, &kind, &newest);
		sk_outputs_counts(outputs, 1, NULL, &oldest);
	} while (!newest.failures || !oldest.failures || !newest.trouble || !oldest.trouble);
	tell(outputs, 50);
	sk_outputs_counts(outputs, 0, &kind, &newest);
	sk_outputs_counts(outputs, 1, NULL, &oldest);
	sk_outputs_say(outputs, remember, &said);
	sk_outputs_say(outputs, remember, &said);
	is_str(kind, "file");
	ok(newest.sent == 0 && newest.lost[SK_OUTPUT_FULL] > 0 && newest.queued_bytes <= 4096 &&
		   newest.lost[SK_OUTPUT_FULL] + newest.queued == 200, "what does not fit is counted");
	ok(oldest.lost[SK_OUTPUT_FULL] > 0 && oldest.lost[SK_OUTPUT_FULL] + oldest.queued == 200, "the oldest too");
	ok(count_of(&said, "output full: /dev/full: cannot write: No space left on device\n") == 1 &&
		   count_of(&said, "\n") == 2, "and said once");
	ok(sk_outputs_alive(outputs), "nothing ends for it");
	ok(sk_outputs_close(outputs, 0) == newest.queued + oldest.queued, "what waits at the end is counted");
	sk_settings_release(&s);
}

/* Standard output whose reader has gone. */
static void test_broken(void)
{
	struct sk_outputs_config config;
	struct sk_settings s;
	struct sk_outputs *outputs;
	int ends[2], saved = dup(STDOUT_FILENO);

	if (pipe(ends) < 0)
		exit(1);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[0]);
	close(ends[1]);
	outputs = open_outputs(&s, &config, "outputs: []");
	tell(outputs, 1);
	while (sk_outputs_alive(outputs))
		usleep(1000);
	sk_outputs_close(outputs, PATIENCE_MS);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	ok(true, "an output whose reader has gone is not alive");
	sk_settings_release(&s);
}

/* Standard output that nobody reads: the agent's thread goes on, and closing gives up. */
static void test_stuck(void)
{
	struct sk_outputs_config config;
	struct sk_settings s;
	struct sk_outputs *outputs;
	struct sk_output_counts counts;
	int ends[2], saved = dup(STDOUT_FILENO);
	uint64_t lost;

	if (pipe(ends) < 0)
		exit(1);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	outputs = open_outputs(&s, &config, "outputs: [{kind: stdout, queue-size: 100K}]");
	tell(outputs, 2000);
	sk_outputs_counts(outputs, 0, NULL, &counts);
	lost = sk_outputs_close(outputs, 100);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
	ok(counts.lost[SK_OUTPUT_FULL] > 0 && lost > 0, "a reader that does not read stops nobody");
	sk_settings_release(&s);
}

int main(void)
{
	sk_autofree char *clean = NULL;

	if (!mkdtemp(folder))
		return 1;
	test_config_errors();
	test_names();
	test_filters();
	test_rotation();
	test_rotate();
	test_moved();
	test_disk_full();
	test_broken();
	test_stuck();
	clean = sk_printf("rm -rf %s", folder);
	ok(system(clean) == 0, "cleaned");
	return tap_done();
}
