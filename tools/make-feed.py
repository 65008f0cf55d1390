#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cuts a small feed out of a full one: make-feed.py FULL-FEED OUT

The advisories of common Debian and Python packages, reduced to facts: ids,
packages, ranges, scores, dates. No text and no links are taken over. Both
folders are laid out as OSV publishes its archives: osv/<ecosystem>.zip, kev.json.
"""
import json
import os
import sys
import zipfile

DEBIAN = """
apache2 apt bash bind9 busybox bzip2 ca-certificates cups curl dbus dpkg e2fsprogs expat gcc-12 git glib2.0 glibc
gmp gnupg2 gnutls28 gzip jq krb5 libarchive libcap2 libgcrypt20 libjpeg-turbo libpng1.6 libssh2 libtasn1-6 libtiff
libwebp libx11 libxml2 libxslt libzstd lz4 mariadb ncurses nghttp2 nginx node-undici nodejs openjdk-17 openldap
openssh openssl p11-kit pam pcre2 perl php8.2 postgresql-15 postgresql-17 python3.11 python3.13 python-urllib3
redis rsync ruby3.1 shadow sqlite3 sudo systemd tar tiff tzdata util-linux vim wget xz-utils zlib
""".split()
PYPI = """
aiohttp black certifi celery click cryptography django djangorestframework fastapi flask flask-cors gunicorn idna ipython
jinja2 jupyter-server keras langchain lxml mako markdown mlflow nltk notebook numpy onnx oauthlib paramiko pillow pip
protobuf pydantic pygments pyjwt pymongo pyopenssl python-multipart pyyaml requests rsa scikit-learn setuptools
sqlalchemy sqlparse starlette tornado tqdm twisted urllib3 uvicorn waitress werkzeug wheel zipp
""".split()
RELEASES = ("Debian:11", "Debian:12", "Debian:13")


def wanted(affected):
    package = affected.get("package", {})
    ecosystem, name = package.get("ecosystem", ""), package.get("name")
    return (ecosystem in RELEASES and name in DEBIAN) or (ecosystem == "PyPI" and name in PYPI)


def reduce_affected(affected):
    kept = {
        "package": {k: affected["package"][k] for k in ("ecosystem", "name")},
        "ranges": [
            {"type": r["type"], "events": r["events"]}
            for r in affected.get("ranges", [])
            if r["type"] != "GIT"
        ],
    }
    if not kept["ranges"]:  # the list of versions is then all there is
        kept["versions"] = affected.get("versions", [])
    if affected.get("severity"):
        kept["severity"] = affected["severity"]
    return kept


def reduce_record(record):
    affected = [reduce_affected(a) for a in record.get("affected", []) if wanted(a)]
    if not affected:
        return None
    names = ("schema_version", "id", "modified", "published", "withdrawn", "aliases", "upstream", "related", "severity")
    kept = {name: record[name] for name in names if record.get(name)}
    kept["affected"] = affected
    severity = record.get("database_specific", {}).get("severity")
    if severity:
        kept["database_specific"] = {"severity": severity}
    return kept


def cut(source, target, ids):
    with zipfile.ZipFile(source) as full, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as small:
        for name in sorted(full.namelist()):
            kept = reduce_record(json.loads(full.read(name)))
            if not kept:
                continue
            for key in ("aliases", "upstream"):
                ids.update(kept.get(key, []))
            # One date for all members: the same input gives the same bytes.
            entry = zipfile.ZipInfo(os.path.basename(name), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            small.writestr(entry, json.dumps(kept, separators=(",", ":"), sort_keys=True))
        print(target, len(small.namelist()), "advisories")


def main():
    source, target = sys.argv[1:]
    ids = set()
    os.makedirs(os.path.join(target, "osv"), exist_ok=True)
    for ecosystem in ("Debian", "PyPI"):
        cut(f"{source}/osv/{ecosystem}.zip", f"{target}/osv/{ecosystem}.zip", ids)
    with open(f"{source}/kev.json") as f:
        kev = json.load(f)
    names = ("cveID", "dateAdded", "dueDate", "knownRansomwareCampaignUse")
    entries = [{name: v[name] for name in names} for v in kev["vulnerabilities"] if v["cveID"] in ids]
    head = {name: kev[name] for name in ("catalogVersion", "dateReleased")}
    with open(f"{target}/kev.json", "w") as f:
        json.dump(dict(head, count=len(entries), vulnerabilities=entries), f, indent=1)
        f.write("\n")
    print(f"{target}/kev.json", len(entries), "entries")


if __name__ == "__main__":
    main()
