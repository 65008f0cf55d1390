#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Layers, archives and everything hostile about them, through the command itself."""
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from images import PACK, Layer, archive, config_of, docker, layout, npm, oci, oci_files, sha256  # noqa: E402

SEKISHO = os.environ["SEKISHO"]


def pkg(layer, path, name, version="1.0.0"):
    return layer.entry(path + "/package.json", data=npm(name, version))


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="sekisho-images-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.image = os.path.join(self.dir, "image.tar")

    def scan(self, target=None, *args, stdin=None, code=0, cache=True):
        env = dict(os.environ, XDG_CACHE_HOME=os.path.join(self.dir, "cache"))
        args = [SEKISHO, "scan", target or self.image, "--packages-only", "--list-packages", "--format", "json",
                *([] if cache else ["--no-cache"]), *args]
        run = subprocess.run(args, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=120)
        self.stderr = run.stderr.decode(errors="replace")
        self.assertEqual(run.returncode, code, f"{args}: {self.stderr} {run.stdout[:2000]}")
        return json.loads(run.stdout) if run.stdout else None

    def packages(self, report):
        return sorted((p["name"], p["version"]) for p in report["packages"])

    def names(self, layers, **kw):
        """Names of the packages that all ways to read these layers agree on."""
        layers = [l.bytes() for l in layers]
        docker(self.image, layers)
        seen = self.packages(self.scan(**kw))
        self.assertEqual(self.packages(self.scan(**kw)), seen, "from the cache")
        with open(self.image, "rb") as file:
            self.assertEqual(self.packages(self.scan("-", stdin=file.read(), cache=False)), seen, "standard input")
        oci(self.image, [(layers, None, "t")])
        self.assertEqual(self.packages(self.scan(cache=False)), seen, "OCI")
        return [name for name, _ in seen]


class Overlay(Case):
    def test_plain(self):
        self.assertEqual(self.names([pkg(Layer(), "app/node_modules/a", "a")]), ["a"])

    def test_deleted(self):
        base = pkg(pkg(Layer(), "app/node_modules/a", "a"), "app/node_modules/b", "b")
        self.assertEqual(self.names([base, Layer().whiteout("app/node_modules/a/package.json")]), ["b"])

    def test_folder_deleted(self):
        base = pkg(pkg(Layer(), "app/node_modules/a", "a"), "srv/node_modules/b", "b")
        self.assertEqual(self.names([base, Layer().whiteout("app")]), ["b"])

    def test_deleted_and_made_again(self):
        base = pkg(Layer(), "app/node_modules/a", "a", "1.0.0")
        top = pkg(Layer().whiteout("app"), "app/node_modules/b", "b")
        self.assertEqual(self.names([base, top]), ["b"])
        base = pkg(Layer(), "app/node_modules/a", "a")
        again = pkg(Layer(), "app/node_modules/a", "a", "2.0.0")
        self.assertEqual(self.names([base, Layer().whiteout("app/node_modules"), again]), ["a"])

    def test_opaque(self):
        base = pkg(pkg(Layer(), "app/node_modules/a", "a"), "srv/node_modules/b", "b")
        top = pkg(Layer().dir("app").opaque("app"), "app/node_modules/c", "c")
        self.assertEqual(self.names([base, top]), ["b", "c"])

    def test_folder_becomes_file(self):
        base = pkg(pkg(Layer(), "app/node_modules/a", "a"), "b/node_modules/b", "b")
        self.assertEqual(self.names([base, Layer().entry("app", data="now a file")]), ["b"])

    def test_folder_becomes_link(self):
        base = pkg(Layer(), "app/node_modules/a", "a")
        self.assertEqual(self.names([base, Layer().symlink("app", "/elsewhere")]), [])

    def test_file_becomes_folder(self):
        base = pkg(pkg(Layer(), "node_modules/a", "a"), "node_modules/b", "b")
        self.assertEqual(self.names([base, Layer().dir("node_modules/a/package.json")]), ["b"])

    def test_overwritten(self):
        report_layers = [pkg(Layer(), "node_modules/a", "a", "1.0.0"), pkg(Layer(), "node_modules/a", "a", "1.0.1")]
        docker(self.image, report_layers)
        report = self.scan()
        self.assertEqual(self.packages(report), [("a", "1.0.1")])
        self.assertEqual(report["packages"][0]["layer"], report["layers"][1]["diffId"])

    def test_same_version_stays_with_the_first_layer(self):
        docker(self.image, [pkg(Layer(), "node_modules/a", "a"), Layer().entry("x", data="y"),
                            pkg(Layer(), "node_modules/a", "a")])
        report = self.scan()
        self.assertEqual(report["packages"][0]["layer"], report["layers"][0]["diffId"])
        self.assertEqual([l["createdBy"] for l in report["layers"]], ["RUN step 0", "RUN step 1", "RUN step 2"])

    def test_through_a_link_to_a_folder(self):
        base = pkg(Layer().dir("usr/lib").symlink("lib", "usr/lib"), "usr/lib/node_modules/a", "a")
        top = pkg(Layer(), "lib/node_modules/a", "a", "2.0.0")
        docker(self.image, [base, top])
        self.assertEqual(self.packages(self.scan()), [("a", "2.0.0")])

    def test_deleted_through_a_link(self):
        base = pkg(Layer().dir("usr/lib").symlink("lib", "usr/lib"), "usr/lib/node_modules/a", "a")
        self.assertEqual(self.names([base, Layer().whiteout("lib/node_modules/a/package.json")]), [])

    def test_link_that_went_with_its_folder(self):
        base = pkg(Layer().dir("usr/lib").symlink("opt/app/lib", "/usr/lib"), "usr/lib/node_modules/a", "a")
        top = pkg(Layer(), "opt/app/lib/node_modules/a", "b")
        for gone in (Layer().whiteout("opt/app"), Layer().opaque("opt"), Layer().entry("opt/app", data="x")):
            docker(self.image, [base, gone, top])
            self.assertEqual(sorted((p["name"], p["path"]) for p in self.scan()["packages"]),
                             [("a", "usr/lib/node_modules/a/package.json"),
                              ("b", "opt/app/lib/node_modules/a/package.json")])

    def test_link_made_after_what_lies_below_its_name(self):
        base = pkg(pkg(Layer(), "srv/node_modules/a", "a"), "tmp/x", "x").symlink("app", "tmp")
        top = pkg(Layer(), "app/node_modules/a", "b").whiteout("app").symlink("app", "srv")
        docker(self.image, [base, top])
        self.assertEqual([("a", "srv/node_modules/a/package.json")],
                         [(p["name"], p["path"]) for p in self.scan()["packages"] if p["name"] == "a"])

    def test_link_cycles(self):
        base = pkg(Layer().symlink("a", "b").symlink("b", "a"), "a/node_modules/x", "x")
        self.assertEqual(self.names([base]), ["x"])

    def test_hard_link_to_an_unwanted_name(self):
        layer = Layer().entry("objects/12ab.file", data=npm("linked")).hardlink("node_modules/a/package.json",
                                                                               "objects/12ab.file")
        docker(self.image, [layer])
        self.assertEqual(self.packages(self.scan()), [("linked", "1.0.0")])

    def test_hard_link_outlives_its_target(self):
        base = pkg(Layer(), "node_modules/a", "a").hardlink("srv/node_modules/a/package.json",
                                                            "node_modules/a/package.json")
        docker(self.image, [base, Layer().whiteout("node_modules")])
        report = self.scan()
        self.assertEqual([p["path"] for p in report["packages"]], ["srv/node_modules/a/package.json"])

    def test_same_layer_twice(self):
        layer = pkg(Layer(), "node_modules/a", "a").bytes()
        docker(self.image, [layer, Layer().whiteout("node_modules").bytes(), layer], repeat_as_link=True)
        self.assertEqual(self.packages(self.scan()), [("a", "1.0.0")])


class Cache(Case):
    def test_what_a_dead_process_left(self):
        docker(self.image, [pkg(Layer(), "node_modules/a", "a").bytes()])
        self.scan()
        folder = next(path for path, _, files in os.walk(self.dir) if len(files) == 1 and "layers/" in path)
        name = os.listdir(folder)[0]
        with open(os.path.join(folder, name + ".XyZ123"), "wb") as file:
            file.write(b"half")
        docker(self.image, [pkg(Layer(), "node_modules/b", "b").bytes()])
        self.scan()
        self.assertEqual(sorted(n for n in os.listdir(folder) if "." in n), [])
        self.assertEqual(len(os.listdir(folder)), 2)


class Locked(Case):
    LOCK = json.dumps({"name": "app", "lockfileVersion": 3, "packages": {
        "": {"name": "app"}, "node_modules/x": {"version": "1.2.3"}, "node_modules/y": {"version": "2.0.0"},
        "node_modules/t": {"version": "3.0.0", "dev": True}}})

    def test_lock_file_alone(self):
        docker(self.image, [Layer().entry("app/package-lock.json", data=self.LOCK)])
        names = [n for n, _ in self.packages(self.scan())]
        self.assertIn("x", names)
        self.assertNotIn("t", names, "development")

    def test_installed_beats_locked(self):
        docker(self.image, [pkg(Layer().entry("app/package-lock.json", data=self.LOCK), "app/node_modules/x", "x",
                                "1.2.4")])
        packages = self.packages(self.scan())
        self.assertIn(("x", "1.2.4"), packages)
        self.assertNotIn(("x", "1.2.3"), packages)
        self.assertNotIn(("y", "2.0.0"), packages, "not installed, though the lock file names it")


class Forms(Case):
    def test_compressions(self):
        layers = [pkg(Layer(), "node_modules/a", "a").entry("big", data=b"x" * 300000).bytes()]
        for pack in PACK:
            oci(self.image, [(layers, None, None)], pack)
            self.assertEqual(self.packages(self.scan(cache=False)), [("a", "1.0.0")], pack)
        for pack in PACK:
            docker(self.image, layers, pack)
            self.assertEqual(self.packages(self.scan(cache=False)), [("a", "1.0.0")], pack)

    def test_compressed_archives(self):
        docker(self.image, [pkg(Layer(), "node_modules/a", "a")])
        with open(self.image, "rb") as file:
            plain = file.read()
        for pack in PACK:
            with open(self.image, "wb") as file:
                file.write(PACK[pack](plain))
            self.assertEqual(self.packages(self.scan(cache=False)), [("a", "1.0.0")], pack)

    def test_name_forms(self):
        deep = "/".join(["a-rather-long-folder-name-%02d" % i for i in range(12)]) + "/node_modules/a"
        for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
            docker(self.image, [pkg(Layer(form), deep, "a")])
            report = self.scan(cache=False)
            self.assertEqual(report["packages"][0]["path"], deep + "/package.json")
        for prefix in ("./", "/", ".//./"):
            docker(self.image, [pkg(Layer(), prefix + "node_modules/a", "a")])
            self.assertEqual(self.scan(cache=False)["packages"][0]["path"], "node_modules/a/package.json")

    def test_sparse(self):
        root = os.path.join(self.dir, "root/node_modules/a")
        os.makedirs(root)
        with open(os.path.join(root, "package.json"), "wb") as file:
            file.write(npm("sparse").encode() + b"\n" * 10)
        with open(os.path.join(root, "hole"), "wb") as file:
            file.seek(50 << 20)
            file.write(b"\x7fELF")
        os.truncate(os.path.join(root, "hole"), 60 << 20)
        for form in ("pax", "gnu"):
            layer = subprocess.run(["tar", "-C", os.path.join(self.dir, "root"), "-S", f"--format={form}", "-c", "."],
                                   stdout=subprocess.PIPE, check=True).stdout
            docker(self.image, [layer])
            self.assertEqual(self.packages(self.scan(cache=False)), [("sparse", "1.0.0")])

    def test_platforms(self):
        images = [([pkg(Layer(), "node_modules/a", f"for-{arch}").bytes()], f"linux/{arch}", "app")
                  for arch in ("amd64", "arm64/v8", "s390x")]
        path = os.path.join(self.dir, "layout")
        layout(path, images)
        self.assertEqual(self.scan(path, "--platform", "linux/s390x")["packages"][0]["name"], "for-s390x")
        self.assertEqual(self.scan(path, "--platform", "linux/arm64")["packages"][0]["name"], "for-arm64/v8")
        self.assertEqual(self.scan("oci:" + path, "--platform", "amd64")["packages"][0]["name"], "for-amd64")
        self.scan(path, "--platform", "windows/amd64", code=3)
        self.assertIn("linux/s390x", self.stderr)

    def test_several_images(self):
        one = [pkg(Layer(), "node_modules/a", "one").bytes()]
        two = [pkg(Layer(), "node_modules/a", "two").bytes()]
        oci(self.image, [(one, "linux/amd64", "reg/one:1"), (two, "linux/amd64", "reg/two:1")])
        report = self.scan("archive:" + self.image, "--platform", "linux/amd64")
        self.assertEqual(self.packages(report), [("one", "1.0.0")])
        self.assertIn("other-image", [f["id"] for f in report["findings"]])
        report = self.scan(self.image + "#two:1", "--platform", "linux/amd64")
        self.assertEqual(self.packages(report), [("two", "1.0.0")])

    def test_folder_as_target(self):
        os.makedirs(os.path.join(self.dir, "src"))
        with open(os.path.join(self.dir, "src/package-lock.json"), "w") as file:
            json.dump({"name": "app", "lockfileVersion": 3,
                       "packages": {"": {"name": "app"}, "node_modules/x": {"version": "1.2.3"}}}, file)
        self.assertIn(("x", "1.2.3"), self.packages(self.scan("dir:" + os.path.join(self.dir, "src"))))

    def test_several_targets(self):
        docker(self.image, [pkg(Layer(), "node_modules/a", "a")])
        other = os.path.join(self.dir, "other.tar")
        docker(other, [pkg(Layer(), "node_modules/b", "b")])
        report = self.scan(self.image, other)
        self.assertEqual(len(report.get("reports") or report.get("results")), 2)


class Hostile(Case):
    def ids(self, report):
        return {f["id"] for f in report["findings"]}

    def test_wrong_diff_id(self):
        good, bad = pkg(Layer(), "node_modules/a", "a").bytes(), Layer().entry("x", data="z").bytes()
        docker(self.image, [good], config=config_of([bad]))
        self.assertIn("digest-mismatch", self.ids(self.scan(code=3)))
        self.assertIn("digest-mismatch", self.ids(self.scan(code=3)), "never from the cache")

    def test_wrong_blob_digest(self):
        files = oci_files([([pkg(Layer(), "node_modules/a", "a").bytes()], None, None)], "gzip")
        for i, (name, data) in enumerate(files):
            if data[:2] == b"\x1f\x8b":  # the same tar, packed otherwise
                files[i] = (name, gzip.compress(gzip.decompress(data), 9, mtime=7))
        archive(self.image, files)
        self.assertIn("digest-mismatch", self.ids(self.scan(code=3)))

    def test_wrong_manifest_and_config(self):
        files = oci_files([([pkg(Layer(), "node_modules/a", "a").bytes()], None, None)], "gzip")
        for kind in (b'"rootfs"', b'"layers"'):
            broken = [(n, d.replace(b"2026-01", b"2026-02").replace(b'"schemaVersion": 2', b'"schemaVersion": 3')
                       if kind in d and n.startswith("blobs") else d) for n, d in files]
            archive(self.image, broken)
            self.scan(code=3)
            self.assertIn("as promised", self.stderr)

    def test_names_that_leave_the_root(self):
        layer = pkg(Layer(), "../../node_modules/evil", "evil")
        pkg(layer, "a/../../../node_modules/evil2", "evil2")
        pkg(layer, "ok/../node_modules/good", "good")
        docker(self.image, [layer])
        report = self.scan()
        self.assertEqual(self.packages(report), [("good", "1.0.0")])
        self.assertIn("hostile-path", self.ids(report))

    def test_links_out_of_the_root(self):
        layer = pkg(Layer().symlink("out", "../../../../../../etc").symlink("abs", "/proc/self/root"),
                    "out/node_modules/a", "a")
        docker(self.image, [layer, Layer().whiteout("etc/node_modules/a/package.json")])
        self.assertEqual(self.packages(self.scan()), [], "links stop at the root of the image")

    def test_cut_off_everywhere(self):
        oci(self.image, [([pkg(Layer(), "node_modules/a", "a").entry("r", data=os.urandom(20000)).bytes()],
                          None, None)])
        with open(self.image, "rb") as file:
            whole = file.read()
        for cut in [0, 1, 511, 512, 513, *range(1024, len(whole), len(whole) // 23)]:
            for how in ("file", "stdin"):
                with open(self.image, "wb") as file:
                    file.write(whole[:cut])
                env = dict(os.environ, XDG_CACHE_HOME=os.path.join(self.dir, "cache"))
                run = subprocess.run([SEKISHO, "scan", "--packages-only", self.image if how == "file" else "-"],
                                     input=whole[:cut] if how == "stdin" else None, env=env, timeout=60,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                # A cut in the padding at the end loses nothing.
                self.assertIn(run.returncode, (3,) if cut < len(whole) - 10240 else (0, 3), f"{how} cut at {cut}")
                self.assertTrue(run.stderr or run.stdout, f"{how} cut at {cut}: silent")

    def test_bits_flipped(self):
        layers = [pkg(Layer(), "node_modules/a", "a").entry("r", data=b"text " * 2000).bytes()]
        for pack in ("gzip", "zstd", "xz", "none"):
            oci(self.image, [(layers, None, None)], pack)
            with open(self.image, "rb") as file:
                whole = bytearray(file.read())
            for at in range(100, len(whole), max(1, len(whole) // 40)):
                whole[at] ^= 0x10
                with open(self.image, "wb") as file:
                    file.write(whole)
                env = dict(os.environ, XDG_CACHE_HOME=os.path.join(self.dir, "cache"))
                run = subprocess.run([SEKISHO, "scan", "--packages-only", self.image], env=env, timeout=60,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertIn(run.returncode, (0, 3), f"{pack} bit at {at}: {run.stderr}")
                whole[at] ^= 0x10

    def test_bomb(self):
        bomb = Layer().entry("zeros", data=bytes(300 << 20))
        docker(self.image, [bomb], "gzip")
        self.scan(cache=False)

    def test_bytes_behind_the_end(self):
        docker(self.image, [pkg(Layer(), "node_modules/a", "a").bytes()])
        with open(self.image, "rb") as file:
            image = file.read()
        padded = self.scan("-", stdin=image + bytes(1 << 20), cache=False)
        self.assertEqual(self.packages(padded), [("a", "1.0.0")])
        self.assertIn("unreadable-target", self.ids(self.scan("-", stdin=image + bytes(65 << 20), code=3)))
        self.assertIn("unreadable-target", self.ids(self.scan("/dev/zero", code=3)))

    def test_not_an_image(self):
        for data in (b"", b"hello", os.urandom(5000), b"\x1f\x8b" + os.urandom(500), b"\0" * 4096):
            with open(self.image, "wb") as file:
                file.write(data)
            self.scan(code=3)
            self.assertTrue(self.stderr)

    def test_broken_documents(self):
        for manifest in (b"", b"[", b"[]", b"{}", b"[{}]", b'[{"Config": 1}]', b'[{"Config": "x", "Layers": 5}]',
                         b'[{"Config": "../../../etc/passwd", "Layers": []}]', b"[" * 100000):
            archive(self.image, [("manifest.json", manifest)])
            self.scan(code=3)
            self.assertTrue(self.stderr)

    def test_endless_pax_headers(self):
        layer = Layer()
        for i in range(200):
            layer.entry("n" * 150 + str(i), pax_headers={f"SCHILY.xattr.user.x{j}": "v" * 500 for j in range(50)})
        pkg(layer, "node_modules/a", "a")
        docker(self.image, [layer])
        self.assertEqual(self.packages(self.scan()), [("a", "1.0.0")])
        # One header that claims to be a terabyte.
        info = tarfile.TarInfo("x")
        info.type, info.size = tarfile.XHDTYPE, 1 << 40
        docker(self.image, [info.tobuf(tarfile.GNU_FORMAT) + bytes(4096)])
        self.scan(code=3)

    def test_layer_missing(self):
        files = [f for f in oci_files([([pkg(Layer(), "node_modules/a", "a").bytes()], None, None)], "gzip")
                 if f[1][:2] != b"\x1f\x8b"]
        archive(self.image, files)
        report = self.scan(code=3)
        self.assertIn("unreadable-layer", self.ids(report))

    def test_garbage_behind_the_compressed_stream(self):
        layer = pkg(Layer(), "node_modules/a", "a").bytes()
        docker(self.image, [gzip.compress(layer, mtime=0) + b"garbage"], config=config_of([layer]))
        self.scan(code=3)
        docker(self.image, [gzip.compress(layer, mtime=0) + bytes(1024)], config=config_of([layer]))
        self.scan(cache=False)

    def test_worker_dies(self):
        docker(self.image, [pkg(Layer(), "node_modules/a", "a").entry("r", data=os.urandom(100000))])
        with open(self.image, "rb") as file:
            whole = file.read()
        run = subprocess.Popen([SEKISHO, "scan", "--packages-only", "--format", "json", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=dict(os.environ, XDG_CACHE_HOME=os.path.join(self.dir, "cache")))
        run.stdin.write(whole[:50000])
        run.stdin.flush()
        worker = ""
        for _ in range(200):
            with open(f"/proc/{run.pid}/task/{run.pid}/children") as file:
                worker = file.read().strip()
            if worker:
                break
            time.sleep(0.02)
        os.kill(int(worker), signal.SIGKILL)
        out, err = run.communicate(timeout=30)
        self.assertEqual(run.returncode, 3)
        self.assertIn(b"signal 9", err)
        self.assertIn("crash", self.ids(json.loads(out)))

    def test_damaged_package_database(self):
        layer = Layer().entry("var/lib/rpm/rpmdb.sqlite", data=b"SQLite format 3\0" + os.urandom(5000))
        docker(self.image, [pkg(layer, "node_modules/a", "a")])
        report = self.scan(code=3)
        self.assertIn("unreadable-packages", self.ids(report))
        self.assertEqual(self.packages(report), [("a", "1.0.0")])
        docker(self.image, [layer, Layer().whiteout("var/lib/rpm")])
        self.scan()  # what is not there any more need not be readable

    def test_package_database_cut_off(self):
        """What could be read of it counts; that it is not all must not go unnoticed."""
        for name in ("small-le.Packages", "small.Packages.db", "small.rpmdb.sqlite"):
            with open(os.path.join(HERE, "data", "rpmdb", name), "rb") as file:
                whole = file.read()
            docker(self.image, [Layer().entry("var/lib/rpm/" + name.split(".", 1)[1], data=whole[:-100])])
            self.assertIn("unreadable-packages", self.ids(self.scan(code=3)), name)
        status = b"Package: a\nVersion: 1\nStatus: install ok installed\n\n"
        docker(self.image, [Layer().entry("var/lib/dpkg/status", data=status + b"Package: b\nbroken\n")])
        report = self.scan(code=3)
        self.assertEqual(self.packages(report), [("a", "1")])

    def test_several_targets_one_broken(self):
        docker(self.image, [pkg(Layer(), "node_modules/a", "a")])
        report = self.scan(os.path.join(self.dir, "none.tar"), self.image, code=3)
        text = json.dumps(report)
        self.assertIn("unreadable-target", text)
        self.assertIn("pkg:npm/a@1.0.0", text)

    def test_many_entries(self):
        layer = Layer(tarfile.USTAR_FORMAT)
        for i in range(200000):
            layer.tar.fileobj.write(tarfile.TarInfo(f"d{i % 97}/f{i}").tobuf(tarfile.USTAR_FORMAT))
            layer.tar.offset += 512
        pkg(layer, "node_modules/a", "a")
        docker(self.image, [layer], "gzip")
        self.assertEqual(self.packages(self.scan()), [("a", "1.0.0")])


if __name__ == "__main__":
    unittest.main(verbosity=1)
