#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs packages with npm and pip, and compares our list with theirs.

Nothing comes from the network: npm asks a registry that runs here, pip a folder
of wheels that are made here. $SEKISHO is the program.
"""
import gzip
import hashlib
import http.server
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from urllib.parse import unquote

# name -> version -> dependencies; two versions of a name make a nested node_modules.
NPM = {
    "@scope/top": {"1.0.0": {"leaf": "^1.0.0", "mid": "2.x"}},
    "mid": {"2.1.0": {"leaf": "^2.0.0"}, "3.0.0": {"leaf": "^1.0.0"}},
    "leaf": {"1.0.2": {}, "1.4.0-rc.1": {}, "2.0.0": {}},
    "tool": {"0.1.0": {"leaf": "^2.0.0", "only-tool": "*"}},
    "only-tool": {"7.0.0": {}},
    "elsewhere": {"1.0.0": {}},
}
PYPI = {
    "Top_Level.pkg": ("1.0", ["leaf-pkg>=1"]),
    "leaf-pkg": ("1.4.post1", []),
    "epoch": ("1!2.0", []),
}
failures = 0


def check(what, ours, theirs):
    global failures
    if ours == theirs:
        print(f"ok: {what}: {len(ours)} packages")
        return
    failures += 1
    print(f"FAILED: {what}: only we list {sorted(ours - theirs)}, only they {sorted(theirs - ours)}")


def scan(folder):
    run = subprocess.run([os.environ["SEKISHO"], "scan", "--packages-only", "--quiet", "--list-packages",
                          "--format", "json", "dir:" + folder], stdout=subprocess.PIPE, check=True)
    return json.loads(run.stdout)["packages"]


def tarball(name, version, dependencies):
    manifest = {"name": name, "version": version, "dependencies": dependencies, "license": "MIT"}
    if name == "elsewhere":
        manifest["os"] = ["sunos"]  # optional, and left out everywhere else
    files = {
        "package/package.json": json.dumps(manifest),
        "package/esm/package.json": '{"type": "module"}',
        "package/test/fixture/package.json": '{"name": "fixture", "version": "9.9.9"}',
        "package/index.js": "",
    }
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for path, text in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return gzip.compress(raw.getvalue(), mtime=0), manifest


class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = unquote(self.path).lstrip("/")
        name, _, version = path.removeprefix("-/").removesuffix(".tgz").rpartition("=")
        if path.startswith("-/") and version in NPM.get(name, {}):
            body = tarball(name, version, NPM[name][version])[0]
        elif path in NPM:
            body = json.dumps(self.packument(path)).encode()
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def packument(self, name):
        versions = {}
        for version, dependencies in NPM[name].items():
            tgz, manifest = tarball(name, version, dependencies)
            base = f"http://127.0.0.1:{self.server.server_port}"
            versions[version] = manifest | {"dist": {"tarball": f"{base}/-/{name}={version}.tgz",
                                                     "shasum": hashlib.sha1(tgz).hexdigest()}}
        return {"name": name, "versions": versions,
                "dist-tags": {"latest": [v for v in versions if "-" not in v][-1]}}

    def log_message(self, *_):
        pass


def listed_by_npm(folder, *args):
    run = subprocess.run(["npm", "ls", "--all", "--json", "--long", *args], cwd=folder, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    found = set()

    def walk(node):
        for dependency in (node.get("dependencies") or {}).values():
            if not dependency.get("missing") and dependency.get("version"):
                found.add((dependency["name"], dependency["version"]))
            walk(dependency)

    walk(json.loads(run.stdout))
    return found


def ours_npm(folder):
    found = set()
    for package in scan(folder):
        name, _, version = unquote(package["purl"].removeprefix("pkg:npm/")).rpartition("@")
        if "main" not in package["flags"]:
            found.add((name, version))
    return found


def test_npm(work):
    if not shutil.which("npm"):
        print("skipped: npm is not there")
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = os.path.join(work, "app")
    os.mkdir(app)
    with open(os.path.join(app, "package.json"), "w", encoding="utf-8") as file:
        json.dump({"name": "app", "version": "1.2.3",
                   "dependencies": {"@scope/top": "*", "mid": "^3", "leaf-alias": "npm:leaf@1.4.0-rc.1"},
                   "devDependencies": {"tool": "*"}, "optionalDependencies": {"elsewhere": "*"}}, file)
    install = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--cache", os.path.join(work, "cache"),
               "--registry", f"http://127.0.0.1:{server.server_port}/"]
    subprocess.run([*install, "--package-lock-only"], cwd=app, check=True)
    check("npm, lock file alone", ours_npm(app) - {("elsewhere", "1.0.0")},
          listed_by_npm(app, "--package-lock-only") - {("elsewhere", "1.0.0")})
    subprocess.run(install, cwd=app, check=True)
    check("npm, installed", ours_npm(app), listed_by_npm(app))
    development = {p["name"] for p in scan(app) if "dev" in p["flags"]}
    check("npm, for development alone", development, {"tool", "only-tool"})
    subprocess.run([*install, "--omit=dev"], cwd=app, check=True)
    check("npm, --omit=dev", ours_npm(app), listed_by_npm(app, "--omit=dev"))
    os.remove(os.path.join(app, "package-lock.json"))
    check("npm, without its lock file", ours_npm(app), listed_by_npm(app, "--omit=dev"))
    server.shutdown()


def wheel(folder, name, version, requires):
    plain = name.replace("-", "_").replace(".", "_")
    info = f"{plain}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "License-Expression: MIT",
             *(f"Requires-Dist: {r}" for r in requires)]
    files = {
        f"{plain}/__init__.py": "",
        f"{info}/METADATA": "\n".join(lines) + "\n\nName: not this\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{plain}-run = {plain}:x\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(os.path.join(folder, f"{plain}-{version}-py3-none-any.whl"), "w") as file:
        for path, text in (files | {f"{info}/RECORD": record}).items():
            file.writestr(path, text)


def ours_pypi(folder):
    return {(p["name"], p["version"]) for p in scan(folder) if p["type"] == "pypi"}


def test_pip(work):
    wheels, venv = os.path.join(work, "wheels"), os.path.join(work, "venv")
    os.mkdir(wheels)
    for name, (version, requires) in PYPI.items():
        wheel(wheels, name, version, requires)
    check("wheels", ours_pypi(wheels), {(name, version) for name, (version, _) in PYPI.items()})
    if subprocess.run([sys.executable, "-m", "venv", venv], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: python3 -m venv does not work here")
        return
    pip = [os.path.join(venv, "bin", "pip"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", "--no-index", "--find-links", wheels, "Top_Level.pkg", "epoch"],
                   check=True)
    theirs = json.loads(subprocess.run([*pip, "list", "--format", "json"], stdout=subprocess.PIPE,
                                       check=True).stdout)
    # What others carry inside (setuptools/_vendor) is there, though pip does not list it.
    ours = {(p["name"], p["version"]) for p in scan(venv)
            if p["path"].split("site-packages/")[-1].count("/") == 1}
    check("pip", ours, {(p["name"], p["version"]) for p in theirs})
    before = len(scan(work))
    with open(os.path.join(work, "requirements.txt"), "w", encoding="utf-8") as file:
        file.write("top-level.PKG == 1.0\nepoch==1!1.0\n")
    check("pip, requirements that are installed, and that are not",
          {(p["name"], p["version"]) for p in scan(work) if p["path"] == "requirements.txt"}, {("epoch", "1!1.0")})
    check("pip, what else is there", {len(scan(work))}, {before + 1})
    files = {p["name"]: p.get("files", []) for p in scan(venv)}
    shown = subprocess.run([*pip, "show", "-f", "Top_Level.pkg"], stdout=subprocess.PIPE, check=True, text=True).stdout
    site = shown.split("Location: ")[1].split("\n")[0]
    listed = {os.path.relpath(os.path.normpath(os.path.join(site, line.strip())), venv)
              for line in shown.split("Files:\n")[1].splitlines()}
    check("pip, files", set(files.get("Top_Level.pkg", [])), listed)


YARN_1 = """# yarn lockfile v1

"@s/a@^1.0.0":
  version "1.1.0"
  dependencies:
    b "^1"

b@^1, "b@>=1, <2":
  version "1.2.0"

"alias@npm:c@^3":
  version "3.0.0"

tool@*:
  version "0.1.0"
  dependencies:
    b ">=1, <2"
    d "1"

d@1:
  version "1.0.0"
  dependencies:
    tool "*"
"""
YARN_4 = """__metadata:
  version: 8

"@s/a@npm:^1.0.0":
  version: 1.1.0
  resolution: "@s/a@npm:1.1.0"
  dependencies:
    b: "npm:^1"

"b@npm:>=1, b@npm:^1":
  version: 1.2.0
  resolution: "b@npm:1.2.0"

"alias@npm:c@^3":
  version: 3.0.0
  resolution: "c@npm:3.0.0"

"tool@npm:*":
  version: 0.1.0
  resolution: "tool@npm:0.1.0"
  dependencies:
    b: >=1
    d: 1
  peerDependencies:
    "@s/a": "*"

"d@npm:1":
  version: 1.0.0
  resolution: "d@npm:1.0.0"
"""


def test_yarn(work):
    for name, lock in ("yarn1", YARN_1), ("yarn4", YARN_4):
        folder = os.path.join(work, name, "packages", "w")
        os.makedirs(folder)
        with open(os.path.join(work, name, "yarn.lock"), "w", encoding="utf-8") as file:
            file.write(lock)
        with open(os.path.join(folder, "package.json"), "w", encoding="utf-8") as file:
            json.dump({"dependencies": {"@s/a": "^1.0.0", "alias": "npm:c@^3"}, "devDependencies": {"tool": "*"}}, file)
        check(f"{name}, what is needed for what",
              {(unquote(p["purl"]).removeprefix("pkg:npm/"), *sorted(p["flags"]))
               for p in scan(os.path.join(work, name))},
              {("@s/a@1.1.0",), ("b@1.2.0", "indirect"), ("c@3.0.0",), ("tool@0.1.0", "dev"),
               ("d@1.0.0", "dev", "indirect")})


def main():
    with tempfile.TemporaryDirectory() as work:
        os.environ.update(HOME=work, XDG_CACHE_HOME=work, XDG_CONFIG_HOME=work)
        work = os.path.realpath(work)
        test_yarn(work)
        test_npm(work)
        test_pip(work)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
