/* SPDX-License-Identifier: Apache-2.0 */
/* What a process has open; sockets with both ends, from /proc/PID/net (proc_pid_net(5)). */
#include "agent/evidence.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "doc/json-write.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct socket {
	uint64_t inode;
	const char *protocol;
	char local[108 + 8], remote[INET6_ADDRSTRLEN + 8]; /* 108: a local path (unix(7)) */
	unsigned state;
};

struct sockets {
	SK_VEC(struct socket) all;
};

static bool slurp(int proc, const char *name, struct sk_buf *out)
{
	sk_autoclose int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	sk_buf_reset(out);
	if (fd < 0)
		return false;
	n = sk_read_full(fd, sk_buf_reserve(out, SK_MAX_EVIDENCE_TEXT), SK_MAX_EVIDENCE_TEXT);
	if (n < 0)
		return false;
	out->len = (size_t)n;
	out->data[n] = '\0';
	return true;
}

/* Words between any number of blanks. */
static bool next_word(struct sk_span *rest, struct sk_span *ret_word)
{
	while (rest->len && rest->ptr[0] == ' ')
		*rest = sk_span_from(*rest, 1);
	return sk_span_split(rest, ' ', ret_word);
}

/* "0100007F:1F90": words of the machine's order in hexadecimal, and the port. */
static void put_address(char *out, size_t room, struct sk_span text)
{
	char copy[48], host[INET6_ADDRSTRLEN] = "?";
	uint32_t words[4] = { 0 };
	ptrdiff_t colon = sk_span_chr(text, ':');

	if (text.len >= sizeof(copy) || (colon != 8 && colon != 32))
		return;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	for (ptrdiff_t i = 0; i < colon / 8; i++) {
		char word[9] = { 0 };

		memcpy(word, copy + i * 8, 8);
		words[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	inet_ntop(colon == 8 ? AF_INET : AF_INET6, words, host, sizeof(host));
	snprintf(out, room, colon == 8 ? "%s:%lu" : "[%s]:%lu", host, strtoul(copy + colon + 1, NULL, 16));
}

/* "sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ..." */
static void read_inet(int proc, const char *protocol, struct sockets *s)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line, word[10];
	char path[16];

	snprintf(path, sizeof(path), "net/%s", protocol);
	if (!slurp(proc, path, &text))
		return;
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line) && s->all.len < SK_MAX_EVIDENCE_FILES * 4) {
		struct socket socket = { .protocol = protocol };
		unsigned n = 0;

		while (n < SK_COUNT(word) && next_word(&line, &word[n]))
			n++;
		if (n < SK_COUNT(word) || !sk_span_u64(word[9], &socket.inode) || !socket.inode)
			continue;
		put_address(socket.local, sizeof(socket.local), word[1]);
		put_address(socket.remote, sizeof(socket.remote), word[2]);
		socket.state = (unsigned)strtoul(word[3].ptr, NULL, 16);
		*sk_vec_push(&s->all) = socket;
	}
}

/* "Num RefCount Protocol Flags Type St Inode Path" */
static void read_unix(int proc, struct sockets *s)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line, word;

	if (!slurp(proc, "net/unix", &text))
		return;
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line) && s->all.len < SK_MAX_EVIDENCE_FILES * 4) {
		struct socket socket = { .protocol = "unix" };
		bool known = false;

		for (unsigned n = 0; n < 7 && next_word(&line, &word); n++)
			known = n == 6 && sk_span_u64(word, &socket.inode);
		if (!known)
			continue;
		line = sk_span_sub(line, 0, sizeof(socket.local) - 1);
		if (line.len)
			memcpy(socket.local, line.ptr, line.len);
		*sk_vec_push(&s->all) = socket;
	}
}

static int by_inode(const void *a, const void *b)
{
	uint64_t x = ((const struct socket *)a)->inode, y = ((const struct socket *)b)->inode;

	return (x > y) - (x < y);
}

static void read_sockets(int proc, struct sockets *s)
{
	static const char *const names[] = { "tcp", "tcp6", "udp", "udp6", "raw", "raw6" };

	for (size_t i = 0; i < SK_COUNT(names); i++)
		read_inet(proc, names[i], s);
	read_unix(proc, s);
	if (s->all.len)
		qsort(s->all.data, s->all.len, sizeof(s->all.data[0]), by_inode);
}

static void put_socket(struct sk_json_writer *w, const struct sockets *s, struct sk_span target)
{
	struct socket key = { 0 }, *found;

	target = sk_span_from(target, strlen("socket:["));
	if (!target.len || !sk_span_u64(sk_span(target.ptr, target.len - 1), &key.inode) || !s->all.len)
		return;
	found = bsearch(&key, s->all.data, s->all.len, sizeof(key), by_inode);
	if (!found)
		return;
	sk_json_put_str(w, "protocol", found->protocol);
	sk_json_put_opt(w, "local", found->local);
	sk_json_put_opt(w, "remote", found->remote);
	if (found->state)
		sk_json_put_int(w, "state", found->state);
}

/* pos, flags and mnt_id, and what else the kernel says of that kind of file. */
static void put_info(struct sk_json_writer *w, int proc, const char *number)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_span rest, line, name;
	char path[300];

	snprintf(path, sizeof(path), "fdinfo/%s", number);
	if (!slurp(proc, path, &text))
		return;
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line))
		if (sk_span_split(&line, ':', &name) && (sk_span_is(name, "pos") || sk_span_is(name, "flags"))) {
			sk_json_key_span(w, name);
			sk_json_span(w, sk_span_trim(line));
		}
}

static void put_file(struct sk_json_writer *w, int proc, const char *number, const struct sockets *s)
{
	char path[300], text[SK_MAX_PATH];
	ssize_t n;

	snprintf(path, sizeof(path), "fd/%s", number);
	n = readlinkat(proc, path, text, sizeof(text));
	if (n <= 0)
		return;
	sk_json_object(w);
	sk_json_put_int(w, "fd", atoi(number));
	sk_json_key(w, "target");
	sk_json_span(w, sk_span(text, (size_t)n));
	put_info(w, proc, number);
	if (sk_span_starts(sk_span(text, (size_t)n), "socket:["))
		put_socket(w, s, sk_span(text, (size_t)n));
	sk_json_end(w);
}

void sk_evidence_files(int proc, struct sk_buf *out)
{
	int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
	struct sk_json_writer w = { .buf = out, .indent = 2 };
	struct sockets sockets = { 0 };
	struct dirent *e;
	size_t count = 0;

	read_sockets(proc, &sockets);
	sk_json_array(&w);
	while (entries && (e = readdir(entries)) && count < SK_MAX_EVIDENCE_FILES &&
	       out->len < SK_MAX_EVIDENCE_TEXT - 2 * SK_MAX_PATH) {
		if (e->d_name[0] == '.')
			continue;
		put_file(&w, proc, e->d_name, &sockets);
		count++;
	}
	sk_json_end(&w);
	if (entries)
		closedir(entries);
	sk_vec_release(&sockets.all);
}
