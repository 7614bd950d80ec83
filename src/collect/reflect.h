/* One kind of object of the Kubernetes API, listed page by page and then watched: what the
 * server has is told as it changes (protocol reference 6.2). */
#ifndef TOCSIN_COLLECT_REFLECT_H
#define TOCSIN_COLLECT_REFLECT_H

#include "base/json.h"
#include "collect/source.h"

/* Where the API server is. Filled by its owner before anything is asked, and kept by it. */
struct kube_access {
	char *url;          /* without a slash at the end; NULL: not reachable yet */
	char *unix_socket;  /* or NULL */
	char *ca_file;      /* or NULL */
	char *bearer_file;  /* of a service account, read anew for each request: it changes; or NULL */
	char **headers;     /* secrets, NULL-terminated; or NULL */
	int64_t timeout_ms; /* of one request that is no watch */
	/* A token that was read: it must never be shown. */
	void (*hide)(void *arg, const char *secret);
	void *arg;
};

/* Sends a GET of a path with its query. Returns NULL when the server cannot be reached yet. */
struct http_call *kube_get(struct http *http, const struct kube_access *access, const char *path, struct http_request *request,
			   void (*done)(void *arg, const struct http_reply *reply), void *arg);

/* What went wrong, in words that name the cure. `what` is "pods in besu-network". */
enum reach kube_reach(const struct http_reply *reply, const char *what, char *why, size_t size);

struct reflect;

struct reflect_spec {
	const char *path;  /* "/api/v1/namespaces/besu-network/pods" */
	const char *query; /* encoded, "labelSelector=…", or "" */
	const char *what;  /* "pods in besu-network" */
	int64_t retry_ms;  /* the first pause after a failure; it doubles up to a minute */
	/* A new list begins: what is not told again until `listed` is no more. */
	void (*begin)(void *arg);
	void (*object)(void *arg, const struct json *object, bool gone, int64_t at_us);
	void (*listed)(void *arg, int64_t at_us);
	void (*failed)(void *arg, enum reach reach, const char *why, int64_t at_us);
	void *arg;
};

/* Everything in the spec is copied; `access` is borrowed. It begins with reflect_refresh. */
struct reflect *reflect_new(const struct source_host *host, const struct kube_access *access, const struct reflect_spec *spec);
void reflect_free(struct reflect *reflect); /* NULL allowed; not from its own callbacks */
/* Asks now, unless a list or a watch is on its way. */
void reflect_refresh(struct reflect *reflect);
bool reflect_tried(const struct reflect *reflect);
/* The list is whole, and a watch tells what changes, or is about to. */
bool reflect_current(const struct reflect *reflect);

/* --- for tests: one line of a watch --------------------------------------------------- */

enum watch_line {
	WATCH_CHANGED,
	WATCH_GONE,
	WATCH_MARK,    /* only a newer version */
	WATCH_EXPIRED, /* list again */
	WATCH_BROKEN,  /* not understood: list again */
};
/* Reads one line. *object lives as long as *root, which the caller frees with json_free;
 * `version` receives its resourceVersion. */
enum watch_line reflect_read_line(const char *text, size_t len, struct json **root, const struct json **object, char *version, size_t size);

#endif
