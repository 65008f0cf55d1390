# SPDX-License-Identifier: Apache-2.0
"""Real containers: an engine that answers, or one of our own; an image made of this host's files."""
import os
import shutil
import subprocess
import tarfile
import threading
import time

import form

START_SECONDS = 60
IMAGE = "sekisho-event-suite:local"
# What scripts of cases may want; those that are missing here are missing there.
COMMANDS = ("bash sh cat cp mv rm ln ls mkdir rmdir touch chmod chown sleep echo printf true false env id head tail "
            "grep sed tr cut wc date dd readlink mktemp stat uname whoami kill ps find useradd userdel groupadd awk "
            "xargs tee sort uniq expr seq tar gzip base64 od cmp diff dirname basename nc ncat nmap curl wget ssh scp "
            "ip mount umount setsid nohup timeout chroot unshare nsenter setpriv").split()
USERS = """root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
games:x:5:60:games:/usr/games:/usr/sbin/nologin
man:x:6:12:man:/var/cache/man:/usr/sbin/nologin
lp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
news:x:9:9:news:/var/spool/news:/usr/sbin/nologin
uucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin
proxy:x:13:13:proxy:/bin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
backup:x:34:34:backup:/var/backups:/usr/sbin/nologin
list:x:38:38:Mailing List Manager:/var/list:/usr/sbin/nologin
irc:x:39:39:ircd:/run/ircd:/usr/sbin/nologin
_apt:x:42:65534::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
FOLDERS = "tmp root home var/log var/tmp etc/pam.d etc/security etc/sudoers.d dev proc sys run usr/local/bin".split()
FILES = "etc/shadow etc/gshadow etc/pam.conf etc/sudoers etc/security/pwquality.conf".split()


class EngineError(Exception):
    """No containers here; says why."""


def run(command, **more):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **more)


def last_line(text):
    lines = [line for line in text.decode(errors="replace").splitlines() if line and not line.startswith("Run 'docker")]
    return lines[-1] if lines else "it says nothing"


class Engine:
    def __init__(self, folder, actor):
        self.folder, self.actor = folder, actor
        self.env = dict(os.environ)
        self.daemon = None
        self.lock = threading.Lock()
        self.tags = {}  # name: cases that hold it; and what it was before
        self.before = {}
        self.options = []  # of each container

    def start(self):
        if not shutil.which("docker"):
            raise EngineError("docker is not there")
        if run(["docker", "version"], env=self.env).returncode == 0:
            try:
                self._make_image()
                return
            except EngineError:
                # Privileged containers may be more than it can do; ours is told what there is to give (RUNTIME).
                run(["docker", "rmi", IMAGE], env=self.env)
                if not shutil.which("dockerd"):
                    raise
        self._start_daemon()
        self._make_image()

    def _start_daemon(self):
        if not shutil.which("dockerd"):
            raise EngineError("no Docker Engine answers, and dockerd is not there")
        self.env["DOCKER_HOST"] = "unix://" + os.path.join(self.folder, "docker.sock")
        runtime = make_runtime(self.folder)
        log = open(os.path.join(self.folder, "dockerd.log"), "wb")
        self.daemon = subprocess.Popen(
            ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "--add-runtime",
             "suite=" + runtime, "--data-root",
             os.path.join(self.folder, "data"), "--exec-root", os.path.join(self.folder, "exec"), "--pidfile",
             os.path.join(self.folder, "dockerd.pid"), "-H", self.env["DOCKER_HOST"]],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.options = ["--network", "none", "--runtime", "suite"]
        end = time.monotonic() + START_SECONDS
        while run(["docker", "version"], env=self.env).returncode != 0:
            if self.daemon.poll() is not None or time.monotonic() > end:
                with open(log.name, "rb") as f:
                    raise EngineError("dockerd does not run here: " + last_line(f.read()))
            time.sleep(0.2)

    def _make_image(self):
        root = os.path.join(self.folder, "root")
        make_root(root, self.actor)
        archive = os.path.join(self.folder, "image.tar")
        with tarfile.open(archive, "w") as tar:
            tar.add(root, arcname=".", filter=as_root)
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        done = run(["docker", "import", "-c", f'ENTRYPOINT ["{form.ENTRYPOINT}"]', "-c", "ENV PATH=" + path, archive,
                    IMAGE], env=self.env)
        os.unlink(archive)
        shutil.rmtree(root)
        if done.returncode != 0:
            raise EngineError("the image cannot be made: " + last_line(done.stdout))
        # Do they run here? And whoever watches has seen the image, before there are cases that last milliseconds.
        done = run(["docker", "run", "--rm", "--privileged"] + self.options + ["--entrypoint", "/bin/bash", IMAGE, "-c",
                    "/bin/sleep 1; /bin/true"], env=self.env)
        if done.returncode != 0:
            raise EngineError("containers do not run here: " + last_line(done.stdout))

    def _image_id(self, name):
        done = run(["docker", "image", "inspect", "-f", "{{.Id}}", name], env=self.env)
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def tag(self, name):
        """The image under the case's name; one that had it before gets it back."""
        with self.lock:
            if not self.tags.get(name):
                self.before[name] = self._image_id(name)
                done = run(["docker", "tag", IMAGE, name], env=self.env)
                if done.returncode != 0:
                    raise EngineError(f"no image can be called {name}: {last_line(done.stdout)}")
            self.tags[name] = self.tags.get(name, 0) + 1

    def untag(self, name):
        with self.lock:
            self.tags[name] -= 1

    def _take_tags_back(self):
        for name, was in self.before.items():
            run(["docker", "tag", was, name] if was else ["docker", "rmi", name], env=self.env)
        run(["docker", "rmi", IMAGE], env=self.env)

    def command(self, container, name, env):
        command = ["docker", "run", "--rm", "--privileged", "--name", name] + self.options
        for key, value in env:
            command += ["-e", f"{key}={value}"]
        return command + ["--entrypoint", form.ENTRYPOINT, container.image]

    def remove(self, name):
        run(["docker", "rm", "-f", name], env=self.env)

    def stop(self):
        if not self.daemon:
            if self.before:
                self._take_tags_back()
            return
        self.daemon.terminate()
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()


# ---- the runtime ----

# A privileged container is given every capability by name; where this host has not all of them itself, those that it
# has must do.
RUNTIME = """#!/bin/sh
case " $* " in
*" create "*)
	next=
	for word; do
		[ "$next" = 1 ] && sed -i {edits} "$word/config.json"
		[ "$word" = --bundle ] && next=1 || next=
	done;;
esac
exec runc "$@"
"""
CAPABILITIES = ("CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
                "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT "
                "SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE "
                "AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ "
                "PERFMON BPF CHECKPOINT_RESTORE").split()


def make_runtime(folder):
    with open("/proc/self/status", encoding="utf-8") as f:
        bounding = next(int(line.split()[1], 16) for line in f if line.startswith("CapBnd:"))
    missing = [name for bit, name in enumerate(CAPABILITIES) if not bounding >> bit & 1]
    edits = " ".join(f"-e 's/\"CAP_{name}\",//g' -e 's/,\"CAP_{name}\"//g'" for name in missing) or "-e ''"
    path = os.path.join(folder, "runtime")
    with open(path, "w", encoding="utf-8") as f:
        f.write(RUNTIME.replace("{edits}", edits))
    os.chmod(path, 0o755)
    return path


# ---- the image ----

def as_root(info):
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    return info


def put(root, path):
    """The file, with what it is linked with, at its place below the root."""
    done = run(["ldd", path])
    for one in [path] + [word for word in done.stdout.decode(errors="replace").split() if word.startswith("/")]:
        to = root + one
        if not os.path.exists(to) and os.path.exists(one):
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy2(os.path.realpath(one), to)


def make_root(root, actor):
    for name in FOLDERS:
        os.makedirs(os.path.join(root, name), exist_ok=True)
    os.chmod(os.path.join(root, "tmp"), 0o1777)
    # As on Debian: one folder of programs under two names.
    for name in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(os.path.join(root, "usr", name), exist_ok=True)
        os.symlink("usr/" + name, os.path.join(root, name))
    for name in COMMANDS:
        path = shutil.which(name)
        if path:
            put(root, path)
    shutil.copy2(actor, root + form.ENTRYPOINT)
    os.chmod(root + form.ENTRYPOINT, 0o755)
    for name in FILES:
        with open(os.path.join(root, name), "w", encoding="utf-8") as f:
            f.write("root:*:19000:0:99999:7:::\n" if name == "etc/shadow" else "")
    with open(os.path.join(root, "etc/passwd"), "w", encoding="utf-8") as f:
        f.write(USERS)
    with open(os.path.join(root, "etc/group"), "w", encoding="utf-8") as f:
        f.write("".join("{0}:x:{3}:\n".format(*line.split(":")) for line in USERS.splitlines()
                        if line.split(":")[3] != "65534"))
        f.write("nogroup:x:65534:\n")
    if os.path.exists("/etc/login.defs"):
        shutil.copy2("/etc/login.defs", os.path.join(root, "etc/login.defs"))
