/* The running war room without a screen: collects, judges, records, proposes and
 * checks. Console, headless service, status and drills share it. */
#ifndef TOCSIN_WATCH_WATCH_H
#define TOCSIN_WATCH_WATCH_H

#include "collect/collect.h"
#include "comms/compose.h"
#include "comms/kind.h"
#include "incident/check.h"
#include "incident/clock.h"
#include "record/journal.h"
#include "runbook/bind.h"
#include "runbook/danger.h"
#include "runbook/runbook.h"
#include "watch/config.h"

struct watch;

struct watch_options {
	const char *operator_name;           /* --as, or the login */
	bool read_only;                      /* OBSERVER: writes nothing, runs nothing */
	const char *const *tool_environment; /* NULL-terminated "NAME=value" that wins over ours for
					      * commands of runbooks; a drill puts its stand-in tools on PATH so */
};

/* Modes, always named on the screen (DESIGN 1.4). */
enum mode {
	MODE_OBSERVER,
	MODE_UNARMED,
	MODE_ARMED,
};
const char *mode_name(enum mode mode); /* "UNARMED" */

struct watch_events {
	/* Something on the screen may be different now. Coalesced by the receiver. */
	void (*changed)(void *arg);
	/* A line for the operator; severity 0 info, 1 warning, 2 error. */
	void (*message)(void *arg, int severity, const char *text);
	/* A new P0 or P1 was proposed or declared: ring once. */
	void (*alarm)(void *arg, enum severity severity, const char *title);
};

/* `store` may be NULL (status: nothing is recorded); it is taken over otherwise. */
struct watch *watch_new(struct loop *loop, const struct clock *clock, const struct config *config, struct store *store, const struct watch_options *options, const struct watch_events *events, void *arg);
void watch_free(struct watch *watch);

const struct config *watch_config(const struct watch *watch);
const struct clock *watch_clock(const struct watch *watch);
struct loop *watch_loop(struct watch *watch);
const struct world *watch_world(const struct watch *watch);
const struct fold *watch_fold(const struct watch *watch);
/* [clocks], [person …] and [escalation …] of the configuration. */
const struct clocks *watch_clocks(const struct watch *watch);
const struct people *watch_people(const struct watch *watch);
/* What the detectors say now, recorded or not. */
const struct proposals *watch_proposals(const struct watch *watch);
/* Checks of the incident in Resolve, or NULL. */
const struct checker *watch_checker(const struct watch *watch, const char *incident);
struct head watch_head(const struct watch *watch);
/* The newest durable head with the record's origin, to stand beside an export. */
enum status watch_checkpoint(const struct watch *watch, struct checkpoint *out, struct error *err) TOCSIN_CHECK;
bool watch_loaded(const struct watch *watch); /* what the record held is in the fold */
/* How much of the record's past was read, in percent; 100 without a record. */
int watch_read_percent(const struct watch *watch);
size_t watch_pending(const struct watch *watch);      /* appends that wait for the disk, evidence that is read */
const char *watch_trouble(const struct watch *watch); /* NULL: the record is fine */
bool watch_is_collector(const struct watch *watch);   /* we hold the lease */
const char *watch_lease_holder(const struct watch *watch);

enum mode watch_mode(const struct watch *watch);
int64_t watch_armed_until_us(const struct watch *watch);
struct actor watch_actor(const struct watch *watch);

/* Appends what an act_* function made. The drafts are copied; `done` may be NULL.
 * Refused at once in OBSERVER mode. */
enum status watch_append(struct watch *watch, const struct drafts *drafts, void (*done)(void *arg, enum status status, const struct error *err), void *arg, struct error *err) TOCSIN_CHECK;
/* Armed from the moment on when the record knows it; 0 minutes disarm at once. */
enum status watch_arm(struct watch *watch, int minutes, const char *reason, const char *incident, struct error *err) TOCSIN_CHECK;
void watch_refresh(struct watch *watch);
/* Stores a file as evidence and records it. It is read beside the loop: what is wrong with
 * it comes as a message. */
enum status watch_evidence(struct watch *watch, const char *incident, const char *path, const char *note, struct error *err) TOCSIN_CHECK;

/* The runbook of an incident, loaded once and kept; NULL with err when it cannot be read. */
const struct runbook *watch_runbook(struct watch *watch, const char *incident, struct error *err);
/* Values for its placeholders, from the affected components and the configuration. */
const struct bindings *watch_bindings(struct watch *watch, const char *incident);
void watch_bind(struct watch *watch, const char *incident, const char *name, const char *value);
/* A copy of text with every secret of the configuration masked, to be shown or recorded.
 * Owned by the caller. */
char *watch_mask(const struct watch *watch, const char *text, size_t len);

/* What one command of a step would run now: to be shown in full before it is
 * confirmed. `refused` is empty when the mode and the values allow it, else says why
 * not and what would help. Free with command_view_free. */
struct command_view {
	struct bound bound;
	char *resolved; /* for reading, secrets masked */
	enum danger danger;
	char refused[240];
	char directory[256];
	char context[160]; /* where kubectl will act, in words */
};
enum status watch_command(struct watch *watch, const char *incident, const char *step, size_t command, struct command_view *out, struct error *err) TOCSIN_CHECK;
void command_view_free(struct command_view *view);

/* Runs one command of a step after it was shown and confirmed. Refused when a
 * placeholder is open, and when the mode does not allow its danger class: UNARMED
 * runs reads, ARMED mutations too, nothing runs what is worse. The run's start is
 * durable before the command starts; output, exit code and duration follow. */
enum status watch_run_step(struct watch *watch, const char *incident, const char *step, size_t command, struct error *err) TOCSIN_CHECK;
/* Live output of the run that is going on or ended last for this incident. */
struct run_view {
	bool running;
	char step[16];
	const char *output; /* clean lines */
	int64_t started_us, duration_us;
	int exit_code, signal;
	bool timed_out, cancelled;
	const char *why; /* why it did not start, "" otherwise */
};
bool watch_run_view(const struct watch *watch, const char *incident, struct run_view *out);
void watch_run_cancel(struct watch *watch, const char *incident);

/* --- updates ---------------------------------------------------------------------- */

const struct channels *watch_channels(const struct watch *watch);
/* Where updates go from here, for people: "" when they leave, else why nothing does: a drill,
 * no channel, or somebody else collects. */
const char *watch_outbox_words(const struct watch *watch);
/* The newest checkpoint as its three lines; "" without a record. */
void watch_checkpoint_text(const struct watch *watch, char *dst, size_t size);
/* Drafts an update, and with `approve` approves it: then it is queued for every channel that
 * takes the audience. Secrets are masked first. `ways`, unless NULL, receives how many. */
enum status watch_update(struct watch *watch, const char *incident, const struct update_text *text, bool approve, size_t *ways, struct error *err) TOCSIN_CHECK;
/* Appends the update as it would leave by a channel. */
void watch_update_preview(struct watch *watch, const char *incident, const struct update_text *text, const struct channel *channel, struct buf *out);
/* The same of a message in the outbox: what to paste when no way is open. */
enum status watch_message_preview(struct watch *watch, const char *message, struct buf *out, struct error *err) TOCSIN_CHECK;
/* Lets what is being sent come to its end, for at most so long; nothing new is begun. */
void watch_drain(struct watch *watch, int64_t for_ms);

/* True while something that a person asked for is under way: appends, runs, sending. */
bool watch_busy(const struct watch *watch);
/* True once every endpoint answered or failed and the judges had their dwell. */
bool watch_settled(const struct watch *watch);

#endif
