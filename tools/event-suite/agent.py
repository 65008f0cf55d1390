# SPDX-License-Identifier: Apache-2.0
"""The agent under test, and the alerts that it raises."""
import json
import os
import subprocess
import threading

MARK = "SK_SUITE_CASE="
START_SECONDS = 120
ENDS = (0, 3) # 3: some rule has an error
SOON_SECONDS = 1 # most alerts are there by then

# A program that is started behind a case: once it is told, everything before it has been.
FENCE = [{"rule": "Fence of run-event-suite", "desc": "All before it has been judged.", "priority": "DEBUG",
          "condition": "evt.type in (execve, execveat) and proc.args startswith sk-suite-fence",
          "output": "fence %proc.args"}]


class AgentError(Exception):
    """It does not start, or has ended."""


def plain(value):
    """A field's value as Go prints what JSON holds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


class Agent:
    """`sekisho guard run`, with each alert's environment in it: the mark in there says whose it is."""

    def __init__(self, sekisho, rules, every_rule, folder):
        self.alerts = {}  # by mark
        self.changed = threading.Condition()
        self.said = []
        config = os.path.join(folder, "guard.yaml")
        with open(config, "w", encoding="utf-8") as f:
            json.dump({"append_output": [{"extra_fields": ["proc.env"]}], "state": os.path.join(folder, "state"),
                       "runtime": os.path.join(folder, "run")}, f)
        fence = os.path.join(folder, "fence.yaml")
        with open(fence, "w", encoding="utf-8") as f:
            json.dump(FENCE, f)
        command = [sekisho, "guard", "run", "--config", config, "--format", "falco"]
        for path in [fence] + rules: # of several rules that an event fires, the first is told
            command += ["--rules", path]
        if every_rule:
            command.append("--all")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL)
        self.ready = threading.Event()
        self.readers = [threading.Thread(target=work, daemon=True) for work in (self._read_alerts, self._read_said)]
        for reader in self.readers:
            reader.start()

    def wait_ready(self):
        if not self.ready.wait(START_SECONDS) or self.process.poll() is not None:
            raise AgentError("the agent does not start: " + (self.said[-1] if self.said else "it says nothing"))

    def _read_said(self):
        for raw in self.process.stderr:
            text = raw.decode(errors="replace").rstrip()
            self.said.append(text)
            if text.endswith("watching"):
                self.ready.set()
        self.process.wait()
        self.ready.set()
        with self.changed:
            self.changed.notify_all()

    def _read_alerts(self):
        for raw in self.process.stdout:
            if MARK.encode() not in raw:
                continue
            try:
                alert = json.loads(raw)
                env = alert["output_fields"].get("proc.env") or ""
            except (ValueError, KeyError, AttributeError):
                self.said.append("no alert in Falco's form: " + raw.decode(errors="replace")[:200])
                continue
            mark = env.split(MARK, 1)[-1].split(" ", 1)[0] if MARK in env else ""
            with self.changed:
                self.alerts.setdefault(mark, []).append(alert)
                self.changed.notify_all()

    @property
    def ended(self):
        return self.process.poll() is not None

    @property
    def ended_well(self):
        return self.process.poll() in ENDS

    def end(self):
        """How it ended: a signal (negative) or an exit code, and its last words."""
        return f"({self.process.poll()}) " + " / ".join(self.said[-3:])

    def _wait(self, marks, good, seconds):
        """Is one of these alerts good, at latest after so long?"""
        def found():
            return any(good(one) for mark in marks for one in self.alerts.get(mark, ()))
        with self.changed:
            self.changed.wait_for(lambda: self.ended or found(), seconds)
            return found()

    def wait_for(self, mark, good, seconds):
        """All alerts with the mark, once one of them is good or none can come any more, at latest after so long."""
        if not self._wait([mark], good, SOON_SECONDS):
            fence = "fence-" + mark
            subprocess.run(["true", "sk-suite-fence"], env={MARK[:-1]: fence, "PATH": os.environ.get("PATH", "/bin")},
                           check=False)
            self._wait([mark, fence], lambda one: one["rule"] == FENCE[0]["rule"] or good(one), seconds)
            self._wait([mark], good, SOON_SECONDS)
        with self.changed:
            return list(self.alerts.pop(mark, ()))

    def stop(self):
        if not self.ended:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for reader in self.readers:
            reader.join(10)


def differences(case, alert):
    """(what, expected, got) of each that is not as the case expects it."""
    found = []
    for key, expected in case.expected.items():
        got = str(alert.get(key, ""))
        same = got.lower() == expected.lower() if key == "priority" else got == expected
        if not same:
            found.append((key, expected, got))
    fields = alert.get("output_fields") or {}
    for key, expected in case.expected_fields.items():
        got = fields.get(key)
        if got is None or plain(got) != expected:
            found.append((key, expected, None if got is None else plain(got)))
    return found
