/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's server with clients that behave and such that do not, and what it serves to Prometheus. */
#include "tap.h"

#include "agent/address.h"
#include "agent/metrics.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/sk-server-XXXXXX";

static void write_hello(void *context, const struct sk_server_request *request, struct sk_server_answer *answer)
{
	sk_buf_puts(&answer->body, context);
	sk_buf_span(&answer->body, request->accept);
}

static void write_large(void *context, const struct sk_server_request *request, struct sk_server_answer *answer)
{
	memset(sk_buf_reserve(&answer->body, 8 << 20), 'x', 8 << 20);
	answer->body.len = 8 << 20;
}

static const struct sk_server_page pages[] = {
	{ "/hello", SK_SERVER_TCP | SK_SERVER_UNIX, write_hello },
	{ "/secret", SK_SERVER_UNIX, write_hello },
	{ "/large", SK_SERVER_TCP, write_large },
	{ NULL },
};

static int connect_tcp(struct sk_server *s)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons((uint16_t)sk_server_port(s)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0 ? fd : -1;
}

static int connect_unix(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	return connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0 ? fd : -1;
}

/* Steps the server until the client has the whole answer. */
static void read_answer(struct sk_server *s, int fd, struct sk_buf *answer)
{
	ssize_t n = -1;

	sk_buf_reset(answer);
	while (n != 0) {
		sk_server_step(s);
		n = recv(fd, sk_buf_reserve(answer, 65536), 65536, MSG_DONTWAIT);
		if (n > 0)
			answer->len += (size_t)n;
		else if (n < 0 && errno != EAGAIN)
			break;
	}
	if (answer->data)
		answer->data[answer->len] = '\0';
	close(fd);
}

static void ask(struct sk_server *s, int fd, const char *request, struct sk_buf *answer)
{
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		printf("# %s\n", strerror(errno));
	read_answer(s, fd, answer);
}

static void test_requests(struct sk_server *s, const char *path)
{
	static const struct {
		bool is_unix;
		const char *request, *answer;
	} cases[] = {
		{ false, "GET /hello HTTP/1.1\r\nHost: x\r\nAccept: a/b\r\n\r\n", "HTTP/1.1 200 OK\r\n" },
		{ false, "GET /hello?x=1 HTTP/1.0\n\n", "HTTP/1.1 200 OK\r\n" },
		{ false, "GET /secret HTTP/1.1\r\n\r\n", "HTTP/1.1 404 " },
		{ true, "GET /secret HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n" },
		{ false, "GET /hello/ HTTP/1.1\r\n\r\n", "HTTP/1.1 404 " },
		{ false, "POST /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 405 " },
		{ false, "GET http://x/hello HTTP/1.1\r\n\r\n", "HTTP/1.1 400 " },
		{ false, "GET /hello\r\n\r\n", "HTTP/1.1 400 " },
		{ false, "GET  /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 400 " },
		{ false, "GET /hello HTTP/2.0\r\n\r\n", "HTTP/1.1 400 " },
		{ false, "\r\n\r\n", "HTTP/1.1 400 " },
		{ false, "\x16\x03\x01\n\n", "HTTP/1.1 400 " },
	};
	sk_cleanup(sk_buf_release) struct sk_buf answer = { 0 };

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		ask(s, cases[i].is_unix ? connect_unix(path) : connect_tcp(s), cases[i].request, &answer);
		ok(strncmp(sk_buf_str(&answer), cases[i].answer, strlen(cases[i].answer)) == 0, "request %zu: %.12s", i,
		   cases[i].answer);
	}
	ask(s, connect_tcp(s), "GET /hello HTTP/1.1\r\naccept:  a/b \r\n\r\n", &answer);
	ok(strstr(answer.data, "Content-Length: 8\r\n") && strstr(answer.data, "\r\n\r\nhelloa/b"), "a page sees Accept");
	ask(s, connect_tcp(s), "HEAD /hello HTTP/1.1\r\n\r\n", &answer);
	ok(strstr(answer.data, "Content-Length: 5\r\n") && strcmp(answer.data + answer.len - 4, "\r\n\r\n") == 0,
	   "HEAD has no body");
	ask(s, connect_tcp(s), "GET /large HTTP/1.1\r\n\r\n", &answer);
	ok(answer.len > 8 << 20, "a large page comes whole");
}

/* More clients than there are places, all of whom say nothing, or a little: who asks is still answered. */
static void test_bad_clients(struct sk_server *s)
{
	sk_cleanup(sk_buf_release) struct sk_buf answer = { 0 };
	char much[SK_MAX_SERVER_REQUEST + 2048];
	int slow[100];

	for (size_t i = 0; i < SK_COUNT(slow); i++) {
		slow[i] = connect_tcp(s);
		if (i % 2 && send(slow[i], "GET /he", 7, MSG_NOSIGNAL) < 0)
			printf("# %s\n", strerror(errno));
		if (i % 10 == 0)
			sk_server_step(s);
	}
	ask(s, connect_tcp(s), "GET /hello HTTP/1.1\r\n\r\n", &answer);
	ok(sk_span_starts(sk_buf_view(&answer), "HTTP/1.1 200"), "a hundred that wait are in nobody's way");
	for (size_t i = 0; i < SK_COUNT(slow); i++)
		close(slow[i]);
	memset(much, 'a', sizeof(much));
	memcpy(much, "GET /", 5);
	much[sizeof(much) - 1] = '\0';
	ask(s, connect_tcp(s), much, &answer);
	/* The rest of the request may reset the connection before its answer is read. */
	ok(!answer.len || sk_span_starts(sk_buf_view(&answer), "HTTP/1.1 431"), "who says too much is not listened to");
	ask(s, connect_tcp(s), "GET /hello HTTP/1.1\r\n\r\n", &answer);
	ok(sk_span_starts(sk_buf_view(&answer), "HTTP/1.1 200"), "and the next is");
}

static void test_sockets(struct sk_server *s, const char *path)
{
	sk_autofree char *address = sk_printf("unix:%s", path), *file = sk_printf("%s/file", folder);
	sk_autofree char *at_file = sk_printf("unix:%s", file);
	struct sk_server *other;
	struct sk_err err = SK_ERR_INIT;
	struct stat st;
	FILE *f = fopen(file, "w");

	fclose(f);
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "the socket is for its owner alone");
	sk_server_open(pages, NULL, &other, NULL);
	ok(sk_server_listen(other, address, &err) < 0 && strstr(err.text, "another process"), "one that is answered is taken");
	ok(sk_server_listen(other, at_file, &err) < 0 && strstr(err.text, "no socket"), "what is no socket stays");
	ok(sk_server_listen(other, "example.org:80", &err) < 0 && sk_server_listen(other, "127.0.0.1", &err) < 0,
	   "addresses are numbers, and have a port");
	sk_server_close(other);
	ok(access(path, F_OK) == 0, "what it did not make it does not remove");
}

static void test_stale(void)
{
	sk_autofree char *path = sk_printf("%s/stale", folder), *address = sk_printf("unix:%s", path);
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sk_server *s;

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	ok(bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0, "a socket that a dead agent left");
	close(fd);
	sk_server_open(pages, NULL, &s, NULL);
	ok(sk_server_listen(s, address, NULL) == 0, "is replaced");
	sk_server_close(s);
	ok(access(path, F_OK) < 0, "and goes with the server");
}

/* ---- expositions, by the grammar of both formats ---- */

struct checker {
	struct sk_map families; /* by name: its type */
	struct sk_arena arena;
	const char *family;
	const char *type;
	size_t samples, problems;
	struct sk_map seen;
};

static size_t name_length(struct sk_span s)
{
	size_t n = 0;

	while (n < s.len && (isalnum((unsigned char)s.ptr[n]) || s.ptr[n] == '_' || s.ptr[n] == ':'))
		n++;
	return n && !isdigit((unsigned char)s.ptr[0]) ? n : 0;
}

/* {name="value",...}: what is behind it, or a NULL pointer. */
static struct sk_span skip_labels(struct sk_span s)
{
	struct sk_span bad = { NULL, 0 };
	size_t n;

	if (!sk_span_starts(s, "{"))
		return s;
	for (s = sk_span_from(s, 1);; s = sk_span_from(s, 1)) {
		n = name_length(s);
		s = sk_span_from(s, n);
		if (!n || !sk_span_starts(s, "=\""))
			return bad;
		for (s = sk_span_from(s, 2); s.len && s.ptr[0] != '"'; s = sk_span_from(s, 1)) {
			if (s.ptr[0] == '\\') {
				s = sk_span_from(s, 1);
				if (!s.len || !strchr("\\n\"", s.ptr[0]))
					return bad;
			}
		}
		s = sk_span_from(s, 1);
		if (!sk_span_starts(s, ","))
			return sk_span_starts(s, "}") ? sk_span_from(s, 1) : bad;
	}
}

static void fault(struct checker *c, struct sk_span line, const char *what)
{
	printf("# %s: %.*s\n", what, (int)line.len, line.ptr);
	c->problems++;
}

static bool belongs(const struct checker *c, struct sk_span name, bool openmetrics)
{
	struct sk_span family = sk_span_str(c->family), suffix = sk_span_from(name, family.len);

	if (!sk_span_eq(sk_span_sub(name, 0, family.len), family))
		return false;
	if (strcmp(c->type, "histogram") == 0)
		return sk_span_is(suffix, "_bucket") || sk_span_is(suffix, "_sum") || sk_span_is(suffix, "_count");
	if (strcmp(c->type, "counter") == 0)
		return openmetrics ? sk_span_is(suffix, "_total") : !suffix.len && sk_span_ends(name, "_total");
	return !suffix.len;
}

static void check_sample(struct checker *c, struct sk_span line, bool openmetrics)
{
	struct sk_span name = sk_span_sub(line, 0, name_length(line)), rest = skip_labels(sk_span_from(line, name.len));
	char *end, *number;
	bool is_new;

	if (!name.len || !rest.ptr || !c->family || !belongs(c, name, openmetrics)) {
		fault(c, line, "no sample of its family");
		return;
	}
	sk_map_at(&c->seen, sk_span_sub(line, 0, (size_t)(rest.ptr - line.ptr)), &is_new);
	number = sk_arena_dup(&c->arena, sk_span_from(rest, 1));
	strtod(number, &end);
	if (!sk_span_starts(rest, " ") || end == number || *end || !is_new)
		fault(c, line, "no number, or a second one");
	c->samples++;
}

static void check_comment(struct checker *c, struct sk_span line)
{
	struct sk_span rest = line, hash, word, name;
	bool is_new;

	sk_span_split(&rest, ' ', &hash);
	sk_span_split(&rest, ' ', &word);
	sk_span_split(&rest, ' ', &name);
	if (sk_span_is(word, "HELP")) {
		sk_map_at(&c->families, name, &is_new);
		if (!is_new || !rest.len)
			fault(c, line, "a family twice, or without help");
		c->family = sk_arena_dup(&c->arena, name);
		c->type = NULL;
	} else if (!sk_span_is(word, "TYPE") || !c->family || !sk_span_is(name, c->family) || c->type) {
		fault(c, line, "no comment of its family");
	} else {
		c->type = sk_arena_dup(&c->arena, rest);
	}
}

static size_t check_exposition(struct sk_span text, bool openmetrics)
{
	struct checker c = { 0 };
	struct sk_span rest = text, line;

	if (openmetrics != sk_span_ends(text, "\n# EOF\n") || !sk_span_ends(text, "\n"))
		fault(&c, sk_span("", 0), "the end");
	if (openmetrics)
		rest.len -= strlen("# EOF\n");
	while (sk_span_line(&rest, &line)) {
		if (!sk_utf8_valid(line))
			fault(&c, line, "no UTF-8");
		if (sk_span_starts(line, "#"))
			check_comment(&c, line);
		else
			check_sample(&c, line, openmetrics);
	}
	sk_map_release(&c.families);
	sk_map_release(&c.seen);
	sk_arena_release(&c.arena);
	return c.problems ? 0 : c.samples;
}

static void test_metrics(void)
{
	struct sk_metrics m = { 0 };
	struct sk_detection rules[] = { { .name = SK_SPAN_LIT("a \"rule\"\\\n\xff of {odd}") }, { .name = SK_SPAN_LIT("plain") } };
	struct sk_event event = { .type = SK_EVENT_EXECVE };
	struct sk_alert alert = { .event = &event };
	struct sk_server_request request = { 0 };
	size_t samples[2];

	for (unsigned i = 0; i < 100; i++) {
		sk_metrics_event(&m, &event);
		rules[i % 2].priority = (enum sk_priority)(i % 8);
		alert.rule = &rules[i % 2];
		sk_metrics_alert(&m, &alert);
	}
	ok(sk_metrics_hits(&m, rules[1].name) == 50, "hits by rule");
	for (int open = 0; open < 2; open++) {
		struct sk_server_answer answer = { 0 };
		struct sk_exposition e;

		request.accept = open ? SK_SPAN_LIT("application/openmetrics-text;version=1.0.0,text/plain;q=0.5") : sk_span("", 0);
		sk_exposition_begin(&e, &request, &answer);
		sk_metrics_write(&m, &e);
		sk_metrics_write_process(&e);
		sk_exposition_end(&e);
		samples[open] = check_exposition(sk_buf_view(&answer.body), open);
		ok(samples[open] > 30 && strstr(answer.type, open ? "openmetrics-text; version=1.0.0" : "version=0.0.4"),
		   "a page by the grammar, %zu samples", samples[open]);
		ok(strstr(answer.body.data, "rule_hits_total{rule=\"a \\\"rule\\\"\\\\\\n\xef\xbf\xbd of {odd}\"} 50\n") != NULL,
		   "an odd name stays within its quotes");
		ok(strstr(answer.body.data, "process_resident_memory_bytes 0\n") == NULL &&
			   strstr(answer.body.data, "process_start_time_seconds 0\n") == NULL, "the process has a size and a start");
		sk_buf_release(&answer.body);
	}
	ok(samples[0] == samples[1], "the same in both formats");
	sk_metrics_release(&m);
}

static void test_histogram(void)
{
	struct sk_histogram h = { 0 };
	struct sk_server_answer answer = { 0 };
	struct sk_server_request request = { 0 };
	struct sk_exposition e;

	ok(sk_histogram_quantile(&h, 0.5) == 0, "nothing has no median");
	for (int i = 0; i < 10; i++)
		sk_histogram_add(&h, 10000);
	sk_histogram_add(&h, -5);
	sk_histogram_add(&h, 10001);
	sk_histogram_add(&h, INT64_C(11000000000));
	ok(sk_histogram_quantile(&h, 0.5) == 10000 && sk_histogram_quantile(&h, 1) == UINT64_MAX, "quantiles");
	sk_exposition_begin(&e, &request, &answer);
	sk_metric(&e, SK_HISTOGRAM, "x_seconds", "X.");
	sk_metric_histogram(&e, &h);
	ok(strstr(answer.body.data, "x_seconds_bucket{le=\"0.00001\"} 11\nx_seconds_bucket{le=\"0.00003\"} 12\n") &&
		   strstr(answer.body.data, "le=\"10.0\"} 12\nx_seconds_bucket{le=\"+Inf\"} 13\n") &&
		   strstr(answer.body.data, "x_seconds_count 13\n"), "buckets add up");
	sk_buf_release(&answer.body);
}

static void test_addresses(void)
{
	static const char *const good[] = { "127.0.0.1:0", "localhost:80", "[::1]:65535", "unix:/x" };
	static const char *const bad[] = { "", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:8o", "::1:80",
					   "[::1]", "[::1]80", "[::1", "unix:", "host:80", "1.2.3.4.5:80", "[]:80" };
	struct sk_address address;
	size_t wrong = 0;

	for (size_t i = 0; i < SK_COUNT(good); i++)
		wrong += sk_address_parse(sk_span_str(good[i]), &address, NULL) < 0;
	for (size_t i = 0; i < SK_COUNT(bad); i++)
		wrong += sk_address_parse(sk_span_str(bad[i]), &address, NULL) == 0;
	is_int(wrong, 0);
}

int main(void)
{
	sk_autofree char *path = NULL, *address = NULL, *clean = NULL;
	char hello[] = "hello";
	struct sk_server *s;
	struct sk_err err = SK_ERR_INIT;

	if (!mkdtemp(folder))
		return 1;
	path = sk_printf("%s/run/s", folder);
	address = sk_printf("unix:%s", path);
	if (sk_server_open(pages, hello, &s, &err) < 0 || sk_server_listen(s, address, &err) < 0 ||
	    sk_server_listen(s, "127.0.0.1:0", &err) < 0) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	test_requests(s, path);
	test_bad_clients(s);
	test_sockets(s, path);
	sk_server_close(s);
	test_stale();
	test_metrics();
	test_histogram();
	test_addresses();
	clean = sk_printf("rm -rf %s", folder);
	ok(system(clean) == 0, "cleaned");
	return tap_done();
}
