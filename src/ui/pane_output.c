/* What a command says, as it says it: that of the selected step, else the newest. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/panes.h"
#include "ui/steps.h"
#include "ui/words.h"

#include <string.h>

static bool view_of(const struct ui *ui, struct run_view *view)
{
	return run_shown_here((struct ui *)ui, view);
}

/* The i-th line and its length; NULL past the end. A final line end begins no line. */
static const char *line_at(const char *text, size_t i, size_t *len)
{
	while (text && i-- > 0) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	if (!text || *text == '\0')
		return NULL;
	*len = strcspn(text, "\n");
	return text;
}

static size_t count(const struct ui *ui)
{
	struct run_view view;
	size_t lines = 0;
	if (!view_of(ui, &view) || !view.output)
		return 0;
	for (const char *c = view.output; *c; c++)
		lines += *c == '\n' || c[1] == '\0';
	return lines;
}

static void identify(const struct ui *ui, size_t i, char id[PANE_ID], struct buf *text)
{
	struct run_view view;
	size_t len;
	text_format(id, PANE_ID, "%zu", i);
	if (!text || !view_of(ui, &view))
		return;
	const char *line = line_at(view.output, i, &len);
	if (line)
		buf_add(text, line, len);
}

static void row(const struct ui *ui, struct area area, size_t i, bool selected)
{
	struct run_view view;
	size_t len;
	char text[1024];
	(void)selected;
	const char *line = view_of(ui, &view) ? line_at(view.output, i, &len) : NULL;
	if (!line)
		return;
	text_clean(text, sizeof(text), line, len);
	area_fit(area, 0, 0, area.columns, ROLE_BASE, 0, text);
}

static void status(const struct ui *ui, struct area area)
{
	struct run_view view;
	char how[64], took[DURATION_TEXT], step[64];
	if (!view_of(ui, &view))
		return;
	enum role role = ROLE_CRIT;
	if (view.running && view.verifying) {
		text_format(how, sizeof(how), "look %u, waits for it to hold  ", view.looks + 1);
		role = ROLE_ACCENT;
	} else if (view.running) {
		text_format(how, sizeof(how), "running  ");
		role = ROLE_ACCENT;
	} else if (view.verifying && !view.cancelled) {
		text_format(how, sizeof(how), "%s  ", view.holds ? "holds" : "does not hold");
		role = view.holds ? ROLE_OK : ROLE_CRIT;
	} else if (view.timed_out || view.cancelled) {
		text_format(how, sizeof(how), "%s  ", view.cancelled ? "cancelled" : "timed out");
	} else if (view.signal) {
		text_format(how, sizeof(how), "signal %d  ", view.signal);
	} else {
		text_format(how, sizeof(how), "exit %d  ", view.exit_code);
		role = view.exit_code == 0 ? ROLE_OK : ROLE_CRIT;
	}
	const struct incident *incident = ui_incident(ui);
	size_t others = incident ? watch_runs_going(ui_watch(ui), incident->id) : 0;
	others -= view.running && others > 0;
	text_format(step, sizeof(step), "step %s  ", view.step);
	if (others > 0)
		text_format(step, sizeof(step), "%zu more running  step %s  ", others, view.step);
	int64_t took_us = view.running ? ui_now_us(ui) - view.started_us : view.duration_us;
	const struct part parts[] = {{ROLE_DIM, 0, " "}, {ROLE_DIM, 0, step}, {role, role_weight(role), how}, {ROLE_DIM, 0, duration_human(took, took_us > 0 ? took_us : 0)}, {ROLE_DIM, 0, " "}};
	area_parts_right(area, 0, area.columns, 0, parts, ARRAY_LENGTH(parts));
}

static const char *empty(const struct ui *ui)
{
	struct run_view view;
	if (!view_of(ui, &view))
		return "no command was run here yet (:run shows the one of a step in full first)";
	if (view.why && view.why[0])
		return view.why;
	if (view.interactive)
		return view.running ? "it has the terminal" : "it had the terminal: what it said there was not kept";
	return view.running ? "it said nothing yet" : "it said nothing";
}

/* Esc where its output is read ends the command. */
static bool back(struct ui *ui)
{
	struct run_view view;
	if (!run_shown_here(ui, &view) || !view.running || view.cancelled)
		return false;
	watch_run_cancel(ui_watch(ui), ui_incident(ui)->id, view.step);
	ui_messagef(ui, MESSAGE_INFO, "step %s is being ended, with everything that it started", view.step);
	return true;
}

const struct pane pane_output = {
	.name = "output",
	.title = "Output",
	.count = count,
	.identify = identify,
	.row = row,
	.status = status,
	.empty = empty,
	.min_rows = 2,
	.rank = 5,
	.follows = true,
	.back = back,
};
