/* The record's check-up: its file, its disk, its chain's end. Writes nothing but a
 * nameless temporary file beside it, to see how long a durable write takes. */
#ifndef TOCSIN_RECORD_DIAGNOSE_H
#define TOCSIN_RECORD_DIAGNOSE_H

#include "base/clock.h"
#include "base/finding.h"

/* Adds findings of the group "record" about the file at `path`, there or not yet. */
void record_diagnose(const char *path, const struct clock *clock, struct findings *out);

#endif
