#include "record/diagnose.h"

#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "record/checkpoint.h"
#include "record/db.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

enum {
	SYNC_ROUNDS = 20,
	SYNC_BYTES = 4096,
	SYNC_WARN_MS = 50, /* an append waits for a few of these */
	SQLITE_HEADER_BYTES = 100,
	SQLITE_WRITE_VERSION = 18, /* offset in it: 1 rollback journal, 2 WAL */
};

#define SYNC_BUDGET_US (400 * US_PER_MS)
#define SPACE_FAIL_BYTES (UINT64_C(16) << 20)
#define SPACE_WARN_BYTES (UINT64_C(256) << 20)

static const char group[] = "record";

/* The nearest directory above the record that exists, owned. */
static char *existing_directory(const char *path)
{
	char *dir = xstrdup(path);

	for (;;) {
		char *slash = strrchr(dir, '/');
		struct stat st;
		if (!slash) {
			free(dir);
			return xstrdup(".");
		}
		slash[slash == dir] = '\0';
		if ((stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) || strcmp(dir, "/") == 0)
			return dir;
	}
}

/* --- the file ------------------------------------------------------------------------- */

/* False when there is no file that could be read. */
static bool look_at_file(const char *path, const char *dir, struct findings *out)
{
	struct stat st;
	char cure[160];

	if (lstat(path, &st) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			finding_add(out, FINDING_FAIL, group, "file", "check the path and its permissions", "%s: %s", path, strerror(errno));
		else if (access(dir, W_OK | X_OK) != 0)
			finding_add(out, FINDING_FAIL, group, "file", "choose another place with --db or [record] path", "%s: is not there, and %s cannot be written: %s", path, dir, strerror(errno));
		else
			finding_add(out, FINDING_OK, group, "file", NULL, "%s: not there yet; the console begins it", path);
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		finding_add(out, FINDING_FAIL, group, "file", "name a regular file with --db", "%s: %s", path, S_ISLNK(st.st_mode) ? "is a symbolic link, which could be swapped" : "is not a regular file");
		return false;
	}
	if (access(path, R_OK | W_OK) != 0) {
		finding_add(out, FINDING_FAIL, group, "file", "check its owner and mode, or use --read-only", "%s: cannot be read and written: %s", path, strerror(errno));
		return access(path, R_OK) == 0;
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		finding_add(out, FINDING_WARN, group, "file", text_format(cure, sizeof(cure), "chmod 600 %s", path), "%s: others may open it (mode %03o)", path, (unsigned)(st.st_mode & 0777));
	else
		finding_add(out, FINDING_OK, group, "file", NULL, "%s: %" PRId64 " KiB, mode %03o", path, (int64_t)st.st_size / 1024, (unsigned)(st.st_mode & 0777));
	return true;
}

static void look_at_directory(const char *dir, struct findings *out)
{
	struct stat st;
	char cure[160];

	if (stat(dir, &st) != 0 || !(st.st_mode & (S_IWGRP | S_IWOTH)) || (st.st_mode & S_ISVTX))
		return;
	finding_add(out, FINDING_WARN, group, "directory", text_format(cure, sizeof(cure), "chmod go-w %s", dir), "%s: others may replace what is in it (mode %03o)", dir, (unsigned)(st.st_mode & 0777));
}

/* --- the disk --------------------------------------------------------------------------- */

static void look_at_file_system(const char *dir, struct findings *out)
{
#ifdef __linux__
	static const struct {
		uint32_t magic;
		const char *name;
		enum finding_level level;
	} kinds[] = {
		{0x6969, "NFS", FINDING_FAIL},
		{0x517b, "SMB", FINDING_FAIL},
		{0xff534d42, "CIFS", FINDING_FAIL},
		{0xfe534d42, "SMB2", FINDING_FAIL},
		{0x5346414f, "AFS", FINDING_FAIL},
		{0x65735546, "FUSE", FINDING_WARN},
		{0x01021997, "9p", FINDING_WARN},
		{0x01021994, "tmpfs", FINDING_WARN},
		{0x858458f6, "ramfs", FINDING_WARN},
	};
	struct statfs fs;

	if (statfs(dir, &fs) != 0)
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		if ((uint32_t)fs.f_type != kinds[i].magic)
			continue;
		bool memory = strstr(kinds[i].name, "mpfs") || strstr(kinds[i].name, "ramfs");
		finding_add(out, kinds[i].level, group, "file system", "put it on a local disk with --db or [record] path", "%s is on %s, %s", dir, kinds[i].name,
			    memory ? "which a restart empties" : "whose locks may not protect the record");
		return;
	}
	finding_add(out, FINDING_OK, group, "file system", NULL, "local");
#else
	(void)dir;
	(void)out;
#endif
}

static void look_at_space(const char *dir, struct findings *out)
{
	struct statvfs fs;

	if (statvfs(dir, &fs) != 0)
		return;
	uint64_t bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	enum finding_level level = FINDING_OK;
	if (bytes < SPACE_WARN_BYTES)
		level = bytes < SPACE_FAIL_BYTES ? FINDING_FAIL : FINDING_WARN;
	if (fs.f_flag & ST_RDONLY)
		finding_add(out, FINDING_FAIL, group, "free space", "remount it, or choose another place with --db", "the file system of %s is read-only", dir);
	else
		finding_add(out, level, group, "free space", level == FINDING_OK ? NULL : "free some, before an incident needs it", "%" PRIu64 " MiB", bytes >> 20);
}

/* A file without a name, so that nothing stays behind whatever happens. */
static int open_nameless(const char *dir)
{
#ifdef O_TMPFILE
	int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
#endif
	char *path = xasprintf("%s/.tocsin-doctor-XXXXXX", dir);
	int named = mkstemp(path);
	if (named >= 0)
		unlink(path);
	free(path);
	return named;
}

static void time_writes(const char *dir, const struct clock *clock, struct findings *out)
{
	static const char zeros[SYNC_BYTES];
	int64_t took_us[SYNC_ROUNDS], began = clock_mono_us(clock), last = began;
	size_t n = 0;
	int fd = open_nameless(dir);

	while (fd >= 0 && n < SYNC_ROUNDS && last - began < SYNC_BUDGET_US) {
		if (write(fd, zeros, sizeof(zeros)) != (ssize_t)sizeof(zeros) || fsync(fd) != 0)
			break;
		int64_t now = clock_mono_us(clock);
		took_us[n++] = now - last;
		last = now;
	}
	int why = errno;
	if (fd >= 0)
		close(fd);
	if (n == 0) {
		finding_add(out, FINDING_FAIL, group, "durable write", "check the disk and the directory's permissions", "cannot write beside it: %s", strerror(why));
		return;
	}
	qsort(took_us, n, sizeof(took_us[0]), number_compare);
	int64_t middle_us = took_us[n / 2];
	bool slow = middle_us > SYNC_WARN_MS * US_PER_MS;
	finding_add(out, slow ? FINDING_WARN : FINDING_OK, group, "durable write", slow ? "put the record on a faster disk" : NULL,
		    "%.1f ms for 4 KiB with fsync (median of %zu, longest %.1f ms)", (double)middle_us / 1000, n, (double)took_us[n - 1] / 1000);
}

/* --- what is in it ------------------------------------------------------------------------ */

static bool is_wal(const char *path)
{
	unsigned char header[SQLITE_HEADER_BYTES] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got = fd < 0 ? -1 : read(fd, header, sizeof(header));

	if (fd >= 0)
		close(fd);
	return got == (ssize_t)sizeof(header) && header[SQLITE_WRITE_VERSION] == 2;
}

static void look_at_journal(const char *path, bool there, struct findings *out)
{
	bool fixed = strcmp(db_journal_mode(sqlite3_libversion_number()), "wal") == 0;
	bool wal = there ? is_wal(path) : fixed;

	if (wal && !fixed)
		finding_add(out, FINDING_WARN, group, "journal", "end all programs that use it; the next start converts it", "the record is in WAL mode, which SQLite %s can damage", sqlite3_libversion());
	else
		finding_add(out, FINDING_OK, group, "journal", NULL, "%s, with SQLite %s%s", wal ? "WAL" : "rollback", sqlite3_libversion(), fixed ? "" : " (WAL is not safe in this version)");
}

/* An interrupted write is undone by whoever opens the file next; this look must not. */
static bool write_was_interrupted(const char *path)
{
	char *journal = xasprintf("%s-journal", path);
	struct stat st;
	bool hot = stat(journal, &st) == 0 && st.st_size > 0;

	free(journal);
	return hot;
}

static void look_at_checkpoint(struct store *store, const char *path, struct findings *out)
{
	struct checkpoint checkpoint;
	struct error err = {0};
	char *beside = checkpoint_beside(path);
	enum status status = checkpoint_load(beside, &checkpoint, &err);

	if (status == STATUS_OK)
		status = checkpoint_match(store, &checkpoint, &err);
	if (status == STATUS_OK)
		finding_add(out, FINDING_OK, group, "checkpoint", NULL, "%s holds: seq %" PRIu64, beside, checkpoint.head.seq);
	else if (status == STATUS_NOT_FOUND)
		finding_add(out, FINDING_WARN, group, "checkpoint", "the next event writes one; if there was one before, ask who removed it", "none beside the record: a cut end would not be noticed");
	else
		finding_add(out, FINDING_FAIL, group, "checkpoint", "tocsin verify, and keep both files as they are", "%s", err.text);
	free(beside);
}

static void look_inside(const char *path, const struct clock *clock, struct findings *out)
{
	struct store *store;
	struct head head;
	struct error err = {0};
	struct stat st;

	if (stat(path, &st) == 0 && st.st_size == 0) {
		finding_add(out, FINDING_INFO, group, "events", NULL, "empty; the console begins it");
		return;
	}
	if (write_was_interrupted(path)) {
		finding_add(out, FINDING_INFO, group, "events", "nothing to do: the next program that opens it undoes that", "a write is under way, or was interrupted; not looked at");
		return;
	}
	enum status status = store_open(&store, path, STORE_READ, clock, &err);
	if (status == STATUS_OK && (status = store_head(store, &head, &err)) == STATUS_OK) {
		finding_add(out, FINDING_OK, group, "events", NULL, "%" PRIu64 " event%s; tocsin verify reads them all", head.seq, head.seq == 1 ? "" : "s");
		look_at_checkpoint(store, path, out);
	}
	if (status != STATUS_OK)
		finding_add(out, status == STATUS_NOT_FOUND ? FINDING_INFO : FINDING_FAIL, group, "events", NULL, "%s", err.text);
	store_close(store);
}

void record_diagnose(const char *path, const struct clock *clock, struct findings *out)
{
	if (strncmp(path, "postgresql://", 13) == 0 || strncmp(path, "postgres://", 11) == 0) {
		finding_add(out, FINDING_FAIL, group, "place", "give --db or [record] path a file", "this build keeps records in SQLite files only");
		return;
	}
	char *dir = existing_directory(path);
	bool there = look_at_file(path, dir, out);
	look_at_directory(dir, out);
	look_at_file_system(dir, out);
	look_at_space(dir, out);
	if (access(dir, W_OK | X_OK) == 0)
		time_writes(dir, clock, out);
	look_at_journal(path, there, out);
	if (there)
		look_inside(path, clock, out);
	free(dir);
}
