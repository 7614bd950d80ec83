/* Kinds of channels, one const entry each: what a message looks like there, where it is
 * sent, and what an answer means. Pure functions; nothing here sends anything. */
#ifndef TOCSIN_COMMS_KIND_H
#define TOCSIN_COMMS_KIND_H

#include "comms/channel.h"
#include "io/http.h"

/* What stands for a secret where people look. */
#define SECRET_HIDDEN "***"

/* One message as it leaves, whatever the channel. Everything in it is from the record, so
 * that sending it again sends the same. */
struct letter {
	const struct message_record *message;
	const char *incident; /* "INC-7" */
	unsigned update;      /* its number, 0: it goes out by itself */
	const char *network;
	const char *origin; /* of the record: "tocsin/<id>" */
	const char *remote; /* what the peer calls the incident, "" until it said so */
	bool drill;
};

/* What is handed to the transport. Strings are owned; parcel_free frees them. */
struct parcel {
	char *url;
	const char *method;

	char *headers[3]; /* ends with NULL */
	char *body;       /* or the mail, headers and all */
	/* Mail only: */
	bool mail, starttls;
	char *user, *password, *from;
	char **to; /* ends with NULL */
};
void parcel_free(struct parcel *parcel);

/* What an answer with a good status says beyond it. */
struct answer {
	bool refused;
	char why[160];
	char remote[80]; /* what the peer calls it, "" when it does not say */
};

struct channel_kind {
	const char *name;
	const char *keys;           /* of the section, beside kind, audiences and ca_file */
	const char *const *secrets; /* "url", "key"; ends with NULL */
	bool repeatable;            /* the same twice is the same once, for the peer */
	bool pages;                 /* it takes trigger, acknowledge and resolve */
	enum status (*check)(const struct settings *settings, struct error *err);
	/* Appends what leaves: to be shown, pasted, and sent. `key` is SECRET_HIDDEN unless it
	 * is about to be sent. */
	void (*write)(const struct channel *channel, const struct letter *letter, const char *key, struct buf *out);
	/* Where to: url, method, headers; the body comes from write. */
	void (*address)(const struct channel *channel, const struct letter *letter, const char *url, const char *key, struct parcel *out);
	/* Reads a good answer's body; NULL: it says nothing more. */
	void (*answer)(const char *body, struct answer *out);
};
const struct channel_kind *channel_kind(const char *name); /* NULL: there is none */

extern const struct channel_kind kind_slack, kind_pagerduty, kind_email, kind_statuspage, kind_webhook;

/* --- what an answer comes to -------------------------------------------------------- */

struct fate {
	enum message_state state; /* MESSAGE_SENT, _WAITING, _FAILED or _UNKNOWN */
	int status;
	int64_t after_s; /* WAITING: the peer wants no more before that */
	char why[200];   /* may hold what the peer said: to be masked */
	char remote[80];
};
/* 2xx arrived; 4xx is final; 429 and 5xx wait. Without an answer it waits when nothing had
 * left or the same again does no harm, else nobody knows. */
void kind_judge(const struct channel_kind *kind, const struct http_reply *reply, struct fate *out);

/* A letter of a message; what it holds is borrowed from fold, network and origin. */
struct letter letter_of(const struct fold *fold, const struct incident *incident, const struct message_record *message, const char *network, const char *origin);
/* A message as approving would queue it, to be shown before. It borrows its strings; `text`
 * has subject, text, audience and next_us. */
void message_preview(struct message_record *out, const struct channel *channel, const struct incident *incident, const struct update_text *text, const char *checkpoint, int64_t now_us);
/* Appends what would leave, where to and with which headers, every secret hidden. */
void letter_preview(const struct channel *channel, const struct letter *letter, struct buf *out);

/* --- shared by the kinds ---------------------------------------------------------------- */

/* "tocsin/… 318 9f3c…" in one line, "" when there is none. */
void letter_checkpoint_line(const struct letter *letter, struct buf *out);
/* "[DRILL] " before what leaves a drill, else "". */
const char *letter_mark(const struct letter *letter);
/* "2026-01-01 14:20 UTC" */
char *minute_text(char dst[TIME_TEXT], int64_t us);
/* What the incident is called for a peer for good: "tocsin/<id>/INC-7". */
char *letter_key(char *dst, size_t size, const struct letter *letter);

#endif
