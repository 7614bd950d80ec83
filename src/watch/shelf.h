/* The runbooks that incidents work with: read once each, so that nobody's steps change
 * while they are worked, and compared with the disk, so that a change is known. */
#ifndef TOCSIN_WATCH_SHELF_H
#define TOCSIN_WATCH_SHELF_H

#include "incident/fold.h"
#include "runbook/runbook.h"

struct shelf;

/* `directory`: of the configuration, or NULL; borrowed. */
struct shelf *shelf_new(const char *directory);
void shelf_free(struct shelf *shelf); /* NULL allowed */
/* The runbook of an incident, as it was when it was first asked for or chosen anew; NULL with
 * err when none is chosen or it cannot be read. */
const struct runbook *shelf_book(struct shelf *shelf, const struct incident *incident, struct error *err);
/* True while the text that the incident took, by its hash in the record, is another than what
 * is read here or stands on the disk. As of the last shelf_look. */
bool shelf_changed(const struct shelf *shelf, const char *incident);
/* Looks at the disk. True when a runbook in use was found changed for the first time; *out is
 * its incident. To be called until it gives false. */
bool shelf_look(struct shelf *shelf, const struct fold *fold, const char **out);

/* Where a runbook is that the library does not have under its name: an absolute path, owned
 * by the caller; NULL for one of the library. */
char *shelf_outside(const struct runbook *book, const char *directory);

#endif
