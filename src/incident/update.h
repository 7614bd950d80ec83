/* Updates that people approve, and the messages by which they leave: what the record
 * knows of both, and what people do with them (incident reference 3.6). */
#ifndef TOCSIN_INCIDENT_UPDATE_H
#define TOCSIN_INCIDENT_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum update_state {
	UPDATE_DRAFT,
	UPDATE_APPROVED,
	UPDATE_DISCARDED,
};
const char *update_state_name(enum update_state state); /* "draft" */

/* Ids are made by who drafts, from what is drafted: six characters, the same for the
 * same words at the same time, so that nothing is queued twice by two who are quick. */
enum { UPDATE_ID = 7 };

struct update_record {
	char id[UPDATE_ID];
	unsigned number; /* in the incident, from 1 */
	uint64_t seq;    /* of its newest draft */
	enum update_state state;
	char audience[24];
	char stage[16]; /* of the incident when it was drafted */
	char *subject, *text;
	char *conditions, *actions, *needs; /* what the text was made of; NULL: not said */
	char by[64], approved_by[64];
	int64_t drafted_us, approved_us; /* approved_us 0: not yet */
	int64_t next_us;                 /* when the next one is promised, 0: not said */
};

enum message_state {
	MESSAGE_QUEUED,    /* durable; nothing has left */
	MESSAGE_ATTEMPTED, /* it may be on its way: the answer is not recorded */
	MESSAGE_WAITING,   /* it did not arrive, and is tried again */
	MESSAGE_SENT,
	MESSAGE_FAILED,  /* it did not arrive, and is not tried again */
	MESSAGE_UNKNOWN, /* the answer was lost: a person chooses */
	MESSAGE_WITHDRAWN,
};
const char *message_state_name(enum message_state state); /* "queued" */

/* One message by one channel. */
struct message_record {
	char id[UPDATE_ID];
	char update[UPDATE_ID]; /* "": it goes out by itself */
	char channel[32];       /* of the configuration */
	char kind[16];          /* of that channel: "slack" */
	char action[16];        /* "post", "trigger", "acknowledge", "resolve" */
	char audience[24], stage[16], severity[8];
	char to[160];     /* the contact of the person whom it asks to come, "": everybody there */
	uint64_t request; /* seq of the escalation that it tells, 0: none */
	char *title, *subject, *text;
	char *checkpoint; /* the three lines that leave with it, "" when there were none */
	int64_t next_us;
	uint64_t seq; /* of its update.queued */
	enum message_state state;
	unsigned attempts;
	int64_t queued_us, at_us; /* at_us: of its newest event */
	int64_t retry_us;         /* WAITING: not before this */
	int status;               /* what the peer answered last, 0: nothing */
	char why[200];
	char remote[80]; /* what the peer calls it */
	char answered_by[64];
	int64_t answered_us;
};

struct fold;
struct incident;
struct actor;
struct drafts;

/* By id, unique beginnings count, or by number ("3"); "" is the newest draft. NULL when
 * there is none. */
const struct update_record *incident_update(const struct incident *incident, const char *id);
/* A message of any incident by its id; unique beginnings count. *incident may be NULL. */
const struct message_record *fold_message(const struct fold *fold, const char *id, const struct incident **incident);
/* How many messages of the incident wait for a person: failed and unknown ones. */
size_t incident_messages_stuck(const struct incident *incident);

/* --- what people do ------------------------------------------------------------------ */

struct update_text {
	const char *id; /* of the update that this revises, NULL: a new one */
	const char *audience;
	const char *subject, *text;
	const char *conditions, *actions, *needs; /* may be NULL */
	int64_t next_us;                          /* 0: not said */
};
/* `id` receives the update's id. */
enum status act_update(const struct fold *fold, const struct actor *who, const char *incident, const struct update_text *update, char id[UPDATE_ID], struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_update_discard(const struct fold *fold, const struct actor *who, const char *incident, const char *id, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;

/* A way out for one message. */
struct way_out {
	const char *channel, *kind;
	const char *action; /* NULL: "post" */
};
/* Approves the text of a draft as it stands in `update` (its id is in the record, or in
 * drafts of the same append) and queues one message for each way out. Nobody approves
 * what he did not see: when the record has other words by then, none of it counts. */
enum status act_update_approve(const struct fold *fold, const struct actor *who, const char *incident, const struct update_text *update, const struct way_out *ways, size_t count, const char *checkpoint, struct drafts *out, struct error *err) TOCSIN_CHECK;

/* Both at once: drafts the words, and with `approve` approves and queues them. A draft in the
 * record with the same words is only approved. */
enum status act_update_send(const struct fold *fold, const struct actor *who, const char *incident, const struct update_text *update, bool approve, const struct way_out *ways, size_t count, const char *checkpoint, struct drafts *out, struct error *err) TOCSIN_CHECK;

/* For what failed or is unknown: to be sent again; it did arrive (`remote`: what the peer
 * calls it, may be NULL); it is given up. */
enum status act_message_resend(const struct fold *fold, const struct actor *who, const char *id, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_message_arrived(const struct fold *fold, const struct actor *who, const char *id, const char *remote, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_message_withdraw(const struct fold *fold, const struct actor *who, const char *id, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* Somebody acknowledged it, where the channel does not tell. `by` NULL: the actor. */
enum status act_message_answered(const struct fold *fold, const struct actor *who, const char *id, const char *by, struct drafts *out, struct error *err) TOCSIN_CHECK;

/* --- what the machine does -------------------------------------------------------------- */

/* Queues what goes out by itself: a page of the incident by one channel. `request` and `to`
 * are those of an escalation, 0 and NULL of none. */
void act_message_queue(const struct incident *incident, const struct way_out *way, const char *subject, const char *text, const char *checkpoint, uint64_t request, const char *to, int64_t now_us, struct drafts *out);
/* What became of an attempt: MESSAGE_ATTEMPTED before it, then MESSAGE_SENT, _WAITING (with
 * retry_us), _FAILED or _UNKNOWN. */
struct message_result {
	enum message_state state;
	unsigned attempt;
	int status; /* 0: no answer */
	const char *why, *remote;
	int64_t retry_us;
};
/* The escalation that it tells learns of it too. */
void act_message_result(const struct incident *incident, const struct message_record *message, const struct message_result *result, int64_t now_us, struct drafts *out);

#endif
