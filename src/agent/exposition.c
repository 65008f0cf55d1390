/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/exposition.h"

#include "base/mem.h"
#include "base/text.h"

#include <math.h>

static const struct {
	uint64_t nanoseconds;
	const char *text; /* seconds, as both formats write a float */
} bounds[SK_HISTOGRAM_BOUNDS] = {
	{ 10000, "0.00001" },	 { 30000, "0.00003" },	  { 100000, "0.0001" },	  { 300000, "0.0003" }, { 1000000, "0.001" },
	{ 3000000, "0.003" },	 { 10000000, "0.01" },	  { 30000000, "0.03" },	  { 100000000, "0.1" },
	{ 300000000, "0.3" },	 { 1000000000, "1.0" },	  { 3000000000, "3.0" },  { 10000000000, "10.0" },
};

static bool wants_openmetrics(struct sk_span accept)
{
	return sk_span_find(accept, SK_SPAN_LIT("application/openmetrics-text")) >= 0;
}

void sk_exposition_begin(struct sk_exposition *e, const struct sk_server_request *request,
			 struct sk_server_answer *answer)
{
	*e = (struct sk_exposition){ .out = &answer->body, .openmetrics = wants_openmetrics(request->accept) };
	answer->type = e->openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" :
					"text/plain; version=0.0.4; charset=utf-8";
}

void sk_exposition_end(struct sk_exposition *e)
{
	if (e->openmetrics)
		sk_buf_puts(e->out, "# EOF\n");
}

/* What stands in quotes: valid UTF-8, and three characters are escaped. */
static void put_escaped(struct sk_buf *out, const char *text)
{
	sk_cleanup(sk_buf_release) struct sk_buf valid = { 0 };

	sk_text_utf8(&valid, sk_span_str(text));
	for (size_t i = 0; i < valid.len; i++) {
		char c = valid.data[i];

		if (c == '\n')
			sk_buf_puts(out, "\\n");
		else if (c == '\\' || c == '"')
			sk_buf_printf(out, "\\%c", c);
		else
			sk_buf_putc(out, c);
	}
}

/* In the older format a counter's family is called as its samples are. */
void sk_metric(struct sk_exposition *e, enum sk_metric_type type, const char *name, const char *help)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };
	const char *suffix = type == SK_COUNTER && !e->openmetrics ? "_total" : "";

	e->type = type;
	e->name = name;
	sk_buf_printf(e->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, types[type]);
}

static void put_number(struct sk_buf *out, double value)
{
	if (value == floor(value) && fabs(value) < 9007199254740992.0)
		sk_buf_printf(out, "%.0f\n", value);
	else
		sk_buf_printf(out, "%.17g\n", value);
}

void sk_metric_value(struct sk_exposition *e, double value, ...)
{
	bool any = false;
	const char *name;
	va_list args;

	sk_buf_printf(e->out, "%s%s", e->name, e->type == SK_COUNTER ? "_total" : "");
	va_start(args, value);
	while ((name = va_arg(args, const char *))) {
		sk_buf_printf(e->out, "%s%s=\"", any ? "," : "{", name);
		put_escaped(e->out, va_arg(args, const char *));
		sk_buf_putc(e->out, '"');
		any = true;
	}
	va_end(args);
	sk_buf_puts(e->out, any ? "} " : " ");
	put_number(e->out, value);
}

void sk_histogram_add(struct sk_histogram *h, int64_t nanoseconds)
{
	uint64_t ns = nanoseconds < 0 ? 0 : (uint64_t)nanoseconds; /* the clock was set */
	size_t i = 0;

	while (i < SK_HISTOGRAM_BOUNDS && ns > bounds[i].nanoseconds)
		i++;
	h->buckets[i]++;
	h->sum += ns;
}

void sk_metric_histogram(struct sk_exposition *e, const struct sk_histogram *h)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= SK_HISTOGRAM_BOUNDS; i++) {
		count += h->buckets[i];
		sk_buf_printf(e->out, "%s_bucket{le=\"%s\"} %llu\n", e->name, i < SK_HISTOGRAM_BOUNDS ? bounds[i].text : "+Inf",
			      (unsigned long long)count);
	}
	sk_buf_printf(e->out, "%s_sum ", e->name);
	put_number(e->out, (double)h->sum / 1e9);
	sk_buf_printf(e->out, "%s_count %llu\n", e->name, (unsigned long long)count);
}

uint64_t sk_histogram_quantile(const struct sk_histogram *h, double part)
{
	uint64_t total = 0, count = 0;

	for (size_t i = 0; i <= SK_HISTOGRAM_BOUNDS; i++)
		total += h->buckets[i];
	for (size_t i = 0; i < SK_HISTOGRAM_BOUNDS && total; i++) {
		count += h->buckets[i];
		if ((double)count >= part * (double)total)
			return bounds[i].nanoseconds;
	}
	return total ? UINT64_MAX : 0;
}
