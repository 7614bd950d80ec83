/* What every format says of an incident: milestones, durations with their
 * definitions, and the prefilled sections. Shared inside src/report. */
#ifndef TOCSIN_REPORT_FACTS_H
#define TOCSIN_REPORT_FACTS_H

#include "base/clock.h"
#include "report/report.h"

#include <stdbool.h>

/* Wall times in microseconds; 0: not yet. Always computed from the record, never
 * stored: a corrected time moves them (incident reference 2.4). */
struct milestones {
	int64_t started_us;  /* first symptom */
	int64_t detected_us; /* first proposal since, or the declaration when nothing proposed */
	int64_t declared_us;
	int64_t mitigated_us; /* Resolve was entered */
	int64_t resolved_us;  /* Review was entered: the checks passed, or were overridden */
	int64_t closed_us;
};
struct milestones milestones_of(const struct fold *fold, const struct incident *incident);

/* One measured span: its name, its definition, and -1 while it has no end. */
struct span {
	const char *name, *definition;
	int64_t us;
};
enum { SPANS = 4 };
void spans_of(const struct milestones *m, struct span out[SPANS]);

/* What the record alone says of a section: lines of plain text, "" when it knows
 * nothing. Owned by the caller. */
char *section_prefill(const struct fold *fold, const struct incident *incident, enum section section);

enum status markdown_write(const struct fold *fold, const struct incident *incident, const struct checkpoint *checkpoint, const char *network, bool drill, struct buf *out, struct error *err);
enum status json_write(const struct fold *fold, const struct incident *incident, const struct checkpoint *checkpoint, const char *network, bool drill, struct buf *out, struct error *err);
enum status jsonl_write(const struct fold *fold, const struct incident *incident, const struct checkpoint *checkpoint, const char *network, bool drill, struct buf *out, struct error *err);
enum status csv_write(const struct fold *fold, const struct incident *incident, const struct checkpoint *checkpoint, const char *network, bool drill, struct buf *out, struct error *err);

/* One line of Markdown that means what it says: escaped, line ends as " / ". */
void markdown_line(struct buf *out, const char *text);

/* Who did what: members of the JSON document, arrays each. */
void roles_json(const struct incident *incident, struct json_writer *w);
void tasks_json(const struct incident *incident, struct json_writer *w);
void hypotheses_json(const struct incident *incident, struct json_writer *w);
void said_json(const struct incident *incident, struct json_writer *w); /* decisions and findings */
void escalations_json(const struct incident *incident, struct json_writer *w);
/* The same as lines for sections of the review: who had which role and who was told; what
 * was believed and found; what was decided and done. */
void prefill_people(const struct incident *incident, struct buf *out);
void prefill_beliefs(const struct incident *incident, struct buf *out);
void prefill_work(const struct incident *incident, struct buf *out);

/* An event's data as a value: taken over when it is sound JSON, else left out. */
void put_data(struct json_writer *w, const char *key, const struct event *event);

#endif
