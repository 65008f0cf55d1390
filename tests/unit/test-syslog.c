/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as syslog and the journal get them, byte by byte, with names that want to break out. */
#include "guard-case.h"

#include "agent/output.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, MAX_DATAGRAM = 1 << 20 };

static char folder[] = "/tmp/sk-syslog-XXXXXX";

static const char rules_text[] =
	"- rule: odd \"name\" ]\n  desc: d\n  priority: WARNING\n  tags: [mitre, T1059]\n"
	"  condition: evt.type=execve\n  output: 'ran %proc.args'\n";

static const char hostile[] = "container web image=r.io/a:1 pod_name=app-0 namespace=prod\n"
			      "process 10 exe=/bin/sh name=\"a]\\\"\\\\b\" arg=\"x\\ny\x1b[31m\" container=web\n"
			      "execve @10\n";
static const char foreign[] = "process 10 exe=/bin/sh arg=\"gr\xc3\xbc\xc3\x9f\"\nexecve @10\n";

/* The alert of a trail's event to the outputs. */
static void tell(struct sk_outputs *outputs, const char *trail_text)
{
	struct sk_rules rules = { 0 };
	struct sk_graph *graph = NULL;
	struct sk_graph_eval *eval;
	struct sk_trail *trail;
	const struct sk_detection *fired[1];
	struct sk_alert alert = { 0 };
	struct sk_event event;
	struct sk_err err = SK_ERR_INIT;

	load_text(rules_text, &rules, &graph);
	eval = sk_graph_eval_new(graph);
	sk_trail_from(sk_span_str(trail_text), "trail", &trail, &err);
	while (sk_trail_next(trail, &event, &err) > 0)
		if (sk_graph_match(eval, &event, fired, 1)) {
			sk_graph_alert(eval, graph, &event, fired[0], &alert);
			sk_outputs_alert(outputs, &alert);
		}
	expect(!err.text[0], "%s", err.text);
	sk_trail_free(trail);
	sk_alert_release(&alert);
	sk_graph_eval_free(eval);
	sk_graph_free(graph);
	sk_rules_release(&rules);
}

static int listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name);
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

struct world {
	struct sk_settings settings;
	struct sk_outputs_config config;
	struct sk_outputs *outputs;
};

static void open_world(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void open_world(struct world *w, const char *fmt, ...)
{
	struct sk_err err = SK_ERR_INIT;
	char yaml[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(yaml, sizeof(yaml), fmt, args);
	va_end(args);
	*w = (struct world){ .config.format = -1 };
	if (sk_settings_parse(&w->settings, "guard.yaml", sk_span_str(yaml), &err) < 0 ||
	    sk_outputs_config(&w->settings, sk_node_get(w->settings.doc.root, "outputs"), &w->config, &err) < 0 ||
	    sk_outputs_open(&w->config, folder, "node \xff one", &w->outputs, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
}

static void close_world(struct world *w)
{
	sk_outputs_close(w->outputs, PATIENCE_MS);
	sk_settings_release(&w->settings);
}

/* One datagram, or the sealed file that came instead; NUL-terminated. */
static size_t receive(int fd, char *bytes, bool *ret_file)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { bytes, MAX_DATAGRAM };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &message, 0);
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	int file;

	*ret_file = rights != NULL;
	if (rights) {
		memcpy(&file, CMSG_DATA(rights), sizeof(file));
		n = pread(file, bytes, MAX_DATAGRAM, 0);
		close(file);
	}
	bytes[n < 0 ? 0 : n] = '\0';
	return n < 0 ? 0 : (size_t)n;
}

static void is_message(const char *what, const char *got, const char *want)
{
	sk_autofree char *full = strstr(want, "@PID") ? sk_printf("%.*s%d%s", (int)(strstr(want, "@PID") - want), want,
								 (int)getpid(), strstr(want, "@PID") + 4) :
						       sk_strdup(want);

	ok(strcmp(got, full) == 0, "%s", what);
	if (strcmp(got, full) != 0)
		printf("# got  %s\n# want %s\n", got, full);
}

static void test_rfc5424(char *got)
{
	int fd = listen_at("5424");
	struct world w;
	bool file;

	open_world(&w, "outputs: [{kind: syslog, address: 'unix:%s/5424', form: rfc5424, facility: local3}]", folder);
	tell(w.outputs, hostile);
	receive(fd, got, &file);
	is_message("names that want out of their quotes",
		   got,
		   "<156>1 2026-01-01T00:00:00.001000Z nodeone sekisho @PID alert [sekisho@32473 kind=\"alert\" "
		   "rule=\"odd \\\"name\\\" \\]\" priority=\"Warning\" tags=\"mitre,T1059\" pid=\"10\" "
		   "process=\"a\\]\\\"\\\\b\" container=\"web\" containerName=\"web\" image=\"r.io/a:1\" pod=\"app-0\" "
		   "namespace=\"prod\"] odd \"name\" ]: ran x\\x0ay\\x1b[31m");
	tell(w.outputs, foreign);
	receive(fd, got, &file);
	ok(strstr(got, "] \xef\xbb\xbfodd \"name\" ]: ran gr\xc3\xbc\xc3\x9f") != NULL, "UTF-8 says that it is");
	sk_outputs_line(w.outputs, "audit", SK_SPAN_LIT("{\"a\":1}"));
	receive(fd, got, &file);
	ok(strncmp(got, "<157>1 20", 9) == 0 && strstr(got, " audit [sekisho@32473 kind=\"audit\"] {\"a\":1}"), "other lines");
	close_world(&w);
	close(fd);
}

static void test_local(char *got)
{
	int fd = listen_at("log");
	struct world w;
	bool file;

	setenv("TZ", "UTC", 1);
	open_world(&w, "outputs: ['syslog:unix:%s/log']", folder);
	tell(w.outputs, hostile);
	receive(fd, got, &file);
	is_message("as /dev/log has it", got, "<28>Jan  1 00:00:00 sekisho[@PID]: odd \"name\" ]: ran x\\x0ay\\x1b[31m");
	close_world(&w);
	close(fd);
}

/* Cut between characters, wherever the limit falls, and counted. */
static void test_cut(char *got)
{
	int fd = listen_at("cut");
	struct sk_output_counts counts;
	struct world w;
	size_t bad = 0;
	bool file;

	for (unsigned max = 480; max < 484; max++) {
		sk_autofree char *trail = sk_strdup("process 10 exe=/bin/sh arg=\"");
		size_t n;

		for (int i = 0; i < 300; i++) {
			char *longer = sk_printf("%s\xe2\x82\xac", trail);

			free(trail);
			trail = longer;
		}
		trail = sk_realloc(trail, strlen(trail) + 20, 1);
		strcat(trail, "\"\nexecve @10\n");
		open_world(&w, "outputs: [{kind: syslog, address: 'unix:%s/cut', form: rfc5424, max-bytes: %u}]", folder, max);
		tell(w.outputs, trail);
		n = receive(fd, got, &file);
		sk_outputs_flush(w.outputs, PATIENCE_MS);
		sk_outputs_counts(w.outputs, 0, NULL, &counts);
		bad += n > max || n < max - 2 || strcmp(got + n - 3, "\xe2\x82\xac") != 0 || counts.cut != 1;
		close_world(&w);
	}
	ok(bad == 0, "cut between characters, and counted");
	close(fd);
}

static void test_journal(char *got)
{
	sk_cleanup(sk_buf_release) struct sk_buf large = { 0 };
	int fd = listen_at("journal");
	struct world w;
	bool file;
	size_t n;

	open_world(&w, "outputs: [{kind: journald, socket: '%s/journal'}]", folder);
	tell(w.outputs, hostile);
	receive(fd, got, &file);
	is_message("as the journal has it", got,
		   "MESSAGE=odd \"name\" ]: ran x\\x0ay\\x1b[31m\nPRIORITY=4\nSYSLOG_IDENTIFIER=sekisho\nSEKISHO_KIND=alert\n"
		   "SEKISHO_RULE=odd \"name\" ]\nSEKISHO_PRIORITY=Warning\nSEKISHO_TAGS=mitre,T1059\nSEKISHO_PID=10\n"
		   "SEKISHO_PROCESS=a]\"\\b\nCONTAINER_ID_FULL=web\nCONTAINER_ID=web\nCONTAINER_NAME=web\nIMAGE_NAME=r.io/a:1\n"
		   "SEKISHO_POD=app-0\nSEKISHO_NAMESPACE=prod\n");
	/* What has a newline goes with its length; what no datagram takes goes as a sealed file. */
	sk_outputs_line(w.outputs, "audit", SK_SPAN_LIT("two\nlines"));
	n = receive(fd, got, &file);
	ok(n > 26 && memcmp(got, "MESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\nPRIORITY=5\n", 37) == 0, "a newline breaks no field");
	sk_buf_reserve(&large, 250000);
	memset(large.data, 'x', 250000);
	large.len = 250000;
	sk_outputs_line(w.outputs, "audit", sk_buf_view(&large));
	n = receive(fd, got, &file);
	ok(file && n > 250000 && strncmp(got, "MESSAGE=xxx", 11) == 0, "what no datagram takes is a file in memory");
	close_world(&w);
	close(fd);
}

/* The journal is restarted: what it missed comes, in order. */
static void test_restart(char *got)
{
	struct sk_output_counts counts;
	struct world w;
	bool file, good = true;
	int fd;

	open_world(&w, "outputs: [{kind: journald, socket: '%s/late', retry-max: 1}]", folder);
	for (int i = 0; i < 5; i++) {
		sk_autofree char *line = sk_printf("{\"n\":%d}", i);

		sk_outputs_line(w.outputs, "audit", sk_span_str(line));
	}
	do
		sk_outputs_counts(w.outputs, 0, NULL, &counts);
	while (!counts.failures);
	fd = listen_at("late");
	for (int i = 0; i < 5; i++) {
		sk_autofree char *line = sk_printf("MESSAGE={\"n\":%d}", i);

		receive(fd, got, &file);
		good &= strncmp(got, line, strlen(line)) == 0;
	}
	ok(good && sk_outputs_flush(w.outputs, PATIENCE_MS), "who was away gets all of it, in order");
	close_world(&w);
	close(fd);
}

static void test_config_errors(void)
{
	static const struct {
		const char *rest, *error;
	} cases[] = {
		{ "address: 'tcp:/x'", "guard.yaml:1:36: address: 'tcp:/x' is not one of unix:/path" },
		{ "address: 'udp://'", "is not one of" },
		{ "address: 'udp://a:b:c'", "is not one of" },
		{ "address: 'udp://[::1'", "is not one of" },
		{ "address: 'tcp://h:70000'", "is not one of" },
		{ "sd-id: nobody", "guard.yaml:1:33: sd-id: must be a name, '@'" },
		{ "sd-id: 'a b@1'", "sd-id: must" },
		{ "max-bytes: 100", "max-bytes: must be at least 480" },
		{ "ca: /x", "certificates are for tls:// alone" },
		{ "facility: lokal0", "did you mean 'local0'?" },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_autofree char *yaml = sk_printf("outputs: [{kind: syslog, %s}]", cases[i].rest);
		struct sk_outputs_config config = { .format = -1 };
		struct sk_settings s = { 0 };
		struct sk_err err = SK_ERR_INIT;

		sk_settings_parse(&s, "guard.yaml", sk_span_str(yaml), &err);
		sk_outputs_config(&s, sk_node_get(s.doc.root, "outputs"), &config, &err);
		ok(strstr(err.text, cases[i].error) != NULL, "%s", cases[i].error);
		if (!strstr(err.text, cases[i].error))
			printf("# got %s\n", err.text);
		sk_settings_release(&s);
	}
}

int main(void)
{
	sk_autofree char *got = sk_alloc(MAX_DATAGRAM + 1), *clean = NULL;

	if (!mkdtemp(folder))
		return 1;
	test_rfc5424(got);
	test_local(got);
	test_cut(got);
	test_journal(got);
	test_restart(got);
	test_config_errors();
	clean = sk_printf("rm -rf %s", folder);
	ok(system(clean) == 0, "cleaned");
	return tap_done();
}
