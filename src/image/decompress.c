/* SPDX-License-Identifier: Apache-2.0 */
#include "image/source.h"

#include "base/mem.h"

#include <lzma.h>
#include <string.h>
#include <zstd.h>
#if SK_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

enum { INPUT = 128 * 1024 };

/* What the three have in common: compressed input, refilled when it is used up. */
struct filter {
	struct sk_source base;
	struct sk_source *from;
	uint8_t *own;	      /* where `from` lends nothing */
	const uint8_t *input; /* own, or lent */
	size_t off, len;
	bool eof;	/* `from` has ended */
	bool between;	/* at the start of a member, frame or stream */
	bool any;	/* at least one was read whole */
	bool padding;	/* zero bytes follow the last one */
	union {
#if SK_HAVE_ISAL
		struct inflate_state *inflate;
#else
		z_stream *inflate;
#endif
		ZSTD_DStream *zstd;
		lzma_stream xz;
	};
};

static struct filter *filter_new(struct sk_source *from,
				 ssize_t (*read)(struct sk_source *, void *, size_t, struct sk_err *),
				 void (*close)(struct sk_source *))
{
	struct filter *f = sk_alloc(sizeof(*f));

	f->base = (struct sk_source){ .read = read, .close = close };
	f->from = from;
	if (!from->lend)
		f->own = sk_realloc(NULL, 1, INPUT);
	f->between = true;
	return f;
}

static void filter_free(struct filter *f)
{
	sk_source_close(f->from);
	free(f->own);
	free(f);
}

/* Makes sure that there is input; 1 if there is, 0 at the end, or an error. */
static int refill(struct filter *f, struct sk_err *err)
{
	ssize_t n;

	if (f->off < f->len)
		return 1;
	if (f->eof)
		return 0;
	if (f->from->lend) {
		const void *lent = NULL;

		n = f->from->lend(f->from, &lent, err);
		/* At the end there may be no bytes to point at, and NULL takes no offset, not even 0. */
		f->input = lent ? lent : (const void *)"";
	} else {
		n = f->from->read(f->from, f->own, INPUT, err);
		f->input = f->own;
	}
	if (n < 0)
		return (int)n;
	f->off = 0;
	f->len = (size_t)n;
	f->eof = n == 0;
	return n > 0;
}

/* Between members: 1 when another begins, 0 at the true end. Zero padding is passed over, as tapes leave it. */
static int next_member(struct filter *f, uint8_t first, struct sk_err *err)
{
	for (;;) {
		int r = refill(f, err);

		if (r < 0)
			return r;
		if (r == 0)
			return f->any ? 0 : sk_err_set(err, SK_EINVAL, "compressed stream is empty");
		if (f->input[f->off] == 0 && f->any) {
			f->padding = true;
			f->off++;
			continue;
		}
		if (f->any && (f->padding || f->input[f->off] != first))
			return sk_err_set(err, SK_EINVAL, "garbage after the compressed stream");
		return 1;
	}
}

static int cut_off(struct sk_err *err)
{
	return sk_err_set(err, SK_EINVAL, "compressed stream is cut off");
}

#if SK_HAVE_ISAL
static void inflate_begin(struct filter *f)
{
	isal_inflate_init(f->inflate);
	f->inflate->crc_flag = ISAL_GZIP;
}

/* Produces into out; returns the count, sets *ret_end at the end of the member. */
static ssize_t inflate_some(struct filter *f, void *out, size_t n, bool *ret_end, struct sk_err *err)
{
	int r;

	f->inflate->next_in = (uint8_t *)(uintptr_t)(f->input + f->off);
	f->inflate->avail_in = (uint32_t)(f->len - f->off);
	f->inflate->next_out = out;
	f->inflate->avail_out = (uint32_t)n;
	r = isal_inflate(f->inflate);
	f->off = f->len - f->inflate->avail_in;
	if (r != ISAL_DECOMP_OK && r != ISAL_END_INPUT)
		return sk_err_set(err, SK_EINVAL, "gzip stream is corrupt (%d)", r);
	*ret_end = f->inflate->block_state == ISAL_BLOCK_FINISH;
	return (ssize_t)(n - f->inflate->avail_out);
}

static void inflate_new(struct filter *f)
{
	f->inflate = sk_alloc(sizeof(*f->inflate));
}

static void inflate_free(struct filter *f)
{
	free(f->inflate);
}
#else
static void inflate_begin(struct filter *f)
{
	inflateReset(f->inflate);
}

static ssize_t inflate_some(struct filter *f, void *out, size_t n, bool *ret_end, struct sk_err *err)
{
	int r;

	f->inflate->next_in = (uint8_t *)(uintptr_t)(f->input + f->off);
	f->inflate->avail_in = (uInt)(f->len - f->off);
	f->inflate->next_out = out;
	f->inflate->avail_out = (uInt)n;
	r = inflate(f->inflate, Z_NO_FLUSH);
	f->off = f->len - f->inflate->avail_in;
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return sk_err_set(err, SK_EINVAL, "gzip stream is corrupt (%d)", r);
	*ret_end = r == Z_STREAM_END;
	return (ssize_t)(n - f->inflate->avail_out);
}

static void inflate_new(struct filter *f)
{
	f->inflate = sk_alloc(sizeof(*f->inflate));
	if (inflateInit2(f->inflate, 15 + 16) != Z_OK)
		abort();
}

static void inflate_free(struct filter *f)
{
	inflateEnd(f->inflate);
	free(f->inflate);
}
#endif

static ssize_t gzip_read(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	struct filter *f = (struct filter *)source;

	if (n > 1u << 30)
		n = 1u << 30;
	for (;;) {
		bool end = false;
		ssize_t got;
		int r;

		if (f->between) {
			r = next_member(f, 0x1f, err);
			if (r <= 0)
				return r;
			inflate_begin(f);
			f->between = false;
		}
		r = refill(f, err);
		if (r < 0)
			return r;
		got = inflate_some(f, bytes, n, &end, err);
		if (got < 0)
			return got;
		if (end)
			f->between = f->any = true;
		if (got > 0)
			return got;
		if (!end && f->eof && f->off == f->len)
			return cut_off(err);
	}
}

static void gzip_close(struct sk_source *source)
{
	inflate_free((struct filter *)source);
	filter_free((struct filter *)source);
}

struct sk_source *sk_source_gzip(struct sk_source *from)
{
	struct filter *f = filter_new(from, gzip_read, gzip_close);

	inflate_new(f);
	return &f->base;
}

static ssize_t zstd_read(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	struct filter *f = (struct filter *)source;

	for (;;) {
		ZSTD_outBuffer out = { bytes, n, 0 };
		ZSTD_inBuffer in;
		size_t left;
		int r = refill(f, err);

		if (r < 0)
			return r;
		if (r == 0 && f->between)
			return f->any ? 0 : cut_off(err);
		in = (ZSTD_inBuffer){ f->input, f->len, f->off };
		left = ZSTD_decompressStream(f->zstd, &out, &in);
		f->off = in.pos;
		if (ZSTD_isError(left))
			return sk_err_set(err, SK_EINVAL, "zstd: %s", ZSTD_getErrorName(left));
		f->between = left == 0;
		f->any |= f->between;
		if (out.pos)
			return (ssize_t)out.pos;
		if (r == 0 && !f->between)
			return cut_off(err);
	}
}

static void zstd_close(struct sk_source *source)
{
	ZSTD_freeDStream(((struct filter *)source)->zstd);
	filter_free((struct filter *)source);
}

struct sk_source *sk_source_zstd(struct sk_source *from)
{
	struct filter *f = filter_new(from, zstd_read, zstd_close);

	f->zstd = ZSTD_createDStream();
	if (!f->zstd)
		abort();
	ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_windowLogMax, 27);
	return &f->base;
}

static ssize_t xz_read(struct sk_source *source, void *bytes, size_t n, struct sk_err *err)
{
	struct filter *f = (struct filter *)source;

	if (f->between && f->any)
		return 0;
	f->between = false;
	f->xz.next_out = bytes;
	f->xz.avail_out = n;
	for (;;) {
		lzma_ret end;
		int r = refill(f, err);

		if (r < 0)
			return r;
		f->xz.next_in = f->input + f->off;
		f->xz.avail_in = f->len - f->off;
		end = lzma_code(&f->xz, r == 0 ? LZMA_FINISH : LZMA_RUN);
		f->off = f->len - f->xz.avail_in;
		if (end == LZMA_STREAM_END)
			f->between = f->any = true;
		else if (end == LZMA_BUF_ERROR && r == 0)
			return cut_off(err);
		else if (end == LZMA_MEMLIMIT_ERROR)
			return sk_err_set(err, SK_ELIMIT, "xz needs a dictionary larger than 128 MiB");
		else if (end != LZMA_OK && end != LZMA_BUF_ERROR)
			return sk_err_set(err, SK_EINVAL, "xz stream is corrupt (%d)", (int)end);
		if (f->xz.avail_out < n || f->between)
			return (ssize_t)(n - f->xz.avail_out);
	}
}

static void xz_close(struct sk_source *source)
{
	lzma_end(&((struct filter *)source)->xz);
	filter_free((struct filter *)source);
}

struct sk_source *sk_source_xz(struct sk_source *from)
{
	struct filter *f = filter_new(from, xz_read, xz_close);

	f->xz = (lzma_stream)LZMA_STREAM_INIT;
	if (lzma_stream_decoder(&f->xz, 160u << 20, LZMA_CONCATENATED) != LZMA_OK)
		abort();
	return &f->base;
}
