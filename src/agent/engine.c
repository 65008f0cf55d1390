/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine.h"

#include "base/buf.h"
#include "base/limits.h"
#include "doc/doc.h"
#include "net/local.h"

#include <string.h>

static const char *const calls[] = {
	[SK_ENGINE_PAUSE] = "pause",
	[SK_ENGINE_UNPAUSE] = "unpause",
	[SK_ENGINE_STOP] = "stop?t=0",
};

/* {"message":"..."} */
static int complain(struct sk_span body, int status, struct sk_err *err)
{
	struct sk_doc doc = { 0 };
	struct sk_span message = sk_span("", 0);

	if (sk_doc_parse(&doc, SK_DOC_JSON, body, 0, NULL) == 0)
		message = sk_node_str(sk_node_get(doc.root, "message"));
	sk_err_set(err, status == 404 ? SK_ENOTFOUND : SK_ENET, "status %d%s%.*s", status, message.len ? ": " : "",
		   (int)message.len, message.ptr);
	sk_doc_release(&doc);
	return -err->code;
}

static int ask(const char *socket, enum sk_engine_call call, struct sk_span id, int seconds, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf answer = { 0 }, request = { 0 };
	struct sk_span body;
	int status;

	sk_buf_printf(&request, "POST /containers/%.*s/%s HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
		      (int)id.len, id.ptr, calls[call]);
	status = sk_local_request(socket, sk_buf_view(&request), seconds, SK_MAX_ENGINE_ANSWER, &answer, &body, err);
	if (status < 0)
		return status;
	/* 304: it has stopped already. For the other calls there are only words. */
	if (status / 100 == 2 || status == 304 || sk_span_find(body, SK_SPAN_LIT("already paused")) >= 0)
		return 0;
	return complain(body, status, err);
}

int sk_engine_call(const char *socket, enum sk_engine_call call, struct sk_span id, int seconds, struct sk_err *err)
{
	struct sk_err inner = SK_ERR_INIT;

	/* It becomes part of a request: nothing but what an id is made of. */
	for (size_t i = 0; i < id.len; i++)
		if (!strchr("0123456789abcdef", id.ptr[i]) || !id.ptr[i])
			return sk_err_set(err, SK_EINVAL, "no container's id");
	if (!id.len || ask(socket, call, id, seconds, &inner) < 0)
		return sk_err_set(err, inner.code ? inner.code : SK_EINVAL, "%s", inner.text);
	return 0;
}
