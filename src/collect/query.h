/* Named probes: a query of Prometheus or Loki, or a page, with bounds of its own. */
#ifndef TOCSIN_COLLECT_QUERY_H
#define TOCSIN_COLLECT_QUERY_H

#include "collect/samples.h"
#include "collect/source.h"
#include "world/limit.h"

extern const struct settings_def probe_section;
extern const struct source_def probe_source;

/* What the answer of a query came to: the series that is worst, by the bounds. Pure; tested as a
 * table. No series at all is unknown, never ok, unless lines were counted. What is older than
 * stale_us at now_us is stale. *shown is what decided, or NULL. */
struct verdict judge_samples(const struct samples *samples, const struct limit *warn, const struct limit *crit, const char *unit, bool security,
			     int64_t now_us, int64_t stale_us, const struct sample **shown);

#endif
