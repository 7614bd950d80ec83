/* What the verbs of `tocsin incident` share. */
#ifndef TOCSIN_CLI_INCIDENT_H
#define TOCSIN_CLI_INCIDENT_H

#include "cli/cli.h"

#include "base/json.h"
#include "incident/clock.h"

/* Everything a verb may have been given. */
struct call {
	const struct globals *globals;
	const struct verb *verb;
	const char **words; /* after the verb's name */
	int word_count;
	const char *severity, *title, *at, *reason, *owner, *scribe, *impact, *runbook, *from, *incident, *components, *stage, *due, *type, *note, *box, *for_how_long, *hash;
	bool as_json;
	struct store *store;
	struct fold *fold;
	struct actor who;
	struct drafts drafts;
	char confirmed[65];    /* the fingerprint that a person read and confirmed */
	char taken[TIME_TEXT]; /* the whole time that --at was read as, when it gave no date */
	char made[16];         /* the id of what was declared, told once it is durable */
	/* Of the configuration, or what is so without one. */
	struct clocks clocks;
	struct people people;
};

struct verb {
	const char *name;
	const char *args;
	int least, most; /* how many words it takes */
	bool reads;      /* writes nothing */
	enum status (*run)(struct call *call, struct error *err);
};
/* Roles, tasks, escalation and clocks; ends with name NULL. */
extern const struct verb incident_room_verbs[];
/* A second person's approvals; ends with name NULL. */
extern const struct verb incident_approve_verbs[];

enum status incident_print_json(void (*fill)(struct call *call, struct json_writer *w), struct call *call, struct error *err) TOCSIN_CHECK;
/* The incident of that id, NULL with err when there is none. */
const struct incident *incident_named(struct call *call, const char *id, struct error *err);

#endif
