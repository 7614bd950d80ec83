/* Values of placeholders that Kubernetes knows: which pod runs an affected component, and which
 * pod does what a placeholder names. */
#ifndef TOCSIN_WATCH_OFFER_PODS_H
#define TOCSIN_WATCH_OFFER_PODS_H

#include "runbook/bind.h"
#include "watch/config.h"
#include "world/world.h"

/* The pod that runs this component, as Kubernetes says; NULL when it does not. */
const struct component *pod_running(const struct world *world, const char *id);
/* Its name as kubectl wants it: without the namespace that its id may begin with. */
const char *pod_bare_name(const struct component *pod);
/* What a pod that is affected, or runs what is, gives. */
void offer_pod(const struct config *config, const struct component *pod, const char *from, struct bindings *out);
/* Of pods that share a task, the one that is worst off. */
void offer_pod_roles(const struct world *world, struct bindings *out);

#endif
