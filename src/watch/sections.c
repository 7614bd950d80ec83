#include "watch/sections.h"

#include "collect/alertmanager.h"
#include "collect/chain.h"
#include "collect/feed.h"
#include "collect/grafana.h"
#include "collect/kube.h"
#include "collect/lane.h"
#include "collect/loki.h"
#include "collect/prometheus.h"
#include "collect/query.h"
#include "comms/channel.h"
#include "incident/clock.h"
#include "incident/diagnosis.h"
#include "incident/people.h"
#include "watch/mask.h"

/* One line for each. */
const struct settings_def *const declared_sections[] = {
	&kube_section,
	&chain_section,
	&lane_section,
	&feed_section,
	&prometheus_section,
	&alertmanager_section,
	&loki_section,
	&grafana_section,
	&probe_section,
	&diagnosis_section,
	&person_section,
	&escalation_section,
	&clocks_section,
	&channel_section,
	&secrets_section,
	NULL,
};
