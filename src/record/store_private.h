/* The inside of a store, shared by the files of this room that work on it. */
#ifndef TOCSIN_RECORD_STORE_PRIVATE_H
#define TOCSIN_RECORD_STORE_PRIVATE_H

#include "record/db.h"
#include "record/store.h"

#include <sys/types.h>

struct store {
	sqlite3 *db;
	char *path;
	enum store_mode mode;
	const struct clock *clock;
	char origin[STORE_ORIGIN_SIZE];
	char boot[40];
	dev_t device; /* of the file as it was opened: another one may take its name */
	ino_t inode;
	sqlite3_stmt *ask_version; /* of data_version, several times a second */
	int64_t data_version;
	bool full; /* the last write failed because the disk is full */
	struct error warning;
};

/* Transactions that write. Begin waits for the lock and refuses a file that was
 * removed or replaced; commit rolls back when it fails. */
enum status store_begin(struct store *store, struct error *err) TOCSIN_CHECK;
enum status store_commit(struct store *store, struct error *err) TOCSIN_CHECK;
void store_rollback(struct store *store);

#endif
