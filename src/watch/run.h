/* Runs of runbook commands inside the war room: what would run, whether the mode
 * allows it, and what it said, recorded before and after. */
#ifndef TOCSIN_WATCH_RUN_H
#define TOCSIN_WATCH_RUN_H

#include "watch/mask.h"
#include "watch/watch.h"

struct runs;

/* `environment` is watch_options.tool_environment, borrowed. */
struct runs *runs_new(struct watch *watch, const char *const *environment);
/* Ends what is running and records so; nothing starts from here on. To be called while
 * the journal still takes appends. */
void runs_stop(struct runs *runs);
/* After the journal is gone, so that none of its answers comes later. */
void runs_free(struct runs *runs);
bool runs_busy(const struct runs *runs);
const struct runbook *runs_runbook(struct runs *runs, const struct incident *incident, struct error *err);
enum status runs_command(struct runs *runs, const char *incident, const char *step, size_t command, struct command_view *out, struct error *err);
enum status runs_start(struct runs *runs, const char *incident, const char *step, size_t command, struct error *err);
bool runs_view(const struct runs *runs, const char *incident, struct run_view *out);
void runs_cancel(struct runs *runs, const char *incident);

/* For runs alone: the parts of the war room that only they touch. */
struct hash256 watch_put_blob(struct watch *watch, const void *bytes, size_t len, const char *media);
const struct mask *watch_secrets(const struct watch *watch);
void watch_touched(struct watch *watch);
void watch_say(struct watch *watch, int severity, const char *text);

#endif
