#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# guard-engines.sh [ENGINE]...: what is not of the image, protected paths, responses, names, images and pods in containers
# of each engine that can be had here. SEKISHO is the program, SK_TESTS the folder of the tests.
tools="jq busybox gcc"
# shellcheck source=tests/guard-live.sh
. "${SK_TESTS:?}/guard-live.sh"

engines=${*:-podman-crun podman-runc}
mark=$(basename "$dir" | tr -d .)
image=sekisho-engines:one
cleaners=''
clean() {
	for id in $(status 2>/dev/null | jq -r '.containers[] | select(.paused and (.image | contains("sekisho-engines"))) | .id'); do
		"$SEKISHO" guard resume "$id" >/dev/null 2>&1
	done
	for cleaner in $cleaners; do $cleaner >/dev/null 2>&1; done
	[ -n "$watcher" ] && kill "$watcher" 2>/dev/null
	wait
	for mount in $(sed -n "s,^[^ ]* \($dir[^ ]*\) .*,\1,p" /proc/mounts | sort -r); do umount -l "$mount"; done
	[ -n "${SK_KEEP:-}" ] || rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' INT TERM

# ---- the image ----

box=$(command -v busybox)
ldd "$box" >/dev/null 2>&1 && { echo "busybox is not static"; exit 77; }
mkdir -p root/bin root/etc/protected root/lib root/proc root/sys root/dev root/tmp root/vol root/mem
cp "$box" root/bin/busybox
cp "$box" root/bin/busybox-other
for name in sh cat chmod cp env mv printf rm sleep touch true; do ln -s busybox root/bin/$name; done
gcc -O1 -static -pthread -o root/bin/attack "$SK_TESTS/attacks/attack.c" "$SK_TESTS/attacks/bypass.c" || exit 77
copy_program() { # FILE NAME
	cp -L "$1" "root$2"
	for part in $(ldd "$1" | grep -oE '/[^ ]+'); do
		mkdir -p "root$(dirname "$part")"
		cp -L "$part" "root$part"
	done
}
copy_program /bin/true /bin/dynamic
cp -L "$(ldd /bin/true | grep -oE '/[^ ]*libc\.[^ ]+' | head -n 1)" root/lib/libc.so
cp "$SK_TESTS/attacks/not-of-the-image.sh" root/attacks
echo "of the image" >root/etc/protected/file
echo "root:x:0:0::/:/bin/sh" >root/etc/passwd

# ---- the agent ----

# What an alert says of container and pod: all fields that Falco has for them.
fields="container.id container.full_id container.name container.type container.image container.image.id
	container.image.repository container.image.tag container.image.digest container.privileged container.mounts
	container.mount.source[/vol] container.label[colour] container.labels container.host_pid container.host_network
	container.host_ipc container.ip container.cni.json container.start_ts container.duration k8s.ns.name k8s.pod.name
	k8s.pod.uid k8s.pod.id k8s.pod.sandbox_id k8s.pod.full_sandbox_id k8s.pod.ip k8s.pod.label[app] k8s.pod.labels
	proc.is_container_healthcheck proc.is_container_liveness_probe proc.is_container_readiness_probe"
marked() { # WORD OUTPUT
	printf '%s\n' "- rule: $1" "  desc: a marked program" "  priority: WARNING" \
		"  condition: evt.type in (execve, execveat) and proc.args endswith $mark-$1" "  output: \"$2\""
}
begin_agent() {
	{
		# shellcheck disable=SC2086 # words
		marked facts "$(printf '%%%s ' $fields)"
		for word in kill pause stop; do marked $word marked; done
		printf '%s\n' "- rule: drift" "  desc: not of the image" "  priority: CRITICAL" "  condition: evt.type = drift" \
			"  output: \"%container.name %evt.arg.filename %evt.arg.outcome %evt.arg.reason %evt.arg.hook %evt.arg.digest\""
	} >rules.yaml
	cat >guard.yaml <<-END
		state: $dir/state
		runtime: $dir/run
		outputs: [ { kind: file, path: $dir/alerts, format: falco }, { kind: file, path: $dir/audit, format: json } ]
		drift: { mode: "off", keep: false, entries: [ { images: ["*sekisho-engines:*"], mode: block } ] }
		protect: { entries: [ { images: ["*sekisho-engines:*"], paths: [/etc/protected] } ] }
		in-use: { sample: 1s, interval: 1s }
		responses:
		  limit: none
		  docker: ${docker_socket:-/nowhere}
		  podman: ${podman_socket:-/nowhere}
		  entries:
		    - { rules: [kill], actions: [evidence, kill] }
		    - { rules: [pause], actions: pause }
		    - { rules: [stop], actions: stop }
	END
	chmod 600 guard.yaml rules.yaml
	"$SEKISHO" guard run --config guard.yaml --rules rules.yaml >out 2>log &
	watcher=$!
	until_line log watching || { echo "the agent does not run here: $(cat log)"; exit 77; }
}
status() { "$SEKISHO" guard status --socket "$dir/run/guard.sock" --format json; }

until_true() { # COMMAND...: a slow machine may take its time
	for _ in $(seq 300); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}

# ---- what is tried in each ----

# An engine is these functions: e_run NAME COMMAND... (to its end), e_start NAME COMMAND..., e_exec NAME COMMAND...,
# e_state NAME, e_remove NAME.

# field NAME FIELD: as the alert of the container's marked program has it
field() { jq -r --arg f "$2" 'select(.rule == "facts" and .output_fields["container.name"] == "'"$1"'") | .output_fields[$f]' alerts |
	head -n 1; }
told() { [ -n "$(field "$1" container.id)" ]; }
audit() { # RULE NAME FILTER
	until_true grep -q "\"type\":\"response\",\"rule\":\"$1\".*\"name\":\"$2\"" audit || { echo "no audit line of $1 in $2"; return; }
	jq -r "select(.type == \"response\" and .rule == \"$1\" and .container.name == \"$2\") | $3" audit | tail -n 1
}
field_id() { status | jq -r ".containers[] | select(.name == \"$1\") | .id"; }
has_manifest() { [ -n "$(find "$dir/state/manifests" -type f -name "*$1*" 2>/dev/null)" ]; }

# not_of_the_image LABEL: attacks of all kinds come to nothing, what is of the image runs
not_of_the_image() {
	e_run "$1-first" /bin/cat /dev/null "$mark-facts" >/dev/null 2>&1
	until_true told "$1-first"
	id=$(field "$1-first" container.image.id)
	until_true has_manifest "$id"
	check "$1: a manifest is made of the engine's store" "$(has_manifest "$id" && echo yes)" yes
	# The gate hears of it a moment later.
	for i in $(seq 20); do
		e_run "$1-ready-$i" /bin/sh -c 'cp /bin/busybox /tmp/busybox-copy && exec /tmp/busybox-copy true' >/dev/null 2>&1 && break
	done
	e_run "$1-attack" /bin/sh /attacks >tried 2>tried-log
	for what in image copy touched renamed; do
		check "$1: what is of the image runs: $what" "$(sed -n "s/^$what //p" tried)" acted
	done
	for what in added script interpreted library changed memory vol mem; do
		grep -q "^$what " tried || continue
		check "$1: what is not of it is stopped: $what" "$(sed -n "s/^$what //p" tried)" stopped
	done
	for what in write remove rename; do
		check "$1: a protected file: $what" "$(sed -n "s/^$what //p" tried)" stopped
	done
	until_true grep -q "\"$1-attack\"" alerts
	check "$1: alerts name the container" \
		"$(jq -r "select(.rule == \"drift\" and .output_fields[\"container.name\"] == \"$1-attack\") | .rule" alerts | sort -u)" drift
}

has_exited() { [ "$(e_state "$1")" = exited ]; }
# responses LABEL WAY-OF-PAUSING: evidence and an end, a pause that is said and taken back, a stop
responses() {
	e_start "$1-long" /bin/sleep 1000
	e_exec "$1-long" /bin/sh -c "sleep 1000" "$mark-kill" >/dev/null 2>&1
	check "$1: a process is killed" "$(audit kill "$1-long" .outcome)" "done"
	check "$1: with evidence" "$(test -s "$(jq -r "select(.action == \"evidence\" and .container.name == \"$1-long\") | .evidence" audit)/binary" &&
		echo kept)" kept
	e_exec "$1-long" /bin/sh -c "sleep 1000" "$mark-pause" >/dev/null 2>&1 &
	check "$1: the container is paused" "$(audit pause "$1-long" '[.outcome, .way] | join(" ")')" "done $2"
	paused() { [ "$(status | jq -r ".containers[] | select(.name == \"$1\") | .paused")" = "$2" ]; }
	until_true paused "$1-long" true
	check "$1: which the agent's status says" "$(paused "$1-long" true && echo yes)" yes
	"$SEKISHO" guard resume --config guard.yaml "$(field_id "$1-long")"
	until_true paused "$1-long" false
	check "$1: until it is resumed" "$(paused "$1-long" false && echo yes)" yes
	e_exec "$1-long" /bin/sh -c "sleep 1000" "$mark-stop" >/dev/null 2>&1 &
	check "$1: the container is stopped" "$(audit stop "$1-long" .outcome)" "done"
	until_true has_exited "$1-long"
	check "$1: which the engine knows" "$(e_state "$1-long")" exited
	e_remove "$1-long"
}

# ---- podman ----

# Where version 2 of cgroups stands beside version 1, crun does not run; without the former it does.
cat >one-version <<'END'
exec unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"' sh "$@"
END
podman() {
	sh "$dir/one-version" podman --runtime "$runtime" --root "$dir/podman/root" --runroot "$dir/podman/run" \
		--tmpdir "$dir/podman/tmp" --cgroup-manager cgroupfs --events-backend file "$@"
}
clean_podman() { podman rm -fa -t 0; }
with_podman() { # RUNTIME
	runtime=$1
	for need in podman "$runtime"; do
		command -v "$need" >/dev/null 2>&1 || { echo "# no $need"; return; }
	done
	cleaners="clean_podman $cleaners"
	mkdir -p volume
	tar -C root -c . | podman import - $image >podman-log 2>&1 || { echo "# podman does not run here: $(tail -n 1 podman-log)"; return; }
	# Their usual limits are above ours in many a test machine.
	options="--network none --ulimit nofile=512:512 --ulimit nproc=512:512 -v $dir/volume:/vol --tmpfs /mem:exec --label colour=blue"
	# shellcheck disable=SC2086 # words
	e_run() { name=$1; shift; podman run --rm --name "$name" $options $image "$@"; }
	# shellcheck disable=SC2086
	e_start() { name=$1; shift; podman run -d --name "$name" $options $image "$@"; }
	e_exec() { podman exec "$@"; }
	e_state() { podman inspect -f '{{.State.Status}}' "$1"; }
	e_remove() { podman rm -f -t 0 "$1"; }
	not_of_the_image "podman-$runtime"
	responses "podman-$runtime" freezer.state
}

# ---- Kubernetes' way: a pod's sandbox, and containers in it, by crictl ----

blob() { # FILE: into the layout
	digest=sha256:$(sha256sum "$1" | cut -d' ' -f1)
	size=$(stat -c %s "$1")
	mv "$1" "layout/blobs/sha256/${digest#sha256:}"
}
oci=application/vnd.oci.image
oci_image() { # ROOT NAME COMMAND: an image of one layer, NAME.tar
	rm -rf layout
	mkdir -p layout/blobs/sha256
	tar -C "$1" -cf layer .
	diff=sha256:$(sha256sum layer | cut -d' ' -f1)
	blob layer
	jq -cn --arg layer "$digest" --argjson size "$size" --arg diff "$diff" --argjson command "$3" --arg oci $oci '
		{ architecture: "amd64", os: "linux", config: { Cmd: $command }, rootfs: { type: "layers", diff_ids: [ $diff ] } }' >config
	layers=$(jq -cn --arg d "$digest" --argjson s "$size" --arg t $oci.layer.v1.tar '[ { mediaType: $t, digest: $d, size: $s } ]')
	blob config
	jq -cn --arg d "$digest" --argjson s "$size" --arg oci $oci --argjson layers "$layers" '{ schemaVersion: 2,
		mediaType: ($oci + ".manifest.v1+json"), config: { mediaType: ($oci + ".config.v1+json"), digest: $d, size: $s },
		layers: $layers }' >manifest
	blob manifest
	jq -cn --arg d "$digest" --argjson s "$size" --arg oci $oci --arg name "docker.io/library/$2:one" '{ schemaVersion: 2, manifests: [
		{ mediaType: ($oci + ".manifest.v1+json"), digest: $d, size: $s, annotations: { "io.containerd.image.name": $name,
		"org.opencontainers.image.ref.name": "one" } } ] }' >layout/index.json
	echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
	tar -C layout -cf "$2.tar" .
}
pod_images() {
	mkdir -p pause/bin volume
	cp "$box" pause/bin/busybox
	ln -sf busybox pause/bin/sleep
	oci_image pause sekisho-pause '["/bin/sleep","1000000"]'
	oci_image root sekisho-engines '["/bin/sh"]'
	image_digest=$digest
}
uid=0c0ffee0-1111-2222-3333-444444444444
crictl() { command crictl -c /dev/null -r "unix://$endpoint" -i "unix://$endpoint" "$@" 2>>crictl-log; }
# pod_json NAME, container_json NAME COMMAND...: as the kubelet would ask for them
pod_json() {
	jq -n --arg name "$1" --arg uid $uid --arg logs "$dir/logs" '{ metadata: { name: $name, namespace: "market", uid: $uid },
		labels: { app: $name, "io.kubernetes.pod.name": $name, "io.kubernetes.pod.namespace": "market", "io.kubernetes.pod.uid": $uid },
		annotations: { "kubectl.kubernetes.io/last-applied-configuration": ({ spec: { containers: [ { name: "till",
			livenessProbe: { exec: { command: [ "/bin/cat", "/etc/passwd" ] } } } ] } } | tojson) },
		log_directory: $logs, linux: { cgroup_parent: ("/kubepods/burstable/pod" + $uid) } }'
}
container_json() {
	name=$1
	shift
	command=$(for word; do jq -n --arg word "$word" '$word'; done | jq -s .)
	jq -n --arg name "$name" --arg pod "$pod_name" --arg uid $uid --arg volume "$dir/volume" --argjson command "$command" '{ metadata: { name: $name },
		image: { image: "docker.io/library/sekisho-engines:one" }, command: $command, log_path: ($name + ".log"), linux: {},
		labels: { colour: "blue", "io.kubernetes.container.name": $name, "io.kubernetes.pod.name": $pod,
			"io.kubernetes.pod.namespace": "market", "io.kubernetes.pod.uid": $uid },
		mounts: [ { container_path: "/vol", host_path: $volume } ] }'
}
id_of() { crictl ps -aq --name "^$1\$" | head -n 1; }
clean_pods() {
	for endpoint in "$dir"/*/engine.sock; do
		[ -S "$endpoint" ] || continue
		crictl pods -q | while read -r one; do crictl rmp -f "$one" </dev/null; done
	done
	for pid in "$dir"/*/engine.pid; do kill "$(cat "$pid")"; done
}
# with_pods LABEL TYPE: facts, attacks and responses in containers of a pod
with_pods() {
	pod_name=shop-$mark
	pod_json $pod_name >pod.json
	pod=$(crictl runp pod.json)
	[ -n "$pod" ] || { echo "# pods do not run here: $(tail -n 1 crictl-log)"; return; }
	e_start() {
		container_json "$@" >container.json
		crictl start "$(crictl create "$pod" container.json pod.json)"
	}
	e_exec() { one=$(id_of "$1"); shift; crictl exec "$one" "$@"; }
	e_state() { crictl inspect "$(id_of "$1")" | jq -r '.status.state | if . == "CONTAINER_EXITED" then "exited" else . end'; }
	e_remove() { crictl rm -f "$(id_of "$1")"; }
	e_run() { # what it says is in its log: "TIME stdout F TEXT"
		e_start "$@" >/dev/null
		until_true has_exited "$1"
		sed -n 's/^[^ ]* stdout F //p' "logs/$1.log"
		[ "$(crictl inspect "$(id_of "$1")" | jq .status.exitCode)" = 0 ]
	}
	e_start till /bin/sleep 1000
	e_exec till /bin/cat /etc/passwd
	e_exec till /bin/cat /dev/null "$mark-facts"
	until_true told till
	for fact in container.type:$2 container.image:docker.io/library/sekisho-engines:one container.image.tag:one \
		container.image.repository:docker.io/library/sekisho-engines "container.image.digest:$image_digest" \
		"container.full_id:$(id_of till)" container.privileged:false "container.mount.source[/vol]:$dir/volume" \
		"container.label[colour]:blue" container.labels:colour:blue container.host_pid:false container.host_network:false \
		k8s.ns.name:market k8s.pod.name:$pod_name k8s.pod.uid:$uid k8s.pod.id:$uid "k8s.pod.full_sandbox_id:$pod" \
		"k8s.pod.label[app]:$pod_name" "k8s.pod.labels:app:$pod_name"; do
		check "$1: ${fact%%:*}" "$(field till "${fact%%:*}")" "${fact#*:}"
	done
	ip=$(crictl inspectp "$pod" | jq -r .status.network.ip)
	check "$1: k8s.pod.ip" "$(field till k8s.pod.ip)" "$ip"
	check "$1: container.cni.json" "$(field till container.cni.json | grep -c "$ip")" 1
	check "$1: its liveness probe" "$(field till proc.is_container_liveness_probe)" false
	check "$1: status" "$(status | jq -r '.containers[] | select(.name == "till") | [.engine, .pod, .namespace] | join(" ")' | grep "$mark")" "$2 $pod_name market"
	not_of_the_image "$1"
	responses "$1" freezer.state
}
cni() { # FOLDER
	mkdir -p "$1"
	echo '{ "cniVersion": "0.4.0", "name": "sekisho", "plugins": [ { "type": "ptp", "ipam": { "type": "host-local",
		"dataDir": "'"$dir"'/ipam", "ranges": [ [ { "subnet": "10.250.77.0/24" } ] ] } } ] }' >"$1/10-sekisho.conflist"
}
with_containerd() {
	for need in containerd crictl ctr runc; do
		command -v $need >/dev/null 2>&1 || { echo "# no $need"; return; }
	done
	mkdir -p containerd
	cni "$dir/containerd/cni"
	pod_images
	cat >containerd/config.toml <<-END
		version = 2
		root = "$dir/containerd/root"
		state = "$dir/containerd/state"
		[grpc]
		address = "$dir/containerd/engine.sock"
		[plugins."io.containerd.grpc.v1.cri"]
		sandbox_image = "docker.io/library/sekisho-pause:one"
		stream_server_address = "127.0.0.1"
		stream_server_port = "0"
		disable_apparmor = true
		restrict_oom_score_adj = true
		[plugins."io.containerd.grpc.v1.cri".cni]
		bin_dir = "/usr/lib/cni"
		conf_dir = "$dir/containerd/cni"
	END
	containerd -c containerd/config.toml >containerd/log 2>&1 &
	echo $! >containerd/engine.pid
	cleaners="clean_pods $cleaners"
	endpoint=$dir/containerd/engine.sock
	until_true crictl info || { echo "# containerd does not run here: $(tail -n 1 containerd/log)"; return; }
	for one in sekisho-pause sekisho-engines; do ctr -a "$endpoint" -n k8s.io images import $one.tar >ctr-log 2>&1; done
	with_pods containerd containerd
}

begin_agent
for engine in $engines; do
	case $engine in
	podman-*) with_podman "${engine#podman-}" ;;
	containerd) with_containerd ;;
	esac
done
exit $bad
