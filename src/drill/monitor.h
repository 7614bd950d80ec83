/* What watches the simulated network: the API server of its cluster, and its Alertmanager, Loki
 * and Prometheus, with the paths and shapes of protocol reference 6 and 7. Pure: reads the
 * engine, writes text. Private to src/drill. */
#ifndef TOCSIN_DRILL_MONITOR_H
#define TOCSIN_DRILL_MONITOR_H

#include "drill/engine.h"
#include "drill/serve.h"

/* Fills the reply to a request for one of these paths; false when it is none of them. */
bool monitor_answer(const struct engine *engine, const struct serve_request *request, struct serve_reply *reply);
/* A number that changes whenever a pod does: the resourceVersion of lists and watches. */
uint64_t monitor_version(const struct engine *engine);
/* Appends the sections of the configuration for a server at this URL. */
void monitor_config(const char *url, struct buf *out);

#endif
