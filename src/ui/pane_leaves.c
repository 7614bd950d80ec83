/* What leaves: of the update that is being written as it would, of the message that is
 * selected in the outbox as it does. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/overlay.h"
#include "ui/panes.h"
#include "ui/updates.h"
#include "ui/words.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXT_BYTES = 256 * 1024,
	LINES_MAX = 2000,
	ROWS_MOST = 12, /* of a line; Enter shows the whole */
};

/* Made once for each drawing, which begins by counting. */
struct preview {
	char *text;
	const char *lines[LINES_MAX];
	size_t count;
};

static bool message_is_meant(const struct ui *ui)
{
	return !ui_writing(ui) || strcmp(ui_focus(ui), pane_outbox.name) == 0;
}

static char *make(struct ui *ui)
{
	struct buf text;
	const struct message_record *m = message_is_meant(ui) ? fold_message(watch_fold(ui_watch(ui)), ui_pane_state(ui, pane_outbox.name)->selected, NULL) : NULL;
	buf_init(&text, TEXT_BYTES);
	bool told = m && watch_message_preview(ui_watch(ui), m->id, &text, NULL) == STATUS_OK;
	if (!told && ui_writing(ui))
		preview_all(ui, ui_writing(ui), &text);
	return buf_take(&text);
}

static struct preview *preview_of(const struct ui *ui, bool anew)
{
	static struct preview preview;
	if (!anew && preview.text)
		return &preview;
	free(preview.text);
	preview.text = make((struct ui *)ui);
	preview.count = 0;
	for (char *at = preview.text; *at && preview.count < LINES_MAX;) {
		size_t len = strcspn(at, "\n");
		bool more = at[len] == '\n';
		preview.lines[preview.count++] = at;
		at[len] = '\0';
		at += len + (more ? 1 : 0);
	}
	return &preview;
}

static size_t count(const struct ui *ui)
{
	return preview_of(ui, true)->count;
}

static const char *line_at(const struct ui *ui, size_t i)
{
	const struct preview *preview = preview_of(ui, false);
	return i < preview->count ? preview->lines[i] : "";
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	text_format(id, PANE_ID, "%zu", i);
	if (text)
		buf_puts(text, line_at(ui, i));
}

static int height(const struct ui *ui, size_t i, bool selected, int columns)
{
	(void)selected;
	int rows = area_wrap_rows(columns, line_at(ui, i));
	return rows < 1 ? 1 : rows > ROWS_MOST ? ROWS_MOST
					       : rows;
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	const char *text = line_at(ui, i);
	(void)selected;
	bool head = strncmp(text, "as it would leave by ", strlen("as it would leave by ")) == 0;
	area_wrap(area, 0, 0, area.columns, area.rows, head ? ROLE_ACCENT : ROLE_BASE, 0, text);
}

static enum status open_all(struct ui *ui, const char *id, struct error *err)
{
	const struct preview *preview = preview_of(ui, true);
	(void)id;
	(void)err;
	ui_pager_open(ui, pane_leaves.title);
	for (size_t i = 0; i < preview->count; i++)
		ui_pager_line(ui, ROLE_BASE, 0, NULL, preview->lines[i]);
	return STATUS_OK;
}

static const char *empty(const struct ui *ui)
{
	(void)ui;
	return "what is written, or selected in the outbox, stands here as it leaves";
}

const struct pane pane_leaves = {
	.name = "leaves",
	.title = "As it leaves",
	.count = count,
	.identify = identify,
	.height = height,
	.row = row,
	.empty = empty,
	.open = open_all,
	.min_rows = 2,
	.rank = 3,
};
