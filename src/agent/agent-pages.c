/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent says of itself over HTTP. */
#include "agent/agent-internal.h"

#include "base/mem.h"

static void write_metrics(void *context, const struct sk_server_request *request, struct sk_server_answer *answer)
{
	struct sk_agent *a = context;
	struct sk_exposition e;

	sk_exposition_begin(&e, request, answer);
	sk_metrics_write(&a->metrics, &e);
	sk_metrics_write_losses(a->sensor, &e);
	sk_metrics_write_outputs(a->outputs, &e);
	sk_metrics_write_responses(a->responses, &e);
	sk_metrics_write_process(&e);
	sk_exposition_end(&e);
}

static void write_health(void *context, const struct sk_server_request *request, struct sk_server_answer *answer)
{
	sk_buf_puts(&answer->body, "ok\n");
}

static void write_status(void *context, const struct sk_server_request *request, struct sk_server_answer *answer)
{
	answer->type = "application/json";
	sk_agent_status(context, &answer->body);
}

static const struct sk_server_page pages[] = {
	{ "/metrics", SK_SERVER_TCP | SK_SERVER_UNIX, write_metrics },
	{ "/healthz", SK_SERVER_TCP | SK_SERVER_UNIX, write_health },
	{ "/status", SK_SERVER_UNIX, write_status },
	{ NULL },
};

/* Without its own socket an agent still does what it is for; where metrics were asked for they must be. */
int sk_agent_open_server(struct sk_agent *a, struct sk_err *err)
{
	const struct sk_option_list *addresses = &a->config->metrics.addresses;
	sk_autofree char *own = sk_printf("unix:%s/guard.sock", a->config->runtime);
	struct sk_err inner = SK_ERR_INIT;

	if (sk_server_open(pages, a, &a->server, err) < 0)
		return -err->code;
	if (sk_server_listen(a->server, own, &inner) < 0)
		sk_agent_say(a, true, "no answers to 'sekisho guard status': %s", inner.text);
	for (size_t i = 0; i < addresses->count; i++)
		if (sk_server_listen(a->server, addresses->items[i], err) < 0)
			return sk_err_wrap(err, "metrics");
	return 0;
}

void sk_agent_pulse(struct sk_agent *a)
{
	int64_t now = sk_agent_now();

	if (now - a->pulse < 1000)
		return;
	for (int i = 0; i < SK_EVENT_COUNT; i++) {
		a->rate[i] = (a->metrics.events[i] - a->before[i]) * 1000 / (uint64_t)(now - a->pulse);
		a->before[i] = a->metrics.events[i];
	}
	a->pulse = now;
}
