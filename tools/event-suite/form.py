# SPDX-License-Identifier: Apache-2.0
"""What the format of falcosecurity/event-generator's suites knows: keys, kinds, system calls and their arguments.

Facts alone: suite.py reads files by them.
"""

# Keys of a test that are read; others are passed over with a word, as newer versions of the format may have more.
TEST_KEYS = ("rule", "name", "description", "runner", "runIf", "context", "before", "after", "resources", "steps",
             "expectedOutcome", "cases")
CONTEXT_KEYS = ("container", "processes")
CONTAINER_KEYS = ("image", "name", "env")
PROCESS_KEYS = ("exePath", "args", "exe", "name", "env", "user", "capabilities")
OUTCOME_KEYS = ("source", "hostname", "priority", "outputFields")

RUNNERS = ("HostRunner",)
DEFAULT_IMAGE = "docker.io/falcosecurity/event-generator:latest"
DEFAULT_CONTAINER = "event-generator"
ENTRYPOINT = "/bin/event-generator"

# The environment's variables with these names carry the plan and its mark: a case may not set them.
RESERVED_ENV = ("SUITE", "SK_SUITE_PLAN", "SK_SUITE_CASE")
RESERVED_ENV_PREFIX = "FALCO_EVENT_GENERATOR_"

PROTOCOLS = ("udp4", "udp6", "tcp4", "tcp6", "unix")

# Kinds of descriptors: the key that must be there, and what can be bound.
FD_KINDS = {
    "file": ("filePath", ("fd",)),
    "directory": ("dirPath", ("fd",)),
    "pipe": (None, ("readFd", "writeFd")),
    "event": (None, ("fd",)),
    "signalfd": (None, ("fd",)),
    "eventpoll": (None, ("fd",)),
    "inotify": (None, ("fd",)),
    "memfd": (None, ("fd",)),
}
PROCESS_RESOURCE_KEYS = ("type", "name", "exePath", "args", "exe", "procName", "env", "fileLess")
FILELESS_KEYS = ("type", "name", "args", "exe", "env", "fileLess")


class Argument:
    """Of a system call: its type, whether it must be there, and whether it can only be bound."""

    def __init__(self, kind, required=False, bound=False):
        self.kind, self.required, self.bound = kind, required, bound


def _must(kind, **more):
    return Argument(kind, required=True, **more)


FD, TEXT, LENGTH, PATH, ADDRESS = "fd", "buffer", "length", "path", "address"

SYSCALLS = {
    "write": {"fd": _must(FD), "buffer": Argument(TEXT), "len": Argument(LENGTH)},
    "read": {"fd": _must(FD), "buffer": Argument(TEXT), "len": Argument(LENGTH)},
    "open": {"pathname": _must(PATH), "flags": _must("open flags"), "mode": Argument("mode")},
    "openat": {"dirFd": Argument(FD, bound=True), "pathname": _must(PATH), "flags": _must("open flags"),
               "mode": Argument("mode")},
    "openat2": {"dirFd": Argument(FD, bound=True), "pathname": _must(PATH), "how.flags": Argument("how flags"),
                "how.mode": Argument("how mode"), "how.resolve": Argument("how resolve")},
    "symlink": {"target": _must(PATH), "linkPath": _must(PATH)},
    "symlinkat": {"target": _must(PATH), "newDirFd": Argument(FD, bound=True), "linkPath": _must(PATH)},
    "link": {"oldPath": _must(PATH), "newPath": _must(PATH)},
    "linkat": {"oldDirFd": Argument(FD, bound=True), "oldPath": _must(PATH), "newDirFd": Argument(FD, bound=True),
               "newPath": _must(PATH), "flags": Argument("linkat flags")},
    "init_module": {"moduleImage": _must(TEXT), "paramValues": Argument("parameters")},
    "finit_module": {"fd": _must(FD, bound=True), "paramValues": Argument("parameters"),
                     "flags": Argument("module flags")},
    "dup": {"oldFd": _must(FD)},
    "dup2": {"oldFd": _must(FD), "newFd": _must(FD)},
    "dup3": {"oldFd": _must(FD), "newFd": _must(FD), "flags": Argument("dup3 flags")},
    "connect": {"fd": _must(FD), "address": _must(ADDRESS)},
    "socket": {"domain": _must("domain"), "type": _must("socket type"), "protocol": _must("protocol")},
    "sendto": {"fd": _must(FD, bound=True), "buf": _must(TEXT), "len": Argument(LENGTH), "flags": _must("send flags"),
               "destAddr": _must(ADDRESS)},
    "kill": {"pid": _must("pid", bound=True), "sig": _must("signal")},
}

# What the result can be bound to; other calls have none.
RESULTS = {"write": LENGTH, "read": LENGTH, "open": FD, "openat": FD, "openat2": FD, "dup": FD, "dup2": FD,
           "dup3": FD, "socket": FD}

# Names of machines in runIf, as Go calls them.
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "ppc64le": "ppc64le",
            "riscv64": "riscv64", "s390x": "s390x"}
