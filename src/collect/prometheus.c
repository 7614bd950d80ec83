#include "collect/prometheus.h"

#include "collect/poller.h"

const struct settings_def prometheus_section = {
	.word = "prometheus",
	.named = true,
	.help = "A Prometheus: its health, its targets and its rules; queries are [probe NAME].",
	.items = (const struct setting_def[]){
		{.name = "url", .type = SETTING_URL, .help = "Where it is, without /api.", .required = true},
		{.name = "targets", .type = SETTING_FLAG, .help = "Whether targets that it cannot scrape are shown.", .fallback = "yes"},
		{.name = "rules", .type = SETTING_FLAG, .help = "Whether its pending and firing rules are shown as alerts, unless an Alertmanager has them.", .fallback = "yes"},
		POLLER_SETTINGS,
		{0},
	},
};
