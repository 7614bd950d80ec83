/* The simulated network: a real HTTP server on loopback that speaks the real
 * protocols, with real RLP headers and real seals, so that a drill exercises the
 * same collectors and screens as a real night. */
#ifndef TOCSIN_DRILL_SIM_H
#define TOCSIN_DRILL_SIM_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>

struct sim;

struct sim_options {
	const char *scenario;       /* "healthy", … */
	unsigned validators;        /* 0: 4 */
	unsigned rpc_nodes;         /* 0: 2 */
	unsigned port;              /* first port, one per node from there; 0: any free ones */
	uint64_t seed;              /* keys, peers, jitter */
	const char *victim;         /* node name, NULL: chosen by the seed */
	double speed;               /* the clock runs this much faster; 0: 1 */
	int64_t block_period_ms;    /* 0: 2,000 */
	int64_t request_timeout_ms; /* 0: 2,000 */
	int64_t break_after_ms;     /* when the fault starts; <0: the scenario's own time */
	bool systems;               /* lanes, a feed, a cluster and monitoring, whatever the scenario */
	int64_t heal_after_ms;      /* when it is healed, after the start; 0: when told */
};

struct sim_node {
	char name[32]; /* "besu-validator-0", "besu-rpc-1" */
	char url[64];
	bool validator;
	struct address address;
};

/* Starts the network with its history (it has been running for hours); threads of
 * its own. */
enum status sim_start(struct sim **out, const struct sim_options *options, struct error *err) TOCSIN_CHECK;
void sim_stop(struct sim *sim);
size_t sim_node_count(const struct sim *sim);
const struct sim_node *sim_node_at(const struct sim *sim, size_t i);
/* Where orders are taken even while every node is down: "http://127.0.0.1:PORT". An
 * order is a POST of plain text to /control with a header X-Tocsin-Control; running
 * nodes take it too. It is what the stand-in tools read from TOCSIN_SIM_URL. */
const char *sim_control_url(const struct sim *sim);
/* The node that the scenario harms first; NULL for a healthy network. */
const struct sim_node *sim_victim(const struct sim *sim);
/* The network's own clock, which runs `speed` times faster than the machine's. */
int64_t sim_now_us(const struct sim *sim);
/* Breaks as the scenario says, or heals what is broken, at once. */
void sim_break(struct sim *sim);
void sim_heal(struct sim *sim);
/* "restart besu-validator-2", "heal", "break", "stop NODE", "start NODE", "status", and
 * what the stand-in tools ask ("get pods", "describe NODE", …; the list is in pods.h).
 * The answer is text for a person; an order that is not known or not possible is an
 * error that says so. */
enum status sim_control(struct sim *sim, const char *order, char *answer, size_t size, struct error *err) TOCSIN_CHECK;
/* Appends a configuration file for this network (watch/config.h reads it). */
void sim_config(const struct sim *sim, struct buf *out);

struct scenario_def {
	const char *name;
	const char *help;
	const char *breaks;               /* what goes wrong */
	const char *heals;                /* what puts it right */
	const struct scenario_plot *plot; /* private to src/drill */
};
const struct scenario_def *sim_scenarios(void); /* ends with name NULL */

#endif
