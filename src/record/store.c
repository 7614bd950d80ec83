#include "record/store.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "record/checkpoint.h"
#include "record/row.h"
#include "record/schema.h"
#include "record/store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

/* --- opening: the file ------------------------------------------------------ */

static enum status make_parents(const char *path, struct error *err)
{
	char *dir = xstrdup(path);
	enum status status = STATUS_OK;

	for (char *slash = strchr(dir + 1, '/'); slash && status == STATUS_OK; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0700) != 0 && errno != EEXIST && access(dir, F_OK) != 0)
			status = error_set(err, STATUS_IO, "record %s: cannot make the directory %s: %s (make it yourself, or name another place with --db)", path, dir, strerror(errno));
		*slash = '/';
	}
	free(dir);
	return status;
}

static enum status make_file(const char *path, struct error *err)
{
	enum status status = make_parents(path, err);
	if (status != STATUS_OK)
		return status;

	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST)
		return error_set(err, STATUS_IO, "record %s: cannot create it: %s (check the directory, or name another place with --db)", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return STATUS_OK;
}

/* Refuses what must not be opened as a record; makes a missing file for a writer. */
static enum status check_file(const char *path, enum store_mode mode, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return error_set(err, STATUS_IO, "record %s: %s (check the path and its permissions)", path, strerror(errno));
		if (mode == STORE_READ)
			return error_set(err, STATUS_NOT_FOUND, "record %s: there is no such file (open the console or declare an incident to begin one)", path);
		return make_file(path, err);
	}
	if (S_ISLNK(st.st_mode))
		return error_set(err, STATUS_REFUSED, "record %s: it is a symbolic link, and what it points at could be swapped (name the file itself)", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, STATUS_REFUSED, "record %s: it is not a regular file (name another file with --db)", path);
	return STATUS_OK;
}

#ifdef __linux__
struct file_system {
	uint32_t magic;
	const char *name;
	bool refused; /* locks and syncs are known to be unreliable */
};

static const struct file_system network_file_systems[] = {
	{0x6969, "NFS", true},
	{0x517b, "SMB", true},
	{0xff534d42, "CIFS", true},
	{0xfe534d42, "SMB2", true},
	{0x5346414f, "AFS", true},
	{0x65735546, "FUSE", false},
	{0x01021997, "9p", false},
};

static enum status check_file_system(struct store *store, struct error *err)
{
	struct statfs fs;

	if (statfs(store->path, &fs) != 0)
		return STATUS_OK;
	for (size_t i = 0; i < ARRAY_LENGTH(network_file_systems); i++) {
		const struct file_system *kind = &network_file_systems[i];
		if ((uint32_t)fs.f_type != kind->magic)
			continue;
		if (kind->refused && store->mode == STORE_WRITE)
			return error_set(err, STATUS_REFUSED, "record %s: it lies on a network file system (%s), where locks do not protect it (put it on a local disk with --db)", store->path, kind->name);
		error_set(&store->warning, STATUS_IO, "record %s: it lies on %s, whose locks may not protect it (use one program at a time, or a local disk)", store->path, kind->name);
	}
	return STATUS_OK;
}
#else
static enum status check_file_system(struct store *store, struct error *err)
{
	(void)store;
	(void)err;
	return STATUS_OK;
}
#endif

/* --- the checkpoint beside ---------------------------------------------------- */

/* A checkpoint that contradicts the record is evidence of a cut or a rewrite: it
 * stays, and is told. Only a record that was just created replaces what an earlier
 * one of its name left behind. */
static enum status write_beside(struct store *store, bool created, struct error *err)
{
	struct checkpoint old, now;
	char *path = checkpoint_beside(store->path);
	struct error why = {0};

	enum status status = created ? STATUS_NOT_FOUND : checkpoint_load(path, &old, &why);
	if (status == STATUS_OK)
		status = checkpoint_match(store, &old, &why);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		error_set(err, status, "%s was kept as evidence; move it away once it is looked into: %s", path, why.text);
	else
		status = checkpoint_take(store, &now, err);
	if (status == STATUS_OK)
		status = checkpoint_save(path, &now, err);
	free(path);
	return status;
}

/* Brings RECORD.checkpoint up to the head. After COMMIT, so that it never promises
 * what a crash could take back; under the write lock, so that of two programs the one
 * with the older head cannot write last. It is thus never ahead of the record, and
 * never goes back. When the lock is not free, its holder is about to do the same. */
static void follow_with_checkpoint(struct store *store, bool created)
{
	struct error err = {0};

	if (store_begin(store, NULL) != STATUS_OK)
		return;
	enum status status = write_beside(store, created, &err);
	store_rollback(store);
	if (status == STATUS_OK)
		return;
	error_clear(&store->warning);
	error_set(&store->warning, status, "the newest events have no checkpoint beside the record: %s", err.text);
}

/* --- opening: the record ---------------------------------------------------- */

static void make_boot(char *dst, size_t size)
{
	struct buf text;
	uint8_t random[16];

	buf_init(&text, size - 1);
	if (file_read("/proc/sys/kernel/random/boot_id", size - 1, &text, NULL) == STATUS_OK && text.len >= 36) {
		text_format(dst, size, "%.36s", buf_text(&text));
	} else {
		/* Where the system tells none, monotonic times compare within this process only. */
		random_bytes(random, sizeof(random));
		hex_text(dst, size, random, sizeof(random), false);
	}
	buf_free(&text);
}

static void make_origin(struct store *store, char dst[STORE_ORIGIN_SIZE])
{
	uint8_t random[10];
	char id[27];

	random_bytes(random, sizeof(random));
	event_id(id, clock_wall_us(store->clock), random);
	text_format(dst, STORE_ORIGIN_SIZE, "tocsin/%s", id);
}

/* A damaged record has none, and stays readable for verify. */
static void load_origin(struct store *store)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(store->db, "SELECT value FROM meta WHERE key = 'origin'", -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(stmt, 0);
		text_format(store->origin, sizeof(store->origin), "%s", text ? text : "");
	}
	sqlite3_finalize(stmt);
}

/* A write that was killed half-way is undone by whoever opens the file next. A
 * read-only connection cannot, so a writing one does it and goes again. */
static void undo_interrupted_write(const char *path)
{
	sqlite3 *db = NULL;

	if (db_open(&db, path, true, NULL) == STATUS_OK)
		db_integer(db, "SELECT count(*) FROM sqlite_schema", 0);
	db_close(&db);
}

static enum status open_reader(struct store *store, bool *fresh, struct error *err)
{
	enum status status = db_open(&store->db, store->path, false, err);
	if (status != STATUS_OK)
		return status;
	sqlite3_exec(store->db, "PRAGMA query_only = ON", NULL, NULL, NULL);
	if (db_integer(store->db, "SELECT count(*) FROM sqlite_schema", -1) < 0 && sqlite3_extended_errcode(store->db) == SQLITE_READONLY_ROLLBACK)
		undo_interrupted_write(store->path);
	status = schema_check(store->db, store->path, fresh, err);
	if (status == STATUS_OK && *fresh)
		return error_set(err, STATUS_NOT_FOUND, "record %s: it is empty (open the console or declare an incident to begin it)", store->path);
	return status;
}

static enum status open_writer(struct store *store, bool *fresh, struct error *err)
{
	char origin[STORE_ORIGIN_SIZE];

	enum status status = db_open(&store->db, store->path, true, err);
	if (status == STATUS_OK)
		status = schema_check(store->db, store->path, fresh, err);
	if (status == STATUS_OK)
		status = db_set_journal(store->db, store->path, *fresh, sqlite3_libversion_number(), err);
	if (status != STATUS_OK || !*fresh)
		return status;
	make_origin(store, origin);
	return schema_create(store->db, store->path, origin, err);
}

/* --- the reserve ------------------------------------------------------------- */

/* RECORD.reserve holds room on the disk. When the disk is full it is given up, so
 * that the last events of a night can still be written while somebody frees space. */
enum { RESERVE_BYTES = 1 << 20 };

static char *reserve_path(const struct store *store)
{
	return xasprintf("%s.reserve", store->path);
}

static bool make_reserve(const struct store *store)
{
	static const char zeros[1 << 14];
	char *path = reserve_path(store);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t made = 0;

	while (fd >= 0 && made < RESERVE_BYTES && write(fd, zeros, sizeof(zeros)) == (ssize_t)sizeof(zeros))
		made += sizeof(zeros);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && made < RESERVE_BYTES)
		unlink(path);
	free(path);
	return made == RESERVE_BYTES;
}

static bool has_reserve(const struct store *store)
{
	char *path = reserve_path(store);
	struct stat st;
	bool has = lstat(path, &st) == 0 && S_ISREG(st.st_mode);

	free(path);
	return has;
}

/* Room for the reserve and for as much again: else it would only take back what was just
 * given up. */
static bool disk_has_room(const struct store *store)
{
	struct statvfs fs;

	return statvfs(store->path, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize >= 2 * RESERVE_BYTES;
}

bool store_keeps_reserve(struct store *store)
{
	if (has_reserve(store))
		return true;
	if (!disk_has_room(store) || !make_reserve(store))
		return false;
	/* So that a second full disk is told as loud as the first. */
	if (store->on_reserve)
		error_clear(&store->warning);
	store->on_reserve = false;
	return true;
}

bool store_made_room(struct store *store)
{
	if (!store->full)
		return false;
	char *path = reserve_path(store);
	bool released = unlink(path) == 0;

	free(path);
	if (released) {
		store->on_reserve = true;
		error_clear(&store->warning);
		error_set(&store->warning, STATUS_IO, "record %s: the disk is full, and events are now written to space kept in reserve for them (free space soon)", store->path);
	}
	return released;
}

static enum status open_file(struct store *store, struct error *err)
{
	struct stat st;
	bool fresh = false;

	enum status status = check_file(store->path, store->mode, err);
	if (status == STATUS_OK)
		status = check_file_system(store, err);
	if (status == STATUS_OK)
		status = store->mode == STORE_READ ? open_reader(store, &fresh, err) : open_writer(store, &fresh, err);
	if (status != STATUS_OK)
		return status;

	load_origin(store);
	if (store->mode == STORE_WRITE && !store->origin[0])
		return error_set(err, STATUS_CORRUPT, "record %s: its identity is missing (run verify, and go back to a copy)", store->path);
	if (stat(store->path, &st) != 0)
		return error_set(err, STATUS_IO, "record %s: %s (check the path)", store->path, strerror(errno));
	store->device = st.st_dev;
	store->inode = st.st_ino;
	if (sqlite3_prepare_v3(store->db, "PRAGMA data_version", -1, SQLITE_PREPARE_PERSISTENT, &store->ask_version, NULL) != SQLITE_OK)
		store->ask_version = NULL;
	store->data_version = db_integer_again(store->ask_version, 0);
	if (fresh)
		follow_with_checkpoint(store, true);
	if (store->mode == STORE_WRITE)
		(void)store_keeps_reserve(store);
	return STATUS_OK;
}

enum status store_open(struct store **out, const char *where, enum store_mode mode, const struct clock *clock, struct error *err)
{
	*out = NULL;
	if (!where || !where[0])
		return error_set(err, STATUS_USAGE, "record: no file was named (name one with --db)");
	if (strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0)
		return error_set(err, STATUS_UNSUPPORTED, "record: this build keeps records in SQLite files only (give --db a path)");

	struct store *store = xcalloc(1, sizeof(*store));
	store->path = xstrdup(where);
	store->mode = mode;
	store->clock = clock;
	store->patience_ms = DB_BUSY_TIMEOUT_MS;
	store->faulty = -1;
	make_boot(store->boot, sizeof(store->boot));
	enum status status = open_file(store, err);
	if (status != STATUS_OK) {
		store_close(store);
		return status;
	}
	*out = store;
	return STATUS_OK;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	sqlite3_finalize(store->ask_version);
	db_close(&store->db);
	free(store->path);
	free(store);
}

const char *store_where(const struct store *store)
{
	return store->path;
}

const char *store_origin(const struct store *store)
{
	return store->origin;
}

const struct clock *store_clock(const struct store *store)
{
	return store->clock;
}

const struct error *store_warning(const struct store *store)
{
	return store->warning.status == STATUS_OK ? NULL : &store->warning;
}

/* --- transactions ------------------------------------------------------------ */

static enum status check_unmoved(struct store *store, struct error *err)
{
	struct stat st;

	if (stat(store->path, &st) == 0 && st.st_dev == store->device && st.st_ino == store->inode)
		return STATUS_OK;
	return error_set(err, STATUS_IO, "record %s: the file was removed or replaced while it was open (put it back, or start again with the new one)", store->path);
}

/* What the next write should know of this one. Before ROLLBACK, which forgets it. */
static void note_refusal(struct store *store)
{
	int code = sqlite3_errcode(store->db) & 0xff;

	store->full |= code == SQLITE_FULL;
	store->locked |= code == SQLITE_BUSY;
}

enum status store_begin(struct store *store, struct error *err)
{
	if (store->mode == STORE_READ)
		return error_set(err, STATUS_REFUSED, "record %s: it was opened for reading only (start without --read-only)", store->path);
	/* Who waited in vain does not wait as long again: others wait behind us. */
	sqlite3_busy_timeout(store->db, store->locked ? store->patience_ms / 10 : store->patience_ms);
	store->full = store->locked = false;
	enum status status = check_unmoved(store, err);
	if (status != STATUS_OK)
		return status;
	/* IMMEDIATE: a lock taken late would fail at once instead of waiting (engineering reference 3.2). */
	status = db_exec(store->db, store->path, "write to it", "BEGIN IMMEDIATE", err);
	if (status != STATUS_OK)
		note_refusal(store);
	return status;
}

/* The journal is gone and with it the way back, but the disk would not promise that it
 * stays gone: after a power cut the write may be undone. Neither done nor refused. */
static enum status not_confirmed(struct store *store, struct error *err)
{
	return error_set(err, STATUS_IO, "record %s: it was written, but the disk did not confirm it, and a power cut may take it back (check the disk; look whether it is there before you write it again)", store->path);
}

static enum status commit(struct store *store, struct error *err)
{
	struct error why = {0};
	enum status status = db_exec(store->db, store->path, "write to it", "COMMIT", &why);

	if (status == STATUS_OK)
		return STATUS_OK;
	bool confirmed = sqlite3_extended_errcode(store->db) != SQLITE_IOERR_DIR_FSYNC;
	store_rollback(store);
	return confirmed ? error_set(err, status, "%s", why.text) : not_confirmed(store, err);
}

enum status store_settle(struct store *store, enum status status, struct error *err)
{
	if (status == STATUS_OK)
		return commit(store, err);
	store_rollback(store);
	return status;
}

void store_rollback(struct store *store)
{
	note_refusal(store);
	/* A full disk has already rolled back by itself. */
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

/* --- from drafts to events --------------------------------------------------- */

enum {
	INCIDENT_BYTES = 32,
	ACTOR_BYTES = 160,
	ROLE_BYTES = 64,
	SOURCE_BYTES = 240,
	REFS_BYTES = 16 << 10,
	JSON_MEMORY_BYTES = 16 << 20,
};
#define TIME_LIMIT_US (INT64_C(1) << 53) /* what every JSON reader holds exactly: the year 2255 */

static const char *const precisions[] = {"exact", "second", "minute", "approximate", NULL};
static const char *const visibilities[] = {"internal", "stakeholder", "public", "restricted", NULL};

static bool one_of(const char *const *words, const char *word)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

/* An owned, clean single line of at most `limit` bytes. */
static char *clean_line(const char *text, size_t limit)
{
	char *line = xmalloc(limit + 1);

	text_clean(line, limit + 1, text, strlen(text));
	return line;
}

static enum status clean_body(const struct draft *draft, char **out, struct error *err)
{
	struct buf body;

	buf_init(&body, STORE_BODY_BYTES);
	if (draft->body)
		text_clean_lines(&body, draft->body, strlen(draft->body));
	enum status status = buf_check(&body, "the text of an event", err);
	*out = buf_take(&body);
	if (!*out)
		*out = xstrdup("");
	return status;
}

/* Reads JSON and writes it again, so that one meaning has one spelling and one hash. */
static enum status canonical_json(const char *text, bool (*is)(const struct json *), size_t limit, const char *what, char **out, struct error *err)
{
	struct buf canonical;
	struct error why = {0};
	struct json *json = json_parse(text, strlen(text), JSON_MEMORY_BYTES, &why);

	if (!json)
		return error_set(err, STATUS_INVALID, "the %s of an event: %s", what, why.text);
	buf_init(&canonical, limit);
	bool good = is(json) && json_canonical(json, &canonical);
	json_free(json);
	enum status status = good ? buf_check(&canonical, what, err) : error_set(err, STATUS_INVALID, "the %s of an event: not canonical JSON of the right kind (integers and strings only)", what);
	if (status == STATUS_OK)
		*out = buf_take(&canonical);
	buf_free(&canonical);
	return status;
}

static enum status check_draft(const struct draft *draft, struct error *err)
{
	if (draft->kind <= EVENT_OTHER || draft->kind >= EVENT_KIND_COUNT)
		return error_set(err, STATUS_INVALID, "an event needs a kind that this Tocsin knows");
	if (!draft->actor || !draft->actor[0] || !draft->source || !draft->source[0] || !draft->summary)
		return error_set(err, STATUS_INVALID, "a %s event needs an actor, a source and a summary", event_kind_name(draft->kind));
	if (draft->precision && !one_of(precisions, draft->precision))
		return error_set(err, STATUS_INVALID, "%s: no such precision (exact, second, minute, approximate)", draft->precision);
	if (draft->visibility && !one_of(visibilities, draft->visibility))
		return error_set(err, STATUS_INVALID, "%s: no such visibility (internal, stakeholder, public, restricted)", draft->visibility);
	if (draft->occurred_us <= -TIME_LIMIT_US || draft->occurred_us >= TIME_LIMIT_US || draft->occurred_end_us <= -TIME_LIMIT_US || draft->occurred_end_us >= TIME_LIMIT_US)
		return error_set(err, STATUS_INVALID, "a %s event lies beyond the years that are kept (1684 to 2255)", event_kind_name(draft->kind));
	if (draft->occurred_end_us && draft->occurred_end_us < draft->occurred_us)
		return error_set(err, STATUS_INVALID, "a %s event ends before it begins (swap the times)", event_kind_name(draft->kind));
	return STATUS_OK;
}

/* Everything that needs no lock: checked, cleaned, salted, the content hashed. */
static enum status event_from_draft(const struct draft *draft, struct event *event, struct error *err)
{
	uint8_t salt[16];

	enum status status = check_draft(draft, err);
	if (status != STATUS_OK)
		return status;
	event->kind = draft->kind;
	event->kind_name = xstrdup(event_kind_name(draft->kind));
	event->incident = draft->incident && draft->incident[0] ? clean_line(draft->incident, INCIDENT_BYTES) : NULL;
	event->occurred_us = draft->occurred_us;
	event->occurred_end_us = draft->occurred_end_us;
	event->precision = xstrdup(draft->precision ? draft->precision : precisions[0]);
	event->actor = clean_line(draft->actor, ACTOR_BYTES);
	event->role = draft->role && draft->role[0] ? clean_line(draft->role, ROLE_BYTES) : NULL;
	event->source = clean_line(draft->source, SOURCE_BYTES);
	event->visibility = xstrdup(draft->visibility ? draft->visibility : visibilities[0]);
	event->summary = clean_line(draft->summary, STORE_SUMMARY_BYTES);
	status = clean_body(draft, &event->body, err);
	if (status == STATUS_OK)
		status = canonical_json(draft->refs ? draft->refs : "[]", json_is_array, REFS_BYTES, "references", &event->refs, err);
	if (status == STATUS_OK)
		status = canonical_json(draft->data ? draft->data : "{}", json_is_object, STORE_DATA_BYTES, "data", &event->data, err);
	if (status != STATUS_OK)
		return status;
	random_bytes(salt, sizeof(salt));
	hex_text(event->salt, sizeof(event->salt), salt, sizeof(salt), false);
	event->content_hash = event_content_hash(event);
	return STATUS_OK;
}

static void free_events(struct event *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		event_free(&events[i]);
	free(events);
}

/* --- appending ----------------------------------------------------------------- */

struct append {
	sqlite3_stmt *event, *content, *head, *again;
};

static void append_free(struct append *append)
{
	sqlite3_finalize(append->event);
	sqlite3_finalize(append->content);
	sqlite3_finalize(append->head);
	sqlite3_finalize(append->again);
}

static enum status append_prepare(struct store *store, struct append *append, struct error *err)
{
	char *again = xasprintf("%s WHERE e.seq = ?", row_select);
	enum status status = db_prepare(store->db, store->path, row_insert_event, &append->event, err);

	if (status == STATUS_OK)
		status = db_prepare(store->db, store->path, row_insert_content, &append->content, err);
	if (status == STATUS_OK)
		status = db_prepare(store->db, store->path, "UPDATE head SET seq = ?, hash = ?", &append->head, err);
	if (status == STATUS_OK)
		status = db_prepare(store->db, store->path, again, &append->again, err);
	free(again);
	return status;
}

/* The event's place in time and in the chain. Wall time is written as it is, also
 * when it went backwards: boot and monotonic time beside it show the step. */
static void stamp(struct store *store, struct event *event, const struct head *head)
{
	uint8_t random[10];

	event->seq = head->seq + 1;
	event->prev_hash = head->hash;
	event->recorded_us = clock_wall_us(store->clock);
	event->mono_us = clock_mono_us(store->clock);
	event->tz_minutes = time_local_offset(event->recorded_us);
	mem_set(&event->boot, store->boot);
	if (!event->occurred_us)
		event->occurred_us = event->recorded_us;
	random_bytes(random, sizeof(random));
	event_id(event->id, event->recorded_us, random);
	event->hash = event_hash(event);
}

static enum status step(struct store *store, sqlite3_stmt *stmt, struct error *err)
{
	int code = sqlite3_step(stmt);
	enum status status = code == SQLITE_DONE ? STATUS_OK : db_error(store->db, store->path, "write to it", err);

	store->full |= code == SQLITE_FULL;
	sqlite3_reset(stmt);
	return status;
}

/* Reads the row back and hashes that, before it is promised: a mistake anywhere on
 * the way must not become a wrong link. */
static enum status check_written(struct store *store, sqlite3_stmt *again, const struct event *event, struct error *err)
{
	struct event written = {0};
	bool same = false;

	sqlite3_bind_int64(again, 1, (int64_t)event->seq);
	if (sqlite3_step(again) != SQLITE_ROW) {
		enum status status = db_error(store->db, store->path, "read back what was written", err);
		sqlite3_reset(again);
		return status;
	}
	row_decode(again, &written);
	if (!row_mismatch(again, &written) && !written.redacted) {
		struct hash256 content = event_content_hash(&written), hash = event_hash(&written);
		same = hash_equal(&content, &event->content_hash) && hash_equal(&hash, &event->hash) && hash_equal(&written.hash, &hash);
	}
	event_free(&written);
	sqlite3_reset(again);
	if (!same)
		return error_set(err, STATUS_CORRUPT, "record %s: what was written reads back differently (check memory and disk; nothing was kept)", store->path);
	return STATUS_OK;
}

static enum status append_one(struct store *store, struct append *append, struct event *event, struct head *head, struct error *err)
{
	char hex[SHA256_TEXT];

	stamp(store, event, head);
	row_bind_event(append->event, event);
	enum status status = step(store, append->event, err);
	if (status == STATUS_OK) {
		row_bind_content(append->content, event);
		status = step(store, append->content, err);
	}
	if (status == STATUS_OK) {
		sqlite3_bind_int64(append->head, 1, (int64_t)event->seq);
		sqlite3_bind_text(append->head, 2, sha256_text(hex, &event->hash), -1, SQLITE_STATIC);
		status = step(store, append->head, err);
	}
	if (status == STATUS_OK)
		status = check_written(store, append->again, event, err);
	*head = (struct head){.seq = event->seq, .hash = event->hash};
	return status;
}

/* Two consoles may declare at the same moment and both count to the same number: the
 * second is told, instead of having its incident shadowed by the first. */
static enum status check_incident_is_new(struct store *store, const struct event *event, struct error *err)
{
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, "SELECT 1 FROM event WHERE kind = 'incident.declared' AND incident = ? LIMIT 1", &stmt, err);
	if (status != STATUS_OK)
		return status;

	sqlite3_bind_text(stmt, 1, event->incident, -1, SQLITE_STATIC);
	int code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		status = error_set(err, STATUS_CONFLICT, "%s: somebody else declared it at this moment (look at it, then attach or declare again)", event->incident);
	else if (code != SQLITE_DONE)
		status = db_error(store->db, store->path, "read it", err);
	sqlite3_finalize(stmt);
	return status;
}

/* Inside a write transaction: links the events behind the head. */
static enum status append_events(struct store *store, struct event *events, size_t count, struct error *err)
{
	struct append append = {0};
	struct head head;

	enum status status = store_head(store, &head, err);
	if (status == STATUS_OK)
		status = append_prepare(store, &append, err);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		if (events[i].kind == EVENT_INCIDENT_DECLARED && events[i].incident)
			status = check_incident_is_new(store, &events[i], err);
		if (status == STATUS_CONFLICT)
			store->faulty = (ptrdiff_t)i;
		if (status == STATUS_OK)
			status = append_one(store, &append, &events[i], &head, err);
	}
	append_free(&append);
	return status;
}

static enum status write_events(struct store *store, struct event *events, size_t count, struct error *err)
{
	enum status status = store_begin(store, err);
	if (status != STATUS_OK)
		return status;
	return store_settle(store, append_events(store, events, count, err), err);
}

enum status store_append(struct store *store, const struct draft *drafts, size_t count, struct event *events, struct error *err)
{
	enum status status = STATUS_OK;
	struct error why = {0};

	store->faulty = -1;
	if (count == 0)
		return STATUS_OK;
	struct event *made = xcalloc(count, sizeof(*made));
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		status = event_from_draft(&drafts[i], &made[i], &why);
		if (status != STATUS_OK)
			store->faulty = (ptrdiff_t)i;
	}
	if (status == STATUS_OK)
		status = write_events(store, made, count, &why);
	if (status != STATUS_OK && store->faulty < 0 && store_made_room(store)) {
		error_clear(&why);
		status = write_events(store, made, count, &why);
	}
	if (status != STATUS_OK) {
		free_events(made, count);
		return error_set(err, status, "%s", why.text);
	}

	follow_with_checkpoint(store, false);
	if (!events) {
		free_events(made, count);
		return STATUS_OK;
	}
	memcpy(events, made, count * sizeof(*made));
	free(made);
	return STATUS_OK;
}

ptrdiff_t store_faulty_draft(const struct store *store)
{
	return store->faulty;
}

/* --- redaction --------------------------------------------------------------- */

/* The id of event `seq`, if it still has content that may go. */
static enum status redactable(struct store *store, uint64_t seq, char id[27], struct error *err)
{
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, "SELECT e.id, e.kind, c.seq IS NULL FROM event AS e LEFT JOIN content AS c ON c.seq = e.seq WHERE e.seq = ?", &stmt, err);
	if (status != STATUS_OK)
		return status;

	sqlite3_bind_int64(stmt, 1, (int64_t)seq);
	int code = sqlite3_step(stmt);
	if (code == SQLITE_DONE)
		status = error_set(err, STATUS_NOT_FOUND, "event %" PRIu64 ": there is no such event", seq);
	else if (code != SQLITE_ROW)
		status = db_error(store->db, store->path, "read it", err);
	else if (sqlite3_column_int(stmt, 2))
		status = error_set(err, STATUS_CONFLICT, "event %" PRIu64 ": its content was redacted before", seq);
	else if (event_kind_parse((const char *)sqlite3_column_text(stmt, 1)) == EVENT_REDACTED)
		status = error_set(err, STATUS_REFUSED, "event %" PRIu64 ": it is the reason of a redaction, which stays", seq);
	else
		text_format(id, 27, "%s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return status;
}

static enum status drop_content(struct store *store, uint64_t seq, struct error *err)
{
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, "DELETE FROM content WHERE seq = ?", &stmt, err);
	if (status != STATUS_OK)
		return status;

	sqlite3_bind_int64(stmt, 1, (int64_t)seq);
	return db_finish(store->db, store->path, "redact", stmt, err);
}

static enum status redact(struct store *store, uint64_t seq, const struct draft *why, struct error *err)
{
	struct event event = {0};
	struct draft draft = *why;
	struct json_writer w;
	struct buf data;
	char id[27], refs[80];

	enum status status = redactable(store, seq, id, err);
	if (status != STATUS_OK)
		return status;
	buf_init(&data, STORE_DATA_BYTES);
	json_writer_init(&w, &data, false);
	json_begin_object(&w, NULL);
	json_put_string(&w, "reason", why->summary);
	json_put_i64(&w, "target", (int64_t)seq);
	json_end_object(&w);
	draft.kind = EVENT_REDACTED;
	draft.refs = text_format(refs, sizeof(refs), "[{\"id\":\"%s\",\"rel\":\"redacts\"}]", id);
	draft.data = buf_text(&data);
	status = event_from_draft(&draft, &event, err);
	buf_free(&data);
	if (status == STATUS_OK)
		status = append_events(store, &event, 1, err);
	if (status == STATUS_OK)
		status = drop_content(store, seq, err);
	event_free(&event);
	return status;
}

enum status store_redact(struct store *store, uint64_t seq, const struct draft *why, struct error *err)
{
	enum status status = store_begin(store, err);
	if (status != STATUS_OK)
		return status;
	status = store_settle(store, redact(store, seq, why, err), err);
	if (status != STATUS_OK)
		return status;
	/* In WAL mode the old page would stay in the log until somebody cleans up. */
	sqlite3_exec(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	follow_with_checkpoint(store, false);
	return STATUS_OK;
}

/* --- reading -------------------------------------------------------------------- */

enum status store_read(struct store *store, uint64_t after, bool (*each)(void *arg, const struct event *event), void *arg, struct error *err)
{
	char *sql = xasprintf("%s WHERE e.seq > ? ORDER BY e.seq", row_select);
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, sql, &stmt, err);

	free(sql);
	if (status != STATUS_OK)
		return status;
	sqlite3_bind_int64(stmt, 1, (int64_t)after);
	int code = sqlite3_step(stmt);
	for (bool more = true; more && code == SQLITE_ROW;) {
		struct event event = {0};
		row_decode(stmt, &event);
		more = each(arg, &event);
		event_free(&event);
		if (more)
			code = sqlite3_step(stmt);
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		status = db_error(store->db, store->path, "read it", err);
	sqlite3_finalize(stmt);
	return status;
}

enum status store_head(struct store *store, struct head *out, struct error *err)
{
	sqlite3_stmt *stmt;
	enum status status = db_prepare(store->db, store->path, "SELECT seq, hash FROM head", &stmt, err);
	if (status != STATUS_OK)
		return status;

	int code = sqlite3_step(stmt);
	const char *hex = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 1) : NULL;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		status = db_error(store->db, store->path, "read it", err);
	else if (!hex || !sha256_parse(hex, &out->hash))
		status = error_set(err, STATUS_CORRUPT, "record %s: its head is missing or malformed (run verify, and go back to a copy)", store->path);
	else
		out->seq = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return status;
}

bool store_changed(struct store *store)
{
	int64_t version = db_integer_again(store->ask_version, store->data_version);
	bool changed = version != store->data_version;

	store->data_version = version;
	return changed;
}
