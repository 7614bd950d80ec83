#!/bin/sh
# An outsider checks a record with sqlite3 and sha256sum alone, as README says.
set -eu

command -v sqlite3 >/dev/null || exit 77
program=$TOCSIN_BUILD/src/tocsin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$program" --db x.db incident declare --severity P1 --title 'Gr“ün" \ 日本' >/dev/null
"$program" --db x.db incident note INC-1 "tab	and emoji 🔔" --at 2026-01-01T00:00:00Z

event() {
	sqlite3 x.db "SELECT prev_hash || char(10) || json_object('actor', actor, 'boot', boot,
		'content_hash', content_hash, 'id', id, 'incident', incident, 'kind', kind, 'mono_us', mono_us,
		'occurred_end_us', occurred_end_us, 'occurred_precision', occurred_precision,
		'occurred_us', occurred_us, 'prev_hash', prev_hash, 'recorded_us', recorded_us,
		'refs', json(refs), 'role', role, 'seq', seq, 'source', source, 'tz', tz, 'v', 1,
		'visibility', visibility) FROM event WHERE seq = $1"
}

content() {
	sqlite3 x.db "SELECT salt || json_object('body', body, 'data', json(data), 'summary', summary)
		FROM content WHERE seq = $1"
}

sum() {
	printf '%s' "$1" | sha256sum | cut -c 1-64
}

prev=$(sum "$(head -n 1 x.db.checkpoint)")
count=$(sqlite3 x.db 'SELECT count(*) FROM event')
[ "$count" -ge 2 ]
for seq in $(seq "$count"); do
	[ "$(sqlite3 x.db "SELECT prev_hash FROM event WHERE seq = $seq")" = "$prev" ]
	[ "$(sqlite3 x.db "SELECT content_hash FROM event WHERE seq = $seq")" = "$(sum "$(content "$seq")")" ]
	prev=$(sqlite3 x.db "SELECT hash FROM event WHERE seq = $seq")
	[ "$prev" = "$(sum "$(event "$seq")")" ]
done
[ "$(sed -n 3p x.db.checkpoint)" = "$prev" ]
"$program" --db x.db verify >/dev/null
echo "$count events hold"
