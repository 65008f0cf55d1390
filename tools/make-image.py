#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes an image archive as 'docker save' does: make-image.py OUT TAG LAYER[=STEP]...

LAYER is a tar file or a folder, STEP the Dockerfile step that its history names.
"""
import hashlib
import io
import json
import os
import platform
import sys
import tarfile
import tempfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
CREATED = "2026-01-01T00:00:00Z"


def layer_file(source):
    """The layer as an open file of tar bytes."""
    if not os.path.isdir(source):
        return open(source, "rb")
    out = tempfile.TemporaryFile()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(os.listdir(source)):
            tar.add(os.path.join(source, name), arcname=name)
    out.seek(0)
    return out


def digest(file):
    sha = hashlib.sha256()
    while block := file.read(1 << 20):
        sha.update(block)
    size = file.tell()
    file.seek(0)
    return sha.hexdigest(), size


def add(tar, name, size, file):
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o644
    tar.addfile(info, file)


def add_json(tar, name, value):
    data = json.dumps(value).encode()
    add(tar, name, len(data), io.BytesIO(data))


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    out, tag, *layers = sys.argv[1:]
    diff_ids, history, names = [], [], []
    with tarfile.open(out, "w") as tar:
        for layer in layers:
            source, _, step = layer.partition("=")
            with layer_file(source) as file:
                sha, size = digest(file)
                name = sha + "/layer.tar"
                if name not in names:
                    add(tar, name, size, file)
                names.append(name)
                diff_ids.append("sha256:" + sha)
                history.append({"created": CREATED, "created_by": step or "ADD " + os.path.basename(source)})
        config = {
            "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": CREATED,
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": history,
        }
        config_name = hashlib.sha256(json.dumps(config).encode()).hexdigest() + ".json"
        add_json(tar, config_name, config)
        add_json(tar, "manifest.json", [{"Config": config_name, "RepoTags": [tag], "Layers": names}])


if __name__ == "__main__":
    main()
