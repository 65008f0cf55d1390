/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of a trail: what a line leaves out has a value that tests seldom care about. */
#include "guard/print.h"
#include "guard/trail-text.h"

#include <ctype.h>
#include <errno.h>

/* ---- words ---- */

static char unescape(char c)
{
	return c == 'n' ? '\n' : c == 't' ? '\t' : c == '0' ? '\0' : c;
}

/* The next word; quotes keep blanks together anywhere in it. 1, 0 at the end, or an error. */
int sk_line_word(struct sk_line *l, struct sk_span *ret_word)
{
	sk_cleanup(sk_buf_release) struct sk_buf out = { 0 };
	bool quoted = false, any = false;
	size_t i = 0;

	l->rest = sk_span_trim(l->rest);
	for (; i < l->rest.len && (quoted || !isspace((unsigned char)l->rest.ptr[i])); i++) {
		char c = l->rest.ptr[i];

		any = true;
		if (c == '"')
			quoted = !quoted;
		else if (c == '\\' && quoted && i + 1 < l->rest.len)
			sk_buf_putc(&out, unescape(l->rest.ptr[++i]));
		else
			sk_buf_putc(&out, c);
	}
	if (quoted)
		return sk_err_set(l->err, SK_EINVAL, "a quote is never closed");
	l->rest = sk_span_from(l->rest, i);
	*ret_word = sk_span(sk_arena_dup(l->arena, sk_buf_view(&out)), out.len);
	return any;
}

/* key=value: 1, 0 at the end, or an error. */
int sk_line_pair(struct sk_line *l, struct sk_span *ret_key, struct sk_span *ret_value)
{
	struct sk_span w;
	ptrdiff_t eq;
	int r = sk_line_word(l, &w);

	if (r <= 0)
		return r;
	eq = sk_span_chr(w, '=');
	if (eq <= 0)
		return sk_err_set(l->err, SK_EINVAL, "\"%.*s\" is no name=value", (int)w.len, w.ptr);
	*ret_key = sk_span_sub(w, 0, (size_t)eq);
	*ret_value = sk_span_from(w, (size_t)eq + 1);
	return 1;
}

/* Adds a NUL-terminated string behind the others. */
static void add_string(struct sk_line *l, struct sk_span *strings, struct sk_span one)
{
	char *joined = sk_arena_alloc(l->arena, strings->len + one.len + 1);

	if (strings->len)
		memcpy(joined, strings->ptr, strings->len);
	if (one.len)
		memcpy(joined + strings->len, one.ptr, one.len);
	*strings = sk_span(joined, strings->len + one.len + 1);
}

void sk_line_strings(struct sk_line *l, struct sk_span *strings, struct sk_span text)
{
	struct sk_span part;

	*strings = sk_span("", 0);
	while (sk_span_split(&text, ' ', &part))
		if (part.len)
			add_string(l, strings, part);
}

int sk_line_number(struct sk_line *l, struct sk_span text, int64_t *ret_number)
{
	const char *s = sk_arena_dup(l->arena, text);
	char *end;

	errno = 0;
	*ret_number = s[0] == '-' ? strtoll(s, &end, 0) : (int64_t)strtoull(s, &end, 0);
	if (!*s || *end || errno)
		return sk_err_set(l->err, SK_EINVAL, "\"%s\" is no number", s);
	return 0;
}

int sk_line_file_type(struct sk_line *l, struct sk_span text, enum sk_file_type *ret_type)
{
	for (int type = SK_FILE_UNKNOWN; type <= SK_FILE_TTY; type++)
		if (sk_span_is(text, sk_file_type_name((enum sk_file_type)type))) {
			*ret_type = (enum sk_file_type)type;
			return 0;
		}
	return sk_err_set(l->err, SK_EINVAL, "there is no type of file \"%.*s\"", (int)text.len, text.ptr);
}

/* ---- containers ---- */

static void *grown(struct sk_arena *arena, const void *list, uint32_t count, size_t size)
{
	char *more = sk_arena_alloc(arena, (count + 1) * size);

	if (count)
		memcpy(more, list, count * size);
	return more;
}

/* source:destination[:ro] */
static void add_mount(struct sk_line *l, struct sk_container *c, struct sk_span value)
{
	struct sk_mount_point *mounts = grown(l->arena, c->mounts, c->mount_count, sizeof(*mounts));
	struct sk_mount_point *m = &mounts[c->mount_count++];

	sk_span_split(&value, ':', &m->source);
	sk_span_split(&value, ':', &m->destination);
	m->writable = !sk_span_is(value, "ro");
	m->mode = m->writable ? SK_SPAN_LIT("rw") : SK_SPAN_LIT("ro");
	m->propagation = SK_SPAN_LIT("rprivate");
	c->mounts = mounts;
}

/* name=value */
static void add_label(struct sk_line *l, const struct sk_label **labels, uint32_t *count, struct sk_span value)
{
	struct sk_label *more = grown(l->arena, *labels, *count, sizeof(*more));

	sk_span_split(&value, '=', &more[*count].name);
	more[(*count)++].value = value;
	*labels = more;
}

static int read_container(struct sk_line *l)
{
	struct sk_span name, key, value;
	struct sk_container *c;
	int r = sk_line_word(l, &name);

	if (r <= 0)
		return r < 0 ? r : sk_err_set(l->err, SK_EINVAL, "a container needs a name");
	c = sk_map_get(&l->trail->containers, name);
	if (!c) {
		c = sk_trail_object(l->trail, sizeof(*c), l->err);
		if (!c)
			return -l->err->code;
		*c = (struct sk_container){ .id = name, .name = name, .engine = SK_SPAN_LIT("docker") };
		sk_map_put(&l->trail->containers, name, c);
	}
	while ((r = sk_line_pair(l, &key, &value)) > 0) {
		if (c->mount_count + c->label_count + c->pod_label_count >= SK_MAX_CONTAINER_LABELS)
			return sk_err_set(l->err, SK_ELIMIT, "too many mounts and labels");
		if (sk_span_is(key, "mount"))
			add_mount(l, c, value);
		else if (sk_span_is(key, "label"))
			add_label(l, &c->labels, &c->label_count, value);
		else if (sk_span_is(key, "pod_label"))
			add_label(l, &c->pod_labels, &c->pod_label_count, value);
		else if (sk_member_set(sk_container_members, c, key, value, l->err) < 0)
			return -l->err->code;
	}
	return r;
}

/* ---- processes ---- */

#define DOCKER_CAPABILITIES 0xa80425fbull /* what Docker leaves to a container: docs.docker.com/engine/security */

static int read_capabilities(struct sk_line *l, struct sk_span value, uint64_t *ret_set)
{
	struct sk_span rest = value, name;

	*ret_set = sk_span_is(value, "all") ? (1ull << 41) - 1 : sk_span_is(value, "docker") ? DOCKER_CAPABILITIES : 0;
	if (*ret_set || sk_span_is(value, "none"))
		return 0;
	while (sk_span_split(&rest, ',', &name)) {
		uint64_t bit = sk_capability_bit(name);

		if (!bit)
			return sk_err_set(l->err, SK_EINVAL, "there is no capability \"%.*s\"", (int)name.len, name.ptr);
		*ret_set |= bit;
	}
	return 0;
}

/* stdin=ipv4:10.0.0.1:80->10.0.0.2:3000 */
static int read_stream(struct sk_line *l, struct sk_process *p, int i, struct sk_span value)
{
	struct sk_span type;

	sk_span_split(&value, ':', &type);
	p->standard[i].name = value;
	return sk_line_file_type(l, type, &p->standard[i].type);
}

static const struct sk_user *named_user(struct sk_line *l, uint32_t uid, struct sk_span name)
{
	struct sk_user *user = sk_arena_alloc(l->arena, sizeof(*user));
	bool is_root = sk_span_is(name, "root");

	user->uid = uid;
	user->name = name;
	user->home = is_root ? SK_SPAN_LIT("/root") :
			       sk_span_str(sk_arena_printf(l->arena, "/home/%.*s", (int)name.len, name.ptr));
	user->shell = SK_SPAN_LIT("/bin/sh");
	return user;
}

static int set_parent(struct sk_line *l, struct sk_process *p, struct sk_span value)
{
	struct sk_trail_process *parent = sk_map_get(&l->trail->processes, value);
	unsigned depth = 0;

	if (!parent)
		return sk_err_set(l->err, SK_EINVAL, "there is no process %.*s", (int)value.len, value.ptr);
	for (const struct sk_process *a = &parent->process; a; a = a->parent)
		if (a == p || ++depth > SK_MAX_TRAIL_DEPTH)
			return sk_err_set(l->err, SK_EINVAL, "a process is its own ancestor, or has too many");
	p->parent = &parent->process;
	return 0;
}

static int set_container(struct sk_line *l, struct sk_process *p, struct sk_span value)
{
	p->container = sk_map_get(&l->trail->containers, value);
	if (p->container || sk_span_is(value, "host"))
		return 0;
	return sk_err_set(l->err, SK_EINVAL, "there is no container \"%.*s\"", (int)value.len, value.ptr);
}

/* What is not a plain member: 1 done, 0 not mine, or an error. */
static int special(struct sk_line *l, struct sk_process *p, struct sk_span key, struct sk_span value)
{
	static const char *const streams[] = { "stdin", "stdout", "stderr" };
	int r = 0;

	for (int i = 0; i < 3; i++)
		if (sk_span_is(key, streams[i]))
			return (r = read_stream(l, p, i, value)) < 0 ? r : 1;
	if (sk_span_is(key, "container"))
		return (r = set_container(l, p, value)) < 0 ? r : 1;
	if (sk_span_is(key, "caps")) {
		r = read_capabilities(l, value, &p->cap_effective);
		p->cap_permitted = p->cap_effective;
		return r < 0 ? r : 1;
	}
	if (sk_span_is(key, "args"))
		sk_line_strings(l, &p->args, value);
	else if (sk_span_is(key, "arg"))
		add_string(l, &p->args, value);
	else if (sk_span_is(key, "env"))
		add_string(l, &p->env, value);
	else if (sk_span_is(key, "user"))
		p->user = named_user(l, p->uid, value);
	else if (sk_span_is(key, "login"))
		p->login = named_user(l, p->loginuid, value);
	else if (sk_span_is(key, "upper"))
		p->exe_place = sk_span_is(value, "yes") ? SK_EXE_UPPER : SK_EXE_LOWER;
	else if (sk_span_is(key, "memfd"))
		p->exe_place = SK_EXE_MEMFD;
	else
		return 0;
	return 1;
}

/* A child is born as its parent is. */
static void be_born(struct sk_trail *t, struct sk_process *p, int32_t pid)
{
	const struct sk_process *parent = p->parent;

	*p = (struct sk_process){ .cwd = SK_SPAN_LIT("/"), .loginuid = UINT32_MAX };
	if (parent)
		*p = *parent;
	p->parent = parent;
	p->ppid = parent ? parent->pid : 0;
	p->pid = p->tid = p->vpid = p->vtid = pid;
	if (!parent)
		p->sid = p->pgid = p->vsid = p->vpgid = pid;
	p->clone_time = p->start = t->clock - 1000000000;
	p->args = p->env = sk_span("", 0);
	p->name = p->exe = p->exepath = sk_span("", 0);
	p->exe_place = SK_EXE_UNKNOWN;
}

static void fill_names(struct sk_line *l, struct sk_process *p)
{
	if (!p->exe.len)
		p->exe = p->exepath.len ? p->exepath : p->name;
	if (!p->exepath.len && sk_span_starts(p->exe, "/"))
		p->exepath = p->exe;
	if (!p->exepath.len && p->exe.len)
		p->exepath = sk_span_str(sk_arena_printf(l->arena, "/usr/bin/%.*s", (int)p->exe.len, p->exe.ptr));
	if (!p->name.len)
		p->name = sk_span_sub(sk_span_basename(p->exepath), 0, 15);
}

static int read_process(struct sk_line *l)
{
	struct sk_span name, key, value, rest;
	struct sk_trail_process *p;
	int64_t pid;
	int r = sk_line_word(l, &name);

	if (r <= 0 || sk_line_number(l, name, &pid) < 0 || pid <= 0 || pid > INT32_MAX)
		return sk_err_set(l->err, SK_EINVAL, "a process needs a number");
	p = sk_map_get(&l->trail->processes, name);
	if (!p) {
		p = sk_trail_object(l->trail, sizeof(*p), l->err);
		if (!p)
			return -l->err->code;
		sk_map_put(&l->trail->processes, name, p);
	}
	p->process.parent = NULL;
	rest = l->rest; /* the parent first, wherever it stands */
	while ((r = sk_line_pair(l, &key, &value)) > 0)
		if (sk_span_is(key, "parent") && set_parent(l, &p->process, value) < 0)
			return -l->err->code;
	be_born(l->trail, &p->process, (int32_t)pid);
	l->rest = rest;
	while (r == 0 && (r = sk_line_pair(l, &key, &value)) > 0) {
		r = sk_span_is(key, "parent") ? 1 : special(l, &p->process, key, value);
		if (r == 0)
			r = sk_member_set(sk_process_members, &p->process, key, value, l->err);
		r = r < 0 ? r : 0;
	}
	if (r == 0)
		fill_names(l, &p->process);
	return r;
}

/* ---- lines ---- */

static int read_wait(struct sk_line *l)
{
	struct sk_span seconds = { 0 };
	int64_t n;

	if (sk_line_word(l, &seconds) < 0 || sk_line_number(l, seconds, &n) < 0 || n < 0 || n > 1000000000)
		return sk_err_set(l->err, SK_EINVAL, "wait needs a number of seconds");
	l->trail->clock += n * 1000000000;
	return 0;
}

/* 1: an event. */
static int read_line(struct sk_trail *t, struct sk_span text, struct sk_event *ret_event, struct sk_err *err)
{
	bool defines = sk_span_starts(text, "process ") || sk_span_starts(text, "container ");
	struct sk_line l = { .trail = t, .arena = defines ? &t->arena : &t->passing, .rest = text, .err = err };
	struct sk_span first;
	int r = sk_line_word(&l, &first);

	if (r <= 0)
		return r;
	if (sk_span_is(first, "container"))
		return read_container(&l);
	if (sk_span_is(first, "process"))
		return read_process(&l);
	if (sk_span_is(first, "wait"))
		return read_wait(&l);
	return sk_line_event(&l, first, ret_event);
}

int sk_trail_next_text(struct sk_trail *t, struct sk_event *ret_event, struct sk_err *err)
{
	struct sk_span line;
	int r = 0;

	sk_arena_reset(&t->passing);
	while (r == 0 && sk_span_line(&t->rest, &line)) {
		t->line++;
		line = sk_span_trim(line);
		if (!line.len || line.ptr[0] == '#')
			continue;
		if (line.len > SK_MAX_TRAIL_LINE)
			r = sk_err_set(err, SK_ELIMIT, "longer than %u bytes", SK_MAX_TRAIL_LINE);
		else
			r = read_line(t, line, ret_event, err);
	}
	return r < 0 ? sk_err_wrap(err, "line %u", t->line) : r;
}
