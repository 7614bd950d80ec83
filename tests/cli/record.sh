#!/bin/sh
# shellcheck disable=SC2016 # $names inside single quotes are jq's
# The lifecycle from scripts: what is declared, noted and attached comes back in lists,
# in the review and in CloudEvents, in the order in which it happened.
. "${srcdir:-.}/tests/cli/lib.sh"
need jq
db=$scratch/x.db

# i ARGUMENT...: an incident command on the test's record that has to work.
i() {
	expect_exit 0 "incident $1" --db "$db" --as alice incident "$@"
}

i declare --severity P1 --title 'validator <b>down</b> | "2"' --components validator/v-2,node/besu-validator-2
expect_equal "declare prints the id" "$(cat "$scratch/out")" INC-1
i note INC-1 "seen by the night shift"
i note INC-1 "disk alarm, told by phone" --at 2026-01-01T00:00:00Z
i note INC-1 "before that: a deployment" --at 2025-12-31T23:30:00-02:00
printf 'line one\nline two\n' >"$scratch/log.txt"
i evidence INC-1 "$scratch/log.txt" --note "journal of the pod"
i report "customers cannot pay" --from "service desk" --incident INC-1
i declare --title "a second one"
expect_equal "and the next id" "$(cat "$scratch/out")" INC-2

i list --json
expect_json "list --json: both, with what was given" "$scratch/out" \
	'[.[] | [.id, .severity, .stage]] == [["INC-1", "P1", "triage"], ["INC-2", null, "triage"]] and .[0].components == ["validator/v-2", "node/besu-validator-2"]'
i show INC-1 --json
expect_json "show --json: the fields of the contract" "$scratch/out" \
	'.id == "INC-1" and .title == "validator <b>down</b> | \"2\"" and .severity == "P1" and .stage == "triage" and has("owner")
	and (.components | length) == 2 and ([.events[] | has("seq") and has("kind") and has("occurred") and has("recorded") and has("actor") and has("summary") and has("hash")] | all)'
expect_json "show --json: events by occurred time, then seq" "$scratch/out" '[.events[] | [.occurred, .seq]] as $order | $order == ($order | sort)'
expect_json "show --json: a backdated note keeps when it was written" "$scratch/out" \
	'.events[0] | .summary == "disk alarm, told by phone" and .occurred == "2026-01-01T00:00:00.000000Z" and .recorded > "2026-01-02"'
expect_json "show --json: a zone is turned into UTC" "$scratch/out" '.events[1].occurred == "2026-01-01T01:30:00.000000Z"'
expect_json "show --json: who did it" "$scratch/out" '.events[0].actor | startswith("alice@")'
many=$(seq -s, -f 'node/n-%g' 100)
expect_exit 0 "an incident of a hundred components" --db "$scratch/many.db" incident declare --title "many" --components "$many"
expect_exit 0 "and its list" --db "$scratch/many.db" incident list --json
expect_json "loses none of them" "$scratch/out" '.[0].components | length == 100'
i show INC-1
expect_text "show for people" "$scratch/out" "disk alarm, told by phone"

# A time of day that is still to come is yesterday's.
ahead=$(($(date +%s) + 7200))
expect_exit 0 "another record" --db "$scratch/late.db" incident declare --title "told late"
expect_exit 0 "a time of day alone" --db "$scratch/late.db" incident note INC-1 "told late" --at "$(date -d "@$ahead" +%H:%M)"
before=$(date -d "@$((ahead - 86400))" '+%Y-%m-%d %H:%M:00Z')
expect_text "the date that was taken is told" "$scratch/err" "--at $(date -d "@$ahead" +%H:%M) is $before"
expect_exit 0 "its note" --db "$scratch/late.db" incident show INC-1
expect_text "and recorded" "$scratch/out" "$before"

# --- refusals -------------------------------------------------------------------
expect_exit 1 "a note in the future" --db "$db" incident note INC-1 "x" --at 2999-01-01T00:00:00Z
TZ=AAA-05:30
expect_exit 1 "a note in the future of here" --db "$db" incident note INC-1 "x" --at 2999-01-01T00:00:00Z
expect_text "is told in the zone of here" "$scratch/err" "2999-01-01 05:30:00+05:30 is in the future"
expect_exit 1 "with --utc" --db "$db" --utc incident note INC-1 "x" --at 2999-01-01T00:00:00Z
expect_text "in UTC" "$scratch/err" "2999-01-01 00:00:00Z is in the future"
TZ=UTC
expect_exit 64 "a time without its zone" --db "$db" incident note INC-1 "x" --at 2026-01-01T00:00:00
expect_exit 64 "a severity that is none" --db "$db" incident declare --title "x" --severity P9
expect_exit 1 "a note for an incident that is not there" --db "$db" incident note INC-9 "x"
expect_text "which names those that are" "$scratch/err" "INC-2"
expect_exit 1 "evidence that is not there" --db "$db" incident evidence INC-1 "$scratch/none"
expect_exit 1 "a stage that cannot be left yet" --db "$db" incident stage INC-1 respond
expect_text "says what is missing" "$scratch/err" "nobody is in command"
expect_exit 64 "OBSERVER writes nothing" --read-only --db "$db" incident note INC-1 "x"
expect_exit 0 "what was refused left no trace" --db "$db" verify
expect_text "as the count says" "$scratch/out" "consistent: 7 events"

# --- the whole way, from scripts -----------------------------------------------------
i set INC-1 --owner bob --scribe carol --impact "payments fail" --runbook validator-failure
i stage INC-1 respond
i stage INC-1 resolve --reason "fixed by hand"
expect_exit 1 "Resolve cannot be left without checks" --db "$db" incident stage INC-1 review
i stage INC-1 review --reason "checked by hand"
i section INC-1 root-cause "a full disk"
i section INC-1 resolution "the disk was emptied"
i section INC-1 lessons-learned "watch the disk"
i action INC-1 "alert at 80 percent" --owner dave --due 2026-12-31 --type preventive
i stage INC-1 closed
i list --json
expect_json "the incident is closed" "$scratch/out" '.[0].stage == "closed" and .[0].owner == "bob"'
i reopen INC-1 --reason "it came back"
i merge INC-1 INC-2

# --- exports ----------------------------------------------------------------------------
expect_exit 0 "export md" --db "$db" export INC-1 --format md
grep '^## ' "$scratch/out" | tr '\n' ' ' >"$scratch/headings"
expect_equal "md: the seven sections in their order" "$(cat "$scratch/headings")" \
	"## Incident ## Timeline ## Root Cause ## Impact ## Resolution ## Lessons Learned ## Action Items "
expect_equal "md: the backdated note is first in the timeline" \
	"$(sed -n '/^## Timeline/,/^## Root/p' "$scratch/out" | grep '^| 20' | sed -n '1s/^| [^|]* | \([^|]*\) |.*/\1/p')" "disk alarm, told by phone"
expect_equal "md: a title cannot write markup" "$(grep -c '<b>' "$scratch/out")" 0
expect_text "md: what was written" "$scratch/out" "a full disk"
expect_text "md: action items with owner and date" "$scratch/out" "dave"
cp "$scratch/out" "$scratch/printed.md"
expect_exit 0 "export to -" --db "$db" export INC-1 -o -
expect_equal "is standard output" "$(diff "$scratch/out" "$scratch/printed.md"; find . -maxdepth 1 -name '-*')" ""
expect_exit 0 "export md of the other" --db "$db" export INC-2
expect_text "md: what is unwritten is marked as unwritten" "$scratch/out" "_Not written yet._"

expect_exit 0 "export jsonl" --db "$db" export INC-1 --format jsonl -o "$scratch/o.jsonl"
expect_equal "jsonl: each line is one object" "$(jq -c type "$scratch/o.jsonl" | sort -u)" '"object"'
jq -s . "$scratch/o.jsonl" >"$scratch/o.json"
expect_json "jsonl: CloudEvents" "$scratch/o.json" \
	'all(.[]; .specversion == "1.0" and (.id | length) > 0 and (.source | length) > 0 and (.type | startswith("tocsin.")) and (.time | endswith("Z")) and .subject == "INC-1")'
expect_json "jsonl: sorted by occurred time, then seq" "$scratch/o.json" '[.[] | [.time, .seq]] as $order | $order == ($order | sort) and length > 10'
expect_json "jsonl: ids are not repeated" "$scratch/o.json" '[.[].id] | length == (unique | length)'
expect_equal "a checkpoint of three lines lies beside it" "$(wc -l <"$scratch/o.jsonl.checkpoint")" 3
expect_exit 0 "which the record matches" --db "$db" verify --checkpoint "$scratch/o.jsonl.checkpoint"
expect_text "and says so" "$scratch/out" "matches checkpoint"

expect_exit 0 "export json" --db "$db" export INC-1 --format json
expect_json "json: one object" "$scratch/out" '.id == "INC-1"'
expect_exit 0 "export csv" --db "$db" export INC-1 --format csv
expect_exit 1 "an incident that is not there" --db "$db" export INC-7
expect_exit 1 "a directory that is not there" --db "$db" export INC-1 -o "$scratch/none/o.md"

# --- the files ----------------------------------------------------------------------------
expect_equal "only the owner can read the record" "$(find "$db" -perm 600)" "$db"
expect_exit 0 "without --db the record is in the data directory" incident declare --title "at home"
expect_equal "where XDG says" "$(find "$XDG_DATA_HOME" -name record.db)" "$XDG_DATA_HOME/tocsin/record.db"
expect_exit 1 "reading makes no record" --db "$scratch/typo.db" incident list
expect_equal "not even by a typing mistake" "$(find "$scratch" -name 'typo.db*')" ""
printf 'not a database at all, but long enough to be read as one' >"$scratch/text.db"
expect_exit 1 "a file of something else" --db "$scratch/text.db" incident list
finish
