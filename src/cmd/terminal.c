/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

unsigned sk_terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = { 0 };
	uint64_t v;

	if (!isatty(fd))
		return 0;
	if (columns && sk_span_u64(sk_span_str(columns), &v) && v > 0 && v < 10000)
		return (unsigned)v;
	/* A serial line says 0: 80 as terminals have been since the VT52. */
	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

bool sk_terminal_colour(int fd, enum sk_colour_mode mode)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (mode != SK_COLOUR_AUTO)
		return mode == SK_COLOUR_ALWAYS;
	return isatty(fd) && !(no && no[0]) && term && strcmp(term, "dumb") != 0;
}
