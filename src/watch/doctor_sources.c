/* The check-up of what is watched beside the nodes: the sources themselves have a look, and
 * what they could not see is a finding. */
#include "watch/doctor.h"

#include "base/text.h"
#include "collect/kube.h"
#include "collect/source.h"
#include "watch/watch.h"

#include <stdio.h>

enum {
	DEADLINE_MS = 12000,
	LOOK_MS = 200,
	NAMED_MAX = 40, /* components of a kind that have a line of their own */
};

static const char group[] = "sources";

struct visit {
	struct loop *loop;
	struct watch *watch;
	struct findings *out;
};

static void on_message(void *arg, int severity, const char *text)
{
	struct visit *visit = arg;

	if (severity > 0)
		finding_add(visit->out, severity > 1 ? FINDING_FAIL : FINDING_WARN, group, "start", NULL, "%s", text);
}

static void look(void *arg)
{
	struct visit *visit = arg;

	if (watch_sources_settled(visit->watch))
		loop_stop(visit->loop);
}

static void end(void *arg)
{
	loop_stop(((struct visit *)arg)->loop);
}

static bool is_source(const struct settings *section)
{
	if (section->def == &kube_section && !kube_is_watched(section))
		return false;
	for (size_t i = 0; source_defs[i]; i++)
		if (source_defs[i]->section == section->def)
			return true;
	return false;
}

static bool has_sources(const struct config *config)
{
	for (size_t i = 0; i < config->section_count; i++)
		if (is_source(&config->sections[i]))
			return true;
	return false;
}

/* Whether it can be seen is what matters here; what is wrong with it is the board's. */
static enum finding_level level_of(const struct component *c)
{
	if (c->health == HEALTH_UNKNOWN || c->health == HEALTH_STALE)
		return FINDING_FAIL;
	return c->health == HEALTH_OK ? FINDING_OK : FINDING_INFO;
}

static const char *cure_of(const struct component *c)
{
	if (level_of(c) != FINDING_FAIL)
		return NULL;
	switch (c->symptom) {
	case SYMPTOM_UNREACHABLE:
		return "check its address, and the way there";
	case SYMPTOM_REFUSING:
		return "check its credentials, and what they are allowed";
	default:
		return "give it more time, or check its address";
	}
}

static void add_component(const struct component *c, struct findings *out)
{
	bool sick = c->health == HEALTH_CRITICAL || c->health == HEALTH_WARNING;
	char what[160];

	text_format(what, sizeof(what), "%s %s", kind_name(c->kind), c->name);
	finding_add(out, level_of(c), group, what, cure_of(c), "%s%s%s", sick ? health_name(c->health) : "", sick ? ": " : "", c->reason);
}

static void add_kind(const struct world *world, enum kind kind, struct findings *out)
{
	size_t count = world_count(world, kind), unseen = 0;

	for (size_t i = 0; i < count; i++) {
		const struct component *c = world_at(world, kind, i);
		unseen += level_of(c) == FINDING_FAIL;
		if (i < NAMED_MAX)
			add_component(c, out);
	}
	if (count > NAMED_MAX)
		finding_add(out, unseen > 0 ? FINDING_WARN : FINDING_OK, group, kind_def(kind)->plural, NULL, "%zu in all, %zu of them cannot be seen", count, unseen);
}

void doctor_sources(const struct config *config, const struct clock *clock, struct findings *out)
{
	static const enum kind kinds[] = {KIND_PROBE, KIND_LANE, KIND_FEED, KIND_WORKLOAD, KIND_POD, KIND_ALERT};
	const struct watch_options options = {.read_only = true};
	const struct watch_events events = {.message = on_message};
	struct visit visit = {.loop = has_sources(config) ? loop_new() : NULL, .out = out};

	if (!visit.loop)
		return;
	visit.watch = watch_new(visit.loop, clock, config, NULL, &options, &events, &visit);
	struct loop_timer *looks = loop_timer(visit.loop, LOOK_MS, LOOK_MS, look, &visit), *ends = loop_timer(visit.loop, DEADLINE_MS, 0, end, &visit);
	loop_run(visit.loop);
	loop_timer_stop(looks);
	loop_timer_stop(ends);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		add_kind(watch_world(visit.watch), kinds[i], out);
	watch_free(visit.watch);
	loop_free(visit.loop);
}
