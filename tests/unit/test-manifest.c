/* SPDX-License-Identifier: Apache-2.0 */
/* The file manifest: what is kept and asked, damage, and what an overlay's folders make. */
#include "tap.h"

#include "analyze/inventory.h"
#include "analyze/manifest.h"
#include "analyze/worker.h"
#include "base/fd.h"
#include "image/digest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ID "1111111111111111111111111111111111111111111111111111111111111111"
#define DIGEST "2222222222222222222222222222222222222222222222222222222222222222"

static char folder[] = "/tmp/sekisho-manifest.XXXXXX";

static struct sk_run_entry entry(const char *path, const char *content, enum sk_run_kind kind)
{
	struct sk_run_entry e = {
		.file = { .path = path, .mode = 0755, .size = strlen(content), .kind = kind }
	};

	memset(e.file.sha256, content[0], sizeof(e.file.sha256));
	return e;
}

static void test_kept(void)
{
	struct sk_package curl = { .purl = "pkg:deb/debian/curl@7.88" };
	struct sk_layer layer = { .diff_id = "sha256:33" };
	struct sk_run_entry runs[] = {
		entry("bin/sh", "c-shell", SK_RUN_ELF),
		entry("usr/bin/curl", "a-curl", SK_RUN_ELF),
		entry("usr/lib/libcurl.so.4", "b-library", SK_RUN_LIBRARY),
		entry("usr/local/bin/start", "b-script of it", SK_RUN_SCRIPT),
	};
	struct sk_inventory inv = {
		.artifact = { .name = "app:1",
			      .digest = "sha256:" DIGEST,
			      .image_id = "sha256:" ID },
		.layers = &layer,
		.layer_count = 1,
		.runs = runs,
		.run_count = SK_COUNT(runs),
	};
	sk_cleanup(sk_manifest_closep) struct sk_manifest *m = NULL, *same = NULL;
	struct sk_manifest_file f;
	struct sk_err err = SK_ERR_INIT;
	uint8_t sum[32];

	runs[1].owner = runs[2].owner = &curl;
	runs[3].file.interpreter = "/bin/sh -e";
	is_int(sk_manifest_save(&inv, folder, &err), 0);
	is_int(sk_manifest_open(folder, sk_span_str(ID), &m, &err), 0);
	is_int(sk_manifest_open(folder, sk_span_str("sha256:" DIGEST), &same, &err), 0);
	if (!m || !same)
		return;
	is_int(sk_manifest_info(m).count, 4);
	is_str(sk_manifest_info(m).name, "app:1");
	is_str(sk_manifest_info(same).image_id, "sha256:" ID);
	for (size_t i = 0; i < SK_COUNT(runs); i++) {
		expect(sk_manifest_has_digest(m, runs[i].file.sha256), "digest of %s",
		       runs[i].file.path);
		expect(sk_manifest_has_size(m, runs[i].file.size), "size of %s", runs[i].file.path);
		expect(sk_manifest_find(m, sk_span_str(runs[i].file.path), &f) &&
			       strcmp(f.file.path, runs[i].file.path) == 0 &&
			       f.file.kind == runs[i].file.kind && f.file.mode == 0755 &&
			       f.file.size == runs[i].file.size &&
			       memcmp(f.file.sha256, runs[i].file.sha256, 32) == 0 &&
			       strcmp(f.layer, "sha256:33") == 0,
		       "all of %s", runs[i].file.path);
		expect(strcmp(sk_manifest_at(m, i).file.path, runs[i].file.path) == 0,
		       "the order of paths");
	}
	ok(sk_manifest_find(m, sk_span_str("/usr/bin/curl"), &f) && f.owner &&
		   strcmp(f.owner, curl.purl) == 0,
	   "a leading slash does not matter, and the owner is told");
	ok(sk_manifest_find(m, sk_span_str("usr/local/bin/start"), &f) && !f.owner &&
		   strcmp(f.file.interpreter, "/bin/sh -e") == 0,
	   "a script's interpreter, and no owner");
	ok(!sk_manifest_find(m, sk_span_str("usr/bin"), &f) &&
		   !sk_manifest_find(m, sk_span_str(""), &f) &&
		   !sk_manifest_find(m, sk_span_str("zzz"), &f),
	   "what is not there is not found");
	memset(sum, 'd', sizeof(sum));
	ok(!sk_manifest_has_digest(m, sum), "another digest is not there");
	memset(sum, 'b', sizeof(sum));
	sum[31]++;
	ok(!sk_manifest_has_digest(m, sum), "one that begins alike neither");
	ok(!sk_manifest_has_size(m, 5) && !sk_manifest_has_size(m, 0) &&
		   !sk_manifest_has_size(m, 1u << 30),
	   "other sizes are not there");
	is_int(sk_manifest_open(folder, sk_span_str(DIGEST "0"), &same, &err), -SK_EINVAL);
	is_int(sk_manifest_open(folder, sk_span_str("../" ID), &same, &err), -SK_EINVAL);
	memset(sum, 0, sizeof(sum));
	is_int(sk_manifest_open(
		       folder,
		       sk_span_str(
			       "4444444444444444444444444444444444444444444444444444444444444444"),
		       &same, &err),
	       -SK_ENOTFOUND);

	inv.incomplete = true;
	ok(sk_manifest_save(&inv, folder, &err) < 0,
	   "of an image that was not read as a whole none is kept");
	inv.incomplete = false;
	inv.artifact.image_id = NULL;
	ok(sk_manifest_save(&inv, folder, &err) < 0, "nor one without an id");
}

/* Every byte of it changed, and every length: an error, and the checksum is what says so. */
static void test_damage(void)
{
	struct sk_run_entry runs[] = { entry("a", "x", SK_RUN_ELF),
				       entry("b", "y", SK_RUN_SCRIPT) };
	struct sk_inventory inv = { .runs = runs, .run_count = SK_COUNT(runs) };
	sk_cleanup(sk_buf_release) struct sk_buf bytes = { 0 };
	struct sk_manifest *m = NULL;
	size_t accepted = 0;

	is_int(sk_manifest_pack(&inv, &bytes, NULL), 0);
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 1;
		accepted += sk_manifest_of_bytes(sk_buf_view(&bytes), &m, NULL) == 0;
		bytes.data[i] ^= 1;
		accepted += sk_manifest_of_bytes(sk_span(bytes.data, i), &m, NULL) == 0;
	}
	is_int(accepted, 0);
	is_int(sk_manifest_of_bytes(sk_buf_view(&bytes), &m, NULL), 0);
	sk_manifest_close(m);
}

static void test_owner(void)
{
	sk_autofree char *path = sk_printf("%s/" ID ".manifest", folder);
	struct sk_manifest *m = NULL;
	struct sk_err err = SK_ERR_INIT;

	chmod(path, 0666);
	is_int(sk_manifest_open(folder, sk_span_str(ID), &m, &err), -SK_EINVAL);
	ok(strstr(err.text, "others may write it") != NULL,
	   "what others may write is not believed");
	unlink(path);
	ok(symlink("/dev/zero", path) == 0 &&
		   sk_manifest_open(folder, sk_span_str(ID), &m, &err) < 0,
	   "a link is not followed");
	unlink(path);
}

/* ---- an overlay's folders ---- */

static void put(const char *layer, const char *path, const char *content, mode_t mode)
{
	sk_autofree char *full = sk_printf("%s/%s/%s", folder, layer, path);
	sk_autofree char *dir = sk_strndup(full, (size_t)(strrchr(full, '/') - full));
	sk_autoclose int fd = -1;

	sk_path_make_dirs(dir, 0755, NULL);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	expect(fd >= 0 && sk_write_full(fd, content, strlen(content)) == 0 && fchmod(fd, mode) == 0,
	       "%s", full);
}

static void hex_to_bytes(const char *text, uint8_t sum[32])
{
	for (size_t i = 0; i < 32; i++) {
		unsigned byte = 0;

		sscanf(text + 2 * i, "%2x", &byte);
		sum[i] = (uint8_t)byte;
	}
}

static bool has_content(const struct sk_manifest *m, const char *content)
{
	char text[SK_DIGEST_TEXT];
	uint8_t sum[32];

	sk_digest_of(sk_span_str(content), text);
	hex_to_bytes(text + 7, sum);
	return sk_manifest_has_digest(m, sum);
}

static void fill_layers(void)
{
	sk_autofree char *link = sk_printf("%s/low/etc/hosts.sh", folder);

	put("low", "usr/bin/tool", "#!/bin/sh\necho low\n", 0755);
	put("low", "usr/bin/gone", "#!/bin/sh\necho gone\n", 0755);
	put("low", "opt/app/old.py", "print('old')\n", 0644);
	put("low", "opt/kept/keep.py", "print('keep')\n", 0644);
	put("low", "etc/motd", "no program\n", 0644);
	put("high", "usr/bin/tool", "#!/bin/sh\necho high\n", 0755);
	put("high", "opt/app/new.py", "print('new')\n", 0644);
	put("high", "usr/lib/libx.so",
	    "\x7f"
	    "ELF and so on",
	    0644);
	/* What a hostile image may hold: a link out of it, which must not be read. */
	put("secret", "host.sh", "#!/bin/sh\necho host\n", 0755);
	expect(symlink("../../secret/host.sh", link) == 0, "a link that leads out");
}

static bool hide(void)
{
	sk_autofree char *gone = sk_printf("%s/high/usr/bin/gone", folder);
	sk_autofree char *app = sk_printf("%s/high/opt/app", folder);

	return mknod(gone, S_IFCHR | 0, makedev(0, 0)) == 0 &&
	       setxattr(app, "trusted.overlay.opaque", "y", 1, 0) == 0;
}

static void test_overlay(void)
{
	sk_autofree char *low = sk_printf("%s/low", folder), *high = sk_printf("%s/high", folder);
	const char *folders[] = { high, low };
	struct sk_manifest_source source = {
		.image_id = ID, .name = "made", .folders = folders, .folder_count = 2
	};
	sk_cleanup(sk_manifest_closep) struct sk_manifest *m = NULL;
	struct sk_manifest_file f;
	struct sk_err err = SK_ERR_INIT;
	bool hidden;

	fill_layers();
	hidden = hide();
	ok(sk_manifest_make(&source, folder, &err) == 0, "a manifest of two folders: %s", err.text);
	ok(sk_manifest_open(folder, sk_span_str(ID), &m, &err) == 0, "it is kept: %s", err.text);
	if (!m)
		return;
	ok(has_content(m, "#!/bin/sh\necho high\n") && !has_content(m, "#!/bin/sh\necho low\n"),
	   "the upper folder's file is the image's, the lower one's is not");
	ok(has_content(m, "print('keep')\n") && has_content(m, "print('new')\n"),
	   "files of both folders");
	ok(sk_manifest_find(m, sk_span_str("usr/lib/libx.so"), &f) && f.file.kind == SK_RUN_ELF,
	   "a program by its first bytes, whatever its mode");
	ok(!sk_manifest_find(m, sk_span_str("etc/motd"), &f), "what cannot run is not in it");
	ok(!has_content(m, "#!/bin/sh\necho host\n"), "no link leads out of the image");
	if (hidden) {
		ok(!has_content(m, "#!/bin/sh\necho gone\n"), "a whiteout");
		ok(!has_content(m, "print('old')\n"), "an opaque folder");
	} else {
		skip("whiteouts: no right to make devices or trusted attributes here");
	}
	folders[1] = "/nowhere/at/all";
	ok(sk_manifest_make(&source, folder, &err) == -SK_ENOTFOUND,
	   "a folder that is not there: %s", err.text);
}

/* Root's scans put them where the agent looks, unless root has said where the cache shall be. */
static void test_folder(void)
{
	sk_autofree char *fallback = NULL, *elsewhere = NULL, *chosen = NULL, *named = NULL,
			 *own = NULL;

	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", "/home/a", 1);
	own = sk_xdg_cache_dir();
	fallback = sk_manifest_dir(own);
	is_str(fallback, geteuid() ? "/home/a/.cache/sekisho/manifests" : SK_MANIFEST_SYSTEM_DIR);
	named = sk_manifest_dir("/named");
	is_str(named, "/named/manifests");
	setenv("XDG_CACHE_HOME", "/chosen", 1);
	elsewhere = sk_xdg_cache_dir();
	chosen = sk_manifest_dir(elsewhere);
	is_str(chosen, "/chosen/sekisho/manifests");
}

int main(int argc, char **argv)
{
	sk_autofree char *clean = NULL;

	if (argc == 2 && strcmp(argv[0], "sekisho-worker") == 0)
		return sk_analyze_worker_main();
	if (!mkdtemp(folder))
		return 1;
	test_folder();
	test_kept();
	test_damage();
	test_owner();
	test_overlay();
	clean = sk_printf("rm -rf '%s'", folder);
	return system(clean) || tap_done();
}
