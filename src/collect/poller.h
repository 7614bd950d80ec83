/* One HTTP request again and again: on its interval, one at a time, with capped and jittered
 * back-off after failures. What most sources are made of. */
#ifndef TOCSIN_COLLECT_POLLER_H
#define TOCSIN_COLLECT_POLLER_H

#include "collect/source.h"

struct poller;

struct poller_spec {
	const char *url;
	const char *const *headers; /* secrets: NULL-terminated, or NULL */
	const char *ca_file;        /* or NULL */
	const char *unix_socket;    /* or NULL */
	int64_t interval_ms;        /* 0: 15,000 */
	int64_t timeout_ms;         /* 0: 5,000 */
	size_t body_limit;          /* of a reply; 0: 4 MiB */
	const char *content_type;   /* of what `plan` writes as a body, or NULL; a constant */
	bool once;                  /* each request on a connection of its own: its certificate is seen anew */
	/* Writes the body of the next POST, or the whole URL of the next GET when `url` is
	 * filled. NULL: a GET of spec.url. Returns false when there is nothing to ask now. */
	bool (*plan)(void *arg, struct buf *url, struct buf *body);
	/* Reads the reply. Returns true to ask again at once: there is more to fetch. An answer
	 * with a status other than 200 is a reply too. */
	bool (*done)(void *arg, const struct http_reply *reply, int64_t at_us);
	void *arg;
};

/* Everything in the spec is copied. The first request goes out at once. */
struct poller *poller_new(const struct source_host *host, const struct poller_spec *spec);
void poller_free(struct poller *poller); /* NULL allowed; not from its own `done` */
void poller_refresh(struct poller *poller);
/* Other peers are asked from the next request on, also when it is just being planned. All is
 * copied. */
void poller_target(struct poller *poller, const char *url, const char *const *headers, const char *ca_file);
/* It had an answer or a failure, and nothing more to fetch after it. */
bool poller_tried(const struct poller *poller);

/* How a reply went, for world_miss: REACH_OK for status 200. `why` of at least 120 bytes gets
 * "HTTP 503 …" with the beginning of what the peer said, or the reason there was no answer. */
enum reach poller_reach(const struct http_reply *reply, char *why, size_t size);

/* Keys that most sections of sources have, for their tables: interval, timeout, a bearer token
 * or a user and password, a certificate authority. */
#define POLLER_SETTINGS                                                                                                                \
	{.name = "interval", .type = SETTING_DURATION, .help = "Time between two looks.", .fallback = "15s"},                          \
		{.name = "timeout", .type = SETTING_DURATION, .help = "Of one request.", .fallback = "5s", .low = 100, .high = 60000}, \
		{.name = "bearer_env", .type = SETTING_ENV, .help = "An environment variable that holds a token."},                    \
		{.name = "bearer_file", .type = SETTING_FILE, .help = "A file that holds a token, readable by you alone."},            \
		{.name = "basic_env", .type = SETTING_ENV, .help = "An environment variable that holds USER:PASSWORD."},               \
		{.name = "basic_file", .type = SETTING_FILE, .help = "A file that holds USER:PASSWORD, readable by you alone."},       \
	{                                                                                                                              \
		.name = "ca_file", .type = SETTING_FILE, .help = "A certificate authority to trust beside the system's."               \
	}

/* Fills interval, timeout, headers and ca_file of a spec from those keys. The headers are in
 * *owned, to be freed with poller_headers_free once poller_new was called. Secrets are given
 * to host->hide. */
enum status poller_settings(const struct source_host *host, const struct settings *settings, struct poller_spec *spec, char ***owned, struct error *err) TOCSIN_CHECK;
void poller_headers_free(char **headers);

#endif
