/* Where an incident stands in its runbook. */
#ifndef TOCSIN_UI_STEPS_H
#define TOCSIN_UI_STEPS_H

#include "incident/fold.h"
#include "runbook/runbook.h"
#include "ui/ui.h"

/* What the record says of a step; NULL: nothing yet. */
const struct step_record *step_record(const struct incident *incident, const char *number);
/* Done, skipped, or something else was done instead. */
bool step_settled(const struct incident *incident, const char *number);
/* The first step that is not settled; NULL when all are. */
const char *current_step(const struct incident *incident, const struct runbook *runbook);
/* Which shell command of the step comes next: those that ran already are counted, and
 * after the last the first again. step->command_count when it has none to run. */
size_t next_command(const struct fold *fold, const struct incident *incident, const struct step *step);
/* The run that the output pane shows: of the selected step, else the one that goes on or was
 * last. False when there is none. */
bool run_shown_here(struct ui *ui, struct run_view *out);

#endif
