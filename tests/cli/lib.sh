# shellcheck shell=sh
# Helpers of the end-to-end tests: sourced, never run. Each test runs the program from
# the build tree with a scratch directory as its home, and reads answers with jq.
# Without jq or sqlite3 a test is skipped (exit 77), never passed.

set -u
umask 077

: "${TOCSIN_BUILD:?is not set (run the tests with make check)}"
tocsin=$TOCSIN_BUILD/src/tocsin
scratch=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-cli.XXXXXX") || exit 99
failures=0
started=

# A record or configuration of the person who runs the tests must not take part.
export HOME="$scratch/home" XDG_CONFIG_HOME="$scratch/config" XDG_DATA_HOME="$scratch/data"
export TZ=UTC LC_ALL=C.UTF-8
unset NO_COLOR http_proxy https_proxy 2>/dev/null
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$XDG_DATA_HOME"

end_started() {
	for pid in $started; do
		kill -CONT "$pid" 2>/dev/null
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	started=
}

leave() {
	end_started
	rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 99' HUP INT TERM

# --- results --------------------------------------------------------------------

pass() {
	printf 'ok - %s\n' "$1"
}

fail() {
	printf 'FAIL - %s: %s\n' "$1" "$2"
	failures=$((failures + 1))
}

# Ends the test: 0 when nothing failed.
finish() {
	[ "$failures" -eq 0 ]
	exit
}

# need TOOL...: skips the test when a tool is missing.
need() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null && continue
		printf 'skipped: %s is not installed\n' "$tool"
		exit 77
	done
}

# --- running --------------------------------------------------------------------

# t ARGUMENT...: the program; its output goes to $scratch/out and $scratch/err, its
# exit code to $code.
t() {
	"$tocsin" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
}

# expect_exit CODE NAME ARGUMENT...
expect_exit() {
	exit_wanted=$1 exit_name=$2
	shift 2
	t "$@"
	if [ "$code" -eq "$exit_wanted" ]; then
		pass "$exit_name"
	else
		fail "$exit_name" "exit $code instead of $exit_wanted: $(cat "$scratch/out" "$scratch/err" | tail -c 400)"
	fi
}

# expect_text NAME FILE TEXT: a line of the file holds the text.
expect_text() {
	if grep -qF -- "$3" "$2"; then
		pass "$1"
	else
		fail "$1" "\"$3\" is not in: $(head -c 800 "$2")"
	fi
}

# expect_json NAME FILE FILTER [JQ-OPTION...]: the filter gives true. An empty file never does,
# though jq is content with one.
expect_json() {
	json_name=$1 json_file=$2 json_filter=$3
	shift 3
	if [ -s "$json_file" ] && jq -e "$@" "$json_filter" "$json_file" >/dev/null 2>"$scratch/jq"; then
		pass "$json_name"
	else
		fail "$json_name" "$json_filter does not hold $(cat "$scratch/jq")"
		# Without the values of components: what they are is mostly what matters.
		jq -c 'if type == "object" then del(.components[]?.values?) else . end' "$json_file" 2>/dev/null | head -c 3000
	fi
}

# expect_equal NAME GOT WANTED
expect_equal() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "\"$2\" instead of \"$3\""
	fi
}

# until_true SECONDS COMMAND...: repeats it until it succeeds or the time is up.
until_true() {
	rounds=$(($1 * 20))
	shift
	while [ "$rounds" -gt 0 ]; do
		"$@" && return 0
		sleep 0.05
		rounds=$((rounds - 1))
	done
	return 1
}

# --- the simulated network ------------------------------------------------------

# sim NAME ARGUMENT...: starts a network on free ports. Its lines are in
# $scratch/NAME.nodes, what it says in $scratch/NAME.sim; $sim_pid is its process.
sim() {
	sim_name=$1
	shift
	"$tocsin" sim "$@" >"$scratch/$sim_name.nodes" 2>"$scratch/$sim_name.sim" </dev/null &
	sim_pid=$!
	started="$started $sim_pid"
	until_true 90 grep -qs 'orders go to' "$scratch/$sim_name.sim" && return 0
	fail "sim $*" "did not start: $(cat "$scratch/$sim_name.sim")"
	return 1
}

# urls NAME: the URLs of a network that sim started.
urls() {
	awk '{ print $1 }' "$scratch/$1.nodes"
}

# sim_ended: true once the network's process is gone.
sim_ended() {
	! kill -0 "$sim_pid" 2>/dev/null
}
