/* Objects of Kubernetes as their JSON says (protocol reference 6.1): pure. Texts are raw,
 * to be cleaned before they are shown. */
#ifndef TOCSIN_COLLECT_KUBE_READ_H
#define TOCSIN_COLLECT_KUBE_READ_H

#include "base/json.h"
#include "world/pod.h"

enum { KUBE_NAME = 256 };

struct kube_pod {
	char name[KUBE_NAME], namespace[KUBE_NAME];
	char owner[KUBE_NAME]; /* "statefulset besu-validator"; a deployment rather than its replicaset */
	char host[KUBE_NAME], address[64];
	char last_exit[96]; /* "OOMKilled, exit 137" */
	int64_t killed_us;  /* the last time that it was killed for memory; 0: never, as it says */
	bool validator;     /* it is labelled so */
	struct pod_facts facts;
};
/* False when it is no pod with a name. */
bool kube_read_pod(const struct json *object, struct kube_pod *out);

struct kube_workload {
	char name[KUBE_NAME], namespace[KUBE_NAME];
	bool validator;
	struct workload_facts facts; /* without its times, quorum and others */
};
/* The same fields for statefulsets and deployments; zero values are left out by the server. */
bool kube_read_workload(const struct json *object, struct kube_workload *out);

struct kube_event {
	char kind[64], name[KUBE_NAME]; /* of what it is about */
	char namespace[KUBE_NAME];
	char text[200]; /* "BackOff: Back-off restarting failed container (42 times)" */
	int64_t at_us;
};
/* False unless it is a warning about something. */
bool kube_read_event(const struct json *object, struct kube_event *out);

struct kube_usage {
	char name[KUBE_NAME];
	int64_t cpu_milli, memory_bytes;
};
bool kube_read_usage(const struct json *object, struct kube_usage *out);

/* "253441234n", "250m", "3145728Ki", "1.5Gi", "2". */
bool kube_quantity(const char *text, double *out);

/* What a Status object, or any other body, says of a refusal; cut and clean. */
void kube_read_status(const char *body, size_t len, char *out, size_t size);

#endif
