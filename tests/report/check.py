#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py DIR [CORPORA]: reads the reports that test-report wrote to DIR as other programs would.

Each file is CASE.FORMAT. It must parse, be valid by its published schema (where CORPORA has
it), keep what consumers ask for beyond the schema, and give back every hostile name unchanged or
harmless. Prints one line for each problem; exit code 1 if there is any.
"""
import csv
import html.parser
import io
import json
import os
import re
import sys
import xml.etree.ElementTree as ET

import jsonschema

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
problems = []


def check(condition, what):
    if not condition:
        problems.append(f"{current}: {what}")


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def validator(path, extra=()):
    """A validator whose references to other published schemas stay on this machine."""
    schema = load(path)
    store = {}
    for name in extra:
        other = load(os.path.join(os.path.dirname(path), name))
        store[other["$id"]] = other
        store["http://cyclonedx.org/schema/" + name] = other
    cls = jsonschema.validators.validator_for(schema)
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    return cls(schema, resolver=jsonschema.RefResolver.from_schema(schema, store=store))


def validate(document, schema):
    if schema is None:
        return
    for error in list(schema.iter_errors(document))[:5]:
        check(False, f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for v in value:
            yield from strings(v)
    elif isinstance(value, dict):
        for k, v in value.items():
            yield k
            yield from strings(v)


# ---- one function a format ----

def check_json(text, case, schemas):
    document = json.loads(text)
    validate(document, schemas.get("json"))
    if case == "several":
        check([r["artifact"]["name"] for r in document["reports"]] ==
              ["registry.example/shop:1.4", "dir:./shop"], "both targets are there")
    if case == "many":
        f = document["findings"][0]
        check(f["package"]["fixedVersion"] == "7.88.1-10+deb12u5", "fixed version")
        check(f["location"]["layer"] == document["layers"][1]["diffId"], "layer is a diff id")
        check(len(document["packages"]) == 5, "packages are listed")
        check(document["packages"][3]["name"] == "@babel/traverse", "names are the ecosystem's")
        check(len(document["ignored"]) == 1, "the ignored one is listed")
    if case == "hostile":
        names = {p["name"] for p in document["packages"]}
        check("\x1b[31mred\x1b]0;title\x07" in names, "control characters come back")
        check("<script>alert(1)</script>" in names, "markup comes back")
        check(not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text), "no raw control characters")
        check("<script" not in text, "no raw <script")


CHECKS = {"json": check_json}


def main():
    global current
    folder, corpora = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    schemas = {"json": validator(os.path.join(TOP, "docs", "report.schema.json"))}
    published = os.path.join(corpora, "schemas")
    if corpora:
        for name, file, extra in (
                ("sarif", "sarif-2.1.0.schema.json", ()),
                ("spdx", "spdx-2.3.schema.json", ()),
                ("cyclonedx", "bom-1.6.schema.json",
                 ("spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"))):
            path = os.path.join(published, file)
            if os.path.exists(path):
                schemas[name] = validator(path, [e for e in extra
                                                 if os.path.exists(os.path.join(published, e))])
    count = 0
    for file in sorted(os.listdir(folder)):
        case, _, kind = file.partition(".")
        current = file
        with open(os.path.join(folder, file), encoding="utf-8", newline="") as f:
            text = f.read()
        if kind in CHECKS:
            try:
                CHECKS[kind](text, case, schemas)
            except Exception as e:  # a reader that cannot read it
                check(False, f"{type(e).__name__}: {e}")
            count += 1
    for p in problems:
        print("#", p)
    print(f"# {count} reports read back, {len(problems)} problems")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    current = ""
    sys.exit(main())
