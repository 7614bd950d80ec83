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
	STORE_READ,   /* must exist; writes nothing, not even a journal */
	STORE_WRITE,  /* created when missing, mode 0600 in a 0700 directory */
};

/* `where` is a path or a postgresql:// URL (the latter: STATUS_UNSUPPORTED until built). */
enum status store_open(struct store **out, const char *where, enum store_mode mode, const struct clock *clock, struct error *err) TOCSIN_CHECK;
void store_close(struct store *store);
const char *store_where(const struct store *store);

/* Appends the drafts in one transaction, in order, filling in what the store knows
 * (seq, id, times, boot, chain). When it returns STATUS_OK they are durable. `events`,
 * unless NULL, receives `count` events to be freed by the caller. */
enum status store_append(struct store *store, const struct draft *drafts, size_t count, struct event *events, struct error *err) TOCSIN_CHECK;

/* Calls `each` for events with seq > after, in order, until it returns false. */
enum status store_read(struct store *store, uint64_t after, bool (*each)(void *arg, const struct event *event), void *arg, struct error *err) TOCSIN_CHECK;

struct head {
	uint64_t seq;         /* 0: empty */
	struct hash256 hash;
};
enum status store_head(struct store *store, struct head *out, struct error *err) TOCSIN_CHECK;
/* True when another connection committed since the last call. Cheap. */
bool store_changed(struct store *store);

/* --- lease: one collector per record ------------------------------------- */
struct lease {
	bool mine;
	char holder[128];  /* "alice@ops1 pid 4711" */
	int64_t until_us;
};
/* Takes or renews the lease for `for_us`; a lease that ran out is taken over. */
enum status store_lease(struct store *store, const char *holder, int64_t for_us, struct lease *out, struct error *err) TOCSIN_CHECK;
enum status store_lease_release(struct store *store, const char *holder, struct error *err) TOCSIN_CHECK;

/* --- evidence: content-addressed blobs, kept outside the chain ------------ */
enum status store_put_blob(struct store *store, const void *bytes, size_t len, const char *media, struct hash256 *out, struct error *err) TOCSIN_CHECK;
enum status store_get_blob(struct store *store, const struct hash256 *hash, struct buf *out, struct error *err) TOCSIN_CHECK;

/* --- samples: for sparklines and replay, with a retention, outside the chain */
struct sample_row {
	const char *component;
	const char *value;  /* name of the value */
	int64_t at_us;
	int64_t number;
};
enum status store_put_samples(struct store *store, const struct sample_row *rows, size_t count, int64_t keep_us, struct error *err) TOCSIN_CHECK;
enum status store_read_samples(struct store *store, const char *component, const char *value, int64_t from_us, bool (*each)(void *arg, const struct sample_row *row), void *arg, struct error *err) TOCSIN_CHECK;

/* --- verification ---------------------------------------------------------- */
struct verification {
	bool consistent;         /* every link, content hash and number holds */
	uint64_t checked;        /* events read */
	uint64_t bad_seq;        /* the first that does not hold, 0 when none */
	char finding[240];       /* what is wrong there, in words */
	uint64_t redacted;       /* events whose content was redacted */
	struct head head;
};
enum status store_verify(struct store *store, struct verification *out, struct error *err) TOCSIN_CHECK;

#endif
