/* SPDX-License-Identifier: Apache-2.0 */
#include "vuln/update.h"

#include "base/fd.h"
#include "base/limits.h"
#include "net/http.h"
#include "net/url.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define OSV_BASE "https://osv-vulnerabilities.storage.googleapis.com"
#define KEV_URL                                                                                    \
	"https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
#define EPSS_URL "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"

const char *const sk_update_ecosystems[] = {
	"AlmaLinux", "Alpaquita",  "Alpine",	  "Azure Linux",    "Bioconductor",
	"CRAN",	     "Chainguard", "Debian",	  "GitHub Actions", "Go",
	"Hackage",   "Hex",	   "Julia",	  "Mageia",	    "Maven",
	"MinimOS",   "NuGet",	   "Packagist",	  "Photon OS",	    "Pub",
	"PyPI",	     "Red Hat",	   "Rocky Linux", "RubyGems",	    "SUSE",
	"SwiftURL",  "Ubuntu",	   "Wolfi",	  "crates.io",	    "npm",
	"openEuler", "openSUSE",   NULL,
};

struct updating {
	const struct sk_update *update;
	const char *what; /* is being fetched */
	bool mirror;	  /* the base has osv/<ecosystem>.zip, not <ecosystem>/all.zip */
	bool settled;	  /* which of the two is known */
	size_t fetched;
};

static void note(const struct sk_update *u, const char *text)
{
	if (u->note)
		u->note(u->ctx, text);
}

static void on_progress(void *ctx, uint64_t now, uint64_t total)
{
	struct updating *up = ctx;

	if (up->update->progress)
		up->update->progress(up->update->ctx, up->what, now, total);
}

static int fetch(struct updating *up, const char *url, const char *path, struct sk_err *err)
{
	struct sk_http_options options = {
		.max_bytes = SK_MAX_FEED_ARCHIVE,
		.backoff_ms = up->update->backoff_ms,
		.progress = on_progress,
		.ctx = up,
	};
	enum sk_http_outcome outcome;

	return sk_http_fetch(url, path, &options, &outcome, err);
}

static char *join(const char *base, const char *path)
{
	struct sk_buf buf = { 0 };

	sk_url_join(&buf, sk_span_str(base), sk_span_str(path));
	return sk_buf_steal(&buf);
}

static int fetch_archive_as(struct updating *up, const char *ecosystem, bool mirror,
			    const char *path, struct sk_err *err)
{
	const char *base = up->update->from ? up->update->from : OSV_BASE;
	sk_autofree char *relative =
	    mirror ? sk_printf("osv/%s.zip", ecosystem) : sk_printf("%s/all.zip", ecosystem);
	sk_autofree char *url = join(base, relative);
	int r = fetch(up, url, path, err);

	if (r == 0) {
		up->settled = true;
		up->mirror = mirror;
	}
	return r;
}

/* Whether each word may be a file's name: it becomes one. */
static bool is_name(const char *ecosystem)
{
	return ecosystem[0] && ecosystem[0] != '.' && !strchr(ecosystem, '/');
}

/* An ecosystem that the source has not is said and passed over; its old copy, too, is gone then. */
static int fetch_ecosystem(struct updating *up, const char *ecosystem, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/osv/%s.zip", up->update->feeds, ecosystem);
	sk_autofree char *text = NULL;
	int r;

	if (!is_name(ecosystem))
		return sk_err_set(err, SK_EUSAGE, "\"%s\" is no ecosystem's name", ecosystem);
	up->what = ecosystem;
	r = fetch_archive_as(up, ecosystem, up->mirror, path, err);
	if (r == -SK_ENOTFOUND && !up->settled)
		r = fetch_archive_as(up, ecosystem, !up->mirror, path, err);
	if (r == 0)
		up->fetched++;
	if (r != -SK_ENOTFOUND)
		return r;
	sk_http_forget(path);
	text = sk_printf("%s: the source has no advisories for it", ecosystem);
	note(up->update, text);
	return 0;
}

static int fetch_ecosystems(struct updating *up, const char *const *list, struct sk_err *err)
{
	for (; *list; list++)
		if (fetch_ecosystem(up, *list, err) < 0)
			return -err->code;
	if (!up->fetched)
		return sk_err_set(err, SK_ENOTFOUND, "%s: none of the ecosystems is there",
				  up->update->from ? up->update->from : OSV_BASE);
	return 0;
}

/* What is only known beside the advisories may be missing: what was fetched last time serves on. */
static void fetch_catalogue(struct updating *up, const char *name, const char *url)
{
	sk_autofree char *path = sk_printf("%s/%s", up->update->feeds, name);
	sk_autofree char *own = up->update->from ? join(up->update->from, name) : NULL;
	struct sk_err why = SK_ERR_INIT;

	up->what = name;
	if (fetch(up, own ? own : url, path, &why) < 0)
		note(up->update, why.text);
}

/* One update of a folder at a time; the lock ends with the descriptor. */
static int lock_feeds(const char *feeds, struct sk_err *err)
{
	sk_autofree char *path = sk_printf("%s/lock", feeds);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return sk_err_errno(err, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	sk_err_set(err, SK_EIO, "%s: another update is running", feeds);
	close(fd);
	return -err->code;
}

/* Told by the build which archive is damaged: it is forgotten, so that the next update fetches it
 * whole. */
static void on_damaged(void *ctx, const char *path)
{
	sk_http_forget(path);
}

int sk_db_update(const struct sk_update *u, const char *path, struct sk_err *err)
{
	const char *const *list = u->ecosystems ? u->ecosystems : sk_update_ecosystems;
	struct sk_db_build build = {
		.ecosystems = list, .sandbox = true, .note = u->note, .ctx = u->ctx
	};
	struct updating up = { .update = u, .mirror = u->from != NULL };
	sk_autofree char *archives = sk_printf("%s/osv", u->feeds);
	sk_autoclose int lock = -1;
	int r;

	if (u->from && !sk_url_is_http(sk_span_str(u->from))) {
		build.ecosystems = u->ecosystems;
		return sk_db_build(u->from, path, &build, err);
	}
	r = sk_path_make_dirs(archives, 0755, err);
	if (r == 0)
		lock = lock_feeds(u->feeds, err);
	if (lock < 0)
		return -err->code;
	r = fetch_ecosystems(&up, list, err);
	if (r < 0)
		return r;
	fetch_catalogue(&up, "kev.json", KEV_URL);
	fetch_catalogue(&up, "epss_scores-current.csv.gz", EPSS_URL);
	build.damaged = on_damaged;
	return sk_db_build(u->feeds, path, &build, err);
}
