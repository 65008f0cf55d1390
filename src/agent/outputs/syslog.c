/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Syslog messages as RFC 5424 writes them, and at /dev/log as its readers
 * expect them. Falco's priorities have the names and numbers of syslog's severities.
 */
#include "agent/output-fields.h"
#include "agent/address.h"
#include "agent/syslog-link.h"

#include "base/text.h"

#include <stdio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* RFC 5424, section 6: lengths of names in the header. */
enum { MAX_HOSTNAME = 255, MAX_APP_NAME = 48, MAX_SD_NAME = 32, MIN_MESSAGE = 480 };
/* What receivers should take at least: RFC 5426, section 3.2; RFC 5425, section 4.3.1. */
enum { UDP_BYTES = 2048, STREAM_BYTES = 8192 };

enum form { FORM_RFC5424, FORM_LOCAL };

struct syslog_config {
	struct sk_output_config common;
	const char *address, *app_name, *sd_id;
	int facility, form;
	uint64_t max_bytes;
	const char *ca, *cert, *key, *server_name;
	bool insecure;
	struct sk_syslog_target target;
};

static const char *const facilities[] = { "kern",   "user",   "mail",	"daemon", "auth",   "syslog", "lpr",	"news",
					  "uucp",   "cron",   "authpriv", "ftp",  "ntp",    "security", "console", "clock",
					  "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7" };

static const char *choice_facility(unsigned i, const char **ret_summary)
{
	*ret_summary = NULL;
	return i < SK_COUNT(facilities) ? facilities[i] : NULL;
}

static const char *choice_form(unsigned i, const char **ret_summary)
{
	*ret_summary = i == FORM_RFC5424 ? "with fields" : "as /dev/log's readers expect it";
	return i == FORM_RFC5424 ? "rfc5424" : i == FORM_LOCAL ? "local" : NULL;
}

/* ---- the message ---- */

/* PRINTUSASCII, at most so many; "-" where there is nothing. */
static void put_name(struct sk_buf *out, const char *text, size_t max)
{
	size_t n = 0;

	for (; *text && n < max; text++)
		if (*text > ' ' && *text < 127) {
			sk_buf_putc(out, *text);
			n++;
		}
	sk_buf_puts(out, n ? " " : "- ");
}

/* "2026-11-26T15:47:19.123456Z": microseconds are all that may be. */
static void put_time(struct sk_buf *out, int64_t nanoseconds)
{
	time_t seconds = (time_t)(nanoseconds / 1000000000);
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	sk_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		      tm.tm_min, tm.tm_sec, (int)(nanoseconds % 1000000000 / 1000));
}

/* name="value", in which three characters are escaped (section 6.3.3); control characters are shown. */
static void put_param(void *context, const char *name, struct sk_span value)
{
	sk_cleanup(sk_buf_release) struct sk_buf plain = { 0 };
	struct sk_buf *out = context;

	sk_text_plain(&plain, value);
	sk_buf_printf(out, " %s=\"", name);
	for (size_t i = 0; i < plain.len; i++) {
		if (strchr("\"\\]", plain.data[i]))
			sk_buf_putc(out, '\\');
		sk_buf_putc(out, plain.data[i]);
	}
	sk_buf_putc(out, '"');
}

static bool is_ascii(struct sk_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] > 127)
			return false;
	return true;
}

static void put_rfc5424(const struct syslog_config *c, const struct sk_note *note, struct sk_span message,
			struct sk_buf *out)
{
	sk_buf_puts(out, "1 ");
	put_time(out, note->time);
	put_name(out, note->hostname, MAX_HOSTNAME);
	put_name(out, c->app_name, MAX_APP_NAME);
	sk_buf_printf(out, "%d ", (int)getpid());
	put_name(out, note->kind, MAX_SD_NAME);
	sk_buf_printf(out, "[%s", c->sd_id);
	sk_output_fields(note, put_param, out);
	sk_buf_puts(out, is_ascii(message) ? "] " : "] \xef\xbb\xbf"); /* section 6.4: UTF-8 says so */
	sk_buf_span(out, message);
}

/* "Nov 26 15:47:19 sekisho[123]: message", local time, without a host. */
static void put_local(const struct syslog_config *c, const struct sk_note *note, struct sk_span message,
		      struct sk_buf *out)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(note->time / 1000000000);
	struct tm tm = { 0 };

	localtime_r(&seconds, &tm);
	sk_buf_printf(out, "%.3s %2d %02d:%02d:%02d %s[%d]: ", months + 3 * tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min,
		      tm.tm_sec, c->app_name, (int)getpid());
	sk_buf_span(out, message);
}

/* Not within a character. */
static void cut(struct sk_output *o, struct sk_buf *out, size_t max)
{
	if (out->len <= max)
		return;
	while (max > 0 && ((unsigned char)out->data[max] & 0xc0) == 0x80)
		max--;
	out->len = max;
	sk_output_count_cut(o);
}

static void render(struct sk_output *o, const struct sk_note *note, struct sk_buf *out)
{
	const struct syslog_config *c = sk_output_config_of(o);
	sk_cleanup(sk_buf_release) struct sk_buf message = { 0 };

	sk_output_message(o, note, &message);
	sk_buf_printf(out, "<%d>", c->facility * 8 + (int)note->priority);
	if (c->form == FORM_LOCAL)
		put_local(c, note, sk_buf_view(&message), out);
	else
		put_rfc5424(c, note, sk_buf_view(&message), out);
	cut(o, out, (size_t)c->max_bytes);
}

/* ---- configuration ---- */

static const struct {
	const char *prefix;
	enum sk_syslog_transport transport;
	unsigned port;
	uint64_t bytes;
} transports[] = {
	{ "unix:", SK_SYSLOG_UNIX, 0, STREAM_BYTES },
	{ "udp://", SK_SYSLOG_UDP, 514, UDP_BYTES },
	{ "tcp://", SK_SYSLOG_TCP, 514, STREAM_BYTES },
	{ "tls://", SK_SYSLOG_TLS, 6514, STREAM_BYTES },
};

/* False: it is no address. */
static bool read_address(struct syslog_config *c, struct sk_arena *arena)
{
	struct sk_span text = sk_span_str(c->address), host;
	struct sockaddr_un name;
	unsigned port;

	for (size_t i = 0; i < SK_COUNT(transports); i++) {
		if (!sk_span_starts(text, transports[i].prefix))
			continue;
		text = sk_span_from(text, strlen(transports[i].prefix));
		c->target.transport = transports[i].transport;
		if (!c->max_bytes)
			c->max_bytes = transports[i].bytes;
		c->target.host = sk_arena_dup(arena, text);
		if (c->target.transport == SK_SYSLOG_UNIX)
			return text.len > 1 && text.len < sizeof(name.sun_path);
		if (!sk_address_split(text, transports[i].port, &host, &port))
			return false;
		c->target.host = sk_arena_dup(arena, host);
		c->target.port = sk_arena_printf(arena, "%u", port);
		c->target.name = c->server_name ? c->server_name : c->target.host;
		return true;
	}
	return false;
}

/* SD-NAME, section 6.3.2: a name that is not the IANA's has an '@' and a private enterprise number. */
static bool is_sd_id(const char *text)
{
	const char *at = strchr(text, '@');
	size_t n = strlen(text);

	return n <= MAX_SD_NAME && at && at > text && at[1] && strspn(at + 1, "0123456789.") == strlen(at + 1) &&
	       strcspn(text, "= ]\"") == n && is_ascii(sk_span_str(text));
}

static int check(struct sk_settings *settings, const struct sk_node *section, struct sk_output_config *config,
		 struct sk_err *err)
{
	struct syslog_config *c = (struct syslog_config *)config;

	if (!read_address(c, &settings->arena))
		return sk_output_fault(settings, section, "address", err,
				       "'%s' is not one of unix:/path, udp://host:port, tcp://host:port, tls://host:port", c->address);
	if (!is_sd_id(c->sd_id))
		return sk_output_fault(settings, section, "sd-id", err, "must be a name, '@' and a private enterprise number");
	if (c->max_bytes < MIN_MESSAGE)
		return sk_output_fault(settings, section, "max-bytes", err, "must be at least %d", MIN_MESSAGE);
	if ((c->ca || c->cert || c->key || c->server_name || c->insecure) && c->target.transport != SK_SYSLOG_TLS)
		return sk_output_fault(settings, section, "address", err, "certificates are for tls:// alone");
	if (c->form < 0)
		c->form = c->target.transport == SK_SYSLOG_UNIX ? FORM_LOCAL : FORM_RFC5424;
	return 0;
}

/* ---- sending ---- */

static int open_link(struct sk_output *o, struct sk_err *err)
{
	const struct syslog_config *c = sk_output_config_of(o);
	struct sk_syslog_link *link = sk_output_state(o);

	link->target = &c->target;
	return c->target.transport != SK_SYSLOG_TLS ?
		       0 :
		       sk_tls_open(&(struct sk_tls_options){ c->ca, c->cert, c->key, c->insecure }, &link->tls, err);
}

static enum sk_send deliver(struct sk_output *o, const struct sk_span *messages, size_t count, size_t *ret_count,
			    struct sk_err *err)
{
	return sk_syslog_link_send(o, sk_output_state(o), messages, count, ret_count, err);
}

static void close_link(struct sk_output *o)
{
	sk_syslog_link_close(sk_output_state(o));
}

#define ROW struct syslog_config

static const struct sk_option options[] = {
	{ "address", 0, SK_OPT_STRING(ROW, address), .argument = "ADDRESS", .fallback = "unix:/dev/log",
	  .help = "The receiver: unix:/path, udp://host:514, tcp://host:514, tls://host:6514" },
	{ "facility", 0, SK_OPT_ENUM(ROW, facility, choice_facility), .argument = "FACILITY", .fallback = "daemon",
	  .help = "The facility of messages" },
	{ "app-name", 0, SK_OPT_STRING(ROW, app_name), .argument = "NAME", .fallback = "sekisho",
	  .help = "What we call ourselves" },
	{ "sd-id", 0, SK_OPT_STRING(ROW, sd_id), .argument = "ID", .fallback = "sekisho@32473",
	  .help = "What the fields stand under; 32473 is the number that RFC 5612 keeps for examples" },
	{ "form", 0, SK_OPT_ENUM(ROW, form, choice_form), .argument = "FORM", .help = "How messages are written",
	  .otherwise = "local at a Unix socket, rfc5424 elsewhere" },
	{ "max-bytes", 0, SK_OPT_SIZE(ROW, max_bytes), .argument = "SIZE",
	  .help = "Longer messages are cut, and counted", .otherwise = "2048 for UDP, 8192 elsewhere" },
	{ "ca", 0, SK_OPT_FILE(ROW, ca), .argument = "FILE", .help = "Authorities that certify the receiver, or a folder of them",
	  .otherwise = "those of the system" },
	{ "cert", 0, SK_OPT_FILE(ROW, cert), .argument = "FILE", .help = "Our certificate (mutual TLS)" },
	{ "key", 0, SK_OPT_FILE(ROW, key), .argument = "FILE", .help = "Its key", .otherwise = "in the file of cert" },
	{ "server-name", 0, SK_OPT_STRING(ROW, server_name), .argument = "NAME",
	  .help = "The name in the receiver's certificate", .otherwise = "the host of its address" },
	{ "insecure", 0, SK_OPT_FLAG(ROW, insecure), .help = "Do not check the receiver's certificate" },
	{ NULL },
};

const struct sk_output_kind sk_output_syslog = {
	.name = "syslog",
	.summary = "a syslog receiver: /dev/log, UDP, TCP or TLS",
	.target = "address",
	.options = options,
	.config_size = sizeof(struct syslog_config),
	.state_size = sizeof(struct sk_syslog_link),
	.format = SK_ALERT_TEXT,
	.check = check,
	.render = render,
	.open = open_link,
	.send = deliver,
	.close = close_link,
};
