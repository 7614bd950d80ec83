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

static bool is_clock_time(const char *text)
{
	static const char shape[] = "dd:dd:dd";
	size_t len = strlen(text);
	if (len != strlen("14:03") && len != strlen("14:03:22"))
		return false;
	for (size_t i = 0; i < len; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		if (shape[i] == 'd' ? !digit : text[i] != ':')
			return false;
	}
	return true;
}

enum status moment_parse(const struct ui *ui, const char *text, int64_t *us, int *zone_minutes, struct error *err)
{
	char day[TIME_TEXT], full[TIME_TEXT + 16];
	int64_t now_us = ui_now_us(ui);
	if (!is_clock_time(text))
		return time_parse(text, us, zone_minutes, err);
	*zone_minutes = ui_zone_minutes(ui, now_us);
	time_human(day, now_us, *zone_minutes);
	text_format(full, sizeof(full), "%.10sT%s%sZ", day, text, strlen(text) == strlen("14:03") ? ":00" : "");
	enum status status = time_parse(full, us, NULL, err);
	*us -= status == STATUS_OK ? *zone_minutes * US_PER_MINUTE : 0;
	return status;
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
