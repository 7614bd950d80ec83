#!/bin/sh
# The manual and the completion cannot drift from the program: its tables are the
# program's, every command, option and configuration key is described, and the example
# configuration is accepted.
set -eu

program=$TOCSIN_BUILD/src/tocsin
source=$(cd "$TOCSIN_FIXTURES/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	printf 'FAIL: %s\n' "$*"
	failed=1
}

# Text of a page without roff's escapes.
sed 's/\\-/-/g; s/\\&//g' "$source/man/tocsin.1" >"$work/page"

sh "$source/man/tables.sh" --check "$program" "$source/man" || fail "tables"

commands=$("$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ "$(printf '%s\n' "$commands" | wc -l)" -ge 9 ] || fail "tocsin --help lists too few commands: $commands"

{
	"$program" --help
	for command in $commands; do
		"$program" "$command" --help
	done
} >"$work/help"

for command in $commands; do
	grep -q "^\.SS \"*$command" "$work/page" || fail "tocsin.1 has no section on $command"
	grep -qw -- "$command" "$source/completions/tocsin" || fail "the completion does not know $command"
done
grep -oE -- '--[a-z][a-z-]+' "$work/help" | sort -u >"$work/options"
while read -r option; do
	grep -q -- "$option" "$work/page" || fail "tocsin.1 does not describe $option"
	grep -q -- "${option#--}" "$source/completions/tocsin" || fail "the completion does not know $option"
done <"$work/options"

# Keys as the program's reader has them, one row each.
keys=$(sed -n 's/^	{SECTION_[A-Z]*, "\([a-z_]*\)", set_.*/\1/p' "$source/src/watch/config.c")
[ "$(printf '%s\n' "$keys" | wc -l)" -ge 20 ] || fail "too few configuration keys found: $keys"
for key in $keys; do
	grep -q "^\.BR* $key\b" "$source/man/tocsin.conf.5" || fail "tocsin.conf.5 does not describe $key"
done

sed -n '/^\.\\" example: begin/,/^\.\\" example: end/p' "$source/man/tocsin.conf.5" | sed '/^\./d; s/\\-/-/g; s/\\&//g' >"$work/example.conf"
for key in $keys; do
	grep -q "^#* *$key *=" "$work/example.conf" || fail "the example of tocsin.conf.5 has no $key"
done
"$program" --config "$work/example.conf" config check || fail "the example of tocsin.conf.5 is refused"

# The check itself can fail.
sed 's/^chain_id/chian_id/' "$work/example.conf" >"$work/wrong.conf"
! "$program" --config "$work/wrong.conf" config check >"$work/said" || fail "a misspelt key is accepted"
grep -q 'chian_id: unknown key (did you mean chain_id?)' "$work/said" || fail "a misspelt key is not named: $(cat "$work/said")"

exit $failed
