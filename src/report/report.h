/* Exports: the review and the timeline, from the fold alone. Everything that came
 * from people or machines is escaped for the format it goes into. */
#ifndef TOCSIN_REPORT_REPORT_H
#define TOCSIN_REPORT_REPORT_H

#include "base/buf.h"
#include "base/json.h"
#include "incident/fold.h"
#include "record/checkpoint.h"

struct report_format {
	const char *name;      /* "md" */
	const char *extension; /* ".md" */
	const char *help;
	enum status (*write)(const struct fold *fold, const struct incident *incident, const struct checkpoint *checkpoint, const char *network, bool drill, struct buf *out, struct error *err);
};
const struct report_format *report_format(const char *name); /* NULL when unknown */
const struct report_format *report_formats(void);            /* ends with name NULL */

/* What the review says in a section now: what people wrote, or what the record
 * prefills; *written tells which. Owned by the caller. */
char *review_text(const struct fold *fold, const struct incident *incident, enum section section, bool *written);

const char *task_state_name(enum task_state state);             /* "open" */
const char *hypothesis_state_name(enum hypothesis_state state); /* "confirmed" */

/* The incident as `incident show --json` prints it. */
void incident_json(const struct fold *fold, const struct incident *incident, struct json_writer *w);

#endif
