/* SPDX-License-Identifier: Apache-2.0 */
/* What images have: their manifests, opened when a container of theirs is there, made where they are missing. */
#include "agent/drift-internal.h"

#include "agent/harden.h"
#include "analyze/manifest.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/map.h"
#include "guard/lower.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Images whose manifests wait to be made, and manifests that stay open; each is mapped and takes little else. */
enum { MAX_WAITING = 64, MAX_IMAGES = 1024 };

struct image {
	char *id; /* hexadecimal */
	struct sk_manifest *manifest; /* NULL: none yet */
	bool asked;		      /* it is being made, or cannot be */
	bool coming;		      /* it is being made */
};

/* One manifest that is to be made. */
struct job {
	char *image_id, *digest, *name;
	struct sk_lower lower;
};

struct sk_drift_images {
	char *folder;
	bool make;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t wake;
	struct sk_map images; /* by id: struct image */
	struct job *waiting[MAX_WAITING];
	size_t count;
	char *trouble;
	bool news; /* a manifest was opened */
	bool stop, running;
	pthread_t thread;
};

static void job_free(struct job *job)
{
	if (!job)
		return;
	sk_lower_release(&job->lower);
	free(job->image_id);
	free(job->digest);
	free(job->name);
	free(job);
}

/* The image's entry; NULL: there are too many. With the lock. */
static struct image *image_of(struct sk_drift_images *im, struct sk_span id)
{
	struct image *image = sk_map_get(&im->images, id);

	if (image || !id.len || im->images.entries.len >= MAX_IMAGES)
		return image;
	image = sk_alloc(sizeof(*image));
	image->id = sk_strndup(id.ptr, id.len);
	sk_map_put(&im->images, sk_span_str(image->id), image);
	return image;
}

/* ---- making them ---- */

static void say_trouble(struct sk_drift_images *im, const char *what, const char *why)
{
	free(im->trouble);
	im->trouble = sk_printf("%s: %s", what, why);
}

static void make_one(struct sk_drift_images *im, const struct job *job)
{
	struct sk_manifest_source source = { .image_id = job->image_id, .digest = job->digest, .name = job->name,
					     .folders = (const char *const *)job->lower.folders.data,
					     .folder_count = job->lower.folders.len };
	struct sk_manifest *manifest = NULL;
	struct sk_err err = SK_ERR_INIT;
	struct image *image;
	int r = sk_manifest_make(&source, im->folder, &err);

	if (r >= 0)
		r = sk_manifest_open(im->folder, sk_span_str(job->image_id), &manifest, &err);
	pthread_mutex_lock(&im->lock);
	image = image_of(im, sk_span_str(job->image_id));
	if (image)
		image->coming = false;
	if (r < 0) {
		say_trouble(im, "the manifest of an image could not be made", err.text);
	} else if (image && !image->manifest) {
		image->manifest = manifest;
		im->news = true;
	} else {
		sk_manifest_close(manifest);
	}
	pthread_mutex_unlock(&im->lock);
}

static void *maker(void *context)
{
	struct sk_drift_images *im = context;

	sk_harden_thread(SK_THREAD_READS);
	pthread_mutex_lock(&im->lock);
	while (!im->stop) {
		struct job *job;

		if (!im->count) {
			pthread_cond_wait(&im->wake, &im->lock);
			continue;
		}
		job = im->waiting[0];
		memmove(im->waiting, im->waiting + 1, --im->count * sizeof(*im->waiting));
		pthread_mutex_unlock(&im->lock);
		make_one(im, job);
		job_free(job);
		pthread_mutex_lock(&im->lock);
	}
	pthread_mutex_unlock(&im->lock);
	return NULL;
}

static char *copy(struct sk_span s)
{
	return s.len ? sk_strndup(s.ptr, s.len) : NULL;
}

static void ask(struct sk_drift_images *im, struct image *image, const struct sk_container *c, int32_t pid)
{
	struct job *job = sk_alloc(sizeof(*job));

	job->image_id = sk_strdup(image->id);
	job->digest = copy(c->image_digest);
	job->name = copy(c->image);
	if (im->count == MAX_WAITING || !sk_lower_of_container(c, pid, &job->lower)) {
		job_free(job);
		return; /* the next container of this image is another chance */
	}
	image->asked = image->coming = true;
	im->waiting[im->count++] = job;
	pthread_cond_signal(&im->wake);
}

void sk_drift_images_want(struct sk_drift_images *im, const struct sk_container *c, int32_t pid)
{
	struct sk_err err = SK_ERR_INIT;
	struct image *image;

	if (!c->image_id.len)
		return;
	pthread_mutex_lock(&im->lock);
	image = image_of(im, c->image_id);
	if (image && !image->manifest && !image->asked)
		im->news |= sk_manifest_open(im->folder, c->image_id, &image->manifest, &err) >= 0;
	if (err.code) {
		image->manifest = NULL;
		if (err.code != SK_ENOTFOUND)
			say_trouble(im, "a manifest is not used", err.text);
		/* What users' own engines say of images is theirs to make up: it must not be the truth about others'. */
		if (im->make && (pid > 0 || c->upper.len) && !c->owner)
			ask(im, image, c, pid);
	}
	pthread_mutex_unlock(&im->lock);
}

/* ---- answers to the gate ---- */

/* Manifests stay as long as the images: what is read after the lock is gone is still there. */
static struct sk_manifest *manifest_of(struct sk_drift_images *im, const char *image_id)
{
	struct image *image;
	struct sk_manifest *manifest;

	pthread_mutex_lock(&im->lock);
	image = image_id ? sk_map_get(&im->images, sk_span_str(image_id)) : NULL;
	manifest = image ? image->manifest : NULL;
	pthread_mutex_unlock(&im->lock);
	return manifest;
}

static bool has_size(void *context, const char *image_id, uint64_t size)
{
	struct sk_manifest *manifest = manifest_of(context, image_id);

	return manifest && sk_manifest_has_size(manifest, size);
}

static bool is_coming(void *context, const char *image_id)
{
	struct sk_drift_images *im = context;
	struct image *image;
	bool coming;

	pthread_mutex_lock(&im->lock);
	image = sk_map_get(&im->images, sk_span_str(image_id));
	coming = image && image->coming;
	pthread_mutex_unlock(&im->lock);
	return coming;
}

static bool has_digest(void *context, const char *image_id, const uint8_t sha256[32], char *ret_path, size_t room)
{
	struct sk_manifest *manifest = manifest_of(context, image_id);

	if (room)
		ret_path[0] = '\0';
	if (!manifest || !sk_manifest_has_digest(manifest, sha256))
		return false;
	/* What it is called there, once for each file that is verified: a copy of an interpreter is one. */
	for (size_t i = 0; i < sk_manifest_info(manifest).count && room && !ret_path[0]; i++) {
		struct sk_manifest_file f = sk_manifest_at(manifest, i);

		if (memcmp(f.file.sha256, sha256, 32) == 0)
			snprintf(ret_path, room, "%s", f.file.path);
	}
	return true;
}

struct sk_gate_truth sk_drift_images_truth(struct sk_drift_images *im)
{
	return (struct sk_gate_truth){ .context = im, .has_size = has_size, .is_coming = is_coming,
				       .has_digest = has_digest };
}

bool sk_drift_images_news(struct sk_drift_images *im)
{
	bool news;

	pthread_mutex_lock(&im->lock);
	news = im->news;
	im->news = false;
	pthread_mutex_unlock(&im->lock);
	return news;
}

char *sk_drift_images_trouble(struct sk_drift_images *im)
{
	char *trouble;

	pthread_mutex_lock(&im->lock);
	trouble = im->trouble;
	im->trouble = NULL;
	pthread_mutex_unlock(&im->lock);
	return trouble;
}

struct sk_drift_images *sk_drift_images_open(const char *folder, bool make)
{
	struct sk_drift_images *im = sk_alloc(sizeof(*im));

	im->folder = sk_strdup(folder);
	im->make = make;
	pthread_mutex_init(&im->lock, NULL);
	pthread_cond_init(&im->wake, NULL);
	im->running = make && pthread_create(&im->thread, NULL, maker, im) == 0;
	im->make = im->running;
	return im;
}

void sk_drift_images_close(struct sk_drift_images *im)
{
	if (!im)
		return;
	pthread_mutex_lock(&im->lock);
	im->stop = true;
	pthread_cond_signal(&im->wake);
	pthread_mutex_unlock(&im->lock);
	if (im->running)
		pthread_join(im->thread, NULL);
	while (im->count)
		job_free(im->waiting[--im->count]);
	for (size_t i = 0; i < im->images.entries.len; i++) {
		struct image *image = im->images.entries.data[i].value;

		sk_manifest_close(image->manifest);
		free(image->id);
		free(image);
	}
	sk_map_release(&im->images);
	pthread_cond_destroy(&im->wake);
	pthread_mutex_destroy(&im->lock);
	free(im->trouble);
	free(im->folder);
	free(im);
}
