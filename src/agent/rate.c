/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/rate.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/option.h"

int sk_rate_parse(struct sk_rate *rate, struct sk_span text, struct sk_err *err)
{
	struct sk_span count;
	int64_t seconds;
	uint64_t n;

	*rate = (struct sk_rate){ 0 };
	if (sk_span_is(text, "none"))
		return 0;
	if (!sk_span_split(&text, '/', &count) || !sk_span_u64(count, &n) || !sk_parse_duration(text, &seconds))
		return sk_err_set(err, SK_EUSAGE, "must be a number and a time, as '10/1m', or 'none'");
	if (n < 1 || n > SK_MAX_RATE)
		return sk_err_set(err, SK_EUSAGE, "the number must be between 1 and %u", SK_MAX_RATE);
	if (seconds < 1 || seconds > SK_MAX_RATE_SECONDS)
		return sk_err_set(err, SK_EUSAGE, "the time must be between 1s and 1d");
	rate->count = (uint32_t)n;
	rate->period = seconds * INT64_C(1000000000);
	return 0;
}

void sk_rate_release(struct sk_rate *rate)
{
	free(rate->times);
	*rate = (struct sk_rate){ 0 };
}

bool sk_rate_allows(const struct sk_rate *rate, int64_t now)
{
	return !rate->count || !rate->full || now - rate->times[rate->next] >= rate->period;
}

void sk_rate_take(struct sk_rate *rate, int64_t now)
{
	if (!rate->count)
		return;
	if (!rate->times)
		rate->times = sk_alloc(rate->count * sizeof(rate->times[0]));
	rate->times[rate->next] = now;
	rate->next = (rate->next + 1) % rate->count;
	rate->full |= rate->next == 0;
}
