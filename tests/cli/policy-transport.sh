#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bundles signed, checked, and carried by a real registry: with and without a password, and what goes wrong.
set -eu
work=$(mktemp -d)
registry=
trap '[ -z "$registry" ] || kill "$registry" 2>/dev/null || true; rm -rf "$work"' EXIT
export DOCKER_CONFIG="$work/docker" XDG_CONFIG_HOME="$work" HOME="$work"
bundle=$SK_SOURCE/rules/policies/gdpr
cd "$work"

fail() {
	echo "not ok: $*" >&2
	exit 1
}
# refused CODE TEXT COMMAND...: exits with the code and says so
refused() {
	code=$1 text=$2
	shift 2
	rc=0
	"$@" >out 2>&1 || rc=$?
	[ $rc = "$code" ] || fail "$*: exit code $rc instead of $code: $(cat out)"
	grep -q -- "$text" out || fail "$*: does not say '$text': $(cat out)"
}

# ---- signatures ----
for kind in "EC -pkeyopt ec_paramgen_curve:P-256" "RSA" "ED25519"; do
	# shellcheck disable=SC2086 # options
	openssl genpkey -algorithm $kind -out policy.key 2>/dev/null
	openssl pkey -in policy.key -pubout -out policy.pub
	rm -rf mine && cp -r "$bundle" mine && chmod -R u+w mine
	"$SEKISHO" policy lock mine
	refused 1 "is not signed" "$SEKISHO" policy verify mine --key policy.pub
	"$SEKISHO" policy sign mine --key policy.key
	"$SEKISHO" policy verify mine --key policy.pub
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key 2>/dev/null
	openssl pkey -in other.key -pubout -out other.pub
	refused 1 "not this key" "$SEKISHO" policy verify mine --key other.pub
	echo '#' >>mine/bundle.yaml
	refused 1 "is not what policy.lock says" "$SEKISHO" policy verify mine --key policy.pub
	refused 3 "is not what policy.lock says" "$SEKISHO" policy eval mine --object /dev/null
	"$SEKISHO" policy lock mine
	refused 1 "not this key" "$SEKISHO" policy verify mine --key policy.pub
	"$SEKISHO" policy sign mine --key policy.key
done
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out policy.key 2>/dev/null
openssl pkey -in policy.key -pubout -out policy.pub
"$SEKISHO" policy sign mine --key policy.key
base64 -d mine/policy.lock.sig >raw.sig
openssl dgst -sha256 -verify policy.pub -signature raw.sig mine/policy.lock || fail "openssl does not accept the signature"
refused 2 "genpkey" "$SEKISHO" policy sign mine
refused 3 "no private key" "$SEKISHO" policy sign mine --key policy.pub

# ---- from a folder ----
"$SEKISHO" policy pull mine there --key policy.pub
diff -r mine there || fail "pulled from a folder, the bundle is another"
refused 3 "not this key" "$SEKISHO" policy pull mine there --key other.pub
diff -r mine there || fail "a refused pull has changed what was there"
refused 2 "unsigned" "$SEKISHO" policy pull mine elsewhere --key policy.pub --unsigned
mkdir precious && echo keep >precious/file
refused 2 "is no bundle" "$SEKISHO" policy pull mine precious --unsigned
[ "$(cat precious/file)" = keep ] || fail "a folder that was no bundle is gone"
[ -z "$(find . -name '*.part-*')" ] || fail "something was left behind"

# ---- through a registry ----
command -v docker-registry >/dev/null || { echo "docker-registry is not installed" >&2; exit 77; }
start() {
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cat >registry.yml <<-EOT
		version: 0.1
		storage: { filesystem: { rootdirectory: $work/storage } }
		http: { addr: 127.0.0.1:$port }
		$1
	EOT
	docker-registry serve registry.yml >registry.log 2>&1 &
	registry=$!
	for _ in $(seq 100); do
		python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null && return
		sleep 0.1
	done
	cat registry.log
	fail "the registry does not start"
}
start ""
name=localhost:$port/policies/gdpr:1.0
"$SEKISHO" policy push mine "$name"
"$SEKISHO" policy push mine "$name"
rm -rf there
"$SEKISHO" policy pull "$name" there --key policy.pub
diff -r mine there || fail "the registry gives another bundle"
"$SEKISHO" policy check there >/dev/null || fail "the pulled bundle cannot be loaded"
digest=$(python3 -c "
import hashlib, urllib.request
r = urllib.request.Request('http://127.0.0.1:$port/v2/policies/gdpr/manifests/1.0', headers={'Accept': 'application/vnd.oci.image.manifest.v1+json'})
print('sha256:' + hashlib.sha256(urllib.request.urlopen(r).read()).hexdigest())")
"$SEKISHO" policy pull "localhost:$port/policies/gdpr@$digest" by-digest --key policy.pub
diff -r mine by-digest || fail "by its digest the bundle is another"
refused 3 "there is no manifest 2.0" "$SEKISHO" policy pull "localhost:$port/policies/gdpr:2.0" there --key policy.pub
refused 3 "not this key" "$SEKISHO" policy pull "$name" there --key other.pub
refused 2 "no name in a registry" "$SEKISHO" policy pull "localhost:$port/Policies:x" there --unsigned
# A blob that is not what its digest says is refused.
blob=$(find storage -path '*blobs/sha256*' -name data -size -3 | while read -r f; do grep -q 'kind: Bundle' "$f" && echo "$f"; done | head -n 1)
printf 'kind: Evil\n' >"$blob"
refused 3 "sha256" "$SEKISHO" policy pull "$name" there --key policy.pub
diff -r mine there || fail "a damaged registry has changed what was there"
kill "$registry"
wait "$registry" 2>/dev/null || true
registry=

# With a password, as docker login keeps it.
if command -v htpasswd >/dev/null; then
	htpasswd -Bbn user secret >htpasswd
	rm -rf storage
	start "auth: { htpasswd: { realm: test, path: $work/htpasswd } }"
	name=localhost:$port/policies/gdpr:1.0
	refused 3 "docker login" "$SEKISHO" policy push mine "$name"
	mkdir -p docker
	printf '{"auths": {"localhost:%s": {"auth": "%s"}}}' "$port" "$(printf user:secret | base64)" >docker/config.json
	"$SEKISHO" policy push mine "$name"
	rm -rf there
	"$SEKISHO" policy pull "$name" there --key policy.pub
	diff -r mine there || fail "with a password the bundle is another"
fi
