/* Grafana: whether it is well, an annotation where an incident begins and ends, and links
 * (protocol reference 7.4). */
#ifndef TOCSIN_COLLECT_GRAFANA_H
#define TOCSIN_COLLECT_GRAFANA_H

#include "collect/source.h"

extern const struct settings_def grafana_section;
extern const struct source_def grafana_source;

/* An incident began, or is over: annotates it, when there is a token. */
void grafana_incident(void *state, const struct source_incident *incident);

/* What is posted for an incident that began, or is over: canonical JSON. Pure. */
void grafana_annotation(const struct source_incident *incident, struct buf *out);
/* The id in the answer to that; -1 when there is none. */
int64_t grafana_read_id(const char *body, size_t len);
/* The link to a dashboard: {name} in the path becomes the name. Free the result. */
char *grafana_link(const char *url, const char *path, const char *name);

#endif
