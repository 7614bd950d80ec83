/* The hand-over sheet: what who takes over has to know, on one page. */
#ifndef TOCSIN_REPORT_HANDOVER_H
#define TOCSIN_REPORT_HANDOVER_H

#include "incident/clock.h"
#include "world/world.h"

#include "base/buf.h"

/* What the sheet looks at beside the record. */
struct handover_view {
	const struct world *world; /* NULL: components are as the record knows them */
	const struct clocks *clocks;
	const struct people *people;
	int64_t now_us;
	int zone_minutes; /* that times are shown in */
	bool markdown;    /* escaped; else plain text of the same shape, for the screen */
};
/* Who, what, since when, the state of the components, open questions, next steps, what is
 * known, and the last ten decisions. */
void handover_write(const struct fold *fold, const struct incident *incident, const struct handover_view *view, struct buf *out);

#endif
