#!/bin/sh
# shellcheck disable=SC2016 # $names inside single quotes are jq's
# Who does what from scripts: roles that change hands, tasks, what is believed and decided,
# the escalation of a configuration, clocks that are put off, and the hand-over sheet.
. "${srcdir:-.}/tests/cli/lib.sh"
need jq
db=$scratch/room.db
cat >"$scratch/room.conf" <<'END'
[network]
name = Test

[node a]
url = http://127.0.0.1:9

[person tom]
full_name = Tom Tanaka
roles = team-lead
slack = @tom

[channel war-room]
kind = slack
url_env = TOCSIN_TEST_SLACK

[escalation lead]
title = Lead of the team
people = team-lead
wait = 7m

[clocks]
update_p1 = 45m
hand_over = 3m
END

# as NAME ARGUMENT...: an incident command of somebody that has to work.
as() {
	name=$1
	shift
	expect_exit 0 "$name: incident $1 ${3-}" --config "$scratch/room.conf" --db "$db" --as "$name" incident "$@"
}

# refused CODE WORDS ARGUMENT...: one that must not.
refused() {
	code=$1 words=$2
	shift 2
	expect_exit "$code" "refused: $*" --config "$scratch/room.conf" --db "$db" --as alice incident "$@"
	grep -q -- "$words" "$scratch/err" || fail "refused: $*" "does not say \"$words\": $(cat "$scratch/err")"
}

as alice declare --severity P1 --title 'it is <slow>' --components validator/v2

# Roles.
as alice role INC-1 take commander
as alice role INC-1 offer commander bob --note 'all quiet'
refused 1 'nothing is offered to alice' role INC-1 accept commander
as bob role INC-1 accept commander
as carol role INC-1 take communications
as carol role INC-1 release communications
as alice role INC-1 list --json
expect_json "roles with their tenure" "$scratch/out" \
	'[.roles[] | [.role, .name, (.until != null)]] == [["commander", "alice", true], ["commander", "bob", false], ["communications", "carol", true]]'
refused 1 'bob has it' role INC-1 offer commander carol
refused 64 'say what to do' role INC-1 dance commander
refused 64 'more word' role INC-1 take

# Tasks.
as alice task INC-1 open 'look at the pod' --owner carol --box 15m
as alice task INC-1 open 'call them'
as carol task INC-1 'done' T1 --note 'it is up'
as alice task INC-1 assign t2 --owner bob --box 5m
as alice task INC-1 list --json
expect_json "tasks" "$scratch/out" '[.tasks[] | [.task, .owner, .state, .note]] == [["T1", "carol", "done", "it is up"], ["T2", "bob", "open", null]]'
refused 1 'done already' task INC-1 'done' T1
refused 64 '--box' task INC-1 open more --box soon
expect_exit 64 "a time box that is no time, from a script" --db "$db" incident task INC-1 open x --box -5m

# What is believed, found, decided, and left for later.
as alice hypothesis INC-1 open 'the disk is full'
as alice hypothesis INC-1 refute H1 'df says 20 %'
as alice finding INC-1 'no peers since noon'
as alice decide INC-1 'restart it' --reason 'bob would wait'
as alice todo INC-1 'watch the peers'
as alice hypothesis INC-1 list --json
expect_json "hypotheses" "$scratch/out" '.hypotheses == [.hypotheses[0]] and .hypotheses[0].state == "refuted" and .hypotheses[0].evidence == "df says 20 %"'

# The escalation that is configured, and its record.
as alice escalate INC-1 --reason 'it lasts'
refused 1 'everybody on the ladder' escalate INC-1
as alice acknowledge INC-1 tom --note 'by phone'
as alice show INC-1 --json
expect_json "who was told when and how, and who answered" "$scratch/out" \
	'.escalations == [.escalations[0]] and (.escalations[0] | .step == "lead" and .person == "tom" and .channel == "slack" and .by == "alice" and .acknowledged_by == "tom" and .acknowledged_how == "by phone" and .requested != null)'
expect_json "show --json has the rest too" "$scratch/out" \
	'(.roles | length) == 3 and (.tasks | length) == 2 and (.decisions[0].text == "restart it") and (.findings[0].by == "alice") and (.actions[0].to_do and .actions[0].due != null)'
expect_json "every event names the role of who wrote it" "$scratch/out" '[.events[] | select(.kind == "role.offered")][0].role == "commander"'

# Clocks.
as alice clocks INC-1 --json
expect_json "clocks of the configuration" "$scratch/out" \
	'[.[] | select(.clock == "update")][0] as $u | ($u.due | sub("\\..*"; "Z") | fromdate) - now | . > 2600 and . < 2710'
as alice snooze INC-1 update --for 90m
as alice clocks INC-1 --json
expect_json "put off" "$scratch/out" '[.[] | select(.clock == "update")][0].put_off'
refused 1 'no such clock' snooze INC-1 nonsense
refused 1 'one day' snooze INC-1 update --for 2d
expect_exit 64 "--read-only writes nothing" --db "$db" --read-only incident task INC-1 open x
expect_exit 0 "but it lists" --db "$db" --read-only incident task INC-1 list

# The sheet.
as alice handover INC-1
for line in '# Hand-over of INC-1 P1: it is \<slow\>' '- commander: bob, since' '- asked to come: tom by slack' '- T2 call them (bob,' '- H1 refuted: the disk is full' 'alice: restart it' 'update in 1 h 29 m, put off'; do
	grep -qF -e "$line" "$scratch/out" || fail "the sheet" "has no \"$line\": $(cat "$scratch/out")"
done

expect_exit 0 "the chain holds" --db "$db" verify
finish
