#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `sekisho scan --list-packages` with what other scanners list.

Each folder of $SK_CORPORA/inventory has `files/` and `expected.json`, the
package URLs that up to three scanners list for it. No list is the truth; what
two of them list nearly is: each of those packages must be in ours, or have its
reason in tests/data/inventory/skipped.tsv (case, package URL, reason; '*' and
'?' match as in a shell).

    inventory.py [--case GLOB] [--type npm,pypi] [--extra] [--verbose]

--extra also names what we list and none of them does. $SEKISHO is the program,
$SEKISHO_SCAN_ARGS replaces the arguments before the target.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import json
import os
import shlex
import subprocess
import sys
from urllib.parse import unquote

HERE = os.path.dirname(os.path.abspath(__file__))
SCAN_ARGS = ["scan", "--format", "json", "--list-packages", "--packages-only", "--quiet"]


def normal(purl):
    """type, namespace, name and version alone: tools differ in qualifiers, subpath and escaping."""
    purl = unquote(purl.split("?")[0].split("#")[0])
    kind, _, rest = purl.removeprefix("pkg:").partition("/")
    rest = rest.strip("/")
    at = rest.find("@", 1)
    name, version = (rest[:at], rest[at + 1 :]) if at > 0 else (rest, "")
    if kind in ("pypi", "composer", "deb", "nuget", "bitbucket", "github"):
        name = name.lower()
    if kind == "pypi":
        while "--" in (name := name.replace("_", "-").replace(".", "-")):
            name = name.replace("--", "-")
    return f"pkg:{kind}/{name}" + (f"@{version}" if version else "")


def kind_of(purl):
    return purl.removeprefix("pkg:").partition("/")[0]


def agreed(expected):
    """Package -> tools that list it. Trivy's two modes are one tool."""
    tools = collections.defaultdict(set)
    for tool, purls in expected.items():
        for purl in purls:
            tools[normal(purl)].add("trivy" if tool.startswith("trivy") else tool)
    return tools


def scan(case, root):
    args = shlex.split(os.environ.get("SEKISHO_SCAN_ARGS", "")) or SCAN_ARGS
    target = "dir:" + os.path.join(root, case, "files")
    run = subprocess.run([os.environ.get("SEKISHO", "sekisho"), *args, target], timeout=60,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode not in (0, 3):
        return case, None, f"exit code {run.returncode}: {run.stderr.decode(errors='replace').strip()[-300:]}"
    try:
        report = json.loads(run.stdout)
    except ValueError as error:
        return case, None, f"not JSON: {error}"
    results = report.get("results") or [report]
    return case, {normal(p["purl"]) for r in results for p in r.get("packages") or [] if p.get("purl")}, ""


def load_skipped(path):
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if line.strip() and line[0] != "#"]
    for row in rows:
        if len(row) != 3 or not row[2].strip():
            sys.exit(f"{path}: case, package URL and reason, separated by tabs: {row}")
    return rows


def skipped_by(rows, case, purl):
    for row in rows:
        if fnmatch.fnmatchcase(case, row[0]) and fnmatch.fnmatchcase(purl, row[1]):
            return row[2]
    return None


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    args.add_argument("--case", default="*")
    args.add_argument("--type", default="")
    args.add_argument("--extra", action="store_true")
    args.add_argument("--verbose", action="store_true")
    args.add_argument("--jobs", type=int, default=2)
    args = args.parse_args()
    root = os.path.join(os.environ.get("SK_CORPORA", ""), "inventory")
    if not os.environ.get("SK_CORPORA") or not os.path.isdir(root):
        print("the third-party cases are not there (SK_CORPORA)")
        return 77
    types = set(args.type.split(",")) if args.type else None
    skipped = load_skipped(os.path.join(HERE, "data", "inventory", "skipped.tsv"))
    cases = [c for c in sorted(os.listdir(root)) if fnmatch.fnmatchcase(c, args.case)
             and os.path.isdir(os.path.join(root, c))]
    count = collections.defaultdict(collections.Counter)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for case, ours, error in pool.map(lambda c: scan(c, root), cases):
            with open(os.path.join(root, case, "expected.json"), encoding="utf-8") as file:
                tools = agreed(json.load(file))
            if ours is None:
                print(f"ERROR   {case}: {error}")
                failed += 1
                ours = set()
            for purl, by in sorted(tools.items()):
                kind = kind_of(purl)
                if len(by) < 2 or (types and kind not in types):
                    continue
                count[kind]["wanted"] += 1
                if purl in ours:
                    count[kind]["found"] += 1
                elif reason := skipped_by(skipped, case, purl):
                    count[kind]["skipped"] += 1
                    if args.verbose:
                        print(f"skipped {case}: {purl}: {reason}")
                else:
                    count[kind]["missing"] += 1
                    print(f"MISSING {case}: {purl} ({', '.join(sorted(by))})")
                    failed += 1
            for purl in sorted(ours - set(tools)):
                if types and kind_of(purl) not in types:
                    continue
                count[kind_of(purl)]["extra"] += 1
                if args.extra:
                    print(f"extra   {case}: {purl}")
    print(f"{'type':14}{'by two':>8}{'found':>8}{'skipped':>9}{'missing':>9}{'extra':>8}")
    for kind in sorted(count):
        c = count[kind]
        print(f"{kind:14}{c['wanted']:8}{c['found']:8}{c['skipped']:9}{c['missing']:9}{c['extra']:8}")
    print(f"{len(cases)} cases, {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
