/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/limits.h"
#include "guard/container-aside.h"
#include "guard/container-probe.h"
#include "guard/container-read.h"
#include "guard/container-runtime.h"
#include "guard/container-table.h"

#include <unistd.h>

#define WORDS_INIT(text) { (text), sizeof(text) } /* the last NUL too */
#define WORDS(text) ((struct sk_span)WORDS_INIT(text))

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_ids(void)
{
	static const struct {
		const char *cgroup, *id, *engine;
	} cases[] = {
		{ "/docker/" ID, ID, "docker" },
		{ "/system.slice/docker-" ID ".scope", ID, "docker" },
		{ "/kubepods/burstable/pod1234-5678/" ID, ID, "" },
		{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/cri-containerd-" ID
		  ".scope",
		  ID, "containerd" },
		{ "/kubepods.slice/crio-" ID ".scope", ID, "cri-o" },
		{ "/machine.slice/libpod-" ID ".scope/container", ID, "podman" },
		{ "/docker/" ID "/docker/ffff456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", ID,
		  "docker" },
		{ "8:pids:/docker/" ID, ID, "docker" },
		{ "/user.slice/user-1000.slice/session-1.scope", NULL, NULL },
		{ "/docker/" ID "0", NULL, NULL },
		{ "/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", NULL, NULL },
		{ "/crio-conmon-" ID ".scope", NULL, NULL },
		{ "/libpod-conmon-" ID ".scope", NULL, NULL },
		{ "", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sk_span id = { 0 };
		const char *engine = NULL;
		bool found = sk_container_id(sk_span_str(cases[i].cgroup), &id, &engine);

		ok(found == (cases[i].id != NULL) &&
			   (!found || (sk_span_is(id, cases[i].id) && strcmp(engine, cases[i].engine) == 0)),
		   "the container of '%s'", cases[i].cgroup);
	}
}

static int read_json(enum sk_container_form form, const char *json, struct sk_arena *arena, struct sk_container *c)
{
	return sk_container_read(form, sk_span_str(json), arena, c, NULL);
}

static void test_docker(void)
{
	struct sk_arena arena = { 0 };
	struct sk_container c = { .id = SK_SPAN_LIT(ID), .privileged = -1 };

	ok(read_json(SK_CONTAINER_DOCKER,
		     "{\"Name\":\"/web\",\"Image\":\"sha256:abcd\",\"Config\":{\"Image\":\"nginx:1.27\","
		     "\"Labels\":{\"tier\":\"front\",\"odd\":7}},\"State\":{\"StartedAt\":\"2026-01-02T03:04:05.6Z\"},"
		     "\"MountPoints\":{\"/data\":{\"Source\":\"/srv\",\"Destination\":\"/data\",\"RW\":true}},"
		     "\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAddress\":\"172.17.0.2\"}}}}",
		     &arena, &c) == 0, "config.v2.json is read");
	ok(sk_span_is(c.name, "web") && sk_span_is(c.image, "nginx:1.27") && sk_span_is(c.image_id, "abcd"),
	   "name, image and its id");
	ok(c.label_count == 1 && sk_span_is(c.labels[0].value, "front"), "labels; what is no string is passed over");
	ok(c.mount_count == 1 && c.mounts[0].writable && sk_span_is(c.mounts[0].source, "/srv"), "mounts");
	ok(c.start == INT64_C(1767323045000000000) && sk_span_is(c.ip, "172.17.0.2"), "start and address");
	is_int(c.privileged, -1);
	ok(read_json(SK_CONTAINER_DOCKER_HOST, "{\"Privileged\":true}", &arena, &c) == 0 && c.privileged == 1,
	   "hostconfig.json says whether it is privileged");
	sk_arena_release(&arena);
}

static void test_oci(void)
{
	struct sk_arena arena = { 0 };
	struct sk_container c = { .id = SK_SPAN_LIT(ID), .privileged = -1 };

	ok(read_json(SK_CONTAINER_OCI,
		     "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
		     "\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.image-name\":\"r.io/a:1\","
		     "\"io.kubernetes.cri.sandbox-name\":\"app-0\",\"io.kubernetes.cri.sandbox-namespace\":\"prod\"},"
		     "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"},{\"destination\":\"/host\","
		     "\"source\":\"/\",\"type\":\"bind\",\"options\":[\"rbind\",\"ro\",\"rslave\"]}],"
		     "\"process\":{\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]}},"
		     "\"linux\":{\"maskedPaths\":[\"/proc/kcore\"]}}",
		     &arena, &c) == 0, "a bundle of containerd");
	ok(sk_span_is(c.engine, "containerd") && sk_span_is(c.name, "app") && sk_span_is(c.pod_name, "app-0") &&
		   sk_span_is(c.namespace, "prod"), "engine, name and pod");
	ok(c.mount_count == 1 && !c.mounts[0].writable && sk_span_is(c.mounts[0].destination, "/host") &&
		   sk_span_is(c.mounts[0].propagation, "rslave"), "mounts of the host alone");
	is_int(c.privileged, 0);
	read_json(SK_CONTAINER_OCI,
		  "{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\",\"CAP_SYS_MODULE\"]}},"
		  "\"linux\":{}}",
		  &arena, &c);
	ok(c.privileged == 1 && sk_span_is(c.name, "app"), "a privileged one; what a file does not say stays");
	sk_arena_release(&arena);
}

static void test_storage(void)
{
	struct sk_arena arena = { 0 };
	struct sk_container c = { .id = SK_SPAN_LIT(ID), .privileged = -1 };

	ok(read_json(SK_CONTAINER_STORAGE,
		     "[{\"id\":\"other\",\"names\":[\"no\"]},{\"id\":\"" ID "\",\"names\":[\"db\"],\"image\":\"beef\","
		     "\"metadata\":\"{\\\"image-name\\\":\\\"docker.io/library/postgres:16\\\"}\"}]",
		     &arena, &c) == 0, "containers.json");
	ok(sk_span_is(c.name, "db") && sk_span_is(c.image_id, "beef") &&
		   sk_span_is(c.image, "docker.io/library/postgres:16"),
	   "the entry with the container's id, and the JSON in it");
	sk_arena_release(&arena);
}

/* Files that somebody else may have a hand in. */
static void test_malformed(void)
{
	static const char *const texts[] = {
		"", "{", "[]", "null", "\"x\"", "{\"Name\":5,\"Config\":[],\"MountPoints\":{\"a\":7}}",
		"{\"annotations\":[1],\"mounts\":{\"x\":[]},\"linux\":7,\"process\":null}",
		"[7,{\"id\":7},{\"id\":\"" ID "\",\"metadata\":\"{\",\"names\":7}]", "{\"Config\":{\"Labels\":{}}}",
		"{\"State\":{\"StartedAt\":\"0001-01-01T00:00:00Z\"}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (int form = 0; form < SK_CONTAINER_FORMS; form++) {
			struct sk_arena arena = { 0 };
			struct sk_container c = { .id = SK_SPAN_LIT(ID), .privileged = -1 };

			read_json((enum sk_container_form)form, texts[i], &arena, &c);
			expect(!c.name.len && !c.image.len && !c.label_count && !c.start, "'%s' says nothing",
			       texts[i]);
			sk_arena_release(&arena);
		}
	}
	ok(true, "malformed files are survived, and say nothing");
}

static void test_table(void)
{
	struct sk_container_table *t = sk_container_table_new();
	struct sk_process p = { .pid = INT32_MAX, .cgroup = 7 }, host = { .pid = INT32_MAX, .cgroup = 8 };
	const struct sk_container *c = sk_container_table_find(t, &p, SK_SPAN_LIT("/docker/" ID));

	ok(c && sk_span_is(c->id, ID) && sk_span_is(c->engine, "docker"), "a container is known by its cgroup's name");
	ok(sk_container_table_find(t, &p, sk_span(NULL, 0)) == c, "then by the cgroup's number");
	ok(!sk_container_table_find(t, &host, SK_SPAN_LIT("/user.slice")), "the host is no container");
	ok(!sk_container_table_find(t, &host, sk_span(NULL, 0)), "and stays so");
	is_int(sk_container_table_count(t), 1);
	sk_container_table_free(t);
}

/* ---- files of real engines ---- */

static void put(struct sk_buf *out, const char *name, struct sk_span value)
{
	if (value.len)
		sk_buf_printf(out, " %s=%.*s", name, (int)value.len, value.ptr);
}

static void put_shared(struct sk_buf *out, const char *name, int shared)
{
	if (shared)
		sk_buf_printf(out, " %s=%s", name, shared > 0 ? "host" : "own");
}

static void print(struct sk_buf *out, const struct sk_container *c)
{
	sk_buf_span(out, c->engine);
	put(out, "name", c->name);
	put(out, "image", c->image);
	put(out, "id", sk_span_sub(c->image_id, 0, 12));
	put(out, "digest", sk_span_sub(c->image_digest, 0, 19));
	put(out, "pod", c->pod_name);
	put(out, "ns", c->namespace);
	put(out, "uid", sk_span_sub(c->pod_uid, 0, 4));
	put(out, "sandbox", sk_span_sub(c->pod_id, 0, 4));
	put(out, "ip", c->ip);
	put(out, "health", c->healthcheck);
	for (uint32_t i = 0; i < c->label_count; i++)
		sk_buf_printf(out, " %.*s:%.*s", (int)c->labels[i].name.len, c->labels[i].name.ptr,
			      (int)c->labels[i].value.len, c->labels[i].value.ptr);
	for (uint32_t i = 0; i < c->mount_count; i++)
		sk_buf_printf(out, " %.*s>%.*s%s", (int)c->mounts[i].source.len, c->mounts[i].source.ptr,
			      (int)c->mounts[i].destination.len, c->mounts[i].destination.ptr,
			      c->mounts[i].writable ? "" : ":ro");
	put_shared(out, "pid", c->host_pid);
	put_shared(out, "net", c->host_network);
	put_shared(out, "ipc", c->host_ipc);
	sk_buf_printf(out, " privileged=%d%s", c->privileged, c->start ? " started" : "");
}

static void read_real(const char *name, struct sk_buf *ret)
{
	sk_autofree char *path = sk_printf("%s/data/container/%s", getenv("SK_TESTS"), name);

	expect(sk_path_slurp(path, 1 << 20, ret, NULL) >= 0, "%s", name);
}

static void test_real(void)
{
	static const struct {
		const char *what, *id;
		struct {
			enum sk_container_form form;
			const char *file;
		} files[4];
		const char *want;
	} cases[] = {
		{ "Docker", "46ed724f1375ae96aca0613ff567bbea4fb9d1031e8e19bd244415f857a449ed",
		  { { SK_CONTAINER_OCI, "docker/config.json" }, { SK_CONTAINER_DOCKER, "docker/config.v2.json" },
		    { SK_CONTAINER_DOCKER_HOST, "docker/hostconfig.json" },
		    { SK_CONTAINER_DOCKER_IMAGES, "docker/repositories.json" } },
		  "docker name=web-1 image=probe:one id=ab6e03cbe437 health=/bin/sh -c true --fast odd:a\"b tier:front "
		  "/srv/data>/data:ro pid=host net=own ipc=own privileged=0 started" },
		{ "podman", "99fd666287539782e893a427122842a4605af456eb17fb4bc9af20232689f009",
		  { { SK_CONTAINER_STORAGE, "podman/containers.json" }, { SK_CONTAINER_STORAGE_IMAGES, "podman/images.json" } },
		  " name=db-1 image=localhost/probe:one id=d4769bfacbc2 digest=sha256:49b960c56123 privileged=-1 started" },
		{ "containerd", "task-a", { { SK_CONTAINER_OCI, "containerd/config.json" } },
		  " pid=own net=own ipc=own privileged=0" },
		{ "containerd with Kubernetes", "x", { { SK_CONTAINER_OCI, "containerd/cri.json" } },
		  "containerd name=app image=docker.io/library/nginx:1.27 pod=app-0 ns=prod uid=8c1f sandbox=feed pid=own net=host "
		  "ipc=host privileged=0" },
		{ "CRI-O", "x", { { SK_CONTAINER_OCI, "cri-o/config.json" } },
		  "cri-o name=app image=registry.example/app:1.4 id=222222222222 digest=sha256:111111111111 pod=app-0 ns=prod "
		  "uid=8c1f sandbox=feed ip=10.85.0.7 io.kubernetes.container.name:app io.kubernetes.pod.name:app-0 "
		  "io.kubernetes.pod.namespace:prod io.kubernetes.pod.uid:8c1f2d9e-0000-4000-8000-000000000001 "
		  "/var/lib/kubelet/pods/8c1f/volumes/token>/var/run/secrets/kubernetes.io/serviceaccount:ro pid=own net=own ipc=host "
		  "privileged=0" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sk_arena arena = { 0 }, other = { 0 };
		struct sk_container c = { .id = sk_span_str(cases[i].id), .privileged = -1 };
		sk_cleanup(sk_buf_release) struct sk_buf got = { 0 };

		for (size_t f = 0; f < 4 && cases[i].files[f].file; f++) {
			sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

			read_real(cases[i].files[f].file, &text);
			sk_container_read(cases[i].files[f].form, sk_buf_view(&text), &arena, &c, NULL);
		}
		c = sk_container_copy(&c, &other);
		sk_arena_release(&arena);
		print(&got, &c);
		ok(strcmp(sk_buf_str(&got), cases[i].want) == 0, "what %s says", cases[i].what);
		if (strcmp(sk_buf_str(&got), cases[i].want) != 0)
			printf("# got  %s\n# want %s\n", sk_buf_str(&got), cases[i].want);
		sk_arena_release(&other);
	}
}

static void test_states(void)
{
	static const char *const files[] = { "runc/state.json", "crun/status" };
	static const char *const bundles[] = {
		"/srv/bundle",
		"/var/lib/containers/storage/overlay-containers/99fd666287539782e893a427122842a4605af456eb17fb4bc9af20232689f009/"
		"userdata",
	};

	for (size_t i = 0; i < 2; i++) {
		sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
		struct sk_arena arena = { 0 };
		struct sk_runtime_state state;

		read_real(files[i], &text);
		state = sk_runtime_state_read(sk_buf_view(&text), &arena);
		ok(sk_span_is(state.bundle, bundles[i]) && state.pid > 0, "%s leads to the bundle", files[i]);
		sk_arena_release(&arena);
	}
}

/* ---- probes ---- */

static void test_probes(void)
{
	static const char labels[] =
		"{\"Config\":{\"Healthcheck\":{\"Test\":[\"CMD\",\"curl\",\"-f\",\"x\"]},\"Labels\":{"
		"\"io.kubernetes.container.name\":\"app\",\"annotation.kubectl.kubernetes.io/last-applied-configuration\":"
		"\"{\\\"spec\\\":{\\\"containers\\\":[{\\\"name\\\":\\\"other\\\"},{\\\"name\\\":\\\"app\\\","
		"\\\"livenessProbe\\\":{\\\"exec\\\":{\\\"command\\\":[\\\"ping\\\",\\\"me\\\"]}},"
		"\\\"readinessProbe\\\":{\\\"httpGet\\\":{\\\"port\\\":80}}}]}}\"}}}";
	struct sk_arena arena = { 0 };
	struct sk_container c = { .id = SK_SPAN_LIT(ID), .privileged = -1 };
	struct sk_process host = { .pid = 1, .vpid = 1 };
	struct sk_process probe = { .pid = 20, .vpid = 7, .parent = &host, .container = &c, .exe = SK_SPAN_LIT("curl"),
				    .args = WORDS("-f\0x") };
	struct sk_process below = { .pid = 21, .vpid = 8, .parent = &probe, .container = &c, .exe = SK_SPAN_LIT("sh") };
	struct sk_process init = { .pid = 22, .vpid = 1, .parent = &host, .container = &c, .exe = SK_SPAN_LIT("app") };
	struct sk_process like = { .pid = 23, .vpid = 9, .parent = &init, .container = &c, .exe = SK_SPAN_LIT("curl"),
				   .args = WORDS("-f\0x") };

	read_json(SK_CONTAINER_DOCKER, labels, &arena, &c);
	ok(sk_span_is(c.healthcheck, "curl -f x") && sk_span_is(c.liveness, "ping me") && !c.readiness.len,
	   "commands of health check and probes");
	ok(sk_container_probe_runs(&probe, c.healthcheck) && sk_container_probe_runs(&below, c.healthcheck),
	   "what the engine puts into the container, and what that starts");
	ok(!sk_container_probe_runs(&like, c.healthcheck) && !sk_container_probe_runs(&init, c.healthcheck),
	   "the same command of the container itself is none");
	ok(!sk_container_probe_runs(&probe, c.liveness) && !sk_container_probe_runs(&probe, SK_SPAN_LIT("curl -f x y")) &&
		   !sk_container_probe_runs(&probe, SK_SPAN_LIT("curl -f")),
	   "nor is another command");
	read_json(SK_CONTAINER_DOCKER, "{\"Config\":{\"Healthcheck\":{\"Test\":[\"NONE\"]}}}", &arena, &c);
	ok(sk_span_is(c.healthcheck, "NONE"), "one that was switched off");
	sk_arena_release(&arena);
}

/* ---- runtimes ---- */

static void test_runtimes(void)
{
	static const struct {
		const char *program;
		struct sk_span args;
		const char *id, *bundle, *name; /* NULL: none */
		bool starts;
	} cases[] = {
		{ "/usr/sbin/runc", WORDS_INIT("run\0web"), "web", "/work", "", true },
		{ "/usr/sbin/runc", WORDS_INIT("--root\0/run/x\0--systemd-cgroup\0create\0--bundle\0/b\0--pid-file\0p\0" ID), ID,
		  "/b", "", true },
		{ "/usr/bin/crun", WORDS_INIT("--root=/run/crun\0--cgroup-manager\0systemd\0run\0-b\0sub\0-f\0c.json\0a.b_c"),
		  "a.b_c", "/work/sub", "", true },
		{ "/usr/bin/crun", WORDS_INIT("run\0--bundle=/b\0--detach\0x"), "x", "/b", "", true },
		{ "/usr/bin/crun", WORDS_INIT("restore\0--image-path\0/i\0y"), "y", "/work", "", true },
		{ "/usr/sbin/runc", WORDS_INIT("exec\0-t\0--cwd\0/\0web\0sh\0run\0other"), "web", "", "", false },
		{ "/usr/sbin/runc", WORDS_INIT("--root\0run\0delete\0web"), NULL, NULL, NULL, false },
		{ "/usr/sbin/runc", WORDS_INIT("init"), NULL, NULL, NULL, false },
		{ "/usr/sbin/runc", WORDS_INIT("run\0../../etc"), NULL, NULL, NULL, false },
		{ "/usr/sbin/runc", WORDS_INIT("run"), NULL, NULL, NULL, false },
		{ "/usr/sbin/runc", WORDS_INIT("run\0-b"), NULL, NULL, NULL, false },
		{ "/usr/bin/conmon", WORDS_INIT("--api-version\0" "1\0-c\0" ID "\0-u\0" ID "\0-r\0/usr/bin/crun\0-b\0/s/userdata\0-n\0db"),
		  ID, "/s/userdata", "db", false },
		{ "/usr/bin/containerd-shim-runc-v2", WORDS_INIT("-namespace\0moby\0-id\0" ID "\0-address\0/run/x.sock"), ID, "", "",
		  false },
		{ "/bin/sh", WORDS_INIT("run\0web"), NULL, NULL, NULL, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sk_process p = { .exepath = sk_span_str(cases[i].program), .args = cases[i].args,
					.cwd = SK_SPAN_LIT("/work") };
		struct sk_arena arena = { 0 };
		struct sk_runtime_call call;
		bool found = sk_runtime_call(&p, &arena, &call);

		ok(found == (cases[i].id != NULL) &&
			   (!found || (sk_span_is(call.id, cases[i].id) && sk_span_is(call.bundle, cases[i].bundle) &&
				       sk_span_is(call.name, cases[i].name) && call.starts == cases[i].starts)),
		   "what '%s %s ...' says (%zu)", cases[i].program, cases[i].args.ptr, i);
		sk_arena_release(&arena);
	}
}

/* ---- the table ---- */

/* What an observer heard: "+ID ", "=ID " (known), "#ID " (cgroup), "-ID ". */
static void note(void *context, enum sk_container_change change, const struct sk_container *c, uint64_t cgroup)
{
	static const char signs[] = "+=#-";
	struct sk_buf *out = context;

	sk_buf_putc(out, signs[change]);
	sk_buf_span(out, c->id);
	sk_buf_putc(out, ' ');
}

struct world {
	struct sk_container_table *table;
	struct sk_process_table *processes;
	struct sk_buf heard;
	char *folder; /* of a bundle */
};

static void world_open(struct world *w, const char *config)
{
	char folder[] = "/tmp/sekisho-container-XXXXXX";
	sk_autofree char *path = NULL;

	*w = (struct world){ .table = sk_container_table_new(), .processes = sk_process_table_new(0) };
	expect(mkdtemp(folder), "a folder");
	w->folder = sk_strdup(folder);
	path = sk_printf("%s/config.json", folder);
	expect(sk_path_replace(path, sk_span_str(config), 0600, NULL) == 0, "a bundle");
	sk_container_table_observe(w->table, note, &w->heard);
}

static void world_close(struct world *w)
{
	sk_autofree char *path = sk_printf("%s/config.json", w->folder);

	unlink(path);
	rmdir(w->folder);
	free(w->folder);
	sk_buf_release(&w->heard);
	sk_container_table_free(w->table);
	sk_process_table_free(w->processes);
}

/* A program, as the sensor finds it; pids are such as the kernel does not give. */
static struct sk_process *run(struct world *w, int pid, int parent, const char *program, struct sk_span args)
{
	struct sk_process *p = sk_process_table_add(w->processes, INT32_MAX - pid, INT32_MAX - parent);

	sk_process_table_set(p, SK_PROCESS_EXEPATH, sk_span_str(program));
	sk_process_table_set(p, SK_PROCESS_NAME, sk_span_basename(sk_span_str(program)));
	sk_process_table_set_args(p, args);
	sk_process_table_set(p, SK_PROCESS_CWD, sk_span_str(w->folder));
	sk_container_table_program(w->table, p);
	return p;
}

static bool is_in(struct world *w, struct sk_process *p, uint64_t cgroup, const char *name, const char *id)
{
	p->cgroup = cgroup;
	p->container = sk_container_table_find(w->table, p, sk_span_str(name));
	return id ? p->container && sk_span_is(p->container->id, id) : !p->container;
}

static void heard(struct world *w, const char *want)
{
	ok(strcmp(sk_buf_str(&w->heard), want) == 0, "heard '%s'", want);
	if (strcmp(sk_buf_str(&w->heard), want) != 0)
		printf("# got '%s'\n", sk_buf_str(&w->heard));
	sk_buf_reset(&w->heard);
}

static void test_plain_runtime(void)
{
	struct world w;
	struct sk_process *runc, *inside, *shell;

	world_open(&w, "{\"linux\":{\"cgroupsPath\":\"/a/of-web\"}}");
	shell = run(&w, 1, 0, "/bin/sh", WORDS("sh"));
	runc = run(&w, 2, 1, "/usr/sbin/runc", WORDS("runc\0run\0web"));
	heard(&w, "+web =web ");
	sk_container_table_cgroup(w.table, runc, 10, SK_SPAN_LIT("/a"), false);
	heard(&w, "");
	sk_container_table_cgroup(w.table, runc, 11, SK_SPAN_LIT("/a/of-web"), false);
	heard(&w, "#web ");
	sk_container_table_cgroup(w.table, shell, 12, SK_SPAN_LIT("/b/of-web"), false);
	heard(&w, "");
	ok(is_in(&w, shell, 10, "/a", NULL) && is_in(&w, shell, 12, "/b/of-web", NULL), "others may call theirs what they like");
	inside = run(&w, 3, 2, "/bin/cat", WORDS("cat"));
	ok(is_in(&w, inside, 11, "", "web") && sk_span_is(inside->container->name, "web") &&
		   sk_span_is(inside->container->engine, "runc"), "a program in it is known by the number alone");
	sk_container_table_cgroup(w.table, inside, 13, SK_SPAN_LIT("/a/of-web/" ID), false);
	ok(sk_container_table_count(w.table) == 2, "a name that is an id is one");
	sk_container_table_cgroup(w.table, inside, 14, SK_SPAN_LIT("/a/of-web/below"), false);
	ok(is_in(&w, inside, 14, "", "web"), "what it makes itself is its");
	sk_buf_reset(&w.heard);
	sk_container_table_cgroup(w.table, shell, 14, SK_SPAN_LIT("/a/of-web/below"), true);
	heard(&w, "");
	sk_container_table_cgroup(w.table, shell, 11, SK_SPAN_LIT("/a/of-web"), true);
	heard(&w, "-web ");
	run(&w, 4, 1, "/usr/sbin/runc", WORDS("runc\0create\0web"));
	heard(&w, "+web =web ");
	world_close(&w);
}

/* Rootless ones have no cgroup: a monitor, and other namespaces than the host's. */
static void test_without_cgroup(void)
{
	struct world w;
	struct sk_process *monitor, *runtime, *init, *other;
	const char *bundle;

	world_open(&w, "{\"annotations\":{\"io.container.manager\":\"libpod\"}}");
	monitor = run(&w, 1, 0, "/usr/bin/conmon", WORDS("conmon\0-c\0" ID "\0-n\0db"));
	monitor->namespaces[SK_NS_MNT] = 77;
	runtime = run(&w, 2, 1, "/usr/bin/crun", WORDS("crun\0create\0" ID));
	bundle = w.folder;
	ok(bundle && is_in(&w, runtime, 20, "/user.slice", NULL), "the runtime is not in it");
	init = run(&w, 3, 2, "/bin/cat", WORDS("cat"));
	init->namespaces[SK_NS_MNT] = 78;
	init->namespaces[SK_NS_PID] = 79;
	init->vpid = 1;
	ok(is_in(&w, init, 20, "", ID), "the program that it starts is");
	ok(sk_span_is(init->container->name, "db") && sk_span_is(init->container->engine, "podman"),
	   "with the name that its monitor was given");
	other = run(&w, 4, 0, "/bin/cat", WORDS("cat"));
	other->namespaces[SK_NS_MNT] = 80;
	ok(is_in(&w, other, 20, "", NULL), "another with namespaces of its own is none");
	sk_buf_reset(&w.heard);
	sk_container_table_exit(w.table, init);
	heard(&w, "-" ID " ");
	world_close(&w);
}

/* Who is not root does not name containers that are not his. */
static void test_whose(void)
{
	struct world w;
	struct sk_process *root, *fake;
	const struct sk_container *c;

	world_open(&w, "{}");
	root = run(&w, 1, 0, "/usr/sbin/runc", WORDS("runc\0run\0web"));
	sk_container_table_cgroup(w.table, root, 30, SK_SPAN_LIT("/web"), false);
	sk_buf_reset(&w.heard);
	fake = sk_process_table_add(w.processes, INT32_MAX - 5, 0);
	fake->uid = 1000;
	sk_process_table_set(fake, SK_PROCESS_EXEPATH, SK_SPAN_LIT("/home/u/runc"));
	sk_process_table_set_args(fake, WORDS("runc\0run\0web"));
	sk_container_table_program(w.table, fake);
	sk_container_table_cgroup(w.table, fake, 31, SK_SPAN_LIT("/user/web"), false);
	heard(&w, "");
	c = sk_container_table_find(w.table, &(struct sk_process){ .pid = INT32_MAX, .cgroup = 31 }, sk_span(NULL, 0));
	ok(!c, "nor gets into them by their names");
	world_close(&w);
}

/* What a user runs is looked at aside. */
static void test_aside(void)
{
	sk_autofree char *bundle = NULL;
	struct sk_container_aside *aside = sk_container_aside_new();
	struct sk_container c = { .id = SK_SPAN_LIT("x"), .privileged = -1 };
	struct sk_arena arena = { 0 };
	struct world w;
	bool found = false;

	world_open(&w, "{\"annotations\":{\"nerdctl/name\":\"mine\"}}");
	bundle = sk_strdup(w.folder);
	/* On a machine that has much to do it may take too long, some times. */
	for (int i = 0; i < 1000 && !found; i++)
		found = sk_container_aside_look(aside, &c, &bundle, &arena);
	ok(found && sk_span_is(c.name, "mine") && strcmp(bundle, w.folder) == 0, "what a user runs is looked at aside");
	sk_arena_release(&arena);
	sk_container_aside_free(aside);
	world_close(&w);
}

/* Cgroups are made by anybody, and as many as he likes. */
static void test_many_cgroups(void)
{
	struct world w;
	struct sk_process *p, *known;

	world_open(&w, "{}");
	known = run(&w, 2, 0, "/usr/sbin/runc", WORDS("runc\0run\0web"));
	sk_container_table_cgroup(w.table, known, 500000, SK_SPAN_LIT("/web"), false);
	p = run(&w, 1, 0, "/bin/sh", WORDS("sh"));
	sk_container_table_cgroup(w.table, p, 1, SK_SPAN_LIT("/docker/" ID), false);
	for (unsigned i = 2; i < 200000; i++)
		sk_container_table_cgroup(w.table, p, i, SK_SPAN_LIT("/x"), false);
	ok(is_in(&w, p, 1, "", ID), "a container's is still known after 200,000 others");
	for (unsigned i = 0; i < 70000; i++) {
		sk_autofree char *name = sk_printf("/%064x", i);

		sk_container_table_cgroup(w.table, p, 300000 + i, sk_span_str(name), false);
	}
	ok(sk_container_table_count(w.table) <= 2 * SK_MAX_CONTAINERS, "there is an end to containers");
	sk_container_table_sweep(w.table, w.processes);
	ok(sk_container_table_count(w.table) == SK_MAX_CONTAINERS, "and a smaller one between two events");
	ok(is_in(&w, known, 500000, "/web", "web") && sk_container_table_count(w.table) == SK_MAX_CONTAINERS,
	   "names alone displace no container that is known");
	world_close(&w);
}

int main(void)
{
	test_real();
	test_states();
	test_probes();
	test_runtimes();
	test_plain_runtime();
	test_without_cgroup();
	test_whose();
	test_aside();
	test_many_cgroups();
	test_ids();
	test_docker();
	test_oci();
	test_storage();
	test_malformed();
	test_table();
	return tap_done();
}
