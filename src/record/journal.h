/* The journal: the store on its own thread. The loop hands drafts in and is told
 * when they are durable; events written by others arrive the same way. What the
 * screen shows as recorded came out of here. */
#ifndef TOCSIN_RECORD_JOURNAL_H
#define TOCSIN_RECORD_JOURNAL_H

#include "io/loop.h"
#include "record/checkpoint.h"

struct journal;

struct journal_events {
	/* Durable events, ours and others', in order of seq, each once. On the loop's thread. */
	void (*events)(void *arg, const struct event *events, size_t count);
	/* What the record held when it was opened has been delivered. Once. May be NULL. */
	void (*loaded)(void *arg);
	/* The record cannot be written or read (or can again, err == NULL). Loud, and
	 * repeated every few seconds until it heals. */
	void (*trouble)(void *arg, const struct error *err);
	/* What does not stop the work, but should be known (store_warning, journal_append_each).
	 * The same is told once. May be NULL. */
	void (*warning)(void *arg, const struct error *err);
	/* The lease of the collector changed hands. May be NULL. */
	void (*lease)(void *arg, const struct lease *lease);
};

/* Takes over an open store, which only the journal's thread uses from here on;
 * reads what is there in portions and then keeps listening. `want_lease`: ask for
 * the collector's lease under the name `holder`, and keep it. NULL, after `trouble`
 * was told and the store was closed, when the system gives no thread. */
struct journal *journal_new(struct loop *loop, struct store *store, bool want_lease, const char *holder, const struct journal_events *events, void *arg);
/* Waits until what was handed in is durable or refused, tells it through the
 * callbacks, gives the lease back, closes the store. NULL allowed. */
void journal_free(struct journal *journal);

/* Copies the drafts and returns at once: all of them are recorded, or none. Several calls
 * may share one transaction, but one is not refused for another's drafts.
 * An occurred_us of 0 becomes the time of this call, however slow the disk is.
 * `done` (may be NULL) is told STATUS_OK once durable, else the error; the events
 * themselves come through journal_events.events before it. What was refused is
 * never tried again by itself. */
void journal_append(struct journal *journal, const struct draft *drafts, size_t count, void (*done)(void *arg, enum status status, const struct error *err), void *arg);

/* The same for drafts that only chance put together, as what the machine saw: one that is
 * refused for what it says itself is left out, which is told as a warning, and the others
 * are recorded. `done` is told STATUS_OK then: none of them need be handed in again. */
void journal_append_each(struct journal *journal, const struct draft *drafts, size_t count, void (*done)(void *arg, enum status status, const struct error *err), void *arg);

/* Blobs go the same way, in order. The hash is computed at once. A blob that cannot be
 * kept also refuses the next append, which is the one that names it. */
struct hash256 journal_put_blob(struct journal *journal, const void *bytes, size_t len, const char *media);
/* Samples go with the next renewal of the lease, some seconds later. Those of a journal
 * that does not hold it are dropped. */
void journal_put_samples(struct journal *journal, const struct sample_row *rows, size_t count);

/* How many appends wait for the disk: shown when it is slow. */
size_t journal_pending(const struct journal *journal);
/* How many events the record held when it was opened: with the head's seq, how far the
 * reading has come. */
uint64_t journal_held(const struct journal *journal);
/* The newest durable head that was delivered. */
struct head journal_head(const struct journal *journal);

#endif
