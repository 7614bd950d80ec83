/* What people do, as functions from the fold to drafts: the gates of the lifecycle
 * stand here, once, for console, command line and scripts alike. Nothing is
 * written here; the caller appends the drafts and shows what came of it. */
#ifndef TOCSIN_INCIDENT_ACT_H
#define TOCSIN_INCIDENT_ACT_H

#include "incident/detect.h"
#include "incident/fold.h"

/* Who acts, and when. */
struct actor {
	const char *name;  /* "alice" */
	const char *where; /* "ops1 pts/3" */
	int64_t now_us;
	const char *login; /* on this machine, "alice"; NULL: not known */
	int zone_minutes;  /* of the times that they are told */
};

/* Drafts with the memory that their strings live in. */
struct drafts {
	struct draft *items;
	size_t count;
	size_t capacity;
	char **owned;
	size_t owned_count, owned_capacity;
};
void drafts_init(struct drafts *drafts);
void drafts_free(struct drafts *drafts);

/* Each returns STATUS_OK with drafts to append, or says why not and what would help. */

/* From the machine: the difference between what is detected and what is recorded. What is
 * not detected any more is over, unless it cannot be seen. */
void act_detection(const struct fold *fold, const struct proposals *detected, int64_t now_us, struct drafts *out);
/* True when an incident in Triage, Respond or Resolve is about all of the proposal's sick
 * components and is at least as severe: what a restarted node shows while it catches up is
 * no news of its own. Such a proposal is not recorded until the incident is over. */
bool detection_covered(const struct fold *fold, const struct proposal *proposal);
/* True when it was dismissed, and did not grow worse since. */
bool detection_dismissed(const struct fold *fold, const struct proposal *proposal);
/* When an incident of this cause was last resolved, by entering Review or by being closed;
 * 0: never. One that was merged ends with the other. */
int64_t detection_resolved_us(const struct fold *fold, enum cause cause);
void act_changes(const struct change *changes, size_t count, struct drafts *out);
/* Says in the timeline that so many changes of that time are in no record. */
void act_unrecorded(uint64_t count, int64_t since_us, int64_t until_us, struct drafts *out);

struct declaration {
	const char *proposal_key;      /* NULL: by hand */
	const char *title;             /* NULL: the proposal's */
	enum severity severity;        /* SEVERITY_UNSET: the proposal's, or left for triage */
	const char *const *components; /* NULL-terminated, or NULL */
	int64_t impact_started_us;     /* 0: the proposal's, or now */
};
/* *id receives the new incident's id. */
enum status act_declare(const struct fold *fold, const struct actor *who, const struct declaration *d, char id[16], struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_attach(const struct fold *fold, const struct actor *who, const char *proposal_key, const char *incident, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_dismiss(const struct fold *fold, const struct actor *who, const char *proposal_key, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* from NULL: the actor; incident NULL: it waits to be attached. */
enum status act_report(const struct fold *fold, const struct actor *who, const char *from, const char *text, const char *incident, int64_t occurred_us, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_attach_report(const struct fold *fold, const struct actor *who, uint64_t report_seq, const char *incident, struct drafts *out, struct error *err) TOCSIN_CHECK;

enum status act_severity(const struct fold *fold, const struct actor *who, const char *incident, enum severity severity, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_title(const struct fold *fold, const struct actor *who, const char *incident, const char *title, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* A role as input_role takes it; name NULL renounces it. Takes it at once from whoever has
 * it: handing over is act_offer (act_room.h). */
enum status act_role(const struct fold *fold, const struct actor *who, const char *incident, const char *role, const char *name, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_components(const struct fold *fold, const struct actor *who, const char *incident, const char *const *components, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_impact(const struct fold *fold, const struct actor *who, const char *incident, const char *impact, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_runbook(const struct fold *fold, const struct actor *who, const char *incident, const char *runbook, const char *sha256, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* The same with all steps of the runbook, so that the gate of Respond knows which are
 * still open; without them it judges by the steps that were touched. `path`: where it is when
 * the library does not have it, else NULL. */
struct step_name {
	const char *number, *title;
};
enum status act_runbook_steps(const struct fold *fold, const struct actor *who, const char *incident, const char *runbook, const char *path, const char *sha256, const struct step_name *steps, size_t count, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* `occurred_us` 0: now; a time in the future is refused. incident NULL: a note before any incident. */
enum status act_note(const struct fold *fold, const struct actor *who, const char *incident, const char *text, int64_t occurred_us, int tz_minutes, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_evidence(const struct fold *fold, const struct actor *who, const char *incident, const char *file_name, const struct hash256 *hash, uint64_t bytes, const char *note, int64_t occurred_us, struct drafts *out, struct error *err) TOCSIN_CHECK;

/* STEP_DONE ticks it (a note is optional), STEP_SKIPPED needs a reason, STEP_DEVIATED what
 * was done instead, STEP_PENDING notes something on it and leaves it as it is. */
enum status act_step(const struct fold *fold, const struct actor *who, const char *incident, const char *step, const char *title, enum step_state state, const char *reason_or_note, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* A value that a command was given; NULL for one that is secret. */
struct step_value {
	const char *name, *value, *from;
};
/* How an affected component was: "critical, refused, head 4812331". */
struct step_state_row {
	const char *component, *state;
};
struct step_run {
	const char *step, *title, *command; /* command: the text that ran, values as references */
	const char *resolved;               /* for reading: with the values in place */
	const char *run;                    /* which run this is, unique in the record */
	const char *fingerprint;            /* of text, values, directory and cluster together, 64 hex digits */
	const char *sha256;                 /* of the runbook it comes from */
	const char *directory, *cluster, *danger;
	uint64_t approval; /* event that approved it, 0: none was needed */
	const struct step_value *values;
	size_t value_count;
	const struct step_state_row *before;
	size_t before_count;
	const char *why; /* why it did not start, NULL or "" when it did */
	int exit_code, signal;
	int64_t duration_us;
	const char *output;         /* clean, bounded head of what it said */
	const struct hash256 *blob; /* the whole of it, or NULL */
	uint64_t blob_cut_bytes;    /* that even the evidence leaves out */
	uint64_t out_bytes, err_bytes;
	bool timed_out, cancelled, survived;
	bool interactive; /* it had the terminal: what it said was not kept */
};
enum status act_step_started(const struct fold *fold, const struct actor *who, const char *incident, const struct step_run *run, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_step_ran(const struct fold *fold, const struct actor *who, const char *incident, const struct step_run *run, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* How the affected components were some time after the command; the difference to
 * run->before stands in summary and body. */
enum status act_step_observed(const struct fold *fold, const struct actor *who, const char *incident, const struct step_run *run, const struct step_state_row *after, size_t after_count, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* The check of a step was repeated until it held, or was given up. `settles`: the check is
 * all there is to the step, so that a check that holds ticks it. */
enum status act_step_verified(const struct fold *fold, const struct actor *who, const char *incident, const struct step_run *run, bool passed, unsigned attempts, bool settles, struct drafts *out, struct error *err) TOCSIN_CHECK;

/* --- a second person (incident reference 4.5) -------------------------------------- */

/* What somebody else is to approve: exactly what the runner was shown. */
struct approval_request {
	const char *incident, *step, *title, *danger;
	const char *fingerprint; /* of text, values, directory and cluster together, 64 hex digits */
	const char *shown;       /* all of that, as lines; recorded in full */
	const char *word;        /* the name of what it affects, to be typed by who approves */
};
enum status act_approval_ask(const struct fold *fold, const struct actor *who, const struct approval_request *request, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* `asked` is the seq of the request; `fingerprint` what the approver saw. STATUS_REFUSED for who
 * asked. Valid for one run within APPROVAL_VALID_US. */
enum status act_approval_give(const struct fold *fold, const struct actor *who, const char *incident, uint64_t asked, const char *fingerprint, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_approval_refuse(const struct fold *fold, const struct actor *who, const char *incident, uint64_t asked, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* A lone operator goes without: as good as an approval, for that person alone, and loud. */
enum status act_break_glass(const struct fold *fold, const struct actor *who, const struct approval_request *request, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;

/* Sections that people have to write, whatever the record fills in: false once they did,
 * and for the others. */
bool section_wants_words(const struct incident *incident, enum section section);

/* Why a stage cannot be left yet: each line a thing that is missing and how to
 * give it. No lines: it can be left. */
struct gate {
	char missing[12][200];
	size_t count;
};
void stage_gate(const struct incident *incident, struct gate *out);
/* Moves to `to` (the next stage, or back). override_reason, unless NULL, leaves
 * Respond with open steps and Resolve against failing checks; it is recorded.
 * STATUS_REFUSED carries the gate's lines. */
enum status act_stage(const struct fold *fold, const struct actor *who, const char *incident, enum stage to, const char *override_reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_reopen(const struct fold *fold, const struct actor *who, const char *incident, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_merge(const struct fold *fold, const struct actor *who, const char *incident, const char *into, struct drafts *out, struct error *err) TOCSIN_CHECK;

enum status act_section(const struct fold *fold, const struct actor *who, const char *incident, enum section section, const char *text, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* owner, due ("2026-01-31") and type may be NULL; the same text again completes the
 * item that is there. A review is complete when every item has an owner and a date. */
enum status act_action_item(const struct fold *fold, const struct actor *who, const char *incident, const char *text, const char *owner, const char *due, const char *type, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* The same for what is noted during the work; due NULL is due_us, a moment. */
enum status act_to_do(const struct fold *fold, const struct actor *who, const char *incident, const char *text, const char *owner, const char *due, int64_t due_us, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* An export was written: in which format, and where. Also of what is closed. */
enum status act_exported(const struct fold *fold, const struct actor *who, const char *incident, const char *format, const char *file, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* A new text (NULL: as it was), a new time (0: as it was), or both, for an event that a
 * person wrote. What a machine measured is not corrected. */
enum status act_amend(const struct fold *fold, const struct actor *who, uint64_t seq, const char *text, int64_t occurred_us, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_retract(const struct fold *fold, const struct actor *who, uint64_t seq, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* minutes 0 disarms. */
enum status act_arm(const struct actor *who, const char *incident, int minutes, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;

#endif
