/* SQLite held to our rules (engineering reference 3.3 to 3.5), and its errors in
 * words with a cure. Private to src/record/. */
#ifndef TOCSIN_RECORD_DB_H
#define TOCSIN_RECORD_DB_H

#include "base/status.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	DB_BUSY_TIMEOUT_MS = 10000,
	DB_LENGTH_LIMIT_BYTES = 80 << 20, /* of one value: the largest evidence and some room */
};

/* Opens a connection to an existing file with every safety setting that needs no
 * write; `write` false opens it read-only. The connection serves one thread. */
enum status db_open(sqlite3 **out, const char *path, bool write, struct error *err) TOCSIN_CHECK;
/* Closes and forgets; NULL allowed. */
void db_close(sqlite3 **db);

/* The journal mode that is safe with a SQLite of that version (as
 * sqlite3_libversion_number() gives it): "wal" only where the WAL-reset bug is
 * fixed, else "delete" (engineering reference 3.3). */
const char *db_journal_mode(int version);
/* Puts the file in that mode: a new file always, an existing one only when its mode
 * is unsafe here. STATUS_CONFLICT when other programs keep it from being converted. */
enum status db_set_journal(sqlite3 *db, const char *path, bool fresh, int version, struct error *err) TOCSIN_CHECK;

/* What went wrong last on this connection, as "record PATH: cannot DOING: why (what
 * to do)". Call it before ROLLBACK, which forgets the reason. */
enum status db_error(sqlite3 *db, const char *path, const char *doing, struct error *err);

/* Runs statements without results. */
enum status db_exec(sqlite3 *db, const char *path, const char *doing, const char *sql, struct error *err) TOCSIN_CHECK;
enum status db_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **out, struct error *err) TOCSIN_CHECK;
/* One integer, `otherwise` when there is no row or it cannot be asked. */
int64_t db_integer(sqlite3 *db, const char *sql, int64_t otherwise);
/* The same of a statement that is asked many times; NULL allowed. */
int64_t db_integer_again(sqlite3_stmt *stmt, int64_t otherwise);

/* One step of a statement that gives no rows, then finalises it. */
enum status db_finish(sqlite3 *db, const char *path, const char *doing, sqlite3_stmt *stmt, struct error *err) TOCSIN_CHECK;

#endif
