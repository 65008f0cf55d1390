/* SPDX-License-Identifier: Apache-2.0 */
#include "actor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Those above the one that acts have a mark of their own: what they raise is not the case's. */
static const char *mark_of(const char *mark, const char *rest, char *buffer, size_t size)
{
	if (strncmp(rest, "process ", 8) != 0)
		return mark;
	snprintf(buffer, size, "-%s", mark);
	return buffer;
}

/* One process of the chain: starts the next and waits for its end. */
static int pass_on(const struct sk_act_line *line, const char *mark, const char *rest)
{
	struct sk_act_look look;
	char buffer[128];
	int status;
	pid_t pid;

	/* Who ends the case ends the one that acts; it cleans up, and so do those above it. */
	signal(SIGTERM, SIG_IGN);
	mark += *mark == '-';
	sk_act_look(line, &look);
	pid = sk_act_start(&look, mark_of(mark, rest, buffer, sizeof(buffer)), rest);
	if (waitpid(pid, &status, 0) < 0)
		sk_act_fail("waiting for %s", line->name);
	if (WIFSIGNALED(status))
		sk_act_refuse("the process was ended by signal %d", WTERMSIG(status));
	sk_act_undo_all();
	return WEXITSTATUS(status);
}

/* Whatever waits fails then, which ends the case. */
static void interrupt(int number)
{
}

/* The plan's lines are used up one by one, but names in them are kept: each has a line of its own. */
static int act(struct sk_act_line *line, char *plan, const char *mark)
{
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = interrupt }, NULL);
	sk_act_report_open();
	do {
		struct sk_act_line *kept = malloc(sizeof(*kept));

		*kept = *line;
		if (strcmp(kept->verb, "script") == 0) {
			sk_act_script(sk_act_word(kept, "before"), sk_act_word(kept, "after"));
		} else if (strcmp(kept->verb, "step") == 0) {
			sk_act_step(kept);
		} else if (!sk_act_resource(kept, mark)) {
			sk_act_refuse("the plan says '%s'", kept->verb);
		}
	} while (sk_act_next_line(&plan, line));
	sk_act_undo_all();
	sk_act_report("done");
	return 0;
}

int main(void)
{
	static struct sk_act_line line;
	const char *text = getenv(SK_ACT_PLAN), *mark = getenv(SK_ACT_MARK);
	char *plan;

	if (!text || !mark) {
		fprintf(stderr, "This is the actor of run-event-suite, which starts it with a plan.\n");
		return 2;
	}
	if (strcmp(text, SK_ACT_SLEEP) == 0) {
		signal(SIGTERM, SIG_DFL);
		for (;;)
			pause();
	}
	plan = strdup(text);
	if (!sk_act_next_line(&plan, &line)) {
		sk_act_report("done");
		return 0;
	}
	if (strcmp(line.verb, "process") == 0)
		return pass_on(&line, mark, plan ? plan : "");
	return act(&line, plan, mark);
}
