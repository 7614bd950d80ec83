/* What the tests of the record share: a directory of their own, a record in it, and
 * a raw SQLite connection that plays the person with a sqlite3 prompt. */
#ifndef TOCSIN_TESTS_RECORD_FIXTURE_H
#define TOCSIN_TESTS_RECORD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "record/checkpoint.h"
#include "record/store.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char dir[64];
	char path[96]; /* of the record */
};

static inline void place_make(struct place *place)
{
	snprintf(place->dir, sizeof(place->dir), "/tmp/tocsin-record-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->path, sizeof(place->path), "%s/x.db", place->dir);
}

/* Removes a directory with what is in it; the place holds nothing that was not made here. */
static inline void remove_tree(const char *path)
{
	DIR *dir = opendir(path);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		char inside[512];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		text_format(inside, sizeof(inside), "%s/%s", path, entry->d_name);
		if (unlink(inside) != 0)
			remove_tree(inside);
	}
	closedir(dir);
	assert_int_equal(rmdir(path), 0);
}

static inline void place_remove(const struct place *place)
{
	remove_tree(place->dir);
}

/* Fails the test with the error's words. */
#define assert_ok(call)                                               \
	do {                                                          \
		struct error assert_error = {0};                      \
		enum status assert_status = (call);                   \
		if (assert_status != STATUS_OK)                       \
			fail_msg("%s: %s", #call, assert_error.text); \
	} while (0)
#define ERR &assert_error

static inline struct store *record_open(const char *path, enum store_mode mode)
{
	struct store *store = NULL;

	assert_ok(store_open(&store, path, mode, clock_system(), ERR));
	return store;
}

static inline struct draft note_draft(const char *summary)
{
	return (struct draft){.kind = EVENT_NOTE, .incident = "INC-1", .actor = "alice@ops1", .role = "commander", .source = "operator", .summary = summary, .body = "first line\nsecond line", .data = "{\"b\":2,\"a\":\"x\"}"};
}

/* A record with `count` notes in it. */
static inline void record_fill(const char *path, size_t count)
{
	struct store *store = record_open(path, STORE_WRITE);

	for (size_t i = 0; i < count; i++) {
		char summary[32];
		struct draft draft = note_draft(text_format(summary, sizeof(summary), "note %zu", i + 1));
		assert_ok(store_append(store, &draft, 1, NULL, ERR));
	}
	store_close(store);
}

/* Runs SQL on the file as an outsider would; returns SQLite's code. */
static inline int outsider(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return code;
}

static inline void outsider_drops_guards(const char *path)
{
	assert_int_equal(outsider(path, "DROP TRIGGER event_next; DROP TRIGGER event_no_update; DROP TRIGGER event_no_delete;"
					"DROP TRIGGER content_next; DROP TRIGGER content_no_update; DROP TRIGGER content_no_delete;"
					"DROP TRIGGER head_follows; DROP TRIGGER head_stays; DROP TRIGGER meta_no_update;"
					"DROP TRIGGER meta_no_delete; DROP TRIGGER blob_no_update; DROP TRIGGER blob_no_delete"),
			 SQLITE_OK);
}

static inline void record_verify(const char *path, struct verification *out)
{
	struct store *store = record_open(path, STORE_READ);

	assert_ok(store_verify(store, out, ERR));
	store_close(store);
}

#endif
