# SPDX-License-Identifier: Apache-2.0
"""A case as the actor reads it (actor/actor.h), and what it must not share with others at the same time."""
import ipaddress
import os
import pwd
import re

import form


def word(text):
    """Blanks, newlines and '%' as "%0A"; the actor takes them apart at these."""
    return "".join(c if c not in "% \n\t\r" else "".join(f"%{byte:02X}" for byte in c.encode())
                   for c in text.replace("\0", ""))


def look(process):
    pairs = [("exepath", process.exepath), ("name", process.name), ("arg0", process.arg0), ("user", process.user),
             ("caps", process.capabilities), ("fileless", "yes" if process.fileless else None)]
    pairs += [("arg", one) for one in process.args]
    pairs += [("env", f"{name}={value}") for name, value in process.env.items()]
    return [f"{key}={word(value)}" for key, value in pairs if value is not None]


def line(*words):
    return " ".join(words) + "\n"


def write(case):
    text = "".join(line("process", f"process{n}", *look(one)) for n, one in enumerate(case.processes))
    if case.before or case.after:
        text += line("script", "script", *(f"{key}={word(value.strip())}" for key, value in
                                           (("before", case.before), ("after", case.after)) if value))
    for one in case.resources:
        if one.process:
            text += line("child", word(one.name), *look(one.process))
        else:
            text += line(one.kind, word(one.name), *(f"{key}={word(value)}" for key, value in one.words.items()))
    for step in case.steps:
        bound = (f"{name}@{word(source)}.{word(field)}" for name, (source, field) in step.bound.items())
        literal = (f"{name}={word(value)}" for name, value in step.literal.items())
        text += line("step", word(step.name), f"syscall={step.syscall}", *bound, *literal)
    return text


# ---- what cases may not do at the same time ----

PATH_IN_SCRIPT = re.compile(r"(?:^|[\s\"'=:<>(])(/[^\s\"';|&<>()]+)")
WRITES = ("O_CREAT", "O_TRUNC", "O_WRONLY", "O_RDWR")


def made_at(path):
    """The first part of the path that is not there yet; none if all of it is."""
    path = os.path.normpath(path)
    if os.path.lexists(path):
        return None
    while os.path.dirname(path) != path and not os.path.lexists(os.path.dirname(path)):
        path = os.path.dirname(path)
    return path


def is_user(name):
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def step_paths(step):
    """Paths that the step makes or changes."""
    flags = step.literal.get("flags", step.literal.get("how.flags", ""))
    for name in ("newPath", "linkPath"):
        if name in step.literal:
            yield step.literal[name]
    if "pathname" in step.literal and (any(one in flags for one in WRITES) or flags.isdigit()):
        yield step.literal["pathname"]


def exclusive(case):
    """Names of what the case must have for itself."""
    names = set()
    if case.container:
        return {f"container {case.container.name}"} if needs_name(case) else set()
    for one in case.resources:
        if "path" in one.words:
            names.add(made_at(one.words["path"]))
        if one.kind == "clientServer" and one.words["address"]:
            names.add("address " + one.words["address"])
            host = one.words["address"].rsplit(":", 1)[0].strip("[]").split("%")[0]
            try:
                names.add(None if ipaddress.ip_address(host).is_loopback else "address " + host)
            except ValueError:
                pass # the actor says what is wrong with it
    for process in case.processes + [one.process for one in case.resources if one.process]:
        if process.exepath:
            names.add(made_at(process.exepath) or process.exepath)
        if process.user and not is_user(process.user):
            names.add("user " + process.user)
    for path in PATH_IN_SCRIPT.findall((case.before or "") + "\n" + (case.after or "")):
        names.add(made_at(path) or os.path.normpath(path))
    for step in case.steps:
        for path in step_paths(step):
            names.add(made_at(path) or os.path.normpath(path))
    return names - {None}


def needs_name(case):
    """Is the container's name the case's own, or asked for? Else each may have one like it."""
    return case.container.named or any(key.startswith("container.name") for key in case.expected_fields)


def run_here(condition, machine):
    """None, or why runIf says that the case is not for this machine."""
    if condition is None:
        return None
    if not isinstance(condition, dict) or set(condition) - {"arch"}:
        raise ValueError(f"runIf: only 'arch' is known here, not {condition}")
    said = condition.get("arch")
    if said is None:
        return None
    here = form.MACHINES.get(machine, machine)
    if isinstance(said, str):
        said = {"op": "eq", "val": said}
    value = said.get("val") if isinstance(said, dict) else None
    values = value if isinstance(value, list) else [value]
    operators = {"eq": True, "=": True, "==": True, "in": True, "ne": False, "!=": False, "nin": False, "notin": False}
    operator = said.get("op", "eq") if isinstance(said, dict) else None
    if operator not in operators:
        raise ValueError(f"runIf: arch: no operator is called '{operator}' here")
    if (here in values) == operators[operator]:
        return None
    return f"it is for machines of arch {operator} {value}, and this is {here}"
