/* The clocks of an incident: what is due when, from what the record says and the time
 * that it is. Nothing here remembers anything: a reminder that was said is an event, so
 * that it is said once, by one console, whoever is restarted (incident reference 8). */
#ifndef TOCSIN_INCIDENT_CLOCK_H
#define TOCSIN_INCIDENT_CLOCK_H

#include "incident/act.h"
#include "incident/people.h"

extern const struct settings_def clocks_section;

/* [clocks], in microseconds; 0 is never. */
struct clocks {
	int64_t call_out_us;
	int64_t update_us[SEVERITY_UNSET]; /* by severity */
	int64_t outside_first_us, outside_scope_us, outside_every_us, outside_long_us, outside_slow_us;
	int64_t commander_us, severity_us, roles_us;
	char wanted[160]; /* the roles that are asked for, parted by blanks */
	int64_t task_us, task_reminder_us, to_do_us;
	int64_t offer_us;
	int64_t present_us, lapse_us;           /* of who acknowledged P0 and P1 */
	int64_t present_slow_us, lapse_slow_us; /* and all else */
	int64_t review_p0_us, review_us;
	int64_t review_p1_days; /* without weekends */
	int64_t watch_us;
	int64_t reopen_us;
	int64_t nags;            /* how often a reminder is said that nobody follows */
	bool escalate_by_itself; /* the ladder is climbed when a step is due; else people are reminded */
};
/* From a configuration's sections; the defaults where it has none. */
void clocks_read(const struct settings *sections, size_t count, struct clocks *out);

/* The gravest first. */
enum clock_kind {
	CLOCK_COMMANDER,
	CLOCK_UPDATE,
	CLOCK_OUTSIDE,
	CLOCK_ESCALATION,
	CLOCK_ANSWER,
	CLOCK_TASK,
	CLOCK_OFFER,
	CLOCK_REVIEW,
	CLOCK_PRESENCE,
	CLOCK_SEVERITY,
	CLOCK_ROLES,
	CLOCK_WATCH,
	CLOCK_CALL_OUT,
	CLOCK_KIND_COUNT,
};
const char *clock_kind_name(enum clock_kind kind); /* "update": in the record, and after :snooze */

/* A clock that runs. */
struct running {
	enum clock_kind kind;
	char target[48];     /* which of several: "T3", "team-lead", "" */
	char what[96];       /* "update", "tell Team lead" */
	int64_t due_us;      /* it is owed from then on; put off, the end of that */
	int64_t fires_us;    /* when the next reminder is said; 0: no more of them */
	int64_t instance_us; /* the time that this reminder is for */
	bool snoozed;        /* put off until due_us */
};
enum { RUNNING_MAX = 96 };
struct running_clocks {
	struct running items[RUNNING_MAX]; /* what is due first is first */
	size_t count;
};
void clocks_running(const struct incident *incident, const struct clocks *clocks, const struct people *people, int64_t now_us, struct running_clocks *out);
/* What the header shows: the gravest of what is overdue, else what is due next; NULL when
 * nothing is. *overdue receives how many are. */
const struct running *clocks_next(const struct running_clocks *running, int64_t now_us, size_t *overdue);
/* "update in 17 m", "update overdue 3 m"; short leaves the seconds out. */
enum { RUNNING_TEXT = 160 };
char *running_text(char dst[RUNNING_TEXT], const struct running *running, int64_t now_us);

/* Reminders that fell due since the record last heard of them, and what follows by itself:
 * acknowledgements that lapse, and the ladder when it climbs by itself. For the one console
 * that writes what the machine sees. */
void act_clocks(const struct fold *fold, const struct clocks *clocks, const struct people *people, int64_t now_us, struct drafts *out);

/* Puts a clock off for a while; its interval stays what it is. `which` is a clock's name or
 * its target ("update", "T3", "team-lead"); "" is the one that the header shows. */
enum status act_snooze(const struct fold *fold, const struct actor *who, const char *incident, const struct clocks *clocks, const struct people *people, const char *which, int64_t for_us, struct drafts *out, struct error *err) TOCSIN_CHECK;

#endif
