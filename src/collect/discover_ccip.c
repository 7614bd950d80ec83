#include "collect/discover_ccip.h"

#include "base/mem.h"
#include "base/text.h"
#include "collect/ccip.h"
#include "collect/chain.h"
#include "collect/source.h"

#include <stdlib.h>
#include <string.h>

enum {
	RAMPS_MAX = 8, /* off-ramps that are asked whose chain they are on */
	SOURCES_MAX = 64,
};

enum phase {
	PHASE_ROUTER, /* what it is, and its off-ramps */
	PHASE_RAMPS,  /* what those say of themselves */
	PHASE_KNOWN,
	PHASE_LANES, /* where its on-ramps lead; needs the others' selectors */
	PHASE_DONE,
};

struct search;

struct asked_router {
	struct search *search;
	const struct router_spec *spec;
	struct found_router *found;
	struct eth *eth;
	enum phase phase;
	struct address ramps[RAMPS_MAX];
	size_t ramp_count;
};

struct search {
	struct loop *loop;
	struct asked_router *routers;
	struct ccip_discovery *out;
};

/* The search goes on when every router got as far as it can alone, or failed. */
static void see_if_done(struct search *search)
{
	for (size_t i = 0; i < search->out->router_count; i++)
		if (search->routers[i].phase != PHASE_KNOWN && search->routers[i].phase != PHASE_DONE)
			return;
	loop_stop(search->loop);
}

/* --- one router ------------------------------------------------------------------- */

static void ask_on_ramps(const struct asked_router *r, struct eth_list *list)
{
	const struct ccip_discovery *out = r->search->out;

	for (size_t i = 0; i < out->router_count; i++)
		eth_ask_u64(list, &r->spec->router, "getOnRamp(uint64)", out->routers[i].selector);
}

static bool plan(void *arg, struct eth_list *list)
{
	struct asked_router *r = arg;

	switch (r->phase) {
	case PHASE_ROUTER:
		eth_add_chain_id(list);
		eth_ask(list, &r->spec->router, "typeAndVersion()");
		eth_ask(list, &r->spec->router, "getOffRamps()");
		return true;
	case PHASE_RAMPS:
		for (size_t i = 0; i < r->ramp_count; i++) {
			eth_ask(list, &r->ramps[i], "typeAndVersion()");
			eth_ask(list, &r->ramps[i], "getStaticConfig()");
		}
		return r->ramp_count > 0;
	case PHASE_LANES:
		ask_on_ramps(r, list);
		return true;
	default:
		return false;
	}
}

static void read_router(struct asked_router *r, const struct eth_list *list)
{
	struct found_router *found = r->found;
	struct ccip_type type;
	struct abi view, pairs;
	size_t count = 0;

	found->answers = true;
	found->chain_id = eth_answer(list, 0)->number;
	if (!eth_view(list, 1, &view) || !ccip_type_read(view, &type) || type.contract != CONTRACT_ROUTER) {
		text_format(found->why, sizeof(found->why), "there is no CCIP router at this address");
		return;
	}
	found->is_router = true;
	text_format(found->version, sizeof(found->version), "%s", type.text);
	if (!eth_view(list, 2, &view) || !abi_array(view, 0, 2, SOURCES_MAX, &pairs, &count))
		return;
	found->sources = xcalloc(count ? count : 1, sizeof(*found->sources));
	for (size_t i = 0; i < count; i++) {
		uint64_t source;
		struct address ramp;
		if (!abi_u64(pairs, 2 * i, &source) || !abi_address(pairs, 2 * i + 1, &ramp))
			continue;
		found->sources[found->source_count++] = source;
		if (r->ramp_count < RAMPS_MAX)
			r->ramps[r->ramp_count++] = ramp;
	}
}

static void read_ramps(struct asked_router *r, const struct eth_list *list)
{
	for (size_t i = 0; i < r->ramp_count && r->found->selector == 0; i++) {
		struct ccip_type type;
		struct ccip_ramp ramp = {0};
		struct abi view;
		if (!eth_view(list, 2 * i, &view) || !ccip_type_read(view, &type) || type.contract != CONTRACT_OFF_RAMP)
			continue;
		if (eth_view(list, 2 * i + 1, &view) && ccip_off_static(type.version, view, &ramp))
			r->found->selector = ramp.dest;
	}
}

static void read_lanes(struct asked_router *r, const struct eth_list *list)
{
	static const struct address none;
	struct ccip_discovery *out = r->search->out;
	size_t from = (size_t)(r->found - out->routers);

	for (size_t to = 0; to < out->router_count; to++) {
		struct address ramp;
		struct abi view;
		if (to == from || out->routers[to].selector == 0 || !eth_view(list, to, &view) || !abi_address(view, 0, &ramp) || address_equal(&ramp, &none))
			continue;
		out->lanes = xreallocarray(out->lanes, out->lane_count + 1, sizeof(*out->lanes));
		out->lanes[out->lane_count++] = (struct found_lane){from, to};
	}
}

static void done(void *arg, struct eth_list *list, int64_t at_us)
{
	struct asked_router *r = arg;

	(void)at_us;
	if (r->phase == PHASE_ROUTER) {
		read_router(r, list);
		r->phase = r->ramp_count > 0 ? PHASE_RAMPS : PHASE_KNOWN;
	} else if (r->phase == PHASE_RAMPS) {
		read_ramps(r, list);
		r->phase = PHASE_KNOWN;
	} else if (r->phase == PHASE_LANES) {
		read_lanes(r, list);
		r->phase = PHASE_DONE;
	}
	see_if_done(r->search);
}

static void lost(void *arg, enum reach reach, const char *why, int64_t at_us)
{
	struct asked_router *r = arg;

	(void)reach;
	(void)at_us;
	text_format(r->found->why, sizeof(r->found->why), "%s", why);
	r->phase = PHASE_DONE;
	see_if_done(r->search);
}

/* --- all of them --------------------------------------------------------------------- */

static void ignore_change(void *arg)
{
	(void)arg;
}

static void ignore_message(void *arg, int severity, const char *text)
{
	(void)arg;
	(void)severity;
	(void)text;
}

static void ignore_secret(void *arg, const char *secret)
{
	(void)arg;
	(void)secret;
}

static void deadline(void *arg)
{
	loop_stop(arg);
}

/* A chain section for each router, named by its place. */
static struct settings *describe(const struct router_spec *specs, size_t count)
{
	struct settings *sections = xcalloc(count ? count : 1, sizeof(*sections));
	char name[24];

	for (size_t i = 0; i < count; i++) {
		settings_init(&sections[i], &chain_section, text_format(name, sizeof(name), "%zu", i), 0);
		/* What is no URL is found out when it is asked. */
		if (settings_set(&sections[i], "rpc", specs[i].url, 0, NULL) != STATUS_OK)
			continue;
	}
	return sections;
}

static void open_router(struct search *search, const struct source_host *host, const struct router_spec *spec, size_t i)
{
	struct asked_router *r = &search->routers[i];
	const struct eth_user user = {.plan = plan, .done = done, .lost = lost, .arg = r};
	struct error err = {0};

	*r = (struct asked_router){.search = search, .spec = spec, .found = &search->out->routers[i]};
	r->eth = eth_new(host, host->sections[i].name, 0, &user, &err);
	if (!r->eth) {
		text_format(r->found->why, sizeof(r->found->why), "%s", err.text);
		r->phase = PHASE_DONE;
	}
}

static bool begin_lanes(struct search *search)
{
	bool any = false;

	for (size_t i = 0; i < search->out->router_count; i++) {
		struct asked_router *r = &search->routers[i];
		if (r->phase != PHASE_KNOWN || !r->found->is_router)
			continue;
		r->phase = PHASE_LANES;
		eth_refresh(r->eth);
		any = true;
	}
	return any;
}

void ccip_discover(const struct router_spec *specs, size_t count, int64_t deadline_ms, const struct clock *clock, struct ccip_discovery *out)
{
	struct search search = {.loop = loop_new(), .routers = xcalloc(count ? count : 1, sizeof(*search.routers)), .out = out};
	struct settings *sections = describe(specs, count);

	*out = (struct ccip_discovery){.routers = xcalloc(count ? count : 1, sizeof(*out->routers)), .router_count = count};
	if (search.loop && count > 0) {
		struct source_host host = {.loop = search.loop, .clock = clock, .http = http_new(search.loop, count), .sections = sections, .section_count = count, .changed = ignore_change, .message = ignore_message, .hide = ignore_secret};
		struct loop_timer *timer = loop_timer(search.loop, deadline_ms, 0, deadline, search.loop);
		for (size_t i = 0; i < count; i++)
			open_router(&search, &host, &specs[i], i);
		loop_run(search.loop);
		if (begin_lanes(&search))
			loop_run(search.loop);
		loop_timer_stop(timer);
		for (size_t i = 0; i < count; i++) {
			if (!search.routers[i].found->answers && search.routers[i].found->why[0] == '\0')
				text_format(search.routers[i].found->why, sizeof(search.routers[i].found->why), "no answer in time");
			eth_free(search.routers[i].eth);
		}
		http_free(host.http);
	}
	loop_free(search.loop);
	for (size_t i = 0; i < count; i++)
		settings_free(&sections[i]);
	free(sections);
	free(search.routers);
}

void ccip_discovery_free(struct ccip_discovery *discovery)
{
	for (size_t i = 0; i < discovery->router_count; i++)
		free(discovery->routers[i].sources);
	free(discovery->routers);
	free(discovery->lanes);
	*discovery = (struct ccip_discovery){0};
}
