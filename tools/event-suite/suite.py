# SPDX-License-Identifier: Apache-2.0
"""Suite files in, cases out: YAML, templates filled in, everything checked."""
import copy
import itertools
import re

import yaml

import form


class SuiteError(Exception):
    """What a file or test says cannot be."""


# ---- YAML ----

class Loader(yaml.SafeLoader):  # pylint: disable=too-many-ancestors
    """YAML as these files' own reader takes it: 1.2's booleans, 1.1's octals, no key twice."""


Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
        ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
        ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("int", r"^[-+]?(?:0b[01_]+|0o?[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$", "-+0123456789"),
        ("float", r"^[-+]?(?:[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.[0-9]+|\.inf|\.nan)$",
         "-+.0123456789"),
        ("merge", r"^<<$", "<")):
    Loader.add_implicit_resolver("tag:yaml.org,2002:" + _tag, re.compile(_pattern), list(_first))


def _integer(loader, node):
    text = loader.construct_scalar(node).replace("_", "").lower()
    digits = text.lstrip("+-")
    base = 16 if digits.startswith("0x") else 2 if digits.startswith("0b") else 8 if digits[:1] == "0" else 10
    number = int(re.sub("^0[xbo]", "", digits) or "0", base)
    return -number if text.startswith("-") else number


def _mapping(loader, node, deep=False):
    keys = set()
    for key, _ in node.value:
        if key.value in keys and key.tag != "tag:yaml.org,2002:merge":
            raise yaml.constructor.ConstructorError(None, None, f"the key '{key.value}' is there twice", key.start_mark)
        keys.add(key.value)
    loader.flatten_mapping(node)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


Loader.add_constructor("tag:yaml.org,2002:int", _integer)
Loader.add_constructor("tag:yaml.org,2002:map", _mapping)

# "key: %{ item.x }": a plain scalar cannot begin with '%' in YAML, and these files do it all the same.
PLAIN_PARAMETER = re.compile(r"^(\s*(?:-\s+)*(?:[\w.\"'-]+:\s+|-\s+))(%\{[^}\n]*\})[ \t]*(#.*)?$", re.M)


def read_yaml(text):
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as first:
        quoted = PLAIN_PARAMETER.sub(r'\1"\2" \3', text)
        try:
            return yaml.load(quoted, Loader)
        except yaml.YAMLError:
            raise SuiteError(str(first)) from first


# ---- templates ----

PARAMETER = re.compile(r"^\s*%\{\s*(\S+?)\.(\S+?)\s*\}\s*$")


def fill(value, values):
    """The value with each string that is a parameter replaced; what is put in is not looked at again."""
    if isinstance(value, dict):
        return {key: fill(member, values) for key, member in value.items()}
    if isinstance(value, list):
        return [fill(item, values) for item in value]
    match = PARAMETER.match(value) if isinstance(value, str) else None
    if not match or match[1] != "item":
        return value
    if match[2] not in values:
        raise SuiteError(f"no case gives a value for {value.strip()}")
    return copy.deepcopy(values[match[2]])


def case_values(specs):
    """One set of values for each case."""
    found, keys = [], None
    for n, spec in enumerate(specs if isinstance(specs, list) else [None]):
        values = spec.get("values") if isinstance(spec, dict) else None
        if not isinstance(values, dict) or not values:
            raise SuiteError(f"cases: number {n} has no values")
        if keys is not None and set(values) != keys:
            raise SuiteError("cases: not all have values of the same names")
        keys = set(values)
        strategy = spec.get("strategy")
        if strategy == "vector":
            found.append(values)
        elif strategy == "matrix":
            lists = list(values.values())
            if not all(isinstance(one, list) and one for one in lists):
                raise SuiteError(f"cases: number {n}: a matrix wants a list of values for each name")
            found += [dict(zip(values, one)) for one in itertools.product(*lists)]
        else:
            raise SuiteError(f"cases: number {n}: no strategy is called '{strategy}'")
    return found


# ---- what is written, checked ----

def want(good, what):
    if not good:
        raise SuiteError(what)


def text_of(value, what, empty=False):
    """A string; numbers and booleans are taken as they are written in Go."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, (int, float)):
        value = str(value)
    want(isinstance(value, str) and (empty or value), f"{what}: a text is wanted")
    return value


def optional_text(table, key, what):
    return None if table.get(key) is None else text_of(table[key], f"{what}.{key}")


def table_of(value, what, known, notes):
    want(isinstance(value, dict), f"{what}: a table is wanted")
    for key in value:
        if key not in known:
            notes.append(f"{what}: the key '{key}' is not known and passed over")
    return value


def environment(table, what):
    env = table.get("env")
    if env is None:
        return {}
    want(isinstance(env, dict), f"{what}.env: a table is wanted")
    for name in env:
        want(name not in form.RESERVED_ENV and not str(name).startswith(form.RESERVED_ENV_PREFIX),
             f"{what}.env: {name} is reserved")
    return {str(name): text_of(value, f"{what}.env.{name}", empty=True) for name, value in env.items()}


ARGUMENT = re.compile(r"\"([^\"]+)\"|'([^']+)'|(\S+)")


def split_arguments(text):
    return [one or two or three for one, two, three in ARGUMENT.findall(text or "")]


class Process:
    """One of a chain, or a resource: how it is to look."""

    def __init__(self, table, what, name_key="name"):
        self.exepath = optional_text(table, "exePath", what)
        self.name = optional_text(table, name_key, what)
        self.arg0 = optional_text(table, "exe", what)
        self.args = split_arguments(optional_text(table, "args", what) if table.get("args") != "" else "")
        self.user = optional_text(table, "user", what)
        self.capabilities = optional_text(table, "capabilities", what) if table.get("capabilities") != "" else None
        self.env = environment(table, what)
        self.fileless = False


class Container:
    def __init__(self, table, notes):
        table = table_of(table, "context.container", form.CONTAINER_KEYS, notes)
        self.image = optional_text(table, "image", "container") or form.DEFAULT_IMAGE
        self.named = table.get("name") is not None
        self.name = optional_text(table, "name", "container") or form.DEFAULT_CONTAINER
        self.env = environment(table, "container")


class Resource:
    """`fields` are what steps can bind, with their types."""

    def __init__(self, table, what):
        want(isinstance(table, dict), f"{what}: a table is wanted")
        self.name = text_of(table.get("name"), f"{what}.name")
        self.kind = table.get("type")
        self.process = None
        self.words = {}
        read = {"fd": self._fd, "clientServer": self._client_server, "process": self._process}.get(self.kind)
        want(read, f"{what}: no resource is of type '{self.kind}'")
        read(table, what)

    def _fd(self, table, what):
        self.kind = table.get("subtype")
        want(self.kind in form.FD_KINDS, f"{what}: no fd is of subtype '{self.kind}'")
        key, fields = form.FD_KINDS[self.kind]
        if key:
            self.words["path"] = text_of(table.get(key), f"{what}.{key}")
        if self.kind == "memfd" and table.get("fileName") is not None:
            self.words["file"] = text_of(table["fileName"], f"{what}.fileName", empty=True)
        self.fields = {field: form.FD for field in fields}

    def _client_server(self, table, what):
        want(table.get("l4Proto") in form.PROTOCOLS, f"{what}: no l4Proto is called '{table.get('l4Proto')}'")
        address = text_of(table.get("address", ""), f"{what}.address", empty=True)
        want(bool(address) != (table["l4Proto"] == "unix"), f"{what}: an address is for all protocols but unix")
        self.words = {"proto": table["l4Proto"], "address": address}
        self.fields = {"client.fd": form.FD, "server.fd": form.FD}

    def _process(self, table, what):
        fileless = table.get("fileLess") or False
        want(isinstance(fileless, bool), f"{what}.fileLess: true or false is wanted")
        if fileless:
            for key in table:
                want(key in form.FILELESS_KEYS, f"{what}: '{key}' does not go with fileLess")
        self.process = Process(table, what, "procName")
        self.process.fileless = fileless
        self.fields = {"pid": "pid"}


BINDING = re.compile(r"^\s*\$\{\s*(\S+?)\.(\S+?)\s*\}\s*$")
FLAG_NUMBER = re.compile(r"^[-+]?[0-9]+$")


class Step:
    """`literal` and `bound` hold the arguments by name; what is bound is the name of a source and a field."""

    def __init__(self, table, what):
        want(isinstance(table, dict), f"{what}: a table is wanted")
        self.name = text_of(table.get("name"), f"{what}.name")
        want(table.get("type") == "syscall", f"{what}: no step is of type '{table.get('type')}'")
        self.syscall = table.get("syscall")
        want(self.syscall in form.SYSCALLS, f"{what}: no system call is called '{self.syscall}' here")
        self.literal, self.bound = {}, {}
        self.arguments = form.SYSCALLS[self.syscall]
        want(isinstance(table.get("args"), dict), f"{what}: has no args")
        self._read(table["args"], "", what)
        self._check(what)

    def _known(self, name):
        return next((one for one in self.arguments if one.lower() == name.lower()), None)

    def _read(self, table, prefix, what):
        for key, value in table.items():
            if isinstance(value, dict) and not prefix:
                self._read(value, key + ".", what)
                continue
            name = self._known(prefix + str(key))
            want(name, f"{what}: {self.syscall} has no argument '{prefix}{key}'")
            match = BINDING.match(value) if isinstance(value, str) else None
            if match:
                self.bound[name] = (match[1], match[2])
                continue
            want(not self.arguments[name].bound, f"{what}: {name} can only be bound")
            self.literal[name] = self._literal(name, value, f"{what}.{name}")

    def _literal(self, name, value, what):
        kind = self.arguments[name].kind
        if kind in (form.TEXT, form.PATH, form.ADDRESS, "parameters"):
            text = text_of(value, what, empty=True)
            want("\0" not in text or kind == form.TEXT, f"{what}: has a NUL in it")
            return text
        text = text_of(value, what)
        number = isinstance(value, (int, float)) or FLAG_NUMBER.match(text)
        if kind in (form.FD, form.LENGTH, "pid"):
            want(number, f"{what}: a number is wanted")
        want(not number or kind != form.LENGTH or int(float(text)) >= 0, f"{what}: must not be negative")
        return str(int(float(text))) if number else text

    def _check(self, what):
        for name, argument in self.arguments.items():
            want(not argument.required or name in self.literal or name in self.bound,
                 f"{what}: {self.syscall} wants the argument '{name}'")
        if self.syscall == "read":
            want({"buffer", "len"} & (set(self.literal) | set(self.bound)), f"{what}: read wants a buffer or a len")

    @property
    def fields(self):
        fields = {name: argument.kind for name, argument in self.arguments.items()}
        if self.syscall in form.RESULTS:
            fields["ret"] = form.RESULTS[self.syscall]
        return fields

    def check_bindings(self, sources, what):
        for name, (source, field) in self.bound.items():
            want(source in sources, f"{what}: nothing before it is called '{source}'")
            fields = {one.lower(): kind for one, kind in sources[source].fields.items()}
            want(field.lower() in fields, f"{what}: {source} has no field '{field}'")
            want(fields[field.lower()] == self.arguments[name].kind,
                 f"{what}: {source}.{field} is no {self.arguments[name].kind}")


class Case:
    """One test, all parameters filled in."""

    def __init__(self, test, title, notes):
        test = table_of(test, title, form.TEST_KEYS, notes)
        self.title = title
        self.rule = optional_text(test, "rule", "test")
        want(test.get("runner") in form.RUNNERS, f"no runner is called '{test.get('runner')}'")
        self.run_if = test.get("runIf")
        self.before = optional_text(test, "before", "test")
        self.after = optional_text(test, "after", "test")
        self._context(test.get("context") or {}, notes)
        self.resources = [Resource(one, f"resources[{n}]") for n, one in enumerate(self._list(test, "resources"))]
        self.steps = [Step(one, f"steps[{n}]") for n, one in enumerate(self._list(test, "steps"))]
        self._check_names()
        self._outcome(test.get("expectedOutcome"), notes)

    @staticmethod
    def _list(table, key):
        want(table.get(key) is None or isinstance(table[key], list), f"{key}: a list is wanted")
        return table.get(key) or []

    def _context(self, context, notes):
        context = table_of(context, "context", form.CONTEXT_KEYS, notes)
        container = context.get("container")
        self.container = None if container is None else Container(container, notes)
        self.processes = []
        for n, one in enumerate(self._list(context, "processes")):
            what = f"context.processes[{n}]"
            one = table_of({} if one is None else one, what, form.PROCESS_KEYS, notes)
            self.processes.append(Process(one, what))
        for process in self.processes[:-1]:
            want(not process.capabilities, "context.processes: only the last one may say capabilities")
        if not self.processes and not self.container:
            self.processes.append(Process({}, "context"))

    def _check_names(self):
        sources = {}
        for one in self.resources:
            want(one.name not in sources, f"two resources or steps are called '{one.name}'")
            sources[one.name] = one
        for n, step in enumerate(self.steps):
            want(step.name not in sources, f"two resources or steps are called '{step.name}'")
            step.check_bindings(sources, f"steps[{n}]")
            sources[step.name] = step

    def _outcome(self, outcome, notes):
        outcome = table_of(outcome if outcome is not None else {}, "expectedOutcome", form.OUTCOME_KEYS, notes)
        self.expected = {key: text_of(outcome[key], f"expectedOutcome.{key}")
                         for key in ("source", "hostname", "priority") if outcome.get(key) is not None}
        fields = outcome.get("outputFields")
        want(fields is None or isinstance(fields, dict), "expectedOutcome.outputFields: a table is wanted")
        self.expected_fields = {str(key): text_of(value, f"outputFields.{key}", empty=True)
                                for key, value in (fields or {}).items()}


class Broken:
    """A test, or a file, that cannot be run for what is written in it."""

    def __init__(self, title, reason):
        self.title, self.reason = title, reason


def plain(value):
    if isinstance(value, (dict, list)) or value is None:
        return yaml.safe_dump(value, default_flow_style=True, width=10 ** 6).split("\n")[0]
    return text_of(value, "value", empty=True)


def expand_test(test, index):
    """(title, test with its values) for each of its cases, or what is wrong with it."""
    name = str(test.get("name") or "") if isinstance(test, dict) else ""
    title = name or f"tests[{index}]"
    try:
        want(isinstance(test, dict), "a test must be a table")
        want(name, "has no name")
        if "cases" not in test:
            return [(title, test)]
        template = {key: value for key, value in test.items() if key != "cases"}
        found = []
        for n, values in enumerate(case_values(test["cases"])):
            said = " ".join(f"{key}={plain(value)}" for key, value in values.items())
            found.append((f"{title} case {n}: {said}", fill(template, values)))
        return found
    except SuiteError as e:
        return [(title, Broken(title, str(e)))]


def read_tests(text, notes):
    """Cases and broken ones, in the file's order."""
    document = read_yaml(text)
    tests = document.get("tests") if isinstance(document, dict) else None
    want(isinstance(tests, list) and tests, "has no list 'tests'")
    found, names = [], set()
    for index, test in enumerate(tests):
        for title, one in expand_test(test, index):
            try:
                want(title not in names, "another test has the same name")
                names.add(title)
                found.append(one if isinstance(one, Broken) else Case(one, title, notes))
            except SuiteError as e:
                found.append(Broken(title, str(e)))
    return found


def read_file(path, notes):
    try:
        with open(path, encoding="utf-8") as f:
            return read_tests(f.read(), notes)
    except (OSError, UnicodeDecodeError, SuiteError) as e:
        return [Broken(path, str(e))]
