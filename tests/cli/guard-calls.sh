#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Ways that go round the usual system calls, on a live kernel: orders of
# io_uring, several messages in one call, memory that becomes code, signals to others.
set -u
tools="jq python3"
. "$SK_TESTS/guard-live.sh"

# told WHAT FILTER WANT: all that the filter gives for events of marked processes
told() {
	check "$1" "$(jq -rn --arg d "$dir" "[inputs | select(.process.args[-1] == \"marked-$$\") | $2] | join(\" \")" events)" "$3"
}

cat >calls.py <<'END'
import ctypes, mmap, os, signal, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p

# Memory that becomes code: of a file, and written by the process itself. Data is not told.
true = os.open("/bin/true", os.O_RDONLY)
libc.mmap(None, 4096, mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, true, 0)
own = libc.mmap(None, 8192, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
libc.mprotect(ctypes.c_void_p(own), 4096, mmap.PROT_READ)
libc.mprotect(ctypes.c_void_p(own), 8192, 7)

# Three messages in one call, each to somebody else.
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("length", ctypes.c_size_t)]
class Message(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("name_length", ctypes.c_uint), ("vector", ctypes.POINTER(Vector)),
                ("count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
                ("flags", ctypes.c_int), ("sent", ctypes.c_uint), ("pad", ctypes.c_uint)]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names = [ctypes.create_string_buffer(struct.pack("=H", 2) + struct.pack(">H", 7001) + bytes([127, 0, 7, i]) + bytes(8), 16)
         for i in range(1, 4)]
vectors = [Vector(b"message-%d" % i, 9) for i in range(1, 4)]
messages = (Message * 3)()
for i in range(3):
    messages[i].name, messages[i].name_length = ctypes.addressof(names[i]), 16
    messages[i].vector, messages[i].count = ctypes.pointer(vectors[i]), 1
libc.sendmmsg(s.fileno(), messages, 3, 0)

child = os.fork()
if child == 0:
    signal.pause()
os.kill(child, signal.SIGKILL)
os.wait()

# A ring: orders instead of calls.
params = ctypes.create_string_buffer(120)
ring = libc.syscall(425, 8, params)
if ring < 0:
    print("no io_uring")
    raise SystemExit
entries, tail, array = (struct.unpack_from("I", params, at)[0] for at in (0, 44, 64))
queue = mmap.mmap(ring, array + entries * 4, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=0)
orders = mmap.mmap(ring, entries * 64, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=0x10000000)
kept = []
def text(name):
    kept.append(ctypes.create_string_buffer(name.encode()))
    return ctypes.addressof(kept[-1])
made = 0
def order(opcode, fd, off=0, addr=0, length=0, flags=0):
    global made
    orders[0:64] = struct.pack("BBHiQQIIQ24x", opcode, 0, 0, fd, off, addr, length & 0xffffffff, flags, made)
    struct.pack_into("I", queue, array + 4 * (made % entries), 0)
    made += 1
    struct.pack_into("I", queue, tail, made)
    if libc.syscall(426, ring, 1, 1, 1, None, 0) != 1:
        print("the ring takes no orders")
here = -100
order(18, here, addr=text("ring-file"), length=0o600, flags=os.O_CREAT | os.O_WRONLY)
order(37, here, addr=text(os.getcwd() + "/ring-folder"), length=0o700)
order(35, here, addr=text("ring-file"), length=here, off=text("ring-renamed"))
order(38, here, addr=text("target"), off=text("ring-link"))
order(36, here, addr=text("ring-renamed"))
c = socket.socket()
name = ctypes.create_string_buffer(struct.pack("=H", 2) + struct.pack(">H", 7002) + bytes([127, 0, 7, 7]) + bytes(8), 16)
order(16, c.fileno(), off=16, addr=ctypes.addressof(name))
END

"$SEKISHO" guard events -f json -t mmap,mprotect,sendmmsg,kill,openat,mkdirat,renameat2,symlinkat,unlinkat,connect,exec \
	>events 2>log &
watcher=$!
if ! until_line log watching; then
	echo "the sensor does not run here: $(cat log)"
	exit 77
fi
python3 calls.py "marked-$$" >said
/bin/true "$dir-end"
until_line events "$dir-end" || echo "the end was not told"
kill $watcher
wait $watcher
watcher=

told "a file that becomes code" 'select(.type == "mmap" and (.file.name | test("/true$"))) | .args.prot' "PROT_READ|PROT_EXEC"
told "memory that becomes code" 'select(.type == "mprotect" and .args.length == "8192" and (.args.prot | test("EXEC"))) |
	.args.prot' "PROT_READ|PROT_WRITE|PROT_EXEC"
told "data is not told" 'select((.type == "mprotect" or .type == "mmap") and (.args.prot | test("EXEC") | not)) | .type' ""
told "each message of one call" 'select(.type == "sendmmsg") | .args.data + ">" + (.args.tuple | split("->")[1])' \
	"message-1>127.0.7.1:7001 message-2>127.0.7.2:7001 message-3>127.0.7.3:7001"
told "whom a signal goes to" 'select(.type == "kill") | .args.container + " " + .args.sig' "host SIGKILL"
if [ -s said ]; then
	echo "# orders of io_uring are not looked at: $(cat said)"
	exit $bad
fi
told "an open that was ordered" 'select(.type == "openat" and .args.name == $d + "/ring-file") | .args.flags' "O_CREAT|O_WRONLY"
told "a folder" 'select(.type == "mkdirat") | .args.path' "$dir/ring-folder"
told "a rename" 'select(.type == "renameat2") | .args.oldpath + ">" + .args.newpath' "$dir/ring-file>$dir/ring-renamed"
told "a symbolic link" 'select(.type == "symlinkat") | .args.target + ">" + .args.linkpath' "target>$dir/ring-link"
told "an unlink" 'select(.type == "unlinkat") | .args.name' "$dir/ring-renamed"
told "a connection" 'select(.type == "connect" and .file.type == "ipv4") | .args.tuple' 127.0.7.7:7002
exit $bad
