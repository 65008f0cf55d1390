# SPDX-License-Identifier: Apache-2.0
"""
A slow second opinion on the matcher: reads the raw archives, evaluates OSV's
ranges as the schema's pseudo code does, and compares versions with the
ecosystems' own programs (dpkg, rpm, npm's semver, pip's packaging) or, where
none is here, only versions so plain that there is but one way to compare them.

    osv.py FEEDS DATABASE MATCH-LIST
"""
import collections, glob, json, os, random, re, shutil, subprocess, sys, zipfile

feeds, database, match_list = sys.argv[1:4]
sample = int(os.environ.get("SK_REFERENCE_SAMPLE", "10"))
chooser = random.Random(20261121)
failed = 0

def fail(text):
    global failed
    failed += 1
    if failed <= 40:
        print("FAILED:", text)

# ---- comparisons: functions of a list of pairs, so that a program is started once ----

def by_dpkg(pairs):
    def one(a, b):
        for op, sign in (("lt", -1), ("gt", 1)):
            if subprocess.run(["dpkg", "--compare-versions", a, op, b], stderr=subprocess.DEVNULL).returncode == 0:
                return sign
        return 0
    return [one(a, b) for a, b in pairs]

def by_rpm(pairs):
    full = lambda v: v if ":" in v else "0:" + v
    out = []
    for i in range(0, len(pairs), 400):
        calls = "".join('print(rpm.vercmp("%s","%s").." ")' % (full(a), full(b)) for a, b in pairs[i:i + 400])
        out += subprocess.run(["rpm", "--eval", "%%{lua: %s}" % calls], capture_output=True, text=True, check=True).stdout.split()
    return [int(x) for x in out]

def by_semver(pairs):
    root = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True).stdout.strip()
    program = "const s=require(%s);const p=JSON.parse(require('fs').readFileSync(0));" \
              "console.log(JSON.stringify(p.map(([a,b])=>s.compare(a,b))))" % json.dumps(root + "/npm/node_modules/semver")
    # "1.2" is written in advisories; a version has three parts.
    def pad(v):
        m = re.match(r"^v?(\d+)(\.\d+)?(\.\d+)?(.*)$", v)
        return m.group(1) + (m.group(2) or ".0") + (m.group(3) or ".0") + m.group(4)
    r = subprocess.run(["node", "-e", program], input=json.dumps([[pad(a), pad(b)] for a, b in pairs]),
                       capture_output=True, text=True, check=True)
    return json.loads(r.stdout)

def by_packaging(pairs):
    from pip._vendor.packaging.version import Version
    return [(Version(a) > Version(b)) - (Version(a) < Version(b)) for a, b in pairs]

def plain_key(v):
    main, _, revision = v.partition("-r")
    parts = [int(x) for x in main.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return parts, int(revision or 0)

def by_numbers(pairs):
    return [(plain_key(a) > plain_key(b)) - (plain_key(a) < plain_key(b)) for a, b in pairs]

def semver_like(v):
    return re.match(r"^v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$", v) and \
        not re.search(r"(^v?|[.-])0\d+([.+-]|$)", v) and all(int(n) < 2 ** 50 for n in re.findall(r"\d+", v))

def pep440(v):
    try:
        from pip._vendor.packaging.version import Version
        Version(v)
        return True
    except Exception:
        return False

plain = lambda v: re.match(r"^\d+(\.\d+)*$", v)
# apk compares a part that begins with 0 as a fraction: 1.01 < 1.1.
plain_apk = lambda v: re.match(r"^\d+(\.\d+)*(-r\d+)?$", v) and not re.search(r"\.0\d", v)
always = lambda v: True
# Three parts, so that there is no question whether 1.0 is 1.0.0.
triple = lambda v: re.match(r"^\d+\.\d+\.\d+$", v)

ecosystems = {
    # name: type, os id, os version, ecosystem of the records, compare, the versions that it takes, program
    "Debian:12": ("deb", "debian", "12", by_dpkg, always, "dpkg"),
    "Debian:11": ("deb", "debian", "11", by_dpkg, always, "dpkg"),
    "AlmaLinux:9": ("rpm", "almalinux", "9.4", by_rpm, always, "rpm"),
    "AlmaLinux:8": ("rpm", "almalinux", "8.9", by_rpm, always, "rpm"),
    "npm": ("npm", "", "", by_semver, semver_like, "node"),
    "crates.io": ("cargo", "", "", by_semver, semver_like, "node"),
    "Go": ("golang", "", "", by_semver, semver_like, "node"),
    "PyPI": ("pypi", "", "", by_packaging, pep440, "pip"),
    "Wolfi": ("apk", "wolfi", "20230201", by_numbers, plain_apk, "python3"),
    "Alpine:v3.11": ("apk", "alpine", "3.11.5", by_numbers, plain_apk, "python3"),
    "RubyGems": ("gem", "", "", by_numbers, plain, "python3"),
    "Maven": ("maven", "", "", by_numbers, plain, "python3"),
    "Packagist": ("composer", "", "", by_numbers, triple, "python3"),
    "NuGet": ("nuget", "", "", by_numbers, plain, "python3"),
}

def load():
    records = {}
    for path in sorted(glob.glob(feeds + "/osv/*.zip")):
        with zipfile.ZipFile(path) as z:
            for name in z.namelist():
                r = json.loads(z.read(name))
                old = records.get(r["id"])
                if old is None or r["modified"] > old["modified"]:
                    records[r["id"]] = r
    return records

def normal(ecosystem, name):
    if ecosystem == "PyPI":
        return re.sub(r"[-_.]+", "-", name).lower()
    if ecosystem in ("Packagist", "NuGet"):
        return name.lower()
    if ecosystem == "crates.io":
        return name.lower().replace("_", "-")
    return name

def modular(text):
    return ".module" in text

def events_of(r):
    return [(k, v) for e in r.get("events", []) for k, v in e.items()]

def versions_in(affected):
    out = set(affected.get("versions", []))
    for r in affected.get("ranges", []):
        if r["type"] != "GIT":
            out |= {v for k, v in events_of(r) if v not in ("0", "*")}
    return out

class Order:
    """Compares by rank: all versions of one package are sorted once, with a merge sort of batches."""
    def __init__(self, compare):
        self.compare, self.memo = compare, {}
    def learn(self, pairs):
        pairs = [p for p in dict.fromkeys(pairs) if p not in self.memo]
        for pair, result in zip(pairs, self.compare(pairs)):
            self.memo[pair] = result
            self.memo[pair[::-1]] = -result
    def __call__(self, a, b):
        if (a, b) not in self.memo:
            self.learn([(a, b)])
        return self.memo[(a, b)]

import functools

def vulnerable(affected, version, order):
    """https://ossf.github.io/osv-schema/#evaluation"""
    if version in affected.get("versions", []) or \
            any(order(version, v) == 0 for v in affected.get("versions", [])):
        return True
    for r in affected.get("ranges", []):
        if r["type"] == "GIT":
            continue
        events = events_of(r)
        limits = [v for k, v in events if k == "limit" and v != "*"]
        if limits and not any(order(version, v) < 0 for v in limits):
            continue
        def compare(x, y):
            if x[1] == "0" or y[1] == "0":
                return (y[1] == "0") - (x[1] == "0")
            return order(x[1], y[1])
        state = False
        for kind, v in sorted([e for e in events if e[0] != "limit"], key=functools.cmp_to_key(compare)):
            reached = v == "0" or order(version, v) >= 0
            if kind == "introduced" and reached:
                state = True
            elif kind == "fixed" and reached:
                state = False
            elif kind == "last_affected" and v != "0" and order(version, v) > 0:
                state = False
        if state:
            return True
    return False

def package_name(kind, name):
    """Name as the advisory has it to purl namespace and name."""
    separator = ":" if kind == "maven" else "/"
    ns, _, base = name.rpartition(separator)
    return ns, base

def main():
    records = load()
    index = collections.defaultdict(list)
    for r in records.values():
        if r.get("withdrawn"):
            continue
        for a in r.get("affected", []):
            p = a.get("package")
            if p:
                index[p["ecosystem"], normal(p["ecosystem"], p["name"])].append((r["id"], a))
    lines, expected = [], []
    for ecosystem, (kind, os_id, os_version, compare, allowed, program) in ecosystems.items():
        if program != "pip" and not shutil.which(program):
            print("# %s: %s is not here" % (ecosystem, program))
            continue
        names = sorted(n for e, n in index if e == ecosystem)
        chooser.shuffle(names)
        order, used = Order(compare), 0
        for name in names:
            entries = index[ecosystem, name]
            known = set().union(*(versions_in(a) for _, a in entries))
            if used == sample or not known or len(known) > (25 if compare is by_dpkg else 300) or not all(allowed(v) for v in known):
                continue
            used += 1
            versions = chooser.sample(sorted(known), min(3, len(known)))
            if compare in (by_semver, by_packaging, by_numbers):
                versions.append("0.0.1")
            order.learn([(v, k) for v in versions for k in known if v != k] + [(v, v) for v in versions])
            order.learn([(a, b) for _, e in entries for r in e.get("ranges", []) if r["type"] != "GIT"
                         for _, a in events_of(r) for _, b in events_of(r) if a != b and "0" not in (a, b)])
            ns, base = package_name(kind, name) if kind not in ("deb", "rpm", "apk") else ("", name)
            for v in versions:
                hits = {i for i, a in entries
                        if (kind != "rpm" or modular(v) == modular(json.dumps(a))) and vulnerable(a, v, order)}
                lines.append("\t".join([os_id, os_version, kind, ns, base, v]))
                expected.append((ecosystem, name, v, hits, order, entries))
        print("# %s: %d packages" % (ecosystem, used))

    run = subprocess.run([match_list, database], input="\n".join(lines) + "\n", capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    got = collections.defaultdict(list)
    for line in run.stdout.splitlines():
        number, *finding = line.split("\t")
        got[int(number)].append(finding)
    findings = 0
    for i, (ecosystem, name, version, hits, order, entries) in enumerate(expected):
        where = "%s %s %s" % (ecosystem, name, version)
        named, seen = set(), collections.Counter()
        for id, aliases, advisory, fixed in got[i]:
            if id in ("old-database", "no-advisories", "unknown-version", "third-party-packages"):
                if id != "old-database":
                    fail("%s: %s" % (where, id))
                continue
            findings += 1
            ids = {id} | set(aliases.split())
            named |= ids & hits
            if advisory not in hits:
                fail("%s: %s is not affected by %s" % (where, name, advisory))
            for x in ids:
                if x.startswith(("CVE-", "GHSA-")):
                    seen[x] += 1
            if fixed and order(fixed, version) <= 0:
                fail("%s: fixed in %s, which is not above" % (where, fixed))
            if fixed and any(vulnerable(a, fixed, order) for r, a in entries if r == advisory and modular(json.dumps(a)) == modular(version)):
                fail("%s: %s: %s does not fix it" % (where, advisory, fixed))
        for x in sorted(hits - named):
            fail("%s: %s is missing" % (where, x))
        for x, n in seen.items():
            if n > 1:
                fail("%s: %s in %d findings" % (where, x, n))
    print("# %d packages, %d findings" % (len(expected), findings))
    if not findings:
        fail("nothing was compared")
    sys.exit(1 if failed else 0)

main()
