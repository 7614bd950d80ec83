#include "ui/room.h"

#include "base/text.h"

const struct running_clocks *room_clocks(const struct ui *ui)
{
	static struct running_clocks running;
	const struct incident *incident = ui_incident(ui);
	running.count = 0;
	if (incident)
		clocks_running(incident, watch_clocks(ui_watch(ui)), watch_people(ui_watch(ui)), ui_now_us(ui), &running);
	return &running;
}

const char *room_no_incident(const struct ui *ui)
{
	(void)ui;
	return "no incident is open";
}

enum role due_role(const struct ui *ui, int64_t due_us)
{
	int64_t left_us = due_us - ui_now_us(ui);
	if (left_us <= 0)
		return ROLE_CRIT;
	return left_us <= 2 * US_PER_MINUTE ? ROLE_WARN : ROLE_BASE;
}

char *due_text(char dst[DUE_TEXT], const struct ui *ui, int64_t due_us)
{
	char text[DURATION_TEXT];
	int64_t left_us = due_us - ui_now_us(ui);
	duration_human(text, left_us < 0 ? -left_us : left_us);
	return text_format(dst, DUE_TEXT, left_us > 0 ? "in %s" : "%s over", text);
}
