/* The second pair of eyes: asking for it, giving and refusing it, and going without. */
#include "incident/act.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/drafting.h"
#include "incident/payload.h"

#include <stdio.h>
#include <string.h>

static const struct input reason_input = {.what = "reason", .limit = REASON_BYTES, .cure = "a few words why"};

const char *approval_state_name(enum approval_state state)
{
	static const char *const names[] = {[APPROVAL_ASKED] = "asked for", [APPROVAL_GIVEN] = "given", [APPROVAL_REFUSED] = "refused", [APPROVAL_USED] = "used"};
	return (unsigned)state < ARRAY_LENGTH(names) ? names[state] : "?";
}

const struct approval *approval_pending(const struct incident *incident, const char *step, int64_t now_us)
{
	const struct approval *found = NULL;
	for (size_t i = 0; i < incident->approval_count; i++) {
		const struct approval *approval = &incident->approvals[i];
		bool waits = approval->state == APPROVAL_ASKED && now_us < approval->until_us;
		if (waits && (!step || strcmp(approval->step, step) == 0))
			found = approval;
	}
	return found;
}

const struct approval *approval_usable(const struct incident *incident, const char *fingerprint, const char *runner, int64_t now_us)
{
	for (size_t i = 0; i < incident->approval_count; i++) {
		const struct approval *approval = &incident->approvals[i];
		if (approval->state != APPROVAL_GIVEN || now_us >= approval->until_us || strcmp(approval->fingerprint, fingerprint) != 0)
			continue;
		/* Who gave it must not be who runs it; only broken glass is for oneself. */
		if (approval->glass == (strcmp(approval->approver, runner) == 0))
			return approval;
	}
	return NULL;
}

static struct draft *add(struct drafts *out, enum event_kind kind, const struct actor *who, const struct incident *target, const char *step)
{
	struct draft *draft = drafts_add(out, kind, who, target);
	draft->source = drafts_format(out, "runbook:%s#%s", target->runbook, step);
	return draft;
}

/* Who says so, as far as this machine knows them. */
static void begin(struct payload *data, const struct incident *target, const struct actor *who, const char *step, const char *fingerprint, int64_t until_us)
{
	payload_begin(data);
	payload_string(data, "runbook", target->runbook);
	payload_string(data, "step", step);
	payload_string(data, "fingerprint", fingerprint);
	payload_string(data, "name", who->name);
	payload_string(data, "login", who->login);
	if (until_us)
		json_put_i64(&data->w, "until_us", until_us);
}

static char *kept_lines(struct drafts *out, const char *text)
{
	struct buf clean;
	size_t len = strlen(text);
	buf_init(&clean, APPROVAL_BYTES);
	text_clean_lines(&clean, text, len < APPROVAL_BYTES / 2 ? len : APPROVAL_BYTES / 2);
	return drafts_keep(out, buf_take(&clean));
}

static enum status need_request(const struct fold *fold, const struct approval_request *request, const struct incident **target, struct error *err)
{
	struct hash256 hash;
	enum status status = need_incident(fold, request->incident, NEED_OPEN, target, err);
	if (status == STATUS_OK && !(*target)->runbook[0])
		status = error_set(err, STATUS_REFUSED, "%s: no runbook is chosen (:runbook NAME)", (*target)->id);
	if (status == STATUS_OK && (!request->shown || strlen(request->shown) > APPROVAL_BYTES / 2))
		status = error_set(err, STATUS_LIMIT, "step %s: too long to be shown in full to a second person (split the step)", request->step);
	if (status == STATUS_OK && !sha256_parse(request->fingerprint, &hash))
		status = error_set(err, STATUS_INVALID, "step %s: its fingerprint is not 64 hex digits (show the step again)", request->step);
	return status;
}

enum status act_approval_ask(const struct fold *fold, const struct actor *who, const struct approval_request *request, struct drafts *out, struct error *err)
{
	const struct incident *target;
	enum status status = need_request(fold, request, &target, err);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < target->approval_count; i++) {
		const struct approval *known = &target->approvals[i];
		if (known->state == APPROVAL_ASKED && who->now_us < known->until_us && strcmp(known->fingerprint, request->fingerprint) == 0)
			return error_set(err, STATUS_CONFLICT, "step %s: %s asked for this approval already (a second person answers with :approve %s)", request->step, known->asker, request->step);
	}
	struct draft *draft = add(out, EVENT_APPROVAL_ASKED, who, target, request->step);
	draft_summary(out, draft, "%s asks a second person to approve step %s %s", who->name, request->step, request->title ? request->title : "");
	draft->body = kept_lines(out, request->shown);
	struct payload data;
	begin(&data, target, who, request->step, request->fingerprint, who->now_us + APPROVAL_ASKED_US);
	payload_string(&data, "title", request->title);
	payload_string(&data, "danger", request->danger);
	payload_string(&data, "word", request->word);
	payload_end(&data, out, draft);
	return STATUS_OK;
}

/* The request that is answered, which is still open and is not one's own. */
static enum status need_asked(const struct fold *fold, const struct actor *who, const char *incident, uint64_t asked, const struct incident **target, const struct approval **out, struct error *err)
{
	enum status status = need_incident(fold, incident, NEED_OPEN, target, err);
	if (status != STATUS_OK)
		return status;
	*out = NULL;
	for (size_t i = 0; i < (*target)->approval_count && !*out; i++)
		*out = (*target)->approvals[i].asked_seq == asked ? &(*target)->approvals[i] : NULL;
	if (!*out)
		return error_set(err, STATUS_NOT_FOUND, "%s: nobody asked for that approval (event %llu)", (*target)->id, (unsigned long long)asked);
	if ((*out)->state != APPROVAL_ASKED)
		return error_set(err, STATUS_CONFLICT, "step %s: its approval is %s already (who runs it may ask again)", (*out)->step, approval_state_name((*out)->state));
	if (who->now_us >= (*out)->until_us)
		return error_set(err, STATUS_CONFLICT, "step %s: the request ran out (%s has to ask again)", (*out)->step, (*out)->asker);
	return STATUS_OK;
}

enum status act_approval_give(const struct fold *fold, const struct actor *who, const char *incident, uint64_t asked, const char *fingerprint, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct approval *approval;
	enum status status = need_asked(fold, who, incident, asked, &target, &approval, err);
	if (status != STATUS_OK)
		return status;
	if (strcmp(approval->asker, who->name) == 0)
		return error_set(err, STATUS_REFUSED, "step %s: %s asked for it, and another person has to approve it (alone, :break-glass REASON)", approval->step, approval->asker);
	if (strcmp(approval->fingerprint, fingerprint) != 0)
		return error_set(err, STATUS_CONFLICT, "step %s: this is not what was shown (read it again, then approve)", approval->step);
	bool proved = approval_is_proved(approval->asker, approval->asker_login, who->name, who->login);
	struct draft *draft = add(out, EVENT_APPROVAL_GIVEN, who, target, approval->step);
	draft_summary(out, draft, "%s approves step %s, fingerprint %.12s%s", who->name, approval->step, fingerprint, proved ? "" : " (not proved: nothing shows that this is another person)");
	struct payload data;
	begin(&data, target, who, approval->step, fingerprint, who->now_us + APPROVAL_VALID_US);
	json_put_i64(&data.w, "asked", (int64_t)asked);
	payload_end(&data, out, draft);
	draft_refer(out, draft, fold_event(fold, asked), "approves");
	return STATUS_OK;
}

enum status act_approval_refuse(const struct fold *fold, const struct actor *who, const char *incident, uint64_t asked, const char *reason, struct drafts *out, struct error *err)
{
	const struct incident *target;
	const struct approval *approval;
	enum status status = need_asked(fold, who, incident, asked, &target, &approval, err);
	if (status == STATUS_OK)
		status = input_text(out, &reason_input, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = add(out, EVENT_APPROVAL_REFUSED, who, target, approval->step);
	draft_summary(out, draft, "%s does not approve step %s: %s", who->name, approval->step, reason);
	struct payload data;
	begin(&data, target, who, approval->step, approval->fingerprint, 0);
	json_put_i64(&data.w, "asked", (int64_t)asked);
	payload_string(&data, "reason", reason);
	payload_end(&data, out, draft);
	draft_refer(out, draft, fold_event(fold, asked), "refuses");
	return STATUS_OK;
}

enum status act_break_glass(const struct fold *fold, const struct actor *who, const struct approval_request *request, const char *reason, struct drafts *out, struct error *err)
{
	const struct incident *target;
	enum status status = need_request(fold, request, &target, err);
	if (status == STATUS_OK)
		status = input_text(out, &reason_input, reason, &reason, err);
	if (status != STATUS_OK)
		return status;
	struct draft *draft = add(out, EVENT_GLASS_BROKEN, who, target, request->step);
	draft_summary(out, draft, "%s BREAKS THE GLASS for step %s without a second person: %s", who->name, request->step, reason);
	draft->body = kept_lines(out, request->shown);
	struct payload data;
	begin(&data, target, who, request->step, request->fingerprint, who->now_us + APPROVAL_VALID_US);
	payload_string(&data, "title", request->title);
	payload_string(&data, "danger", request->danger);
	payload_string(&data, "reason", reason);
	payload_end(&data, out, draft);
	return STATUS_OK;
}
