/* Mail handed to a server by SMTP. libcurl waits for the server's last word without giving
 * the loop back (its smtp_done), so each message has a worker thread for itself. */
#ifndef TOCSIN_IO_MAIL_H
#define TOCSIN_IO_MAIL_H

#include "io/http.h"

struct mail_call;

/* One message to hand over. */
struct mail {
	const char *url;             /* smtp://host:port or smtps://host:port only */
	bool starttls;               /* with smtp: encrypt, or do not send */
	const char *user, *password; /* NULL: without a login */
	const char *from;            /* "tocsin@example.org" */
	const char *const *to;       /* addresses, ends with NULL */
	const char *text;            /* headers and text as RFC 5322 wants them */
	const char *ca_file;         /* certificate authorities to trust beside the system's, or NULL */
	int64_t connect_timeout_ms;  /* 0: 5,000 */
	int64_t timeout_ms;          /* 0: 20,000 */
};

/* Starts it; everything is copied. The callback runs once on the loop's thread, never before
 * this returns. HTTP_ANSWERED: the server's last word is in reply->status (250: it took the
 * message for all; 4xx: not now; 5xx: never) and, when it refused, in reply->why.
 * reply->left is true once the text itself went out. */
struct mail_call *mail_send(struct loop *loop, const struct mail *mail, void (*done)(void *arg, const struct http_reply *reply), void *arg);
/* No callback follows; the connection ends within a second, which loop_free waits for. NULL allowed. */
void mail_cancel(struct mail_call *call);

#endif
