#!/bin/sh
# tocsin verify against a person with a sqlite3 prompt: any field of any event, and any
# whole row, is noticed and named by its seq.
. "${srcdir:-.}/tests/cli/lib.sh"
need sqlite3
db=$scratch/x.db bad=$scratch/bad.db

expect_exit 0 "a first event" --db "$db" incident declare --severity P1 --title "t"
expect_exit 0 "a second" --db "$db" incident note INC-1 "text" --at 2026-01-01T00:00:00Z
expect_exit 0 "a third" --db "$db" incident note INC-1 "more"
expect_exit 0 "a fourth" --db "$db" incident set INC-1 --owner bob
expect_exit 0 "an untouched record verifies" --db "$db" verify
expect_exit 0 "an export leaves a checkpoint" --db "$db" export INC-1 -o "$scratch/o.md"
cp "$db" "$scratch/good.db"

# The guards first: they are the seat belt.
for sql in "UPDATE event SET actor = 'mallory' WHERE seq = 2" "DELETE FROM event WHERE seq = 2" "UPDATE content SET summary = 'x' WHERE seq = 2" \
	"DELETE FROM content WHERE seq = 2" "INSERT OR REPLACE INTO event SELECT * FROM event WHERE seq = 2"; do
	if sqlite3 "$db" "$sql" >"$scratch/sqlite" 2>&1; then
		fail "refused while the triggers stand: $sql" "it was done"
	else
		pass "refused while the triggers stand: $sql"
	fi
done
expect_exit 0 "so it still verifies" --db "$db" verify

sqlite3 "$db" "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master WHERE type = 'trigger'" >"$scratch/drop.sql"

# attack SQL: what the SQL makes of a copy, with triggers and constraints out of the way.
attack() {
	cp "$scratch/good.db" "$bad"
	{
		cat "$scratch/drop.sql"
		printf 'PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;\n%s;\n' "$1"
	} | sqlite3 -bail "$bad" >"$scratch/sqlite" 2>&1 || fail "attack: $1" "$(cat "$scratch/sqlite")"
	cmp -s "$scratch/good.db" "$bad" && fail "attack: $1" "changed nothing"
}

# noticed SEQ SQL: verify exits 1 and names the seq, in a record without anything beside it.
noticed() {
	attack "$2"
	expect_exit 1 "noticed: $2" --db "$bad" verify
	expect_text "and named: $2" "$scratch/out" "seq $1"
}

for seq in 1 2 4; do
	for table in event content; do
		sqlite3 "$db" "SELECT name || ' ' || type FROM pragma_table_info('$table') WHERE name <> 'seq'" >"$scratch/columns"
		while read -r column type; do
			case $type in
			INTEGER) changed="coalesce($column, 0) + 1" ;;
			*) changed="coalesce($column, '') || 'x'" ;;
			esac
			noticed "$seq" "UPDATE $table SET $column = $changed WHERE seq = $seq"
		done <"$scratch/columns"
	done
done
noticed 2 "DELETE FROM event WHERE seq = 2; DELETE FROM content WHERE seq = 2"
noticed 2 "DELETE FROM content WHERE seq = 2"
noticed 4 "DELETE FROM event WHERE seq = 4; DELETE FROM content WHERE seq = 4"
noticed 1 "DELETE FROM event WHERE seq = 1; DELETE FROM content WHERE seq = 1"
noticed 2 "UPDATE content SET summary = (SELECT summary FROM content WHERE seq = 3) WHERE seq = 2"
noticed 3 "UPDATE event SET seq = 30 WHERE seq = 3; UPDATE content SET seq = 30 WHERE seq = 3"

# A tail that was cut with care fits in itself: what lies outside the file tells.
cut="DELETE FROM content WHERE seq > 2; DELETE FROM event WHERE seq > 2;
	UPDATE head SET seq = 2, hash = (SELECT hash FROM event WHERE seq = 2)"
attack "$cut"
expect_exit 1 "a tail cut with care does not match the export's checkpoint" --db "$bad" verify --checkpoint "$scratch/o.md.checkpoint"
expect_text "and the verdict says which" "$scratch/out" "checkpoint"
expect_exit 1 "a checkpoint that is none" --db "$db" verify --checkpoint "$scratch/drop.sql"
expect_exit 1 "a checkpoint that is not there" --db "$db" verify --checkpoint "$scratch/none"
expect_exit 1 "a record that is not there" --db "$scratch/none.db" verify
expect_exit 0 "the untouched record still verifies" --db "$scratch/good.db" verify
finish
