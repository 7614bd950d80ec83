/* Updates and the messages by which they leave. */
#include "base/mem.h"
#include "base/text.h"
#include "incident/fold_state.h"
#include "incident/payload.h"
#include "incident/update.h"

#include <stdlib.h>
#include <string.h>

const char *update_state_name(enum update_state state)
{
	static const char *const names[] = {[UPDATE_DRAFT] = "draft", [UPDATE_APPROVED] = "approved", [UPDATE_DISCARDED] = "discarded"};
	return names[state];
}

const char *message_state_name(enum message_state state)
{
	static const char *const names[] = {
		[MESSAGE_QUEUED] = "queued",
		[MESSAGE_ATTEMPTED] = "sending",
		[MESSAGE_WAITING] = "waiting",
		[MESSAGE_SENT] = "sent",
		[MESSAGE_FAILED] = "failed",
		[MESSAGE_UNKNOWN] = "unknown",
		[MESSAGE_WITHDRAWN] = "withdrawn",
	};
	return names[state];
}

/* --- finding ---------------------------------------------------------------------------- */

static struct update_record *update_of(struct incident *pub, const char *id)
{
	for (size_t i = 0; id && i < pub->update_count; i++)
		if (strcmp(pub->updates[i].id, id) == 0)
			return &pub->updates[i];
	return NULL;
}

static struct message_record *message_of(struct incident *pub, const char *id)
{
	for (size_t i = 0; id && i < pub->message_count; i++)
		if (strcmp(pub->messages[i].id, id) == 0)
			return &pub->messages[i];
	return NULL;
}

const struct update_record *incident_update(const struct incident *incident, const char *id)
{
	const struct update_record *found = NULL;
	uint64_t number;
	if (!id || !id[0]) {
		for (size_t i = incident->update_count; i-- > 0;)
			if (incident->updates[i].state == UPDATE_DRAFT)
				return &incident->updates[i];
		return NULL;
	}
	if (strlen(id) < UPDATE_ID - 1 && decimal_u64(id, &number))
		return number >= 1 && number <= incident->update_count ? &incident->updates[number - 1] : NULL;
	for (size_t i = 0; i < incident->update_count; i++) {
		if (strncmp(incident->updates[i].id, id, strlen(id)) != 0)
			continue;
		if (found)
			return NULL;
		found = &incident->updates[i];
	}
	return found;
}

const struct message_record *fold_message(const struct fold *fold, const char *id, const struct incident **incident)
{
	const struct message_record *found = NULL;
	for (size_t i = 0; id && id[0] && i < fold->incident_count; i++) {
		const struct incident *pub = &fold->incidents[i]->pub;
		for (size_t k = 0; k < pub->message_count; k++) {
			if (strncmp(pub->messages[k].id, id, strlen(id)) != 0)
				continue;
			if (found)
				return NULL;
			found = &pub->messages[k];
			if (incident)
				*incident = pub;
		}
	}
	return found;
}

size_t incident_messages_stuck(const struct incident *incident)
{
	size_t count = 0;
	for (size_t i = 0; i < incident->message_count; i++)
		count += incident->messages[i].state == MESSAGE_FAILED || incident->messages[i].state == MESSAGE_UNKNOWN;
	return count;
}

void incident_forget_updates(struct incident *pub)
{
	for (size_t i = 0; i < pub->update_count; i++) {
		struct update_record *u = &pub->updates[i];
		free(u->subject);
		free(u->text);
		free(u->conditions);
		free(u->actions);
		free(u->needs);
	}
	for (size_t i = 0; i < pub->message_count; i++) {
		struct message_record *m = &pub->messages[i];
		free(m->title);
		free(m->subject);
		free(m->text);
		free(m->checkpoint);
	}
	free(pub->updates);
	free(pub->messages);
}

/* --- updates ------------------------------------------------------------------------------ */

static char *incoming_line(const struct incoming *in, const char *key)
{
	const char *said = incoming_string(in, key);
	return said && said[0] ? first_line(said) : NULL;
}

static void replace(char **slot, char *text)
{
	free(*slot);
	*slot = text;
}

/* "alice@ops1 pts/3" → "alice" */
static void actor_alone(char *dst, size_t size, const char *actor)
{
	text_format(dst, size, "%.*s", (int)strcspn(actor, "@"), actor);
}

void rule_update_drafted(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	char id[UPDATE_ID];
	incoming_text(in, "update", id, sizeof(id));
	struct update_record *update = update_of(pub, id);
	if (!id[0] || (!update && pub->update_count >= UPDATES_MAX) || (update && update->state != UPDATE_DRAFT))
		return;
	if (!update) {
		pub->updates = mem_grow(pub->updates, &in->incident->update_capacity, pub->update_count, sizeof(*pub->updates));
		update = &pub->updates[pub->update_count++];
		*update = (struct update_record){.number = (unsigned)pub->update_count};
		memcpy(update->id, id, sizeof(id));
	}
	update->seq = in->event->seq;
	update->drafted_us = in->event->occurred_us;
	incoming_text(in, "audience", update->audience, sizeof(update->audience));
	incoming_text(in, "stage", update->stage, sizeof(update->stage));
	actor_alone(update->by, sizeof(update->by), in->event->actor);
	replace(&update->subject, incoming_line(in, "subject"));
	replace(&update->conditions, incoming_line(in, "conditions"));
	replace(&update->actions, incoming_line(in, "actions"));
	replace(&update->needs, incoming_line(in, "needs"));
	mem_set(&update->text, in->event->body ? in->event->body : "");
	if (!incoming_i64(in, "next_us", &update->next_us) || update->next_us < 0)
		update->next_us = 0;
	if (!update->subject)
		update->subject = xstrdup("");
}

void rule_update_discarded(struct incoming *in)
{
	struct update_record *update = update_of(&in->incident->pub, incoming_string(in, "update"));
	if (update && update->state == UPDATE_DRAFT)
		update->state = UPDATE_DISCARDED;
}

struct hash256 update_sha256(const char *subject, const char *text)
{
	struct sha256_stream *stream = sha256_stream_new();
	sha256_stream_add(stream, subject, strlen(subject));
	sha256_stream_add(stream, "\n", 1);
	sha256_stream_add(stream, text, strlen(text));
	return sha256_stream_end(stream);
}

void rule_update_approved(struct incoming *in)
{
	struct update_record *update = update_of(&in->incident->pub, incoming_string(in, "update"));
	char hex[SHA256_TEXT];
	const char *approved = incoming_string(in, "sha256");
	if (!update || update->state != UPDATE_DRAFT || !approved)
		return;
	struct hash256 hash = update_sha256(update->subject, update->text);
	if (strcmp(approved, sha256_text(hex, &hash)) != 0)
		return;
	update->state = UPDATE_APPROVED;
	update->approved_us = in->event->occurred_us;
	actor_alone(update->approved_by, sizeof(update->approved_by), in->event->actor);
}

/* --- messages ------------------------------------------------------------------------------- */

/* True when this would tell the same twice: the update went this way already, or the page
 * is in this state already. Two who were quick must not be two messages. */
static bool told_already(const struct incident *pub, const struct message_record *m)
{
	for (size_t i = pub->message_count; i-- > 0;) {
		const struct message_record *old = &pub->messages[i];
		if (strcmp(old->channel, m->channel) != 0)
			continue;
		if (m->update[0] ? strcmp(old->update, m->update) == 0 : !old->update[0] && old->request == m->request)
			return m->update[0] || strcmp(old->action, m->action) == 0;
	}
	return false;
}

static void read_message(struct incoming *in, struct message_record *m)
{
	static const char *const names[] = {"message", "update", "channel", "kind", "action", "audience", "stage", "severity"};
	char *fields[] = {m->id, m->update, m->channel, m->kind, m->action, m->audience, m->stage, m->severity};
	const size_t sizes[] = {sizeof(m->id), sizeof(m->update), sizeof(m->channel), sizeof(m->kind), sizeof(m->action), sizeof(m->audience), sizeof(m->stage), sizeof(m->severity)};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		incoming_text(in, names[i], fields[i], sizes[i]);
	int64_t request = 0;
	incoming_text(in, "to", m->to, sizeof(m->to));
	if (incoming_i64(in, "request", &request) && request > 0)
		m->request = (uint64_t)request;
	if (!incoming_i64(in, "next_us", &m->next_us) || m->next_us < 0)
		m->next_us = 0;
}

void rule_update_queued(struct incoming *in)
{
	struct incident *pub = &in->incident->pub;
	struct message_record m = {.seq = in->event->seq, .queued_us = in->event->occurred_us, .at_us = in->event->occurred_us};
	read_message(in, &m);
	const struct update_record *update = update_of(pub, m.update);
	bool approved = !m.update[0] || (update && update->state == UPDATE_APPROVED);
	if (!m.id[0] || !m.channel[0] || !m.kind[0] || !approved || message_of(pub, m.id) || pub->message_count >= MESSAGES_MAX || told_already(pub, &m))
		return;
	const char *checkpoint = incoming_string(in, "checkpoint");
	m.title = incoming_line(in, "title");
	m.subject = incoming_line(in, "subject");
	m.checkpoint = clean_lines(checkpoint ? checkpoint : "");
	m.text = xstrdup(in->event->body ? in->event->body : "");
	if (!m.title)
		m.title = xstrdup("");
	if (!m.subject)
		m.subject = xstrdup(m.title);
	pub->messages = mem_grow(pub->messages, &in->incident->message_capacity, pub->message_count, sizeof(*pub->messages));
	pub->messages[pub->message_count++] = m;
}

static bool waits_for_person(const struct message_record *m)
{
	return m->state == MESSAGE_FAILED || m->state == MESSAGE_UNKNOWN;
}

/* What an attempt came to. News of an older attempt than the last come too late. */
static void take_result(struct incoming *in, struct message_record *m)
{
	int64_t attempt = 0, status = 0;
	(void)incoming_i64(in, "attempt", &attempt);
	bool begins = in->event->kind == EVENT_UPDATE_ATTEMPTED;
	bool open = m->state == MESSAGE_QUEUED || m->state == MESSAGE_ATTEMPTED || m->state == MESSAGE_WAITING || m->state == MESSAGE_UNKNOWN;
	if (!open || attempt < 0 || attempt > INT32_MAX || (begins ? attempt <= m->attempts : attempt != m->attempts))
		return;
	(void)incoming_i64(in, "status", &status);
	m->status = status > 0 && status < 1000 ? (int)status : 0;
	m->attempts = (unsigned)attempt;
	m->at_us = in->event->occurred_us;
	incoming_text(in, "why", m->why, sizeof(m->why));
	if (incoming_string(in, "remote"))
		incoming_text(in, "remote", m->remote, sizeof(m->remote));
	bool again = incoming_i64(in, "retry_us", &m->retry_us) && m->retry_us > 0;
	if (begins)
		m->state = MESSAGE_ATTEMPTED;
	else if (in->event->kind == EVENT_UPDATE_SENT)
		m->state = MESSAGE_SENT;
	else if (in->event->kind == EVENT_UPDATE_UNKNOWN)
		m->state = MESSAGE_UNKNOWN;
	else
		m->state = again ? MESSAGE_WAITING : MESSAGE_FAILED;
}

void rule_message(struct incoming *in)
{
	struct message_record *m = message_of(&in->incident->pub, incoming_string(in, "message"));
	if (m)
		take_result(in, m);
}

/* What a person chose for a message. */
void rule_message_choice(struct incoming *in)
{
	struct message_record *m = message_of(&in->incident->pub, incoming_string(in, "message"));
	enum event_kind kind = in->event->kind;
	if (!m)
		return;
	if (kind == EVENT_UPDATE_ANSWERED) {
		incoming_text(in, "by", m->answered_by, sizeof(m->answered_by));
		m->answered_us = in->event->occurred_us;
		return;
	}
	bool fits = waits_for_person(m) || (kind != EVENT_UPDATE_RESENT && (m->state == MESSAGE_QUEUED || m->state == MESSAGE_WAITING));
	if (!fits)
		return;
	m->at_us = in->event->occurred_us;
	m->retry_us = 0;
	m->why[0] = '\0';
	if (kind == EVENT_UPDATE_RESENT)
		m->state = MESSAGE_QUEUED;
	else if (kind == EVENT_UPDATE_ARRIVED)
		m->state = MESSAGE_SENT;
	else
		m->state = MESSAGE_WITHDRAWN;
	if (kind == EVENT_UPDATE_ARRIVED && incoming_string(in, "remote"))
		incoming_text(in, "remote", m->remote, sizeof(m->remote));
}
