/* The tables of a record and their guards. Private to src/record/. */
#ifndef TOCSIN_RECORD_SCHEMA_H
#define TOCSIN_RECORD_SCHEMA_H

#include "base/status.h"

#include <sqlite3.h>
#include <stdbool.h>

enum {
	SCHEMA_APPLICATION_ID = 0x746f6373, /* "tocs", shown by file(1) */
	SCHEMA_VERSION = 1,
};

/* Whose file it is: STATUS_OK with *fresh set when it holds nothing yet;
 * STATUS_REFUSED for somebody else's, STATUS_UNSUPPORTED for a newer Tocsin's. */
enum status schema_check(sqlite3 *db, const char *path, bool *fresh, struct error *err) TOCSIN_CHECK;
/* Makes the tables for a record of that origin, unless another program just did. */
enum status schema_create(sqlite3 *db, const char *path, const char *origin, struct error *err) TOCSIN_CHECK;

#endif
