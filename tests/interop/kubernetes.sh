#!/bin/sh
# shellcheck disable=SC2016,SC2317 # $names inside single quotes are jq's; until_true calls by name
# Kubernetes through Debian's kubectl: Tocsin starts "kubectl proxy" on a private socket, and
# kubectl speaks to an API server of ours (apiserver.js), which lists in pages, streams
# watches, and does what real ones do now and then: forgets versions (410), refuses (403),
# ends streams in the middle of a line.
. "${srcdir:-.}/tests/cli/lib.sh"
. "${srcdir:-.}/tests/interop/peers.sh"
need jq node apt-get dpkg-deb

deb_peer kubernetes-client usr/bin/kubectl
PATH=$(dirname "$peer"):$PATH
export XDG_RUNTIME_DIR="$scratch/run" KUBECONFIG="$scratch/kubeconfig"
mkdir "$XDG_RUNTIME_DIR"

# --- the API server ------------------------------------------------------------------

mkfifo "$scratch/orders"
node "$srcdir/tests/interop/apiserver.js" <"$scratch/orders" >"$scratch/api" 2>&1 &
api=$!
started="$started $api"
exec 3>"$scratch/orders"
until_true 10 grep -qs '^http' "$scratch/api" || no_peer "the API server does not start: $(cat "$scratch/api")"

orders=0
obeyed() {
	[ "$(grep -c '^done$' "$scratch/api")" -ge "$orders" ]
}
# order JSON: returns when the server has obeyed.
order() {
	orders=$((orders + 1))
	printf '%s\n' "$1" | tr -d '\n\t' >&3
	printf '\n' >&3
	until_true 10 obeyed || fail "the API server obeys" "$(tail -n 3 "$scratch/api")"
}
# counted: what was asked of it so far.
counted() {
	order '{"count": true}'
	grep '^{' "$scratch/api" | tail -n 1 >"$scratch/counted"
}

cat >"$KUBECONFIG" <<CONFIG
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: test}}]
clusters: [{name: test, cluster: {server: "$(grep '^http' "$scratch/api")"}}]
users: [{name: test, user: {}}]
CONFIG

born=$(date -u -d '2 hours ago' +%Y-%m-%dT%H:%M:%SZ)
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

# put_pod NAME LABEL STATE: running or crashing
put_pod() {
	case $3 in
	running) pod_ready=True pod_state='"ready": true, "restartCount": 0, "state": {"running": {"startedAt": "'$born'"}}, "lastState": {}' ;;
	*) pod_ready=False pod_state='"ready": false, "restartCount": 13, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
		"lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "'$now'"}}' ;;
	esac
	order '{"put": "pods", "object": {"metadata": {"name": "'"$1"'", "namespace": "besu-network", "creationTimestamp": "'"$born"'", "labels": {"component": "'"$2"'"},
		"ownerReferences": [{"kind": "StatefulSet", "name": "besu-'"$2"'", "controller": true}]}, "spec": {"nodeName": "host-1", "containers": [{"name": "besu"}]},
		"status": {"phase": "Running", "podIP": "10.1.0.4", "conditions": [{"type": "Ready", "status": "'$pod_ready'", "lastTransitionTime": "'"$born"'"}],
		"containerStatuses": [{"name": "besu", '"$pod_state"'}]}}}'
}

for i in 0 1 2 3; do
	put_pod besu-validator-$i validator running
done
put_pod besu-rpc-0 rpc running
put_pod besu-rpc-1 rpc running
order '{"put": "statefulsets", "object": {"metadata": {"name": "besu-validator", "namespace": "besu-network", "generation": 1, "labels": {"component": "validator"}},
	"spec": {"replicas": 4}, "status": {"observedGeneration": 1, "replicas": 4, "readyReplicas": 4, "updatedReplicas": 4, "currentRevision": "a", "updateRevision": "a"}}}'
order '{"put": "events", "object": {"metadata": {"name": "besu-rpc-0.1", "namespace": "besu-network"}, "type": "Warning", "reason": "Unhealthy", "message": "Readiness probe failed",
	"count": 3, "lastTimestamp": "'"$now"'", "involvedObject": {"kind": "Pod", "name": "besu-rpc-0", "namespace": "besu-network"}}}'

# The network that these pods run is of ours: its nodes have their names.
sim net healthy --write-config "$scratch/kube.conf" || finish
cat >>"$scratch/kube.conf" <<CONF

[kubernetes]
namespace = besu-network
interval = 1s
CONF

# --- lists ------------------------------------------------------------------------------

kubectl get --raw /api/v1/namespaces/besu-network/pods >"$scratch/listed" || no_peer "kubectl does not speak with the API server"
expect_exit 0 "list: status" --config "$scratch/kube.conf" status --json
expect_json "list: the pods are those that kubectl lists" "$scratch/out" \
	'([.components[] | select(.kind == "pod") | .name] | sort) == ($listed[0].items | map(.metadata.name) | sort)' --slurpfile listed "$scratch/listed"
expect_json "list: all are well" "$scratch/out" 'all(.components[]; .health == "ok") and .proposals == []'
expect_json "list: the set is, too, and belongs to validators" "$scratch/out" '.components[] | select(.id == "workload/besu-validator") | .values | .ready == 4 and .desired == 4 and .type == "statefulset"'
expect_json "list: an event is told with its pod" "$scratch/out" '.components[] | select(.id == "pod/besu-rpc-0") | .values.event | contains("Readiness probe failed")'
expect_json "list: by way of kubectl" "$scratch/out" '.components[] | select(.id == "probe/kubernetes") | .source == "kubectl proxy" and .values.version == "v1.20.2-of-a-test"'
counted
expect_json "list: in pages" "$scratch/counted" '.pages >= 2'
expect_equal "list: no socket is left" "$(ls "$XDG_RUNTIME_DIR")" ""

# --- watches, in one console
# A pod that runs again is a warning for ten minutes: it was restarted lately. -------------------------------------------------------------

cat >"$scratch/walk" <<WALK
:wait health pod/besu-validator-2 ok 20s
:dump $scratch/well
:wait health pod/besu-validator-2 critical 10s
:dump $scratch/crashed
:wait health pod/besu-validator-2 warning 20s
:dump $scratch/expired
:wait health pod/besu-validator-3 critical 20s
:dump $scratch/cut
:wait health probe/kubernetes warning 20s
:dump $scratch/refused
:wait health probe/kubernetes ok 60s
:wait health pod/besu-validator-3 warning 20s
:dump $scratch/allowed
:wait health pod/besu-rpc-0 critical 20s
:dump $scratch/again
:wait recorded
WALK
"$tocsin" --config "$scratch/kube.conf" --db "$scratch/x.db" console --script "$scratch/walk" >"$scratch/console.out" 2>"$scratch/console.err" </dev/null &
console=$!
started="$started $console"

# come MARK NAME: the console's script has come that far.
reached() {
	[ -e "$scratch/$1" ] || ! kill -0 "$console" 2>/dev/null
}
come() {
	until_true 60 reached "$1"
	if [ -e "$scratch/$1" ]; then
		pass "$2"
	else
		fail "$2" "$(tail -n 3 "$scratch/console.err")"
		finish
	fi
}
now_ms() {
	date +%s%3N
}

come well "watch: begins"
expect_equal "watch: the socket is in a directory of one's own" "$(stat -c %a "$XDG_RUNTIME_DIR"/tocsin-*)" 700
# Only ours has this directory among its words.
proxy() {
	pgrep -f "^kubectl proxy --unix-socket=$XDG_RUNTIME_DIR"
}
began=$(now_ms)
put_pod besu-validator-2 validator crashing
come crashed "watch: a pod that crashes is seen"
printf 'measured: %d ms after the API server sent it\n' $(($(now_ms) - began))

counted
lists=$(jq .lists "$scratch/counted")
order '{"hold": true}'
put_pod besu-validator-2 validator running
order '{"delete": "pods", "name": "besu-rpc-1"}'
order '{"expire": true}'
order '{"hold": false}'
come expired "410: what it missed is listed again"
counted
expect_json "410: by a new list" "$scratch/counted" '.gone > 0 and .lists > $lists' --argjson lists "$lists"

order '{"cut": true}'
put_pod besu-validator-3 validator crashing
come cut "a stream that ends in the middle of a line: listed again, and watched"

order '{"forbid": "pods"}'
order '{"expire": true}'
come refused "403: pods cannot be seen any more"
expect_text "403: which is said, and how to mend it" "$scratch/refused" "may not see pods in besu-network"
put_pod besu-validator-3 validator running
order '{"allow": "pods"}'
come allowed "and allowed again: they are"

first=$(proxy)
kill -KILL "$first"
again() {
	[ -n "$(proxy)" ] && [ "$(proxy)" != "$first" ]
}
until_true 10 again
put_pod besu-rpc-0 rpc crashing
come again "kubectl is killed: it is started again, and what it missed is listed"
wait "$console"
expect_equal "the console's walk went through" $? 0
ended() {
	[ -z "$(proxy)" ]
}
until_true 5 ended
expect_equal "no kubectl is left" "$(proxy)" ""
expect_equal "nor its socket" "$(ls "$XDG_RUNTIME_DIR")" ""

# --- refusals, at one look -------------------------------------------------------------------

put_pod besu-rpc-0 rpc running
expect_exit 0 "well again: status" --config "$scratch/kube.conf" status --json
expect_json "the pod that was deleted meanwhile is gone" "$scratch/out" '[.components[].id] | index("pod/besu-rpc-1") == null'
order '{"forbid": "pods"}'
t --config "$scratch/kube.conf" status --json
expect_json "403: a warning, with what to allow, and nothing else is proposed" "$scratch/out" \
	'(.components[] | select(.id == "probe/kubernetes") | .health == "warning" and (.reason | contains("403") and contains("allow get, list and watch"))) and all(.proposals[]; .cause == "visibility-lost")'
order '{"allow": "pods"}'

kill "$api"
wait "$api" 2>/dev/null
t --config "$scratch/kube.conf" status --json
expect_json "API server gone: it cannot be seen, and nothing is said of pods" "$scratch/out" \
	'(.components[] | select(.id == "probe/kubernetes") | .reach != "ok") and all(.proposals[]; .cause == "visibility-lost") and all(.components[]; .kind != "pod")'
finish
