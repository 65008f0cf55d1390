/* SPDX-License-Identifier: Apache-2.0 */
/* Responses: what answers which alert, limits, what is never touched, evidence. On processes of its own. */
#include "agent/suspect.h"
#include "agent/responses.h"
#include "base/fd.h"
#include "image/digest.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char *folder;

/* ---- an agent's responses ---- */

static int64_t clock_now = INT64_C(1000000000000);

static int64_t test_clock(void)
{
	return clock_now;
}

struct fixture {
	struct sk_settings settings;
	struct sk_responses_config config;
	struct sk_responses *responses;
	struct sk_buf lines;
};

static void on_line(void *context, struct sk_span line)
{
	struct sk_buf *lines = context;

	sk_buf_span(lines, line);
	sk_buf_putc(lines, '\n');
}

static bool start(struct fixture *f, const char *yaml)
{
	struct sk_err err = SK_ERR_INIT;
	struct sk_responses_options options = { .config = &f->config, .state = folder, .host = "node",
						.audit = on_line, .context = &f->lines, .clock = test_clock };

	*f = (struct fixture){ 0 };
	if (sk_settings_parse(&f->settings, "guard.yaml", sk_span_str(yaml), &err) < 0 ||
	    sk_responses_config(&f->settings, f->settings.doc.root, &f->config, &err) < 0 ||
	    sk_responses_open(&options, &f->responses, &err) < 0) {
		printf("# %s\n", err.text);
		return false;
	}
	return true;
}

static void end(struct fixture *f)
{
	sk_responses_close(f->responses);
	sk_responses_config_release(&f->config);
	sk_settings_release(&f->settings);
	sk_buf_release(&f->lines);
}

/* Waits until so many lines are there. */
static const char *lines(struct fixture *f, size_t count)
{
	for (int i = 0; i < 3000; i++) {
		size_t have = 0;

		sk_responses_turn(f->responses);
		for (size_t k = 0; k < f->lines.len; k++)
			have += f->lines.data[k] == '\n';
		if (have >= count)
			break;
		usleep(10000);
	}
	return sk_buf_str(&f->lines);
}

static bool says(struct fixture *f, size_t count, const char *text)
{
	bool found = strstr(lines(f, count), text) != NULL;

	if (!found)
		printf("# no %s in:\n# %s\n", text, sk_buf_str(&f->lines));
	sk_buf_reset(&f->lines);
	return found;
}

/* ---- processes and alerts ---- */

/* A child that sleeps, and has one of its own if asked; its number is in *ret_below. */
static pid_t sleeper(pid_t *ret_below)
{
	int ends[2];
	pid_t pid, below = 0;

	if (pipe(ends) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		below = ret_below ? fork() : 0;
		if (ret_below && below == 0) {
			prctl(PR_SET_PDEATHSIG, 0);
			close(ends[1]);
			for (;;)
				pause();
		}
		if (write(ends[1], &below, sizeof(below)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ends[0], &below, sizeof(below)) < 0)
		abort();
	if (ret_below)
		*ret_below = below;
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static uint64_t boot_start(pid_t pid)
{
	struct sk_suspect_stat stat;

	return sk_suspect_stat(pid, &stat) ? stat.ticks * (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK)) : 0;
}

static bool killed(pid_t pid)
{
	int status = 0;

	for (int i = 0; i < 1000; i++) {
		pid_t r = waitpid(pid, &status, WNOHANG);

		if (r == pid)
			return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		usleep(10000);
	}
	return false;
}

static bool runs(pid_t pid)
{
	int status;

	return waitpid(pid, &status, WNOHANG) == 0;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static const char *tags[] = { "T1059", "container" };
static const struct sk_label labels[] = { { SK_SPAN_INIT("tier"), SK_SPAN_INIT("front") } };

struct scene {
	struct sk_detection rule;
	struct sk_container container;
	struct sk_process process;
	struct sk_event event;
	struct sk_alert alert;
};

static void set_scene(struct scene *s, pid_t pid)
{
	*s = (struct scene){
		.rule = { .name = SK_SPAN_LIT("Terminal shell / in container"), .priority = SK_PRIORITY_WARNING, .tags = tags,
			  .tag_count = 2, .source = SK_SPAN_LIT("syscall") },
		.container = { .id = sk_span_str(id), .name = SK_SPAN_LIT("web"), .image = SK_SPAN_LIT("docker.io/library/nginx:1"),
			       .labels = labels, .label_count = 1 },
		.process = { .pid = pid, .vpid = 7, .name = SK_SPAN_LIT("sh"), .exepath = SK_SPAN_LIT("/bin/sh"),
			     .exe = SK_SPAN_LIT("sh"), .args = SK_SPAN_LIT("-c\0id"), .boot_start = boot_start(pid) },
		.event = { .type = SK_EVENT_EXECVE, .time = INT64_C(1790000000123456789), .fd = -1 },
	};
	s->process.container = &s->container;
	s->event.process = &s->process;
	s->alert.rule = &s->rule;
	s->alert.event = &s->event;
	s->alert.text = SK_SPAN_LIT("a shell");
}

/* ---- tests ---- */

static void test_config(void)
{
	static const struct {
		const char *yaml, *error;
	} cases[] = {
		{ "entries: 3\n", "guard.yaml:1:10: must be a list" },
		{ "entries:\n- actions: [kill]\n", "guard.yaml:2:1: says nothing to select by: rules, tags, priority, images or labels" },
		{ "entries:\n- rules: [a]\n", "guard.yaml:2:1: says no actions; 'none' is one, too" },
		{ "entries:\n- rules: [a]\n  actions: [kill, kill-tree]\n",
		  "guard.yaml:3:3: actions: 'kill-tree' kills the process, too: leave 'kill' out" },
		{ "entries:\n- rules: [a]\n  actions: [pause, stop]\n",
		  "guard.yaml:3:3: actions: 'pause' keeps what there is; it excludes kill and stop" },
		{ "entries:\n- rules: [a]\n  actions: [none, kill]\n", "guard.yaml:3:3: actions: 'none' stands alone" },
		{ "entries:\n- rules: [a]\n  actions: [kill]\n  limit: 10\n",
		  "guard.yaml:4:10: limit: must be a number and a time, as '10/1m', or 'none'" },
		{ "limit: 0/1m\n", "guard.yaml:1:8: limit: the number must be between 1 and 10000" },
		{ "entries:\n- rule: [a]\n  actions: [kill]\n", "guard.yaml:2:3: unknown key 'rule'; did you mean 'rules'?" },
		{ "entries:\n- rules: [a]\n  actions: [kill]\n  except: {}\n", "guard.yaml:4:3: except: says nothing to except by" },
		{ "evidence:\n  qota: 1G\n", "guard.yaml:2:3: unknown key 'qota'; did you mean 'quota'?" },
	};

	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_cleanup(sk_settings_release) struct sk_settings settings = { 0 };
		struct sk_responses_config config;
		struct sk_err err = SK_ERR_INIT;
		int r = sk_settings_parse(&settings, "guard.yaml", sk_span_str(cases[i].yaml), &err);

		ok(r == 0 && sk_responses_config(&settings, settings.doc.root, &config, &err) == -SK_EUSAGE, "case %zu is an error", i);
		is_str(err.text, cases[i].error);
	}
}

static void test_rate(void)
{
	struct sk_rate rate;
	bool good = sk_rate_parse(&rate, sk_span_str("3/1m"), NULL) == 0;
	const int64_t second = INT64_C(1000000000);
	int64_t at = 5 * second;

	for (int i = 0; i < 3; i++, at += 10 * second) {
		good &= sk_rate_allows(&rate, at);
		sk_rate_take(&rate, at);
	}
	ok(good, "three within a minute");
	ok(!sk_rate_allows(&rate, 64 * second), "no fourth before the minute is over");
	ok(sk_rate_allows(&rate, 65 * second), "when it is, one");
	sk_rate_take(&rate, 65 * second);
	ok(!sk_rate_allows(&rate, 74 * second) && sk_rate_allows(&rate, 75 * second), "and the next when the second is a minute old");
	sk_rate_release(&rate);
	ok(sk_rate_parse(&rate, sk_span_str("none"), NULL) == 0 && sk_rate_allows(&rate, 0), "none: no limit");
	ok(sk_rate_parse(&rate, sk_span_str("x/1m"), NULL) < 0 && sk_rate_parse(&rate, sk_span_str("1/"), NULL) < 0 &&
		   sk_rate_parse(&rate, sk_span_str("99999/1m"), NULL) < 0 && sk_rate_parse(&rate, sk_span_str("1/2d"), NULL) < 0,
	   "what is no limit");
}

static void test_kill(void)
{
	struct fixture f;
	struct scene s;
	pid_t pid = sleeper(NULL);

	set_scene(&s, pid);
	ok(start(&f, "entries:\n- rules: ['Terminal shell*']\n  actions: [kill]\n"), "responses begin");
	s.rule.name = SK_SPAN_LIT("Another");
	sk_responses_alert(f.responses, &s.alert);
	sk_responses_turn(f.responses);
	ok(runs(pid) && !f.lines.len, "an alert that no entry matches is not answered");
	s.rule.name = SK_SPAN_LIT("Terminal shell / in container");
	sk_responses_alert(f.responses, &s.alert);
	ok(killed(pid), "the process is killed");
	lines(&f, 1);
	ok(strstr(f.lines.data, "\"type\":\"response\",\"rule\":\"Terminal shell / in container\",\"action\":\"kill\","
				"\"outcome\":\"done\",\"way\":\"pidfd\",\"process\":{\"pid\":"),
	   "and an audit line says so");
	ok(strstr(f.lines.data, "\"container\":{\"id\":\"0123456789abcdef") && strstr(f.lines.data, "\"microseconds\":"),
	   "with container and duration");
	sk_buf_reset(&f.lines);
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"outcome\":\"gone\""), "the second time it is gone");
	is_int(sk_responses_counts(f.responses).actions[SK_RESPONSE_KILL][SK_OUTCOME_DONE], 1);
	is_int(sk_responses_counts(f.responses).actions[SK_RESPONSE_KILL][SK_OUTCOME_GONE], 1);
	end(&f);
}

static void test_select(void)
{
	static const struct {
		const char *entry, *want;
	} cases[] = {
		{ "tags: [T10*]", "kill" },
		{ "tags: [T10]", NULL },
		{ "priority: warning", "kill" },
		{ "priority: error", NULL },
		{ "priority: debug", "kill" },
		{ "images: ['docker.io/*/nginx:*']", "kill" },
		{ "images: ['redis*']", NULL },
		{ "labels: [tier]", "kill" },
		{ "labels: ['tier=fr*']", "kill" },
		{ "labels: ['tier=back', 'app']", NULL },
		{ "rules: ['*']\n  except: {images: ['*nginx*']}", NULL },
		{ "rules: ['*']\n  except: {images: ['*redis*']}", "kill" },
		{ "rules: ['*']\n  except: {labels: ['tier=front'], images: ['redis*']}", "kill" },
		{ "rules: ['*']\n  except: {labels: ['tier=front']}", NULL },
		{ "rules: ['*']\n  tags: [nothing]", NULL },
	};
	struct fixture f;
	struct scene s;
	pid_t pid = sleeper(NULL);

	set_scene(&s, pid);
	for (size_t i = 0; i < SK_COUNT(cases); i++) {
		sk_cleanup(sk_buf_release) struct sk_buf yaml = { 0 };

		sk_buf_printf(&yaml, "dry-run: yes\nentries:\n- actions: [kill]\n  %s\n", cases[i].entry);
		if (!start(&f, sk_buf_str(&yaml)))
			abort();
		sk_responses_alert(f.responses, &s.alert);
		sk_responses_turn(f.responses);
		expect(!cases[i].want == !f.lines.len, "%s", cases[i].entry);
		end(&f);
	}
	ok(runs(pid), "entries are chosen by rule, tag, priority, image and label; a dry run kills nobody");
	if (!start(&f, "entries:\n- {rules: [Term*], actions: none}\n- {rules: ['*'], actions: kill}\n"))
		abort();
	sk_responses_alert(f.responses, &s.alert);
	sk_responses_turn(f.responses);
	ok(runs(pid) && !f.lines.len, "the first entry answers, also by doing nothing");
	end(&f);
	if (!start(&f, "entries:\n- {rules: ['*'], actions: kill, except: {images: [redis]}}\n"))
		abort();
	s.container.image = sk_span("", 0);
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"outcome\":\"refused\",\"reason\":\"the entry asks for image or labels, which are not known yet\"") && runs(pid),
	   "where it is not known whether the image is excepted, nothing is done");
	end(&f);
	end_process(pid);
}

static void test_limits(void)
{
	struct fixture f;
	struct scene s;
	pid_t pid = sleeper(NULL);

	set_scene(&s, pid);
	if (!start(&f, "limit: 3/1h\nentries:\n- {rules: [Term*], actions: kill, dry-run: yes, limit: 2/1m}\n"
		       "- {rules: ['*'], actions: kill, dry-run: yes}\n"))
		abort();
	for (int i = 0; i < 3; i++)
		sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 3, "\"outcome\":\"limited\",\"reason\":\"2/1m\""), "an entry's limit");
	s.rule.name = SK_SPAN_LIT("Other");
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"outcome\":\"dry-run\""), "does not hold for others");
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"outcome\":\"limited\",\"reason\":\"3/1h\""), "all entries' limit does");
	clock_now += INT64_C(3600000000000);
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"outcome\":\"dry-run\"") && runs(pid), "until its time is over");
	end(&f);
	end_process(pid);
}

static void refused(const char *what, pid_t pid, bool host, const char *reason)
{
	struct fixture f;
	struct scene s;

	set_scene(&s, pid);
	if (host)
		s.process.container = NULL;
	/* Even if it were about to be done, it is not. */
	if (!start(&f, "dry-run: yes\nentries:\n- {rules: ['*'], actions: [kill-tree], host: yes}\n"))
		abort();
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, reason), "%s is never touched", what);
	end(&f);
}

static void test_protection(void)
{
	struct fixture f;
	struct scene s;
	pid_t pid = sleeper(NULL);

	refused("the agent", getpid(), false, "\"refused\",\"reason\":\"it is the agent itself\"");
	refused("who started it", getppid(), true, "\"refused\",\"reason\":\"");
	refused("process 1", 1, true, "\"refused\",\"reason\":\"");
	if (kill(2, 0) == 0 || errno == EPERM)
		refused("a thread of the kernel", 2, true, "\"refused\",\"reason\":\"it is a thread of the kernel\"");

	set_scene(&s, pid);
	s.process.container = NULL;
	if (!start(&f, "entries:\n- {rules: ['*'], actions: [kill, stop]}\n"))
		abort();
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 2, "\"refused\",\"reason\":\"it is the host's own, and the entry does not say host\"") && runs(pid),
	   "the host's processes are left alone");
	end(&f);

	set_scene(&s, pid);
	s.process.boot_start += INT64_C(10000000);
	if (!start(&f, "entries:\n- {rules: ['*'], actions: kill, host: yes}\n"))
		abort();
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"outcome\":\"gone\"") && runs(pid), "a process that only has the number is left alone");
	s.process.boot_start = 0;
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"outcome\":\"refused\"") && runs(pid), "so is one of which it is not known when it began");
	set_scene(&s, pid);
	s.process.container = NULL;
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"outcome\":\"done\"") && killed(pid), "with host, the host's are killed");
	end(&f);
}

static bool has_ended(pid_t pid)
{
	struct sk_suspect_stat stat;

	for (int i = 0; i < 1000; i++) {
		if (!sk_suspect_stat(pid, &stat) || stat.state == 'Z')
			return true;
		usleep(10000);
	}
	return false;
}

static void test_tree(void)
{
	struct fixture f;
	struct scene s;
	pid_t below, pid = sleeper(&below);

	set_scene(&s, pid);
	if (!start(&f, "entries:\n- {rules: ['*'], actions: kill-tree}\n"))
		abort();
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"action\":\"kill-tree\",\"outcome\":\"done\"") && killed(pid), "a process is killed");
	ok(has_ended(below), "and the one below it");
	end(&f);
}

/* ---- evidence ---- */

static void read_evidence(const char *incident, const char *name, struct sk_buf *out)
{
	sk_autofree char *path = sk_printf("%s/%s", incident, name);
	struct sk_err err = SK_ERR_INIT;

	sk_buf_reset(out);
	if (sk_path_slurp(path, 1 << 26, out, &err) < 0)
		printf("# %s\n", err.text);
}

/* The only incident of the folder, or NULL; owned. */
static char *incident(size_t *ret_count)
{
	sk_autofree char *path = sk_printf("%s/evidence", folder);
	DIR *dir = opendir(path);
	char *found = NULL;
	struct dirent *e;

	*ret_count = 0;
	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.') {
			free(found);
			found = sk_printf("%s/%s", path, e->d_name);
			++*ret_count;
		}
	if (dir)
		closedir(dir);
	return found;
}

static void clear_evidence(void)
{
	sk_autofree char *command = sk_printf("rm -rf '%s/evidence'", folder);

	if (system(command) != 0)
		abort();
}

/* A program that no path leads to any more, which holds a file and a socket. */
static pid_t hidden_program(void)
{
	sk_autofree char *path = sk_printf("%s/dropped", folder), *command = sk_printf("cp /bin/sleep '%s'", path);
	int ready[2];
	char byte;
	pid_t pid;

	if (system(command) != 0 || pipe2(ready, O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		int file = open("/dev/null", O_WRONLY);

		dup2(file, 9);
		setenv("SECRET_NAME", "secret-value", 1);
		execl(path, "dropped", "1000", NULL);
		_exit(127);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) < 0)
		abort();
	close(ready[0]);
	unlink(path);
	return pid;
}

static void check_incident(const char *at, pid_t pid)
{
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 }, sleep = { 0 };
	sk_autofree char *number = sk_printf("-%d", pid);
	char digest[SK_DIGEST_TEXT];
	struct stat st;

	ok(strstr(at, "/20260921T") && strstr(at, "-terminal-shell-in-container") && sk_span_ends(sk_span_str(at), number),
	   "the folder's name has time, rule and number");
	ok(stat(at, &st) == 0 && (st.st_mode & 07777) == 0700, "and is root's alone");
	sk_path_slurp("/bin/sleep", 1 << 26, &sleep, NULL);
	read_evidence(at, "binary", &text);
	ok(text.len && sk_span_eq(sk_buf_view(&text), sk_buf_view(&sleep)), "the program is copied, though it was deleted");
	sk_digest_of(sk_buf_view(&sleep), digest);
	read_evidence(at, "binary.json", &text);
	ok(text.len && strstr(text.data, digest) && strstr(text.data, "dropped (deleted)"), "its digest and path are told");
	read_evidence(at, "processes.jsonl", &text);
	ok(text.len && strstr(text.data, "\"relation\":\"self\"") && strstr(text.data, "\"relation\":\"above\"") &&
		   strstr(text.data, "\"args\":[\"dropped\",\"1000\"]") && strstr(text.data, "\"CapEff\":\""),
	   "the processes are told");
	ok(text.len && strstr(text.data, "\"SECRET_NAME\"") && !strstr(text.data, "secret-value"),
	   "of the environment the names, not what is secret");
	read_evidence(at, "files.json", &text);
	ok(text.len && strstr(text.data, "\"target\": \"/dev/null\""), "what it has open");
	read_evidence(at, "maps", &text);
	ok(text.len && strstr(text.data, "dropped (deleted)"), "its memory's map");
	read_evidence(at, "alert.json", &text);
	ok(text.len && strstr(text.data, "\"message\":\"a shell\""), "the alert");
	read_evidence(at, "incident.json", &text);
	ok(text.len && strstr(text.data, "\"name\": \"web\"") && strstr(text.data, "\"-c\","), "the event's process and container");
}

static void test_evidence(void)
{
	struct fixture f;
	struct scene s;
	pid_t pid = hidden_program();
	char *at;
	size_t count;

	clear_evidence();
	set_scene(&s, pid);
	if (!start(&f, "entries:\n- {rules: ['*'], actions: [kill, evidence]}\n"))
		abort();
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 2, "\"action\":\"evidence\",\"outcome\":\"done\""), "evidence is taken");
	ok(killed(pid), "and then the process is killed");
	at = incident(&count);
	is_int(count, 1);
	check_incident(at, pid);
	free(at);
	s.process.boot_start = 1;
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 2, "the process had ended: what the event said is kept"), "of a process that has ended, what was known is kept");
	free(incident(&count));
	is_int(count, 2);
	ok(sk_responses_counts(f.responses).incidents == 2 && sk_responses_counts(f.responses).evidence_bytes > 0, "and is counted");
	end(&f);
}

static void test_late(void)
{
	struct fixture f;
	struct scene s;
	pid_t pid = sleeper(NULL);

	set_scene(&s, pid);
	if (!start(&f, "evidence: {timeout: 0}\nentries:\n- {rules: ['*'], actions: [kill, evidence]}\n"))
		abort();
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 2, "\"action\":\"evidence\",\"outcome\":\"failed\",\"reason\":\"it took longer than 0 s: the "),
	   "evidence that takes too long is given up");
	ok(killed(pid), "and the process is killed all the same");
	end(&f);
}

/* Two containers: one has one incident, the other many. What goes is the other's, its oldest first. */
static void test_quota(void)
{
	static const char other[] = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
	struct fixture f;
	struct scene s;
	pid_t pid = sleeper(NULL);
	sk_cleanup(sk_buf_release) struct sk_buf text = { 0 };
	size_t count;
	char *at;

	clear_evidence();
	set_scene(&s, pid);
	/* Room for nine texts of 1 MiB and four incidents of 64 KiB. */
	if (!start(&f, "limit: none\nevidence: {quota: 9473KiB, file-size: 1KiB}\n"
		       "entries:\n- {rules: ['*'], actions: evidence, limit: none}\n"))
		abort();
	for (int i = 0; i < 8; i++) {
		s.container.id = sk_span_str(i == 0 ? id : other);
		s.event.time += 1000000000;
		sk_responses_alert(f.responses, &s.alert);
		expect(says(&f, 1, "\"outcome\":\"done\""), "incident %d", i);
	}
	free(incident(&count));
	ok(count > 1 && count < 8, "the quota holds: %zu incidents", count);
	ok(sk_responses_counts(f.responses).evidence_bytes <= 9473 * 1024, "in bytes, too");
	end(&f);
	at = sk_printf("%s/evidence/20260921T141321.123456Z-terminal-shell-in-container-%d", folder, pid);
	read_evidence(at, "incident.json", &text);
	ok(text.len && strstr(text.data, id), "who has much does not displace what is known of others");
	free(at);
	if (!start(&f, "evidence: {quota: 9473KiB, file-size: 1KiB}\nentries:\n- {rules: ['*'], actions: evidence}\n"))
		abort();
	is_int(sk_responses_counts(f.responses).incidents, count);
	end(&f);
	if (!start(&f, "evidence: {quota: 1MiB}\nentries:\n- {rules: ['*'], actions: evidence}\n"))
		abort();
	sk_responses_alert(f.responses, &s.alert);
	ok(says(&f, 1, "\"outcome\":\"failed\",\"reason\":\"one incident may take"), "a quota that is too small is said");
	end(&f);
	end_process(pid);
}

int main(void)
{
	char name[] = "/tmp/sekisho-responses-XXXXXX";

	folder = mkdtemp(name);
	if (!folder)
		return 1;
	test_config();
	test_rate();
	test_kill();
	test_select();
	test_limits();
	test_protection();
	test_tree();
	test_evidence();
	test_late();
	test_quota();
	clear_evidence();
	rmdir(folder);
	return tap_done();
}
