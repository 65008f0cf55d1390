/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The actor of tools/run-event-suite: a process that does what a case says,
 * under the name, path, user and capabilities that it says. It gets its plan
 * from the environment, in lines of words (plan.c); while the first line is
 * "process ..." it starts a child as told, with the rest of the plan. The last
 * one sets resources up, takes the steps and cleans up behind itself.
 *
 * One thread, linked statically, and without the product's library: it runs in
 * containers that hold nothing else. What goes wrong is said in a line and ends
 * it (fail); whoever started it cleans up what it left.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define SK_ACT_PLAN "SK_SUITE_PLAN" /* the environment's variable with the plan */
#define SK_ACT_MARK "SK_SUITE_CASE" /* and that by which the case's alerts are known */
#define SK_ACT_SLEEP "sleep"	    /* a plan of its own: wait for the end */

enum {
	SK_ACT_MAX_WORDS = 4096, /* in a line: arguments and variables of a process */
	SK_ACT_MAX_VALUES = 512, /* that steps can bind */
	SK_ACT_HIGH_FD = 400,	 /* from here on are descriptors of our own: cases count from 0 */
};

/* ---- plan.c ---- */

/* One line: its first word, its second (a name), and "key=value" words, decoded. */
struct sk_act_line {
	const char *verb, *name;
	const char *words[SK_ACT_MAX_WORDS];
	size_t count;
};

/* Cuts the first line off the plan, which is changed; false: none is left. */
bool sk_act_next_line(char **plan, struct sk_act_line *line);
/* The value of the n-th word "key=..."; NULL: there are not so many. */
const char *sk_act_nth(const struct sk_act_line *line, const char *key, size_t n);
const char *sk_act_word(const struct sk_act_line *line, const char *key);

/* What steps and resources hand to later steps: "cs.client.fd". Names are told apart without case. */
void sk_act_put_number(const char *source, const char *field, long long number);
void sk_act_put_text(const char *source, const char *field, const char *text);

void sk_act_put(const struct sk_act_line *line, const char *key); /* an argument of the line */

/* An argument of a step: as it is written, or "key@source.field" from what was put. */
bool sk_act_has(const struct sk_act_line *line, const char *key);
const char *sk_act_text(const struct sk_act_line *line, const char *key, const char *otherwise);
long long sk_act_number(const struct sk_act_line *line, const char *key, long long otherwise);

/* ---- report.c ---- */

/* Standard output is a case's to replace: reports go to a copy of it. */
void sk_act_report_open(void);
void sk_act_report(const char *what) __attribute__((cold));
/* Says "error WHAT: errno's text", cleans up and ends the process. */
void sk_act_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold, noreturn));
/* The same without errno's text: what the plan asks for cannot be. */
void sk_act_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2), cold, noreturn));

/* ---- words.c: constants by name ---- */

enum sk_act_words {
	SK_ACT_OPEN_FLAGS, SK_ACT_MODES, SK_ACT_RESOLVE, SK_ACT_LINKAT_FLAGS, SK_ACT_MODULE_FLAGS,
	SK_ACT_DOMAINS, SK_ACT_TYPES, SK_ACT_PROTOCOLS, SK_ACT_SEND_FLAGS, SK_ACT_SIGNALS,
};
/* "O_CREAT|O_WRONLY", or a number; complains and ends on a word that it does not know. */
long long sk_act_flags(enum sk_act_words kind, const char *text);

/* ---- undo.c: what is done in reverse order at the end ---- */

typedef void sk_act_undo_fn(void *context);
void sk_act_undo_later(sk_act_undo_fn *fn, void *context);
void sk_act_undo_all(void);
void sk_act_forget(void); /* in a child: what is undone is its parent's */

/* ---- files.c ---- */

/* Makes folders that are missing, and takes them away at the end, with all in them. */
void sk_act_make_folders(const char *path);
void sk_act_make_parents(const char *path);
void sk_act_remove_later(const char *path);
void sk_act_write_file(const char *path, const char *text);

/* ---- start.c ---- */

/* How a process is to look. */
struct sk_act_look {
	const char *exepath, *name, *arg0, *user, *caps;
	char **args; /* behind arg0, ended by NULL */
	char **env;  /* "NAME=value", ended by NULL */
	bool fileless;
};
/* Reads "exepath=", "name=", "arg0=", "user=", "caps=", "arg="..., "env="..., "fileless=" */
void sk_act_look(const struct sk_act_line *line, struct sk_act_look *ret);
/* Starts this program again under that look, with that plan and mark; undone at the end, but for the waiting. */
pid_t sk_act_start(const struct sk_act_look *look, const char *mark, const char *plan);

/* ---- caps.c ---- */

/* cap_from_text(3); all of them without a text. Written to the file's attribute. */
void sk_act_file_caps(const char *path, const char *text);
/* Root's identity alone gives no capabilities to programs that are started; and again it does. */
void sk_act_root_is_nobody(bool nobody);

/* ---- users.c ---- */

/* The user, who is made, and taken away at the end, if there is none. */
void sk_act_user(const char *name, uid_t *ret_uid, gid_t *ret_gid);

/* ---- script.c ---- */

/* Runs the text of before; that of after runs in the same shell when the last undo is made. */
void sk_act_script(const char *before, const char *after);

/* ---- net.c ---- */

/* "unix:///path", "1.2.3.4:80", "[::1]:80"; ends the process if it is none of these. */
socklen_t sk_act_address(const char *text, struct sockaddr_storage *ret);
void sk_act_client_server(const char *name, const char *protocol, const char *address);

/* ---- resources.c, steps.c ---- */

/* False: the verb is none of a resource's. */
bool sk_act_resource(const struct sk_act_line *line, const char *mark);
void sk_act_step(const struct sk_act_line *line);
