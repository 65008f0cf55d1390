#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py DIR [CORPORA]: reads the reports that test-report wrote to DIR as other programs would.

Each file is CASE.FORMAT. It must parse, be valid by its published schema (where CORPORA has
it), keep what consumers ask for beyond the schema, and give back every hostile name unchanged or
harmless. Prints one line for each problem; exit code 1 if there is any.
"""
import base64
import csv
import hashlib
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
    store = {schema[k]: schema for k in ("id", "$id") if k in schema}
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


# Consumers that show a report must not be able to run, follow or fetch what a package is called.
HOSTILE = "<script>alert(1)</script>"
URI = re.compile(r"^(?!/)(?:[A-Za-z0-9._~!$&'()*+,;=/-]|%[0-9A-F]{2})+$")


def check_sarif(text, case, schemas):
    document = json.loads(text)
    validate(document, schemas.get("sarif"))
    categories = []
    for run in document["runs"]:
        rules = run["tool"]["driver"]["rules"]
        categories.append(run["automationDetails"]["id"])
        check(len({r["id"] for r in rules}) == len(rules), "one rule an id")
        check(len(run["results"]) <= 25000 and len(rules) <= 25000, "GitHub's limits")
        for rule in rules:
            check(len(rule["shortDescription"]["text"]) <= 1024, "short description fits")
            check(len(rule["fullDescription"]["text"]) <= 1024, "full description fits")
            check(rule["help"]["text"] and rule["help"]["markdown"], "help")
            check(len(rule["properties"]["tags"]) <= 20, "at most 20 tags")
            if "security" in rule["properties"]["tags"]:
                check(0 < float(rule["properties"]["security-severity"]) <= 10, "security-severity")
                check(isinstance(rule["properties"]["security-severity"], str), "it is a string")
        prints = set()
        for result in run["results"]:
            check(rules[result["ruleIndex"]]["id"] == result["ruleId"], "ruleIndex")
            check(result["message"]["text"], "message")
            check(len(result["locations"]) == 1, "a location")
            place = result["locations"][0]["physicalLocation"]
            check(URI.match(place["artifactLocation"]["uri"]), "relative URI " +
                  place["artifactLocation"]["uri"])
            check(".." not in place["artifactLocation"]["uri"].split("/"), "no way out of the root")
            check(place["region"]["startLine"] >= 1, "a line")
            check(re.match(r"^[0-9a-f]{16}:1$",
                           result["partialFingerprints"]["primaryLocationLineHash"]), "fingerprint")
            prints.add(result["partialFingerprints"]["primaryLocationLineHash"])
            check("](http" not in result["message"]["text"].replace("\\]", ""), "no link in a message")
        if case == "many":
            check(len(prints) == len(run["results"]), "fingerprints differ")
            check(len(run["invocations"][0]["toolExecutionNotifications"]) == 1, "notification")
            check(len([r for r in run["results"] if "suppressions" in r]) == 1, "suppressed")
    check(len(set(categories)) == len(categories), "a category for each run")


def check_cyclonedx(text, case, schemas):
    document = json.loads(text)
    validate(document, schemas.get("cyclonedx"))
    refs = re.findall(r'"bom-ref": "((?:[^"\\]|\\.)*)"', text)
    check(len(refs) == len(set(refs)), "bom-refs are unique")
    known = {json.loads('"' + r + '"') for r in refs}
    for v in document["vulnerabilities"]:
        check(v["id"] and v["source"]["name"] and v["affects"], "what Dependency-Track needs")
        for a in v["affects"]:
            check(a["ref"] in known, "a vulnerability affects a component")
        for a in v.get("advisories", []):
            check(re.match(r"https?://", a["url"]), "advisory is a web page")
    for d in document["dependencies"]:
        check(d["ref"] in known and set(d["dependsOn"]) <= known, "dependencies are components")
    check(re.match(r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-9a-f][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
                   document["serialNumber"]), "serial number")
    if case == "many":
        check(document["metadata"]["component"]["type"] == "container", "the subject")
        names = {(c.get("group"), c["name"]) for c in document["components"]}
        check(("@babel", "traverse") in names, "npm scope is the group")
        licences = {c["name"]: c.get("licenses") for c in document["components"]}
        check(licences["lodash"] == [{"license": {"id": "MIT"}}], "licence id")
        check(licences["libssl3"] == [{"expression": "Apache-2.0 AND GPL-2.0-or-later"}], "expression")
        check(document["compositions"][0]["aggregate"] == "incomplete", "incomplete is said")
        check(document["vulnerabilities"][0]["ratings"][0]["method"] == "CVSSv31", "method")
    if case == "several":
        check([c["type"] for c in document["components"]] == ["container", "application"], "two targets")
        check(len(document["components"][0]["components"]) == 6, "that contain their packages")
    if case == "hostile":
        check(HOSTILE in {c["name"] for c in document["components"]}, "names come back")


def check_spdx(text, case, schemas):
    document = json.loads(text)
    validate(document, schemas.get("spdx"))
    ids = [p["SPDXID"] for p in document["packages"]]
    check(len(ids) == len(set(ids)), "ids are unique")
    check(all(re.match(r"^SPDXRef-[A-Za-z0-9.-]+$", i) for i in ids), "ids are well formed")
    known = set(ids) | {"SPDXRef-DOCUMENT"}
    for r in document["relationships"]:
        check(r["spdxElementId"] in known and r["relatedSpdxElement"] in known, "relationships")
    if document["packages"]:
        check(any(r["relationshipType"] == "DESCRIBES" for r in document["relationships"]), "DESCRIBES")
    extracted = {e["licenseId"] for e in document.get("hasExtractedLicensingInfos", [])}
    for p in document["packages"]:
        for ref in re.findall(r"LicenseRef-[A-Za-z0-9.-]+", p["licenseDeclared"]):
            check(ref in extracted, f"{ref} is explained")
        for ref in p.get("externalRefs", []):
            check(not re.search(r"\s", ref["referenceLocator"]), "locator without blanks")
    if case == "many":
        by = {p["name"]: p for p in document["packages"]}
        check(by["lodash"]["licenseDeclared"] == "MIT", "licence")
        check(by["lodash"]["externalRefs"][0]["referenceLocator"] == "pkg:npm/lodash@4.17.20", "purl")
        check(by["registry.example/shop:1.4"]["checksums"][0]["algorithm"] == "SHA256", "checksum")
    if case == "hostile":
        check(HOSTILE in {p["name"] for p in document["packages"]}, "names come back")


def check_junit(text, case, schemas):
    root = ET.fromstring(text)
    check(root.tag == "testsuites", "the root")
    check(not re.search("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text), "characters of XML 1.0")
    for suite in root:
        cases = suite.findall("testcase")
        check(int(suite.get("tests")) == len(cases) > 0, "tests are counted")
        for what, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            check(int(suite.get(what)) == len(suite.findall("testcase/" + tag)), what)
        for c in cases:
            check(c.get("name") and c.get("classname"), "a name")
    if case == "hostile":
        check(any(HOSTILE in c.get("name") for c in root.iter("testcase")), "names come back")


def check_csv(text, case, schemas):
    rows = list(csv.reader(io.StringIO(text), strict=True))
    head = rows[0]
    check(text.endswith("\r\n") and "\n" not in text.replace("\r\n", ""), "lines end with CRLF alone")
    for row in rows[1:]:
        check(len(row) == len(head), "as many cells as columns")
        for cell in row:
            check(not re.match(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell), f"formula {cell[:30]!r}")
            check(not re.search(r"[\x00-\x1f\x7f]", cell), "control characters")
    if case == "many":
        check(rows[1][head.index("package")] == "curl" and rows[1][head.index("kev")] == "yes", "cells")
        check(len(rows) == 9, "a row for each finding")
    if case == "hostile":
        check(HOSTILE in {r[head.index("package")] for r in rows[1:]}, "names come back")


def check_markdown(text, case, schemas):
    check(not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text), "control characters")
    try:
        import markdown_it
    except ImportError:
        markdown_it = None
    if markdown_it:
        rendered = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
        tags = set(re.findall(r"<([a-zA-Z][^\s/>]*)", rendered))
        check(tags <= {"h1", "h2", "h3", "p", "em", "strong", "table", "thead", "tbody", "tr", "th", "td", "code",
                       "details", "summary", "ol", "ul", "li", "a", "br"}, f"tags {sorted(tags)}")
        for link in re.findall(r'href="([^"]*)"', rendered):
            check(re.match(r"https://(nvd\.nist\.gov|github\.com|osv\.dev)/", link), f"link {link}")
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    check("<script" not in outside and "<img" not in outside and "<svg" not in outside, "no markup")
    check(not re.search(r"(?<![\w`])@\w", outside), "no mention")
    for line in outside.split("\n"):
        if line.startswith("| ") and case != "none":
            cells = len(re.findall(r"(?<!\\)\|", line))
            check(cells in (6, 7, 9), f"cells of a row: {line[:80]!r}")


class Page(html.parser.HTMLParser):
    """Collects what a browser would act on."""
    VOID = {"meta", "input", "br", "rect"}
    KNOWN = VOID | set("html head title style body main header footer section div span p b a h1 h2 dl dt dd ol ul li "
                       "code svg table thead tbody tr th td button label select option details summary script".split())
    ATTRIBUTES = set("lang charset http-equiv content name class id href rel target role type value placeholder "
                     "aria-label aria-pressed aria-hidden title viewbox preserveaspectratio x width height".split())

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.text, self.raw, self.policy = [], [], {}, ""

    def handle_starttag(self, tag, attrs):
        check(tag in self.KNOWN, f"element {tag}")
        for name, value in attrs:
            check(name in self.ATTRIBUTES or name.startswith("data-"), f"attribute {name}")
            if name == "href":
                check(re.match(r"^(https?://|#target-)", value), f"link {value}")
        if dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attrs)["content"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            check(self.open and self.open.pop() == tag, f"</{tag}> closes what is open")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.raw[self.open[-1]] = self.raw.get(self.open[-1], "") + data
        else:
            self.text.append(data)


def check_html(text, case, schemas):
    page = Page()
    page.feed(text)
    page.close()
    check(not page.open, "everything is closed")
    check(not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text), "control characters")
    check("default-src 'none'" in page.policy and "unsafe" not in page.policy, "the policy is strict")
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[kind].encode()).digest()).decode()
        check(f"{kind}-src 'sha256-{digest}'" in page.policy, f"the policy allows the {kind}")
    check("http://" not in page.raw["style"] + page.raw["script"] and
          "https://" not in page.raw["style"] + page.raw["script"], "nothing is fetched")
    if case == "hostile":
        check(HOSTILE in "\n".join(page.text), "names are shown")
    if case == "empty":
        check("No known vulnerability" in "".join(page.text), "a clean result says so")
    if case == "nodb":
        check("no advisory database" in "".join(page.text), "no database is said")


def check_table(text, case, schemas):
    check(not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", re.sub(r"\x1b\[[0-9;]*m", "", text)
                        if case == "colour" else text), "control characters")


def check_openvex(text, case, schemas):
    document = json.loads(text)
    if document["statements"]:  # the schema wants one at least; without any there is nothing to say
        validate(document, schemas.get("openvex"))
    for s in document["statements"]:
        check(s["status"] != "not_affected" or "justification" in s or "impact_statement" in s, "why not")
        check(s["status"] != "affected" or s["action_statement"], "what is done")
    if case == "many":
        check(len(document["statements"]) == 1, "one finding is accepted")
        s = document["statements"][0]
        check(s["vulnerability"]["name"] == "CVE-2023-45133" and s["status"] == "affected", "accepted is affected")
        check("web team" in s["action_statement"] and "2027-03-01" in s["action_statement"], "by whom, until when")
        check(s["products"][0]["@id"].startswith("pkg:oci/shop@sha256%3A") or
              s["products"][0]["@id"].startswith("pkg:oci/shop@sha256:"), "the image")
        check(s["products"][0]["subcomponents"][0]["@id"] == "pkg:npm/%40babel/traverse@7.23.0", "the package in it")
    if case == "hostile":
        check(HOSTILE in {s["vulnerability"]["name"] for s in document["statements"]}, "names come back")


def check_csaf(text, case, schemas):
    document = json.loads(text)
    head = document["document"]
    check(head["csaf_version"] == "2.0" and head["publisher"]["namespace"], "the head")
    check(head["tracking"]["version"] == head["tracking"]["revision_history"][-1]["number"], "its revision")
    check((head["category"] == "csaf_vex") == ("vulnerabilities" in document), "the profile")
    if "vulnerabilities" not in document:
        return
    tree = document["product_tree"]
    names = [p["product_id"] for p in tree["full_product_names"]]
    known = set(names)
    for r in tree.get("relationships", []):
        check(r["product_reference"] in known and r["relates_to_product_reference"] in names, "what is related")
        known.add(r["full_product_name"]["product_id"])
    check(len(set(names)) == len(names), "product ids are unique")
    check(not document["vulnerabilities"] == [], "a vulnerability")
    for v in document["vulnerabilities"]:
        check(("cve" in v) != ("ids" in v) and v["notes"], "an id and a note")
        check("cve" not in v or re.match(r"^CVE-[0-9]{4}-[0-9]{4,}$", v["cve"]), "the id's form")
        status = v["product_status"]
        flat = [p for ids in status.values() for p in ids]
        check(flat and len(set(flat)) == len(flat) and set(flat) <= known, "each product has one status")
        reasons = {p for d in v.get("flags", []) + v.get("threats", []) for p in d["product_ids"]}
        check(set(status.get("known_not_affected", [])) <= reasons, "not affected says why")
        actions = {p for d in v.get("remediations", []) for p in d["product_ids"]}
        check(set(status.get("known_affected", [])) <= actions, "affected says what is done")


GITLAB_IMAGE = re.compile(r"^[^:]+(:\d+[^:]*)?:[^:]+(:[^:]+)?$")


def check_gitlab(text, case, schemas):
    document = json.loads(text)
    scan = document["scan"]
    check(document["version"].startswith("15.") and scan["type"] == "container_scanning", "the schema")
    check(re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$", scan["start_time"]) and scan["status"] in ("success", "failure"),
          "the scan")
    ids = [v["id"] for v in document["vulnerabilities"]]
    check(len(set(ids)) == len(ids), "ids are unique")
    for v in document["vulnerabilities"]:
        check(re.match(r"^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$", v["id"]), "the id is a UUID")
        check(v["severity"] in ("Info", "Unknown", "Low", "Medium", "High", "Critical"), "severity")
        check(1 <= len(v["identifiers"]) <= 20 and len(v["name"]) <= 255, "identifiers and name")
        place = v["location"]
        check(GITLAB_IMAGE.match(place["image"]), "image " + place["image"])
        check(place["operating_system"] and place["dependency"]["package"]["name"] and place["dependency"]["version"],
              "location")
    if case == "many":
        check(len(ids) == 5 and document["vulnerabilities"][0]["location"]["image"] == "registry.example/shop:1.4",
              "the vulnerabilities")
        check(len(scan["messages"]) == 1, "what was not looked at")
    if case == "hostile":
        check(HOSTILE in {v["location"]["dependency"]["package"]["name"] for v in document["vulnerabilities"]},
              "names come back")


def check_codequality(text, case, schemas):
    document = json.loads(text)
    for issue in document:
        check(issue["severity"] in ("info", "minor", "major", "critical", "blocker"), "severity")
        check(issue["description"] and issue["check_name"] and re.match(r"^[0-9a-f]{32}$", issue["fingerprint"]), "issue")
        check(URI.match(issue["location"]["path"]) and issue["location"]["lines"]["begin"] >= 1, "location")
    if case == "many":
        check(len(document) == 7 and len({i["fingerprint"] for i in document}) == 7, "an issue a finding")


CHECKS = {"json": check_json, "sarif": check_sarif, "cyclonedx": check_cyclonedx, "spdx": check_spdx,
          "junit": check_junit, "csv": check_csv, "markdown": check_markdown, "html": check_html, "table": check_table,
          "openvex": check_openvex, "csaf": check_csaf, "gitlab": check_gitlab,
          "gitlab-codequality": check_codequality}


def main():
    global current
    folder, corpora = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    schemas = {"json": validator(os.path.join(TOP, "docs", "report.schema.json"))}
    published = os.path.join(corpora, "schemas")
    if corpora:
        for name, file, extra in (
                ("sarif", "sarif-2.1.0.schema.json", ()),
                ("spdx", "spdx-2.3.schema.json", ()),
                ("openvex", "openvex.schema.json", ()),
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
