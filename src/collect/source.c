#include "collect/source.h"

#include "base/mem.h"
#include "collect/alertmanager.h"
#include "collect/alerts.h"
#include "collect/chain.h"
#include "collect/feed.h"
#include "collect/grafana.h"
#include "collect/kube.h"
#include "collect/lane.h"
#include "collect/loki.h"
#include "collect/prometheus.h"
#include "collect/query.h"

#include <stdlib.h>
#include <string.h>

const struct source_def *const source_defs[] = {
	&kube_source,
	&chain_source,
	&prometheus_source,
	&alertmanager_source,
	&loki_source,
	&grafana_source,
	&probe_source,
	&lane_source,
	&feed_source,
	NULL,
};

/* Those that want to know of incidents. */
static const struct {
	const struct source_def *def;
	void (*incident)(void *state, const struct source_incident *incident);
} listeners[] = {
	{&grafana_source, grafana_incident},
};

struct sources {
	struct source_host host;
	struct source {
		const struct source_def *def;
		void *state;
	} * items;
	size_t count;
};

static const struct source_def *def_of(const struct settings *section)
{
	for (size_t i = 0; source_defs[i]; i++)
		if (source_defs[i]->section == section->def)
			return source_defs[i];
	return NULL;
}

struct sources *sources_new(const struct source_host *host)
{
	struct sources *sources = xcalloc(1, sizeof(*sources));

	sources->host = *host;
	sources->host.http = http_new(host->loop, host->section_count);
	sources->host.alerts = alerts_new();
	sources->items = xcalloc(host->section_count ? host->section_count : 1, sizeof(*sources->items));
	for (size_t i = 0; i < host->section_count; i++) {
		const struct settings *section = &host->sections[i];
		struct source source = {.def = def_of(section)};
		struct error err = {0};
		if (!source.def)
			continue;
		if (source.def->start(&sources->host, section, &source.state, &err) == STATUS_OK)
			sources->items[sources->count++] = source;
		else
			host->message(host->arg, 2, err.text);
	}
	return sources;
}

void sources_free(struct sources *sources)
{
	if (!sources)
		return;
	for (size_t i = 0; i < sources->count; i++)
		sources->items[i].def->stop(sources->items[i].state);
	http_free(sources->host.http);
	alerts_free(sources->host.alerts);
	free(sources->items);
	free(sources);
}

const struct source_host *sources_host(const struct sources *sources)
{
	return &sources->host;
}

const struct alerts *sources_alerts(const struct sources *sources)
{
	return sources->host.alerts;
}

void sources_refresh(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		sources->items[i].def->refresh(sources->items[i].state);
}

void sources_incident(struct sources *sources, const struct source_incident *incident)
{
	for (size_t i = 0; i < sources->count; i++)
		for (size_t j = 0; j < ARRAY_LENGTH(listeners); j++)
			if (sources->items[i].def == listeners[j].def)
				listeners[j].incident(sources->items[i].state, incident);
}

bool sources_all_tried(const struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		if (!sources->items[i].def->tried(sources->items[i].state))
			return false;
	return true;
}
