#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rootfs.py deb|rpm ROOT [RPM-OPTION...]: the packages that `sekisho scan` lists of a root file system are
those that dpkg-query or rpm lists: name, version, architecture, source package and owned files."""
import json
import os
import subprocess
import sys


def run(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout


def scanned(root, kind):
    out = subprocess.run([os.environ["SEKISHO"], "scan", "--format", "json", "--list-packages", "--packages-only",
                          "--quiet", "dir:" + root], check=True, capture_output=True, text=True).stdout
    found = {}
    for p in json.loads(out)["packages"]:
        if p["type"] == kind:
            key = (p["name"], p["version"], p.get("arch", "(none)"))
            assert key not in found, f"{key} twice"
            found[key] = p
    return found


def is_file(root, path):
    path = os.path.join(root, path.lstrip("/"))
    return os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path))


def files_of(root, listing):
    return {f.lstrip("/") for f in listing.splitlines() if f.startswith("/") and is_file(root, f)}


def check_deb(root):
    admin = "--admindir=" + os.path.join(root, "var/lib/dpkg")
    form = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Status}\n"
    ours, wrong = scanned(root, "deb"), 0
    wanted = [line.split("\t") for line in run("dpkg-query", admin, "-W", "-f", form).splitlines()]
    wanted = [w for w in wanted if w[5] not in ("config-files", "not-installed")]
    named = [w[0] if w[2] == "all" else f"{w[0]}:{w[2]}" for w in wanted]
    listings = run("dpkg-query", admin, "-L", *named).split("\n\n") if named else []
    for (name, version, arch, source, source_version, _), listing in zip(wanted, listings, strict=True):
        p = ours.pop((name, version, arch), None)
        if not p:
            print("missing", name, version, arch)
            wrong += 1
            continue
        # A listed link to a folder (lib, of a merged /usr) is dpkg's folder.
        left_out = {f for f in files_of(root, listing) - set(p.get("files", []))
                    if not os.path.isdir(os.path.join(root, f))}
        built_from = p.get("source", {"name": name, "version": version})
        if (built_from["name"], built_from["version"]) != (source, source_version) or left_out:
            print("differs", name, built_from, source, source_version, sorted(left_out)[:5])
            wrong += 1
    return len(wanted), wrong, ours


def check_rpm(root, options):
    rpm = ["rpm", "--root", root, *options]
    form = r"%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\n"
    ours, wrong = scanned(root, "rpm"), 0
    wanted = [line.split("\t") for line in run(*rpm, "-qa", "--qf", form).splitlines()]
    for name, version, arch in wanted:
        p = ours.pop((name, version.removeprefix("0:"), arch), None)
        listing = run(*rpm, "-ql", f"{name}-{version.split(':')[-1]}")
        if not p or files_of(root, listing) - set(p.get("files", [])):
            print("missing" if not p else "files differ", name, version, arch)
            wrong += 1
    return len(wanted), wrong, ours


def main():
    kind, root = sys.argv[1:3]
    count, wrong, extra = check_deb(root) if kind == "deb" else check_rpm(root, sys.argv[3:])
    for key in extra:
        print("extra", *key)
    print(f"{root}: {count} packages, {wrong} wrong, {len(extra)} extra")
    return 1 if wrong or extra or not count else 0


sys.exit(main())
