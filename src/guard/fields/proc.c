/* SPDX-License-Identifier: Apache-2.0 */
/* The process that made the event, and its ancestors. */
#include "guard/container-probe.h"
#include "guard/fields/fields.h"

#include <inttypes.h>

/* How far a field climbs: a chain that is longer is a loop, or no rule's business. */
enum { MAX_ANCESTORS = 64 };

static const struct sk_process *parent(const struct sk_event *e)
{
	return e->process->parent;
}

/* proc.aname[2]; without an index value n is that of ancestor n + 1. */
static const struct sk_process *ancestor(const struct sk_event *e, const struct sk_field_arg *arg, unsigned n)
{
	if (arg->index >= 0)
		return n == 0 && arg->index <= MAX_ANCESTORS ?
			       sk_process_ancestor(e->process, (unsigned)arg->index) : NULL;
	return n < MAX_ANCESTORS ? sk_process_ancestor(e->process, n + 1) : NULL;
}

static struct sk_span exepath(const struct sk_process *p)
{
	return p->exepath;
}

static struct sk_span exe(const struct sk_process *p)
{
	return p->exe;
}

static struct sk_span comm(const struct sk_process *p)
{
	return p->name;
}

static bool text_of(const struct sk_process *p, struct sk_span (*of)(const struct sk_process *p),
		    struct sk_field_value *ret)
{
	return p && sk_give_text(ret, of(p));
}

/* ---- command lines ---- */

/* NUL-terminated strings as one text, with blanks between, behind `first` if that is given. */
static bool joined(struct sk_span first, bool has_first, struct sk_span strings, struct sk_scratch *scratch,
		   struct sk_field_value *ret)
{
	size_t len = strings.len && !strings.ptr[strings.len - 1] ? strings.len - 1 : strings.len, n = 0;
	char *out = sk_scratch_alloc(scratch, first.len + 1 + len);

	if (!out)
		return false;
	if (has_first) {
		if (first.len)
			memcpy(out, first.ptr, first.len);
		n = first.len;
		if (len)
			out[n++] = ' ';
	}
	for (size_t i = 0; i < len; i++)
		out[n++] = strings.ptr[i] ? strings.ptr[i] : ' ';
	return sk_give_text(ret, sk_span(out, n));
}

/* Falco's command line begins with the name, not with what argv[0] says. */
static bool cmdline(const struct sk_process *p, struct sk_scratch *scratch, struct sk_field_value *ret)
{
	return p && joined(p->name, true, p->args, scratch, ret);
}

/* Cuts the next NUL-terminated string off; false when there is none. */
static bool next_string(struct sk_span *rest, struct sk_span *ret_text)
{
	ptrdiff_t end = sk_span_chr(*rest, '\0');

	if (!rest->len)
		return false;
	*ret_text = sk_span_sub(*rest, 0, end < 0 ? rest->len : (size_t)end);
	*rest = sk_span_from(*rest, ret_text->len + 1);
	return true;
}

static bool nth_string(struct sk_span strings, int64_t n, struct sk_span *ret_text)
{
	struct sk_span rest = strings, part;

	while (next_string(&rest, &part))
		if (n-- == 0) {
			*ret_text = part;
			return true;
		}
	return false;
}

static size_t count_strings(struct sk_span strings)
{
	struct sk_span rest = strings, part;
	size_t count = 0;

	while (next_string(&rest, &part))
		count++;
	return count;
}

/* NAME=value among the strings; empty where it is not there, as with getenv in a shell. */
static struct sk_span env_value(struct sk_span strings, struct sk_span name)
{
	struct sk_span rest = strings, part;

	while (next_string(&rest, &part))
		if (part.len > name.len && part.ptr[name.len] == '=' && memcmp(part.ptr, name.ptr, name.len) == 0)
			return sk_span_trim(sk_span_from(part, name.len + 1));
	return sk_span("", 0);
}

static bool proc_name(SK_FIELD_PARAMS) { return sk_give_text(ret, e->process->name); }
static bool proc_exe(SK_FIELD_PARAMS) { return sk_give_text(ret, e->process->exe); }
static bool proc_exepath(SK_FIELD_PARAMS) { return sk_give_text(ret, e->process->exepath); }

/* With a slash at its end, as Falco has it: "/tmp/" is what rules compare with. */
static bool proc_cwd(SK_FIELD_PARAMS)
{
	sk_cleanup(sk_buf_release) struct sk_buf path = { 0 };

	if (!e->process->cwd.len || sk_span_ends(e->process->cwd, "/"))
		return sk_give_text(ret, e->process->cwd);
	sk_buf_span(&path, e->process->cwd);
	sk_buf_putc(&path, '/');
	return sk_give_copy(scratch, ret, sk_buf_view(&path));
}

static bool proc_pname(SK_FIELD_PARAMS) { return text_of(parent(e), comm, ret); }
static bool proc_pexe(SK_FIELD_PARAMS) { return text_of(parent(e), exe, ret); }
static bool proc_pexepath(SK_FIELD_PARAMS) { return text_of(parent(e), exepath, ret); }
static bool proc_aname(SK_FIELD_PARAMS) { return text_of(ancestor(e, arg, n), comm, ret); }
static bool proc_aexe(SK_FIELD_PARAMS) { return text_of(ancestor(e, arg, n), exe, ret); }
static bool proc_aexepath(SK_FIELD_PARAMS) { return text_of(ancestor(e, arg, n), exepath, ret); }
static bool proc_cmdline(SK_FIELD_PARAMS) { return cmdline(e->process, scratch, ret); }
static bool proc_pcmdline(SK_FIELD_PARAMS) { return cmdline(parent(e), scratch, ret); }
static bool proc_acmdline(SK_FIELD_PARAMS) { return cmdline(ancestor(e, arg, n), scratch, ret); }

static bool proc_exeline(SK_FIELD_PARAMS)
{
	return joined(e->process->exe, true, e->process->args, scratch, ret);
}

static bool proc_args(SK_FIELD_PARAMS)
{
	struct sk_span one = sk_span("", 0);

	if (arg->index < 0)
		return joined(one, false, e->process->args, scratch, ret);
	nth_string(e->process->args, arg->index, &one);
	return sk_give_text(ret, one);
}

static bool proc_aargs(SK_FIELD_PARAMS)
{
	const struct sk_process *p = ancestor(e, arg, n);

	return p && joined(sk_span("", 0), false, p->args, scratch, ret);
}

static bool proc_env(SK_FIELD_PARAMS)
{
	if (!arg->text.ptr)
		return joined(sk_span("", 0), false, e->process->env, scratch, ret);
	return sk_give_text(ret, env_value(e->process->env, arg->text));
}

/* With a name: the nearest ancestor's; with a number: all of that ancestor's. */
static bool proc_aenv(SK_FIELD_PARAMS)
{
	struct sk_span value = sk_span("", 0);

	if (!arg->text.ptr || arg->index >= 0) {
		const struct sk_process *p = ancestor(e, arg, n);

		return p && joined(sk_span("", 0), false, p->env, scratch, ret);
	}
	for (unsigned i = 1; i <= 20 && !value.len; i++) {
		const struct sk_process *p = sk_process_ancestor(e->process, i);

		if (!p)
			break;
		value = env_value(p->env, arg->text);
	}
	return sk_give_text(ret, value);
}

static bool proc_cmdnargs(SK_FIELD_PARAMS) { return sk_give_int(ret, (int64_t)count_strings(e->process->args)); }

static bool proc_cmdlenargs(SK_FIELD_PARAMS)
{
	return sk_give_int(ret, (int64_t)(e->process->args.len - count_strings(e->process->args)));
}

/* ---- numbers ---- */

static bool proc_pid(SK_FIELD_PARAMS) { return sk_give_int(ret, e->process->pid); }
static bool proc_tty(SK_FIELD_PARAMS) { return sk_give_int(ret, e->process->tty); }
static bool proc_sid(SK_FIELD_PARAMS) { return sk_give_int(ret, e->process->vsid); }
static bool proc_vpgid(SK_FIELD_PARAMS) { return sk_give_int(ret, e->process->vpgid); }
static bool proc_pgid(SK_FIELD_PARAMS) { return sk_give_int(ret, e->process->pgid); }

static bool proc_ppid(SK_FIELD_PARAMS)
{
	return (parent(e) || e->process->ppid > 0) && sk_give_int(ret, parent(e) ? parent(e)->pid : e->process->ppid);
}

static bool proc_apid(SK_FIELD_PARAMS)
{
	const struct sk_process *p = ancestor(e, arg, n);

	return p && sk_give_int(ret, p->pid);
}

static bool proc_vpid(SK_FIELD_PARAMS) { return e->process->vpid >= 0 && sk_give_int(ret, e->process->vpid); }
static bool proc_pvpid(SK_FIELD_PARAMS) { return parent(e) && sk_give_int(ret, parent(e)->vpid); }

/* The oldest shell above: the one that somebody logged in to. */
static bool proc_loginshellid(SK_FIELD_PARAMS)
{
	bool found = false;

	for (unsigned i = 0; i < MAX_ANCESTORS; i++) {
		const struct sk_process *p = sk_process_ancestor(e->process, i);

		if (!p)
			break;
		if (sk_span_ends(p->name, "sh"))
			found = sk_give_int(ret, p->pid);
	}
	return found;
}

/* ---- leaders of session and process group ---- */

/* The oldest known process above (or the process itself) with the same number. */
static const struct sk_process *leader(const struct sk_event *e, int32_t (*of)(const struct sk_process *p))
{
	const struct sk_process *best = e->process;

	for (unsigned i = 1; i < MAX_ANCESTORS; i++) {
		const struct sk_process *p = sk_process_ancestor(e->process, i);

		if (!p || of(p) != of(e->process))
			break;
		best = p;
	}
	return best;
}

static int32_t vsid(const struct sk_process *p) { return p->vsid; }
static int32_t vpgid(const struct sk_process *p) { return p->vpgid; }
static int32_t pgid(const struct sk_process *p) { return p->pgid; }

static bool proc_sname(SK_FIELD_PARAMS) { return text_of(leader(e, vsid), comm, ret); }
static bool proc_sid_exe(SK_FIELD_PARAMS) { return text_of(leader(e, vsid), exe, ret); }
static bool proc_sid_exepath(SK_FIELD_PARAMS) { return text_of(leader(e, vsid), exepath, ret); }
static bool proc_vpgid_name(SK_FIELD_PARAMS) { return text_of(leader(e, vpgid), comm, ret); }
static bool proc_vpgid_exe(SK_FIELD_PARAMS) { return text_of(leader(e, vpgid), exe, ret); }
static bool proc_vpgid_exepath(SK_FIELD_PARAMS) { return text_of(leader(e, vpgid), exepath, ret); }
static bool proc_pgid_name(SK_FIELD_PARAMS) { return text_of(leader(e, pgid), comm, ret); }
static bool proc_pgid_exe(SK_FIELD_PARAMS) { return text_of(leader(e, pgid), exe, ret); }
static bool proc_pgid_exepath(SK_FIELD_PARAMS) { return text_of(leader(e, pgid), exepath, ret); }

static bool proc_is_sid_leader(SK_FIELD_PARAMS) { return sk_give_bool(ret, e->process->vsid == e->process->vpid); }
static bool proc_is_vpgid_leader(SK_FIELD_PARAMS) { return sk_give_bool(ret, e->process->vpgid == e->process->vpid); }
static bool proc_is_pgid_leader(SK_FIELD_PARAMS) { return sk_give_bool(ret, e->process->pgid == e->process->pid); }

/* ---- times ---- */

static bool give_time(struct sk_field_value *ret, enum sk_field_type type, int64_t time)
{
	ret->type = type;
	ret->i = time;
	return true;
}

static int64_t born(const struct sk_process *p)
{
	return p->clone_time ? p->clone_time : p->start;
}

static bool since(const struct sk_event *e, const struct sk_process *p, struct sk_field_value *ret)
{
	return p && born(p) && give_time(ret, SK_FIELD_SPAN, e->time - born(p));
}

static bool proc_duration(SK_FIELD_PARAMS) { return since(e, e->process, ret); }
static bool proc_puid(SK_FIELD_PARAMS) { return parent(e) && sk_give_int(ret, parent(e)->uid); }
static bool proc_ppid_duration(SK_FIELD_PARAMS) { return since(e, parent(e), ret); }
static bool proc_pid_ts(SK_FIELD_PARAMS) { return born(e->process) && give_time(ret, SK_FIELD_SPAN, born(e->process)); }

static bool proc_ppid_ts(SK_FIELD_PARAMS)
{
	return parent(e) && born(parent(e)) && give_time(ret, SK_FIELD_SPAN, born(parent(e)));
}

static bool proc_pidns_start(SK_FIELD_PARAMS)
{
	return e->process->pidns_start && sk_give_int(ret, e->process->pidns_start);
}

/* ---- the program ---- */

static bool proc_exe_ino(SK_FIELD_PARAMS)
{
	return e->process->exe_inode && sk_give_int(ret, (int64_t)e->process->exe_inode);
}

static bool proc_exe_ctime(SK_FIELD_PARAMS)
{
	return e->process->exe_ctime && give_time(ret, SK_FIELD_TIME, e->process->exe_ctime);
}

static bool proc_exe_mtime(SK_FIELD_PARAMS)
{
	return e->process->exe_mtime && give_time(ret, SK_FIELD_TIME, e->process->exe_mtime);
}

static bool proc_exe_ctime_start(SK_FIELD_PARAMS)
{
	const struct sk_process *p = e->process;

	return p->exe_ctime && born(p) && give_time(ret, SK_FIELD_SPAN, born(p) - p->exe_ctime);
}

static bool proc_exe_ctime_pidns(SK_FIELD_PARAMS)
{
	const struct sk_process *p = e->process;

	return p->exe_ctime && p->pidns_start && p->exe_ctime > p->pidns_start &&
	       give_time(ret, SK_FIELD_SPAN, p->exe_ctime - p->pidns_start);
}

static bool proc_is_exe_writable(SK_FIELD_PARAMS) { return sk_give_bool(ret, e->process->exe_writable); }
static bool probes(const struct sk_event *e, size_t offset, struct sk_field_value *ret)
{
	const struct sk_container *c = e->process->container;

	return sk_give_bool(ret, c && sk_container_probe_runs(e->process,
							      *(const struct sk_span *)(const void *)((const char *)c + offset)));
}

static bool proc_is_healthcheck(SK_FIELD_PARAMS)
{
	return probes(e, offsetof(struct sk_container, healthcheck), ret);
}

static bool proc_is_liveness(SK_FIELD_PARAMS) { return probes(e, offsetof(struct sk_container, liveness), ret); }
static bool proc_is_readiness(SK_FIELD_PARAMS) { return probes(e, offsetof(struct sk_container, readiness), ret); }
static bool proc_is_exe_upper(SK_FIELD_PARAMS) { return sk_give_bool(ret, e->process->exe_place == SK_EXE_UPPER); }
static bool proc_is_exe_lower(SK_FIELD_PARAMS) { return sk_give_bool(ret, e->process->exe_place == SK_EXE_LOWER); }
static bool proc_is_exe_memfd(SK_FIELD_PARAMS) { return sk_give_bool(ret, e->process->exe_place == SK_EXE_MEMFD); }

/* ---- standard streams ---- */

static bool stream_type(const struct sk_event *e, int i, struct sk_field_value *ret)
{
	enum sk_file_type type = e->process->standard[i].type;

	return type != SK_FILE_UNKNOWN && sk_give_str(ret, sk_file_type_name(type));
}

static bool stream_name(const struct sk_event *e, int i, struct sk_field_value *ret)
{
	return e->process->standard[i].name.len && sk_give_text(ret, e->process->standard[i].name);
}

static bool proc_stdin_type(SK_FIELD_PARAMS) { return stream_type(e, 0, ret); }
static bool proc_stdout_type(SK_FIELD_PARAMS) { return stream_type(e, 1, ret); }
static bool proc_stderr_type(SK_FIELD_PARAMS) { return stream_type(e, 2, ret); }
static bool proc_stdin_name(SK_FIELD_PARAMS) { return stream_name(e, 0, ret); }
static bool proc_stdout_name(SK_FIELD_PARAMS) { return stream_name(e, 1, ret); }
static bool proc_stderr_name(SK_FIELD_PARAMS) { return stream_name(e, 2, ret); }

#define TEXT SK_FIELD_TEXT
#define INT SK_FIELD_INT
#define BOOL SK_FIELD_BOOL
#define ABOVE (SK_FIELD_ARG_ALLOWED | SK_FIELD_ARG_INDEX | SK_FIELD_ANY)
#define INDEX (SK_FIELD_ARG_ALLOWED | SK_FIELD_ARG_INDEX)

static const struct sk_field fields[] = {
	{ "proc.name", TEXT, 0, "name of the program, at most 15 bytes (comm)", proc_name },
	{ "proc.pname", TEXT, 0, "name of the parent", proc_pname },
	{ "proc.aname", TEXT, ABOVE, "name of ancestor [n] (0 the process, 1 the parent); without n: of any", proc_aname },
	{ "proc.exe", TEXT, 0, "first argument of the command line, as it was given", proc_exe },
	{ "proc.pexe", TEXT, 0, "proc.exe of the parent", proc_pexe },
	{ "proc.aexe", TEXT, ABOVE, "proc.exe of ancestor [n], or of any", proc_aexe },
	{ "proc.exepath", TEXT, 0, "path of the program, links resolved", proc_exepath },
	{ "proc.pexepath", TEXT, 0, "proc.exepath of the parent", proc_pexepath },
	{ "proc.aexepath", TEXT, ABOVE, "proc.exepath of ancestor [n], or of any", proc_aexepath },
	{ "proc.args", TEXT, INDEX, "arguments behind the first, with blanks between; or argument [n], from 0", proc_args },
	{ "proc.aargs", TEXT, ABOVE, "proc.args of ancestor [n], or of any", proc_aargs },
	{ "proc.cmdline", TEXT, 0, "name and arguments", proc_cmdline },
	{ "proc.pcmdline", TEXT, 0, "proc.cmdline of the parent", proc_pcmdline },
	{ "proc.acmdline", TEXT, ABOVE, "proc.cmdline of ancestor [n], or of any", proc_acmdline },
	{ "proc.cmdnargs", INT, 0, "number of arguments behind the first", proc_cmdnargs },
	{ "proc.cmdlenargs", INT, 0, "bytes of all arguments behind the first", proc_cmdlenargs },
	{ "proc.exeline", TEXT, 0, "proc.exe and arguments", proc_exeline },
	{ "proc.env", TEXT, SK_FIELD_ARG_ALLOWED, "environment, or the variable [NAME]", proc_env },
	{ "proc.aenv", TEXT, SK_FIELD_ARG_ALLOWED | SK_FIELD_ANY,
	  "environment of ancestor [n] or of any; or the nearest ancestor's variable [NAME]", proc_aenv },
	{ "proc.cwd", TEXT, 0, "working folder, with a slash at its end", proc_cwd },
	{ "proc.loginshellid", INT, 0, "pid of the oldest shell above", proc_loginshellid },
	{ "proc.tty", INT, 0, "number of the controlling terminal; 0: none", proc_tty },
	{ "proc.pid", INT, 0, "process id, as the host sees it", proc_pid },
	{ "proc.puid", INT, 0, "number of the user that the parent runs as; Falco has none", proc_puid },
	{ "proc.ppid", INT, 0, "process id of the parent", proc_ppid },
	{ "proc.apid", INT, ABOVE, "process id of ancestor [n], or of any", proc_apid },
	{ "proc.vpid", INT, 0, "process id, as its own pid namespace sees it", proc_vpid },
	{ "proc.pvpid", INT, 0, "proc.vpid of the parent", proc_pvpid },
	{ "proc.sid", INT, 0, "session id", proc_sid },
	{ "proc.sname", TEXT, 0, "name of the session's leader", proc_sname },
	{ "proc.sid.exe", TEXT, 0, "proc.exe of the session's leader", proc_sid_exe },
	{ "proc.sid.exepath", TEXT, 0, "proc.exepath of the session's leader", proc_sid_exepath },
	{ "proc.vpgid", INT, 0, "process group id, as the process's own pid namespace sees it", proc_vpgid },
	{ "proc.vpgid.name", TEXT, 0, "name of the process group's leader", proc_vpgid_name },
	{ "proc.vpgid.exe", TEXT, 0, "proc.exe of the process group's leader", proc_vpgid_exe },
	{ "proc.vpgid.exepath", TEXT, 0, "proc.exepath of the process group's leader", proc_vpgid_exepath },
	{ "proc.pgid", INT, 0, "process group id, as the host sees it", proc_pgid },
	{ "proc.pgid.name", TEXT, 0, "as proc.vpgid.name", proc_pgid_name },
	{ "proc.pgid.exe", TEXT, 0, "as proc.vpgid.exe", proc_pgid_exe },
	{ "proc.pgid.exepath", TEXT, 0, "as proc.vpgid.exepath", proc_pgid_exepath },
	{ "proc.duration", SK_FIELD_SPAN, 0, "nanoseconds since the process was made", proc_duration },
	{ "proc.ppid.duration", SK_FIELD_SPAN, 0, "proc.duration of the parent", proc_ppid_duration },
	{ "proc.pid.ts", SK_FIELD_SPAN, 0, "when the process was made, nanoseconds since 1970", proc_pid_ts },
	{ "proc.ppid.ts", SK_FIELD_SPAN, 0, "proc.pid.ts of the parent", proc_ppid_ts },
	{ "proc.is_exe_writable", BOOL, 0, "may the user write the program's file?", proc_is_exe_writable },
	{ "proc.is_container_healthcheck", BOOL, 0, "is it, or is it below, the container's health check?",
	  proc_is_healthcheck },
	{ "proc.is_container_liveness_probe", BOOL, 0, "is it, or is it below, the container's liveness probe?",
	  proc_is_liveness },
	{ "proc.is_container_readiness_probe", BOOL, 0, "is it, or is it below, the container's readiness probe?",
	  proc_is_readiness },
	{ "proc.is_exe_upper_layer", BOOL, 0, "is the program in the upper layer of an overlay?", proc_is_exe_upper },
	{ "proc.is_exe_lower_layer", BOOL, 0, "is the program in a lower layer of an overlay?", proc_is_exe_lower },
	{ "proc.is_exe_from_memfd", BOOL, 0, "is the program a memory file without a name?", proc_is_exe_memfd },
	{ "proc.is_sid_leader", BOOL, 0, "does the process lead its session?", proc_is_sid_leader },
	{ "proc.is_vpgid_leader", BOOL, 0, "does the process lead its process group?", proc_is_vpgid_leader },
	{ "proc.is_pgid_leader", BOOL, 0, "the same, as the host sees it", proc_is_pgid_leader },
	{ "proc.exe_ino", INT, 0, "inode of the program", proc_exe_ino },
	{ "proc.exe_ino.ctime", SK_FIELD_TIME, 0, "last change of the program's inode", proc_exe_ctime },
	{ "proc.exe_ino.mtime", SK_FIELD_TIME, 0, "last change of the program's content", proc_exe_mtime },
	{ "proc.exe_ino.ctime_duration_proc_start", SK_FIELD_SPAN, 0,
	  "nanoseconds from that change to the start of the process", proc_exe_ctime_start },
	{ "proc.exe_ino.ctime_duration_pidns_start", SK_FIELD_SPAN, 0,
	  "nanoseconds from the start of the pid namespace to that change", proc_exe_ctime_pidns },
	{ "proc.pidns_init_start_ts", INT, 0, "start of the pid namespace's first process", proc_pidns_start },
	{ "proc.stdin.type", TEXT, 0, "kind of the file on standard input, as fd.type", proc_stdin_type },
	{ "proc.stdout.type", TEXT, 0, "the same for standard output", proc_stdout_type },
	{ "proc.stderr.type", TEXT, 0, "the same for standard error", proc_stderr_type },
	{ "proc.stdin.name", TEXT, 0, "name of the file on standard input", proc_stdin_name },
	{ "proc.stdout.name", TEXT, 0, "the same for standard output", proc_stdout_name },
	{ "proc.stderr.name", TEXT, 0, "the same for standard error", proc_stderr_name },
	{ NULL },
};

const struct sk_field_class sk_field_class_proc = { "proc", "The process that made the event, and its ancestors",
						    fields };
