#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sensor on a live kernel: marked programs do marked things, and each is
# told with its process, its container and what the kernel knows of it.
set -u
[ "$(id -u)" = 0 ] || { echo "the sensor needs root"; exit 77; }
for tool in jq python3 setpriv; do
	command -v $tool >/dev/null 2>&1 || { echo "$tool is not there"; exit 77; }
done
"$SEKISHO" version | grep -q '^sensor *built in' || { echo "built without the sensor"; exit 77; }

dir=$(mktemp -d)
dir=$(cd "$dir" && pwd -P)
DOCKER_HOST=unix://$dir/docker.sock
export DOCKER_HOST
watcher=
clean() {
	[ -n "$watcher" ] && kill "$watcher" 2>/dev/null
	[ -f "$dir/pid" ] && kill "$(cat "$dir/pid")" 2>/dev/null
	wait
	rm -rf "$dir"
}
trap clean EXIT INT TERM

# until_file FILE PATTERN: waits until a line matches; a slow machine may take its time
until_file() {
	for _ in $(seq 600); do
		grep -q "$2" "$1" 2>/dev/null && return 0
		kill -0 "$watcher" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
# watch ARGUMENT...: events go to $dir/events
watch() {
	: >"$dir/events"
	: >"$dir/log"
	"$SEKISHO" guard events -f json "$@" >"$dir/events" 2>"$dir/log" &
	watcher=$!
	until_file "$dir/log" watching
}
# done_watching: everything that was done before has been told
done_watching() {
	/bin/true "$dir-end"
	until_file "$dir/events" "$dir-end" || echo "the end was not told"
	kill "$watcher"
	wait "$watcher"
	watcher=
}
bad=0
check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
	bad=1
}
# told WHAT FILTER WANT: the first event that the filter gives something for
told() { check "$1" "$(jq -rn --arg d "$dir" "first(inputs | $2)" "$dir/events")" "$3"; }

if ! watch; then
	echo "the sensor does not run here: $(cat "$dir/log")"
	exit 77
fi

cd "$dir" || exit 1
mkdir one
sh -c 'exec /bin/true marked "two words" ""'
sh -c 'sh -c "/bin/true deep; exit 3"'
echo x >one/new
mv one/new one/moved
ln one/moved one/hard
ln -s target one/soft
chmod 4755 one/moved
rm one/soft
rm one/hard
setpriv --reuid 12345 --clear-groups /bin/true as-other
cat >net.py <<'END'
import os, socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(5)
c = socket.create_connection(s.getsockname()); a, peer = s.accept()
six = socket.socket(socket.AF_INET6); six.bind(("::1", 0)); six.listen(1)
u = socket.socket(socket.AF_UNIX); u.bind(sys.argv[1] + "/local"); u.listen(1)
v = socket.socket(socket.AF_UNIX); v.connect(sys.argv[1] + "/local")
d = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); d.connect(("127.0.0.9", 5353))
os.dup2(c.fileno(), 0)
print(s.getsockname()[1], peer[1])
m = os.memfd_create("marked-memfd")
os.write(m, open("/bin/true", "rb").read())
if os.fork() == 0:
    os.execve(m, ["from-memory"], {})
os.wait()
# A name server, a question to it, its answer; and a connection to the address that it gave.
name = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); name.bind(("127.8.8.8", 53))
question = b"\0224\1\0\0\1\0\0\0\0\0\0\6marked\7example\3org\0\0\1\0\1"
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); asker.sendto(question, ("127.8.8.8", 53))
got, who = name.recvfrom(512)
name.sendto(b"\0224\x81\x80\0\1\0\1\0\0\0\0" + got[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\x08\x08\x09", who)
asker.recv(512)
d = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); d.connect(("127.8.8.9", 443))
f = os.open(".", os.O_RDONLY)
os.close(os.open("by-fd", os.O_CREAT | os.O_WRONLY, dir_fd=f))
os.unlink("by-fd", dir_fd=f)
END
python3 net.py "$dir" >ports
read -r server client <ports
deep=$dir/deep
for i in 1 2 3 4 5 6 7 8 9 10; do deep=$deep/a-folder-with-a-rather-long-name-$i; done
mkdir -p "$deep"
: >"$deep/end"
done_watching

told "a program's path and arguments" 'select(.type == "execve" and .process.args[0] == "marked") |
	.process.exePath + " " + (.process.args | tojson)' "$(readlink -f /bin/true) [\"marked\",\"two words\",\"\"]"
told "its parents" 'select(.type == "execve" and .process.args[0] == "deep") | .process.ancestors[0:2] | join(" ")' "sh sh"
told "its working folder" 'select(.type == "execve" and .process.args[0] == "deep") | .process.cwd' "$dir"
told "its user" 'select(.type == "execve" and .process.args[0] == "as-other") | .process.uid | tostring' 12345
told "that it is of the host" 'select(.type == "execve" and .process.args[0] == "marked") | .container | tojson' null
told "the end of a process" 'select(.type == "procexit" and .process.args[0] == "deep") | .args.ret' 0
told "and its status" 'select(.type == "procexit" and .process.args[1] == "sh -c \"/bin/true deep; exit 3\"" or
	.type == "procexit" and .process.args[1] == "/bin/true deep; exit 3") | .args.ret' 3
told "a file opened for writing, whole" 'select(.file.name == $d + "/one/new") | .file.rawName + " " + .args.flags' \
	"$dir/one/new O_TRUNC|O_CREAT|O_WRONLY"
told "a rename" 'select(.type | startswith("rename")) | select(.args.oldpath == $d + "/one/new") | .args.newpath' "$dir/one/moved"
told "a link" 'select(.type | test("^link")) | select(.args.newpath == $d + "/one/hard") | .args.oldpath' "$dir/one/moved"
told "a symbolic link" 'select(.type | test("^symlink")) | select(.args.linkpath == $d + "/one/soft") | .args.target' target
told "a change of mode" 'select(.type | test("chmod")) | select(.args.filename == $d + "/one/moved") |
	.args.mode | test("S_ISUID") | tostring' true
told "an unlink" 'select(.type | test("unlink")) | select((.args.name // .args.path) == $d + "/one/soft") | .result | tostring' 0
told "one below a descriptor" 'select(.type == "unlinkat") | select(.args.name == $d + "/by-fd") | .result | tostring' 0
told "a change of user" 'select((.type | test("^setre?s?uid$")) and .process.exePath == "'"$(readlink -f "$(command -v setpriv)")"'") |
	.process.uid | tostring' 12345
told "bind" 'select(.type == "bind" and .file.socket == "127.0.0.1:'"$server"'") | .file.type' ipv4
told "listen" 'select(.type == "listen" and .file.socket == "127.0.0.1:'"$server"'") | .args.backlog' 5
told "connect, both ends" 'select(.type == "connect" and .args.tuple == "127.0.0.1:'"$client->127.0.0.1:$server"'") |
	.file.server | tostring' false
told "accept, both ends" 'select((.type | test("^accept")) and .args.tuple == "127.0.0.1:'"$client->127.0.0.1:$server"'") |
	.file.server | tostring' true
told "IPv6" 'select(.type == "bind" and .file.type == "ipv6") | .file.socket | test("^::1:[0-9]+$") | tostring' true
told "a local socket" 'select(.type == "connect" and .file.type == "unix" and .file.name == $d + "/local") | .result | tostring' 0
told "a datagram's peer" 'select(.type == "connect" and (.args.tuple | test("127.0.0.9:5353$"))) | .file.type' ipv4
told "a question to a name server" 'select(.type == "dns" and .args.name == "marked.example.org" and .args.rcode == null) |
	.args.qtype + " " + (.args.tuple | test("->127.8.8.8:53$") | tostring) + " " + .process.name' "A true python3"
told "its answer" 'select(.type == "dns" and .args.name == "marked.example.org" and .args.rcode == "NOERROR") |
	.args.addresses' 127.8.8.9
told "the name of a peer" 'select(.type == "connect" and (.args.tuple | test("127.8.8.9:443$"))) | .file.serverName' marked.example.org
told "a program from memory" 'select(.type | test("^exec")) | select(.process.exe == "from-memory") |
	.process.exePlace + " " + .process.exePath' "memfd memfd:marked-memfd"
told "a path that is long" 'select(.file.name == "'"$deep/end"'") | .file.cut | tostring' null
check "nothing was lost" "$(grep -c lost "$dir/log")" 0

# Each of many: as many as fit into half of the ring, however slow the reader is.
watch -t openat,exec || exit 1
python3 -c 'import os, sys
for i in range(5000):
    os.close(os.open(sys.argv[1] + "/many", os.O_CREAT | os.O_WRONLY))' "$dir"
done_watching
check "each of 5,000 opens" "$(grep -c "\"file\":{\"type\":\"file\",\"name\":\"$dir/many\"" "$dir/events")" 5000
check "nothing was lost of many" "$(grep -c lost "$dir/log")" 0

# A flood: more than anybody can read. What is not told is counted, and programs that start are told all the same.
watch -t openat,exec || exit 1
python3 -c 'import os, sys
for child in range(20):
    if os.fork() == 0:
        for i in range(20000):
            os.close(os.open(sys.argv[1] + "/flood", os.O_CREAT | os.O_WRONLY))
        os._exit(0)
for child in range(20):
    if child % 5 == 0:
        os.spawnl(os.P_WAIT, "/bin/true", "quiet-%d" % child)
    os.wait()' "$dir"
done_watching
flood=$(grep -c "\"file\":{\"type\":\"file\",\"name\":\"$dir/flood\"" "$dir/events")
lost=$(sed -n 's/.*: \([0-9]*\) events were lost.*/\1/p' "$dir/log" | jq -s 'add // 0')
check "each of 400,000 opens is told or counted" "$((flood + lost >= 400000))" 1
check "programs in a flood" "$(jq -rn '[inputs | select(.type == "execve" and (.process.exe | startswith("quiet-"))) |
	.process.exe] | join(" ")' "$dir/events")" "quiet-0 quiet-5 quiet-10 quiet-15"

# What starts and ends while the ring is full is not told; afterwards the kernel says who is there.
watch -t openat,exec || exit 1
mkfifo "$dir/go" "$dir/go-on"
sh -c 'read -r x <go; exec python3 -c "import sys
open(sys.argv[1] + \"/go-on\").read()
open(sys.argv[1] + \"/healed\", \"w\")" "$0" healed-one' "$dir" &
waiting=$!
/bin/true "$dir-before"
until_file "$dir/events" "$dir-before"
kill -STOP "$watcher"
python3 -c 'import os
for i in range(16000):
    if os.fork() == 0:
        os._exit(0)
    os.wait()'
echo >"$dir/go"
for _ in $(seq 100); do
	readlink "/proc/$waiting/exe" | grep -q python3 && break
	sleep 0.1
done
kill -CONT "$watcher"
for _ in $(seq 300); do
	/bin/true "$dir-after"
	grep -q "$dir-after" "$dir/events" && break
	sleep 0.1
done
sleep 2
echo >"$dir/go-on"
wait $waiting
done_watching
check "exec, fork and exit were lost" "$(grep -c "exec, fork and exit" "$dir/log")" 1
told "a process whose exec was lost" 'select(.file.name == $d + "/healed") |
	(.process.exePath | test("python3") | tostring) + " " + .process.args[-1]' "true healed-one"

# A container of a Docker Engine of our own, at no usual place.
if ! command -v dockerd >/dev/null 2>&1; then
	echo "# no dockerd: containers are not looked at"
	exit $bad
fi
dockerd --iptables=false --ip6tables=false --bridge=none --data-root "$dir/data" --exec-root "$dir/exec" \
	--pidfile "$dir/pid" -H "$DOCKER_HOST" >"$dir/docker-log" 2>&1 &
for _ in $(seq 60); do
	docker version >/dev/null 2>&1 && break
	sleep 0.5
done
docker version >/dev/null 2>&1 || { echo "# dockerd does not run here: $(tail -n 1 "$dir/docker-log")"; exit $bad; }
for file in /bin/sh /bin/true /bin/cp; do
	for part in $file $(ldd "$file" | grep -oE '/[^ ]+'); do
		mkdir -p "$dir/root$(dirname "$part")"
		cp -L "$part" "$dir/root$part"
	done
done
tar -C "$dir/root" -c . | docker import - sekisho-sensor:one >/dev/null || exit 1
watch -t exec,openat,exit || exit 1
if ! docker run --rm --name marked --label tier=front --network none -v "$dir/one:/mnt" sekisho-sensor:one /bin/sh -c \
	'/bin/true inside; cp /bin/true /dropped; /dropped; echo x >/mnt/volume' >"$dir/docker-run" 2>&1; then
	echo "# containers do not run here: $(tail -n 1 "$dir/docker-run")"
	exit $bad
fi
done_watching
inside='select(.type == "execve" and .process.args[0] == "inside")'
told "a container's name and image" "$inside | .container.name + \" \" + .container.image" "marked sekisho-sensor:one"
told "its engine and image's id" "$inside | .container.engine + \" \" + .container.imageId" \
	"docker $(docker image inspect -f '{{.Id}}' sekisho-sensor:one | sed 's/sha256://')"
told "its labels, mounts and rights" "$inside | [.container.labels.tier, .container.mounts[0],
	(.container.privileged | tostring)] | join(\" \")" "front /mnt false"
told "paths as the container has them" "$inside | .process.exePath" /bin/true
told "its own process numbers" 'select(.type == "execve" and .process.exePath == "/bin/sh" and .container) |
	.process.vpid | tostring' 1
told "a file on a volume" 'select(.file.name == "/mnt/volume") | .container.name' marked
if [ "$(docker info -f '{{.Driver}}')" = overlay2 ]; then
	told "a program of the image" "$inside | .process.exePlace" lower
	told "a program that is not of the image" 'select(.type == "execve" and .process.exePath == "/dropped") |
		.process.exePlace' upper
fi
check "nothing was lost of the container" "$(grep -c lost "$dir/log")" 0
exit $bad
