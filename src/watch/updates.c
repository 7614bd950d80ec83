/* Updates over what the war room shows of itself: how they leave, and how that looks. */
#include "base/mem.h"
#include "base/text.h"
#include "incident/drafting.h"
#include "watch/watch.h"

#include <stdlib.h>
#include <string.h>

/* What a letter is addressed from, "" without a record. */
static void origin_of(const struct watch *w, char dst[STORE_ORIGIN_SIZE])
{
	struct checkpoint checkpoint;

	*dst = '\0';
	if (watch_checkpoint(w, &checkpoint, NULL) == STATUS_OK)
		memcpy(dst, checkpoint.origin, STORE_ORIGIN_SIZE);
}

const char *watch_outbox_words(const struct watch *w)
{
	if (watch_config(w)->demo || fold_is_drill(watch_fold(w)))
		return "this is a drill: it shows what would leave, and nothing does";
	if (watch_mode(w) == MODE_OBSERVER)
		return "OBSERVER sends nothing";
	if (watch_channels(w)->count == 0)
		return "no channel is configured: updates are here to be pasted";
	return "";
}

void watch_checkpoint_text(const struct watch *w, char *dst, size_t size)
{
	struct checkpoint checkpoint;
	char text[CHECKPOINT_TEXT];

	*dst = '\0';
	if (watch_checkpoint(w, &checkpoint, NULL) == STATUS_OK)
		text_format(dst, size, "%s", checkpoint_text(text, &checkpoint));
}

/* The same update with every secret masked; what it points at is kept by the drafts. */
static struct update_text masked_update(const struct watch *w, const struct update_text *text, struct drafts *drafts)
{
	struct update_text out = *text;
	const char **fields[] = {&out.subject, &out.text, &out.conditions, &out.actions, &out.needs};

	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
		if (*fields[i])
			*fields[i] = drafts_keep(drafts, watch_mask(w, *fields[i], strlen(*fields[i])));
	return out;
}

enum status watch_update(struct watch *w, const char *incident, const struct update_text *text, bool approve, size_t *ways, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(w);
	struct way_out *out = xcalloc(watch_channels(w)->count + 1, sizeof(*out));
	size_t count = approve ? channels_for(watch_channels(w), text->audience, out) : 0;
	char checkpoint[CHECKPOINT_TEXT];

	drafts_init(&drafts);
	watch_checkpoint_text(w, checkpoint, sizeof(checkpoint));
	struct update_text masked = masked_update(w, text, &drafts);
	enum status status = act_update_send(watch_fold(w), &who, incident, &masked, approve, out, count, checkpoint, &drafts, err);
	if (status == STATUS_OK)
		status = watch_append(w, &drafts, NULL, NULL, err);
	drafts_free(&drafts);
	free(out);
	if (ways)
		*ways = count;
	return status;
}

void watch_update_preview(struct watch *w, const char *incident, const struct update_text *text, const struct channel *channel, struct buf *out)
{
	const struct incident *of = fold_incident(watch_fold(w), incident);
	struct message_record message;
	struct drafts drafts;
	char checkpoint[CHECKPOINT_TEXT], origin[STORE_ORIGIN_SIZE];

	if (!of)
		return;
	drafts_init(&drafts);
	watch_checkpoint_text(w, checkpoint, sizeof(checkpoint));
	struct update_text masked = masked_update(w, text, &drafts);
	message_preview(&message, channel, of, &masked, checkpoint, clock_wall_us(watch_clock(w)));
	origin_of(w, origin);
	struct letter letter = letter_of(watch_fold(w), of, &message, watch_config(w)->network, origin);
	letter.drill = letter.drill || watch_config(w)->demo;
	letter_preview(channel, &letter, out);
	drafts_free(&drafts);
}

enum status watch_message_preview(struct watch *w, const char *id, struct buf *out, struct error *err)
{
	const struct incident *incident;
	const struct message_record *message = fold_message(watch_fold(w), id, &incident);
	char origin[STORE_ORIGIN_SIZE];
	const struct channel *channel = message ? channels_find(watch_channels(w), message->channel) : NULL;

	if (!message)
		return error_set(err, STATUS_NOT_FOUND, "message %s: there is none", id);
	if (!channel) {
		buf_printf(out, "channel %s is not in this configuration; this is what it says:\n\n%s\n\n%s\n\n%s", message->channel, message->subject, message->text, message->checkpoint);
		return STATUS_OK;
	}
	origin_of(w, origin);
	const struct letter letter = letter_of(watch_fold(w), incident, message, watch_config(w)->network, origin);
	letter_preview(channel, &letter, out);
	return STATUS_OK;
}
