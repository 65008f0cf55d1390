/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's part of in-use: what events and processes say, kept over the agent's restarts. */
#include "tap.h"

#include "agent/inuse-internal.h"
#include "base/fd.h"
#include "base/limits.h"
#include "guard/container.h"
#include "guard/process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "1111111111111111111111111111111111111111111111111111111111111111"
#define BOX "2222222222222222222222222222222222222222222222222222222222222222"
enum { BEGIN = 1790000000 };

static char folder[] = "/tmp/sekisho-inuse.XXXXXX";

/* ---- scripts ---- */

#define ARGS(s)                                                                                    \
	{                                                                                          \
		s, sizeof(s)                                                                       \
	} /* each with its NUL, as the kernel has them */

static void test_scripts(void)
{
	static const struct {
		const char *program;
		struct sk_span args;
		const char *script; /* NULL: none */
	} cases[] = {
		{ "/bin/sh", ARGS("/usr/local/bin/start"), "/usr/local/bin/start" },
		{ "/bin/dash",
		  ARGS("-e\0/srv/run.sh\0--port\0"
		       "80"),
		  "/srv/run.sh" },
		{ "/bin/bash", ARGS("-c\0echo /etc/passwd"), NULL },
		{ "/bin/bash", ARGS("-o\0pipefail\0./start.sh"), "/srv/app/start.sh" },
		{ "/usr/bin/python3.11", ARGS("app.py"), "/srv/app/app.py" },
		{ "/usr/bin/python3.11", ARGS("-W\0ignore\0../x/./app.py"), "/srv/x/app.py" },
		{ "/usr/bin/python3", ARGS("-m\0http.server"), NULL },
		{ "/usr/bin/perl", ARGS("-ne\0print"), NULL },
		{ "/usr/local/bin/node", ARGS("--enable-source-maps\0server.js"),
		  "/srv/app/server.js" },
		{ "/usr/lib/jvm/bin/java", ARGS("-Xmx1g\0-jar\0/srv/app.jar\0--x"),
		  "/srv/app.jar" },
		{ "/usr/lib/jvm/bin/java", ARGS("com.example.Main"), NULL },
		{ "/usr/bin/php8.2", ARGS("-f\0index.php"), "/srv/app/index.php" },
		{ "/usr/bin/php", ARGS("index.php"), "/srv/app/index.php" },
		{ "/usr/bin/shred", ARGS("file"), NULL },
		{ "/usr/bin/python3", ARGS("../../../../../etc/x.py"), "/etc/x.py" },
		{ "/usr/bin/python3", { "", 0 }, NULL },
		{ "/usr/bin/python3", ARGS("/"), NULL },
	};
	sk_cleanup(sk_buf_release) struct sk_buf script = { 0 };

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_process p = { .exepath = sk_span_str(cases[i].program),
					.args = cases[i].args,
					.cwd = SK_SPAN_LIT("/srv/app") };
		bool found = sk_inuse_script(&p, &script);

		ok(found == (cases[i].script != NULL) &&
			   (!found || sk_span_is(sk_buf_view(&script), cases[i].script)),
		   "%s %s", cases[i].program, cases[i].args.ptr);
	}
	struct sk_process box = { .exepath = SK_SPAN_LIT("/bin/busybox"),
				  .exe = SK_SPAN_LIT("sh"),
				  .args = ARGS("/init") };

	ok(sk_inuse_script(&box, &script) && sk_span_is(sk_buf_view(&script), "/init"),
	   "busybox by what it was called");
}

/* ---- processes ---- */

static void put(const char *path, const char *content)
{
	sk_autofree char *full = sk_printf("%s/%s", folder, path);
	sk_autofree char *dir = sk_strndup(full, (size_t)(strrchr(full, '/') - full));
	struct sk_err err = SK_ERR_INIT;

	expect(sk_path_make_dirs(dir, 0755, &err) == 0 &&
		       sk_path_replace(full, sk_span_str(content), 0644, &err) == 0,
	       "%s: %s", path, err.text);
}

static void put_link(const char *path, const char *target)
{
	sk_autofree char *full = sk_printf("%s/%s", folder, path);
	sk_autofree char *dir = sk_strndup(full, (size_t)(strrchr(full, '/') - full));

	expect(sk_path_make_dirs(dir, 0755, NULL) == 0 && symlink(target, full) == 0, "%s", path);
}

static void note_seen(void *context, struct sk_span path, uint8_t how)
{
	sk_buf_printf(context, "%d %.*s\n", how, (int)path.len, path.ptr);
}

static void test_look(void)
{
	sk_autofree char *proc = sk_printf("%s/proc", folder);
	sk_cleanup(sk_buf_release) struct sk_buf seen = { 0 };

	put("proc/7/cgroup", "12:memory:/docker/" BOX "\n0::/\n");
	put("proc/7/maps", "55d0-55d8 r--p 00000000 00:35 1   /opt/java/bin/java\n"
			   "55d8-55e0 r-xp 00001000 00:35 1   /opt/java/bin/java\n"
			   "7f00-7f01 r--p 00000000 00:35 2   /usr/share/locale/de\n"
			   "7f01-7f02 r-xp 00000000 00:35 3   /usr/lib/libc.so.6\n"
			   "7f02-7f03 r-xp 00001000 00:35 3   /usr/lib/libc.so.6\n"
			   "7f03-7f04 r-xp 00000000 00:01 4   /memfd:x (deleted)\n"
			   "7f04-7f05 r-xp 00000000 00:00 0   [vdso]\n"
			   "7f05-7f06 r-xp 00000000 00:35 5   /srv/with blank.so\n"
			   "garbage\n");
	put_link("proc/7/exe", "/opt/java/bin/java");
	put_link("proc/7/fd/3", "/srv/app.jar");
	put_link("proc/7/fd/4", "socket:[1]");
	put_link("proc/7/fd/5", "/var/log/app.log");
	ok(sk_inuse_look(proc, 7, SK_SPAN_LIT(BOX), note_seen, &seen), "a process is looked at");
	ok(sk_span_is(sk_buf_view(&seen),
		      "1 /opt/java/bin/java\n2 /usr/lib/libc.so.6\n2 /srv/with blank.so\n"
		      "2 /srv/app.jar\n"),
	   "its program, its libraries once each, and the archives that a virtual machine holds "
	   "open");
	sk_buf_reset(&seen);
	ok(!sk_inuse_look(proc, 7, SK_SPAN_LIT(ID), note_seen, &seen) && !seen.len,
	   "one whose number went to another container is not");
	ok(!sk_inuse_look(proc, 8, SK_SPAN_LIT(BOX), note_seen, &seen) && !seen.len,
	   "nor one that is gone");
}

/* ---- events ---- */

static struct sk_container container = { .id = SK_SPAN_INIT(BOX),
					 .image_id = SK_SPAN_INIT(ID),
					 .image = SK_SPAN_INIT("app:1") };

static struct sk_event exec_of(struct sk_process *p, const char *path, int64_t seconds)
{
	p->exepath = sk_span_str(path);
	p->container = &container;
	p->pid = INT32_MAX; /* nobody has it: looking at it finds nothing */
	return (struct sk_event){
		.type = SK_EVENT_EXECVE, .time = seconds * 1000000000, .process = p, .fd = -1
	};
}

static const struct sk_in_use_file *find(const struct sk_in_use *use, const char *path)
{
	for (size_t i = 0; i < use->count; i++)
		if (strcmp(use->files[i].path, path) == 0)
			return &use->files[i];
	return NULL;
}

static void feed(struct sk_inuse *in)
{
	struct sk_process p = { 0 }, other = { 0 };
	struct sk_event e = exec_of(&p, "/usr/bin/curl", BEGIN);
	struct sk_file lib = { .type = SK_FILE_REGULAR,
			       .name = SK_SPAN_LIT("/usr/lib/libssl.so.3") };
	struct sk_file script = { .type = SK_FILE_REGULAR,
				  .name = SK_SPAN_LIT("/usr/lib/python3/os.py") };
	struct sk_arg code[] = { { 0 }, { 0 },
				 { 0 }, { .type = SK_ARG_FLAGS, .u = PROT_READ | PROT_EXEC },
				 { 0 }, { 0 } };

	for (int i = 0; i < 100; i++) { /* of one minute only the first counts */
		e.time = (BEGIN - BEGIN % 60 + 60 + i % 50) * 1000000000ll;
		sk_inuse_event(in, &e);
	}
	e.time += 3600 * 1000000000ll;
	sk_inuse_event(in, &e);
	p.exe_place = SK_EXE_UPPER;
	e = exec_of(&p, "/usr/bin/dropped", BEGIN + 1);
	sk_inuse_event(in, &e);
	p.exe_place = SK_EXE_LOWER;
	e = exec_of(&p, "/usr/bin/failed", BEGIN + 1);
	e.result = -2;
	sk_inuse_event(in, &e);
	e = exec_of(&p, "/bin/dash", BEGIN + 2);
	p.args = SK_SPAN_LIT("/usr/local/bin/start\0");
	sk_inuse_event(in, &e);
	e = exec_of(&other, "/usr/bin/on-the-host", BEGIN + 2);
	other.container = NULL;
	sk_inuse_event(in, &e);

	e = exec_of(&p, "/usr/bin/python3", BEGIN + 3);
	e.type = SK_EVENT_OPENAT;
	e.file = &script;
	sk_inuse_event(in, &e);
	e.type = SK_EVENT_MMAP;
	e.file = &lib;
	e.args = code;
	e.arg_count = SK_COUNT(code);
	sk_inuse_event(in, &e);
	lib.name = SK_SPAN_LIT("/usr/lib/own.so");
	lib.upper = 1;
	sk_inuse_event(in, &e);
	lib.name = SK_SPAN_LIT("/usr/lib/data.so");
	lib.upper = 0;
	code[3].u = PROT_READ;
	sk_inuse_event(in, &e);
}

static void test_events(void)
{
	sk_autofree char *dir = sk_printf("%s/in-use", folder);
	struct sk_inuse_config config = { .enabled = true, .folder = dir, .interval = 3600 };
	sk_cleanup(sk_in_use_release) struct sk_in_use use = { 0 };
	const struct sk_in_use_file *f;
	struct sk_inuse *in = NULL;
	struct sk_err err = SK_ERR_INIT;

	/* What an agent before this one has kept. */
	struct sk_in_use_file old[] = {
		{ "usr/bin/curl", BEGIN - 7000, BEGIN - 6000, SK_IN_USE_RUN },
		{ "usr/bin/old", BEGIN - 7000, BEGIN - 6000, SK_IN_USE_RUN }
	};
	struct sk_in_use before = { .image_id = "sha256:" ID,
				    .since = BEGIN - 8000,
				    .until = BEGIN - 5000,
				    .watched = SK_IN_USE_RUN,
				    .files = old,
				    .count = 2 };

	is_int(sk_in_use_save(&before, dir, &err), 0);
	is_int(sk_inuse_open(&config, "/nowhere", &in, &err), 0);
	feed(in);
	is_int(sk_inuse_counts(in).lost, 0);
	sk_inuse_close(in);
	ok(sk_in_use_open(dir, sk_span_str(ID), &use, &err) == 0,
	   "the record is written at the end: %s", err.text);
	is_int(use.since, BEGIN - 8000);
	ok(use.name && strcmp(use.name, "app:1") == 0, "the image's name");
	is_int(use.watched, SK_IN_USE_RUN | SK_IN_USE_SCRIPT); /* nobody looks at processes */
	f = find(&use, "usr/bin/curl");
	ok(f && f->first == BEGIN - 7000 && f->last > BEGIN + 3600 && f->how == SK_IN_USE_RUN,
	   "what was kept before, and when it was seen last");
	ok(find(&use, "usr/bin/old") != NULL, "what was not seen again stays");
	f = find(&use, "usr/local/bin/start");
	ok(f && f->how == SK_IN_USE_SCRIPT && f->first == BEGIN + 2,
	   "a script by the command line");
	f = find(&use, "usr/lib/libssl.so.3");
	ok(f && f->how == SK_IN_USE_MAPPED, "a library that was mapped as code");
	f = find(&use, "usr/lib/python3/os.py");
	ok(f && f->how == SK_IN_USE_OPENED, "a module that was opened");
	ok(!find(&use, "usr/bin/dropped") && !find(&use, "usr/lib/own.so"),
	   "the container's own layer is left out");
	ok(!find(&use, "usr/bin/failed") && !find(&use, "usr/lib/data.so") &&
		   !find(&use, "usr/bin/on-the-host"),
	   "and so is what did not start, is no code, or is the host's");
	is_int(use.count, 6);
}

/* A container that runs ever new names: bounded, counted, and what really runs still has room. */
static void test_flood(void)
{
	struct sk_inuse_records records = { .folder = folder, .watched = SK_IN_USE_RUN };
	struct sk_inuse_image *image =
		sk_inuse_image(&records, SK_SPAN_LIT(ID), SK_SPAN_LIT("flood"), BEGIN);
	char path[64];

	for (unsigned i = 0; i < SK_MAX_IN_USE_FILES; i++) {
		snprintf(path, sizeof(path), "/s/%u", i);
		sk_inuse_note(&records, image, sk_span_str(path), SK_IN_USE_SCRIPT, BEGIN);
	}
	sk_inuse_note(&records, image, SK_SPAN_LIT("/usr/bin/real"), SK_IN_USE_RUN, BEGIN);
	is_int(records.left_out, SK_MAX_IN_USE_FILES / 2);
	is_int(records.files, SK_MAX_IN_USE_FILES / 2 + 1);
	sk_inuse_records_save(&records, BEGIN + 1);
	is_int(records.unwritten, 0);
	sk_inuse_records_release(&records);
}

static void test_unwritable(void)
{
	sk_autofree char *file = sk_printf("%s/proc/7/maps", folder);
	struct sk_inuse_records records = { .folder = file };

	ok(!sk_inuse_image(&records, SK_SPAN_LIT("../../etc"), SK_SPAN_LIT(""), BEGIN),
	   "an id that is no digest names no file");
	ok(sk_inuse_image(&records, SK_SPAN_LIT("sha256:" ID), SK_SPAN_LIT(""), BEGIN) != NULL,
	   "one with its algorithm does");
	sk_inuse_records_save(&records, BEGIN);
	is_int(records.unwritten, 1);
	sk_inuse_records_release(&records);
}

static void test_config(void)
{
	static const char text[] = "in-use:\n  folder: /x\n  interval: 10m\n  opens: true\n";
	static const char wrong[] = "in-use:\n  folder: /x\n  intervall: 10m\n";
	struct sk_settings settings = { 0 }, bad = { 0 };
	struct sk_sensor_want want = { 0 };
	struct sk_inuse_config config;
	struct sk_err err = SK_ERR_INIT;

	is_int(sk_settings_parse(&settings, "guard.yaml", sk_span_str(text), &err), 0);
	is_int(sk_inuse_config(&settings, sk_node_get(settings.doc.root, "in-use"), &config, &err),
	       0);
	ok(config.enabled && strcmp(config.folder, "/x") == 0 && config.interval == 600 &&
		   config.sample == 60 && config.opens,
	   "what it says, and what it does not say");
	sk_inuse_want(&config, &want);
	ok(want.types[SK_EVENT_EXECVE] && want.types[SK_EVENT_OPENAT] && want.reads,
	   "what the sensor is asked for");
	is_int(sk_inuse_config(&settings, NULL, &config, &err), 0);
	ok(config.enabled && !config.folder && !config.opens,
	   "without a section");
	is_int(sk_settings_parse(&bad, "guard.yaml", sk_span_str(wrong), &err), 0);
	ok(sk_inuse_config(&bad, sk_node_get(bad.doc.root, "in-use"), &config, &err) < 0 &&
		   strstr(err.text, "guard.yaml:3:3") && strstr(err.text, "interval"),
	   "an unknown key: %s", err.text);
	sk_settings_release(&bad);
	sk_settings_release(&settings);
}

int main(void)
{
	sk_autofree char *clean = NULL;

	if (!mkdtemp(folder))
		return 1;
	test_scripts();
	test_look();
	test_events();
	test_flood();
	test_unwritable();
	test_config();
	clean = sk_printf("rm -rf '%s'", folder);
	return system(clean) || tap_done();
}
