#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Images as the engines themselves write them: docker save from a real Docker
# Engine of our own, and what skopeo and podman make of it.
set -u
[ "$(id -u)" = 0 ] || { echo "a Docker Engine of our own needs root"; exit 77; }
for tool in dockerd docker skopeo jq; do
	command -v $tool >/dev/null 2>&1 || { echo "$tool is not there"; exit 77; }
done
dir=$(mktemp -d)
DOCKER_HOST=unix://$dir/docker.sock XDG_CACHE_HOME=$dir/cache
export DOCKER_HOST XDG_CACHE_HOME
dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --data-root "$dir/data" \
	--exec-root "$dir/exec" --pidfile "$dir/pid" -H "$DOCKER_HOST" >"$dir/log" 2>&1 &
stop() {
	[ -f "$dir/pid" ] && kill "$(cat "$dir/pid")" 2>/dev/null
	wait
	rm -rf "$dir"
}
trap stop EXIT INT TERM
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	docker version >/dev/null 2>&1 && break
	sleep 0.5
done
docker version >/dev/null 2>&1 || { echo "dockerd does not run here:"; tail -n 3 "$dir/log"; exit 77; }

bad=0
check() { # WHAT GOT WANT
	[ "$2" = "$3" ] && { echo "ok - $1"; return; }
	echo "not ok - $1: got '$2', want '$3'"
	bad=1
}
names() { "$SEKISHO" scan --quiet --no-cache --packages-only --list-packages -f json "$1" | jq -r '[.packages[].name] | sort | join(" ")'; }

mkdir -p "$dir/root/node_modules/base" "$dir/root/node_modules/gone"
echo '{"name":"base","version":"1.0.0"}' >"$dir/root/node_modules/base/package.json"
echo '{"name":"gone","version":"1.0.0"}' >"$dir/root/node_modules/gone/package.json"
mkdir -p "$dir/root/bin"
tar -C "$dir/root" -c . | docker import - sekisho-test:base >/dev/null || { echo "docker import does not work here"; exit 77; }
mkdir -p "$dir/context"
echo '{"name":"top","version":"2.0.0"}' >"$dir/context/package.json"
printf 'FROM sekisho-test:base\nLABEL a=b\nCOPY package.json /node_modules/top/\nENV C=d\nCOPY package.json /node_modules/gone/package.json\n' >"$dir/context/Dockerfile"
DOCKER_BUILDKIT=0 docker build -q -t sekisho-test:app "$dir/context" >/dev/null 2>&1 || { echo "docker build does not work here"; exit 77; }

docker save -o "$dir/app.tar" sekisho-test:app
check "docker save, a file" "$(names "$dir/app.tar")" "base top top"
check "docker save, a pipe" "$(docker save sekisho-test:app | names -)" "base top top"
check "the step of each layer" "$("$SEKISHO" scan -q --packages-only -f json "$dir/app.tar" |
	jq '[.layers[].createdBy | test("COPY")] | map(tostring) | join(" ")' -r)" "false true true"
check "the image's id" "$("$SEKISHO" scan -q --packages-only -f json "$dir/app.tar" | jq -r .artifact.imageId)" \
	"$(docker image inspect -f '{{.Id}}' sekisho-test:app)"
docker save sekisho-test:base sekisho-test:app | "$SEKISHO" scan -q --packages-only -f json - |
	jq -e '[.findings[].id] | index("other-image")' >/dev/null
check "a second image in the archive is told" $? 0
skopeo copy -q "docker-archive:$dir/app.tar" "oci:$dir/layout:app" &&
	check "skopeo's OCI layout" "$(names "$dir/layout")" "base top top"
skopeo copy -q "docker-archive:$dir/app.tar" "oci-archive:$dir/oci.tar:app" &&
	check "skopeo's OCI archive" "$(names "$dir/oci.tar")" "base top top"
for form in zstd gzip; do
	skopeo copy -q --dest-compress-format "$form" "docker-archive:$dir/app.tar" "dir:$dir/dir-$form" &&
		skopeo copy -q "dir:$dir/dir-$form" "oci:$dir/layout-$form:app" 2>/dev/null &&
		check "layers packed by $form" "$(names "$dir/layout-$form")" "base top top"
done
if command -v podman >/dev/null 2>&1 &&
	podman --root "$dir/podman" --runroot "$dir/podrun" --storage-driver vfs load -q -i "$dir/app.tar" >/dev/null 2>&1; then
	podman --root "$dir/podman" --runroot "$dir/podrun" --storage-driver vfs save -q -o "$dir/podman.tar" sekisho-test:app &&
		check "podman save" "$(names "$dir/podman.tar")" "base top top"
	podman --root "$dir/podman" --runroot "$dir/podrun" --storage-driver vfs save -q --format oci-archive -o "$dir/podman-oci.tar" sekisho-test:app &&
		check "podman save, OCI" "$(names "$dir/podman-oci.tar")" "base top top"
fi
exit $bad
