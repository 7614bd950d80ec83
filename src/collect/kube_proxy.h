/* kubectl proxy, started for ourselves: it has the credentials, and speaks plain HTTP on a Unix
 * socket that only we can reach. It passes reads alone, and is started anew when it ends. */
#ifndef TOCSIN_COLLECT_KUBE_PROXY_H
#define TOCSIN_COLLECT_KUBE_PROXY_H

#include "io/loop.h"

struct kube_proxy;

struct kube_proxy_events {
	/* It listens on this socket. */
	void (*ready)(void *arg, const char *unix_socket);
	/* It ended, or did not start; it is tried again after a pause. */
	void (*gone)(void *arg, const char *why);
};

/* `environment` is the whole one of the child, NULL-terminated, and outlives it; context NULL:
 * kubectl's current one. NULL with err when there is no private place for a socket. */
struct kube_proxy *kube_proxy_new(struct loop *loop, const struct clock *clock, const char *const *environment, const char *context,
				  const struct kube_proxy_events *events, void *arg, struct error *err);
void kube_proxy_free(struct kube_proxy *proxy); /* ends it; NULL allowed */

#endif
