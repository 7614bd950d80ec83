/* What the fold keeps, shared by fold*.c and timeline.c only. */
#ifndef TOCSIN_INCIDENT_FOLD_STATE_H
#define TOCSIN_INCIDENT_FOLD_STATE_H

#include "base/json.h"
#include "incident/fold.h"
#include "incident/keymap.h"

/* How far merges of merged incidents are followed. */
enum { MERGE_DEPTH = 16 };

/* What later events said of an event. */
struct correction {
	bool retracted, redacted, amended;
	int64_t occurred_us; /* 0: as it was */
	char *summary;       /* NULL: as it was */
	char *body;
};

struct cell {
	struct event event; /* its strings are in `texts` or in fold->words */
	char *texts;
	struct correction *correction; /* NULL: none */
};

/* Events live in blocks, so that pointers to them stay good as the record grows. */
enum { BLOCK_CELLS = 512 };

/* A machine's event on a component: a row of every timeline that the component is in. */
struct signal {
	size_t index; /* of the event */
	int64_t occurred_us;
};
struct signal_list {
	struct signal *items;
	size_t count, capacity;
};

struct incident_state {
	struct incident pub;
	size_t component_capacity, step_capacity, check_capacity, action_capacity, update_capacity, message_capacity;
	size_t tenure_capacity, offer_capacity, task_capacity, decision_capacity, hypothesis_capacity, finding_capacity;
	size_t escalation_capacity, mark_capacity;
	size_t approval_capacity, value_capacity;
	size_t *own; /* indices of its events, and of what was attached */
	size_t own_count, own_capacity;
	size_t timeline_capacity;
	bool stale;           /* the timeline must be built anew */
	uint64_t corrections; /* fold->corrections when it was built */
	size_t signals;       /* how many signals its components had then */
};

enum answer {
	ANSWER_NONE,
	ANSWER_DISMISSED,
	ANSWER_TAKEN,
};
struct proposal_state {
	struct open_proposal pub;
	size_t component_capacity;
	bool active; /* the detector says the fault is there */
	enum answer answer;
	unsigned incident; /* that took it, when ANSWER_TAKEN */
	size_t index;      /* of the last detector.proposed */
};

/* Lists that are made when they are asked for. */
struct listings {
	struct proposal_state **active;
	size_t active_count, active_capacity;
	struct proposal_state **waiting;
	size_t waiting_count, waiting_capacity;
	bool proposals_stale;
	struct report_row *reports;
	size_t report_count, report_capacity;
	bool reports_stale;
};

struct fold {
	struct cell **blocks;
	size_t block_count, block_capacity;
	size_t count;
	struct incident_state **incidents; /* by number */
	size_t incident_count, incident_capacity;
	struct keymap words;      /* texts that many events share */
	struct keymap components; /* id → struct signal_list */
	struct keymap proposals;  /* key → struct proposal_state */
	uint64_t corrections;     /* how many so far */
	bool drill;               /* the record is a drill's */
	struct listings *listings;
};

struct cell *fold_cell(const struct fold *fold, size_t index);
/* The cell of that seq, NULL when there is none; *index may be NULL. */
struct cell *fold_cell_by_seq(const struct fold *fold, uint64_t seq, size_t *index);
struct incident_state *fold_incident_state(const struct fold *fold, unsigned number);
/* Puts a signal where the timelines of its component find it. */
void timeline_signal(struct fold *fold, const char *component, size_t index);
/* Builds the incident's timeline unless it is up to date. */
void timeline_refresh(const struct fold *fold, struct incident_state *state);

/* Clean copies into fixed fields and owned strings. NULL and wrong types give "". */
void copy_clean(char *dst, size_t size, const char *src);
char *clean_lines(const char *src);
/* The first line of a text, cut to what a summary may have. */
char *first_line(const char *text);
/* "INC-7", "inc-7", "7" → 7; 0 when it is no incident's id. */
unsigned incident_number(const char *id);

/* One event on its way in. */
struct incoming {
	struct fold *fold;
	size_t index;
	const struct event *event;
	const struct json *data;         /* NULL: none, or it makes no sense */
	struct incident_state *incident; /* NULL: none, or not declared */
};

/* Values of its data. Absent ones and those of the wrong type are NULL, "" or false. */
const char *incoming_string(const struct incoming *in, const char *key);
void incoming_text(const struct incoming *in, const char *key, char *dst, size_t size);
bool incoming_i64(const struct incoming *in, const char *key, int64_t *out);
bool incoming_bool(const struct incoming *in, const char *key);
enum severity incoming_severity(const struct incoming *in);
/* Replaces a list of components by the one in the data; false when there is none. */
bool incoming_components(const struct incoming *in, char (**components)[96], size_t *count, size_t *capacity);
/* Adds one, cleaned, unless it is there or the list is full. */
void components_add(char (**components)[96], size_t *count, size_t *capacity, const char *id);
/* The proposal that the data names by its key. */
struct proposal_state *incoming_proposal(const struct incoming *in);
/* The open incident that took it, NULL when there is none. */
const struct incident_state *proposal_taker(const struct fold *fold, const struct proposal_state *proposal);
void proposal_take(struct incoming *in, struct proposal_state *proposal);
/* The report that waits under this seq, NULL when there is none. */
struct report_row *report_find(const struct fold *fold, uint64_t seq);
/* Answered reports leave the list when it is asked for the next time. */
void report_answer(struct fold *fold, uint64_t seq);
/* An event that stands in the incident's timeline whatever its components are. */
void incident_own(struct incident_state *state, size_t index);
void incident_forget_steps(struct incident *pub);
void incident_forget_updates(struct incident *pub);
/* What is approved: the SHA-256 of subject, newline, text. */
struct hash256 update_sha256(const char *subject, const char *text);
/* Frees what fold_step.c keeps of an incident. */
void incident_forget_work(struct incident *pub);

/* What any event of an incident tells: who is there, and when the last update went out. */
void room_heard(struct incoming *in);
/* Corrections of what stands in the lists of the room: a new text, and taking it back. */
void room_amended(struct incident_state *state, uint64_t seq, const char *text);
void room_retracted(struct incident_state *state, uint64_t seq);
void room_free(struct incident *pub);
/* The clocks begin to run: the incident was declared. */
void anchors_begin(struct incident *pub);
void anchors_enter(struct incident *pub, enum stage to, int64_t at_us);

/* What each kind of event changes. */
void rule_record_opened(struct incoming *in);
void rule_probe_change(struct incoming *in);
void rule_detector_proposed(struct incoming *in);
void rule_detector_changed(struct incoming *in);
void rule_detector_cleared(struct incoming *in);
void rule_proposal_dismissed(struct incoming *in);
void rule_proposal_attached(struct incoming *in);
void rule_report(struct incoming *in);
void rule_declared(struct incoming *in);
void rule_severity(struct incoming *in);
void rule_title(struct incoming *in);
void rule_stage(struct incoming *in);
void rule_closed(struct incoming *in);
void rule_reopened(struct incoming *in);
void rule_merged(struct incoming *in);
void rule_components(struct incoming *in);
void rule_impact(struct incoming *in);
void rule_role(struct incoming *in);
void rule_offered(struct incoming *in);
void rule_declined(struct incoming *in);
void rule_task(struct incoming *in);
void rule_task_opened(struct incoming *in);
void rule_decision(struct incoming *in);
void rule_hypothesis(struct incoming *in);
void rule_hypothesis_opened(struct incoming *in);
void rule_finding(struct incoming *in);
void rule_escalation(struct incoming *in);
void rule_escalation_requested(struct incoming *in);
void rule_clock_due(struct incoming *in);
void rule_clock_snoozed(struct incoming *in);
void rule_clock_step(struct incoming *in);
void rule_amended(struct incoming *in);
void rule_retracted(struct incoming *in);
void rule_redacted(struct incoming *in);
void rule_runbook(struct incoming *in);
void rule_step(struct incoming *in);
void rule_approval(struct incoming *in);
void rule_check(struct incoming *in);
void rule_check_overridden(struct incoming *in);
void rule_note(struct incoming *in);
void rule_evidence(struct incoming *in);
void rule_section(struct incoming *in);
void rule_action_item(struct incoming *in);
void rule_update_drafted(struct incoming *in);
void rule_update_discarded(struct incoming *in);
void rule_update_approved(struct incoming *in);
void rule_update_queued(struct incoming *in);
void rule_message(struct incoming *in);
void rule_message_choice(struct incoming *in);

#endif
