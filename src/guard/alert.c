/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts as lines: for people, as JSON of our own, and as Falco writes them. */
#include "guard/alert.h"

#include "base/text.h"
#include "doc/json-write.h"
#include "guard/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const char *const format_names[] = { "text", "json", "falco" };

const char *sk_alert_format_name(enum sk_alert_format format)
{
	return format < SK_ALERT_FORMATS ? format_names[format] : NULL;
}

/* "2026-11-26T15:47:19.123456789Z" */
static void put_time(struct sk_buf *out, int64_t nanoseconds)
{
	sk_print_clock(out, nanoseconds);
	sk_buf_putc(out, 'Z');
}

static void put_value(struct sk_json_writer *w, const struct sk_alert_field *f)
{
	sk_json_key_span(w, f->name);
	if (!f->present)
		sk_json_null(w);
	else if (f->is_clock)
		sk_json_int(w, f->number);
	else if (f->type == SK_FIELD_BOOL)
		sk_json_bool(w, f->number != 0);
	else if (f->type == SK_FIELD_TEXT || f->type == SK_FIELD_BYTES || f->type == SK_FIELD_IP ||
		 f->type == SK_FIELD_NET)
		sk_json_span(w, f->text);
	else
		sk_json_int(w, f->number);
}

/* Moves on to the next field of a sorted list whose first was taken, and takes it. */
static const struct sk_alert_field *take(const struct sk_alert_field **at, const struct sk_alert_field *end)
{
	return *at < end ? (*at)++ : NULL;
}

/*
 * Sorted by name, each once, as Falco's own library writes objects: the rule's fields, the
 * context's and one more are three lists that are sorted already.
 */
static void put_fields(struct sk_json_writer *w, const struct sk_alert *a, const struct sk_alert_field *extra)
{
	const struct sk_alert_field *all = a->fields.data;
	const struct sk_alert_field *end = all ? all + a->fields.len : NULL, *middle = all ? all + a->rule_fields : NULL;
	const struct sk_alert_field *starts[3] = { all, middle, extra };
	const struct sk_alert_field *const ends[3] = { middle, end, extra ? extra + 1 : NULL };
	const struct sk_alert_field *heads[3], *last = NULL;

	for (int i = 0; i < 3; i++)
		heads[i] = take(&starts[i], ends[i]);
	sk_json_object(w);
	for (;;) {
		int first = -1;

		for (int i = 0; i < 3; i++)
			if (heads[i] && (first < 0 || sk_span_cmp(heads[i]->name, heads[first]->name) < 0))
				first = i;
		if (first < 0)
			break;
		if (!last || !sk_span_eq(last->name, heads[first]->name))
			put_value(w, heads[first]);
		last = heads[first];
		heads[first] = take(&starts[first], ends[first]);
	}
	sk_json_end(w);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_tags(struct sk_json_writer *w, const struct sk_detection *rule)
{
	sk_autofree const char **sorted = sk_alloc((rule->tag_count + 1) * sizeof(*sorted));

	for (size_t i = 0; i < rule->tag_count; i++)
		sorted[i] = rule->tags[i];
	qsort(sorted, rule->tag_count, sizeof(*sorted), by_text);
	sk_json_key(w, "tags");
	sk_json_array(w);
	for (size_t i = 0; i < rule->tag_count; i++)
		if (i == 0 || strcmp(sorted[i - 1], sorted[i]) != 0)
			sk_json_str(w, sorted[i]);
	sk_json_end(w);
}

static void put_key_span(struct sk_json_writer *w, const char *key, struct sk_span value)
{
	sk_json_key(w, key);
	sk_json_span(w, value);
}

/* "15:47:19.123456789: Warning the rule's output container_id=..." */
static void put_falco_text(struct sk_buf *out, const struct sk_alert *a)
{
	time_t seconds = (time_t)(a->event->time / 1000000000);
	struct tm tm = { 0 };

	localtime_r(&seconds, &tm);
	sk_buf_digits(out, (uint64_t)tm.tm_hour, 2);
	sk_buf_putc(out, ':');
	sk_buf_digits(out, (uint64_t)tm.tm_min, 2);
	sk_buf_putc(out, ':');
	sk_buf_digits(out, (uint64_t)tm.tm_sec, 2);
	sk_buf_putc(out, '.');
	sk_buf_digits(out, (uint64_t)(a->event->time % 1000000000), 9);
	sk_buf_puts(out, ": ");
	sk_buf_puts(out, sk_priority_name(a->rule->priority));
	sk_buf_putc(out, ' ');
	sk_buf_span(out, a->text);
	sk_buf_span(out, a->context);
}

static void write_falco(struct sk_buf *out, const struct sk_alert *a, const char *hostname)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, time = { 0 };
	struct sk_alert_field clock = { .name = SK_SPAN_LIT("evt.time"), .present = true, .is_clock = true,
					.number = a->event->time };
	struct sk_json_writer w = { .buf = out };

	put_falco_text(&text, a);
	put_time(&time, a->event->time);
	sk_json_object(&w);
	sk_json_put_str(&w, "hostname", hostname);
	put_key_span(&w, "output", sk_buf_view(&text));
	sk_json_key(&w, "output_fields");
	put_fields(&w, a, &clock);
	sk_json_put_str(&w, "priority", sk_priority_name(a->rule->priority));
	put_key_span(&w, "rule", a->rule->name);
	put_key_span(&w, "source", a->rule->source);
	put_tags(&w, a->rule);
	put_key_span(&w, "time", sk_buf_view(&time));
	sk_json_end(&w);
}

static void put_opt(struct sk_json_writer *w, const char *key, struct sk_span value)
{
	if (value.len)
		put_key_span(w, key, value);
}

static void put_process(struct sk_json_writer *w, const struct sk_process *p)
{
	sk_json_key(w, "process");
	sk_json_object(w);
	sk_json_put_int(w, "pid", p->pid);
	put_opt(w, "name", p->name);
	put_opt(w, "path", p->exepath);
	sk_json_put_int(w, "uid", p->uid);
	sk_json_key(w, "ancestors");
	sk_json_array(w);
	for (unsigned i = 1; i <= 8 && sk_process_ancestor(p, i); i++)
		sk_json_span(w, sk_process_ancestor(p, i)->name);
	sk_json_end(w);
	sk_json_end(w);
}

static void put_container(struct sk_json_writer *w, const struct sk_container *c)
{
	sk_json_key(w, "container");
	if (!c) {
		sk_json_null(w);
		return;
	}
	sk_json_object(w);
	put_key_span(w, "id", c->id);
	put_opt(w, "name", c->name);
	put_opt(w, "image", c->image);
	put_opt(w, "imageDigest", c->image_digest);
	put_opt(w, "pod", c->pod_name);
	put_opt(w, "namespace", c->namespace);
	sk_json_end(w);
}

static void write_json(struct sk_buf *out, const struct sk_alert *a, const char *hostname)
{
	sk_cleanup(sk_buf_release) struct sk_buf time = { 0 };
	struct sk_json_writer w = { .buf = out };

	put_time(&time, a->event->time);
	sk_json_object(&w);
	put_key_span(&w, "time", sk_buf_view(&time));
	sk_json_put_str(&w, "host", hostname);
	sk_json_put_str(&w, "priority", sk_priority_name(a->rule->priority));
	put_key_span(&w, "rule", a->rule->name);
	put_key_span(&w, "message", a->text);
	put_tags(&w, a->rule);
	sk_json_put_str(&w, "event", sk_event_descs[a->event->type].name);
	sk_json_put_int(&w, "number", (int64_t)a->event->number);
	put_process(&w, a->event->process);
	put_container(&w, a->event->process->container);
	sk_json_key(&w, "fields");
	put_fields(&w, a, NULL);
	sk_json_end(&w);
}

static void write_text(struct sk_buf *out, const struct sk_alert *a)
{
	const struct sk_container *c = a->event->process->container;

	put_time(out, a->event->time);
	sk_buf_printf(out, "  %-13s  ", sk_priority_name(a->rule->priority));
	sk_text_plain(out, a->rule->name);
	sk_buf_puts(out, "  [");
	sk_text_plain(out, !c ? SK_SPAN_LIT("host") : c->name.len ? c->name : sk_span_sub(c->id, 0, 12));
	sk_buf_puts(out, "]  ");
	sk_text_plain(out, a->text);
}

void sk_alert_write(struct sk_buf *out, const struct sk_alert *alert, enum sk_alert_format format,
		    const char *hostname)
{
	switch (format) {
	case SK_ALERT_FALCO:
		write_falco(out, alert, hostname);
		break;
	case SK_ALERT_JSON:
		write_json(out, alert, hostname);
		break;
	default:
		write_text(out, alert);
		break;
	}
	sk_buf_putc(out, '\n');
}
