/* The store: append, read, verify. SQLite with the rules of the engineering
 * reference 3; blocking, so it belongs on a worker thread (journal.h) or in a
 * command that has no screen. */
#ifndef TOCSIN_RECORD_STORE_H
#define TOCSIN_RECORD_STORE_H

#include "base/clock.h"
#include "record/event.h"

#include <stdbool.h>

struct store;

enum store_mode {
	STORE_READ,  /* must exist; writes nothing, but undoes a write that was killed half-way */
	STORE_WRITE, /* created when missing, mode 0600 in a 0700 directory */
};

enum {
	STORE_ORIGIN_SIZE = 80,
	STORE_SUMMARY_BYTES = 240,
	STORE_BODY_BYTES = 256 << 10,
	STORE_DATA_BYTES = 256 << 10,
	STORE_BLOB_BYTES = 64 << 20,
};

/* `where` is a path or a postgresql:// URL (the latter: STATUS_UNSUPPORTED until built). */
enum status store_open(struct store **out, const char *where, enum store_mode mode, const struct clock *clock, struct error *err) TOCSIN_CHECK;
void store_close(struct store *store); /* NULL allowed */
const char *store_where(const struct store *store);
/* "tocsin/<id>", made once when the record is created; the first event links to it. */
const char *store_origin(const struct store *store);
const struct clock *store_clock(const struct store *store);
/* What is wrong but does not stop the work (a network file system, a checkpoint that
 * cannot be written, the reserve used up), or NULL. Valid until the next call. */
const struct error *store_warning(const struct store *store);

/* Appends the drafts in one transaction, in order, filling in what the store knows
 * (seq, id, times, boot, chain). When it returns STATUS_OK they are durable; else none
 * of them was written, unless err says that the disk did not confirm the write.
 * `events`, unless NULL, receives `count` events to be freed by the caller. One-line
 * strings are cleaned and cut (a summary to STORE_SUMMARY_BYTES); a body or data beyond its limit is STATUS_LIMIT, a draft without kind, actor, source
 * or summary, or with malformed refs or data, STATUS_INVALID.
 * RECORD.checkpoint beside the file follows each append (checkpoint.h). On a full
 * disk the space of RECORD.reserve is used up first, which store_warning tells. STATUS_CONFLICT: an
 * incident is declared that already was. */
enum status store_append(struct store *store, const struct draft *drafts, size_t count, struct event *events, struct error *err) TOCSIN_CHECK;
/* Which of its drafts the last append was refused for: without it the others may be
 * recorded. -1: none, it was done or the record cannot be written. */
ptrdiff_t store_faulty_draft(const struct store *store);

/* Calls `each` for events with seq > after, in order, until it returns false. */
enum status store_read(struct store *store, uint64_t after, bool (*each)(void *arg, const struct event *event), void *arg, struct error *err) TOCSIN_CHECK;

/* Takes the content of event `seq` out of the record and appends an event.redacted
 * by `why` (its kind, refs and data are filled in here; `why->summary` is the reason)
 * that refers to it. The chain still verifies. */
enum status store_redact(struct store *store, uint64_t seq, const struct draft *why, struct error *err) TOCSIN_CHECK;

struct head {
	uint64_t seq;        /* 0: empty */
	struct hash256 hash; /* when empty, event_genesis(origin) */
};
enum status store_head(struct store *store, struct head *out, struct error *err) TOCSIN_CHECK;
/* True when another connection committed since the last call. Cheap. */
bool store_changed(struct store *store);

/* --- samples: for sparklines and replay, with a retention, outside the chain.
 * Only the collector writes them, with its lease. */
struct sample_row {
	const char *component;
	const char *value; /* name of the value */
	int64_t at_us;
	int64_t number;
};
struct sample_batch {
	const struct sample_row *rows;
	size_t count;
	int64_t keep_us; /* rows older than this before now are dropped on the way */
};
/* In order of time until `each` returns false. */
enum status store_read_samples(struct store *store, const char *component, const char *value, int64_t from_us, bool (*each)(void *arg, const struct sample_row *row), void *arg, struct error *err) TOCSIN_CHECK;

/* --- lease: one collector per record ------------------------------------- */
struct lease {
	bool mine;
	char holder[128]; /* "alice@ops1 pid 4711" */
	int64_t until_us;
};
/* A lease that reaches further than this was written by a clock that is wrong. */
#define STORE_LEASE_MAX_US (60 * US_PER_S)
/* Takes or renews the lease for `for_us` (at most STORE_LEASE_MAX_US); one that ran
 * out is taken over. `out` says who holds it now; not getting it is no error. Who holds it
 * leaves `samples` (NULL: none) in the same transaction: what is written all day long is
 * synced to the disk once, not twice. Samples that cannot be kept are left out, and on a
 * full disk the lease uses up RECORD.reserve, as events do, which samples never do. */
enum status store_lease(struct store *store, const char *holder, int64_t for_us, const struct sample_batch *samples, struct lease *out, struct error *err) TOCSIN_CHECK;
enum status store_lease_release(struct store *store, const char *holder, struct error *err) TOCSIN_CHECK;

/* --- evidence: content-addressed blobs, kept outside the chain ------------
 * At most STORE_BLOB_BYTES each; the same bytes are kept once. */
enum status store_put_blob(struct store *store, const void *bytes, size_t len, const char *media, struct hash256 *out, struct error *err) TOCSIN_CHECK;
enum status store_get_blob(struct store *store, const struct hash256 *hash, struct buf *out, struct error *err) TOCSIN_CHECK;

/* --- verification ----------------------------------------------------------
 * Reads the whole file on a connection of its own, trusting nothing in it: every
 * column of every event and its content, each link, gaps, content without event,
 * content missing without a redaction, evidence whose bytes are not its hash, and the
 * head that the file itself keeps. Damage is a finding, not an error. */
enum store_verdict {
	VERDICT_NONE, /* there was nothing to compare with */
	VERDICT_HOLDS,
	VERDICT_FAILS,
};
struct verification {
	bool consistent;   /* every link, content hash and number holds */
	uint64_t checked;  /* events read */
	uint64_t bad_seq;  /* the first that does not hold, 0 when none */
	char finding[240]; /* what is wrong there, in words */
	uint64_t findings; /* how many there are in all */
	uint64_t redacted; /* events whose content was redacted */
	struct head head;
	enum store_verdict beside; /* against RECORD.checkpoint, which store_append keeps */
	char beside_finding[240];
};
/* True unless something is wrong: consistent, and no checkpoint beside it fails. */
bool verification_holds(const struct verification *v);
enum status store_verify(struct store *store, struct verification *out, struct error *err) TOCSIN_CHECK;

#endif
