#!/bin/sh
# tocsin config check: every mistake at once, each with file, line, key and cure.
. "${srcdir:-.}/tests/cli/lib.sh"
conf=$scratch/bad.conf

cat >"$conf" <<'CONF'
stray = 1
[network]
name = Test
chain_id = 0x8a
block_period = soon
colour = red
[node a]
url = ws://127.0.0.1:8546
role = miner
interval = 1ms
validator = 0x1234
[node a]
[nodes b]
[validator v-0]
address = 0x00
[thresholds]
stall_round = 3
lag_warn_blocks = many
[screen]
theme =
this is nothing
[kubernetes
[record here]
CONF

expect_exit 1 "a file full of mistakes" --config "$conf" config check
while IFS='|' read -r line text; do
	expect_text "line $line" "$scratch/out" "$conf:$line: $text"
done <<'EXPECTED'
1|stray: stands before the first section (put it below [network] or another section)
4|[network] chain_id: not a decimal number above 0 (write 138)
5|[network] block_period:
6|[network] colour: unknown key
8|[node a] url: not an http or https URL (write http://host:8545)
9|[node a] role: neither validator nor rpc (write one of them, or leave the line out)
10|[node a] interval: 1ms is out of range (write 200 ms to 3600 s)
11|[node a] validator: not an address (write 0x and 40 hex digits)
12|[node a]: this node was described before, in line 7 (give each node a name of its own)
13|[nodes b]: unknown section (did you mean [node]?)
15|[validator v-0] address: not an address (write 0x and 40 hex digits)
17|[thresholds] stall_round: unknown key (did you mean stall_rounds?)
18|[thresholds] lag_warn_blocks:
20|[screen] theme: has no value (write it after the =, or leave the line out)
21|neither a section, a comment nor key = value (begin comments with #)
22|section head without a closing ] (write [node NAME])
23|[record here]: takes no name (write [record])
EXPECTED
expect_equal "each line says what to do" "$(grep '^/' "$scratch/out" | grep -v 'to put right$' | grep -vc '(.*)$')" 0

expect_exit 64 "status does not run with it" --config "$conf" status
expect_text "and shows the same lines" "$scratch/err" "$conf:4: [network] chain_id"
expect_exit 1 "a file that is not there" --config "$scratch/none.conf" config check
expect_text "is named" "$scratch/out" "$scratch/none.conf"

cat >"$scratch/good.conf" <<'CONF'
# A small network.
[network]
name = Test
[node a]
  url = http://127.0.0.1:8545   ; indented, with a comment
CONF
expect_exit 0 "a file without mistakes" --config "$scratch/good.conf" config check
expect_text "says what it holds" "$scratch/out" "network Test, 1 node, 0 validators"

# Keys and themes are the screen's business, and are checked all the same.
mkdir -p "$XDG_CONFIG_HOME/tocsin/themes"
printf 'parent = light\ncrit = red reverse\nwran = yellow\n' >"$XDG_CONFIG_HOME/tocsin/themes/mine.theme"
{
	cat "$scratch/good.conf"
	printf '[screen]\ntheme = mine\n[keys]\nnote = F5\nreport = F5\nzoom = q\n'
} >"$scratch/keys.conf"
expect_exit 1 "keys and a theme with mistakes" --config "$scratch/keys.conf" config check
expect_text "a clash names both lines" "$scratch/out" "$scratch/keys.conf:10: [keys] report: F5: is the key of note too, in line 9"
expect_text "a reserved key is refused" "$scratch/out" "$scratch/keys.conf:11: [keys] zoom: q: is reserved"
expect_text "the theme names its own line" "$scratch/out" "mine.theme:3: wran: unknown role"
expect_text "all are counted" "$scratch/out" "3 to put right"

# Also a theme that only --theme names, with all its mistakes and its parent's.
printf 'parent = mine\nwran = red\nok = mauve\n' >"$XDG_CONFIG_HOME/tocsin/themes/bad.theme"
expect_exit 1 "a theme of --theme" --config "$scratch/good.conf" --theme bad config check
expect_equal "each mistake has its line" "$(grep -c '^[^:]*/themes/\(bad\|mine\).theme:[0-9]*: ' "$scratch/out")" 3
expect_text "they are counted" "$scratch/out" "3 to put right"
for theme in nope /tmp; do
	expect_exit 1 "theme $theme" --config "$scratch/good.conf" --theme "$theme" config check
	expect_text "is one mistake" "$scratch/out" "1 to put right"
done
expect_exit 0 "another theme instead of the one with mistakes" --config "$scratch/good.conf" --theme light config check
printf ':messages\n:dump -\n' >"$scratch/script"
expect_exit 0 "the console runs with it" --config "$scratch/good.conf" --db "$scratch/bad.db" --theme bad console --script "$scratch/script"
tr '\n' ' ' <"$scratch/out" | tr -s ' ' >"$scratch/flat"
expect_text "and says how to see all" "$scratch/flat" "--theme bad config check"

# So are the table of danger classes and the templates of updates, before a night needs them.
mkdir -p "$XDG_CONFIG_HOME/tocsin/updates"
printf 'read mytool status\nharmless othertool\n' >"$XDG_CONFIG_HOME/tocsin/danger"
printf '# triage\nSubject: {{title}}\n\n# any\nSubject: {{title}}\n\n{{colour}}\n' >"$XDG_CONFIG_HOME/tocsin/updates/board.md"
expect_exit 1 "a table and a template with mistakes" --config "$scratch/good.conf" config check
expect_text "the table names its line" "$scratch/out" "danger:2: harmless is no class"
expect_text "so does the template, in whatever stage it is" "$scratch/out" "updates/board.md:7: {{colour}} is not known"
expect_text "both are counted" "$scratch/out" "2 to put right"
rm -r "$XDG_CONFIG_HOME/tocsin/updates" "$XDG_CONFIG_HOME/tocsin/danger"
printf ':messages\n:dump -\n' >"$scratch/script"
expect_exit 0 "the console runs with them" --config "$scratch/keys.conf" --db "$scratch/keys.db" console --script "$scratch/script"
expect_text "and says so" "$scratch/out" "wran: unknown role"
finish
