/* How a proposal is put together. Private to src/incident. */
#ifndef TOCSIN_INCIDENT_PROPOSING_H
#define TOCSIN_INCIDENT_PROPOSING_H

#include "incident/detect.h"

/* Components whose own line appears among the evidence. */
enum { PROPOSAL_LINES = 12 };

/* Adds a proposal with the rule's severity and reason; its key is the cause's name, its title
 * that of the cause and of the subject, unless that is NULL. Valid until the next is added. */
struct proposal *proposals_add(struct proposals *out, enum cause cause, enum rule rule, const char *subject);
/* A sick component: named, with the line that says why, and the first symptom if it is the
 * earliest. */
void proposal_sick(struct proposal *p, const struct component *c);
void proposal_consequence(struct proposal *p, const struct component *c);
void proposal_evidence(struct proposal *p, int64_t at_us, const char *fmt, ...) TOCSIN_PRINTF(3, 4);
/* What was considered and ruled out. */
void proposal_refuted(struct proposal *p, const char *fmt, ...) TOCSIN_PRINTF(2, 3);
/* It names this component as sick, or as what follows. */
bool proposal_names(const struct proposal *p, const char *id);

#endif
