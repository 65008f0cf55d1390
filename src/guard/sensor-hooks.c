/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/sensor-hooks.h"

#include "base/fd.h"
#include "base/limits.h"
#include "base/mem.h"
#include "bpf/event.h"
#include "guard/ring.h"
#include "guard/sensor-calls.h"
#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* Programs that hang on something else than a system call. */
enum { ON_EXEC, ON_FORK, ON_EXIT, ON_CGROUP_MADE, ON_CGROUP_GONE, ON_PACKET_OUT, ON_PACKET_IN, ON_ORDER, ON_CALLS };

/*
 * What a call hangs on: its function where the kernel has trampolines, with the
 * functions that 32-bit programs call, or else its tracepoint.
 */
enum { AT_NATIVE, AT_NARROW, AT_COMPAT, PLACES };
static const struct {
	const char *program, *function; /* what their names begin with */
} places[PLACES] = {
#if defined(__x86_64__)
	[AT_NATIVE] = { "native_", "__x64_sys_" },
	[AT_NARROW] = { "narrow_", "__ia32_sys_" },
	[AT_COMPAT] = { "compat_", "__ia32_compat_sys_" },
#else
	[AT_NATIVE] = { "native_", "__arm64_sys_" },
#endif
};

struct sk_hooks {
	struct sensor_bpf *bpf;
	const char *tracepoints; /* why calls hang on them; NULL: they hang on their functions */
	struct bpf_program *on_open; /* of two, the one that this kernel can run */
	struct bpf_program *on_order; /* the same; NULL: none */
	struct bpf_program *after_open; /* as on_open, on functions */
	struct sk_ring *ring;
	uint64_t *boring;	 /* shared with the kernel: tags by place */
	struct bpf_link *alive;	 /* the look at all processes */
	struct bpf_link **links; /* by number: ON_..., and from ON_CALLS on PLACES of each of sk_sensor_calls */
	int cpus;
};

/* Where the numbers of tracepoints are read; libbpf looks in both places. */
static bool has_tracefs(void)
{
	return access("/sys/kernel/tracing/events/syscalls", R_OK) == 0 ||
	       access("/sys/kernel/debug/tracing/events/syscalls", R_OK) == 0;
}

/* In a mount namespace of our own, so that nobody else sees it. */
int sk_sensor_tracefs(struct sk_err *err)
{
	if (has_tracefs())
		return 0;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount("tracefs", "/sys/kernel/tracing", "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return sk_err_errno(err, "tracefs is not mounted, and it cannot be mounted");
	return has_tracefs() ? 0 : sk_err_set(err, SK_EUNSUPPORTED, "this kernel has no tracepoints of system calls");
}

void sk_sensor_overlay(void)
{
	/* Asking for a file system by its name loads it; where that is not allowed, it may be there all the same. */
	int fd = (int)syscall(SYS_fsopen, "overlay", 1 /* FSOPEN_CLOEXEC */);

	if (fd >= 0)
		close(fd);
}

static int check_needs(struct sk_err *err)
{
	if (geteuid() != 0)
		return sk_err_set(err, SK_EUNSUPPORTED, "to see what processes do needs root");
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return sk_err_set(err, SK_EUNSUPPORTED, "this kernel does not describe its types "
							"(/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF)");
	return sk_sensor_tracefs(err);
}

/* libbpf's last warning: it has the reason where its code has not. */
static _Thread_local char last_warning[512];

__attribute__((format(printf, 2, 0))) static int remember_warning(enum libbpf_print_level level, const char *fmt,
								  va_list args)
{
	size_t n;

	if (level != LIBBPF_WARN || strstr(fmt, "BEGIN PROG LOAD LOG") || strstr(fmt, "failed to load"))
		return 0;
	vsnprintf(last_warning, sizeof(last_warning), fmt, args);
	n = strcspn(last_warning, "\n");
	last_warning[n] = '\0';
	return 0;
}

static int bpf_error(struct sk_err *err, int code, const char *what)
{
	errno = -code;
	if (code == -EPERM || code == -EACCES)
		return sk_err_set(err, SK_EUNSUPPORTED, "%s: the kernel does not allow it here (%s)", what,
				  last_warning[0] ? last_warning : strerror(-code));
	return sk_err_set(err, SK_EIO, "%s: %s%s%s", what, strerror(-code), last_warning[0] ? ": " : "", last_warning);
}

/* ---- what is told ---- */

/* Words that the kernel reads while they change: each call's row is whole before its hook is there. */
static void fill_table(struct sk_hooks *h, const struct sk_sensor_want *want)
{
	struct sk_wire_call *calls = h->bpf->data_calls->calls;

	h->bpf->bss->env_wanted = want->env;
	for (size_t i = 0; i < sk_sensor_call_count; i++) {
		const struct sk_sensor_call *call = &sk_sensor_calls[i];
		struct sk_wire_call row = { 0 };

		if (call->number >= SK_WIRE_CALLS)
			continue;
		if (want->types[call->type])
			sk_sensor_call_wire(call, want, &row);
		calls[call->number] = row;
	}
}

/* ---- what it hangs on ---- */

static struct bpf_program *program_of(const struct sk_hooks *h, const struct sk_sensor_call *call)
{
	if (call->flags & SK_CALL_OPENS)
		return h->on_open;
	return call->type == SK_EVENT_SENDMMSG || call->type == SK_EVENT_RECVMMSG ? h->bpf->progs.on_messages :
										    h->bpf->progs.on_call;
}

static bool wants_orders(const struct sk_sensor_want *want)
{
	for (size_t i = 0; i < sk_sensor_order_count; i++)
		if (want->types[sk_sensor_orders[i].type])
			return true;
	return false;
}

static bool is_wanted(const struct sk_sensor_want *want, size_t n)
{
	if (n < ON_PACKET_OUT)
		return true;
	if (n < ON_ORDER)
		return want->types[SK_EVENT_DNS] || want->names;
	if (n == ON_ORDER)
		return wants_orders(want);
	return want->types[sk_sensor_calls[(n - ON_CALLS) / PLACES].type];
}

static size_t hook_count(void)
{
	return ON_CALLS + PLACES * sk_sensor_call_count;
}

/* The small program on a call's function; NULL where this kernel has no such function. */
static struct bpf_program *on_function(const struct sk_hooks *h, const struct sk_sensor_call *call, size_t place)
{
	struct bpf_program *program;
	char name[64];

	if (h->tracepoints || !places[place].program)
		return NULL;
	snprintf(name, sizeof(name), "%s%s", places[place].program, call->name);
	program = bpf_object__find_program_by_name(h->bpf->obj, name);
	return program && bpf_program__autoload(program) ? program : NULL;
}

/* A call that this kernel does not have cannot be made: it has no hook, which is no error. */
static int attach_call(struct sk_hooks *h, size_t n, struct sk_err *err)
{
	const struct sk_sensor_call *call = &sk_sensor_calls[(n - ON_CALLS) / PLACES];
	size_t place = (n - ON_CALLS) % PLACES;
	struct bpf_program *program = on_function(h, call, place);
	LIBBPF_OPTS(bpf_trace_opts, options, .cookie = SK_WIRE_COOKIE((uint64_t)call->number, place != AT_NATIVE));
	char name[64];

	if (program) {
		h->links[n] = bpf_program__attach_trace_opts(program, &options);
		return h->links[n] ? 0 : bpf_error(err, -errno, bpf_program__name(program));
	}
	if (place != AT_NATIVE)
		return 0;
	snprintf(name, sizeof(name), "sys_exit_%s", call->name);
	h->links[n] = bpf_program__attach_tracepoint(program_of(h, call), "syscalls", name);
	return h->links[n] || errno == ENOENT ? 0 : bpf_error(err, -errno, name);
}

static int attach(struct sk_hooks *h, size_t n, struct sk_err *err)
{
	struct bpf_program *const programs[ON_CALLS] = {
		[ON_EXEC] = h->bpf->progs.on_exec,
		[ON_FORK] = h->bpf->progs.on_fork,
		[ON_EXIT] = h->bpf->progs.on_exit,
		[ON_CGROUP_MADE] = h->bpf->progs.on_cgroup_made,
		[ON_CGROUP_GONE] = h->bpf->progs.on_cgroup_gone,
		[ON_PACKET_OUT] = h->bpf->progs.on_packet_out,
		[ON_PACKET_IN] = h->bpf->progs.on_packet_in,
		[ON_ORDER] = h->on_order,
	};

	if (n >= ON_CALLS)
		return attach_call(h, n, err);
	if (n == ON_ORDER && !h->on_order) /* a kernel without io_uring */
		return 0;
	h->links[n] = bpf_program__attach(programs[n]);
	return h->links[n] ? 0 : bpf_error(err, -errno, bpf_program__name(programs[n]));
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Closes all descriptors but these, which are sorted. */
static void close_others(const int *keep, size_t count)
{
	unsigned from = 0;

	for (size_t i = 0; i < count; i++) {
		if ((unsigned)keep[i] > from)
			close_range(from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	close_range(from, ~0u, 0);
}

/*
 * The last one who closes a hook waits until no processor can be in it any
 * more, 70 ms for each here: three seconds for forty. A process of its own
 * waits, which has nothing open but them, and begins when `go` ends.
 */
static void wait_for_hooks(int go, int *fds, size_t count)
{
	char byte;

	fds[count++] = go;
	qsort(fds, count, sizeof(*fds), by_number);
	close_others(fds, count);
	(void)!read(go, &byte, 1);
	_exit(0);
}

static void detach(struct sk_hooks *h, const struct sk_sensor_want *want)
{
	sk_autofree int *fds = sk_alloc((hook_count() + 1) * sizeof(*fds));
	size_t count = 0;
	int ends[2];
	pid_t child;

	for (size_t n = 0; n < hook_count(); n++)
		if (h->links[n] && !(want && is_wanted(want, n)))
			fds[count++] = bpf_link__fd(h->links[n]);
	if (!count || pipe2(ends, O_CLOEXEC) < 0)
		ends[0] = ends[1] = -1;
	child = ends[0] >= 0 ? fork() : -1;
	if (child == 0) {
		/* Nobody waits for a grandchild. */
		if (fork() == 0)
			wait_for_hooks(ends[0], fds, count);
		_exit(0);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
	for (size_t n = 0; n < hook_count(); n++) {
		if (!h->links[n] || (want && is_wanted(want, n)))
			continue;
		bpf_link__destroy(h->links[n]);
		h->links[n] = NULL;
	}
	sk_closep(&ends[0]);
	sk_closep(&ends[1]);
}

int sk_hooks_want(struct sk_hooks *h, const struct sk_sensor_want *want, struct sk_err *err)
{
	sk_hooks_forget_boring(h);
	fill_table(h, want);
	for (size_t n = 0; n < hook_count(); n++)
		if (is_wanted(want, n) && !h->links[n] && attach(h, n, err) < 0)
			return -err->code;
	detach(h, want);
	return 0;
}

/* ---- programs ---- */

/* Odd, so that nothing that is multiplied with it is lost. */
static uint64_t secret(void)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		abort(); /* Linux has it since 3.17, and root may read it */
	return number | 1;
}

static bool kernel_has(const struct btf *btf, const char *name, uint32_t kind)
{
	return btf && btf__find_by_name_kind(btf, name, kind) > 0;
}

/* A program that does nothing on a function of the kernel: the only way to know whether one may. */
static bool trampolines_work(void)
{
	static const struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FEXIT);
	sk_autoclose int program = -1, link = -1;
	sk_autofree char *name = sk_printf("%sopenat", places[AT_NATIVE].function);
	int id = libbpf_find_vmlinux_btf_id(name, BPF_TRACE_FEXIT);

	if (id <= 0)
		return false;
	options.attach_btf_id = (uint32_t)id;
	program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "trial", "GPL", nothing, SK_COUNT(nothing), &options);
	link = program >= 0 ? bpf_raw_tracepoint_open(NULL, program) : -1;
	return link >= 0;
}

/*
 * A task that is taken off its processor in the middle of a program would find
 * another's record in its place: trampolines leave the kernel free to do that
 * where it does so at all, tracepoints do not.
 */
static bool is_preemptible(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf modes = { 0 };
	struct utsname host;

	if (uname(&host) < 0 || strstr(host.version, "PREEMPT_RT"))
		return true;
	if (!strstr(host.version, "PREEMPT"))
		return false;
	/* "none (voluntary) full" of a kernel that decides when it boots; without it nobody knows. */
	if (sk_path_slurp("/sys/kernel/debug/sched/preempt", 256, &modes, NULL) < 0)
		return true;
	return !strstr(sk_buf_str(&modes), "(none)") && !strstr(sk_buf_str(&modes), "(voluntary)");
}

/* Why calls hang on tracepoints, with that word before it; NULL: on their functions. */
static const char *why_tracepoints(void)
{
	if (!trampolines_work())
		return "tracepoints (this kernel lets nothing hang on its functions)";
	return is_preemptible() ? "tracepoints (this kernel is preemptible, or does not say that it is not)" : NULL;
}

/* The type of a function's parameters and result; 0: there is no such function. */
static uint32_t shape_of(const struct btf *btf, const char *prefix, const char *call)
{
	sk_autofree char *name = sk_printf("%s%s", prefix, call);
	int id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) : -1;

	return id > 0 ? btf__type_by_id(btf, (uint32_t)id)->type : 0;
}

/* Those small programs whose functions this kernel has, and what they go on to. */
static void choose_functions(struct sk_hooks *h, const struct btf *btf, bool casts)
{
	uint32_t shape = shape_of(btf, places[AT_NATIVE].function, "openat"),
		 net_shape = shape_of(btf, places[AT_NATIVE].function, "socket");

	h->tracepoints = shape && net_shape ? why_tracepoints() : "tracepoints (this kernel's calls have no functions)";
	if (h->tracepoints)
		return;
	h->after_open = casts ? h->bpf->progs.after_open : h->bpf->progs.after_open_slowly;
	bpf_program__set_autoload(h->after_open, true);
	bpf_program__set_autoload(h->bpf->progs.after_call, true);
	bpf_program__set_autoload(h->bpf->progs.after_net_call, true);
	bpf_program__set_autoload(h->bpf->progs.after_net_messages, true);
	for (size_t i = 0; i < sk_sensor_call_count; i++)
		for (size_t place = 0; place < PLACES && places[place].program; place++) {
			const struct sk_sensor_call *call = &sk_sensor_calls[i];
			sk_autofree char *name = sk_printf("%s%s", places[place].program, call->name);
			struct bpf_program *program = bpf_object__find_program_by_name(h->bpf->obj, name);

			uint32_t own = shape_of(btf, places[place].function, call->name);

			if (program && own && (call->type == SK_EVENT_IO_URING_SETUP || own == (call->is_net ? net_shape : shape)))
				bpf_program__set_autoload(program, true);
		}
}

static int fill_after(struct sk_hooks *h, struct sk_err *err)
{
	const struct {
		const struct bpf_map *map;
		uint32_t what;
		const struct bpf_program *program;
	} ways[] = {
		{ h->bpf->maps.after, SK_AFTER_CALL, h->bpf->progs.after_call },
		{ h->bpf->maps.after, SK_AFTER_OPEN, h->after_open },
		{ h->bpf->maps.after_net, SK_AFTER_CALL, h->bpf->progs.after_net_call },
		{ h->bpf->maps.after_net, SK_AFTER_MESSAGES, h->bpf->progs.after_net_messages },
	};

	for (size_t i = 0; i < SK_COUNT(ways) && !h->tracepoints; i++) {
		int fd = bpf_program__fd(ways[i].program);
		int r = bpf_map__update_elem(ways[i].map, &ways[i].what, sizeof(ways[i].what), &fd, sizeof(fd), 0);

		if (r < 0)
			return bpf_error(err, r, bpf_program__name(ways[i].program));
	}
	return 0;
}

/* Of programs that do the same on different kernels, the one that this kernel can run; NULL: none. */
static void choose_programs(struct sk_hooks *h)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool casts = kernel_has(btf, "bpf_rdonly_cast", BTF_KIND_FUNC);
	bool orders = kernel_has(btf, "btf_trace_io_uring_submit_req", BTF_KIND_TYPEDEF);
	bool older = !orders && kernel_has(btf, "btf_trace_io_uring_submit_sqe", BTF_KIND_TYPEDEF);

	choose_functions(h, btf, casts);
	btf__free(btf);
	h->on_open = casts ? h->bpf->progs.on_open : h->bpf->progs.on_open_slowly;
	h->on_order = orders ? h->bpf->progs.on_order : older ? h->bpf->progs.on_order_older : NULL;
	bpf_program__set_autoload(h->bpf->progs.on_open, casts);
	bpf_program__set_autoload(h->bpf->progs.on_open_slowly, !casts);
	bpf_program__set_autoload(h->bpf->progs.on_order, orders);
	bpf_program__set_autoload(h->bpf->progs.on_order_older, older);
	for (size_t i = 0; i < sk_sensor_order_count; i++) {
		const struct sk_sensor_order *order = &sk_sensor_orders[i];

		h->bpf->rodata->orders[order->opcode].call = (uint16_t)order->number;
		h->bpf->rodata->orders[order->opcode].shape = order->shape;
	}
}

static int load(struct sk_hooks *h, struct sk_err *err)
{
	int r;

	libbpf_set_print(remember_warning);
	last_warning[0] = '\0';
	sk_sensor_overlay();
	h->bpf = sensor_bpf__open();
	if (!h->bpf)
		return bpf_error(err, -errno, "the sensor's programs");
	h->bpf->rodata->own_pid = (uint32_t)getpid();
	h->bpf->rodata->ring_bytes = bpf_map__max_entries(h->bpf->maps.ring);
	h->bpf->rodata->tag_secret = secret();
	choose_programs(h);
	r = sensor_bpf__load(h->bpf);
	if (r < 0)
		return bpf_error(err, r, "the sensor's programs");
	return fill_after(h, err);
}

const char *sk_hooks_kind(const struct sk_hooks *h)
{
	return h->tracepoints ? h->tracepoints : "functions";
}

static int map_boring(struct sk_hooks *h, struct sk_err *err)
{
	void *memory = mmap(NULL, SK_WIRE_BORING * sizeof(*h->boring), PROT_READ | PROT_WRITE, MAP_SHARED,
			    bpf_map__fd(h->bpf->maps.boring), 0);

	if (memory == MAP_FAILED)
		return bpf_error(err, -errno, "the memory of boring opens");
	h->boring = memory;
	return 0;
}

int sk_hooks_open(int (*record)(void *context, void *bytes, size_t size), void *context, struct sk_hooks **ret_hooks,
		  struct sk_err *err)
{
	struct sk_hooks *h;
	int r = check_needs(err);

	if (r < 0)
		return r;
	h = sk_alloc(sizeof(*h));
	h->links = sk_alloc(hook_count() * sizeof(*h->links));
	h->cpus = libbpf_num_possible_cpus();
	if (load(h, err) < 0 || map_boring(h, err) < 0) {
		sk_hooks_close(h);
		return -err->code;
	}
	h->alive = bpf_program__attach_iter(h->bpf->progs.tell_alive, NULL);
	r = sk_ring_open(bpf_map__fd(h->bpf->maps.ring), record, context, &h->ring, err);
	if (r < 0) {
		sk_hooks_close(h);
		return r;
	}
	*ret_hooks = h;
	return 0;
}

void sk_hooks_close(struct sk_hooks *h)
{
	if (!h)
		return;
	if (h->bpf)
		detach(h, NULL);
	bpf_link__destroy(h->alive);
	if (h->boring)
		munmap(h->boring, SK_WIRE_BORING * sizeof(*h->boring));
	sk_ring_close(h->ring);
	sensor_bpf__destroy(h->bpf);
	free(h->links);
	free(h);
}

int sk_hooks_fd(const struct sk_hooks *h)
{
	return sk_ring_fd(h->ring);
}

int sk_hooks_poll(struct sk_hooks *h, int timeout, struct sk_err *err)
{
	int r = sk_ring_poll(h->ring, timeout);

	return r < 0 && r != -EINTR && r != -EAGAIN ? bpf_error(err, r, "the ring buffer") : 0;
}

int sk_hooks_alive(struct sk_hooks *h, struct sk_buf *ret, struct sk_err *err)
{
	sk_autoclose int fd = h->alive ? bpf_iter_create(bpf_link__fd(h->alive)) : -ENOENT;

	if (fd < 0)
		return bpf_error(err, fd, "the list of processes");
	return sk_fd_slurp(fd, SK_MAX_ALIVE_BYTES, ret, err);
}

void sk_hooks_bore(struct sk_hooks *h, uint64_t tag)
{
	__atomic_store_n(&h->boring[SK_WIRE_BORING_PLACE(tag)], tag, __ATOMIC_RELAXED);
}

void sk_hooks_forget_boring(struct sk_hooks *h)
{
	memset(h->boring, 0, SK_WIRE_BORING * sizeof(*h->boring));
}

size_t sk_hooks_cpus(const struct sk_hooks *h)
{
	return h->cpus > 0 ? (size_t)h->cpus : 0;
}

void sk_hooks_losses(const struct sk_hooks *h, uint32_t reason, uint64_t *ret_counts)
{
	size_t size = sk_hooks_cpus(h) * sizeof(*ret_counts);

	if (bpf_map__lookup_elem(h->bpf->maps.losses, &reason, sizeof(reason), ret_counts, size, 0) < 0)
		memset(ret_counts, 0, size);
}
