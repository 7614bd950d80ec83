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
	int patience_ms;  /* how long a write waits for a lock */
	bool locked;      /* the last write waited in vain */
	bool full;        /* the last write found no room on the disk */
	bool on_reserve;  /* the reserve was given up, and is not made again yet */
	ptrdiff_t faulty; /* store_faulty_draft */
	struct error warning;
};

/* Transactions that write. Begin waits for the lock and refuses a file that was
 * removed or replaced; settle commits when all went well so far, and else, or when that
 * fails, rolls back. */
enum status store_begin(struct store *store, struct error *err) TOCSIN_CHECK;
enum status store_settle(struct store *store, enum status status, struct error *err) TOCSIN_CHECK;
void store_rollback(struct store *store);

/* The reserve belongs to events and to the lease without which the machine writes none.
 * True when the last write found no room and the reserve was given up for it: try again. */
bool store_made_room(struct store *store);
/* True while the reserve is there; it is made again once the disk has more room than that.
 * What may be left out is written only then. */
bool store_keeps_reserve(struct store *store);

#endif
