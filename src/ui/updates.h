/* The update that is being written on the screen. It is in no record until it is kept or
 * sent, and there is one at a time. */
#ifndef TOCSIN_UI_UPDATES_H
#define TOCSIN_UI_UPDATES_H

#include "comms/compose.h"
#include "ui/ui.h"

struct writing {
	char incident[16];
	char revises[UPDATE_ID]; /* the draft of the record that it began with, "" when none */
	struct composition c;
};
void writing_free(struct writing *writing); /* NULL allowed */

/* The one under way for the incident on the screen, NULL when there is none. */
const struct writing *ui_writing(const struct ui *ui);
/* Enter on a field of it: asks for its text. */
enum status edit_field(struct ui *ui, const char *name, struct error *err);
/* Enter on a row of the outbox: a draft is taken up again, a message is shown as it leaves. */
enum status open_message(struct ui *ui, const char *id, struct error *err);
/* Appends all that would leave now, channel by channel. */
void preview_all(struct ui *ui, const struct writing *writing, struct buf *out);

#endif
