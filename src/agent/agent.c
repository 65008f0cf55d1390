/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/agent-internal.h"

#include "base/buf.h"
#include "base/mem.h"
#include "guard/container-table.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 200, READER_NICE = -10, CLOSE_MS = 3000 };

void sk_agent_say(struct sk_agent *a, bool trouble, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	a->say_fn(a->say_context, trouble, text);
}

static void say_problems(struct sk_agent *a, const struct sk_rules *rules)
{
	for (size_t i = 0; i < rules->problems.len; i++) {
		const struct sk_rule_problem *p = &rules->problems.data[i];

		if (p->kind == SK_PROBLEM_ERROR)
			sk_agent_say(a, true, "%s:%u:%u: %s", p->file, p->line, p->column, p->text);
	}
}

/* Files that containers use are wanted once for each of them, and by then its image must be known. */
static bool is_boring(void *context, const struct sk_event *event)
{
	const struct sk_agent *a = context;
	const struct sk_container *c = event->process->container;

	if (a->config->inuse.enabled && a->config->inuse.opens && c && !c->image_id.len)
		return false;
	return sk_judge_bores(a->judge, event);
}

/* Only what some rule can fire on is hooked; what no sensor sees is said, not passed over. */
static void what_is_wanted(struct sk_agent *a, struct sk_judge *judge, struct sk_sensor_want *ret)
{
	sk_cleanup(sk_buf_release) struct sk_buf unseen = { 0 };

	*ret = (struct sk_sensor_want){ 0 };
	sk_judge_want(judge, ret, &unseen);
	ret->boring = is_boring;
	ret->boring_context = a;
	sk_inuse_want(&a->config->inuse, ret);
	if (unseen.len)
		sk_agent_say(a, true, "rules ask for events that are not seen here:%s", sk_buf_str(&unseen));
}

static void judge_free(struct sk_judge *judge)
{
	if (judge)
		sk_judge_release(judge);
	free(judge);
}

/* The rules as they are in the files now, or NULL. */
static struct sk_judge *judge_new(struct sk_agent *a, struct sk_err *err)
{
	unsigned flags = SK_JUDGE_TRUSTED | (a->config->all ? SK_JUDGE_ALL : 0u);
	struct sk_judge *judge = sk_alloc(sizeof(*judge));
	const char *unmatched;

	judge->rules.selections = a->config->selections;
	judge->rules.additions = a->config->additions;
	if (sk_judge_open(judge, a->config->rules.items, a->config->rules.count, flags, err) < 0) {
		judge_free(judge);
		return NULL;
	}
	say_problems(a, &judge->rules);
	for (size_t i = 0; (unmatched = sk_responses_unmatched(&a->config->responses, &judge->rules, i)); i++)
		sk_agent_say(a, true, "responses: no rule's name matches '%s'", unmatched);
	return judge;
}

static void on_response(void *context, struct sk_span line)
{
	struct sk_agent *a = context;

	sk_outputs_line(a->outputs, "audit", line);
}

static int open_responses(struct sk_agent *a, struct sk_err *err)
{
	struct sk_responses_options options = { .config = &a->config->responses, .state = a->config->state, .host = a->host,
						.audit = on_response, .context = a };

	return sk_responses_open(&options, &a->responses, err);
}

static void keep_protections(struct sk_agent *a)
{
	const struct sk_gate_protection *rows;
	size_t count = sk_gate_protections(sk_drift_gate(a->drift), &rows);

	for (size_t i = 0; i < count && i < SK_AGENT_PROTECTIONS; i++)
		a->protections[a->protection_count++] = rows[i];
}

/* Without it the agent still sees; what it cannot stop it says. */
static void open_drift(struct sk_agent *a)
{
	struct sk_drift_options options = { .drift = &a->config->drift, .protect = &a->config->protect,
					    .state = a->config->state, .runtime = a->config->runtime,
					    .say = a->say_fn, .context = a->say_context };
	struct sk_err err = SK_ERR_INIT;

	if (sk_drift_open(&options, &a->drift, &err) < 0)
		sk_agent_say(a, true, "nothing is blocked, and drift is not seen: %s", err.text);
	if (a->drift)
		keep_protections(a);
	else if (!sk_drift_is_needed(options.drift, options.protect))
		a->protection_count = sk_drift_try(&options, a->protections, SK_AGENT_PROTECTIONS);
	/* What only the try needed goes, too. */
	a->service.needs.gate = a->drift != NULL;
	a->service.needs.marks = a->drift && sk_drift_marks(&a->config->drift);
	a->service.needs.mounts = a->drift && sk_drift_mounts(&a->config->protect);
}

static int open_all(struct sk_agent *a, struct sk_err *err)
{
	if (gethostname(a->host, sizeof(a->host) - 1) < 0)
		a->host[0] = '\0';
	if (sk_outputs_open(&a->config->outputs, a->config->state, a->host, &a->outputs, err) < 0)
		return -err->code;
	a->judge = judge_new(a, err);
	if (!a->judge)
		return -err->code;
	a->counts.rule_errors = a->judge->rules.errors;
	sk_metrics_rules(&a->metrics, &a->judge->rules);
	what_is_wanted(a, a->judge, &a->want);
	if (open_responses(a, err) < 0 || sk_inuse_open(&a->config->inuse, a->config->state, &a->inuse, err) < 0)
		return -err->code;
	open_drift(a);
	if (sk_sensor_open(&a->want, &a->sensor, err) < 0)
		return -err->code;
	sk_drift_containers(a->drift, sk_sensor_containers(a->sensor));
	sk_container_table_ask(sk_sensor_containers(a->sensor),
			       (const char *const[]){ a->config->responses.docker, a->config->responses.podman, NULL });
	return sk_agent_open_server(a, err);
}

/* The new rules take over only when all is well; what both ask for is seen without a gap. */
static int take_rules(struct sk_agent *a, struct sk_judge *judge, struct sk_err *err)
{
	struct sk_sensor_want want;

	what_is_wanted(a, judge, &want);
	if (sk_sensor_rewant(a->sensor, &want, err) < 0)
		return -err->code;
	a->want = want;
	judge_free(a->judge);
	a->judge = judge;
	a->counts.rule_errors = judge->rules.errors;
	sk_metrics_rules(&a->metrics, &judge->rules);
	return 0;
}

static void reload(struct sk_agent *a)
{
	struct sk_err err = SK_ERR_INIT;
	struct sk_judge *judge = judge_new(a, &err);

	if (!judge || take_rules(a, judge, &err) < 0) {
		sk_agent_say(a, true, "the rules stay as they were: %s", err.text);
		judge_free(judge);
		return;
	}
	sk_agent_say(a, false, "%zu rules were read again", a->judge->rules.rules.len);
}

int sk_agent_open(const struct sk_agent_options *options, struct sk_agent **ret_agent, struct sk_err *err)
{
	struct sk_agent *a = sk_alloc(sizeof(*a));
	struct sk_harden_options needs = { 0 };

	a->config = options->config;
	a->say_fn = options->say;
	a->say_context = options->context;
	a->started = sk_agent_now();
	needs.gate = a->config->drift.canary || sk_drift_is_needed(&a->config->drift, &a->config->protect);
	needs.workers = sk_drift_is_needed(&a->config->drift, &a->config->protect) && a->config->drift.make;
	if (sk_service_open(&a->service, a->config->runtime, &needs, err) < 0) {
		free(a);
		return -err->code;
	}
	if (open_all(a, err) < 0) {
		sk_agent_close(a);
		return -err->code;
	}
	*ret_agent = a;
	return 0;
}

void sk_agent_close(struct sk_agent *a)
{
	uint64_t lost;

	if (!a)
		return;
	sk_server_close(a->server);
	sk_sensor_close(a->sensor);
	sk_drift_close(a->drift);
	sk_inuse_close(a->inuse);
	sk_responses_close(a->responses);
	judge_free(a->judge);
	lost = sk_outputs_close(a->outputs, CLOSE_MS);
	if (lost)
		sk_agent_say(a, true, "%llu alerts could not be told before the end", (unsigned long long)lost);
	sk_metrics_release(&a->metrics);
	sk_service_close(&a->service);
	free(a);
}

static int on_alert(void *context, const struct sk_alert *alert, struct sk_err *err)
{
	struct sk_agent *a = context;

	a->counts.alerts++;
	sk_metrics_alert(&a->metrics, alert);
	sk_outputs_alert(a->outputs, alert);
	sk_responses_alert(a->responses, alert);
	return 0;
}

static int on_event(void *context, const struct sk_event *event, struct sk_err *err)
{
	struct sk_agent *a = context;
	int r;

	a->counts.events++;
	r = sk_judge_event(a->judge, event, on_alert, a, err);
	sk_metrics_event(&a->metrics, event);
	sk_inuse_event(a->inuse, event);
	sk_drift_event(a->drift, event);
	return r;
}

static volatile sig_atomic_t stopped, reload_asked;

static void on_signal(int number)
{
	if (number == SIGHUP)
		reload_asked = 1;
	else
		stopped = 1;
}

int64_t sk_agent_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void say_losses(struct sk_agent *a)
{
	struct sk_sensor_loss losses[SK_SENSOR_LOSSES];

	sk_sensor_losses(a->sensor, losses);
	for (size_t i = 0; i < SK_SENSOR_LOSSES; i++)
		if (losses[i].count)
			sk_agent_say(a, true, "%llu events were lost: %s", (unsigned long long)losses[i].count, losses[i].reason);
}

static void ready(struct sk_agent *a)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	sk_service_ready(&a->service);
	sk_hardening_text(&a->service.hardening, &text);
	sk_agent_say(a, false, "%s", sk_buf_str(&text));
	sk_agent_say(a, false, "system calls are seen by %s", sk_sensor_hooks(a->sensor));
	sk_agent_say(a, false, "watching");
}

int sk_agent_run(struct sk_agent *a, int64_t seconds, struct sk_err *err)
{
	int64_t end = seconds ? sk_agent_now() + seconds * 1000 : INT64_MAX;
	struct sigaction action = { .sa_handler = on_signal };
	int r = 0;

	/* Who fills both the CPUs and the ring must not keep its reader from its turn; without the right, no matter. */
	setpriority(PRIO_PROCESS, 0, READER_NICE);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	ready(a);
	while (r >= 0 && !stopped && sk_agent_now() < end && sk_outputs_alive(a->outputs)) {
		r = sk_sensor_poll(a->sensor, POLL_MS, on_event, a, err);
		if (r >= 0)
			r = sk_drift_poll(a->drift, sk_sensor_processes(a->sensor), on_event, a, err);
		sk_responses_turn(a->responses);
		sk_outputs_say(a->outputs, a->say_fn, a->say_context);
		sk_server_step(a->server);
		sk_agent_pulse(a);
		sk_service_turn(&a->service);
		if (reload_asked) {
			reload_asked = 0;
			sk_service_tell(&a->service, "RELOADING=1");
			reload(a);
			sk_service_tell(&a->service, "READY=1");
			sk_outputs_reopen(a->outputs);
		}
	}
	say_losses(a);
	return r < 0 ? r : 0;
}

struct sk_agent_counts sk_agent_counts(const struct sk_agent *a)
{
	return a->counts;
}
