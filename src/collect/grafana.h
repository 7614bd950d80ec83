/* Grafana: whether it is well, an annotation where an incident begins and ends, and links
 * (protocol reference 7.4). */
#ifndef TOCSIN_COLLECT_GRAFANA_H
#define TOCSIN_COLLECT_GRAFANA_H

#include "collect/source.h"

extern const struct settings_def grafana_section;

#endif
