#!/bin/sh
# shellcheck disable=SC2016,SC2317 # $names inside single quotes are jq's; until_true calls by name
# Prometheus and Alertmanager of Debian on loopback, with two rules over one number that this
# test tells: they fire, one inhibits the other, a silence is looked at, set and ended with
# tocsin silence, they resolve; and the target, and then both programs, are stopped.
. "${srcdir:-.}/tests/cli/lib.sh"
. "${srcdir:-.}/tests/interop/peers.sh"
need jq curl node apt-get dpkg-deb unshare

deb_peer prometheus usr/bin/prometheus
prometheus=$peer
deb_peer prometheus-alertmanager usr/bin/prometheus-alertmanager
alertmanager=$peer

# shellcheck disable=SC2046 # two words
set -- $(free_ports 2)
at_prometheus=127.0.0.1:$1 at_alertmanager=127.0.0.1:$2

# --- what they watch -----------------------------------------------------------------

# tell PEERS: the number that is scraped.
tell() {
	printf '# TYPE besu_peers gauge\nbesu_peers{node="besu-rpc-0"} %s\n' "$1" >"$scratch/metrics.part"
	mv "$scratch/metrics.part" "$scratch/metrics"
}
tell 5
node -e '
	const { createServer } = require("http"), { readFileSync } = require("fs");
	const server = createServer((request, reply) => {
		reply.writeHead(200, { "Content-Type": "text/plain; version=0.0.4" });
		reply.end(readFileSync(process.argv[1]));
	});
	server.listen(0, "127.0.0.1", () => console.log("127.0.0.1:" + server.address().port));' "$scratch/metrics" >"$scratch/exporter" 2>&1 </dev/null &
exporter=$!
started="$started $exporter"
until_true 10 [ -s "$scratch/exporter" ] || no_peer "nothing to scrape: $(cat "$scratch/exporter")"

cat >"$scratch/rules.yml" <<'RULES'
groups:
  - name: besu
    rules:
      - alert: BesuPeersLow
        expr: besu_peers < 2
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.node }} has {{ $value }} peers"}
      - alert: BesuPeersMissing
        expr: besu_peers < 4
        labels: {severity: warning}
        annotations: {summary: "a peer is missing"}
RULES
cat >"$scratch/prometheus.yml" <<CONFIG
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [$scratch/rules.yml]
alerting:
  alertmanagers: [{static_configs: [{targets: ["$at_alertmanager"]}]}]
scrape_configs:
  - job_name: besu
    static_configs: [{targets: ["$(cat "$scratch/exporter")"]}]
CONFIG
cat >"$scratch/alertmanager.yml" <<'CONFIG'
route: {receiver: operations, group_wait: 1s, group_interval: 1s}
receivers: [{name: operations}]
inhibit_rules:
  - {source_matchers: ["severity=critical"], target_matchers: ["severity=warning"], equal: [node]}
CONFIG

# It looks for its templates below /usr/share, where they would be if it were installed.
# shellcheck disable=SC2154 # $peers is of peers.sh
unshare --map-root-user --mount sh -c 'mount --bind "$1" /usr/share && shift && exec "$@"' sh "$peers/prometheus-alertmanager/usr/share" \
	"$alertmanager" --config.file="$scratch/alertmanager.yml" --storage.path="$scratch/am" --cluster.listen-address= --web.listen-address="$at_alertmanager" >"$scratch/am.log" 2>&1 </dev/null &
alertmanager_pid=$!
"$prometheus" --config.file="$scratch/prometheus.yml" --storage.tsdb.path="$scratch/tsdb" --web.listen-address="$at_prometheus" >"$scratch/prom.log" 2>&1 </dev/null &
prometheus_pid=$!
started="$started $alertmanager_pid $prometheus_pid"

# alertmanager_says PATH, prometheus_says PATH: their answer, as JSON.
alertmanager_says() {
	curl -sS --max-time 5 "http://$at_alertmanager/api/v2/$1"
}
prometheus_says() {
	curl -sS --max-time 5 "http://$at_prometheus/api/v1/$1"
}
# peers_are N: Prometheus has scraped it.
peers_are() {
	[ "$(prometheus_says 'query?query=besu_peers' 2>/dev/null | jq -r '.data.result[0].value[1]' 2>/dev/null)" = "$1" ]
}
# alerts_are STATE...: of BesuPeersLow and BesuPeersMissing, at the Alertmanager; or none.
alerts_are() {
	[ "$(alertmanager_says alerts 2>/dev/null | jq -r 'sort_by(.labels.alertname) | map(.status.state) | join(" ") | if . == "" then "none" else . end' 2>/dev/null)" = "$*" ]
}
until_true 30 peers_are 5 || no_peer "Prometheus does not scrape: $(tail -n 3 "$scratch/prom.log")"
until_true 30 alerts_are none || no_peer "Alertmanager does not answer: $(tail -n 3 "$scratch/am.log")"

sim net healthy --write-config "$scratch/mon.conf" || finish
cat >>"$scratch/mon.conf" <<CONF

[prometheus main]
url = http://$at_prometheus
interval = 1s

[alertmanager main]
url = http://$at_alertmanager
interval = 1s

[probe peers]
source = prometheus main
query = besu_peers
warn = < 4
crit = < 2
about = node/besu-rpc-0
interval = 1s

[probe ready]
source = http http://$at_prometheus/-/ready
match = Ready
interval = 1s
CONF
db=$scratch/x.db

alert='(.components[] | select(.kind == "alert"))'
# component ID: jq's way to it.
component() {
	printf '(.components[] | select(.id == "%s"))' "$1"
}

# look NAME EXIT
look() {
	expect_exit "$2" "$1" --config "$scratch/mon.conf" status --json
}

# --- quiet ---------------------------------------------------------------------------

look "quiet" 0
expect_json "quiet: no alert, nothing proposed" "$scratch/out" "([$alert] == []) and .proposals == []"
expect_json "quiet: both answer, with their versions" "$scratch/out" \
	"($(component 'probe/prometheus main') | .health == \"ok\" and (.values.version | startswith(\"2.42\"))) and ($(component 'probe/alertmanager main') | .health == \"ok\" and (.values.version | startswith(\"0.25\")))"
expect_json "quiet: the query's number is Prometheus's" "$scratch/out" "$(component probe/peers) | .health == \"ok\" and .values.value == \"5\""
expect_json "quiet: the page is as it should be" "$scratch/out" "$(component probe/ready) | .health == \"ok\" and .values.status == 200"

# --- firing --------------------------------------------------------------------------

tell 1
until_true 60 alerts_are active suppressed || fail "Alertmanager has both alerts" "$(alertmanager_says alerts)"
look "firing" 2
expect_json "firing: each alert once, though both programs tell of them" "$scratch/out" "[$alert | .id | split(\"-\")[0]] | sort == [\"alert/BesuPeersLow\", \"alert/BesuPeersMissing\"]"
expect_json "firing: critical, with its summary" "$scratch/out" "$alert | select(.values.severity == \"critical\") | .health == \"critical\" and (.reason | contains(\"besu-rpc-0 has 1 peers\"))"
expect_json "firing: the other is inhibited, which is no fault" "$scratch/out" "$alert | select(.values.severity == \"warning\") | .health == \"ok\" and (.reason | contains(\"inhibited\"))"
expect_json "firing: the probe is beyond its bound" "$scratch/out" "$(component probe/peers) | .health == \"critical\" and .values.value == \"1\""
expect_json "firing: who is told" "$scratch/out" "$alert | select(.values.severity == \"critical\") | .values.owner == \"operations\""

# --- silenced ------------------------------------------------------------------------

expect_exit 1 "silence: not without --yes" --config "$scratch/mon.conf" --db "$db" --as alice silence 1h alertname=BesuPeersLow the switch is exchanged
expect_text "silence: but shown what it would cover" "$scratch/out" BesuPeersLow
expect_equal "silence: nothing was sent" "$(alertmanager_says silences)" "[]"
expect_exit 0 "silence: with --yes" --config "$scratch/mon.conf" --db "$db" --as alice silence --yes 1h alertname=BesuPeersLow the switch is exchanged
alertmanager_says silences >"$scratch/silences"
expect_json "silence: Alertmanager has it, with who and why" "$scratch/silences" \
	'length == 1 and (.[0] | .status.state == "active" and .createdBy == "alice" and (.comment | contains("the switch is exchanged")) and
	 [.matchers[] | [.name, .value, .isRegex, .isEqual]] == [["alertname", "BesuPeersLow", false, true]] and ((.endsAt | sub("\\.[0-9]+Z"; "Z") | fromdate) - now | . > 3500 and . < 3660))'
silence=$(jq -r '.[0].id' "$scratch/silences")
expect_text "silence: its id is told" "$scratch/out" "$silence"
until_true 30 alerts_are suppressed suppressed || fail "Alertmanager silences it" "$(alertmanager_says alerts)"
look "silenced" 2
expect_json "silenced: the alert is quiet, and says by which" "$scratch/out" "$alert | select(.values.severity == \"critical\") | .health == \"ok\" and (.reason | contains(\"silenced\")) and (.values.silence | tostring | contains(\"$silence\"))"
expect_json "silenced: the number itself is as bad as it was" "$scratch/out" "$(component probe/peers) | .health == \"critical\""
expect_exit 0 "silence: ended" --config "$scratch/mon.conf" --db "$db" --as alice silence --yes end "$silence"
expect_equal "silence: Alertmanager has ended it" "$(alertmanager_says silences | jq -r '.[0].status.state')" expired
until_true 30 alerts_are active suppressed || fail "Alertmanager fires again" "$(alertmanager_says alerts)"
look "after the silence" 2
expect_json "after the silence: it fires again" "$scratch/out" "$alert | select(.values.severity == \"critical\") | .health == \"critical\""
expect_exit 0 "silence: the record of it verifies" --db "$db" verify

# --- resolved --------------------------------------------------------------------------

tell 5
until_true 60 alerts_are none || fail "Alertmanager has resolved them" "$(alertmanager_says alerts)"
look "resolved" 0
expect_json "resolved: no alert is left, nothing proposed" "$scratch/out" "([$alert] == []) and .proposals == []"

# --- what cannot be seen -------------------------------------------------------------------

kill "$exporter"
wait "$exporter" 2>/dev/null
until_true 30 peers_are null || fail "Prometheus has lost its target" "$(prometheus_says 'query?query=besu_peers')"
look "target down" 3
expect_json "target down: named" "$scratch/out" "[.components[] | select(.id | startswith(\"probe/target \"))] | length == 1 and .[0].health == \"warning\" and (.[0].reason | contains(\"cannot be scraped\"))"
expect_json "target down: no data is not zero" "$scratch/out" "$(component probe/peers) | .health == \"unknown\" and (.reason | contains(\"no data\")) and .values.value == null"

kill "$prometheus_pid" "$alertmanager_pid"
wait "$prometheus_pid" "$alertmanager_pid" 2>/dev/null
t --config "$scratch/mon.conf" status --json
expect_json "both stopped: they cannot be seen" "$scratch/out" "[$(component 'probe/prometheus main'), $(component 'probe/alertmanager main'), $(component probe/ready)] | map(.reach) == [\"unreachable\", \"unreachable\", \"unreachable\"]"
expect_json "both stopped: the page that refuses is a fault of its own; of the rest nothing is made but that it cannot be seen" "$scratch/out" \
	'(.components[] | select(.kind == "chain") | .health == "ok") and ([.proposals[] | select(.cause != "visibility-lost") | .components] == [["probe/ready"]])'
finish
