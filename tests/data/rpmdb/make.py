#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the small databases of this folder: three packages by rpmbuild, put into SQLite by rpm itself;
the same headers in ndb by this script and in Berkeley DB of both byte orders by perl's DB_File."""
import os, shutil, sqlite3, struct, subprocess, sys, tempfile, zlib

here = os.path.dirname(os.path.abspath(__file__))
SPEC = """
Name: alpha
Epoch: 2
Version: 1.2.3
Release: 4.el9
License: MIT and (BSD or GPLv2+)
Vendor: Example Vendor
ModularityLabel: nodejs:12:8030020201124152102:229f0a1c
Summary: first
BuildArch: noarch
%description
first
%package -n beta
Epoch: 0
Version: 9~rc1^git5
Release: 1
Summary: second
%description -n beta
second
%package -n gamma
Epoch: 0
Summary: third
%description -n gamma
third
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/alpha/sub %{buildroot}/etc %{buildroot}/usr/share/gamma
echo 1 > %{buildroot}/usr/bin/alpha
echo 2 > %{buildroot}/usr/share/alpha/sub/data
echo 3 > %{buildroot}/etc/beta.conf
for i in `seq 1 9`; do echo $i > %{buildroot}/usr/share/gamma/file-$i; done
%files
/usr/bin/alpha
/usr/share/alpha
%files -n beta
%config /etc/beta.conf
%files -n gamma
/usr/share/gamma
"""
FORMAT = r"%{NAME}\t%{EPOCH}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\t%{MODULARITYLABEL}\t%{LICENSE}\n"


def run(*args, **kw):
    return subprocess.run(args, check=True, capture_output=True, text=True, **kw).stdout


def headers(top):
    """The header blobs as rpm writes them, and what rpm lists for them."""
    with open(top + "/t.spec", "w") as f:
        f.write(SPEC)
    run("rpmbuild", "-bb", "--define", "_topdir " + top, "--define", "debug_package %{nil}",
        "--define", "_buildhost build.example.com", top + "/t.spec")
    root = top + "/root"
    os.mkdir(root)
    rpms = [top + "/RPMS/noarch/" + f for f in sorted(os.listdir(top + "/RPMS/noarch"))]
    common = ["rpm", "--root", root, "--define", "_db_backend sqlite", "--define", "_dbpath /var/lib/rpm"]
    run(*common, "--nodeps", "-i", *rpms)
    tsv = run(*common, "-qa", "--qf", FORMAT)
    db = sqlite3.connect(root + "/var/lib/rpm/rpmdb.sqlite")
    blobs = [b for (b,) in db.execute("select blob from Packages order by hnum")]
    db.close()
    return blobs, "".join(sorted(tsv.splitlines(True)))


def write_sqlite(path, blobs):
    """Small pages, so that rows overflow and the table has interior pages; the last two stay in the log."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma page_size=512")
    db.execute("create table Packages (hnum integer primary key autoincrement, blob blob not null)")
    db.execute("create table Name (key text not null, hnum integer not null, idx integer not null)")
    for i in range(12):
        db.execute("insert into Packages(blob) values (?)", (blobs[i % len(blobs)],))
    db.execute("delete from Packages where hnum > ?", (len(blobs),))
    for b in blobs:
        db.execute("insert into Name values ('x', 1, 0)")
    db.close()


def write_wal(path, blobs):
    """All but the first in the log, as a process that was killed leaves it."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma page_size=512")
    db.execute("create table Packages (hnum integer primary key autoincrement, blob blob not null)")
    db.execute("insert into Packages(blob) values (?)", (blobs[0],))
    db.execute("pragma journal_mode=wal")
    db.execute("pragma wal_autocheckpoint=0")
    for b in blobs[1:]:
        db.execute("insert into Packages(blob) values (?)", (b,))
    shutil.copy(path, here + "/wal.sqlite")
    shutil.copy(path + "-wal", here + "/wal.sqlite-wal")
    db.close()


def write_ndb(path, blobs):
    slots, area, offset = b"", b"", 4096 // 16
    for number, blob in enumerate(blobs, 1):
        body = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
        body += b"\0" * (-(len(body) + 12) % 16)
        body += struct.pack("<II4s", zlib.adler32(body), len(blob), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", number, offset, len(body) // 16)
        area += body
        offset += len(body) // 16
    head = struct.pack("<4sIIIIIII", b"RpmP", 0, 1, 1, len(blobs) + 1, 0, 0, 0)
    empty = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    slots += empty * ((4096 - len(head) - len(slots)) // 16)
    with open(path, "wb") as f:
        f.write(head + slots + area)


PERL = r"""
use DB_File; use Fcntl;
my ($path, $order, @files) = @ARGV;
my $info = DB_File::HASHINFO->new; $info->{bsize} = 512; $info->{lorder} = $order;
my %h; tie(%h, "DB_File", $path, O_RDWR|O_CREAT, 0644, $info) or die $!;
my $n = 0; my $pack = $order == 1234 ? "V" : "N";
$h{pack($pack, 0)} = pack($pack, scalar @files);
for (1 .. 30) { $h{pack($pack, $_ + 100)} = "x" x ($_ * 20) }
for my $f (@files) { local $/; open(my $in, "<:raw", $f); $h{pack($pack, ++$n)} = <$in> }
delete $h{pack($pack, $_ + 100)} for 1 .. 30;
"""


def write_bdb(path, order, top, blobs):
    files = []
    for i, b in enumerate(blobs):
        files.append("%s/blob%d" % (top, i))
        with open(files[-1], "wb") as f:
            f.write(b)
    if os.path.exists(path):
        os.unlink(path)
    run("perl", "-e", PERL, path, str(order), *files)


def main():
    with tempfile.TemporaryDirectory() as top:
        blobs, tsv = headers(top)
        with open(here + "/small.tsv", "w") as f:
            f.write(tsv)
        write_sqlite(top + "/sqlite", blobs)
        shutil.copy(top + "/sqlite", here + "/small.rpmdb.sqlite")
        write_wal(top + "/wal", blobs)
        write_ndb(here + "/small.Packages.db", blobs)
        write_bdb(here + "/small-le.Packages", 1234, top, blobs)
        write_bdb(here + "/small-be.Packages", 4321, top, blobs)
        with open(here + "/small.header", "wb") as f:
            f.write(blobs[-1])


main()
