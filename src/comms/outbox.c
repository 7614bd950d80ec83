#include "comms/outbox.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/checkpoint.h"

#include <stdlib.h>
#include <string.h>

enum {
	PAUSE_S = 5,
	PAUSE_MAX_S = 600,
	TEXT_BYTES_MAX = 4096,
};
/* Pause before what the record refused is tried again. */
#define RECORD_AGAIN_US (2 * US_PER_S)

enum job_state {
	JOB_BEGINS,  /* its attempt is on the way into the record */
	JOB_SENDING, /* it left, or is about to */
	JOB_ENDED,   /* the record refused what came of it */
	JOB_RECORDS, /* and is on the way there */
};

/* One attempt of one message. */
struct job {
	struct outbox *outbox;
	struct job *next;
	char incident[16], message[UPDATE_ID];
	unsigned attempt;
	enum job_state state;
	struct fate fate;
	int64_t again_us; /* ENDED: not before this */
};

struct outbox {
	const struct channels *channels;
	struct transport *transport;
	const struct fold *fold;
	const struct people *people;
	const char *network, *origin;
	struct outbox_host host;
	struct job *jobs;
	bool pages_wait; /* pages are on the way into the record */
	int64_t now_us;  /* of the last tick */
};

struct outbox *outbox_new(const struct channels *channels, struct transport *transport, const struct fold *fold, const struct people *people, const char *network, const char *origin, const struct outbox_host *host)
{
	struct outbox *o = xcalloc(1, sizeof(*o));
	*o = (struct outbox){.channels = channels, .transport = transport, .fold = fold, .people = people, .network = network, .origin = origin, .host = *host};
	return o;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	while (o->jobs) {
		struct job *job = o->jobs;
		o->jobs = job->next;
		free(job);
	}
	free(o);
}

void outbox_stop(struct outbox *o)
{
	o->transport = NULL;
}

bool outbox_busy(const struct outbox *o)
{
	return o->jobs || o->pages_wait;
}

int64_t outbox_pause_us(unsigned attempts)
{
	int64_t s = PAUSE_S;
	while (attempts-- > 1 && s < PAUSE_MAX_S)
		s *= 2;
	return (s < PAUSE_MAX_S ? s : PAUSE_MAX_S) * US_PER_S;
}

/* --- jobs ----------------------------------------------------------------------------------- */

static struct job *job_of(const struct outbox *o, const char *message)
{
	for (struct job *job = o->jobs; job; job = job->next)
		if (strcmp(job->message, message) == 0)
			return job;
	return NULL;
}

static struct job *job_new(struct outbox *o, const struct incident *incident, const struct message_record *m, unsigned attempt)
{
	struct job *job = xcalloc(1, sizeof(*job));
	*job = (struct job){.outbox = o, .next = o->jobs, .attempt = attempt};
	memcpy(job->incident, incident->id, sizeof(job->incident));
	memcpy(job->message, m->id, sizeof(job->message));
	o->jobs = job;
	return job;
}

static void job_free(struct job *job)
{
	struct job **slot = &job->outbox->jobs;
	while (*slot != job)
		slot = &(*slot)->next;
	*slot = job->next;
	free(job);
}

static const struct message_record *message_of(const struct job *job, const struct incident **incident)
{
	return fold_message(job->outbox->fold, job->message, incident);
}

/* --- what came of it, into the record ------------------------------------------------------------ */

static void result_recorded(void *arg, enum status status, const struct error *err)
{
	struct job *job = arg;
	(void)err; /* who keeps the record says so */
	if (status == STATUS_OK) {
		job_free(job);
		return;
	}
	/* It must not be forgotten: without it nobody would know whether it left. */
	job->state = JOB_ENDED;
	job->again_us = job->outbox->now_us + RECORD_AGAIN_US;
}

static void say_result(struct outbox *o, const struct message_record *m, const struct message_result *r)
{
	char line[400];
	if (r->state == MESSAGE_FAILED)
		text_format(line, sizeof(line), "message %s by %s FAILED: %s (it is not tried again; :outbox)", m->id, m->channel, r->why);
	else if (r->state == MESSAGE_UNKNOWN)
		text_format(line, sizeof(line), "message %s by %s may have arrived or not: %s (look there, then choose in :outbox)", m->id, m->channel, r->why);
	else if (r->state == MESSAGE_WAITING)
		text_format(line, sizeof(line), "message %s by %s did not arrive: %s (it is tried again)", m->id, m->channel, r->why);
	else
		text_format(line, sizeof(line), "message %s arrived by %s", m->id, m->channel);
	o->host.say(o->host.arg, r->state == MESSAGE_SENT ? 0 : r->state == MESSAGE_WAITING ? 1
											    : 2,
		    line);
}

static struct message_result result_of(const struct job *job, const struct message_record *m, const char *why, int64_t now_us)
{
	const struct fate *v = &job->fate;
	struct message_result r = {.state = v->state, .attempt = job->attempt, .status = v->status, .why = why, .remote = v->remote};
	if (r.state != MESSAGE_WAITING)
		return r;
	int64_t pause_us = outbox_pause_us(job->attempt);
	if (v->after_s * US_PER_S > pause_us)
		pause_us = v->after_s * US_PER_S;
	r.retry_us = now_us + pause_us;
	if (now_us - m->queued_us >= OUTBOX_GIVE_UP_US)
		r.state = MESSAGE_FAILED;
	return r;
}

static void record_result(struct job *job)
{
	struct outbox *o = job->outbox;
	const struct incident *incident;
	const struct message_record *m = message_of(job, &incident);
	struct drafts drafts;
	if (!m) {
		job_free(job);
		return;
	}
	char *why = o->host.mask(o->host.arg, job->fate.why);
	struct message_result result = result_of(job, m, why, o->now_us);
	drafts_init(&drafts);
	act_message_result(incident, m, &result, o->now_us, &drafts);
	job->state = JOB_RECORDS;
	if (job->again_us == 0)
		say_result(o, m, &result);
	if (o->host.append(o->host.arg, &drafts, result_recorded, job) != STATUS_OK)
		result_recorded(job, STATUS_IO, NULL);
	drafts_free(&drafts);
	free(why);
}

/* --- sending ---------------------------------------------------------------------------------------- */

static void sent(void *arg, const struct fate *fate)
{
	struct job *job = arg;
	job->fate = *fate;
	record_result(job);
}

static void fail(struct job *job, const char *why)
{
	job->fate = (struct fate){.state = MESSAGE_FAILED};
	text_format(job->fate.why, sizeof(job->fate.why), "%s", why);
	record_result(job);
}

/* The attempt is durable: now it may leave. */
static void attempt_recorded(void *arg, enum status status, const struct error *err)
{
	struct job *job = arg;
	struct outbox *o = job->outbox;
	const struct incident *incident;
	const struct message_record *m = message_of(job, &incident);
	(void)err;
	/* Another one may have been quicker, or a person withdrew it. */
	if (status != STATUS_OK || !o->transport || !m || m->state != MESSAGE_ATTEMPTED || m->attempts != job->attempt) {
		job_free(job);
		return;
	}
	const struct channel *channel = channels_find(o->channels, m->channel);
	if (!channel || strcmp(channel->kind->name, m->kind) != 0) {
		fail(job, channel ? "this channel is of another kind in the configuration of the machine that sends" : "there is no such channel in the configuration of the machine that sends");
		return;
	}
	const struct letter letter = letter_of(o->fold, incident, m, o->network, o->origin);
	job->state = JOB_SENDING;
	transport_send(o->transport, channel, &letter, sent, job);
}

static void begin(struct outbox *o, const struct incident *incident, const struct message_record *m)
{
	struct job *job = job_new(o, incident, m, m->attempts + 1);
	struct message_result result = {.state = MESSAGE_ATTEMPTED, .attempt = job->attempt};
	struct drafts drafts;
	drafts_init(&drafts);
	act_message_result(incident, m, &result, o->now_us, &drafts);
	if (o->host.append(o->host.arg, &drafts, attempt_recorded, job) != STATUS_OK)
		job_free(job);
	drafts_free(&drafts);
}

/* An attempt of somebody who ended before its answer was recorded. */
static void adopt(struct outbox *o, const struct incident *incident, const struct message_record *m)
{
	const struct channel_kind *kind = channel_kind(m->kind);
	struct job *job = job_new(o, incident, m, m->attempts);
	job->fate.state = kind && kind->repeatable ? MESSAGE_WAITING : MESSAGE_UNKNOWN;
	text_format(job->fate.why, sizeof(job->fate.why), "the program that sent it ended before the answer was recorded");
	record_result(job);
}

/* --- what is due --------------------------------------------------------------------------------------- */

static bool is_open(const struct message_record *m)
{
	return m->state == MESSAGE_QUEUED || m->state == MESSAGE_ATTEMPTED || m->state == MESSAGE_WAITING;
}

/* Messages of an incident keep their order on a channel. On a status page, those after one
 * whose fate is unknown need its id there: they wait for a person too. */
static bool must_wait(const struct incident *incident, size_t i)
{
	const struct message_record *m = &incident->messages[i];
	for (size_t k = 0; k < i; k++) {
		const struct message_record *before = &incident->messages[k];
		if (strcmp(before->channel, m->channel) != 0)
			continue;
		if (is_open(before) || (before->state == MESSAGE_UNKNOWN && strcmp(m->kind, "statuspage") == 0))
			return true;
	}
	return false;
}

/* A retry time that lies further ahead than any pause was written by a clock that is wrong. */
static bool is_due(const struct message_record *m, int64_t now_us)
{
	return m->state == MESSAGE_QUEUED || m->retry_us <= now_us || m->retry_us - now_us > US_PER_DAY;
}

static bool is_orphan(const struct message_record *m, int64_t now_us)
{
	return now_us - m->at_us >= OUTBOX_ORPHAN_US || m->at_us - now_us > OUTBOX_ORPHAN_US;
}

static void look_at(struct outbox *o, const struct incident *incident, size_t i)
{
	const struct message_record *m = &incident->messages[i];
	if (!is_open(m) || job_of(o, m->id) || must_wait(incident, i))
		return;
	if (m->state == MESSAGE_ATTEMPTED) {
		if (is_orphan(m, o->now_us))
			adopt(o, incident, m);
	} else if (is_due(m, o->now_us)) {
		begin(o, incident, m);
	}
}

/* --- pages ------------------------------------------------------------------------------------------------ */

static const struct message_record *last_page(const struct incident *incident, const struct channel *channel)
{
	for (size_t i = incident->message_count; i-- > 0;) {
		const struct message_record *m = &incident->messages[i];
		if (!m->update[0] && !m->request && strcmp(m->channel, channel->name) == 0)
			return m;
	}
	return NULL;
}

/* What the channel should be told of the incident next, NULL: nothing. */
static const char *page_due(const struct incident *incident, const struct channel *channel)
{
	const struct message_record *last = last_page(incident, channel);
	bool open = incident_is_open(incident) && incident->stage != STAGE_REVIEW;
	bool rings = last && strcmp(last->action, "resolve") != 0;
	if (!open)
		return rings && channel_pages(channel, "resolve", SEVERITY_UNSET) ? "resolve" : NULL;
	if (!rings)
		return incident->severity != SEVERITY_UNSET && channel_pages(channel, "declare", incident->severity) ? "trigger" : NULL;
	if (strcmp(last->action, "trigger") == 0 && incident->owner[0] && channel_pages(channel, "acknowledge", SEVERITY_UNSET))
		return "acknowledge";
	return NULL;
}

static void page(struct outbox *o, const struct incident *incident, const struct channel *channel, const char *action, struct drafts *out)
{
	char subject[300], checkpoint[CHECKPOINT_TEXT];
	struct buf text;
	buf_init(&text, TEXT_BYTES_MAX);
	text_format(subject, sizeof(subject), "[%s] %s %s", severity_name(incident->severity), incident->id, incident->title);
	buf_printf(&text, "%s: %s\n", incident->id, incident->title);
	for (size_t i = 0; i < incident->component_count && i < 20; i++)
		buf_printf(&text, "affects %s\n", incident->components[i]);
	if (incident->impact)
		buf_printf(&text, "impact: %s\n", incident->impact);
	if (incident->owner[0])
		buf_printf(&text, "in command: %s\n", incident->owner);
	o->host.checkpoint(o->host.arg, checkpoint, sizeof(checkpoint));
	const struct way_out way = {.channel = channel->name, .kind = channel->kind->name, .action = action};
	act_message_queue(incident, &way, subject, buf_text(&text), checkpoint, 0, NULL, o->now_us, out);
	buf_free(&text);
}

/* --- asking people to come ------------------------------------------------------------------------------------ */

static const struct message_record *request_message(const struct incident *incident, uint64_t request, const char *action)
{
	for (size_t i = incident->message_count; i-- > 0;)
		if (incident->messages[i].request == request && strcmp(incident->messages[i].action, action) == 0)
			return &incident->messages[i];
	return NULL;
}

static const struct channel *channel_of_kind(const struct outbox *o, const char *kind)
{
	for (size_t i = 0; i < o->channels->count; i++)
		if (strcmp(o->channels->items[i].kind->name, kind) == 0)
			return &o->channels->items[i];
	return NULL;
}

/* Queues what tells the person of an escalation, unless people tell him, or it was queued. */
static void ask_to_come(struct outbox *o, const struct incident *incident, const struct escalation *e, struct drafts *out)
{
	const struct person *person = people_find(o->people, e->person);
	const struct channel *channel = channel_of_kind(o, e->channel);
	enum contact contact;
	char subject[300], text[600], checkpoint[CHECKPOINT_TEXT];
	if (!person || !channel || !contact_parse(e->channel, &contact) || !person->contacts[contact])
		return;
	const char *action = channel->kind->pages ? "trigger" : "post";
	if (e->sent_us || e->failed_us || request_message(incident, e->seq, action))
		return;
	text_format(subject, sizeof(subject), "[%s] %s %s: %s is asked to come", severity_name(incident->severity), incident->id, incident->title, person->full_name);
	text_format(text, sizeof(text), "%s, you are asked to come to %s: %s.%s%s\nIn command: %s.", person->full_name, incident->id, incident->title, e->reason[0] ? "\nWhy: " : "", e->reason, incident->owner[0] ? incident->owner : "nobody yet");
	o->host.checkpoint(o->host.arg, checkpoint, sizeof(checkpoint));
	const struct way_out way = {.channel = channel->name, .kind = channel->kind->name, .action = action};
	act_message_queue(incident, &way, subject, text, checkpoint, e->seq, person->contacts[contact], o->now_us, out);
}

/* A pager that rang for a person falls silent when it is over. */
static void end_asking(struct outbox *o, const struct incident *incident, const struct escalation *e, struct drafts *out)
{
	const struct message_record *rang = request_message(incident, e->seq, "trigger");
	if (!rang || rang->state == MESSAGE_WITHDRAWN || request_message(incident, e->seq, "resolve"))
		return;
	const struct way_out way = {.channel = rang->channel, .kind = rang->kind, .action = "resolve"};
	act_message_queue(incident, &way, rang->subject, rang->text, "", e->seq, rang->to, o->now_us, out);
}

static void find_requests(struct outbox *o, const struct incident *incident, struct drafts *out)
{
	bool open = incident_is_open(incident) && incident->stage != STAGE_REVIEW;
	for (size_t i = 0; i < incident->escalation_count; i++) {
		if (open)
			ask_to_come(o, incident, &incident->escalations[i], out);
		else
			end_asking(o, incident, &incident->escalations[i], out);
	}
}

static void pages_recorded(void *arg, enum status status, const struct error *err)
{
	struct outbox *o = arg;
	(void)status; /* what was refused is found due again */
	(void)err;
	o->pages_wait = false;
}

static void find_pages(struct outbox *o)
{
	struct drafts drafts;
	if (o->pages_wait)
		return;
	drafts_init(&drafts);
	for (size_t i = 0; i < fold_incident_count(o->fold); i++) {
		const struct incident *incident = fold_incident_at(o->fold, i);
		for (size_t k = 0; k < o->channels->count; k++) {
			const char *action = o->channels->items[k].kind->pages ? page_due(incident, &o->channels->items[k]) : NULL;
			if (action)
				page(o, incident, &o->channels->items[k], action, &drafts);
		}
		find_requests(o, incident, &drafts);
	}
	if (drafts.count > 0) {
		o->pages_wait = true;
		if (o->host.append(o->host.arg, &drafts, pages_recorded, o) != STATUS_OK)
			o->pages_wait = false;
	}
	drafts_free(&drafts);
}

void outbox_tick(struct outbox *o, int64_t now_us, bool may_send)
{
	o->now_us = now_us;
	for (struct job *job = o->jobs, *next; job; job = next) {
		next = job->next;
		if (job->state == JOB_ENDED && job->again_us <= now_us)
			record_result(job);
	}
	if (!may_send)
		return;
	find_pages(o);
	/* In a drill pages stand in the outbox like all else, and nothing takes them away. */
	if (!o->transport)
		return;
	for (size_t i = 0; i < fold_incident_count(o->fold); i++) {
		const struct incident *incident = fold_incident_at(o->fold, i);
		for (size_t k = 0; k < incident->message_count; k++)
			look_at(o, incident, k);
	}
}
