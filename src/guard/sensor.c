/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/sensor.h"

#include "base/fd.h"
#include "base/mem.h"
#include "bpf/event.h"
#include "guard/sensor-calls.h"
#include "guard/sensor-decode.h"
#include "sensor.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

/* Records of one poll: where processes are quicker than we are, the caller must come to its turn all the same. */
enum { MAX_TAKEN = 1 << 14 };

struct sk_sensor {
	struct sensor_bpf *bpf;
	SK_VEC(struct bpf_link *) links;
	struct ring_buffer *ring;
	struct sk_process_table *processes;
	struct sk_container_table *containers;
	struct sk_decoder *decoder;
	struct sk_sensor_want want;
	uint64_t broken; /* records that are none */
	/* of the poll that runs */
	sk_sensor_fn *fn;
	void *context;
	struct sk_err *err;
	int handed, taken, failed;
};

bool sk_sensor_built(void)
{
	return true;
}

/* Where the numbers of tracepoints are read; libbpf looks in both places. */
static bool has_tracefs(void)
{
	return access("/sys/kernel/tracing/events/syscalls", R_OK) == 0 ||
	       access("/sys/kernel/debug/tracing/events/syscalls", R_OK) == 0;
}

/* In a mount namespace of our own, so that nobody else sees it. */
static int mount_tracefs(struct sk_err *err)
{
	if (has_tracefs())
		return 0;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount("tracefs", "/sys/kernel/tracing", "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return sk_err_errno(err, "tracefs is not mounted, and it cannot be mounted");
	return has_tracefs() ? 0 : sk_err_set(err, SK_EUNSUPPORTED, "this kernel has no tracepoints of system calls");
}

static int check_needs(struct sk_err *err)
{
	if (geteuid() != 0)
		return sk_err_set(err, SK_EUNSUPPORTED, "to see what processes do needs root");
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return sk_err_set(err, SK_EUNSUPPORTED, "this kernel does not describe its types "
							"(/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF)");
	return mount_tracefs(err);
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

static void fill_table(struct sk_sensor *s)
{
	s->bpf->rodata->own_pid = (uint32_t)getpid();
	s->bpf->rodata->reads_wanted = s->want.reads;
	s->bpf->rodata->env_wanted = s->want.env;
	s->bpf->rodata->ring_bytes = bpf_map__max_entries(s->bpf->maps.ring);
	for (size_t i = 0; i < sk_sensor_call_count; i++) {
		const struct sk_sensor_call *call = &sk_sensor_calls[i];

		if (s->want.types[call->type] && call->number < SK_WIRE_CALLS)
			sk_sensor_call_wire(call, (struct sk_wire_call *)&s->bpf->rodata->calls[call->number]);
	}
}

static int add_link(struct sk_sensor *s, struct bpf_link *link, const char *what, struct sk_err *err)
{
	if (!link)
		return bpf_error(err, -errno, what);
	*sk_vec_push(&s->links) = link;
	return 0;
}

/* A call that this kernel does not have cannot be made. */
static int attach_call(struct sk_sensor *s, const struct sk_sensor_call *call, struct sk_err *err)
{
	char name[64];

	struct bpf_link *link;

	snprintf(name, sizeof(name), "sys_exit_%s", call->name);
	link = bpf_program__attach_tracepoint(s->bpf->progs.on_call, "syscalls", name);
	if (!link && errno == ENOENT)
		return 0;
	return add_link(s, link, name, err);
}

static int attach_dns(struct sk_sensor *s, struct sk_err *err)
{
	if (add_link(s, bpf_program__attach(s->bpf->progs.on_packet_out), "net_dev_queue", err) < 0 ||
	    add_link(s, bpf_program__attach(s->bpf->progs.on_packet_in), "netif_receive_skb", err) < 0)
		return -err->code;
	return 0;
}

static int attach(struct sk_sensor *s, struct sk_err *err)
{
	if (add_link(s, bpf_program__attach(s->bpf->progs.on_exec), "sched_process_exec", err) < 0 ||
	    add_link(s, bpf_program__attach(s->bpf->progs.on_fork), "task_newtask", err) < 0 ||
	    add_link(s, bpf_program__attach(s->bpf->progs.on_exit), "sched_process_exit", err) < 0 ||
	    add_link(s, bpf_program__attach(s->bpf->progs.on_cgroup_made), "cgroup_mkdir", err) < 0 ||
	    add_link(s, bpf_program__attach(s->bpf->progs.on_cgroup_gone), "cgroup_rmdir", err) < 0)
		return -err->code;
	if ((s->want.types[SK_EVENT_DNS] || s->want.names) && attach_dns(s, err) < 0)
		return -err->code;
	for (size_t i = 0; i < sk_sensor_call_count; i++)
		if (s->want.types[sk_sensor_calls[i].type] && attach_call(s, &sk_sensor_calls[i], err) < 0)
			return -err->code;
	return 0;
}

static int on_record(void *context, void *bytes, size_t size)
{
	struct sk_sensor *s = context;
	const struct sk_event *event;
	int r = sk_decode(s->decoder, sk_span(bytes, size), &event, NULL);

	s->broken += r < 0;
	if (r <= 0)
		return 0;
	for (bool more = s->want.types[event->type]; more && s->failed >= 0; more = sk_decode_by_door(s->decoder)) {
		s->handed++;
		s->failed = s->fn(s->context, event, s->err);
	}
	return s->failed < 0 || ++s->taken >= MAX_TAKEN ? -EAGAIN : 0;
}

static void set_clock(struct sk_sensor *s)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	sk_decoder_set_clock(s->decoder,
			     (wall.tv_sec - boot.tv_sec) * INT64_C(1000000000) + wall.tv_nsec - boot.tv_nsec);
}

static int load(struct sk_sensor *s, struct sk_err *err)
{
	int r;

	libbpf_set_print(remember_warning);
	last_warning[0] = '\0';
	s->bpf = sensor_bpf__open();
	if (!s->bpf)
		return bpf_error(err, -errno, "the sensor's programs");
	fill_table(s);
	r = sensor_bpf__load(s->bpf);
	if (r < 0)
		return bpf_error(err, r, "the sensor's programs");
	s->ring = ring_buffer__new(bpf_map__fd(s->bpf->maps.ring), on_record, s, NULL);
	return s->ring ? 0 : bpf_error(err, -errno, "the ring buffer");
}

int sk_sensor_open(const struct sk_sensor_want *want, struct sk_sensor **ret_sensor, struct sk_err *err)
{
	struct sk_sensor *s;
	int r = check_needs(err);

	if (r < 0)
		return r;
	s = sk_alloc(sizeof(*s));
	s->want = *want;
	s->processes = sk_process_table_new(0);
	s->containers = sk_container_table_new();
	s->decoder = sk_decoder_new(s->processes, s->containers);
	set_clock(s);
	/* First the hooks, then those that run already: nobody falls between. */
	if (load(s, err) < 0 || attach(s, err) < 0 || sk_process_table_seed(s->processes, err) < 0) {
		sk_sensor_close(s);
		return -err->code;
	}
	sk_container_table_seed(s->containers, s->processes);
	*ret_sensor = s;
	return 0;
}

void sk_sensor_close(struct sk_sensor *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->links.len; i++)
		bpf_link__destroy(s->links.data[i]);
	sk_vec_release(&s->links);
	ring_buffer__free(s->ring);
	sensor_bpf__destroy(s->bpf);
	sk_decoder_free(s->decoder);
	sk_container_table_free(s->containers);
	sk_process_table_free(s->processes);
	free(s);
}

int sk_sensor_poll(struct sk_sensor *s, int timeout, sk_sensor_fn *fn, void *context, struct sk_err *err)
{
	int r;

	s->fn = fn;
	s->context = context;
	s->err = err;
	s->handed = s->taken = s->failed = 0;
	set_clock(s);
	sk_process_table_sweep(s->processes);
	sk_container_table_sweep(s->containers, s->processes);
	r = ring_buffer__poll(s->ring, timeout);
	if (s->failed < 0)
		return s->failed;
	if (r < 0 && r != -EINTR && r != -EAGAIN)
		return bpf_error(err, r, "the ring buffer");
	return s->handed;
}

struct sk_container_table *sk_sensor_containers(struct sk_sensor *s)
{
	return s->containers;
}

static uint64_t loss(const struct sk_sensor *s, uint32_t reason)
{
	int cpus = libbpf_num_possible_cpus();
	sk_autofree uint64_t *counts = sk_alloc((size_t)(cpus > 0 ? cpus : 1) * sizeof(*counts));
	uint64_t sum = 0;

	if (bpf_map__lookup_elem(s->bpf->maps.losses, &reason, sizeof(reason), counts,
				 (size_t)(cpus > 0 ? cpus : 1) * sizeof(*counts), 0) < 0)
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += counts[i];
	return sum;
}

void sk_sensor_losses(struct sk_sensor *s, struct sk_sensor_loss ret[SK_SENSOR_LOSSES])
{
	ret[0] = (struct sk_sensor_loss){ "calls that were not read in time", loss(s, SK_LOSS_RING_FULL) };
	ret[1] = (struct sk_sensor_loss){ "exec, fork and exit that were not read in time",
					  loss(s, SK_LOSS_RING_PROCESS) };
	ret[2] = (struct sk_sensor_loss){ "no room in the kernel", loss(s, SK_LOSS_SCRATCH) };
	ret[3] = (struct sk_sensor_loss){ "calls of processes that made more than their share", loss(s, SK_LOSS_FLOOD) };
	ret[4] = (struct sk_sensor_loss){ "records that make no sense", s->broken };
}
