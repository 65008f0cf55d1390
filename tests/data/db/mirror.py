# SPDX-License-Identifier: Apache-2.0
# Makes a small mirror: mirror.py FOLDER. Two ecosystems, KEV, EPSS.
import gzip, json, os, sys, zipfile

folder = sys.argv[1]
os.makedirs(folder + "/osv", exist_ok=True)

def record(id, ecosystem, name, fixed, **more):
    return dict(id=id, modified="2026-01-01T00:00:00Z", summary="A flaw in " + name, affected=[
        dict(package=dict(ecosystem=ecosystem, name=name),
             ranges=[dict(type="ECOSYSTEM", events=[dict(introduced="0"), dict(fixed=fixed)])])], **more)

def archive(name, records):
    with zipfile.ZipFile("%s/osv/%s.zip" % (folder, name), "w", zipfile.ZIP_DEFLATED) as z:
        for r in records:
            info = zipfile.ZipInfo(r["id"] + ".json", (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            # Texts that do not compress, so that the archive can be cut in the middle.
            r["details"] = os.urandom(600).hex() if name == "PyPI" else ""
            z.writestr(info, json.dumps(r))

archive("PyPI", [record("PYSEC-2026-%d" % i, "PyPI", "package-%d" % i, "1.%d" % i,
                        aliases=["CVE-2026-%04d" % i]) for i in range(1, 101)])
archive("Rocky Linux", [record("RLSA-2026:1", "Rocky Linux:9", "bash", "0:5.1.8-9.el9")])
json.dump(dict(dateReleased="2026-01-02T00:00:00Z", vulnerabilities=[
    dict(cveID="CVE-2026-0001", vulnerabilityName="A flaw", dateAdded="2026-01-01", dueDate="2026-01-20")]),
    open(folder + "/kev.json", "w"))
with gzip.open(folder + "/epss_scores-current.csv.gz", "wt") as f:
    f.write("#model_version:v2025.03.14,score_date:2026-01-03T00:00:00+0000\ncve,epss,percentile\n"
            "CVE-2026-0001,0.94210,0.99900\nCVE-1999-0001,0.1,0.2\nbroken\n")
