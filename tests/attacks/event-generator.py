#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Falco's own event generator (falcosecurity/event-generator) finds its alerts with us as it does with Falco.

    event-generator.py [test|suite]...      both where none is named

$SK_EVENT_GENERATOR is the program or a folder with its source, which is built with Go. All happens in the network of
one container that reaches nobody: calls to anywhere come back to it, and a server there takes them.

test: the actions, each in a privileged container, in one without rights, and with the host's view: an action that does
not apply there skips itself, so that each must be found once.
suite: the declarative tests of $SK_CORPORA/falco-suite; the generator judges the alerts itself."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import engine

IMAGE = "falcosecurity/event-generator:latest"
PACKAGES = ("procps mount util-linux iproute2 netcat-openbsd curl wget e2fsprogs policykit-1 sudo nmap cron "
            "openssh-client libcap2-bin login passwd")
SERVER = """
import select, socket
servers = []
for port in (22, 80, 443):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", port))
    s.listen(64)
    servers.append(s)
print("listening", flush=True)
while True:
    for s in select.select(servers, [], [])[0]:
        c = s.accept()[0]
        if s is servers[2 - 1]:
            c.recv(4096)
            c.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
        c.close()
"""
# The suite tells its tests apart by a variable of the environment, which it wants in every alert.
CONFIG = """append_output:
  - extra_fields: [proc.env]
outputs:
  - kind: stdout
    format: json
  - kind: webhook
    url: http://127.0.0.1:8080/
    format: falco
"""


def generator(folder):
    """The program; its source is built where it has to be."""
    given = os.environ.get("SK_EVENT_GENERATOR")
    if not given:
        raise engine.Skip("$SK_EVENT_GENERATOR names neither the event generator nor its source")
    if os.path.isfile(given):
        return pathlib.Path(given)
    engine.need("go")
    source = folder / "event-generator-source"
    shutil.copytree(given, source)
    # What the tests of Kubernetes' audit log are made of, which are none of ours.
    (source / "events/k8saudit/yaml/bundle.go").write_text("package yaml\n\nvar Bundle = map[string][]byte{}\n")
    lacking = engine.lacking_capabilities()
    if lacking:
        # Its processes get all capabilities by their file; what the machine has not makes them fail to start.
        path = source / "pkg/process/builder/builder.go"
        path.write_text(path.read_text().replace('"all=iep"', f'"all=iep {",".join(lacking).lower()}-iep"'))
    # Version 0.13 demands the descriptors of folders that the published tests leave out, and that have a default.
    for path in (source / "pkg/test/loader/schema/jsonschemas/steps/syscalls").glob("*At*.schema.json"):
        path.write_text(re.sub(r'"(dirFd|oldDirFd|newDirFd)",?\s*(?=["\]])', "", path.read_text()))
    # It does not take "container: null", which the published tests say.
    path = source / "pkg/test/loader/schema/jsonschemas/context.schema.json"
    path.write_text(path.read_text().replace('"type": "object"', '"type": ["object", "null"]'))
    if engine.run("ip", "link", "add", "sekisho-dummy", "type", "dummy").returncode:
        # Any link that can be made will do for an address.
        path = source / "pkg/test/resource/clientserver/clientserver.go"
        path.write_text(path.read_text().replace("netlink.Dummy{", "netlink.Bridge{"))
    engine.run("ip", "link", "del", "sekisho-dummy")
    # An older engine has not removed a container yet when the next one of that name is made.
    path = source / "pkg/container/builder/builder.go"
    path.write_text(path.read_text().replace(
        "nil, nil, c.containerName)", "nil, nil, c.containerName)\n\tfor i := 0; err != nil && i < 100; i++ {\n"
        "\t\ttime.Sleep(100 * time.Millisecond)\n\t\tresponse, err = client.ContainerCreate(ctx, containerConfig, "
        "hostConfig, nil, nil, c.containerName)\n\t}").replace('\t"os"\n', '\t"os"\n\t"time"\n', 1))
    built = engine.run("go", "build", "-buildvcs=false", "-o", str(folder / "event-generator"), ".", cwd=source,
                       env={**os.environ, "CGO_ENABLED": "0"})
    if built.returncode:
        raise engine.Skip(f"the event generator does not build: {built.stdout[-300:]}")
    return folder / "event-generator"


class Place:
    """Engine, image, the network, and a guard that posts to the generator."""

    def __init__(self):
        self.folder = engine.scratch()
        engine.need("mmdebstrap", "nsenter", "unshare", "python3", "tar")
        engine.sekisho()
        program = generator(self.folder)
        self.root = self.folder / "root"
        made = engine.run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES.replace(' ', ',')}",
                          "bookworm", str(self.root), "deb http://deb.debian.org/debian bookworm main")
        if made.returncode:
            raise engine.Skip(f"no root file system: {made.stdout[-300:]}")
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n203.0.113.7 example.com example.net\n")
        shutil.copy(program, self.root / "bin/event-generator")
        self.engine = engine.Engine(self.folder)
        self.engine.load(self.root, IMAGE)
        self.network()
        self.guard = engine.Guard(self.folder, engine.falco_rules(self.folder), "--all", config=CONFIG,
                                  before=self.inside())

    def network(self):
        hosts = [option for name in ("example.com", "example.net") for option in ("--add-host", f"{name}:203.0.113.7")]
        said = engine.run("docker", "run", "-d", "--rm", "--name", "sekisho-network", "--network", "none", *hosts,
                          "--cap-add", "NET_ADMIN", IMAGE, "/bin/sh", "-c",
                          "ip addr add 203.0.113.1/24 dev lo; ip addr add 169.254.169.254/32 dev lo; "
                          "ip route add default dev lo; exec sleep 86400")
        if said.returncode:
            raise engine.Skip(f"containers do not run here: {said.stdout.strip()}")
        self.pid = engine.run("docker", "inspect", "-f", "{{.State.Pid}}", "sekisho-network").stdout.strip()
        self.server = subprocess.Popen([*self.inside(), sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
        engine.atexit.register(self.server.kill)
        self.server.stdout.readline()

    def inside(self):
        return ["nsenter", "-t", self.pid, "-n"]

    def container(self, *options):
        return ["docker", "run", "--rm", "--network", "container:sekisho-network", *options, "--entrypoint",
                "/bin/event-generator", IMAGE]

    def host(self):
        """The host's view: no container, but files of its own."""
        return [*self.inside(), "env", "-u", "TMPDIR", shutil.which("unshare"), "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                "-R", str(self.root), "/bin/sh", "-c", '"$@"; exit $?', "sh", "/bin/event-generator"]


def actions(place):
    wanted = {line.strip() for line in
              engine.run(str(place.root / "bin/event-generator"), "list", "--all").stdout.splitlines()
              if line.strip().startswith("syscall.")}
    passed, problems = set(), {}
    # The host's view comes last and does only what no container could.
    for name, command in (("privileged", place.container("--privileged")), ("unprivileged", place.container("--security-opt", "seccomp=unconfined")),
                          ("host", place.host())):
        left = sorted(wanted - passed)
        if not left:
            break
        pattern = "^(" + "|".join(re.escape(n) for n in left) + ")$"
        said = engine.run(*command, "test", pattern, "--all", "--sleep", "200ms", "--test-timeout", "10s",
                          "--logformat", "json")
        print(re.sub("(?m)^", f"# {name}: ", "\n".join(
            line for line in said.stdout.splitlines() if "executed" not in line)))
        for line in said.stdout.splitlines():
            rule = re.search(r'"msg":"test passed".*?"rule":"([^"]*)"', line) and re.search(r'"rule":"([^"]*)"', line)
            if rule:
                passed |= {n for n in wanted if n[8:].lower() == re.sub("[^a-z0-9]", "", rule.group(1).lower())}
            action = re.search(r'"action":"([^"]*)"', line)
            if action and ('"level":"error"' in line or "skipped" in line):
                problems[action.group(1)] = line
    # Where a flaw is mended the generator passes its action over, after it was done: our own alerts are asked.
    told = {re.sub("[^a-z0-9]", "", a["rule"].lower()) for a in place.guard.read()}
    mended = {n for n in wanted - passed if "probably patched" in problems.get(n, "") and n[8:].lower() in told}
    print(f"1..{len(wanted)}")
    for number, name in enumerate(sorted(wanted), 1):
        print(f"{'ok' if name in passed | mended else 'not ok'} {number} - {name}")
        if name not in passed:
            print(f"# {problems.get(name, 'nothing was said of it')}")
    return passed | mended == wanted


def suite(place):
    """It reports in JSON, a line for each rule."""
    number = bad = 0
    knows_fileless = b"fileLess" in (place.root / "bin/event-generator").read_bytes()
    place.server.kill() # it has the ports that tests want to have
    for file in sorted(pathlib.Path(os.environ["SK_CORPORA"], "falco-suite").glob("*.yaml")):
        if "fileLess" in file.read_text() and not knows_fileless:
            number += 1
            print(f"ok {number} - {file.stem} # SKIP this version of the generator cannot run programs from memory")
            continue
        said = engine.run(*place.inside(), "env", "-u", "TMPDIR", str(place.root / "bin/event-generator"), "suite",
                          "test", "--description-file", str(file), "--container-base-image", IMAGE,
                          "--container-image-pull-policy", "never", "--container-runtime-unix-socket",
                          place.engine.host, "--timeout", "30m", "--report-format", "json")
        tests = [test for line in said.stdout.splitlines() if line.startswith('{"suite"')
                 for test in json.loads(line)["testReports"]]
        passed = [test for test in tests if test["successfulMatches"] > 0]
        for test in tests or [{"test": "nothing was run"}]:
            number += 1
            print(f"{'ok' if test in passed else 'not ok'} {number} - {file.stem}: {test['test']} "
                  f"{json.dumps(test.get('originatingTestCase', {}))}", flush=True)
            for warning in test.get("generatedWarnings") or []:
                print(f"# {json.dumps(warning)}")
        if len(passed) != max(len(tests), 1):
            bad += 1
            print(re.sub("(?m)^", "# ", "\n".join(re.findall('.*"error": "(?!<nil>).*', said.stdout))[:4000]))
        if not tests:
            print(f"# it ended with {said.returncode}")
    print(f"1..{number}")
    return not bad


def main(parts):
    place = Place()
    good = True
    if "test" in parts:
        good &= actions(place)
    if "suite" in parts:
        good &= suite(place)
    place.guard.stop()
    print(re.sub("(?m)^", "# ", place.guard.log().strip()))
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:] or ["test", "suite"]))
    except engine.Skip as why:
        print(f"1..0 # SKIP {why}")
        sys.exit(77)
