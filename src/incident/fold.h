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

/* --- who does what (incident reference 2.3) ------------------------------------------ */

/* "commander", "operations", "scribe", "communications", or one of a team's own. Of each
 * role at most one tenure has no end. */
struct tenure {
	char role[32];
	char name[64];
	int64_t since_us, until_us; /* 0: holds it */
};

enum offer_state {
	OFFER_OPEN, /* until it expires, see offer_is_open */
	OFFER_ACCEPTED,
	OFFER_DECLINED,
};
struct offer { /* a role handed over: it changes hands when the other side accepts */
	uint64_t seq;
	char role[32], from[64], to[64];
	char *summary; /* NULL: none was given */
	int64_t at_us, until_us;
	enum offer_state state;
	char reason[240]; /* of declining */
};

enum task_state {
	TASK_OPEN,
	TASK_DONE,
	TASK_CANCELLED,
};
struct task {
	uint64_t seq;    /* of its opening: what later events name it by */
	unsigned number; /* what people name it by: T3 */
	char *text;
	char owner[64]; /* "": nobody */
	int64_t opened_us, due_us, closed_us;
	enum task_state state;
	char note[240]; /* with which it was closed */
};

struct decision {
	uint64_t seq;
	char *text;
	char by[64];
	int64_t at_us;
};

enum hypothesis_state {
	HYPOTHESIS_OPEN,
	HYPOTHESIS_CONFIRMED,
	HYPOTHESIS_REFUTED,
};
struct hypothesis {
	uint64_t seq;
	unsigned number; /* H2 */
	char *text;
	char by[64];
	int64_t opened_us, closed_us;
	enum hypothesis_state state;
	char *evidence; /* NULL while it is open */
};

struct found {
	uint64_t seq;
	char *text;
	char by[64];
	int64_t at_us;
};

/* Somebody was asked to come: who, when, how, and what came of it. */
struct escalation {
	uint64_t seq;
	char step[48], title[64]; /* of the ladder */
	char person[64];          /* "": nobody is configured for the step */
	char channel[16];         /* "pagerduty", …, "phone", "hand" */
	char reason[240], by[64];
	int64_t requested_us, wait_until_us;
	int64_t sent_us, failed_us; /* 0: not, or not yet */
	char detail[160];           /* what the channel said */
	int64_t acked_us;           /* 0: not acknowledged */
	char acked_by[64], acked_how[64];
	int64_t heard_us;  /* when who acknowledged was last heard of */
	int64_t lapsed_us; /* when the acknowledgement lapsed, 0: it stands */
};

/* What a clock did already: the last reminder that was said, and for how long it was put off. */
struct clock_mark {
	char clock[16], target[48];
	int64_t fired_us;                     /* the time that was due, 0: never said */
	int64_t snoozed_us, snoozed_until_us; /* 0: never */
};

/* Moments from which clocks run. They are those of the record, moved along when the
 * machine's own clock was set, so that ten minutes stay ten minutes. 0: it never was. */
struct anchors {
	int64_t declared_us;
	int64_t commanded_us; /* since nobody commands, or when it was declared */
	int64_t staffed_us;   /* since another role was left by who had it, or when it was declared */
	struct told {
		int64_t at_us;   /* when the last update was approved */
		int64_t next_us; /* when it promised the next one */
		unsigned count;
	} inside, outside; /* the team and its company; everybody else */
	int64_t review_us, closed_us;
};

struct action_item {
	uint64_t seq;
	char *text;
	char owner[64];
	char due[16];  /* "2026-01-31" */
	char type[24]; /* "preventive", "detective", "corrective", "" */
	bool to_do;    /* it was noted during the work */
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
	char *runbook_path;         /* of one outside the library, else NULL */
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
	struct timeline_row *timeline; /* sorted by occurred, then seq; with the prehistory */
	size_t timeline_count;
	size_t note_count, evidence_count;
	struct tenure *tenures; /* in the order in which they began */
	size_t tenure_count;
	struct offer *offers;
	size_t offer_count;
	struct task *tasks;
	size_t task_count;
	struct decision *decisions;
	size_t decision_count;
	struct hypothesis *hypotheses;
	size_t hypothesis_count;
	struct found *findings;
	size_t finding_count;
	struct escalation *escalations;
	size_t escalation_count;
	struct clock_mark *marks;
	size_t mark_count;
	struct anchors anchors;
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
/* The incident of that proposal that was closed last, and not before since_us; NULL when there is none. */
const struct incident *fold_closed_since(const struct fold *fold, const char *proposal_key, int64_t since_us);
/* Neither closed nor merged into another. */
bool incident_is_open(const struct incident *incident);

/* Who holds a role now; "" when nobody does. */
const char *incident_role(const struct incident *incident, const char *role);
/* The role that somebody holds now, the first of several; NULL when none. */
const char *incident_role_of(const struct incident *incident, const char *name);
/* The roles that every incident knows, in their order; ends with NULL. */
extern const char *const standard_roles[];
bool offer_is_open(const struct offer *offer, int64_t now_us);

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
