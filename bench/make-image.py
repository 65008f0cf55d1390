#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the image that bench/run.sh scans: make-image.py DIR writes plain.tar (docker save) and
gzip.tar (OCI and docker save in one): 2.8 GB in three layers, one of them two thirds of it, gzip to about a third."""
import io
import json
import os
import random
import sys
import tarfile
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import images  # noqa: E402
from images import Layer, docker, npm, oci  # noqa: E402

random.seed(7)
WORDS = [bytes(random.randrange(33, 126) for _ in range(random.randrange(3, 10))) for _ in range(5000)]


def text(size):
    out = []
    while size > 0:
        line = b" ".join(random.choices(WORDS, k=400)) + b"\n"
        out.append(line)
        size -= len(line)
    return b"".join(out)


# A mixture of what images hold: text, code, and data that is compressed already.
CHUNKS = [text(1 << 20) for _ in range(24)] + [random.randbytes(1 << 18) + bytes(3 << 18) for _ in range(12)]


def add_system(tar):
    """A distribution's packages, which every scanner reads."""
    names = ["openssl", "libssl3", "curl", "libc6", "zlib1g", "perl-base"] + [f"library{i}" for i in range(294)]
    status = "".join(f"Package: {name}\nStatus: install ok installed\nMaintainer: Debian <a@debian.org>\n"
                     f"Architecture: amd64\nVersion: 1.{i}-1\nDescription: one of {len(names)}\n\n"
                     for i, name in enumerate(names))
    tar.entry("etc/os-release", data=b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n')
    tar.entry("var/lib/dpkg/status", data=status.encode())


def layer(index, size):
    tar, made, n = Layer(), 0, 0
    if index == 0:
        add_system(tar)
    while made < size:
        want = random.choice([500, 4000, 4000, 20000, 60000, 300000, 2000000])
        data = b"".join(random.choices(CHUNKS, k=want // (1 << 20) + 1))[:want]
        tar.entry(f"opt/l{index}/d{n % 200}/f{n}", data=data, mode=0o755 if n % 50 == 0 else 0o644)
        if n % 500 == 0:
            tar.entry(f"opt/l{index}/node_modules/p{n}/package.json", data=npm(f"p{n}"))
        made, n = made + want, n + 1
    return tar.bytes()


def add_docker_manifest(path):
    """What Docker adds since version 25, for peers that do not read OCI archives."""
    with tarfile.open(path) as tar:
        index = json.load(tar.extractfile("index.json"))
        name = "blobs/sha256/" + index["manifests"][0]["digest"].split(":")[1]
        manifest = json.load(tar.extractfile(name))
    blobs = ["blobs/sha256/" + blob["digest"].split(":")[1] for blob in [manifest["config"], *manifest["layers"]]]
    with tarfile.open(path, "a") as tar:
        entry = json.dumps([{"Config": blobs[0], "RepoTags": None, "Layers": blobs[1:]}]).encode()
        info = tarfile.TarInfo("manifest.json")
        info.size = len(entry)
        tar.addfile(info, io.BytesIO(entry))


if __name__ == "__main__":
    folder = sys.argv[1]
    layers = [layer(0, 620 << 20), layer(1, 1780 << 20), layer(2, 280 << 20)]

    def pack(data):
        squeeze = zlib.compressobj(6, zlib.DEFLATED, 31)
        return squeeze.compress(data) + squeeze.flush()

    images.PACK["gzip"] = pack
    docker(os.path.join(folder, "plain.tar"), layers)
    gzip = os.path.join(folder, "gzip.tar")
    oci(gzip, [(layers, None, None)], "gzip")
    add_docker_manifest(gzip)
