/* Silences from the war room: what one would cover, asking for it once that is on record, and
 * noticing those of others that hide what an incident is about. */
#ifndef TOCSIN_WATCH_SILENCES_H
#define TOCSIN_WATCH_SILENCES_H

#include "collect/source.h"
#include "watch/watch.h"

struct silences;

/* All is borrowed; `sources` outlive it. */
struct silences *silences_new(struct watch *watch, const struct sources *sources);
void silences_free(struct silences *silences); /* cancels what is under way; NULL allowed */
bool silences_busy(const struct silences *silences);
enum status silences_preview(const struct silences *silences, const char *text, struct buf *out, struct error *err);
enum status silences_start(struct silences *silences, const char *text, const char *incident, struct error *err);
/* Silences that hide a component of an open incident and are not on record. */
void silences_news(const struct silences *silences, int64_t now_us, struct drafts *out);

#endif
