/* The fold: from events to incidents. A pure function, one event at a time;
 * rebuilt at will from the record, tested without a database. */
#ifndef TOCSIN_INCIDENT_FOLD_H
#define TOCSIN_INCIDENT_FOLD_H

#include "incident/cause.h"
#include "record/event.h"

enum stage { STAGE_DETECT, STAGE_TRIAGE, STAGE_RESPOND, STAGE_RESOLVE, STAGE_REVIEW, STAGE_CLOSED, STAGE_COUNT };
const char *stage_name(enum stage stage);  /* "triage" */
const char *stage_title(enum stage stage); /* "Triage" */
bool stage_parse(const char *text, enum stage *out);

/* The review's seven sections, in the order of the seed's template. */
enum section { SECTION_INCIDENT, SECTION_TIMELINE, SECTION_ROOT_CAUSE, SECTION_IMPACT, SECTION_RESOLUTION, SECTION_LESSONS, SECTION_ACTIONS, SECTION_COUNT };
const char *section_name(enum section section);  /* "root-cause" */
const char *section_title(enum section section); /* "Root Cause" */

enum step_state { STEP_PENDING, STEP_RUNNING, STEP_DONE, STEP_SKIPPED, STEP_FAILED };
struct step_record {
	char number[16];       /* "3", "2.1" */
	enum step_state state;
	char note[240];        /* reason of a skip, or the last note */
	int exit_code;         /* of the last run, when ran */
	bool ran;
	int64_t duration_us;
	int64_t at_us;
	char *output;          /* kept head of what it said, clean; NULL when none */
};

struct check_record {
	char name[48];         /* "blocks-advance" */
	bool passed, overridden;
	char detail[200];
	int64_t at_us;
};

struct action_item {
	uint64_t seq;
	char *text;
	char owner[64];
	char due[16];          /* "2026-01-31" */
	char type[24];         /* "preventive", "detective", "corrective", "" */
};

struct timeline_row {
	uint64_t seq;          /* of the event it shows */
	int64_t occurred_us;   /* after corrections */
};

struct incident {
	unsigned number;
	char id[16];           /* "INC-7" */
	char title[160];
	enum cause cause;
	char proposal_key[128];
	enum severity severity;
	char severity_rule[16];
	enum stage stage;
	char owner[64];        /* the commander; "" when nobody */
	char scribe[64];
	char (*components)[96];
	size_t component_count;
	char *impact;          /* NULL until written */
	char runbook[64];      /* name, "" until chosen */
	char runbook_sha256[65];
	int64_t impact_started_us; /* first symptom */
	int64_t declared_us;
	int64_t stage_us[STAGE_COUNT]; /* when it was entered, 0: never */
	bool merged;
	char merged_into[16];
	struct step_record *steps;
	size_t step_count;
	struct check_record *checks;
	size_t check_count;
	char *sections[SECTION_COUNT]; /* what people wrote; NULL: unwritten */
	struct action_item *actions;
	size_t action_count;
	struct timeline_row *timeline; /* sorted by occurred, then seq */
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
	unsigned times;        /* flapping: how often it came back */
	char (*components)[96];
	size_t component_count;
	bool dismissed;
};

struct report_row { /* an external report that waits to be attached */
	uint64_t seq;
	char who[64];
	char text[240];
	int64_t occurred_us;
	bool attached;
};

struct fold;

struct fold *fold_new(void);
void fold_free(struct fold *fold);
/* Takes the next event in. Unknown kinds are kept for the timeline only. */
void fold_apply(struct fold *fold, const struct event *event);

size_t fold_incident_count(const struct fold *fold);
const struct incident *fold_incident_at(const struct fold *fold, size_t i);
/* "INC-7", "inc-7" or "7"; NULL when there is none. */
const struct incident *fold_incident(const struct fold *fold, const char *id);
/* The worst open incident, or NULL: what the board's second line shows. */
const struct incident *fold_current(const struct fold *fold);

size_t fold_proposal_count(const struct fold *fold);
const struct open_proposal *fold_proposal_at(const struct fold *fold, size_t i);
size_t fold_report_count(const struct fold *fold);
const struct report_row *fold_report_at(const struct fold *fold, size_t i);

/* All events seen so far: the i-th, and by number. Owned by the fold. */
size_t fold_event_count(const struct fold *fold);
const struct event *fold_event_at(const struct fold *fold, size_t i);
const struct event *fold_event(const struct fold *fold, uint64_t seq);
/* The event's occurred time, summary and body after amendments; false when it was retracted. */
struct event_view {
	int64_t occurred_us;
	const char *summary;
	const char *body;
	bool amended;
};
bool fold_view(const struct fold *fold, const struct event *event, struct event_view *out);

#endif
