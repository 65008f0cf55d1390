/* SPDX-License-Identifier: Apache-2.0 */
/* All outputs: what is told is made once for each format and handed to those that want it. */
#include "agent/output.h"

#include "base/mem.h"

#include <time.h>

struct sk_outputs {
	SK_VEC(struct sk_output *) all;
	char hostname[256];
	struct sk_buf lines[SK_ALERT_FORMATS]; /* of the alert at hand */
	struct sk_settings standard;	       /* where none is configured */
};

static int open_one(struct sk_outputs *o, const struct sk_output_config *config, int otherwise, const char *state,
		    struct sk_err *err)
{
	int format = config->format >= 0 ? config->format : otherwise >= 0 ? otherwise : (int)config->kind->format;
	struct sk_output *output;

	if (sk_output_open(config, (enum sk_alert_format)format, state, o->hostname, &output, err) < 0)
		return sk_err_wrap(err, "output %s", config->name);
	*sk_vec_push(&o->all) = output;
	return 0;
}

/* Standard output, as if `outputs: [stdout]` had been said. */
static int open_standard(struct sk_outputs *o, int format, const char *state, struct sk_err *err)
{
	struct sk_outputs_config config = { .format = format };
	int r = sk_outputs_config_add(&o->standard, SK_SPAN_LIT("stdout"), &config, err);

	return r < 0 ? r : open_one(o, config.first, format, state, err);
}

int sk_outputs_open(const struct sk_outputs_config *config, const char *state, const char *hostname,
		    struct sk_outputs **ret_outputs, struct sk_err *err)
{
	struct sk_outputs *o = sk_alloc(sizeof(*o));
	int r = 0;

	strncpy(o->hostname, hostname, sizeof(o->hostname) - 1);
	for (const struct sk_output_config *c = config->first; c && r == 0; c = c->next)
		r = open_one(o, c, config->format, state, err);
	if (!config->first)
		r = open_standard(o, config->format, state, err);
	if (r < 0) {
		sk_outputs_close(o, 0);
		return r;
	}
	*ret_outputs = o;
	return 0;
}

uint64_t sk_outputs_close(struct sk_outputs *o, unsigned ms)
{
	int64_t deadline = sk_output_now() + ms;
	uint64_t lost = 0;

	if (!o)
		return 0;
	for (size_t i = 0; i < o->all.len; i++)
		sk_output_end(o->all.data[i]);
	for (size_t i = 0; i < o->all.len; i++)
		lost += sk_output_close(o->all.data[i], deadline);
	for (size_t i = 0; i < SK_ALERT_FORMATS; i++)
		sk_buf_release(&o->lines[i]);
	sk_vec_release(&o->all);
	sk_settings_release(&o->standard);
	free(o);
	return lost;
}

static struct sk_span line_of(struct sk_outputs *o, const struct sk_alert *alert, enum sk_alert_format format)
{
	struct sk_buf *line = &o->lines[format];

	if (!line->len)
		sk_alert_write(line, alert, format, o->hostname);
	return sk_span(line->data, line->len - 1);
}

void sk_outputs_alert(struct sk_outputs *o, const struct sk_alert *alert)
{
	struct sk_note note = {
		.alert = alert,
		.kind = "alert",
		.time = alert->event->time,
		.priority = alert->rule->priority,
	};

	for (size_t i = 0; i < SK_ALERT_FORMATS; i++)
		sk_buf_reset(&o->lines[i]);
	for (size_t i = 0; i < o->all.len; i++) {
		struct sk_output *output = o->all.data[i];

		if (!sk_output_wants(output, &note))
			continue;
		note.line = line_of(o, alert, sk_output_format(output));
		sk_output_push(output, &note);
	}
}

void sk_outputs_line(struct sk_outputs *o, const char *kind, struct sk_span json)
{
	struct sk_note note = { .kind = kind, .priority = SK_PRIORITY_NOTICE, .line = json };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	note.time = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	for (size_t i = 0; i < o->all.len; i++)
		if (sk_output_wants(o->all.data[i], &note))
			sk_output_push(o->all.data[i], &note);
}

bool sk_outputs_flush(struct sk_outputs *o, unsigned ms)
{
	int64_t deadline = sk_output_now() + ms;
	bool idle = true;

	for (size_t i = 0; i < o->all.len; i++)
		idle &= sk_output_flush(o->all.data[i], deadline);
	return idle;
}

void sk_outputs_reopen(struct sk_outputs *o)
{
	for (size_t i = 0; i < o->all.len; i++)
		sk_output_reopen(o->all.data[i]);
}

bool sk_outputs_alive(struct sk_outputs *o)
{
	for (size_t i = 0; i < o->all.len; i++)
		if (!sk_output_broken(o->all.data[i]))
			return true;
	return false;
}

void sk_outputs_say(struct sk_outputs *o, sk_outputs_say_fn *say, void *context)
{
	for (size_t i = 0; i < o->all.len; i++)
		sk_output_say(o->all.data[i], say, context);
}

const char *sk_outputs_counts(struct sk_outputs *o, size_t i, const char **ret_kind, struct sk_output_counts *ret_counts)
{
	const struct sk_output_config *config;

	if (i >= o->all.len)
		return NULL;
	sk_output_counts(o->all.data[i], ret_counts);
	config = sk_output_config_of(o->all.data[i]);
	if (ret_kind)
		*ret_kind = config->kind->name;
	return config->name;
}

const char *sk_output_loss_name(enum sk_output_loss loss)
{
	static const char *const names[] = {
		[SK_OUTPUT_FULL] = "full",
		[SK_OUTPUT_LARGE] = "large",
		[SK_OUTPUT_REJECTED] = "rejected",
		[SK_OUTPUT_CLOSED] = "closed",
		[SK_OUTPUT_DAMAGED] = "damaged",
	};

	return loss < SK_OUTPUT_LOSSES ? names[loss] : NULL;
}
