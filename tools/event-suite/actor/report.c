/* SPDX-License-Identifier: Apache-2.0 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fd = STDOUT_FILENO;

void sk_act_report_open(void)
{
	int copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, SK_ACT_HIGH_FD);

	if (copy >= 0)
		fd = copy;
}

/* The first newline ends what the case itself may have written. */
void sk_act_report(const char *what)
{
	dprintf(fd, "\nactor: %s\n", what);
}

static void __attribute__((format(printf, 2, 0))) end(const char *why, const char *fmt, va_list args)
{
	char text[4096];

	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	dprintf(fd, "\nactor: error %s%s%s\n", text, why ? ": " : "", why ? why : "");
	sk_act_undo_all();
	_exit(1);
}

void sk_act_fail(const char *fmt, ...)
{
	const char *why = strerror(errno);
	va_list args;

	va_start(args, fmt);
	end(why, fmt, args);
	va_end(args);
	_exit(1);
}

void sk_act_refuse(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	end(NULL, fmt, args);
	va_end(args);
	_exit(1);
}
