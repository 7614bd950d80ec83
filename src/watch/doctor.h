/* The check-up of a set-up: its configuration, each endpoint, clocks, tools and limits.
 * The record's and the terminal's are in their own rooms (record/diagnose.h,
 * ui/diagnose.h). Nothing is written. */
#ifndef TOCSIN_WATCH_DOCTOR_H
#define TOCSIN_WATCH_DOCTOR_H

#include "base/finding.h"
#include "collect/probe.h"
#include "watch/config.h"

/* What config_load said, as findings of the group "configuration"; also secrets that
 * stand in URLs. `path` names the file. */
void doctor_configuration(const char *path, const struct config *config, const struct config_problems *problems, struct findings *out);

/* Asks every node of the configuration once, all at the same time, in at most a few
 * seconds, and judges what they say. */
void doctor_ask(const struct config *config, const struct clock *clock, struct findings *out);
/* The judging alone: findings of the groups "endpoints" and "time" from one probe per
 * node, taken at now_us. */
void doctor_judge(const struct config *config, const struct probe *probes, int64_t now_us, struct findings *out);

/* Lets the sources of the configuration (pods, lanes, feeds, alerts, probes) have their first
 * look, in at most some ten seconds: findings of the group "sources". Nothing when there are
 * none. */
void doctor_sources(const struct config *config, const struct clock *clock, struct findings *out);

/* Programs that runbooks and people use, looked for on `path` (as in $PATH). */
void doctor_tools(const char *path, struct findings *out);
/* Whether so many endpoints can be polled with the open files that are allowed. */
void doctor_limits(size_t endpoints, struct findings *out);

#endif
