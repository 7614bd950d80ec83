/* Sources: what is watched beside the nodes of the chain. A source is one const table entry:
 * the section of the configuration that makes one, and how it starts and stops. Adding one
 * touches a file of its own and a line in the list. */
#ifndef TOCSIN_COLLECT_SOURCE_H
#define TOCSIN_COLLECT_SOURCE_H

#include "base/settings.h"
#include "io/http.h"
#include "world/world.h"

/* How to ask a node of the chain itself. */
struct own_node {
	char name[64];
	const char *url, *ca_file; /* of the configuration */
	char *header;              /* a secret: owned by who asked, or NULL */
};

/* A moment of an incident that others may be told of. */
struct source_incident {
	const char *id, *title, *severity; /* "INC-7", …, "P1" */
	int64_t began_us;
	int64_t over_us; /* 0: it goes on */
};

/* What a source has to work with. All of it outlives the source. */
struct source_host {
	struct loop *loop;
	const struct clock *clock;
	struct http *http;
	struct world *world;
	struct alerts *alerts; /* of all sources */
	/* The whole environment of tools that are started, NULL-terminated: in a drill they are
	 * stand-ins. */
	const char *const *environment;
	/* A drill: nothing is written into the world outside. */
	bool demo;
	/* All sections that rooms declared, to find others by name: a lane names its chains. */
	const struct settings *sections;
	size_t section_count;
	/* Something was fed to the world. */
	void (*changed)(void *arg);
	/* A line for the operator; severity 0 info, 1 warning, 2 error. */
	void (*message)(void *arg, int severity, const char *text);
	/* A number kept across restarts, in the record's samples of that component; false when
	 * there is none, or no record. */
	bool (*recall)(void *arg, const char *component, const char *value, int64_t *out);
	void (*remember)(void *arg, const char *component, const char *value, int64_t number);
	/* A node that answers, the healthiest first; false when none does. NULL: there are none. */
	bool (*own_node)(void *arg, struct own_node *out);
	/* An incident was annotated elsewhere: by the source of this name, as `id`, or not, and why. */
	void (*annotated)(void *arg, const struct source_incident *incident, const char *source, int64_t id, const char *why);
	/* A secret that must never be shown, whoever repeats it. */
	void (*hide)(void *arg, const char *secret);
	void *arg;
};

struct source_def {
	const struct settings_def *section;
	/* Adds its components to the world and begins to poll; *state is the source's own. The
	 * settings were checked against the table; what they cannot say is an error here. */
	enum status (*start)(const struct source_host *host, const struct settings *settings, void **state, struct error *err);
	/* Polls now, whatever the back-off says. */
	void (*refresh)(void *state);
	/* Every look that the first judgement needs was had, or failed. */
	bool (*tried)(const void *state);
	void (*stop)(void *state); /* frees it; components stay in the world */
};

/* Ends with NULL. */
extern const struct source_def *const source_defs[];

/* Starts a source for each section that has one. What cannot start is told through
 * host->message, and the others go on. `host` is copied; http is made here, its member is
 * ignored, as that of alerts. */
struct sources;
struct sources *sources_new(const struct source_host *host);
void sources_free(struct sources *sources); /* NULL allowed */
/* What they work with; and what they told of alerts and silences. */
const struct source_host *sources_host(const struct sources *sources);
const struct alerts *sources_alerts(const struct sources *sources);
void sources_refresh(struct sources *sources);
/* Tells those that care, by the one console that writes and never in a drill. */
void sources_incident(struct sources *sources, const struct source_incident *incident);
bool sources_all_tried(const struct sources *sources);

#endif
