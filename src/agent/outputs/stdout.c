/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output and standard error. */
#include "agent/output-lines.h"

#include <unistd.h>

struct stdout_config {
	struct sk_output_config common;
	int stream;
};

static const char *choice_stream(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return i == 0 ? "stdout" : i == 1 ? "stderr" : NULL;
}

static enum sk_send deliver(struct sk_output *o, const struct sk_span *messages, size_t count, size_t *ret_count,
			    struct sk_err *err)
{
	const struct stdout_config *c = sk_output_config_of(o);

	return sk_output_write_lines(o, sk_output_state(o), c->stream ? STDERR_FILENO : STDOUT_FILENO, messages, count,
				     ret_count, err);
}

static void close_lines(struct sk_output *o)
{
	struct sk_output_lines *lines = sk_output_state(o);

	sk_buf_release(&lines->bytes);
}

static const struct sk_option options[] = {
	{ "stream", 0, SK_OPT_ENUM(struct stdout_config, stream, choice_stream), .argument = "STREAM", .fallback = "stdout",
	  .help = "Which of the two" },
	{ NULL },
};

const struct sk_output_kind sk_output_stdout = {
	.name = "stdout",
	.summary = "lines to standard output, or standard error",
	.target = "stream",
	.options = options,
	.config_size = sizeof(struct stdout_config),
	.state_size = sizeof(struct sk_output_lines),
	.format = SK_ALERT_TEXT,
	.send = deliver,
	.close = close_lines,
};
