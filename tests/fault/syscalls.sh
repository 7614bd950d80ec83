#!/bin/sh
# System calls that fail under the command line: each failure is told with a cure and an
# exit code, nothing acknowledged is lost, and the record verifies. strace injects the
# failures; where it cannot, only what needs no injection is tried. `make torture`
# (TOCSIN_TORTURE=1) fails each call one at a time too.
. "${srcdir:-.}/tests/cli/lib.sh"
need jq
db=$scratch/x.db
# The leak checker does not work under ptrace.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

count() {
	"$tocsin" --db "$db" verify 2>/dev/null | sed -n 's/^consistent: \([0-9]*\) events.*/\1/p' | head -n 1
}

expect_exit 0 "a record to begin with" --db "$db" incident declare --severity P1 --title "a title"

# --- output that cannot be written --------------------------------------------------
full() {
	"$tocsin" --db "$db" "$@" >/dev/full 2>"$scratch/err"
	expect_equal "$* on a full disk: exit code" "$?" 1
	expect_text "$* on a full disk: says why" "$scratch/err" "No space left"
}
if [ -c /dev/full ]; then
	full export INC-1 --format md
	full incident list --json
	full incident show INC-1
	full verify
	full --help
fi
"$tocsin" --db "$db" export INC-1 --format jsonl 2>"$scratch/err" | true
expect_equal "a reader who leaves early hears nothing" "$(cat "$scratch/err")" ""

# --- places that cannot be written ---------------------------------------------------
mkdir "$scratch/directory"
expect_exit 1 "an export onto a directory" --db "$db" export INC-1 -o "$scratch/directory"
mkfifo "$scratch/pipe"
expect_exit 1 "an export onto a pipe" --db "$db" export INC-1 -o "$scratch/pipe"
expect_equal "which stays a pipe" "$([ -p "$scratch/pipe" ] && echo pipe)" pipe
expect_exit 1 "an export into no directory" --db "$db" export INC-1 -o "$scratch/none/x.md"

# A limit on the size of files is as good as a full disk, and stays so until it is lifted.
before=$(count)
(
	ulimit -f 8 # blocks of 512 or 1,024 bytes, as the shell counts
	"$tocsin" --db "$db" incident note INC-1 "on a full disk"
) >"$scratch/out" 2>"$scratch/err"
expect_equal "a note beyond the size of files: exit code" "$?" 1
expect_text "it says what to do" "$scratch/err" "("
expect_equal "it left no trace" "$(count)" "$before"
expect_exit 0 "and once there is room, it goes on" --db "$db" incident note INC-1 "after the full disk"

# Not even root writes to a file of another kind; a mode alone stops only other people.
if [ "$(id -u)" -ne 0 ]; then
	chmod 400 "$db"
	expect_exit 1 "a note into a read-only record" --db "$db" incident note INC-1 "x"
	chmod 600 "$db"
fi

# --- failing calls --------------------------------------------------------------------
if ! strace -qq -o /dev/null -e trace=fsync -e inject=fsync:error=EIO true 2>/dev/null; then
	echo "skipped: strace cannot inject failures here"
	finish
fi

# try CALL ERROR WHEN: a note while the call fails on the files of the record.
try() {
	before=$(count)
	strace -f -qq -o /dev/null -P "$db" -P "$db-journal" -P "$db-wal" -P "$scratch" -e "trace=$1" -e "inject=$1:error=$2:when=$3" \
		"$tocsin" --db "$db" incident note INC-1 "$1 $2 $3" >"$scratch/out" 2>"$scratch/err"
	code=$?
	after=$(count)
	name="$1 fails with $2 at $3"
	case $code in
	0) expect_equal "$name: acknowledged, and there" "$after" $((before + 1)) ;;
	1)
		# The way back is gone when only the directory would not be synced.
		grep -q "did not confirm" "$scratch/err" && before=$after
		expect_equal "$name: refused, and not there" "$after" "$before" && expect_text "$name: with a cure" "$scratch/err" "("
		;;
	*) fail "$name" "exit $code: $(tail -c 400 "$scratch/err")" ;;
	esac
	expect_exit 0 "$name: the record verifies" --db "$db" verify
}

calls="openat fsync fdatasync pwrite64 unlink ftruncate fcntl fstat read pread64"
for call in $calls; do
	try "$call" EIO 1+
done
try pwrite64 ENOSPC 1+
try pwrite64 EINTR 1
try fdatasync EINTR 1
try fdatasync EIO 5
try fsync ENOSPC 2+
try openat ENOSPC 2+
if [ -n "${TOCSIN_TORTURE:-}" ]; then
	for call in $calls; do
		for error in EIO ENOSPC EINTR; do
			for when in 1 2 3 4 5 6 7 8; do
				try "$call" "$error" "$when"
			done
		done
	done
fi

# try_export CALL ERROR: an export while the call fails; the old file stays whole.
try_export() {
	echo old >"$scratch/x.md"
	rm -f "$scratch/x.md.checkpoint"
	strace -f -qq -o /dev/null -e "trace=$1" -e "inject=$1:error=$2:when=$3" \
		"$tocsin" --db "$db" export INC-1 --format md -o "$scratch/x.md" >"$scratch/out" 2>"$scratch/err"
	code=$?
	name="export while $1 fails with $2"
	expect_equal "$name: exit code" "$code" 1
	expect_equal "$name: the old file is whole" "$(cat "$scratch/x.md")" old
	expect_equal "$name: nothing half-written stays" "$(find "$scratch" -name '*.tmp')" ""
}
try_export fsync EIO 1+
try_export rename EIO 1+
try_export rename ENOSPC 1+

# The program ends when memory does, and says that what was recorded is safe.
before=$(count)
strace -f -qq -o /dev/null -e trace=mmap,brk -e inject=mmap:error=ENOMEM:when=120+ -e inject=brk:error=ENOMEM:when=4+ \
	"$tocsin" --db "$db" incident note INC-1 "without memory" >"$scratch/out" 2>"$scratch/err"
code=$?
after=$(count)
if [ "$code" -eq 0 ]; then
	expect_equal "without memory: acknowledged, and there" "$after" $((before + 1))
else
	expect_equal "without memory: not there" "$after" "$before"
fi
expect_exit 0 "without memory: the record verifies" --db "$db" verify
finish
