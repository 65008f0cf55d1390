/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives the gate from a script. Options by name=value: hooks=signal,fanotify
 * born=block unknown=block pins=FOLDER. Commands come on standard input, a line each, and
 * are answered by a line:
 *
 *	image FILE             its content is the image's from now on
 *	put CGROUP PID MODE [PATH]...   CGROUP: a folder, or a number
 *	remove CGROUP
 *	canary
 *	other                  tells of another gate
 *	quit [keep]
 *
 * Verdicts are lines "drift ACT OUTCOME HOOK PATH (REASON) DIGEST".
 */
#include "base/buf.h"
#include "base/fd.h"
#include "base/mem.h"
#include "guard/container.h"
#include "guard/gate.h"

#include <errno.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct tool {
	struct sk_gate *gate;
	struct sk_process_table *processes;
	const char *pins;
	SK_VEC(struct { uint8_t digest[32]; uint64_t size; char *path; }) image;
};

static bool has_size(void *context, const char *image_id, uint64_t size)
{
	struct tool *t = context;

	for (size_t i = 0; i < t->image.len; i++)
		if (t->image.data[i].size == size)
			return strcmp(image_id, "none") != 0;
	return false;
}

static bool has_digest(void *context, const char *image_id, const uint8_t sha256[32], char *ret_path, size_t room)
{
	struct tool *t = context;

	for (size_t i = 0; i < t->image.len; i++)
		if (memcmp(t->image.data[i].digest, sha256, 32) == 0) {
			snprintf(ret_path, room, "%s", t->image.data[i].path);
			return true;
		}
	return false;
}

static int on_event(void *context, const struct sk_event *e, struct sk_err *err)
{
	struct sk_span path = sk_event_arg(e, SK_SPAN_LIT("filename")).text,
		       digest = sk_event_arg(e, SK_SPAN_LIT("digest")).text,
		       act = sk_event_arg(e, SK_SPAN_LIT("act")).text, why = sk_event_arg(e, SK_SPAN_LIT("reason")).text,
		       outcome = sk_event_arg(e, SK_SPAN_LIT("outcome")).text,
		       hook = sk_event_arg(e, SK_SPAN_LIT("hook")).text;

	printf("drift %.*s %.*s %.*s %.*s (%.*s) %.*s\n", (int)act.len, act.ptr, (int)outcome.len, outcome.ptr,
	       (int)hook.len, hook.ptr, (int)path.len, path.ptr, (int)why.len, why.ptr, (int)digest.len, digest.ptr);
	return 0;
}

static uint64_t cgroup_id(const char *text)
{
	struct stat st;

	if (text[0] != '/')
		return strtoull(text, NULL, 10);
	if (stat(text, &st) < 0)
		return 0;
	/* As the sensor numbers cgroups of an older hierarchy (bpf/task.h). */
	return strstr(text, "/pids/") ? st.st_ino | UINT64_C(1) << 62 : st.st_ino;
}

static enum sk_gate_mode mode_of(const char *text)
{
	return strcmp(text, "block") == 0 ? SK_GATE_BLOCK : strcmp(text, "alert") == 0 ? SK_GATE_ALERT : SK_GATE_OFF;
}

static int add_image(struct tool *t, const char *path, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };

	if (sk_path_slurp(path, 1 << 28, &buf, err) < 0)
		return -err->code;
	sk_vec_push(&t->image);
	t->image.data[t->image.len - 1].size = buf.len;
	t->image.data[t->image.len - 1].path = sk_strdup(path);
	SHA256((const unsigned char *)buf.data, buf.len, t->image.data[t->image.len - 1].digest);
	return 0;
}

static int put(struct tool *t, char **words, int count, struct sk_err *err)
{
	const char *protect[16] = { NULL };
	struct sk_container c = { .id = sk_span_basename(sk_span_str(words[1])), .image_id = SK_SPAN_LIT("some") };
	struct sk_gate_target target = { .cgroup = cgroup_id(words[1]), .pid = atoi(words[2]),
					 .mode = mode_of(words[3]), .decided = true, .protect = protect };

	for (int i = 4; i < count && i < 19; i++)
		protect[i - 4] = words[i];
	return sk_gate_put(t->gate, &c, &target, err);
}

static int canary(struct tool *t, struct sk_err *err)
{
	const struct sk_gate_protection *rows;
	size_t n;

	if (sk_gate_canary(t->gate, err) < 0)
		return -err->code;
	n = sk_gate_protections(t->gate, &rows);
	for (size_t i = 0; i < n; i++)
		printf("%s: %s%s%s\n", rows[i].name, sk_gate_state_name(rows[i].state), rows[i].hook ? " by " : "",
		       rows[i].hook ? rows[i].hook : "");
	return 0;
}

static void other(struct tool *t)
{
	char *text = sk_gate_other(t->gate, t->pins);

	if (text)
		printf("%s\n", text);
	free(text);
}

/* 1: the end. */
static int command(struct tool *t, char *line, bool *ret_keep)
{
	char *words[20] = { NULL }, *rest = line;
	struct sk_err err = SK_ERR_INIT;
	int count = 0, r = 0;

	while (count < 20 && (words[count] = strsep(&rest, " \n")))
		if (words[count][0])
			count++;
	if (!count)
		return 0;
	if (strcmp(words[0], "quit") == 0) {
		*ret_keep = count > 1;
		return 1;
	}
	if (strcmp(words[0], "image") == 0)
		r = add_image(t, words[1], &err), sk_gate_know(t->gate);
	else if (strcmp(words[0], "put") == 0)
		r = put(t, words, count, &err);
	else if (strcmp(words[0], "remove") == 0)
		sk_gate_remove(t->gate, cgroup_id(words[1]));
	else if (strcmp(words[0], "canary") == 0)
		r = canary(t, &err);
	else if (strcmp(words[0], "other") == 0)
		other(t);
	printf("%s %s\n", r < 0 ? "failed" : "done", r < 0 ? err.text : words[0]);
	return 0;
}

static unsigned hooks_of(const char *text)
{
	static const char *const names[] = { "lsm", "signal", "fanotify", "mount", "cgroup" };
	unsigned bits = 0;

	for (unsigned i = 0; i < SK_COUNT(names); i++)
		if (strstr(text, names[i]))
			bits |= 1u << i;
	return bits;
}

static void read_option(struct sk_gate_options *o, const char *word)
{
	if (strncmp(word, "hooks=", 6) == 0)
		o->hooks = hooks_of(word + 6);
	else if (strncmp(word, "born=", 5) == 0)
		o->born = mode_of(word + 5);
	else if (strncmp(word, "unknown=", 8) == 0)
		o->unknown = mode_of(word + 8);
	else if (strncmp(word, "pins=", 5) == 0)
		o->pins = word + 5;
}

int main(int argc, char **argv)
{
	struct tool t = { .processes = sk_process_table_new(0) };
	struct sk_gate_options o = { .hold = 2, .truth = { .context = &t, .has_size = has_size, .has_digest = has_digest } };
	struct sk_err err = SK_ERR_INIT;
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN } };
	char line[4096];
	bool keep = false, end = false;

	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++)
		read_option(&o, argv[i]);
	if (sk_gate_open(&o, &t.gate, &err) < 0) {
		printf("failed %s\n", err.text);
		return 77;
	}
	t.pins = o.pins ? o.pins : SK_GATE_PINS;
	printf("ready hooks=%x%s\n", sk_gate_hooks(t.gate), sk_gate_is_pinned(t.gate) ? " pinned" : "");
	fds[1] = (struct pollfd){ .fd = sk_gate_fd(t.gate), .events = POLLIN };
	while (!end && (poll(fds, 2, -1) >= 0 || errno == EINTR)) {
		sk_gate_poll(t.gate, t.processes, NULL, on_event, NULL, &err);
		if (fds[0].revents)
			end = !fgets(line, sizeof(line), stdin) || command(&t, line, &keep) > 0;
	}
	sk_gate_poll(t.gate, t.processes, NULL, on_event, NULL, &err);
	sk_gate_close(t.gate, keep);
	sk_process_table_free(t.processes);
	for (size_t i = 0; i < t.image.len; i++)
		free(t.image.data[i].path);
	sk_vec_release(&t.image);
	return 0;
}
