/* Rows of the record and events, turned into each other by one table of columns.
 * Private to src/record/. */
#ifndef TOCSIN_RECORD_ROW_H
#define TOCSIN_RECORD_ROW_H

#include "record/event.h"

#include <sqlite3.h>

/* Selects an event with its content in the order that row_decode reads; the caller
 * appends WHERE and ORDER BY. */
extern const char row_select[];
extern const char row_insert_event[];
extern const char row_insert_content[];

/* Fills a zeroed event from the current row; what does not fit its field comes out
 * empty or cut, never as an error (row_mismatch is there to notice). */
void row_decode(sqlite3_stmt *stmt, struct event *event);
/* The name of the first column that does not hold, byte for byte and in type, what
 * the decoded event would be written as; NULL when all do. */
const char *row_mismatch(sqlite3_stmt *stmt, const struct event *event);

void row_bind_event(sqlite3_stmt *stmt, const struct event *event);
void row_bind_content(sqlite3_stmt *stmt, const struct event *event);

#endif
