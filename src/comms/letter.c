/* Letters: messages with what the kinds of channels need beside them, and how they look. */
#include "base/mem.h"
#include "base/text.h"
#include "comms/kind.h"

#include <string.h>

struct letter letter_of(const struct fold *fold, const struct incident *incident, const struct message_record *message, const char *network, const char *origin)
{
	struct letter letter = {.message = message, .incident = incident->id, .network = network, .origin = origin, .remote = "", .drill = fold_is_drill(fold)};
	const struct update_record *update = message->update[0] ? incident_update(incident, message->update) : NULL;
	letter.update = update ? update->number : message->update[0] ? (unsigned)incident->update_count + 1
								     : 0;
	for (size_t i = 0; i < incident->message_count; i++)
		if (strcmp(incident->messages[i].channel, message->channel) == 0 && incident->messages[i].remote[0])
			letter.remote = incident->messages[i].remote;
	return letter;
}

void message_preview(struct message_record *out, const struct channel *channel, const struct incident *incident, const struct update_text *text, const char *checkpoint, int64_t now_us)
{
	*out = (struct message_record){
		.id = "------",
		.action = "post",
		/* Borrowed, and only read. */
		.title = (char *)incident->title,
		.subject = (char *)text->subject,
		.text = (char *)text->text,
		.checkpoint = (char *)checkpoint,
		.next_us = text->next_us,
		.queued_us = now_us,
	};
	text_format(out->update, sizeof(out->update), "%s", text->id ? text->id : "------");
	text_format(out->channel, sizeof(out->channel), "%s", channel->name);
	text_format(out->kind, sizeof(out->kind), "%s", channel->kind->name);
	text_format(out->audience, sizeof(out->audience), "%s", text->audience);
	text_format(out->stage, sizeof(out->stage), "%s", stage_name(incident->stage));
	text_format(out->severity, sizeof(out->severity), "%s", incident->severity == SEVERITY_UNSET ? "" : severity_name(incident->severity));
}

void letter_preview(const struct channel *channel, const struct letter *letter, struct buf *out)
{
	struct parcel parcel = {0};
	/* What is not configured is not sent: no header for a key that there is none of. */
	bool keyed = settings_has(channel->settings, "key_env") || settings_has(channel->settings, "key_file");
	channel->kind->address(channel, letter, "https://" SECRET_HIDDEN, keyed ? SECRET_HIDDEN : "", &parcel);
	buf_printf(out, "%s %s\n", parcel.mail ? "SMTP" : parcel.method ? parcel.method
									: "POST",
		   parcel.url);
	for (size_t i = 0; parcel.headers[i]; i++)
		buf_printf(out, "%s\n", parcel.headers[i]);
	if (!parcel.mail)
		buf_puts(out, "Content-Type: application/json\n\n");
	struct buf body;
	buf_init(&body, 512 * 1024);
	channel->kind->write(channel, letter, SECRET_HIDDEN, &body);
	for (const char *c = buf_text(&body); *c; c++)
		if (*c != '\r')
			buf_putc(out, *c);
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_putc(out, '\n');
	buf_free(&body);
	parcel_free(&parcel);
}
