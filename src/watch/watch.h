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
#include "watch/command.h"
#include "watch/config.h"

struct watch;

struct watch_options {
	const char *operator_name;           /* --as, or the login */
	bool read_only;                      /* OBSERVER: writes nothing, runs nothing */
	const char *const *tool_environment; /* NULL-terminated "NAME=value" that wins over ours for
					      * commands of runbooks; a drill puts its stand-in tools on PATH so */
};

struct watch_events {
	/* Something on the screen may be different now. Coalesced by the receiver. */
	void (*changed)(void *arg);
	/* A line for the operator; severity 0 info, 1 warning, 2 error. */
	void (*message)(void *arg, int severity, const char *text);
	/* A new P0 or P1 was proposed or declared: ring once. */
	void (*alarm)(void *arg, enum severity severity, const char *title);
	/* A command wants the terminal (true), or gives it back. False: there is none. May be NULL. */
	bool (*terminal)(void *arg, bool take);
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
/* Types a value for an incident (values_type). */
enum status watch_bind(struct watch *watch, const char *incident, const char *name, const char *value, struct error *err) TOCSIN_CHECK;
/* A copy of text with every secret of the configuration masked, to be shown or recorded.
 * Owned by the caller. */
char *watch_mask(const struct watch *watch, const char *text, size_t len);

/* What one command of a step would run now: to be shown in full before it is confirmed.
 * Free with command_view_free. */
enum status watch_command(struct watch *watch, const char *incident, const char *step, size_t command, struct command_view *out, struct error *err) TOCSIN_CHECK;

/* What is shown of it and confirmed, as lines; those that begin with "$ " are code. */
void watch_describe(struct watch *watch, const char *incident, const struct command_view *view, struct buf *out);
/* True while the runbook on disk is not the text that the incident took. */
bool watch_runbook_changed(const struct watch *watch, const char *incident);

/* Runs one command of a step after exactly what has this fingerprint was shown and confirmed.
 * Refused when a placeholder is open, when the mode does not allow its danger class
 * (permit.h), and when a second person has to approve it and nobody did. The run's start is
 * durable before the command starts; output, exit code, duration, and for what changes
 * something the affected components before and after follow. Several may run at once. */
enum status watch_run_step(struct watch *watch, const char *incident, const char *step, size_t command, const char *fingerprint, struct error *err) TOCSIN_CHECK;
/* Repeats the check of a step until it holds or its time is over. */
enum status watch_verify_step(struct watch *watch, const char *incident, const char *step, struct error *err) TOCSIN_CHECK;
/* Asks for a second person's approval of what was shown; with a reason goes without one
 * (broken glass), for this person and one run. */
enum status watch_ask_approval(struct watch *watch, const char *incident, const char *step, size_t command, const char *fingerprint, const char *glass_reason, struct error *err) TOCSIN_CHECK;

/* A run that goes on or ended: the newest of a step; of any (step NULL) the newest that goes
 * on, else the newest. */
struct run_view {
	bool running;
	char step[16];
	const char *output; /* clean lines; valid until the next call or event */
	int64_t started_us, duration_us;
	int exit_code, signal;
	bool timed_out, cancelled;
	bool interactive; /* it has, or had, the terminal */
	bool verifying;   /* a check that is repeated */
	bool holds;       /* and did in the end */
	unsigned looks;   /* how often it was tried */
	const char *why;  /* why it did not start, "" otherwise */
};
bool watch_run_view(struct watch *watch, const char *incident, const char *step, struct run_view *out);
size_t watch_runs_going(const struct watch *watch, const char *incident);
/* Ends it with all that it started; step NULL as above. */
void watch_run_cancel(struct watch *watch, const char *incident, const char *step);

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

/* What a silence would cover ("2h alertname=NAME REASON", or "end ID"), as lines; refused where
 * it could not be asked for now, with the lines written all the same. */
enum status watch_silence_preview(const struct watch *watch, const char *text, struct buf *out, struct error *err) TOCSIN_CHECK;
/* Asks Alertmanager for it once that is on record; what came of it is recorded and told. ARMED
 * only. incident may be NULL. */
enum status watch_silence(struct watch *watch, const char *text, const char *incident, struct error *err) TOCSIN_CHECK;

/* True while something that a person asked for is under way: appends, runs, sending. */
bool watch_busy(const struct watch *watch);
/* True once every endpoint answered or failed and the judges had their dwell. */
bool watch_settled(const struct watch *watch);
/* The same of what is watched beside the nodes: a node that is down keeps nobody waiting. */
bool watch_sources_settled(const struct watch *watch);

#endif
