/* SPDX-License-Identifier: Apache-2.0 */
/* Lines at the end of a file, which is put aside when it is large or old, or when somebody else moved it. */
#include "agent/output-lines.h"
#include "agent/rotate.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct file_config {
	struct sk_output_config common;
	const char *path;
	uint64_t rotate_size;
	int64_t rotate_every;
	int64_t keep;
	bool compress, sync;
};

struct file_state {
	struct sk_output_lines lines;
	int fd_plus_1; /* 0: none */
	uint64_t size;
	int64_t born; /* seconds since 1970 */
	dev_t dev;
	ino_t inode;
};

static void close_file(struct file_state *s)
{
	if (s->fd_plus_1)
		close(s->fd_plus_1 - 1);
	s->fd_plus_1 = 0;
	s->lines.partial = 0;
}

/* No pipes and sockets: opening one waits for its reader. */
static int check_file(const char *path, int fd, struct stat *st, struct sk_err *err)
{
	if (fstat(fd, st) < 0)
		return sk_err_errno(err, "%s", path);
	if (!S_ISREG(st->st_mode) && !S_ISCHR(st->st_mode))
		return sk_err_set(err, SK_EUNSUPPORTED, "%s: is not a file", path);
	return 0;
}

static int open_append(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
}

static int make_folder(const char *path, struct sk_err *err)
{
	struct sk_span folder = sk_span_dirname(sk_span_str(path));
	sk_autofree char *name = sk_strndup(folder.ptr, folder.len);

	errno = ENOENT;
	return folder.len ? sk_path_make_dirs(name, 0750, err) : -1;
}

static int open_file(const struct file_config *c, struct file_state *s, struct sk_err *err)
{
	sk_autoclose int fd = -1;
	struct stat st;

	if (s->fd_plus_1)
		return 0;
	fd = open_append(c->path);
	if (fd < 0 && errno == ENOENT && make_folder(c->path, err) == 0)
		fd = open_append(c->path);
	if (fd < 0)
		return sk_err_errno(err, "%s", c->path);
	if (check_file(c->path, fd, &st, err) < 0)
		return -err->code;
	s->size = (uint64_t)st.st_size;
	/* A file that an earlier agent began is as old as its last change at least. */
	s->born = st.st_size ? st.st_mtime : time(NULL);
	s->dev = st.st_dev;
	s->inode = st.st_ino;
	s->fd_plus_1 = fd + 1;
	fd = -1;
	return 0;
}

static bool was_moved(const struct file_config *c, const struct file_state *s)
{
	struct stat st;

	return stat(c->path, &st) < 0 || st.st_ino != s->inode || st.st_dev != s->dev;
}

/* How many of the messages fit in front of the size at which the file is put aside. */
static size_t how_many(const struct file_config *c, const struct file_state *s, const struct sk_span *messages,
		       size_t count)
{
	uint64_t size = s->size;
	size_t n = 0;

	while (n < count && (!c->rotate_size || size + messages[n].len + 1 <= c->rotate_size))
		size += messages[n++].len + 1;
	return n;
}

static int make_ready(struct sk_output *o, const struct file_config *c, struct file_state *s, struct sk_err *err)
{
	if (sk_output_take_reopen(o) || (s->fd_plus_1 && was_moved(c, s)))
		close_file(s);
	if (open_file(c, s, err) < 0)
		return -err->code;
	if (!c->rotate_every || !s->size || time(NULL) - s->born < c->rotate_every)
		return 0;
	close_file(s);
	return sk_rotate(c->path, (unsigned)c->keep, c->compress, err) < 0 ? -err->code : open_file(c, s, err);
}

static enum sk_send deliver(struct sk_output *o, const struct sk_span *messages, size_t count, size_t *ret_count,
			    struct sk_err *err)
{
	const struct file_config *c = sk_output_config_of(o);
	struct file_state *s = sk_output_state(o);
	enum sk_send verdict;
	size_t n;

	if (make_ready(o, c, s, err) < 0)
		return SK_SEND_AGAIN;
	n = how_many(c, s, messages, count);
	if (!n && s->size) {
		close_file(s);
		if (sk_rotate(c->path, (unsigned)c->keep, c->compress, err) < 0 || open_file(c, s, err) < 0)
			return SK_SEND_AGAIN;
		n = how_many(c, s, messages, count);
	}
	verdict = sk_output_write_lines(o, &s->lines, s->fd_plus_1 - 1, messages, n ? n : 1, ret_count, err);
	for (size_t i = 0; i < *ret_count; i++)
		s->size += messages[i].len + 1;
	if (verdict != SK_SEND_DONE)
		sk_err_wrap(err, "%s", c->path);
	else if (c->sync)
		fdatasync(s->fd_plus_1 - 1);
	return verdict;
}

/* What will never work is said before the agent starts; what is full or away for now is not. */
static int open_first(struct sk_output *o, struct sk_err *err)
{
	errno = 0;
	if (open_file(sk_output_config_of(o), sk_output_state(o), err) < 0 && errno != ENOSPC && errno != EDQUOT)
		return -err->code;
	return 0;
}

static void close_all(struct sk_output *o)
{
	struct file_state *s = sk_output_state(o);

	close_file(s);
	sk_buf_release(&s->lines.bytes);
}

static int check(struct sk_settings *settings, const struct sk_node *section, struct sk_output_config *config,
		 struct sk_err *err)
{
	const struct file_config *c = (const struct file_config *)config;

	if (!c->path)
		return sk_output_fault(settings, section, "path", err, "is missing");
	return c->path[0] == '/' || !section ? 0 : sk_output_fault(settings, section, "path", err, "must begin with '/'");
}

#define ROW struct file_config

static const struct sk_option options[] = {
	{ "path", 0, SK_OPT_FILE(ROW, path), .argument = "FILE", .help = "The file; it is made if it is not there" },
	{ "rotate-size", 0, SK_OPT_SIZE(ROW, rotate_size), .argument = "SIZE", .fallback = "100M",
	  .help = "Put the file aside before it is larger; 0: never" },
	{ "rotate-every", 0, SK_OPT_DURATION(ROW, rotate_every), .argument = "DURATION", .fallback = "0",
	  .help = "Put the file aside when it is older; 0: never" },
	{ "keep", 0, SK_OPT_INT(ROW, keep), .min = 0, .max = 1000, .argument = "NUMBER", .fallback = "5",
	  .help = "How many files that were put aside are kept: FILE.1 is the youngest" },
	{ "compress", 0, SK_OPT_FLAG(ROW, compress), .help = "Compress files that are put aside (gzip)" },
	{ "sync", 0, SK_OPT_FLAG(ROW, sync), .help = "Wait until lines are on disk (fdatasync)" },
	{ NULL },
};

const struct sk_output_kind sk_output_file = {
	.name = "file",
	.summary = "lines at the end of a file",
	.target = "path",
	.options = options,
	.config_size = sizeof(struct file_config),
	.state_size = sizeof(struct file_state),
	.format = SK_ALERT_JSON,
	.check = check,
	.open = open_first,
	.send = deliver,
	.close = close_all,
};
