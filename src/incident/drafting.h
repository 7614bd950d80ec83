/* How act_*.c makes drafts: validated input, canonical data, strings with an owner. */
#ifndef TOCSIN_INCIDENT_DRAFTING_H
#define TOCSIN_INCIDENT_DRAFTING_H

#include "base/json.h"
#include "incident/act.h"

#include <stdarg.h>

/* A text that is freed with the drafts. */
char *drafts_keep(struct drafts *drafts, char *text);
char *drafts_format(struct drafts *drafts, const char *fmt, ...) TOCSIN_PRINTF(2, 3);

/* A new draft at the actor's time and in the actor's name, with the role held in the
 * incident (which may be NULL). Valid until the next one is added. */
struct draft *drafts_add(struct drafts *drafts, enum event_kind kind, const struct actor *who, const struct incident *incident);
/* The same for the machine, which speaks as "tocsin". */
struct draft *drafts_add_machine(struct drafts *drafts, enum event_kind kind, int64_t occurred_us, const char *incident);
/* The summary, cleaned and cut to one line. */
void draft_summary(struct drafts *drafts, struct draft *draft, const char *fmt, ...) TOCSIN_PRINTF(3, 4);
/* refs to one event: [{"id":…,"rel":…}] */
void draft_refer(struct drafts *drafts, struct draft *draft, const struct event *event, const char *rel);

/* The data of one draft while it is written; ends in canonical form. */
struct payload {
	struct buf text;
	struct json_writer w;
};
void payload_begin(struct payload *payload);
/* Strings that are NULL are left out. */
void payload_string(struct payload *payload, const char *key, const char *value);
void payload_end(struct payload *payload, struct drafts *drafts, struct draft *draft);

/* --- what people typed ----------------------------------------------------------- */

/* What a text is for, how long it may be, and how to give it. */
struct input {
	const char *what; /* "title" */
	size_t limit;     /* bytes of clean text */
	const char *cure; /* ":title TEXT" */
	bool lines;       /* more than one line is fine */
	bool optional;    /* empty gives NULL instead of an error */
};
enum status input_text(struct drafts *drafts, const struct input *input, const char *text, const char **out, struct error *err) TOCSIN_CHECK;
/* A time that someone gave: 0 is now; neither before 1970 nor after now. */
enum status input_time(const struct actor *who, int64_t occurred_us, int64_t *out, struct error *err) TOCSIN_CHECK;
/* Component ids: each clean, no blanks, no doubles, at least one. `out` is kept by the drafts, ends with NULL. */
enum status input_components(struct drafts *drafts, const char *const *components, const char *const **out, struct error *err) TOCSIN_CHECK;

/* A role: lower-case words joined by '-', "commander" or one of a team's own. */
enum status input_role(struct drafts *drafts, const char *role, const char **out, struct error *err) TOCSIN_CHECK;

/* What must be true of the incident for the act. */
enum need {
	NEED_ANY,  /* it exists; closed is fine */
	NEED_OPEN, /* neither closed nor merged */
};
enum status need_incident(const struct fold *fold, const char *id, enum need need, const struct incident **out, struct error *err) TOCSIN_CHECK;

#endif
