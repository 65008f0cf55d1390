/* SPDX-License-Identifier: Apache-2.0 */
/* The language of conditions: what is one, where it stops being one, and what each operator means. */
#include "guard-case.h"

static bool parses(const char *text, struct sk_err *err, size_t *ret_offset)
{
	struct sk_arena arena = { 0 };
	bool good;

	*err = SK_ERR_INIT;
	good = sk_filter_parse(sk_span_str(text), &arena, ret_offset, err) != NULL;
	sk_arena_release(&arena);
	return good;
}

static void test_grammar(void)
{
	static const char *const good[] = {
		"a", " a ", "((a))", "not a", "not(a)", "not not a", "a and b or c", "a and(b)", "a or(b)or c",
		"proc.name=sh", "proc.name = sh", "proc.name==sh", "proc.name != 'a b'", "proc.name = \"x\\\"y\"",
		"evt.rawres>=0", "evt.rawres < 0x10", "evt.rawres <= -1.5", "fd.num=1 and a", "proc.name exists",
		"proc.name in (a, b)", "proc.name in (a,\n\tb)", "proc.name in ()", "proc.name in list_1", "fd.name pmatch (/a)",
		"proc.aname[2] = x", "proc.env[PATH] contains x", "evt.arg[\"x y\"] = z", "evt.arg.flags contains O_",
		"proc.name startswith anyof (a, b)", "proc.name startswith anyof",
		"tolower(proc.name) = x", "len(proc.args) > 3", "proc.name = val(proc.pname)",
		"proc.name = toupper(proc.pname)", "join(\",\", (proc.name, \"x\")) = y", "basename( fd.name ) in (a)",
		"getopt(proc.args, \"t:\")[t] = x", "fd.name regex '.*'", "a and not b", "nota", "orange or android",
		"fd.name = /a/b-c.d:e", "proc.name = -x", "fd.sip=1.2.3.4", "proc.name='\\x41'",
	};
	static const struct {
		const char *text;
		size_t offset;
	} bad[] = {
		{ "", 0 }, { " ", 1 }, { "(a", 2 }, { "a)", 1 }, { "a and", 5 }, { "and a", 4 }, { "a b", 2 },
		{ "proc.name =", 11 }, { "proc.name", 9 }, { "proc.", 4 }, { "proc.name ~ x", 10 }, { "evt.num > x", 10 },
		{ "proc.name in (a", 15 }, { "proc.name in a, b", 14 }, { "proc.name = 'x", 12 }, { "proc.aname[] = a", 11 },
		{ "proc.aname[1 = a", 13 }, { "tolower() = a", 8 }, { "tolower(proc.name = a", 18 }, { "1 = 1", 0 },
		{ "proc.name = '\\q'", 13 }, { "val(proc.name) = x", 3 },
	};
	struct sk_err err;
	size_t offset;

	for (size_t i = 0; i < SK_COUNT(good); i++)
		expect(parses(good[i], &err, &offset), "\"%s\": %s", good[i], err.text);
	ok(true, "%zu conditions", SK_COUNT(good));
	for (size_t i = 0; i < SK_COUNT(bad); i++) {
		bool accepted = parses(bad[i].text, &err, &offset);

		expect(!accepted && offset == bad[i].offset, "\"%s\": %zu: %s", bad[i].text, offset,
		       err.text);
	}
	ok(true, "%zu that are none, with the byte where they stop", SK_COUNT(bad));
}

static void test_depth(void)
{
	sk_cleanup(sk_buf_release) struct sk_buf deep = { 0 };
	struct sk_err err;
	size_t offset;

	for (int i = 0; i < 100000; i++)
		sk_buf_putc(&deep, '(');
	ok(!parses(sk_buf_str(&deep), &err, &offset), "a hundred thousand parentheses are refused");
	sk_buf_reset(&deep);
	for (int i = 0; i < 100000; i++)
		sk_buf_puts(&deep, "tolower(");
	ok(!parses(sk_buf_str(&deep), &err, &offset), "and so many transformers");
	sk_buf_reset(&deep);
	for (int i = 0; i < 50; i++)
		sk_buf_putc(&deep, '(');
	sk_buf_putc(&deep, 'a');
	for (int i = 0; i < 50; i++)
		sk_buf_putc(&deep, ')');
	ok(parses(sk_buf_str(&deep), &err, &offset), "fifty are not");
}

static const char trail[] =
	"container web image=registry.example.org:5000/shop/web:1.2@sha256:00 privileged=0 mount=/:/host:ro mount=/data:/srv\n"
	"process 1 exe=/sbin/init start=0\n"
	"process 10 parent=1 exe=/usr/sbin/nginx name=nginx container=web uid=33 user=www-data\n"
	"process 11 parent=10 exe=/bin/bash name=bash args=\"-c curl -t text http://x\" tty=34816 uid=33 user=www-data "
	"cwd=/tmp env=PATH=/bin env=LANG=C caps=CAP_NET_RAW,CAP_CHOWN\n"
	"openat @11 fd=5 name=/etc/Shadow-1 flags=O_RDWR|O_CREAT mode=0755\n";

static const char connection[] =
	"process 1 exe=/usr/bin/curl\n"
	"connect @1 fd=4 from=10.0.0.7:40000 to=93.184.216.34:443 proto=tcp host=example.org\n";

static const char connection6[] =
	"process 1 exe=/usr/bin/curl\n"
	"connect @1 fd=4 from=[2001:db8::1]:40000 to=[2606:2800::34]:443 proto=udp\n";

static const char received[] =
	"process 1 exe=/usr/bin/java\n"
	"recvfrom @1 fd=4 from=10.0.0.7:40000 to=93.184.216.34:443 proto=udp data=hello\n";

/* Conditions, what they are judged by, and whether they hold. */
static const struct {
	const char *condition;
	const char *trail;
	int result;
} cases[] = {
	/* texts */
	{ "proc.name = bash", trail, CASE_FIRES },
	{ "proc.name = bas", trail, CASE_QUIET },
	{ "proc.name != bas", trail, CASE_FIRES },
	{ "proc.name in (sh, bash)", trail, CASE_FIRES },
	{ "proc.name in (sh, zsh)", trail, CASE_QUIET },
	{ "proc.name in ()", trail, CASE_QUIET },
	{ "proc.name intersects (sh, bash)", trail, CASE_FIRES },
	{ "fd.name contains Shad", trail, CASE_FIRES },
	{ "fd.name contains shad", trail, CASE_QUIET },
	{ "fd.name icontains shad", trail, CASE_FIRES },
	{ "fd.name startswith /etc", trail, CASE_FIRES },
	{ "fd.name endswith -1", trail, CASE_FIRES },
	{ "fd.name contains ''", trail, CASE_FIRES },
	{ "proc.name > baa", trail, CASE_WRONG },
	{ "fd.name glob /etc/*-?", trail, CASE_FIRES },
	{ "fd.name glob '/*/S[a-h]adow-[!2]'", trail, CASE_FIRES },
	{ "fd.name glob /etc", trail, CASE_QUIET },
	{ "fd.name glob /ETC/shadow*", trail, CASE_QUIET },
	{ "fd.name iglob /ETC/shadow*", trail, CASE_FIRES },
	{ "fd.name glob '/etc/[[:upper:]]hadow-1'", trail, CASE_FIRES },
	{ "fd.name glob '/etc/[S'", trail, CASE_QUIET },
	{ "fd.name regex '/etc/[A-Z][a-z]+-[0-9]'", trail, CASE_FIRES },
	{ "fd.name regex 'Shadow'", trail, CASE_QUIET },
	{ "fd.name regex '('", trail, CASE_WRONG },
	{ "fd.name pmatch (/usr, /etc)", trail, CASE_FIRES },
	{ "fd.name pmatch (/et)", trail, CASE_QUIET },
	{ "fd.name pmatch (/etc/)", trail, CASE_FIRES },
	{ "fd.name pmatch (/)", trail, CASE_FIRES },
	{ "fd.name pmatch (/e*)", trail, CASE_FIRES },
	{ "fd.name pmatch (/*/Shadow-?)", trail, CASE_FIRES },
	{ "fd.name pmatch (/usr, /et[a-d]/)", trail, CASE_FIRES },
	{ "fd.name pmatch (/et[!c])", trail, CASE_QUIET },
	{ "fd.name pmatch (/*Shadow-1)", trail, CASE_QUIET },
	{ "fd.name pmatch (/etc?Shadow-1)", trail, CASE_QUIET },
	{ "fd.name pmatch (/etc[!a]Shadow-1)", trail, CASE_QUIET },
	{ "fd.name pmatch (/*/*/*)", trail, CASE_QUIET },
	{ "fd.name exists", trail, CASE_FIRES },
	{ "fd.sip exists", trail, CASE_QUIET },
	/* modifiers */
	{ "fd.name startswith anyof (/usr, /etc)", trail, CASE_FIRES },
	{ "fd.name startswith oneof (/etc, /e)", trail, CASE_QUIET },
	{ "fd.name startswith oneof (/etc, /u)", trail, CASE_FIRES },
	{ "fd.name contains allof (etc, hadow)", trail, CASE_FIRES },
	{ "fd.name contains allof (etc, passwd)", trail, CASE_QUIET },
	{ "fd.name contains allof ()", trail, CASE_QUIET },
	/* numbers and truths */
	{ "evt.rawres >= 0", trail, CASE_FIRES },
	{ "fd.num = 5", trail, CASE_FIRES },
	{ "fd.num = 0x5", trail, CASE_FIRES },
	{ "fd.num in (4, 5)", trail, CASE_FIRES },
	{ "fd.num > 5", trail, CASE_QUIET },
	{ "fd.num = five", trail, CASE_WRONG },
	{ "evt.is_open_write = true", trail, CASE_FIRES },
	{ "evt.is_open_read = true and evt.is_open_exec = true", trail, CASE_FIRES },
	{ "evt.is_open_write = maybe", trail, CASE_WRONG },
	{ "proc.duration < 5000000000", trail, CASE_FIRES },
	{ "proc.tty != 0", trail, CASE_FIRES },
	{ "fd.num contains 5", trail, CASE_WRONG },
	/* bytes */
	{ "evt.buffer bcontains 656c6C", received, CASE_FIRES },
	{ "evt.buffer bcontains 656c6caa", received, CASE_QUIET },
	{ "evt.buffer bstartswith 68", received, CASE_FIRES },
	{ "evt.buffer bstartswith 65", received, CASE_QUIET },
	{ "evt.buffer bcontains 2", received, CASE_WRONG },
	{ "evt.buffer bcontains 2g", received, CASE_WRONG },
	/* absent values: every comparison is false */
	{ "k8s.ns.name = x or k8s.ns.name != x", trail, CASE_QUIET },
	{ "not k8s.ns.name = x", trail, CASE_FIRES },
	{ "proc.aname[7] != x", trail, CASE_QUIET },
	{ "fd.sip != 1.2.3.4", trail, CASE_QUIET },
	{ "evt.arg.newpath != x", trail, CASE_QUIET },
	{ "proc.name = val(k8s.ns.name)", trail, CASE_QUIET },
	/* arguments of fields */
	{ "proc.aname[0] = bash and proc.aname[1] = nginx and proc.aname[2] = init", trail, CASE_FIRES },
	{ "proc.aname = nginx", trail, CASE_FIRES },
	{ "proc.aname in (init)", trail, CASE_FIRES },
	{ "proc.aname = bash", trail, CASE_QUIET },
	{ "proc.aname != nginx", trail, CASE_FIRES },
	{ "proc.aname startswith ngi", trail, CASE_FIRES },
	{ "proc.aexepath[1] endswith sbin/nginx", trail, CASE_FIRES },
	{ "proc.cwd startswith /tmp/ and proc.cwd != /tmp", trail, CASE_FIRES },
	{ "proc.args[1] = curl", trail, CASE_FIRES },
	{ "proc.args[9] = ''", trail, CASE_FIRES },
	{ "proc.env[LANG] = C and proc.env contains 'PATH=/bin'", trail, CASE_FIRES },
	{ "proc.env[NOT_THERE] = ''", trail, CASE_FIRES },
	{ "proc.cmdline = 'bash -c curl -t text http://x'", trail, CASE_FIRES },
	{ "proc.cmdnargs = 5", trail, CASE_FIRES },
	{ "proc.aname[x] = nginx", trail, CASE_WRONG },
	{ "proc.name[1] = nginx", trail, CASE_WRONG },
	{ "evt.arg = nginx", trail, CASE_WRONG },
	{ "evt.arg.flagz contains x", trail, CASE_WRONG },
	{ "evt.arg.flags contains O_RDWR and evt.arg.flags contains O_CREAT", trail, CASE_FIRES },
	{ "evt.arg.flags contains O_RDONLY", trail, CASE_QUIET },
	{ "evt.arg[2] = /etc/Shadow-1 and evt.arg.name = /etc/Shadow-1", trail, CASE_FIRES },
	{ "evt.rawarg.fd = 5 and evt.rawarg.mode = 493", trail, CASE_FIRES },
	{ "evt.rawarg.name startswith /etc", trail, CASE_FIRES },
	{ "thread.cap_effective contains CAP_NET_RAW and not thread.cap_effective contains CAP_SYS_ADMIN", trail, CASE_FIRES },
	{ "container.image.repository = registry.example.org:5000/shop/web and container.image.tag = 1.2", trail, CASE_FIRES },
	{ "container.mount.dest[/data] = /srv and container.mount.dest[/*] = /host", trail, CASE_FIRES },
	{ "container.mount.source[/srv] = /data and container.mount.rdwr[/] = false", trail, CASE_FIRES },
	{ "container.privileged = false and container.id != host", trail, CASE_FIRES },
	{ "user.name = www-data and user.uid = 33", trail, CASE_FIRES },
	{ "fd.directory = /etc and fd.filename = Shadow-1 and fd.typechar = 'f'", trail, CASE_FIRES },
	{ "evt.type = openat and evt.dir = < and syscall.type = openat", trail, CASE_FIRES },
	/* both ends of a connection */
	{ "fd.ip = 10.0.0.7", connection, CASE_FIRES },
	{ "fd.ip = 93.184.216.34", connection, CASE_FIRES },
	{ "fd.ip != 10.0.0.7", connection, CASE_QUIET },
	{ "fd.ip != 10.0.0.8", connection, CASE_FIRES },
	{ "fd.net = 10.0.0.0/8", connection, CASE_FIRES },
	{ "fd.snet in (10.0.0.0/8, 127.0.0.0/8)", connection, CASE_QUIET },
	{ "fd.snet in (93.184.0.0/16)", connection, CASE_FIRES },
	{ "fd.cip in (10.0.0.1, 10.0.0.7)", connection, CASE_FIRES },
	{ "fd.port = 443 and fd.port = 40000 and fd.sport = https", connection, CASE_FIRES },
	{ "fd.port != 443", connection, CASE_QUIET },
	{ "fd.sip = 93.184.216.34/33", connection, CASE_WRONG },
	{ "fd.sip = 300.1.1.1", connection, CASE_WRONG },
	{ "fd.sip.name = example.org and fd.l4proto = tcp and fd.sockfamily = ip", connection, CASE_FIRES },
	{ "fd.rip = 93.184.216.34 and fd.lport = 40000", connection, CASE_FIRES },
	{ "fd.name = 10.0.0.7:40000->93.184.216.34:443 and fd.type = ipv4", connection, CASE_FIRES },
	{ "fd.net = 2001:db8::/32 and fd.sip = 2606:2800::34 and fd.l4proto = udp", connection6, CASE_FIRES },
	{ "fd.net = 10.0.0.0/8", connection6, CASE_QUIET },
	/* transformers and right-hand sides */
	{ "tolower(fd.filename) = shadow-1", trail, CASE_FIRES },
	{ "toupper(proc.name) = BASH", trail, CASE_FIRES },
	{ "basename(fd.name) = val(fd.filename)", trail, CASE_FIRES },
	{ "proc.name = val(proc.pname)", trail, CASE_QUIET },
	{ "proc.name != val(proc.pname)", trail, CASE_FIRES },
	{ "toupper(proc.name) = toupper(proc.name)", trail, CASE_FIRES },
	{ "len(proc.name) = 4", trail, CASE_FIRES },
	{ "concat(proc.name, \"-\", proc.pname) = bash-nginx", trail, CASE_FIRES },
	{ "join(\"/\", (proc.name, proc.pname)) = bash/nginx", trail, CASE_FIRES },
	{ "join(\":\", (proc.name, fd.num, \"x\")) = bash:5:x", trail, CASE_FIRES },
	{ "join(proc.name, (\"a\", toupper(proc.name), \"c\")) = abashBASHbashc", trail, CASE_FIRES },
	{ "join(\":\", ()) = ''", trail, CASE_FIRES },
	{ "join(\":\", (proc.name, k8s.ns.name)) exists", trail, CASE_QUIET },
	{ "join(\":\") = a", trail, CASE_WRONG },
	{ "join(\":\", proc.name) = a", trail, CASE_WRONG },
	{ "join((\"a\"), (\"b\")) = a", trail, CASE_WRONG },
	{ "join(\":\", (\"a\"), (\"b\")) = a", trail, CASE_WRONG },
	{ "concat(\"a\", \"b\", \"c\") = abc", trail, CASE_FIRES },
	{ "concat(\"a\") = a", trail, CASE_WRONG },
	{ "concat(\"a\", (\"b\")) = ab", trail, CASE_WRONG },
	{ "concat(\"a\", fd.num) = a5", trail, CASE_WRONG },
	/* options of short form, and what stands behind them */
	{ "getopt((\"-lp\", \"80\", \"-e/bin/sh\", \"x\", \"-v\"), \"lp:e:v\")[p] = 80", trail, CASE_FIRES },
	{ "getopt((\"-lp\", \"80\", \"-e/bin/sh\", \"x\", \"-v\"), \"lp:e:v\")[l] = l", trail, CASE_FIRES },
	{ "getopt((\"-lp\", \"80\", \"-e/bin/sh\", \"x\", \"-v\"), \"lp:e:v\")[v] exists", trail, CASE_QUIET },
	{ "getopt((\"-lp\", \"80\", \"-e/bin/sh\"), \"lp:e:\") intersects (\"/bin/sh\")", trail, CASE_FIRES },
	{ "getopt((\"-lp\", \"80\", \"-e/bin/sh\"), \"lp:e:\") intersects (\"p\", \"q\")", trail, CASE_FIRES },
	{ "getopt((\"-lp\", \"80\", \"-e/bin/sh\"), \"lp:e:\") intersects (\"?\", \"\")", trail, CASE_QUIET },
	{ "getopt((\"-t\", \"a\", \"-t\", \"b\"), \"t:\")[t] = b", trail, CASE_FIRES },
	{ "getopt((\"-t\"), \"t:\")[t] = ''", trail, CASE_FIRES },
	{ "getopt((\"-t\"), \"t:\") intersects (\"t\", \"?\")", trail, CASE_QUIET },
	{ "getopt((\"-x\"), \"t:\") intersects (\"?\")", trail, CASE_FIRES },
	{ "getopt((\"--\", \"-t\"), \"t\")[t] exists", trail, CASE_QUIET },
	{ "getopt((\"-\", \"-t\"), \"t\")[t] exists", trail, CASE_QUIET },
	{ "getopt((\"--long\", \"-t\"), \"t\")[t] = t", trail, CASE_FIRES },
	{ "getopt((proc.args[0], proc.args[1]), \"c:\")[c] = curl", trail, CASE_FIRES },
	{ "getopt((\"-t\"), \"t\")[tt] = t", trail, CASE_WRONG },
	{ "getopt(proc.args, \"t\")[t] = t", trail, CASE_WRONG },
	{ "getopt((\"-t\"), (\"t\"))[t] = t", trail, CASE_WRONG },
	{ "len(getopt((\"-t\"), \"t\")) = 1", trail, CASE_WRONG },
	{ "tolower(proc.name)[1] = bash", trail, CASE_WRONG },
	{ "tolower(fd.num) = 5", trail, CASE_WRONG },
	{ "tolower(proc.aname) = x", trail, CASE_WRONG },
	{ "fd.num = val(proc.name)", trail, CASE_WRONG },
	{ "proc.name in (BASH) or tolower(toupper(proc.name)) in (bash)", trail, CASE_FIRES },
};

static void test_meaning(void)
{
	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		int got = judge(cases[i].condition, "x", cases[i].trail, NULL);

		expect(got == cases[i].result, "%s: %d, not %d", cases[i].condition, got, cases[i].result);
	}
	ok(true, "%zu conditions judged", SK_COUNT(cases));
}

static void test_output(void)
{
	static const struct {
		const char *output, *text;
	} outputs[] = {
		{ "name=%proc.name.", "name=bash." },
		{ "%proc.aname[1]/%proc.aname[2]/%proc.aname[9]", "nginx/init/<NA>" },
		{ "100%% of %proc.pname", "100% of nginx" },
		{ "*%k8s.ns.name %fd.num", "<NA> 5" },
		{ "%evt.arg.flags|%evt.res", "O_CREAT|O_RDWR|SUCCESS" },
		{ "%6proc.name|%2proc.name|", "bash  |ba|" },
		{ "%proc.aname", "nginx init" },
		{ "%toupper(proc.name)", "BASH" },
		{ "%container.id%user.name", "webwww-data" },
		{ "shell (user=%user.name %container.info image=x)", "shell (user=www-data  image=x)" },
		{ "%evt.time.iso8601", "2026-01-01T00:00:00.001000000+0000" },
	};
	static const char *const bad[] = { "%", "100 % of", "%proc.nam", "%fd.ip", "%proc.aname[x]", "%99999proc.name" };
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };

	for (size_t i = 0; i < SK_COUNT(outputs); i++) {
		int got = judge("evt.type = openat", outputs[i].output, trail, &text);

		expect(got == CASE_FIRES && strcmp(sk_buf_str(&text), outputs[i].text) == 0, "%s gives %s", outputs[i].output,
		       sk_buf_str(&text));
	}
	for (size_t i = 0; i < SK_COUNT(bad); i++)
		expect(judge("evt.type = openat", bad[i], trail, NULL) == CASE_WRONG, "%s is refused", bad[i]);
	ok(true, "outputs");
}

int main(void)
{
	test_grammar();
	test_depth();
	test_meaning();
	test_output();
	return tap_done();
}
