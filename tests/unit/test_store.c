/* The store: what it refuses, what it fills in, and that nothing it acknowledged is
 * ever lost: not to a full disk, not to two writers, not to a kill at any moment. */
#include "full_disk.h"

#include "record/db.h"
#include "record/store_private.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static struct place place;

static int make_place(void **state)
{
	(void)state;
	place_make(&place);
	return 0;
}

static int remove_place(void **state)
{
	(void)state;
	place_remove(&place);
	return 0;
}

/* --- opening ------------------------------------------------------------------ */

static void new_files_are_private(void **state)
{
	struct stat st;
	char path[128], dir[96];

	(void)state;
	umask(0);
	store_close(record_open(text_format(path, sizeof(path), "%s/a/b/x.db", place.dir), STORE_WRITE));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(text_format(dir, sizeof(dir), "%s/a/b", place.dir), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void assert_open_fails(const char *path, enum store_mode mode, enum status status, const char *word)
{
	struct store *store = NULL;
	struct error err = {0};

	assert_int_equal(store_open(&store, path, mode, clock_system(), &err), status);
	assert_null(store);
	if (!strstr(err.text, word))
		fail_msg("no \"%s\" in \"%s\"", word, err.text);
	assert_non_null(strchr(err.text, '(')); /* what to do */
}

static void what_is_no_record_is_refused(void **state)
{
	char path[128];

	(void)state;
	assert_open_fails("", STORE_WRITE, STATUS_USAGE, "--db");
	assert_open_fails("postgresql://db/x", STORE_WRITE, STATUS_UNSUPPORTED, "SQLite");
	assert_open_fails(place.path, STORE_READ, STATUS_NOT_FOUND, "no such file");
	assert_open_fails(place.dir, STORE_WRITE, STATUS_REFUSED, "regular file");
	assert_int_equal(symlink("/etc/passwd", text_format(path, sizeof(path), "%s/link", place.dir)), 0);
	assert_open_fails(path, STORE_WRITE, STATUS_REFUSED, "symbolic link");
	write_file(place.path, "this is a text file, and long enough to look like one to SQLite: it reads a hundred bytes of head first");
	assert_open_fails(place.path, STORE_WRITE, STATUS_CORRUPT, "not a SQLite file");
	assert_open_fails(place.path, STORE_READ, STATUS_CORRUPT, "not a SQLite file");
	unlink(place.path);
	write_file(place.path, "");
	assert_open_fails(place.path, STORE_READ, STATUS_NOT_FOUND, "empty");
	assert_int_equal(outsider(place.path, "CREATE TABLE t(a)"), SQLITE_OK);
	assert_open_fails(place.path, STORE_WRITE, STATUS_REFUSED, "another program");
	unlink(place.path);
	record_fill(place.path, 1);
	assert_int_equal(outsider(place.path, "PRAGMA user_version = 2"), SQLITE_OK);
	assert_open_fails(place.path, STORE_WRITE, STATUS_UNSUPPORTED, "newer");
	assert_open_fails(place.path, STORE_READ, STATUS_UNSUPPORTED, "newer");
}

/* Names that SQLite itself would take for something else than a file. */
static void special_names_are_plain_files(void **state)
{
	static const char *const names[] = {":memory:", "file:y?mode=memory"};
	char before[256];

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(place.dir), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		record_fill(names[i], 1);
		assert_int_equal(access(names[i], F_OK), 0);
	}
	assert_int_equal(chdir(before), 0);
}

static void readers_write_nothing(void **state)
{
	struct draft draft = note_draft("n");
	struct lease lease;

	(void)state;
	record_fill(place.path, 1);
	struct store *store = record_open(place.path, STORE_READ);
	assert_int_equal(store_append(store, &draft, 1, NULL, NULL), STATUS_REFUSED);
	assert_int_equal(store_lease(store, "x", US_PER_S, NULL, &lease, NULL), STATUS_REFUSED);
	assert_int_not_equal(sqlite3_exec(store->db, "INSERT INTO lease VALUES('a', 'b', 1)", NULL, NULL, NULL), SQLITE_OK);
	store_close(store);
}

static void journal_mode_follows_the_library(void **state)
{
	static const struct {
		int version;
		const char *mode;
	} cases[] = {
		{3040001, "delete"},
		{3044005, "delete"},
		{3044006, "wal"},
		{3045000, "delete"},
		{3050006, "delete"},
		{3050007, "wal"},
		{3051000, "delete"},
		{3051002, "delete"},
		{3051003, "wal"},
		{3053004, "wal"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_string_equal(db_journal_mode(cases[i].version), cases[i].mode);
}

static void assert_mode(sqlite3 *db, const char *pragma, const char *expected)
{
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_prepare_v2(db, pragma, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), expected);
	sqlite3_finalize(stmt);
}

/* As if linked with a library that has the WAL-reset bug, whatever the real one has. */
static void unsafe_wal_is_converted_or_refused(void **state)
{
	struct error err = {0};
	sqlite3 *db, *other;

	(void)state;
	record_fill(place.path, 1);
	assert_int_equal(outsider(place.path, "PRAGMA journal_mode = wal"), SQLITE_OK);
	assert_ok(db_open(&db, place.path, true, ERR));
	assert_mode(db, "PRAGMA journal_mode", "wal");

	assert_int_equal(sqlite3_open(place.path, &other), SQLITE_OK);
	assert_mode(other, "SELECT count(*) FROM event", "1");
	sqlite3_busy_timeout(db, 1);
	assert_int_equal(db_set_journal(db, place.path, false, 3040001, &err), STATUS_CONFLICT);
	assert_non_null(strstr(err.text, "WAL"));
	sqlite3_close(other);

	assert_ok(db_set_journal(db, place.path, false, 3040001, ERR));
	assert_mode(db, "PRAGMA journal_mode", "delete");
	assert_mode(db, "PRAGMA synchronous", "3"); /* EXTRA */
	assert_ok(db_set_journal(db, place.path, false, 3051003, ERR));
	assert_mode(db, "PRAGMA journal_mode", "delete"); /* what is safe stays */
	db_close(&db);
}

static void connections_are_held_to_the_rules(void **state)
{
	static const struct {
		const char *pragma, *value;
	} cases[] = {
		{"PRAGMA foreign_keys", "1"},
		{"PRAGMA recursive_triggers", "1"},
		{"PRAGMA trusted_schema", "0"},
		{"PRAGMA cell_size_check", "1"},
		{"PRAGMA secure_delete", "1"},
		{"PRAGMA busy_timeout", "10000"},
		{"PRAGMA application_id", "1953457011"},
		{"PRAGMA user_version", "1"},
	};

	(void)state;
	struct store *store = record_open(place.path, STORE_WRITE);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_mode(store->db, cases[i].pragma, cases[i].value);
	assert_int_not_equal(sqlite3_exec(store->db, "SELECT \"no such column\"", NULL, NULL, NULL), SQLITE_OK);
	assert_int_not_equal(sqlite3_exec(store->db, "ATTACH ':memory:' AS other", NULL, NULL, NULL), SQLITE_OK);
	store_close(store);
}

/* --- declaring ------------------------------------------------------------------- */

static void two_declarations_cannot_share_a_number(void **state)
{
	const struct draft first = {.kind = EVENT_INCIDENT_DECLARED, .incident = "INC-1", .actor = "alice", .source = "operator", .summary = "declared INC-1"};
	const struct draft second = {.kind = EVENT_INCIDENT_DECLARED, .incident = "INC-1", .actor = "bob", .source = "operator", .summary = "declared INC-1 too"};
	struct error err = {0};
	struct store *store;
	struct head head;

	(void)state;
	assert_ok(store_open(&store, place.path, STORE_WRITE, clock_system(), ERR));
	assert_ok(store_append(store, &first, 1, NULL, ERR));
	assert_int_equal(store_append(store, (struct draft[]){note_draft("beside"), second}, 2, NULL, &err), STATUS_CONFLICT);
	assert_int_equal(store_faulty_draft(store), 1);
	assert_non_null(strstr(err.text, "INC-1"));
	assert_ok(store_head(store, &head, ERR));
	assert_int_equal(head.seq, 1);
	store_close(store);
}

/* --- guards -------------------------------------------------------------------- */

#define ROW_AS(seq, prev) "SELECT " seq ", id, incident, kind, occurred_us, occurred_end_us, occurred_precision, recorded_us, boot, mono_us, tz," \
			  " actor, role, source, refs, visibility, content_hash, " prev ", hash FROM event WHERE seq = 3"

static void guards_refuse_the_sqlite3_prompt(void **state)
{
	static const char *const statements[] = {
		"UPDATE event SET actor = 'eve' WHERE seq = 2",
		"UPDATE OR IGNORE event SET seq = 9 WHERE seq = 2",
		"DELETE FROM event WHERE seq = 3",
		"DELETE FROM event",
		"INSERT INTO event " ROW_AS("4", "prev_hash"),
		"INSERT INTO event " ROW_AS("5", "hash"),
		"INSERT INTO event " ROW_AS("NULL", "hash") " UNION ALL " ROW_AS("9", "hash"),
		"INSERT OR REPLACE INTO event " ROW_AS("2", "prev_hash"),
		"REPLACE INTO event " ROW_AS("3", "hash"),
		"INSERT INTO event " ROW_AS("3", "hash") " ON CONFLICT(seq) DO UPDATE SET actor = 'eve'",
		"UPDATE content SET summary = 'other' WHERE seq = 1",
		"DELETE FROM content WHERE seq = 1",
		"INSERT INTO content VALUES(4, '', '', '', '{}')",
		"REPLACE INTO content VALUES(3, '', '', '', '{}')",
		"UPDATE head SET seq = 2",
		"UPDATE head SET hash = 'x'",
		"DELETE FROM head",
		"UPDATE meta SET value = 'tocsin/x'",
		"DELETE FROM meta",
		"UPDATE blob SET bytes = x'00'",
		"DELETE FROM blob",
	};
	struct hash256 hash;
	struct verification v;

	(void)state;
	record_fill(place.path, 3);
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(store_put_blob(store, "b", 1, NULL, &hash, ERR));
	store_close(store);
	for (size_t i = 0; i < ARRAY_LENGTH(statements); i++) {
		if (outsider(place.path, statements[i]) != SQLITE_CONSTRAINT)
			fail_msg("not refused: %s", statements[i]);
	}
	record_verify(place.path, &v);
	assert_true(verification_holds(&v));
	assert_int_equal(v.checked, 3);
}

/* --- drafts -------------------------------------------------------------------- */

static void bad_drafts_are_refused_whole(void **state)
{
	static char long_body[STORE_BODY_BYTES + 10];
	const struct draft good = note_draft("good");
	struct {
		const char *name;
		struct draft draft;
		enum status status;
	} cases[] = {
		{"no kind", good, STATUS_INVALID},
		{"kind beyond the list", good, STATUS_INVALID},
		{"no actor", good, STATUS_INVALID},
		{"no source", good, STATUS_INVALID},
		{"no summary", good, STATUS_INVALID},
		{"unknown precision", good, STATUS_INVALID},
		{"unknown visibility", good, STATUS_INVALID},
		{"year 2300", good, STATUS_INVALID},
		{"ends before it begins", good, STATUS_INVALID},
		{"data no JSON", good, STATUS_INVALID},
		{"data no object", good, STATUS_INVALID},
		{"data with a fraction", good, STATUS_INVALID},
		{"refs no array", good, STATUS_INVALID},
		{"body too long", good, STATUS_LIMIT},
	};
	struct head head;
	size_t i = 0;

	(void)state;
	memset(long_body, 'x', sizeof(long_body) - 1);
	cases[i++].draft.kind = EVENT_OTHER;
	cases[i++].draft.kind = EVENT_KIND_COUNT;
	cases[i++].draft.actor = NULL;
	cases[i++].draft.source = "";
	cases[i++].draft.summary = NULL;
	cases[i++].draft.precision = "about";
	cases[i++].draft.visibility = "secret";
	cases[i++].draft.occurred_us = INT64_C(10413792000) * US_PER_S;
	cases[i].draft.occurred_us = 2 * US_PER_S;
	cases[i++].draft.occurred_end_us = US_PER_S;
	cases[i++].draft.data = "{";
	cases[i++].draft.data = "[]";
	cases[i++].draft.data = "{\"a\":1.5}";
	cases[i++].draft.refs = "{}";
	cases[i++].draft.body = long_body;
	assert_int_equal(i, ARRAY_LENGTH(cases));

	struct store *store = record_open(place.path, STORE_WRITE);
	for (i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct draft pair[2] = {good, cases[i].draft};
		struct error err = {0};
		if (store_append(store, pair, 2, NULL, &err) != cases[i].status)
			fail_msg("%s: %s", cases[i].name, err.text);
	}
	assert_ok(store_head(store, &head, ERR));
	assert_int_equal(head.seq, 0);
	store_close(store);
}

static void what_comes_in_is_cleaned(void **state)
{
	char long_summary[1000];
	struct event events[2] = {{0}};
	struct draft drafts[2] = {note_draft("a\033[31mred\nline"), note_draft(long_summary)};

	(void)state;
	memset(long_summary, 'y', sizeof(long_summary) - 1);
	long_summary[sizeof(long_summary) - 1] = '\0';
	drafts[0].actor = "al\tice\xff";
	drafts[0].data = " { \"z\" : [ 1 , true ] , \"a\" : \"\\u0041\" } ";
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(store_append(store, drafts, 2, events, ERR));
	assert_true(text_is_clean(events[0].summary, strlen(events[0].summary)));
	assert_true(text_is_clean(events[0].actor, strlen(events[0].actor)));
	assert_string_equal(events[0].data, "{\"a\":\"A\",\"z\":[1,true]}");
	assert_int_equal(strlen(events[1].summary), STORE_SUMMARY_BYTES);
	event_free(&events[0]);
	event_free(&events[1]);
	store_close(store);
}

static bool take_event(void *arg, const struct event *event)
{
	event_copy(arg, event);
	return false;
}

static void the_store_fills_in_the_rest(void **state)
{
	struct clock_manual clock;
	struct store *store = NULL;
	struct event events[2] = {{0}}, read = {0};
	struct draft drafts[2] = {note_draft("one"), {.kind = EVENT_PROBE_CHANGE, .actor = "tocsin", .source = "system", .summary = "two", .occurred_us = -5}};

	(void)state;
	clock_manual_init(&clock, 1767225600 * US_PER_S);
	assert_ok(store_open(&store, place.path, STORE_WRITE, &clock.clock, ERR));
	assert_ok(store_append(store, drafts, 2, events, ERR));
	assert_int_equal(events[0].seq, 1);
	assert_int_equal(events[1].seq, 2);
	assert_true(events[0].recorded_us == clock.wall_us && events[0].occurred_us == clock.wall_us);
	assert_true(events[1].occurred_us == -5);
	assert_true(events[0].mono_us == clock.mono_us);
	assert_string_equal(events[0].precision, "exact");
	assert_string_equal(events[1].visibility, "internal");
	assert_null(events[1].role);
	assert_null(events[1].incident);
	assert_true(hash_equal(&events[1].prev_hash, &events[0].hash));
	assert_string_not_equal(events[0].id, events[1].id);
	assert_string_not_equal(events[0].salt, events[1].salt);

	/* A clock that was set back is written as it is; boot and monotonic time tell. */
	struct event stepped = {0};
	clock.wall_us -= US_PER_HOUR;
	clock.mono_us += US_PER_S;
	assert_ok(store_append(store, drafts, 1, &stepped, ERR));
	assert_true(stepped.recorded_us == events[0].recorded_us - US_PER_HOUR);
	assert_true(stepped.mono_us == events[0].mono_us + US_PER_S);
	assert_string_equal(stepped.boot, events[0].boot);

	assert_ok(store_read(store, 1, take_event, &read, ERR));
	assert_int_equal(read.seq, 2);
	assert_true(hash_equal(&read.hash, &events[1].hash));
	assert_int_equal(read.kind, EVENT_PROBE_CHANGE);
	assert_false(read.redacted);
	event_free(&read);
	event_free(&stepped);
	event_free(&events[0]);
	event_free(&events[1]);
	store_close(store);
}

/* --- trouble ---------------------------------------------------------------------- */

static void full_disk_loses_nothing_and_heals(void **state)
{
	static char body[60000];
	struct draft draft = note_draft("large");
	struct verification v;
	struct error err = {0};
	uint64_t acknowledged = 0;

	(void)state;
	memset(body, 'b', sizeof(body) - 1);
	draft.body = body;
	struct store *store = record_open(place.path, STORE_WRITE);
	struct stat st;
	char reserve[128];
	assert_int_equal(stat(text_format(reserve, sizeof(reserve), "%s.reserve", place.path), &st), 0);
	assert_int_equal(st.st_size, 1 << 20);
	assert_int_equal(sqlite3_exec(store->db, "PRAGMA max_page_count = 100", NULL, NULL, NULL), SQLITE_OK);
	while (store_append(store, &draft, 1, NULL, &err) == STATUS_OK)
		acknowledged++;
	assert_true(acknowledged > 0 && acknowledged < 100);
	assert_int_equal(err.status, STATUS_IO);
	assert_non_null(strstr(err.text, "disk is full"));
	record_verify(place.path, &v);
	assert_true(verification_holds(&v));
	assert_int_equal(v.checked, acknowledged);

	/* Space was kept in reserve, and is used up before anything is refused. */
	assert_int_not_equal(access(reserve, F_OK), 0);
	assert_non_null(store_warning(store));

	assert_int_equal(sqlite3_exec(store->db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL), SQLITE_OK);
	assert_ok(store_append(store, &draft, 1, NULL, ERR));
	store_close(store);
	record_verify(place.path, &v);
	assert_true(verification_holds(&v));
	assert_int_equal(v.checked, acknowledged + 1);
}

static void a_replaced_file_is_noticed(void **state)
{
	struct draft draft = note_draft("n");
	struct error err = {0};
	char away[128];

	(void)state;
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(store_append(store, &draft, 1, NULL, ERR));
	assert_int_equal(rename(place.path, text_format(away, sizeof(away), "%s.away", place.path)), 0);
	assert_int_equal(store_append(store, &draft, 1, NULL, &err), STATUS_IO);
	assert_non_null(strstr(err.text, "removed or replaced"));
	record_fill(place.path, 1);
	assert_int_equal(store_append(store, &draft, 1, NULL, NULL), STATUS_IO);
	store_close(store);
}

static void a_locked_record_says_who_to_look_for(void **state)
{
	struct draft draft = note_draft("n");
	struct error err = {0};
	sqlite3 *other;

	(void)state;
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_int_equal(sqlite3_open(place.path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	store->patience_ms = 10;
	/* It is nobody's fault who wanted to append, and is not tried again and again for it. */
	assert_int_equal(store_append(store, &draft, 1, NULL, &err), STATUS_IO);
	assert_int_equal(store_faulty_draft(store), -1);
	assert_non_null(strstr(err.text, "locked"));
	sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(other);
	assert_ok(store_append(store, &draft, 1, NULL, ERR));
	store_close(store);
}

static void changes_of_others_are_noticed(void **state)
{
	struct draft draft = note_draft("n");

	(void)state;
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_false(store_changed(store));
	assert_ok(store_append(store, &draft, 1, NULL, ERR));
	assert_false(store_changed(store));
	record_fill(place.path, 1);
	assert_true(store_changed(store));
	assert_false(store_changed(store));
	store_close(store);
}

/* --- beside the chain ---------------------------------------------------------------- */

static void one_holds_the_lease(void **state)
{
	struct clock_manual clock;
	struct store *store = NULL;
	struct lease lease;

	(void)state;
	clock_manual_init(&clock, 1767225600 * US_PER_S);
	assert_ok(store_open(&store, place.path, STORE_WRITE, &clock.clock, ERR));
	assert_ok(store_lease(store, "alice", 10 * US_PER_S, NULL, &lease, ERR));
	assert_true(lease.mine);
	assert_ok(store_lease(store, "bob", 10 * US_PER_S, NULL, &lease, ERR));
	assert_false(lease.mine);
	assert_string_equal(lease.holder, "alice");
	clock_manual_advance(&clock, 9 * US_PER_S);
	assert_ok(store_lease(store, "alice", 10 * US_PER_S, NULL, &lease, ERR)); /* renewed */
	clock_manual_advance(&clock, 9 * US_PER_S);
	assert_ok(store_lease(store, "bob", 10 * US_PER_S, NULL, &lease, ERR));
	assert_false(lease.mine);
	clock_manual_advance(&clock, US_PER_S); /* ran out */
	assert_ok(store_lease(store, "bob", 10 * US_PER_S, NULL, &lease, ERR));
	assert_true(lease.mine);
	assert_ok(store_lease_release(store, "alice", ERR)); /* not hers any more */
	assert_ok(store_lease(store, "alice", 10 * US_PER_S, NULL, &lease, ERR));
	assert_false(lease.mine);
	assert_ok(store_lease_release(store, "bob", ERR));
	assert_ok(store_lease(store, "alice", 10 * US_PER_S, NULL, &lease, ERR));
	assert_true(lease.mine);
	/* Written by a clock that was an hour ahead: nobody waits an hour. */
	clock.wall_us -= US_PER_HOUR;
	assert_ok(store_lease(store, "bob", 10 * US_PER_S, NULL, &lease, ERR));
	assert_true(lease.mine);
	store_close(store);
}

static void evidence_is_kept_once_and_checked(void **state)
{
	struct hash256 first, second, nothing = {{0}};
	struct buf bytes;

	(void)state;
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(store_put_blob(store, "a\0b", 3, "text/plain", &first, ERR));
	assert_ok(store_put_blob(store, "a\0b", 3, "text/html", &second, ERR));
	assert_true(hash_equal(&first, &second));
	buf_init(&bytes, 16);
	assert_ok(store_get_blob(store, &first, &bytes, ERR));
	assert_int_equal(bytes.len, 3);
	assert_memory_equal(bytes.data, "a\0b", 3);
	assert_int_equal(store_get_blob(store, &nothing, &bytes, NULL), STATUS_NOT_FOUND);
	outsider_drops_guards(place.path);
	assert_int_equal(outsider(place.path, "UPDATE blob SET bytes = x'61'"), SQLITE_OK);
	assert_int_equal(store_get_blob(store, &first, &bytes, NULL), STATUS_CORRUPT);
	assert_ok(store_put_blob(store, "", 0, NULL, &first, ERR));
	buf_clear(&bytes);
	assert_ok(store_get_blob(store, &first, &bytes, ERR));
	assert_int_equal(bytes.len, 0);
	buf_free(&bytes);
	store_close(store);
}

struct sum {
	int64_t total, last_us;
	int rows;
	bool disorder;
};

static bool add_sample(void *arg, const struct sample_row *row)
{
	struct sum *sum = arg;

	sum->total += row->number;
	sum->disorder |= row->at_us < sum->last_us;
	sum->last_us = row->at_us;
	sum->rows++;
	return true;
}

static void samples_come_in_order_and_go_with_age(void **state)
{
	struct clock_manual clock;
	struct store *store = NULL;
	struct sum sum = {0};
	struct lease lease;

	(void)state;
	clock_manual_init(&clock, 1000 * US_PER_S);
	assert_ok(store_open(&store, place.path, STORE_WRITE, &clock.clock, ERR));
	const struct sample_row rows[] = {
		{"node:a", "lag", 990 * US_PER_S, 4},
		{"node:a", "lag", 980 * US_PER_S, 2},
		{"node:a", "lag", 890 * US_PER_S, 1000},
		{"node:a", "peers", 990 * US_PER_S, 100},
		{"node:b", "lag", 990 * US_PER_S, 100},
	};
	assert_ok(store_lease(store, "alice", US_PER_S, &(struct sample_batch){rows, ARRAY_LENGTH(rows), 100 * US_PER_S}, &lease, ERR));
	/* Somebody else has no say. */
	const struct sample_row others = {"node:a", "lag", 995 * US_PER_S, 500};
	assert_ok(store_lease(store, "bob", US_PER_S, &(struct sample_batch){&others, 1, 0}, &lease, ERR));
	assert_ok(store_read_samples(store, "node:a", "lag", 0, add_sample, &sum, ERR));
	assert_int_equal(sum.rows, 2);
	assert_int_equal(sum.total, 6);
	assert_false(sum.disorder);
	memset(&sum, 0, sizeof(sum));
	assert_ok(store_read_samples(store, "node:a", "lag", 985 * US_PER_S, add_sample, &sum, ERR));
	assert_int_equal(sum.total, 4);
	store_close(store);
}

static int64_t sample_sum(struct store *store)
{
	struct sum sum = {0};

	assert_ok(store_read_samples(store, "node:a", "lag", 0, add_sample, &sum, ERR));
	return sum.total;
}

/* A full disk takes the samples first, then the reserve, and the lease last; and samples do
 * not eat what the reserve freed. */
static void a_full_disk_costs_samples_and_the_reserve_before_the_lease(void **state)
{
	const struct sample_row row = {"node:a", "lag", clock_wall_us(clock_system()), 7};
	const struct sample_batch samples = {&row, 1, US_PER_DAY};
	const struct draft draft = note_draft("the last of the night");
	struct error err = {0};
	struct lease lease;

	(void)state;
	disk_begin(&place);
	struct store *store = record_open(place.path, STORE_WRITE);
	disk_becomes(DISK_TIGHT);
	assert_ok(store_lease(store, "alice", 10 * US_PER_S, &samples, &lease, ERR));
	assert_true(lease.mine);
	assert_int_equal(sample_sum(store), 0);
	assert_int_not_equal(access(disk.reserve, F_OK), 0);
	assert_non_null(strstr(store_warning(store)->text, "reserve"));

	/* There is room now, but no reserve, and none can be made in this place. */
	assert_int_equal(mkdir(disk.reserve, 0700), 0);
	disk_becomes(DISK_ROOMY);
	assert_ok(store_lease(store, "alice", 10 * US_PER_S, &samples, &lease, ERR));
	assert_ok(store_append(store, &draft, 1, NULL, ERR));
	assert_int_equal(sample_sum(store), 0);

	/* Somebody freed space: the reserve is made again, for the next time. */
	assert_int_equal(rmdir(disk.reserve), 0);
	assert_ok(store_lease(store, "alice", 10 * US_PER_S, &samples, &lease, ERR));
	assert_int_equal(sample_sum(store), 7);
	assert_int_equal(access(disk.reserve, F_OK), 0);
	assert_null(store_warning(store));

	disk_becomes(DISK_FULL);
	assert_int_equal(store_lease(store, "alice", 10 * US_PER_S, &samples, &lease, &err), STATUS_IO);
	assert_non_null(strstr(err.text, "disk is full"));
	store_close(store);
	disk_end();
}

/* --- several processes, and death ------------------------------------------------------ */

/* Appends until killed or `limit`; each acknowledged seq goes down the pipe. */
static _Noreturn void child_appends(int pipe_end, int limit)
{
	struct store *store = NULL;
	struct draft draft = note_draft("from a child");

	if (store_open(&store, place.path, STORE_WRITE, clock_system(), NULL) != STATUS_OK)
		_exit(2);
	for (int i = 0; i < limit; i++) {
		struct event event = {0};
		if (store_append(store, &draft, 1, &event, NULL) != STATUS_OK)
			_exit(3);
		if (write(pipe_end, &event.seq, sizeof(event.seq)) != sizeof(event.seq))
			_exit(4);
		event_free(&event);
	}
	_exit(0);
}

static pid_t start_child(int *read_end, int limit)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		child_appends(ends[1], limit);
	}
	close(ends[1]);
	*read_end = ends[0];
	return pid;
}

static bool next_seq(int fd, uint64_t *seq)
{
	return read(fd, seq, sizeof(*seq)) == (ssize_t)sizeof(*seq);
}

static void two_processes_make_one_chain(void **state)
{
	enum {
		EACH = 60,
		PROCESSES = 2,
	};
	bool told[EACH * PROCESSES + 1] = {false};
	int fds[PROCESSES], code;
	pid_t pids[PROCESSES];
	struct verification v;

	(void)state;
	for (int i = 0; i < PROCESSES; i++)
		pids[i] = start_child(&fds[i], EACH);
	for (int i = 0; i < PROCESSES; i++) {
		uint64_t seq;
		while (next_seq(fds[i], &seq)) {
			assert_true(seq >= 1 && seq <= EACH * PROCESSES);
			assert_false(told[seq]);
			told[seq] = true;
		}
		close(fds[i]);
		assert_int_equal(waitpid(pids[i], &code, 0), pids[i]);
		assert_int_equal(code, 0);
	}
	for (int seq = 1; seq <= EACH * PROCESSES; seq++)
		assert_true(told[seq]);
	record_verify(place.path, &v);
	assert_true(verification_holds(&v));
	assert_int_equal(v.checked, EACH * PROCESSES);
	assert_int_equal(v.beside, VERDICT_HOLDS);
}

/* Verifying takes one snapshot: a record that grows meanwhile never contradicts itself. */
static void verify_holds_while_others_write(void **state)
{
	struct verification v = {0};
	uint64_t seq;
	int fd, code;

	(void)state;
	pid_t pid = start_child(&fd, 150);
	assert_true(next_seq(fd, &seq));
	while (waitpid(pid, &code, WNOHANG) == 0) {
		record_verify(place.path, &v);
		if (!verification_holds(&v))
			fail_msg("at %llu: %s %s", (unsigned long long)v.head.seq, v.finding, v.beside_finding);
	}
	close(fd);
	assert_int_equal(code, 0);
	record_verify(place.path, &v);
	assert_int_equal(v.head.seq, 150);
}

/* Kills at moments that differ by where the pipe stands and by a pause from a fixed
 * pseudo-random sequence. */
static void a_kill_loses_nothing_acknowledged(void **state)
{
	enum { ROUNDS = 60 };
	uint32_t random = 12345;
	uint64_t acknowledged = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		int fd, code;
		uint64_t seq;
		struct verification v;
		pid_t pid = start_child(&fd, 100000);
		random = random * 1664525 + 1013904223;
		for (uint32_t wanted = random >> 30; wanted > 0 && next_seq(fd, &seq); wanted--)
			acknowledged = seq;
		struct timespec pause = {.tv_nsec = (long)(random >> 8) % 4000000};
		nanosleep(&pause, NULL);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &code, 0), pid);
		assert_true(WIFSIGNALED(code)); /* it did not end by an error of its own */
		while (next_seq(fd, &seq))
			acknowledged = seq;
		close(fd);
		if (access(place.path, F_OK) != 0)
			continue;
		struct store *store = NULL;
		struct error err = {0};
		enum status status = store_open(&store, place.path, STORE_READ, clock_system(), &err);
		if (status == STATUS_NOT_FOUND && acknowledged == 0)
			continue;
		if (status != STATUS_OK)
			fail_msg("round %d: %s", round, err.text);
		assert_ok(store_verify(store, &v, ERR));
		if (!verification_holds(&v))
			fail_msg("round %d: %s %s", round, v.finding, v.beside_finding);
		assert_true(v.head.seq >= acknowledged);
		store_close(store);
	}
	assert_true(acknowledged > 0);
}

/* A reader that comes first after the crash sees the record as it was before the
 * half-written transaction, although it may not write itself. */
static void a_reader_undoes_a_half_written_transaction(void **state)
{
	int code;
	struct verification v;

	(void)state;
	record_fill(place.path, 30);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		sqlite3 *db;
		/* A cache of one page forces half of it onto the disk before COMMIT. */
		if (sqlite3_open(place.path, &db) == SQLITE_OK)
			sqlite3_exec(db, "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; DROP TRIGGER event_no_update; BEGIN; UPDATE event SET actor = actor || 'eve';", NULL, NULL, NULL);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &code, 0), pid);
	char journal[128];
	assert_int_equal(access(text_format(journal, sizeof(journal), "%s-journal", place.path), F_OK), 0);
	record_verify(place.path, &v);
	assert_true(verification_holds(&v));
	assert_int_equal(v.checked, 30);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)
	const struct CMUnitTest tests[] = {
		TEST(new_files_are_private),
		TEST(what_is_no_record_is_refused),
		TEST(special_names_are_plain_files),
		TEST(readers_write_nothing),
		TEST(journal_mode_follows_the_library),
		TEST(unsafe_wal_is_converted_or_refused),
		TEST(connections_are_held_to_the_rules),
		TEST(two_declarations_cannot_share_a_number),
		TEST(guards_refuse_the_sqlite3_prompt),
		TEST(bad_drafts_are_refused_whole),
		TEST(what_comes_in_is_cleaned),
		TEST(the_store_fills_in_the_rest),
		TEST(full_disk_loses_nothing_and_heals),
		TEST(a_full_disk_costs_samples_and_the_reserve_before_the_lease),
		TEST(a_replaced_file_is_noticed),
		TEST(a_locked_record_says_who_to_look_for),
		TEST(changes_of_others_are_noticed),
		TEST(one_holds_the_lease),
		TEST(evidence_is_kept_once_and_checked),
		TEST(samples_come_in_order_and_go_with_age),
		TEST(two_processes_make_one_chain),
		TEST(verify_holds_while_others_write),
		TEST(a_kill_loses_nothing_acknowledged),
		TEST(a_reader_undoes_a_half_written_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
