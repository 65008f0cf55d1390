/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/metrics.h"

#include "agent/address.h"
#include "base/fd.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* ---- configuration ---- */

static const struct sk_option options[] = {
	{ "address", 0, SK_OPT_LIST(struct sk_metrics_config, addresses), .argument = "ADDRESS",
	  .help = "Where metrics can be fetched: 127.0.0.1:9417, [::1]:9417", .otherwise = "on the agent's own socket alone" },
	{ NULL },
};

const struct sk_settings_part sk_metrics_parts[] = {
	{ "metrics", "Figures for Prometheus, at /metrics", options },
	{ NULL },
};

int sk_metrics_config(struct sk_settings *s, const struct sk_node *section, struct sk_metrics_config *c,
		      struct sk_err *err)
{
	struct sk_err inner = SK_ERR_INIT;
	struct sk_address address;

	if (sk_settings_read(s, section, options, NULL, c, err) < 0)
		return -err->code;
	for (size_t i = 0; i < c->addresses.count; i++)
		if (sk_address_parse(sk_span_str(c->addresses.items[i]), &address, &inner) < 0)
			return sk_settings_fault(s, sk_node_get(section, "address"), err, "address: %s", inner.text);
	return 0;
}

/* ---- counting ---- */

void sk_metrics_release(struct sk_metrics *m)
{
	sk_map_release(&m->hits);
	sk_arena_release(&m->arena);
}

static uint64_t *hits_of(struct sk_metrics *m, struct sk_span name)
{
	uint64_t *hits = sk_map_get(&m->hits, name);

	if (!hits) {
		hits = sk_arena_alloc(&m->arena, sizeof(*hits));
		sk_map_put(&m->hits, sk_span(sk_arena_dup(&m->arena, name), name.len), hits);
	}
	return hits;
}

void sk_metrics_rules(struct sk_metrics *m, const struct sk_rules *rules)
{
	for (size_t i = 0; i < rules->rules.len; i++)
		if (rules->rules.data[i]->enabled && !rules->rules.data[i]->left_out)
			hits_of(m, rules->rules.data[i]->name);
}

void sk_metrics_event(struct sk_metrics *m, const struct sk_event *event)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	m->events[event->type]++;
	sk_histogram_add(&m->latency, now.tv_sec * INT64_C(1000000000) + now.tv_nsec - event->time);
}

void sk_metrics_alert(struct sk_metrics *m, const struct sk_alert *alert)
{
	m->alerts[alert->rule->priority]++;
	++*hits_of(m, alert->rule->name);
}

uint64_t sk_metrics_hits(const struct sk_metrics *m, struct sk_span rule)
{
	const uint64_t *hits = sk_map_get(&m->hits, rule);

	return hits ? *hits : 0;
}

/* ---- writing ---- */

void sk_metrics_write(const struct sk_metrics *m, struct sk_exposition *e)
{
	sk_metric(e, SK_COUNTER, "sekisho_guard_events", "Events that were judged by rules.");
	for (int i = 0; i < SK_EVENT_COUNT; i++)
		if (m->events[i])
			sk_metric_value(e, (double)m->events[i], "type", sk_event_descs[i].name, NULL);
	sk_metric(e, SK_COUNTER, "sekisho_guard_alerts", "Alerts by priority.");
	for (int i = 0; i <= SK_PRIORITY_DEBUG; i++)
		sk_metric_value(e, (double)m->alerts[i], "priority", sk_priority_name((enum sk_priority)i), NULL);
	sk_metric(e, SK_COUNTER, "sekisho_guard_rule_hits", "Alerts by rule.");
	for (size_t i = 0; i < m->hits.entries.len; i++)
		sk_metric_value(e, (double)*(uint64_t *)m->hits.entries.data[i].value, "rule", m->hits.entries.data[i].key.ptr,
				NULL);
	sk_metric(e, SK_HISTOGRAM, "sekisho_guard_event_latency_seconds",
		  "From the kernel's time of an event to the decision of the rules.");
	sk_metric_histogram(e, &m->latency);
}

void sk_metrics_write_losses(struct sk_sensor *sensor, struct sk_exposition *e)
{
	struct sk_sensor_loss losses[SK_SENSOR_LOSSES];
	size_t cpus = sk_sensor_cpus(sensor);
	sk_autofree uint64_t *counts = sk_alloc((cpus + 1) * sizeof(*counts));

	sk_sensor_losses(sensor, losses);
	sk_metric(e, SK_COUNTER, "sekisho_guard_lost_events", "Events that the kernel saw and could not tell, by reason and CPU.");
	for (size_t i = 0; i < SK_SENSOR_LOSSES; i++) {
		uint64_t rest = losses[i].count;

		sk_sensor_losses_by_cpu(sensor, i, counts);
		for (size_t cpu = 0; cpu < cpus; cpu++) {
			char number[24];

			snprintf(number, sizeof(number), "%zu", cpu);
			sk_metric_value(e, (double)counts[cpu], "reason", losses[i].reason, "cpu", number, NULL);
			rest -= counts[cpu] < rest ? counts[cpu] : rest;
		}
		if (rest) /* of what the kernel told well, and we could not read */
			sk_metric_value(e, (double)rest, "reason", losses[i].reason, NULL);
	}
}

void sk_metrics_write_responses(struct sk_responses *responses, struct sk_exposition *e)
{
	struct sk_responses_counts c = sk_responses_counts(responses);

	sk_metric(e, SK_COUNTER, "sekisho_guard_responses", "What was done about alerts, by action and outcome.");
	for (int action = 0; action < SK_RESPONSE_NONE; action++)
		for (int o = 0; o < SK_OUTCOMES; o++)
			sk_metric_value(e, (double)c.actions[action][o], "action",
					sk_response_action_name((enum sk_response_action)action), "outcome",
					sk_response_outcome_name((enum sk_response_outcome)o), NULL);
	sk_metric(e, SK_GAUGE, "sekisho_guard_responses_waiting", "Responses that wait for a thread.");
	sk_metric_value(e, (double)c.waiting, NULL);
	sk_metric(e, SK_GAUGE, "sekisho_guard_evidence_bytes", "Disk that evidence takes.");
	sk_metric_value(e, (double)c.evidence_bytes, NULL);
	sk_metric(e, SK_GAUGE, "sekisho_guard_evidence_incidents", "Incidents that there is evidence of.");
	sk_metric_value(e, (double)c.incidents, NULL);
}

/* One family with a value for each output: a field of its counts. */
static void write_field(struct sk_outputs *outputs, struct sk_exposition *e, enum sk_metric_type type, const char *name,
			const char *help, size_t offset)
{
	struct sk_output_counts counts;
	const char *output, *kind;

	sk_metric(e, type, name, help);
	for (size_t i = 0; (output = sk_outputs_counts(outputs, i, &kind, &counts)); i++)
		sk_metric_value(e, (double)*(uint64_t *)((char *)&counts + offset), "output", output, "kind", kind, NULL);
}

void sk_metrics_write_outputs(struct sk_outputs *outputs, struct sk_exposition *e)
{
	static const struct {
		enum sk_metric_type type;
		const char *name, *help;
		size_t offset;
	} fields[] = {
		{ SK_COUNTER, "sekisho_guard_output_sent", "Messages that were delivered.",
		  offsetof(struct sk_output_counts, sent) },
		{ SK_COUNTER, "sekisho_guard_output_sent_bytes", "Their bytes.", offsetof(struct sk_output_counts, bytes) },
		{ SK_COUNTER, "sekisho_guard_output_failures", "Tries that failed and are repeated.",
		  offsetof(struct sk_output_counts, failures) },
		{ SK_COUNTER, "sekisho_guard_output_cut", "Messages that were sent shorter than they were.",
		  offsetof(struct sk_output_counts, cut) },
		{ SK_GAUGE, "sekisho_guard_output_queued", "Messages that wait.", offsetof(struct sk_output_counts, queued) },
		{ SK_GAUGE, "sekisho_guard_output_unsaved", "Of the messages that wait, those that are in memory alone.",
		  offsetof(struct sk_output_counts, unsaved) },
		{ SK_GAUGE, "sekisho_guard_output_queued_bytes", "Their bytes.",
		  offsetof(struct sk_output_counts, queued_bytes) },
	};
	struct sk_output_counts counts;
	const char *output, *kind;

	for (size_t i = 0; i < SK_COUNT(fields); i++)
		write_field(outputs, e, fields[i].type, fields[i].name, fields[i].help, fields[i].offset);
	sk_metric(e, SK_COUNTER, "sekisho_guard_output_lost", "Messages that were not delivered and will not be, by reason.");
	for (size_t i = 0; (output = sk_outputs_counts(outputs, i, &kind, &counts)); i++)
		for (int j = 0; j < SK_OUTPUT_LOSSES; j++)
			sk_metric_value(e, (double)counts.lost[j], "output", output, "kind", kind, "reason",
					sk_output_loss_name((enum sk_output_loss)j), NULL);
	sk_metric(e, SK_GAUGE, "sekisho_guard_output_up", "1 unless the last try failed.");
	for (size_t i = 0; (output = sk_outputs_counts(outputs, i, &kind, &counts)); i++)
		sk_metric_value(e, !counts.trouble, "output", output, "kind", kind, NULL);
}

/* ---- the process ---- */

/* A number that proc_pid_stat(5) counts so, 22 being its start; behind the name, which may have blanks in it. */
static double stat_field(struct sk_span stat, unsigned field)
{
	struct sk_span part = { 0 }, rest = sk_span_from(stat, (size_t)(sk_span_rchr(stat, ')') + 2));
	uint64_t v = 0;

	for (unsigned i = 3; i <= field && sk_span_split(&rest, ' ', &part); i++)
		;
	return sk_span_u64(part, &v) ? (double)v : 0;
}

static double boot_time(void)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (double)(real.tv_sec - boot.tv_sec) + (double)(real.tv_nsec - boot.tv_nsec) / 1e9;
}

static unsigned count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n > 3 ? n - 3 : 0; /* ".", "..", and the folder itself */
}

static void write_gauge(struct sk_exposition *e, const char *name, const char *help, double value)
{
	sk_metric(e, SK_GAUGE, name, help);
	sk_metric_value(e, value, NULL);
}

void sk_metrics_write_process(struct sk_exposition *e)
{
	sk_cleanup(sk_buf_release) struct sk_buf stat = { 0 };
	double ticks = (double)sysconf(_SC_CLK_TCK);
	struct rlimit files = { 0 };

	sk_path_slurp("/proc/self/stat", 4096, &stat, NULL);
	getrlimit(RLIMIT_NOFILE, &files);
	sk_metric(e, SK_GAUGE, "sekisho_build_info", "1, with the version as a label.");
	sk_metric_value(e, 1, "version", SK_VERSION, NULL);
	sk_metric(e, SK_COUNTER, "process_cpu_seconds", "Processor time.");
	sk_metric_value(e, (stat_field(sk_buf_view(&stat), 14) + stat_field(sk_buf_view(&stat), 15)) / ticks, NULL);
	write_gauge(e, "process_resident_memory_bytes", "Memory that is resident.",
		    stat_field(sk_buf_view(&stat), 24) * (double)sysconf(_SC_PAGESIZE));
	write_gauge(e, "process_virtual_memory_bytes", "Memory that is mapped.", stat_field(sk_buf_view(&stat), 23));
	write_gauge(e, "process_start_time_seconds", "When it started, in seconds since 1970.",
		    boot_time() + stat_field(sk_buf_view(&stat), 22) / ticks);
	write_gauge(e, "process_open_fds", "Descriptors that are open.", count_fds());
	write_gauge(e, "process_max_fds", "Descriptors that may be open.", (double)files.rlim_cur);
}
