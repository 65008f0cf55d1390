/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/sink.h"

#include "base/limits.h"

#include <stdio.h>

struct sk_arena *sk_sink_arena(struct sk_sink *sink)
{
	return &sink->arena;
}

const char *sk_sink_str(struct sk_sink *sink, struct sk_span s)
{
	const char *nul = s.len ? memchr(s.ptr, 0, s.len) : NULL;

	if (nul)
		s.len = (size_t)(nul - s.ptr);
	if (s.len > SK_MAX_FIELD)
		s.len = SK_MAX_FIELD;
	return s.len ? sk_arena_dup(&sink->arena, s) : NULL;
}

const char *sk_sink_printf(struct sk_sink *sink, const char *fmt, ...)
{
	char *text = NULL;
	const char *copy;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	copy = sk_sink_str(sink, sk_span(text, (size_t)n));
	free(text);
	return copy;
}

/* Gives the collected paths to the package that owns them. */
static void flush_paths(struct sk_sink *sink)
{
	if (sink->owner && sink->paths.bytes.len)
		sink->owner->files = sk_span(sk_arena_dup(&sink->arena, sk_buf_view(&sink->paths.bytes)),
					     sink->paths.bytes.len);
	sk_buf_reset(&sink->paths.bytes);
	sk_buf_reset(&sink->paths.last);
	sink->owner = NULL;
}

struct sk_package *sk_sink_package(struct sk_sink *sink)
{
	struct sk_package *p;

	if (sink->packages.len >= SK_MAX_FILE_PACKAGES) {
		if (!sink->overflow)
			sk_sink_issue(sink, 0, "names more than %u packages; the rest is left out",
				      SK_MAX_FILE_PACKAGES);
		sink->overflow = true;
		return NULL;
	}
	p = sk_arena_alloc(&sink->arena, sizeof(*p));
	p->path = sink->file->path;
	*sk_vec_push(&sink->packages) = p;
	return p;
}

struct sk_package *sk_sink_add(struct sk_sink *sink, const char *type, struct sk_span name,
			       struct sk_span version, uint32_t line)
{
	struct sk_package *p = name.len ? sk_sink_package(sink) : NULL;

	if (!p)
		return NULL;
	p->type = type;
	p->name = sk_sink_str(sink, name);
	p->version = sk_sink_str(sink, version);
	p->line = line;
	return p;
}

void sk_sink_owns(struct sk_sink *sink, struct sk_package *pkg, struct sk_span path)
{
	if (sink->owner != pkg) {
		flush_paths(sink);
		sink->owner = pkg;
	}
	while (path.len && path.ptr[0] == '/')
		path = sk_span_from(path, 1);
	if (!path.len || path.len > SK_MAX_PATH)
		return;
	if (sink->path_bytes > SK_MAX_OWNED_BYTES)
		return;
	sink->path_bytes += path.len;
	if (sink->path_bytes > SK_MAX_OWNED_BYTES)
		sk_sink_issue(sink, 0, "names files of more than %u bytes in all; the rest is left out",
			      SK_MAX_OWNED_BYTES);
	else
		sk_paths_add(&sink->paths, path);
}

struct sk_os *sk_sink_os(struct sk_sink *sink)
{
	struct sk_os *os = sk_arena_alloc(&sink->arena, sizeof(*os));

	os->path = sink->file->path;
	os->root = sk_arena_dup(&sink->arena, sink->file->root);
	*sk_vec_push(&sink->systems) = os;
	return os;
}

void sk_sink_note(struct sk_sink *sink, struct sk_span bytes)
{
	sk_buf_span(&sink->note, bytes);
}

static const char *issue_id(const struct sk_analyzer *analyzer)
{
	return analyzer->vital ? SK_ISSUE_UNFINISHED : "unreadable-file";
}

void sk_sink_issue(struct sk_sink *sink, uint32_t line, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sk_record_issue(sink->rec, issue_id(sink->analyzer), sink->file->path, line, text);
}

/* A package without a name or type is a mistake of the analyzer or of the input: it is not passed on. */
static void drop_nameless(struct sk_sink *sink)
{
	size_t kept = 0;

	for (size_t i = 0; i < sink->packages.len; i++) {
		struct sk_package *p = sink->packages.data[i];

		if (p->type && p->name && p->name[0])
			sink->packages.data[kept++] = p;
	}
	sink->packages.len = kept;
}

int sk_sink_analyze(struct sk_sink *sink, struct sk_recorder *rec, const struct sk_analyzer *analyzer,
		    const struct sk_file *file, struct sk_err *err)
{
	int r;

	sink->rec = rec;
	sink->analyzer = analyzer;
	sink->file = file;
	r = analyzer->analyze(sink, file, err);
	flush_paths(sink);
	drop_nameless(sink);
	return r;
}

void sk_sink_release(struct sk_sink *sink)
{
	sk_vec_release(&sink->packages);
	sk_vec_release(&sink->systems);
	sk_buf_release(&sink->note);
	sk_paths_release(&sink->paths);
	sk_arena_release(&sink->arena);
}

void sk_sink_run(struct sk_recorder *rec, const struct sk_analyzer *analyzer, const struct sk_file *file)
{
	sk_cleanup(sk_sink_release) struct sk_sink sink = { 0 };
	struct sk_err err = SK_ERR_INIT;

	if (sk_sink_analyze(&sink, rec, analyzer, file, &err) < 0)
		sk_record_issue(rec, issue_id(analyzer), file->path, 0, err.text);
	for (size_t i = 0; i < sink.systems.len; i++)
		if (sink.systems.data[i]->id && sink.systems.data[i]->id[0])
			sk_record_os(rec, sink.systems.data[i]);
	if (sink.packages.len || sink.note.len)
		sk_record_fragment(rec, analyzer, file->path, file->root.len, sink.packages.data,
				   sink.packages.len, sk_buf_view(&sink.note));
}
