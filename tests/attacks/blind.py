#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A container cannot blind or stop the guard; TAP. What a privileged one can do is done too, and said."""
import os
import signal
import sys

import engine

SPOOL = 1 << 20
CONFIG = """outputs:
  - kind: stdout
    format: json
  - kind: webhook
    url: http://127.0.0.1:9/
    queue-size: 1M
"""
# What there is to try without rights; none of it may help, and the guard must go on telling.
ATTEMPTS = """
kill -9 {pid}; kill -9 -1
cat /proc/{pid}/comm
nsenter -t {pid} -m true
echo b >/proc/sysrq-trigger
mount -t bpf none /mnt
mount -t debugfs none /mnt
attack load-program
attack open-for-writing /proc/sys/kernel/core_pattern
true
"""
FLOOD = "i=0; while [ $i -lt 3000 ]; do : </etc/shadow; i=$((i + 1)); done"

number = failed = 0


def ok(good, what):
    global number, failed
    number += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {what}", flush=True)


class Test:
    def __init__(self):
        self.folder = engine.scratch()
        engine.sekisho()
        root = self.folder / "root"
        engine.make_root(root)
        self.engine = engine.Engine(self.folder)
        self.engine.load(root)
        self.guard = engine.Guard(self.folder, [engine.SOURCE / "rules/runtime"], "--all", config=CONFIG)
        self.mark = f"sekisho-blind-{os.getpid()}"

    def run(self, name, script, *options):
        return engine.run("docker", "run", "--rm", "--network", "none", "--name", f"{self.mark}-{name}", *options,
                          engine.IMAGE, "/bin/sh", "-c", script).stdout

    def tells(self, name, rule="Password hashes read"):
        return self.guard.wait_alert(lambda a: (a["container"] or {}).get("name") == f"{self.mark}-{name}" and
                                     a["rule"] == rule, 120)

    def runs(self):
        return self.guard.process.poll() is None


def main():
    t = Test()
    said = t.run("attempts", ATTEMPTS.format(pid=t.guard.process.pid) + "cat /etc/shadow")
    ok(t.runs(), "a container without rights does not stop the guard")
    ok(t.tells("attempts"), "which goes on telling what that container does")
    ok("bpf: Operation not permitted" in said, "no program of its own comes into the kernel")

    t.run("flood", FLOOD)
    t.run("after", "cat /etc/shadow")
    ok(t.tells("after"), "after three thousand alerts the next is told")
    spool = sum(f.stat().st_size for f in (t.folder / "state").rglob("*") if f.is_file())
    ok(0 < spool <= 2 * SPOOL, f"a queue on disk stays within its bound ({spool} bytes), though its receiver is away")

    t.run("privileged", "cat /etc/shadow", "--privileged")
    ok(t.tells("privileged"), "a privileged container is told as any other")
    t.run("host", f"kill -{signal.SIGTERM} {t.guard.process.pid}", "--privileged", "--pid=host")
    ok(engine.wait_for(lambda: not t.runs()), "with the host's processes it can end the guard, as root of the host could")
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except engine.Skip as why:
        print(f"1..0 # SKIP {why}")
        sys.exit(77)
