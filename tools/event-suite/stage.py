# SPDX-License-Identifier: Apache-2.0
"""Cases put on stage: many at a time where they do not meet, each with a mark of its own."""
import errno
import os
import platform
import signal
import subprocess
import threading
import uuid

import agent as agents
import engine as engines
import plan
import suite

ACTION_SECONDS = 180  # a case's own doing: scripts may sleep
END_SECONDS = 10
NOT_HERE = tuple(os.strerror(number) for number in (errno.ENOSYS, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT))
KEPT_ENV = ("PATH", "HOME", "LANG", "LC_ALL")


class Result:
    """`skip`: why it did not run; `trouble`: what is wrong, as (key, value) for the diagnostics; neither: passed.

    `note` is for whoever reads on all the same.
    """

    def __init__(self, skip=None, trouble=(), note=None):
        self.skip, self.trouble, self.note = skip, list(trouble), note


def failed(message, **more):
    return Result(trouble=[("message", message)] + list(more.items()))


def actor_said(output):
    """None if the actor got through; else what it complained of."""
    said = [line[7:] for line in output.decode(errors="replace").splitlines() if line.startswith("actor: ")]
    wrong = [line for line in said if line.startswith("error ")]
    if wrong:
        return wrong[0][6:]
    return None if "done" in said else "the actor did not come to the end: " + engines.last_line(output)


def meet(one, other):
    return any(a == b or a.startswith(b.rstrip("/") + "/") or b.startswith(a.rstrip("/") + "/")
               for a in one for b in other)


class Stage:
    def __init__(self, agent, engine, actor, seconds):
        self.agent, self.engine, self.actor, self.seconds = agent, engine, actor, seconds
        self.engine_lock = threading.Lock()
        self.engine_trouble = None
        self.engine_runs = False
        self.numbers = iter(range(1, 10 ** 9))

    # ---- one case ----

    def run(self, case, rules_known):
        if isinstance(case, suite.Broken):
            return failed(case.reason)
        try:
            skip = plan.run_here(case.run_if, platform.machine())
        except ValueError as e:
            return failed(str(e))
        if skip:
            return Result(skip=skip)
        if case.rule and rules_known is not None and case.rule not in rules_known:
            return failed("no rule file has this rule", rule=case.rule)
        if self.agent.ended:
            return failed("the agent has ended", said=self.agent.end())
        mark = uuid.uuid4().hex
        try:
            output = self._in_container(case, mark) if case.container else self._here(case, mark)
        except engines.EngineError as e:
            return Result(skip=str(e))
        return self._judge(case, mark, actor_said(output))

    def _here(self, case, mark):
        env = {"SK_SUITE_CASE": "-" + mark}
        env.update((key, os.environ[key]) for key in KEPT_ENV if key in os.environ)
        env["SK_SUITE_PLAN"] = plan.write(case)
        return act([self.actor], env)

    def _in_container(self, case, mark):
        self._need_engine()
        name = case.container.name if plan.needs_name(case) else f"{case.container.name}-{next(self.numbers)}"
        self.engine.tag(case.container.image)
        try:
            # The plan last: of an environment, only the first kilobytes are looked at.
            env = [("SK_SUITE_CASE", ("-" if case.processes else "") + mark), *case.container.env.items(),
                   ("SK_SUITE_PLAN", plan.write(case))]
            return act(self.engine.command(case.container, name, env), self.engine.env,
                       lambda: self.engine.remove(name))
        finally:
            self.engine.untag(case.container.image)

    def _need_engine(self):
        with self.engine_lock:
            if self.engine_trouble:
                raise self.engine_trouble
            if not self.engine_runs:
                try:
                    self.engine.start()
                    self.engine_runs = True
                except engines.EngineError as e:
                    self.engine_trouble = e
                    raise

    def _judge(self, case, mark, complaint):
        if complaint and complaint.endswith(NOT_HERE):
            return Result(skip="this kernel cannot: " + complaint)
        if not case.rule: # nothing is expected but that it can be done
            return failed("the case's own doing failed", actor=complaint) if complaint else Result()

        def good(alert):
            return alert.get("rule") == case.rule and not agents.differences(case, alert)
        alerts = self.agent.wait_for(mark, good, self.seconds)
        if any(good(one) for one in alerts):
            # What a rule is about may well fail: a module that is none, a peer that is away.
            return Result(note=complaint and "the alert came, though the case's own doing failed: " + complaint)
        trouble = [("message", "the expected alert did not come"), ("rule", case.rule)]
        if complaint:
            trouble = [("message", "the case's own doing failed"), ("actor", complaint), ("rule", case.rule)]
        of_rule = [one for one in alerts if one.get("rule") == case.rule]
        for key, expected, got in (agents.differences(case, of_rule[0]) if of_rule else ()):
            trouble += [(f"expected {key}", expected), (f"got {key}", "no such field" if got is None else got)]
        if not of_rule:
            others = sorted({str(one.get("rule")) for one in alerts})
            trouble.append(("alerts of other rules", ", ".join(others) or "none"))
        if self.agent.ended:
            trouble.append(("agent", "has ended: " + self.agent.end()))
        return Result(trouble=trouble)

    # ---- all of them ----

    def run_all(self, cases, rules_known, at_once, done):
        """Calls done(number, result) for each, as they come."""
        waiting = [(n, case, set() if isinstance(case, suite.Broken) else plan.exclusive(case))
                   for n, case in enumerate(cases)]
        held, free = {}, threading.Condition()

        def take():
            with free:
                while waiting:
                    for i, (n, case, names) in enumerate(waiting):
                        if not any(meet(names, other) for other in held.values()):
                            held[n] = names
                            return waiting.pop(i)
                    free.wait()
            return None

        def work():
            while (one := take()) is not None:
                n, case, _ = one
                try:
                    result = self.run(case, rules_known)
                except Exception as e: # pylint: disable=broad-except # one case's accident is not that of the others
                    result = failed(f"the runner failed: {type(e).__name__}: {e}")
                done(n, result)
                with free:
                    del held[n]
                    free.notify_all()

        workers = [threading.Thread(target=work, daemon=True) for _ in range(at_once)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def act(command, env, give_up=None):
    """Runs the actor to its end; all that it wrote."""
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    try:
        return process.communicate(timeout=ACTION_SECONDS)[0]
    except subprocess.TimeoutExpired:
        if give_up:
            give_up()
        os.killpg(process.pid, signal.SIGTERM) # the one that acts cleans up, and those above it
        try:
            output = process.communicate(timeout=END_SECONDS)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output = process.communicate()[0]
        return output + b"\nactor: error it took too long\n"
