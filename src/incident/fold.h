/* The fold: from events to incidents. A pure function, one event at a time;
 * rebuilt at will from the record, tested without a database. */
#ifndef TOCSIN_INCIDENT_FOLD_H
#define TOCSIN_INCIDENT_FOLD_H

#include "incident/cause.h"
#include "incident/update.h"
#include "record/event.h"

#include <stdbool.h>

enum stage {
	STAGE_DETECT,
	STAGE_TRIAGE,
	STAGE_RESPOND,
	STAGE_RESOLVE,
	STAGE_REVIEW,
	STAGE_CLOSED,
	STAGE_COUNT,
};
const char *stage_name(enum stage stage);  /* "triage" */
const char *stage_title(enum stage stage); /* "Triage" */
bool stage_parse(const char *text, enum stage *out);

/* The review's seven sections, in the order of the seed's template. */
enum section {
	SECTION_INCIDENT,
	SECTION_TIMELINE,
	SECTION_ROOT_CAUSE,
	SECTION_IMPACT,
	SECTION_RESOLUTION,
	SECTION_LESSONS,
	SECTION_ACTIONS,
	SECTION_COUNT,
};
const char *section_name(enum section section);          /* "root-cause" */
const char *section_title(enum section section);         /* "Root Cause" */
bool section_parse(const char *text, enum section *out); /* by name, its first letters (three at least) or title */

enum step_state {
	STEP_PENDING,
	STEP_RUNNING,
	STEP_DONE,
	STEP_SKIPPED,
	STEP_FAILED,
	STEP_DEVIATED, /* something else was done instead, which the note says */
};
struct step_record {
	char number[16]; /* "3", "2.1" */
	char title[160]; /* "" when never said */
	enum step_state state;
	char note[240]; /* reason of a skip, or the last note */
	int exit_code;  /* of the last run, when ran */
	bool ran;
	int64_t duration_us;
	int64_t at_us;
	char run[33];  /* the last run, "" when it had no name */
	bool verified; /* its check held when it was tried last */
	char *output;  /* kept head of what it said, clean; NULL when none */
	char *changed; /* what was different after its last command, lines; NULL: not looked, or nothing */
};

/* A value that a command of this incident was given: it stays so for the steps after it. */
struct bound_value {
	char name[64];
	char *value;
	char from[96];
};

enum approval_state {
	APPROVAL_ASKED,
	APPROVAL_GIVEN,
	APPROVAL_REFUSED,
	APPROVAL_USED,
};
const char *approval_state_name(enum approval_state state); /* "asked for" */
/* A second person's word on one run of one command. */
struct approval {
	enum approval_state state;
	uint64_t asked_seq; /* 0: nobody asked, the glass was broken */
	uint64_t given_seq;
	char step[16], title[160], danger[24], word[64];
	char fingerprint[65]; /* of text, values, directory and cluster together */
	char asker[64], asker_login[64];
	char approver[64];
	bool glass;       /* a lone operator went without */
	bool proved;      /* another login of the machine gave it under its own name */
	char reason[240]; /* of broken glass, or of a refusal */
	int64_t until_us; /* asked: to be answered by then; given: to be used by then */
	char run[33];     /* that used it */
	char *shown;      /* what was approved, all of it */
};

struct check_record {
	char name[48]; /* "blocks-advance" */
	bool passed, overridden;
	char detail[200];
	int64_t at_us;
};

struct action_item {
	uint64_t seq;
	char *text;
	char owner[64];
	char due[16];  /* "2026-01-31" */
	char type[24]; /* "preventive", "detective", "corrective", "" */
};

struct timeline_row {
	uint64_t seq;        /* of the event it shows */
	int64_t occurred_us; /* after corrections */
};

struct incident {
	unsigned number;
	char id[16]; /* "INC-7" */
	char title[160];
	enum cause cause;
	char proposal_key[128];
	enum severity severity;
	char severity_rule[16];
	enum stage stage;
	char owner[64]; /* the commander; "" when nobody */
	char scribe[64];
	char (*components)[96];
	size_t component_count;
	char *impact; /* NULL until written */
	char severity_reason[240];
	char runbook[64]; /* name, "" until chosen */
	char runbook_sha256[65];
	char runbook_suggested[64]; /* what fits the cause, "" when nothing does */
	int64_t impact_started_us;  /* first symptom */
	int64_t declared_us;
	int64_t stage_us[STAGE_COUNT]; /* when it was entered, 0: never */
	bool merged;
	char merged_into[16];
	struct step_record *steps;
	size_t step_count;
	struct approval *approvals; /* in the order they were asked for */
	size_t approval_count;
	struct bound_value *values;
	size_t value_count;
	bool steps_known;            /* the runbook's whole list of steps is in `steps` */
	struct check_record *checks; /* of this visit to Resolve */
	size_t check_count;
	size_t check_total;            /* how many checks run, 0: not said yet */
	bool overridden;               /* the checks of this visit were overridden, with a reason in the timeline */
	char *sections[SECTION_COUNT]; /* what people wrote; NULL: unwritten */
	struct action_item *actions;
	size_t action_count;
	struct update_record *updates; /* by number */
	size_t update_count;
	struct message_record *messages; /* in the order they were queued */
	size_t message_count;
	int64_t update_sent_us;        /* when the last update was approved, 0: none was */
	int64_t update_next_us;        /* when it promised the next, 0: it did not */
	struct timeline_row *timeline; /* sorted by occurred, then seq; with the prehistory */
	size_t timeline_count;
	size_t note_count, evidence_count;
};

/* A proposal as the record knows it, until declared, attached, dismissed or cleared. */
struct open_proposal {
	char key[128];
	enum cause cause;
	enum severity severity;
	char title[96], rule[16], reason[200];
	int64_t since_us, proposed_us;
	uint64_t seq;
	unsigned times; /* flapping: how often it came back */
	char (*components)[96];
	size_t component_count;
	bool dismissed;
	bool taken; /* an incident took it, which may be closed by now */
};

struct report_row { /* an external report that waits to be attached */
	uint64_t seq;
	char who[64];
	char text[240];
	int64_t occurred_us;
	bool attached;
};

/* The newest request that waits for an answer, of that step (NULL: of any); NULL when none does. */
const struct approval *approval_pending(const struct incident *incident, const char *step, int64_t now_us);
/* What allows `runner` this very run now: given, neither used nor run out. NULL: nothing does. */
const struct approval *approval_usable(const struct incident *incident, const char *fingerprint, const char *runner, int64_t now_us);
/* True when the two are different logins of the machine, each under its own name. Typed names
 * prove nothing, nor do two consoles of one login. */
bool approval_is_proved(const char *asker, const char *asker_login, const char *approver, const char *approver_login);

struct fold;

struct fold *fold_new(void);
void fold_free(struct fold *fold);
/* Takes the next event in, by copy. Unknown kinds and data that makes no sense are
 * kept for the timeline only; an event that was seen already (seq not above the last)
 * is ignored. Pointers that the fold gave out, but those to events, hold until the next call. */
void fold_apply(struct fold *fold, const struct event *event);

size_t fold_incident_count(const struct fold *fold);
const struct incident *fold_incident_at(const struct fold *fold, size_t i);
/* "INC-7", "inc-7" or "7"; NULL when there is none. */
const struct incident *fold_incident(const struct fold *fold, const char *id);
/* The worst open incident, or NULL: what the board's second line shows. Of equal
 * severity the one that was declared first. */
const struct incident *fold_current(const struct fold *fold);
/* Neither closed nor merged into another. */
bool incident_is_open(const struct incident *incident);

/* Proposals that wait for an answer, the worst first, then the oldest. */
size_t fold_proposal_count(const struct fold *fold);
const struct open_proposal *fold_proposal_at(const struct fold *fold, size_t i);
/* The proposal of that key while its fault lasts, answered or not; NULL when there
 * is none. *incident receives the open incident that took it, or NULL. */
const struct open_proposal *fold_proposal(const struct fold *fold, const char *key, const struct incident **incident);
/* Every proposal whose fault lasts, answered or not, in no order. */
size_t fold_active_count(const struct fold *fold);
const struct open_proposal *fold_active_at(const struct fold *fold, size_t i);
/* Reports that wait to be attached, the oldest first. */
size_t fold_report_count(const struct fold *fold);
const struct report_row *fold_report_at(const struct fold *fold, size_t i);

/* All events seen so far: the i-th, and by number. Owned by the fold. */
/* True when the record is a drill's: then every screen and export says so. */
bool fold_is_drill(const struct fold *fold);
size_t fold_event_count(const struct fold *fold);
const struct event *fold_event_at(const struct fold *fold, size_t i);
const struct event *fold_event(const struct fold *fold, uint64_t seq);
/* The event's occurred time, summary and body after amendments; false when it was
 * retracted. A redacted one has the summary "(redacted)". The strings live as long as
 * the event and until the next fold_apply. */
struct event_view {
	int64_t occurred_us;
	const char *summary;
	const char *body;
	bool amended, redacted;
};
bool fold_view(const struct fold *fold, const struct event *event, struct event_view *out);

#endif
