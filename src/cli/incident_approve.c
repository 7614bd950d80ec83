/* tocsin incident: the second person's answer to what somebody wants to run. */
#include "cli/incident.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	ANSWER_BYTES = 256,
	HASH_DIGITS_MIN = 12, /* of a fingerprint that is given in short */
};

static const struct approval *need_pending(struct call *call, struct error *err)
{
	const struct incident *incident = incident_named(call, call->words[0], err);
	const struct approval *pending = incident ? approval_pending(incident, call->words[1], call->who.now_us) : NULL;

	if (incident && !pending)
		error_set(err, STATUS_NOT_FOUND, "%s: nobody asks for an approval of step %s now (it may have run out; whoever runs it asks again)", incident->id, call->words[1]);
	return pending;
}

/* On a terminal the name of what it affects has to be typed. */
static enum status ask(const struct approval *pending, struct error *err)
{
	const char *word = pending->word[0] ? pending->word : "approve";
	char answer[ANSWER_BYTES];

	printf("Type %s to approve: ", word);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin))
		answer[0] = '\0';
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcmp(answer, word) == 0 ? STATUS_OK : error_set(err, STATUS_CANCELLED, "step %s: not approved (what was typed is not %s)", pending->step, word);
}

/* A script says which text it means; one that read nothing cannot know. */
static enum status confirm(struct call *call, const struct approval *pending, struct error *err)
{
	if (call->hash) {
		bool fits = strlen(call->hash) >= HASH_DIGITS_MIN && strncmp(call->hash, pending->fingerprint, strlen(call->hash)) == 0;
		return fits ? STATUS_OK : error_set(err, STATUS_REFUSED, "step %s: --hash %s is not of what %s wants to run (read it again; at least %d digits)", pending->step, call->hash, pending->asker, HASH_DIGITS_MIN);
	}
	printf("%s asks you to approve one run of exactly this:\n\n%s\n", pending->asker, pending->shown ? pending->shown : "");
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return ask(pending, err);
	return error_set(err, STATUS_REFUSED, "step %s: nothing was approved (read the above, then add --hash %.16s)", pending->step, pending->fingerprint);
}

static enum status verb_approve(struct call *call, struct error *err)
{
	const struct approval *pending = need_pending(call, err);

	if (!pending)
		return STATUS_NOT_FOUND;
	enum status status = confirm(call, pending, err);
	/* Tried again because somebody else wrote meanwhile, it is not asked again. */
	if (status == STATUS_OK)
		call->hash = text_format(call->confirmed, sizeof(call->confirmed), "%s", pending->fingerprint);
	return status == STATUS_OK ? act_approval_give(call->fold, &call->who, call->words[0], pending->asked_seq, pending->fingerprint, &call->drafts, err) : status;
}

static enum status verb_refuse(struct call *call, struct error *err)
{
	const struct approval *pending = need_pending(call, err);

	if (!pending)
		return STATUS_NOT_FOUND;
	return act_approval_refuse(call->fold, &call->who, call->words[0], pending->asked_seq, call->reason ? call->reason : "", &call->drafts, err);
}

const struct verb incident_approve_verbs[] = {
	{"approve", "INC STEP [--hash FINGERPRINT]", 2, 2, false, verb_approve},
	{"refuse", "INC STEP --reason TEXT", 2, 2, false, verb_refuse},
	{0},
};
