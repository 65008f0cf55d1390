/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/drift-truth.h"

#include "analyze/manifest.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Layers of one image that are read; Docker itself allows 127. */
enum { MAX_LAYERS = 256, MAX_IMAGES = 4096 };

struct image {
	char *id, *name, *digest;
	char *layers; /* as in lowerdir=; NULL: nothing to make it of */
	struct sk_manifest *manifest;
	bool done; /* looked for, and made as far as it can be */
};

struct sk_drift_truth {
	char *folder;
	pthread_mutex_t lock; /* of the images */
	pthread_cond_t work;
	pthread_t thread;
	bool running, end;
	unsigned count;
	SK_VEC(struct image *) images; /* never removed: the gate's thread holds on to them */
};

static char *copy(struct sk_span s)
{
	return s.len ? sk_strndup(s.ptr, s.len) : NULL;
}

static struct image *find(struct sk_drift_truth *t, const char *id)
{
	for (size_t i = 0; i < t->images.len; i++)
		if (strcmp(t->images.data[i]->id, id) == 0)
			return t->images.data[i];
	return NULL;
}

/* "lowerdir=" of the container's root; owned. */
static char *layers_of(int32_t pid)
{
	sk_autofree char *path = sk_printf("/proc/%d/mountinfo", pid), *line = NULL;
	size_t size = 0;
	char point[64], *found = NULL;
	FILE *file = fopen(path, "re");

	while (file && !found && getline(&line, &size, file) > 0) {
		char *lower = strstr(line, "lowerdir=");

		if (sscanf(line, "%*s %*s %*s %*s %63s", point) == 1 && strcmp(point, "/") == 0 && lower)
			found = sk_strndup(lower + 9, strcspn(lower + 9, ", \n"));
	}
	if (file)
		fclose(file);
	return found;
}

static int make(struct sk_drift_truth *t, struct image *image, struct sk_err *err)
{
	const char *folders[MAX_LAYERS];
	struct sk_manifest_source source = { .image_id = image->id, .digest = image->digest, .name = image->name,
					     .folders = folders };
	char *rest = image->layers, *part;

	while ((part = strsep(&rest, ":")))
		if (part[0] && source.folder_count < MAX_LAYERS)
			folders[source.folder_count++] = part;
	/* A part of an image is not the image: what lies deeper would be taken for drift, and said to be known. */
	return rest ? sk_err_set(err, SK_ELIMIT, "more than %d layers", MAX_LAYERS)
		    : sk_manifest_make(&source, t->folder, err);
}

static void work_on(struct sk_drift_truth *t, struct image *image)
{
	struct sk_manifest *manifest = NULL;
	struct sk_err err = SK_ERR_INIT;

	if (sk_manifest_open(t->folder, sk_span_str(image->id), &manifest, &err) < 0 && image->layers &&
	    make(t, image, &err) == 0)
		sk_manifest_open(t->folder, sk_span_str(image->id), &manifest, &err);
	pthread_mutex_lock(&t->lock);
	image->manifest = manifest;
	image->done = true;
	t->count += manifest != NULL;
	pthread_mutex_unlock(&t->lock);
}

static void *worker(void *context)
{
	struct sk_drift_truth *t = context;

	pthread_mutex_lock(&t->lock);
	while (!t->end) {
		struct image *next = NULL;

		for (size_t i = 0; i < t->images.len && !next; i++)
			if (!t->images.data[i]->done)
				next = t->images.data[i];
		if (!next) {
			pthread_cond_wait(&t->work, &t->lock);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		work_on(t, next);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

struct sk_drift_truth *sk_drift_truth_new(const char *folder)
{
	struct sk_drift_truth *t = sk_alloc(sizeof(*t));

	t->folder = sk_strdup(folder);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->work, NULL);
	t->running = pthread_create(&t->thread, NULL, worker, t) == 0;
	return t;
}

void sk_drift_truth_free(struct sk_drift_truth *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->end = true;
	pthread_cond_signal(&t->work);
	pthread_mutex_unlock(&t->lock);
	if (t->running)
		pthread_join(t->thread, NULL);
	for (size_t i = 0; i < t->images.len; i++) {
		struct image *image = t->images.data[i];

		sk_manifest_close(image->manifest);
		free(image->id);
		free(image->name);
		free(image->digest);
		free(image->layers);
		free(image);
	}
	sk_vec_release(&t->images);
	pthread_cond_destroy(&t->work);
	pthread_mutex_destroy(&t->lock);
	free(t->folder);
	free(t);
}

void sk_drift_truth_want(struct sk_drift_truth *t, const struct sk_container *c, int32_t pid)
{
	sk_autofree char *id = copy(c->image_id);
	struct image *image;

	pthread_mutex_lock(&t->lock);
	if (id && !find(t, id) && t->images.len < MAX_IMAGES) {
		image = sk_alloc(sizeof(*image));
		image->id = sk_strdup(id);
		image->name = copy(c->image);
		image->digest = copy(c->image_digest);
		image->layers = layers_of(pid);
		*sk_vec_push(&t->images) = image;
		pthread_cond_signal(&t->work);
	}
	pthread_mutex_unlock(&t->lock);
}

unsigned sk_drift_truth_count(struct sk_drift_truth *t)
{
	unsigned count;

	pthread_mutex_lock(&t->lock);
	count = t->count;
	pthread_mutex_unlock(&t->lock);
	return count;
}

/* Manifests stay open until the end, so that they can be read without the lock. */
static const struct sk_manifest *manifest_of(struct sk_drift_truth *t, const char *image_id)
{
	const struct sk_manifest *manifest;
	struct image *image;

	pthread_mutex_lock(&t->lock);
	image = find(t, image_id);
	manifest = image ? image->manifest : NULL;
	pthread_mutex_unlock(&t->lock);
	return manifest;
}

static bool has_size(void *context, const char *image_id, uint64_t size)
{
	const struct sk_manifest *m = manifest_of(context, image_id);

	return m && sk_manifest_has_size(m, size);
}

static bool has_digest(void *context, const char *image_id, const uint8_t sha256[32], char *ret_path, size_t room)
{
	const struct sk_manifest *m = manifest_of(context, image_id);

	if (!m || !sk_manifest_has_digest(m, sha256))
		return false;
	/* By what name: once for each file that is verified. */
	for (size_t i = 0; i < sk_manifest_info(m).count; i++) {
		struct sk_manifest_file f = sk_manifest_at(m, i);

		if (memcmp(f.file.sha256, sha256, 32) != 0)
			continue;
		snprintf(ret_path, room, "%s", f.file.path);
		break;
	}
	return true;
}

struct sk_gate_truth sk_drift_truth(struct sk_drift_truth *t)
{
	return (struct sk_gate_truth){ t, has_size, has_digest };
}
