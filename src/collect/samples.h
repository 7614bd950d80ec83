/* What a query of Prometheus or Loki came to (protocol reference 7.1 and 7.3): pure. */
#ifndef TOCSIN_COLLECT_SAMPLES_H
#define TOCSIN_COLLECT_SAMPLES_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SERIES_MAX = 10000,
	SERIES_LABELS = 160,
};

struct sample {
	double value;
	int64_t at_us;              /* 0: not told */
	char labels[SERIES_LABELS]; /* "instance=a:1 job=besu", clean; "" for a scalar */
};

struct samples {
	struct sample *items; /* the newest of each series */
	size_t count, capacity;
	size_t histograms; /* series without a plain number */
	bool lines;        /* Loki told lines: one sample with their number */
	char line[240];    /* the newest of them, clean */
};
void samples_free(struct samples *samples);

/* Reads the answer to a query, instant or over a range. STATUS_REFUSED with the peer's own words for
 * its errors, STATUS_CORRUPT when it is no answer. Values that are no numbers are left out. */
enum status samples_read(const char *body, size_t len, struct samples *out, struct error *err) TOCSIN_CHECK;

/* What a peer says of a failed query: from its JSON, or its plain text; cut and clean. */
void samples_error(const char *body, size_t len, char *out, size_t size);

#endif
