/* Named probes: a query of Prometheus or Loki, or a page, with bounds of its own. */
#ifndef TOCSIN_COLLECT_QUERY_H
#define TOCSIN_COLLECT_QUERY_H

#include "collect/source.h"

extern const struct settings_def probe_section;

#endif
