/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the decision graph: bench-guard RULES|PATH... makes so many rules of
 * the shapes that people write (programs, files, ports, command lines) or reads
 * those of a path, and prints nanoseconds for one event of a mix.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "guard/graph.h"
#include "guard/trail.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 200 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void write_rule(struct sk_buf *out, int i)
{
	static const char *const shapes[] = {
		"spawned and container and proc.name in (tool%d, other%d)",
		"writes and container and fd.directory = /opt/app%d and not proc.name = updater%d",
		"evt.type = connect and fd.sport = %d and not fd.snet in (10.0.0.0/8) and container and proc.name != p%d",
		"spawned and proc.pname = service%d and proc.name in (sh, bash) and not proc.cmdline contains ok%d",
		"reads and fd.name = /etc/secret%d and not proc.name in (reader%d, cat)",
		"spawned and proc.name = python3 and proc.args contains evil%d and not proc.aname = worker%d",
	};

	sk_buf_printf(out, "- rule: rule %d\n  desc: d\n  condition: ", i);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	sk_buf_printf(out, shapes[(size_t)i % SK_COUNT(shapes)], i, i);
#pragma GCC diagnostic pop
	sk_buf_puts(out, "\n  output: proc=%proc.cmdline\n  priority: NOTICE\n");
}

static void write_rules(struct sk_buf *out, int count)
{
	sk_buf_puts(out, "- macro: spawned\n  condition: evt.type in (execve, execveat)\n"
			 "- macro: container\n  condition: container.id != host\n"
			 "- macro: writes\n  condition: evt.type in (open, openat, openat2) and evt.is_open_write = true\n"
			 "- macro: reads\n  condition: evt.type in (open, openat, openat2) and evt.is_open_read = true\n");
	for (int i = 0; i < count; i++)
		write_rule(out, i);
}

static const char trail[] =
	"container web image=docker.io/library/nginx:1.27\n"
	"process 1 exe=/sbin/init\n"
	"process 10 parent=1 exe=/usr/sbin/nginx container=web\n"
	"process 11 parent=10 exe=/bin/sh args=\"-c ls\"\n"
	"process 12 parent=11 exe=/usr/bin/tool0 args=\"a b c\"\n"
	"execve @11\nexecve @12\n"
	"openat @11 name=/etc/ld.so.cache flags=O_RDONLY|O_CLOEXEC\n"
	"openat @11 name=/lib/libc.so.6 flags=O_RDONLY|O_CLOEXEC\n"
	"openat @10 name=/var/log/nginx/access.log flags=O_WRONLY|O_APPEND\n"
	"openat @12 name=/tmp/x flags=O_WRONLY|O_CREAT mode=0600\n"
	"connect @10 fd=7 from=172.17.0.2:4000 to=10.1.2.3:5432 proto=tcp\n"
	"connect @12 fd=7 from=172.17.0.2:4001 to=93.184.216.34:443 proto=tcp\n"
	"openat @12 name=/usr/share/zoneinfo/UTC flags=O_RDONLY\n"
	"openat @10 name=/etc/nginx/nginx.conf flags=O_RDONLY\n";

/* Events are read anew each time, so that their memory is theirs; only matching is on the clock. */
static void measure(const char *what)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	struct sk_rules rules = { 0 };
	struct sk_graph *graph;
	struct sk_graph_eval *eval;
	const struct sk_detection *fired[8];
	double took = 0, load = now();
	size_t events = 0, alerts = 0;

	if (atoi(what)) {
		write_rules(&text, atoi(what));
		sk_rules_read(&rules, "bench", sk_buf_view(&text), NULL);
	} else {
		sk_rules_load(&rules, what, false, NULL);
	}
	sk_rules_finish(&rules);
	graph = sk_graph_new(&rules);
	load = now() - load;
	eval = sk_graph_eval_new(graph);
	for (int round = 0; round < ROUNDS; round++) {
		struct sk_trail *t;
		struct sk_event event;

		sk_trail_from(sk_span(trail, sizeof(trail) - 1), "bench", &t, NULL);
		while (sk_trail_next(t, &event, NULL) > 0) {
			double start = now();

			for (int i = 0; i < 100; i++)
				alerts += sk_graph_match(eval, &event, fired, SK_COUNT(fired));
			took += now() - start;
			events += 100;
		}
		sk_trail_free(t);
	}
	printf("%5zu rules  %7.0f ns an event  %9.0f events a second  %zu alerts  loaded in %.0f ms  %zu errors\n", rules.rules.len,
	       took / (double)events, (double)events / took * 1e9, alerts, load / 1e6, rules.errors);
	sk_graph_eval_free(eval);
	sk_graph_free(graph);
	sk_rules_release(&rules);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		measure(argv[i]);
	return argc > 1 ? 0 : 2;
}
