#!/bin/sh
# What `make install` put down works from there, and after the whole prefix was moved:
# program, supervisor, runbooks, themes and manual.
#
#   tests/cli/install.sh PREFIX BINDIR
set -eu

prefix=$1 program=$2/tocsin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
export XDG_DATA_HOME XDG_CONFIG_HOME
unset TOCSIN_DATA_DIR || true
cd /

# An installed program finds what lies beside it.
try() {
	"$1" --version
	"$1" runbook list >"$work/runbooks"
	for name in ccip-message-backlog network-outage oracle-update-failures security-incident validator-failure; do
		grep -q "$name" "$work/runbooks" || {
			echo "$1: runbook $name is not found"
			exit 1
		}
	done
	printf ':theme mono\n:theme dark\n:dump -\n:quit now\n' >"$work/script"
	"$1" demo healthy --script "$work/script" >"$work/screen"
	grep -q tocsin "$work/screen"
}

try "$program"
test -x "$prefix/libexec/tocsin/tocsin-supervise"
test -f "$prefix/share/man/man1/tocsin.1"
test -f "$prefix/share/man/man5/tocsin.conf.5"

# Moved, with nothing left at the old place to fall back on.
mkdir "$work/moved"
cp -R "$prefix/." "$work/moved"
mv "$prefix/share/tocsin" "$prefix/share/tocsin.away"
if (try "$work/moved/bin/tocsin"); then moved=0; else moved=1; fi
mv "$prefix/share/tocsin.away" "$prefix/share/tocsin"
exit $moved
