/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST to an HTTP receiver, each alert for itself as Falco's http_output does
 * it, or several as one JSON array. 2xx is taken; 408, 425, 429 and 5xx, and
 * whoever cannot be reached, are tried again (RFC 9110, sections 15.5.9 and
 * 15.6; RFC 6585; RFC 8470); everything else is refused for good. Redirects are not
 * followed: alerts go where somebody said.
 */
#include "agent/output.h"
#include "agent/secret.h"

#include "base/limits.h"
#include "net/curl.h"
#include "net/url.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

enum { ANSWER_BYTES = 200, MAX_BATCH = 256, MAX_HOLD_S = 3600, GZIP = 15 + 16 };

struct webhook_config {
	struct sk_output_config common;
	const char *url;
	struct sk_option_list headers;
	const char *header_file, *user, *password_file;
	const char *ca, *cert, *key, *user_agent;
	bool insecure, compress, keep_alive;
	int64_t batch, timeout;
	const char *shown; /* of the URL, what may be told: scheme and host */
};

struct webhook_state {
	const struct sk_curl *api;
	CURL *curl;
	struct curl_slist *headers;
	char *user_password;
	struct sk_buf body, packed;
	char answer[ANSWER_BYTES + 1];
	size_t answer_len;
};

/* ---- what is sent ---- */

static void make_body(struct webhook_state *s, bool array, const struct sk_span *messages, size_t count)
{
	sk_buf_reset(&s->body);
	if (array)
		sk_buf_putc(&s->body, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			sk_buf_putc(&s->body, array ? ',' : '\n');
		sk_buf_span(&s->body, messages[i]);
	}
	if (array)
		sk_buf_putc(&s->body, ']');
}

static struct sk_span pack(struct webhook_state *s)
{
	z_stream z = { .next_in = (Bytef *)s->body.data, .avail_in = (uInt)s->body.len };
	size_t bound;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* memory is there, and nothing else can be wrong */
	bound = deflateBound(&z, z.avail_in);
	sk_buf_reset(&s->packed);
	z.next_out = (Bytef *)sk_buf_reserve(&s->packed, bound);
	z.avail_out = (uInt)bound;
	deflate(&z, Z_FINISH);
	s->packed.len = z.total_out;
	deflateEnd(&z);
	return sk_buf_view(&s->packed);
}

/* ---- what comes back ---- */

static size_t on_answer(char *bytes, size_t size, size_t count, void *ctx)
{
	struct webhook_state *s = ctx;
	size_t n = size * count, room = ANSWER_BYTES - s->answer_len;

	memcpy(s->answer + s->answer_len, bytes, n < room ? n : room);
	s->answer_len += n < room ? n : room;
	return n;
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
	return sk_output_aborted(ctx);
}

static enum sk_send judge_status(struct sk_output *o, struct webhook_state *s, long status, struct sk_err *err)
{
	const struct webhook_config *c = sk_output_config_of(o);
	curl_off_t seconds = 0;

	if (status >= 200 && status < 300)
		return SK_SEND_DONE;
	s->answer[s->answer_len] = '\0';
	s->answer[strcspn(s->answer, "\r\n")] = '\0';
	sk_err_set(err, SK_ENET, "%s answers %ld%s%s", c->shown, status, s->answer[0] ? ": " : "", s->answer);
	if (status != 408 && status != 425 && status != 429 && status < 500)
		return SK_SEND_REJECTED;
	if (s->api->easy_getinfo(s->curl, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
		sk_output_hold(o, (seconds < MAX_HOLD_S ? seconds : MAX_HOLD_S) * 1000);
	return SK_SEND_AGAIN;
}

static enum sk_send post(struct sk_output *o, struct sk_span body, struct sk_err *err)
{
	const struct webhook_config *c = sk_output_config_of(o);
	struct webhook_state *s = sk_output_state(o);
	long status = 0;
	CURLcode code;

	s->answer_len = 0;
	s->api->easy_setopt(s->curl, CURLOPT_POSTFIELDS, body.ptr);
	s->api->easy_setopt(s->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	code = s->api->easy_perform(s->curl);
	if (code == CURLE_COULDNT_CONNECT)
		sk_output_absent(o);
	if (code != CURLE_OK) {
		sk_err_set(err, SK_ENET, "%s: %s", c->shown, s->api->easy_strerror(code));
		return SK_SEND_AGAIN;
	}
	s->api->easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &status);
	return judge_status(o, s, status, err);
}

static enum sk_send deliver(struct sk_output *o, const struct sk_span *messages, size_t count, size_t *ret_count,
			    struct sk_err *err)
{
	const struct webhook_config *c = sk_output_config_of(o);
	struct webhook_state *s = sk_output_state(o);
	size_t n = count < (size_t)c->batch ? count : (size_t)c->batch;
	enum sk_send verdict;

	make_body(s, c->batch > 1 && sk_output_format(o) != SK_ALERT_TEXT, messages, n);
	verdict = post(o, c->compress ? pack(s) : sk_buf_view(&s->body), err);
	*ret_count = verdict == SK_SEND_AGAIN ? 0 : n;
	return verdict;
}

/* ---- once ---- */

static void add_header(struct webhook_state *s, const char *line)
{
	s->headers = s->api->slist_append(s->headers, line);
}

/* "Name: value" lines: secrets that are not to stand in the configuration. */
static int add_header_file(struct webhook_state *s, const char *path, struct sk_err *err)
{
	sk_cleanup(sk_secret_release) struct sk_buf text = { 0 };
	struct sk_span rest, line;

	if (sk_secret_read(path, &text, err) < 0)
		return -err->code;
	rest = sk_buf_view(&text);
	while (sk_span_line(&rest, &line)) {
		sk_autofree char *header = sk_strndup(line.ptr, line.len);

		if (!line.len)
			continue;
		if (sk_span_chr(line, ':') <= 0)
			return sk_err_set(err, SK_EINVAL, "%s: each line must be a header, 'Name: value'", path);
		add_header(s, header);
	}
	return 0;
}

static int set_headers(struct sk_output *o, struct sk_err *err)
{
	const struct webhook_config *c = sk_output_config_of(o);
	struct webhook_state *s = sk_output_state(o);

	add_header(s, sk_output_format(o) == SK_ALERT_TEXT ? "Content-Type: text/plain; charset=utf-8" :
							     "Content-Type: application/json");
	add_header(s, "Expect:"); /* no waiting before a body */
	if (c->compress)
		add_header(s, "Content-Encoding: gzip");
	for (size_t i = 0; i < c->headers.count; i++)
		add_header(s, c->headers.items[i]);
	if (c->header_file && add_header_file(s, c->header_file, err) < 0)
		return -err->code;
	s->api->easy_setopt(s->curl, CURLOPT_HTTPHEADER, s->headers);
	return 0;
}

static int set_password(struct sk_output *o, struct sk_err *err)
{
	const struct webhook_config *c = sk_output_config_of(o);
	sk_cleanup(sk_secret_release) struct sk_buf password = { 0 };
	struct webhook_state *s = sk_output_state(o);

	if (!c->user)
		return 0;
	if (c->password_file && sk_secret_read(c->password_file, &password, err) < 0)
		return -err->code;
	s->user_password = sk_printf("%s:%s", c->user, sk_buf_str(&password));
	s->api->easy_setopt(s->curl, CURLOPT_USERPWD, s->user_password);
	s->api->easy_setopt(s->curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	return 0;
}

static void set_tls(const struct webhook_config *c, struct webhook_state *s)
{
	const char *ca = c->ca ? c->ca : getenv("SSL_CERT_FILE");
	struct stat st;

	s->api->easy_setopt(s->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	s->api->easy_setopt(s->curl, CURLOPT_SSL_VERIFYPEER, c->insecure ? 0L : 1L);
	s->api->easy_setopt(s->curl, CURLOPT_SSL_VERIFYHOST, c->insecure ? 0L : 2L);
	if (ca && ca[0])
		s->api->easy_setopt(s->curl, stat(ca, &st) == 0 && S_ISDIR(st.st_mode) ? CURLOPT_CAPATH : CURLOPT_CAINFO,
				    ca);
	if (c->cert) {
		s->api->easy_setopt(s->curl, CURLOPT_SSLCERT, c->cert);
		s->api->easy_setopt(s->curl, CURLOPT_SSLKEY, c->key ? c->key : c->cert);
	}
}

static void set_options(struct sk_output *o)
{
	const struct webhook_config *c = sk_output_config_of(o);
	struct webhook_state *s = sk_output_state(o);

	s->api->easy_setopt(s->curl, CURLOPT_URL, c->url);
	s->api->easy_setopt(s->curl, CURLOPT_POST, 1L);
	s->api->easy_setopt(s->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	s->api->easy_setopt(s->curl, CURLOPT_NOSIGNAL, 1L);
	s->api->easy_setopt(s->curl, CURLOPT_USERAGENT, c->user_agent);
	s->api->easy_setopt(s->curl, CURLOPT_TIMEOUT, (long)c->timeout);
	s->api->easy_setopt(s->curl, CURLOPT_TCP_KEEPALIVE, c->keep_alive ? 1L : 0L);
	s->api->easy_setopt(s->curl, CURLOPT_WRITEFUNCTION, on_answer);
	s->api->easy_setopt(s->curl, CURLOPT_WRITEDATA, s);
	s->api->easy_setopt(s->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	s->api->easy_setopt(s->curl, CURLOPT_XFERINFODATA, o);
	s->api->easy_setopt(s->curl, CURLOPT_NOPROGRESS, 0L);
	set_tls(c, s);
}

static int open_hook(struct sk_output *o, struct sk_err *err)
{
	const struct webhook_config *c = sk_output_config_of(o);
	const char *const files[] = { c->ca, c->cert, c->key };
	struct webhook_state *s = sk_output_state(o);
	struct stat st;

	for (size_t i = 0; i < SK_COUNT(files); i++)
		if (files[i] && stat(files[i], &st) < 0)
			return sk_err_errno(err, "%s", files[i]);
	s->api = sk_curl_open(err);
	if (!s->api)
		return -err->code;
	s->curl = s->api->easy_init();
	if (!s->curl)
		return sk_err_set(err, SK_ENET, "libcurl does not start");
	set_options(o);
	return set_headers(o, err) < 0 || set_password(o, err) < 0 ? -err->code : 0;
}

static void close_hook(struct sk_output *o)
{
	struct webhook_state *s = sk_output_state(o);

	if (s->curl)
		s->api->easy_cleanup(s->curl);
	if (s->headers)
		s->api->slist_free_all(s->headers);
	sk_secret_forget(s->user_password);
	sk_buf_release(&s->body);
	sk_buf_release(&s->packed);
}

/* ---- configuration ---- */

/* Scheme, host and port: a path may be a secret, as those of chat services are. */
static const char *shown_of(const char *url, struct sk_arena *arena)
{
	const char *host = strstr(url, "://") + 3;
	size_t len = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', len);

	if (at) {
		len -= (size_t)(at + 1 - host);
		return sk_arena_printf(arena, "%.*s%.*s", (int)(host - url), url, (int)len, at + 1);
	}
	return sk_arena_dup(arena, sk_span(url, (size_t)(host - url) + len));
}

static int check(struct sk_settings *settings, const struct sk_node *section, struct sk_output_config *config,
		 struct sk_err *err)
{
	struct webhook_config *c = (struct webhook_config *)config;

	if (!c->url)
		return sk_output_fault(settings, section, "url", err, "is missing");
	if (!sk_url_is_http(sk_span_str(c->url)))
		return sk_output_fault(settings, section, "url", err, "must begin with http:// or https://");
	for (size_t i = 0; i < c->headers.count; i++)
		if (sk_span_chr(sk_span_str(c->headers.items[i]), ':') <= 0 || strpbrk(c->headers.items[i], "\r\n"))
			return sk_output_fault(settings, section, "headers", err, "each must be 'Name: value'");
	if (c->key && !c->cert)
		return sk_output_fault(settings, section, "key", err, "belongs to a cert, and there is none");
	if (c->password_file && !c->user)
		return sk_output_fault(settings, section, "password-file", err, "belongs to a user, and there is none");
	c->shown = shown_of(c->url, &settings->arena);
	return 0;
}

#define ROW struct webhook_config

static const struct sk_option options[] = {
	{ "url", 0, SK_OPT_STRING(ROW, url), .argument = "URL", .help = "Where to: http:// or https://" },
	{ "headers", 0, SK_OPT_LIST(ROW, headers), .argument = "HEADER", .help = "Further headers, 'Name: value' each" },
	{ "header-file", 0, SK_OPT_FILE(ROW, header_file), .argument = "FILE",
	  .help = "A file of further headers, a line each: for those that are secret" },
	{ "user", 0, SK_OPT_STRING(ROW, user), .argument = "NAME", .help = "Basic authentication" },
	{ "password-file", 0, SK_OPT_FILE(ROW, password_file), .argument = "FILE", .help = "The user's password" },
	{ "ca", 0, SK_OPT_FILE(ROW, ca), .argument = "FILE", .help = "Authorities that certify the receiver, or a folder of them",
	  .otherwise = "those of the system" },
	{ "cert", 0, SK_OPT_FILE(ROW, cert), .argument = "FILE", .help = "Our certificate (mutual TLS)" },
	{ "key", 0, SK_OPT_FILE(ROW, key), .argument = "FILE", .help = "Its key", .otherwise = "in the file of cert" },
	{ "insecure", 0, SK_OPT_FLAG(ROW, insecure), .help = "Do not check the receiver's certificate" },
	{ "user-agent", 0, SK_OPT_STRING(ROW, user_agent), .argument = "TEXT", .fallback = "sekisho/" SK_VERSION,
	  .help = "What we call ourselves" },
	{ "batch", 0, SK_OPT_INT(ROW, batch), .min = 1, .max = MAX_BATCH, .argument = "NUMBER", .fallback = "1",
	  .help = "How many alerts at once, at most; from 2 on as a JSON array" },
	{ "timeout", 0, SK_OPT_DURATION(ROW, timeout), .argument = "DURATION", .fallback = "10s",
	  .help = "How long one request may take" },
	{ "compress", 0, SK_OPT_FLAG(ROW, compress), .help = "Send bodies compressed (gzip)" },
	{ "keep-alive", 0, SK_OPT_FLAG(ROW, keep_alive), .fallback = "true", .help = "Probe idle connections (TCP)" },
	{ NULL },
};

const struct sk_output_kind sk_output_webhook = {
	.name = "webhook",
	.summary = "POST to an HTTP receiver, with a queue on disk",
	.target = "url",
	.options = options,
	.config_size = sizeof(struct webhook_config),
	.state_size = sizeof(struct webhook_state),
	.format = SK_ALERT_JSON,
	.spools = true,
	.check = check,
	.open = open_hook,
	.send = deliver,
	.close = close_hook,
};
