/* Scenarios: what breaks in the simulated network, and when. Private to src/drill;
 * the table is sim_scenarios(). */
#ifndef TOCSIN_DRILL_SCENARIO_H
#define TOCSIN_DRILL_SCENARIO_H

#include "drill/engine.h"
#include "drill/sim.h"

struct scenario_run {
	const struct scenario_def *def;
	size_t victim;             /* index of the node that is harmed first */
	int64_t break_us, heal_us; /* of the network's clock; INT64_MAX: when told */
};

/* NULL when the name is none of the table's; error names them all. */
const struct scenario_def *scenario_find(const char *name, struct error *err);
/* How long before the start the fault began, unless told otherwise. */
int64_t scenario_lead_us(const struct scenario_def *def, const struct engine_config *config);
/* Chooses who is harmed: `name`, or by the seed. STATUS_USAGE names the candidates. */
enum status scenario_victim(const struct scenario_def *def, const struct engine *engine, const char *name, size_t *out, struct error *err) TOCSIN_CHECK;

/* There is more than nodes in it: lanes, a feed, a cluster, alerts and logs. */
bool scenario_has_systems(const struct scenario_def *def);
/* Something goes wrong in it. */
bool scenario_breaks(const struct scenario_def *def);
/* Its victim is a node. */
bool scenario_harms_node(const struct scenario_def *def);

/* Lets the network live until now, breaking and healing it on the way. */
void scenario_advance(struct scenario_run *run, struct engine *engine, int64_t now_us);
/* True while a node is down or does not serve; restarting the right ones ends it. */
bool scenario_is_broken(const struct engine *engine);
/* At the engine's present time. False when there is nothing to break, or it is broken. */
bool scenario_break(struct scenario_run *run, struct engine *engine);
void scenario_heal(struct scenario_run *run, struct engine *engine);

#endif
