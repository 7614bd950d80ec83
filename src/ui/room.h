/* What the panes of the war room share: the clocks that run, and how they look. */
#ifndef TOCSIN_UI_ROOM_H
#define TOCSIN_UI_ROOM_H

#include "incident/clock.h"
#include "ui/ui.h"

/* The clocks of the incident on the screen, as of now; none when there is no incident.
 * Until the next call. */
const struct running_clocks *room_clocks(const struct ui *ui);
/* What stands in a pane whose only reason to be empty is that there is no incident. */
const char *room_no_incident(const struct ui *ui);
/* How a time that is waited for looks: calm, soon (two minutes), overdue. */
enum role due_role(const struct ui *ui, int64_t due_us);
/* "in 17 m", "3 m over" */
enum { DUE_TEXT = 48 };
char *due_text(char dst[DUE_TEXT], const struct ui *ui, int64_t due_us);

#endif
