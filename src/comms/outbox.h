/* The outbox: takes what is queued in the record to the transport and what came of it back
 * into the record. Everything it knows is in the record, so that it goes on after a crash
 * where it was; what it cannot know then, it asks a person (incident reference 3.6). */
#ifndef TOCSIN_COMMS_OUTBOX_H
#define TOCSIN_COMMS_OUTBOX_H

#include "comms/transport.h"
#include "incident/act.h"
#include "incident/people.h"

/* An attempt that has no result this long after it began was made by somebody who ended. */
#define OUTBOX_ORPHAN_US (2 * TRANSPORT_TIMEOUT_MS * US_PER_MS)
/* After so long without success a message is given up: old news are no news. */
#define OUTBOX_GIVE_UP_US US_PER_DAY

/* What the outbox needs of who has it. */
struct outbox_host {
	/* Appends to the record; `done` as journal_append tells it. STATUS_OK: `done` will be called. */
	enum status (*append)(void *arg, const struct drafts *drafts, void (*done)(void *done_arg, enum status status, const struct error *err), void *done_arg);
	/* A copy with every secret masked, owned by the caller. */
	char *(*mask)(void *arg, const char *text);
	/* A line for people; severity 0 info, 1 warning, 2 error. */
	void (*say)(void *arg, int severity, const char *text);
	/* The three lines that leave with what is queued now; "" when there are none. */
	void (*checkpoint)(void *arg, char *dst, size_t size);
	void *arg;
};

struct outbox;

/* All are borrowed; `people` are those whom escalations ask to come. `transport` NULL: nothing is ever sent. */
struct outbox *outbox_new(const struct channels *channels, struct transport *transport, const struct fold *fold, const struct people *people, const char *network, const char *origin, const struct outbox_host *host);
/* Nothing leaves from here on; to be called before the transport is freed. */
void outbox_stop(struct outbox *outbox);
/* After the host's `append` cannot call back any more. */
void outbox_free(struct outbox *outbox);
/* Looks what is to be done; to be called again and again by the one who holds the lease, and
 * with `may_send` false by one who does not any more: what is under way is still recorded. */
void outbox_tick(struct outbox *outbox, int64_t now_us, bool may_send);
/* True while something is being sent, or its result waits to be recorded. */
bool outbox_busy(const struct outbox *outbox);

/* How long to wait after that many attempts: 5 s, doubled each time, 10 minutes at most. */
int64_t outbox_pause_us(unsigned attempts);

#endif
