#!/bin/sh
# Runbooks in the shapes of other teams are read as the steps that stand beside them.
# shellcheck source=tests/cli/lib.sh
. "${srcdir:-.}/tests/cli/lib.sh"
need jq
corpus=${srcdir:-.}/tests/interop/corpus

# One line per step: number, title, and each command's class, language and first line.
steps='.steps[] | [.number, .title] + [.commands[] |
	(if .shell then .danger else "never" end) + " " + .language + ": " + (.text | split("\n")[0])] | join(" | ")'

read_books=0
for book in "$corpus"/*.md "$corpus"/*.rst; do
	name=$(basename "${book%.*}")
	expect_exit 0 "$name is read" runbook show "$book" --steps --json
	jq -r "$steps" "$scratch/out" >"$scratch/steps"
	if diff -u "$corpus/$name.steps" "$scratch/steps" >"$scratch/diff"; then
		pass "$name has its steps"
	else
		fail "$name has its steps" "$(cat "$scratch/diff")"
	fi
	read_books=$((read_books + 1))
done
set -- "$corpus"/*.steps
expect_equal "all of them were read" "$read_books" "$#"
finish
