/* SPDX-License-Identifier: Apache-2.0 */
/* What a running agent says of itself: it is asked over its socket, and the answer shown. */
#include "cmd/guard.h"

#include "agent/config.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "doc/doc.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct status_options {
	const char *socket;
	int format;
};

enum { FORMAT_TEXT, FORMAT_JSON, ANSWER_SECONDS = 5, SHOWN_TYPES = 12, SHOWN_RULES = 10 };

static const char *choice_format(unsigned i, const char **ret_summary)
{
	static const char *const names[] = { "text", "json" };
	static const char *const summaries[] = { "for a person", "the agent's own document" };

	*ret_summary = i < SK_COUNT(names) ? summaries[i] : NULL;
	return i < SK_COUNT(names) ? names[i] : NULL;
}

static int connect_to(const char *path, struct sk_err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return sk_err_set(err, SK_EUSAGE, "%s: is too long for a socket's name", path);
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return sk_err_errno(err, "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED)
		sk_err_set(err, SK_ENOTFOUND,
			   "no agent runs here (%s: %s); start one with 'sekisho guard run'", path,
			   strerror(errno));
	else
		sk_err_errno(err, "%s", path);
	close(fd);
	return -err->code;
}

/* The body of the answer. */
static int ask(const char *path, struct sk_buf *answer, struct sk_span *ret_body,
	       struct sk_err *err)
{
	static const char request[] = "GET /status HTTP/1.0\r\nHost: localhost\r\n\r\n";
	struct sk_span all;
	ptrdiff_t end;

	sk_autoclose int fd = connect_to(path, err);
	if (fd < 0)
		return -err->code;
	if (sk_write_full(fd, request, sizeof(request) - 1) < 0)
		return sk_err_errno(err, "%s", path);
	if (sk_fd_slurp(fd, SK_MAX_STATUS, answer, err) < 0)
		return sk_err_wrap(err, "%s", path);
	all = sk_buf_view(answer);
	end = sk_span_find(all, SK_SPAN_LIT("\r\n\r\n"));
	if (end < 0 ||
	    !(sk_span_starts(all, "HTTP/1.1 200") || sk_span_starts(all, "HTTP/1.0 200")))
		return sk_err_set(err, SK_ENET, "%s: is not an agent's socket", path);
	*ret_body = sk_span_from(all, (size_t)end + 4);
	return 0;
}

/* ---- for a person ---- */

static void put(struct sk_buf *out, const struct sk_node *n)
{
	sk_text_plain(out, sk_node_text(n));
}

static void put_pair(struct sk_buf *out, const char *name, const struct sk_node *n)
{
	if (!n)
		return;
	sk_buf_printf(out, "%-12s ", name);
	put(out, n);
	sk_buf_putc(out, '\n');
}

struct column {
	const char *key, *head; /* the member; what stands above it */
};
enum { COLUMNS = 8, WIDEST = 60 };

static void put_cell(struct sk_buf *out, struct sk_span text, size_t width, bool last)
{
	size_t before = out->len + 2;

	sk_buf_puts(out, "  ");
	sk_text_plain(out, text);
	while (!last && out->len < before + width)
		sk_buf_putc(out, ' ');
}

static void put_row(struct sk_buf *out, const struct column *columns, const size_t *widths,
		    const struct sk_node *row)
{
	for (size_t i = 0; columns[i].key; i++)
		put_cell(out,
			 row ? sk_node_text(sk_node_get(row, columns[i].key))
			     : sk_span_str(columns[i].head),
			 widths[i], !columns[i + 1].key);
	while (out->len && out->data[out->len - 1] == ' ')
		out->len--;
	sk_buf_putc(out, '\n');
}

/* One row for each object of a list: the values of these members, in columns. */
static void put_table(struct sk_buf *out, const char *title, const struct sk_node *list,
		      const struct column *columns, size_t most)
{
	size_t widths[COLUMNS], rows = 0;

	if (!sk_node_first(list))
		return;
	for (size_t i = 0; columns[i].key; i++) {
		widths[i] = strlen(columns[i].head);
		sk_node_each(row, list) {
			size_t n = sk_node_text(sk_node_get(row, columns[i].key)).len;

			widths[i] = n > widths[i] && n <= WIDEST ? n : widths[i];
		}
	}
	sk_buf_printf(out, "\n%s\n", title);
	put_row(out, columns, widths, NULL);
	sk_node_each(row, list) {
		if (rows++ == most) {
			sk_buf_printf(out, "  and %u more (--format json has all)\n",
				      list->count - (unsigned)most);
			break;
		}
		put_row(out, columns, widths, row);
	}
}

#define COLUMNS_OF(...) ((const struct column[]){ __VA_ARGS__, { NULL } })

static void write_text(struct sk_buf *out, const struct sk_node *root)
{
	const struct sk_node *events = sk_node_get(root, "events"),
			     *rules = sk_node_get(root, "rules");

	sk_buf_puts(out, "sekisho guard ");
	put(out, sk_node_get(root, "version"));
	sk_buf_puts(out, " on ");
	put(out, sk_node_get(root, "host"));
	sk_buf_printf(out, ", running for %lld s as process %lld\n\n",
		      (long long)sk_node_int(sk_node_get(root, "uptimeSeconds"), 0),
		      (long long)sk_node_int(sk_node_get(root, "pid"), 0));
	put_pair(out, "Events", sk_node_get(events, "total"));
	put_pair(out, "  a second", sk_node_get(events, "perSecond"));
	put_pair(out, "  seen by", sk_node_get(events, "hooks"));
	put_pair(out, "Lost", sk_node_get(events, "lost"));
	put_pair(out, "Alerts", sk_node_get(root, "alerts"));
	put_pair(out, "Rules", sk_node_get(rules, "loaded"));
	put_pair(out, "  with errors", sk_node_get(rules, "errors"));
	put_pair(out, "Memory MiB", sk_node_get(root, "memoryMiB"));
	put_table(out, sk_node_bool(sk_node_get(root, "guarding"), false) ? "Protections" :
		  "Protections that would work here; nothing asks for them (drift, protect)", sk_node_get(root, "protections"),
		  COLUMNS_OF({ "state", "STATE" }, { "name", "NAME" }, { "by", "BY" }), SIZE_MAX);
	put_table(out, "Hardening", sk_node_get(root, "hardening"),
		  COLUMNS_OF({ "name", "NAME" }, { "state", "STATE" }), SIZE_MAX);
	put_table(out, "Events by type", sk_node_get(events, "types"),
		  COLUMNS_OF({ "type", "TYPE" }, { "count", "COUNT" }, { "perSecond", "A SECOND" }),
		  SHOWN_TYPES);
	put_table(out, "Events lost", sk_node_get(events, "losses"),
		  COLUMNS_OF({ "count", "COUNT" }, { "cpu", "CPU" }, { "reason", "REASON" }),
		  SIZE_MAX);
	put_table(out, "Rules that fired", sk_node_get(rules, "hits"),
		  COLUMNS_OF({ "count", "COUNT" }, { "rule", "RULE" }), SHOWN_RULES);
	put_table(out, "Containers", sk_node_get(root, "containers"),
		  COLUMNS_OF({ "id", "ID" }, { "name", "NAME" }, { "image", "IMAGE" },
			     { "drift", "DRIFT" }),
		  SIZE_MAX);
	put_table(out, "Outputs", sk_node_get(root, "outputs"),
		  COLUMNS_OF({ "name", "NAME" }, { "sent", "SENT" }, { "queued", "QUEUED" },
			     { "dropped", "LOST" }, { "failed", "FAILED" }),
		  SIZE_MAX);
	put_table(out, "Responses", sk_node_get(root, "responses"),
		  COLUMNS_OF({ "action", "ACTION" }, { "done", "DONE" }, { "dry-run", "DRY RUN" },
			     { "limited", "LIMITED" }, { "refused", "REFUSED" },
			     { "failed", "FAILED" }),
		  SIZE_MAX);
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct status_options *o = call->options;
	sk_cleanup(sk_buf_release) struct sk_buf answer = { 0 }, out = { 0 };
	sk_cleanup(sk_doc_release) struct sk_doc doc = { 0 };
	struct sk_span body;

	if (ask(o->socket, &answer, &body, err) < 0)
		return -err->code;
	if (sk_doc_parse(&doc, SK_DOC_JSON, body, 0, err) < 0)
		return sk_err_wrap(err, "the agent's answer");
	if (o->format == FORMAT_JSON)
		sk_buf_span(&out, body);
	else
		write_text(&out, doc.root);
	return sk_output(NULL, sk_buf_view(&out), err);
}

static const struct sk_option options[] = {
	{ "format", 'f', SK_OPT_ENUM(struct status_options, format, choice_format),
	  .argument = "FORMAT", .fallback = "text", .help = "How it is written" },
	{ "socket", 0, SK_OPT_FILE(struct status_options, socket), .argument = "PATH",
	  .fallback = SK_AGENT_SOCKET,
	  .help = "The agent's socket, in the folder that its configuration calls 'runtime'" },
	{ NULL },
};

static const char *const text[] = {
	"Asks the agent that runs here what it sees, what it lost, which protections it has tried "
	"and found to work, and "
	"which containers, rules and outputs it has.",
	"A protection 'blocks' (what it is about fails), 'kills' (who tries is gone before the "
	"first action), only "
	"'alerts', or is 'absent'. The exit code is 3 when no agent runs.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "guard status", "Is it well?" },
	{ "guard status --format json | jq .protections", "For a check" },
	{ NULL, NULL },
};

const struct sk_command sk_guard_status = {
	.name = "status",
	.summary = "Show what the agent that runs here protects, sees and loses",
	.synopsis = "[options]",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct status_options),
	.run = run,
};
