/* Whatever is changed in a record with a sqlite3 prompt, verify names the event. */
#include "config.h" /* memmem */

#include "record_fixture.h"

enum { EVENTS = 5 };

static struct place place;
static char pristine[128];
static char pristine_checkpoint[160];

static void copy_file(const char *from, const char *to)
{
	char bytes[4096];
	size_t got;
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");

	assert_non_null(in);
	assert_non_null(out);
	while ((got = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, got, out), got);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* One record is filled once; each case works on a fresh copy of it. */
static void fresh_copy(void)
{
	char checkpoint[128];

	copy_file(pristine, place.path);
	copy_file(pristine_checkpoint, text_format(checkpoint, sizeof(checkpoint), "%s.checkpoint", place.path));
}

static int make_record(void **state)
{
	struct hash256 hash;
	char hex[SHA256_TEXT], data[128];

	(void)state;
	place_make(&place);
	snprintf(pristine, sizeof(pristine), "%s/pristine.db", place.dir);
	snprintf(pristine_checkpoint, sizeof(pristine_checkpoint), "%s.checkpoint", pristine);
	record_fill(pristine, EVENTS - 1);

	struct store *store = record_open(pristine, STORE_WRITE);
	assert_ok(store_put_blob(store, "the log", 7, "text/plain", &hash, ERR));
	struct draft evidence = note_draft("the log of that night");
	evidence.kind = EVENT_EVIDENCE_ATTACHED;
	evidence.role = NULL;
	evidence.incident = NULL;
	evidence.occurred_end_us = INT64_MAX >> 11;
	evidence.data = text_format(data, sizeof(data), "{\"file\":\"n.log\",\"sha256\":\"%s\"}", sha256_text(hex, &hash));
	assert_ok(store_append(store, &evidence, 1, NULL, ERR));
	store_close(store);
	return 0;
}

static int remove_record(void **state)
{
	(void)state;
	place_remove(&place);
	return 0;
}

static void untouched_record_holds(void **state)
{
	struct verification v;

	(void)state;
	fresh_copy();
	record_verify(place.path, &v);
	assert_true(v.consistent);
	assert_true(verification_holds(&v));
	assert_int_equal(v.checked, EVENTS);
	assert_int_equal(v.head.seq, EVENTS);
	assert_int_equal(v.bad_seq, 0);
	assert_int_equal(v.beside, VERDICT_HOLDS);
}

struct edit {
	const char *name;
	const char *sql;
	uint64_t bad_seq;
};

static void check_edit(const struct edit *edit)
{
	struct verification v;

	fresh_copy();
	outsider_drops_guards(place.path);
	if (outsider(place.path, edit->sql) != SQLITE_OK)
		fail_msg("%s: the edit itself failed", edit->name);
	record_verify(place.path, &v);
	if (v.consistent || v.bad_seq != edit->bad_seq)
		fail_msg("%s: consistent %d, seq %llu, \"%s\"", edit->name, v.consistent, (unsigned long long)v.bad_seq, v.finding);
	assert_false(verification_holds(&v));
	char named[32];
	text_format(named, sizeof(named), "%llu", (unsigned long long)edit->bad_seq);
	if (edit->bad_seq && !strstr(v.finding, named))
		fail_msg("%s: the words do not name the event: \"%s\"", edit->name, v.finding);
}

/* Every column of both tables, as the file itself lists them: one that is added to
 * the schema and not to the hash makes this fail. */
static void every_column_is_covered(void **state)
{
	static const char *const tables[] = {"event", "content"};
	int columns = 0;

	(void)state;
	for (size_t t = 0; t < ARRAY_LENGTH(tables); t++) {
		sqlite3 *db = NULL;
		sqlite3_stmt *stmt = NULL;
		assert_int_equal(sqlite3_open_v2(pristine, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_prepare_v2(db, "SELECT name, type FROM pragma_table_info(?)", -1, &stmt, NULL), SQLITE_OK);
		sqlite3_bind_text(stmt, 1, tables[t], -1, SQLITE_STATIC);
		for (; sqlite3_step(stmt) == SQLITE_ROW; columns++) {
			const char *column = (const char *)sqlite3_column_text(stmt, 0);
			bool number = strcmp((const char *)sqlite3_column_text(stmt, 1), "INTEGER") == 0;
			for (int seq = 1; seq <= EVENTS; seq += 2) {
				char name[80], sql[200];
				struct edit edit = {
					.name = text_format(name, sizeof(name), "%s.%s of %d", tables[t], column, seq),
					.sql = text_format(sql, sizeof(sql), number ? "UPDATE %s SET %s = coalesce(%s, 0) + 100 WHERE seq = %d" : "UPDATE %s SET %s = coalesce(%s, '') || 'x' WHERE seq = %d", tables[t], column, column, seq),
					.bad_seq = (uint64_t)seq,
				};
				check_edit(&edit);
			}
		}
		sqlite3_finalize(stmt);
		sqlite3_close(db);
	}
	assert_int_equal(columns, 19 + 5);
}

static const struct edit edits[] = {
	{"first event deleted", "DELETE FROM event WHERE seq = 1", 1},
	{"first event deleted with its content", "DELETE FROM content WHERE seq = 1; DELETE FROM event WHERE seq = 1", 1},
	{"middle event deleted", "DELETE FROM event WHERE seq = 3", 3},
	{"middle event deleted with its content", "DELETE FROM content WHERE seq = 3; DELETE FROM event WHERE seq = 3", 3},
	{"last event deleted", "DELETE FROM event WHERE seq = 5", 5},
	{"last event deleted with its content", "DELETE FROM content WHERE seq = 5; DELETE FROM event WHERE seq = 5", 5},
	{"everything deleted", "DELETE FROM content; DELETE FROM event", 1},
	{"content of the first deleted", "DELETE FROM content WHERE seq = 1", 1},
	{"content of the last deleted", "DELETE FROM content WHERE seq = 5", 5},
	{"two events swapped", "UPDATE event SET seq = -2 WHERE seq = 2; UPDATE event SET seq = 2 WHERE seq = 3; UPDATE event SET seq = 3 WHERE seq = -2", 2},
	{"two contents swapped", "UPDATE content SET seq = -2 WHERE seq = 2; UPDATE content SET seq = 2 WHERE seq = 3; UPDATE content SET seq = 3 WHERE seq = -2", 2},
	{"an event copied to the end", "INSERT INTO event SELECT 6, id, incident, kind, occurred_us, occurred_end_us, occurred_precision, recorded_us, boot, mono_us, tz, actor, role, source, refs, visibility, content_hash, hash, hash FROM event WHERE seq = 5", 6},
	{"content put in without an event", "INSERT INTO content VALUES(9, '00', 's', 'b', '{}')", 9},
	{"number made negative", "UPDATE event SET seq = -3 WHERE seq = 3", 3},
	{"role emptied instead of NULL", "UPDATE event SET role = '' WHERE seq = 5", 5},
	{"role removed", "UPDATE event SET role = NULL WHERE seq = 2", 2},
	{"incident emptied instead of NULL", "UPDATE event SET incident = '' WHERE seq = 5", 5},
	{"end 0 instead of NULL", "UPDATE event SET occurred_end_us = 0 WHERE seq = 2", 2},
	{"end removed", "UPDATE event SET occurred_end_us = NULL WHERE seq = 5", 5},
	{"hash in capitals", "UPDATE event SET hash = upper(hash) WHERE seq = 4", 4},
	{"content hash in capitals", "UPDATE event SET content_hash = upper(content_hash) WHERE seq = 4", 4},
	{"text behind a NUL byte", "UPDATE event SET actor = actor || char(0) || 'eve' WHERE seq = 4", 4},
	{"content behind a NUL byte", "UPDATE content SET summary = summary || char(0) || 'eve' WHERE seq = 4", 4},
	{"longer salt", "UPDATE content SET salt = salt || '0' WHERE seq = 4", 4},
	{"longer id", "UPDATE event SET id = id || '0' WHERE seq = 4", 4},
	{"blank in the data", "UPDATE content SET data = replace(data, ',', ', ') WHERE seq = 4", 4},
	{"blank in the references", "UPDATE event SET refs = '[ ]' WHERE seq = 4", 4},
	{"bytes that are no UTF-8", "UPDATE content SET summary = CAST(x'6e6fff' AS TEXT) WHERE seq = 2", 2},
	{"two events changed: the first is named", "UPDATE event SET actor = 'eve' WHERE seq IN (2, 4)", 2},
	{"time zone beyond 32 bits", "UPDATE event SET tz = tz + 4294967296 WHERE seq = 3", 3},
	{"head taken back", "UPDATE head SET seq = 4, hash = (SELECT hash FROM event WHERE seq = 4)", 5},
	{"head's hash changed", "UPDATE head SET hash = CASE WHEN hash LIKE '0%' THEN '1' ELSE '0' END || substr(hash, 2)", 5},
	{"head deleted", "DELETE FROM head", 0},
	{"origin changed", "UPDATE meta SET value = 'tocsin/other'", 1},
	{"origin deleted", "DELETE FROM meta", 1},
	{"evidence changed", "UPDATE blob SET bytes = x'00'", 5},
	{"evidence deleted", "DELETE FROM blob", 5},
	{"event table dropped", "PRAGMA foreign_keys = OFF; DROP TABLE event", 1},
	{"event table without content", "DROP TABLE content", 1},
	{"event table made a view", "ALTER TABLE event RENAME TO old; CREATE VIEW event AS SELECT * FROM old WHERE seq < 4", 4},
};

static void every_edit_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(edits); i++)
		check_edit(&edits[i]);
}

/* Somebody careful takes the head back as well: the file agrees with itself, and only
 * the checkpoint beside it knows better. */
static void careful_cut_is_found_beside(void **state)
{
	struct verification v;

	(void)state;
	fresh_copy();
	outsider_drops_guards(place.path);
	assert_int_equal(outsider(place.path, "DELETE FROM content WHERE seq = 5; DELETE FROM event WHERE seq = 5; UPDATE head SET seq = 4, hash = (SELECT hash FROM event WHERE seq = 4)"), SQLITE_OK);
	record_verify(place.path, &v);
	assert_true(v.consistent);
	assert_int_equal(v.beside, VERDICT_FAILS);
	assert_false(verification_holds(&v));
	assert_int_equal(v.bad_seq, 5);
	assert_non_null(strstr(v.finding, "cut"));
}

static void malformed_checkpoint_beside_is_told(void **state)
{
	char path[128];
	struct verification v;

	(void)state;
	fresh_copy();
	FILE *file = fopen(text_format(path, sizeof(path), "%s.checkpoint", place.path), "w");
	assert_non_null(file);
	fputs("nonsense\n", file);
	fclose(file);
	record_verify(place.path, &v);
	assert_true(v.consistent);
	assert_int_equal(v.beside, VERDICT_FAILS);
}

static void record_without_checkpoint_says_so(void **state)
{
	char path[128];
	struct verification v;

	(void)state;
	fresh_copy();
	assert_int_equal(unlink(text_format(path, sizeof(path), "%s.checkpoint", place.path)), 0);
	record_verify(place.path, &v);
	assert_true(verification_holds(&v));
	assert_int_equal(v.beside, VERDICT_NONE);
}

/* A redaction that is recorded is no damage; what it does not name still is. */
static void redaction_keeps_the_chain(void **state)
{
	struct verification v;
	struct draft why = note_draft("held a password");

	(void)state;
	fresh_copy();
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(store_redact(store, 2, &why, ERR));
	assert_int_equal(store_redact(store, 2, &why, NULL), STATUS_CONFLICT);
	assert_int_equal(store_redact(store, 6, &why, NULL), STATUS_REFUSED);
	assert_int_equal(store_redact(store, 77, &why, NULL), STATUS_NOT_FOUND);
	store_close(store);
	record_verify(place.path, &v);
	assert_true(verification_holds(&v));
	assert_int_equal(v.redacted, 1);
	assert_int_equal(v.checked, EVENTS + 1);

	assert_int_not_equal(outsider(place.path, "DELETE FROM content WHERE seq = 3"), SQLITE_OK);
	outsider_drops_guards(place.path);
	assert_int_equal(outsider(place.path, "DELETE FROM content WHERE seq = 3"), SQLITE_OK);
	record_verify(place.path, &v);
	assert_false(v.consistent);
	assert_int_equal(v.bad_seq, 3);
}

static void redacted_text_leaves_the_file(void **state)
{
	struct draft secret = note_draft("hunter2-hunter2-hunter2"), why = note_draft("held a password");
	char bytes[4096];
	size_t got, kept = 0;

	(void)state;
	fresh_copy();
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(store_append(store, &secret, 1, NULL, ERR));
	assert_ok(store_redact(store, EVENTS + 1, &why, ERR));
	store_close(store);
	FILE *file = fopen(place.path, "rb");
	assert_non_null(file);
	/* Pages are 4096 bytes and the text lies within one. */
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		kept += memmem(bytes, got, "hunter2", 7) != NULL;
	fclose(file);
	assert_int_equal(kept, 0);
}

/* Any page may be lost: verify ends with a finding, never with a crash. */
static void damaged_pages_are_findings(void **state)
{
	struct stat st;
	char zeros[4096] = {0};

	(void)state;
	assert_int_equal(stat(pristine, &st), 0);
	for (off_t page = 1; page < st.st_size / 4096; page++) {
		struct store *store = NULL;
		struct verification v;
		fresh_copy();
		FILE *file = fopen(place.path, "r+b");
		assert_non_null(file);
		fseek(file, (long)page * 4096, SEEK_SET);
		assert_int_equal(fwrite(zeros, 1, sizeof(zeros), file), sizeof(zeros));
		fclose(file);
		if (store_open(&store, place.path, STORE_READ, clock_system(), NULL) != STATUS_OK)
			continue;
		assert_ok(store_verify(store, &v, ERR));
		assert_false(v.consistent);
		store_close(store);
	}
}

static void empty_record_holds(void **state)
{
	struct place other;
	struct verification v;

	(void)state;
	place_make(&other);
	store_close(record_open(other.path, STORE_WRITE));
	record_verify(other.path, &v);
	assert_true(verification_holds(&v));
	assert_int_equal(v.checked, 0);
	place_remove(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untouched_record_holds),
		cmocka_unit_test(every_column_is_covered),
		cmocka_unit_test(every_edit_is_named),
		cmocka_unit_test(careful_cut_is_found_beside),
		cmocka_unit_test(malformed_checkpoint_beside_is_told),
		cmocka_unit_test(record_without_checkpoint_says_so),
		cmocka_unit_test(redaction_keeps_the_chain),
		cmocka_unit_test(redacted_text_leaves_the_file),
		cmocka_unit_test(damaged_pages_are_findings),
		cmocka_unit_test(empty_record_holds),
	};

	return cmocka_run_group_tests(tests, make_record, remove_record);
}
