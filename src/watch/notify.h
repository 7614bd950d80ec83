/* The outbox inside the war room: updates of people and pages by itself, sent by the one
 * console that collects. */
#ifndef TOCSIN_WATCH_NOTIFY_H
#define TOCSIN_WATCH_NOTIFY_H

#include "comms/outbox.h"
#include "watch/watch.h"

struct notify;

struct notify *notify_new(struct watch *watch);
/* The record was read: from now on things may be sent, unless this is a drill or only
 * observes. Then there is no transport at all. */
void notify_loaded(struct notify *notify);
void notify_tick(struct notify *notify, int64_t now_us, bool may_send);
bool notify_busy(const struct notify *notify);
/* Ends what is being sent; before the journal is freed. */
void notify_stop(struct notify *notify);
/* After the journal is gone. */
void notify_free(struct notify *notify);

const struct channels *notify_channels(const struct notify *notify);

/* For this alone: the parts of the war room that only it touches. */
void watch_append_machine(struct watch *watch, const struct drafts *drafts, void (*done)(void *arg, enum status status, const struct error *err), void *arg);
void watch_learn_secret(struct watch *watch, const char *secret);
const char *watch_origin(const struct watch *watch); /* "" without a record */

#endif
