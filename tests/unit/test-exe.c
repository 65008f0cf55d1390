/* SPDX-License-Identifier: Apache-2.0 */
/* Executables made by hand, whole and broken, and real ones of the shared cases. */
#include "analyze/exe.h"
#include "analyze/file.h"
#include "analyze/golang.h"
#include "analyze/sink.h"
#include "base/fd.h"
#include "base/limits.h"
#include "tap.h"

#include <zlib.h>

extern const struct sk_analyzer sk_analyzer_go_binary, sk_analyzer_rust_binary;

/* "type/namespace/name@version;" of each package, in order; "error" first if there was one. */
static const char *list(const struct sk_analyzer *analyzer, struct sk_span bytes,
			struct sk_buf *out)
{
	struct sk_recorder rec = { 0 };
	struct sk_sink sink = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_file_impl impl = { .fd = -1 };
	struct sk_file file;

	sk_buf_reset(out);
	sk_file_from_bytes(&file, &impl, "bin/app", bytes);
	if (sk_sink_analyze(&sink, &rec, analyzer, &file, &err) < 0)
		sk_buf_printf(out, "%s;", sk_code_name(err.code));
	for (size_t i = 0; i < sink.packages.len; i++) {
		const struct sk_package *p = sink.packages.data[i];

		sk_buf_printf(out, "%s%s%s@%s;", p->ns ? p->ns : "", p->ns ? "/" : "", p->name,
			      p->version ? p->version : "");
	}
	sk_sink_release(&sink);
	sk_recorder_release(&rec);
	sk_file_impl_release(&impl);
	return sk_buf_str(out);
}

static void put16(struct sk_buf *b, unsigned v, bool big)
{
	sk_buf_u16le(b, (uint16_t)(big ? (v & 0xff) << 8 | v >> 8 : v));
}

static void put32(struct sk_buf *b, uint32_t v, bool big)
{
	sk_buf_u32le(b, big ? __builtin_bswap32(v) : v);
}

static void put_word(struct sk_buf *b, uint64_t v, bool wide, bool big)
{
	if (wide)
		sk_buf_u64le(b, big ? __builtin_bswap64(v) : v);
	else
		put32(b, (uint32_t)v, big);
}

static void put_section(struct sk_buf *b, uint32_t name, uint64_t off, uint64_t size, bool wide,
			bool big)
{
	put32(b, name, big);
	put32(b, 1, big);
	put_word(b, 1, wide, big);
	put_word(b, 0x400000 + off, wide, big);
	put_word(b, off, wide, big);
	put_word(b, size, wide, big);
	put32(b, 0, big);
	put32(b, 0, big);
	put_word(b, 16, wide, big);
	put_word(b, 0, wide, big);
}

/* An ELF with one section of that name and content. */
static void make_elf(struct sk_buf *b, const char *name, struct sk_span content, bool wide,
		     bool big)
{
	size_t header = wide ? 64 : 52, names = header + content.len;
	size_t names_len = 1 + strlen(name) + 1 + sizeof(".shstrtab");
	size_t table = names + names_len;

	sk_buf_put(b,
		   "\x7f"
		   "ELF",
		   4);
	sk_buf_u8(b, wide ? 2 : 1);
	sk_buf_u8(b, big ? 2 : 1);
	sk_buf_put(b, "\1\0\0\0\0\0\0\0\0", 10);
	put16(b, 2, big);
	put16(b, 62, big);
	put32(b, 1, big);
	put_word(b, 0, wide, big);
	put_word(b, 0, wide, big);
	put_word(b, table, wide, big);
	put32(b, 0, big);
	put16(b, (unsigned)header, big);
	put16(b, 0, big);
	put16(b, 0, big);
	put16(b, wide ? 64 : 40, big);
	put16(b, 3, big);
	put16(b, 2, big);
	sk_buf_span(b, content);
	sk_buf_putc(b, '\0');
	sk_buf_put(b, name, strlen(name) + 1);
	sk_buf_put(b, ".shstrtab", sizeof(".shstrtab"));
	put_section(b, 0, 0, 0, wide, big);
	put_section(b, 1, header, content.len, wide, big);
	put_section(b, (uint32_t)strlen(name) + 2, names, names_len, wide, big);
}

static const char modules[] = "path\texample.com/app\n"
			      "mod\texample.com/app\t(devel)\t\n"
			      "dep\tgithub.com/a/b\tv1.2.3\th1:x\n"
			      "dep\tgithub.com/c/d\tv1.0.0\n"
			      "=>\tfork.example/d\tv1.1.0\th1:y\n"
			      "dep\tgithub.com/e/f\tv1.0.0\n"
			      "=>\t./local\t\n"
			      "build\t-ldflags=\"-w -X main.version=2.3.4\"\n";
static const char wanted[] = "stdlib@1.22.1;github.com/a/b@v1.2.3;fork.example/d@v1.1.0;"
			     "github.com/e/f@;example.com/app@v2.3.4;";

static void build_info(struct sk_buf *b)
{
	char sentinel[16] = "0123456789abcdef";

	sk_buf_put(b, "\xff Go buildinf:\x08\x02", 16);
	for (int i = 0; i < 16; i++)
		sk_buf_u8(b, 0);
	sk_buf_string(b, SK_SPAN_LIT("go1.22.1 X:boringcrypto"));
	sk_buf_varint(b, 32 + sizeof(modules) - 1);
	sk_buf_put(b, sentinel, 16);
	sk_buf_puts(b, modules);
	sk_buf_put(b, sentinel, 16);
}

/* The form before Go 1.18: two addresses of string headers. */
static void old_build_info(struct sk_buf *b, bool wide, bool big)
{
	uint64_t base = 0x400000 + (wide ? 64 : 52);
	unsigned word = wide ? 8 : 4;
	uint64_t headers = 32, go = headers + 4 * word;

	sk_buf_put(b, "\xff Go buildinf:", 14);
	sk_buf_u8(b, (uint8_t)word);
	sk_buf_u8(b, big);
	put_word(b, base + headers, wide, big);
	put_word(b, base + headers + 2 * word, wide, big);
	while (b->len < headers)
		sk_buf_u8(b, 0);
	put_word(b, base + go, wide, big);
	put_word(b, 8, wide, big);
	put_word(b, base + go + 8, wide, big);
	put_word(b, 32 + sizeof(modules) - 1, wide, big);
	sk_buf_puts(b, "go1.22.10123456789abcdef");
	sk_buf_puts(b, modules);
	sk_buf_puts(b, "0123456789abcdef");
}

static void test_go(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf info = { 0 }, elf = { 0 }, out = { 0 };

	build_info(&info);
	for (int i = 0; i < 4; i++) {
		sk_buf_reset(&elf);
		make_elf(&elf, ".go.buildinfo", sk_buf_view(&info), i & 1, i & 2);
		is_str(list(&sk_analyzer_go_binary, sk_buf_view(&elf), &out), wanted);
	}
	for (int i = 0; i < 4; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf old = { 0 };

		sk_buf_reset(&elf);
		old_build_info(&old, i & 1, i & 2);
		make_elf(&elf, ".go.buildinfo", sk_buf_view(&old), i & 1, i & 2);
		is_str(list(&sk_analyzer_go_binary, sk_buf_view(&elf), &out), wanted);
	}
	/* Not at the start of its section, and across the end of what is read at once. */
	for (size_t at = 65536 - 48; at <= 65536; at += 16) {
		sk_cleanup(sk_buf_release) struct sk_buf far = { 0 };

		while (far.len < at)
			sk_buf_u8(&far, 0);
		sk_buf_span(&far, sk_buf_view(&info));
		sk_buf_reset(&elf);
		make_elf(&elf, ".go.buildinfo", sk_buf_view(&far), true, false);
		is_str(list(&sk_analyzer_go_binary, sk_buf_view(&elf), &out), wanted);
	}
	sk_buf_reset(&elf);
	make_elf(&elf, ".data", sk_buf_view(&info), true, false);
	is_str(list(&sk_analyzer_go_binary, sk_buf_view(&elf), &out), "");
}

static void test_rust(void)
{
	static const char json[] =
		"{\"packages\":[{\"name\":\"app\",\"version\":\"0.1.0\",\"root\":true},"
		"{\"name\":\"serde\",\"version\":\"1.0.0\",\"kind\":\"build\"}]}";
	sk_cleanup(sk_buf_release) struct sk_buf elf = { 0 }, out = { 0 };
	unsigned char packed[512];
	uLongf len = sizeof(packed);

	compress(packed, &len, (const unsigned char *)json, sizeof(json) - 1);
	make_elf(&elf, ".dep-v0", sk_span(packed, len), true, false);
	is_str(list(&sk_analyzer_rust_binary, sk_buf_view(&elf), &out), "app@0.1.0;serde@1.0.0;");
	sk_buf_reset(&elf);
	make_elf(&elf, ".dep-v0", sk_span(packed, len / 2), true, false);
	is_str(list(&sk_analyzer_rust_binary, sk_buf_view(&elf), &out), "invalid;");
}

/* An inflated list of gigabytes. */
static void test_rust_bomb(void)
{
	size_t n = SK_MAX_BUILD_INFO + 70000;
	sk_autofree unsigned char *zeros = sk_alloc(n), *packed = sk_alloc(n);
	sk_cleanup(sk_buf_release) struct sk_buf elf = { 0 }, out = { 0 };
	uLongf len = n;

	compress(packed, &len, zeros, n);
	make_elf(&elf, ".dep-v0", sk_span(packed, len), true, false);
	is_str(list(&sk_analyzer_rust_binary, sk_buf_view(&elf), &out), "limit;");
}

static void test_broken(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf info = { 0 }, elf = { 0 }, out = { 0 };

	build_info(&info);
	make_elf(&elf, ".go.buildinfo", sk_buf_view(&info), true, false);
	for (size_t n = 0; n < elf.len; n++)
		list(&sk_analyzer_go_binary, sk_span(elf.data, n), &out);
	for (size_t i = 0; i < elf.len * 8; i++) {
		elf.data[i / 8] ^= (char)(1 << (i % 8));
		list(&sk_analyzer_go_binary, sk_buf_view(&elf), &out);
		list(&sk_analyzer_rust_binary, sk_buf_view(&elf), &out);
		elf.data[i / 8] ^= (char)(1 << (i % 8));
	}
	/* Every field of the header at its largest. */
	for (size_t i = 16; i + 8 <= 64; i++) {
		char saved[8];

		memcpy(saved, elf.data + i, 8);
		memset(elf.data + i, 0xff, 8);
		list(&sk_analyzer_go_binary, sk_buf_view(&elf), &out);
		memcpy(elf.data + i, saved, 8);
	}
	ok(true, "cut off and flipped everywhere");
	/* A class file begins as a universal binary does. */
	is_str(list(&sk_analyzer_go_binary,
		    SK_SPAN_LIT("\xca\xfe\xba\xbe\0\0\0\x34\0\0\0\0\0\0\0\0"), &out),
	       "");
	is_str(list(&sk_analyzer_go_binary, SK_SPAN_LIT("MZ is no program"), &out), "");
}

static void flags_give(const char *flags, const char *version)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };

	sk_golang_ldflags_version(sk_span_str(flags), &out);
	ok(strcmp(sk_buf_str(&out), version) == 0, "%s: %s", flags, version);
}

static void test_ldflags(void)
{
	flags_give("-w -s -X main.version=v1.0.0", "v1.0.0");
	flags_give("-X 'main.version=1.2.3' -X main.commit=abc", "v1.2.3");
	flags_give("-X=example.com/app/version.Version=1.2.3-rc.1", "v1.2.3-rc.1");
	flags_give("-X main.version=1.0.0 -X other/lib.Version=2.0.0", "v1.0.0");
	flags_give("-X main.version=1.0.0 -X cmd.Version=2.0.0", "");
	flags_give("-X main.version=main", "");
	flags_give("-X main.goVersion", "");
	flags_give("-X", "");
	flags_give("", "");
}

static void corpus_has(const char *path, const struct sk_analyzer *analyzer, const char *want)
{
	sk_cleanup(sk_buf_release) struct sk_buf name = { 0 }, bytes = { 0 }, out = { 0 };
	struct sk_err err = SK_ERR_INIT;

	if (!corpora()) {
		skip("no shared cases");
		return;
	}
	sk_buf_printf(&name, "%s/inventory/%s", corpora(), path);
	if (sk_path_slurp(sk_buf_str(&name), 64 << 20, &bytes, &err) < 0) {
		skip(err.text);
		return;
	}
	ok(strstr(list(analyzer, sk_buf_view(&bytes), &out), want) != NULL, "%s: %s", path, want);
}

int main(void)
{
	test_go();
	test_rust();
	test_rust_bomb();
	test_broken();
	test_ldflags();
	corpus_has("trivy-golang-binary-test.elf/files/test.elf", &sk_analyzer_go_binary,
		   "golang.org/x/xerrors@v0.0.0-20200804184101-5ec99f83aff1;");
	corpus_has("trivy-golang-binary-test.macho/files/test.macho", &sk_analyzer_go_binary,
		   "stdlib@1.15.2;");
	corpus_has("trivy-rust-binary-test.exe/files/test.exe", &sk_analyzer_rust_binary,
		   "library_crate@0.1.0;");
	corpus_has("trivy-rust-binary-test.macho/files/test.macho", &sk_analyzer_rust_binary,
		   "library_crate@0.1.0;");
	return tap_done();
}
