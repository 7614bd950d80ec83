/* HTTP and HTTPS requests on the event loop, through libcurl's multi interface.
 * Every answer is bounded; redirects are not followed; certificates are checked;
 * one slow peer delays no other (engineering reference 1.7 and 4.2). */
#ifndef TOCSIN_IO_HTTP_H
#define TOCSIN_IO_HTTP_H

#include "io/loop.h"

#include <stdbool.h>
#include <stddef.h>

struct http;
struct http_call;

/* `endpoints` is how many peers will be polled, to size shards and caches
 * (engineering reference 1.7); also raises the soft limit of open files to fit. */
struct http *http_new(struct loop *loop, size_t endpoints);
/* Cancels what is in flight (no callbacks) and frees everything. Not from a callback
 * of its own calls, and before loop_free. NULL allowed. */
void http_free(struct http *http);

struct http_request {
	const char *url;    /* http or https only */
	const char *method; /* NULL: GET without a body, POST with one */
	const char *body;   /* copied */
	size_t body_len;
	const char *content_type;   /* NULL: application/json when there is a body */
	const char *const *headers; /* NULL-terminated "Name: value", copied; may hold secrets */
	const char *unix_socket;    /* path of a Unix socket, or NULL */
	const char *ca_file;        /* certificate authorities to trust beside the system's, or NULL */
	int64_t connect_timeout_ms; /* 0: 3,000 */
	int64_t timeout_ms;         /* 0: 5,000 */
	size_t body_limit;          /* 0: 256 KiB */
	bool once;                  /* on a connection of its own: libcurl sends again by itself what was
	                             * lost on a connection that had been idle, and so it may be done twice */
	/* A body as it comes, in pieces cut anywhere, when its status is 200; it is not kept then,
	 * and the limit is for each piece's reader to mind. Nothing may be started or cancelled
	 * from it; false ends the call, which counts as answered. A stream may be silent for long:
	 * timeout_ms is its only bound. NULL: the body comes with the reply. */
	bool (*chunk)(void *arg, const char *bytes, size_t len);
};

/* The three outcomes that mean different things to an operator
 * (protocol reference 0.1). A reply with any HTTP status is HTTP_ANSWERED. */
enum http_outcome {
	HTTP_ANSWERED,
	HTTP_UNREACHABLE, /* resolve, connect, TLS, timeout, cut off */
	HTTP_TOO_LARGE,   /* the peer sent more than the limit */
	HTTP_BAD_REQUEST, /* our own URL or option is wrong */
};

struct http_reply {
	enum http_outcome outcome;
	int status;       /* 200, 404, …; 0 unless HTTP_ANSWERED */
	bool left;        /* some of it was handed to the peer: without an answer it may have been done */
	const char *body; /* never NULL, NUL-terminated, valid during the callback */
	size_t body_len;
	const char *why;               /* clean short words: "connection refused", "timeout 3 s"; "" when answered */
	int64_t total_us;              /* from start to last byte */
	int64_t date_us;               /* the Date header, 0 when absent: the peer's clock, to 1 s */
	int64_t retry_after_s;         /* Retry-After in seconds, at most a day, 0 when absent */
	const char *location;          /* where a redirect leads, masked; NULL: it is none, or not to http(s) */
	int64_t certificate_expiry_us; /* known when this call opened a TLS connection, else 0 */
};

/* Starts a request. The callback runs exactly once on the loop's thread, never before
 * this returns, unless the call is cancelled first. It may start and cancel other calls;
 * its own call is over by then. Proxies of the environment and
 * .netrc files are not looked at, redirects are not followed. */
struct http_call *http_send(struct http *http, const struct http_request *request, void (*done)(void *arg, const struct http_reply *reply), void *arg);
void http_cancel(struct http_call *call); /* NULL allowed; no callback follows */

/* Shows a URL without its secrets: user, query and key-like path parts (16 or more
 * characters that mix letters with digits or cases, or are all hex) become "***".
 * Cleaned and cut to `size`; any text may be given. Returns dst. */
char *http_mask_url(char *dst, size_t size, const char *url);

#endif
