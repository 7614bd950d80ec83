/* Stand-in tools: in a drill the runbooks' commands act on the simulated network, and
 * nothing they do can reach the world. */
#ifndef TOCSIN_DRILL_STANDIN_H
#define TOCSIN_DRILL_STANDIN_H

#include "base/status.h"
#include "drill/sim.h"

/* Plays a tool: argv[0] is its name ("kubectl", "cast"), the rest are its arguments as
 * a runbook writes them. Prints as the tool would and returns its exit code; what is
 * not simulated is said so on stderr, with 1. Acts on the network whose control URL is
 * in the environment variable TOCSIN_SIM_URL. */
int standin_run(int argc, char **argv);

/* Makes a private directory (0700) with small programs named like the tools, which run
 * this program's stand-ins on `sim`; put it first in the PATH of what a drill runs. The
 * path is the caller's to free, after standin_remove. */
enum status standin_directory(const struct sim *sim, char **out_dir, struct error *err) TOCSIN_CHECK;
/* Removes what standin_directory made. */
void standin_remove(const char *dir);

#endif
