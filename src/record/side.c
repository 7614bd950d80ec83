/* What lies beside the chain: the collector's lease, evidence, samples. */
#include "base/mem.h"
#include "base/text.h"
#include "record/store_private.h"

#include <string.h>

/* --- samples ----------------------------------------------------------------- */

static enum status insert_samples(struct store *store, const struct sample_row *rows, size_t count, struct error *err)
{
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, "INSERT OR REPLACE INTO sample(component, value, at_us, number) VALUES(?, ?, ?, ?)", &stmt, err);
	if (status != STATUS_OK)
		return status;

	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		sqlite3_bind_text(stmt, 1, rows[i].component, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, rows[i].value, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 3, rows[i].at_us);
		sqlite3_bind_int64(stmt, 4, rows[i].number);
		if (sqlite3_step(stmt) != SQLITE_DONE)
			status = db_error(store->db, store->path, "keep samples in it", err);
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	return status;
}

static enum status drop_old_samples(struct store *store, int64_t before_us, struct error *err)
{
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, "DELETE FROM sample WHERE at_us < ?", &stmt, err);
	if (status != STATUS_OK)
		return status;

	sqlite3_bind_int64(stmt, 1, before_us);
	return db_finish(store->db, store->path, "drop old samples", stmt, err);
}

static enum status write_samples(struct store *store, const struct sample_batch *batch, struct error *err)
{
	enum status status = insert_samples(store, batch->rows, batch->count, err);

	if (status == STATUS_OK)
		status = drop_old_samples(store, clock_wall_us(store->clock) - batch->keep_us, err);
	return status;
}

enum status store_read_samples(struct store *store, const char *component, const char *value, int64_t from_us, bool (*each)(void *arg, const struct sample_row *row), void *arg, struct error *err)
{
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, "SELECT at_us, number FROM sample WHERE component = ? AND value = ? AND at_us >= ? ORDER BY at_us", &stmt, err);
	if (status != STATUS_OK)
		return status;

	sqlite3_bind_text(stmt, 1, component, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 3, from_us);
	int code = sqlite3_step(stmt);
	for (bool more = true; more && code == SQLITE_ROW;) {
		struct sample_row row = {component, value, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1)};
		more = each(arg, &row);
		if (more)
			code = sqlite3_step(stmt);
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		status = db_error(store->db, store->path, "read samples", err);
	sqlite3_finalize(stmt);
	return status;
}

/* --- lease ------------------------------------------------------------------- */

static enum status read_lease(struct store *store, struct lease *out, struct error *err)
{
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, "SELECT holder, until_us FROM lease WHERE name = 'collector'", &stmt, err);
	if (status != STATUS_OK)
		return status;

	memset(out, 0, sizeof(*out));
	int code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		const char *holder = (const char *)sqlite3_column_text(stmt, 0);
		text_clean(out->holder, sizeof(out->holder), holder, (size_t)sqlite3_column_bytes(stmt, 0));
		out->until_us = sqlite3_column_int64(stmt, 1);
	} else if (code != SQLITE_DONE) {
		status = db_error(store->db, store->path, "read its lease", err);
	}
	sqlite3_finalize(stmt);
	return status;
}

static enum status write_lease(struct store *store, const struct lease *lease, struct error *err)
{
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, "INSERT OR REPLACE INTO lease(name, holder, until_us) VALUES('collector', ?, ?)", &stmt, err);
	if (status != STATUS_OK)
		return status;

	sqlite3_bind_text(stmt, 1, lease->holder, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, lease->until_us);
	return db_finish(store->db, store->path, "write its lease", stmt, err);
}

static bool is_free(const struct lease *lease, int64_t now_us)
{
	return lease->holder[0] == '\0' || lease->until_us <= now_us || lease->until_us > now_us + STORE_LEASE_MAX_US;
}

static enum status take_lease(struct store *store, const char *holder, int64_t for_us, const struct sample_batch *samples, struct lease *out, struct error *err)
{
	char name[sizeof(out->holder)];

	text_clean(name, sizeof(name), holder, strlen(holder));
	enum status status = store_begin(store, err);
	if (status != STATUS_OK)
		return status;
	int64_t now_us = clock_wall_us(store->clock);
	status = read_lease(store, out, err);
	out->mine = status == STATUS_OK && (strcmp(out->holder, name) == 0 || is_free(out, now_us));
	if (out->mine) {
		text_format(out->holder, sizeof(out->holder), "%s", name);
		out->until_us = now_us + (for_us < STORE_LEASE_MAX_US ? for_us : STORE_LEASE_MAX_US);
		status = write_lease(store, out, err);
	}
	if (status == STATUS_OK && out->mine && samples)
		status = write_samples(store, samples, err);
	return store_settle(store, status, err);
}

enum status store_lease(struct store *store, const char *holder, int64_t for_us, const struct sample_batch *samples, struct lease *out, struct error *err)
{
	struct error why = {0};

	if (samples && (samples->count == 0 || !store_keeps_reserve(store)))
		samples = NULL;
	enum status status = take_lease(store, holder, for_us, samples, out, &why);
	/* What samples have no room for costs neither the lease nor the reserve. */
	if (status != STATUS_OK && samples && !store->locked) {
		error_clear(&why);
		status = take_lease(store, holder, for_us, NULL, out, &why);
	}
	if (status != STATUS_OK && store_made_room(store)) {
		error_clear(&why);
		status = take_lease(store, holder, for_us, NULL, out, &why);
	}
	return status == STATUS_OK ? STATUS_OK : error_set(err, status, "%s", why.text);
}

enum status store_lease_release(struct store *store, const char *holder, struct error *err)
{
	char name[sizeof(((struct lease *)0)->holder)];
	sqlite3_stmt *stmt;

	text_clean(name, sizeof(name), holder, strlen(holder));
	enum status status = store_begin(store, err);
	if (status != STATUS_OK)
		return status;
	status = db_prepare(store->db, store->path, "DELETE FROM lease WHERE name = 'collector' AND holder = ?", &stmt, err);
	if (status == STATUS_OK) {
		sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
		status = db_finish(store->db, store->path, "give its lease back", stmt, err);
	}
	return store_settle(store, status, err);
}

/* --- evidence ---------------------------------------------------------------- */

enum status store_put_blob(struct store *store, const void *bytes, size_t len, const char *media, struct hash256 *out, struct error *err)
{
	char hex[SHA256_TEXT];
	sqlite3_stmt *stmt;

	*out = sha256(bytes, len);
	if (len > STORE_BLOB_BYTES)
		return error_set(err, STATUS_LIMIT, "evidence: %zu bytes are more than %d (attach a part of it, or note where it is kept)", len, (int)STORE_BLOB_BYTES);
	enum status status = store_begin(store, err);
	if (status != STATUS_OK)
		return status;
	/* IGNORE: the same bytes are there already, and evidence is never replaced. */
	status = db_prepare(store->db, store->path, "INSERT OR IGNORE INTO blob(sha256, media, bytes) VALUES(?, ?, ?)", &stmt, err);
	if (status == STATUS_OK) {
		sqlite3_bind_text(stmt, 1, sha256_text(hex, out), -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, media ? media : "application/octet-stream", -1, SQLITE_STATIC);
		sqlite3_bind_blob64(stmt, 3, len ? bytes : "", len, SQLITE_STATIC);
		status = db_finish(store->db, store->path, "keep evidence in it", stmt, err);
	}
	return store_settle(store, status, err);
}

enum status store_get_blob(struct store *store, const struct hash256 *hash, struct buf *out, struct error *err)
{
	char hex[SHA256_TEXT];
	sqlite3_stmt *stmt;

	enum status status = db_prepare(store->db, store->path, "SELECT bytes FROM blob WHERE sha256 = ?", &stmt, err);
	if (status != STATUS_OK)
		return status;
	sqlite3_bind_text(stmt, 1, sha256_text(hex, hash), -1, SQLITE_STATIC);
	int code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		const void *bytes = sqlite3_column_blob(stmt, 0);
		size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
		struct hash256 real = sha256(bytes ? bytes : "", len);
		if (hash_equal(&real, hash)) {
			buf_add(out, bytes ? bytes : "", len);
			status = buf_check(out, "evidence", err);
		} else {
			status = error_set(err, STATUS_CORRUPT, "evidence %s: its bytes were changed (run verify, and go back to a copy)", hex);
		}
	} else if (code == SQLITE_DONE) {
		status = error_set(err, STATUS_NOT_FOUND, "evidence %s: it is not in this record", hex);
	} else {
		status = db_error(store->db, store->path, "read evidence", err);
	}
	sqlite3_finalize(stmt);
	return status;
}
