/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "base/limits.h"
#include "base/time.h"
#include "policy/lint.h"
#include "policy/policy-test.h"
#include "policy/subject.h"
#include "policy/vap.h"

const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses a buffer when a flow sequence breaks off (fuzz/fuzz-yaml.c). */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml\n";
}

static struct sk_cel_eval *eval;

/* ---- faults and their places ---- */

#define HEAD "apiVersion: sekisho/v1\nkind: Policy\nmetadata: { name: p }\nspec:\n"

static void test_faults(void)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ HEAD "  rules:\n    - id: a\n      expression: findings.all(f, f.kve)\n",
		  "f:7:37: undefined field 'kve' in sekisho.Finding; did you mean 'kev'?" },
		{ HEAD "  rules:\n    - id: a\n      expression: |\n        true &&\n          imge.tag == ''\n",
		  "f:9:11: undeclared reference to 'imge'; did you mean 'image'?" },
		{ HEAD "  rules:\n    - id: a\n      expression: >-\n        true &&\n        image.tag == 1\n", "f:9:19: " },
		{ HEAD "  rules:\n    - id: a\n      expression: \"image.tag == \\\"\\\" && 1\"\n", "f:7:41: " },
		{ HEAD "  rule: []\n", "f:5:3: unknown key 'rule'; did you mean 'rules'?" },
		{ HEAD "  rules: []\n  stages: [biuld]\n", "f:6:12: 'biuld' is not one of" },
		{ HEAD "  rules:\n    - id: a\n      expression: image.tag\n",
		  "f:7:19: the expression gives string, and must give bool" },
		{ HEAD "  rules:\n    - id: a\n      offenders: image.tag\n", "f:7:18: the expression gives string" },
		{ HEAD "  rules:\n    - id: a\n", "f:6:5: the rule 'a' needs one of" },
		{ HEAD "  rules:\n    - id: a\n      expression: 'true'\n      manual: look\n", "f:6:5: the rule 'a' needs" },
		{ HEAD "  rules:\n    - id: a\n      expression: ''\n", "f:7:7: the expression is empty" },
		{ HEAD "  rules:\n    - id: a\n      expression: variables.x\n", "f:7:19: undeclared" },
		{ HEAD "  variables:\n    - { name: x, expression: 'variables.y' }\n    - { name: y, expression: '1' }\n  rules: []\n",
		  "f:6:31: undeclared" },
		{ HEAD "  variables:\n    - { name: x, expression: '1' }\n    - { name: x, expression: '2' }\n  rules: []\n",
		  "f:7:15: " },
		{ HEAD "  rules:\n    - id: a\n      offenders: findings\n      message: it.idd\n",
		  "f:8:19: undefined field 'idd' in sekisho.Finding; did you mean 'id'?" },
		{ HEAD "  rules:\n    - id: a\n      expression: 'true'\n      message: it.id\n", "f:8:16: undeclared" },
		{ HEAD "  parameters: { a: { type: strng } }\n  rules: []\n", "f:5:28: 'strng' is not one of" },
		{ HEAD "  parameters: { a: { type: int, default: x } }\n  rules: []\n", "f:5:42: the default is no int" },
		{ HEAD "  rules:\n    - { id: a, expression: 'params.b' }\n", "f:6:36: undefined field 'b'" },
		{ HEAD "  rules:\n    - { id: a, expression: 'true' }\n    - { id: a, expression: 'true' }\n",
		  "f:7:5: there are two rules 'a'" },
		{ "apiVersion: sekisho/v2\nkind: Policy\n", "f:1:1: no policy: apiVersion 'sekisho/v2'" },
		{ "a: 1\n", "f:1:1: no policy: it has no apiVersion and kind" },
		{ "a: [\n", "f: line " },
		{ "a: 1\na: 2\n", "f: line 2: the key \"a\" is there twice" },
		{ "\xff", "f: this is not UTF-8" },
		{ "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicy\n", "f:1:1: policies that change" },
		{ "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: v}\n"
		  "spec:\n  validations:\n  - expresion: 'true'\n", "f:6:5: unknown key 'expresion'; did you mean 'expression'?" },
		{ "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: v}\n"
		  "spec:\n  validations:\n  - expression: 'image.tag == \"\"'\n", "f:6:18: undeclared reference to 'image'" },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_policy_set set = { 0 };
		struct sk_err err = SK_ERR_INIT;

		expect(sk_policy_parse(&set, "f", sk_span_str(cases[i].text), &err) < 0, "case %zu is refused", i);
		expect(strncmp(err.text, cases[i].fault, strlen(cases[i].fault)) == 0, "case %zu: %s\n# not %s", i, err.text,
		       cases[i].fault);
		sk_policy_set_release(&set);
	}
	ok(true, "%zu faults are told at their places", SK_COUNT(cases));
}

/* ---- decisions ---- */

/* Evaluates one policy over facts as a test writes them. */
static void decide_at(const char *spec, const char *facts_text, enum sk_stage stage, struct sk_decision *d)
{
	sk_autofree char *text = sk_printf(HEAD "%s", spec);
	struct sk_policy_set set = { 0 };
	struct sk_doc doc = { 0 };
	struct sk_facts facts = { 0 };
	struct sk_err err = SK_ERR_INIT;

	expect(sk_policy_parse(&set, "f", sk_span_str(text), &err) == 0 && sk_policy_ready(&set, &err) == 0, "%s", err.text);
	expect(sk_doc_parse(&doc, SK_DOC_YAML, sk_span_str(facts_text), 0, &err) == 0, "%s", err.text);
	sk_facts_begin(&facts, stage, 1700000000, UINT32_MAX);
	expect(sk_facts_add_document(&facts, doc.root, &err) == 0, "%s", err.text);
	sk_policy_decide(&set, &facts, eval, d);
	for (size_t i = 0; i < d->reasons.len; i++) { /* what outlives the set */
		d->reasons.data[i].policy = "p";
		d->reasons.data[i].rule = sk_arena_str(&d->arena, d->reasons.data[i].rule);
		d->reasons.data[i].message = sk_arena_str(&d->arena, d->reasons.data[i].message);
		d->reasons.data[i].remedy = sk_arena_str(&d->arena, d->reasons.data[i].remedy);
	}
	sk_facts_release(&facts);
	sk_doc_release(&doc);
	sk_policy_set_release(&set);
}

static void test_effects(void)
{
#define FALSE_RULE "{ id: a, expression: 'image.tag == \"x\"'"
#define UNKNOWN_RULE "{ id: b, expression: 'image.digest == \"\"'"
	static const struct {
		const char *spec;
		enum sk_stage stage;
		enum sk_effect effect;
		size_t reasons;
	} cases[] = {
		{ "  rules: [{ id: a, expression: 'true' }]\n", SK_STAGE_BUILD, SK_EFFECT_ALLOW, 0 },
		{ "  rules: [" FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_DENY, 1 },
		{ "  action: warn\n  rules: [" FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_WARN, 1 },
		{ "  action: audit\n  rules: [" FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_ALLOW, 1 },
		{ "  action: audit\n  rules: [" FALSE_RULE ", action: deny }]\n", SK_STAGE_BUILD, SK_EFFECT_DENY, 1 },
		{ "  rules: [" UNKNOWN_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_UNKNOWN, 1 },
		{ "  rules: [" UNKNOWN_RULE "}]\n", SK_STAGE_ADMIT, SK_EFFECT_DENY, 1 },
		{ "  onUnknown: deny\n  rules: [" UNKNOWN_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_DENY, 1 },
		{ "  onUnknown: warn\n  rules: [" UNKNOWN_RULE "}]\n", SK_STAGE_ADMIT, SK_EFFECT_WARN, 1 },
		{ "  onUnknown: allow\n  rules: [" UNKNOWN_RULE "}]\n", SK_STAGE_ADMIT, SK_EFFECT_ALLOW, 1 },
		{ "  rules: [" UNKNOWN_RULE ", action: warn }]\n", SK_STAGE_ADMIT, SK_EFFECT_WARN, 1 },
		{ "  rules: [" UNKNOWN_RULE ", action: audit }]\n", SK_STAGE_ADMIT, SK_EFFECT_ALLOW, 1 },
		/* the worst wins: deny, unknown, warn */
		{ "  rules: [" UNKNOWN_RULE "}, " FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_DENY, 2 },
		{ "  rules: [" UNKNOWN_RULE "}, " FALSE_RULE ", action: warn }]\n", SK_STAGE_BUILD, SK_EFFECT_UNKNOWN, 2 },
		/* what can be settled without it is */
		{ "  rules: [{ id: a, expression: 'image.digest == \"\" || true' }]\n", SK_STAGE_BUILD, SK_EFFECT_ALLOW, 0 },
		{ "  rules: [{ id: a, expression: 'image.digest == \"\" && false' }]\n", SK_STAGE_BUILD, SK_EFFECT_DENY, 1 },
		/* an error never allows */
		{ "  rules: [{ id: a, expression: '1 / int(size(image.tag) - 1) > 0' }]\n", SK_STAGE_BUILD, SK_EFFECT_UNKNOWN, 1 },
		{ "  rules: [{ id: a, offenders: '[1, 2]' }]\n", SK_STAGE_BUILD, SK_EFFECT_DENY, 2 },
		{ "  rules: [{ id: a, offenders: '[]' }]\n", SK_STAGE_BUILD, SK_EFFECT_ALLOW, 0 },
		{ "  rules: [{ id: a, manual: look }]\n", SK_STAGE_BUILD, SK_EFFECT_ALLOW, 0 },
		{ "  stages: [admit]\n  rules: [" FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_ALLOW, 0 },
		{ "  match: { images: ['docker.io/library/*:1'] }\n  rules: [" FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_DENY, 1 },
		{ "  match: { images: ['ghcr.io/**'] }\n  rules: [" FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_ALLOW, 0 },
		{ "  match: { registries: [docker.io] }\n  rules: [" FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_DENY, 1 },
		{ "  match: { registries: [ghcr.io] }\n  rules: [" FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_ALLOW, 0 },
		/* not known is asked */
		{ "  match: { labels: { a: b } }\n  rules: [" FALSE_RULE "}]\n", SK_STAGE_BUILD, SK_EFFECT_DENY, 1 },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_decision d = { 0 };

		decide_at(cases[i].spec, "image: { reference: 'nginx:1', tag: '1' }", cases[i].stage, &d);
		expect(d.effect == cases[i].effect && d.reasons.len == cases[i].reasons, "case %zu: %s with %zu reasons", i,
		       sk_effect_name(d.effect), d.reasons.len);
		sk_decision_release(&d);
	}
	ok(true, "%zu decisions", SK_COUNT(cases));
}

static void test_reasons(void)
{
	struct sk_decision d = { 0 };

	decide_at("  variables: [{ name: bad, expression: 'findings.filter(f, f.kev)' }]\n"
		  "  rules: [{ id: kev, severity: high, offenders: variables.bad, message: it.id + ' in ' + it.package.name,\n"
		  "            remedyExpression: it.remedy, controls: [C-1] }]\n",
		  "findings:\n- { id: CVE-1, kev: true, package: { name: xz, purl: 'pkg:deb/xz@1' }, remedy: update }\n"
		  "- { id: CVE-2, kev: false }\n", SK_STAGE_BUILD, &d);
	is_int(d.reasons.len, 1);
	if (d.reasons.len) {
		is_str(d.reasons.data[0].message, "CVE-1 in xz");
		is_str(d.reasons.data[0].remedy, "update");
		is_str(d.reasons.data[0].subject, "pkg:deb/xz@1");
		is_int(d.reasons.data[0].finding, 0);
	}
	sk_decision_release(&d);
	/* A message that fails does not take the reason with it. */
	decide_at("  rules: [{ id: a, title: T, offenders: findings, message: it.package.name }]\n", "findings: [{ id: x }]",
		  SK_STAGE_BUILD, &d);
	ok(d.reasons.len == 1 && strcmp(d.reasons.data[0].message, "T") == 0, "the title stands in for a message");
	sk_decision_release(&d);
	/* Rules whose `it` are of several types, in turn. */
	decide_at("  rules:\n"
		  "  - { id: a, offenders: findings, message: \"it.id + ' of ' + string(it.line)\" }\n"
		  "  - { id: b, offenders: packages, message: it.name + it.version }\n"
		  "  - { id: c, offenders: findings, message: \"it.id + ' again'\" }\n",
		  "findings: [{ id: x, line: 7 }]\npackages: [{ name: p, version: '1' }]\n", SK_STAGE_BUILD, &d);
	is_int(d.reasons.len, 3);
	if (d.reasons.len == 3) {
		is_str(d.reasons.data[0].message, "x of 7");
		is_str(d.reasons.data[1].message, "p1");
		is_str(d.reasons.data[2].message, "x again");
	}
	sk_decision_release(&d);
}

/* What the subject has not makes a rule not apply; what is not known does not. */
static void test_none(void)
{
	struct sk_policy_set set = { 0 };
	struct sk_facts facts = { 0 };
	struct sk_decision d = { 0 };
	struct sk_err err = SK_ERR_INIT;

	ok(sk_policy_parse(&set, "f", SK_SPAN_LIT(HEAD "  rules:\n    - { id: w, expression: '!workload.hostNetwork' }\n"
							"    - { id: i, expression: 'image.tag == \"\"' }\n"
							"    - { id: both, expression: '!workload.hostNetwork && image.tag == \"\"' }\n"), &err) == 0 &&
		   sk_policy_ready(&set, &err) == 0, "%s", err.text);
	sk_facts_begin(&facts, SK_STAGE_BUILD, 0, SK_FACTS_OF_IMAGES);
	sk_policy_decide(&set, &facts, eval, &d);
	ok(d.rules.len == 3 && d.rules.data[0].verdict == SK_VERDICT_SKIPPED && d.rules.data[1].verdict == SK_VERDICT_UNKNOWN &&
		   d.rules.data[2].verdict == SK_VERDICT_UNKNOWN, "skipped, unknown, unknown");
	sk_decision_release(&d);
	sk_facts_release(&facts);
	sk_policy_set_release(&set);
}

static void test_parameters(void)
{
	static const char text[] = HEAD "  parameters:\n    n: { type: int }\n    l: { type: 'list<string>', default: [] }\n"
					"    d: { type: duration, default: 1h30m }\n"
					"  rules:\n    - { id: a, expression: 'params.n == 3 && params.l == [\"a\", \"b\"]' }\n"
					"    - { id: d, expression: 'params.d == duration(\"5400s\")' }\n";
	struct sk_policy_set set = { 0 };
	struct sk_facts facts = { 0 };
	struct sk_decision d = { 0 };
	struct sk_err err = SK_ERR_INIT;

	ok(sk_policy_parse(&set, "f", SK_SPAN_LIT(text), &err) == 0, "%s", err.text);
	ok(sk_policy_ready(&set, &err) == -SK_EUSAGE && strstr(err.text, "needs the parameter 'n' (int)"), "%s", err.text);
	ok(sk_policy_set_param(&set, "m", SK_SPAN_LIT("1"), &err) == -SK_EUSAGE, "no such parameter: %s", err.text);
	ok(sk_policy_set_param(&set, "n", SK_SPAN_LIT("x"), &err) == -SK_EUSAGE, "wrong type: %s", err.text);
	ok(sk_policy_set_param(&set, "n", SK_SPAN_LIT("3"), &err) == 0 &&
		   sk_policy_set_param(&set, "l", SK_SPAN_LIT("a,b"), &err) == 0 && sk_policy_ready(&set, &err) == 0, "set");
	sk_facts_begin(&facts, SK_STAGE_BUILD, 0, 0);
	sk_policy_decide(&set, &facts, eval, &d);
	is_int(d.effect, SK_EFFECT_ALLOW);
	sk_decision_release(&d);
	sk_facts_release(&facts);
	sk_policy_set_release(&set);
}

/* ---- workloads ---- */

static void with_object(const char *text, struct sk_facts *facts, struct sk_doc *doc)
{
	struct sk_subject subject = { 0 };
	struct sk_err err = SK_ERR_INIT;

	expect(sk_doc_parse(doc, SK_DOC_YAML, sk_span_str(text), 0, &err) == 0, "%s", err.text);
	subject.object = doc->root;
	expect(sk_facts_of_subject(facts, &subject, SK_STAGE_ADMIT, 0, &err) == 0, "%s", err.text);
}

/* Every expression must be true of the object. */
static void all_true(const char *object, const char *const *expressions)
{
	for (; *expressions; expressions++) {
		sk_autofree char *text = sk_printf(HEAD "  rules:\n    - id: a\n      expression: |\n        %s\n", *expressions);
		struct sk_policy_set set = { 0 };
		struct sk_doc doc = { 0 };
		struct sk_facts facts = { 0 };
		struct sk_decision d = { 0 };
		struct sk_err err = SK_ERR_INIT;

		expect(sk_policy_parse(&set, "f", sk_span_str(text), &err) == 0 && sk_policy_ready(&set, &err) == 0, "%s", err.text);
		with_object(object, &facts, &doc);
		sk_policy_decide(&set, &facts, eval, &d);
		ok(d.rules.len == 1 && d.rules.data[0].verdict == SK_VERDICT_KEPT, "%s: %s", *expressions,
		   d.reasons.len ? d.reasons.data[0].message : "");
		sk_decision_release(&d);
		sk_facts_release(&facts);
		sk_doc_release(&doc);
		sk_policy_set_release(&set);
	}
}

#define POD_SPEC \
	"{ hostPID: true, securityContext: { runAsNonRoot: true, runAsUser: 7, seccompProfile: { type: RuntimeDefault } },\n" \
	"  volumes: [{ name: h, hostPath: { path: /var/run } }, { name: c, configMap: { name: x } }],\n" \
	"  initContainers: [{ name: i, image: 'ghcr.io/a/b@sha256:00' }],\n" \
	"  containers: [{ name: c, image: nginx, securityContext: { runAsUser: 0, privileged: true,\n" \
	"    capabilities: { add: [CAP_SYS_ADMIN], drop: [ALL] } }, ports: [{ containerPort: 80, hostPort: 8080 }],\n" \
	"    volumeMounts: [{ name: h, mountPath: /m, readOnly: true }], resources: { limits: { cpu: 1, memory: 1Gi } },\n" \
	"    livenessProbe: { httpGet: { host: 10.0.0.1, port: 80 } } }] }\n"

static void test_workloads(void)
{
	static const char *const expressions[] = {
		"workload.source == 'kubernetes' && workload.namespace == 'shop' && workload.hostPID && !workload.hostNetwork",
		"workload.containers.size() == 2 && workload.containers[1].type == 'init'",
		"workload.containers[0].reference.registry == 'docker.io' && workload.containers[0].reference.repository == 'library/nginx'",
		"workload.containers[0].reference.tag == 'latest' && workload.containers[1].reference.tag == ''",
		"workload.containers[1].reference.registry == 'ghcr.io' && workload.containers[1].reference.digest == 'sha256:00'",
		"workload.containers[0].effective.runAsUser == 0 && workload.containers[1].effective.runAsUser == 7",
		"workload.containers[0].effective.runAsNonRoot && !has(workload.containers[0].securityContext.runAsNonRoot)",
		"workload.containers[0].effective.seccompProfile.type == 'RuntimeDefault'",
		"workload.containers[0].effective.privileged && workload.containers[0].effective.allowPrivilegeEscalation",
		"workload.containers[0].effective.capabilities.add == ['CAP_SYS_ADMIN']",
		"!has(workload.containers[1].securityContext)",
		"workload.containers[0].ports[0].hostPort == 8080 && workload.containers[0].ports[0].protocol == 'TCP'",
		"workload.containers[0].mounts[0].hostPath == '/var/run' && workload.containers[0].mounts[0].readOnly",
		"workload.containers[0].resources.limits['cpu'] == '1' && workload.containers[0].resources.requests.size() == 0",
		"workload.containers[0].probes[0].name == 'liveness' && workload.containers[0].probes[0].host == '10.0.0.1'",
		"workload.volumes.map(v, v.kind) == ['hostPath', 'configMap']",
		"!(object.kind == 'Pod') || object.spec.containers[0].resources.limits.cpu == '1'",
		"object.metadata.namespace == 'shop' && request.operation == 'CREATE' && oldObject == null",
		NULL,
	};

	all_true("{ apiVersion: v1, kind: Pod, metadata: { name: p, namespace: shop }, spec: " POD_SPEC "}", expressions);
	all_true("{ apiVersion: apps/v1, kind: Deployment, metadata: { name: p, namespace: shop }, spec: { replicas: 3, template: { spec: " POD_SPEC "} } }",
		 expressions);
	all_true("{ apiVersion: batch/v1, kind: CronJob, metadata: { name: p, namespace: shop }, spec: { jobTemplate: { spec: { template: { spec: " POD_SPEC "} } } } }",
		 expressions);
}

static void test_docker(void)
{
	static const char *const expressions[] = {
		"workload.source == 'docker' && workload.hostNetwork && !workload.hostPID",
		"workload.containers[0].effective.privileged && workload.containers[0].effective.runAsUser == 1000",
		"!workload.containers[0].effective.allowPrivilegeEscalation",
		"workload.containers[0].effective.seccompProfile.type == 'Unconfined'",
		"workload.containers[0].effective.capabilities.add == ['NET_ADMIN']",
		"workload.containers[0].mounts[0].hostPath == '/var/run/docker.sock' && workload.containers[0].mounts[0].readOnly",
		"workload.containers[0].mounts[1].hostPath == '' && workload.volumes[1].kind == 'volume'",
		"workload.containers[0].ports[0].hostPort == 80 && workload.containers[0].ports[0].hostIP == '0.0.0.0'",
		"workload.containers[0].resources.limits['memory'] == '512' && !('cpu' in workload.containers[0].resources.limits)",
		"workload.restartPolicy == 'on-failure' && workload.restartCount == 5 && workload.containers[0].pidsLimit == 100",
		"object.Image == 'app:1'",
		NULL,
	};

	all_true("{ Image: 'app:1', User: '1000', HostConfig: { Privileged: true, NetworkMode: host, CapAdd: [NET_ADMIN],\n"
		 "  SecurityOpt: ['seccomp=unconfined', 'no-new-privileges'], Memory: 512, PidsLimit: 100,\n"
		 "  Binds: ['/var/run/docker.sock:/s:ro', 'data:/d'], RestartPolicy: { Name: on-failure, MaximumRetryCount: 5 },\n"
		 "  PortBindings: { 8080/tcp: [{ HostIp: 0.0.0.0, HostPort: '80' }] } } }", expressions);
}

/* What the engine reads otherwise than a careless reader of the request. */
static void test_docker_tricks(void)
{
	static const struct {
		const char *text;
		int wanted;
	} requests[] = {
		{ "{ Image: a, HostConfig: { Privileged: false } }", 0 },
		{ "{ Image: a, Labels: { image: x, A: b, a: c } }", 0 },
		{ "{ Image: a, hostConfig: { Privileged: true } }", -SK_EINVAL },
		{ "{ Image: a, HostConfig: { privileged: true } }", -SK_EINVAL },
		{ "{ Image: a, HostConfig: { Mounts: [{ type: bind }] } }", -SK_EINVAL },
		{ "{ Image: a, Ho\xc5\xbftConfig: { Privileged: true } }", -SK_EINVAL }, /* the long s is an s for Go */
		{ "{\"Image\":\"a\",\"HostConfig\":{\"Privileged\":true},\"HostConfig\":{}}", -SK_EINVAL },
	};
	static const struct {
		const char *user;
		bool root;
	} users[] = { { "0", true }, { ":0", true }, { "+0", true }, { "-0:5", true }, { "root", true }, { "5", false }, { "app:0", false } };

	for (size_t i = 0; i < SK_COUNT(requests); i++) {
		struct sk_facts facts = { 0 };
		struct sk_doc doc = { 0 };
		struct sk_err err = { 0 };

		ok(sk_doc_parse(&doc, requests[i].text[1] == '"' ? SK_DOC_JSON : SK_DOC_YAML,
				sk_span_str(requests[i].text), 0, &err) == 0 &&
		   sk_facts_of_subject(&facts, &(struct sk_subject){ doc.root, NULL, NULL }, SK_STAGE_ADMIT, 0, &err) ==
			   requests[i].wanted, "%s", requests[i].text);
		sk_facts_release(&facts);
		sk_doc_release(&doc);
	}
	for (size_t i = 0; i < SK_COUNT(users); i++) {
		const char *const wanted[] = { users[i].root ? "!workload.containers[0].effective.runAsNonRoot" :
							       "workload.containers[0].effective.runAsNonRoot", NULL };
		sk_autofree char *text = sk_printf("{ Image: a, User: '%s' }", users[i].user);

		all_true(text, wanted);
	}
}

/* ---- Kubernetes' own ---- */

#define VAP(spec) \
	"apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: { name: v }\nspec: { " spec " }\n"
#define BINDING(spec) \
	"---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: { name: b }\n" \
	"spec: { policyName: v, " spec " }\n"
#define PARAM(name) \
	"---\napiVersion: x/v1\nkind: Limits\nmetadata: { name: " name ", labels: { of: " name " } }\nmax: 3\n"
#define PODS "matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods] }] }, "
#define NEVER "validations: [{ expression: 'false' }]"

static void test_vap(void)
{
	static const struct {
		const char *text;
		enum sk_effect effect;
	} cases[] = {
		{ VAP(PODS NEVER), SK_EFFECT_DENY },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [apps], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] }, " NEVER), SK_EFFECT_ALLOW },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: [UPDATE], resources: [pods] }] }, " NEVER), SK_EFFECT_ALLOW },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods/status] }] }, " NEVER), SK_EFFECT_ALLOW },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: ['*/*'] }] }, " NEVER), SK_EFFECT_DENY },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v2], operations: ['*'], resources: [pods] }] }, " NEVER), SK_EFFECT_DENY },
		{ VAP("matchConstraints: { matchPolicy: Exact, resourceRules: [{ apiGroups: [''], apiVersions: [v2], operations: ['*'], resources: [pods] }] }, " NEVER), SK_EFFECT_ALLOW },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods], scope: Cluster }] }, " NEVER), SK_EFFECT_ALLOW },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods], resourceNames: [q] }] }, " NEVER), SK_EFFECT_ALLOW },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods] }], "
		      "excludeResourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods], resourceNames: [p] }] }, " NEVER), SK_EFFECT_ALLOW },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods] }], objectSelector: { matchLabels: { a: b } } }, " NEVER), SK_EFFECT_DENY },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods] }], objectSelector: { matchExpressions: [{ key: a, operator: NotIn, values: [b] }] } }, " NEVER), SK_EFFECT_ALLOW },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods] }], namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } } }, " NEVER), SK_EFFECT_DENY },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods] }], namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: other } } }, " NEVER), SK_EFFECT_ALLOW },
		{ VAP("matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [pods] }], namespaceSelector: { matchLabels: { tier: x } } }, " NEVER), SK_EFFECT_UNKNOWN },
		{ VAP(PODS "matchConditions: [{ name: c, expression: 'false' }], " NEVER), SK_EFFECT_ALLOW },
		{ VAP(PODS "matchConditions: [{ name: c, expression: 'object.x == 1' }], " NEVER), SK_EFFECT_DENY },
		{ VAP(PODS "failurePolicy: Ignore, matchConditions: [{ name: c, expression: 'object.x == 1' }], " NEVER), SK_EFFECT_ALLOW },
		{ VAP(PODS "matchConditions: [{ name: c, expression: 'object.x == 1' }, { name: d, expression: 'false' }], " NEVER), SK_EFFECT_ALLOW },
		{ VAP(PODS "validations: [{ expression: 'object.x == 1' }]"), SK_EFFECT_DENY },
		{ VAP(PODS "failurePolicy: Ignore, validations: [{ expression: 'object.x == 1' }]"), SK_EFFECT_ALLOW },
		{ VAP(PODS "variables: [{ name: n, expression: 'object.metadata.name' }], validations: [{ expression: 'variables.n == \"p\" && has(variables.n)' }]"), SK_EFFECT_ALLOW },
		{ VAP(PODS "validations: [{ expression: 'request.userInfo.username == \"me\"' }]"), SK_EFFECT_UNKNOWN },
		{ VAP(PODS "validations: [{ expression: 'request.namespace == \"shop\" && request.resource.resource == \"pods\" && !has(request.subResource)' }]"), SK_EFFECT_ALLOW },
		{ VAP(PODS NEVER) BINDING("validationActions: [Warn]"), SK_EFFECT_WARN },
		{ VAP(PODS NEVER) BINDING("validationActions: [Audit]"), SK_EFFECT_ALLOW },
		{ VAP(PODS NEVER) BINDING("validationActions: [Deny, Audit]"), SK_EFFECT_DENY },
		{ VAP(PODS NEVER) BINDING("validationActions: [Deny], matchResources: { objectSelector: { matchLabels: { a: c } } }"), SK_EFFECT_ALLOW },
		{ VAP(PODS "paramKind: { apiVersion: x/v1, kind: Limits }, validations: [{ expression: 'params.max == 3' }]") PARAM("one"), SK_EFFECT_ALLOW },
		{ VAP(PODS "paramKind: { apiVersion: x/v1, kind: Limits }, validations: [{ expression: 'params.max == 3' }]"), SK_EFFECT_UNKNOWN },
		{ VAP(PODS "paramKind: { apiVersion: x/v1, kind: Limits }, validations: [{ expression: 'params.max == 2' }]") PARAM("one")
			  BINDING("validationActions: [Deny], paramRef: { name: two, parameterNotFoundAction: Allow }"), SK_EFFECT_ALLOW },
		{ VAP(PODS "paramKind: { apiVersion: x/v1, kind: Limits }, validations: [{ expression: 'params.max == 3' }]") PARAM("one")
			  BINDING("validationActions: [Deny], paramRef: { name: two, parameterNotFoundAction: Deny }"), SK_EFFECT_DENY },
		{ VAP(PODS "paramKind: { apiVersion: x/v1, kind: Limits }, validations: [{ expression: 'params.max == 3' }]") PARAM("one")
			  BINDING("validationActions: [Deny], paramRef: { selector: { matchLabels: { of: one } }, parameterNotFoundAction: Deny }"), SK_EFFECT_ALLOW },
		{ VAP(PODS "paramKind: { apiVersion: x/v1, kind: Limits }, validations: [{ expression: 'params == null' }]") PARAM("one")
			  BINDING("validationActions: [Deny]"), SK_EFFECT_ALLOW },
		{ VAP(PODS "auditAnnotations: [{ key: k, valueExpression: \"'v of ' + object.metadata.name\" }]"), SK_EFFECT_ALLOW },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_policy_set set = { 0 };
		struct sk_doc doc = { 0 };
		struct sk_facts facts = { 0 };
		struct sk_decision d = { 0 };
		struct sk_err err = SK_ERR_INIT;

		expect(sk_policy_parse(&set, "f", sk_span_str(cases[i].text), &err) == 0 && sk_policy_ready(&set, &err) == 0, "case %zu: %s", i, err.text);
		with_object("{ apiVersion: v1, kind: Pod, metadata: { name: p, namespace: shop, labels: { a: b } }, spec: { containers: [] } }", &facts, &doc);
		sk_policy_decide(&set, &facts, eval, &d);
		expect(d.effect == cases[i].effect, "case %zu: %s: %s", i, sk_effect_name(d.effect), d.reasons.len ? d.reasons.data[0].message : "");
		if (i + 1 == SK_COUNT(cases))
			ok(d.annotations.len == 1 && strcmp(d.annotations.data[0].key, "v/k") == 0 &&
				   strcmp(d.annotations.data[0].value, "v of p") == 0, "an audit annotation");
		sk_decision_release(&d);
		sk_facts_release(&facts);
		sk_doc_release(&doc);
		sk_policy_set_release(&set);
	}
	ok(true, "%zu admission policies", SK_COUNT(cases));
}

/* Requests as the API server sends them; a namespace stands in itself. */
static void test_reviews(void)
{
#define REVIEW(rest) "{ apiVersion: admission.k8s.io/v1, kind: AdmissionReview, request: { uid: u, " rest " } }"
#define DELETED \
	"kind: { group: '', version: v1, kind: Namespace }, resource: { group: '', version: v1, resource: namespaces }, " \
	"name: n, namespace: n, operation: DELETE, userInfo: { username: me }, object: null, " \
	"oldObject: { metadata: { name: n, labels: { a: b } } }"
#define RULE(more) "matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: [v1], operations: [DELETE], resources: [namespaces], scope: Cluster }]" more " }, "
	static const struct {
		const char *policy;
		enum sk_effect effect;
	} cases[] = {
		{ VAP(RULE("") "validations: [{ expression: 'object == null && oldObject.metadata.name == request.name && namespaceObject == null' }]"), SK_EFFECT_ALLOW },
		{ VAP(RULE("") "validations: [{ expression: 'request.userInfo.username == \"root\"' }]"), SK_EFFECT_DENY },
		{ VAP(RULE(", namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: n } }") NEVER), SK_EFFECT_DENY },
		{ VAP(RULE(", namespaceSelector: { matchLabels: { a: b } }") NEVER), SK_EFFECT_DENY },
		{ VAP(RULE(", namespaceSelector: { matchLabels: { a: c } }") NEVER), SK_EFFECT_ALLOW },
		{ VAP(RULE(", namespaceSelector: { matchExpressions: [{ key: z, operator: DoesNotExist }] }") NEVER), SK_EFFECT_DENY },
		{ VAP(RULE(", objectSelector: { matchLabels: { a: b } }") NEVER), SK_EFFECT_DENY },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		struct sk_policy_set set = { 0 };
		struct sk_doc doc = { 0 };
		struct sk_facts facts = { 0 };
		struct sk_decision d = { 0 };
		struct sk_err err = SK_ERR_INIT;

		expect(sk_policy_parse(&set, "f", sk_span_str(cases[i].policy), &err) == 0, "case %zu: %s", i, err.text);
		with_object(REVIEW(DELETED), &facts, &doc);
		sk_policy_decide(&set, &facts, eval, &d);
		expect(d.effect == cases[i].effect, "review %zu: %s: %s", i, sk_effect_name(d.effect), d.reasons.len ? d.reasons.data[0].message : "");
		sk_decision_release(&d);
		sk_facts_release(&facts);
		sk_doc_release(&doc);
		sk_policy_set_release(&set);
	}
	ok(true, "%zu requests", SK_COUNT(cases));
}

static void test_messages(void)
{
	static const struct {
		const char *validation, *message;
	} cases[] = {
		{ "{ expression: 'false', message: ' m ' }", "m" },
		{ "{ expression: ' 1 == 2 ' }", "failed expression: 1 == 2" },
		{ "{ expression: 'false', message: m, messageExpression: \"'from ' + object.kind\" }", "from Pod" },
		{ "{ expression: 'false', message: m, messageExpression: \"''\" }", "m" },
		{ "{ expression: 'false', message: m, messageExpression: \"'a\\\\nb'\" }", "m" },
		{ "{ expression: 'false', message: m, messageExpression: object.x }", "m" },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_autofree char *text = sk_printf(VAP(PODS "validations: [%s]"), cases[i].validation);
		struct sk_policy_set set = { 0 };
		struct sk_doc doc = { 0 };
		struct sk_facts facts = { 0 };
		struct sk_decision d = { 0 };
		struct sk_err err = SK_ERR_INIT;

		expect(sk_policy_parse(&set, "f", sk_span_str(text), &err) == 0, "%s", err.text);
		with_object("{ apiVersion: v1, kind: Pod, metadata: { name: p } }", &facts, &doc);
		sk_policy_decide(&set, &facts, eval, &d);
		is_str(d.reasons.len ? d.reasons.data[0].message : NULL, cases[i].message);
		sk_decision_release(&d);
		sk_facts_release(&facts);
		sk_doc_release(&doc);
		sk_policy_set_release(&set);
	}
}

/* ---- limits ---- */

static void test_limits(void)
{
	struct sk_decision d = { 0 };
	struct sk_buf many = { 0 };
	struct sk_policy_set set = { 0 };
	struct sk_err err = SK_ERR_INIT;

	/* 10^9 steps: the cost ends it, and it does not allow. */
	decide_at("  variables: [{ name: l, expression: '[1,2,3,4,5,6,7,8,9,10].map(x, x)' }]\n"
		  "  rules: [{ id: a, expression: 'variables.l.all(a, variables.l.all(b, variables.l.all(c, variables.l.all(d, variables.l.all(e,"
		  " variables.l.all(f, variables.l.all(g, variables.l.all(h, variables.l.all(i, true)))))))))' }]\n",
		  "{}", SK_STAGE_BUILD, &d);
	ok(d.effect == SK_EFFECT_UNKNOWN && d.reasons.len == 1, "too much work is unknown: %s", d.reasons.len ? d.reasons.data[0].message : "");
	sk_decision_release(&d);
	/* Doubling a string forty times: memory ends it. */
	sk_buf_puts(&many, "  variables:\n    - { name: v0, expression: '\"aaaaaaaaaaaaaaaa\"' }\n");
	for (int i = 1; i <= 40; i++)
		sk_buf_printf(&many, "    - { name: v%d, expression: 'variables.v%d + variables.v%d' }\n", i, i - 1, i - 1);
	sk_buf_puts(&many, "  rules: [{ id: a, expression: 'variables.v40 != \"\"' }]\n");
	decide_at(sk_buf_str(&many), "{}", SK_STAGE_BUILD, &d);
	ok(d.effect == SK_EFFECT_UNKNOWN, "too much memory is unknown: %s", d.reasons.len ? d.reasons.data[0].message : "");
	sk_decision_release(&d);
	/* More offenders than can be told. */
	sk_buf_reset(&many);
	sk_buf_puts(&many, "packages: [");
	for (unsigned i = 0; i < SK_MAX_RULE_REASONS + 5; i++)
		sk_buf_puts(&many, "{ name: a },");
	sk_buf_puts(&many, "]");
	decide_at("  rules: [{ id: a, offenders: packages }]\n", sk_buf_str(&many), SK_STAGE_BUILD, &d);
	ok(d.reasons.len == SK_MAX_RULE_REASONS && d.rules.data[0].more == 5, "%zu reasons, the rest is counted", d.reasons.len);
	sk_decision_release(&d);
	/* More faults than anybody reads, each in a file that is long. */
	sk_buf_reset(&many);
	sk_buf_puts(&many, HEAD "  rules: []\n");
	for (unsigned i = 0; i < 100000; i++)
		sk_buf_printf(&many, "  wrong%u: x\n", i);
	ok(sk_policy_parse(&set, "f", sk_buf_view(&many), &err) < 0 && set.problems.len == SK_MAX_POLICY_FAULTS + 1,
	   "%zu faults are told", set.problems.len);
	sk_policy_set_release(&set);
	/* Too many rules, and a file that is too large. */
	sk_buf_reset(&many);
	sk_buf_puts(&many, HEAD "  rules:\n");
	for (unsigned i = 0; i <= SK_MAX_POLICY_PARTS; i++)
		sk_buf_printf(&many, "    - { id: r%u, manual: x }\n", i);
	ok(sk_policy_parse(&set, "f", sk_buf_view(&many), &err) < 0 && strstr(err.text, "more than"), "%s", err.text);
	sk_policy_set_release(&set);
	while (many.len <= SK_MAX_POLICY_BYTES)
		sk_buf_puts(&many, "# a comment that makes the file longer than a policy may be\n");
	ok(sk_policy_parse(&set, "f", sk_buf_view(&many), &err) < 0 && strstr(err.text, "larger than"), "%s", err.text);
	sk_policy_set_release(&set);
	sk_buf_release(&many);
}

static void test_lint(void)
{
	static const char text[] = HEAD "  parameters: { unused: { type: int, default: 1 } }\n"
					"  variables: [{ name: u, expression: '1' }]\n"
					"  rules:\n    - { id: a, expression: '1 < 2' }\n";
	static const char *const wanted[] = { "the variable 'u' is not used", "the parameter 'unused' is not used",
					      "can never be broken", "has no message", "has no remedy", "has no severity",
					      "has no title", "has no rationale", "names no controls", "has no description" };
	struct sk_policy_set set = { 0 };
	struct sk_lints lints = { 0 };
	struct sk_err err = SK_ERR_INIT;

	ok(sk_policy_parse(&set, "f", SK_SPAN_LIT(text), &err) == 0, "%s", err.text);
	sk_policy_lint(&set, &lints);
	for (size_t i = 0; i < SK_COUNT(wanted); i++) {
		bool found = false;

		for (size_t j = 0; j < lints.warnings.len; j++)
			found |= strstr(lints.warnings.data[j], wanted[i]) != NULL;
		expect(found, "a warning: %s", wanted[i]);
	}
	is_int(lints.warnings.len, SK_COUNT(wanted));
	sk_vec_release(&lints.warnings);
	sk_policy_set_release(&set);
}

int main(void)
{
	eval = sk_cel_eval_new();
	test_faults();
	test_effects();
	test_reasons();
	test_none();
	test_parameters();
	test_workloads();
	test_docker();
	test_docker_tricks();
	test_vap();
	test_reviews();
	test_messages();
	test_limits();
	test_lint();
	sk_cel_eval_free(eval);
	return tap_done();
}
