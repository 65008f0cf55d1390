/* SPDX-License-Identifier: Apache-2.0 */
#include "net/request.h"

#include "net/curl.h"

#include <ctype.h>

enum { MAX_REDIRECTS = 5, MAX_HEADERS = 64 * 1024 };

struct exchange {
	const struct sk_request *request;
	struct sk_response *response;
	size_t sent;
	bool too_large;
};

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	struct sk_span line = sk_span_trim(sk_span(bytes, size * count));
	ptrdiff_t colon = sk_span_chr(line, ':');

	if (sk_span_starts(line, "HTTP/")) /* of a redirect's target, say: begin anew */
		sk_buf_reset(&x->response->headers);
	if (colon < 0 || x->response->headers.len + line.len > MAX_HEADERS)
		return size * count;
	for (ptrdiff_t i = 0; i < colon; i++)
		sk_buf_putc(&x->response->headers, (char)tolower((unsigned char)line.ptr[i]));
	sk_buf_puts(&x->response->headers, ": ");
	sk_buf_span(&x->response->headers, sk_span_trim(sk_span_from(line, (size_t)colon + 1)));
	sk_buf_putc(&x->response->headers, '\n');
	return size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	size_t n = size * count;

	if (n > x->request->max_bytes - x->response->body.len) {
		x->too_large = true;
		return 0;
	}
	sk_buf_put(&x->response->body, bytes, n);
	return n;
}

static size_t on_send(char *bytes, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	size_t left = x->request->body.len - x->sent, n = left < size * count ? left : size * count;

	if (n)
		memcpy(bytes, x->request->body.ptr + x->sent, n);
	x->sent += n;
	return n;
}

static void set_method(const struct sk_curl *api, CURL *curl, struct exchange *x)
{
	const char *method = x->request->method ? x->request->method : "GET";

	if (strcmp(method, "HEAD") == 0) {
		api->easy_setopt(curl, CURLOPT_NOBODY, 1L);
	} else if (strcmp(method, "GET") != 0) {
		api->easy_setopt(curl, CURLOPT_UPLOAD, 1L);
		api->easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
		api->easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->request->body.len);
		api->easy_setopt(curl, CURLOPT_READFUNCTION, on_send);
		api->easy_setopt(curl, CURLOPT_READDATA, x);
		return;
	}
	api->easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	api->easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
	api->easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
			 strncmp(x->request->url, "https:", 6) == 0 ? "https" : "http,https");
}

static int perform(const struct sk_curl *api, CURL *curl, struct exchange *x, struct sk_err *err)
{
	struct curl_slist *headers = api->slist_append(NULL, "Expect:"); /* no waiting before a body */
	CURLcode code;

	for (const char *const *h = x->request->headers; h && *h; h++)
		headers = api->slist_append(headers, *h);
	api->easy_setopt(curl, CURLOPT_URL, x->request->url);
	api->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	api->easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	api->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	api->easy_setopt(curl, CURLOPT_USERAGENT, "sekisho/" SK_VERSION);
	api->easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 15L);
	api->easy_setopt(curl, CURLOPT_TIMEOUT, (long)(x->request->seconds ? x->request->seconds : 60));
	api->easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	api->easy_setopt(curl, CURLOPT_HEADERDATA, x);
	api->easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	api->easy_setopt(curl, CURLOPT_WRITEDATA, x);
	set_method(api, curl, x);
	code = api->easy_perform(curl);
	api->slist_free_all(headers);
	if (x->too_large)
		return sk_err_set(err, SK_ELIMIT, "%s: the answer is larger than %zu bytes", x->request->url,
				  x->request->max_bytes);
	if (code != CURLE_OK)
		return sk_err_set(err, SK_ENET, "%s: %s", x->request->url, api->easy_strerror(code));
	api->easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &x->response->status);
	return 0;
}

int sk_request_send(const struct sk_request *request, struct sk_response *ret_response, struct sk_err *err)
{
	const struct sk_curl *api = sk_curl_open(err);
	struct exchange x = { .request = request, .response = ret_response };
	CURL *curl;
	int r;

	*ret_response = (struct sk_response){ 0 };
	if (!api)
		return -SK_ENET;
	curl = api->easy_init();
	if (!curl)
		return sk_err_set(err, SK_ENET, "libcurl does not start");
	r = perform(api, curl, &x, err);
	api->easy_cleanup(curl);
	if (r < 0)
		sk_response_release(ret_response);
	return r;
}

void sk_response_release(struct sk_response *response)
{
	sk_buf_release(&response->headers);
	sk_buf_release(&response->body);
}

struct sk_span sk_response_header(const struct sk_response *response, const char *name)
{
	struct sk_span rest = sk_buf_view(&response->headers), line;
	size_t n = strlen(name);

	while (sk_span_line(&rest, &line))
		if (sk_span_starts(line, name) && line.len > n && line.ptr[n] == ':')
			return sk_span_trim(sk_span_from(line, n + 1));
	return sk_span("", 0);
}
