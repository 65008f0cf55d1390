#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes small images, whole and broken, for the command-line tests.

    from images import Layer, docker, oci

A Layer is a tar stream made entry by entry; docker() and oci() put layers
into an archive as `docker save` (old and new form) and OCI layouts have them.
"""
import gzip
import hashlib
import io
import json
import lzma
import os
import subprocess
import tarfile


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Layer:
    def __init__(self, form=tarfile.PAX_FORMAT):
        self.file = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.file, mode="w", format=form)

    def entry(self, name, kind=tarfile.REGTYPE, data=b"", mode=0o644, link="", **more):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.linkname = kind, mode, link
        for key, value in more.items():
            setattr(info, key, value)
        if isinstance(data, str):
            data = data.encode()
        if kind == tarfile.REGTYPE:
            info.size = len(data)
        self.tar.addfile(info, io.BytesIO(data) if kind == tarfile.REGTYPE else None)
        return self

    def dir(self, name):
        return self.entry(name, tarfile.DIRTYPE, mode=0o755)

    def symlink(self, name, target):
        return self.entry(name, tarfile.SYMTYPE, link=target)

    def hardlink(self, name, target):
        return self.entry(name, tarfile.LNKTYPE, link=target)

    def whiteout(self, path):
        head, _, tail = path.rpartition("/")
        return self.entry((head + "/" if head else "") + ".wh." + tail)

    def opaque(self, path):
        return self.entry(path + "/.wh..wh..opq")

    def bytes(self):
        self.tar.close()
        return self.file.getvalue()


def npm(name, version="1.0.0"):
    """A package.json: what a package in these tests is made of."""
    return json.dumps({"name": name, "version": version})


PACK = {
    "none": lambda data: data,
    "gzip": lambda data: gzip.compress(data, 1, mtime=0),
    "members": lambda data: b"".join(gzip.compress(data[i : i + 700], 1, mtime=0) for i in range(0, len(data), 700)),
    "xz": lambda data: lzma.compress(data),
    "zstd": lambda data: subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout,
}
MEDIA = {"none": "", "gzip": "+gzip", "members": "+gzip", "xz": "+xz", "zstd": "+zstd"}


def config_of(layers, **more):
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {"Cmd": ["/bin/sh"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(l) for l in layers]},
        "history": [{"created_by": "ENV A=b", "empty_layer": True}]
        + [{"created_by": f"RUN step {i}"} for i in range(len(layers))],
    }
    config.update(more)
    return json.dumps(config).encode()


def archive(path, files):
    """files: (name, bytes) pairs, or (name, None, target) for symbolic links."""
    with tarfile.open(path, "w") as tar:
        for name, data, *link in files:
            info = tarfile.TarInfo(name)
            if link:
                info.type, info.linkname = tarfile.SYMTYPE, link[0]
                tar.addfile(info)
            else:
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def docker(path, layers, pack="none", tag="test:1", config=None, repeat_as_link=False):
    """docker save before 25: <id>/layer.tar, <config>.json, manifest.json at the end."""
    layers = [l if isinstance(l, bytes) else l.bytes() for l in layers]
    config = config or config_of(layers)
    files, names, first = [], [], {}
    for i, layer in enumerate(layers):
        name = f"{sha256(b'%d' % i + layer)}/layer.tar"
        if repeat_as_link and layer in first:
            files.append((name, None, "../" + first[layer]))
        else:
            files.append((name, PACK[pack](layer)))
            first.setdefault(layer, name)
        names.append(name)
    files.append((sha256(config) + ".json", config))
    manifest = [{"Config": sha256(config) + ".json", "RepoTags": [tag], "Layers": names}]
    files.append(("manifest.json", json.dumps(manifest).encode()))
    archive(path, files)


def oci_files(images, pack="gzip"):
    """images: (layers, platform or None, tag or None)."""
    files, manifests = [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')], []
    for layers, platform, tag in images:
        layers = [l if isinstance(l, bytes) else l.bytes() for l in layers]
        more = {}
        if platform:
            more["os"], more["architecture"] = platform.split("/")[:2]
        config = config_of(layers, **more)
        blobs = [PACK[pack](l) for l in layers]
        manifest = json.dumps({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                       "digest": "sha256:" + sha256(config), "size": len(config)},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar" + MEDIA[pack],
                        "digest": "sha256:" + sha256(b), "size": len(b)} for b in blobs],
        }).encode()
        for blob in [*blobs, config, manifest]:
            files.append(("blobs/sha256/" + sha256(blob), blob))
        d = {"mediaType": "application/vnd.oci.image.manifest.v1+json",
             "digest": "sha256:" + sha256(manifest), "size": len(manifest)}
        if platform:
            parts = platform.split("/")
            d["platform"] = {"os": parts[0], "architecture": parts[1]}
            if len(parts) > 2:
                d["platform"]["variant"] = parts[2]
        if tag:
            d["annotations"] = {"org.opencontainers.image.ref.name": tag}
        manifests.append(d)
    index = json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()
    return files + [("index.json", index)]


def oci(path, images, pack="gzip"):
    archive(path, oci_files(images, pack))


def layout(path, images, pack="gzip"):
    for name, data in oci_files(images, pack):
        os.makedirs(os.path.join(path, os.path.dirname(name)), exist_ok=True)
        with open(os.path.join(path, name), "wb") as file:
            file.write(data)
