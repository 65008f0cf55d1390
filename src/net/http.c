/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http.h"

#include "base/fd.h"
#include "base/mem.h"
#include "net/curl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_TAG = 1024, MAX_REDIRECTS = 5 };

/* A validator as the server sent it: an entity tag, else a date. RFC 9110, section 8.8. */
struct tag {
	char text[MAX_TAG];
	bool date;
};

struct fetch {
	const struct sk_curl *api;
	const char *url;
	const struct sk_http_options *options;
	char *path, *part, *path_tag, *part_tag;
	CURL *curl;
	struct curl_slist *headers;
	int fd;		  /* of the part file */
	uint64_t offset;  /* where the transfer resumes */
	uint64_t written; /* bytes of the part file */
	bool conditional; /* the file at path is there with its validator */
	bool started;	  /* the body has begun */
	bool too_large;
	int write_errno;
	struct tag tag; /* of this response */
};

/* ---- validators beside the files: "E" or "D", then the text ---- */

static bool load_tag(const char *path, struct tag *tag)
{
	sk_cleanup(sk_buf_release) struct sk_buf buf = { 0 };

	if (sk_path_slurp(path, MAX_TAG, &buf, NULL) < 0 || buf.len < 2 || buf.len >= MAX_TAG)
		return false;
	tag->date = buf.data[0] == 'D';
	memcpy(tag->text, buf.data + 1, buf.len);
	return !strpbrk(tag->text, "\r\n");
}

static void save_tag(const char *path, const struct tag *tag)
{
	sk_autofree char *text = sk_printf("%c%s", tag->date ? 'D' : 'E', tag->text);

	if (!tag->text[0] || sk_path_replace(path, sk_span_str(text), 0644, NULL) < 0)
		unlink(path);
}

/* ---- what the server says ---- */

static void take_header(struct fetch *f, struct sk_span line, const char *name, bool date)
{
	size_t length = strlen(name);
	struct sk_span value;

	if (line.len < length || !sk_span_ieq(sk_span_sub(line, 0, length), sk_span_str(name)))
		return;
	value = sk_span_trim(sk_span_from(line, length));
	/* A weak tag promises the same meaning, not the same bytes: no resuming with it. */
	if (!value.len || value.len >= MAX_TAG - 1 || sk_span_starts(value, "W/"))
		return;
	if (date && f->tag.text[0] && !f->tag.date)
		return;
	memcpy(f->tag.text, value.ptr, value.len);
	f->tag.text[value.len] = '\0';
	f->tag.date = date;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
	struct fetch *f = ctx;
	struct sk_span line = sk_span(bytes, size * count);

	if (sk_span_starts(line, "HTTP/")) /* of a redirect's target, say: begin anew */
		f->tag = (struct tag){ 0 };
	take_header(f, line, "etag:", false);
	take_header(f, line, "last-modified:", true);
	return size * count;
}

/* The first bytes of a body: 206 continues the part file, everything else begins it anew. */
static bool start_body(struct fetch *f)
{
	long status = 0;

	f->api->easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	f->started = true;
	if (status == 206 && f->offset) {
		f->written = f->offset;
		return true;
	}
	f->written = 0;
	if (ftruncate(f->fd, 0) < 0 || lseek(f->fd, 0, SEEK_SET) < 0)
		return false;
	save_tag(f->part_tag, &f->tag);
	return true;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct fetch *f = ctx;
	size_t n = size * count;
	long status = 0;

	f->api->easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 300) /* an error page */
		return n;
	errno = 0;
	if (!f->started && !start_body(f)) {
		f->write_errno = errno;
		return 0;
	}
	if (f->written + n > f->options->max_bytes) {
		f->too_large = true;
		return 0;
	}
	if (sk_write_full(f->fd, bytes, n) < 0) {
		f->write_errno = errno;
		return 0;
	}
	f->written += n;
	return n;
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total,
		       curl_off_t up_now)
{
	struct fetch *f = ctx;

	if (f->options->progress && now > 0)
		f->options->progress(f->options->ctx, f->offset + (uint64_t)now,
				     total > 0 ? f->offset + (uint64_t)total : 0);
	return 0;
}

/* ---- one try ---- */

static void add_header(struct fetch *f, const char *name, const char *value)
{
	sk_autofree char *line = sk_printf("%s: %s", name, value);

	f->headers = f->api->slist_append(f->headers, line);
}

/* Resumes what is there if its validator is, else asks whether anything changed. */
static void set_conditions(struct fetch *f)
{
	struct stat st;
	struct tag tag;
	char range[32];

	f->offset = 0;
	f->conditional = false;
	if (fstat(f->fd, &st) == 0 && st.st_size > 0 && load_tag(f->part_tag, &tag) &&
	    lseek(f->fd, st.st_size, SEEK_SET) == st.st_size) {
		f->offset = (uint64_t)st.st_size;
		snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)f->offset);
		add_header(f, "Range", range);
		add_header(f, "If-Range", tag.text);
	} else if (access(f->path, F_OK) == 0 && load_tag(f->path_tag, &tag)) {
		f->conditional = true;
		add_header(f, tag.date ? "If-Modified-Since" : "If-None-Match", tag.text);
	}
}

static void set_options(struct fetch *f)
{
	const struct sk_http_options *o = f->options;
	bool tls = sk_span_starts(sk_span_str(f->url), "https:");
	const char *authorities = getenv("SSL_CERT_FILE");
	CURL *c = f->curl;

	f->api->easy_reset(c);
	f->api->easy_setopt(c, CURLOPT_URL, f->url);
	f->api->easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	f->api->easy_setopt(c, CURLOPT_USERAGENT, "sekisho/" SK_VERSION);
	f->api->easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	f->api->easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
	f->api->easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	f->api->easy_setopt(c, CURLOPT_MAXREDIRS, (long)MAX_REDIRECTS);
	f->api->easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	f->api->easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (authorities && authorities[0])
		f->api->easy_setopt(c, CURLOPT_CAINFO, authorities);
	f->api->easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
			 (long)(o->connect_seconds ? o->connect_seconds : 15));
	f->api->easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1024L);
	f->api->easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
			 (long)(o->stall_seconds ? o->stall_seconds : 30));
	f->api->easy_setopt(c, CURLOPT_HTTPHEADER, f->headers);
	f->api->easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	f->api->easy_setopt(c, CURLOPT_HEADERDATA, f);
	f->api->easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	f->api->easy_setopt(c, CURLOPT_WRITEDATA, f);
	f->api->easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	f->api->easy_setopt(c, CURLOPT_XFERINFODATA, f);
	f->api->easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

enum next { NEXT_DONE, NEXT_UNCHANGED, NEXT_AGAIN, NEXT_FAIL };

static enum next judge_status(struct fetch *f, long status, struct sk_err *err)
{
	if (status == 200 || (status == 206 && f->offset)) {
		if (!f->started && !start_body(f)) { /* an empty file */
			sk_err_errno(err, "%s", f->part);
			return NEXT_FAIL;
		}
		return NEXT_DONE;
	}
	if (status == 304 && f->conditional)
		return NEXT_UNCHANGED;
	if (status == 404 || status == 410) {
		sk_err_set(err, SK_ENOTFOUND, "%s: the server has no such file (%ld)", f->url,
			   status);
		return NEXT_FAIL;
	}
	sk_err_set(err, SK_ENET, "%s: the server answered %ld", f->url, status);
	/* What we have is not a part of what the server has. */
	if (status == 416 || status == 206) {
		if (ftruncate(f->fd, 0) < 0)
			return NEXT_FAIL;
		unlink(f->part_tag);
		return NEXT_AGAIN;
	}
	return status == 408 || status == 429 || status >= 500 ? NEXT_AGAIN : NEXT_FAIL;
}

static enum next judge(struct fetch *f, CURLcode code, struct sk_err *err)
{
	long status = 0;

	f->api->easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	if (f->too_large) {
		sk_err_set(err, SK_ELIMIT, "%s: more than %llu bytes", f->url,
			   (unsigned long long)f->options->max_bytes);
		return NEXT_FAIL;
	}
	if (f->write_errno) {
		errno = f->write_errno;
		sk_err_errno(err, "%s", f->part);
		return NEXT_FAIL;
	}
	if (code == CURLE_OK)
		return judge_status(f, status, err);
	sk_err_set(err, SK_ENET, "%s: %s", f->url, f->api->easy_strerror(code));
	switch (code) {
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_TOO_MANY_REDIRECTS:
		return NEXT_FAIL;
	default:
		return NEXT_AGAIN;
	}
}

static enum next try_once(struct fetch *f, struct sk_err *err)
{
	enum next next;

	f->started = false;
	f->tag = (struct tag){ 0 };
	set_conditions(f);
	set_options(f);
	next = judge(f, f->api->easy_perform(f->curl), err);
	f->api->slist_free_all(f->headers);
	f->headers = NULL;
	return next;
}

static void wait_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static int finish(struct fetch *f, struct sk_err *err)
{
	struct tag tag;
	bool known = load_tag(f->part_tag, &tag);

	if (fsync(f->fd) < 0 || rename(f->part, f->path) < 0)
		return sk_err_errno(err, "%s", f->path);
	unlink(f->part_tag);
	if (known)
		save_tag(f->path_tag, &tag);
	else
		unlink(f->path_tag);
	return 0;
}

static int run(struct fetch *f, enum sk_http_outcome *ret_outcome, struct sk_err *err)
{
	unsigned tries = f->options->tries ? f->options->tries : 4;
	unsigned pause = f->options->backoff_ms ? f->options->backoff_ms : 1000;
	enum next next = NEXT_AGAIN;
	int r = 0;

	for (unsigned i = 0; i < tries && next == NEXT_AGAIN; i++, pause *= 2) {
		if (i)
			wait_ms(pause);
		next = try_once(f, err);
	}
	if (next == NEXT_DONE)
		r = finish(f, err);
	else if (next == NEXT_UNCHANGED)
		unlink(f->part);
	else
		r = -err->code;
	if (r == 0)
		*ret_outcome = next == NEXT_DONE ? SK_HTTP_FETCHED : SK_HTTP_UNCHANGED;
	return r;
}

static void fetch_release(struct fetch *f)
{
	struct stat st;

	/* An empty part is none. */
	if (f->fd >= 0 && fstat(f->fd, &st) == 0 && st.st_nlink && st.st_size == 0 &&
	    access(f->part, F_OK) == 0)
		unlink(f->part);
	sk_closep(&f->fd);
	if (f->curl)
		f->api->easy_cleanup(f->curl);
	free(f->path);
	free(f->part);
	free(f->path_tag);
	free(f->part_tag);
}

int sk_http_fetch(const char *url, const char *path, const struct sk_http_options *options,
		  enum sk_http_outcome *ret_outcome, struct sk_err *err)
{
	sk_cleanup(fetch_release) struct fetch f = { .url = url, .options = options, .fd = -1 };
	struct sk_err local = SK_ERR_INIT;

	err = err ? err : &local;
	f.api = sk_curl_open(err);
	if (!f.api)
		return -err->code;
	f.path = sk_strdup(path);
	f.part = sk_printf("%s.part", path);
	f.path_tag = sk_printf("%s.tag", path);
	f.part_tag = sk_printf("%s.part.tag", path);
	f.curl = f.api->easy_init();
	f.fd = open(f.part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (f.fd < 0)
		return sk_err_errno(err, "%s", f.part);
	if (!f.curl)
		return sk_err_set(err, SK_ENET, "libcurl does not start");
	return run(&f, ret_outcome, err);
}

void sk_http_forget(const char *path)
{
	static const char *const suffixes[] = { "", ".part", ".tag", ".part.tag" };

	for (size_t i = 0; i < SK_COUNT(suffixes); i++) {
		sk_autofree char *name = sk_printf("%s%s", path, suffixes[i]);

		unlink(name);
	}
}
