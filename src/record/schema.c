#include "record/schema.h"

#include "record/db.h"
#include "record/event.h"

/* Columns have few CHECKs on purpose: the chain is the evidence, and it covers every
 * column. The triggers are the seat belt for people with a sqlite3 prompt. No table
 * but event, and no second UNIQUE column, lets REPLACE delete an event.
 *
 * `head` repeats the newest seq and hash, so that a tail that was cut with one
 * DELETE is noticed inside the file as well as by a checkpoint. */
static const char tables[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"

	"CREATE TABLE event(seq INTEGER PRIMARY KEY, id TEXT NOT NULL, incident TEXT, kind TEXT NOT NULL,"
	" occurred_us INTEGER NOT NULL, occurred_end_us INTEGER, occurred_precision TEXT NOT NULL,"
	" recorded_us INTEGER NOT NULL, boot TEXT NOT NULL, mono_us INTEGER NOT NULL, tz INTEGER NOT NULL,"
	" actor TEXT NOT NULL, role TEXT, source TEXT NOT NULL, refs TEXT NOT NULL, visibility TEXT NOT NULL,"
	" content_hash TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL) STRICT;"

	"CREATE TABLE content(seq INTEGER PRIMARY KEY REFERENCES event(seq), salt TEXT NOT NULL,"
	" summary TEXT NOT NULL, body TEXT NOT NULL, data TEXT NOT NULL) STRICT;"

	"CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;"

	"CREATE TABLE lease(name TEXT PRIMARY KEY, holder TEXT NOT NULL, until_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

	"CREATE TABLE blob(sha256 TEXT PRIMARY KEY, media TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;"

	"CREATE TABLE sample(component TEXT NOT NULL, value TEXT NOT NULL, at_us INTEGER NOT NULL,"
	" number INTEGER NOT NULL, PRIMARY KEY(component, value, at_us)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX sample_at ON sample(at_us);";

static const char guards[] =
	"CREATE TRIGGER event_next BEFORE INSERT ON event"
	" WHEN NEW.seq IS NOT (SELECT seq + 1 FROM head) OR NEW.prev_hash IS NOT (SELECT hash FROM head)"
	" OR length(NEW.hash) <> 64 OR length(NEW.content_hash) <> 64 "
	"BEGIN SELECT RAISE(ABORT, 'an event must be the next link of the chain'); END;"
	"CREATE TRIGGER event_no_update BEFORE UPDATE ON event "
	"BEGIN SELECT RAISE(ABORT, 'events are never changed; append a correction'); END;"
	"CREATE TRIGGER event_no_delete BEFORE DELETE ON event "
	"BEGIN SELECT RAISE(ABORT, 'events are never deleted; append a retraction'); END;"

	"CREATE TRIGGER content_next BEFORE INSERT ON content"
	" WHEN NEW.seq IS NOT (SELECT max(seq) FROM event) OR NEW.seq IS (SELECT seq FROM head) "
	"BEGIN SELECT RAISE(ABORT, 'content is written with its event'); END;"
	"CREATE TRIGGER content_no_update BEFORE UPDATE ON content "
	"BEGIN SELECT RAISE(ABORT, 'content is never changed; append a correction'); END;"
	/* refs are canonical JSON, so this text is the only way to spell the reference. */
	"CREATE TRIGGER content_no_delete BEFORE DELETE ON content"
	" WHEN NOT EXISTS (SELECT 1 FROM event AS r JOIN event AS e ON e.seq = OLD.seq WHERE r.seq > OLD.seq"
	" AND r.kind = 'event.redacted' AND instr(r.refs, '{\"id\":\"' || e.id || '\",\"rel\":\"redacts\"}') > 0) "
	"BEGIN SELECT RAISE(ABORT, 'content goes only after a redaction that names its event'); END;"

	"CREATE TRIGGER head_follows BEFORE UPDATE ON head"
	" WHEN NEW.seq <= OLD.seq OR NOT EXISTS (SELECT 1 FROM event WHERE seq = NEW.seq AND hash = NEW.hash) "
	"BEGIN SELECT RAISE(ABORT, 'the head follows the newest event'); END;"
	"CREATE TRIGGER head_stays BEFORE DELETE ON head "
	"BEGIN SELECT RAISE(ABORT, 'the head is never deleted'); END;"
	"CREATE TRIGGER meta_no_update BEFORE UPDATE ON meta "
	"BEGIN SELECT RAISE(ABORT, 'the identity of a record is never changed'); END;"
	"CREATE TRIGGER meta_no_delete BEFORE DELETE ON meta "
	"BEGIN SELECT RAISE(ABORT, 'the identity of a record is never deleted'); END;"
	"CREATE TRIGGER blob_no_update BEFORE UPDATE ON blob "
	"BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END;"
	"CREATE TRIGGER blob_no_delete BEFORE DELETE ON blob "
	"BEGIN SELECT RAISE(ABORT, 'evidence is never deleted'); END;";

enum status schema_check(sqlite3 *db, const char *path, bool *fresh, struct error *err)
{
	/* Also the first read of the file: it meets what is no database at all. */
	int64_t tables_there = db_integer(db, "SELECT count(*) FROM sqlite_schema", -1);
	if (tables_there < 0)
		return db_error(db, path, "read it", err);

	int64_t id = db_integer(db, "PRAGMA application_id", 0);
	int64_t version = db_integer(db, "PRAGMA user_version", 0);
	*fresh = tables_there == 0 && id == 0 && version == 0;
	if (*fresh)
		return STATUS_OK;
	if (id != SCHEMA_APPLICATION_ID)
		return error_set(err, STATUS_REFUSED, "record %s: it is a SQLite file of another program (name another file with --db)", path);
	if (version > SCHEMA_VERSION)
		return error_set(err, STATUS_UNSUPPORTED, "record %s: it was written by a newer Tocsin, with schema %lld; this one knows up to %d (install the newer Tocsin)", path, (long long)version, SCHEMA_VERSION);
	return STATUS_OK;
}

static enum status insert_origin(sqlite3 *db, const char *path, const char *origin, struct error *err)
{
	struct hash256 genesis = event_genesis(origin);
	char hex[SHA256_TEXT];
	sqlite3_stmt *stmt;

	enum status status = db_prepare(db, path, "INSERT INTO meta VALUES('origin', ?)", &stmt, err);
	if (status != STATUS_OK)
		return status;
	sqlite3_bind_text(stmt, 1, origin, -1, SQLITE_STATIC);
	status = db_finish(db, path, "create it", stmt, err);
	if (status == STATUS_OK)
		status = db_prepare(db, path, "INSERT INTO head VALUES(1, 0, ?)", &stmt, err);
	if (status != STATUS_OK)
		return status;
	sqlite3_bind_text(stmt, 1, sha256_text(hex, &genesis), -1, SQLITE_STATIC);
	return db_finish(db, path, "create it", stmt, err);
}

static enum status create(sqlite3 *db, const char *path, const char *origin, struct error *err)
{
	char *numbers = sqlite3_mprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
	enum status status = db_exec(db, path, "create it", tables, err);

	if (status == STATUS_OK)
		status = db_exec(db, path, "create it", guards, err);
	if (status == STATUS_OK)
		status = insert_origin(db, path, origin, err);
	if (status == STATUS_OK)
		status = db_exec(db, path, "create it", numbers, err);
	sqlite3_free(numbers);
	return status == STATUS_OK ? db_exec(db, path, "create it", "COMMIT", err) : status;
}

enum status schema_create(sqlite3 *db, const char *path, const char *origin, struct error *err)
{
	enum status status = db_exec(db, path, "create it", "BEGIN IMMEDIATE", err);
	if (status != STATUS_OK)
		return status;

	bool fresh;
	status = schema_check(db, path, &fresh, err);
	if (status == STATUS_OK && fresh)
		status = create(db, path, origin, err);
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}
