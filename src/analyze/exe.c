/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/exe.h"

#include "base/limits.h"
#include "base/reader.h"

#define FAT_MAGIC 0xcafebabeu /* of Java's class files too: these have no slice count below 45 */
#define FAT64_MAGIC 0xcafebabfu
#define MACHO_MAGIC 0xfeedfaceu
#define MACHO64_MAGIC 0xfeedfacfu

enum {
	ET_REL = 1,
	ET_CORE = 4,
	PT_LOAD = 1,
	PF_W = 2,
	SHT_NOBITS = 8,
	SHF_WRITE = 1,
	LC_SEGMENT = 1,
	LC_SEGMENT_64 = 0x19,
	VM_PROT_WRITE = 2,
	MAX_SLICES = 44,
};
#define PE_WRITE 0x80000000u

/* The end of .shstrtab; longer ones belong to objects compiled with one section a function. */
#define MAX_NAMES (256u << 10)

const char *const sk_exe_magics[] = {
	"\x7f"
	"ELF",
	"MZ",
	"\xcf\xfa\xed\xfe",
	"\xce\xfa\xed\xfe",
	"\xfe\xed\xfa\xcf",
	"\xfe\xed\xfa\xce",
	"\xca\xfe\xba\xbe",
	"\xca\xfe\xba\xbf",
	NULL,
};

struct cursor {
	struct sk_reader r;
	bool big, wide;
};

static uint16_t get16(struct cursor *c)
{
	return c->big ? sk_read_u16be(&c->r) : sk_read_u16le(&c->r);
}

static uint32_t get32(struct cursor *c)
{
	return c->big ? sk_read_u32be(&c->r) : sk_read_u32le(&c->r);
}

static uint64_t get64(struct cursor *c)
{
	return c->big ? sk_read_u64be(&c->r) : sk_read_u64le(&c->r);
}

/* A field as wide as the executable's addresses. */
static uint64_t get_word(struct cursor *c)
{
	return c->wide ? get64(c) : get32(c);
}

static struct cursor cursor(const struct sk_exe *exe, struct sk_span bytes)
{
	return (struct cursor){ sk_reader(bytes), exe->big, exe->wide };
}

int sk_exe_read(const struct sk_exe *exe, uint64_t off, void *bytes, size_t n, struct sk_err *err)
{
	if (off > exe->size || n > exe->size - off)
		return sk_err_set(err, SK_EINVAL, "executable: %zu bytes at %llu are not there", n,
				  (unsigned long long)off);
	return sk_file_read(exe->file, exe->base + off, bytes, n, err);
}

/* A table of the headers: count items of size bytes each. */
static int read_table(const struct sk_exe *exe, uint64_t off, size_t count, size_t size,
		      struct sk_buf *buf, struct sk_err *err)
{
	int rc;

	if (count > SK_MAX_EXE_SECTIONS)
		return sk_err_set(err, SK_ELIMIT, "executable: %zu sections", count);
	rc = sk_exe_read(exe, off, sk_buf_reserve(buf, count * size + 1), count * size, err);
	if (rc == 0)
		buf->len = count * size;
	return rc;
}

static void set_name(struct sk_exe_section *s, struct sk_span name)
{
	size_t n = 0;

	while (n < name.len && n < sizeof(s->name) - 1 && name.ptr[n])
		n++;
	if (n)
		memcpy(s->name, name.ptr, n);
}

/* ---- ELF ---- */

struct elf_header {
	uint64_t phoff, shoff;
	unsigned phentsize, phnum, shentsize, shnum, shstrndx;
};

static int read_elf_header(struct sk_exe *exe, struct elf_header *h, struct sk_err *err)
{
	char bytes[64];
	struct cursor c;
	unsigned type;
	size_t size;
	int rc = sk_exe_read(exe, 0, bytes, 16, err);

	if (rc < 0)
		return rc;
	if (bytes[4] < 1 || bytes[4] > 2 || bytes[5] < 1 || bytes[5] > 2)
		return sk_err_set(err, SK_EINVAL, "ELF: unknown class or byte order");
	exe->wide = bytes[4] == 2;
	exe->big = bytes[5] == 2;
	size = exe->wide ? 64 : 52;
	rc = sk_exe_read(exe, 0, bytes, size, err);
	if (rc < 0)
		return rc;
	c = cursor(exe, sk_span(bytes, size));
	sk_read_skip(&c.r, 16);
	type = get16(&c);
	if (type == ET_REL || type == ET_CORE)
		return sk_err_set(err, SK_EUNSUPPORTED, "ELF: an object file or core dump");
	sk_read_skip(&c.r, 6);
	get_word(&c);
	h->phoff = get_word(&c);
	h->shoff = get_word(&c);
	sk_read_skip(&c.r, 6);
	h->phentsize = get16(&c);
	h->phnum = get16(&c);
	h->shentsize = get16(&c);
	h->shnum = get16(&c);
	h->shstrndx = get16(&c);
	return 0;
}

static int read_elf_segments(struct sk_exe *exe, const struct elf_header *h, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf table = { 0 };
	size_t size = exe->wide ? 56 : 32;
	struct cursor c;
	int rc;

	if (h->phnum == 0 || h->phentsize != size)
		return 0;
	rc = read_table(exe, h->phoff, h->phnum, size, &table, err);
	if (rc < 0)
		return rc;
	c = cursor(exe, sk_buf_view(&table));
	for (unsigned i = 0; i < h->phnum; i++) {
		struct sk_exe_section s = { .segment = true };
		uint32_t flags = 0;

		sk_read_seek(&c.r, i * size);
		if (get32(&c) != PT_LOAD)
			continue;
		if (exe->wide)
			flags = get32(&c);
		s.offset = get_word(&c);
		s.addr = get_word(&c);
		get_word(&c);
		s.size = get_word(&c);
		if (!exe->wide) {
			get32(&c);
			flags = get32(&c);
		}
		s.writable = flags & PF_W;
		*sk_vec_push(&exe->sections) = s;
	}
	return 0;
}

struct elf_section {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
};

static struct elf_section elf_section(struct cursor *c, size_t at)
{
	struct elf_section s;

	sk_read_seek(&c->r, at);
	s.name = get32(c);
	s.type = get32(c);
	s.flags = get_word(c);
	s.addr = get_word(c);
	s.offset = get_word(c);
	s.size = get_word(c);
	return s;
}

static int read_elf_sections(struct sk_exe *exe, const struct elf_header *h, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf table = { 0 }, names = { 0 };
	size_t size = exe->wide ? 64 : 40;
	struct elf_section strings;
	struct cursor c;
	int rc;

	if (h->shnum == 0 || h->shentsize != size || h->shstrndx >= h->shnum)
		return 0;
	rc = read_table(exe, h->shoff, h->shnum, size, &table, err);
	if (rc < 0)
		return rc;
	c = cursor(exe, sk_buf_view(&table));
	strings = elf_section(&c, h->shstrndx * size);
	if (strings.size > MAX_NAMES)
		strings.size = MAX_NAMES;
	rc = sk_exe_read(exe, strings.offset, sk_buf_reserve(&names, strings.size), strings.size,
			 err);
	if (rc < 0)
		return rc;
	names.len = strings.size;
	for (unsigned i = 1; i < h->shnum; i++) {
		struct elf_section e = elf_section(&c, i * size);
		struct sk_exe_section *s = sk_vec_push(&exe->sections);

		set_name(s, sk_span_from(sk_buf_view(&names), e.name));
		s->offset = e.offset;
		s->size = e.type == SHT_NOBITS ? 0 : e.size;
		s->addr = e.addr;
		s->writable = e.flags & SHF_WRITE;
	}
	return 0;
}

static int open_elf(struct sk_exe *exe, struct sk_err *err)
{
	struct elf_header h = { 0 };
	int rc = read_elf_header(exe, &h, err);

	exe->kind = SK_EXE_ELF;
	if (rc == 0)
		rc = read_elf_segments(exe, &h, err);
	return rc == 0 ? read_elf_sections(exe, &h, err) : rc;
}

/* ---- PE ---- */

static int open_pe(struct sk_exe *exe, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf table = { 0 };
	char bytes[64];
	struct cursor c;
	unsigned count, optional;
	uint64_t pe, image;
	int rc = sk_exe_read(exe, 0, bytes, 64, err);

	exe->kind = SK_EXE_PE;
	if (rc < 0)
		return rc;
	c = cursor(exe, sk_span(bytes, 64));
	sk_read_seek(&c.r, 0x3c);
	pe = get32(&c);
	rc = sk_exe_read(exe, pe, bytes, 24 + 32, err);
	if (rc < 0)
		return rc;
	c = cursor(exe, sk_span(bytes, 24 + 32));
	if (get32(&c) != 0x4550)
		return sk_err_set(err, SK_EINVAL, "PE: no header");
	sk_read_skip(&c.r, 2);
	count = get16(&c);
	sk_read_skip(&c.r, 12);
	optional = get16(&c);
	sk_read_skip(&c.r, 2);
	exe->wide = get16(&c) == 0x20b;
	sk_read_seek(&c.r, 24 + (exe->wide ? 24 : 28));
	c.wide = exe->wide;
	image = get_word(&c);
	rc = read_table(exe, pe + 24 + optional, count, 40, &table, err);
	if (rc < 0)
		return rc;
	c = cursor(exe, sk_buf_view(&table));
	for (unsigned i = 0; i < count; i++) {
		struct sk_exe_section *s = sk_vec_push(&exe->sections);
		uint64_t virtual_size;

		set_name(s, sk_read_bytes(&c.r, 8));
		virtual_size = get32(&c);
		s->addr = image + get32(&c);
		s->size = get32(&c);
		s->offset = get32(&c);
		if (virtual_size && virtual_size < s->size)
			s->size = virtual_size;
		sk_read_skip(&c.r, 12);
		s->writable = get32(&c) & PE_WRITE;
	}
	return 0;
}

/* ---- Mach-O ---- */

static void read_macho_segment(struct sk_exe *exe, struct cursor *c)
{
	struct sk_exe_section segment = { .segment = true };
	uint32_t sections;

	set_name(&segment, sk_read_bytes(&c->r, 16));
	segment.addr = get_word(c);
	get_word(c);
	segment.offset = get_word(c);
	segment.size = get_word(c);
	sk_read_skip(&c->r, 4);
	segment.writable = get32(c) & VM_PROT_WRITE;
	sections = get32(c);
	sk_read_skip(&c->r, 4);
	if (c->r.failed)
		return;
	*sk_vec_push(&exe->sections) = segment;
	for (; sections > 0 && exe->sections.len < SK_MAX_EXE_SECTIONS; sections--) {
		struct sk_exe_section s = { .writable = segment.writable };

		set_name(&s, sk_read_bytes(&c->r, 16));
		sk_read_skip(&c->r, 16);
		s.addr = get_word(c);
		s.size = get_word(c);
		s.offset = get32(c);
		sk_read_skip(&c->r, exe->wide ? 28 : 24);
		if (c->r.failed)
			return;
		*sk_vec_push(&exe->sections) = s;
	}
}

static int open_macho(struct sk_exe *exe, struct sk_err *err)
{
	sk_cleanup(sk_buf_release) struct sk_buf commands = { 0 };
	uint32_t count, size;
	char bytes[24];
	struct cursor c;
	int rc = sk_exe_read(exe, 0, bytes, 24, err);

	exe->kind = SK_EXE_MACHO;
	if (rc < 0)
		return rc;
	exe->big = (unsigned char)bytes[0] == 0xfe;
	exe->wide = (unsigned char)bytes[exe->big ? 3 : 0] == 0xcf;
	c = cursor(exe, sk_span(bytes, 24));
	sk_read_seek(&c.r, 16);
	count = get32(&c);
	size = get32(&c);
	if (size > SK_MAX_EXE_COMMANDS)
		return sk_err_set(err, SK_ELIMIT, "Mach-O: %u bytes of load commands", size);
	rc = read_table(exe, exe->wide ? 32 : 28, 1, size, &commands, err);
	if (rc < 0)
		return rc;
	c = cursor(exe, sk_buf_view(&commands));
	for (size_t at = 0; count > 0; count--) {
		struct cursor one = c;
		uint32_t kind, length;

		sk_read_seek(&one.r, at);
		kind = get32(&one);
		length = get32(&one);
		if (one.r.failed || length < 8)
			break;
		one.r = sk_read_window(&c.r, at, length);
		sk_read_skip(&one.r, 8);
		if (kind == (exe->wide ? LC_SEGMENT_64 : LC_SEGMENT))
			read_macho_segment(exe, &one);
		at += length;
	}
	return 0;
}

/* The slice of a universal binary. */
static int find_slice(struct sk_exe *exe, bool wide, unsigned slice, struct sk_err *err)
{
	char bytes[32];
	struct sk_reader r;
	uint32_t count;
	size_t size = wide ? 32 : 20;
	int rc = sk_exe_read(exe, 0, bytes, 8, err);

	if (rc < 0)
		return rc;
	r = sk_reader(sk_span(bytes, 8));
	sk_read_skip(&r, 4);
	count = sk_read_u32be(&r);
	if (count > MAX_SLICES)
		return sk_err_set(err, SK_EINVAL, "Mach-O: %u slices", count);
	if (slice >= count)
		return sk_err_set(err, SK_ENOTFOUND, "Mach-O: no slice %u", slice);
	rc = sk_exe_read(exe, 8 + slice * size, bytes, size, err);
	if (rc < 0)
		return rc;
	r = sk_reader(sk_span(bytes, size));
	sk_read_skip(&r, 8);
	exe->base = wide ? sk_read_u64be(&r) : sk_read_u32be(&r);
	exe->size = wide ? sk_read_u64be(&r) : sk_read_u32be(&r);
	if (exe->base > exe->file->size || exe->size > exe->file->size - exe->base)
		return sk_err_set(err, SK_EINVAL, "Mach-O: slice %u is not in the file", slice);
	return 0;
}

static bool is_macho(struct sk_span magic)
{
	struct sk_reader le = sk_reader(magic), be = le;
	uint32_t a = sk_read_u32le(&le), b = sk_read_u32be(&be);

	return !le.failed &&
	       (a == MACHO_MAGIC || a == MACHO64_MAGIC || b == MACHO_MAGIC || b == MACHO64_MAGIC);
}

int sk_exe_open(struct sk_exe *exe, const struct sk_file *file, unsigned slice, struct sk_err *err)
{
	struct sk_reader r = sk_reader(file->head);
	uint32_t magic = sk_read_u32be(&r);
	char bytes[4];
	int rc;

	*exe = (struct sk_exe){ .file = file, .size = file->size };
	if (magic == FAT_MAGIC || magic == FAT64_MAGIC) {
		rc = find_slice(exe, magic == FAT64_MAGIC, slice, err);
		if (rc == 0)
			rc = sk_exe_read(exe, 0, bytes, 4, err);
		if (rc == 0 && !is_macho(sk_span(bytes, 4)))
			rc = sk_err_set(err, SK_EINVAL, "Mach-O: slice %u is none", slice);
		return rc < 0 ? rc : open_macho(exe, err);
	}
	if (slice > 0)
		return sk_err_set(err, SK_ENOTFOUND, "executable: no slice %u", slice);
	if (magic == 0x7f454c46)
		return open_elf(exe, err);
	if (sk_span_starts(file->head, "MZ"))
		return open_pe(exe, err);
	if (is_macho(file->head))
		return open_macho(exe, err);
	return sk_err_set(err, SK_EINVAL, "not an executable");
}

void sk_exe_release(struct sk_exe *exe)
{
	sk_vec_release(&exe->sections);
}

int sk_exe_each(struct sk_sink *sink, const struct sk_file *file, sk_exe_fn *fn, struct sk_err *err)
{
	int r = 0;

	for (unsigned slice = 0; r == 0; slice++) {
		struct sk_exe exe;
		bool opened = sk_exe_open(&exe, file, slice, NULL) == 0;

		if (opened)
			r = fn(sink, &exe, err);
		sk_exe_release(&exe);
		if (!opened)
			break;
	}
	return r < 0 ? r : 0;
}

const struct sk_exe_section *sk_exe_section(const struct sk_exe *exe, const char *name)
{
	for (size_t i = 0; i < exe->sections.len; i++)
		if (!exe->sections.data[i].segment && strcmp(exe->sections.data[i].name, name) == 0)
			return &exe->sections.data[i];
	return NULL;
}

int sk_exe_read_addr(const struct sk_exe *exe, uint64_t addr, void *bytes, size_t n,
		     struct sk_err *err)
{
	for (size_t i = 0; i < exe->sections.len; i++) {
		const struct sk_exe_section *s = &exe->sections.data[i];

		if (s->addr && addr >= s->addr && addr - s->addr < s->size &&
		    n <= s->size - (addr - s->addr))
			return sk_exe_read(exe, s->offset + (addr - s->addr), bytes, n, err);
	}
	return sk_err_set(err, SK_EINVAL, "executable: nothing at address %llx",
			  (unsigned long long)addr);
}
