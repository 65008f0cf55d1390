/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/guard.h"

#include "agent/agent.h"

struct run_options {
	struct sk_option_list rules, outputs, metrics;
	const char *config;
	int format;
	bool all;
	int64_t duration;
};

static void say(void *context, bool trouble, const char *text)
{
	if (trouble)
		sk_complain(context, "%s", text);
	else
		sk_say(context, "%s", text);
}

static int configure_outputs(const struct run_options *o, struct sk_agent_config *config, struct sk_err *err)
{
	if (o->outputs.count)
		config->outputs = (struct sk_outputs_config){ 0 };
	config->outputs.format = o->format;
	for (size_t i = 0; i < o->outputs.count; i++)
		if (sk_outputs_config_add(&config->settings, sk_span_str(o->outputs.items[i]), &config->outputs, err) < 0)
			return sk_err_wrap(err, "--output %s", o->outputs.items[i]);
	return 0;
}

/* What is said on the command line wins over the file. */
static int configure(const struct run_options *o, struct sk_agent_config *config, struct sk_err *err)
{
	if (sk_agent_config_open(config, o->config, err) < 0)
		return -err->code;
	if (o->rules.count)
		config->rules = o->rules;
	if (o->metrics.count)
		config->metrics.addresses = o->metrics;
	config->all |= o->all;
	return configure_outputs(o, config, err);
}

static int run(const struct sk_call *call, struct sk_err *err)
{
	const struct run_options *o = call->options;
	sk_cleanup(sk_agent_config_release) struct sk_agent_config config = { 0 };
	struct sk_agent_counts counts;
	struct sk_agent *agent;
	int r;

	if (configure(o, &config, err) < 0 ||
	    sk_agent_open(&(struct sk_agent_options){ &config, say, (void *)call }, &agent, err) < 0)
		return -err->code;
	r = sk_agent_run(agent, o->duration, err);
	counts = sk_agent_counts(agent);
	sk_agent_close(agent);
	if (r < 0)
		return r;
	sk_say(call, "%llu events, %llu alerts", (unsigned long long)counts.events, (unsigned long long)counts.alerts);
	return counts.rule_errors ? SK_EXIT_UNFINISHED : SK_EXIT_CLEAN;
}

static const struct sk_option options[] = {
	SK_RULES_OPTION(struct run_options, rules),
	{ "config", 0, SK_OPT_FILE(struct run_options, config), .argument = "FILE",
	  .help = "The agent's configuration: outputs, responses, what is blocked", .otherwise = SK_AGENT_CONFIG " if it is there",
	  .flags = SK_OPTION_LOCAL },
	{ "output", 'o', SK_OPT_LIST(struct run_options, outputs), .argument = "OUTPUT",
	  .help = "Where alerts go: stdout, file:PATH, webhook:URL, syslog:ADDRESS, journald",
	  .otherwise = "outputs of the configuration, else stdout" },
	{ "format", 'f', SK_OPT_ENUM(struct run_options, format, sk_guard_choice_format), .argument = "FORMAT",
	  .help = "How alerts are written", .otherwise = "text for people and logs, JSON for files and webhooks" },
	{ "metrics", 0, SK_OPT_LIST(struct run_options, metrics), .argument = "ADDRESS",
	  .help = "Serve metrics for Prometheus at this address: 127.0.0.1:9417", .otherwise = "on the agent's own socket alone" },
	SK_ALL_OPTION(struct run_options, all),
	SK_WATCH_FOR(struct run_options, duration),
	{ NULL },
};

static const char *const text[] = {
	"Watches what processes do and judges it by rules; each alert is a line. Only what some rule can fire on is looked "
	"at in the kernel.",
	"It needs root and a kernel with BTF.",
	NULL,
};

static const struct sk_example examples[] = {
	{ "guard run", "Alerts for a person, until Ctrl-C." },
	{ "guard run --rules /etc/falco/falco_rules.yaml --format falco", "Falco's rules, and alerts as it writes them." },
	{ "guard run --output webhook:http://127.0.0.1:2801 --format falco",
	  "To a receiver of Falco's alerts: falcosidekick, event-generator." },
	{ NULL, NULL },
};

const struct sk_command sk_guard_run = {
	.name = "run",
	.summary = "Watch what processes do and tell what rules say of it",
	.synopsis = "[options]",
	.text = text,
	.examples = examples,
	.options = options,
	.options_size = sizeof(struct run_options),
	.run = run,
};
