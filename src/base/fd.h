/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* File descriptors and files: whole reads, atomic replacement, XDG folders. */
#include "base/buf.h"
#include "base/err.h"

#include <sys/types.h>

void sk_closep(int *fd); /* for sk_cleanup; -1 is nothing */
#define sk_autoclose sk_cleanup(sk_closep)

/* Reads until n bytes are there or the file ends; returns the count (ssize_t) or -1 with errno. */
ssize_t sk_read_full(int fd, void *bytes, size_t n);
ssize_t sk_pread_full(int fd, void *bytes, size_t n, uint64_t off);
int sk_write_full(int fd, const void *bytes, size_t n); /* 0, or -1 with errno */

/* The whole of a regular file, pipe or descriptor, up to max bytes (SK_ELIMIT above). */
int sk_fd_slurp(int fd, size_t max, struct sk_buf *buf, struct sk_err *err);
int sk_path_slurp(const char *path, size_t max, struct sk_buf *buf, struct sk_err *err);

/*
 * Whether nobody but root and this user may write what was looked at: for files
 * that decide what a privileged program does.
 */
struct stat;
int sk_check_trusted(const char *path, const struct stat *st, struct sk_err *err);
/* The whole of a regular file; with `trusted` refused unless sk_check_trusted says yes. */
int sk_path_slurp_checked(const char *path, bool trusted, size_t max, struct sk_buf *buf, struct sk_err *err);

/* Replaces path by these bytes or leaves it as it was: temporary file beside it, fsync, rename, fsync of the folder. */
int sk_path_replace(const char *path, struct sk_span bytes, mode_t mode, struct sk_err *err);

/* mkdir -p. */
int sk_path_make_dirs(const char *path, mode_t mode, struct sk_err *err);

/* $XDG_CACHE_HOME/sekisho and so on by the XDG Base Directory Specification; owned. */
char *sk_xdg_cache_dir(void);
char *sk_xdg_data_dir(void);
char *sk_xdg_config_dir(void);
