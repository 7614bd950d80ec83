/* What people do in the war room besides the lifecycle: roles change hands, tasks are
 * given, what is decided, believed and found is written down, and others are told. As in
 * act.h, each returns STATUS_OK with drafts to append, or says why not and what would help. */
#ifndef TOCSIN_INCIDENT_ACT_ROOM_H
#define TOCSIN_INCIDENT_ACT_ROOM_H

#include "incident/act.h"
#include "incident/people.h"

/* --- roles ----------------------------------------------------------------------------- */

/* Offers a role that the actor holds, or that nobody holds, to somebody who accepts it or
 * not; it stands for `for_us`. summary may be NULL. */
enum status act_offer(const struct fold *fold, const struct actor *who, const char *incident, const char *role, const char *to, const char *summary, int64_t for_us, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* The actor takes what was offered to him, or not. role NULL: the only offer there is. */
enum status act_accept(const struct fold *fold, const struct actor *who, const char *incident, const char *role, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_decline(const struct fold *fold, const struct actor *who, const char *incident, const char *role, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* The open offer to that person, of that role unless it is NULL; NULL when there is none. */
const struct offer *offer_to(const struct incident *incident, const char *name, const char *role, int64_t now_us);

/* --- work ------------------------------------------------------------------------------- */

/* owner NULL: nobody yet; box_us is its time from now on. */
enum status act_task(const struct fold *fold, const struct actor *who, const char *incident, const char *text, const char *owner, int64_t box_us, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* task is "T3" or "3". box_us 0: its time stays. */
enum status act_task_assign(const struct fold *fold, const struct actor *who, const char *incident, const char *task, const char *owner, int64_t box_us, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* The note may be NULL, a reason for cancelling may not. */
enum status act_task_done(const struct fold *fold, const struct actor *who, const char *incident, const char *task, const char *note, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_task_cancel(const struct fold *fold, const struct actor *who, const char *incident, const char *task, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* objections may be NULL: nobody had strong ones. */
enum status act_decision(const struct fold *fold, const struct actor *who, const char *incident, const char *text, const char *objections, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_hypothesis(const struct fold *fold, const struct actor *who, const char *incident, const char *text, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* hypothesis is "H2" or "2". */
enum status act_hypothesis_close(const struct fold *fold, const struct actor *who, const char *incident, const char *hypothesis, bool confirmed, const char *evidence, struct drafts *out, struct error *err) TOCSIN_CHECK;
enum status act_finding(const struct fold *fold, const struct actor *who, const char *incident, const char *text, struct drafts *out, struct error *err) TOCSIN_CHECK;

/* --- escalation ---------------------------------------------------------------------------- */

/* Asks the persons of a step to come, one event for each: the outbox tells those who can be
 * told by a channel. `whom` is a step or a person; NULL or "" the step that is due next. */
enum status act_escalate(const struct fold *fold, const struct actor *who, const struct people *people, const char *incident, const char *whom, const char *reason, struct drafts *out, struct error *err) TOCSIN_CHECK;
/* The same by the machine, for a step whose time has come. False when it can reach nobody. */
bool act_escalate_due(const struct incident *incident, const struct people *people, const struct rung *rung, int64_t now_us, struct drafts *out);
/* `name` acknowledged, as somebody says who heard it; NULL or "": the actor, or else the only one who was
 * asked and did not answer. how ("by phone") may be NULL. */
enum status act_acknowledge(const struct fold *fold, const struct actor *who, const char *incident, const char *name, const char *how, struct drafts *out, struct error *err) TOCSIN_CHECK;

#endif
