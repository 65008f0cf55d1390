/* SPDX-License-Identifier: Apache-2.0 */
/* A layer's tar stream through the walker, all analyzers, the written form and the view. */
#include "analyze/view.h"
#include "analyze/walk.h"
#include "base/fd.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	struct sk_span left;
	size_t step; /* short runs, so that headers straddle them */
};

static ssize_t pull(void *context, const void **ret_bytes, struct sk_err *err)
{
	struct input *in = context;
	size_t n = in->left.len < in->step ? in->left.len : in->step;

	*ret_bytes = in->left.ptr;
	in->left = sk_span_from(in->left, n);
	return (ssize_t)n;
}

static void walk(struct sk_span bytes, const struct sk_patterns *patterns, struct sk_recorder *rec)
{
	struct sk_walk how = { .patterns = patterns, .manifest = true, .spool = -1 };
	struct input in = { bytes, 1000 };
	struct sk_pending pending = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_tar *tar = sk_tar_new(pull, &in);

	sk_walk_tar(&how, tar, rec, &pending, &err);
	sk_tar_free(tar);
	if (pending.links.len) {
		in = (struct input){ bytes, 4096 };
		tar = sk_tar_new(pull, &in);
		sk_walk_tar_again(&how, tar, rec, &pending, &err);
		sk_tar_free(tar);
	}
	sk_pending_release(&pending);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sk_patterns *patterns;
	struct sk_recorder rec = { 0 };
	struct sk_inventory inv = { 0 };
	struct sk_err err = SK_ERR_INIT;
	struct sk_buf written = { 0 };
	int fd = memfd_create("layer", 0);

	if (!patterns)
		patterns = sk_patterns_new(sk_analyzers);
	walk(sk_span(data, size), patterns, &rec);
	if (sk_recorder_finish(&rec, fd, &err) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	    sk_fd_slurp(fd, 1u << 30, &written, &err) < 0)
		abort();
	close(fd);
	sk_recorder_release(&rec);

	/* What we write ourselves must be readable, laid over itself too. */
	struct sk_view_input layers[2] = { { sk_buf_view(&written) }, { sk_buf_view(&written) } };

	if (sk_view_build(&inv, layers, 2, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	sk_inventory_release(&inv);
	sk_buf_release(&written);
	return 0;
}
