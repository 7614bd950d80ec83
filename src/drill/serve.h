/* One HTTP port on loopback, by libmicrohttpd. A port that is closed stays bound, so
 * that connections are refused and nobody else can take it. Private to src/drill. */
#ifndef TOCSIN_DRILL_SERVE_H
#define TOCSIN_DRILL_SERVE_H

#include "base/buf.h"

#include <stdint.h>

struct serve_request {
	const char *method, *path;
	const char *min_peers, *max_behind; /* query of /readiness, or NULL */
	const char *query, *since;          /* arguments query and resourceVersion, or NULL */
	bool watch;                         /* an argument watch */
	bool control;                       /* it carries the header X-Tocsin-Control */
	const char *body;
	size_t len;
};

struct serve_reply {
	unsigned status;
	const char *type; /* a constant */
	int64_t skew_us;  /* the Date header is ahead by so much */
	struct buf body;
};

/* Fills the reply; called on the port's own thread, so that waiting in it delays this
 * port only. */
struct serve_host {
	void (*handle)(void *arg, size_t node, const struct serve_request *request, struct serve_reply *reply);
	void *arg;
};

struct server;

/* Binds 127.0.0.1:port (0: any free one) without listening yet. `node` is handed to
 * the host. */
enum status server_new(struct server **out, const struct serve_host *host, size_t node, unsigned port, struct error *err) TOCSIN_CHECK;
/* Each connection gets a thread of its own: for a port whose answers may take long. */
void server_threads(struct server *server);
void server_free(struct server *server);
unsigned server_port(const struct server *server);
bool server_is_open(const struct server *server);
enum status server_open(struct server *server, struct error *err) TOCSIN_CHECK;
/* Waits until no request is being answered. */
void server_close(struct server *server);

#endif
