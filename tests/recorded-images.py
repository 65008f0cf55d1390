#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each package that a recorded scanner lists for an image of $SK_CORPORA/images is in our list, or has its reason
in tests/data/inventory/skipped.tsv (image, package URL, reason)."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import inventory  # noqa: E402


def main():
    root = os.path.join(os.environ.get("SK_CORPORA", ""), "images")
    if not os.environ.get("SK_CORPORA") or not os.path.isdir(root):
        print("the third-party images are not there (SK_CORPORA)")
        return 77
    skipped = inventory.load_skipped(os.path.join(inventory.HERE, "data", "inventory", "skipped.tsv"))
    wrong = 0
    for name in sorted(n for n in os.listdir(root) if ".tar" in n):
        case = name.split(".tar")[0]
        run = subprocess.run([os.environ["SEKISHO"], *inventory.SCAN_ARGS, os.path.join(root, name)],
                             capture_output=True, text=True)
        if run.returncode != 0:
            print(f"ERROR   {case}: {run.stderr.strip()}")
            wrong += 1
            continue
        ours = {inventory.normal(p["purl"]) for p in json.loads(run.stdout)["packages"]}
        with open(os.path.join(root, case + ".expected.json"), encoding="utf-8") as file:
            tools = inventory.agreed(json.load(file))
        missing = [p for p in sorted(tools) if p not in ours and not inventory.skipped_by(skipped, case, p)]
        for purl in missing:
            print(f"MISSING {case}: {purl} ({', '.join(sorted(tools[purl]))})")
        print(f"{case}: {len(tools)} listed, {len(missing)} missing, {len(ours - set(tools))} more")
        wrong += len(missing)
    return 1 if wrong else 0


sys.exit(main())
