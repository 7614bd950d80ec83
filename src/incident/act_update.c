/* Updates: drafted, approved, queued; and what people do when a message got stuck. */
#include "incident/update.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/drafting.h"
#include "incident/fold_state.h"
#include "incident/payload.h"

#include <stdio.h>
#include <string.h>

static const struct input reason_input = {.what = "reason", .limit = REASON_BYTES, .cure = "a few words why", .optional = true};

/* --- ids -------------------------------------------------------------------------------- */

/* Six characters of Crockford's alphabet in lower case, without those that look alike. */
static char *make_id(char dst[UPDATE_ID], const char *const *parts, size_t count, int64_t now_us)
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
	struct sha256_stream *stream = sha256_stream_new();
	for (size_t i = 0; i < count; i++)
		sha256_stream_add(stream, parts[i] ? parts[i] : "", parts[i] ? strlen(parts[i]) + 1 : 1);
	sha256_stream_add(stream, &now_us, sizeof(now_us));
	struct hash256 hash = sha256_stream_end(stream);
	for (size_t i = 0; i < UPDATE_ID - 1; i++)
		dst[i] = alphabet[hash.bytes[i] % 32];
	/* A letter first, so that it is never taken for a number. */
	dst[0] = alphabet[10 + hash.bytes[0] % 22];
	dst[UPDATE_ID - 1] = '\0';
	return dst;
}

/* --- drafting ----------------------------------------------------------------------------- */

static enum status clean_update(const struct update_text *update, struct update_text *out, struct drafts *drafts, struct error *err)
{
	static const struct input audience = {.what = "audience", .limit = 23, .cure = "technical, management or public"};
	static const struct input subject = {.what = "subject", .limit = 200, .cure = "one line that says it all"};
	static const struct input text = {.what = "update", .limit = TEXT_BYTES, .cure = "what is said", .lines = true};
	static const struct input part = {.what = "update", .limit = REASON_BYTES, .cure = "what is said", .optional = true};
	*out = *update;
	enum status status = input_text(drafts, &audience, update->audience, &out->audience, err);
	if (status == STATUS_OK)
		status = input_text(drafts, &subject, update->subject, &out->subject, err);
	if (status == STATUS_OK)
		status = input_text(drafts, &text, update->text, &out->text, err);
	if (status == STATUS_OK)
		status = input_text(drafts, &part, update->conditions, &out->conditions, err);
	if (status == STATUS_OK)
		status = input_text(drafts, &part, update->actions, &out->actions, err);
	if (status == STATUS_OK)
		status = input_text(drafts, &part, update->needs, &out->needs, err);
	return status;
}

static enum status need_draft(const struct incident *incident, const char *id, const struct update_record **out, struct error *err)
{
	*out = incident_update(incident, id);
	if (!*out)
		return error_set(err, STATUS_NOT_FOUND, "%s: %s has no such draft of an update (:outbox shows them)", id && id[0] ? id : "update", incident->id);
	if ((*out)->state != UPDATE_DRAFT)
		return error_set(err, STATUS_REFUSED, "update %u of %s: it is %s already (draft another one)", (*out)->number, incident->id, update_state_name((*out)->state));
	return STATUS_OK;
}

enum status act_update(const struct fold *fold, const struct actor *who, const char *incident, const struct update_text *update, char id[UPDATE_ID], struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct update_record *old = NULL;
	struct update_text clean;
	/* Closed is fine: that it is over may be the news. */
	enum status status = need_incident(fold, incident, NEED_ANY, &target, err);
	if (status == STATUS_OK && update->id)
		status = need_draft(target, update->id, &old, err);
	if (status == STATUS_OK)
		status = clean_update(update, &clean, out, err);
	if (status != STATUS_OK)
		return status;
	const char *const parts[] = {target->id, who->name, who->where, clean.audience, clean.subject, clean.text};
	if (old)
		memcpy(id, old->id, UPDATE_ID);
	else
		make_id(id, parts, ARRAY_LENGTH(parts), who->now_us);
	struct draft *draft = drafts_add(out, EVENT_UPDATE_DRAFTED, who, target);
	draft_summary(out, draft, "%s update for %s: %s", old ? "revised" : "drafted", clean.audience, clean.subject);
	draft->body = clean.text;
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "update", id);
	payload_string(&data, "audience", clean.audience);
	payload_string(&data, "stage", stage_name(target->stage));
	payload_string(&data, "subject", clean.subject);
	payload_string(&data, "conditions", clean.conditions);
	payload_string(&data, "actions", clean.actions);
	payload_string(&data, "needs", clean.needs);
	if (clean.next_us > 0)
		json_put_i64(&data.w, "next_us", clean.next_us);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

enum status act_update_discard(const struct fold *fold, const struct actor *who, const char *incident, const char *id, const char *reason, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct update_record *update;
	enum status status = need_incident(fold, incident, NEED_ANY, &target, err);
	if (status == STATUS_OK)
		status = need_draft(target, id, &update, err);
	if (status == STATUS_OK)
		status = input_text(out, &reason_input, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = drafts_add(out, EVENT_UPDATE_DISCARDED, who, target);
	draft_summary(out, draft, "discarded the draft of update %u: %s", update->number, update->subject);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "update", update->id);
	payload_string(&data, "reason", reason);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* --- approving --------------------------------------------------------------------------------- */

static void put_message(struct payload *data, const char *id, const struct incident *incident, const struct way_out *way)
{
	payload_begin(data);
	payload_string(data, "message", id);
	payload_string(data, "channel", way->channel);
	payload_string(data, "kind", way->kind);
	payload_string(data, "action", way->action ? way->action : "post");
	payload_string(data, "stage", stage_name(incident->stage));
	payload_string(data, "severity", incident->severity == SEVERITY_UNSET ? NULL : severity_name(incident->severity));
	payload_string(data, "title", incident->title);
}

static void queue_update(const struct actor *who, const struct incident *incident, const struct update_text *update, const struct way_out *way, const char *checkpoint, struct drafts *out)
{
	char id[UPDATE_ID];
	const char *const parts[] = {incident->id, update->id, way->channel};
	make_id(id, parts, ARRAY_LENGTH(parts), who->now_us);
	struct draft *draft = drafts_add(out, EVENT_UPDATE_QUEUED, who, incident);
	draft_summary(out, draft, "queued for %s (%s), message %s: %s", way->channel, way->kind, id, update->subject);
	draft->body = update->text;
	struct payload data;
	put_message(&data, id, incident, way);
	payload_string(&data, "update", update->id);
	payload_string(&data, "audience", update->audience);
	payload_string(&data, "subject", update->subject);
	payload_string(&data, "checkpoint", checkpoint);
	if (update->next_us > 0)
		json_put_i64(&data.w, "next_us", update->next_us);
	payload_end(&data, out, draft);
}

enum status act_update_approve(const struct fold *fold, const struct actor *who, const char *incident, const struct update_text *update, const struct way_out *ways, size_t count, const char *checkpoint, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct update_record *old = NULL;
	struct update_text clean;
	char hex[SHA256_TEXT];
	enum status status = need_incident(fold, incident, NEED_ANY, &target, err);
	if (status == STATUS_OK && incident_update(target, update->id))
		status = need_draft(target, update->id, &old, err);
	if (status == STATUS_OK)
		status = clean_update(update, &clean, out, err);
	if (status != STATUS_OK)
		return status;
	struct hash256 hash = update_sha256(clean.subject, clean.text);
	struct draft *draft = drafts_add(out, EVENT_UPDATE_APPROVED, who, target);
	draft_summary(out, draft, "approved update for %s: %s", clean.audience, clean.subject);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "update", update->id);
	payload_string(&data, "sha256", sha256_text(hex, &hash));
	payload_end(&data, out, draft);
	for (size_t i = 0; i < count; i++)
		queue_update(who, target, &clean, &ways[i], checkpoint, out);
	return STATUS_OK;
}

static bool same_words(const struct update_record *old, const struct update_text *update)
{
	return strcmp(old->audience, update->audience) == 0 && strcmp(old->subject, update->subject) == 0 && strcmp(old->text, update->text) == 0;
}

enum status act_update_send(const struct fold *fold, const struct actor *who, const char *incident, const struct update_text *update, bool approve, const struct way_out *ways, size_t count, const char *checkpoint, struct drafts *out, struct error *err)
{
	struct update_text full = *update;
	char id[UPDATE_ID];
	const struct incident *target = fold_incident(fold, incident);
	const struct update_record *old = target && update->id ? incident_update(target, update->id) : NULL;
	enum status status = STATUS_OK;
	if (!approve || !old || !same_words(old, update)) {
		status = act_update(fold, who, incident, update, id, out, err);
		full.id = id;
	} else {
		full.id = old->id;
	}
	if (status != STATUS_OK || !approve)
		return status;
	return act_update_approve(fold, who, incident, &full, ways, count, checkpoint, out, err);
}

/* Whoever looks at the ladder sees whether the person was told; where nobody knows, somebody
 * had better call. */
static void tell_escalation(const struct incident *incident, const struct message_record *m, bool sent, const char *why, int64_t now_us, struct drafts *out)
{
	const struct escalation *e = NULL;
	for (size_t i = 0; m->request && i < incident->escalation_count && !e; i++)
		e = incident->escalations[i].seq == m->request ? &incident->escalations[i] : NULL;
	if (!e || strcmp(m->action, "resolve") == 0)
		return;
	struct draft *draft = drafts_add_machine(out, sent ? EVENT_ESCALATION_SENT : EVENT_ESCALATION_FAILED, now_us, incident->id);
	draft_summary(out, draft, "%s %s told by %s%s%s", e->person, sent ? "was" : "may not have been", m->channel, why && why[0] ? ": " : "", why ? why : "");
	struct payload data;
	payload_begin(&data);
	json_put_i64(&data.w, "request", (int64_t)m->request);
	payload_string(&data, "person", e->person);
	payload_string(&data, "channel", e->channel);
	payload_string(&data, "detail", sent ? "message arrived" : why);
	payload_end(&data, out, draft);
}

/* --- what got stuck ------------------------------------------------------------------------------- */

static enum status need_message(const struct fold *fold, const char *id, const struct message_record **out, const struct incident **incident, struct error *err)
{
	*out = fold_message(fold, id, incident);
	if (!*out)
		return error_set(err, STATUS_NOT_FOUND, "message %s: there is none, or more than one (tocsin outbox list, :outbox)", id && id[0] ? id : "");
	return STATUS_OK;
}

static enum status need_stuck(const struct fold *fold, const char *id, bool also_waiting, const struct message_record **out, const struct incident **incident, struct error *err)
{
	enum status status = need_message(fold, id, out, incident, err);
	if (status != STATUS_OK)
		return status;
	const struct message_record *m = *out;
	if (m->state == MESSAGE_FAILED || m->state == MESSAGE_UNKNOWN)
		return STATUS_OK;
	if (also_waiting && (m->state == MESSAGE_QUEUED || m->state == MESSAGE_WAITING))
		return STATUS_OK;
	if (m->state == MESSAGE_ATTEMPTED)
		return error_set(err, STATUS_REFUSED, "message %s: it is on its way by %s now (wait for what comes of it)", m->id, m->channel);
	return error_set(err, STATUS_REFUSED, "message %s: it is %s (this is for messages that failed or whose answer was lost)", m->id, message_state_name(m->state));
}

static struct draft *choose(const struct actor *who, const struct incident *incident, const struct message_record *m, enum event_kind kind, const char *key, const char *value, struct drafts *out)
{
	struct draft *draft = drafts_add(out, kind, who, incident);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "message", m->id);
	if (key)
		payload_string(&data, key, value);
	payload_end(&data, out, draft);
	return draft;
}

enum status act_message_resend(const struct fold *fold, const struct actor *who, const char *id, struct drafts *out, struct error *err)
{
	const struct incident *incident;
	const struct message_record *m;
	enum status status = need_stuck(fold, id, false, &m, &incident, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = choose(who, incident, m, EVENT_UPDATE_RESENT, NULL, NULL, out);
	draft_summary(out, draft, "message %s goes out again by %s%s", m->id, m->channel, m->state == MESSAGE_UNKNOWN ? ", whether or not it arrived before" : "");
	return STATUS_OK;
}

enum status act_message_arrived(const struct fold *fold, const struct actor *who, const char *id, const char *remote, struct drafts *out, struct error *err)
{
	static const struct input remote_input = {.what = "id", .limit = 79, .cure = "what the other side calls it", .optional = true};
	const struct incident *incident;
	const struct message_record *m;
	enum status status = need_stuck(fold, id, true, &m, &incident, err);
	if (status == STATUS_OK)
		status = input_text(out, &remote_input, remote, &remote, err);
	if (status != STATUS_OK)
		return status;
	/* A status page's next update needs the page's own id of the incident. */
	if (strcmp(m->kind, "statuspage") == 0 && !remote && !m->remote[0])
		return error_set(err, STATUS_INVALID, "message %s: the id of the incident on the status page is needed for what follows (give it after the message; its address there ends with it)", m->id);
	struct draft *draft = choose(who, incident, m, EVENT_UPDATE_ARRIVED, "remote", remote, out);
	draft_summary(out, draft, "message %s did arrive by %s", m->id, m->channel);
	tell_escalation(incident, m, true, NULL, who->now_us, out);
	return STATUS_OK;
}

enum status act_message_withdraw(const struct fold *fold, const struct actor *who, const char *id, const char *reason, struct drafts *out, struct error *err)
{
	const struct incident *incident;
	const struct message_record *m;
	enum status status = need_stuck(fold, id, true, &m, &incident, err);
	if (status == STATUS_OK)
		status = input_text(out, &reason_input, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = choose(who, incident, m, EVENT_UPDATE_WITHDRAWN, "reason", reason, out);
	draft_summary(out, draft, "message %s by %s is given up%s%s", m->id, m->channel, reason ? ": " : "", reason ? reason : "");
	return STATUS_OK;
}

enum status act_message_answered(const struct fold *fold, const struct actor *who, const char *id, const char *by, struct drafts *out, struct error *err)
{
	static const struct input by_input = {.what = "name", .limit = NAME_BYTES, .cure = "who acknowledged it", .optional = true};
	const struct incident *incident;
	const struct message_record *m;
	enum status status = need_message(fold, id, &m, &incident, err);
	if (status == STATUS_OK)
		status = input_text(out, &by_input, by, &by, err);
	if (status != STATUS_OK)
		return status;
	by = by ? by : who->name;
	struct draft *draft = choose(who, incident, m, EVENT_UPDATE_ANSWERED, "by", by, out);
	draft_summary(out, draft, "%s acknowledged message %s by %s", by, m->id, m->channel);
	return STATUS_OK;
}

/* --- the machine ------------------------------------------------------------------------------------- */

void act_message_queue(const struct incident *incident, const struct way_out *way, const char *subject, const char *text, const char *checkpoint, uint64_t request, const char *to, int64_t now_us, struct drafts *out)
{
	char id[UPDATE_ID], asked[24];
	const char *const parts[] = {incident->id, way->channel, way->action, text_format(asked, sizeof(asked), "%llu", (unsigned long long)request)};
	make_id(id, parts, ARRAY_LENGTH(parts), now_us);
	struct draft *draft = drafts_add_machine(out, EVENT_UPDATE_QUEUED, now_us, incident->id);
	draft_summary(out, draft, "queued for %s (%s), message %s: %s %s", way->channel, way->kind, id, way->action, incident->id);
	draft->body = drafts_keep(out, xstrdup(text));
	struct payload data;
	put_message(&data, id, incident, way);
	payload_string(&data, "subject", subject);
	payload_string(&data, "checkpoint", checkpoint);
	payload_string(&data, "to", to);
	if (request)
		json_put_i64(&data.w, "request", (int64_t)request);
	payload_end(&data, out, draft);
}

static void result_summary(struct drafts *out, struct draft *draft, const struct message_record *m, const struct message_result *r, int64_t now_us)
{
	char wait[DURATION_TEXT];
	const char *why = r->why ? r->why : "";
	if (r->state == MESSAGE_ATTEMPTED)
		draft_summary(out, draft, "message %s leaves by %s, attempt %u", m->id, m->channel, r->attempt);
	else if (r->state == MESSAGE_SENT)
		draft_summary(out, draft, "message %s arrived by %s", m->id, m->channel);
	else if (r->state == MESSAGE_UNKNOWN)
		draft_summary(out, draft, "message %s by %s may have arrived or not: %s", m->id, m->channel, why);
	else if (r->state == MESSAGE_WAITING)
		draft_summary(out, draft, "message %s by %s did not arrive: %s; again in %s", m->id, m->channel, why, duration_human(wait, r->retry_us - now_us));
	else
		draft_summary(out, draft, "message %s by %s FAILED: %s", m->id, m->channel, why);
}

void act_message_result(const struct incident *incident, const struct message_record *m, const struct message_result *r, int64_t now_us, struct drafts *out)
{
	static const enum event_kind kinds[] = {
		[MESSAGE_ATTEMPTED] = EVENT_UPDATE_ATTEMPTED,
		[MESSAGE_WAITING] = EVENT_UPDATE_FAILED,
		[MESSAGE_SENT] = EVENT_UPDATE_SENT,
		[MESSAGE_FAILED] = EVENT_UPDATE_FAILED,
		[MESSAGE_UNKNOWN] = EVENT_UPDATE_UNKNOWN,
	};
	struct draft *draft = drafts_add_machine(out, kinds[r->state], now_us, incident->id);
	result_summary(out, draft, m, r, now_us);
	struct payload data;
	payload_begin(&data);
	payload_string(&data, "message", m->id);
	json_put_i64(&data.w, "attempt", r->attempt);
	if (r->status)
		json_put_i64(&data.w, "status", r->status);
	payload_string(&data, "why", r->why && r->why[0] ? r->why : NULL);
	payload_string(&data, "remote", r->remote && r->remote[0] ? r->remote : NULL);
	if (r->state == MESSAGE_WAITING)
		json_put_i64(&data.w, "retry_us", r->retry_us);
	payload_end(&data, out, draft);
	if (r->state == MESSAGE_SENT || r->state == MESSAGE_FAILED || r->state == MESSAGE_UNKNOWN)
		tell_escalation(incident, m, r->state == MESSAGE_SENT, r->why, now_us, out);
}
