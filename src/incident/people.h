/* Who can be told, and how: [person NAME] and [escalation STEP] of the configuration, and
 * the ladder of the Incident Response Runbook where none is configured. */
#ifndef TOCSIN_INCIDENT_PEOPLE_H
#define TOCSIN_INCIDENT_PEOPLE_H

#include "base/clock.h"
#include "base/settings.h"
#include "incident/fold.h"

extern const struct settings_def person_section;
extern const struct settings_def escalation_section;

/* How somebody can be told, the surest way first. What is said by phone or by hand is
 * said by a person; all else goes through the outbox. */
enum contact {
	CONTACT_PAGERDUTY,
	CONTACT_SLACK,
	CONTACT_EMAIL,
	CONTACT_PHONE,
	CONTACT_HAND,
	CONTACT_COUNT,
};
const char *contact_name(enum contact contact);          /* "pagerduty" */
bool contact_parse(const char *text, enum contact *out); /* by that name */

struct person {
	const char *name;                    /* as --as gives it: "alice" */
	const char *full_name;               /* the name where nothing is said */
	const char *roles;                   /* words parted by blanks: "on-call operations"; "" for none */
	const char *contacts[CONTACT_COUNT]; /* NULL: cannot be told so */
};

/* One step of the ladder. */
struct rung {
	const char *name;   /* "team-lead" */
	const char *title;  /* "Team lead" */
	const char *people; /* names of persons, or roles that persons have */
	const char *when;   /* "always", "p0", "p1", "p2", "security" */
	int64_t after_us;   /* since the declaration: told by then */
	int64_t wait_us;    /* for an acknowledgement, once told */
};

struct people {
	struct person *persons;
	size_t person_count;
	struct rung *rungs;
	size_t rung_count;
	bool reaches[CONTACT_COUNT]; /* a [channel] of that kind is configured */
};
/* From the sections of a configuration, which must outlive it. Free with people_free. */
void people_read(const struct settings *sections, size_t count, struct people *out);
void people_free(struct people *people);

/* By name, NULL when there is none. */
const struct person *people_find(const struct people *people, const char *name);
const struct rung *people_rung(const struct people *people, const char *name);
bool person_has_role(const struct person *person, const char *role);
/* The surest way to tell the person that also leads somewhere: a contact without a [channel]
 * of its kind is for people. CONTACT_HAND when there is none. */
enum contact person_contact(const struct people *people, const struct person *person);
/* The i-th person of a step, NULL past the last. */
const struct person *rung_person(const struct people *people, const struct rung *rung, size_t i);
/* Whether the step is for an incident like this: by its severity, or because it is one of security. */
bool rung_applies(const struct rung *rung, const struct incident *incident);
/* In words why, or why not: "P0 and P1", "security only". */
const char *rung_when(const struct rung *rung);
/* The last request to this step, NULL when it was not told. */
const struct escalation *rung_told(const struct rung *rung, const struct incident *incident);
/* Whether it applies and nobody was told yet. Whoever took command answers for the engineer
 * on call, and for a step that names him. */
bool rung_is_owed(const struct people *people, const struct rung *rung, const struct incident *incident);
/* Of the steps that are owed the one that is due first; NULL when there is none. */
const struct rung *people_next_rung(const struct people *people, const struct incident *incident);

#endif
