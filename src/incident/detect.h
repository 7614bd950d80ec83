/* Detection: from the world to proposals. Pure: the same world gives the same
 * proposals. Each says what is wrong, why we think so, and what merely follows. */
#ifndef TOCSIN_INCIDENT_DETECT_H
#define TOCSIN_INCIDENT_DETECT_H

#include "incident/cause.h"
#include "world/world.h"

struct evidence_line {
	int64_t at_us;
	char text[160];
};

struct proposal {
	enum cause cause;
	enum severity severity;
	char key[128];          /* the same fault keeps its key: "validator-failure:validator-2" */
	char title[96];         /* "Validator failure: besu-validator-2" */
	char rule[16];          /* of the seed, "S-1" */
	char reason[200];       /* why this severity, in words */
	int64_t since_us;       /* first symptom */
	char (*components)[96]; /* ids of what is sick */
	size_t component_count;
	char (*consequences)[96]; /* ids of what merely follows */
	size_t consequence_count;
	struct evidence_line *evidence;
	size_t evidence_count;
	char (*refuted)[160]; /* what was considered and ruled out, with why */
	size_t refuted_count;
	enum confidence confidence;
	const char *confirm; /* what would show that it is so, NULL: nothing more is needed */
	const char *refute;  /* and what would show that it is not, or NULL */
};

struct proposals {
	struct proposal *items;
	size_t count;
	size_t capacity; /* private */
};

struct diagnoses;

/* Proposals for the world as judged at now_us, the worst first. A component is
 * named sick by at most one of them. `own` (NULL allowed) are rows that the configuration
 * adds to the table of diagnoses; texts of the proposals may be theirs. Free with
 * proposals_free. */
void detect(const struct world *world, const struct diagnoses *own, int64_t now_us, struct proposals *out);
void proposals_free(struct proposals *proposals);
const struct proposal *proposals_find(const struct proposals *proposals, const char *key);

#endif
