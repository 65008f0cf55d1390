/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/progress.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/text.h"
#include "cmd/terminal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum {
	FRAME_MS = 100, /* ten times a second is as fluent as a person sees */
	DELAY_MS = 250, /* what is done by then needs no bar */
	MAX_BAR = 40,
	MAX_TEXT = 40,
};

struct sk_progress {
	bool enabled;
	char *text;
	int64_t started;
	_Atomic uint64_t done, total;
	_Atomic unsigned layers_done, layers;
	_Atomic int64_t next_frame;
};

/* The line belongs to the terminal, of which there is one. */
static pthread_mutex_t screen = PTHREAD_MUTEX_INITIALIZER;
static bool drawn;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void wipe(void)
{
	static const char clear[] = "\r\033[K";

	if (drawn)
		sk_write_full(STDERR_FILENO, clear, sizeof(clear) - 1);
	drawn = false;
}

void sk_progress_interrupt(void)
{
	pthread_mutex_lock(&screen);
	wipe();
	pthread_mutex_unlock(&screen);
}

struct sk_progress *sk_progress_new(const struct sk_call *call)
{
	struct sk_progress *p = sk_alloc(sizeof(*p));

	p->enabled = !call->globals.quiet && !call->globals.no_progress &&
		     sk_terminal_width(STDERR_FILENO) > 0;
	return p;
}

void sk_progress_free(struct sk_progress *p)
{
	if (!p)
		return;
	sk_progress_interrupt();
	free(p->text);
	free(p);
}

void sk_progress_freep(struct sk_progress **p)
{
	sk_progress_free(*p);
	*p = NULL;
}

static void put_bytes(struct sk_buf *line, uint64_t bytes)
{
	if (bytes < 10 * 1000 * 1000)
		sk_buf_printf(line, "%.1f MB", (double)bytes / 1e6);
	else
		sk_buf_printf(line, "%.0f MB", (double)bytes / 1e6);
}

/* "[=====>     ]  42 %", or nothing where there is no room. */
static void put_bar(struct sk_buf *line, double share, size_t room)
{
	size_t width = room > MAX_BAR ? MAX_BAR : room, full = (size_t)(share * (double)width);

	if (width < 8)
		return;
	sk_buf_puts(line, " [");
	for (size_t i = 0; i < width; i++)
		sk_buf_putc(line, i < full ? '=' : i == full ? '>' : ' ');
	sk_buf_puts(line, "]");
}

/* Text, bar, share, bytes, layers, seconds, cut to the width of the terminal. */
static void compose(const struct sk_progress *p, struct sk_buf *line, unsigned width)
{
	uint64_t done = p->done, total = p->total;
	sk_cleanup(sk_buf_release) struct sk_buf tail = { 0 };
	size_t used;

	if (total && done > total)
		done = total;
	if (total)
		sk_buf_printf(&tail, " %3.0f %%", 100.0 * (double)done / (double)total);
	if (done || total) {
		sk_buf_puts(&tail, "  ");
		put_bytes(&tail, done);
	}
	if (total) {
		sk_buf_puts(&tail, " of ");
		put_bytes(&tail, total);
	}
	if (p->layers)
		sk_buf_printf(&tail, "  layer %u of %u", p->layers_done, p->layers);
	sk_buf_printf(&tail, "  %lld s", (long long)(now_ms() - p->started) / 1000);

	sk_buf_puts(line, "\r");
	sk_buf_puts(line, p->text);
	used = sk_text_width(sk_span_str(p->text)) + tail.len + 4;
	if (total && used < width)
		put_bar(line, (double)done / (double)total, width - used);
	if (used - 3 < width)
		sk_buf_span(line, sk_buf_view(&tail));
	sk_buf_puts(line, "\033[K");
}

static void draw(struct sk_progress *p)
{
	sk_cleanup(sk_buf_release) struct sk_buf line = { 0 };
	int64_t now, next;
	unsigned width;

	if (!p->enabled)
		return;
	now = now_ms();
	next = p->next_frame;
	/* One thread wins the frame; the others go on with their work. */
	if (now < next || !atomic_compare_exchange_strong(&p->next_frame, &next, now + FRAME_MS))
		return;
	width = sk_terminal_width(STDERR_FILENO);
	if (!width || pthread_mutex_trylock(&screen) != 0)
		return;
	compose(p, &line, width);
	sk_write_full(STDERR_FILENO, line.data, line.len);
	drawn = true;
	pthread_mutex_unlock(&screen);
}

void sk_progress_begin(struct sk_progress *p, const char *text, uint64_t bytes, unsigned layers)
{
	sk_cleanup(sk_buf_release) struct sk_buf plain = { 0 };

	sk_text_plain(&plain, sk_span_str(text));
	if (plain.len > MAX_TEXT) {
		/* The end of a path says more than its beginning; never cut inside a character. */
		size_t from = plain.len - MAX_TEXT + 3;

		while (from < plain.len && (plain.data[from] & 0xc0) == 0x80)
			from++;
		sk_autofree char *cut = sk_printf("...%s", plain.data + from);
		sk_buf_reset(&plain);
		sk_buf_puts(&plain, cut);
	}
	pthread_mutex_lock(&screen);
	free(p->text);
	p->text = sk_strdup(sk_buf_str(&plain));
	pthread_mutex_unlock(&screen);
	p->started = now_ms();
	p->next_frame = p->started + DELAY_MS;
	p->done = 0;
	p->layers_done = 0;
	sk_progress_expect(p, bytes, layers);
}

void sk_progress_expect(struct sk_progress *p, uint64_t bytes, unsigned layers)
{
	p->total = bytes;
	p->layers = layers;
	draw(p);
}

void sk_progress_add(struct sk_progress *p, uint64_t bytes)
{
	p->done += bytes;
	draw(p);
}

void sk_progress_layer(struct sk_progress *p)
{
	p->layers_done++;
	draw(p);
}
