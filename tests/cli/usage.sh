#!/bin/sh
# What the program says about itself, and how it takes what it does not understand.
. "${srcdir:-.}/tests/cli/lib.sh"

expect_exit 0 "--version" --version
expect_text "--version names the program" "$scratch/out" "tocsin "
expect_exit 0 "--help" --help
cp "$scratch/out" "$scratch/help"
for command in console demo status incident export verify runbook sim config; do
	expect_text "--help lists $command" "$scratch/help" "  $command "
	expect_exit 0 "$command --help" "$command" --help
	expect_text "$command --help shows how it is called" "$scratch/out" "Usage: tocsin $command"
done

# refused NAME TEXT ARGUMENT...: a usage error that says TEXT, and nothing on stdout.
refused() {
	refused_name=$1 refused_text=$2
	shift 2
	expect_exit 64 "$refused_name" "$@"
	expect_text "$refused_name: says what and what to do" "$scratch/err" "$refused_text"
	expect_equal "$refused_name: nothing on standard output" "$(cat "$scratch/out")" ""
}

refused "a word that is no command" "tocsin: nonsense: no such command (tocsin --help lists them)" nonsense
refused "an address without http" "neither a command nor a URL (write http://localhost:8545" localhost:8545
refused "a misspelt command" "did you mean status?" statsu
refused "an unknown option" "tocsin: --nonsense: unknown option" --nonsense
refused "an unknown option of a command" "did you mean --json?" status --jsn
refused "an option without its value" "tocsin: --db: needs a value" --db
refused "a value that is none of the list" "--color: pink is not one of auto|always|never" --color pink status
refused "status on what is no URL" "besu-rpc-0: not a URL (write http://host:8545)" status besu-rpc-0
refused "status on a scheme that is not spoken" "not an http or https URL" status ftp://127.0.0.1/
refused "status for a time that is none" "--for" status --for soon http://127.0.0.1:1
refused "status without anything to ask" "no configuration" status
refused "sim without a scenario" "healthy, validator-failure, network-outage, rpc-endpoint-issues" sim
refused "sim of no scenario" "nonsense" sim nonsense
refused "sim with a victim that is not there" "besu-validator-99" sim validator-failure --victim besu-validator-99
refused "demo of no scenario" "nonsense: no such scenario" demo nonsense
refused "incident without a verb" "say what to do with incidents" incident
refused "an unknown verb" "bury: no such incident command" incident bury INC-1
refused "a note without text" "incident note takes: INC TEXT" incident note INC-1
refused "an export without an incident" "name one incident" export
refused "an unknown format" "--format pdf: unknown" export INC-1 --format pdf
refused "verify with words" "verify takes no words" verify x.db
refused "config without a verb" "say what to do: check" config

finish
