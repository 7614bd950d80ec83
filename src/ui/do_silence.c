/* :silence, asked after a look at what it covers. */
#include "ui/do.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/overlay.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES = 64 * 1024 };

struct wanted {
	char incident[16];
	char *text;
};

static void drop_wanted(void *arg)
{
	struct wanted *wanted = arg;

	free(wanted->text);
	free(wanted);
}

static enum status ask_for_it(struct ui *ui, void *arg, struct error *err)
{
	const struct wanted *wanted = arg;

	return watch_silence(ui_watch(ui), wanted->text, wanted->incident[0] ? wanted->incident : NULL, err);
}

/* Opens the line with what the selected alert gives. */
static void begin_line(struct ui *ui)
{
	const struct component *c = world_find(watch_world(ui_watch(ui)), ui_selected(ui));
	char text[160];

	if (c && c->kind == KIND_ALERT)
		text_format(text, sizeof(text), "silence 1h alertname=%.*s ", (int)strcspn(c->name, " "), c->name);
	else
		text_format(text, sizeof(text), "silence 1h ");
	ui_prompt(ui, text);
}

enum status do_silence(struct ui *ui, const char *args, struct error *err)
{
	const struct incident *incident = ui_incident(ui);
	struct buf body;

	if (*args == '\0') {
		begin_line(ui);
		return STATUS_OK;
	}
	buf_init(&body, BODY_BYTES);
	enum status status = watch_silence_preview(ui_watch(ui), args, &body, err);
	if (status == STATUS_OK) {
		struct wanted *wanted = xcalloc(1, sizeof(*wanted));
		text_format(wanted->incident, sizeof(wanted->incident), "%s", incident ? incident->id : "");
		wanted->text = xstrdup(args);
		ui_dialog(ui, &(struct dialog){.title = "Change what everybody hears of alerts", .body = buf_text(&body), .accept = "Do it", .danger = true, .yes = ask_for_it, .drop = drop_wanted, .arg = wanted});
	} else if (body.len > 0) {
		/* Refused, and still worth to know. */
		ui_pager_open(ui, "This silence cannot be asked for now");
		ui_pager_text(ui, ROLE_WARN, err->text);
		ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
		ui_pager_text(ui, ROLE_BASE, buf_text(&body));
		error_clear(err);
		status = STATUS_OK;
	}
	buf_free(&body);
	return status;
}
