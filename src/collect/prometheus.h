/* Prometheus: whether it is well, which targets it cannot scrape, and what its rules say
 * (protocol reference 7.1). */
#ifndef TOCSIN_COLLECT_PROMETHEUS_H
#define TOCSIN_COLLECT_PROMETHEUS_H

#include "collect/source.h"

extern const struct settings_def prometheus_section;

#endif
