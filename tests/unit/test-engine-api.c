/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's API against a server that answers as it should, wrongly, or not at all. */
#include "agent/engine.h"
#include "base/fd.h"
#include "base/mem.h"
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 5) < 0)
		abort();
	return fd;
}

/* One client: its request is written to `seen`, and it gets the answer, so many times; NULL: none, and no end. */
static void serve(int fd, const char *answer, unsigned times, int seen)
{
	int client = accept(fd, NULL, NULL);
	char request[1024];
	ssize_t n = recv(client, request, sizeof(request), 0);

	if (n > 0)
		sk_write_full(seen, request, (size_t)n);
	close(seen);
	for (unsigned i = 0; answer && i < times; i++)
		if (sk_write_full(client, answer, strlen(answer)) < 0)
			break;
	while (!answer)
		pause();
	_exit(0);
}

struct outcome {
	int code;
	struct sk_err err;
	struct sk_buf request;
};

static void call(const char *path, const char *answer, unsigned times, struct outcome *ret)
{
	int fd = listen_at(path), ends[2];
	pid_t server;

	*ret = (struct outcome){ 0 };
	if (pipe2(ends, O_CLOEXEC) < 0)
		abort();
	server = fork();
	if (server == 0)
		serve(fd, answer, times, ends[1]);
	close(ends[1]);
	close(fd);
	ret->code = sk_engine_call(path, SK_ENGINE_STOP, sk_span_str(id), 1, &ret->err);
	sk_fd_slurp(ends[0], 4096, &ret->request, NULL);
	close(ends[0]);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	unlink(path);
}

static void test_answers(const char *path)
{
	static const struct {
		const char *answer;
		unsigned times;
		int code;
		const char *error;
	} cases[] = {
		{ "HTTP/1.1 204 No Content\r\n\r\n", 1, 0, "" },
		{ "HTTP/1.0 304 Not Modified\r\n\r\n", 1, 0, "" },
		{ "HTTP/1.1 409 Conflict\r\n\r\n{\"message\":\"Container x is already paused\"}", 1, 0, "" },
		{ "HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n{\"message\":\"No such container: x\"}", 1, SK_ENOTFOUND,
		  "status 404: No such container: x" },
		{ "HTTP/1.1 500 Internal\r\n\r\nnot JSON", 1, SK_ENET, "status 500" },
		{ "SSH-2.0-OpenSSH\r\n", 1, SK_ENET, "the answer is no HTTP" },
		{ "", 1, SK_ENET, "the answer is no HTTP" },
		{ "HTTP/1.1 2", 1, SK_ENET, "the answer is no HTTP" },
		{ "HTTP/1.1 200 OK\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n", 4096, SK_ELIMIT,
		  "the answer is larger than 65536 bytes" },
		{ NULL, 0, SK_ETIMEOUT, "does not answer in time" },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct outcome got;

		call(path, cases[i].answer, cases[i].times, &got);
		ok(got.code == -cases[i].code && sk_span_ends(sk_span_str(got.err.text), cases[i].error), "case %zu: %s", i, cases[i].error);
		if (strcmp(got.err.text, cases[i].error) != 0)
			printf("# got %d: %s\n", got.code, got.err.text);
		if (i == 0) {
			sk_autofree char *want = sk_printf("POST /containers/%s/stop?t=0 HTTP/1.0\r\n", id);

			ok(sk_span_starts(sk_buf_view(&got.request), want), "the request is what the engine expects");
		}
		sk_buf_release(&got.request);
	}
}

int main(void)
{
	char folder[] = "/tmp/sekisho-engine-XXXXXX", *path;
	struct sk_err err = SK_ERR_INIT;

	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder))
		return 1;
	path = sk_printf("%s/socket", folder);
	test_answers(path);
	ok(sk_engine_call(path, SK_ENGINE_PAUSE, sk_span_str(id), 1, &err) == -SK_ENOTFOUND, "no socket: %s", err.text);
	ok(sk_engine_call(path, SK_ENGINE_PAUSE, sk_span_str("x/../y HTTP/1.0\r\n"), 1, &err) == -SK_EINVAL,
	   "what is no id is no part of a request");
	ok(sk_engine_call(path, SK_ENGINE_PAUSE, sk_span("", 0), 1, &err) == -SK_EINVAL, "nor is nothing");
	free(path);
	rmdir(folder);
	return tap_done();
}
