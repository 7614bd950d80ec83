/* What the files do_*.c share. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/do.h"
#include "ui/steps.h"

#include <string.h>

const struct incident *need_shown(struct ui *ui, struct error *err)
{
	const struct incident *incident = ui_incident(ui);
	if (!incident)
		error_set(err, STATUS_REFUSED, "no incident is open (:declare opens one for what is proposed, :declare TITLE by hand)");
	return incident;
}

enum status commit(struct ui *ui, struct drafts *drafts, enum status status, struct error *err)
{
	if (status == STATUS_OK)
		status = watch_append(ui_watch(ui), drafts, NULL, NULL, err);
	drafts_free(drafts);
	ui_touch(ui);
	return status;
}

const char *split_word(const char *args, char *word, size_t size)
{
	*word = '\0';
	(void)text_word(&args, word, size);
	return args + strspn(args, " ");
}

enum status moment_parse(const struct ui *ui, const char *text, enum time_side side, int64_t *us, int *zone_minutes, struct error *err)
{
	return time_parse_near(text, ui_now_us(ui), ui_utc(ui), side, us, zone_minutes, err);
}

enum status need_step_shown(struct ui *ui, const char *number, const struct step **out, struct error *err)
{
	const struct incident *incident = need_shown(ui, err);
	const struct runbook *runbook = incident ? watch_runbook(ui_watch(ui), incident->id, err) : NULL;
	if (!runbook)
		return STATUS_REFUSED;
	if (*number == '\0') {
		const struct pane_state *state = ui_pane_state(ui, "runbook");
		const char *current = current_step(incident, runbook);
		number = state->selected[0] && runbook_step(runbook, state->selected) ? state->selected : current ? current
														  : "";
	}
	*out = runbook_step(runbook, number);
	return *out ? STATUS_OK : error_set(err, STATUS_NOT_FOUND, "step %s: runbook %s has none of that number", number, runbook->name);
}
