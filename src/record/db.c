#include "record/db.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct cure {
	int code; /* extended codes stand before the primary ones they belong to */
	enum status status;
	const char *why;
	const char *what_to_do;
};

/* Never INVALID or CONFLICT, with which the store says that a draft is at fault; LIMIT only
 * of a value. */
static const struct cure cures[] = {
	{SQLITE_READONLY_DBMOVED, STATUS_IO, "the file was removed or replaced while it was open", "put it back, or start again with the new one"},
	{SQLITE_READONLY_ROLLBACK, STATUS_IO, "a write was interrupted and must be undone first, which needs write permission", "open it once as its owner"},
	{SQLITE_IOERR_NOMEM, STATUS_IO, "out of memory", "end other programs"},
	{SQLITE_FULL, STATUS_IO, "the disk is full", "free space there; what was acknowledged is safe"},
	{SQLITE_BUSY, STATUS_IO, "another program keeps it locked", "end the program that holds it; fuser or lsof names it"},
	{SQLITE_LOCKED, STATUS_IO, "another statement keeps it locked", "try again"},
	{SQLITE_READONLY, STATUS_IO, "it is read-only", "check owner and mode of the file and of its directory"},
	{SQLITE_PERM, STATUS_IO, "permission denied", "check owner and mode of the file and of its directory"},
	{SQLITE_CANTOPEN, STATUS_IO, "it cannot be opened", "check owner and mode of the file and of its directory"},
	{SQLITE_IOERR, STATUS_IO, "the disk reported an error", "check the disk and the system log; copy the record elsewhere"},
	{SQLITE_CORRUPT, STATUS_CORRUPT, "the file is damaged", "run verify, and go back to a copy"},
	{SQLITE_NOTADB, STATUS_CORRUPT, "it is not a SQLite file", "name another file with --db"},
	{SQLITE_TOOBIG, STATUS_LIMIT, "a value is too large", "attach less"},
	{SQLITE_NOMEM, STATUS_IO, "out of memory", "end other programs"},
	{SQLITE_CONSTRAINT, STATUS_CORRUPT, "its guards refused the write", "run verify: somebody else may have changed it"},
	{SQLITE_SCHEMA, STATUS_CORRUPT, "its tables are not what they should be", "run verify, and go back to a copy"},
	{SQLITE_ERROR, STATUS_CORRUPT, "its tables are not what they should be", "run verify, and go back to a copy"},
};

static const struct cure *find_cure(int extended)
{
	for (size_t i = 0; i < ARRAY_LENGTH(cures); i++) {
		if (cures[i].code == extended || cures[i].code == (extended & 0xff))
			return &cures[i];
	}
	return NULL;
}

enum status db_error(sqlite3 *db, const char *path, const char *doing, struct error *err)
{
	int extended = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
	const struct cure *cure = find_cure(extended);

	if (!cure)
		return error_set(err, STATUS_IO, "record %s: cannot %s: %s (code %d)", path, doing, sqlite3_errmsg(db), extended);
	bool details = (extended & 0xff) == SQLITE_CONSTRAINT || (extended & 0xff) == SQLITE_ERROR;
	return error_set(err, cure->status, "record %s: cannot %s: %s%s%s (%s)", path, doing, cure->why,
			 details ? ": " : "", details ? sqlite3_errmsg(db) : "", cure->what_to_do);
}

void db_close(sqlite3 **db)
{
	sqlite3_close_v2(*db);
	*db = NULL;
}

enum status db_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **out, struct error *err)
{
	*out = NULL;
	return sqlite3_prepare_v2(db, sql, -1, out, NULL) == SQLITE_OK ? STATUS_OK : db_error(db, path, "use it", err);
}

enum status db_exec(sqlite3 *db, const char *path, const char *doing, const char *sql, struct error *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? STATUS_OK : db_error(db, path, doing, err);
}

enum status db_finish(sqlite3 *db, const char *path, const char *doing, sqlite3_stmt *stmt, struct error *err)
{
	int code = sqlite3_step(stmt);
	enum status status = code == SQLITE_DONE || code == SQLITE_ROW ? STATUS_OK : db_error(db, path, doing, err);

	sqlite3_finalize(stmt);
	return status;
}

int64_t db_integer_again(sqlite3_stmt *stmt, int64_t otherwise)
{
	int64_t value = otherwise;

	if (stmt && sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return value;
}

int64_t db_integer(sqlite3 *db, const char *sql, int64_t otherwise)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		stmt = NULL;
	int64_t value = db_integer_again(stmt, otherwise);
	sqlite3_finalize(stmt);
	return value;
}

/* A relative name is given a directory, so that no name means something special to
 * SQLite ("file:…", ":memory:", ""). */
static char *plain_path(const char *path)
{
	return path[0] == '/' ? xstrdup(path) : xasprintf("./%s", path);
}

/* Settings of the connection, not of the file: none of these writes. */
static const char connection_settings[] =
	"PRAGMA foreign_keys = ON;"
	"PRAGMA recursive_triggers = ON;" /* else INSERT OR REPLACE walks past the delete guard */
	"PRAGMA trusted_schema = OFF;"
	"PRAGMA cell_size_check = ON;"
	"PRAGMA mmap_size = 0;" /* a failing disk is an error code, not a signal */
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA secure_delete = ON;";

static void harden(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, DB_LENGTH_LIMIT_BYTES);
}

enum status db_open(sqlite3 **out, const char *path, bool write, struct error *err)
{
	char *plain = plain_path(path);
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
	int code = sqlite3_open_v2(plain, out, flags, NULL);

	free(plain);
	if (code != SQLITE_OK) {
		enum status status = db_error(*out, path, "open it", err);
		db_close(out);
		return status;
	}
	/* First of all: every later statement may meet a lock. */
	sqlite3_busy_timeout(*out, DB_BUSY_TIMEOUT_MS);
	harden(*out);
	enum status status = db_exec(*out, path, "open it", connection_settings, err);
	if (status != STATUS_OK)
		db_close(out);
	return status;
}

const char *db_journal_mode(int version)
{
	bool fixed = version >= 3051003 || (version >= 3050007 && version < 3051000) || (version >= 3044006 && version < 3045000);

	return fixed ? "wal" : "delete";
}

/* The mode in force after asking for `wanted` (NULL: just ask), as a fixed copy. */
static void journal_mode(sqlite3 *db, const char *wanted, char mode[16])
{
	char *sql = wanted ? xasprintf("PRAGMA journal_mode = %s", wanted) : xstrdup("PRAGMA journal_mode");
	sqlite3_stmt *stmt = NULL;

	mode[0] = '\0';
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		text_format(mode, 16, "%s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	free(sql);
}

enum status db_set_journal(sqlite3 *db, const char *path, bool fresh, int version, struct error *err)
{
	const char *safe = db_journal_mode(version);
	char mode[16];

	journal_mode(db, NULL, mode);
	bool unsafe = strcmp(mode, "wal") == 0 && strcmp(safe, "wal") != 0;
	if (fresh || unsafe || (strcmp(mode, "wal") != 0 && strcmp(mode, "delete") != 0))
		journal_mode(db, safe, mode);
	if (unsafe && strcmp(mode, safe) != 0)
		return error_set(err, STATUS_CONFLICT, "record %s: it is in WAL mode, which SQLite %s can damage, and other programs keep it open (end them and open it again)", path, sqlite3_libversion());
	if (strcmp(mode, "wal") != 0 && strcmp(mode, "delete") != 0)
		return db_error(db, path, "set its journal mode", err);
	/* EXTRA also syncs the directory after the journal is gone, which WAL has no need of. */
	return db_exec(db, path, "set its safety", strcmp(mode, "wal") == 0 ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = EXTRA", err);
}
