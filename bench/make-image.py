#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the image that bench/run.sh scans: make-image.py DIR writes plain.tar (docker save) and
gzip.tar (OCI): 2.8 GB in three layers, one of them two thirds of it, gzip to about a third."""
import os
import random
import sys
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


def layer(index, size):
    tar, made, n = Layer(), 0, 0
    while made < size:
        want = random.choice([500, 4000, 4000, 20000, 60000, 300000, 2000000])
        data = b"".join(random.choices(CHUNKS, k=want // (1 << 20) + 1))[:want]
        tar.entry(f"opt/l{index}/d{n % 200}/f{n}", data=data, mode=0o755 if n % 50 == 0 else 0o644)
        if n % 500 == 0:
            tar.entry(f"opt/l{index}/node_modules/p{n}/package.json", data=npm(f"p{n}"))
        made, n = made + want, n + 1
    return tar.bytes()


if __name__ == "__main__":
    folder = sys.argv[1]
    layers = [layer(0, 620 << 20), layer(1, 1780 << 20), layer(2, 280 << 20)]

    def pack(data):
        squeeze = zlib.compressobj(6, zlib.DEFLATED, 31)
        return squeeze.compress(data) + squeeze.flush()

    images.PACK["gzip"] = pack
    docker(os.path.join(folder, "plain.tar"), layers)
    oci(os.path.join(folder, "gzip.tar"), [(layers, None, None)], "gzip")
