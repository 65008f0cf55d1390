# SPDX-License-Identifier: Apache-2.0
"""A Docker Engine of our own, an image to attack, and a guard that watches.

Whatever is missing here (root, an engine, a kernel that the sensor runs on) is
told by Skip, and the test skips with its words."""
import atexit
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
IMAGE = "sekisho-attacks:one"

# Programs that rules know by name; what matters is that somebody starts them.
STAND_INS = ("nmap kubectl debugfs pkexec sudoedit scp ssh sftp apt-get curl vipw gcc tcpdump xmrig linpeas gdb insmod "
             "useradd systemctl socat python3 bash").split()
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n",
    "etc/group": "root:x:0:\ndaemon:x:1:\nwww-data:x:33:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\n",
    "etc/shadow-": "root:*:19000:0:99999:7:::\n",
    "root/.profile": "# nothing\n",
    "root/.ssh/id_rsa": "no key\n",
    "root/.aws/credentials": "[default]\n",
    "root/.docker/config.json": "{}\n",
    "var/log/syslog": "a line\n",
    "var/run/secrets/kubernetes.io/serviceaccount/token": "no token\n",
}
FOLDERS = "bin dev etc home lib mnt proc root run sys tmp var/log var/lib var/spool/cron usr/bin usr/sbin".split()


class Skip(Exception):
    pass


def run(*args, **kwargs):
    return subprocess.run(args, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          stdin=subprocess.DEVNULL, **kwargs)


def wait_for(condition, seconds=60):
    """A slow machine may take its time; a fast one loses none."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    return None


def sekisho():
    """The program under test."""
    path = os.environ.get("SEKISHO") or shutil.which("sekisho")
    if not path:
        raise Skip("SEKISHO does not name the program")
    if os.geteuid() != 0:
        raise Skip("the sensor needs root")
    if not any(line.split()[:2] == ["sensor", "built"] for line in run(path, "version").stdout.splitlines()):
        raise Skip("built without the sensor")
    return path


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise Skip(f"{tool} is not there")


def scratch():
    folder = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="sekisho-attacks-")))
    if not os.environ.get("SK_KEEP"):
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copy_program(root, program):
    """With its libraries."""
    for part in [program] + re.findall(r"(/\S+)", run("ldd", program).stdout):
        (root / part[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(part, root / part[1:])


def make_root(root, scripts=None):
    """The image's files: a static busybox, our own attacker, and what attackers look for. The shell is not busybox's,
    which calls its own commands under the name "exe"."""
    busybox = shutil.which("busybox")
    if not busybox or run("ldd", busybox).returncode == 0:
        raise Skip("there is no static busybox (package busybox-static)")
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "etc/shadow").chmod(0o640)
    shutil.copy(busybox, root / "bin/busybox")
    attack = root / "bin/attack"
    built = run("gcc", "-O1", "-static", "-pthread", "-o", str(attack), str(HERE / "attack.c"),
                str(HERE / "bypass.c"))
    if built.returncode:
        raise Skip(f"the attacker cannot be built: {built.stdout.strip()}")
    copy_program(root, "/bin/sh")
    for applet in run(busybox, "--list").stdout.split():
        if applet not in STAND_INS and not (root / "bin" / applet).exists():
            (root / "bin" / applet).symlink_to("busybox")
    # Files of their own: what a program is called depends on it, and debugfs is not a link to something else.
    for name in STAND_INS:
        os.link(attack, root / "bin" / name)
    shutil.copy(attack, root / "bin/suid-attack")
    (root / "bin/suid-attack").chmod(0o4755)
    for name, text in (scripts or {}).items():
        (root / "attack").mkdir(exist_ok=True)
        (root / "attack" / name).write_text(text)


# An OCI runtime for which --privileged means what the machine has: where its own bounding set lacks something (a
# virtual machine, a container) the real one fails, and an older engine does not know the newer capabilities.
RUNTIME = """#!/bin/sh
bundle=.
previous=
for word; do
	[ "$previous" = --bundle ] && bundle=$word
	case $word in create | run) create=1 ;; esac
	previous=$word
done
config=$bundle/config.json
if [ "${create:-}" = 1 ] && [ -f "$config" ]; then
	python3 - "$config" <<'END' || exit 1
import json, os, sys
with open(sys.argv[1]) as f:
    config = json.load(f)
bounding = int([l.split()[1] for l in open("/proc/self/status") if l.startswith("CapBnd")][0], 16)
names = NAMES
caps = config["process"].get("capabilities", {})
for kind in caps:
    wanted = names if "CAP_SYS_MODULE" in caps[kind] else caps[kind]
    caps[kind] = [c for c in wanted if c not in names or bounding >> names.index(c) & 1]
with open(sys.argv[1], "w") as f:
    json.dump(config, f)
END
fi
exec runc "$@"
"""
CAPABILITIES = ["CAP_" + name for name in (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
    "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
    "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()]


def lacking_capabilities():
    bounding = int(re.search(r"CapBnd:\s*(\w+)", pathlib.Path("/proc/self/status").read_text()).group(1), 16)
    return [name for i, name in enumerate(CAPABILITIES) if not bounding >> i & 1]


class Engine:
    """dockerd with all of its state in a folder of ours; without a bridge, so that nobody's network changes."""

    def __init__(self, folder):
        need("dockerd", "docker")
        self.folder = folder
        self.host = f"unix://{folder}/docker.sock"
        os.environ["DOCKER_HOST"] = self.host
        runtime = folder / "trimmed-runc"
        runtime.write_text(RUNTIME.replace("NAMES", repr(CAPABILITIES)))
        runtime.chmod(0o755)
        self.process = subprocess.Popen(
            ["dockerd", "--add-runtime", f"trimmed={runtime}", "--default-runtime", "trimmed", "--iptables=false", "--ip6tables=false", "--bridge=none", "--data-root", f"{folder}/data",
             "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid", "-H", self.host],
            stdout=open(folder / "docker-log", "w"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        atexit.register(self.stop)
        if not wait_for(lambda: self.process.poll() is not None or run("docker", "version").returncode == 0) or \
                self.process.poll() is not None:
            log = (folder / "docker-log").read_text().splitlines()
            raise Skip(f"dockerd does not run here: {log[-1] if log else ''}")

    def stop(self):
        if self.process.poll() is None:
            for name in run("docker", "ps", "-q").stdout.split():
                run("docker", "kill", name)
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def load(self, root, image=IMAGE):
        tar = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
        result = subprocess.run(["docker", "import", "-", image], stdin=tar.stdout, text=True, capture_output=True,
                                check=False)
        if tar.wait() or result.returncode:
            raise Skip(f"docker import: {result.stderr.strip()}")
        probe = run("docker", "run", "--rm", "--network", "none", image, "true")
        if probe.returncode:
            raise Skip(f"containers do not run here: {probe.stdout.strip().splitlines()[-1:]}")


class Guard:
    """sekisho guard run, with folders of its own; its alerts as they come. `config`: more of guard.yaml."""

    def __init__(self, folder, rules, *options, config="", before=()):
        settings = folder / "guard.yaml"
        settings.write_text(f"state: {folder}/state\nruntime: {folder}/run\n{config}")
        self.alerts_path = folder / "alerts"
        self.log_path = folder / "guard-log"
        self.offset = 0
        self.alerts = []
        command = [*before, sekisho(), "guard", "run", "-f", "json", "--config", str(settings), *options]
        for rule in rules:
            command += ["--rules", str(rule)]
        self.process = subprocess.Popen(command, stdout=open(self.alerts_path, "w"), stderr=open(self.log_path, "w"),
                                        stdin=subprocess.DEVNULL)
        atexit.register(self.stop)
        if not wait_for(lambda: self.process.poll() is not None or "watching" in self.log()) or \
                self.process.poll() is not None:
            self.why_not()

    def why_not(self):
        """Where the sensor runs and the guard does not, something is wrong with the guard."""
        probe = run(sekisho(), "guard", "events", "--type", "exec", "--for", "1s")
        if probe.returncode:
            raise Skip(f"the sensor does not run here: {probe.stdout.strip()}")
        raise RuntimeError(f"the guard does not run: {self.log().strip()}")

    def log(self):
        return self.log_path.read_text()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def read(self):
        """Alerts so far."""
        with open(self.alerts_path) as f:
            f.seek(self.offset)
            text = f.read()
        whole = text.rfind("\n") + 1
        self.offset += len(text[:whole].encode())
        self.alerts += [json.loads(line) for line in text[:whole].splitlines()]
        return self.alerts

    def wait_alert(self, wanted, seconds=60):
        found = wait_for(lambda: next((a for a in self.read() if wanted(a)), None) or self.process.poll() is not None,
                         seconds)
        return found if isinstance(found, dict) else None


def falco_rules(folder):
    """The published rules, and a file that turns on those that are off."""
    corpora = os.environ.get("SK_CORPORA")
    files = sorted(pathlib.Path(corpora, "falco-rules").glob("*.yaml")) if corpora else []
    if not files:
        raise Skip("Falco's rules are not there ($SK_CORPORA)")
    # The files' own order matters: the first rule that fires is told.
    files.sort(key=lambda f: ["falco_rules", "falco-incubating_rules", "falco-sandbox_rules"].index(f.stem))
    names = [line[8:].strip().strip("\"'") for f in files for line in f.read_text().splitlines()
             if line.startswith("- rule: ")]
    enable = folder / "enable.yaml"
    enable.write_text("".join(f"- rule: {json.dumps(name)}\n  enabled: true\n  override: {{ enabled: replace }}\n"
                              for name in names))
    return [*files, enable]
