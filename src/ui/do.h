/* What requests do: the bridge from keys and ":" lines to the acts of the lifecycle. */
#ifndef TOCSIN_UI_DO_H
#define TOCSIN_UI_DO_H

#include "ui/ui.h"

/* --- shared by the files do_*.c ------------------------------------------------ */

/* The incident on the screen; NULL with err when there is none. */
const struct incident *need_shown(struct ui *ui, struct error *err);
/* Appends what an act drafted, unless it refused; frees the drafts. */
enum status commit(struct ui *ui, struct drafts *drafts, enum status status, struct error *err);
/* Splits the first word off and returns the rest, without the blanks between. */
const char *split_word(const char *args, char *word, size_t size);
/* time_parse_near, in the zone on the screen. */
enum status moment_parse(const struct ui *ui, const char *text, enum time_side side, int64_t *us, int *zone_minutes, struct error *err) TOCSIN_CHECK;

/* The step of that number; for "" the one that keys mean: the selected, else the current. */
enum status need_step_shown(struct ui *ui, const char *number, const struct step **out, struct error *err) TOCSIN_CHECK;

/* --- the review ------------------------------------------------------------------ */

enum section_state {
	SECTION_STATE_UNWRITTEN,
	SECTION_STATE_PREFILLED,
	SECTION_STATE_WRITTEN,
};
/* What a section says now; owned by the caller. */
char *section_text(const struct fold *fold, const struct incident *incident, enum section section, enum section_state *state);
/* Enter on a section, or on an action item: asks for its text. */
enum status edit_section(struct ui *ui, const char *name, struct error *err);
enum status edit_action(struct ui *ui, const char *seq, struct error *err);

/* --- requests, one function each (see actions.c) ----------------------------------- */
#define REQUEST_FUNCTIONS(_) \
	_(declare)           \
	_(attach)            \
	_(dismiss)           \
	_(report)            \
	_(severity)          \
	_(title)             \
	_(commander)         \
	_(scribe)            \
	_(components)        \
	_(impact)            \
	_(stage)             \
	_(next_stage)        \
	_(previous_stage)    \
	_(override)          \
	_(reopen)            \
	_(merge)             \
	_(note)              \
	_(evidence)          \
	_(amend)             \
	_(retract)           \
	_(runbook)           \
	_(tick)              \
	_(skip)              \
	_(deviate)           \
	_(about)             \
	_(step_note)         \
	_(run)               \
	_(verify)            \
	_(approve)           \
	_(refuse)            \
	_(break_glass)       \
	_(cancel)            \
	_(set)               \
	_(section)           \
	_(action)            \
	_(export)            \
	_(arm)               \
	_(silence)           \
	_(disarm)            \
	_(show)              \
	_(timeline)          \
	_(review)            \
	_(board)             \
	_(update)            \
	_(outbox)            \
	_(field)             \
	_(send)              \
	_(keep)              \
	_(discard)           \
	_(resend)            \
	_(arrived)           \
	_(withdraw)          \
	_(answered)          \
	_(role)              \
	_(offer)             \
	_(accept)            \
	_(decline)           \
	_(task)              \
	_(assign)            \
	_(task_done)         \
	_(task_cancel)       \
	_(decide)            \
	_(hypothesis)        \
	_(confirm)           \
	_(refute)            \
	_(finding)           \
	_(to_do)             \
	_(escalate)          \
	_(acknowledge)       \
	_(snooze)            \
	_(room)              \
	_(handover)          \
	_(who)
#define REQUEST_FUNCTION(name) enum status do_##name(struct ui *ui, const char *args, struct error *err);
REQUEST_FUNCTIONS(REQUEST_FUNCTION)
#undef REQUEST_FUNCTION

#endif
