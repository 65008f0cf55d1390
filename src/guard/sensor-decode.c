/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/sensor-internal.h"

#include "base/mem.h"
#include "base/reader.h"
#include "guard/sensor-calls.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

static void on_container(void *context, enum sk_container_change change, const struct sk_container *container,
			 uint64_t cgroup)
{
	struct sk_decoder *d = context;

	if (change == SK_CONTAINER_KNOWN)
		sk_users_prepare(d->users, container);
}

struct sk_decoder *sk_decoder_new(struct sk_process_table *processes, struct sk_container_table *containers)
{
	struct sk_decoder *d = sk_alloc(sizeof(*d));

	d->processes = processes;
	d->containers = containers;
	d->names = sk_dns_names_new();
	d->users = sk_users_new();
	sk_container_table_observe(containers, on_container, d);
	return d;
}

void sk_decoder_free(struct sk_decoder *decoder)
{
	if (!decoder)
		return;
	sk_dns_names_free(decoder->names);
	sk_users_free(decoder->users);
	free(decoder);
}

void sk_decoder_set_clock(struct sk_decoder *decoder, int64_t offset)
{
	decoder->clock = offset;
}

uint64_t sk_decoder_tag(const struct sk_decoder *decoder)
{
	return decoder->tag;
}

struct sk_span sk_decoder_keep(struct sk_decoder *d, struct sk_span s)
{
	char *to = d->text + d->used;

	if (s.len > SK_DECODER_TEXT - d->used)
		return sk_span(NULL, 0);
	if (s.len)
		memcpy(to, s.ptr, s.len);
	d->used += s.len;
	return sk_span(to, s.len);
}

bool sk_decoder_parse(struct sk_span bytes, struct sk_decoder_record *ret)
{
	struct sk_reader r = sk_reader(bytes);
	struct sk_span head = sk_read_bytes(&r, sizeof(ret->head));

	if (r.failed)
		return false;
	memcpy(&ret->head, head.ptr, sizeof(ret->head));
	if (ret->head.size != bytes.len)
		return false;
	while (sk_reader_more(&r) && ret->part_count < SK_DECODER_PARTS) {
		struct sk_decoder_part *p = &ret->parts[ret->part_count++];

		head = sk_read_bytes(&r, sizeof(p->head));
		if (r.failed)
			return false;
		memcpy(&p->head, head.ptr, sizeof(p->head));
		p->body = sk_read_bytes(&r, p->head.length);
	}
	return !r.failed;
}

const struct sk_decoder_part *sk_decoder_part(const struct sk_decoder_record *r, enum sk_wire_part_kind kind, int index)
{
	for (size_t i = 0; i < r->part_count; i++)
		if (r->parts[i].head.kind == kind && (index < 0 || r->parts[i].head.index == index))
			return &r->parts[i];
	return NULL;
}

/* ---- processes ---- */

static uint32_t tty_device(uint32_t tty)
{
	return tty ? (uint32_t)makedev(tty >> 20, tty & 0xfffff) : 0;
}

/* What the kernel says with each event wins over what is remembered. */
static void put_task(struct sk_decoder *d, struct sk_process *p, const struct sk_wire_task *t, bool is_start)
{
	p->tid = t->tid;
	p->vtid = t->vtid;
	p->vpid = t->vpid;
	p->pgid = t->pgid;
	p->sid = t->sid;
	p->vpgid = t->vpgid;
	p->vsid = t->vsid;
	p->uid = t->uid;
	p->gid = t->gid;
	p->loginuid = t->loginuid;
	p->tty = tty_device(t->tty);
	p->cap_inheritable = t->inheritable;
	p->cap_permitted = t->permitted;
	p->cap_effective = t->effective;
	p->clone_time = (int64_t)t->start + d->clock;
	p->boot_start = t->start;
	if (!p->start)
		p->start = p->clone_time;
	p->pidns_start = (int64_t)t->pidns_start + d->clock;
	p->cgroup = t->cgroup;
	for (size_t i = 0; i < SK_COUNT(t->namespaces); i++)
		p->namespaces[i] = t->namespaces[i];
	/* As the program was called or its parent: what it calls itself afterwards is no fact. */
	if (is_start || !p->name.len)
		sk_process_table_set(p, SK_PROCESS_NAME, sk_span(t->name, strnlen(t->name, sizeof(t->name))));
}

static void put_container(struct sk_decoder *d, const struct sk_decoder_record *r, struct sk_process *p)
{
	const struct sk_decoder_part *part = sk_decoder_part(r, SK_PART_CGROUP, -1);
	struct sk_span path = part ? sk_decoder_path(d, part, part->body) : sk_span(NULL, 0);

	p->container = sk_container_table_find(d->containers, p, path);
	if (r->head.kind == SK_WIRE_EXEC)
		sk_users_look(d->users, p);
}

static void put_users(struct sk_decoder *d, struct sk_process *p)
{
	p->user = sk_users_find(d->users, p->container, p->uid);
	p->login = p->loginuid == UINT32_MAX ? NULL : sk_users_find(d->users, NULL, p->loginuid);
	p->group = sk_users_group(d->users, p->container, p->gid);
}

/* One that was not known is looked up, and else made. */
static struct sk_process *known_process(struct sk_decoder *d, int32_t pid, int32_t parent)
{
	struct sk_process *p = sk_process_table_get(d->processes, pid);

	if (!p && sk_process_table_look(d->processes, pid))
		p = sk_process_table_get(d->processes, pid);
	return p ? p : sk_process_table_add(d->processes, pid, parent);
}

void sk_decoder_put_process(struct sk_decoder *d, const struct sk_decoder_record *r, struct sk_process *p, bool is_start)
{
	put_task(d, p, &r->head.task, is_start);
	put_container(d, r, p);
	put_users(d, p);
}

static struct sk_process *process_of(struct sk_decoder *d, const struct sk_decoder_record *r)
{
	struct sk_process *p = known_process(d, r->head.task.pid, r->head.task.ppid);

	sk_decoder_put_process(d, r, p, r->head.kind == SK_WIRE_EXEC);
	return p;
}

static enum sk_exe_place place_of(const struct sk_file *file)
{
	if (file->type == SK_FILE_MEMFD)
		return SK_EXE_MEMFD;
	return file->upper < 0 ? SK_EXE_PLAIN : file->upper ? SK_EXE_UPPER : SK_EXE_LOWER;
}

static void put_streams(const struct sk_decoder_record *r, struct sk_process *p)
{
	const struct sk_decoder_part *part = sk_decoder_part(r, SK_PART_STREAMS, -1);

	for (size_t i = 0; i < SK_COUNT(p->standard); i++) {
		struct sk_wire_stream stream = { 0 };

		if (part && part->body.len >= (i + 1) * sizeof(stream))
			memcpy(&stream, part->body.ptr + i * sizeof(stream), sizeof(stream));
		p->standard[i] = (struct sk_file){ .type = sk_decoder_stream_type(&stream), .upper = -1 };
	}
}

static void put_env(const struct sk_decoder_record *r, struct sk_process *p)
{
	const struct sk_decoder_part *first = sk_decoder_part(r, SK_PART_ENV, 0), *rest = sk_decoder_part(r, SK_PART_ENV, 1);
	sk_cleanup(sk_buf_release) struct sk_buf whole = { 0 };

	if (!first || !rest) {
		sk_process_table_set(p, SK_PROCESS_ENV, first ? first->body : sk_span(NULL, 0));
		return;
	}
	sk_buf_span(&whole, first->body);
	sk_buf_span(&whole, rest->body);
	sk_process_table_set(p, SK_PROCESS_ENV, sk_buf_view(&whole));
}

void sk_decoder_put_program(struct sk_decoder *d, const struct sk_decoder_record *r, struct sk_process *p)
{
	const struct sk_decoder_part *file = sk_decoder_part(r, SK_PART_FILE, -1),
				     *args = sk_decoder_part(r, SK_PART_ARGS, -1);
	const struct sk_decoder_part *cwd = sk_decoder_part(r, SK_PART_CWD, -1);
	struct sk_wire_file wire;

	p->start = (int64_t)r->head.time + d->clock;
	if (file && sk_decoder_read_file(d, file, &wire)) {
		sk_process_table_set(p, SK_PROCESS_EXEPATH, d->file.name);
		p->exe_inode = wire.inode;
		p->exe_ctime = wire.ctime;
		p->exe_mtime = wire.mtime;
		p->exe_writable = wire.writable;
		p->exe_place = place_of(&d->file);
	}
	sk_process_table_set_args(p, args ? args->body : sk_span(NULL, 0));
	put_env(r, p);
	if (cwd)
		sk_process_table_set(p, SK_PROCESS_CWD, sk_decoder_path(d, cwd, cwd->body));
	put_streams(r, p);
}

/* ---- events ---- */

static void add(struct sk_decoder *d, struct sk_arg arg)
{
	d->args[d->event.arg_count++] = arg;
}

static void add_int(struct sk_decoder *d, int64_t value)
{
	add(d, (struct sk_arg){ .i = value });
}

static void add_uint(struct sk_decoder *d, uint64_t value)
{
	add(d, (struct sk_arg){ .u = value });
}

static void add_text(struct sk_decoder *d, struct sk_span text)
{
	add(d, (struct sk_arg){ .text = text });
}

/* As sk_exe_flags has them. */
static uint64_t program_flags(const struct sk_process *p)
{
	static const uint8_t places[] = { [SK_EXE_UPPER] = 2, [SK_EXE_MEMFD] = 4, [SK_EXE_LOWER] = 8 };
	uint64_t place = (size_t)p->exe_place < SK_COUNT(places) ? places[p->exe_place] : 0;

	return place | (p->exe_writable ? 1 : 0);
}

static void decode_exec(struct sk_decoder *d, const struct sk_decoder_record *r, struct sk_process *p)
{
	const struct sk_decoder_part *name = sk_decoder_part(r, SK_PART_FILENAME, -1);

	sk_decoder_put_program(d, r, p);
	sk_container_table_program(d->containers, p);
	add_int(d, 0);
	add_text(d, p->exe);
	add_text(d, p->args);
	add_int(d, p->tid);
	add_int(d, p->pid);
	add_int(d, p->ppid);
	add_text(d, p->cwd);
	add_text(d, p->name);
	add_text(d, p->env);
	add_uint(d, p->tty);
	add_int(d, p->vpgid);
	add_uint(d, p->loginuid);
	add_uint(d, p->exe_inode);
	add_uint(d, p->uid);
	add_uint(d, p->gid);
	add_text(d, p->exepath);
	add_text(d, name ? sk_decoder_keep(d, name->body) : sk_span(NULL, 0));
	add_uint(d, program_flags(p));
}

/* The header is the child's, and so is the event: its parent is at hand. */
static struct sk_process *decode_fork(struct sk_decoder *d, const struct sk_decoder_record *r)
{
	const struct sk_wire_task *t = &r->head.task;
	struct sk_process *p;

	if (!sk_process_table_get(d->processes, t->ppid))
		sk_process_table_look(d->processes, t->ppid);
	p = sk_process_table_fork(d->processes, t->pid, t->ppid, (int32_t)r->head.args[1]);
	p->start = (int64_t)t->start + d->clock;
	sk_decoder_put_process(d, r, p, true);
	d->event.result = 0;
	add_int(d, 0);
	add_text(d, p->exe);
	add_text(d, p->args);
	add_int(d, p->tid);
	add_int(d, p->pid);
	add_int(d, p->ppid);
	add_text(d, p->cwd);
	add_text(d, p->name);
	add_uint(d, r->head.args[0]);
	add_uint(d, p->uid);
	add_uint(d, p->gid);
	add_int(d, p->vtid);
	add_int(d, p->vpid);
	return p;
}

static void decode_exit(struct sk_decoder *d, const struct sk_decoder_record *r, struct sk_process *p)
{
	int status = (int)r->head.result;

	add_int(d, status);
	add_int(d, status >> 8 & 0xff);
	add_int(d, status & 0x7f);
	sk_container_table_exit(d->containers, p);
	sk_process_table_end(d->processes, p);
}

/* Nothing that rules ask for, but what processes in it are told by. */
static void take_cgroup(struct sk_decoder *d, const struct sk_decoder_record *r, const struct sk_process *maker)
{
	const struct sk_decoder_part *part = sk_decoder_part(r, SK_PART_CGROUP, -1);

	if (part)
		sk_container_table_cgroup(d->containers, maker, r->head.args[0], sk_decoder_path(d, part, part->body),
					  r->head.kind == SK_WIRE_CGROUP_GONE);
}

/* A path that the process gave, made absolute by the folder that it began at. */
static struct sk_span joined(struct sk_decoder *d, const struct sk_decoder_part *folder, struct sk_span text)
{
	struct sk_span base = sk_decoder_path(d, folder, folder->body), whole;
	char *to = d->text + d->used;

	if (!base.len || base.len + text.len + 1 > SK_DECODER_TEXT - d->used)
		return text;
	memcpy(to, base.ptr, base.len);
	whole = sk_span(to, base.len);
	if (text.len) {
		if (base.ptr[base.len - 1] != '/')
			to[whole.len++] = '/';
		memcpy(to + whole.len, text.ptr, text.len);
		whole.len += text.len;
	}
	d->used += whole.len;
	return whole;
}

static struct sk_arg string_arg(struct sk_decoder *d, const struct sk_decoder_record *r, int index)
{
	const struct sk_decoder_part *text = sk_decoder_part(r, SK_PART_STRING, index),
				     *folder = sk_decoder_part(r, SK_PART_FOLDER, index);

	if (!text)
		return (struct sk_arg){ .type = SK_ARG_ABSENT };
	return (struct sk_arg){ .type = SK_ARG_TEXT,
				.text = folder ? joined(d, folder, sk_decoder_keep(d, text->body))
					       : sk_decoder_keep(d, text->body) };
}

static bool is_narrow(enum sk_arg_type type)
{
	return type == SK_ARG_FD || type == SK_ARG_PID || type == SK_ARG_INT || type == SK_ARG_SIGNAL;
}

/* A register as the event has it: the kernel takes 32 bits of most. */
static struct sk_arg register_arg(enum sk_arg_type type, uint64_t value)
{
	if (is_narrow(type))
		return (struct sk_arg){ .i = (int32_t)value };
	if (type == SK_ARG_UID || type == SK_ARG_GID)
		return (struct sk_arg){ .u = (uint32_t)value };
	return (struct sk_arg){ .u = value };
}

static struct sk_arg bytes_arg(struct sk_decoder *d, const struct sk_decoder_record *r, int index)
{
	const struct sk_decoder_part *bytes = sk_decoder_part(r, SK_PART_BYTES, index);

	return (struct sk_arg){ .text = bytes ? sk_decoder_keep(d, bytes->body) : sk_span(NULL, 0) };
}

/* A word of struct open_how (openat2(2)), as the process has it when the call is over. */
static uint64_t open_how(const struct sk_decoder_record *r, unsigned word)
{
	const struct sk_decoder_part *how = sk_decoder_part(r, SK_PART_BYTES, SK_SENSOR_OPEN_HOW);
	uint64_t value = 0;

	if (how && how->body.len >= (word + 1) * sizeof(value))
		memcpy(&value, how->body.ptr + word * sizeof(value), sizeof(value));
	return value;
}

/* An open file's own flags are the truth; some it forgets, and only these are believed of the process. */
static uint64_t open_how_flags(const struct sk_decoder_record *r, const struct sk_file *file)
{
	const uint64_t forgotten = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;

	return file ? file->open_flags | (open_how(r, 0) & forgotten) : open_how(r, 0);
}

/*
 * Whom a signal goes to. The number is of the sender's pid namespace; negative
 * ones are groups, called by their leader. NULL: everybody, or nobody that is known.
 */
static const struct sk_process *target_of(struct sk_decoder *d, const struct sk_decoder_record *r, const struct sk_event *e)
{
	int32_t pid = (int32_t)r->head.args[0];

	if (pid < -1)
		pid = -pid;
	else if (pid <= 0)
		return NULL;
	/* Who has our numbers names others by them. */
	if (e->process->vpid == e->process->pid)
		return sk_process_table_get(d->processes, pid);
	return sk_process_table_find(d->processes, pid, e->process->namespaces[SK_NS_PID]);
}

static struct sk_arg target_arg(struct sk_decoder *d, const struct sk_decoder_record *r, const struct sk_event *e, char letter)
{
	const struct sk_process *target = target_of(d, r, e);

	if (!target || letter == 'T')
		return (struct sk_arg){ .text = target ? target->name : sk_span(NULL, 0) };
	return (struct sk_arg){ .text = target->container ? sk_span_sub(target->container->id, 0, 12) : SK_SPAN_LIT("host") };
}

/* What a letter of a call's description (sensor-calls.h) stands for. */
static struct sk_arg call_arg(struct sk_decoder *d, const struct sk_decoder_record *r, const struct sk_event *e,
			      enum sk_arg_type type, char letter)
{
	const struct sk_file *f = e->file;

	if (letter >= '0' && letter <= '5')
		return register_arg(type, r->head.args[letter - '0']);
	if (letter >= 'a' && letter <= 'f')
		return string_arg(d, r, letter - 'a');
	if (letter >= 'A' && letter <= 'F')
		return bytes_arg(d, r, letter - 'A');
	switch (letter) {
	case 'r': return (struct sk_arg){ .i = r->head.result };
	case 's': return (struct sk_arg){ .socket = f ? f->socket : NULL };
	case 'u': return (struct sk_arg){ .u = open_how_flags(r, f) };
	case 'v': return (struct sk_arg){ .u = open_how(r, 1) };
	case 'w': return (struct sk_arg){ .u = open_how(r, 2) };
	case 'i': return (struct sk_arg){ .u = f ? makedev(f->dev_major, f->dev_minor) : 0 };
	case 'n': return (struct sk_arg){ .u = f ? f->inode : 0 };
	case 'x': return (struct sk_arg){ .u = r->head.task.inheritable };
	case 'y': return (struct sk_arg){ .u = r->head.task.permitted };
	case 'z': return (struct sk_arg){ .u = r->head.task.effective };
	case 't':
	case 'T': return target_arg(d, r, e, letter);
	default: return (struct sk_arg){ .type = SK_ARG_ABSENT };
	}
}

static bool is_told(struct sk_decoder *d, char letter, const struct sk_decoder_record *r, const struct sk_event *e)
{
	if (letter == '-')
		return false;
	if (letter >= 'a' && letter <= 'f')
		return sk_decoder_part(r, SK_PART_STRING, letter - 'a');
	if (letter >= 'A' && letter <= 'F')
		return sk_decoder_part(r, SK_PART_BYTES, letter - 'A');
	if (letter == 'v' || letter == 'w')
		return sk_decoder_part(r, SK_PART_BYTES, SK_SENSOR_OPEN_HOW);
	if (letter == 's')
		return e->file && e->file->socket;
	if (letter == 't' || letter == 'T')
		return target_of(d, r, e);
	return true;
}

static int descriptor_of(const struct sk_decoder_record *r, const struct sk_sensor_call *call)
{
	if (call->file == SK_WIRE_RESULT)
		return r->head.result >= 0 ? (int)r->head.result : -1;
	return call->file < 6 ? (int)r->head.args[call->file] : -1;
}

static int decode_call(struct sk_decoder *d, const struct sk_decoder_record *r, struct sk_process *p,
		       struct sk_err *err)
{
	struct sk_event *e = &d->event;
	const struct sk_sensor_call *call = sk_sensor_call_of((enum sk_event_type)r->head.event, r->head.call);
	const struct sk_arg_desc *desc;
	const struct sk_decoder_part *cwd;

	if (!call)
		return sk_err_set(err, SK_EINVAL, "system call %u is not known as an event", r->head.call);
	e->type = call->type;
	e->process = p;
	e->fd = descriptor_of(r, call);
	e->file = call->file == SK_WIRE_NONE ? NULL : sk_decoder_file(d, r, e->type, call->file);
	desc = sk_event_descs[e->type].args;
	for (size_t i = 0; call->args[i] && desc[i].name; i++) {
		struct sk_arg arg = call_arg(d, r, e, desc[i].type, call->args[i]);

		arg.type = is_told(d, call->args[i], r, e) ? desc[i].type : SK_ARG_ABSENT;
		add(d, arg);
		if (e->file && !e->file->socket && arg.type == SK_ARG_PATH)
			d->file.raw_name = arg.text;
	}
	cwd = sk_decoder_part(r, SK_PART_CWD, -1);
	if (cwd)
		sk_process_table_set(p, SK_PROCESS_CWD, sk_decoder_path(d, cwd, cwd->body));
	return 0;
}

static enum sk_event_type type_of(const struct sk_wire_record *head)
{
	switch (head->kind) {
	case SK_WIRE_EXEC: return head->call == SYS_execveat ? SK_EVENT_EXECVEAT : SK_EVENT_EXECVE;
	case SK_WIRE_EXIT: return SK_EVENT_PROCEXIT;
	case SK_WIRE_FORK:
#ifdef SYS_fork
		if (head->call == SYS_fork || head->call == SYS_vfork)
			return head->call == SYS_fork ? SK_EVENT_FORK : SK_EVENT_VFORK;
#endif
		return head->call == SYS_clone3 ? SK_EVENT_CLONE3 : SK_EVENT_CLONE;
	default: return (enum sk_event_type)head->event;
	}
}

/* The arguments of events that are made here have the types that their descriptions say. */
static void put_types(struct sk_event *e, struct sk_arg *args)
{
	for (uint8_t i = 0; i < e->arg_count; i++)
		args[i].type = sk_event_descs[e->type].args[i].type;
}

int sk_decode(struct sk_decoder *d, struct sk_span bytes, const struct sk_event **ret_event, struct sk_err *err)
{
	struct sk_decoder_record r = { 0 };
	struct sk_event *e = &d->event;
	struct sk_process *p = NULL;
	int result = 0;

	if (!sk_decoder_parse(bytes, &r) || r.head.event >= SK_EVENT_COUNT)
		return sk_err_set(err, SK_EINVAL, "a record of %zu bytes is none", bytes.len);
	d->used = 0;
	d->tag = r.head.tag;
	*e = (struct sk_event){ .cpu = (uint16_t)r.head.cpu, .number = ++d->number, .fd = -1, .args = d->args,
				.time = (int64_t)r.head.time + d->clock, .result = r.head.result,
				.type = type_of(&r.head) };
	if (r.head.kind == SK_WIRE_ANSWER)
		p = known_process(d, r.head.task.pid, 0);
	else if (r.head.kind != SK_WIRE_FORK)
		p = process_of(d, &r);
	switch (r.head.kind) {
	case SK_WIRE_EXEC: decode_exec(d, &r, p); break;
	case SK_WIRE_FORK: p = decode_fork(d, &r); break;
	case SK_WIRE_EXIT: decode_exit(d, &r, p); break;
	case SK_WIRE_CALL: result = decode_call(d, &r, p, err); break;
	case SK_WIRE_QUESTION:
	case SK_WIRE_ANSWER: sk_decode_dns(d, &r); break;
	case SK_WIRE_CGROUP_MADE:
	case SK_WIRE_CGROUP_GONE: take_cgroup(d, &r, p); return 0;
	default: result = sk_err_set(err, SK_EINVAL, "a record is of no known kind (%u)", r.head.kind);
	}
	if (result < 0)
		return result;
	if (r.head.kind < SK_WIRE_CALL)
		put_types(e, d->args);
	e->process = p;
	*ret_event = e;
	return 1;
}

bool sk_decode_by_door(struct sk_decoder *d)
{
	struct sk_span name = d->file.raw_name;

	if (!d->event.file || d->file.socket || sk_span_starts(d->file.name, "/proc/self/") ||
	    (!sk_span_is(name, "/proc/self/exe") && !sk_span_starts(name, "/proc/self/fd/")))
		return false;
	d->file.name = name;
	d->file.type = SK_FILE_REGULAR;
	d->event.number = ++d->number;
	return true;
}
