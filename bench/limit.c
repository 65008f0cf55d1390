/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The physical limit of a scan: bench-limit IMAGE.tar inflates and hashes the
 * layers of an image archive, one thread for each, and nothing else. Prints
 * "inflate S", "hash S" (seconds of one core) and "limit S": both together
 * spread over the cores there are, as if they could be spread perfectly.
 */
#include "base/mem.h"
#include "image/digest.h"
#include "image/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 256 * 1024 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const struct sk_err *err)
{
	fprintf(stderr, "bench-limit: %s\n", err->text);
	exit(3);
}

/* Reads a source to its end; seconds of hashing are added to *hash, the others to *other. */
static void drain(struct sk_source *source, double *other, double *hash)
{
	sk_cleanup(sk_hasher_freep) struct sk_hasher *h = sk_hasher_new("sha256");
	static char block[BLOCK];
	struct sk_err err = SK_ERR_INIT;
	char text[SK_DIGEST_TEXT];

	for (;;) {
		double start = now();
		ssize_t n = sk_source_fill(source, block, sizeof(block), &err);
		double read = now();

		if (n < 0)
			die(&err);
		if (n == 0)
			break;
		sk_hasher_add(h, block, (size_t)n);
		*other += read - start;
		*hash += now() - read;
	}
	sk_hasher_text(h, text);
	sk_source_close(source);
}

static void measure_layer(const struct sk_store *store, const char *blob, double *inflate, double *hash)
{
	struct sk_source *source = NULL, *plain = NULL;
	enum sk_compression compression;
	struct sk_err err = SK_ERR_INIT;
	double read = 0;
	uint64_t size;

	if (sk_store_blob(store, blob, &source, &size, &err) < 0 ||
	    sk_source_peek(source, &source, &compression, &err) < 0)
		die(&err);
	if (compression != SK_PLAIN) { /* its digest is that of the compressed bytes */
		drain(source, &read, hash);
		if (sk_store_blob(store, blob, &source, &size, &err) < 0)
			die(&err);
	}
	if (sk_source_decompress(source, compression, &plain, &err) < 0)
		die(&err);
	drain(plain, inflate, hash);
}

int main(int argc, char **argv)
{
	struct sk_image_choice choice = { 0 };
	struct sk_image image;
	struct sk_arena arena = { 0 };
	struct sk_store *store = NULL;
	struct sk_err err = SK_ERR_INIT;
	double inflate = 0, hash = 0;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0) {
		fprintf(stderr, "usage: bench-limit IMAGE.tar\n");
		return 2;
	}
	if (sk_store_open_archive(fd, &store, &err) < 0 ||
	    sk_image_resolve(store, &choice, &arena, &image, &err) < 0)
		die(&err);
	for (size_t i = 0; i < image.layer_count; i++)
		measure_layer(store, image.layers[i].blob, &inflate, &hash);
	printf("inflate %.3f\nhash %.3f\nlimit %.3f\n", inflate, hash, (inflate + hash) / (double)cores);
	sk_store_free(store);
	sk_arena_release(&arena);
	close(fd);
	return 0;
}
