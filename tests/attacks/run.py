#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the attacks of *.attacks in containers while a guard watches, and tells in TAP whether each raised its alerts,
by name and with the container's name and image.

    run.py falco|own [NAME...]      with Falco's rules, or with ours"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import sys

import engine

NETWORK = """ip link set lo up
ip addr add 203.0.113.1/24 dev lo
ip route add default dev lo
"""


class Attack:
    def __init__(self, name):
        self.name, self.script = name, ""
        self.falco, self.own, self.docker, self.unseen = [], [], [], []
        self.host = self.network = False
        self.needs = None

    def header(self, word, rest):
        if word in ("falco", "own", "docker", "unseen"):
            getattr(self, word).append(rest)
        elif word == "needs":
            self.needs = rest
        elif word in ("host", "network"):
            setattr(self, word, True)
        else:
            raise SystemExit(f"{self.name}: what is '#: {word}'?")

    def text(self):
        return (NETWORK if self.network else "") + self.script


def read_attacks():
    attacks = []
    for path in sorted(engine.HERE.glob("*.attacks")):
        for line in path.read_text().splitlines():
            if line.startswith("==> "):
                attacks.append(Attack(line[4:].strip()))
            elif line.startswith("#: "):
                word, _, rest = line[3:].partition(" ")
                attacks[-1].header(word, rest.strip())
            elif attacks and not line.startswith("#"):
                attacks[-1].script += line + "\n"
    return attacks


class Field:
    """Engine, image and guard."""

    def __init__(self, kind, attacks):
        self.folder = engine.scratch()
        self.mark = f"sekisho-attack-{os.getpid()}"
        engine.need("unshare", "chroot", "tar", "gcc")
        engine.sekisho()
        rules = engine.falco_rules(self.folder) if kind == "falco" else [engine.SOURCE / "rules/runtime"]
        self.root = self.folder / "root"
        engine.make_root(self.root, {a.name: a.text() for a in attacks})
        self.engine = engine.Engine(self.folder)
        self.engine.load(self.root)
        self.guard = engine.Guard(self.folder, rules, "--all",
                                  config="drift: {mode: alert, canary: false}\n" if kind == "own" else "")

    def container(self, attack):
        return f"{self.mark}-{attack.name}"

    def run(self, attack):
        if attack.host:
            return engine.run(shutil.which("unshare"), "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child",
                              shutil.which("chroot"), str(self.root), "/bin/sh", f"/attack/{attack.name}",
                              env={"PATH": "/bin", "MARK": self.mark})
        options = ["--cap-add", "NET_ADMIN"] if attack.network else []
        return engine.run("docker", "run", "--rm", "--network", "none", "-e", "PATH=/bin", "--name",
                          self.container(attack), *options, *attack.docker, engine.IMAGE, "/bin/sh",
                          f"/attack/{attack.name}")

    def wait_until_told(self):
        """What is told comes in the order in which it happened, so after a last one all is told."""
        name = f"{self.mark}-last"
        engine.run("docker", "run", "--rm", "--network", "none", "--name", name, engine.IMAGE, "/bin/kubectl")
        return self.guard.wait_alert(lambda a: (a["container"] or {}).get("name") == name, 300)

    def alerts_of(self, attack):
        if attack.host:
            return [a for a in self.guard.alerts if not a["container"] and self.mark in a["message"]]
        return [a for a in self.guard.alerts if (a["container"] or {}).get("name") == self.container(attack)]


def judge(kind, attack, alerts):
    """None, or what is wrong."""
    rules = {a["rule"] for a in alerts}
    missing = [rule for rule in getattr(attack, kind) if rule not in rules]
    if missing:
        return f"missing: {', '.join(missing)}; told: {', '.join(sorted(rules)) or 'nothing'}"
    if rules.intersection(attack.unseen):
        return f"docs/guard.md says that it is not seen, but it was: {', '.join(rules.intersection(attack.unseen))}"
    if not attack.host and any(a["container"].get("image") != engine.IMAGE for a in alerts):
        return f"image is {[a['container'].get('image') for a in alerts]}"
    return None


def without_attack(attacks):
    """Rules of ours that nothing here raises."""
    had = {rule for a in attacks for rule in a.own}
    return [line[8:].strip() for path in sorted((engine.SOURCE / "rules/runtime").glob("*.yaml"))
            for line in path.read_text().splitlines() if line.startswith("- rule: ") and line[8:].strip() not in had]


def main(kind, names):
    attacks = [a for a in read_attacks() if getattr(a, kind) and (not names or a.name in names)]
    forgotten = without_attack(attacks) if kind == "own" and not names else []
    lacking = [a for a in attacks if a.needs and not os.path.exists(a.needs)]
    attacks = [a for a in attacks if a not in lacking]
    field = Field(kind, attacks)
    print(f"TAP version 13\n1..{len(attacks) + len(lacking) + len(forgotten)}", flush=True)
    # Two at a time: they sleep more than they work.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        said = dict(zip(attacks, pool.map(field.run, attacks)))
    if not field.wait_until_told():
        print("# the last attack was not told")
    bad = 0
    for number, attack in enumerate(attacks, 1):
        wrong = judge(kind, attack, field.alerts_of(attack))
        unseen = f" (not seen: {', '.join(attack.unseen)})" if kind == "own" and attack.unseen else ""
        print(f"{'not ok' if wrong else 'ok'} {number} - {attack.name}{unseen}")
        if wrong:
            bad += 1
            print(f"# {wrong}")
            print(re.sub("(?m)^", "# it said: ", said[attack].stdout.strip()))
    for number, attack in enumerate(lacking, len(attacks) + 1):
        print(f"ok {number} - {attack.name} # SKIP there is no {attack.needs} here")
    for number, rule in enumerate(forgotten, len(attacks) + len(lacking) + 1):
        bad += 1
        print(f"not ok {number} - {rule}\n# no attack raises it")
    field.guard.stop()
    print(re.sub("(?m)^", "# ", field.guard.log().strip()))
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("falco", "own"):
        sys.exit(__doc__)
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except engine.Skip as why:
        print(f"1..0 # SKIP {why}")
        sys.exit(77)
