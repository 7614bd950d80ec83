/* Runs of runbook commands inside the war room: what would run, whether the mode and a
 * second person allow it, and what it said, recorded before and after. */
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
/* What waits for a time: checks to repeat, components to look at again, runbooks that changed
 * on disk. `step_us`: the wall clock was set by so much since the last call. */
void runs_tick(struct runs *runs, int64_t now_us, int64_t step_us);
/* Says aloud what every console has to know: asked, given, refused, broken glass. */
void runs_hear(struct runs *runs, const struct event *event);

bool runs_busy(const struct runs *runs);
const struct runbook *runs_runbook(struct runs *runs, const struct incident *incident, struct error *err);
bool runs_runbook_changed(const struct runs *runs, const char *incident);
enum status runs_command(struct runs *runs, const char *incident, const char *step, size_t command, struct command_view *out, struct error *err);
void runs_describe(struct runs *runs, const char *incident, const struct command_view *view, struct buf *out);
enum status runs_start(struct runs *runs, const char *incident, const char *step, size_t command, const char *fingerprint, struct error *err);
enum status runs_verify(struct runs *runs, const char *incident, const char *step, struct error *err);
enum status runs_ask(struct runs *runs, const char *incident, const char *step, size_t command, const char *fingerprint, const char *glass_reason, struct error *err);
size_t runs_going(const struct runs *runs, const char *incident);
bool runs_view(struct runs *runs, const char *incident, const char *step, struct run_view *out);
void runs_cancel(struct runs *runs, const char *incident, const char *step);

/* For runs alone: the parts of the war room that only they touch. */
struct hash256 watch_put_blob(struct watch *watch, const void *bytes, size_t len, const char *media);
const struct mask *watch_secrets(const struct watch *watch);
void watch_touched(struct watch *watch);
void watch_say(struct watch *watch, int severity, const char *text);
/* Asks the screen for the terminal, or gives it back; false when there is none to have. */
bool watch_lend_terminal(struct watch *watch, bool take);

#endif
