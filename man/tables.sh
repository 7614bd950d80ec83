#!/bin/sh
# Writes the tables that the program knows into the manual's pages: what stands between
# `.\" TABLE: begin` and `.\" TABLE: end`. With --check it only compares.
#
#   man/tables.sh [--check] PROGRAM MAN-DIRECTORY
set -eu

check=
[ "$1" != --check ] || {
	check=yes
	shift
}
program=$1 pages=$2 stale=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

table() {
	"$program" manual "$1" >"$work/table"
	awk -v table="$work/table" -v mark=".\\\\\" $1: " '
		$0 == mark "begin" { print; while ((getline line < table) > 0) print line; inside = 1; next }
		$0 == mark "end" { inside = 0 }
		!inside { print }' "$pages/$2" >"$work/page"
	cmp -s "$work/page" "$pages/$2" && return 0
	if [ -n "$check" ]; then
		echo "man/$2: the table of $1 is not what the program says (make manual writes it)" >&2
		stale=1
	else
		cat "$work/page" >"$pages/$2"
	fi
}

table keys tocsin.1
table lint tocsin.1
table thresholds tocsin.conf.5
table sections tocsin.conf.5
exit $stale
