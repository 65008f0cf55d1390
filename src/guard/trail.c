/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/trail-internal.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* ---- members ---- */

#define MEMBER(s, name, kind) { #name, offsetof(struct s, name), kind, sizeof(((struct s *)0)->name), 0 }
#define TEXT(s, name) MEMBER(s, name, SK_MEMBER_TEXT)
#define INT(s, name) MEMBER(s, name, SK_MEMBER_INT)
#define UINT(s, name) MEMBER(s, name, SK_MEMBER_UINT)
#define BOOL(s, name) MEMBER(s, name, SK_MEMBER_BOOL)
#define ENUM(s, name, count) { #name, offsetof(struct s, name), SK_MEMBER_ENUM, sizeof(((struct s *)0)->name), count }
#define END { NULL, 0, SK_MEMBER_TEXT, 0, 0 }

const struct sk_member sk_process_members[] = {
	INT(sk_process, pid), INT(sk_process, vpid), INT(sk_process, tid), INT(sk_process, vtid), INT(sk_process, ppid),
	TEXT(sk_process, name), TEXT(sk_process, exe), TEXT(sk_process, exepath), TEXT(sk_process, args),
	TEXT(sk_process, env), TEXT(sk_process, cwd), UINT(sk_process, uid), UINT(sk_process, gid),
	UINT(sk_process, loginuid), TEXT(sk_process, group), UINT(sk_process, cap_permitted),
	UINT(sk_process, cap_effective), UINT(sk_process, cap_inheritable), INT(sk_process, sid), INT(sk_process, pgid),
	INT(sk_process, vsid), INT(sk_process, vpgid), UINT(sk_process, tty), INT(sk_process, start),
	INT(sk_process, clone_time), INT(sk_process, pidns_start), UINT(sk_process, exe_inode),
	INT(sk_process, exe_ctime), INT(sk_process, exe_mtime), ENUM(sk_process, exe_place, SK_EXE_MEMFD + 1),
	BOOL(sk_process, exe_writable), UINT(sk_process, cgroup), BOOL(sk_process, ended), END,
};

const struct sk_member sk_container_members[] = {
	TEXT(sk_container, id), TEXT(sk_container, engine), TEXT(sk_container, name), TEXT(sk_container, image),
	TEXT(sk_container, image_id), TEXT(sk_container, image_digest), TEXT(sk_container, pod_name),
	TEXT(sk_container, pod_uid), TEXT(sk_container, namespace), TEXT(sk_container, pod_id), INT(sk_container, start),
	INT(sk_container, privileged), TEXT(sk_container, ip), TEXT(sk_container, cni), TEXT(sk_container, upper),
	TEXT(sk_container, cgroup),
	TEXT(sk_container, healthcheck), TEXT(sk_container, liveness), TEXT(sk_container, readiness),
	INT(sk_container, host_pid), INT(sk_container, host_network), INT(sk_container, host_ipc), END,
};

const struct sk_member sk_user_members[] = {
	UINT(sk_user, uid), TEXT(sk_user, name), TEXT(sk_user, home), TEXT(sk_user, shell), END,
};

const struct sk_member sk_file_members[] = {
	ENUM(sk_file, type, SK_FILE_TTY + 1), TEXT(sk_file, name), TEXT(sk_file, raw_name), UINT(sk_file, dev_major),
	UINT(sk_file, dev_minor), UINT(sk_file, inode), UINT(sk_file, open_flags), INT(sk_file, upper),
	BOOL(sk_file, cut), BOOL(sk_file, created), BOOL(sk_file, outside), END,
};

const struct sk_member sk_socket_members[] = {
	UINT(sk_socket, family), UINT(sk_socket, protocol), UINT(sk_socket, type), BOOL(sk_socket, server),
	BOOL(sk_socket, connected), BOOL(sk_socket, name_changed), UINT(sk_socket, client_port),
	UINT(sk_socket, server_port), BOOL(sk_socket, has_client), BOOL(sk_socket, has_server), TEXT(sk_socket, path),
	TEXT(sk_socket, server_name), END,
};

const struct sk_member sk_mount_members[] = {
	TEXT(sk_mount_point, source), TEXT(sk_mount_point, destination), TEXT(sk_mount_point, mode),
	TEXT(sk_mount_point, propagation), BOOL(sk_mount_point, writable), END,
};

const struct sk_member sk_label_members[] = { TEXT(sk_label, name), TEXT(sk_label, value), END };

void sk_put_signed(struct sk_buf *out, int64_t value)
{
	sk_buf_varint(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

int64_t sk_get_signed(struct sk_reader *r)
{
	uint64_t v = sk_read_varint(r);

	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static void store(const struct sk_member *m, void *at, uint64_t value)
{
	switch (m->size) {
	case 1:
		memcpy(at, &(uint8_t){ (uint8_t)value }, 1);
		break;
	case 2:
		memcpy(at, &(uint16_t){ (uint16_t)value }, 2);
		break;
	case 4:
		memcpy(at, &(uint32_t){ (uint32_t)value }, 4);
		break;
	default:
		memcpy(at, &value, 8);
		break;
	}
}

static uint64_t load(const struct sk_member *m, const void *at)
{
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;

	switch (m->size) {
	case 1:
		memcpy(&a, at, 1);
		return m->kind == SK_MEMBER_INT ? (uint64_t)(int64_t)(int8_t)a : a;
	case 2:
		memcpy(&b, at, 2);
		return m->kind == SK_MEMBER_INT ? (uint64_t)(int64_t)(int16_t)b : b;
	case 4:
		memcpy(&c, at, 4);
		return m->kind == SK_MEMBER_INT ? (uint64_t)(int64_t)(int32_t)c : c;
	default:
		memcpy(&d, at, 8);
		return d;
	}
}

/* Is the number one that the member can hold? */
static bool fits(const struct sk_member *m, uint64_t value)
{
	int64_t number = (int64_t)value;

	if (m->kind == SK_MEMBER_BOOL)
		return value <= 1;
	if (m->kind == SK_MEMBER_ENUM)
		return value < m->count;
	if (m->size == 8)
		return true;
	if (m->kind == SK_MEMBER_UINT)
		return value >> (m->size * 8) == 0;
	return number >= -(1ll << (m->size * 8 - 1)) && number < 1ll << (m->size * 8 - 1);
}

void sk_members_put(struct sk_buf *out, const struct sk_member *members, const void *base)
{
	for (const struct sk_member *m = members; m->name; m++) {
		const void *at = (const char *)base + m->offset;

		if (m->kind == SK_MEMBER_TEXT)
			sk_buf_string(out, *(const struct sk_span *)at);
		else if (m->kind == SK_MEMBER_INT)
			sk_put_signed(out, (int64_t)load(m, at));
		else
			sk_buf_varint(out, load(m, at));
	}
}

void sk_members_get(struct sk_reader *r, const struct sk_member *members, void *base)
{
	for (const struct sk_member *m = members; m->name; m++) {
		void *at = (char *)base + m->offset;
		uint64_t value;

		if (m->kind == SK_MEMBER_TEXT) {
			*(struct sk_span *)at = sk_read_string(r);
			continue;
		}
		value = m->kind == SK_MEMBER_INT ? (uint64_t)sk_get_signed(r) : sk_read_varint(r);
		if (!fits(m, value))
			r->failed = true;
		else
			store(m, at, value);
	}
}

static bool parse_number(struct sk_span text, uint64_t *ret_value)
{
	char buf[32], *end;

	if (sk_span_is(text, "yes") || sk_span_is(text, "no")) {
		*ret_value = sk_span_is(text, "yes");
		return true;
	}
	if (text.len == 0 || text.len >= sizeof(buf))
		return false;
	memcpy(buf, text.ptr, text.len);
	buf[text.len] = '\0';
	*ret_value = buf[0] == '-' ? (uint64_t)strtoll(buf, &end, 0) : strtoull(buf, &end, 0);
	return *end == '\0';
}

int sk_member_set(const struct sk_member *members, void *base, struct sk_span name, struct sk_span text,
		  struct sk_err *err)
{
	for (const struct sk_member *m = members; m->name; m++) {
		void *at = (char *)base + m->offset;
		uint64_t value;

		if (!sk_span_is(name, m->name))
			continue;
		if (m->kind == SK_MEMBER_TEXT)
			*(struct sk_span *)at = text;
		else if (parse_number(text, &value) && fits(m, value))
			store(m, at, value);
		else
			return sk_err_set(err, SK_EINVAL, "%s: \"%.*s\" is no number that fits", m->name, (int)text.len,
					  text.ptr);
		return 0;
	}
	return sk_err_set(err, SK_EINVAL, "there is no \"%.*s\" here", (int)name.len, name.ptr);
}

/* ---- opening ---- */

void *sk_trail_object(struct sk_trail *trail, size_t size, struct sk_err *err)
{
	if (trail->objects >= SK_MAX_TRAIL_OBJECTS || trail->arena.total > SK_MAX_TRAIL_MEMORY) {
		sk_err_set(err, SK_ELIMIT, "more than %u processes and containers", SK_MAX_TRAIL_OBJECTS);
		return NULL;
	}
	trail->objects++;
	return sk_arena_alloc(&trail->arena, size);
}

int sk_trail_from(struct sk_span bytes, const char *name, struct sk_trail **ret_trail, struct sk_err *err)
{
	struct sk_trail *t = sk_alloc(sizeof(*t));

	t->name = sk_arena_str(&t->arena, name);
	t->is_text = !sk_span_starts(bytes, SK_TRAIL_MAGIC);
	t->rest = bytes;
	t->clock = 1767225600ll * 1000000000; /* text without a clock: the beginning of 2026 */
	t->reader = sk_reader(bytes);
	if (!t->is_text) {
		sk_read_skip(&t->reader, strlen(SK_TRAIL_MAGIC));
		if (sk_read_u32le(&t->reader) != SK_TRAIL_VERSION || sk_read_u32le(&t->reader) || t->reader.failed) {
			sk_trail_free(t);
			return sk_err_set(err, SK_EUNSUPPORTED, "%s: a record of another version", name);
		}
	}
	*ret_trail = t;
	return 0;
}

int sk_trail_open(const char *path, struct sk_trail **ret_trail, struct sk_err *err)
{
	sk_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return sk_err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > SK_MAX_TRAIL_BYTES)
		return sk_err_set(err, SK_EINVAL, "%s: no file, or larger than %llu bytes", path,
				  (unsigned long long)SK_MAX_TRAIL_BYTES);
	if (st.st_size) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			return sk_err_errno(err, "%s", path);
	}
	r = sk_trail_from(sk_span(map, (size_t)st.st_size), path, ret_trail, err);
	if (r < 0) {
		if (map)
			munmap(map, (size_t)st.st_size);
		return r;
	}
	(*ret_trail)->map = map;
	(*ret_trail)->map_size = (size_t)st.st_size;
	return 0;
}

void sk_trail_free(struct sk_trail *t)
{
	if (!t)
		return;
	if (t->map)
		munmap(t->map, t->map_size);
	sk_map_release(&t->containers);
	sk_map_release(&t->processes);
	sk_vec_release(&t->container_list);
	sk_vec_release(&t->process_list);
	sk_vec_release(&t->types);
	sk_arena_release(&t->arena);
	sk_arena_release(&t->passing);
	free(t);
}

int sk_trail_next(struct sk_trail *trail, struct sk_event *ret_event, struct sk_err *err)
{
	struct sk_err own = SK_ERR_INIT;
	int r;

	if (!err)
		err = &own;
	r = trail->is_text ? sk_trail_next_text(trail, ret_event, err) : sk_trail_next_binary(trail, ret_event, err);
	if (r >= 0)
		return r;
	trail->rest.len = 0;
	trail->reader.off = trail->reader.len;
	return sk_err_wrap(err, "%s", trail->name);
}

uint64_t sk_trail_unknown(const struct sk_trail *trail)
{
	return trail->unknown;
}
