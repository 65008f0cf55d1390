/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/inuse-internal.h"

#include "agent/harden.h"
#include "analyze/run-file.h"
#include "base/hash.h"
#include "base/limits.h"
#include "guard/container.h"
#include "guard/process-table.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

/* Between an exec and a look at what the dynamic linker has mapped by then. */
enum { SETTLE_MS = 150, SEEN = 8192 };

/* On its way to the thread. */
struct sighting {
	char *image_id, *image, *path; /* path NULL: look at the process */
	char *container;
	int32_t pid;
	uint8_t how;
	int64_t time; /* seconds since 1970 */
	int64_t due;  /* of a look: milliseconds of the monotonic clock */
};
typedef SK_VEC(struct sighting) sightings;

struct sk_inuse {
	const struct sk_inuse_config *config;
	char *folder;
	/* the main thread's: what it has told within this minute */
	struct {
		uint64_t key;
		int64_t minute;
	} seen[SEEN];
	/* shared */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	sightings queue;
	bool ending;
	struct sk_inuse_counts counts;
	/* the thread's */
	pthread_t thread;
	struct sk_inuse_records records;
	sightings looks; /* not due yet */
	struct sk_inuse_containers containers;
};

/* ---- the main thread ---- */

/* Whether this was told within the same minute. Keyed: nobody can aim at what shall not be told. */
static bool is_known(struct sk_inuse *in, struct sk_span image, struct sk_span path, uint8_t how,
		     int64_t minute)
{
	uint64_t key = (sk_hash(image) * 31 + sk_hash(path)) * 31 + how;
	size_t at = key % SEEN;

	if (in->seen[at].key == key && in->seen[at].minute == minute)
		return true;
	in->seen[at].key = key;
	in->seen[at].minute = minute;
	return false;
}

static char *copy(struct sk_span s)
{
	return sk_strndup(s.ptr ? s.ptr : "", s.len);
}

static void sighting_release(struct sighting *s)
{
	free(s->image_id);
	free(s->image);
	free(s->path);
	free(s->container);
}

static void tell(struct sk_inuse *in, struct sighting s)
{
	bool full;

	pthread_mutex_lock(&in->lock);
	full = in->queue.len >= SK_MAX_IN_USE_QUEUE;
	if (full) {
		in->counts.lost++;
	} else {
		if (!in->queue.len)
			pthread_cond_signal(&in->wake);
		*sk_vec_push(&in->queue) = s;
	}
	pthread_mutex_unlock(&in->lock);
	if (full)
		sighting_release(&s);
}

static struct sighting sighting_of(const struct sk_event *event, struct sk_span path, uint8_t how)
{
	const struct sk_container *c = event->process->container;

	return (struct sighting){
		.image_id = copy(c->image_id),
		.image = copy(c->image),
		.container = copy(c->id),
		.path = path.len ? copy(path) : NULL,
		.pid = event->process->pid,
		.how = how,
		.time = event->time / 1000000000,
	};
}

static void saw(struct sk_inuse *in, const struct sk_event *event, struct sk_span path, uint8_t how)
{
	struct sk_span image = event->process->container->image_id;

	if (path.len && !is_known(in, image, path, how, event->time / 60000000000ll))
		tell(in, sighting_of(event, path, how));
}

static void on_exec(struct sk_inuse *in, const struct sk_event *event)
{
	const struct sk_process *p = event->process;
	sk_cleanup(sk_buf_release) struct sk_buf script = { 0 };

	if (sk_inuse_script(p, &script))
		saw(in, event, sk_buf_view(&script), SK_IN_USE_SCRIPT);
	if (p->exe_place == SK_EXE_UPPER || p->exe_place == SK_EXE_MEMFD)
		return;
	saw(in, event, p->exepath, SK_IN_USE_RUN);
	/* One look a minute at each program is enough: the libraries are the same each time. */
	if (!is_known(in, p->container->image_id, p->exepath, 0, event->time / 60000000000ll))
		tell(in, sighting_of(event, sk_span(NULL, 0), 0));
}

static void on_file(struct sk_inuse *in, const struct sk_event *event)
{
	const struct sk_file *f = event->file;
	struct sk_arg prot;

	if (!f || f->type != SK_FILE_REGULAR || f->upper == 1 || f->created || event->result < 0)
		return;
	if (event->type == SK_EVENT_MMAP) {
		prot = sk_event_arg(event, SK_SPAN_LIT("prot"));
		if (prot.type != SK_ARG_ABSENT && (prot.u & PROT_EXEC))
			saw(in, event, f->name, SK_IN_USE_MAPPED);
		return;
	}
	if (sk_run_kind_by_name(f->name) != SK_RUN_OTHER)
		saw(in, event, f->name, SK_IN_USE_OPENED);
}

void sk_inuse_event(struct sk_inuse *in, const struct sk_event *event)
{
	if (!in || !event->process->container || !event->process->container->image_id.len)
		return;
	switch (event->type) {
	case SK_EVENT_EXECVE:
	case SK_EVENT_EXECVEAT:
		if (event->result >= 0)
			on_exec(in, event);
		break;
	case SK_EVENT_OPEN:
	case SK_EVENT_OPENAT:
	case SK_EVENT_OPENAT2:
	case SK_EVENT_MMAP:
		on_file(in, event);
		break;
	default:
		break;
	}
}

struct sk_inuse_counts sk_inuse_counts(struct sk_inuse *in)
{
	struct sk_inuse_counts counts = { 0 };

	if (!in)
		return counts;
	pthread_mutex_lock(&in->lock);
	counts = in->counts;
	pthread_mutex_unlock(&in->lock);
	return counts;
}

/* ---- the thread ---- */

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct looking {
	struct sk_inuse *in;
	struct sk_inuse_image *image;
	int64_t now;
};

static void on_seen(void *context, struct sk_span path, uint8_t how)
{
	const struct looking *l = context;

	sk_inuse_note(&l->in->records, l->image, path, how, l->now);
}

static void look(struct sk_inuse *in, int32_t pid, struct sk_span container,
		 struct sk_inuse_image *image)
{
	struct looking l = { in, image, time(NULL) };

	sk_inuse_look("/proc", pid, container, on_seen, &l);
}

static void take(struct sk_inuse *in, struct sighting *s)
{
	struct sk_inuse_image *image = sk_inuse_image(&in->records, sk_span_str(s->image_id),
						      sk_span_str(s->image), s->time);

	if (image && s->path)
		sk_inuse_note(&in->records, image, sk_span_str(s->path), s->how, s->time);
	else if (image)
		look(in, s->pid, sk_span_str(s->container), image);
}

/* Looks wait until the program has settled; everything else is kept at once. */
static void take_all(struct sk_inuse *in, sightings *queue)
{
	int64_t now = monotonic_ms();

	for (size_t i = 0; i < queue->len; i++) {
		struct sighting *s = &queue->data[i];

		take(in, s);
		if (!s->path && in->looks.len < SK_MAX_IN_USE_QUEUE) {
			s->due = now + SETTLE_MS;
			*sk_vec_push(&in->looks) = *s;
			continue;
		}
		sighting_release(s);
	}
	sk_vec_release(queue);
}

/* They stand in the order in which they are due. */
static void take_due(struct sk_inuse *in)
{
	int64_t now = monotonic_ms();
	size_t done = 0;

	for (; done < in->looks.len && in->looks.data[done].due <= now; done++) {
		take(in, &in->looks.data[done]);
		sighting_release(&in->looks.data[done]);
	}
	in->looks.len -= done;
	if (in->looks.len)
		memmove(in->looks.data, in->looks.data + done,
			in->looks.len * sizeof(in->looks.data[0]));
}

/* Every process of every container: libraries that were loaded later, and what ran before the agent did. */
static void look_at_all(struct sk_inuse *in)
{
	sk_cleanup(sk_buf_release) struct sk_buf id = { 0 };
	struct sk_process_table *table = NULL;
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		struct sk_inuse_image *image;
		uint64_t pid;

		if (!sk_span_u64(sk_span_str(entry->d_name), &pid) || pid > INT32_MAX ||
		    !sk_inuse_container("/proc", (int32_t)pid, &id))
			continue;
		image = sk_inuse_image_of(&in->containers, &in->records, &table, sk_buf_view(&id),
					  (int32_t)pid);
		if (image)
			look(in, (int32_t)pid, sk_buf_view(&id), image);
	}
	if (proc)
		closedir(proc);
	if (table)
		sk_process_table_free(table);
}

/* Takes what there is, or waits for it until `until`; true when it is time to end. */
static bool await(struct sk_inuse *in, int64_t until, sightings *ret)
{
	struct timespec at = { until / 1000, until % 1000 * 1000000 };
	bool ending;

	pthread_mutex_lock(&in->lock);
	while (!in->queue.len && !in->ending && monotonic_ms() < until)
		pthread_cond_timedwait(&in->wake, &in->lock, &at);
	*ret = in->queue;
	in->queue = (sightings){ 0 };
	ending = in->ending;
	in->counts.images = in->records.images.entries.len;
	in->counts.files = in->records.files;
	in->counts.left_out = in->records.left_out;
	in->counts.unwritten = in->records.unwritten;
	pthread_mutex_unlock(&in->lock);
	return ending;
}

static int64_t soonest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void *inuse_main(void *arg)
{
	struct sk_inuse *in = arg;
	int64_t sample = in->config->sample ? 0 : INT64_MAX,
		save = monotonic_ms() + in->config->interval * 1000;
	bool ending = false;

	sk_harden_thread(SK_THREAD_READS);
	while (!ending) {
		int64_t until = soonest(sample, save);
		sightings queue;

		if (in->looks.len)
			until = soonest(until, in->looks.data[0].due);
		ending = await(in, until, &queue);
		take_all(in, &queue);
		take_due(in);
		if (!ending && monotonic_ms() >= sample) {
			look_at_all(in);
			sample = monotonic_ms() + in->config->sample * 1000;
		}
		if (ending || monotonic_ms() >= save) {
			sk_inuse_records_save(&in->records, time(NULL));
			save = monotonic_ms() + in->config->interval * 1000;
		}
	}
	return NULL;
}

/* ---- both ---- */

int sk_inuse_open(const struct sk_inuse_config *config, const char *state, struct sk_inuse **ret,
		  struct sk_err *err)
{
	struct sk_inuse *in = NULL;
	pthread_condattr_t monotonic;
	int r;

	*ret = NULL;
	if (!config->enabled)
		return 0;
	in = sk_alloc(sizeof(*in));
	in->folder = config->folder ? sk_strdup(config->folder) : sk_printf("%s/in-use", state);
	in->config = config;
	in->records.folder = in->folder;
	in->records.watched = SK_IN_USE_RUN | SK_IN_USE_SCRIPT |
			      (config->sample ? SK_IN_USE_MAPPED : 0) |
			      (config->opens ? SK_IN_USE_OPENED : 0);
	pthread_mutex_init(&in->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&in->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	r = pthread_create(&in->thread, NULL, inuse_main, in);
	if (r != 0) {
		free(in->folder);
		free(in);
		return sk_err_set(err, SK_EIO, "in-use: a thread could not be started: %s",
				  strerror(r));
	}
	*ret = in;
	return 0;
}

void sk_inuse_close(struct sk_inuse *in)
{
	if (!in)
		return;
	pthread_mutex_lock(&in->lock);
	in->ending = true;
	pthread_cond_signal(&in->wake);
	pthread_mutex_unlock(&in->lock);
	pthread_join(in->thread, NULL);
	for (size_t i = 0; i < in->looks.len; i++)
		sighting_release(&in->looks.data[i]);
	sk_vec_release(&in->looks);
	sk_inuse_records_release(&in->records);
	sk_inuse_containers_release(&in->containers);
	pthread_cond_destroy(&in->wake);
	pthread_mutex_destroy(&in->lock);
	free(in->folder);
	free(in);
}
