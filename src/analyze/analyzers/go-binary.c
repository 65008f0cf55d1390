/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The module list that the Go linker puts into every program ("go version
 * -m"): debug/buildinfo and runtime/debug.BuildInfo of Go's source say how.
 */
#include "analyze/exe.h"
#include "analyze/golang.h"
#include "base/limits.h"
#include "base/reader.h"

enum {
	HEADER_SIZE = 32,
	ALIGNMENT = 16,
	FLAG_BIG = 1,
	FLAG_INLINE = 2, /* since Go 1.18 the strings follow the header */
	SENTINEL = 16,	 /* bytes around the module list */
	CHUNK = 65536,
	/* How far the data of a program without section names are searched: it stands at their start. */
	SEARCH_MAX = 4 << 20,
};

static const char magic[] = "\xff Go buildinf:";

struct build_info {
	struct sk_buf go; /* "go1.22.1" */
	struct sk_buf modules;
};

static bool has_magic(const char *bytes)
{
	return memcmp(bytes, magic, sizeof(magic) - 1) == 0;
}

/* Looks through a section for the header; its offset in the slice, or 0. */
static uint64_t search(const struct sk_exe *exe, const struct sk_exe_section *s)
{
	uint64_t size = s->size < SEARCH_MAX ? s->size : SEARCH_MAX;
	sk_autofree char *chunk = sk_alloc(CHUNK);

	for (uint64_t at = 0; at + HEADER_SIZE <= size; at += CHUNK - HEADER_SIZE) {
		size_t n = size - at < CHUNK ? size - at : CHUNK;

		if (sk_exe_read(exe, s->offset + at, chunk, n, NULL) < 0)
			return 0;
		for (size_t i = 0; i + HEADER_SIZE <= n; i += ALIGNMENT)
			if (has_magic(chunk + i))
				return s->offset + at + i;
	}
	return 0;
}

/* Only an executable that names no sections (stripped of them, or PE) is searched. */
static uint64_t find_header(const struct sk_exe *exe)
{
	const struct sk_exe_section *s = sk_exe_section(exe, ".go.buildinfo");
	bool named = false;
	uint64_t at = 0;

	if (!s)
		s = sk_exe_section(exe, "__go_buildinfo");
	if (s)
		return search(exe, s);
	for (size_t i = 0; i < exe->sections.len; i++)
		named |= !exe->sections.data[i].segment;
	if (named && exe->kind == SK_EXE_ELF)
		return 0;
	for (size_t i = 0; i < exe->sections.len && !at; i++)
		if (exe->sections.data[i].writable && exe->sections.data[i].size)
			at = search(exe, &exe->sections.data[i]);
	return at;
}

/* Length as varint, then the bytes; *off moves behind them. */
static int read_inline(const struct sk_exe *exe, uint64_t *off, struct sk_buf *buf,
		       struct sk_err *err)
{
	char head[10];
	size_t most = exe->size - *off < sizeof(head) ? exe->size - *off : sizeof(head);
	struct sk_reader r = sk_reader(sk_span(head, most));
	uint64_t len;
	int rc = sk_exe_read(exe, *off, head, most, err);

	if (rc < 0)
		return rc;
	len = sk_read_varint(&r);
	if (r.failed || len > exe->size)
		return sk_err_set(err, SK_EINVAL, "Go build information: wrong length");
	if (len > SK_MAX_BUILD_INFO)
		return sk_err_set(err, SK_ELIMIT, "Go build information: %llu bytes",
				  (unsigned long long)len);
	rc = sk_exe_read(exe, *off + r.off, sk_buf_reserve(buf, len), len, err);
	if (rc < 0)
		return rc;
	buf->len = len;
	*off += r.off + len;
	return 0;
}

static uint64_t word(struct sk_reader *r, size_t size, bool big)
{
	if (size == 8)
		return big ? sk_read_u64be(r) : sk_read_u64le(r);
	return big ? sk_read_u32be(r) : sk_read_u32le(r);
}

/* The pointer form: an address of a string header (address, length). */
static int read_pointed(const struct sk_exe *exe, uint64_t addr, size_t size, bool big,
			struct sk_buf *buf, struct sk_err *err)
{
	char header[16];
	struct sk_reader r = sk_reader(sk_span(header, 2 * size));
	uint64_t data, len;
	int rc;

	if (addr == 0)
		return 0;
	rc = sk_exe_read_addr(exe, addr, header, 2 * size, err);
	if (rc < 0)
		return rc;
	data = word(&r, size, big);
	len = word(&r, size, big);
	if (len == 0)
		return 0;
	if (len > SK_MAX_BUILD_INFO || len > exe->size)
		return sk_err_set(err, SK_ELIMIT, "Go build information: %llu bytes",
				  (unsigned long long)len);
	rc = sk_exe_read_addr(exe, data, sk_buf_reserve(buf, len), len, err);
	if (rc == 0)
		buf->len = len;
	return rc;
}

/* Fills info; 0 also if there is none. */
static int read_build_info(const struct sk_exe *exe, struct build_info *info, struct sk_err *err)
{
	uint64_t at = find_header(exe), off = at + HEADER_SIZE;
	char header[HEADER_SIZE] = { 0 };
	struct sk_reader r = sk_reader(sk_span(header, HEADER_SIZE));
	unsigned size, flags;
	uint64_t addr;
	int rc;

	if (at == 0)
		return 0;
	rc = sk_exe_read(exe, at, header, HEADER_SIZE, err);
	if (rc < 0)
		return rc;
	sk_read_seek(&r, sizeof(magic) - 1);
	size = sk_read_u8(&r);
	flags = sk_read_u8(&r);
	if (flags & FLAG_INLINE) {
		rc = read_inline(exe, &off, &info->go, err);
		return rc < 0 ? rc : read_inline(exe, &off, &info->modules, err);
	}
	if (size != 4 && size != 8)
		return sk_err_set(err, SK_EINVAL, "Go build information: pointers of %u bytes",
				  size);
	addr = word(&r, size, flags & FLAG_BIG);
	rc = read_pointed(exe, addr, size, flags & FLAG_BIG, &info->go, err);
	if (rc < 0)
		return rc;
	addr = word(&r, size, flags & FLAG_BIG);
	return read_pointed(exe, addr, size, flags & FLAG_BIG, &info->modules, err);
}

/* ---- the module list ---- */

struct module {
	struct sk_span path, version;
};

struct reading {
	struct sk_sink *sink;
	struct module main, dep; /* dep waits for its replacement on the next line */
	struct sk_buf ldflags;
};

static void flush_dep(struct reading *in)
{
	struct sk_package *pkg;

	pkg = sk_golang_add(in->sink, in->dep.path, in->dep.version, 0);
	if (pkg)
		pkg->flags |= SK_PACKAGE_INSTALLED;
	in->dep = (struct module){ 0 };
}

/* A Go string literal, if it is one; else as it is. */
static void unquote(struct sk_span s, struct sk_buf *buf)
{
	bool raw = s.len >= 2 && s.ptr[0] == '`', quoted = s.len >= 2 && s.ptr[0] == '"';

	if (raw || quoted)
		s = sk_span_sub(s, 1, s.len - 2);
	for (size_t i = 0; i < s.len; i++) {
		if (quoted && s.ptr[i] == '\\' && i + 1 < s.len)
			i++;
		sk_buf_putc(buf, s.ptr[i]);
	}
}

static void read_build_setting(struct reading *in, struct sk_span setting)
{
	if (sk_span_starts(setting, "-ldflags="))
		unquote(sk_span_from(setting, 9), &in->ldflags);
	else if (sk_span_starts(setting, "\"-ldflags="))
		unquote(setting, &in->ldflags);
}

static void read_module_line(struct reading *in, struct sk_span line)
{
	struct sk_span kind = { 0 }, path = { 0 }, version = { 0 };

	sk_span_split(&line, '\t', &kind);
	if (sk_span_is(kind, "build")) {
		read_build_setting(in, line);
		return;
	}
	sk_span_split(&line, '\t', &path);
	sk_span_split(&line, '\t', &version);
	if (sk_span_is(version, "(devel)"))
		version.len = 0;
	if (sk_span_is(kind, "mod")) {
		in->main = (struct module){ path, version };
	} else if (sk_span_is(kind, "dep")) {
		flush_dep(in);
		in->dep = (struct module){ path, version };
	} else if (sk_span_is(kind, "=>") && in->dep.path.len) {
		/* A folder on the builder's disk says nothing: the module, without a version. */
		if (sk_golang_local(path))
			in->dep.version.len = 0;
		else
			in->dep = (struct module){ path, version };
	}
}

static void add_main(struct reading *in)
{
	sk_cleanup(sk_buf_release) struct sk_buf version = { 0 };
	struct sk_package *pkg;

	if (in->main.version.len)
		sk_buf_span(&version, in->main.version);
	else
		sk_golang_ldflags_version(sk_buf_view(&in->ldflags), &version);
	pkg = sk_golang_add(in->sink, in->main.path, sk_buf_view(&version), 0);
	if (pkg)
		pkg->flags |= SK_PACKAGE_INSTALLED | SK_PACKAGE_MAIN;
}

static void read_modules(struct sk_sink *sink, struct sk_span list)
{
	struct reading in = { .sink = sink };
	struct sk_span line;

	if (list.len > 2 * SENTINEL && list.ptr[list.len - SENTINEL - 1] == '\n')
		list = sk_span_sub(list, SENTINEL, list.len - 2 * SENTINEL);
	while (sk_span_line(&list, &line))
		read_module_line(&in, line);
	flush_dep(&in);
	add_main(&in);
	sk_buf_release(&in.ldflags);
}

static int analyze_slice(struct sk_sink *sink, const struct sk_exe *exe, struct sk_err *err)
{
	struct build_info info = { 0 };
	int rc = read_build_info(exe, &info, err);
	struct sk_package *pkg;

	if (rc == 0 && info.go.len) {
		pkg = sk_golang_stdlib(sink, sk_buf_view(&info.go), 0);
		if (pkg)
			pkg->flags |= SK_PACKAGE_INSTALLED;
		read_modules(sink, sk_buf_view(&info.modules));
		rc = 1;
	}
	sk_buf_release(&info.go);
	sk_buf_release(&info.modules);
	return rc;
}

static int analyze(struct sk_sink *sink, const struct sk_file *file, struct sk_err *err)
{
	return sk_exe_each(sink, file, analyze_slice, err);
}

const struct sk_analyzer sk_analyzer_go_binary = {
	.name = "go-binary",
	.version = 1,
	.patterns = (const char *const[]){ NULL },
	.magics = sk_exe_magics,
	.analyze = analyze,
};
