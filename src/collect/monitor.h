/* What the sources of monitoring have in common: a component for whether they can be seen, and
 * addresses below the one of the configuration. */
#ifndef TOCSIN_COLLECT_MONITOR_H
#define TOCSIN_COLLECT_MONITOR_H

#include "collect/alerts.h"
#include "collect/poller.h"

/* Sections are found with this; "alertmanager main" names one. */
const struct settings *monitor_section(const struct source_host *host, const char *word, const char *name);
/* "alertmanager main", and the component of that name, "probe/alertmanager main". */
char *monitor_name(char *dst, size_t size, const struct settings *settings);
struct component *monitor_add(const struct source_host *host, const struct settings *settings);
/* The URL of the settings without slashes at its end, and a path. Appended. */
void monitor_url(struct buf *out, const struct settings *settings, const char *path);
/* How long after the last look what it told is stale. */
int64_t monitor_stale_us(const struct settings *settings);

/* It answered, and this is how it is. */
void monitor_sight(const struct source_host *host, struct component *self, int64_t at_us, const struct http_reply *reply, const struct verdict *verdict);

#endif
