/* Kubernetes: pods, workloads, events and usage of some namespaces, listed and then watched
 * (protocol reference 6). Credentials stay with kubectl, or are those of the pod that
 * Tocsin runs in. */
#ifndef TOCSIN_COLLECT_KUBE_H
#define TOCSIN_COLLECT_KUBE_H

#include "collect/source.h"

/* Where pods are when nothing is said. */
#define NAMESPACE_DEFAULT "besu-network"

extern const struct settings_def kube_section;
/* Whether this section of it wants pods watched: with access = none only runbooks read it. */
bool kube_is_watched(const struct settings *section);
extern const struct source_def kube_source;

#endif
