/* Verification: reads the whole record and believes none of it. */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/checkpoint.h"
#include "record/row.h"
#include "record/store_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An event without content, until a redaction that names it is met. */
struct missing {
	uint64_t seq;
	char id[27];
};

struct check {
	sqlite3 *db;
	const char *path;
	char origin[STORE_ORIGIN_SIZE];
	struct verification *out;
	struct missing *missing;
	size_t missing_count, missing_capacity;
};

/* Counts what is wrong and keeps the words for the lowest seq. */
static void found(struct check *check, uint64_t seq, const char *fmt, ...) TOCSIN_PRINTF(3, 4);
static void found(struct check *check, uint64_t seq, const char *fmt, ...)
{
	struct verification *out = check->out;
	struct error words = {0};
	va_list args;

	if (out->findings++ > 0 && (seq == 0 || (out->bad_seq != 0 && seq >= out->bad_seq)))
		return;
	va_start(args, fmt);
	error_setv(&words, STATUS_CORRUPT, fmt, args);
	va_end(args);
	out->bad_seq = seq;
	text_format(out->finding, sizeof(out->finding), "%s", words.text);
}

static const char *reason(const struct check *check)
{
	return sqlite3_errmsg(check->db);
}

/* --- the chain ---------------------------------------------------------------- */

static void note_missing(struct check *check, const struct event *event)
{
	check->missing = mem_grow(check->missing, &check->missing_capacity, check->missing_count, sizeof(*check->missing));
	struct missing *missing = &check->missing[check->missing_count++];
	missing->seq = event->seq;
	memcpy(missing->id, event->id, sizeof(missing->id));
}

/* Strikes what this redaction names from the list of missing contents. */
static void take_redaction(struct check *check, const struct event *event)
{
	char wanted[80];

	for (size_t i = 0; i < check->missing_count;) {
		text_format(wanted, sizeof(wanted), "{\"id\":\"%s\",\"rel\":\"redacts\"}", check->missing[i].id);
		if (!strstr(event->refs, wanted)) {
			i++;
			continue;
		}
		check->out->redacted++;
		check->missing[i] = check->missing[--check->missing_count];
	}
}

static bool has_blob(const struct check *check, const char *hex)
{
	sqlite3_stmt *stmt = NULL;
	bool there = false;

	if (sqlite3_prepare_v2(check->db, "SELECT 1 FROM blob WHERE sha256 = ?", -1, &stmt, NULL) == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, hex, -1, SQLITE_STATIC);
		there = sqlite3_step(stmt) == SQLITE_ROW;
	}
	sqlite3_finalize(stmt);
	return there;
}

/* Evidence that an event promises must be there; its bytes are checked elsewhere. */
static void check_evidence_there(struct check *check, const struct event *event)
{
	const char *key = event->kind == EVENT_EVIDENCE_ATTACHED ? "sha256" : event->kind == EVENT_STEP_RAN ? "blob"
													    : NULL;
	if (!key || event->redacted)
		return;

	struct json *data = json_parse(event->data, strlen(event->data), STORE_DATA_BYTES * 16, NULL);
	const char *hex = json_string(json_get(data, key));
	if (hex && hex[0] && !has_blob(check, hex))
		found(check, event->seq, "event %" PRIu64 ": its evidence %s is gone", event->seq, hex);
	json_free(data);
}

static void check_content(struct check *check, const struct event *event)
{
	if (event->redacted) {
		note_missing(check, event);
		return;
	}
	struct hash256 content = event_content_hash(event);
	if (!hash_equal(&content, &event->content_hash))
		found(check, event->seq, "event %" PRIu64 ": its content was changed", event->seq);
	check_evidence_there(check, event);
}

static void check_event(struct check *check, sqlite3_stmt *stmt, const struct event *event, struct head *head)
{
	struct hash256 hash = event_hash(event);
	const char *column = row_mismatch(stmt, event);

	check->out->checked++;
	if ((int64_t)event->seq < 1) {
		found(check, 0, "a row has the number %" PRId64 ", which no event has", (int64_t)event->seq);
		return;
	}
	if (event->seq != head->seq + 1)
		found(check, head->seq + 1, "event %" PRIu64 ": it is gone; %" PRIu64 " comes next", head->seq + 1, event->seq);
	if (column)
		found(check, event->seq, "event %" PRIu64 ": its %s is not what a record holds", event->seq, column);
	if (!hash_equal(&hash, &event->hash))
		found(check, event->seq, "event %" PRIu64 ": it was changed: its hash does not hold", event->seq);
	if (!hash_equal(&event->prev_hash, &head->hash))
		found(check, event->seq, "event %" PRIu64 ": it does not link to what stands before it", event->seq);
	check_content(check, event);
	if (event->kind == EVENT_REDACTED)
		take_redaction(check, event);
	*head = (struct head){.seq = event->seq, .hash = event->hash};
}

static void check_chain(struct check *check)
{
	struct head head = {.hash = event_genesis(check->origin)};
	char *sql = xasprintf("%s ORDER BY e.seq", row_select);
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(check->db, sql, -1, &stmt, NULL);

	free(sql);
	if (code == SQLITE_OK) {
		while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
			struct event event = {0};
			row_decode(stmt, &event);
			check_event(check, stmt, &event, &head);
			event_free(&event);
		}
	}
	if (code != SQLITE_DONE)
		found(check, head.seq + 1, "event %" PRIu64 ": it cannot be read: %s", head.seq + 1, reason(check));
	sqlite3_finalize(stmt);
	for (size_t i = 0; i < check->missing_count; i++)
		found(check, check->missing[i].seq, "event %" PRIu64 ": its content is gone, and no redaction says why", check->missing[i].seq);
	check->out->head = head;
}

/* --- what stands beside the chain ----------------------------------------------- */

static void check_identity(struct check *check)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(check->db, "SELECT value FROM meta WHERE key = 'origin'", -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		text_format(check->origin, sizeof(check->origin), "%s", (const char *)sqlite3_column_text(stmt, 0));
	else
		found(check, 0, "the identity of the record is gone: %s", code == SQLITE_DONE ? "no such row" : reason(check));
	sqlite3_finalize(stmt);
}

static void check_orphans(struct check *check)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(check->db, "SELECT c.seq FROM content AS c LEFT JOIN event AS e ON e.seq = c.seq WHERE e.seq IS NULL ORDER BY c.seq", -1, &stmt, NULL);

	while (code == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		uint64_t seq = (uint64_t)sqlite3_column_int64(stmt, 0);
		found(check, seq, "event %" PRIu64 ": there is content, but no event for it", seq);
	}
	sqlite3_finalize(stmt);
}

/* The head that the file keeps against the last event that is there. */
static void check_head(struct check *check)
{
	const struct head *last = &check->out->head;
	char hex[SHA256_TEXT];
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(check->db, "SELECT seq, hash FROM head", -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code != SQLITE_ROW) {
		found(check, 0, "the record's head is gone: %s", code == SQLITE_DONE ? "no such row" : reason(check));
		sqlite3_finalize(stmt);
		return;
	}
	uint64_t seq = (uint64_t)sqlite3_column_int64(stmt, 0);
	const char *hash = (const char *)sqlite3_column_text(stmt, 1);
	if (seq > last->seq)
		found(check, last->seq + 1, "event %" PRIu64 ": it is gone; the record reached %" PRIu64, last->seq + 1, seq);
	else if (seq < last->seq)
		found(check, seq + 1, "event %" PRIu64 ": it was put in behind the record's head", seq + 1);
	else if (!hash || strcmp(hash, sha256_text(hex, &last->hash)) != 0)
		found(check, seq, "event %" PRIu64 ": it is not the one that the record's head names", seq);
	sqlite3_finalize(stmt);
}

/* The first event whose content names these bytes, 0 when none does. */
static uint64_t event_naming(struct check *check, const char *hex)
{
	sqlite3_stmt *stmt = NULL;
	uint64_t seq = 0;

	if (sqlite3_prepare_v2(check->db, "SELECT min(seq) FROM content WHERE instr(data, ?) > 0", -1, &stmt, NULL) == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, hex, -1, SQLITE_STATIC);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			seq = (uint64_t)sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return seq;
}

static void check_blobs(struct check *check)
{
	char real[SHA256_TEXT];
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(check->db, "SELECT sha256, bytes FROM blob", -1, &stmt, NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
		const void *bytes = sqlite3_column_blob(stmt, 1);
		struct hash256 hash = sha256(bytes ? bytes : "", (size_t)sqlite3_column_bytes(stmt, 1));
		const char *hex = (const char *)sqlite3_column_text(stmt, 0);
		if (!hex || strcmp(hex, sha256_text(real, &hash)) != 0)
			found(check, event_naming(check, hex), "evidence %s: its bytes were changed", hex ? hex : "without a name");
		code = SQLITE_OK;
	}
	if (code != SQLITE_DONE)
		found(check, 0, "evidence cannot be read: %s", reason(check));
	sqlite3_finalize(stmt);
}

static void check_pages(struct check *check)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(check->db, "PRAGMA integrity_check(1)", -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	const char *answer = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	if (!answer)
		found(check, 0, "the file is damaged: %s", reason(check));
	else if (strcmp(answer, "ok") != 0)
		found(check, 0, "the file is damaged: %s", answer);
	sqlite3_finalize(stmt);
}

/* --- the checkpoint beside ------------------------------------------------------- */

static void check_beside(struct store *store, const struct checkpoint *checkpoint, struct error *load, struct verification *out)
{
	struct error why = {0};

	if (load->status == STATUS_OK && checkpoint_match(store, checkpoint, &why) == STATUS_OK) {
		out->beside = VERDICT_HOLDS;
		text_format(out->beside_finding, sizeof(out->beside_finding), "matches the checkpoint of %" PRIu64 " events beside it", checkpoint->head.seq);
		return;
	}
	out->beside = VERDICT_FAILS;
	text_format(out->beside_finding, sizeof(out->beside_finding), "%s", load->status != STATUS_OK ? load->text : why.text);
	if (out->consistent && load->status == STATUS_OK && strcmp(checkpoint->origin, store_origin(store)) == 0) {
		out->bad_seq = checkpoint->head.seq <= out->head.seq ? checkpoint->head.seq : out->head.seq + 1;
		text_format(out->finding, sizeof(out->finding), "%s", out->beside_finding);
	}
}

bool verification_holds(const struct verification *v)
{
	return v->consistent && v->beside != VERDICT_FAILS;
}

enum status store_verify(struct store *store, struct verification *out, struct error *err)
{
	struct check check = {.path = store->path, .out = out};
	struct checkpoint checkpoint;
	struct error load = {0};
	char *beside = checkpoint_beside(store->path);

	memset(out, 0, sizeof(*out));
	/* Read before the record: what is appended meanwhile only lies behind it. */
	bool has_beside = access(beside, F_OK) == 0;
	if (has_beside && checkpoint_load(beside, &checkpoint, &load) != STATUS_OK)
		memset(&checkpoint, 0, sizeof(checkpoint));
	free(beside);

	enum status status = db_open(&check.db, store->path, false, err);
	if (status != STATUS_OK)
		return status;
	/* One snapshot for all checks; without it a busy record would contradict itself. */
	sqlite3_exec(check.db, "BEGIN", NULL, NULL, NULL);
	check_identity(&check);
	check_chain(&check);
	check_orphans(&check);
	check_head(&check);
	check_blobs(&check);
	check_pages(&check);
	sqlite3_exec(check.db, "ROLLBACK", NULL, NULL, NULL);
	db_close(&check.db);
	free(check.missing);
	out->consistent = out->findings == 0;
	if (has_beside)
		check_beside(store, &checkpoint, &load, out);
	return STATUS_OK;
}
