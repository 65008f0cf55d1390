/* SPDX-License-Identifier: Apache-2.0 */
/* An engine that is asked, or does not answer: a server of our own stands for it. */
#include "tap.h"

#include "base/fd.h"
#include "base/mem.h"
#include "guard/container-engines.h"
#include "guard/container-read.h"
#include "net/local.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ID "46ed724f1375ae96aca0613ff567bbea4fb9d1031e8e19bd244415f857a449ed"

static void slurp(const char *name, struct sk_buf *ret)
{
	sk_autofree char *path = sk_printf("%s/data/container/%s", getenv("SK_TESTS"), name);

	expect(sk_path_slurp(path, 1 << 20, ret, NULL) >= 0, "%s", name);
}

static void serve(int client)
{
	sk_cleanup(sk_buf_release) struct sk_buf body = { 0 }, answer = { 0 };
	char request[4096];
	ssize_t n = recv(client, request, sizeof(request), 0);
	struct sk_span asked = sk_span(request, n > 0 ? (size_t)n : 0);

	if (sk_span_starts(asked, "GET /containers/" ID "/json HTTP/1.0\r\n"))
		slurp("docker/inspect.json", &body);
	else if (sk_span_starts(asked, "GET /images/ab6e03cbe437d062b93e7bc4c4efd6342d45ebc1047d3e6dd0ae8d5d2cf43e4d/json "))
		sk_buf_puts(&body, "{\"RepoDigests\":[\"registry.example/probe@sha256:77\"]}");
	sk_buf_printf(&answer, "HTTP/1.0 %s\r\nContent-Type: application/json\r\n\r\n", body.len ? "200 OK" : "404 No");
	sk_buf_span(&answer, sk_buf_view(&body));
	send(client, answer.data, answer.len, MSG_NOSIGNAL);
}

/* Until somebody asks for what is not HTTP: an empty request ends it. */
static void *engine(void *context)
{
	int listener = *(int *)context;

	for (int i = 0; i < 4; i++) {
		sk_autoclose int client = accept(listener, NULL, NULL);

		if (client >= 0)
			serve(client);
	}
	return NULL;
}

static struct sk_engine_answer wait_for(struct sk_container_engines *e)
{
	struct sk_engine_answer answer = { 0 };

	for (int i = 0; i < 3000 && !sk_container_engines_take(e, &answer); i++)
		usleep(10000);
	return answer;
}

static void wait_unanswered(struct sk_container_engines *e, uint64_t want)
{
	uint64_t dropped, unanswered = 0;

	for (int i = 0; i < 3000 && unanswered < want; i++) {
		sk_container_engines_counts(e, &dropped, &unanswered);
		usleep(10000);
	}
	is_int(unanswered, want);
}

static void test_answers(void)
{
	char folder[] = "/tmp/sekisho-engine-XXXXXX";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sk_autoclose int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *sockets[] = { "/nowhere/at/all.sock", address.sun_path, NULL };
	struct sk_container c = { .id = SK_SPAN_LIT(ID), .privileged = -1 };
	struct sk_container_engines *e;
	struct sk_engine_answer answer;
	struct sk_arena arena = { 0 };
	pthread_t thread;

	expect(mkdtemp(folder), "a folder");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock", folder);
	expect(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(listener, 8) == 0, "a socket");
	pthread_create(&thread, NULL, engine, &listener);
	e = sk_container_engines_new(sockets);
	ok(sk_container_engines_ask(e, SK_SPAN_LIT(ID)), "a question is taken");
	answer = wait_for(e);
	ok(answer.id && strcmp(answer.id, ID) == 0, "its answer comes");
	sk_container_read(SK_CONTAINER_INSPECT, sk_buf_view(&answer.container), &arena, &c, NULL);
	sk_container_read(SK_CONTAINER_INSPECT_IMAGE, sk_buf_view(&answer.image), &arena, &c, NULL);
	ok(sk_span_is(c.name, "web-1") && sk_span_is(c.image, "probe:one") && sk_span_is(c.image_digest, "sha256:77") &&
		   c.label_count == 2 && c.mount_count == 1 && sk_span_is(c.mounts[0].mode, "ro") && c.start > 0,
	   "and has what Docker says");
	sk_container_engines_ask(e, SK_SPAN_LIT("unknown"));
	wait_unanswered(e, 1);
	sk_container_engines_ask(e, SK_SPAN_LIT("../../images/json?x="));
	sk_container_engines_ask(e, SK_SPAN_LIT("another"));
	wait_unanswered(e, 2);
	pthread_join(thread, NULL);
	sk_engine_answer_release(&answer);
	sk_arena_release(&arena);
	sk_container_engines_free(e);
	unlink(address.sun_path);
	rmdir(folder);
}

static void test_full(void)
{
	const char *none[] = { NULL };
	struct sk_container_engines *e = sk_container_engines_new(none);
	uint64_t dropped, unanswered;
	int taken = 0;

	for (int i = 0; i < 100000; i++)
		taken += sk_container_engines_ask(e, SK_SPAN_LIT("x"));
	sk_container_engines_counts(e, &dropped, &unanswered);
	ok(dropped + (uint64_t)taken == 100000, "what is not asked is counted");
	sk_container_engines_free(e);
}

/* Nobody there, and somebody who takes the question and says nothing: by who does not ask for the reason, too. */
static void test_silence(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sk_cleanup(sk_buf_release) struct sk_buf answer = { 0 };
	struct sk_span body, request = SK_SPAN_LIT("GET / HTTP/1.0\r\n\r\n");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/sekisho-silent-%d", (int)getpid());
	ok(sk_local_request(address.sun_path, request, 1, 4096, &answer, &body, NULL) == -SK_ENOTFOUND, "no engine");
	ok(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0 &&
		   sk_local_request(address.sun_path, request, 1, 4096, &answer, &body, NULL) == -SK_ETIMEOUT,
	   "an engine that says nothing");
	close(fd);
	ok(sk_local_request(address.sun_path, request, 1, 4096, &answer, &body, NULL) == -SK_EIO, "one that is gone");
	unlink(address.sun_path);
}

static void test_podman(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, image = { 0 };
	struct sk_container c = { .id = SK_SPAN_LIT("x"), .engine = SK_SPAN_LIT("podman"), .privileged = -1 };
	struct sk_arena arena = { 0 };

	slurp("podman/inspect.json", &text);
	slurp("podman/image.json", &image);
	sk_container_read(SK_CONTAINER_INSPECT, sk_buf_view(&text), &arena, &c, NULL);
	sk_container_read(SK_CONTAINER_INSPECT_IMAGE, sk_buf_view(&image), &arena, &c, NULL);
	ok(sk_span_is(c.engine, "podman") && sk_span_is(c.name, "db-1") && sk_span_is(c.image, "localhost/probe:one") &&
		   sk_span_starts(c.image_id, "d4769bfacbc2") && sk_span_starts(c.image_digest, "sha256:49b960c56123"),
	   "podman's answers are read as Docker's");
	sk_arena_release(&arena);
}

int main(void)
{
	test_answers();
	test_full();
	test_silence();
	test_podman();
	return tap_done();
}
