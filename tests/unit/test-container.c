/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "guard/container-read.h"
#include "guard/container-table.h"

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

int main(void)
{
	test_ids();
	test_docker();
	test_oci();
	test_storage();
	test_malformed();
	test_table();
	return tap_done();
}
