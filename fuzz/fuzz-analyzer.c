/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One analyzer (SK_FUZZ_ANALYZER, its name) over one or several files, and its
 * `finish` over what it found. The input is the content of a file that fits
 * the analyzer's first pattern, or several files, each after a line
 * "==> PATH".
 */
#include "analyze/file.h"
#include "analyze/sink.h"
#include "analyze/view.h"
#include "base/fd.h"

#include "analyze/pattern.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sk_analyzer *the_analyzer(void)
{
	for (size_t i = 0; sk_analyzers[i]; i++)
		if (strcmp(sk_analyzers[i]->name, SK_FUZZ_ANALYZER) == 0)
			return sk_analyzers[i];
	abort();
}

/* A path that fits pattern. */
static void invent_path(struct sk_buf *path, const char *pattern)
{
	if (strncmp(pattern, "**/", 3) == 0)
		pattern += 3;
	for (; *pattern; pattern++)
		sk_buf_putc(path, *pattern == '*' ? 'x' : *pattern);
}

/* Paths are normalised before an analyzer sees them. */
static bool is_normal(struct sk_span path)
{
	struct sk_span part;

	if (path.len == 0 || path.len > 4096 || memchr(path.ptr, 0, path.len))
		return false;
	while (sk_span_split(&path, '/', &part))
		if (part.len == 0 || sk_span_is(part, ".") || sk_span_is(part, ".."))
			return false;
	return true;
}

static void run(struct sk_recorder *rec, const struct sk_analyzer *analyzer, struct sk_span path,
		struct sk_span bytes)
{
	sk_autofree char *name = sk_strndup(path.ptr, path.len);
	struct sk_file_impl impl = { .fd = -1 };
	struct sk_file file;
	size_t root;

	sk_file_from_bytes(&file, &impl, name, bytes);
	for (size_t i = 0; analyzer->patterns && analyzer->patterns[i]; i++) {
		if (!sk_pattern_fits(analyzer->patterns[i], path, &root))
			continue;
		file.root = sk_span_sub(path, 0, root);
		sk_sink_run(rec, analyzer, &file);
		break;
	}
	if (!analyzer->patterns || !analyzer->patterns[0])
		sk_sink_run(rec, analyzer, &file);
	sk_file_impl_release(&impl);
}

static void run_files(struct sk_recorder *rec, const struct sk_analyzer *analyzer,
		      struct sk_span text)
{
	const struct sk_span mark = SK_SPAN_LIT("\n==> ");
	sk_cleanup(sk_buf_release) struct sk_buf path = { 0 };

	if (!sk_span_starts(text, "==> ")) {
		if (analyzer->patterns && analyzer->patterns[0])
			invent_path(&path, analyzer->patterns[0]);
		else
			sk_buf_puts(&path, "x");
		run(rec, analyzer, sk_buf_view(&path), text);
		return;
	}
	text = sk_span_from(text, 4);
	while (text.len) {
		ptrdiff_t end = sk_span_find(text, mark);
		struct sk_span part = end < 0 ? text : sk_span_sub(text, 0, (size_t)end), line;

		text = end < 0 ? sk_span(NULL, 0) : sk_span_from(text, (size_t)end + mark.len);
		if (sk_span_line(&part, &line) && is_normal(line))
			run(rec, analyzer, line, part);
	}
}

/* The parent's side: reads the recording back and joins it. */
static void view(struct sk_recorder *rec)
{
	struct sk_inventory inv = { .layers = (struct sk_layer[1]){ { 0 } }, .layer_count = 1 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_view_input input;
	off_t len;
	void *map;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || sk_recorder_finish(rec, fd, &err) < 0)
		abort();
	len = lseek(fd, 0, SEEK_END);
	map = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		abort();
	input.bytes = sk_span(map, (size_t)len);
	if (sk_view_build(&inv, &input, 1, &err) < 0)
		abort(); /* what we wrote ourselves must be readable */
	inv.layers = NULL;
	sk_inventory_release(&inv);
	munmap(map, (size_t)len);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_recorder rec = { 0 };

	run_files(&rec, the_analyzer(), sk_span(data, size));
	view(&rec);
	sk_recorder_release(&rec);
	return 0;
}
