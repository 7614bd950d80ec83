#!/bin/sh
# The war room without a screen: it collects, records and sends, beside consoles that do
# not do its work twice; and nobody is told twice when it is killed at the worst moment.
. "${0%/*}/lib.sh"
need jq sqlite3

record=$scratch/r.db
conf=$scratch/t.conf
box=$TOCSIN_BUILD/tests/comms/postbox

# await NAME SECONDS COMMAND...: until the command succeeds.
await() {
	await_name=$1 await_left=$(($2 * 10))
	shift 2
	until "$@" >/dev/null 2>&1; do
		await_left=$((await_left - 1))
		[ "$await_left" -gt 0 ] || {
			fail "$await_name" "did not happen: $*; $(tail -n 5 "$scratch/watch.log" 2>/dev/null)"
			return 1
		}
		sleep 0.1
	done
	pass "$await_name"
}

# holds NAME COMMAND...: fails with what the peer and the service said last.
holds() {
	holds_name=$1
	shift
	if "$@"; then
		pass "$holds_name"
	else
		fail "$holds_name" "$*; $(tail -n 2 "$scratch/box.log" "$scratch/watch.log")"
	fi
}

says() { grep -q -- "$1" "$2"; }
lacks() { ! grep -q -- "$1" "$2"; }
state_is() { [ "$("$tocsin" --config "$conf" --db "$record" outbox list --json | jq -r ".[] | select(.channel == \"$1\") | .state" | tail -n 1)" = "$2" ]; }
told() { [ "$(grep -c "$1" "$scratch/box.log")" -eq "$2" ]; }

# --- a network, a peer that takes messages, and the configuration of both ------------
mkfifo "$scratch/orders"
"$box" "$scratch/box.log" <"$scratch/orders" >"$scratch/box.out" &
started="$started $!"
exec 3>"$scratch/orders"
: >"$scratch/box.log"
await "the peer listens" 10 test -s "$scratch/box.out"
port=$(head -n 1 "$scratch/box.out")
manner() {
	echo "$1" >&3
	await "the peer $1 from now on" 10 sh -c "tail -n 1 '$scratch/box.out' | grep -qx '$1'"
}

"$tocsin" sim healthy --write-config "$conf" >"$scratch/sim.out" 2>&1 &
started="$started $!"
await "the network is there" 20 test -s "$conf"
secret=T0AAAAB0BBBBsecret9
umask 077
echo "http://127.0.0.1:$port/services/$secret" >"$scratch/hook"
cat >>"$conf" <<END

[channel ops]
kind = slack
audiences = technical
url_file = $scratch/hook

[channel pager]
kind = pagerduty
key_env = PAGER_KEY
url = http://127.0.0.1:$port
on = declare acknowledge resolve
END
export PAGER_KEY="k3y${secret}"

service() {
	"$tocsin" --config "$conf" --db "$record" --as service watch 2>"$scratch/watch.log" &
	service=$!
	started="$started $service"
}
run() { "$tocsin" --config "$conf" --db "$record" --as alice "$@"; }

# --- it works ---------------------------------------------------------------------------
service
await "it says what it does" 20 says "watches Simulated network: 6 nodes, 2 channels" "$scratch/watch.log"
await "it records what it sees" 30 says "probe.change: chain 138 is ok" "$scratch/watch.log"
id=$(run incident declare --title 'Lane <!channel> stalled' --severity P1)
await "a page goes out by itself" 20 state_is pager sent
run incident update "$id" --dry-run >"$scratch/dry"
holds "a dry run shows what would leave" says 'as it would leave by ops (slack)' "$scratch/dry"
holds "and queues nothing" state_is ops ''
run incident update "$id" --conditions 'lane 138 > 1 is stalled' --approve >/dev/null
await "an update leaves once it is approved" 20 state_is ops sent
holds "once" told 'POST /services/' 1
holds "with its values escaped" says 'lane 138 &gt; 1' "$scratch/box.log"
holds "with the checkpoint of the record" says "record tocsin/[0-9A-Z]* [0-9]* [0-9a-f]\{64\}" "$scratch/box.log"

# --- beside a console: one writes ----------------------------------------------------------
cat >"$scratch/script" <<'END'
:wait text 6 ok 30s
:note from the console
:wait recorded
END
"$tocsin" --config "$conf" --db "$record" --as bob console --script "$scratch/script" >"$scratch/console.out" 2>&1 &
console=$!
started="$started $console"
wait "$console"
run incident note "$id" 'written beside it' >/dev/null
await "what others write is seen" 10 says 'note: written beside it' "$scratch/watch.log"
doubles=$(sqlite3 "$record" "select count(*) from (select c.summary, e.occurred_us / 1000000 as s, count(*) as n from event e join content c using (seq) where e.kind = 'probe.change' group by 1, 2 having n > 1)")
holds "no change stands in the record twice" [ "$doubles" -eq 0 ]
holds "each message was tried once" [ "$(sqlite3 "$record" "select count(*) from event where kind = 'update.attempted'")" -eq 2 ]

# --- killed at the worst moments --------------------------------------------------------------
manner hangs
run incident update "$id" --conditions 'second' --approve >/dev/null
await "the peer has it, and says nothing" 20 told 'POST /services/' 2
kill -9 "$service"
wait "$service" 2>/dev/null
manner takes
run incident update "$id" --conditions 'third' --approve >/dev/null
run incident set "$id" --owner alice >/dev/null
service
await "what was queued meanwhile goes out by another channel" 60 state_is pager sent
await "a lost answer becomes unknown" 90 says 'update.unknown\|may have arrived or not' "$scratch/watch.log"
await "and the next one follows it" 30 told 'POST /services/' 3
holds "which is the third" says 'third' "$scratch/box.log"
message=$(run outbox list --json | jq -r '.[] | select(.state == "unknown") | .id')
t --config "$conf" --db "$record" outbox arrived "$message"
holds "a person says that it arrived" [ "$code" -eq 0 ]
holds "nobody was told twice" told 'POST /services/' 3
keys=$(grep -o 'dedup_key": "[^"]*' "$scratch/box.log" | sort -u | wc -l)
holds "the pager knows the incident by one key" [ "$keys" -eq 1 ]

# --- it ends in order, and kept its secrets -----------------------------------------------------
kill "$service"
wait "$service"
code=$?
holds "SIGTERM ends it with 0" [ "$code" -eq 0 ]
holds "and it says so" says 'ended in order' "$scratch/watch.log"
expect_exit 0 "the record holds" --db "$record" verify
for file in "$record" "$scratch/watch.log" "$scratch/dry" "$scratch/console.out"; do
	holds "no secret in ${file##*/}" lacks "$secret" "$file"
done

# --- a drill sends nothing -----------------------------------------------------------------------
before=$(wc -l <"$scratch/box.log")
cat >"$scratch/script" <<'END'
:wait text 6 ok 60s
:declare Only a drill
:severity P0
:commander alice
:update technical
:send
key y
:wait recorded
:wait text drill 20s
END
"$tocsin" --db "$scratch/drill.db" --as alice demo healthy --script "$scratch/script" >"$scratch/drill.out" 2>&1 || fail "drill" "$(tail -n 5 "$scratch/drill.out")"
queued=$("$tocsin" --config "$conf" --db "$scratch/drill.db" outbox list --json | jq -r '[.[] | .state] | unique | join(" ")')
holds "a drill queues what would leave" [ "$queued" = queued ]
# Not even under a configuration that could send.
"$tocsin" --config "$conf" --db "$scratch/drill.db" --as service watch 2>"$scratch/drill.log" &
started="$started $!"
await "a drill's record is watched" 20 says 'watches Simulated network' "$scratch/drill.log"
sleep 2
holds "and nothing leaves it" [ "$(wc -l <"$scratch/box.log")" -eq "$before" ]

finish
